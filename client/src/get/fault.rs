//! What is wrong with delivered content, and whose fault it is.

use std::io;

use ward_crypto::content::OpenError;
use ward_primitives::RecordId;

use crate::{
	error::{Error, Kind},
	vault::VaultClient,
};

/// What is wrong with delivered content.
#[derive(Debug)]
pub(super) enum Fault {
	/// The custodian delivered something else than what the chain records.
	Custodian(String, Option<OpenError>),
	/// The custodian delivered what the chain records, and it does not open.
	Author(OpenError),
	/// A part does not open; whose fault that is, only the whole would show.
	Part(OpenError),
	/// It could not be written down here.
	Output(io::Error),
}

impl Fault {
	pub(super) fn into_error(self, vault: &VaultClient<'_>, record: RecordId) -> Error {
		let center = vault.center();
		match self {
			Self::Custodian(what, inner) => {
				let text = format!(
					"center {center} at {} delivered something else than record {record}: {what}",
					vault.address()
				);
				let error = Error::new(Kind::Mismatch, text)
					.code_is("content-mismatch")
					.hint("nothing was written; tell the center's operator, its copy is damaged");
				match inner {
					Some(inner) => error.caused_by(inner),
					None => error,
				}
			},
			Self::Author(inner) => Error::new(
				Kind::Mismatch,
				format!("record {record} is delivered as anchored, and does not open"),
			)
			.code_is("sealed-wrongly")
			.caused_by(inner)
			.hint("nothing was written; the author sealed it wrongly or released another key"),
			Self::Part(inner) => Error::new(
				Kind::Mismatch,
				format!(
					"what center {center} at {} delivered of record {record} does not open",
					vault.address()
				),
			)
			.code_is("content-mismatch")
			.caused_by(inner)
			.hint("nothing was written; get all of the record to learn whose fault it is"),
			Self::Output(inner) => cannot_be_written(inner),
		}
	}
}

/// The error for an output that fails.
pub(super) fn cannot_be_written(error: io::Error) -> Error {
	Error::new(Kind::Other, "the content cannot be written").caused_by(error)
}

/// Tells the output's errors from those of the content.
pub(super) fn open_error(error: io::Error) -> OpenError {
	error.downcast::<OpenError>().unwrap_or_else(OpenError::Output)
}
