//! Depositing: announce, upload, check the receipt.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use ward_crypto::{
	content::{DataKey, SealPlan},
	request::verify_signature,
	wrap::{self, WrapContext, WrappedKey},
};
use ward_fail_points::die_at;
use ward_primitives::{Deposit, DepositReceipt, ParticipantId, VaultRow};
use ward_vault_api::deposit::{Announcement, ReceiptJson};

use super::{begin::Work, line::Line, spool};
use crate::{
	error::{Context, Error, Kind, Result},
	journal::PutRow,
	moment,
	progress::Progress,
	session::Session,
	vault::{self, VaultClient, PATIENCE},
};

/// A receipt must count for at least this long, in milliseconds, or another one is fetched.
const MARGIN: u64 = 300_000;

/// How many bytes a second a vault's disk takes at least.
const SLOWEST_DISK: u64 = 16 << 20;

/// How often an upload is tried.
const ATTEMPTS: u32 = 3;

/// Brings a record into the vaults of all its custodians; each receipt is noted as it comes.
pub(super) async fn deposit(line: &Line<'_>, work: &mut Work) -> Result<()> {
	let Line { session, journal, progress, .. } = line;
	if work.is_resumed {
		let state = session.chain.finalized().await?;
		if state.record(work.row.record).await?.is_some() {
			// Anchored, and cut off before that was noted.
			return Ok(());
		}
	}
	let lost = || {
		Error::new(Kind::Keys, "the journal's data key does not open with this home's keys")
			.hint("restore keys.json and journal.redb from the same backup, or put with --again")
	};
	let sealed_key = work.row.data_key.as_deref().ok_or_else(lost)?;
	let data_key = session.keys.journal().open(sealed_key, work.key).ok_or_else(lost)?;

	for custodian in &line.custodians {
		let center = custodian.vault.center();
		if work.row.deposits.iter().any(|deposit| is_good(deposit, center)) {
			continue;
		}
		let mut wraps: Vec<WrappedKey> = Vec::new();
		for context in wrap_contexts(&work.row, center, session.genesis()) {
			let public = match context.recipient {
				// First, since a center may write into its own vault and then reads through it.
				recipient if recipient == center => &custodian.row.release_key[..],
				patient if patient == work.row.content.patient => &line.patient_key,
				_ => &line.own_key,
			};
			wraps.push(wrap::wrap(&data_key, public, &context).context(Kind::Input, || {
				format!("the data key cannot be wrapped for participant {}", context.recipient)
			})?);
		}
		let announcement =
			Announcement::new(work.row.content, work.row.opening, wraps, work.row.patient_only);
		progress.step(&format!("announcing {} to center {center}", work.item.label()));
		let status = custodian.vault.announce(&announcement).await?;
		die_at("client.deposit.announced");
		let known = status.receipt.as_ref().map(ReceiptJson::deposit);
		let receipt = match known.filter(|receipt| is_good(receipt, center)) {
			Some(receipt) => receipt,
			None => {
				if work.is_resumed {
					ensure_spooled(line, work, data_key.clone()).await?;
				}
				upload(session, &custodian.vault, work, *progress).await?
			},
		};
		check_receipt(session, &custodian.row, &work.row, &receipt)?;
		die_at("client.deposit.not-journaled");
		work.row.deposits.retain(|deposit| deposit.custodian != center);
		work.row.deposits.push(receipt);
		journal.save_put(work.key, &work.row)?;
		die_at("client.deposit.journaled");
	}
	Ok(())
}

/// What an earlier run has spooled may be gone or damaged.
async fn ensure_spooled(line: &Line<'_>, work: &Work, data_key: DataKey) -> Result<()> {
	let plan = SealPlan::new(work.row.salt, work.row.manifest.clone())
		.context(Kind::Other, || "the journal's manifest cannot be read".into())?;
	line.progress.step(&format!("looking at what was sealed of {}", work.item.label()));
	let (spool, source) = (line.session.home.spool(), work.item.source.clone());
	let root = work.row.content.content_root;
	spool::ensure(spool, work.key, plan, data_key, source, root, line.progress).await
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
		let counted = ReaderStream::with_capacity(file, 1 << 17).inspect(move |chunk| {
			if let Ok(chunk) = chunk {
				die_at("client.deposit.uploading");
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
					Ok(None) => {
						let syncing = Duration::from_secs(total / SLOWEST_DISK);
						break tokio::time::sleep(2 * PATIENCE + syncing).await;
					},
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
				tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
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

/// Whom the data key is wrapped for at a custodian: patient, author and the custodian, each once.
fn wrap_contexts(row: &PutRow, custodian: ParticipantId, genesis: [u8; 32]) -> Vec<WrapContext> {
	let mut recipients = vec![row.content.patient];
	let others = [Some(row.content.author), (!row.patient_only).then_some(custodian)];
	for recipient in others.into_iter().flatten() {
		if !recipients.contains(&recipient) {
			recipients.push(recipient);
		}
	}
	let context = |recipient| WrapContext { genesis, record: row.record, recipient };
	recipients.into_iter().map(context).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::journal::tests::row;

	#[test]
	fn each_recipient_gets_one_wrap_and_a_custodian_none_of_a_patient_only_record() {
		let recipients = |row: &PutRow, custodian| -> Vec<u64> {
			let contexts = wrap_contexts(row, ParticipantId(custodian), [0; 32]);
			contexts.iter().map(|context| context.recipient.0).collect()
		};
		let mut row = row();
		assert_eq!(recipients(&row, 4), [3, 2, 4]);
		assert_eq!(recipients(&row, 2), [3, 2], "a center that writes into its own vault");
		row.patient_only = true;
		assert_eq!(recipients(&row, 4), [3, 2]);
		row.content.author = row.content.patient;
		assert_eq!(recipients(&row, 4), [3]);
	}
}
