//! What all commands share: home, keys, connection, progress.

use std::{env, path::PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use ward_chain_client::{Call, Chain, Finalized, State};
use ward_primitives::{KeyBytes, ParticipantId};

use super::{terminal::Terminal, Format};
use crate::{
	error::{Context as _, Error, Kind, Result},
	home::{Config, Home},
	keys::{Keys, Passphrase, PassphraseSource},
	progress::Progress,
	session::Session,
	vault::Trust,
};

/// The node that is used if none is named.
const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

/// Options of all commands.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of all commands")]
pub struct Globals {
	/// Directory with keys, configuration and journal [default: the user's data directory]
	#[arg(long, global = true, env = "WARD_HOME", value_name = "DIR")]
	pub home: Option<PathBuf>,

	/// Address of the node [default: config.toml, else ws://127.0.0.1:9944]
	#[arg(long, global = true, env = "WARD_NODE", value_name = "URL")]
	pub node: Option<String>,

	/// How results and errors are written
	#[arg(long, global = true, env = "WARD_OUTPUT", value_name = "FORMAT", default_value = "text")]
	pub output: Format,

	/// No progress, no warnings
	#[arg(long, short, global = true)]
	pub quiet: bool,

	/// PEM file of the TLS authorities trusted for vaults, instead of the system's
	#[arg(long, global = true, env = "WARD_CA_FILE", value_name = "FILE")]
	pub ca_file: Option<PathBuf>,

	/// File whose first line is the passphrase of the keys [env: WARD_PASSPHRASE_FILE]
	#[arg(long, global = true, value_name = "FILE")]
	pub passphrase_file: Option<PathBuf>,

	/// Open file descriptor that yields the passphrase of the keys [env: WARD_PASSPHRASE_FD]
	#[arg(long, global = true, value_name = "NUMBER", conflicts_with = "passphrase_file")]
	pub passphrase_fd: Option<u32>,
}

/// What all commands share.
pub struct Context {
	/// The home directory.
	pub home: Home,
	config: Config,
	globals: Globals,
	terminal: Terminal,
}

impl Context {
	/// The context for these options.
	pub fn new(globals: &Globals) -> Result<Self> {
		let path = globals.home.clone().or_else(Home::default_path).ok_or_else(|| {
			Error::new(Kind::Usage, "there is no home directory").hint("name one with --home")
		})?;
		let home = Home::new(path);
		let config = home.config()?;
		let terminal = Terminal::new(globals.quiet);
		Ok(Self { home, config, globals: globals.clone(), terminal })
	}

	/// Who hears of the progress.
	pub fn progress(&self) -> &dyn Progress {
		&self.terminal
	}

	/// The line on the terminal that shows the progress.
	pub(super) fn progress_line(&self) -> ProgressBar {
		self.terminal.line()
	}

	/// The address of the node.
	pub fn node(&self) -> &str {
		let named = self.globals.node.as_deref().or(self.config.node.as_deref());
		named.unwrap_or(DEFAULT_NODE)
	}

	/// Asks for a passphrase.
	pub fn passphrase(&self, is_new: bool) -> Result<Passphrase> {
		self.passphrase_from(&self.passphrase_source()?, is_new)
	}

	/// Asks for a passphrase at this place.
	pub(super) fn passphrase_from(
		&self,
		source: &PassphraseSource,
		is_new: bool,
	) -> Result<Passphrase> {
		self.terminal.pause();
		source.read(is_new).context(Kind::Keys, || "the passphrase cannot be read".into()).map_err(
			|error| {
				error
					.code_is("no-passphrase")
					.hint("use a terminal, --passphrase-file or --passphrase-fd")
			},
		)
	}

	/// Options come before the environment.
	fn passphrase_source(&self) -> Result<PassphraseSource> {
		let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
		Ok(match (&self.globals.passphrase_file, self.globals.passphrase_fd) {
			(Some(path), _) => PassphraseSource::File(path.clone()),
			(None, Some(number)) => PassphraseSource::Descriptor(number),
			(None, None) => {
				if let Some(path) = variable("WARD_PASSPHRASE_FILE") {
					PassphraseSource::File(path.into())
				} else if let Some(number) = variable("WARD_PASSPHRASE_FD") {
					let what =
						|| "WARD_PASSPHRASE_FD is not the number of a file descriptor".into();
					PassphraseSource::Descriptor(number.parse().context(Kind::Usage, what)?)
				} else {
					PassphraseSource::Terminal
				}
			},
		})
	}

	/// Unlocks the keys.
	pub async fn unlock(&self) -> Result<(Keys, Passphrase)> {
		let file = self.home.keys();
		// Before anybody is asked for a passphrase.
		file.public()?;
		let passphrase = self.passphrase(false)?;
		self.terminal.step("unlocking the keys");
		let unlocking = tokio::task::spawn_blocking(move || {
			let keys = file.unlock(&passphrase)?;
			Ok::<_, Error>((keys, passphrase))
		});
		unlocking.await.context(Kind::Other, || "unlocking was cut off".into())?
	}

	/// Connects to the chain that the home belongs to.
	pub async fn chain(&self) -> Result<Chain> {
		self.terminal.step(&format!("connecting to {}", self.node()));
		let chain = match self.home.genesis()? {
			Some(genesis) => Chain::connect_to(self.node(), genesis).await?,
			None => Chain::connect(self.node()).await?,
		};
		if chain.sync_status().await?.is_syncing {
			return Err(ward_chain_client::ChainError::Syncing.into());
		}
		if self.home.path().is_dir() {
			self.home.belong_to(chain.genesis())?;
		}
		Ok(chain)
	}

	/// The chain's finalized state, for reading.
	pub async fn state(&self) -> Result<State> {
		Ok(self.chain().await?.finalized().await?)
	}

	/// The state from which the consortium is governed: the finalized one, or while finality stands
	/// still the newest, which is said.
	pub async fn governing_state(&self, chain: &Chain) -> Result<State> {
		let head = chain.head().await?;
		if !head.is_final() {
			self.terminal.warn(&format!(
				"finality stands still at block {}: this is block {}, which is not final",
				head.finalized, head.state.number
			));
		}
		Ok(head.state)
	}

	/// Unlocks the keys and connects.
	pub async fn session(&self) -> Result<Session> {
		let (keys, _) = self.unlock().await?;
		self.session_with(keys).await
	}

	/// Connects with keys that are unlocked already.
	pub async fn session_with(&self, keys: Keys) -> Result<Session> {
		let trust = self.trust()?;
		let chain = self.chain().await?;
		Session::open(self.home.clone(), chain, keys, trust).await
	}

	/// The number of the own participant, without unlocking the keys.
	pub async fn own_id(&self, state: &State) -> Result<ParticipantId> {
		let account = self.home.keys().public()?.account;
		let row = state.key(account).await?;
		row.map(|row| row.participant).ok_or_else(|| {
			Error::new(Kind::Keys, "the key of this home is not enrolled")
				.code_is("unknown-key")
				.hint("make an offer with `ward enrol offer` and give it to your sponsor")
		})
	}

	/// The participant that a key belongs to now.
	pub async fn own_id_of(&self, session: &Session, key: KeyBytes) -> Result<ParticipantId> {
		let row = session.chain.finalized().await?.key(key).await?;
		row.map(|row| row.participant).ok_or_else(|| {
			Error::new(Kind::Node, "the node does not show the new participant yet")
				.hint("run the command again")
		})
	}

	/// Unlocks, connects, and submits one call.
	pub async fn submit(&self, call: impl FnOnce(&Session) -> Result<Call>) -> Result<Finalized> {
		let session = self.session().await?;
		let call = call(&session)?;
		session.submit(call, self.progress()).await
	}

	/// Unlocks, connects, and submits one call with which the consortium governs itself.
	pub async fn govern(&self, call: Call) -> Result<Finalized> {
		self.session().await?.govern(call, self.progress()).await
	}

	/// Whom TLS trusts.
	pub(super) fn trust(&self) -> Result<Trust> {
		match self.globals.ca_file.as_ref().or(self.config.ca_file.as_ref()) {
			Some(path) => Trust::from_pem_file(path),
			None => Ok(Trust::default()),
		}
	}
}
