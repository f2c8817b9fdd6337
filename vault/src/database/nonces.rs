//! The memory of nonces: a signed request works once, also across a restart.

use redb::{ReadableTable, TableDefinition, WriteTransaction};
use ward_primitives::{KeyBytes, Moment};

use super::{loss::lost_nonces, Database, Result};

pub(crate) const NONCES: TableDefinition<(&[u8; 32], &str), u64> = TableDefinition::new("nonces");
pub(crate) const BY_EXPIRY: TableDefinition<(u64, &[u8; 32], &str), ()> =
	TableDefinition::new("nonces-by-expiry");

/// How many forgotten nonces go in one transaction.
const SWEEP: usize = 10_000;

pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<()> {
	transaction.open_table(NONCES)?;
	transaction.open_table(BY_EXPIRY)?;
	Ok(())
}

impl Database {
	/// Whether a key has used a nonce that is still remembered.
	pub async fn is_nonce_used(&self, key: KeyBytes, nonce: String) -> Result<bool> {
		self.read(move |transaction| {
			Ok(transaction.open_table(NONCES)?.get((&key, nonce.as_str()))?.is_some())
		})
		.await
	}

	/// Remembers a nonce until `forget_at`. False if the key has used it before, or may have: a memory that
	/// lost some takes none that ends before they do.
	pub async fn use_nonce(&self, key: KeyBytes, nonce: String, forget_at: Moment) -> Result<bool> {
		self.write(move |transaction| {
			let mut nonces = transaction.open_table(NONCES)?;
			let is_used = nonces.get((&key, nonce.as_str()))?.is_some();
			if is_used || forget_at <= lost_nonces(transaction)? {
				return Ok(false);
			}
			nonces.insert((&key, nonce.as_str()), forget_at)?;
			transaction.open_table(BY_EXPIRY)?.insert((forget_at, &key, nonce.as_str()), ())?;
			Ok(true)
		})
		.await
	}

	/// Forgets nonces of requests that are over by their time. Returns how many.
	pub async fn forget_nonces(&self, now: Moment) -> Result<usize> {
		// Most of the time there are none, and a write costs the disk something.
		let any = self.read(move |transaction| {
			let by_expiry = transaction.open_table(BY_EXPIRY)?;
			let first = by_expiry.first()?;
			Ok(first.is_some_and(|(row, _)| row.value().0 < now))
		});
		if !any.await? {
			return Ok(0);
		}
		self.write(move |transaction| {
			let mut nonces = transaction.open_table(NONCES)?;
			let mut by_expiry = transaction.open_table(BY_EXPIRY)?;
			let mut over = Vec::new();
			for row in by_expiry.range(..(now, &[0; 32], ""))?.take(SWEEP) {
				let (row, ()) = row.map(|(key, _)| (key, ()))?;
				let (expiry, key, nonce) = row.value();
				over.push((expiry, *key, nonce.to_owned()));
			}
			for (expiry, key, nonce) in &over {
				nonces.remove((key, nonce.as_str()))?;
				by_expiry.remove((*expiry, key, nonce.as_str()))?;
			}
			Ok(over.len())
		})
		.await
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn a_nonce_stays_used_across_a_restart_until_it_is_forgotten() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.redb");
		let nonce = || "n".repeat(16);
		let first = Database::open(&path).unwrap();
		assert!(first.use_nonce([1; 32], nonce(), 100).await.unwrap());
		assert!(!first.use_nonce([1; 32], nonce(), 100).await.unwrap());
		assert!(first.use_nonce([2; 32], nonce(), 100).await.unwrap(), "another key's");
		drop(first);
		let second = Database::open(&path).unwrap();
		assert!(second.is_nonce_used([1; 32], nonce()).await.unwrap());
		assert_eq!(second.forget_nonces(100).await.unwrap(), 0);
		assert!(!second.use_nonce([1; 32], nonce(), 100).await.unwrap());
		assert_eq!(second.forget_nonces(101).await.unwrap(), 2);
		assert!(second.use_nonce([1; 32], nonce(), 200).await.unwrap());
	}
}
