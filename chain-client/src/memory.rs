//! What a node has answered about blocks. Facts of a block never change, so each needs to be asked once.

use crate::ChainError;
use codec::{DecodeAll, Encode};
use std::{future::Future, sync::Arc, time::Duration};
use ward_primitives::Digest;

/// How many bytes of questions and answers are kept.
const CAPACITY: u64 = 16 << 20;

/// For how long they are kept after they were of use: longer than a block stays a head.
const IDLE: Duration = Duration::from_secs(30);

/// A bound for what an entry costs besides its bytes.
const OVERHEAD: usize = 256;

/// A block, and what was asked about it.
type Question = (Digest, Box<[u8]>);

/// Answers about blocks. Clones share them.
#[derive(Clone)]
pub(crate) struct Memory(moka::sync::Cache<Question, Arc<[u8]>>);

impl Memory {
	pub(crate) fn new() -> Self {
		let size = |question: &Question, answer: &Arc<[u8]>| {
			u32::try_from(OVERHEAD + question.1.len() + answer.len()).unwrap_or(u32::MAX)
		};
		let cache = moka::sync::Cache::builder().max_capacity(CAPACITY).weigher(size);
		Self(cache.time_to_idle(IDLE).build())
	}

	/// The answer to `question` about the block `at`. Errors are not remembered.
	pub(crate) async fn recall(
		&self,
		at: Digest,
		question: impl Encode,
		ask: impl Future<Output = Result<Vec<u8>, ChainError>>,
	) -> Result<Arc<[u8]>, ChainError> {
		let key = (at, question.encode().into_boxed_slice());
		if let Some(known) = self.0.get(&key) {
			return Ok(known);
		}
		let answer: Arc<[u8]> = ask.await?.into();
		self.0.insert(key, answer.clone());
		Ok(answer)
	}

	/// As [`Self::recall`], for an answer of another type than bytes.
	pub(crate) async fn recall_value<T: Encode + DecodeAll>(
		&self,
		at: Digest,
		question: impl Encode,
		ask: impl Future<Output = Result<T, ChainError>>,
	) -> Result<T, ChainError> {
		let answer = self.recall(at, question, async { Ok(ask.await?.encode()) }).await?;
		Ok(T::decode_all(&mut &answer[..]).expect("the bytes are an encoding of it; qed"))
	}
}
