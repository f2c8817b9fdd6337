//! `ward status`.

use clap::Args;
use serde_json::json;
use ward_primitives::Role;

use super::{Context, Output};
use crate::{
	error::Result,
	explain,
	hex::Hex,
	moment, seats,
	session::{self, role_names},
	witness::{self, Known, Standing},
};

/// Show the node, the chain and the own participant. Needs no passphrase.
#[derive(Args, Debug)]
pub struct Opts {}

pub(super) async fn run(context: &Context, _opts: &Opts, out: &mut Output) -> Result<()> {
	let chain = context.chain().await?;
	let sync = chain.sync_status().await?;
	let (finalized, best) = (chain.finalized().await?, chain.best().await?);
	let age = moment::now().saturating_sub(finalized.timestamp);
	let code_hash = finalized.code_hash().await?;
	let own = match context.home.keys().exists() {
		true => {
			let account = context.home.keys().public()?.account;
			finalized.key(account).await?.map(|row| (account, row))
		},
		false => None,
	};
	let syncing = if sync.is_syncing { ", syncing" } else { "" };
	// The first block has no time.
	let age_text = match finalized.number {
		0 => String::new(),
		_ => format!(", {} ago", moment::display_duration(age)),
	};
	let mut lines = vec![
		format!("node       {} ({} peers{syncing})", context.node(), sync.peers),
		format!("chain      {}", Hex(chain.genesis())),
		format!("runtime    {}", Hex(code_hash)),
		format!("finalized  block {}{age_text}", finalized.number),
		format!("best       block {}", best.number),
	];
	let mut value = json!({
		"node": context.node(),
		"peers": sync.peers,
		"syncing": sync.is_syncing,
		"genesis": Hex(chain.genesis()),
		"runtime": Hex(code_hash),
		"finalized": finalized.number,
		"finalizedAgeMs": age,
		"best": best.number,
		"participant": null,
	});
	match own {
		Some((account, row)) => {
			let id = row.participant;
			let participant = session::participant(&finalized, id).await?;
			let quota = finalized.quota(id).await?;
			let is_active = participant.active.contains(finalized.timestamp);
			let roles = role_names(row.roles);
			value["participant"] = json!({
				"participant": id,
				"role": participant.role,
				"active": is_active,
				"account": Hex(account),
				"keyRoles": roles.split(", ").collect::<Vec<_>>(),
				"keyLive": row.live.contains(finalized.timestamp),
				"quota": quota,
			});
			let active = if is_active { "active" } else { "not active" };
			lines.push(format!("you        {} {id}, {active}", explain::role(participant.role)));
			lines.push(format!("key        {} ({roles})", Hex(account)));
			// A weight of a trillion is a second of a block's time.
			if participant.role == Role::MedicalCenter {
				let seats = seats::all(&finalized).await?;
				let keys = context.home.witness_keys()?;
				let known = witness::look_at(&chain, &finalized, id, &keys).await?;
				let has_seat = seats.iter().any(|seat| seat.center == id);
				value["witnessKeys"] = known.iter().map(witness_to_json).collect();
				lines.extend(known.iter().map(witness_in_words));
				if has_seat && known.is_empty() {
					lines.push(format!("witness    no key made here: {NEW_WITNESS}"));
				}
			}
			lines.push(format!("quota      {} ms of computing time left", quota / 1_000_000_000));
		},
		None => lines.push("you        no enrolled key in this home".into()),
	}
	out.result(&value, || lines.join("\n"))
}

/// What helps where there is no witness key, or none that works.
const NEW_WITNESS: &str = "`ward keys new-witness`; `ward doctor --seat` says how to go on";

fn witness_in_words(known: &Known) -> String {
	let (key, standing) = (Hex(known.key), known.standing.in_words());
	let hint = match (known.standing, &known.is_in_node) {
		(Standing::Attached, Ok(true)) => ", and the node has it".into(),
		(Standing::Attached, Ok(false)) => {
			", but the node does not have it: `ward doctor --seat` says how to go on".into()
		},
		(Standing::Attached, Err(_)) => String::new(),
		_ => format!(": {NEW_WITNESS}"),
	};
	format!("witness    {key} {standing}{hint}")
}

fn witness_to_json(known: &Known) -> serde_json::Value {
	json!({
		"key": Hex(known.key),
		"standing": known.standing,
		// None: the node answers that to its operator only.
		"inNode": known.is_in_node.as_ref().ok(),
	})
}
