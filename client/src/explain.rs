//! Decisions, rows and terms in words.

use ward_chain_client::State;
use ward_primitives::{
	decide, decision::Query, Action, ActionSet, Basis, CategorySet, DataPeriod, Decision, Digest,
	GrantTerms, ParticipantId, PurposeOfUse, PurposeSet, Reason, RecordId, Role, Scope,
	Sensitivity,
};
use ward_vault_api::log::Event;

use crate::{
	error::{Error, Kind, Result},
	moment,
};

/// A role in words.
pub const fn role(role: Role) -> &'static str {
	match role {
		Role::HealthAuthority => "health authority",
		Role::MedicalCenter => "medical center",
		Role::Practitioner => "practitioner",
		Role::Patient => "patient",
		Role::Device => "device",
		Role::Researcher => "researcher",
	}
}

/// What an entry of an access log is about, in words.
pub const fn event(event: Event) -> &'static str {
	match event {
		Event::Key => "key",
		Event::Content => "content",
		Event::Promotion => "stored",
		Event::Facts => "facts",
		Event::KeyInContingency => "key (outage)",
		Event::ContentInContingency => "content (outage)",
		Event::FactsInContingency => "facts (outage)",
		Event::Copy => "copied",
		Event::HandOver => "handed over",
	}
}

/// Why access is denied, in words.
pub const fn reason(reason: Reason) -> &'static str {
	match reason {
		Reason::FutureMoment => "the moment asked for lies after the state of the chain",
		Reason::UnknownRecord => "there is no such record of this patient on the chain",
		Reason::UnknownActor => "the reader is not on the chain",
		Reason::ActorInactive => "the reader is not active: suspended, frozen, expired or gone",
		Reason::Excluded => "the patient excluded the reader or a center that the reader works for",
		Reason::NoBasis => "no grant, care relationship or authorship permits it",
		Reason::GrantEnded => "the grant has ended or was withdrawn",
		Reason::GrantNotStarted => "the grant has not started yet",
		Reason::ActionNotGranted => "a grant does not include this action",
		Reason::PurposeNotGranted => "a grant does not include this purpose",
		Reason::OpeningMissing => "a grant does not cover this record",
		Reason::OpeningMismatch => "the record's attributes are not those that the chain knows",
		Reason::SensitivityNotGranted => "the record is more confidential than a grant allows",
		Reason::OutOfScope => "the record lies outside a grant's scope",
		Reason::Excepted => "the record is excepted from a grant",
	}
}

/// What helps against a denial.
pub const fn remedy(reason: Reason) -> &'static str {
	match reason {
		Reason::FutureMoment => "try again in a few seconds",
		Reason::UnknownRecord => "check the record's id",
		Reason::UnknownActor => "have the key enrolled by a medical center",
		Reason::ActorInactive => "ask the sponsor to reinstate the participant",
		Reason::Excluded => "only the patient can end the exclusion",
		Reason::NoBasis
		| Reason::GrantEnded
		| Reason::GrantNotStarted
		| Reason::ActionNotGranted
		| Reason::PurposeNotGranted
		| Reason::OpeningMissing
		| Reason::OpeningMismatch
		| Reason::SensitivityNotGranted
		| Reason::OutOfScope
		| Reason::Excepted => "ask the patient with `ward request`",
	}
}

/// What permits access, in words.
pub fn basis(basis: Basis) -> String {
	match basis {
		Basis::Own => "own record".into(),
		Basis::Authored { center } => format!("written for center {center}"),
		Basis::Care { center, .. } => format!("in the care of center {center}"),
		Basis::Grant { grant, generation: 0 } => format!("grant {grant}"),
		Basis::Grant { grant, generation } => format!("grant {grant}, amendment {generation}"),
	}
}

/// A decision in words.
pub fn decision(decision: &Decision) -> String {
	match decision {
		Decision::Permit { basis: by, .. } => format!("permitted: {}", basis(*by)),
		Decision::Deny { reason: why } => format!("denied: {}", reason(*why)),
	}
}

/// Categories by name.
pub fn categories(set: CategorySet) -> String {
	set.iter().map(|category| category.name()).collect::<Vec<_>>().join(", ")
}

/// Purposes by code.
pub fn purposes(set: PurposeSet) -> String {
	set.iter().map(|purpose| purpose.code()).collect::<Vec<_>>().join(", ")
}

/// Actions by name.
pub fn actions(set: ActionSet) -> String {
	let name = |action| match action {
		Action::Read => "read",
		Action::Write => "write",
	};
	let named: Vec<_> =
		Action::ALL.into_iter().filter(|action| set.contains(*action)).map(name).collect();
	named.join(" and ")
}

/// A confidentiality by name.
pub const fn sensitivity(sensitivity: Sensitivity) -> &'static str {
	match sensitivity {
		Sensitivity::Normal => "normal",
		Sensitivity::Restricted => "restricted",
		Sensitivity::VeryRestricted => "very-restricted",
	}
}

/// A clinical time in words.
pub fn period(period: &DataPeriod) -> String {
	let side = |at: i64| match u64::try_from(at) {
		Ok(at) => moment::display(at),
		Err(_) => match jiff::Timestamp::from_millisecond(at) {
			Ok(timestamp) => timestamp.to_string(),
			Err(_) => format!("{at} ms"),
		},
	};
	match (period.start, period.end) {
		(i64::MIN, i64::MAX) => "any time".into(),
		(i64::MIN, end) => format!("until {}", side(end)),
		(start, i64::MAX) => format!("from {}", side(start)),
		(start, end) => format!("from {} to {}", side(start), side(end)),
	}
}

/// A scope in words.
pub fn scope(scope: &Scope) -> String {
	if scope.is_everything() {
		return "all records".into();
	}
	let mut limits = Vec::new();
	if let Some(set) = scope.categories {
		limits.push(categories(set));
	}
	if let Some(records) = &scope.records {
		let named: Vec<_> = records.iter().map(RecordId::to_string).collect();
		limits.push(format!("records {}", named.join(", ")));
	}
	if let Some(author) = scope.author {
		limits.push(format!("written by or for {author}"));
	}
	if let Some(span) = &scope.period {
		limits.push(format!("about the time {}", period(span)));
	}
	limits.join("; ")
}

/// Terms in words.
pub fn terms(terms: &GrantTerms) -> String {
	let mut text = format!(
		"{} for {}: {}",
		actions(terms.actions),
		purposes(terms.purposes),
		scope(&terms.scope)
	);
	for exception in &terms.exceptions {
		text += &format!("; except {}", scope(exception));
	}
	if terms.sensitivity != Sensitivity::Normal {
		text += &format!("; up to {}", sensitivity(terms.sensitivity));
	}
	if terms.redisclosure {
		text += "; may be passed on";
	}
	text
}

/// What the chain itself decides on a reading, without the opening that only the custodian has.
pub struct ChainDecision {
	/// The decision.
	pub decision: Decision,
	/// Whether something that it depends on is so new that a vault may not have seen it yet.
	pub is_fresh: bool,
}

/// How long a vault may be behind the node that is asked here, in milliseconds.
const LAG: u64 = 15_000;

/// Asks the chain what it decides.
pub async fn chain_decision(
	state: &State,
	patient: ParticipantId,
	record: RecordId,
	actor: ParticipantId,
	purpose: PurposeOfUse,
) -> Result<ChainDecision> {
	let query = Query {
		patient,
		record: Some(record),
		actor,
		on_behalf_of: None,
		action: Action::Read,
		purpose,
		at: state.timestamp,
	};
	let inputs = state.decision_inputs(query).await?;
	let is_recent = |from: u64| from <= inputs.as_of && inputs.as_of - from < LAG;
	let of_record = inputs.record.iter().map(|record| record.anchored_at);
	let actor_facts = inputs.actor.iter();
	let of_actor = actor_facts.flat_map(|actor| {
		let own = actor.grants.iter().map(|grant| grant.interval.from);
		let centers = actor.centers.iter().flat_map(|center| {
			let grants = center.grants.iter().map(|grant| grant.interval.from);
			grants.chain([center.affiliation.from])
		});
		own.chain(centers).chain([actor.active.from])
	});
	let is_fresh = of_record.chain(of_actor).any(is_recent);
	Ok(ChainDecision { decision: decide(&inputs, None), is_fresh })
}

/// The error for a reading that a vault denied, with the chain's own reason.
pub fn denial(record: RecordId, chain: &ChainDecision, vault: Error) -> Error {
	match chain.decision {
		Decision::Deny { reason: Reason::OpeningMissing } => Error::new(
			Kind::Denied,
			format!(
				"access to {record} is denied: a grant to you is in force, but it does not cover this \
				 record: out of its scope, excepted, or more confidential than it allows"
			),
		)
		.code_is("not-covered")
		.hint("ask the patient for more with `ward request`; the patient's log has the exact reason")
		.caused_by(vault),
		Decision::Deny { reason: why } => {
			Error::new(Kind::Denied, format!("access to {record} is denied: {}", reason(why)))
				.code_is(why.code())
				.hint(remedy(why))
				.caused_by(vault)
		},
		Decision::Permit { basis: by, .. } => Error::new(
			Kind::Denied,
			format!(
				"access to {record} is denied by the vault, though the chain permits it ({})",
				basis(by)
			),
		)
		.code_is("denied-by-vault")
		.hint(
			"the record may be patient-only, or the vault may be behind the chain: try again in a few \
			 seconds, then ask its operator",
		)
		.caused_by(vault),
	}
}

/// A digest, shortened for tables.
pub fn short(digest: &Digest) -> String {
	RecordId(*digest).to_string().chars().take(14).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::Category;

	#[test]
	fn every_reason_has_words_of_its_own() {
		let mut words: Vec<_> = Reason::ALL.into_iter().map(reason).collect();
		words.sort_unstable();
		words.dedup();
		assert_eq!(words.len(), Reason::ALL.len());
	}

	#[test]
	fn terms_read_as_a_sentence() {
		let terms_of_grant = GrantTerms {
			actions: ActionSet::READ,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			scope: Scope {
				categories: Some(CategorySet::from_iter([Category::Laboratory])),
				..Scope::default()
			},
			exceptions: vec![Scope { author: Some(ParticipantId(9)), ..Scope::default() }]
				.try_into()
				.unwrap(),
			sensitivity: Sensitivity::Restricted,
			redisclosure: false,
		};
		assert_eq!(
			terms(&terms_of_grant),
			"read for TREAT: laboratory; except written by or for 9; up to restricted"
		);
	}

	#[test]
	fn a_denial_carries_the_chains_reason_as_its_code() {
		let vault = || Error::new(Kind::Denied, "no").code_is("access-denied");
		let chain = |decision| ChainDecision { decision, is_fresh: false };
		let record = RecordId([1; 32]);
		let ended = Decision::Deny { reason: Reason::GrantEnded };
		let error = denial(record, &chain(ended), vault());
		assert_eq!((error.kind(), error.code()), (Kind::Denied, "grant-ended"));
		let hidden = Decision::Deny { reason: Reason::OpeningMissing };
		assert_eq!(denial(record, &chain(hidden), vault()).code(), "not-covered");
	}
}
