//! Asking a running vault through its operator's listener, as `ward-vault repair` does.

use std::net::SocketAddr;

use futures::StreamExt;
use http::{header, StatusCode};
use serde::de::DeserializeOwned;
use ward_primitives::RecordId;

use crate::controllers::repair::{RepairPlan, RepairRequest, Repaired};

/// The longest line that is read.
const MAX_LINE: usize = 64 << 10;

/// Why a running vault could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
	/// Nobody answers.
	#[error("no vault answers at {0}: {1}; start it, or name its address with --operator-listen")]
	Unreachable(SocketAddr, reqwest::Error),
	/// It refuses.
	#[error("the vault at {0} refuses with {1}; look at its log")]
	Refused(SocketAddr, StatusCode),
	/// The answer broke off.
	#[error("the vault's answer broke off; ask again: what is repaired stays so")]
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
	let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
	let unreachable = |error| OperatorError::Unreachable(address, error);
	let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
	let request = client
		.build()
		.map_err(unreachable)?
		.post(format!("http://{address}/repair"))
		.header(header::CONTENT_TYPE, "application/json")
		.json(&RepairRequest { records });
	let answer = request.send().await.map_err(unreachable)?;
	if answer.status() != StatusCode::OK {
		return Err(OperatorError::Refused(address, answer.status()));
	}
	let mut bytes = answer.bytes_stream();
	let (mut unread, mut plan, mut done) = (Vec::new(), None, 0);
	while let Some(more) = bytes.next().await {
		unread.extend_from_slice(&more.map_err(|_| OperatorError::BrokenOff)?);
		while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
			let line: Vec<u8> = unread.drain(..=end).collect();
			match plan {
				None => plan = Some(read::<RepairPlan>(&line)?.records),
				Some(all) => {
					done += 1;
					on_record(done, all, &read(&line)?);
				},
			}
		}
		if unread.len() > MAX_LINE {
			return Err(OperatorError::Unreadable);
		}
	}
	match plan == Some(done) {
		true => Ok(()),
		false => Err(OperatorError::BrokenOff),
	}
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, OperatorError> {
	serde_json::from_slice(line).map_err(|_| OperatorError::Unreadable)
}
