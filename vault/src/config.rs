//! Settings: from flags, then environment variables, then a TOML file, then defaults.
//!
//! Each setting has one name: `--max-upload-bytes`, `WARD_VAULT_MAX_UPLOAD_BYTES` and
//! `max-upload-bytes` in the file are the same.

use std::{
	net::SocketAddr,
	path::{Path, PathBuf},
	time::Duration,
};

use clap::Args;
use serde::Deserialize;
use ward_primitives::{Digest, Moment, ParticipantId, RecordId};

use crate::database::deposits::StagingQuota;

/// What can be wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
	/// The file cannot be read.
	#[error("{path}: {1}", path = .0.display())]
	File(PathBuf, #[source] std::io::Error),
	/// The file is not valid TOML, or has a setting that does not exist.
	#[error("{path}: {1}", path = .0.display())]
	Syntax(PathBuf, #[source] Box<toml::de::Error>),
	/// A setting without a default is not set.
	#[error("`{0}` is not set; give --{0}, or set it in the configuration file")]
	Missing(&'static str),
	/// Plain HTTP outside of loopback, or without having been asked for.
	#[error(
		"no TLS certificate is set; give --tls-cert and --tls-key, or listen on a loopback address \
		 with --allow-plain-http"
	)]
	PlainHttp,
	/// A certificate without its key, or the other way round.
	#[error("--tls-cert and --tls-key belong together; give both")]
	HalfOfTls,
	/// A code hash that is none.
	#[error("`{0}` is no code hash (0x and 64 hexadecimal digits); see `ward-vault runtime-hash`")]
	CodeHash(String),
	/// A path prefix that does not start with a slash, or ends in one.
	#[error("the path prefix `{0}` must start with `/`, not end in one, and have no parameters")]
	PathPrefix(String),
	/// Contingency mode for longer than it can be answered for.
	#[error("--contingency-hours {0} is too long; at most {max}", max = MAX_CONTINGENCY_HOURS)]
	ContingencyHours(u64),
	/// Records of the center itself are to be taken over.
	#[error(
		"--accept-from {0} is this vault's own center; name the centers that hand records over"
	)]
	AcceptsItself(u64),
}

/// The longest that contingency mode may last after the last state that the vault could verify.
pub const MAX_CONTINGENCY_HOURS: u64 = 72;

/// Settings as they are given; what is not given is none.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Options {
	/// Participant number of the medical center that this vault belongs to
	#[arg(long, env = "WARD_VAULT_CENTER", value_name = "NUMBER")]
	pub center: Option<u64>,
	/// WebSocket address of the center's own Ward node [default: ws://127.0.0.1:9944]
	#[arg(long, env = "WARD_VAULT_NODE", value_name = "URL")]
	pub node: Option<String>,
	/// Directory for keys, database and ciphertext [default: ./vault-data]
	#[arg(long, env = "WARD_VAULT_DATA_DIR", value_name = "DIR")]
	pub data_dir: Option<PathBuf>,
	/// Address to serve patients and clinicians on [default: 127.0.0.1:4001]
	#[arg(long, env = "WARD_VAULT_LISTEN", value_name = "ADDRESS")]
	pub listen: Option<SocketAddr>,
	/// Address for health, metrics and description; keep it inside [default: 127.0.0.1:4002]
	#[arg(long, env = "WARD_VAULT_OPERATOR_LISTEN", value_name = "ADDRESS")]
	pub operator_listen: Option<SocketAddr>,
	/// TLS certificate chain, PEM; read again on SIGHUP
	#[arg(long, env = "WARD_VAULT_TLS_CERT", value_name = "FILE")]
	pub tls_cert: Option<PathBuf>,
	/// Private key of the TLS certificate, PEM; read again on SIGHUP
	#[arg(long, env = "WARD_VAULT_TLS_KEY", value_name = "FILE")]
	pub tls_key: Option<PathBuf>,
	/// Serve without TLS, and ask other vaults without; only on a loopback address, for development or
	/// behind a local proxy
	#[arg(
		long, env = "WARD_VAULT_ALLOW_PLAIN_HTTP", value_name = "BOOL",
		num_args = 0..=1, default_missing_value = "true"
	)]
	pub allow_plain_http: Option<bool>,
	/// Path under which the vault is published, if its endpoint has one, such as /ward
	#[arg(long, env = "WARD_VAULT_PATH_PREFIX", value_name = "PATH")]
	pub path_prefix: Option<String>,
	/// Code hash of a runtime that the vault may trust; repeat it, or separate with commas
	#[arg(
		long = "runtime",
		env = "WARD_VAULT_RUNTIME",
		value_name = "0xHASH",
		value_delimiter = ','
	)]
	#[serde(rename = "runtime")]
	pub runtimes: Option<Vec<String>>,
	/// Hours after the last verified state for which the center's own staff may read with purpose ETREAT
	/// while finality stands still or the node is behind; at most 72, 0 for never [default: 0]
	#[arg(long, env = "WARD_VAULT_CONTINGENCY_HOURS", value_name = "HOURS")]
	pub contingency_hours: Option<u64>,
	/// Form of the log on standard error [default: text]
	#[arg(long, env = "WARD_VAULT_LOG_FORMAT", value_name = "FORMAT")]
	pub log_format: Option<LogFormat>,
	/// Largest ciphertext that is taken, in bytes [default: 5368709120]
	#[arg(long, env = "WARD_VAULT_MAX_UPLOAD_BYTES", value_name = "BYTES")]
	pub max_upload_bytes: Option<u64>,
	/// Bytes that one author may have in staging [default: 17179869184]
	#[arg(long, env = "WARD_VAULT_STAGING_BYTES", value_name = "BYTES")]
	pub staging_bytes: Option<u64>,
	/// Deposits that one author may have in staging [default: 1000]
	#[arg(long, env = "WARD_VAULT_STAGING_DEPOSITS", value_name = "COUNT")]
	pub staging_deposits: Option<u64>,
	/// How long an unclaimed deposit is kept, in seconds; at least 7200 [default: 86400]
	#[arg(long, env = "WARD_VAULT_STAGING_SECONDS", value_name = "SECONDS")]
	pub staging_seconds: Option<u64>,
	/// Largest JSON body, in bytes [default: 65536]
	#[arg(long, env = "WARD_VAULT_MAX_JSON_BYTES", value_name = "BYTES")]
	pub max_json_bytes: Option<usize>,
	/// Connections at the same time, on each of the two addresses; more of them are refused [default: 4096]
	#[arg(long, env = "WARD_VAULT_MAX_CONNECTIONS", value_name = "COUNT")]
	pub max_connections: Option<usize>,
	/// Uploads at the same time; more of them wait [default: 16]
	#[arg(long, env = "WARD_VAULT_CONCURRENT_UPLOADS", value_name = "COUNT")]
	pub concurrent_uploads: Option<usize>,
	/// Slowest upload, in bytes a second on average; a slower one is given up [default: 8192]
	#[arg(long, env = "WARD_VAULT_MIN_UPLOAD_BYTES_PER_SECOND", value_name = "BYTES")]
	pub min_upload_bytes_per_second: Option<u64>,
	/// How long the header of a request may take, and a connection until its first is here, in seconds
	/// [default: 10]
	#[arg(long, env = "WARD_VAULT_HEADER_TIMEOUT", value_name = "SECONDS")]
	pub header_timeout: Option<u64>,
	/// How long a body, or a reader of an answer, may pause, or an upload wait for a slot, in seconds
	/// [default: 30]
	#[arg(long, env = "WARD_VAULT_IDLE_TIMEOUT", value_name = "SECONDS")]
	pub idle_timeout: Option<u64>,
	/// How long running requests may take to finish at shutdown, in seconds [default: 30]
	#[arg(long, env = "WARD_VAULT_SHUTDOWN_TIMEOUT", value_name = "SECONDS")]
	pub shutdown_timeout: Option<u64>,
	/// How fast stored content is compared with its hashes; 0 for never [default: 8388608]
	#[arg(long, env = "WARD_VAULT_SCRUB_BYTES_PER_SECOND", value_name = "BYTES")]
	pub scrub_bytes_per_second: Option<u64>,
	/// Storage receipts that are made at the same time; who asks for more waits a little [default: 4]
	#[arg(long, env = "WARD_VAULT_CONCURRENT_RECEIPTS", value_name = "COUNT")]
	pub concurrent_receipts: Option<usize>,
	/// How long a storage receipt may take, in seconds [default: 20]
	#[arg(long, env = "WARD_VAULT_RECEIPT_TIMEOUT", value_name = "SECONDS")]
	pub receipt_timeout: Option<u64>,
	/// Fetch content that was found damaged or missing from the record's other custodians [default: true]
	#[arg(
		long, env = "WARD_VAULT_REPAIR", value_name = "BOOL",
		num_args = 0..=1, default_missing_value = "true"
	)]
	pub repair: Option<bool>,
	/// How fast content is fetched from other vaults [default: 8388608]
	#[arg(long, env = "WARD_VAULT_COPY_BYTES_PER_SECOND", value_name = "BYTES")]
	pub copy_bytes_per_second: Option<u64>,
	/// Participant number of a center whose records this vault takes over when that center leaves; repeat
	/// it, or separate with commas [default: none]
	#[arg(long, env = "WARD_VAULT_ACCEPT_FROM", value_name = "CENTER", value_delimiter = ',')]
	pub accept_from: Option<Vec<u64>>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
	/// For people.
	#[default]
	Text,
	/// One JSON object a line.
	Json,
}

/// The limits of what a vault takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
	/// Largest ciphertext.
	pub upload_bytes: u64,
	/// What one author may have in staging.
	pub staging: StagingQuota,
	/// How long an unclaimed deposit is kept, in milliseconds.
	pub staging_time: Moment,
	/// Largest JSON body.
	pub json_bytes: usize,
	/// Connections at the same time, on each of the two addresses.
	pub max_connections: usize,
	/// Uploads at the same time.
	pub concurrent_uploads: usize,
	/// Slowest upload, in bytes a second on average.
	pub min_upload_bytes_per_second: u64,
	/// How long the header of a request may take, and a connection until its first is here.
	pub header_timeout: Duration,
	/// How long a body, or a reader of an answer, may pause.
	pub idle_timeout: Duration,
	/// How long running requests may take to finish at shutdown.
	pub shutdown_timeout: Duration,
	/// How fast stored content is compared with its hashes; 0 for never.
	pub scrub_bytes_per_second: u64,
	/// Storage receipts at the same time.
	pub concurrent_receipts: usize,
	/// How long a storage receipt may take.
	pub receipt_timeout: Duration,
	/// How fast content is fetched from other vaults.
	pub copy_bytes_per_second: u64,
}

/// How the vault is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
	/// Over TLS with a certificate and its key.
	Tls {
		/// The certificate chain.
		cert: PathBuf,
		/// The private key.
		key: PathBuf,
	},
	/// Without TLS, on loopback.
	Plain,
}

/// Complete settings.
#[derive(Clone, Debug)]
pub struct Settings {
	/// The center that the vault belongs to.
	pub center: ParticipantId,
	/// The node's address.
	pub node: String,
	/// Where everything lies.
	pub data_dir: PathBuf,
	/// Where patients and clinicians are served.
	pub listen: SocketAddr,
	/// Where the operator is served.
	pub operator_listen: SocketAddr,
	/// With or without TLS.
	pub transport: Transport,
	/// Whether other vaults on loopback may be asked without TLS.
	pub allow_plain_http: bool,
	/// Whether what is damaged or missing is fetched from other custodians by itself.
	pub repair: bool,
	/// The centers that may hand records over to this vault.
	pub accept_from: Vec<ParticipantId>,
	/// The path under which the vault is published; empty or with a leading slash.
	pub path_prefix: String,
	/// The runtimes that are trusted.
	pub runtimes: Vec<Digest>,
	/// How long after the last verified state contingency mode may last, in milliseconds; 0 for never.
	pub contingency: Moment,
	/// How log lines look.
	pub log_format: LogFormat,
	/// What the vault takes.
	pub limits: Limits,
}

/// Where in the data directory things lie.
#[derive(Clone, Debug)]
pub struct DataPaths {
	/// The directory for keys.
	pub keys: PathBuf,
	/// The key that signs receipts.
	pub receipt_key: PathBuf,
	/// The key that data keys are wrapped to.
	pub release_key: PathBuf,
	/// The database.
	pub database: PathBuf,
	/// The ciphertext.
	pub content: PathBuf,
}

impl DataPaths {
	/// Those in `data_dir`.
	pub fn of(data_dir: &Path) -> Self {
		let keys = data_dir.join("keys");
		Self {
			receipt_key: keys.join("receipt.key"),
			release_key: keys.join("release.key"),
			keys,
			database: data_dir.join("vault.redb"),
			content: data_dir.join("content"),
		}
	}
}

/// The default of `--data-dir`.
pub const DEFAULT_DATA_DIR: &str = "vault-data";

/// The default of `--operator-listen`.
pub const DEFAULT_OPERATOR_LISTEN: &str = "127.0.0.1:4002";

/// The default of `--node`.
pub const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

impl Options {
	/// Reads a configuration file.
	pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
		let text =
			std::fs::read_to_string(path).map_err(|error| ConfigError::File(path.into(), error))?;
		toml::from_str(&text).map_err(|error| ConfigError::Syntax(path.into(), Box::new(error)))
	}

	/// These, and where nothing is given what `other` gives.
	pub fn or(self, other: Self) -> Self {
		macro_rules! join {
			($($name:ident),* $(,)?) => { Self { $($name: self.$name.or(other.$name)),* } };
		}
		join!(
			center,
			node,
			data_dir,
			listen,
			operator_listen,
			tls_cert,
			tls_key,
			allow_plain_http,
			path_prefix,
			runtimes,
			contingency_hours,
			log_format,
			max_upload_bytes,
			staging_bytes,
			staging_deposits,
			staging_seconds,
			max_json_bytes,
			max_connections,
			concurrent_uploads,
			min_upload_bytes_per_second,
			header_timeout,
			idle_timeout,
			shutdown_timeout,
			scrub_bytes_per_second,
			concurrent_receipts,
			receipt_timeout,
			repair,
			copy_bytes_per_second,
			accept_from,
		)
	}

	/// The settings with defaults filled in.
	pub fn resolve(self) -> Result<Settings, ConfigError> {
		let center = self.center.ok_or(ConfigError::Missing("center"))?;
		let listen = self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 4001)));
		let transport = match (self.tls_cert, self.tls_key) {
			(Some(cert), Some(key)) => Transport::Tls { cert, key },
			(None, None) if self.allow_plain_http == Some(true) && listen.ip().is_loopback() => {
				Transport::Plain
			},
			(None, None) => return Err(ConfigError::PlainHttp),
			_ => return Err(ConfigError::HalfOfTls),
		};
		let hashes = self.runtimes.filter(|hashes| !hashes.is_empty());
		let hashes = hashes.ok_or(ConfigError::Missing("runtime"))?;
		let path_prefix = self.path_prefix.unwrap_or_default();
		let is_plain_path = path_prefix.starts_with('/')
			&& !path_prefix.ends_with('/')
			&& !path_prefix.contains(['{', '}', '?', '#']);
		if !path_prefix.is_empty() && !is_plain_path {
			return Err(ConfigError::PathPrefix(path_prefix));
		}
		let contingency_hours = self.contingency_hours.unwrap_or(0);
		if contingency_hours > MAX_CONTINGENCY_HOURS {
			return Err(ConfigError::ContingencyHours(contingency_hours));
		}
		let accept_from = self.accept_from.unwrap_or_default();
		if accept_from.contains(&center) {
			return Err(ConfigError::AcceptsItself(center));
		}
		let seconds = |given: Option<u64>, default| Duration::from_secs(given.unwrap_or(default));
		Ok(Settings {
			center: ParticipantId(center),
			node: self.node.unwrap_or_else(|| DEFAULT_NODE.into()),
			data_dir: self.data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
			listen,
			operator_listen: self
				.operator_listen
				.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 4002))),
			transport,
			allow_plain_http: self.allow_plain_http.unwrap_or(false),
			repair: self.repair.unwrap_or(true),
			accept_from: accept_from.into_iter().map(ParticipantId).collect(),
			path_prefix,
			runtimes: hashes.into_iter().map(code_hash).collect::<Result<_, _>>()?,
			contingency: contingency_hours.saturating_mul(3_600_000),
			log_format: self.log_format.unwrap_or_default(),
			limits: Limits {
				upload_bytes: self.max_upload_bytes.unwrap_or(5 << 30),
				staging: StagingQuota {
					bytes: self.staging_bytes.unwrap_or(16 << 30),
					deposits: self.staging_deposits.unwrap_or(1_000),
				},
				staging_time: self
					.staging_seconds
					.unwrap_or(86_400)
					.max(7_200)
					.saturating_mul(1_000),
				json_bytes: self.max_json_bytes.unwrap_or(65_536),
				max_connections: self.max_connections.unwrap_or(4_096).max(1),
				concurrent_uploads: self.concurrent_uploads.unwrap_or(16).max(1),
				min_upload_bytes_per_second: self
					.min_upload_bytes_per_second
					.unwrap_or(8_192)
					.max(1),
				header_timeout: seconds(self.header_timeout, 10),
				idle_timeout: seconds(self.idle_timeout, 30),
				shutdown_timeout: seconds(self.shutdown_timeout, 30),
				scrub_bytes_per_second: self.scrub_bytes_per_second.unwrap_or(8 << 20),
				concurrent_receipts: self.concurrent_receipts.unwrap_or(4).max(1),
				receipt_timeout: seconds(self.receipt_timeout, 20),
				copy_bytes_per_second: self.copy_bytes_per_second.unwrap_or(8 << 20).max(1),
			},
		})
	}
}

impl Limits {
	/// How long an upload of this size may take.
	pub const fn slowest_upload(&self, size: u64) -> Duration {
		Duration::from_secs(size / self.min_upload_bytes_per_second)
	}
}

impl Settings {
	/// Where in the data directory things lie.
	pub fn paths(&self) -> DataPaths {
		DataPaths::of(&self.data_dir)
	}
}

fn code_hash(text: String) -> Result<Digest, ConfigError> {
	// Written like a record id.
	text.parse::<RecordId>().map(|hash| hash.0).map_err(|_| ConfigError::CodeHash(text))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn minimal() -> Options {
		Options {
			center: Some(7),
			allow_plain_http: Some(true),
			runtimes: Some(vec![format!("0x{}", "ab".repeat(32))]),
			..Default::default()
		}
	}

	#[test]
	fn flags_win_over_the_file_and_the_file_over_defaults() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.toml");
		std::fs::write(
			&path,
			"center = 1\nruntime = []\nstaging-deposits = 3\nmax-json-bytes = 9\n",
		)
		.unwrap();
		let flags = Options { staging_deposits: Some(5), center: None, ..minimal() };
		let settings = flags.or(Options::from_file(&path).unwrap()).resolve().unwrap();
		assert_eq!(settings.center, ParticipantId(1));
		assert_eq!(settings.limits.staging.deposits, 5);
		assert_eq!(settings.limits.json_bytes, 9);
		assert_eq!(settings.limits.upload_bytes, 5 << 30);
	}

	#[test]
	fn plain_http_needs_a_loopback_address_and_a_flag() {
		let open = Options { listen: Some(([0, 0, 0, 0], 80).into()), ..minimal() };
		assert!(matches!(open.resolve(), Err(ConfigError::PlainHttp)));
		let unasked = Options { allow_plain_http: None, ..minimal() };
		assert!(matches!(unasked.resolve(), Err(ConfigError::PlainHttp)));
		assert_eq!(minimal().resolve().unwrap().transport, Transport::Plain);
	}

	#[test]
	fn a_certificate_without_its_key_is_refused() {
		let half = Options { tls_cert: Some("cert.pem".into()), ..minimal() };
		assert!(matches!(half.resolve(), Err(ConfigError::HalfOfTls)));
	}

	#[test]
	fn a_vault_that_lists_no_runtime_does_not_start() {
		for runtimes in [None, Some(vec![])] {
			let none = Options { runtimes, ..minimal() };
			assert!(matches!(none.resolve(), Err(ConfigError::Missing("runtime"))));
		}
		let short = Options { runtimes: Some(vec!["0xab".into()]), ..minimal() };
		assert!(matches!(short.resolve(), Err(ConfigError::CodeHash(_))));
	}

	#[test]
	fn contingency_is_off_unless_asked_for_and_bounded() {
		assert_eq!(minimal().resolve().unwrap().contingency, 0);
		let hours = |hours| Options { contingency_hours: Some(hours), ..minimal() }.resolve();
		assert_eq!(hours(72).unwrap().contingency, 72 * 3_600_000);
		assert!(matches!(hours(73), Err(ConfigError::ContingencyHours(73))));
	}

	#[test]
	fn nobody_hands_records_over_unless_named_and_a_center_not_to_itself() {
		assert_eq!(minimal().resolve().unwrap().accept_from, []);
		let from = |centers: &str| Options {
			accept_from: toml::from_str::<Options>(centers).unwrap().accept_from,
			..minimal()
		};
		let both = from("accept-from = [3, 9]").resolve().unwrap().accept_from;
		assert_eq!(both, [ParticipantId(3), ParticipantId(9)]);
		let itself = from("accept-from = [3, 7]").resolve();
		assert!(matches!(itself, Err(ConfigError::AcceptsItself(7))));
	}

	#[test]
	fn a_misspelt_setting_in_the_file_is_an_error() {
		let home = tempfile::tempdir().unwrap();
		let path = home.path().join("vault.toml");
		std::fs::write(&path, "centre = 1\n").unwrap();
		assert!(matches!(Options::from_file(&path), Err(ConfigError::Syntax(..))));
	}
}
