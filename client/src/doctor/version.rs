//! Whether node, runtime and this program fit each other, and whether another runtime is on its way.

use ward_chain_client::{Authorization, Chain, NodeVersion, RuntimeVersion, State};

use super::Finding;
use crate::{error::Result, hex::Hex};

/// The version of this program.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// The runtime that this program speaks to.
const RUNTIME: &str = "ward";

/// The version of transactions that it can sign: that of the runtime when it was written.
const TRANSACTIONS: u32 = 1;

/// Compares the node's program with this one.
pub(super) async fn node(chain: &Chain) -> Result<Finding> {
	Ok(judge_node(&chain.node_version().await?))
}

fn judge_node(node: &NodeVersion) -> Finding {
	let NodeVersion { name, version } = node;
	// After the version comes what it was built from.
	let released = version.split(['-', '+']).next().unwrap_or_default();
	match released == OWN {
		true => Finding::ok("node version", format!("{name} {version}, as this program")),
		false => Finding::warning(
			"node version",
			format!("{name} {version}, and this program is {OWN}"),
			"update the older one of the two",
		),
	}
}

/// Compares the runtime with what this program can sign for.
pub(super) async fn runtime(chain: &Chain) -> Result<Finding> {
	Ok(judge_runtime(&chain.runtime_version().await?))
}

fn judge_runtime(runtime: &RuntimeVersion) -> Finding {
	let RuntimeVersion { spec_name, spec_version, transaction_version } = runtime;
	let found =
		format!("`{spec_name}` version {spec_version}, transactions version {transaction_version}");
	if spec_name != RUNTIME {
		Finding::failed("runtime", found, "name a node of a Ward chain with --node")
	} else if *transaction_version != TRANSACTIONS {
		let found = format!("{found}; this program signs version {TRANSACTIONS}");
		Finding::failed("runtime", found, "install the `ward` that belongs to this runtime")
	} else {
		Finding::ok("runtime", found)
	}
}

/// Looks for a runtime that the council has authorized.
pub(super) async fn upgrade(state: &State) -> Result<Finding> {
	Ok(judge_upgrade(state.authorized_upgrade().await?))
}

fn judge_upgrade(authorized: Option<Authorization>) -> Finding {
	match authorized {
		None => Finding::ok("upgrade", "no runtime waits to be handed in"),
		Some(Authorization { code_hash, .. }) => Finding::warning(
			"upgrade",
			format!("the runtime {} is authorized and not handed in yet", Hex(code_hash)),
			"build it and compare its hash, let the vault accept it (`--runtime`), then `ward council \
			 upgrade apply FILE`",
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	#[test]
	fn a_node_of_another_release_is_pointed_out() {
		let judge = |version: &str| {
			judge_node(&NodeVersion { name: "Ward Node".into(), version: version.into() }).verdict
		};
		assert_eq!(judge(OWN), Verdict::Ok);
		assert_eq!(judge(&format!("{OWN}-0123abc")), Verdict::Ok);
		assert_eq!(judge("99.0.0-0123abc"), Verdict::Warning);
		assert_eq!(judge(""), Verdict::Warning);
	}

	#[test]
	fn a_runtime_with_other_transactions_is_a_fault_and_a_newer_one_with_the_same_is_none() {
		let judge = |spec_name: &str, spec_version, transaction_version| {
			let spec_name = spec_name.into();
			judge_runtime(&RuntimeVersion { spec_name, spec_version, transaction_version }).verdict
		};
		assert_eq!(judge("ward", 1, TRANSACTIONS), Verdict::Ok);
		assert_eq!(judge("ward", 9, TRANSACTIONS), Verdict::Ok);
		assert_eq!(judge("ward", 9, TRANSACTIONS + 1), Verdict::Failed);
		assert_eq!(judge("other", 1, TRANSACTIONS), Verdict::Failed);
	}

	#[test]
	fn an_authorized_runtime_wants_to_be_handed_in() {
		assert_eq!(judge_upgrade(None).verdict, Verdict::Ok);
		let pending =
			judge_upgrade(Some(Authorization { code_hash: [7; 32], checks_version: true }));
		assert_eq!(pending.verdict, Verdict::Warning);
		assert!(pending.found.contains(&Hex([7; 32]).to_string()));
	}
}
