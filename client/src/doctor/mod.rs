//! Whether a machine that runs a node or a vault is well: one finding for each check, and how to mend
//! what is not.
//!
//! Each module asks for one thing and judges it; the judgements are pure and tested apart.

mod clock;
mod descriptors;
mod disk;
mod exposure;
mod finality;
mod node;
mod peers;
mod seat;
mod tls;
mod version;
mod witness;

use std::path::PathBuf;

use reqwest::Url;
use serde::Serialize;
use ward_chain_client::{Chain, State};
use ward_primitives::{ParticipantId, VaultRow};

use crate::{
	error::{Error, Kind, Result},
	home::Home,
	moment,
	progress::Progress,
	vault::Trust,
};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
	/// All is well.
	Ok,
	/// It works, and should be looked at.
	Warning,
	/// It does not work, or will not for long.
	Failed,
	/// It could not be looked at from here.
	Skipped,
}

impl Verdict {
	/// One word for people.
	pub const fn word(self) -> &'static str {
		match self {
			Self::Ok => "ok",
			Self::Warning => "warning",
			Self::Failed => "FAILED",
			Self::Skipped => "skipped",
		}
	}
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
	/// What was looked at.
	pub check: &'static str,
	/// How it came out.
	pub verdict: Verdict,
	/// What was found, in a sentence without a full stop.
	pub found: String,
	/// How to mend it.
	pub remedy: Option<String>,
}

impl Finding {
	fn ok(check: &'static str, found: impl Into<String>) -> Self {
		Self { check, verdict: Verdict::Ok, found: found.into(), remedy: None }
	}

	fn skipped(check: &'static str, found: impl Into<String>) -> Self {
		Self { check, verdict: Verdict::Skipped, found: found.into(), remedy: None }
	}

	fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		let verdict = Verdict::Warning;
		Self { check, verdict, found: found.into(), remedy: Some(remedy.into()) }
	}

	fn failed(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		let verdict = Verdict::Failed;
		Self { check, verdict, found: found.into(), remedy: Some(remedy.into()) }
	}

	/// For a check that an error kept from being made.
	fn unmade(check: &'static str, error: impl Into<Error>) -> Self {
		let error = error.into();
		let causes = error
			.causes()
			.into_iter()
			.fold(error.to_string(), |all, cause| format!("{all}: {cause}"));
		let remedy = error.remedy().unwrap_or("see the sentence before").to_owned();
		Self::failed(check, causes, remedy)
	}

	/// The check's own finding, or that an error kept it from being made.
	fn or_unmade(check: &'static str, made: Result<Self>) -> Self {
		made.unwrap_or_else(|error| Self::unmade(check, error))
	}
}

/// What is to be examined.
pub struct Subject {
	/// Whose keys and chain it is.
	pub home: Home,
	/// The node's address.
	pub node: String,
	/// The vaults' addresses; if there are none, the own one that stands on the chain.
	pub vaults: Vec<Url>,
	/// The directories of nodes and vaults on this machine.
	pub data_dirs: Vec<PathBuf>,
	/// Whether the own center is to hold a seat.
	pub has_seat: bool,
	/// Whom TLS trusts.
	pub trust: Trust,
}

/// Makes all checks.
pub async fn examine(subject: &Subject, progress: &dyn Progress) -> Vec<Finding> {
	progress.step("looking at this machine");
	let mut findings = vec![clock::kernel(), descriptors::examine()];
	if subject.data_dirs.is_empty() {
		let how = "name the directories of node and vault with --data-dir";
		findings.push(Finding::skipped("disk", how));
	}
	for directory in &subject.data_dirs {
		progress.step(&format!("writing to {}", directory.display()));
		findings.extend(disk::examine(directory).await);
	}
	progress.step(&format!("asking {}", subject.node));
	let mut own_vault = None;
	match node::reach(subject).await {
		Ok(reached) => {
			findings.push(Finding::ok("node", format!("{} answers", subject.node)));
			findings.extend(examine_chain(subject, &reached).await);
			own_vault = reached.vault;
		},
		Err(error) => findings.push(Finding::unmade("node", error)),
	}
	let vaults = match (&subject.vaults[..], own_vault) {
		([], Some(row)) => match address(&row) {
			Ok(own) => vec![own],
			Err(error) => {
				findings.push(Finding::unmade("vault", error));
				vec![]
			},
		},
		(named, _) => named.to_vec(),
	};
	if vaults.is_empty() {
		let why = "no vault of your own is known on the chain; name one with --vault";
		findings.push(Finding::skipped("vault", why));
	}
	for vault in &vaults {
		progress.step(&format!("asking {vault}"));
		findings.extend(tls::examine(vault, &subject.trust).await);
	}
	findings
}

/// A node that answers, and what it says at once.
struct Reached {
	chain: Chain,
	finalized: State,
	best: State,
	/// Whom the home's key belongs to.
	own: Option<ParticipantId>,
	/// The own vault.
	vault: Option<VaultRow>,
}

async fn examine_chain(subject: &Subject, reached: &Reached) -> Vec<Finding> {
	let Reached { chain, finalized, best, .. } = reached;
	let mut findings = vec![
		Finding::or_unmade("node version", version::node(chain).await),
		Finding::or_unmade("runtime", version::runtime(chain).await),
		Finding::or_unmade("upgrade", version::upgrade(finalized).await),
		Finding::or_unmade("peers", peers::examine(chain, finalized).await),
		Finding::or_unmade("rpc exposure", exposure::examine(chain).await),
	];
	// What a node knows that is behind tells nothing of the clock, nor of the others.
	if chain.sync_status().await.is_ok_and(|status| status.is_syncing) {
		let why = "not before the node has caught up";
		findings.extend(["clock", "finality"].map(|check| Finding::skipped(check, why)));
	} else {
		let now = moment::now();
		findings.push(clock::against_chain(now, best));
		findings.push(finality::examine(now, best, finalized));
	}
	if subject.has_seat {
		match reached.own {
			Some(own) => {
				findings.extend(seat::examine(chain, finalized, own).await);
				let (home, directories) = (&subject.home, &subject.data_dirs);
				findings.push(witness::examine(chain, finalized, own, home, directories).await);
			},
			None => findings.push(Finding::failed(
				"seat",
				"this home has no key that is enrolled",
				"name the home of the medical center with --home",
			)),
		}
	}
	findings
}

/// Reads the address of a vault: https, or http on loopback.
pub fn parse_vault(text: &str) -> Result<Url, String> {
	let bad = || {
		format!("`{text}` is no address of a vault; write https://host[:port][/path], or http:// on loopback")
	};
	let row = VaultRow {
		endpoint: text.as_bytes().to_vec().try_into().map_err(|_| bad())?,
		receipt_key: [0; 32],
		release_suite: ward_primitives::participant::SealingSuite::XWing,
		release_key: Default::default(),
	};
	address(&row).map_err(|_| bad())
}

fn address(row: &VaultRow) -> Result<Url> {
	let endpoint = String::from_utf8_lossy(&row.endpoint);
	let unusable = || {
		Error::new(Kind::Vault, format!("the vault's address cannot be used: {endpoint}"))
			.hint("publish another one with `ward center set-vault`")
	};
	let url = row.endpoint_is_valid().then(|| Url::parse(&endpoint).ok()).flatten();
	url.ok_or_else(unusable)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_chain_client::ChainError;

	#[test]
	fn a_check_that_could_not_be_made_has_failed_and_says_what_helps() {
		let finding = Finding::unmade("node", ChainError::Syncing);
		assert_eq!(finding.verdict, Verdict::Failed);
		assert!(finding.remedy.is_some() && finding.found.contains("syncing"));
	}

	#[test]
	fn addresses_of_vaults_are_read() {
		assert_eq!(parse_vault("https://vault.example/a").unwrap().path(), "/a");
		assert!(parse_vault("http://127.0.0.1:4001").is_ok());
		for bad in ["", "vault.example", "http://vault.example", "ftp://vault.example", "https://"]
		{
			assert!(parse_vault(bad).is_err(), "{bad}");
		}
	}
}
