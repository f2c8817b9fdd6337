//! `ward show`.

use clap::Subcommand;
use serde_json::json;
use ward_chain_client::State;
use ward_primitives::{
	participant::Condition, receipt::CustodyState, GrantId, Moment, ParticipantId, ParticipantRow,
	RecordId, RecordRow, Role,
};

use super::{arguments, grants, records, Context, Output};
use crate::{
	care::Care,
	error::{Error, Kind, Result},
	explain,
	hex::Hex,
	moment,
	session::{self, role_names},
	storage,
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
	/// A center's vault: where it is, and what other centers have seen of what it holds
	#[command(visible_alias = "center")]
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
			let (copies, now) = (state.custody_states(*id).await?, moment::now());
			let mut value = records::to_json(*id, &row, &copies, now);
			value["inWords"] = storage::record(*id, &copies, now).into();
			out.result(&value, || record(*id, &row, &copies, now))
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
		Opts::Vault { center } => vault(&state, *center, out).await,
	}
}

fn none(what: &str, id: &dyn std::fmt::Display) -> Error {
	Error::new(Kind::Input, format!("there is no {what} {id} on the chain"))
		.code_is(format!("unknown-{what}"))
		.hint("check what you typed, and that --node is on the right chain")
}

fn record(id: RecordId, row: &RecordRow, copies: &[CustodyState], now: Moment) -> String {
	let by = match row.author_center {
		Some(center) => format!("{}, for center {center}", row.content.author),
		None => row.content.author.to_string(),
	};
	let held: Vec<_> = row
		.custodians
		.iter()
		.map(|custodian| {
			let seen = copies.iter().find(|copy| copy.center == custodian.center);
			let seen = seen.map_or_else(|| "-".into(), |copy| storage::copy(copy, now));
			format!("center {} (row {}): {seen}", custodian.center, custodian.row)
		})
		.collect();
	let mut text = format!(
		"record      {id}\nabout       patient {}\nwritten by  {by}\nheld by     {}\nstorage     {}\n\
		 size        {} bytes of ciphertext\nanchored    {}\nBLAKE3      {}",
		row.content.patient,
		held.join("\n            "),
		storage::record(id, copies, now),
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

async fn vault(state: &State, center: ParticipantId, out: &mut Output) -> Result<()> {
	let row = session::vault_row(state, center).await?;
	let endpoint = String::from_utf8_lossy(&row.endpoint).into_owned();
	let care = Care::of(state, center).await?;
	let log = state.log_head(center).await?;
	let value = json!({
		"center": center,
		"endpoint": endpoint,
		"receiptKey": Hex(row.receipt_key),
		"releaseSuite": row.release_suite,
		"rows": care.rows,
		"handedOver": care.handed_over,
		"cohorts": {
			"total": care.total(),
			"fresh": care.fresh,
			"lapsed": care.lapsed,
			"new": care.new,
			"disputed": care.disputed,
		},
		"missing": care.missing.iter().map(|(row, record)| json!({
			"row": row,
			"record": record,
		})).collect::<Vec<_>>(),
		"epoch": care.epoch,
		"log": log.map(|log| json!({
			"epoch": log.epoch,
			"height": log.latest.height,
			"head": Hex(log.latest.head),
		})),
	});
	out.result(&value, || {
		let mut text = format!(
			"vault of center {center} at {endpoint}\nreceipt key  {}\nholds        {}",
			Hex(row.receipt_key),
			care.in_words()
		);
		for (row, record) in &care.missing {
			text += &format!("\nmissing      record {record} (row {row})");
		}
		text += &match log {
			Some(log) => format!(
				"\naccess log   {} entries, as of epoch {}; the last one's hash {}",
				log.latest.height,
				log.epoch,
				Hex(log.latest.head)
			),
			None => "\naccess log   not reported yet".into(),
		};
		text
	})
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
