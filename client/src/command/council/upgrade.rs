//! The runtime that the council has authorized.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use ward_chain_client::{Call, Failure};

use crate::{
	command::{Context, Output},
	error::{Error, Kind, Result},
	hex::Hex,
	runtime_code::RuntimeCode,
};

/// See which runtime is authorized, and hand its code in.
#[derive(Subcommand, Debug)]
pub enum Opts {
	/// Show the running runtime and the authorized one
	Show,
	/// Hand in the code of the runtime that the council authorized
	///
	/// Any enrolled key may. The hash and the version are compared before anything is sent.
	///
	/// Example: ward council upgrade apply ward_runtime.compact.compressed.wasm
	Apply {
		/// The code
		#[arg(value_name = "FILE")]
		code: PathBuf,
	},
}

pub(super) async fn run(context: &Context, opts: &Opts, out: &mut Output) -> Result<()> {
	match opts {
		Opts::Show => show(context, out).await,
		Opts::Apply { code } => apply(context, code, out).await,
	}
}

async fn show(context: &Context, out: &mut Output) -> Result<()> {
	let chain = context.chain().await?;
	let state = context.governing_state(&chain).await?;
	let version = chain.runtime_version().await?;
	let (running, authorized) = (state.code_hash().await?, state.authorized_upgrade().await?);
	let value = json!({
		"specName": version.spec_name,
		"specVersion": version.spec_version,
		"codeHash": Hex(running),
		"authorized": authorized.map(|authorized| Hex(authorized.code_hash)),
	});
	out.result(&value, || {
		let next = match authorized {
			Some(authorized) => format!("{}, not handed in yet", Hex(authorized.code_hash)),
			None => "none".into(),
		};
		format!(
			"running     {} version {}, code hash {}\nauthorized  {next}",
			version.spec_name,
			version.spec_version,
			Hex(running)
		)
	})
}

async fn apply(context: &Context, path: &Path, out: &mut Output) -> Result<()> {
	let code = RuntimeCode::read(path)?;
	let session = context.session().await?;
	let state = context.governing_state(&session.chain).await?;
	if state.code_hash().await? == code.hash {
		let value = json!({ "codeHash": Hex(code.hash), "existed": true });
		return out.result(&value, || format!("the chain runs {} already", Hex(code.hash)));
	}
	let authorized = state.authorized_upgrade().await?.ok_or_else(|| {
		Error::new(Kind::Refused, "the council has authorized no runtime")
			.code_is("System::NothingAuthorized")
			.hint("propose it with `ward council propose upgrade --code FILE`, vote, close")
	})?;
	code.check_is(authorized.code_hash)?;
	if authorized.checks_version {
		// The chain would withdraw the authorization.
		code.check_follows(&session.chain.runtime_version().await?)?;
	}
	let call = Call::apply_authorized_upgrade(&code.bytes);
	let finalized = session.govern(call, context.progress()).await?;
	if let Some(Err(Failure { name, explanation })) = &finalized.carried_out {
		let what = format!("the chain did not take the runtime: {name}: {explanation}");
		return Err(Error::new(Kind::Refused, what).code_is(name.clone()).hint(
			"the authorization is used up; authorize a runtime that can follow the running one",
		));
	}
	let version = code.version.spec_version;
	let value = json!({ "codeHash": Hex(code.hash), "specVersion": version, "existed": false });
	out.called(&finalized, value, || {
		format!("the chain runs version {version} from the next block on, {}", Hex(code.hash))
	})
}
