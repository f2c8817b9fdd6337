//! What the histories have seen: calls that succeeded, errors, reasons and bases.

use std::collections::{BTreeMap, BTreeSet};

use frame_support::traits::GetCallMetadata;
use ward_primitives::{Basis, Decision, Reason};

use super::super::metadata;
use crate::RuntimeCall;

/// The pallets, and single calls, that the histories are about. How the council decides what it
/// enacts is the machinery of the histories, and is shown in `governance`.
const OURS: [&str; 4] = ["Participants", "Records", "Consent", "Governance.enact"];

/// Errors that a call documents and that no transaction can meet, and why. `*` is any call.
const NEVER: [(&str, &str, &str); 6] = [
	("*", "UnknownKey", "CheckParticipant refuses the transaction, which the histories see"),
	("*", "RetiredKey", "CheckParticipant refuses the transaction, which the histories see"),
	(
		"Participants.rotate_key",
		"KeyRoleMissing",
		"only unattended keys lack it, and CheckParticipant refuses their transactions",
	),
	(
		"Participants.admit_health_authority",
		"TooManyHealthAuthorities",
		"a history is too short to admit so many",
	),
	("Records.supersede", "CenterRequired", "without a center the signer is NotAuthor before"),
	("Records.supersede", "UnknownPatient", "what is no patient is a PatientMismatch before"),
];

/// What was seen how often.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
	/// (call, outcome).
	calls: BTreeMap<(String, String), u32>,
	reasons: BTreeMap<Reason, u32>,
	bases: BTreeMap<&'static str, u32>,
	/// How many motions too few could vote on.
	without_majority: u32,
}

fn name(call: &RuntimeCall) -> String {
	let names = call.get_call_metadata();
	format!("{}.{}", names.pallet_name, names.function_name)
}

impl Tally {
	pub(super) fn note(&mut self, call: &RuntimeCall, outcome: &str) {
		if let RuntimeCall::Governance(pallet_ward_governance::Call::enact { call: inner }) = call {
			// What the council is not allowed was never called; what the call that it makes fails
			// with is that call's error.
			if outcome != "Governance.NotAllowed" {
				self.note(inner, outcome);
			}
			if outcome != "permitted" && outcome != "Governance.NotAllowed" {
				return;
			}
		}
		*self.calls.entry((name(call), outcome.to_owned())).or_default() += 1;
	}

	/// Too few members of the council can vote.
	pub(super) fn note_no_majority(&mut self) {
		self.without_majority += 1;
	}

	pub(super) fn note_decision(&mut self, decision: &Decision) {
		match decision {
			Decision::Deny { reason } => *self.reasons.entry(*reason).or_default() += 1,
			Decision::Permit { basis, .. } => {
				let basis = match basis {
					Basis::Own => "own",
					Basis::Authored { .. } => "authored",
					Basis::Care { .. } => "care",
					Basis::Grant { .. } => "grant",
				};
				*self.bases.entry(basis).or_default() += 1;
			},
		}
	}

	pub(super) fn add(&mut self, other: Self) {
		for (key, count) in other.calls {
			*self.calls.entry(key).or_default() += count;
		}
		for (reason, count) in other.reasons {
			*self.reasons.entry(reason).or_default() += count;
		}
		for (basis, count) in other.bases {
			*self.bases.entry(basis).or_default() += count;
		}
		self.without_majority += other.without_majority;
	}

	/// Each call with its outcomes, the rarest first.
	fn lines(&self) -> Vec<String> {
		let mut lines: Vec<_> =
			self.calls.iter().map(|((call, outcome), n)| (n, call, outcome)).collect();
		lines.sort();
		lines.into_iter().map(|(n, call, outcome)| format!("{n} × {call}: {outcome}")).collect()
	}

	/// Whether enough calls succeeded; and, of many histories, whether they have seen everything.
	pub(super) fn check(&self, of_many: bool) {
		let all: u32 = self.calls.values().sum();
		let good = self.calls.iter().filter(|((_, outcome), _)| outcome == "permitted");
		let good: u32 = good.map(|(_, count)| count).sum();
		let denied: u32 = self.reasons.values().sum();
		let permitted: u32 = self.bases.values().sum();
		if super::prints() {
			println!("{:#?}", self.lines());
		}
		println!(
			"{good} of {all} calls succeeded, {} motions had no majority; {permitted} of {} decisions \
			 permitted: {:?}; denied: {:?}",
			self.without_majority,
			denied + permitted,
			self.bases,
			self.reasons,
		);
		assert!(good * 10 >= all * 3, "only {good} of {all} calls succeeded");
		assert!(good < all, "no call failed");
		if of_many {
			self.check_everything_was_seen();
		}
	}

	fn check_everything_was_seen(&self) {
		let mut missing = Vec::new();
		let mut undocumented = Vec::new();
		for (call, errors) in documented_errors() {
			let of_call = self.calls.keys().filter(|(name, _)| *name == call);
			let seen: BTreeSet<_> = of_call.map(|(_, outcome)| outcome.as_str()).collect();
			if !seen.contains("permitted") {
				missing.push(format!("{call} never succeeded"));
			}
			let errors_of_pallets = seen.iter().filter_map(|outcome| outcome.split_once('.'));
			let named: BTreeSet<_> = errors_of_pallets.map(|(_, error)| error).collect();
			for error in &errors {
				let never =
					NEVER.iter().any(|(of, what, _)| (*of == "*" || *of == call) && what == error);
				if !never && !named.contains(error.as_str()) {
					missing.push(format!("{call} never failed with {error}"));
				}
			}
			let unnamed = named.into_iter().filter(|error| !errors.contains(*error));
			undocumented.extend(unnamed.map(|error| format!("{call}: {error}")));
		}
		for refusal in ["UnknownKey", "RetiredKey", "KeyCannotCall"] {
			let refused = format!("refused: {refusal}");
			if !self.calls.keys().any(|(_, outcome)| *outcome == refused) {
				missing.push(format!("nothing was {refused}"));
			}
		}
		for reason in Reason::ALL {
			if !self.reasons.contains_key(&reason) {
				missing.push(format!("no decision said {reason:?}"));
			}
		}
		for basis in ["own", "authored", "care", "grant"] {
			if !self.bases.contains_key(basis) {
				missing.push(format!("no decision named the basis {basis}"));
			}
		}
		assert!(
			undocumented.is_empty(),
			"errors that the calls do not document: {undocumented:#?}"
		);
		assert!(missing.is_empty(), "not seen: {missing:#?}\nseen: {:#?}", self.lines());
	}
}

/// For each of Ward's calls the errors that its documentation names.
fn documented_errors() -> BTreeMap<String, BTreeSet<String>> {
	let docs: BTreeMap<_, _> = metadata::call_docs()
		.into_iter()
		.filter(|(call, _)| {
			let pallet = call.split('.').next().unwrap_or_default();
			OURS.contains(&pallet) || OURS.contains(&call.as_str())
		})
		.collect();
	docs.keys().map(|call| (call.clone(), errors_of(call, &docs))).collect()
}

fn errors_of(call: &str, docs: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
	let (pallet, _) = call.split_once('.').expect("a call has a pallet");
	let section = docs[call].iter().skip_while(|line| line.trim() != "## Errors").skip(1);
	let section = section.take_while(|line| !line.trim().starts_with("## "));
	let known = metadata::error_names();
	let mut errors = BTreeSet::new();
	for line in section {
		for quoted in line.split('`').skip(1).step_by(2) {
			let quoted = quoted.trim_start_matches("Error::").trim_end_matches(']');
			if known.contains(quoted) {
				errors.insert(quoted.to_owned());
			} else if line.contains("Those of") {
				errors.extend(errors_of(&format!("{pallet}.{quoted}"), docs));
			}
		}
	}
	assert!(!errors.is_empty(), "{call} documents no errors");
	errors
}
