//! `ward show`.

use clap::Subcommand;
use serde_json::json;
use ward_chain_client::State;
use ward_primitives::{
	participant::Condition, GrantId, ParticipantId, ParticipantRow, RecordId, RecordRow, Role,
};

use super::{arguments, grants, records, Context, Output};
use crate::{
	error::{Error, Kind, Result},
	explain,
	hex::Hex,
	moment,
	session::{self, role_names},
};

/// Show something of the chain in words.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// A record
	Record {
		/// Its id
		#[arg(value_parser = arguments::record)]
		id: RecordId,
	},
	/// A participant
	Participant {
		/// Its number [default: yourself]
		#[arg(value_parser = arguments::participant)]
		id: Option<ParticipantId>,
	},
	/// A key
	Key {
		/// The public key
		#[arg(value_parser = arguments::bytes32)]
		key: Hex<32>,
	},
	/// A grant
	Grant {
		/// Its number
		#[arg(value_parser = arguments::grant)]
		id: GrantId,
	},
	/// A center's vault
	Vault {
		/// The center's number
		#[arg(value_parser = arguments::participant)]
		center: ParticipantId,
	},
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	let state = context.state().await?;
	match opts {
		Opts::Record { id } => {
			let row = state.record(*id).await?.ok_or_else(|| none("record", id))?;
			out.result(&records::to_json(*id, &row), || record(*id, &row))
		},
		Opts::Participant { id } => {
			let id = match id {
				Some(id) => *id,
				None => context.own_id(&state).await?,
			};
			participant(&state, id, out).await
		},
		Opts::Key { key } => {
			let row = state.key(key.0).await?.ok_or_else(|| none("key", key))?;
			let roles = role_names(row.roles);
			let value = json!({
				"key": key,
				"participant": row.participant,
				"roles": roles.split(", ").collect::<Vec<_>>(),
				"from": row.live.from,
				"until": row.live.until,
			});
			out.result(&value, || {
				let when = moment::display_interval(&row.live);
				let state = if row.live.contains(state.timestamp) { "live" } else { "retired" };
				format!("key of participant {}, for {roles}; {state}, {when}", row.participant)
			})
		},
		Opts::Grant { id } => {
			let grant = state.grant(*id).await?.ok_or_else(|| none("grant", id))?;
			out.result(&grants::to_json(&grant, state.timestamp), || {
				format!(
					"grant {id} of patient {} to {}, {} ({}), amended {} times\n{}",
					grant.patient,
					grant.grantee,
					grants::state_of(&grant, state.timestamp),
					moment::display_interval(&grant.interval),
					grant.generation,
					explain::terms(&grant.terms)
				)
			})
		},
		Opts::Vault { center } => {
			let row = session::vault_row(&state, *center).await?;
			let endpoint = String::from_utf8_lossy(&row.endpoint).into_owned();
			let value = json!({
				"center": center,
				"endpoint": endpoint,
				"receiptKey": Hex(row.receipt_key),
				"releaseSuite": row.release_suite,
			});
			out.result(&value, || {
				format!(
					"vault of center {center} at {endpoint}\nreceipt key {}",
					Hex(row.receipt_key)
				)
			})
		},
	}
}

fn none(what: &str, id: &dyn std::fmt::Display) -> Error {
	Error::new(Kind::Input, format!("there is no {what} {id} on the chain"))
		.code_is(format!("unknown-{what}"))
		.hint("check what you typed, and that --node is on the right chain")
}

fn record(id: RecordId, row: &RecordRow) -> String {
	let by = match row.author_center {
		Some(center) => format!("{}, for center {center}", row.content.author),
		None => row.content.author.to_string(),
	};
	let held: Vec<_> = row
		.custodians
		.iter()
		.map(|custodian| format!("center {} (row {})", custodian.center, custodian.row))
		.collect();
	let mut text = format!(
		"record      {id}\nabout       patient {}\nwritten by  {by}\nheld by     {}\nsize        {} \
		 bytes of ciphertext\nanchored    {}\nBLAKE3      {}",
		row.content.patient,
		held.join(", "),
		row.content.size,
		moment::display(row.anchored_at),
		Hex(row.content.content_root),
	);
	if let Some(older) = row.supersedes {
		text += &format!("\nreplaces    {older}");
	}
	if let Some(newer) = row.superseded_by {
		text += &format!("\nreplaced by {newer}");
	}
	text
}

async fn participant(state: &State, id: ParticipantId, out: &mut Output) -> Result<()> {
	let row = session::participant(state, id).await?;
	let affiliations = match row.role.can_be_affiliated() {
		true => state.affiliations(id).await?,
		false => Vec::new(),
	};
	let vault = match row.role {
		Role::MedicalCenter => state.vault(id).await?,
		_ => None,
	};
	let endpoint = vault.map(|vault| String::from_utf8_lossy(&vault.endpoint).into_owned());
	let value = json!({
		"participant": id,
		"role": row.role,
		"sponsor": row.sponsor,
		"condition": row.condition,
		"active": row.active.contains(state.timestamp),
		"activeInterval": row.active.latest,
		"sealingDigest": Hex(row.sealing_key.digest),
		"enrolledAt": row.enrolled_at,
		"affiliations": affiliations.iter().map(|(center, interval)| json!({
			"center": center,
			"interval": interval,
		})).collect::<Vec<_>>(),
		"vault": endpoint,
	});
	out.result(&value, || {
		let mut text = format!("{} {id}, {}", explain::role(row.role), condition(&row, state));
		match row.sponsor {
			Some(sponsor) => text += &format!("\nenrolled by {sponsor}"),
			None => text += "\nadmitted by the consortium",
		}
		text += &format!(", {}", moment::display(row.enrolled_at));
		for (center, interval) in &affiliations {
			let when = moment::display_interval(interval);
			text += &format!("\nworks for center {center}, {when}");
		}
		if let Some(endpoint) = &endpoint {
			text += &format!("\nvault at {endpoint}");
		}
		text
	})
}

fn condition(row: &ParticipantRow, state: &State) -> String {
	let when = moment::display_interval(&row.active.latest);
	match row.condition {
		Condition::Active if row.active.contains(state.timestamp) => format!("active {when}"),
		Condition::Active => format!("not active now (active {when})"),
		Condition::Suspended => "suspended".into(),
		Condition::Frozen => "frozen".into(),
		Condition::Deactivated => "deactivated for good".into(),
	}
}
