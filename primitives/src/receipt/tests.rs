use alloc::{vec, vec::Vec};

use bounded_collections::BoundedVec;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;

use super::*;
use crate::KeyBytes;

const GENESIS: Digest = [0xA1; 32];
const CUSTODIAN: ParticipantId = ParticipantId(2);
const WITNESS: ParticipantId = ParticipantId(5);

fn key(n: u8) -> SigningKey {
	SigningKey::from_bytes(&[n; 32])
}

fn public(n: u8) -> KeyBytes {
	key(n).verifying_key().to_bytes()
}

fn verify(signature: &[u8; 64], message: &[u8], key: &KeyBytes) -> bool {
	VerifyingKey::from_bytes(key)
		.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

fn epoch(number: u64) -> EpochInfo {
	EpochInfo { number, seed: [number as u8; 32], started: number * 1_000, length: 1_000 }
}

/// A vault with records of these sizes.
struct Vault(Vec<Vec<u8>>);

impl Vault {
	fn of(sizes: &[usize]) -> Self {
		Self(sizes.iter().enumerate().map(|(n, size)| vec![n as u8; *size]).collect())
	}

	fn rows(&self) -> Vec<Row> {
		let row = |(n, content): (usize, &Vec<u8>)| Row {
			record: RecordId([n as u8 + 1; 32]),
			root: *blake3::hash(content).as_bytes(),
			size: content.len() as u64,
			is_held: true,
		};
		self.0.iter().enumerate().map(row).collect()
	}

	fn challenge(&self) -> Challenge {
		let challenge = challenge_digest(&GENESIS, &epoch(7), CUSTODIAN, 0, WITNESS);
		Challenge {
			genesis: GENESIS,
			custodian: CUSTODIAN,
			cohort: 0,
			epoch: 7,
			witness: WITNESS,
			challenge,
			rows: self.0.len() as u16,
			since: LogHead { height: 3, head: [3; 32] },
			sealing_key: [0; 32],
		}
	}

	fn leaf(&self, challenge: &Challenge, n: usize, leaf: Option<u64>) -> RowAnswer {
		let (row, content) = (self.rows()[n], &self.0[n]);
		let number = leaf.unwrap_or_else(|| leaf_of(&challenge.challenge, &row.record, row.size));
		let mut hasher = leaf::GroupHasher::new();
		hasher.update(content);
		let group = leaf::bytes_of_group(number / leaf::GROUP_LEAVES, row.size);
		let group = &content[group.start as usize..group.end as usize];
		let path = leaf::path(number, row.size, &hasher.finish().1, group).unwrap();
		let bytes = leaf::bytes_of(number, row.size);
		let leaf = content[bytes.start as usize..bytes.end as usize].to_vec();
		RowAnswer::Held { leaf, path }
	}

	fn answers(&self, challenge: &Challenge) -> Vec<RowAnswer> {
		(0..self.0.len()).map(|n| self.leaf(challenge, n, None)).collect()
	}

	fn answer(&self, challenge: &Challenge, answers: Vec<RowAnswer>) -> Answer {
		let log = LogHead { height: 9, head: [9; 32] };
		Answer::new(challenge, &self.rows(), answers, log, |m| key(1).sign(m).to_bytes()).unwrap()
	}
}

fn checked(vault: &Vault, answer: &Answer) -> Result<Seen, Fault> {
	check(answer, &vault.challenge(), &vault.rows(), &public(1), verify)
}

#[test]
fn a_whole_cohort_is_seen() {
	let vault = Vault::of(&[0, 1, 1024, 1025, 70_000, 200_000]);
	let challenge = vault.challenge();
	let answer = vault.answer(&challenge, vault.answers(&challenge));
	assert_eq!(checked(&vault, &answer), Ok(Seen { missing: vec![], contradiction: None }));
}

#[test]
fn what_the_custodian_says_to_be_missing_is_missing_and_no_contradiction() {
	let vault = Vault::of(&[5000, 6000, 7000]);
	let challenge = vault.challenge();
	let mut answers = vault.answers(&challenge);
	answers[1] = RowAnswer::Missing;
	let answer = vault.answer(&challenge, answers);
	assert_eq!(checked(&vault, &answer), Ok(Seen { missing: vec![1], contradiction: None }));
}

#[test]
fn of_a_row_that_was_handed_over_nothing_is_expected() {
	let vault = Vault::of(&[5000, 6000, 7000, 8000]);
	let challenge = vault.challenge();
	let mut answers = vault.answers(&challenge);
	answers[0] = RowAnswer::Missing;
	for lied in [1, 3] {
		let RowAnswer::Held { leaf, .. } = &mut answers[lied] else { panic!("it is there") };
		leaf[0] ^= 1;
	}
	let answer = vault.answer(&challenge, answers);
	let seen_with = |handed_over: &[usize]| {
		let mut rows = vault.rows();
		handed_over.iter().for_each(|n| rows[*n].is_held = false);
		let seen = check(&answer, &challenge, &rows, &public(1), verify).unwrap();
		(seen.missing, seen.contradiction.map(|found| found.row))
	};
	assert_eq!(seen_with(&[]), (vec![0, 1, 3], Some(1)));
	assert_eq!(seen_with(&[0]), (vec![1, 3], Some(1)));
	// A lie about what is over does not hide the next one.
	assert_eq!(seen_with(&[0, 1]), (vec![3], Some(3)));
	assert_eq!(seen_with(&[0, 1, 2, 3]), (vec![], None));
}

#[test]
fn an_answer_to_another_challenge_counts_for_nothing() {
	let vault = Vault::of(&[5000, 6000]);
	let challenge = vault.challenge();
	let answer = vault.answer(&challenge, vault.answers(&challenge));
	let others = [
		Challenge { genesis: [0; 32], ..challenge },
		Challenge { custodian: ParticipantId(9), ..challenge },
		Challenge { cohort: 1, ..challenge },
		Challenge { epoch: 8, ..challenge },
		Challenge { witness: ParticipantId(9), ..challenge },
		Challenge { challenge: [0; 32], ..challenge },
		Challenge { rows: 1, ..challenge },
		Challenge { since: LogHead { height: 4, ..challenge.since }, ..challenge },
	];
	for other in others {
		let found = check(&answer, &other, &vault.rows(), &public(1), verify);
		assert_eq!(found, Err(Fault::Foreign), "{other:?}");
	}
}

#[test]
fn who_does_not_sign_with_the_receipt_key_has_no_receipt() {
	let vault = Vault::of(&[5000]);
	let challenge = vault.challenge();
	let mut answer = vault.answer(&challenge, vault.answers(&challenge));
	let found = check(&answer, &challenge, &vault.rows(), &public(2), verify);
	assert_eq!(found, Err(Fault::WrongSignature));
	answer.receipt.log.height += 1;
	assert_eq!(checked(&vault, &answer), Err(Fault::WrongSignature));
}

#[test]
fn what_is_sent_must_be_what_is_signed() {
	let vault = Vault::of(&[5000, 6000]);
	let challenge = vault.challenge();
	let right = vault.answer(&challenge, vault.answers(&challenge));
	let mut swapped = right.clone();
	swapped.rows[0] = RowAnswer::Missing;
	assert_eq!(checked(&vault, &swapped), Err(Fault::WrongResults));
	let mut fewer = right.clone();
	fewer.rows.pop();
	assert_eq!(checked(&vault, &fewer), Err(Fault::Malformed));
	let mut long = right;
	long.rows[0] = RowAnswer::Held { leaf: vec![0; 1025], path: vec![] };
	assert_eq!(checked(&vault, &long), Err(Fault::Malformed));
}

#[test]
fn an_answer_about_other_records_counts_for_nothing() {
	let (vault, other) = (Vault::of(&[5000, 6000]), Vault::of(&[6000, 5000]));
	let challenge = vault.challenge();
	let mut rows = vault.rows();
	rows[1].record = RecordId([77; 32]);
	let answer = other.answer(&challenge, other.answers(&challenge));
	let found = check(&answer, &challenge, &rows, &public(1), verify);
	assert_eq!(found, Err(Fault::WrongRows));
}

#[test]
fn a_shorter_or_forked_log_counts_for_nothing() {
	let vault = Vault::of(&[5000]);
	let challenge = vault.challenge();
	let with = |height, head| {
		let (log, answers) = (LogHead { height, head }, vault.answers(&challenge));
		Answer::new(&challenge, &vault.rows(), answers, log, |m| key(1).sign(m).to_bytes()).unwrap()
	};
	assert_eq!(checked(&vault, &with(2, [3; 32])), Err(Fault::LogShorter));
	assert_eq!(checked(&vault, &with(3, [4; 32])), Err(Fault::LogForked));
	assert!(checked(&vault, &with(3, [3; 32])).is_ok());
}

/// What is found of a custodian that signs this for row 1.
fn lie(vault: &Vault, wrong: RowAnswer) -> Seen {
	let challenge = vault.challenge();
	let mut answers = vault.answers(&challenge);
	answers[1] = wrong;
	let answer = vault.answer(&challenge, answers);
	checked(vault, &answer).unwrap()
}

#[test]
fn a_signed_wrong_leaf_is_missing_and_a_contradiction_that_the_chain_can_check() {
	let vault = Vault::of(&[5000, 6000, 7000, 100, 0]);
	let challenge = vault.challenge();
	let RowAnswer::Held { leaf, path } = vault.leaf(&challenge, 1, None) else { unreachable!() };
	let number = leaf_of(&challenge.challenge, &vault.rows()[1].record, 6000);
	let mut altered = leaf.clone();
	altered[0] ^= 1;
	let lies = [
		// A leaf of another record, and another leaf of the same one.
		vault.leaf(&challenge, 2, Some(0)),
		vault.leaf(&challenge, 1, Some((number + 1) % 6)),
		RowAnswer::Held { leaf: altered, path: path.clone() },
		// The right leaf with a wrong path.
		RowAnswer::Held { leaf: leaf.clone(), path: path[1..].to_vec() },
		RowAnswer::Held { leaf, path: path.iter().rev().copied().collect() },
	];
	for wrong in lies {
		let seen = lie(&vault, wrong);
		assert_eq!(seen.missing, vec![1]);
		let proof = seen.contradiction.expect("a signed lie");
		assert!(proof.is_proved(&vault.rows()[1], &public(1), verify));
		// Nobody else's, about no other row, and not altered.
		assert!(!proof.is_proved(&vault.rows()[1], &public(2), verify));
		let moved = Contradiction { row: 2, ..proof.clone() };
		assert!(!moved.is_proved(&vault.rows()[2], &public(1), verify));
		let mut result = proof.result.clone();
		result.held.as_mut().unwrap().value = [0; 32];
		let invented = Contradiction { result, ..proof };
		assert!(!invented.is_proved(&vault.rows()[1], &public(1), verify));
	}
}

#[test]
fn right_answers_and_honest_gaps_are_no_contradictions() {
	let vault = Vault::of(&[5000, 6000, 7000]);
	let challenge = vault.challenge();
	let RowAnswer::Held { leaf, path } = vault.leaf(&challenge, 1, None) else { unreachable!() };
	let seen = lie(&vault, RowAnswer::Held { leaf: vec![0; 10], path: path.clone() });
	let proof = seen.contradiction.unwrap();
	let value = leaf::value(proof.result.leaf, 6, &leaf);
	let right = HeldLeaf { value, path: BoundedVec::truncate_from(path) };
	for held in [None, Some(right)] {
		let result = RowResult { held, ..proof.result.clone() };
		let claimed = Contradiction { result, ..proof.clone() };
		assert!(!claimed.is_proved(&vault.rows()[1], &public(1), verify));
	}
}

fn report(rows: u16, missing: &[u16]) -> Report {
	Report {
		witness: WITNESS,
		key: public(3),
		custodian: CUSTODIAN,
		cohort: 0,
		epoch: 7,
		rows,
		ids: [0; 32],
		results: [0; 32],
		missing: BoundedVec::truncate_from(missing.to_vec()),
		log: LogHead::empty(GENESIS),
		receipt_signature: [0; 64],
	}
}

#[test]
fn missing_rows_must_be_ascending_and_among_those_looked_at() {
	let valid = |missing: &[u16]| report(10, missing).missing_is_valid();
	assert!(valid(&[]) && valid(&[0]) && valid(&[0, 9]));
	assert!(!valid(&[3, 3]) && !valid(&[4, 3]) && !valid(&[10]));
}

#[test]
fn a_cohort_becomes_fresh_when_a_quorum_has_seen_it_and_lapses_by_time() {
	let mut cohort = CohortRow::default();
	assert_eq!(cohort.state_of(0, 7_000), CohortState::New);
	assert!(!cohort.take(&report(10, &[]), 2, 3, &epoch(7), 7_100));
	assert_eq!(cohort.state_of(0, 7_100), CohortState::New);
	assert!(cohort.take(&report(8, &[]), 0, 3, &epoch(7), 7_200));
	let fresh = CohortState::Fresh { seen: 2, of: 3, at: 7_200, until: 9_000 };
	assert_eq!(cohort.state_of(7, 8_999), fresh);
	// One of the two did not look at it.
	assert_eq!(cohort.state_of(8, 8_999), CohortState::New);
	assert_eq!(cohort.state_of(7, 9_000), CohortState::Lapsed { at: 7_200 });
	// The first report of the next epoch changes nothing yet.
	assert!(!cohort.take(&report(10, &[]), 1, 3, &epoch(8), 8_100));
	assert_eq!(cohort.state_of(7, 8_999), fresh);
	assert!(cohort.has_reported(8, 1) && !cohort.has_reported(8, 0) && !cohort.has_reported(7, 1));
}

#[test]
fn one_witness_alone_neither_hides_a_row_nor_vouches_for_it() {
	let mut cohort = CohortRow::default();
	cohort.take(&report(10, &[4]), 0, 3, &epoch(7), 7_100);
	cohort.take(&report(10, &[]), 1, 3, &epoch(7), 7_200);
	let unsettled = CohortState::Unsettled { missed: 1, reported: 2, at: 7_200 };
	assert_eq!(cohort.state_of(4, 7_300), unsettled);
	let mut lost = cohort.clone();
	lost.take(&report(10, &[4]), 2, 3, &epoch(7), 7_300);
	assert_eq!(lost.state_of(4, 7_400), CohortState::Missing { at: 7_300 });
	cohort.take(&report(10, &[]), 2, 3, &epoch(7), 7_300);
	let state = cohort.state_of(4, 7_400);
	assert_eq!(state, CohortState::Fresh { seen: 2, of: 3, at: 7_300, until: 9_000 });
	let state = cohort.state_of(5, 7_400);
	assert_eq!(state, CohortState::Fresh { seen: 3, of: 3, at: 7_300, until: 9_000 });
}

#[test]
fn who_looked_at_few_rows_does_not_take_the_others_away() {
	let mut cohort = CohortRow::default();
	cohort.take(&report(1, &[]), 0, 3, &epoch(7), 7_100);
	cohort.take(&report(10, &[]), 1, 3, &epoch(7), 7_200);
	assert_eq!(cohort.state_of(4, 7_300), CohortState::New, "one has seen it");
	cohort.take(&report(10, &[]), 2, 3, &epoch(7), 7_300);
	let seen_by = |seen| CohortState::Fresh { seen, of: 3, at: 7_300, until: 9_000 };
	assert_eq!(cohort.state_of(0, 7_400), seen_by(3));
	assert_eq!(cohort.state_of(4, 7_400), seen_by(2));
}

#[test]
fn who_missed_a_row_is_known_after_the_next_epoch_began() {
	let mut cohort = CohortRow::default();
	cohort.take(&report(10, &[4, 6]), 0, 3, &epoch(7), 7_100);
	cohort.take(&report(10, &[6]), 2, 3, &epoch(7), 7_200);
	cohort.take(&report(10, &[]), 1, 3, &epoch(8), 8_100);
	let unsettled = CohortState::Unsettled { missed: 1, reported: 2, at: 7_200 };
	assert_eq!(cohort.state_of(4, 8_100), unsettled);
	assert_eq!(cohort.state_of(6, 8_100), CohortState::Missing { at: 7_200 });
	assert_eq!(cohort.state_of(4, 9_000), CohortState::Lapsed { at: 7_200 });
	let exceptions = cohort.fresh.map(|fresh| fresh.exceptions.into_inner()).unwrap_or_default();
	let missed_by = |row, witnesses| MissingRow { row, witnesses };
	assert_eq!(exceptions, [missed_by(4, 0b001), missed_by(6, 0b101)]);
}

#[test]
fn a_dispute_stands_until_a_quorum_of_a_later_epoch_has_seen_the_row() {
	let disputed = Some(Dispute { epoch: 7, row: 4 });
	let mut cohort = CohortRow { disputed, ..Default::default() };
	for place in 0..2 {
		cohort.take(&report(10, &[]), place, 3, &epoch(7), 7_100);
	}
	assert_eq!(cohort.state_of(4, 7_200), CohortState::Disputed { epoch: 7 });
	for place in 0..2 {
		cohort.take(&report(10, &[4]), place, 3, &epoch(8), 8_100);
	}
	assert_eq!(cohort.state_of(4, 8_200), CohortState::Disputed { epoch: 7 });
	for place in 0..2 {
		cohort.take(&report(10, &[]), place, 3, &epoch(9), 9_100);
	}
	assert!(matches!(cohort.state_of(4, 9_200), CohortState::Fresh { .. }));
}

proptest! {
	/// Against the plain statement of the rule: a row is fresh if a quorum of the witnesses of the latest
	/// epoch that had a quorum looked at it and saw it, missing if a quorum of them looked in vain, and
	/// unsettled if a quorum looked and neither is so.
	#[test]
	fn a_row_is_fresh_or_missing_only_by_a_quorum_that_says_so(
		reports in proptest::collection::vec(
			(0u64..4, 0u8..3, 1u16..20, proptest::collection::btree_set(0u16..20, 0..6)), 0..20,
		),
		row in 0u16..20,
	) {
		let mut cohort = CohortRow::default();
		let mut taken: Vec<(u64, u8, u16, Vec<u16>)> = Vec::new();
		let mut latest = 0;
		for (step, place, rows, missing) in reports {
			latest = latest.max(step);
			if cohort.has_reported(latest, place) || (cohort.drawn > 0 && cohort.epoch > latest) {
				continue;
			}
			let missing: Vec<_> = missing.into_iter().filter(|row| *row < rows).collect();
			cohort.take(&report(rows, &missing), place, 3, &epoch(latest), latest * 1_000);
			taken.push((latest, place, rows, missing));
		}
		let with_quorum = (0..4).rev().find(|e| taken.iter().filter(|t| t.0 == *e).count() >= 2);
		let of_epoch = taken.iter().filter(|t| Some(t.0) == with_quorum && row < t.2);
		let (missed, saw): (Vec<_>, Vec<_>) = of_epoch.partition(|t| t.3.contains(&row));
		let expected = match (saw.len(), missed.len()) {
			(2.., _) => "fresh",
			(_, 2..) => "missing",
			(1, 1) => "unsettled",
			_ => "new",
		};
		let now = with_quorum.unwrap_or(0) * 1_000;
		let found = match cohort.state_of(row, now) {
			CohortState::Fresh { .. } => "fresh",
			CohortState::Missing { .. } => "missing",
			CohortState::Unsettled { missed: 1, .. } => "unsettled",
			CohortState::New => "new",
			_ => "neither",
		};
		prop_assert_eq!(found, expected);
	}
}

#[cfg(feature = "seal")]
#[test]
fn a_sealed_answer_opens_for_its_witness_and_challenge_alone() {
	let vault = Vault::of(&[5000, 6000]);
	let challenge = vault.challenge();
	let answer = vault.answer(&challenge, vault.answers(&challenge));
	let (opener, other) = (seal::Opener::new(&[1; 32]), seal::Opener::new(&[2; 32]));
	let sealed = seal::seal(&opener.public(), &challenge.challenge, &answer).unwrap();
	let opened = opener.open(&challenge.challenge, &sealed).unwrap();
	assert_eq!(<Answer as codec::Decode>::decode(&mut &opened[..]), Ok(answer));
	assert_eq!(other.open(&challenge.challenge, &sealed), None);
	assert_eq!(opener.open(&[0; 32], &sealed), None);
	for cut in [0, 31, 32, sealed.len() - 1] {
		assert_eq!(opener.open(&challenge.challenge, &sealed[..cut]), None);
	}
}
