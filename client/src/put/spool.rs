//! Sealing into the spool: ciphertext on its way, under the name of its put.

use std::{
	io::{self, Read},
	path::{Path, PathBuf},
};

use ward_crypto::content::{hash_and_size, DataKey, Manifest, SealError, SealPlan, Sealer};
use ward_fail_points::die_at;
use ward_primitives::Digest;

use super::Source;
use crate::{
	aside::{aside, Watch},
	error::{Context, Error, Kind, Result},
	files::{self, NewFile, Tee},
	journal::{Journal, PutKey},
	progress::Progress,
};

/// A content that was sealed into the spool.
pub(super) struct Sealed {
	pub(super) plan: SealPlan,
	pub(super) data_key: DataKey,
	/// BLAKE3 of the ciphertext.
	pub(super) root: Digest,
	/// The length of the ciphertext.
	pub(super) size: u64,
}

/// Where the ciphertext of a put is.
pub(super) fn path(spool: &Path, key: PutKey) -> PathBuf {
	spool.join(format!("{key}.sealed"))
}

/// Seals a content under a new data key.
pub(super) async fn seal(
	spool: PathBuf,
	key: PutKey,
	manifest: Manifest,
	source: Source,
	progress: &dyn Progress,
) -> Result<Sealed> {
	aside(progress, manifest.length, move |watch| {
		let plan = SealPlan::generate(&manifest)
			.context(Kind::Input, || "title or file name is too long to be sealed".into())?;
		let data_key = DataKey::generate();
		let (root, size) = write(&spool, key, &plan, &data_key, &source, watch)?;
		Ok(Sealed { plan, data_key, root, size })
	})
	.await
}

/// Makes sure that the spool holds the ciphertext with this root; seals once more if it is gone.
pub(super) async fn ensure(
	spool: PathBuf,
	key: PutKey,
	plan: SealPlan,
	data_key: DataKey,
	source: Source,
	root: Digest,
	progress: &dyn Progress,
) -> Result<()> {
	aside(progress, plan.ciphertext_len(), move |watch| {
		let spooled = std::fs::File::open(path(&spool, key))
			.and_then(|spooled| hash_and_size(watch.read(spooled)));
		if spooled.is_ok_and(|(found, _)| found == root) {
			return Ok(());
		}
		// The sealer refuses any other content at its end, and nothing has left until then.
		let (found, _) = write(&spool, key, &plan, &data_key, &source, watch)?;
		match found == root {
			true => Ok(()),
			false => Err(Error::new(Kind::Other, "sealing again gave another ciphertext")
				.hint("update ward, or make a new record with --again")),
		}
	})
	.await
}

/// Forgets the ciphertext of a put that is anchored.
pub(super) fn forget(spool: &Path, key: PutKey) -> io::Result<()> {
	match std::fs::remove_file(path(spool, key)) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Clears away what is on its way nowhere: what a put left that died while it sealed, or before it noted
/// in the journal what it had sealed, or after it had noted that the record is anchored. The caller has
/// the journal open, so no other put is under way in this home.
pub(super) fn sweep(spool: &Path, journal: &Journal) -> Result<()> {
	let what = || format!("the spool {} cannot be cleared", spool.display());
	let entries = match std::fs::read_dir(spool) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
		entries => entries.context(Kind::Other, what)?,
	};
	for entry in entries {
		let entry = entry.context(Kind::Other, what)?;
		let name = entry.file_name().to_string_lossy().into_owned();
		let key = name.strip_suffix(".sealed").and_then(|key| key.parse::<PutKey>().ok());
		let is_wanted = match key {
			Some(key) => journal.put(key)?.is_some_and(|row| row.anchored.is_none()),
			// What is being written, or read on its way to standard output.
			None => !name.starts_with('.'),
		};
		if !is_wanted {
			match std::fs::remove_file(entry.path()) {
				Err(error) if error.kind() == io::ErrorKind::NotFound => {},
				removed => removed.context(Kind::Other, what)?,
			}
		}
	}
	Ok(())
}

fn write(
	spool: &Path,
	key: PutKey,
	plan: &SealPlan,
	data_key: &DataKey,
	source: &Source,
	watch: &Watch,
) -> Result<(Digest, u64)> {
	let sealed = || -> io::Result<(Digest, u64)> {
		files::make_private_directory(spool)?;
		let mut copy = NewFile::create(&path(spool, key))?;
		let ciphertext: Box<dyn Read> = match source {
			Source::Memory(bytes) => {
				Box::new(watch.read(Sealer::of_bytes(plan, data_key, bytes.clone())?))
			},
			Source::File(_) => Box::new(Sealer::new(plan, data_key, watch.read(source.open()?))),
		};
		let sums = hash_and_size(Tee::new(ciphertext, &mut copy))?;
		die_at("client.seal.unnamed");
		copy.keep()?;
		Ok(sums)
	};
	sealed().map_err(|error| match error.get_ref().is_some_and(|inner| inner.is::<SealError>()) {
		true => Error::new(Kind::Input, "the file changed while it was read")
			.code_is("file-changed")
			.hint("wait until nobody writes to it; nothing has left this machine"),
		false => Error::new(Kind::Other, "the content could not be sealed")
			.caused_by(error)
			.hint("make room on the disk of the home; nothing has left this machine"),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::journal::{
		tests::{identity, row},
		PutRow,
	};
	use crate::progress::Silent;
	use std::{fs, io::Write};
	use ward_crypto::content::Opener;

	const CONTENT: &[u8] = b"a small content";

	fn manifest(content: &[u8]) -> Manifest {
		let (digest, length) = hash_and_size(content).unwrap();
		Manifest::new("text/plain", length, digest, "1970-01-01T00:00:00Z")
	}

	#[tokio::test]
	async fn what_is_spooled_opens_to_the_content_and_has_the_root_that_was_noted() {
		let dir = tempfile::tempdir().unwrap();
		let (spool, key) = (dir.path().join("spool"), identity().key(0));
		let source = Source::Memory(CONTENT.to_vec().into());
		let sealed = seal(spool.clone(), key, manifest(CONTENT), source, &Silent).await.unwrap();
		let ciphertext = fs::read(path(&spool, key)).unwrap();
		assert_eq!(sealed.root, *blake3::hash(&ciphertext).as_bytes());
		assert_eq!(sealed.size, ciphertext.len() as u64);
		let mut opener = Opener::new(&sealed.data_key, &sealed.plan.commitment, Vec::new());
		opener.write_all(&ciphertext).unwrap();
		assert_eq!(opener.finish().unwrap().1, CONTENT);
	}

	#[tokio::test]
	async fn a_lost_or_damaged_spool_file_is_sealed_again_to_the_same_bytes() {
		let dir = tempfile::tempdir().unwrap();
		let (spool, key) = (dir.path().join("spool"), identity().key(0));
		let source = Source::Memory(CONTENT.to_vec().into());
		let sealed =
			seal(spool.clone(), key, manifest(CONTENT), source.clone(), &Silent).await.unwrap();
		let file = path(&spool, key);
		let before = fs::read(&file).unwrap();
		let damages: [&dyn Fn(); 2] =
			[&|| fs::remove_file(&file).unwrap(), &|| fs::write(&file, b"x").unwrap()];
		for damage in damages {
			damage();
			let (plan, data_key) = (sealed.plan.clone(), sealed.data_key.clone());
			ensure(spool.clone(), key, plan, data_key, source.clone(), sealed.root, &Silent)
				.await
				.unwrap();
			assert_eq!(fs::read(&file).unwrap(), before);
		}
	}

	#[tokio::test]
	async fn only_the_ciphertext_of_puts_that_go_on_stays_in_the_spool() {
		let dir = tempfile::tempdir().unwrap();
		let spool = dir.path().join("spool");
		let journal = Journal::open(&dir.path().join("journal.redb")).await.unwrap();
		sweep(&spool, &journal).unwrap();
		fs::create_dir(&spool).unwrap();
		let [open, anchored, unknown] = [0, 1, 2].map(|copy| identity().key(copy));
		journal.begin_put(open, &row()).unwrap();
		let done = PutRow { anchored: Some((1, [0; 32])), ..row() };
		journal.begin_put(anchored, &done).unwrap();
		for key in [open, anchored, unknown] {
			fs::write(path(&spool, key), b"sealed").unwrap();
		}
		fs::write(spool.join(format!(".{open}.sealed.4711.part")), b"half").unwrap();
		fs::write(spool.join(".content.4711"), b"").unwrap();
		sweep(&spool, &journal).unwrap();
		let left: Vec<_> = fs::read_dir(&spool).unwrap().map(|file| file.unwrap().path()).collect();
		assert_eq!(left, [path(&spool, open)]);
	}

	#[tokio::test]
	async fn a_file_that_changes_between_the_passes_is_refused_and_leaves_nothing() {
		let dir = tempfile::tempdir().unwrap();
		let (spool, key) = (dir.path().join("spool"), identity().key(0));
		let file = dir.path().join("content");
		for changed in [&b"another content"[..], b"a small", b"a small content and more"] {
			fs::write(&file, changed).unwrap();
			let source = Source::File(file.clone());
			let error =
				seal(spool.clone(), key, manifest(CONTENT), source, &Silent).await.err().unwrap();
			assert_eq!((error.kind(), error.code()), (Kind::Input, "file-changed"));
			assert_eq!(fs::read_dir(&spool).unwrap().count(), 0);
		}
	}
}
