//! # Ward vault: the interface
//!
//! What a vault and those who talk to it say in JSON, as `docs/protocol.md` has it, and the hashed form
//! of an access log entry. Both sides use these types, so that neither can drift from the other.
//!
//! Members that mirror the chain's own types are named as there. Byte strings of fixed length are `0x`
//! and hexadecimal digits ([`hex`]), others base64 ([`base64`]). What a vault is told must have no
//! members that it does not know; what it answers may.
//!
//! The feature `openapi` adds the descriptions from which `ward-vault openapi` is made.

#![forbid(unsafe_code)]

pub mod base64;
pub mod contingency;
pub mod deposit;
pub mod hex;
pub mod info;
pub mod log;
pub mod problem;
pub mod record;
pub mod release;
pub mod sealing_key;
