//! The program as an operator meets it: flags, exit codes, signals. No node is needed.

use std::{
	fs,
	io::{BufRead, BufReader},
	os::unix::fs::PermissionsExt,
	path::Path,
	process::{Child, Command, Output, Stdio},
	time::{Duration, Instant},
};

const RUNTIME: &str = "0xabababababababababababababababababababababababababababababababab";

fn vault(arguments: &[&str]) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_ward-vault"));
	command.args(arguments).env_clear();
	command
}

fn run(arguments: &[&str]) -> Output {
	vault(arguments).output().unwrap()
}

#[track_caller]
fn fails(arguments: &[&str], reason: &str) {
	let output = run(arguments);
	let said = String::from_utf8(output.stderr).unwrap();
	assert!(!output.status.success() && said.contains(reason), "{said}");
}

fn init(home: &Path) -> serde_json::Value {
	let output = run(&["init", "--data-dir", home.to_str().unwrap()]);
	assert!(output.status.success());
	serde_json::from_slice(&output.stdout).unwrap()
}

fn settings(home: &Path) -> Vec<&str> {
	let data_dir = home.to_str().unwrap();
	let fixed = ["--center", "7", "--runtime", RUNTIME, "--allow-plain-http", "--data-dir"];
	let mut arguments = fixed.to_vec();
	arguments.push(data_dir);
	// Port 1 refuses: there is no node.
	arguments.extend(["--node", "ws://127.0.0.1:1", "--listen", "127.0.0.1:0"]);
	arguments.extend(["--operator-listen", "127.0.0.1:0", "--log-format", "json"]);
	arguments
}

fn command<'a>(name: &'a str, home: &'a Path) -> Vec<&'a str> {
	let mut arguments = vec![name];
	arguments.extend(settings(home));
	arguments
}

#[test]
fn init_makes_both_keys_once_and_prints_the_public_ones() {
	let home = tempfile::tempdir().unwrap();
	let data_dir = home.path().join("data");
	let keys = init(&data_dir);
	assert_eq!(keys["receiptKey"].as_str().unwrap().len(), 2 + 64);
	assert_eq!(keys["releaseSuite"], "XWing");
	assert_eq!(keys["releaseKeyHex"].as_str().unwrap().len(), 2 + 2 * 1_216);
	let files = ["receipt.key", "release.key"].map(|name| data_dir.join("keys").join(name));
	let before = files.clone().map(|file| fs::read(file).unwrap());
	assert_ne!(before[0], before[1]);
	for file in &files {
		assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
	}
	fails(&["init", "--data-dir", data_dir.to_str().unwrap()], "never overwritten");
	assert_eq!(files.map(|file| fs::read(file).unwrap()), before);
}

#[test]
fn init_that_was_cut_off_is_completed_and_a_key_that_was_lost_is_not_replaced() {
	let home = tempfile::tempdir().unwrap();
	let both = init(home.path());
	for (name, kept, made) in
		[("release.key", "receiptKey", "releaseKey"), ("receipt.key", "releaseKey", "receiptKey")]
	{
		let file = home.path().join("keys").join(name);
		let before = fs::read(&file).unwrap();
		fs::remove_file(&file).unwrap();
		let completed = init(home.path());
		assert_eq!(completed[kept], both[kept]);
		assert_ne!(completed[made], both[made]);
		fs::write(&file, before).unwrap();
	}
	fs::remove_file(home.path().join("keys/release.key")).unwrap();
	fs::write(home.path().join("vault.redb"), "").unwrap();
	fails(&["init", "--data-dir", home.path().to_str().unwrap()], "restore it from a backup");
}

#[test]
fn a_loss_is_accepted_only_in_a_vaults_directory_that_lacks_something() {
	let home = tempfile::tempdir().unwrap();
	let accept = ["accept-loss", "--data-dir", home.path().to_str().unwrap()];
	fails(&accept, "is no vault's data directory");
	init(home.path());
	let output = run(&accept);
	assert!(output.status.success());
	assert!(String::from_utf8(output.stdout).unwrap().contains("nothing is missing"));
}

#[test]
fn check_config_says_what_is_missing() {
	let home = tempfile::tempdir().unwrap();
	fails(&["check-config"], "`center` is not set");
	fails(&command("check-config", home.path()), "ward-vault init");
	init(home.path());
	assert!(run(&command("check-config", home.path())).status.success());
	let key = home.path().join("keys/release.key");
	fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
	fails(&command("check-config", home.path()), "chmod 600");
}

#[test]
fn repair_needs_a_vault_that_runs_and_records_that_are_ones() {
	// Port 1 refuses.
	let nobody = ["repair", "--operator-listen", "127.0.0.1:1"];
	fails(&nobody, "no vault answers at 127.0.0.1:1");
	fails(&[&nobody[..], &["0x12"]].concat(), "a record id is");
}

#[test]
fn drain_needs_a_vault_that_runs_and_a_center() {
	let nobody = ["drain", "--operator-listen", "127.0.0.1:1"];
	fails(&nobody, "--to <CENTER>");
	fails(&[&nobody[..], &["--to", "3"]].concat(), "no vault answers at 127.0.0.1:1");
}

#[test]
fn a_vault_that_accepts_hand_overs_says_from_whom_and_not_from_itself() {
	let home = tempfile::tempdir().unwrap();
	init(home.path());
	let check = command("check-config", home.path());
	let accepting = |centers| [&check[..], &["--accept-from", centers]].concat();
	assert!(run(&accepting("3,4")).status.success());
	fails(&accepting("3,7"), "is this vault's own center");
}

#[test]
fn the_description_is_printed_as_json() {
	let output = run(&["openapi"]);
	let description: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
	assert_eq!(description["info"]["title"], "Ward vault");
}

/// A vault that serves; killed at the end of the test.
struct Served(Child);

impl Drop for Served {
	fn drop(&mut self) {
		let _gone = self.0.kill().is_ok() && self.0.wait().is_ok();
	}
}

impl Served {
	/// Starts a vault, and waits until it says where it listens.
	fn start(home: &Path) -> (Self, String) {
		let mut child = vault(&command("run", home)).stderr(Stdio::piped()).spawn().unwrap();
		let log = BufReader::new(child.stderr.take().unwrap());
		let mut lines = log.lines().map(|line| line.unwrap());
		let operator = lines.find_map(|line| {
			let line: serde_json::Value = serde_json::from_str(&line).unwrap();
			line["fields"]["operator"].as_str().map(str::to_owned)
		});
		// The pipe must stay open, or the vault's next log line would fail.
		std::thread::spawn(move || lines.for_each(drop));
		(Self(child), operator.expect("the vault says where it listens"))
	}

	fn signal(&self, name: &str) {
		let pid = self.0.id().to_string();
		assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
	}
}

#[tokio::test]
async fn a_vault_without_its_node_says_so_and_ends_cleanly_when_told() {
	let _installed = rustls::crypto::ring::default_provider().install_default();
	let home = tempfile::tempdir().unwrap();
	init(home.path());
	for signal in ["TERM", "INT"] {
		let (mut served, operator) = Served::start(home.path());
		let repair = |records: &[&str]| {
			run(&[&["repair", "--operator-listen", &operator][..], records].concat())
		};
		let nothing = repair(&[]);
		assert!(nothing.status.success() && nothing.stdout.is_empty());
		let record = RUNTIME;
		let left = repair(&[record]);
		assert_eq!(left.status.code(), Some(1));
		let line: serde_json::Value = serde_json::from_slice(&left.stdout).unwrap();
		assert_eq!((&line["record"], &line["outcome"]), (&record.into(), &"left".into()));
		let drained = run(&["drain", "--to", "3", "--operator-listen", &operator]);
		let said = String::from_utf8(drained.stderr).unwrap();
		assert!(!drained.status.success() && drained.stdout.is_empty());
		assert!(said.contains("The vault's node does not answer"), "{said}");
		let ready = reqwest::get(format!("http://{operator}/readyz")).await.unwrap();
		assert_eq!(ready.status().as_u16(), 503);
		let report: serde_json::Value = ready.json().await.unwrap();
		let parts = report["parts"].as_array().unwrap();
		let failed: Vec<_> = parts.iter().filter(|part| part["ok"] == false).collect();
		assert_eq!(failed.len(), 1, "{report}");
		assert_eq!(failed[0]["name"], "node");
		assert!(failed[0]["detail"].as_str().unwrap().contains("--node"));

		// Without TLS there is no certificate to read again; the signal must not end the vault.
		served.signal("HUP");
		let live = reqwest::get(format!("http://{operator}/livez")).await.unwrap();
		assert_eq!(live.status().as_u16(), 200);

		served.signal(signal);
		let told = Instant::now();
		let status = loop {
			if let Some(status) = served.0.try_wait().unwrap() {
				break status;
			}
			assert!(told.elapsed() < Duration::from_secs(60), "it does not end");
			tokio::time::sleep(Duration::from_millis(20)).await;
		};
		assert!(status.success(), "{status}");
	}
}

#[test]
fn two_vaults_cannot_share_a_data_directory() {
	let home = tempfile::tempdir().unwrap();
	init(home.path());
	let (_first, _) = Served::start(home.path());
	fails(&command("run", home.path()), "a vault is working in this data directory");
}

#[test]
fn an_audit_needs_a_vault_that_has_stopped_and_fails_on_what_it_finds() {
	let home = tempfile::tempdir().unwrap();
	init(home.path());
	let audit = ["audit", "--data-dir", home.path().to_str().unwrap()];
	fails(&audit, "has no database");
	let (running, _) = Served::start(home.path());
	fails(&audit, "a vault is working in this data directory");
	drop(running);

	let sound = run(&audit);
	let report: serde_json::Value = serde_json::from_slice(&sound.stdout).unwrap();
	assert_eq!(report["findings"], serde_json::json!([]), "{report}");
	assert!(sound.status.success());
	fails(&["audit", "--node", "ws://127.0.0.1:1"], "--center");

	fs::write(home.path().join("content/notes.txt"), "x").unwrap();
	fails(&audit, "findings: 1");
	let report: serde_json::Value = serde_json::from_slice(&run(&audit).stdout).unwrap();
	assert_eq!(report["findings"][0]["code"], "unknown-file");
}
