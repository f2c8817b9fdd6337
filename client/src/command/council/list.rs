//! What is pending in the council, and who sits in it.

use serde_json::{json, Value};
use ward_chain_client::State;
use ward_primitives::{council::Motion, ParticipantId};

use super::{find, members as count_members};
use crate::{
	command::{Context, Output},
	error::Result,
	explain,
	hex::Hex,
	moment,
	motion::{digits, needed, Meaning, MotionName, Standing, BLOCK},
	seats, session,
	table::{printable, Table},
};

pub(super) async fn list(context: &Context, out: &mut Output) -> Result<()> {
	let state = context.governing_state(&context.chain().await?).await?;
	let mut motions = state.motions().await?;
	motions.sort_by_key(|motion| motion.index);
	let members = count_members(&state).await?;
	let mut values = Vec::new();
	let mut table = Table::new(["motion", "hash", "would", "for", "against", "state", "ends"]);
	for motion in &motions {
		let meaning = Meaning::of(&state, motion).await;
		let standing = Standing::of(motion, members, state.number);
		values.push(to_json(motion, &meaning, standing, members));
		table.row([
			motion.index.to_string(),
			explain::short(&motion.hash),
			meaning.words,
			voters(&motion.ayes),
			voters(&motion.nays),
			standing.in_words(),
			ends(motion, &state),
		]);
	}
	out.result(&values, || match table.is_empty() {
		true => "no motion is open".into(),
		false => table.render(),
	})
}

pub(super) async fn show(context: &Context, name: &MotionName, out: &mut Output) -> Result<()> {
	let state = context.governing_state(&context.chain().await?).await?;
	let (motion, standing) = find(&state, name).await?;
	let members = count_members(&state).await?;
	let meaning = Meaning::of(&state, &motion).await;
	out.result(&to_json(&motion, &meaning, standing, members), || {
		let mut lines = vec![
			format!("motion   {}", motion.index),
			format!("hash     {}", Hex(motion.hash)),
			format!("would    {}", printable(&meaning.words)),
			format!("state    {}", standing.in_words()),
			format!("for      {}", voters(&motion.ayes)),
			format!("against  {}", voters(&motion.nays)),
			format!("needed   {} of {members} members", needed(&motion, members)),
			format!("ends     {}", ends(&motion, &state)),
		];
		if let Some(call) = &meaning.call {
			lines.push(format!("call     {}.{}", call.pallet, call.name));
			for (name, bytes) in &call.fields {
				lines.push(format!("         {name} = {}", digits(bytes)));
			}
		}
		lines.push(format!("encoded  {}", digits(&motion.call)));
		lines.join("\n")
	})
}

pub(super) async fn members(context: &Context, out: &mut Output) -> Result<()> {
	let state = context.governing_state(&context.chain().await?).await?;
	let all = seats::all(&state).await?;
	let mut values = Vec::new();
	let mut table = Table::new(["member", "role", "seat"]);
	for id in state.council().await? {
		let row = session::participant(&state, id).await?;
		let seat = all.iter().find(|seat| seat.center == id);
		values.push(json!({ "participant": id, "role": row.role, "seat": seat }));
		let words = seat.map_or_else(|| "none".into(), seats::in_words);
		table.row([id.to_string(), explain::role(row.role).into(), words]);
	}
	out.result(&values, || match table.is_empty() {
		true => "the council has no members".into(),
		false => table.render(),
	})
}

fn to_json(motion: &Motion, meaning: &Meaning, standing: Standing, members: u32) -> Value {
	let call = meaning.call.as_ref().map(|call| {
		let arguments = call.fields.iter();
		let arguments =
			arguments.map(|(name, bytes)| json!({"name": name, "scale": digits(bytes)}));
		json!({
			"pallet": call.pallet,
			"call": call.name,
			"arguments": arguments.collect::<Vec<_>>(),
		})
	});
	let missing = match standing {
		Standing::Open { missing } => missing,
		_ => 0,
	};
	json!({
		"motion": motion.index,
		"hash": Hex(motion.hash),
		"inWords": meaning.words,
		"state": standing.code(),
		"ayes": motion.ayes,
		"nays": motion.nays,
		"members": members,
		"needed": needed(motion, members),
		"missing": missing,
		"ends": motion.ends,
		"call": call,
		"encoded": digits(&motion.call),
	})
}

fn voters(votes: &[ParticipantId]) -> String {
	match votes {
		[] => "nobody".into(),
		votes => votes.iter().map(ParticipantId::to_string).collect::<Vec<_>>().join(", "),
	}
}

/// The block at which a motion ends, and when that is.
fn ends(motion: &Motion, state: &State) -> String {
	let left = u64::from(motion.ends).saturating_sub(state.number);
	match left {
		0 => format!("ended with block {}", motion.ends),
		left => {
			let span = moment::display_duration(left.saturating_mul(BLOCK));
			format!("block {}, in {span}", motion.ends)
		},
	}
}
