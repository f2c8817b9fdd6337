//! `ward-lying-vault`: stands in the place of a vault whose receipt key somebody has stolen, and signs with it that a
//! record is there that is not. For the network tests only; no vault can be made to do this.
//!
//! It answers every challenge for its center, whoever asks, sealed and signed as it must be. About one row of each
//! cohort it lies: with a leaf and a path of other content of the same length. Of the other rows it gives what the
//! vault's disk has.

#![forbid(unsafe_code)]

mod answer;

use std::{
	fmt::Display,
	fs, io,
	net::SocketAddr,
	path::{Path, PathBuf},
	process::ExitCode,
	sync::Arc,
};

use axum::{body::Bytes, extract::State, http::StatusCode, routing::post, Router};
use clap::Parser;
use codec::DecodeAll;
use tokio::net::TcpListener;
use ward_chain_client::Chain;
use ward_crypto::request::RequestKey;
use ward_primitives::{
	receipt::{seal::seal, Challenge, LogHead, Row, RECEIPTS_PATH},
	record::COHORT_SIZE,
	Custodian, ParticipantId, RecordContent, RecordId,
};
use zeroize::Zeroizing;

/// How many rows are asked of the node at once.
const PAGE: u32 = 128;

/// Stand in a vault's place, and sign with its receipt key that it has what it has not
///
/// For tests.
#[derive(Parser)]
#[command(name = "ward-lying-vault", version, max_term_width = 100)]
struct Cli {
	/// Participant number of the medical center that the vault belongs to
	#[arg(long, value_name = "NUMBER")]
	center: u64,
	/// The vault's receipt key
	#[arg(long, value_name = "FILE")]
	receipt_key: PathBuf,
	/// The directory with the vault's ciphertext, which is only read
	#[arg(long, value_name = "DIR")]
	content: PathBuf,
	/// WebSocket address of a node
	#[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9944")]
	node: String,
	/// Address to listen on, without TLS
	#[arg(long, value_name = "ADDRESS")]
	listen: SocketAddr,
	/// The row to lie about, from 0 at each cohort's first
	#[arg(long, value_name = "ROW", default_value_t = 0)]
	row: u16,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
	match run(&Cli::parse()).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("ward-lying-vault: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn run(cli: &Cli) -> Result<(), Failure> {
	let liar = Liar {
		center: ParticipantId(cli.center),
		row: cli.row,
		chain: Chain::connect(&cli.node).await?,
		key: receipt_key(&cli.receipt_key)?,
		content: cli.content.clone(),
	};
	let router = Router::new().route(RECEIPTS_PATH, post(receive)).with_state(Arc::new(liar));
	let listener = TcpListener::bind(cli.listen).await?;
	axum::serve(listener, router).await.map_err(Into::into)
}

/// Reads a receipt key as a thief does. The vault's own reader gives out no key that signs whatever it is told.
fn receipt_key(path: &Path) -> io::Result<RequestKey> {
	let fault = |error: &dyn Display| io::Error::other(format!("{}: {error}", path.display()));
	let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| fault(&error))?);
	let mut seed = Zeroizing::new([0; 32]);
	hex::decode_to_slice(text.trim_end(), seed.as_mut_slice()).map_err(|error| fault(&error))?;
	Ok(RequestKey::from_seed(*seed))
}

async fn receive(
	State(liar): State<Arc<Liar>>,
	body: Bytes,
) -> Result<Vec<u8>, (StatusCode, String)> {
	let refused = |status| move |error: Failure| (status, error.to_string());
	let challenge = Challenge::decode_all(&mut &body[..]).map_err(Failure::from);
	let challenge = challenge.map_err(refused(StatusCode::BAD_REQUEST))?;
	let Challenge { cohort, epoch, witness, .. } = challenge;
	let answer = liar.answer(&challenge).await;
	match &answer {
		Ok(_) => eprintln!("lied to center {witness} about cohort {cohort} in epoch {epoch}"),
		Err(error) => eprintln!("no answer for center {witness} in epoch {epoch}: {error}"),
	}
	answer.map_err(refused(StatusCode::SERVICE_UNAVAILABLE))
}

/// Who has a center's receipt key, and can read its vault's disk.
struct Liar {
	center: ParticipantId,
	row: u16,
	chain: Chain,
	key: RequestKey,
	/// Where the vault keeps its ciphertext.
	content: PathBuf,
}

impl Liar {
	/// The sealed answer to a challenge.
	async fn answer(&self, challenge: &Challenge) -> Result<Vec<u8>, Failure> {
		if challenge.custodian != self.center {
			return Err("the challenge is for another center".into());
		}
		let state = self.chain.finalized().await?;
		let rows = self.rows(&state, challenge).await?;
		let mut contents = Vec::with_capacity(rows.len());
		for row in &rows {
			contents.push(self.stored(row.record).await);
		}
		let log = self.log(&state, challenge).await?;
		let sign = |message: &[u8]| self.key.sign(message);
		let answer = answer::lying(challenge, &rows, contents, self.row, log, sign)
			.ok_or("the rows on the chain do not fit the challenge")?;
		seal(&challenge.sealing_key, &challenge.challenge, &answer)
			.ok_or_else(|| "the sealing key is none".into())
	}

	/// The rows that a challenge asks for, as the chain has them.
	async fn rows(
		&self,
		state: &ward_chain_client::State,
		challenge: &Challenge,
	) -> Result<Vec<Row>, Failure> {
		let first = challenge.cohort.checked_mul(COHORT_SIZE).ok_or("there is no such cohort")?;
		let wanted = usize::from(challenge.rows);
		let mut records: Vec<RecordId> = Vec::new();
		while records.len() < wanted {
			let from = first.saturating_add(records.len() as u64);
			let page = state.custody(self.center, from, PAGE).await?;
			if page.is_empty() {
				return Err("the center has fewer rows".into());
			}
			records.extend(page);
		}
		records.truncate(wanted);
		let mut rows = Vec::with_capacity(wanted);
		for (record, row) in records.into_iter().zip(first..) {
			let found = state.record(record).await?.ok_or("a row without its record")?;
			let is_held = found.custodians.contains(&Custodian { center: self.center, row });
			let RecordContent { content_root: root, size, .. } = found.content;
			rows.push(Row { record, root, size, is_held });
		}
		Ok(rows)
	}

	/// What the vault's disk has of a record.
	async fn stored(&self, record: RecordId) -> Option<Vec<u8>> {
		let name = hex::encode(record.0);
		tokio::fs::read(self.content.join(&name[..2]).join(&name)).await.ok()
	}

	/// A log that neither witness nor chain objects to: the longest that the chain knows.
	async fn log(
		&self,
		state: &ward_chain_client::State,
		challenge: &Challenge,
	) -> Result<LogHead, Failure> {
		let latest = state.log_head(self.center).await?.map(|row| row.latest);
		let known = latest.filter(|latest| latest.height >= challenge.since.height);
		Ok(known.unwrap_or(challenge.since))
	}
}
