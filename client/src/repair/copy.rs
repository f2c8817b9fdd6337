//! Reading one custodian's copy.

use std::{
	fs::File,
	io::{self, Seek, Write},
};

use ward_primitives::{PurposeOfUse, RecordContent, RecordId};

use crate::{
	error::{Error, Kind, Result},
	hex::Hex,
	progress::Progress,
	vault::{self, VaultClient},
};

/// What a custodian's copy was found to be.
#[derive(Debug)]
pub(super) enum Found {
	/// What the chain says.
	Sound,
	/// Missing, or something else.
	Damaged(Error),
	/// The vault did not answer, or broke off.
	Unreachable(Error),
	/// The vault does not give it.
	Refused(Error),
}

impl Found {
	/// What an error of a vault says of its copy; any other error ends the repair.
	pub(super) fn from_error(error: Error) -> Result<Self> {
		match error.kind() {
			Kind::Mismatch => Ok(Self::Damaged(error)),
			Kind::Vault => Ok(Self::Unreachable(error)),
			Kind::Denied => Ok(Self::Refused(error)),
			_ => Err(error),
		}
	}
}

/// Reads all of a copy and compares it with the chain. A sound one is in `keep` afterwards.
pub(super) async fn examine(
	vault: &VaultClient<'_>,
	record: RecordId,
	content: &RecordContent,
	purpose: PurposeOfUse,
	mut keep: Option<&mut File>,
	progress: &dyn Progress,
) -> Result<Found> {
	if let Some(file) = &mut keep {
		file.set_len(0).and_then(|()| file.rewind()).map_err(cannot_be_kept)?;
	}
	let mut answer = match vault.content(record, purpose).await {
		Ok(answer) => answer,
		Err(error) => return Found::from_error(told_apart(error, vault, record)),
	};
	let (mut hash, mut size) = (blake3::Hasher::new(), 0_u64);
	let center = vault.center();
	let wrong = |what: String| {
		let what = format!("center {center} has something else than record {record}: {what}");
		Error::new(Kind::Mismatch, what)
			.code_is("content-mismatch")
			.hint("tell the center's operator, its copy is damaged")
	};
	loop {
		let chunk = match vault::next_chunk(&mut answer).await {
			Ok(Some(chunk)) => chunk,
			Ok(None) => break,
			Err(error) => {
				// A vault that finds damage on its disk while it sends breaks off, and says so when it
				// is asked again.
				return match vault.content(record, purpose).await {
					Err(known) => Found::from_error(told_apart(known, vault, record)),
					Ok(_) => Ok(Found::Unreachable(vault.unreachable(error))),
				};
			},
		};
		hash.update(&chunk);
		size = size.saturating_add(chunk.len() as u64);
		if size > content.size {
			let what = format!("more than the {} bytes that the chain says", content.size);
			return Ok(Found::Damaged(wrong(what)));
		}
		if let Some(file) = &mut keep {
			file.write_all(&chunk).map_err(cannot_be_kept)?;
		}
		progress.bytes(size, content.size);
	}
	if size != content.size {
		let what = format!("{size} bytes, the chain says {}", content.size);
		return Ok(Found::Damaged(wrong(what)));
	}
	let root = *hash.finalize().as_bytes();
	if root != content.content_root {
		let (found, expected) = (Hex(root), Hex(content.content_root));
		let what = format!("its BLAKE3 root is {found}, the chain says {expected}");
		return Ok(Found::Damaged(wrong(what)));
	}
	Ok(Found::Sound)
}

/// A denial by a vault of what the chain permits: it does not know the record.
fn told_apart(error: Error, vault: &VaultClient<'_>, record: RecordId) -> Error {
	if error.kind() != Kind::Denied {
		return error;
	}
	let what = format!(
		"center {} does not give record {record}, though the chain permits it",
		vault.center()
	);
	Error::new(Kind::Denied, what).code_is("denied-by-vault").caused_by(error).hint(
		"its vault may be behind the chain, or may have lost its row of the record: try again in a \
		 few seconds, then ask the center's operator for `ward-vault audit`",
	)
}

/// The file from its begin, for one reading.
pub(super) fn reopen(kept: &File) -> io::Result<tokio::fs::File> {
	let mut file = kept.try_clone()?;
	file.rewind()?;
	Ok(tokio::fs::File::from_std(file))
}

fn cannot_be_kept(error: io::Error) -> Error {
	Error::new(Kind::Other, "the copy cannot be kept in the home")
		.caused_by(error)
		.hint("make room on the disk of the home, and run it again")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		progress::Silent,
		vault::tests::{problem, Server, RECORD},
	};
	use std::io::Read;
	use ward_crypto::request::RequestKey;
	use ward_primitives::ParticipantId;

	const CIPHERTEXT: &str = "what the author has sealed";

	fn content() -> RecordContent {
		RecordContent {
			patient: ParticipantId(1),
			author: ParticipantId(2),
			commitment: [0; 32],
			attributes: [0; 32],
			content_root: *blake3::hash(CIPHERTEXT.as_bytes()).as_bytes(),
			size: CIPHERTEXT.len() as u64,
		}
	}

	async fn found(answers: Vec<(u16, String)>, keep: Option<&mut File>) -> Found {
		let server = Server::start(answers).await;
		let key = RequestKey::generate();
		let (vault, purpose) = (server.client(&key), PurposeOfUse::Patrqt);
		examine(&vault, RECORD, &content(), purpose, keep, &Silent).await.unwrap()
	}

	#[tokio::test]
	async fn only_a_sound_copy_is_taken_for_one_and_kept() {
		let mut kept = tempfile::tempfile().unwrap();
		let flipped = CIPHERTEXT.replace("sealed", "seaIed");
		for wrong in [flipped, CIPHERTEXT[1..].into(), format!("{CIPHERTEXT}!"), String::new()] {
			let found = found(vec![(200, wrong)], Some(&mut kept)).await;
			let Found::Damaged(error) = found else { panic!("{found:?}") };
			assert_eq!(error.code(), "content-mismatch");
		}
		let found = found(vec![(200, CIPHERTEXT.into())], Some(&mut kept)).await;
		assert!(matches!(found, Found::Sound));
		let mut text = String::new();
		kept.rewind().unwrap();
		kept.read_to_string(&mut text).unwrap();
		assert_eq!(text, CIPHERTEXT, "nothing of the wrong ones is left before it");
	}

	#[tokio::test]
	async fn what_a_vault_says_of_its_copy_is_told_apart() {
		let damaged = found(vec![(500, problem("content-damaged"))], None).await;
		assert!(matches!(damaged, Found::Damaged(_)));
		let refused = found(vec![(403, problem("access-denied"))], None).await;
		let Found::Refused(error) = refused else { panic!("{refused:?}") };
		assert_eq!(error.code(), "denied-by-vault");
		let failing = found(vec![(500, problem("internal"))], None).await;
		assert!(matches!(failing, Found::Unreachable(_)));
	}

	#[tokio::test]
	async fn a_sound_copy_can_be_read_as_often_as_it_is_uploaded() {
		use tokio::io::AsyncReadExt;
		let mut kept = tempfile::tempfile().unwrap();
		kept.write_all(CIPHERTEXT.as_bytes()).unwrap();
		for _ in 0..2 {
			let mut text = String::new();
			reopen(&kept).unwrap().read_to_string(&mut text).await.unwrap();
			assert_eq!(text, CIPHERTEXT);
		}
	}
}
