//! `ward-vault`: a medical center's storage server.

use std::{
	io::{IsTerminal, Write},
	net::SocketAddr,
	path::{Path, PathBuf},
	process::ExitCode,
	sync::Arc,
};

use base64::{engine::general_purpose::STANDARD, Engine};
use clap::{Args, Parser, Subcommand};
use fdlimit::Outcome;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use ward_primitives::{proof::KeyAttachment, KeyRoles, Moment, ParticipantId, RecordId};
use ward_vault::{
	audit::Audit,
	chain::{ChainView, Node},
	config::{
		DataPaths, LogFormat, Options, Settings, DEFAULT_DATA_DIR, DEFAULT_NODE,
		DEFAULT_OPERATOR_LISTEN,
	},
	controllers::drain::DrainRequest,
	database::{loss, mark::Loss, Database},
	keys::{self, KeyError, ReceiptKey},
	operator::{self, DrainLine, OperatorError},
	release::ReleaseService,
	router, server,
	vault::{Clock, Vault},
};

/// A medical center's storage server for encrypted records.
///
/// It keeps ciphertext, signs deposit receipts, and releases records and their data keys to whom the
/// chain permits it. Start with `ward-vault init`, publish the printed keys in the center's row on
/// the chain, then `ward-vault run`.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// Make the vault's two keys, and print the public ones as JSON
	///
	/// The keys go into `keys/` of the data directory, readable by their owner only; existing keys are
	/// never overwritten. If an earlier call was cut off, this makes what is missing. Back both files up:
	/// without the release key, no data key can be released.
	Init {
		/// Directory for keys, database and ciphertext
		#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
		data_dir: PathBuf,
	},
	/// Serve
	///
	/// SIGINT and SIGTERM finish what is under way; SIGHUP reads the TLS certificate again. The log on
	/// standard error is filtered by WARD_VAULT_LOG (default: info).
	Run(Run),
	/// Print the description of the HTTP interface (OpenAPI, JSON)
	Openapi,
	/// Check settings and keys, without serving
	CheckConfig(Run),
	/// Check that all that is kept is accounted for, and print the findings as JSON
	///
	/// Compares every row of the database with its file, every file with its row and its hash, the access
	/// log with its own chain of hashes and, with --node, all of it with the chain. Changes nothing. The
	/// vault must not run. Exits with 1 if anything is not as it must be.
	Audit(AuditOptions),
	/// Repair what is damaged or missing, now
	///
	/// Asks the running vault, through its operator's address, to fetch the content of the named records, or
	/// of all that were found damaged, or are missing or cut, from their other custodians, and prints what became of
	/// each as a JSON object a line. What is sound is left alone. A vault repairs by itself unless --repair is false;
	/// this does not wait. Exits with 1 if anything is left.
	Repair(Repair),
	/// Let the vault of another center take over what this one holds, because this center leaves
	///
	/// Asks the running vault, through its operator's address. The other center's vault must accept it
	/// (`--accept-from` with this center's number). Prints, each as a JSON object a line, what there is to do, and
	/// then what became of each record: `ready` (give these lines to `ward center hand-over`, which tells the
	/// chain), `handed-over` (kept here until others have seen the new copy), `discarded` (nothing of it is here any
	/// more), or `left`, with what helps. Run it again until all are `discarded`; it goes on where things are. Exits
	/// with 1 if anything is left.
	Drain(Drain),
	/// Let the vault follow its node's chain, though it contradicts what the vault has followed
	///
	/// Only when the consortium has agreed which chain counts: what is anchored on the other one only is
	/// lost. The vault must not run. Afterwards, `ward-vault audit --node` names what is missing.
	AcceptChain {
		/// Directory for keys, database and ciphertext
		#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
		data_dir: PathBuf,
	},
	/// Let the vault go on without what its database lacks
	///
	/// A vault notes in `vault.mark`, apart from its database, how far that has come. It does not start
	/// with a database that lacks something of it, such as one from a backup. Put the latest one back
	/// whenever there is one. If it is lost, this command accepts that for good: the access log carries on
	/// after the missing entries with their numbers left out, which patients can see, and no request counts
	/// again that may have been used. The vault must not run. Leave `vault.mark` out of backups.
	AcceptLoss {
		/// Directory for keys, database and ciphertext
		#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
		data_dir: PathBuf,
	},
	/// Prove the receipt key to the chain: print what `ward keys attach-receipt` takes, as JSON
	///
	/// The receipt key signs that it wants to belong to the center. The proof counts for a day.
	Attest(Attest),
	/// Print the code hash of the runtime that the node is on, to be listed with --runtime
	RuntimeHash {
		/// WebSocket address of the node
		#[arg(long, env = "WARD_VAULT_NODE", value_name = "URL", default_value = DEFAULT_NODE)]
		node: String,
	},
}

#[derive(Args)]
struct Run {
	/// TOML file with settings, each named as the flag without its dashes in front
	#[arg(long, env = "WARD_VAULT_CONFIG", value_name = "FILE")]
	config: Option<PathBuf>,
	#[command(flatten)]
	options: Options,
}

#[derive(Args)]
struct Repair {
	/// The vault's address for health and metrics
	#[arg(
		long, env = "WARD_VAULT_OPERATOR_LISTEN", value_name = "ADDRESS",
		default_value = DEFAULT_OPERATOR_LISTEN
	)]
	operator_listen: SocketAddr,
	/// The records; all that are damaged or missing if none is named
	#[arg(value_name = "RECORD")]
	records: Vec<RecordId>,
}

#[derive(Args)]
struct Drain {
	/// Participant number of the center whose vault takes the records over
	#[arg(long, value_name = "CENTER")]
	to: u64,
	/// Only say what there is to do
	#[arg(long)]
	dry_run: bool,
	/// The vault's address for health and metrics
	#[arg(
		long, env = "WARD_VAULT_OPERATOR_LISTEN", value_name = "ADDRESS",
		default_value = DEFAULT_OPERATOR_LISTEN
	)]
	operator_listen: SocketAddr,
}

#[derive(Args)]
struct Attest {
	/// Participant number of the medical center that this vault belongs to
	#[arg(long, env = "WARD_VAULT_CENTER", value_name = "NUMBER")]
	center: u64,
	/// Directory for keys, database and ciphertext
	#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
	data_dir: PathBuf,
	/// WebSocket address of the node
	#[arg(long, env = "WARD_VAULT_NODE", value_name = "URL", default_value = DEFAULT_NODE)]
	node: String,
}

#[derive(Args)]
struct AuditOptions {
	/// Directory for keys, database and ciphertext
	#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
	data_dir: PathBuf,
	/// WebSocket address of the node, to compare with what the chain says; needs --center
	#[arg(long, value_name = "URL", requires = "center")]
	node: Option<String>,
	/// Participant number of the medical center that this vault belongs to
	#[arg(long, env = "WARD_VAULT_CENTER", value_name = "NUMBER")]
	center: Option<u64>,
	/// Compare files with their lengths only: quick, and blind for flipped bits
	#[arg(long)]
	lengths_only: bool,
}

/// How long the proof of the receipt key counts, in milliseconds.
const ATTESTATION_VALIDITY: Moment = 24 * 3_600_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
	match execute(Cli::parse().command).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("ward-vault: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn execute(command: Command) -> Result<(), Failure> {
	match command {
		Command::Init { data_dir } => print(&init(&data_dir)?),
		Command::Run(given) => run(settings(given)?).await,
		Command::Openapi => print(&serde_json::to_value(router::description())?),
		Command::CheckConfig(given) => {
			let settings = settings(given)?;
			let paths = settings.paths();
			ReceiptKey::read(&paths.receipt_key)?;
			ReleaseService::read(&paths.release_key, settings.center)?;
			writeln!(std::io::stdout(), "settings and keys are in order").map_err(Into::into)
		},
		Command::Audit(given) => audit(given).await,
		Command::Repair(given) => repair(given).await,
		Command::Drain(given) => drain(given).await,
		Command::AcceptChain { data_dir } => {
			let database = Database::open(&DataPaths::of(&data_dir).database)?;
			let said = match database.forget_followed().await? {
				Some(head) => format!("block {} {} is forgotten", head.number, hex(&head.hash)),
				None => "nothing had been followed".into(),
			};
			writeln!(std::io::stdout(), "{said}").map_err(Into::into)
		},
		Command::AcceptLoss { data_dir } => {
			let said = accept_loss(&data_dir)?;
			writeln!(std::io::stdout(), "{said}").map_err(Into::into)
		},
		Command::Attest(given) => print(&attest(given).await?),
		Command::RuntimeHash { node } => {
			let state = Node::new(node).finalized().await?;
			let hash = hex(&state.code_hash().await?);
			writeln!(std::io::stdout(), "{hash}").map_err(Into::into)
		},
	}
}

fn settings(given: Run) -> Result<Settings, Failure> {
	let file = given.config.as_deref().map(Options::from_file).transpose()?.unwrap_or_default();
	Ok(given.options.or(file).resolve()?)
}

/// Makes both keys, or the one that is missing because an earlier call was cut off.
fn init(data_dir: &Path) -> Result<serde_json::Value, KeyError> {
	let paths = DataPaths::of(data_dir);
	let missing = [&paths.receipt_key, &paths.release_key].map(|path| !path.exists());
	if missing == [false, false] {
		return Err(KeyError::AlreadyExists(paths.receipt_key));
	}
	if paths.database.exists() {
		let gone = if missing[0] { paths.receipt_key } else { paths.release_key };
		return Err(KeyError::Lost(gone));
	}
	// The database holds openings of attributes, which are nobody else's business either.
	keys::create_directory(data_dir)?;
	keys::create_directory(&paths.keys)?;
	let receipt = match missing[0] {
		true => ReceiptKey::create(&paths.receipt_key)?,
		false => ReceiptKey::read(&paths.receipt_key)?,
	};
	let release = match missing[1] {
		true => ReleaseService::create_key(&paths.release_key)?,
		// Whose vault it is makes no difference to its public key.
		false => ReleaseService::read(&paths.release_key, ParticipantId(0))?.public(),
	};
	Ok(json!({
		"receiptKey": hex(&receipt.public()),
		"releaseSuite": "XWing",
		"releaseKey": STANDARD.encode(&release),
		"releaseKeyHex": hex(&release),
	}))
}

/// Lets the vault go on without what its database lacks.
fn accept_loss(data_dir: &Path) -> Result<String, Failure> {
	let paths = DataPaths::of(data_dir);
	if !paths.receipt_key.exists() {
		let what = format!("{} is no vault's data directory; name one", data_dir.display());
		return Err(what.into());
	}
	Ok(match loss::accept(&paths.database, Clock::system().now())? {
		None => "nothing is missing, and nothing was changed".into(),
		Some(Loss::Behind { changes, entries }) => format!(
			"{changes} changes are lost, among them {entries} entries of the access log; the vault \
			 can run again; `ward-vault audit --node` names the records that are missing"
		),
		Some(Loss::OtherLog { known, found }) => format!(
			"the access log had {known} entries and has {found}; the vault can run again, and \
			 patients who have seen other entries will be told that they are gone"
		),
		Some(Loss::NoMark | Loss::Unreadable) => "the database counts as it is; the vault can run \
			again; `ward-vault audit --node` names the records that are missing"
			.into(),
	})
}

async fn audit(given: AuditOptions) -> Result<(), Failure> {
	let chain = given.node.zip(given.center).map(|(node, center)| {
		(Arc::new(Node::new(node)) as Arc<dyn ChainView>, ParticipantId(center))
	});
	let audit = Audit { chain, lengths_only: given.lengths_only };
	let shows_progress = std::io::stderr().is_terminal();
	let report = audit.run(&given.data_dir, move |done, total| {
		if shows_progress {
			eprint!("\r{done} of {total} bytes compared");
		}
	});
	let report = report.await?;
	if shows_progress {
		eprintln!();
	}
	print(&serde_json::to_value(&report)?)?;
	match report.findings.len() {
		0 => Ok(()),
		count => Err(format!("findings: {count}; the report says of each what helps").into()),
	}
}

async fn repair(given: Repair) -> Result<(), Failure> {
	let mut lines = Lines::new();
	let repaired = operator::repair(given.operator_listen, given.records, |done, all, line| {
		lines.print(line, line.outcome.is_left());
		lines.show_progress(format_args!("{done} of {all} records"));
	});
	let repaired = repaired.await;
	lines.end(repaired)
}

async fn drain(given: Drain) -> Result<(), Failure> {
	let Drain { to, dry_run, operator_listen } = given;
	let mut lines = Lines::new();
	lines.show_progress(format_args!("every row is looked at"));
	let (mut all, mut done) = (0, 0u64);
	let request = DrainRequest { to: ParticipantId(to), dry_run };
	let drained = operator::drain(operator_listen, request, |line| match line {
		DrainLine::Plan(plan) => {
			all = plan.rows;
			lines.print(&plan, false);
		},
		DrainLine::Drained(drained) => {
			done += 1;
			lines.print(&drained, drained.outcome.is_left());
			lines.show_progress(format_args!("{done} of {all} records"));
		},
	});
	let drained = drained.await;
	lines.end(drained)
}

/// Lines of JSON on standard output, and on standard error how far it is, if somebody looks.
struct Lines {
	shows_progress: bool,
	left: usize,
	written: std::io::Result<()>,
}

impl Lines {
	fn new() -> Self {
		Self { shows_progress: std::io::stderr().is_terminal(), left: 0, written: Ok(()) }
	}

	fn print(&mut self, line: &impl serde::Serialize, is_left: bool) {
		self.left += usize::from(is_left);
		let shown = serde_json::to_string(line).map_err(std::io::Error::other);
		let shown = shown.and_then(|line| writeln!(std::io::stdout(), "{line}"));
		self.written = std::mem::replace(&mut self.written, Ok(())).and(shown);
	}

	fn show_progress(&self, how_far: std::fmt::Arguments<'_>) {
		if self.shows_progress {
			eprint!("\r{how_far}");
		}
	}

	fn end(self, outcome: Result<(), OperatorError>) -> Result<(), Failure> {
		if self.shows_progress {
			eprintln!();
		}
		outcome?;
		self.written?;
		match self.left {
			0 => Ok(()),
			count => {
				Err(format!("records left: {count}; the report says of each what helps").into())
			},
		}
	}
}

async fn attest(given: Attest) -> Result<serde_json::Value, Failure> {
	let key = ReceiptKey::read(&DataPaths::of(&given.data_dir).receipt_key)?;
	let chain = Node::new(given.node);
	let attachment = KeyAttachment {
		genesis: chain.genesis().await?,
		participant: ParticipantId(given.center),
		key: key.public(),
		roles: KeyRoles::RECEIPT,
		// The chain's clock, not this machine's.
		valid_until: chain.finalized().await?.head().timestamp + ATTESTATION_VALIDITY,
	};
	Ok(json!({
		"genesis": hex(&attachment.genesis),
		"participant": attachment.participant,
		"key": hex(&attachment.key),
		"validUntil": attachment.valid_until,
		"signature": hex(&key.attest(&attachment)),
	}))
}

async fn run(settings: Settings) -> Result<(), Failure> {
	start_log(settings.log_format);
	raise_file_limit(settings.limits.max_connections);
	// The only cryptography of the vault's TLS; an error means that it is installed already.
	let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
	let chain = Arc::new(Node::new(settings.node.clone()));
	let vault = Arc::new(Vault::open(settings, chain, Clock::system())?);
	tokio::spawn(warn_unless_published(vault.clone()));
	server::start(vault).await?.until_signalled().await?;
	Ok(())
}

/// Each connection is an open file, and so is what it reads or writes.
fn raise_file_limit(connections: usize) {
	let needed = (connections as u64).saturating_mul(2);
	match fdlimit::raise_fd_limit() {
		Ok(Outcome::LimitRaised { to, .. }) if to < needed => tracing::warn!(
			"this process may open {to} files, too few for {connections} connections; raise the limit \
			 (LimitNOFILE, ulimit -n) to {needed}, or lower --max-connections"
		),
		Ok(_) => {},
		Err(cause) => tracing::warn!(%cause, "the limit on open files stays as it is"),
	}
}

/// Receipts count, and data keys arrive, only if the center's row names this vault's keys.
async fn warn_unless_published(vault: Arc<Vault>) {
	let row = async { vault.chain.finalized().await?.vault(vault.center()).await };
	match row.await {
		Err(cause) => tracing::warn!(%cause, "the node does not answer yet"),
		Ok(None) => tracing::warn!("the center has no vault row on the chain yet"),
		Ok(Some(row)) => {
			let is_ours = row.receipt_key == vault.receipt_key.public()
				&& row.release_key.as_slice() == vault.release.public();
			if !is_ours {
				tracing::error!("the center's row on the chain names other keys than this vault's");
			}
		},
	}
}

fn start_log(format: LogFormat) {
	let filter = EnvFilter::try_from_env("WARD_VAULT_LOG").unwrap_or_else(|_| "info".into());
	let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
	match format {
		LogFormat::Text => log.init(),
		LogFormat::Json => log.json().init(),
	}
}

fn print(value: &serde_json::Value) -> Result<(), Failure> {
	writeln!(std::io::stdout(), "{value:#}").map_err(Into::into)
}

fn hex(bytes: &[u8]) -> String {
	format!("0x{}", ::hex::encode(bytes))
}
