//! `ward center`.

use std::path::PathBuf;

use base64::{engine::general_purpose::STANDARD, Engine};
use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;
use ward_chain_client::Call;
use ward_primitives::{
	participant::{KeyRoles, SealingSuite},
	ParticipantId, VaultRow,
};

use super::{arguments, hand_over, keys::read_file, Context, Output};
use crate::{
	error::{Context as _, Error, Kind, Result},
	hex::Hex,
};

/// For medical centers: publish the vault, hand its records over, manage staff.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// Publish where the own vault is and which keys it uses
	///
	/// The receipt key must be attached before, with `ward keys attach-receipt`.
	///
	/// Example: ward center set-vault --endpoint https://vault.hospital.example --vault-keys keys.json
	SetVault {
		/// The vault's https address (http only on loopback, for development)
		#[arg(long, value_name = "URL")]
		endpoint: String,
		/// What `ward-vault init` printed
		#[arg(long, value_name = "FILE")]
		vault_keys: PathBuf,
	},
	/// Have the chain forget how long the access log of the own vault was
	///
	/// Only after a loss that was accepted with `ward-vault accept-loss`: storage receipts of a vault whose
	/// log is shorter than the chain knows, or another one, are refused until then. The chain says in
	/// public how much is gone, for good.
	RestartLog {
		/// Really: everybody sees it
		#[arg(long)]
		yes: bool,
	},
	/// Hand over to another center what the own vault has made ready for it
	///
	/// For a center that leaves, or gives records away. What `ward-vault drain` prints names each record
	/// with the receipt of the other vault, which has its bytes. Once this is final, the chain names the other
	/// center as its custodian and the own one no more. It can be run again with the same file: what is
	/// done is not done twice.
	///
	/// Example: ward-vault drain --to 7 >drained.jsonl; ward center hand-over drained.jsonl
	HandOver {
		/// What `ward-vault drain` printed; - for standard input
		#[arg(value_name = "FILE")]
		file: PathBuf,
	},
	/// Make a practitioner or device part of the own staff
	Affiliate {
		/// The practitioner or device
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		member: ParticipantId,
	},
	/// End an affiliation, from either side
	EndAffiliation {
		/// The practitioner or device
		#[arg(value_parser = arguments::participant, value_name = "NUMBER")]
		member: ParticipantId,
		/// The center, if it is not the own one
		#[arg(long, value_parser = arguments::participant, value_name = "NUMBER")]
		center: Option<ParticipantId>,
	},
}

/// What `ward-vault init` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VaultKeys {
	receipt_key: Hex<32>,
	release_suite: SealingSuite,
	/// Base64.
	release_key: String,
}

impl VaultKeys {
	fn row(&self, endpoint: &str) -> Result<VaultRow> {
		let bad = |what: &str| Error::new(Kind::Input, what.to_owned());
		let release_key = STANDARD
			.decode(&self.release_key)
			.context(Kind::Input, || "the release key is not base64".into())?;
		let row = VaultRow {
			endpoint: endpoint
				.as_bytes()
				.to_vec()
				.try_into()
				.map_err(|_| bad("the endpoint is too long"))?,
			receipt_key: self.receipt_key.0,
			release_suite: self.release_suite,
			release_key: release_key.try_into().map_err(|_| bad("the release key is too long"))?,
		};
		if !row.endpoint_is_valid() {
			return Err(bad("the endpoint is no address that the chain accepts")
				.hint("write https://host[:port][/path], or http:// on loopback for development"));
		}
		if !row.release_key_is_valid() {
			return Err(bad("the release key has the wrong length")
				.hint("take the file that `ward-vault init` printed"));
		}
		Ok(row)
	}
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::SetVault { endpoint, vault_keys } => {
			let keys: VaultKeys = serde_json::from_slice(&read_file(vault_keys)?)
				.context(Kind::Input, || "the file is not what `ward-vault init` prints".into())?;
			let row = keys.row(endpoint)?;
			let session = context.session().await?;
			let state = session.chain.finalized().await?;
			let receipt = state.key(row.receipt_key).await?;
			let is_attached = receipt.is_some_and(|receipt| {
				receipt.participant == session.id && receipt.roles == KeyRoles::RECEIPT
			});
			if !is_attached {
				return Err(Error::new(
					Kind::Input,
					"the vault's receipt key is not attached to you",
				)
				.code_is("receipt-key-not-attached")
				.hint("attach it first: `ward-vault attest`, then `ward keys attach-receipt`"));
			}
			let finalized = session.submit(Call::set_vault(&row), context.progress()).await?;
			let value = json!({ "center": session.id, "endpoint": endpoint });
			out.called(&finalized, value, || format!("the vault of {} is {endpoint}", session.id))
		},
		Opts::RestartLog { yes: false } => Err(Error::new(
			Kind::Usage,
			"the chain will say in public that the access log was lost",
		)
		.hint("say --yes if it was, for good; if there is a later backup, put that back")),
		Opts::RestartLog { yes: true } => {
			let session = context.session().await?;
			let lost = session.chain.finalized().await?.log_head(session.id).await?;
			let finalized = session.submit(Call::restart_log(), context.progress()).await?;
			let lost = lost.map(|row| row.latest);
			let value = json!({ "center": session.id, "lost": lost.map(|lost| json!({
				"height": lost.height,
				"head": Hex(lost.head),
			})) });
			out.called(&finalized, value, || {
				let entries = lost.map_or(0, |lost| lost.height);
				format!("the chain begins anew with the vault's access log; it knew of {entries} entries")
			})
		},
		Opts::HandOver { file } => hand_over::run(context, file, out).await,
		Opts::Affiliate { member } => {
			let finalized = context.submit(|_| Ok(Call::affiliate(*member))).await?;
			out.called(&finalized, json!({ "member": member }), || {
				format!("participant {member} belongs to your staff")
			})
		},
		Opts::EndAffiliation { member, center } => {
			let finalized = context
				.submit(|session| Ok(Call::end_affiliation(*member, center.unwrap_or(session.id))))
				.await?;
			out.called(&finalized, json!({ "member": member }), || {
				format!("ended the affiliation of {member}")
			})
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_a_vault_prints_becomes_a_row() {
		let json = json!({
			"receiptKey": Hex([1; 32]), "releaseSuite": "XWing",
			"releaseKey": STANDARD.encode([2; 1_216]), "releaseKeyHex": "0x",
		});
		let keys: VaultKeys = serde_json::from_value(json).unwrap();
		let row = keys.row("https://vault.example").unwrap();
		assert_eq!((row.receipt_key, row.release_key.len()), ([1; 32], 1_216));
		for bad in ["http://vault.example", "vault.example", ""] {
			assert_eq!(keys.row(bad).unwrap_err().kind(), Kind::Input, "{bad}");
		}
	}
}
