//! Depositing: announce, upload, check the receipt.

use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use ward_chain_client::State;
use ward_crypto::{
	content::SealPlan,
	request::verify_signature,
	wrap::{self, WrappedKey},
};
use ward_primitives::{Deposit, DepositReceipt, ParticipantId, VaultRow};

use super::{own_public_key, spool, wrap_contexts, Work};
use crate::{
	error::{Context, Error, Kind, Result},
	journal::{Journal, PutRow},
	moment,
	progress::Progress,
	session::{self, Session},
	vault::{self, Announcement, VaultClient, PATIENCE},
};

/// A receipt must count for at least this long, in milliseconds, or another one is fetched.
const MARGIN: u64 = 300_000;

/// How often an upload is tried.
const ATTEMPTS: u32 = 3;

/// Brings a record into the vaults of all its custodians; each receipt is noted as it comes.
pub(super) async fn deposit(
	session: &Session,
	state: &State,
	journal: &Journal,
	work: &mut Work,
	patient_key: &[u8],
	progress: &dyn Progress,
) -> Result<()> {
	if state.record(work.row.record).await?.is_some() {
		// Anchored, and cut off before that was noted.
		return Ok(());
	}
	let lost = || {
		Error::new(Kind::Keys, "the journal's data key does not open with this home's keys")
			.hint("restore keys.json and journal.redb from the same backup, or put with --again")
	};
	let sealed_key = work.row.data_key.as_deref().ok_or_else(lost)?;
	let data_key = session.keys.journal().open(sealed_key, work.key).ok_or_else(lost)?;
	let own = session::participant(state, session.id).await?;
	let own_key = own_public_key(session, &own.sealing_key)?;

	for custodian in work.row.custodians.clone() {
		if work.row.deposits.iter().any(|deposit| is_good(deposit, custodian)) {
			continue;
		}
		let vault_row = session::vault_row(state, custodian).await?;
		let vault = session.vault(state, custodian).await?;
		let mut wraps: Vec<WrappedKey> = Vec::new();
		for context in wrap_contexts(&work.row, custodian, session.genesis()) {
			let public = match context.recipient {
				// First, since a center may write into its own vault and then reads through it.
				center if center == custodian => &vault_row.release_key[..],
				patient if patient == work.row.content.patient => patient_key,
				_ => &own_key,
			};
			wraps.push(wrap::wrap(&data_key, public, &context).context(Kind::Input, || {
				format!("the data key cannot be wrapped for participant {}", context.recipient)
			})?);
		}
		let announcement =
			Announcement::new(&work.row.content, &work.row.opening, wraps, work.row.patient_only);
		progress.step(&format!("announcing {} to center {custodian}", work.item.label()));
		let status = vault.announce(&announcement).await?;
		let receipt = match status.receipt.filter(|receipt| is_good(receipt, custodian)) {
			Some(receipt) => receipt,
			None => {
				let plan = SealPlan::new(work.row.salt, work.row.manifest.clone())
					.context(Kind::Other, || "the journal's manifest cannot be read".into())?;
				let (spool, source) = (session.home.spool(), work.item.source.clone());
				let root = work.row.content.content_root;
				spool::ensure(spool, work.key, plan, data_key.clone(), source, root).await?;
				upload(session, &vault, work, progress).await?
			},
		};
		check_receipt(session, &vault_row, &work.row, &receipt)?;
		work.row.deposits.retain(|deposit| deposit.custodian != custodian);
		work.row.deposits.push(receipt);
		journal.save_put(work.key, &work.row)?;
	}
	Ok(())
}

fn is_good(deposit: &Deposit, custodian: ParticipantId) -> bool {
	deposit.custodian == custodian && deposit.expires > moment::now().saturating_add(MARGIN)
}

async fn upload(
	session: &Session,
	vault: &VaultClient<'_>,
	work: &Work,
	progress: &dyn Progress,
) -> Result<Deposit> {
	use futures::StreamExt;
	let path = spool::path(&session.home.spool(), work.key);
	let total = work.row.content.size;
	let mut attempt = 1;
	loop {
		progress.step(&format!("uploading {} to center {}", work.item.label(), vault.center()));
		let file = tokio::fs::File::open(&path)
			.await
			.context(Kind::Other, || format!("{} cannot be read", path.display()))?;
		// Told from here, since the body must outlive this function's borrows.
		let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
		let counted = ReaderStream::with_capacity(file, 1 << 16).inspect(move |chunk| {
			if let Ok(chunk) = chunk {
				// Nobody listens any more once the upload is over, which is no fault.
				sender.send(chunk.len() as u64).unwrap_or_default();
			}
		});
		let body = reqwest::Body::wrap_stream(counted);
		let uploading = vault.upload(work.row.record, total, body);
		let watching = async {
			let mut done = 0;
			loop {
				match timeout(PATIENCE, receiver.recv()).await {
					Ok(Some(more)) => {
						done += more;
						progress.bytes(done, total);
					},
					// All is sent; the vault writes it to its disk before it answers.
					Ok(None) => break tokio::time::sleep(2 * PATIENCE).await,
					Err(_) => break,
				}
			}
		};
		let outcome = tokio::select! {
			outcome = uploading => outcome,
			() = watching => Err(vault.unreachable("the upload stands still")),
		};
		match outcome {
			Err(error) if attempt < ATTEMPTS && vault::is_passing(&error) => {
				progress.warn(&format!("{error}; trying again"));
				tokio::time::sleep(std::time::Duration::from_secs(1 << attempt)).await;
				attempt += 1;
			},
			outcome => return outcome,
		}
	}
}

/// Whether the receipt would count on the chain: a wrong one is noticed here, not there.
fn check_receipt(
	session: &Session,
	vault: &VaultRow,
	row: &PutRow,
	deposit: &Deposit,
) -> Result<()> {
	let receipt = DepositReceipt {
		genesis: session.genesis(),
		custodian: deposit.custodian,
		record: row.record,
		content_root: row.content.content_root,
		size: row.content.size,
		expires: deposit.expires,
	};
	match verify_signature(&vault.receipt_key, &receipt.message(), &deposit.signature) {
		true => Ok(()),
		false => Err(Error::new(
			Kind::Vault,
			format!(
				"the deposit receipt of center {} is not signed with its key",
				deposit.custodian
			),
		)
		.code_is("receipt-invalid")
		.hint("tell the center's operator: the vault's keys are not those on the chain")),
	}
}
