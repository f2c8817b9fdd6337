//! # Ward chain client
//!
//! A typed connection to a Ward node: state at a block, finalized blocks as they come, signed calls.
//! The connection reconnects by itself.
//!
//! - [`Chain`]: the connection.
//! - [`State`]: the chain at one block; one method for each function of the node's `WardApi`.
//! - [`Call`]: a call to one of Ward's pallets; [`Signing`]: signing many ahead of sending them.

#![forbid(unsafe_code)]

mod blocks;
mod call;
mod chain;
mod config;
mod error;
mod event;
mod finality;
mod inner;
mod latest;
mod memory;
mod node;
mod rpc;
mod signer;
mod signing;
mod state;
mod submit;
#[cfg(test)]
mod testing;
mod transaction;

pub use call::{Call, WeightBound};
pub use chain::{Chain, Head, SyncStatus};
pub use error::ChainError;
pub use event::{Event, Failure};
pub use finality::FinalityRound;
pub use inner::DecodedCall;
pub use node::{code_hash, NodeVersion, RuntimeVersion, SessionKeys, WITNESS_KEY_TYPE};
pub use signer::CallSigner;
pub use signing::{SignedCall, Signing};
pub use state::{Authorization, BatchFault, State};
pub use submit::{Finalized, Progress};
