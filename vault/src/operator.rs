//! Asking a running vault through its operator's listener, as `ward-vault repair` and `ward-vault drain` do.

use std::net::SocketAddr;

use futures::StreamExt;
use http::{header, StatusCode};
use serde::{de::DeserializeOwned, Serialize};
use ward_primitives::RecordId;
use ward_vault_api::problem::Problem;

use crate::{
	controllers::{
		drain::DrainRequest,
		repair::{RepairPlan, RepairRequest, Repaired},
	},
	drain::{Drained, Plan},
};

/// The longest line that is read.
const MAX_LINE: usize = 64 << 10;

/// Why a running vault could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
	/// Nobody answers.
	#[error("no vault answers at {0}: {1}; start it, or name its address with --operator-listen")]
	Unreachable(SocketAddr, reqwest::Error),
	/// It refuses.
	#[error("the vault at {0} refuses. {1}")]
	Refused(SocketAddr, String),
	/// The answer broke off.
	#[error("the vault's answer broke off; look at its log, and ask again: what is done stays so")]
	BrokenOff,
	/// The answer cannot be read.
	#[error("the vault's answer cannot be read; is it of the same version?")]
	Unreadable,
}

/// Has a running vault repair these records, or all that are damaged if there are none. `on_record` hears of
/// each as it is done: its number from 1, how many there are, and what became of it.
pub async fn repair(
	address: SocketAddr,
	records: Vec<RecordId>,
	mut on_record: impl FnMut(usize, usize, &Repaired),
) -> Result<(), OperatorError> {
	let (mut plan, mut done) = (None, 0);
	let on_line = |line: &[u8]| {
		match plan {
			None => plan = Some(read::<RepairPlan>(line)?.records),
			Some(all) => {
				done += 1;
				on_record(done, all, &read(line)?);
			},
		}
		Ok(())
	};
	ask(address, "/repair", &RepairRequest { records }, on_line).await?;
	match plan == Some(done) {
		true => Ok(()),
		false => Err(OperatorError::BrokenOff),
	}
}

/// A line of what a vault says of a drain.
#[derive(Debug)]
pub enum DrainLine {
	/// The first one.
	Plan(Plan),
	/// What became of a record.
	Drained(Drained),
}

/// Has a running vault drained. `on_line` hears what it says, as it says it.
pub async fn drain(
	address: SocketAddr,
	request: DrainRequest,
	mut on_line: impl FnMut(DrainLine),
) -> Result<(), OperatorError> {
	let mut has_plan = false;
	let on_line = |line: &[u8]| {
		on_line(match std::mem::replace(&mut has_plan, true) {
			false => DrainLine::Plan(read(line)?),
			true => DrainLine::Drained(read(line)?),
		});
		Ok(())
	};
	ask(address, "/drain", &request, on_line).await?;
	match has_plan {
		true => Ok(()),
		false => Err(OperatorError::BrokenOff),
	}
}

/// Asks for something that is answered line by line. `on_line` hears of each line that is not empty.
async fn ask(
	address: SocketAddr,
	path: &str,
	request: &impl Serialize,
	mut on_line: impl FnMut(&[u8]) -> Result<(), OperatorError>,
) -> Result<(), OperatorError> {
	let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
	let unreachable = |error| OperatorError::Unreachable(address, error);
	let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
	let request = client
		.build()
		.map_err(unreachable)?
		.post(format!("http://{address}{path}"))
		.header(header::CONTENT_TYPE, "application/json")
		.json(request);
	let answer = request.send().await.map_err(unreachable)?;
	if answer.status() != StatusCode::OK {
		let status = answer.status();
		let told = answer.json::<Problem>().await;
		let told = told.map(|problem| format!("{}: {}", problem.title, problem.detail));
		let told = told.unwrap_or_else(|_| format!("It says {status}; look at its log."));
		return Err(OperatorError::Refused(address, told));
	}
	let mut bytes = answer.bytes_stream();
	let mut unread = Vec::new();
	while let Some(more) = bytes.next().await {
		unread.extend_from_slice(&more.map_err(|_| OperatorError::BrokenOff)?);
		while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
			let line: Vec<u8> = unread.drain(..=end).collect();
			if line.len() > 1 {
				on_line(&line)?;
			}
		}
		if unread.len() > MAX_LINE {
			return Err(OperatorError::Unreadable);
		}
	}
	match unread.is_empty() {
		true => Ok(()),
		false => Err(OperatorError::BrokenOff),
	}
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, OperatorError> {
	serde_json::from_slice(line).map_err(|_| OperatorError::Unreadable)
}
