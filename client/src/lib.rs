//! # Ward client
//!
//! Ward for people, devices and applications. The binary `ward` is a thin layer over this library; an
//! application uses the same functions.
//!
//! - [`keys`], [`home`]: who one is, encrypted at rest; [`session`]: at work on a chain.
//! - [`put`], [`get`]: sealing, depositing and anchoring records; fetching, verifying and opening them.
//! - [`storage`], [`care`]: what other centers have seen of a record's copies, of all that a center
//!   holds; [`repair`]: a sound copy in place of
//!   one that is not; [`hand_over`]: another custodian in place of one that leaves.
//! - [`fhir`]: what a FHIR R4 document holds, in the terms that grants use.
//! - [`access`], [`access_log`]: who can see what, who saw what.
//! - [`motion`], [`seats`], [`runtime_code`]: how the consortium governs itself; [`doctor`]: whether an
//!   operator's machine is well; [`witness`]: the key that a node signs its reports with.
//! - [`proof`], [`recipients`]: what people hand to each other as files.
//! - [`journal`]: what makes every command safe to run again.
//! - [`command`]: the command line.

#![forbid(unsafe_code)]

pub mod access;
pub mod access_log;
mod aside;
pub mod care;
pub mod command;
pub mod doctor;
pub mod error;
pub mod explain;
pub mod fhir;
pub mod files;
pub mod get;
pub mod hand_over;
pub mod home;
pub mod journal;
pub mod keys;
pub mod moment;
pub mod motion;
pub mod progress;
pub mod proof;
pub mod put;
pub mod recipients;
pub mod records;
pub mod repair;
pub mod runtime_code;
pub mod seats;
pub mod session;
pub mod storage;
pub mod table;
mod upload;
pub mod vault;
pub mod votes;
pub mod witness;

pub use error::{Error, Kind, Result};
pub use home::Home;
pub use session::Session;
pub use ward_vault_api::hex;
