//! Tests of what is read for a decision, on a small world of tables.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;

use super::*;
use crate::{
	consent::{ActionSet, GrantTerms, Scope},
	decide,
	decision::RecordFacts,
	purpose::PurposeSet,
	Action, Grant, GrantId, KeyBytes, PurposeOfUse, RecordId, Sensitivity, Timeline,
};

const PATIENT: ParticipantId = ParticipantId(1);
const ACTOR: ParticipantId = ParticipantId(2);
/// The centers are numbered from here on.
const CENTERS: u64 = 10;
const COUNT: usize = 4;
const RECORD: RecordId = RecordId([1; 32]);
const NOW: Moment = 100;

/// What holds, or held and is over, or never did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
	Now,
	Before,
	Never,
}

impl Held {
	fn interval(self) -> Option<Interval> {
		match self {
			Self::Now => Some(Interval::open(0)),
			Self::Before => Some(Interval { from: 0, until: Some(NOW) }),
			Self::Never => None,
		}
	}
}

#[derive(Clone, Copy, Debug)]
struct Center {
	active: Held,
	affiliation: Held,
	exclusion: Held,
	care: Held,
	write_grant: bool,
}

#[derive(Clone, Debug)]
struct World {
	role: Role,
	pairing: Held,
	exclusion: Held,
	centers: Vec<Center>,
	author_center: Option<usize>,
}

thread_local! {
	static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
	static READS: Cell<u32> = const { Cell::new(0) };
}

fn world<R>(of: impl FnOnce(&World) -> R) -> R {
	READS.set(READS.get() + 1);
	WORLD.with_borrow(|world| of(world.as_ref().expect("there is a world")))
}

fn center<R>(id: ParticipantId, of: impl FnOnce(&Center) -> Option<R>) -> Option<R> {
	let index = id.0.checked_sub(CENTERS)? as usize;
	world(|world| world.centers.get(index).and_then(of))
}

struct Tables;

impl ReadParticipants for Tables {
	fn participant(id: ParticipantId, _: Moment) -> Option<(Role, Interval)> {
		match id {
			ACTOR => Some((world(|world| world.role), Interval::open(0))),
			PATIENT => Some((Role::Patient, Interval::open(0))),
			id => center(id, |center| Some((Role::MedicalCenter, center.active.interval()?))),
		}
	}

	fn affiliations(_: ParticipantId, _: Moment) -> Vec<(ParticipantId, Interval)> {
		let centers = world(|world| world.centers.clone());
		(CENTERS..)
			.zip(centers)
			.filter_map(|(id, center)| Some((ParticipantId(id), center.affiliation.interval()?)))
			.collect()
	}

	fn max_affiliations() -> u32 {
		COUNT as u32
	}

	fn care(_: ParticipantId, id: ParticipantId, _: Moment) -> Option<Timeline> {
		center(id, |center| Some(Timeline { generation: 0, latest: center.care.interval()? }))
	}

	fn pairing(_: ParticipantId, _: ParticipantId, _: Moment) -> Option<Interval> {
		world(|world| world.pairing.interval())
	}

	fn receipt_key(_: ParticipantId) -> Option<KeyBytes> {
		None
	}

	fn witness_of(_: &KeyBytes) -> Option<ParticipantId> {
		None
	}

	fn vault_endpoint(_: ParticipantId) -> Option<Vec<u8>> {
		None
	}
}

impl ReadRecords for Tables {
	fn record(id: RecordId) -> Option<RecordFacts> {
		let author_center = world(|world| world.author_center);
		Some(RecordFacts {
			id,
			lineage: id,
			patient: PATIENT,
			author: PATIENT,
			author_center: author_center.map(|index| ParticipantId(CENTERS + index as u64)),
			attributes: [0; 32],
			anchored_at: 0,
		})
	}
}

impl ReadConsents for Tables {
	fn grants(patient: ParticipantId, grantee: ParticipantId, _: Moment) -> Vec<Grant> {
		let has_grant = center(grantee, |center| center.write_grant.then_some(()));
		let grant = |()| Grant {
			id: GrantId(grantee.0),
			patient,
			grantee,
			generation: 0,
			interval: Interval::open(0),
			terms: GrantTerms {
				actions: ActionSet::WRITE,
				purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
				scope: Scope::default(),
				exceptions: Default::default(),
				sensitivity: Sensitivity::Normal,
				redisclosure: true,
			},
		};
		has_grant.map(grant).into_iter().collect()
	}

	fn max_grants() -> u32 {
		1
	}

	fn exclusion(_: ParticipantId, excluded: ParticipantId, _: Moment) -> Option<Interval> {
		match excluded {
			ACTOR => world(|world| world.exclusion.interval()),
			id => center(id, |center| center.exclusion.interval()),
		}
	}
}

fn query(action: Action, on_behalf_of: Option<ParticipantId>) -> Query {
	Query {
		patient: PATIENT,
		record: (action == Action::Read).then_some(RECORD),
		actor: ACTOR,
		on_behalf_of,
		action,
		purpose: PurposeOfUse::Treat,
		at: NOW,
	}
}

fn held() -> impl Strategy<Value = Held> {
	prop_oneof![Just(Held::Now), Just(Held::Before), Just(Held::Never)]
}

fn a_center() -> impl Strategy<Value = Center> {
	let active = prop_oneof![4 => Just(Held::Now), 1 => Just(Held::Before)];
	let exclusion =
		prop_oneof![1 => Just(Held::Now), 1 => Just(Held::Before), 4 => Just(Held::Never)];
	(active, held(), exclusion, held(), any::<bool>()).prop_map(
		|(active, affiliation, exclusion, care, write_grant)| Center {
			active,
			affiliation,
			exclusion,
			care,
			write_grant,
		},
	)
}

fn a_world() -> impl Strategy<Value = World> {
	let role = prop_oneof![3 => Just(Role::Practitioner), 1 => Just(Role::Device)];
	let exclusion = prop_oneof![1 => Just(Held::Now), 5 => Just(Held::Never)];
	let centers = prop::collection::vec(a_center(), COUNT);
	(role, held(), exclusion, centers, prop::option::of(0..COUNT)).prop_map(
		|(role, pairing, exclusion, centers, author_center)| World {
			role,
			pairing,
			exclusion,
			centers,
			author_center,
		},
	)
}

proptest! {
	#[test]
	fn what_is_left_out_for_a_named_center_decides_nothing(
		world in a_world(), named in 0..=COUNT, writes: bool,
	) {
		WORLD.set(Some(world));
		let action = if writes { Action::Write } else { Action::Read };
		// The last is none that the actor works for.
		let query = query(action, Some(ParticipantId(CENTERS + named as u64)));
		let found = gather::<Tables, Tables, Tables>(query, NOW).inputs;
		let everything = Query { on_behalf_of: None, ..query };
		let mut everything = gather::<Tables, Tables, Tables>(everything, NOW).inputs;
		everything.query = query;
		prop_assert_eq!(decide(&found, None), decide(&everything, None));
	}
}

#[test]
fn other_centers_than_the_named_one_cost_one_read_each() {
	let staff = Center {
		active: Held::Now,
		affiliation: Held::Now,
		exclusion: Held::Never,
		care: Held::Now,
		write_grant: true,
	};
	let reads = |centers: Vec<Center>| {
		WORLD.set(Some(World {
			role: Role::Practitioner,
			pairing: Held::Never,
			exclusion: Held::Never,
			centers,
			author_center: None,
		}));
		READS.set(0);
		let query = query(Action::Write, Some(ParticipantId(CENTERS)));
		let Gathered { extent, .. } = gather::<Tables, Tables, Tables>(query, NOW);
		(READS.get(), extent)
	};
	let (alone, extent) = reads(vec![staff]);
	assert_eq!(extent, Extent { affiliations: 1, grants: 1 });
	let (among_four, extent) = reads(vec![staff; COUNT]);
	assert_eq!(extent, Extent { affiliations: COUNT as u32, grants: 1 });
	assert_eq!(among_four - alone, COUNT as u32 - 1);
}
