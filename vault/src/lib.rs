//! # Ward vault
//!
//! A medical center's storage server. It keeps records as ciphertext, signs for what it keeps,
//! follows the chain to learn what was anchored, and releases content and data keys to whom the
//! chain's state permits it, and to nobody else. Every decision is in a log that the patient can
//! read.
//!
//! The protocol is described in `docs/protocol.md`; how requests look in detail is described by the
//! vault itself (`ward-vault openapi`).
//!
//! - [`router`], [`controllers`], [`authentication`], [`error`]: HTTP.
//! - [`decision`], [`release`], [`access_log`]: who is given what.
//! - [`standing`], [`trouble`], [`contingency`]: whether the chain can be decided on, and what then.
//! - [`staging`], [`promotion`], [`store`], [`database`]: what is kept.
//! - [`receipts`], [`checkpoint`]: how others see that it is kept.
//! - [`scrub`], [`repair`], [`copying`], [`peer`]: how it stays, and how it comes back.
//! - [`drain`], [`hand_over`]: how another vault takes it over.
//! - [`config`], [`keys`], [`server`], [`metrics`], [`audit`], [`operator`]: what the operator sees.

#![forbid(unsafe_code)]

pub mod access_log;
pub mod audit;
pub mod authentication;
pub mod body;
pub mod chain;
pub mod checkpoint;
pub mod config;
mod connection;
pub mod contingency;
pub mod controllers;
mod copying;
pub mod database;
pub mod decision;
pub mod drain;
pub mod error;
mod hand_over;
pub mod keys;
pub mod metrics;
pub mod operator;
mod peer;
pub mod promotion;
pub mod receipts;
pub mod release;
pub mod repair;
pub mod router;
pub mod scrub;
pub mod server;
pub mod staging;
pub mod standing;
pub mod store;
pub mod trouble;
mod turns;
pub mod vault;

#[cfg(test)]
mod tests;
