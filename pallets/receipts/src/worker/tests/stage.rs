//! What the tests of the worker begin with: three seats, so that each is drawn for everything, and
//! custodians without a seat.

use codec::{Decode, Encode};
use frame_support::traits::OffchainWorker;
use sp_core::offchain::{
	testing::TestOffchainExt, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
};
use sp_io::TestExternalities;
use sp_runtime::offchain::storage::StorageValueRef;
use ward_primitives::{
	receipt::{seal::seal, Answer, Challenge, LogHead, Report},
	Moment, ParticipantId,
};

use super::world::{Reply, World};
use crate::{
	mock::{
		answer, apply, block_after, block_at, edit, genesis, log, now, pair, receipt_key,
		right_answers, Extrinsic, Receipts, RuntimeCall, System, Test, START,
	},
	witness::KEY_TYPE,
	worker::{Counters, Settings, SETTINGS_KEY, SETTLING_BLOCKS},
	Call, Pallet,
};

/// The seat whose node the tests run.
pub(crate) const SEAT: ParticipantId = ParticipantId(3);

/// How long an epoch of these tests is, in milliseconds.
const LENGTH: Moment = 3_600_000;

/// The node of the tests.
pub(crate) struct Stage {
	pub(crate) world: World,
}

/// A custodian of these tests.
pub(crate) const fn custodian(number: u64) -> ParticipantId {
	ParticipantId(100 + number)
}

/// Runs a test on a chain where each of these custodians has so many rows, in the first epoch, at the first
/// block at which it is worked on. Checks the state at the end.
pub(crate) fn with_custodians(rows: &[u64], test: impl FnOnce(&Stage)) {
	let mut externalities = genesis(LENGTH);
	let stage = on(&mut externalities);
	externalities.execute_with(|| {
		edit(|tables| {
			tables.seats = (1..=3).map(ParticipantId).collect();
			tables.rows.clear();
		});
		for (number, rows) in (1..).zip(rows) {
			add_custodian(custodian(number), *rows);
		}
		insert_key(SEAT);
		block_at(START);
		block_after(1);
		// What is worked on must be settled, and the epoch, too.
		for _ in 0..SETTLING_BLOCKS {
			stage.block();
			assert_eq!(stage.world.take_sent().len(), 0, "nothing is asked yet");
		}
		test(&stage);
		Pallet::<Test>::do_try_state().expect("the invariants hold");
	});
}

/// Puts a node on a chain.
pub(crate) fn on(externalities: &mut TestExternalities) -> Stage {
	let world = World::default();
	world.set_validator(true);
	externalities.register_extension(OffchainWorkerExt::new(world.clone()));
	externalities.register_extension(OffchainDbExt::new(TestOffchainExt::new().0));
	externalities.register_extension(TransactionPoolExt::new(world.clone()));
	Stage { world }
}

/// Gives the node the witness key of a seat.
pub(crate) fn insert_key(seat: ParticipantId) {
	let seed = format!("//witness//{}", seat.0).into_bytes();
	sp_io::crypto::ed25519_generate(KEY_TYPE, Some(seed));
}

/// Puts a custodian with a vault on the table.
pub(crate) fn add_custodian(id: ParticipantId, rows: u64) {
	edit(|tables| {
		tables.rows.insert(id, rows);
		tables.receipt_keys.insert(id, sp_core::Pair::public(&receipt_key(id)).0);
		tables.endpoints.insert(id, format!("https://vault-{}.example", id.0).into_bytes());
	});
}

/// What a vault sends that has everything.
pub(crate) fn honest(challenge: &Challenge) -> Reply {
	sealed(challenge, &right(challenge))
}

/// The answer of a vault that has everything.
pub(crate) fn right(challenge: &Challenge) -> Answer {
	answer(challenge, right_answers(challenge), next_log(challenge))
}

/// The log of a vault in which a little happened.
pub(crate) fn next_log(challenge: &Challenge) -> LogHead {
	log(challenge.since.height + 1, 0)
}

/// Something, as a vault seals it.
pub(crate) fn sealed(challenge: &Challenge, what: &impl Encode) -> Reply {
	Reply::ok(seal(&challenge.sealing_key, &challenge.challenge, what).expect("a key"))
}

impl Stage {
	/// The next block, and the worker after it. How long that ran, in milliseconds.
	pub(crate) fn block(&self) -> Moment {
		block_after(2_000);
		self.run_at(now())
	}

	/// So many blocks.
	pub(crate) fn blocks(&self, count: u32) {
		for _ in 0..count {
			self.block();
		}
	}

	/// Runs the worker once more, at this time of the clock on the wall.
	pub(crate) fn run_at(&self, time: Moment) -> Moment {
		self.world.set_now(time);
		<Receipts as OffchainWorker<_>>::offchain_worker(System::block_number());
		self.world.now() - time
	}

	/// What the pool got since this was asked last.
	pub(crate) fn take_calls(&self) -> Vec<RuntimeCall> {
		let transactions = self.world.take_transactions();
		let call =
			|bytes: Vec<u8>| Extrinsic::decode(&mut &*bytes).expect("a transaction").function;
		transactions.into_iter().map(call).collect()
	}

	/// The reports among these, all of which the chain must take.
	pub(crate) fn take_reports(&self) -> Vec<Report> {
		let calls = self.take_calls();
		for call in &calls {
			assert_eq!(crate::mock::offer(call).map(drop), Ok(()));
		}
		calls.into_iter().filter_map(report_in).collect()
	}

	/// Puts what the pool got into a block.
	pub(crate) fn include(&self) -> Vec<Report> {
		let calls = self.take_calls();
		for call in &calls {
			assert_eq!(apply(call.clone()), Ok(()));
		}
		calls.into_iter().filter_map(report_in).collect()
	}

	/// Whom the requests went to that were sent since this was asked last, in their order.
	pub(crate) fn take_asked(&self) -> Vec<(ParticipantId, u64)> {
		let asked = |challenge: Challenge| (challenge.custodian, challenge.cohort);
		self.world.take_sent().iter().map(|sent| asked(sent.challenge())).collect()
	}
}

fn report_in(call: RuntimeCall) -> Option<Report> {
	match call {
		RuntimeCall::Receipts(Call::report { report, .. }) => Some(*report),
		_ => None,
	}
}

/// What the worker has counted.
pub(crate) fn counters() -> Counters {
	Counters::read()
}

/// As if the node had been started with these settings.
pub(crate) fn set_settings(settings: &Settings) {
	StorageValueRef::persistent(SETTINGS_KEY).set(settings);
}

/// Changes the endpoint of a custodian.
pub(crate) fn move_vault(id: ParticipantId, endpoint: &str) {
	edit(|tables| {
		tables.endpoints.insert(id, endpoint.as_bytes().to_vec());
	});
}

/// The witness key that the node has.
pub(crate) fn own_key() -> [u8; 32] {
	sp_core::Pair::public(&pair("witness", SEAT)).0
}
