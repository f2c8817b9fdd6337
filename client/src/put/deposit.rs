//! Depositing: announce, upload, check the receipt.

use std::time::Duration;

use tokio::time::{sleep, Instant};
use ward_crypto::{
	content::{DataKey, SealPlan},
	wrap::{self, WrapContext, WrappedKey},
};
use ward_fail_points::die_at;
use ward_primitives::{Deposit, ParticipantId};
use ward_vault_api::deposit::{Announcement, DepositStatus, ReceiptJson};

use super::{begin::Work, line::Line, spool};
use crate::{
	error::{Context, Error, Kind, Result},
	journal::PutRow,
	moment,
	progress::Progress,
	session::Session,
	upload::{self, check_receipt, Ciphertext},
	vault::{VaultClient, PATIENCE},
};

/// A receipt must count for at least this long, in milliseconds, or another one is fetched.
const MARGIN: u64 = 300_000;

/// How many bytes a second vaults copy from each other at least.
const SLOWEST_COPY: u64 = 1 << 20;

/// How often a vault is asked whether its copy is complete: first, and in the end.
const COPY_PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// Brings a record into the vaults of all its custodians; each receipt is noted as it comes. What one of
/// them has, the others fetch from there: it is uploaded once.
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
		let mut announcement =
			Announcement::new(work.row.content, work.row.opening, wraps, work.row.patient_only)
				.shared_with(others(&work.row, center));
		let source = source(&work.row, center);
		if let Some(source) = source {
			announcement = announcement.fetched_from(source);
		}
		progress.step(&format!("announcing {} to center {center}", work.item.label()));
		let status = custodian.vault.announce(&announcement).await?;
		die_at("client.deposit.announced");
		let copied = match source {
			Some(source) => {
				let size = work.row.content.size;
				let what = Ciphertext { record: work.row.record, size, label: &work.item.label() };
				copied(&custodian.vault, &what, source, status, *progress).await?
			},
			None => receipt_of(&status, center),
		};
		let receipt = match copied {
			Some(receipt) => receipt,
			None => {
				if work.is_resumed {
					ensure_spooled(line, work, data_key.clone()).await?;
				}
				upload(session, &custodian.vault, work, *progress).await?
			},
		};
		let (genesis, record) = (session.genesis(), work.row.record);
		check_receipt(genesis, &custodian.row, center, record, &work.row.content, &receipt)?;
		die_at("client.deposit.not-journaled");
		work.row.deposits.retain(|deposit| deposit.custodian != center);
		work.row.deposits.push(receipt);
		journal.save_put(work.key, &work.row)?;
		die_at("client.deposit.journaled");
	}
	Ok(())
}

/// The other custodians of a record: their vaults may fetch it from this one's.
fn others(row: &PutRow, center: ParticipantId) -> Vec<ParticipantId> {
	row.custodians.iter().copied().filter(|other| *other != center).collect()
}

/// A custodian that has the ciphertext, so that this one can fetch it from there.
fn source(row: &PutRow, center: ParticipantId) -> Option<ParticipantId> {
	let has = |other: &ParticipantId| row.deposits.iter().any(|deposit| is_good(deposit, *other));
	others(row, center).into_iter().find(has)
}

/// The receipt in an answer, if it counts for long enough.
fn receipt_of(status: &DepositStatus, center: ParticipantId) -> Option<Deposit> {
	let receipt = status.receipt.as_ref().map(ReceiptJson::deposit);
	receipt.filter(|receipt| is_good(receipt, center))
}

/// Waits until a vault has fetched the ciphertext from that of another custodian, and gets its receipt;
/// none if it cannot.
async fn copied(
	vault: &VaultClient<'_>,
	what: &Ciphertext<'_>,
	source: ParticipantId,
	mut status: DepositStatus,
	progress: &dyn Progress,
) -> Result<Option<Deposit>> {
	let (center, label) = (vault.center(), what.label);
	let patience = 2 * PATIENCE + Duration::from_secs(what.size / SLOWEST_COPY);
	let (until, (mut pause, longest)) = (Instant::now() + patience, COPY_PAUSE);
	progress
		.step(&format!("waiting until center {center} has copied {label} from center {source}"));
	let why = loop {
		if let Some(receipt) = receipt_of(&status, center) {
			return Ok(Some(receipt));
		}
		match status.copy {
			Some(copy) => {
				if let Some(failure) = copy.failure {
					break failure;
				}
			},
			None => break "it does not copy".into(),
		}
		if Instant::now() >= until {
			break "it takes too long".into();
		}
		sleep(pause).await;
		pause = longest.min(2 * pause);
		status = vault.deposit(what.record).await?;
	};
	progress.warn(&format!(
		"center {center} did not copy {label} from center {source} ({why}); uploading it there, too"
	));
	Ok(None)
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

/// Uploads what is spooled.
async fn upload(
	session: &Session,
	vault: &VaultClient<'_>,
	work: &Work,
	progress: &dyn Progress,
) -> Result<Deposit> {
	let path = spool::path(&session.home.spool(), work.key);
	let open = || async {
		tokio::fs::File::open(&path)
			.await
			.context(Kind::Other, || format!("{} cannot be read", path.display()))
	};
	let (record, size) = (work.row.record, work.row.content.size);
	let what = Ciphertext { record, size, label: &work.item.label() };
	upload::upload(vault, &what, open, progress).await
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
	use crate::{
		journal::tests::row,
		progress::Silent,
		vault::tests::{Server, CENTER, RECORD},
	};

	#[test]
	fn what_one_custodian_has_the_others_fetch_from_there() {
		let custodians = [4, 5, 6].map(ParticipantId);
		let mut row = PutRow { custodians: custodians.to_vec(), deposits: vec![], ..row() };
		assert_eq!(others(&row, ParticipantId(5)), [ParticipantId(4), ParticipantId(6)]);
		assert_eq!(source(&row, ParticipantId(4)), None, "the first one gets an upload");
		let expires = moment::now() + 2 * MARGIN;
		let deposit = |custodian| Deposit { custodian, expires, signature: [0; 64] };
		row.deposits.push(deposit(ParticipantId(4)));
		assert_eq!(source(&row, ParticipantId(5)), Some(ParticipantId(4)));
		assert_eq!(source(&row, ParticipantId(4)), None, "never from itself");
		row.deposits[0].expires = moment::now();
		assert_eq!(source(&row, ParticipantId(5)), None, "it may have been discarded");
	}

	/// A deposit at center 7 that is being copied, in JSON.
	fn status(state: &str, copy: serde_json::Value) -> String {
		let hex = |byte| crate::hex::Hex([byte; 32]);
		let expires = moment::now() + 2 * MARGIN;
		let receipt = (state == "stored").then(|| {
			serde_json::json!({
				"genesis": hex(9), "custodian": 7, "record": hex(1), "content_root": hex(2),
				"size": 5, "expires": expires, "signature": crate::hex::Hex([3; 64]),
			})
		});
		let mut value = serde_json::json!({
			"record": hex(1), "state": state, "upload": "/v1/x", "receipt": receipt,
		});
		if !copy.is_null() {
			value["copy"] = copy;
		}
		value.to_string()
	}

	async fn copied_after(answers: &[String]) -> (Option<Deposit>, usize) {
		let answers: Vec<_> = answers.iter().map(|answer| (200, answer.clone())).collect();
		let server = Server::start(answers).await;
		let key = ward_crypto::request::RequestKey::generate();
		let (vault, what) =
			(server.client(&key), Ciphertext { record: RECORD, size: 5, label: "a" });
		let first = vault.deposit(RECORD).await.unwrap();
		let copied = copied(&vault, &what, ParticipantId(4), first, &Silent).await.unwrap();
		(copied, server.seen().len())
	}

	#[tokio::test]
	async fn a_copy_is_waited_for_and_given_up_as_soon_as_the_vault_says_so() {
		let under_way = || status("announced", serde_json::json!({ "from": 4, "failure": null }));
		let done = status("stored", serde_json::Value::Null);
		let (copied, asked) = copied_after(&[under_way(), under_way(), done]).await;
		assert_eq!((copied.map(|deposit| deposit.custodian), asked), (Some(CENTER), 3));
		let failed = status("announced", serde_json::json!({ "from": 4, "failure": "refused" }));
		assert_eq!(copied_after(&[under_way(), failed]).await, (None, 2));
		let never = status("announced", serde_json::Value::Null);
		assert_eq!(copied_after(&[never]).await, (None, 1), "a vault that does not copy");
	}

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
