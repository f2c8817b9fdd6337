//! Whether the node is a witness at all, and where it may go.

use ward_primitives::ParticipantId;

use super::stage::{
	add_custodian, counters, custodian, honest, insert_key, move_vault, set_settings,
	with_custodians, SEAT,
};
use crate::{
	mock::{edit, genesis, next_epoch, witness_key, Receipts},
	witness::{NoWitness, Witness, WitnessId},
	worker::{tests::stage::on, Address, Cause, Settings},
};

#[test]
fn without_a_witness_key_nothing_is_asked() {
	let mut externalities = genesis(3_600_000);
	let stage = on(&mut externalities);
	externalities.execute_with(|| {
		add_custodian(custodian(1), 10);
		stage.world.vault(custodian(1), honest);
		crate::mock::block_at(crate::mock::START);
		stage.blocks(30);
		assert_eq!(stage.take_asked(), []);
		assert_eq!(counters(), Default::default());
		// With a key it goes on.
		insert_key(SEAT);
		stage.blocks(30);
		assert_eq!(counters().fetches > 0, Receipts::witnesses(custodian(1), 0).contains(&SEAT));
	});
}

#[test]
fn a_key_that_is_retired_or_no_seats_asks_nothing() {
	with_custodians(&[10], |stage| {
		stage.world.vault(custodian(1), honest);
		let key = sp_core::Pair::public(&witness_key(SEAT)).0;
		edit(|tables| tables.keys.get_mut(&key).expect("it is attached").is_live = false);
		stage.blocks(5);
		assert_eq!(stage.take_asked(), []);
		edit(|tables| {
			let row = tables.keys.get_mut(&key).expect("it is attached");
			(row.is_live, row.owner) = (true, ParticipantId(99));
		});
		stage.blocks(5);
		assert_eq!(stage.take_asked(), []);
	});
}

#[test]
fn of_several_keys_the_one_that_counts_is_found() {
	with_custodians(&[], |_| {
		let find = |seats: &[u64]| {
			let seats: Vec<_> = seats.iter().copied().map(ParticipantId).collect();
			Witness::<WitnessId>::find::<crate::mock::Consortium>(&seats).map(|it| it.seat)
		};
		insert_key(ParticipantId(5));
		assert_eq!(find(&[1, 3]), Ok(ParticipantId(3)));
		assert_eq!(find(&[1, 5]), Ok(ParticipantId(5)));
		assert!(matches!(find(&[1]), Err(NoWitness::NoSeat(_))));
		assert!(matches!(find(&[]), Err(NoWitness::NoSeat(_))));
	});
}

#[test]
fn a_seat_that_came_within_the_epoch_waits_for_the_next() {
	with_custodians(&[10], |stage| {
		stage.world.vault(custodian(1), honest);
		edit(|tables| tables.seats = vec![ParticipantId(1), ParticipantId(2)]);
		next_epoch();
		edit(|tables| tables.seats.push(SEAT));
		stage.blocks(6);
		assert_eq!(stage.take_asked(), []);
		next_epoch();
		stage.blocks(5);
		assert_eq!(stage.take_asked().len(), 1);
	});
}

#[test]
fn a_node_that_is_no_authority_or_may_not_asks_nothing() {
	with_custodians(&[10], |stage| {
		stage.world.vault(custodian(1), honest);
		stage.world.set_validator(false);
		stage.block();
		stage.world.set_validator(true);
		set_settings(&Settings { enabled: false, ..Settings::default() });
		stage.block();
		assert_eq!(stage.take_asked(), []);
		set_settings(&Settings::default());
		stage.block();
		assert_eq!(stage.take_asked().len(), 1);
	});
}

#[test]
fn an_address_that_is_not_followed_gets_no_request_and_is_counted() {
	for endpoint in [
		"http://vault.example",
		"https://127.0.0.1:9944",
		"http://localhost:9944",
		"https://169.254.169.254/latest",
		"https://10.0.0.7",
		"https://[fd00::1]",
		"https://vault.example/%2e%2e",
		"nonsense",
	] {
		with_custodians(&[10, 10], |stage| {
			stage.world.vault(custodian(1), honest);
			stage.world.vault(custodian(2), honest);
			move_vault(custodian(1), endpoint);
			stage.block();
			assert_eq!(stage.take_asked(), [(custodian(2), 0)], "{endpoint}");
			assert_eq!(stage.take_reports().len(), 1);
			assert_eq!(counters().failures_by(Cause::Endpoint), 1, "{endpoint}");
		});
	}
}

#[test]
fn what_the_operator_allows_is_followed() {
	with_custodians(&[10, 10], |stage| {
		stage.world.vault(custodian(1), honest);
		stage.world.vault(custodian(2), honest);
		move_vault(custodian(1), "http://127.0.0.1:4001");
		move_vault(custodian(2), "https://10.0.0.7/ward");
		set_settings(&Settings {
			loopback: true,
			allowed: vec![Address::V4([10, 0, 0, 7])],
			..Settings::default()
		});
		stage.block();
		let sent = stage.world.take_sent();
		let mut urls: Vec<_> = sent.into_iter().map(|sent| sent.url).collect();
		urls.sort_unstable();
		assert_eq!(
			urls,
			["http://127.0.0.1:4001/v1/receipts", "https://10.0.0.7/ward/v1/receipts"]
		);
	});
}

#[test]
fn a_custodian_without_a_vault_or_a_receipt_key_is_counted() {
	with_custodians(&[10, 10], |stage| {
		edit(|tables| {
			tables.endpoints.remove(&custodian(1));
			tables.receipt_keys.remove(&custodian(2));
		});
		stage.block();
		assert_eq!(stage.take_asked(), []);
		assert_eq!(counters().failures_by(Cause::NoVault), 2);
	});
}

#[test]
fn without_an_epoch_nothing_is_asked() {
	let mut externalities = genesis(3_600_000);
	let stage = on(&mut externalities);
	externalities.execute_with(|| {
		add_custodian(custodian(1), 10);
		insert_key(SEAT);
		for _ in 0..10 {
			stage.run_at(1_000);
		}
		assert_eq!(stage.take_asked(), []);
	});
}
