//! What other centers have seen of the copies of a record, in words.

use serde_json::{json, Value};
use ward_primitives::{
	receipt::{CohortState, CustodyState},
	Moment, ParticipantId, RecordId,
};

use crate::moment;

/// A copy's state in a word, for tables.
pub const fn word(state: &CohortState) -> &'static str {
	match state {
		CohortState::New => "new",
		CohortState::Fresh { .. } => "fresh",
		CohortState::Lapsed { .. } => "lapsed",
		CohortState::Missing { .. } => "missing",
		CohortState::Disputed { .. } => "disputed",
		CohortState::Unsettled { .. } => "unsettled",
	}
}

/// The states of a record's copies, for tables: one word if they are alike, else one for each.
pub fn words(copies: &[CustodyState]) -> String {
	let mut words: Vec<_> = copies.iter().map(|copy| word(&copy.state)).collect();
	if words.windows(2).all(|pair| pair[0] == pair[1]) {
		words.truncate(1);
	}
	match words.is_empty() {
		true => "-".into(),
		false => words.join(","),
	}
}

/// What other centers have seen of one copy, as a sentence without its begin and its full stop.
pub fn copy(copy: &CustodyState, now: Moment) -> String {
	let center = copy.center;
	let ago = |at: Moment| moment::display_ago(now.saturating_sub(at));
	match copy.state {
		CohortState::New => "not yet looked at".into(),
		CohortState::Fresh { seen, of, at, .. } => {
			format!("seen by {seen} of {of} centers {}", ago(at))
		},
		CohortState::Lapsed { at } => format!(
			"not seen since {} ({}): ask the operator of center {center}",
			moment::display(at),
			ago(at)
		),
		CohortState::Missing { at } => {
			format!("its copy at center {center} is missing, as other centers found {}", ago(at))
		},
		CohortState::Disputed { epoch } => format!(
			"disputed: the vault of center {center} signed a wrong answer in epoch {epoch}: ask its \
			 operator"
		),
		CohortState::Unsettled { missed, reported, at } => format!(
			"not agreed on: {missed} of {reported} centers did not see its copy at center {center}, {}",
			ago(at)
		),
	}
}

/// What other centers have seen of all copies of a record, as a sentence without its full stop; and
/// what helps, if something is wrong.
pub fn record(id: RecordId, copies: &[CustodyState], now: Moment) -> String {
	let is_fresh = |copy: &&CustodyState| matches!(copy.state, CohortState::Fresh { .. });
	let (fresh, others): (Vec<&CustodyState>, Vec<&CustodyState>) =
		copies.iter().partition(is_fresh);
	let rest: Vec<_> = others
		.iter()
		.map(|other| match other.state {
			CohortState::New | CohortState::Lapsed { .. } => {
				format!("center {}: {}", other.center, copy(other, now))
			},
			_ => copy(other, now),
		})
		.collect();
	let is_new = others.iter().all(|other| other.state == CohortState::New);
	let mut text = match (&fresh[..], &others[..]) {
		([], []) => "held by nobody".into(),
		([one], _) => format!("held by center {}; {}", one.center, copy(one, now)),
		([], all) if is_new => format!("held by {}; not yet looked at", centers(all)),
		([], _) => "no copy has been seen lately".into(),
		(many, _) => {
			let (least, oldest) = least(many);
			let ago = moment::display_ago(now.saturating_sub(oldest));
			format!("held by {}; each seen by {least} other centers or more, {ago}", centers(many))
		},
	};
	let is_said = fresh.is_empty() && is_new;
	if !(rest.is_empty() || is_said) {
		text += &format!("; {}", rest.join("; "));
	}
	let is_bad = |copy: &CustodyState| {
		matches!(copy.state, CohortState::Missing { .. } | CohortState::Disputed { .. })
	};
	if copies.len() > 1 && copies.iter().any(is_bad) {
		text += &format!("; author and patient can bring it back with `ward repair {id}`");
	}
	text
}

/// The fewest witnesses of one of these copies, and when the first of them was seen.
fn least(fresh: &[&CustodyState]) -> (u8, Moment) {
	let facts = fresh.iter().filter_map(|copy| match copy.state {
		CohortState::Fresh { seen, at, .. } => Some((seen, at)),
		_ => None,
	});
	facts.fold((u8::MAX, Moment::MAX), |(least, oldest), (seen, at)| {
		(least.min(seen), oldest.min(at))
	})
}

fn centers(of: &[&CustodyState]) -> String {
	let numbers: Vec<_> = of.iter().map(|copy| copy.center.to_string()).collect();
	match &numbers[..] {
		[] => "nobody".into(),
		[one] => format!("center {one}"),
		[first @ .., last] => format!("centers {} and {last}", first.join(", ")),
	}
}

/// The state of the copy of a center among these: its facts for programs, and its sentence.
pub fn to_json(copies: &[CustodyState], center: ParticipantId, now: Moment) -> Value {
	let Some(found) = copies.iter().find(|copy| copy.center == center) else { return Value::Null };
	let mut value = match found.state {
		CohortState::New => json!({}),
		CohortState::Fresh { seen, of, at, until } => {
			json!({ "seen": seen, "of": of, "at": at, "until": until })
		},
		CohortState::Lapsed { at } | CohortState::Missing { at } => json!({ "at": at }),
		CohortState::Disputed { epoch } => json!({ "epoch": epoch }),
		CohortState::Unsettled { missed, reported, at } => {
			json!({ "missed": missed, "reported": reported, "at": at })
		},
	};
	value["state"] = word(&found.state).into();
	value["inWords"] = copy(found, now).into();
	value
}

#[cfg(test)]
mod tests {
	use super::*;

	const NOW: Moment = 1_700_000_240_000;
	const AT: Moment = 1_700_000_000_000;
	const ID: RecordId = RecordId([1; 32]);

	fn at(center: u64, state: CohortState) -> CustodyState {
		CustodyState { center: ParticipantId(center), row: 0, state }
	}

	fn fresh(seen: u8) -> CohortState {
		CohortState::Fresh { seen, of: 3, at: AT, until: NOW + 1 }
	}

	#[test]
	fn a_sound_record_is_said_to_be_held_and_seen() {
		assert_eq!(
			record(ID, &[at(2, fresh(2))], NOW),
			"held by center 2; seen by 2 of 3 centers 4 minutes ago"
		);
		assert_eq!(
			record(ID, &[at(2, fresh(2)), at(3, fresh(3))], NOW),
			"held by centers 2 and 3; each seen by 2 other centers or more, 4 minutes ago"
		);
		assert_eq!(
			record(ID, &[at(2, CohortState::New), at(3, CohortState::New)], NOW),
			"held by centers 2 and 3; not yet looked at"
		);
	}

	#[test]
	fn what_is_wrong_with_a_copy_is_said_of_the_record_with_what_helps() {
		let missing = CohortState::Missing { at: AT };
		let text = record(ID, &[at(2, fresh(2)), at(3, missing)], NOW);
		assert_eq!(
			text,
			format!(
				"held by center 2; seen by 2 of 3 centers 4 minutes ago; its copy at center 3 is \
				 missing, as other centers found 4 minutes ago; author and patient can bring it back \
				 with `ward repair {ID}`"
			)
		);
		let text = record(ID, &[at(3, missing)], NOW);
		assert!(text.starts_with("no copy has been seen lately; its copy at center 3 is missing"));
		assert!(!text.contains("repair"), "there is nobody to get it from");
		let lapsed = CohortState::Lapsed { at: AT };
		let text = record(ID, &[at(2, lapsed), at(3, CohortState::New)], NOW);
		assert_eq!(
			text,
			"no copy has been seen lately; center 2: not seen since 2023-11-14T22:13:20Z (4 minutes \
			 ago): ask the operator of center 2; center 3: not yet looked at"
		);
		let disputed = CohortState::Disputed { epoch: 7 };
		let text = record(ID, &[at(2, fresh(3)), at(3, disputed)], NOW);
		assert!(text.contains("the vault of center 3 signed a wrong answer in epoch 7"));
	}

	#[test]
	fn a_copy_that_is_not_agreed_on_is_said_to_be_so_and_not_to_be_repaired() {
		let unsettled = CohortState::Unsettled { missed: 1, reported: 2, at: AT };
		assert_eq!(
			record(ID, &[at(2, fresh(2)), at(3, unsettled)], NOW),
			"held by center 2; seen by 2 of 3 centers 4 minutes ago; not agreed on: 1 of 2 centers \
			 did not see its copy at center 3, 4 minutes ago"
		);
	}

	#[test]
	fn each_state_has_a_word_and_facts_of_its_own() {
		let states = [
			CohortState::New,
			fresh(2),
			CohortState::Lapsed { at: AT },
			CohortState::Missing { at: AT },
			CohortState::Disputed { epoch: 7 },
			CohortState::Unsettled { missed: 1, reported: 2, at: AT },
		];
		let copies: Vec<_> =
			states.into_iter().enumerate().map(|(n, state)| at(n as u64, state)).collect();
		assert_eq!(words(&copies), "new,fresh,lapsed,missing,disputed,unsettled");
		assert_eq!(words(&copies[1..2]), "fresh");
		assert_eq!(words(&[copies[1], copies[1]]), "fresh");
		assert_eq!(words(&[]), "-");
		let facts = to_json(&copies, ParticipantId(1), NOW);
		assert_eq!((facts["state"].as_str(), facts["seen"].as_u64()), (Some("fresh"), Some(2)));
		assert_eq!(facts["inWords"], "seen by 2 of 3 centers 4 minutes ago");
		let facts = to_json(&copies, ParticipantId(5), NOW);
		assert_eq!((facts["missed"].as_u64(), facts["reported"].as_u64()), (Some(1), Some(2)));
		assert!(to_json(&copies, ParticipantId(9), NOW).is_null());
	}
}
