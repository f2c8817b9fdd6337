//! An answer that is wrong about one row, and signed.

use std::ops::Range;

use ward_primitives::{
	receipt::{
		leaf::{bytes_of, bytes_of_group, path, GroupHasher, GROUP_LEAVES},
		leaf_of, Answer, Challenge, LogHead, Row, RowAnswer,
	},
	Digest,
};

/// The answer to a challenge of who has these `contents` of the rows, and says of the row in one place that it
/// has it, too. None where rows and contents are not as many as were asked for.
pub(crate) fn lying(
	challenge: &Challenge,
	rows: &[Row],
	contents: Vec<Option<Vec<u8>>>,
	lie: u16,
	log: LogHead,
	sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> Option<Answer> {
	let answer = |(place, (row, content)): (u16, (&Row, Option<Vec<u8>>))| {
		let content = match place == lie {
			true => other_content(row.size),
			false => content.filter(|content| tree(content).0 == row.root),
		};
		let held = content.and_then(|content| held(&content, row, &challenge.challenge));
		held.unwrap_or(RowAnswer::Missing)
	};
	let answers = (0..).zip(rows.iter().zip(contents)).map(answer).collect();
	Answer::new(challenge, rows, answers, log, sign)
}

/// Content of this length that no record has: no ciphertext is all zeros.
fn other_content(size: u64) -> Option<Vec<u8>> {
	Some(vec![0; usize::try_from(size).ok()?])
}

/// The leaf of some content that a challenge asks for, and its path to the content's root. None if the content has
/// another length than the row says.
fn held(content: &[u8], row: &Row, challenge: &Digest) -> Option<RowAnswer> {
	let number = leaf_of(challenge, &row.record, row.size);
	let (_, groups) = tree(content);
	let group = part(content, bytes_of_group(number / GROUP_LEAVES, row.size))?;
	let path = path(number, row.size, &groups, group)?;
	let leaf = part(content, bytes_of(number, row.size))?.to_vec();
	Some(RowAnswer::Held { leaf, path })
}

/// The root of some content, and the chaining values of its groups.
fn tree(content: &[u8]) -> (Digest, Vec<Digest>) {
	let mut hasher = GroupHasher::new();
	hasher.update(content);
	hasher.finish()
}

fn part(content: &[u8], range: Range<u64>) -> Option<&[u8]> {
	content.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

#[cfg(test)]
mod tests {
	use ward_crypto::request::{verify_signature, RequestKey};
	use ward_primitives::{
		receipt::{check, Seen},
		ParticipantId, RecordId,
	};

	use super::*;

	const LOG: LogHead = LogHead { height: 4, head: [4; 32] };

	fn content(row: usize) -> Vec<u8> {
		(0..700 * (row + 1)).map(|n| (n * 7 + row + 1) as u8).collect()
	}

	fn rows() -> Vec<Row> {
		let row = |n: usize| Row {
			record: RecordId([n as u8; 32]),
			root: tree(&content(n)).0,
			size: 700 * (n as u64 + 1),
			is_held: true,
		};
		(0..4).map(row).collect()
	}

	fn challenge() -> Challenge {
		Challenge {
			genesis: [1; 32],
			custodian: ParticipantId(5),
			cohort: 0,
			epoch: 9,
			witness: ParticipantId(2),
			challenge: [7; 32],
			rows: 4,
			since: LOG,
			sealing_key: [0; 32],
		}
	}

	/// What a witness sees in the answer of who has these contents and lies about a row.
	fn seen(contents: Vec<Option<Vec<u8>>>, lie: u16) -> Seen {
		let key = RequestKey::from_seed([3; 32]);
		let sign = |message: &[u8]| key.sign(message);
		let answer = lying(&challenge(), &rows(), contents, lie, LOG, sign).unwrap();
		let verify = |signature: &[u8; 64], message: &[u8], key: &_| {
			verify_signature(key, message, signature)
		};
		let seen = check(&answer, &challenge(), &rows(), &key.public(), verify).unwrap();
		if let Some(contradiction) = &seen.contradiction {
			let row = &rows()[usize::from(contradiction.row)];
			assert!(contradiction.is_proved(row, &key.public(), verify));
		}
		seen
	}

	#[test]
	fn a_witness_can_prove_the_lie_and_sees_the_other_rows() {
		let contents: Vec<_> = (0..4).map(|n| Some(content(n))).collect();
		for lie in 0..4 {
			let seen = seen(contents.clone(), lie);
			assert_eq!(seen.missing, [lie]);
			assert_eq!(seen.contradiction.unwrap().row, lie);
		}
	}

	#[test]
	fn what_is_not_on_disk_is_said_to_be_missing_and_no_lie() {
		let mut altered = content(2);
		altered[9] ^= 1;
		let seen = seen(vec![Some(content(1)), None, Some(altered), Some(content(3))], 3);
		assert_eq!(seen.missing, [0, 1, 2, 3]);
		assert_eq!(seen.contradiction.unwrap().row, 3);
	}
}
