//! Public sealing keys of participants, for those who write about them. One for each participant: a
//! later key takes the place of the one before.

use codec::{Decode, Encode};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use ward_primitives::{
	participant::{SealingKey, SealingSuite},
	ParticipantId,
};

use super::{decode, Database, Result};

pub(crate) const SEALING_KEYS: TableDefinition<u64, &[u8]> = TableDefinition::new("sealing-keys");
/// Digest and participant: nothing keeps two participants from having the same key.
pub(crate) const BY_DIGEST: TableDefinition<(&[u8; 32], u64), ()> =
	TableDefinition::new("sealing-keys-by-digest");

pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(SEALING_KEYS)?;
	transaction.open_table(BY_DIGEST)?;
	Ok(())
}

/// A key as it was lodged.
#[derive(Encode, Decode)]
pub(crate) struct Row {
	suite: SealingSuite,
	public_key: Vec<u8>,
}

impl Row {
	/// The key as the chain knows it.
	pub(crate) fn sealing_key(&self) -> SealingKey {
		SealingKey::of(self.suite, &self.public_key)
	}
}

impl Database {
	/// Lodges the key of a participant. False if it was lodged already.
	pub async fn lodge_sealing_key(
		&self,
		owner: ParticipantId,
		suite: SealingSuite,
		public_key: Vec<u8>,
	) -> Result<bool> {
		self.write(move |transaction| {
			let mut keys = transaction.open_table(SEALING_KEYS)?;
			let mut by_digest = transaction.open_table(BY_DIGEST)?;
			let new = Row { suite, public_key: public_key.clone() };
			let before: Option<Row> =
				keys.get(owner.0)?.map(|row| decode(row.value())).transpose()?;
			if let Some(before) = before {
				if before.sealing_key() == new.sealing_key() {
					return Ok(false);
				}
				by_digest.remove((&before.sealing_key().digest, owner.0))?;
			}
			by_digest.insert((&new.sealing_key().digest, owner.0), ())?;
			keys.insert(owner.0, new.encode().as_slice())?;
			Ok(true)
		})
		.await
	}

	/// The key with this digest, if anybody's is lodged.
	pub async fn sealing_key(&self, digest: [u8; 32]) -> Result<Option<(SealingSuite, Vec<u8>)>> {
		self.read(move |transaction| {
			let by_digest = transaction.open_table(BY_DIGEST)?;
			let Some(entry) = by_digest.range((&digest, 0)..=(&digest, u64::MAX))?.next() else {
				return Ok(None);
			};
			let owner = entry?.0.value().1;
			let keys = transaction.open_table(SEALING_KEYS)?;
			let row: Option<Row> = keys.get(owner)?.map(|row| decode(row.value())).transpose()?;
			Ok(row.map(|row| (row.suite, row.public_key)))
		})
		.await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SUITE: SealingSuite = SealingSuite::XWing;
	const ANNA: ParticipantId = ParticipantId(1);
	const BERT: ParticipantId = ParticipantId(2);

	fn digest(key: &[u8]) -> [u8; 32] {
		SealingKey::of(SUITE, key).digest
	}

	#[tokio::test]
	async fn a_later_key_takes_the_place_of_the_one_before_across_a_restart() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.redb");
		let database = Database::open(&path).unwrap();
		assert!(database.lodge_sealing_key(ANNA, SUITE, vec![1; 9]).await.unwrap());
		assert!(!database.lodge_sealing_key(ANNA, SUITE, vec![1; 9]).await.unwrap());
		assert!(database.lodge_sealing_key(ANNA, SUITE, vec![2; 9]).await.unwrap());
		drop(database);
		let database = Database::open(&path).unwrap();
		assert_eq!(database.sealing_key(digest(&[1; 9])).await.unwrap(), None);
		let found = database.sealing_key(digest(&[2; 9])).await.unwrap();
		assert_eq!(found, Some((SUITE, vec![2; 9])));
	}

	#[tokio::test]
	async fn a_key_of_two_participants_stays_until_both_have_another() {
		let home = tempfile::tempdir().unwrap();
		let database = Database::open(&home.path().join("vault.redb")).unwrap();
		for owner in [ANNA, BERT] {
			assert!(database.lodge_sealing_key(owner, SUITE, vec![1; 9]).await.unwrap());
		}
		let shared = digest(&[1; 9]);
		database.lodge_sealing_key(ANNA, SUITE, vec![2; 9]).await.unwrap();
		assert!(database.sealing_key(shared).await.unwrap().is_some());
		database.lodge_sealing_key(BERT, SUITE, vec![3; 9]).await.unwrap();
		assert_eq!(database.sealing_key(shared).await.unwrap(), None);
	}
}
