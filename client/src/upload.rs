//! Uploading a ciphertext to a vault, and checking the receipt for it.

use std::{future::Future, time::Duration};

use tokio::{fs::File, time::timeout};
use tokio_util::io::ReaderStream;
use ward_crypto::request::verify_signature;
use ward_fail_points::die_at;
use ward_primitives::{
	Deposit, DepositReceipt, Digest, ParticipantId, RecordContent, RecordId, VaultRow,
};

use crate::{
	error::{Error, Kind, Result},
	progress::Progress,
	vault::{self, VaultClient, PATIENCE},
};

/// How many bytes a second a vault's disk takes at least.
const SLOWEST_DISK: u64 = 16 << 20;

/// How often an upload is tried.
const ATTEMPTS: u32 = 3;

/// What is uploaded.
pub(crate) struct Ciphertext<'c> {
	/// Of which record.
	pub(crate) record: RecordId,
	/// Its length.
	pub(crate) size: u64,
	/// What people call it.
	pub(crate) label: &'c str,
}

/// Uploads a ciphertext. `open` gives a file that is read from its begin, once for each attempt.
pub(crate) async fn upload<O, F>(
	vault: &VaultClient<'_>,
	what: &Ciphertext<'_>,
	open: O,
	progress: &dyn Progress,
) -> Result<Deposit>
where
	O: Fn() -> F,
	F: Future<Output = Result<File>>,
{
	let mut attempt = 1;
	loop {
		progress.step(&format!("uploading {} to center {}", what.label, vault.center()));
		match upload_once(vault, what, open().await?, progress).await {
			Err(error) if attempt < ATTEMPTS && vault::is_passing(&error) => {
				progress.warn(&format!("{error}; trying again"));
				tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
				attempt += 1;
			},
			outcome => return outcome,
		}
	}
}

async fn upload_once(
	vault: &VaultClient<'_>,
	what: &Ciphertext<'_>,
	file: File,
	progress: &dyn Progress,
) -> Result<Deposit> {
	use futures::StreamExt;
	let total = what.size;
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
	let uploading = vault.upload(what.record, total, body);
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
	tokio::select! {
		outcome = uploading => outcome,
		() = watching => Err(vault.unreachable("the upload stands still")),
	}
}

/// Whether the receipt would count on the chain: a wrong one is noticed here, not there.
pub(crate) fn check_receipt(
	genesis: Digest,
	vault: &VaultRow,
	custodian: ParticipantId,
	record: RecordId,
	content: &RecordContent,
	deposit: &Deposit,
) -> Result<()> {
	let receipt = DepositReceipt {
		genesis,
		custodian,
		record,
		content_root: content.content_root,
		size: content.size,
		expires: deposit.expires,
	};
	let is_signed = verify_signature(&vault.receipt_key, &receipt.message(), &deposit.signature);
	match deposit.custodian == custodian && is_signed {
		true => Ok(()),
		false => Err(Error::new(
			Kind::Vault,
			format!("the deposit receipt of center {custodian} is not signed with its key"),
		)
		.code_is("receipt-invalid")
		.hint("tell the center's operator: the vault's keys are not those on the chain")),
	}
}
