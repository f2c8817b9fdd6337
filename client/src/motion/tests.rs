use super::*;
use codec::Encode;

fn call(pallet: &str, name: &str, fields: &[(&str, Vec<u8>)]) -> DecodedCall {
	let fields = fields.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone())).collect();
	DecodedCall { pallet: pallet.into(), name: name.into(), fields }
}

#[test]
fn every_call_on_the_agenda_has_words() {
	let center = || vec![("center", ParticipantId(5).encode())];
	let until =
		|end: Option<Moment>| vec![("id", ParticipantId(5).encode()), ("until", end.encode())];
	let authority = vec![
		("account", [1u8; 32].to_vec()),
		("sealing_key", vec![1; 33]),
		("valid_until", 1_000u64.encode()),
		("proof", vec![0; 65]),
	];
	let cases = [
		("Authorities", "grant_seat", center(), "grant a seat to center 5"),
		("Authorities", "revoke_seat", center(), "take the seat of center 5 away"),
		("Authorities", "reinstate_seat", center(), "lift the suspension of the seat of center 5"),
		(
			"Authorities",
			"set_session_length",
			vec![("blocks", 300u32.encode())],
			"let a session last 300 blocks (10 min)",
		),
		(
			"Authorities",
			"set_minimum",
			vec![("seats", 4u32.encode())],
			"never have fewer than 4 seats in the set",
		),
		("Participants", "suspend", center(), "suspend participant 5"),
		("Participants", "freeze", center(), "freeze participant 5"),
		("Participants", "deactivate", center(), "deactivate participant 5 for good"),
		("Participants", "reinstate", until(None), "reinstate participant 5"),
		(
			"Participants",
			"reinstate",
			until(Some(1_000)),
			"reinstate participant 5 until 1970-01-01T00:00:01Z",
		),
		(
			"Participants",
			"set_expiry",
			until(Some(1_000)),
			"let participant 5 end at 1970-01-01T00:00:01Z",
		),
		("Participants", "set_expiry", until(None), "lift the end of participant 5"),
	];
	for (pallet, name, fields, words) in cases {
		assert_eq!(in_words(&call(pallet, name, &fields)), words);
	}
	let admitted = in_words(&call("Participants", "admit_health_authority", &authority));
	assert!(admitted.contains(&Hex([1; 32]).to_string()) && admitted.contains("1970-01-01"));
	let upgrade = call("System", "authorize_upgrade", &[("code_hash", vec![7; 32])]);
	assert!(in_words(&upgrade).ends_with(&Hex([7; 32]).to_string()));
	let epoch = call("Receipts", "set_epoch_length", &[("length", 21_600_000u64.encode())]);
	assert_eq!(in_words(&epoch), "let an epoch of storage receipts last 6 h (21600000 ms)");
	let fields = [("delay", 10u32.encode()), ("best", 700u32.encode())];
	let stalled = in_words(&call("Grandpa", "note_stalled", &fields));
	assert!(stalled.contains("10 blocks (20 s)") && stalled.contains("block 700"), "{stalled}");
}

#[test]
fn what_has_no_words_is_written_out_with_all_its_arguments() {
	let unknown = call("System", "remark", &[("remark", vec![1, 0xab])]);
	assert_eq!(in_words(&unknown), "System.remark(remark 0x01ab)");
	let other_type = call("Authorities", "grant_seat", &[("center", vec![5])]);
	assert_eq!(in_words(&other_type), "Authorities.grant_seat(center 0x05)");
}

fn motion(index: u32, hash: u8, ayes: u64, nays: u64, threshold: u32) -> Motion {
	let voters = |range: std::ops::Range<u64>| range.map(ParticipantId).collect();
	Motion {
		hash: [hash; 32],
		index,
		ayes: voters(0..ayes),
		nays: voters(100..100 + nays),
		threshold,
		ends: 50,
		call: vec![],
	}
}

#[test]
fn a_motion_is_decided_by_enough_votes_too_many_against_it_or_its_end() {
	let standing =
		|ayes, nays, members, block| Standing::of(&motion(1, 1, ayes, nays, 4), members, block);
	assert_eq!(standing(3, 0, 5, 10), Standing::Open { missing: 1 });
	assert_eq!(standing(4, 0, 5, 10), Standing::Carried);
	assert_eq!(standing(3, 1, 5, 10), Standing::Open { missing: 1 });
	assert_eq!(standing(0, 2, 5, 10), Standing::Lost);
	assert_eq!(standing(3, 0, 5, 49), Standing::Open { missing: 1 });
	assert_eq!(standing(3, 0, 5, 50), Standing::Over);
	assert_eq!(standing(4, 0, 9, 10), Standing::Open { missing: 2 }, "the council has grown");
	assert_eq!([1, 2, 3, 4, 5, 6, 7].map(two_thirds), [1, 2, 2, 3, 4, 4, 5]);
}

#[test]
fn a_motion_is_found_by_its_number_and_by_the_start_of_its_hash() {
	let all = || vec![motion(3, 0xab, 1, 0, 2), motion(12, 0xcd, 1, 0, 2)];
	let index = |name: &str| find(all(), &name.parse().unwrap()).map(|motion| motion.index);
	assert_eq!(index("3").unwrap(), 3);
	assert_eq!(index("12").unwrap(), 12);
	assert_eq!(index("0xCDCD").unwrap(), 12);
	assert_eq!(index("4").unwrap_err().code(), "unknown-motion");
	assert_eq!(index("0xabcd").unwrap_err().code(), "unknown-motion");
	let twins = vec![motion(1, 0xab, 1, 0, 2), motion(2, 0xab, 1, 0, 2)];
	let error = find(twins, &"0xabab".parse().unwrap()).unwrap_err();
	assert_eq!(error.code(), "ambiguous-motion");
	for bad in ["", "x", "0x", "0xab", "0xabcg", "-1", "4294967296", "motion"] {
		assert!(bad.parse::<MotionName>().is_err(), "{bad}");
	}
	assert!(format!("0x{}", "a".repeat(65)).parse::<MotionName>().is_err());
}
