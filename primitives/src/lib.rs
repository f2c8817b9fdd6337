//! # Ward primitives
//!
//! What the pallets, the vault, the client and a verifier must agree on to the byte: identifiers,
//! hashed and signed formats, and the access decision. Pure logic without I/O, `no_std`.
//!
//! Every byte string that Ward hashes or signs starts with a [domain tag](hash::Domain) and is
//! described, with vectors that another language can run, in `docs/protocol.md`.
//!
//! - [`decision`]: the one function that decides who may do what, [`decision::decide`].
//! - [`inputs`]: how its inputs are gathered from chain state.
//! - [`record`], [`attributes`], [`deposit`]: what a record is and what its custodian signs.
//! - [`participant`], [`proof`]: who takes part, and how a newcomer proves a key.
//! - [`receipt`]: how other centers see that a custodian still has a record.
//! - [`request`]: what the signature of a request to a vault covers.
//! - [`consent`]: grants and their scopes, in the shape of a FHIR R4 `Consent`.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod attributes;
pub mod category;
pub mod consent;
pub mod council;
pub mod decision;
pub mod deposit;
pub mod hash;
pub mod inputs;
pub mod interval;
#[cfg(feature = "serde")]
pub mod json;
pub mod participant;
pub mod proof;
pub mod purpose;
pub mod receipt;
pub mod record;
pub mod refusal;
pub mod request;
pub mod seat;
pub mod traits;

pub use attributes::{Attributes, AttributesOpening, DataPeriod, Sensitivity};
pub use category::{Category, CategorySet};
pub use consent::{AccessRequest, Action, ActionSet, Grant, GrantId, GrantTerms, Scope};
pub use decision::{decide, Basis, Decision, Reason};
pub use deposit::{Deposit, DepositReceipt};
pub use interval::{Interval, Moment, Timeline};
pub use participant::{KeyRoles, KeyRow, ParticipantId, ParticipantRow, Role, VaultRow};
pub use purpose::{PurposeOfUse, PurposeSet};
pub use record::{Custodian, HandOver, NewRecord, RecordContent, RecordId, RecordRow};

/// A 32-byte digest: BLAKE2b-256 unless its name says otherwise.
pub type Digest = [u8; 32];

/// The 32 bytes of an account or a key. For Ed25519 and sr25519 these are the public key itself.
pub type KeyBytes = [u8; 32];
