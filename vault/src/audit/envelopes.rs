//! The wrapped keys that a vault releases from: each opens with its release key. Those of patient-only records
//! are released as they are.

use redb::{ReadTransaction, ReadableTable};
use ward_crypto::wrap::WrappedKey;
use ward_primitives::{participant::SealingSuite, Digest, ParticipantId, RecordId};

use super::Finding;
use crate::{
	database::{
		decode,
		deposits::{DepositRow, DEPOSITS, WRAPS},
		Result,
	},
	release::ReleaseService,
};

pub(super) fn check(
	transaction: &ReadTransaction,
	release: &ReleaseService,
	center: ParticipantId,
	genesis: Digest,
) -> Result<Vec<Finding>> {
	let deposits = transaction.open_table(DEPOSITS)?;
	let mut findings = Vec::new();
	for entry in transaction.open_table(WRAPS)?.iter()? {
		let (key, value) = entry?;
		let (record, recipient) = key.value();
		if recipient != center.0 {
			continue;
		}
		let row = deposits.get(record)?.and_then(|row| decode::<DepositRow>(row.value()).ok());
		if row.is_some_and(|row| row.patient_only) {
			continue;
		}
		let record = RecordId(*record);
		let opens = |(suite, sealed): (SealingSuite, Vec<u8>)| {
			let wrapped = WrappedKey { recipient: center, suite, sealed };
			release.check(&wrapped, genesis, record).is_ok()
		};
		if !decode(value.value()).is_ok_and(opens) {
			let what = "its data key does not open with this vault's release key; put the latest \
			            sound copy of vault.redb back, and check that keys/release.key is the right one";
			findings.push(Finding::of(record, "wrap-damaged", what));
		}
	}
	Ok(findings)
}
