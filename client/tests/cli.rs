//! The command line as its users see it: help, errors and completions, as files under `golden/`, and
//! what needs keys but no network.
//!
//! After a change that is wanted, `WARD_UPDATE_GOLDEN=1 cargo test -p ward-client --test cli` writes the
//! files anew; read what has changed in them.

use std::{
	collections::BTreeSet,
	env, fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::{Command, Output, Stdio},
};

use clap::CommandFactory;
use tempfile::TempDir;
use ward_client::command::Cli;

/// A directory to work in, and nothing of the machine's environment.
struct Shell {
	dir: TempDir,
}

impl Shell {
	fn new() -> Self {
		Self { dir: tempfile::tempdir().unwrap() }
	}

	fn file(&self, name: &str, content: &str) {
		fs::write(self.dir.path().join(name), content).unwrap();
	}

	fn ward(&self, arguments: &[&str]) -> Output {
		let mut command = Command::new(env!("CARGO_BIN_EXE_ward"));
		command.args(arguments).env_clear().current_dir(self.dir.path()).stdin(Stdio::null());
		command.env("HOME", self.dir.path()).env("COLUMNS", "100").env("NO_COLOR", "1");
		command.output().unwrap()
	}

	/// What a user sees of a command: itself, the exit code, both outputs.
	fn transcript(&self, arguments: &[&str]) -> String {
		let output = self.ward(arguments);
		let code = output.status.code().unwrap();
		let mut text = format!("$ ward {}\n[exit code {code}]\n", arguments.join(" "));
		for (name, bytes) in [("standard output", output.stdout), ("standard error", output.stderr)]
		{
			if !bytes.is_empty() {
				text += &format!("[{name}]\n{}", String::from_utf8(bytes).unwrap());
			}
		}
		text.replace(self.dir.path().to_str().unwrap(), "[DIR]")
	}

	/// Makes keys in `home` under the passphrase in the file `right`.
	fn with_keys() -> Self {
		let shell = Self::new();
		shell.file("right", "correct horse\n");
		shell.file("wrong", "incorrect horse\n");
		shell.succeeds(&["keys", "new", "--home", "home", "--passphrase-file", "right"]);
		shell
	}

	fn succeeds(&self, arguments: &[&str]) -> String {
		let output = self.ward(arguments);
		let said = String::from_utf8(output.stderr).unwrap();
		assert!(output.status.success(), "{arguments:?}: {said}");
		String::from_utf8(output.stdout).unwrap()
	}

	/// The code and the exit code of a failure.
	fn fails(&self, arguments: &[&str]) -> (String, i32) {
		let output = self.ward(&[arguments, &["--output", "json"]].concat());
		assert!(!output.status.success(), "{arguments:?}");
		let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
		let code = output.status.code().unwrap();
		assert_eq!(error["error"]["exitCode"], code);
		(error["error"]["code"].as_str().unwrap().to_owned(), code)
	}

	fn key_file(&self) -> PathBuf {
		self.dir.path().join("home").join("keys.json")
	}
}

fn golden(name: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("golden").join(name)
}

/// Compares a text with the file that says what it should be.
#[track_caller]
fn check(name: &str, actual: &str) {
	let path = golden(name);
	if env::var_os("WARD_UPDATE_GOLDEN").is_some() {
		fs::create_dir_all(path.parent().unwrap()).unwrap();
		fs::write(path, actual).unwrap();
		return;
	}
	let expected = fs::read_to_string(&path).unwrap_or_else(|_| String::from("(no such file)\n"));
	let first = expected.lines().zip(actual.lines()).find(|(expected, actual)| expected != actual);
	assert!(
		expected == actual,
		"{} differs, first at {first:?}. The whole text now:\n{actual}\nIf this is wanted, run the \
		 test with WARD_UPDATE_GOLDEN=1.",
		path.display()
	);
}

/// No file is left over from what there is no more.
fn check_names(directory: &str, expected: &BTreeSet<String>) {
	let files = fs::read_dir(golden(directory)).unwrap();
	let found: BTreeSet<_> =
		files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
	assert_eq!(&found, expected, "delete what is too much in tests/golden/{directory}");
}

/// Every command with its subcommands, as it is typed.
fn commands() -> Vec<Vec<String>> {
	fn visit(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
		found.push(path.to_vec());
		for inner in command.get_subcommands() {
			visit(inner, &[path, &[inner.get_name().to_owned()]].concat(), found);
		}
	}
	let mut found = Vec::new();
	visit(&Cli::command(), &[], &mut found);
	found
}

#[test]
fn every_help_text_is_the_expected_one() {
	const SHARED: &str = "Options of all commands:\n";
	let shell = Shell::new();
	let overview = shell.succeeds(&["--help"]);
	let (_, shared) = overview.split_once(SHARED).unwrap();
	let (shared, _) = shared.split_once("Exit codes:").unwrap();
	let mut names = BTreeSet::new();
	for path in commands() {
		let mut arguments: Vec<_> = path.iter().map(String::as_str).collect();
		arguments.push("--help");
		let text = shell.succeeds(&arguments);
		let (name, text) = match path.is_empty() {
			true => ("ward.txt".to_owned(), text),
			false => {
				let (own, rest) = text.split_once(SHARED).unwrap();
				assert_eq!(rest.trim_end(), shared.trim_end(), "{path:?}");
				let name = format!("{}.txt", path.join("-"));
				(name, format!("{own}(and the options of all commands)\n"))
			},
		};
		check(&format!("help/{name}"), &text);
		names.insert(name);
	}
	check_names("help", &names);
	check("help.txt", &shell.succeeds(&["-h"]));
}

#[test]
fn every_error_says_what_happened_why_and_what_helps() {
	let shell = Shell::with_keys();
	shell.file("object.json", "{}\n");
	shell.file("text.txt", "no JSON\n");
	shell.file("empty", "\n");
	shell.file("nothing", "");
	shell.file("cut", "{\"rows\": 9, \"handedOver\": 0}\n{\"record\": \"0x12");
	for home in ["open", "damaged", "misspelt", "tied"] {
		fs::create_dir(shell.dir.path().join(home)).unwrap();
	}
	let keys = fs::read_to_string(shell.key_file()).unwrap();
	shell.file("open/keys.json", &keys);
	let mode = fs::Permissions::from_mode(0o644);
	fs::set_permissions(shell.dir.path().join("open/keys.json"), mode).unwrap();
	shell.file("damaged/keys.json", "{\"format\": \"ward-keys/v9\"}\n");
	let mode = fs::Permissions::from_mode(0o600);
	fs::set_permissions(shell.dir.path().join("damaged/keys.json"), mode.clone()).unwrap();
	shell.file("misspelt/config.toml", "nod = \"ws://127.0.0.1:9944\"\n");
	shell.file("tied/keys.json", &keys);
	fs::set_permissions(shell.dir.path().join("tied/keys.json"), mode).unwrap();
	let genesis = |byte: &str| format!("0x{}", byte.repeat(32));
	let (ours, other) = (genesis("01"), genesis("02"));
	shell.file("tied/genesis", &format!("{ours}\n"));

	let unlock = ["--home", "home", "--passphrase-file", "right"];
	for (role, sponsor, file) in
		[("patient", "2", "patient.json"), ("health-authority", "0", "authority.json")]
	{
		let offer = ["enrol", "offer", "--role", role, "--sponsor", sponsor, "--genesis", &ours];
		shell.succeeds(&[&offer[..], &["--out", file], &unlock[..]].concat());
	}
	let offer = ["enrol", "offer", "--role", "patient", "--sponsor", "2", "--genesis"];
	let put = ["put", "text.txt", "--patient", "5", "--custodian", "2"];
	let cases: [(&str, Vec<&str>); 60] = [
		("no-command", vec![]),
		("unknown-command", vec!["frobnicate"]),
		("unknown-subcommand", vec!["keys", "frobnicate"]),
		("unknown-option", vec!["status", "--verbose"]),
		("missing-arguments", vec!["put", "text.txt"]),
		(
			"conflicting-passphrases",
			vec!["keys", "new", "--passphrase-file", "a", "--passphrase-fd", "3"],
		),
		("unknown-category", [&put[..], &["--categories", "nonsense"]].concat()),
		("unknown-sensitivity", [&put[..], &["--sensitivity", "secret"]].concat()),
		("not-a-record", vec!["get", "0x12"]),
		("not-a-participant", vec!["care", "open", "hospital"]),
		("not-a-moment", vec!["amend", "3", "--until", "yesterday"]),
		("unknown-purpose", vec!["request", "--patient", "5", "--purpose", "CURIOSITY"]),
		("nothing-to-amend", vec!["amend", "3"]),
		(
			"care-of-a-device",
			vec!["enrol", "offer", "--role", "device", "--sponsor", "2", "--care"],
		),
		("no-keys", vec!["keys", "show"]),
		("keys-exist", [&["keys", "new"], &unlock[..]].concat()),
		("keys-open-to-others", vec!["keys", "show", "--home", "open"]),
		("keys-damaged", vec!["keys", "show", "--home", "damaged"]),
		("no-passphrase", [&offer[..], &[&ours, "--home", "home"]].concat()),
		(
			"no-passphrase-file",
			[&offer[..], &[&ours, "--home", "home", "--passphrase-file", "none"]].concat(),
		),
		(
			"wrong-passphrase",
			[&offer[..], &[&ours, "--home", "home", "--passphrase-file", "wrong"]].concat(),
		),
		(
			"empty-passphrase",
			[&["keys", "passwd", "--new-passphrase-file", "empty"], &unlock[..]].concat(),
		),
		(
			"other-chain",
			[&offer[..], &[&other, "--home", "tied", "--passphrase-file", "right"]].concat(),
		),
		("misspelt-setting", vec!["status", "--home", "misspelt"]),
		("no-file", vec!["enrol", "accept", "none.json"]),
		("not-an-offer", vec!["enrol", "accept", "object.json"]),
		("not-a-key-file", vec!["keys", "remember", "text.txt"]),
		("not-a-patients-key", [&put[..], &["--patient-key", "object.json"]].concat()),
		("not-an-attestation", vec!["keys", "attach-receipt", "object.json"]),
		("no-authorities", {
			let status =
				["care", "open", "2", "--node", "ws://127.0.0.1:1", "--ca-file", "text.txt"];
			[&status[..], &unlock[..]].concat()
		}),
		// Nothing listens on port 1.
		("unreachable-node", vec!["status", "--node", "ws://127.0.0.1:1"]),
		("not-a-motion", vec!["council", "show", "0xzz"]),
		("vote-without-a-way", vec!["council", "vote", "3"]),
		("vote-both-ways", vec!["council", "vote", "3", "--aye", "--nay"]),
		("session-too-short", vec!["council", "propose", "session-length", "4"]),
		("no-seats-at-all", vec!["council", "propose", "minimum", "0"]),
		("council-deactivates-unasked", vec!["council", "propose", "deactivate", "5"]),
		("upgrade-to-nothing", vec!["council", "propose", "upgrade"]),
		("upgrade-by-half-a-hash", vec!["council", "propose", "upgrade", "--code-hash", "0x12"]),
		("upgrade-to-no-runtime", vec!["council", "propose", "upgrade", "--code", "text.txt"]),
		("apply-no-runtime", vec!["council", "upgrade", "apply", "text.txt"]),
		("apply-no-file", vec!["council", "upgrade", "apply", "none.wasm"]),
		("admit-no-offer", vec!["council", "propose", "admit-authority", "object.json"]),
		("admit-no-authority", vec!["council", "propose", "admit-authority", "patient.json"]),
		("accept-an-authority", vec!["enrol", "accept", "authority.json"]),
		(
			"authority-of-a-center",
			vec!["enrol", "offer", "--role", "health-authority", "--sponsor", "2"],
		),
		(
			"patient-of-the-consortium",
			vec!["enrol", "offer", "--role", "patient", "--sponsor", "0"],
		),
		("give-up-unasked", vec!["seat", "give-up"]),
		("epoch-too-short", vec!["council", "propose", "epoch-length", "3s"]),
		("restart-log-unasked", vec!["center", "restart-log"]),
		("hand-over-no-file", vec!["center", "hand-over", "none"]),
		("hand-over-of-nothing", vec!["center", "hand-over", "nothing"]),
		("hand-over-of-something-else", vec!["center", "hand-over", "object.json"]),
		("hand-over-without-keys", vec!["center", "hand-over", "cut"]),
		("repair-no-record", vec!["repair", "0x12"]),
		("seed-of-nothing", {
			let new = ["keys", "new", "--home", "other", "--account-seed-file", "open/keys.json"];
			[&new[..], &["--passphrase-file", "right"]].concat()
		}),
		("witness-without-keys", vec!["keys", "new-witness", "--out", "witness.seed"]),
		("no-custodian", vec!["put", "text.txt", "--patient", "5"]),
		("host-of-a-name", vec!["seat", "accept-hosting", "hospital"]),
		("no-vault-address", vec!["doctor", "--vault", "http://vault.example"]),
	];
	let mut names = BTreeSet::new();
	for (name, arguments) in cases {
		let text = shell.transcript(&arguments);
		let json = shell.transcript(&[&["--output", "json"], &arguments[..]].concat());
		check(&format!("errors/{name}.txt"), &format!("{text}\n{json}"));
		assert!(names.insert(format!("{name}.txt")), "{name} stands twice");
	}
	check_names("errors", &names);
	let after = fs::read_to_string(shell.key_file()).unwrap();
	assert_eq!(after, keys, "no failure touches the keys");
}

#[test]
fn a_changed_passphrase_opens_the_same_keys_and_the_old_one_none() {
	let shell = Shell::with_keys();
	let show = ["keys", "show", "--home", "home"];
	let genesis = format!("0x{}", "01".repeat(32));
	let offer = |passphrase| {
		let fixed = ["enrol", "offer", "--role", "patient", "--sponsor", "2", "--genesis"];
		[&fixed[..], &[&genesis, "--home", "home", "--passphrase-file", passphrase]].concat()
	};
	let change = |old, new| {
		let fixed = ["keys", "passwd", "--home", "home", "--passphrase-file"];
		[&fixed[..], &[old, "--new-passphrase-file", new]].concat()
	};
	shell.file("new", "battery staple\n");
	let public = shell.succeeds(&show);
	let before = fs::read(shell.key_file()).unwrap();
	let wrong = ("wrong-passphrase".to_owned(), 4);
	assert_eq!(shell.fails(&change("wrong", "new")), wrong);
	assert_eq!(shell.fails(&change("right", "none")), ("no-passphrase".to_owned(), 4));
	assert_eq!(fs::read(shell.key_file()).unwrap(), before, "a failure changes nothing");

	shell.succeeds(&change("right", "new"));
	assert_eq!(shell.succeeds(&show), public, "the keys are the same");
	shell.succeeds(&offer("new"));
	assert_eq!(shell.fails(&offer("right")), wrong);
	assert_eq!(shell.fails(&change("right", "new")), wrong);
	let mode = fs::metadata(shell.key_file()).unwrap().permissions().mode();
	assert_eq!(mode & 0o777, 0o600);
	let home = fs::read_dir(shell.key_file().parent().unwrap()).unwrap();
	let parts = home.filter(|file| {
		let name = file.as_ref().unwrap().file_name();
		name.to_string_lossy().contains(".part")
	});
	assert_eq!(parts.count(), 0, "nothing is left beside the file");
}

#[test]
fn the_shell_completes_commands_options_and_values() {
	let shell = Shell::new();
	shell.file("ward.bash", &shell.succeeds(&["completions", "bash"]));
	let lines: [&[&str]; 8] = [
		&[""],
		&["ke"],
		&["keys", ""],
		&["put", "--"],
		&["--output", ""],
		&["completions", ""],
		&["council", "propose", ""],
		&["seat", ""],
	];
	let mut text = String::new();
	for words in lines {
		let script = r#"source ./ward.bash
			COMP_WORDS=(ward "$@") COMP_CWORD=$#
			_ward ward "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
			printf '%s\n' "${COMPREPLY[@]}""#;
		let mut command = Command::new("bash");
		command.args(["--norc", "-c", script, "bash"]).args(words).current_dir(shell.dir.path());
		let output = command.output().unwrap();
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		text += &format!("$ ward {}<TAB>\n", words.join(" "));
		text += &String::from_utf8(output.stdout).unwrap();
	}
	check("completions-bash.txt", &text);
}

#[test]
fn the_doctor_goes_on_without_a_node_and_leaves_nothing_behind() {
	let shell = Shell::new();
	fs::create_dir(shell.dir.path().join("data")).unwrap();
	let doctor = ["doctor", "--node", "ws://127.0.0.1:1", "--data-dir", "data", "--output", "json"];
	let output = shell.ward(&doctor);
	assert_eq!(output.status.code(), Some(1));
	let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
	assert_eq!(error["error"]["code"], "checks-failed");
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
	let verdict = |name: &str| {
		let checks = report["checks"].as_array().unwrap();
		checks.iter().find(|check| check["check"] == name).unwrap()["verdict"].clone()
	};
	assert_eq!(verdict("node"), "failed");
	assert_eq!(verdict("vault"), "skipped", "nothing is known of one");
	assert_ne!(verdict("disk sync"), "failed");
	assert_eq!(report["failed"], 1);
	assert_eq!(fs::read_dir(shell.dir.path().join("data")).unwrap().count(), 0);
}
