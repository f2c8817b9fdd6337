//! Servers in the place of vaults, on real sockets, that do as they like with HTTP.

use std::{
	net::SocketAddr,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex,
	},
	time::Duration,
};

use codec::Decode;
use tokio::{
	io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
	net::TcpListener,
};
use tokio_rustls::{rustls::ServerConfig, TlsAcceptor};
use ward_primitives::receipt::Challenge;

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reaction {
	/// Answers with a status, header fields and a body.
	Answers(u16, Vec<(&'static str, String)>, Vec<u8>),
	/// Announces a body of a GiB, and sends it.
	Floods,
	/// Sends a body byte by byte, so slowly that it never ends.
	Trickles,
	/// Sends a part of the body that it announced, and hangs up.
	BreaksOff(Vec<u8>),
	/// Says nothing, and keeps the connection.
	IsSilent,
	/// Hangs up.
	HangsUp,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
	/// The request line and the header fields.
	pub(super) head: String,
	/// The body.
	pub(super) body: Vec<u8>,
}

impl Received {
	pub(super) fn challenge(&self) -> Challenge {
		Challenge::decode(&mut &*self.body).expect("a challenge")
	}

	/// A header field's value.
	pub(super) fn field(&self, name: &str) -> &str {
		let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
		let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
		named.next().expect("the header field").1
	}

	/// The request line.
	pub(super) fn line(&self) -> &str {
		self.head.lines().next().unwrap_or_default()
	}
}

/// A server that runs until it is dropped.
pub(super) struct Server {
	pub(super) address: SocketAddr,
	received: Arc<Mutex<Vec<Received>>>,
	/// All bytes that came, also those that were no request.
	raw: Arc<Mutex<Vec<u8>>>,
	sent: Arc<AtomicU64>,
	_runtime: tokio::runtime::Runtime,
}

impl Server {
	/// Starts a server that reacts like this, with TLS if a certificate is given.
	pub(super) fn start(
		tls: Option<Arc<ServerConfig>>,
		react: impl Fn(&Received) -> Reaction + Send + Sync + 'static,
	) -> Self {
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.expect("a runtime");
		let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a port");
		let address = listener.local_addr().expect("it is bound");
		let (received, raw, sent) =
			<(Arc<Mutex<Vec<Received>>>, Arc<Mutex<Vec<u8>>>, _)>::default();
		let connection = Connection {
			received: received.clone(),
			raw: raw.clone(),
			sent: Arc::clone(&sent),
			react: Arc::new(react),
		};
		runtime.spawn(accept(listener, tls.map(TlsAcceptor::from), connection));
		Self { address, received, raw, sent, _runtime: runtime }
	}

	/// The requests that came since this was asked last.
	pub(super) fn take_received(&self) -> Vec<Received> {
		std::mem::take(&mut self.received.lock().unwrap())
	}

	/// All bytes that came before any TLS was spoken.
	pub(super) fn raw(&self) -> Vec<u8> {
		self.raw.lock().unwrap().clone()
	}

	/// How many bytes of bodies could be sent.
	pub(super) fn sent(&self) -> u64 {
		self.sent.load(Ordering::SeqCst)
	}

	/// Its address as the registry has it.
	pub(super) fn url(&self, scheme: &str) -> String {
		format!("{scheme}://{}", self.address)
	}
}

#[derive(Clone)]
struct Connection {
	received: Arc<Mutex<Vec<Received>>>,
	raw: Arc<Mutex<Vec<u8>>>,
	sent: Arc<AtomicU64>,
	react: Arc<dyn Fn(&Received) -> Reaction + Send + Sync>,
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, connection: Connection) {
	while let Ok((stream, _)) = listener.accept().await {
		let (tls, connection) = (tls.clone(), connection.clone());
		tokio::spawn(async move {
			match tls {
				// A handshake that fails is the client's business.
				Some(tls) => {
					if let Ok(stream) = tls.accept(stream).await {
						connection.serve(stream).await;
					}
				},
				None => connection.serve(stream).await,
			}
		});
	}
}

impl Connection {
	/// One request, one reaction.
	async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
		let Some(request) = self.read(&mut stream).await else { return };
		self.received.lock().unwrap().push(request.clone());
		// What cannot be written any more, nobody waits for.
		let _ = self.write(&mut stream, (self.react)(&request)).await;
		let _ = stream.shutdown().await;
	}

	/// Reads a request, its body in chunks as the SDK's client sends it.
	async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
		let mut bytes = Vec::new();
		loop {
			let mut piece = [0; 4_096];
			let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
			self.raw.lock().unwrap().extend_from_slice(&piece[..count]);
			bytes.extend_from_slice(&piece[..count]);
			if !bytes[0].is_ascii_uppercase() {
				// No HTTP: as servers do, it hangs up.
				return None;
			}
			let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
			let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
			if let Some(body) = chunks(&bytes[end + 4..]) {
				return Some(Received { head, body });
			}
		}
	}

	async fn write(
		&self,
		stream: &mut (impl AsyncWrite + Unpin + Send),
		reaction: Reaction,
	) -> std::io::Result<()> {
		match reaction {
			Reaction::Answers(status, fields, body) => {
				let mut head = head(status, body.len() as u64);
				for (name, value) in fields {
					head.insert_str(head.len() - 2, &format!("{name}: {value}\r\n"));
				}
				stream.write_all(head.as_bytes()).await?;
				stream.write_all(&body).await
			},
			Reaction::Floods => {
				stream.write_all(head(200, 1 << 30).as_bytes()).await?;
				let piece = vec![0; 64 * 1024];
				loop {
					stream.write_all(&piece).await?;
					self.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
				}
			},
			Reaction::Trickles => {
				stream.write_all(head(200, 1 << 20).as_bytes()).await?;
				loop {
					stream.write_all(&[0]).await?;
					stream.flush().await?;
					tokio::time::sleep(Duration::from_millis(20)).await;
				}
			},
			Reaction::BreaksOff(part) => {
				stream.write_all(head(200, part.len() as u64 + 1).as_bytes()).await?;
				stream.write_all(&part).await
			},
			Reaction::IsSilent => std::future::pending().await,
			Reaction::HangsUp => Ok(()),
		}
	}
}

fn head(status: u16, length: u64) -> String {
	format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
}

/// A body in chunks, put together; none as long as its end has not come.
fn chunks(mut bytes: &[u8]) -> Option<Vec<u8>> {
	let mut body = Vec::new();
	loop {
		let line = bytes.windows(2).position(|two| two == b"\r\n")?;
		let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).ok()?, 16).ok()?;
		let rest = bytes.get(line + 2..)?;
		let chunk = rest.get(..length)?;
		if length == 0 {
			return Some(body);
		}
		body.extend_from_slice(chunk);
		bytes = rest.get(length + 2..)?;
	}
}
