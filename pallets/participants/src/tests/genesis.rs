//! The founding participants.

use sp_runtime::{AccountId32, BuildStorage};
use ward_primitives::{ParticipantId, Role};

use crate::{mock::*, GenesisConfig, GenesisParticipant, Participants as Rows, NO_SEALING_KEY};

fn founder(name: &str, role: Role, sponsor: Option<u64>) -> GenesisParticipant<AccountId32> {
	let sponsor = sponsor.map(ParticipantId);
	GenesisParticipant { account: account(name), role, sponsor, sealing_key: None }
}

fn build(participants: Vec<GenesisParticipant<AccountId32>>) {
	GenesisConfig::<Test> { participants }.build_storage().expect("storage can be built");
}

#[test]
fn founders_are_numbered_from_one_and_need_no_sealing_key_yet() {
	new_test_ext().execute_and_check(|| {
		assert_eq!(Rows::<Test>::iter().count(), CAST.len());
		for (id, role, sponsor) in CAST {
			let row = Rows::<Test>::get(id).expect("a founder");
			assert_eq!((row.role, row.sponsor), (role, sponsor));
			assert_eq!((row.enrolled_at, row.active.latest.from), (0, 0));
		}
	});
	externalities(vec![founder("a", Role::HealthAuthority, None)]).execute_with(|| {
		let row = Rows::<Test>::get(ParticipantId(1)).expect("the founder");
		assert_eq!(row.sealing_key, NO_SEALING_KEY);
		assert!(!NO_SEALING_KEY.matches(&[0; 1_216]));
	});
}

#[test]
fn a_preset_names_founders_in_json() {
	let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	let json = format!(
		r#"{{"participants": [
			{{"account": "{address}", "role": "HealthAuthority"}},
			{{"account": "{address}", "role": "MedicalCenter", "sponsor": 1, "sealingKey": null}}
		]}}"#
	);
	let config: GenesisConfig<Test> = serde_json::from_str(&json).expect("the documented form");
	assert_eq!(config.participants[0].sponsor, None);
	assert_eq!(config.participants[1].sponsor, Some(ParticipantId(1)));
	let typo = json.replace("sponsor", "sponsors");
	assert!(serde_json::from_str::<GenesisConfig<Test>>(&typo).is_err());
}

#[test]
#[should_panic(expected = "SponsorMismatch")]
fn a_founding_center_needs_a_health_authority() {
	build(vec![founder("center", Role::MedicalCenter, None)]);
}

#[test]
#[should_panic(expected = "NotFound")]
fn a_sponsor_comes_before_those_it_sponsors() {
	build(vec![
		founder("center", Role::MedicalCenter, Some(2)),
		founder("authority", Role::HealthAuthority, None),
	]);
}

#[test]
#[should_panic(expected = "AlreadyExists")]
fn a_key_founds_one_participant_only() {
	build(vec![
		founder("a", Role::HealthAuthority, None),
		founder("a", Role::HealthAuthority, None),
	]);
}
