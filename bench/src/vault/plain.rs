//! A server of plain files, in a process of its own: what the vault is compared with.

use std::{
	io::Write,
	net::{Ipv4Addr, TcpListener},
	path::PathBuf,
	process::Stdio,
	sync::Arc,
};

use axum::{
	body::Body,
	extract::{Path, State},
	http::{header, StatusCode},
	response::{IntoResponse, Response},
	routing::get,
	Router,
};
use axum_server::accept::NoDelayAcceptor;
use clap::Args;
use reqwest::Url;
use tokio::{
	fs::File,
	io::{AsyncBufReadExt, BufReader},
	process::{Child, Command},
};
use tokio_util::io::ReaderStream;
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};

/// How much of a file is read at a time.
const SLICE: usize = 1 << 16;

/// Serve plain files, for the comparison
///
/// Prints its address and serves each file under its place in the list, from 0, until it is ended.
#[derive(Debug, Args)]
pub(crate) struct PlainArgs {
	/// The files
	#[arg(required = true)]
	files: Vec<PathBuf>,
}

/// Serves until the process ends.
pub(crate) async fn serve(args: &PlainArgs) -> Result<()> {
	let what = || "plain files cannot be served".to_owned();
	let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context(Kind::Other, what)?;
	listener.set_nonblocking(true).context(Kind::Other, what)?;
	let address = listener.local_addr().context(Kind::Other, what)?;
	writeln!(std::io::stdout(), "http://{address}/").context(Kind::Other, what)?;
	let files: Arc<[PathBuf]> = args.files.clone().into();
	let router = Router::new().route("/{place}", get(file)).with_state(files);
	// Otherwise an answer in two parts waits for the reader's delayed acknowledgement.
	let server =
		axum_server::from_tcp(listener).context(Kind::Other, what)?.acceptor(NoDelayAcceptor);
	server.serve(router.into_make_service()).await.context(Kind::Other, what)
}

async fn file(State(files): State<Arc<[PathBuf]>>, Path(place): Path<usize>) -> Response {
	let opened = async {
		let file = File::open(files.get(place)?).await.ok()?;
		let length = file.metadata().await.ok()?.len();
		Some((file, length))
	};
	let Some((file, length)) = opened.await else { return StatusCode::NOT_FOUND.into_response() };
	let body = Body::from_stream(ReaderStream::with_capacity(file, SLICE));
	let fields = [
		(header::CONTENT_TYPE, "application/octet-stream".to_owned()),
		(header::CONTENT_LENGTH, length.to_string()),
	];
	(fields, body).into_response()
}

/// A running server; it ends when this is dropped.
pub(super) struct Running {
	process: Child,
	address: Url,
}

/// Starts a server.
pub(super) async fn start(files: &[PathBuf]) -> Result<Running> {
	let what = || "the server of plain files did not start".to_owned();
	let program = std::env::current_exe().context(Kind::Other, what)?;
	let mut process = Command::new(program)
		.arg("plain-file")
		.args(files)
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.kill_on_drop(true)
		.spawn()
		.context(Kind::Other, what)?;
	let output = process.stdout.take().ok_or_else(|| Error::new(Kind::Other, what()))?;
	let mut line = String::new();
	BufReader::new(output).read_line(&mut line).await.context(Kind::Other, what)?;
	let address = Url::parse(line.trim()).context(Kind::Other, what)?;
	Ok(Running { process, address })
}

impl Running {
	/// Its process; 0 once it has ended.
	pub(super) fn pid(&self) -> u32 {
		self.process.id().unwrap_or(0)
	}

	/// Where the file with this place in the list is.
	pub(super) fn url(&self, place: usize) -> Result<Url> {
		let what = || "the server of plain files has an unusable address".to_owned();
		self.address.join(&place.to_string()).context(Kind::Other, what)
	}
}
