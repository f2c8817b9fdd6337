//! The witness key of the own seat: whether it stands on the chain, and whether the node has it.

use std::path::PathBuf;

use ward_chain_client::{Chain, State};
use ward_primitives::ParticipantId;

use super::Finding;
use crate::{
	error::Result,
	hex::Hex,
	home::Home,
	witness::{self, Known, Standing},
};

const WITNESS: &str = "witness key";

/// Looks at the witness keys that were made in this home, and those in the keystores of these
/// directories.
pub(super) async fn examine(
	chain: &Chain,
	state: &State,
	own: ParticipantId,
	home: &Home,
	data_dirs: &[PathBuf],
) -> Finding {
	let finding = async {
		let mut keys = home.witness_keys()?;
		keys.reverse();
		keys.extend(data_dirs.iter().flat_map(|directory| witness::in_keystores(directory)));
		Result::Ok(judge(own, &witness::look_at(chain, state, own, &keys).await?))
	};
	Finding::or_unmade(WITNESS, finding.await)
}

/// The commands that give a node its key.
fn how_to_make() -> String {
	format!(
		"`ward keys new-witness --out witness.seed`, then `{}`",
		witness::how_to_insert("witness.seed".as_ref())
	)
}

fn judge(own: ParticipantId, known: &[Known]) -> Finding {
	let short = |known: &Known| -> String { Hex(known.key).to_string().chars().take(14).collect() };
	let attached = || known.iter().filter(|known| known.standing == Standing::Attached);
	if let Some(good) = attached().find(|known| known.is_in_node == Ok(true)) {
		let found = format!("the node reports with that of center {own} ({}…)", short(good));
		return Finding::ok(WITNESS, found);
	}
	if let Some((key, why)) =
		attached().find_map(|known| Some((known, known.is_in_node.as_ref().err()?)))
	{
		let key = short(key);
		return Finding::skipped(
			WITNESS,
			format!("{key}… is attached on the chain; {why}; ask your own node on its machine"),
		);
	}
	if let Some(lacking) = attached().next() {
		return Finding::failed(
			WITNESS,
			format!("the node does not have the one on the chain ({}…)", short(lacking)),
			format!(
				"name your own node with --node; if it is, give it the key as `ward keys new-witness` \
				 said, or make another one: {}",
				how_to_make()
			),
		);
	}
	match known.first() {
		Some(bad) => Finding::failed(
			WITNESS,
			format!(
				"the key {}… {}, so the node reports nothing",
				short(bad),
				bad.standing.in_words()
			),
			format!("make one: {}", how_to_make()),
		),
		None => Finding::warning(
			WITNESS,
			"none is known here; without one the node does not look after other centers' records",
			format!(
				"name the directory of the node with --data-dir, or make one: {}",
				how_to_make()
			),
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	const OWN: ParticipantId = ParticipantId(2);

	fn key(byte: u8, standing: Standing, is_in_node: Result<bool, String>) -> Known {
		Known { key: [byte; 32], standing, is_in_node }
	}

	#[test]
	fn one_key_on_the_chain_and_in_the_node_is_enough() {
		let good = key(1, Standing::Attached, Ok(true));
		let old = key(2, Standing::Retired, Ok(true));
		assert_eq!(judge(OWN, &[old, good]).verdict, Verdict::Ok);
	}

	#[test]
	fn a_key_that_cannot_report_is_a_fault_and_the_remedy_has_the_commands() {
		let cases = [
			key(1, Standing::Attached, Ok(false)),
			key(1, Standing::Unknown, Ok(true)),
			key(1, Standing::Retired, Ok(true)),
			key(1, Standing::Foreign, Ok(true)),
			key(1, Standing::OtherRole, Ok(true)),
		];
		for case in cases {
			let finding = judge(OWN, &[case]);
			assert_eq!(finding.verdict, Verdict::Failed);
			let remedy = finding.remedy.unwrap();
			assert!(remedy.contains("ward keys new-witness --out witness.seed"));
			assert!(remedy.contains("--scheme ed25519 --key-type wtns --suri witness.seed"));
		}
	}

	#[test]
	fn what_cannot_be_known_from_here_is_no_fault() {
		let strange = key(1, Standing::Attached, Err("the node answers only its operator".into()));
		assert_eq!(judge(OWN, &[strange]).verdict, Verdict::Skipped);
		assert_eq!(judge(OWN, &[]).verdict, Verdict::Warning);
	}
}
