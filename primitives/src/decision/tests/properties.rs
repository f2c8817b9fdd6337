//! Random situations against a separately written model of what is permitted.
//!
//! The model answers another question than [`decide`] does: not "is this permitted" in the order of
//! the rules, but "which bases are live". It knows records as sets of atoms, one for each category
//! and each moment that a record covers, and asks whether they lie in a scope one by one.

use std::collections::BTreeSet;

use proptest::{
	collection::vec,
	option,
	prelude::*,
	sample::select,
	strategy::ValueTree,
	test_runner::{Config, TestRunner},
};

use super::*;

type Opening = Option<AttributesOpening>;

// --- The model ---------------------------------------------------------------------------------

fn live(span: Interval, at: Moment) -> bool {
	(span.from..span.until.unwrap_or(Moment::MAX)).contains(&at)
}

/// A piece of a record: a category, and a moment if the record's time is known.
type Atom = (Category, Option<i64>);

fn atoms(attributes: &Attributes) -> Vec<Atom> {
	let moments: Vec<Option<i64>> = match attributes.period {
		Some(period) => (period.start..=period.end).map(Some).collect(),
		None => vec![None],
	};
	let categories = Category::ALL.iter().filter(|c| attributes.categories.contains(**c));
	categories.flat_map(|category| moments.iter().map(|moment| (*category, *moment))).collect()
}

/// Whether an atom of the record lies in the scope; `unknown` is the answer for an unknown time.
fn lies_in(scope: &Scope, record: &RecordFacts, (category, moment): Atom, unknown: bool) -> bool {
	let authors = [Some(record.author), record.author_center];
	let ids = [record.id, record.lineage];
	let by_category = scope.categories.is_none_or(|allowed| allowed.contains(category));
	let by_record =
		scope.records.as_ref().is_none_or(|named| ids.iter().any(|id| named.contains(id)));
	let by_author = scope.author.is_none() || authors.contains(&scope.author);
	let by_period = match (scope.period, moment) {
		(None, _) => true,
		(Some(_), None) => unknown,
		(Some(period), Some(moment)) => (period.start..=period.end).contains(&moment),
	};
	by_category && by_record && by_author && by_period
}

fn grant_is_live(grant: &Grant, inputs: &DecisionInputs, opening: &Opening) -> bool {
	let Query { action, at, purpose, patient, .. } = inputs.query;
	let terms = &grant.terms;
	let purposes: Vec<_> = terms.purposes.iter().collect();
	let serves = purposes.contains(&purpose)
		|| (purpose == PurposeOfUse::Etreat && purposes.contains(&PurposeOfUse::Treat));
	let acts = match action {
		Action::Read => terms.actions.0 % 2 == 1,
		Action::Write => terms.actions.0 / 2 == 1,
	};
	if grant.patient != patient || !live(grant.interval, at) || !serves || !acts {
		return false;
	}
	match action {
		Action::Write => terms.scope == Scope::default() && terms.exceptions.is_empty(),
		Action::Read => {
			let (Some(record), Some(opening)) = (&inputs.record, opening) else { return false };
			let atoms = atoms(&opening.attributes);
			opening.digest() == record.attributes
				&& opening.attributes.sensitivity as u8 <= terms.sensitivity as u8
				&& atoms.iter().all(|atom| lies_in(&terms.scope, record, *atom, false))
				&& !terms
					.exceptions
					.iter()
					.any(|scope| atoms.iter().any(|atom| lies_in(scope, record, *atom, true)))
		},
	}
}

/// Every basis that is live for the query.
fn live_bases(inputs: &DecisionInputs, opening: &Opening) -> Vec<Basis> {
	let Query { at, action, patient, on_behalf_of, .. } = inputs.query;
	let mut bases = Vec::new();
	let Some(actor) = &inputs.actor else { return bases };
	let record = inputs.record.filter(|r| r.patient == patient && (r.anchored_at..).contains(&at));
	let reads = action == Action::Read;
	if !live(actor.active, at) || inputs.as_of < at || (reads && record.is_none()) {
		return bases;
	}
	let paired = actor.pairing.is_some_and(|pairing| live(pairing, at));
	if actor.id == patient || (paired && !reads) {
		bases.push(Basis::Own);
	}
	let excluded = [actor.exclusion]
		.into_iter()
		.chain(actor.centers.iter().filter(|c| live(c.affiliation, at)).map(|c| c.exclusion))
		.flatten()
		.any(|exclusion| live(exclusion, at));
	let as_basis = |grant: &Grant| Basis::Grant { grant: grant.id, generation: grant.generation };
	for c in &actor.centers {
		let acts_for = on_behalf_of.is_none() || on_behalf_of == Some(c.center);
		let may_read = !matches!(actor.role, Role::Device);
		if !acts_for || !live(c.active, at) || !live(c.affiliation, at) || (reads && !may_read) {
			continue;
		}
		if reads && record.is_some_and(|record| record.author_center == Some(c.center)) {
			bases.push(Basis::Authored { center: c.center });
		}
		if excluded {
			continue;
		}
		if let Some(care) = c.care.filter(|care| !reads && live(care.latest, at)) {
			bases.push(Basis::Care { center: c.center, generation: care.generation });
		}
		bases.extend(c.grants.iter().filter(|g| grant_is_live(g, inputs, opening)).map(as_basis));
	}
	if !excluded {
		let own = actor.grants.iter().filter(|g| grant_is_live(g, inputs, opening));
		bases.extend(own.map(as_basis));
	}
	bases
}

// --- Random situations -------------------------------------------------------------------------

/// Moments are few, so that ends meet.
fn interval() -> impl Strategy<Value = Interval> {
	let late = (0u64..8, option::of(0u64..8))
		.prop_map(|(from, length)| Interval { from, until: length.map(|length| from + length) });
	prop_oneof![3 => Just(Interval::open(0)), 1 => late]
}

fn id() -> impl Strategy<Value = ParticipantId> {
	(1u64..5).prop_map(ParticipantId)
}

fn record_id() -> impl Strategy<Value = RecordId> {
	(0u8..3).prop_map(|byte| RecordId([byte; 32]))
}

fn period() -> impl Strategy<Value = DataPeriod> {
	(0i64..5, 0i64..4).prop_map(|(start, length)| DataPeriod { start, end: start + length })
}

fn category_set() -> impl Strategy<Value = CategorySet> {
	vec(select(&Category::ALL[..4]), 1..4).prop_map(|categories| categories.into_iter().collect())
}

fn sensitivity() -> impl Strategy<Value = Sensitivity> {
	select(&[Sensitivity::Normal, Sensitivity::Restricted, Sensitivity::VeryRestricted][..])
}

fn any_scope() -> impl Strategy<Value = Scope> {
	let records = vec(record_id(), 1..3).prop_map(|ids| ids.try_into().expect("few fit"));
	let limits = (
		option::weighted(0.4, category_set()),
		option::weighted(0.2, records),
		option::weighted(0.2, id()),
		option::weighted(0.3, period()),
	);
	let limited = limits.prop_map(|(categories, records, author, period)| Scope {
		categories,
		records,
		author,
		period,
	});
	prop_oneof![2 => Just(Scope::default()), 1 => limited]
}

fn any_terms() -> impl Strategy<Value = GrantTerms> {
	let exceptions = prop_oneof![
		3 => Just(Vec::new()),
		1 => vec(any_scope(), 1..3),
	];
	let purposes = vec(select(&PurposeOfUse::ALL[..4]), 1..5);
	(1u8..4, purposes, any_scope(), exceptions, sensitivity(), any::<bool>()).prop_map(
		|(actions, purposes, scope, exceptions, sensitivity, redisclosure)| GrantTerms {
			actions: ActionSet(actions),
			purposes: purposes.into_iter().collect(),
			scope,
			exceptions: exceptions.try_into().expect("few fit"),
			sensitivity,
			redisclosure,
		},
	)
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
	let patient = prop_oneof![9 => Just(PATIENT), 1 => id()];
	let grant = (0u64..4, patient, 0u32..2, interval(), any_terms()).prop_map(
		|(number, patient, generation, interval, terms)| Grant {
			id: GrantId(number),
			patient,
			grantee: DOCTOR,
			generation,
			interval,
			terms,
		},
	);
	vec(grant, 0..5)
}

fn centers() -> impl Strategy<Value = Vec<CenterFacts>> {
	let care = option::of((0u32..3, interval()))
		.prop_map(|care| care.map(|(generation, latest)| Timeline { generation, latest }));
	let exclusion = option::weighted(0.05, interval());
	let facts = (id(), interval(), interval(), care, exclusion, grants()).prop_map(
		|(center, active, affiliation, care, exclusion, grants)| CenterFacts {
			center,
			active,
			affiliation,
			care,
			exclusion,
			grants,
		},
	);
	vec(facts, 0..3)
}

fn actor() -> impl Strategy<Value = ActorFacts> {
	let id = prop_oneof![1 => Just(PATIENT), 9 => Just(DOCTOR)];
	let pairing = option::weighted(0.05, interval());
	let exclusion = option::weighted(0.05, interval());
	let role = prop_oneof![1 => Just(Role::Device), 9 => Just(Role::Practitioner)];
	(id, role, interval(), pairing, exclusion, grants(), centers()).prop_map(
		|(id, role, active, pairing, exclusion, grants, centers)| ActorFacts {
			id,
			role,
			active,
			pairing,
			exclusion,
			grants,
			centers,
		},
	)
}

fn any_opening() -> impl Strategy<Value = AttributesOpening> {
	(0u8..2, category_set(), sensitivity(), option::of(period())).prop_map(
		|(salt, categories, sensitivity, period)| AttributesOpening {
			salt: [salt; 32],
			attributes: Attributes { categories, sensitivity, period },
		},
	)
}

/// A situation with the opening that the custodian hands in: mostly the right one.
fn any_situation() -> impl Strategy<Value = (DecisionInputs, Opening)> {
	let patient = prop_oneof![19 => Just(PATIENT), 1 => id()];
	let facts = (record_id(), record_id(), patient, id(), option::of(id()), 0u64..6);
	let query = (
		option::weighted(0.2, id()),
		select(&Action::ALL[..]),
		select(&PurposeOfUse::ALL[..4]),
		0u64..10,
	);
	let handed_in = prop_oneof![
		18 => Just(None),
		1 => Just(Some(None)),
		1 => any_opening().prop_map(|wrong| Some(Some(wrong))),
	];
	let record = option::weighted(0.95, facts);
	let actor = option::weighted(0.95, actor());
	(8u64..12, query, record, any_opening(), handed_in, actor).prop_map(
		|(as_of, (on_behalf_of, action, purpose, at), record, right, handed_in, actor)| {
			let record =
				record.map(|(id, lineage, patient, author, author_center, anchored_at)| {
					let attributes = right.digest();
					let author_center = author_center.filter(|_| author != patient);
					RecordFacts {
						id,
						lineage,
						patient,
						author,
						author_center,
						attributes,
						anchored_at,
					}
				});
			let query = Query {
				patient: PATIENT,
				record: record.map(|record| record.id),
				actor: actor.as_ref().map_or(DOCTOR, |actor| actor.id),
				on_behalf_of,
				action,
				purpose,
				at,
			};
			(DecisionInputs { as_of, query, record, actor }, handed_in.unwrap_or(Some(right)))
		},
	)
}

// --- The properties ----------------------------------------------------------------------------

/// Every grant in the inputs.
fn all_grants(inputs: &mut DecisionInputs) -> Vec<&mut Vec<Grant>> {
	let Some(actor) = inputs.actor.as_mut() else { return Vec::new() };
	let of_centers = actor.centers.iter_mut().map(|center| &mut center.grants);
	core::iter::once(&mut actor.grants).chain(of_centers).collect()
}

/// The inputs without the grant that stands at `pick`, and with it ended at `end`.
fn without_and_ended(
	inputs: &DecisionInputs,
	pick: prop::sample::Index,
	end: Moment,
) -> Option<(DecisionInputs, DecisionInputs)> {
	let (mut without, mut ended) = (inputs.clone(), inputs.clone());
	let places: Vec<(usize, usize)> = all_grants(&mut without)
		.iter()
		.enumerate()
		.flat_map(|(list, grants)| (0..grants.len()).map(move |place| (list, place)))
		.collect();
	let (list, place) = *places.get(pick.index(places.len().max(1)))?;
	all_grants(&mut without)[list].remove(place);
	all_grants(&mut ended)[list][place].interval.end(end);
	Some((without, ended))
}

proptest! {
	#![proptest_config(Config::with_cases(4_096))]

	#[test]
	fn access_is_permitted_exactly_if_the_model_knows_a_live_basis(
		(inputs, opening) in any_situation(),
	) {
		let bases = live_bases(&inputs, &opening);
		match decide(&inputs, opening.as_ref()) {
			Decision::Permit { basis, obligations } => {
				prop_assert!(bases.contains(&basis), "{:?} not in {:?}", basis, bases);
				let reads = inputs.query.action == Action::Read;
				prop_assert_eq!(obligations.contains(Obligations::LOG), reads);
				let by_grant = matches!(basis, Basis::Grant { .. });
				prop_assert!(by_grant || !obligations.contains(Obligations::NO_REDISCLOSURE));
			},
			Decision::Deny { reason } => {
				prop_assert!(bases.is_empty(), "{:?} although {:?}", reason, bases);
			},
		}
	}

	#[test]
	fn taking_a_grant_away_never_permits_more(
		(inputs, opening) in any_situation(), pick: prop::sample::Index,
	) {
		let Some((without, _)) = without_and_ended(&inputs, pick, 0) else { return Ok(()) };
		let before = decide(&inputs, opening.as_ref()).is_permit();
		prop_assert!(before || !decide(&without, opening.as_ref()).is_permit());
	}

	#[test]
	fn a_grant_that_ended_is_as_good_as_none_at_every_later_moment(
		(inputs, opening) in any_situation(), pick: prop::sample::Index,
		end in 0u64..10, later in 0u64..10,
	) {
		let inputs = inputs.at(end + later).with(|inputs| inputs.as_of = end + later);
		let Some((without, ended)) = without_and_ended(&inputs, pick, end) else { return Ok(()) };
		// An end before the grant's start is moved to the start: it then never held at all.
		let permits = |inputs: &DecisionInputs| decide(inputs, opening.as_ref()).is_permit();
		prop_assert_eq!(permits(&ended), permits(&without));
	}

	#[test]
	fn ending_a_grant_changes_nothing_before_its_end(
		(inputs, opening) in any_situation(), pick: prop::sample::Index, length in 1u64..10,
	) {
		let end = inputs.query.at + length;
		let Some((_, ended)) = without_and_ended(&inputs, pick, end) else { return Ok(()) };
		let (before, after) =
			(decide(&inputs, opening.as_ref()), decide(&ended, opening.as_ref()));
		prop_assert_eq!(before.is_permit(), after.is_permit());
	}

	#[test]
	fn excluding_the_actor_leaves_only_what_is_own_or_authored(
		(inputs, opening) in any_situation(),
	) {
		let mut excluded = inputs;
		if let Some(actor) = excluded.actor.as_mut() {
			actor.exclusion = Some(Interval::open(0));
		}
		if let Decision::Permit { basis, .. } = decide(&excluded, opening.as_ref()) {
			prop_assert!(matches!(basis, Basis::Own | Basis::Authored { .. }), "{:?}", basis);
		}
	}
}

/// The properties above are worth something only if the situations reach everything.
#[test]
fn the_random_situations_reach_every_basis_and_every_reason() {
	let mut runner = TestRunner::deterministic();
	let (mut reasons, mut bases, mut permits) = (BTreeSet::new(), BTreeSet::new(), 0);
	const SAMPLES: usize = 8_192;
	for _ in 0..SAMPLES {
		let (inputs, opening) =
			any_situation().new_tree(&mut runner).expect("a situation").current();
		match decide(&inputs, opening.as_ref()) {
			Decision::Permit { basis, .. } => {
				permits += 1;
				bases.insert(basis.encode()[0]);
			},
			Decision::Deny { reason } => {
				reasons.insert(reason);
			},
		}
	}
	assert_eq!(reasons, BTreeSet::from(Reason::ALL));
	assert_eq!(bases, BTreeSet::from([0, 2, 3, 4]));
	assert!(permits * 10 > SAMPLES * 3, "only {permits} of {SAMPLES} are permitted");
}
