//! # Ward crypto
//!
//! The cryptography that vault and client share, as `docs/protocol.md` describes it. Ward invents
//! none of it: this crate puts standard parts together and holds them to one format.
//!
//! - [`content`]: sealing a record's content under a data key (ChaCha20-Poly1305 in the STREAM
//!   construction, BLAKE3, Padmé).
//! - [`wrap`]: wrapping a data key for a recipient (HPKE with X-Wing).
//! - [`request`]: signing requests to a vault (HTTP Message Signatures with Ed25519).

#![forbid(unsafe_code)]

pub mod content;
pub mod request;
pub mod wrap;
