//! Submitting calls.

use crate::{
	error::hex,
	rpc::Subscription,
	transaction::{Transaction, VALID_FOR_BLOCKS},
	Call, CallSigner, Chain, ChainError, Event, Failure,
};
use futures::StreamExt;
use sp_crypto_hashing::blake2_256;
use std::{convert::Infallible, time::Duration};
use subxt::{
	rpcs::{methods::legacy::TransactionStatus, Error as RpcError, UserError},
	utils::H256,
};
use tokio::time::{timeout_at, Instant};
use ward_primitives::{refusal::Refusal, Digest, GrantId, ParticipantId, RecordId};

/// How long to listen to what the node reports about a transaction: longer than it is valid.
const WATCH_TIMEOUT: Duration = Duration::from_secs(150);

/// How long to look for a transaction in the finalized blocks afterwards.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(150);

/// The pause between two attempts to submit what is searched for.
const RESUBMIT_PAUSE: Duration = Duration::from_secs(6);

/// The pause before an unreachable node is asked for the same block again.
const SEARCH_PAUSE: Duration = Duration::from_secs(1);

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
	/// Signed; this is its hash.
	Signed(Digest),
	/// Accepted by the node's transaction pool.
	Accepted,
	/// In this block, which is not final yet.
	InBlock(Digest),
	/// Its block was replaced by another one; it will be included again.
	Retracted,
	/// The connection was lost; the finalized blocks are searched for the transaction instead.
	Searching,
	/// In this block, which is final.
	Finalized(Digest),
}

/// A call that succeeded in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finalized {
	/// The hash of the block.
	pub block: Digest,
	/// The number of the block.
	pub number: u64,
	/// The transaction's hash.
	pub transaction: Digest,
	/// Whether the block is final: always, unless it was asked not to wait for that.
	pub is_final: bool,
	/// What the call changed.
	pub events: Vec<Event>,
	/// For a call that carried out another one, such as the closing of a motion: what came of that
	/// one. The outer call succeeds even if the inner one fails.
	pub carried_out: Option<Result<(), Failure>>,
}

impl Finalized {
	/// The participant that the call enrolled.
	pub fn enrolled(&self) -> Option<ParticipantId> {
		self.events.iter().find_map(Event::enrolled)
	}

	/// The records that the call anchored.
	pub fn anchored(&self) -> Vec<RecordId> {
		self.events.iter().filter_map(Event::anchored).collect()
	}

	/// The grant that the call gave.
	pub fn granted(&self) -> Option<GrantId> {
		self.events.iter().find_map(Event::granted)
	}
}

/// When a call counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
	/// When it is in a block that is final.
	Final,
	/// When it is in a block.
	InBlock,
}

/// Signs `call`, submits it and waits until it is done.
pub(crate) async fn submit(
	chain: &Chain,
	signer: &impl CallSigner,
	call: Call,
	until: Until,
	mut on: impl FnMut(Progress) + Send,
) -> Result<Finalized, ChainError> {
	if chain.sync_status().await?.is_syncing {
		return Err(ChainError::Syncing);
	}
	let mut nonce = None;
	let (transaction, block) = loop {
		let sent = send(chain, signer, call.clone(), &mut nonce, until, &mut on).await?;
		match sent {
			Sent::Taken(transaction, block) => break (transaction, block),
			Sent::Refused { error, signed_for } => {
				// A runtime that came meanwhile takes no signature for the former one. Signed once more with
				// the same nonce, only one of the two can ever be included.
				if chain.rpc.runtime_version().await?.spec_version == signed_for {
					return Err(error);
				}
			},
		}
	};
	let outcome = match block {
		Some(block) => inspect(chain, block, &transaction, until).await,
		None => {
			on(Progress::Searching);
			search(chain, &transaction, until).await
		},
	};
	match outcome {
		Ok(finalized) => {
			if finalized.is_final {
				on(Progress::Finalized(finalized.block));
			}
			Ok(finalized)
		},
		Err(
			settled @ (ChainError::Failed { .. }
			| ChainError::NotIncluded { .. }
			| ChainError::TimedOut { .. }),
		) => Err(settled),
		// The transaction may have had its effect, which another error must not hide.
		Err(error) => {
			let transaction = transaction.hash;
			tracing::warn!(%error, transaction = hex(&transaction), "cannot learn the outcome");
			Err(ChainError::TimedOut { transaction })
		},
	}
}

/// What became of a transaction that was handed to the pool.
enum Sent {
	/// It is on its way, and in this block if that is known.
	Taken(Transaction, Option<Digest>),
	/// The node says that the transaction itself is not valid, which was signed for that version of the
	/// runtime.
	Refused { error: ChainError, signed_for: u32 },
}

/// Signs a call and hands it to the pool, and listens to what the node reports of it. The first attempt
/// sets the nonce, and later ones use it again.
async fn send(
	chain: &Chain,
	signer: &impl CallSigner,
	call: Call,
	nonce: &mut Option<u64>,
	until: Until,
	on: &mut (impl FnMut(Progress) + Send),
) -> Result<Sent, ChainError> {
	let in_turn = chain.submitting.lock().await;
	let (block, signed_for) = signing_block(chain, until).await?;
	let client = chain.client_at(block, chain.rpc.number(block).await?).await?;
	let nonce = match *nonce {
		Some(nonce) => nonce,
		None => *nonce.insert(chain.rpc.next_nonce(signer.account()).await?),
	};
	let transaction = Transaction::sign(&client, block, signer, nonce, call)?;
	on(Progress::Signed(transaction.hash));
	let statuses = match enter_pool(chain, &transaction).await {
		// The pool says that the signature is bad. Perhaps the block that it is bound to is too old.
		Err(error @ ChainError::Refused { refusal: None, .. }) => {
			let best = chain.rpc.number(chain.rpc.best_hash().await?).await?;
			let finalized = transaction.signed_at;
			return match best.saturating_sub(finalized) >= VALID_FOR_BLOCKS {
				true => Err(ChainError::Stalled { finalized, best }),
				false => Ok(Sent::Refused { error, signed_for }),
			};
		},
		statuses => statuses?,
	};
	drop(in_turn);
	let block = match statuses {
		Some(statuses) => match watch(statuses, until, on).await {
			Err(error @ ChainError::Refused { refusal: None, .. }) => {
				return Ok(Sent::Refused { error, signed_for })
			},
			block => block?,
		},
		None => None,
	};
	Ok(Sent::Taken(transaction, block))
}

/// The block that a transaction is signed at, and the version of the runtime after it.
///
/// The last final one, so that the transaction is valid on every fork; the newest one if finality is not
/// waited for, because what is bound to a block that is too old is refused; and the newest one while a
/// new runtime is not final yet, because signatures for the former one are refused already.
async fn signing_block(chain: &Chain, until: Until) -> Result<(Digest, u32), ChainError> {
	let (finalized, best) = (chain.rpc.finalized_hash().await?, chain.rpc.best_hash().await?);
	let newest = chain.rpc.runtime_version_at(Some(best)).await?.spec_version;
	let is_upgraded = chain.rpc.runtime_version_at(Some(finalized)).await?.spec_version != newest;
	match until == Until::InBlock || is_upgraded {
		true => Ok((best, newest)),
		false => Ok((finalized, newest)),
	}
}

/// Hands the transaction to the pool. None if the connection was lost so that nobody knows whether it
/// arrived.
async fn enter_pool(
	chain: &Chain,
	transaction: &Transaction,
) -> Result<Option<Subscription<TransactionStatus<H256>>>, ChainError> {
	let mut is_retry = false;
	loop {
		match chain.rpc.submit(&transaction.bytes).await {
			Ok(Ok(statuses)) => return Ok(Some(statuses)),
			// The same bytes have the same hash and nonce: they cannot take effect twice.
			Ok(Err(RpcError::DisconnectedWillReconnect(_))) if !is_retry => is_retry = true,
			// A retry that the node refuses may mean that the first one has arrived.
			Ok(Err(RpcError::User(_))) if is_retry => return Ok(None),
			Ok(Err(RpcError::User(error))) if error.code == ALREADY_IMPORTED => return Ok(None),
			Ok(Err(RpcError::User(error))) if POOL_ERRORS.contains(&error.code) => {
				return Err(refused(&error))
			},
			Ok(Err(error @ RpcError::User(_))) => {
				return Err(chain.rpc.error("author_submitAndWatchExtrinsic", error))
			},
			Ok(Err(_)) | Err(_) => return Ok(None),
		}
	}
}

/// The codes with which a node reports that its pool refuses a transaction.
const POOL_ERRORS: std::ops::Range<i32> = 1010..1022;

/// The code for a transaction that the pool has already.
const ALREADY_IMPORTED: i32 = 1013;

/// What the pool's refusal means.
fn refused(error: &UserError) -> ChainError {
	let data = error.data.as_ref().map(|data| data.get().trim_matches('"').to_owned());
	let refusal = data
		.as_deref()
		.and_then(|data| data.strip_prefix("Custom error: "))
		.and_then(|code| code.parse().ok())
		.and_then(Refusal::from_code);
	let reason = match (refusal, data) {
		(Some(refusal), _) => refusal.explanation().to_owned(),
		(None, Some(data)) => format!("{}: {data}", error.message),
		(None, None) => error.message.clone(),
	};
	ChainError::Refused { refusal, reason }
}

/// Listens to what the node reports until the transaction is done, and returns the block that it is in.
/// None if the node reports no more though the transaction may still be included.
async fn watch(
	mut statuses: Subscription<TransactionStatus<H256>>,
	until: Until,
	on: &mut (impl FnMut(Progress) + Send),
) -> Result<Option<Digest>, ChainError> {
	let deadline = Instant::now() + WATCH_TIMEOUT;
	let out_of_pool = |reason: &str| ChainError::Refused { refusal: None, reason: reason.into() };
	while let Ok(Some(Ok(status))) = timeout_at(deadline, statuses.next()).await {
		match status {
			TransactionStatus::Ready | TransactionStatus::Future => on(Progress::Accepted),
			TransactionStatus::Broadcast(_) => {},
			TransactionStatus::InBlock(block) => {
				on(Progress::InBlock(block.into()));
				if until == Until::InBlock {
					return Ok(Some(block.into()));
				}
			},
			TransactionStatus::Retracted(_) => on(Progress::Retracted),
			TransactionStatus::Finalized(block) => return Ok(Some(block.into())),
			TransactionStatus::Usurped(_) => {
				return Err(out_of_pool("another transaction of the same key took its place"))
			},
			TransactionStatus::Invalid => return Err(out_of_pool(
				"it is no longer valid: another transaction of the same key came first, or the \
					 key or its quota changed; send again",
			)),
			// Other nodes may have it, or the finality of its block comes late.
			TransactionStatus::Dropped | TransactionStatus::FinalityTimeout(_) => break,
		}
	}
	Ok(None)
}

/// Looks for the transaction in the blocks in which it can be.
async fn search(
	chain: &Chain,
	transaction: &Transaction,
	until: Until,
) -> Result<Finalized, ChainError> {
	let search = async {
		match until {
			Until::Final => search_blocks(chain, transaction).await,
			Until::InBlock => search_newest_blocks(chain, transaction).await,
		}
	};
	let found = async {
		tokio::select! {
			found = search => found,
			never = resubmit(chain, transaction) => match never {},
		}
	};
	match tokio::time::timeout(SEARCH_TIMEOUT, found).await {
		Ok(Ok(Some(block))) => inspect(chain, block, transaction, until).await,
		Ok(Ok(None)) => Err(ChainError::NotIncluded { transaction: transaction.hash }),
		Ok(Err(error)) => Err(error),
		Err(_) => Err(ChainError::TimedOut { transaction: transaction.hash }),
	}
}

/// Hands the transaction to the pool again and again: a node that was restarted has forgotten it. The
/// same bytes cannot take effect twice, so it does not matter what the node answers.
async fn resubmit(chain: &Chain, transaction: &Transaction) -> Infallible {
	loop {
		if let Err(error) = chain.rpc.resubmit(&transaction.bytes).await {
			tracing::debug!(%error, transaction = hex(&transaction.hash), "not submitted again");
		}
		tokio::time::sleep(RESUBMIT_PAUSE).await;
	}
}

/// The block that the transaction is in, once that is final; none once it can no longer be in any.
async fn search_blocks(
	chain: &Chain,
	transaction: &Transaction,
) -> Result<Option<Digest>, ChainError> {
	let mut blocks = chain.finalized_blocks_from(transaction.signed_at + 1);
	while let Some(state) = blocks.next().await {
		let state = match state {
			Err(ChainError::Unreachable { .. }) => continue,
			state => state?,
		};
		if state.number > transaction.signed_at + VALID_FOR_BLOCKS {
			return Ok(None);
		}
		let position = loop {
			match position(chain, state.hash, transaction).await {
				Err(ChainError::Unreachable { .. }) => tokio::time::sleep(SEARCH_PAUSE).await,
				position => break position?,
			}
		};
		if position.is_some() {
			return Ok(Some(state.hash));
		}
	}
	Ok(None)
}

/// The block of the longest chain that the transaction is in; none if it can no longer come into any.
async fn search_newest_blocks(
	chain: &Chain,
	transaction: &Transaction,
) -> Result<Option<Digest>, ChainError> {
	let mut number = transaction.signed_at + 1;
	while number <= transaction.signed_at + VALID_FOR_BLOCKS {
		let found = async {
			match chain.block_hash(number).await? {
				Some(block) => Ok(Some((block, position(chain, block, transaction).await?))),
				None => Ok(None),
			}
		};
		match found.await {
			Ok(Some((block, Some(_)))) => return Ok(Some(block)),
			Ok(Some((_, None))) => number += 1,
			Ok(None) | Err(ChainError::Unreachable { .. }) => {
				tokio::time::sleep(SEARCH_PAUSE).await;
			},
			Err(error) => return Err(error),
		}
	}
	Ok(None)
}

/// The transaction's number in a block.
async fn position(
	chain: &Chain,
	block: Digest,
	transaction: &Transaction,
) -> Result<Option<usize>, ChainError> {
	let transactions = chain.rpc.transactions(block).await?;
	Ok(transactions.iter().position(|bytes| blake2_256(bytes) == transaction.hash))
}

/// What the transaction did in a block.
async fn inspect(
	chain: &Chain,
	block: Digest,
	transaction: &Transaction,
	until: Until,
) -> Result<Finalized, ChainError> {
	let position = position(chain, block, transaction).await?;
	let position = position.and_then(|position| u32::try_from(position).ok());
	let position = position.ok_or_else(|| ChainError::Unreadable {
		to: format!("block {}", hex(&block)),
		reason: format!("it lacks transaction {}", hex(&transaction.hash)),
	})?;
	let state = chain.at(block).await?;
	let (mut events, metadata) = state.events_and_metadata().await?;
	events.retain(|event| event.transaction == Some(position));
	if let Some(failure) = events.iter().find_map(|event| event.failure(&metadata)) {
		return Err(failure);
	}
	let carried_out = events.iter().find_map(|event| event.carried_out(&metadata)).transpose()?;
	let (number, transaction, is_final) = (state.number, transaction.hash, until == Until::Final);
	Ok(Finalized { block, number, transaction, is_final, events, carried_out })
}

#[cfg(test)]
mod tests;
