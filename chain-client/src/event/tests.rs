use super::*;
use crate::testing::{
	encode_events, metadata, ConsentEvent, CouncilEvent, DispatchError as FakeError,
	Event as FakeEvent, ParticipantsEvent, RecordsEvent, SystemEvent,
};
use std::sync::Arc;
use subxt::{
	client::OfflineClient,
	config::{substrate::SpecVersionForRange, SubstrateConfig},
};
use ward_primitives::Role;

fn decode(events: &[(u32, FakeEvent)]) -> Vec<Event> {
	let versions =
		SpecVersionForRange { block_range: 0..10, spec_version: 1, transaction_version: 1 };
	let config = SubstrateConfig::builder()
		.set_spec_version_for_block_ranges([versions])
		.set_metadata_for_spec_versions([(1, Arc::new(metadata()))])
		.build();
	let client = OfflineClient::new_with_config(WardConfig::from(config)).at_block(1u64).unwrap();
	let events = client.events().from_bytes(encode_events(events));
	Event::all(&events, client.metadata_ref()).unwrap()
}

#[test]
fn events_are_read_by_the_names_of_their_fields() {
	let events = decode(&[
		(
			0,
			FakeEvent::Participants(ParticipantsEvent::Enrolled {
				role: Role::Patient,
				sponsor: Some(ParticipantId(1)),
				participant: ParticipantId(42),
				account: [9; 32],
			}),
		),
		(
			1,
			FakeEvent::Records(RecordsEvent::Anchored {
				patient: ParticipantId(42),
				record: RecordId([7; 32]),
			}),
		),
		(2, FakeEvent::Consent(ConsentEvent::Granted { generation: 0, grant: GrantId(5) })),
	]);
	assert_eq!(events[0].enrolled(), Some(ParticipantId(42)));
	assert_eq!(events[0].field::<Role>("role"), Some(Role::Patient));
	assert_eq!(events[0].field::<u8>("absent"), None);
	assert_eq!(events[0].field::<ParticipantId>("account"), None, "a field of another type");
	assert_eq!(events[1].anchored(), Some(RecordId([7; 32])));
	assert_eq!(events[2].granted(), Some(GrantId(5)));
	assert_eq!(events[1].enrolled(), None);
	let transactions: Vec<_> = events.iter().map(|event| event.transaction).collect();
	assert_eq!(transactions, [Some(0), Some(1), Some(2)]);
}

fn failure(error: FakeError) -> (String, String) {
	let failed = SystemEvent::ExtrinsicFailed { dispatch_error: error, dispatch_info: (0, 0) };
	match decode(&[(0, FakeEvent::System(failed))])[0].failure(&Arc::new(metadata())) {
		Some(ChainError::Failed { name, explanation }) => (name, explanation),
		other => panic!("{other:?}"),
	}
}

#[test]
fn a_pallets_error_comes_with_its_documentation() {
	let (name, explanation) = failure(FakeError::Module { index: 7, error: [2, 0, 0, 0] });
	assert_eq!(name, "Records::AlreadyExists");
	assert_eq!(explanation, "The record is anchored already. Nothing needs to be done.");
}

#[test]
fn an_unknown_pallet_error_and_general_errors_are_named() {
	let (name, _) = failure(FakeError::Module { index: 7, error: [9, 0, 0, 0] });
	assert_eq!(name, "module error 0x0709000000");
	assert_eq!(failure(FakeError::BadOrigin).0, "BadOrigin");
	assert_eq!(failure(FakeError::Exhausted).0, "Exhausted");
}

fn carried_out(event: FakeEvent) -> Option<Result<(), Failure>> {
	let events = decode(&[(0, event)]);
	assert!(events[0].failure(&Arc::new(metadata())).is_none(), "the outer call succeeded");
	events[0].carried_out(&Arc::new(metadata())).map(Result::unwrap)
}

#[test]
fn what_came_of_a_carried_motion_is_told_with_the_inner_errors_name() {
	let executed = |result| {
		carried_out(FakeEvent::Council(CouncilEvent::Executed { proposal_hash: [1; 32], result }))
	};
	assert_eq!(executed(Ok(())), Some(Ok(())));
	let failure = executed(Err(FakeError::BadOrigin)).unwrap().unwrap_err();
	assert_eq!(failure.name, "BadOrigin");
	let error = FakeError::Module { index: 7, error: [2, 0, 0, 0] };
	let failure = executed(Err(error)).unwrap().unwrap_err();
	assert_eq!(failure.name, "Records::AlreadyExists");
	assert!(failure.explanation.contains("anchored already"));
}

#[test]
fn an_authorized_upgrade_that_the_chain_does_not_take_has_failed_though_its_call_succeeds() {
	let error = FakeError::Module { index: 7, error: [2, 0, 0, 0] };
	let rejected = SystemEvent::RejectedInvalidAuthorizedUpgrade { code_hash: [1; 32], error };
	let failure = carried_out(FakeEvent::System(rejected)).unwrap().unwrap_err();
	assert_eq!(failure.name, "Records::AlreadyExists");
	let succeeded = SystemEvent::ExtrinsicSuccess { dispatch_info: (0, 0) };
	assert_eq!(carried_out(FakeEvent::System(succeeded)), None);
}

#[test]
fn success_is_no_failure() {
	let succeeded = SystemEvent::ExtrinsicSuccess { dispatch_info: (0, 0) };
	let events = decode(&[(0, FakeEvent::System(succeeded))]);
	assert!(events[0].failure(&Arc::new(metadata())).is_none());
}
