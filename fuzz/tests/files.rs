//! Files in a home and in a vault's data directory: keys, settings, journal.

use std::{
	fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
};

use bolero::check;
use tempfile::TempDir;
use ward_client::{
	journal::{Journal, PutIdentity},
	keys::{KeyFile, Keys, Passphrase},
	Home,
};
use ward_fuzz::{foreign, within};
use ward_primitives::{
	participant::SealingKey, participant::SealingSuite, ParticipantId, RecordId,
};
use ward_vault::{config::Options, database::Database, keys::ReceiptKey, release::ReleaseService};

/// What reading a small file may hold for each byte of it, and besides.
const PER_BYTE: usize = 64;
const BESIDES: usize = 64 << 10;

/// A directory for one target, and a file in it that only its owner may read.
struct Desk(TempDir);

impl Desk {
	fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
		let path = self.0.path().join(name);
		fs::write(&path, bytes).unwrap();
		fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
		path
	}

	fn path(&self) -> &Path {
		self.0.path()
	}
}

#[test]
fn client_key_files() {
	let desk = Desk::new();
	let file = KeyFile::new(desk.path().join("right.json"));
	let passphrase = || Passphrase::new(b"passphrase".to_vec()).unwrap();
	file.create(&Keys::generate(), &passphrase()).unwrap();
	let valid = [fs::read(file.path()).unwrap()];
	let right = file.public().unwrap();
	check!().with_iterations(5_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let file = KeyFile::new(desk.file("keys.json", &bytes));
		let bound = BESIDES + PER_BYTE * bytes.len();
		let Ok(public) = within(bound, || file.public()) else { return };
		within(bound, || public.sealing_digest());
		// To unlock takes as much work as the file says, so only what says little is tried.
		let says = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
		let work = |name: &str| says["argon2id"][name].as_u64().unwrap_or(u64::MAX);
		if work("memoryKib").saturating_mul(work("passes")) > 1_024 {
			return;
		}
		if file.unlock(&passphrase()).is_ok() {
			assert_eq!(public, right);
		}
	});
}

#[test]
fn vault_key_files() {
	let desk = Desk::new();
	let valid = [format!("{}\n", "ab".repeat(32)).into_bytes()];
	check!().with_iterations(5_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let path = desk.file("receipt.key", &bytes);
		let bound = BESIDES + PER_BYTE * bytes.len();
		let receipt = within(bound, || ReceiptKey::read(&path)).is_ok();
		let release = within(bound, || ReleaseService::read(&path, ParticipantId(1))).is_ok();
		assert_eq!(receipt, release);
		// As the reader does: a vertical tab is white space to `str` and not to `[u8]`.
		let is_key = std::str::from_utf8(&bytes).is_ok_and(|text| {
			let digits = text.trim_end();
			digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
		});
		assert!(is_key || !receipt, "{bytes:?}");
	});
}

#[test]
fn settings() {
	let desk = Desk::new();
	let vault =
		"center = 1\nruntime = [\"0xabab\"]\nlisten = \"127.0.0.1:1\"\npath-prefix = \"/w\"\n\
		allow-plain-http = true\nstaging-seconds = 9223372036854775807\nlog-format = \"json\"\n\
		contingency-hours = 72\nmax-json-bytes = 5\n";
	let vault = vault.replace("0xabab", &format!("0x{}", "ab".repeat(32)));
	let client = "node = \"ws://127.0.0.1:9944\"\nca-file = \"ca.pem\"\n";
	let valid = [vault.into_bytes(), client.as_bytes().to_vec(), vec![b'['; 3_000]];
	let resolved = Options::from_file(&desk.file("right.toml", &valid[0])).unwrap().resolve();
	resolved.expect("these are complete");
	let home = Home::new(desk.path().into());
	check!().with_iterations(5_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let bound = BESIDES + 8 * PER_BYTE * bytes.len();
		let path = desk.file("config.toml", &bytes);
		if let Ok(options) = within(bound, || Options::from_file(&path)) {
			if let Ok(settings) = within(bound, || options.resolve()) {
				settings.limits.slowest_upload(u64::MAX);
				assert!(!settings.runtimes.is_empty());
			}
		}
		drop(within(bound, || home.config()));
		desk.file("genesis", &bytes);
		drop(within(bound, || home.genesis()));
	});
}

fn identity() -> PutIdentity {
	PutIdentity {
		genesis: [1; 32],
		author: ParticipantId(2),
		patient: ParticipantId(3),
		on_behalf_of: None,
		custodians: vec![ParticipantId(4)],
		path: b"/a".to_vec(),
		part: None,
		content: [5; 32],
		description: Vec::new(),
		patient_only: false,
		supersedes: None,
	}
}

#[test]
fn journals_and_databases() {
	let desk = Desk::new();
	let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
	let sealing_key = SealingKey::of(SealingSuite::XWing, &[1; 1_216]);
	let journal = desk.path().join("right.redb");
	runtime.block_on(async {
		let open = Journal::open(&journal).await.unwrap();
		open.save_sealing_key(&sealing_key, &[1; 1_216]).unwrap();
	});
	let database = desk.path().join("vault.redb");
	drop(Database::open(&database).unwrap());
	let valid = [fs::read(&journal).unwrap(), fs::read(&database).unwrap()];
	check!().with_iterations(60).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		runtime.block_on(async {
			let path = desk.file("journal.redb", &bytes);
			if let Ok(journal) = Journal::open(&path).await {
				drop(journal.put(identity().key(0)));
				drop(journal.opening(RecordId([1; 32])));
				drop(journal.sealing_key(&sealing_key));
			}
			let path = desk.file("other.redb", &bytes);
			if let Ok(database) = Database::open(&path) {
				drop(database.check().await);
				drop(database.log_length().await);
			}
		});
	});
}
