//! `ward keys`.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Subcommand};
use serde_json::json;
use ward_chain_client::{Call, Finalized};
use ward_primitives::{KeyRoles, ParticipantId};

use super::{arguments, witness, Context, Output};
use crate::{
	error::{Context as _, Error, Kind, Result},
	files,
	hex::Hex,
	keys::{read_seed, Keys, PassphraseSource},
	moment,
	proof::{self, ReceiptAttestation},
	recipients::{self, PublicKeyFile},
	session::{self, Session},
};

/// How long the proof of a new key counts, in milliseconds.
const PROOF_VALIDITY: u64 = 3_600_000;

/// Make, show, export, publish, rotate and attach keys.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// Make an account key and a sealing key
	///
	/// They are encrypted under a passphrase (Argon2id, ChaCha20-Poly1305) in the home's keys.json.
	/// Back that file up: without it, nobody can open what is sealed to it.
	///
	/// Example: ward keys new --passphrase-file ~/.ward-passphrase
	New {
		/// Take the account key from this file instead of making one: its secret seed, as
		/// `ward-node key generate` prints it. Delete the file afterwards
		#[arg(long, value_name = "FILE")]
		account_seed_file: Option<PathBuf>,
	},
	/// Show the public keys
	Show,
	/// Write the public keys as a file to hand on
	///
	/// For authors who find a patient's sealing key in no vault (`ward put --patient-key`): the chain
	/// holds only its digest.
	ExportPublic {
		/// Where to write it instead of standard output
		#[arg(long, short, value_name = "FILE")]
		out: Option<PathBuf>,
	},
	/// Remember the public keys of others for later records
	Remember {
		/// Files of `ward keys export-public` or `ward enrol offer`
		#[arg(required = true, value_name = "FILE")]
		files: Vec<PathBuf>,
	},
	/// Replace the account key by a new one
	///
	/// The old one is retired by the same call. Cut off at any point, the command can be run again.
	Rotate {
		/// Replace the sealing key too; the old one still opens what was wrapped to it
		#[arg(long, action = ArgAction::SetTrue)]
		sealing: bool,
	},
	/// Publish this home's sealing key on the chain
	PublishSealing,
	/// Lodge this home's sealing key with a vault, for those who write about you
	///
	/// Needed only where enrolment did not do it: the sponsor runs no vault, or the staff of another
	/// center deposits elsewhere.
	///
	/// Example: ward keys publish --vault-of 2
	Publish {
		/// The center whose vault shall have it; repeat it for more
		#[arg(long, required = true, value_name = "CENTER", value_parser = arguments::participant)]
		vault_of: Vec<ParticipantId>,
	},
	/// Change the passphrase of the keys
	///
	/// The keys stay the same. Cut off at any point, the old or the new passphrase opens them. Backups
	/// keep the passphrase that they were made with.
	///
	/// Example: ward keys passwd --passphrase-file old.txt --new-passphrase-file new.txt
	Passwd {
		/// File whose first line is the new passphrase [default: asked for twice]
		#[arg(long, value_name = "FILE")]
		new_passphrase_file: Option<PathBuf>,
	},
	/// Attach the receipt key of the own vault
	///
	/// Example: ward-vault attest … > attestation.json && ward keys attach-receipt attestation.json
	AttachReceipt {
		/// What `ward-vault attest` printed
		#[arg(value_name = "FILE")]
		attestation: PathBuf,
	},
	/// Make a witness key for the own node, and attach it
	///
	/// With it the off-chain worker of an authority's node reports which records it has seen in the vaults
	/// of other centers; it can do nothing else. The secret seed is written to FILE, for the keystore of
	/// the node: `ward-node key insert --scheme ed25519 --key-type wtns --suri FILE`. Cut off at any point,
	/// the command can be run again with the same file. To replace a key, make another one, then retire
	/// the old one.
	///
	/// Example: ward keys new-witness --out witness.seed
	NewWitness {
		/// Where to write the secret seed; an existing one is attached
		#[arg(long, short, value_name = "FILE")]
		out: PathBuf,
	},
	/// Retire one of the own keys for good
	Retire {
		/// The public key
		#[arg(value_parser = arguments::bytes32, value_name = "KEY")]
		key: Hex<32>,
	},
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::New { account_seed_file } => new(context, account_seed_file.as_deref(), out).await,
		Opts::Show => show(context, out),
		Opts::ExportPublic { out: path } => export(context, path.as_deref(), out),
		Opts::Remember { files } => remember(context, files, out).await,
		Opts::Rotate { sealing } => rotate(context, *sealing, out).await,
		Opts::PublishSealing => publish_sealing(context, out).await,
		Opts::Publish { vault_of } => publish(context, vault_of, out).await,
		Opts::Passwd { new_passphrase_file } => {
			passwd(context, new_passphrase_file.as_deref(), out).await
		},
		Opts::AttachReceipt { attestation } => attach_receipt(context, attestation, out).await,
		Opts::NewWitness { out: path } => witness::new(context, path, out).await,
		Opts::Retire { key } => {
			let finalized = context.submit(|_| Ok(Call::retire_key(key.0))).await?;
			context.home.forget_witness_key(key.0)?;
			out.called(&finalized, json!({ "retired": key }), || format!("retired {key}"))
		},
	}
}

async fn new(context: &Context, account: Option<&Path>, out: &mut Output) -> Result<()> {
	context.home.create()?;
	let file = context.home.keys();
	if file.exists() {
		return Err(crate::keys::KeyFileError::AlreadyExists(file.path().into()).into());
	}
	let keys = match account {
		Some(path) => Keys::with_account(read_seed(path)?),
		None => Keys::generate(),
	};
	let passphrase = context.passphrase(true)?;
	context.progress().step("making keys");
	let making = tokio::task::spawn_blocking(move || {
		file.create(&keys, &passphrase)?;
		Ok::<_, Error>(())
	});
	making.await.context(Kind::Other, || "making keys was cut off".into())??;
	show(context, out)
}

fn show(context: &Context, out: &mut Output) -> Result<()> {
	let file = context.home.keys();
	let keys = file.public()?;
	let (account, digest) = (Hex(keys.account), Hex(keys.sealing_digest().digest));
	let value = json!({ "account": account, "sealingDigest": digest, "file": file.path() });
	out.result(&value, || {
		format!(
			"account         {account}\nsealing digest  {digest}\nfile            {}",
			file.path().display()
		)
	})
}

fn export(context: &Context, path: Option<&Path>, out: &mut Output) -> Result<()> {
	let file = PublicKeyFile::new(&context.home.keys().public()?);
	write_json(&file, path, out)
}

/// Writes a JSON document to a file, or to standard output.
pub(super) fn write_json(
	document: &impl serde::Serialize,
	path: Option<&Path>,
	out: &mut Output,
) -> Result<()> {
	let mut bytes = serde_json::to_vec_pretty(document)
		.context(Kind::Other, || "the file cannot be written as JSON".into())?;
	bytes.push(b'\n');
	match path {
		Some(path) => files::write(path, &bytes)
			.context(Kind::Other, || format!("{} cannot be written", path.display())),
		None => out.bytes(&bytes),
	}
}

/// Reads a file that the command line names.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
	/// More than any of these files has.
	const LIMIT: u64 = 1 << 20;
	let what = || format!("{} cannot be read", path.display());
	let length = std::fs::metadata(path).context(Kind::Input, what)?.len();
	if length > LIMIT {
		return Err(Error::new(Kind::Input, format!("{} is too large", path.display())));
	}
	std::fs::read(path).context(Kind::Input, what)
}

async fn remember(context: &Context, paths: &[PathBuf], out: &mut Output) -> Result<()> {
	let journal = context.home.journal().await?;
	let mut digests = Vec::new();
	for path in paths {
		let key = recipients::read_sealing_key(&read_file(path)?)?;
		digests.push(Hex(recipients::remember(&journal, &key)?.digest));
	}
	out.result(&json!({ "sealingDigests": digests }), || {
		digests.iter().map(|digest| format!("remembered {digest}\n")).collect()
	})
}

async fn publish_sealing(context: &Context, out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let finalized = set_sealing_key(context, &session).await?;
	let digest = Hex(session.keys.sealing_key().digest);
	out.called(&finalized, json!({ "sealingDigest": digest }), || {
		"published the sealing key".into()
	})
}

/// Puts the current sealing key on the chain, and the key itself where authors look for it.
async fn set_sealing_key(context: &Context, session: &Session) -> Result<Finalized> {
	let call = Call::set_sealing_key(session.keys.sealing_key());
	let finalized = session.submit(call, context.progress()).await?;
	let public_key = session.keys.current_sealing().public_key();
	recipients::lodge_with_sponsor(session, session.id, &public_key, context.progress()).await;
	Ok(finalized)
}

async fn publish(context: &Context, centers: &[ParticipantId], out: &mut Output) -> Result<()> {
	let session = context.session().await?;
	let state = session.chain.finalized().await?;
	let own = session::participant(&state, session.id).await?;
	let public_key = session.sealing_on_chain(&own.sealing_key)?.public_key();
	for center in centers {
		let vault = session.vault(&state, *center).await?;
		let key = &own.sealing_key;
		recipients::lodge(&vault, session.id, key, &public_key, context.progress()).await?;
	}
	let digest = Hex(own.sealing_key.digest);
	out.result(&json!({ "sealingDigest": digest, "vaultOf": centers }), || {
		centers.iter().map(|center| format!("lodged {digest} with center {center}\n")).collect()
	})
}

async fn passwd(context: &Context, new: Option<&Path>, out: &mut Output) -> Result<()> {
	let file = context.home.keys();
	file.public()?;
	// Nobody else may change the keys meanwhile: what they wrote would be undone.
	let _in_use = context.home.journal().await?;
	let (keys, _) = context.unlock().await?;
	let source = match new {
		Some(path) => PassphraseSource::File(path.into()),
		None => PassphraseSource::Terminal,
	};
	let passphrase = context.passphrase_from(&source, true).map_err(|error| {
		error.hint("nothing was changed; use a terminal or --new-passphrase-file")
	})?;
	context.progress().step("encrypting the keys");
	let path = file.path().to_owned();
	let replacing = tokio::task::spawn_blocking(move || file.replace(&keys, &passphrase));
	replacing.await.context(Kind::Other, || "changing the passphrase was cut off".into())??;
	out.result(&json!({ "file": path }), || {
		format!("the passphrase of {} is changed", path.display())
	})
}

async fn rotate(context: &Context, sealing: bool, out: &mut Output) -> Result<()> {
	let file = context.home.keys();
	file.public()?;
	// As in `passwd`.
	let _in_use = context.home.journal().await?;
	let (mut keys, passphrase) = context.unlock().await?;
	// Both keys are in the file before the chain hears of the new one.
	let next = keys.begin_rotation().public();
	if sealing {
		keys.renew_sealing();
	}
	file.replace(&keys, &passphrase)?;

	let mut session = context.session_with(keys).await?;
	let mut block = None;
	if !session.has_rotated() {
		let state = session.chain.finalized().await?;
		let old = session.signer().public();
		let row = state.key(old).await?;
		let roles = row.map_or(KeyRoles::default(), |row| row.roles);
		let until = state.timestamp.saturating_add(PROOF_VALIDITY);
		let key = session.keys.next_account().ok_or_else(|| {
			Error::new(Kind::Keys, "the rotation was lost").hint("run the command again")
		})?;
		let proof = proof::sign_attachment(key, session.genesis(), session.id, roles, until);
		let call = Call::rotate_key(next, until, proof);
		block = Some(session.submit(call, context.progress()).await?.number);
	}
	session.keys.finish_rotation();
	file.replace(&session.keys, &passphrase)?;

	if sealing {
		// The session signs with whatever account key the file holds now.
		let session = context.session_with(session.keys).await?;
		block = Some(set_sealing_key(context, &session).await?.number);
	}
	let account = Hex(next);
	out.result(&json!({ "account": account, "block": block }), || {
		format!("the account key is now {account}")
	})
}

async fn attach_receipt(context: &Context, path: &Path, out: &mut Output) -> Result<()> {
	let attestation = ReceiptAttestation::read(&read_file(path)?)?;
	let session = context.session().await?;
	let state = session.chain.finalized().await?;
	attestation.check(session.id, &session.genesis(), state.timestamp)?;
	if let Some(row) = state.key(attestation.key.0).await? {
		let is_done = row.participant == session.id && row.live.contains(state.timestamp);
		return match is_done {
			true => out.result(&json!({ "key": attestation.key, "existed": true }), || {
				format!("the key is attached already ({})", session::role_names(row.roles))
			}),
			false => Err(Error::new(
				Kind::Refused,
				format!("the key belongs to participant {}, or is retired", row.participant),
			)
			.code_is("key-taken")
			.hint("make a new receipt key; a key is never registered twice")),
		};
	}
	let ReceiptAttestation { key, valid_until, signature, .. } = attestation;
	let call = Call::attach_key(key.0, KeyRoles::RECEIPT, valid_until, signature.0);
	let finalized = session.submit(call, context.progress()).await?;
	out.called(
		&finalized,
		json!({ "key": key, "validUntil": moment::display(valid_until) }),
		|| format!("attached the receipt key {key}"),
	)
}
