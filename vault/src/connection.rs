//! What a connection may cost: how many there are at once, and for how long one may do nothing.
//!
//! Whoever can reach the vault can connect to it, so this holds before anybody is known. The HTTP library
//! bounds the time of a request's header, but only from its first bytes on, and never ends a connection on
//! which no answer is read.

use std::{
	future::{ready, Future, Ready},
	io,
	pin::Pin,
	sync::{
		atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
		Arc,
	},
	task::{ready, Context, Poll},
	time::Duration,
};

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use tokio::{
	io::{AsyncRead, AsyncWrite, ReadBuf},
	net::TcpStream,
	sync::{OwnedSemaphorePermit, Semaphore},
	time::{sleep_until, Instant, Sleep},
};
use tower::Service;

use crate::{config::Limits, metrics::Connections};

/// Lets connections in while there is room, and ends those that do nothing.
#[derive(Clone)]
pub(crate) struct Gate {
	room: Arc<Semaphore>,
	patience: Patience,
	counters: Connections,
}

/// How long a connection may do nothing.
#[derive(Clone, Copy)]
struct Patience {
	/// From its beginning until all of the header of its first request is here.
	first: Duration,
	/// Later: between two bytes in whichever direction, unless a request waits for its answer.
	idle: Duration,
}

impl Gate {
	pub(crate) fn new(limits: &Limits, counters: Connections) -> Self {
		let room = limits.max_connections.min(Semaphore::MAX_PERMITS);
		Self {
			room: Arc::new(Semaphore::new(room)),
			patience: Patience { first: limits.header_timeout, idle: limits.idle_timeout },
			counters,
		}
	}

	fn admit(&self, stream: TcpStream) -> io::Result<Connection> {
		let Ok(place) = self.room.clone().try_acquire_owned() else {
			self.counters.refused.inc();
			return Err(io::Error::other("there are as many connections as the vault takes"));
		};
		// Answers do not wait for the reader's delayed acknowledgements.
		stream.set_nodelay(true)?;
		self.counters.open.inc();
		let activity = Arc::new(Activity::new());
		let timer = Box::pin(sleep_until(activity.begun + self.patience.first));
		let place = Place { counters: self.counters.clone(), _permit: place };
		Ok(Connection { stream, activity, patience: self.patience, timer, place })
	}
}

impl<S> Accept<TcpStream, S> for Gate {
	type Stream = Connection;
	type Service = Watched<S>;
	type Future = Ready<io::Result<(Connection, Watched<S>)>>;

	fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
		ready(self.admit(stream).map(|connection| {
			let activity = connection.activity.clone();
			(connection, Watched { service, activity })
		}))
	}
}

/// A place that a connection takes.
struct Place {
	counters: Connections,
	_permit: OwnedSemaphorePermit,
}

impl Drop for Place {
	fn drop(&mut self) {
		self.counters.open.dec();
	}
}

/// What happens on a connection.
struct Activity {
	begun: Instant,
	/// When something happened last, in milliseconds after `begun`.
	last: AtomicU64,
	/// Whether a request has come.
	has_asked: AtomicBool,
	/// How many requests wait until their answers begin.
	waiting: AtomicUsize,
}

impl Activity {
	fn new() -> Self {
		Self {
			begun: Instant::now(),
			last: AtomicU64::new(0),
			has_asked: AtomicBool::new(false),
			waiting: AtomicUsize::new(0),
		}
	}

	fn note(&self) {
		let passed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
		self.last.store(passed, Ordering::Relaxed);
	}

	/// Until when it may do nothing; none while a request waits for its answer.
	fn deadline(&self, patience: Patience) -> Option<Instant> {
		if !self.has_asked.load(Ordering::Relaxed) {
			return Some(self.begun + patience.first);
		}
		let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
		let is_waiting = self.waiting.load(Ordering::Relaxed) > 0;
		(!is_waiting).then(|| self.begun + last + patience.idle)
	}
}

/// A connection that fails when it has done nothing for too long.
pub(crate) struct Connection {
	stream: TcpStream,
	activity: Arc<Activity>,
	patience: Patience,
	timer: Pin<Box<Sleep>>,
	place: Place,
}

impl Connection {
	/// What comes of reading or writing; too long without anything is an error.
	fn watch<T>(
		&mut self,
		outcome: Poll<io::Result<T>>,
		context: &mut Context<'_>,
	) -> Poll<io::Result<T>> {
		if outcome.is_ready() {
			self.activity.note();
			return outcome;
		}
		loop {
			ready!(self.timer.as_mut().poll(context));
			let now = Instant::now();
			let deadline = self.activity.deadline(self.patience);
			match deadline.unwrap_or_else(|| now + self.patience.idle) {
				over if over <= now => {
					self.place.counters.timed_out.inc();
					return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
				},
				later => self.timer.as_mut().reset(later),
			}
		}
	}
}

impl AsyncRead for Connection {
	fn poll_read(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		buffer: &mut ReadBuf<'_>,
	) -> Poll<io::Result<()>> {
		let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
		self.watch(outcome, context)
	}
}

impl AsyncWrite for Connection {
	fn poll_write(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		bytes: &[u8],
	) -> Poll<io::Result<usize>> {
		let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
		self.watch(outcome, context)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		bytes: &[io::IoSlice<'_>],
	) -> Poll<io::Result<usize>> {
		let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
		self.watch(outcome, context)
	}

	fn is_write_vectored(&self) -> bool {
		self.stream.is_write_vectored()
	}

	fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_flush(context)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_shutdown(context)
	}
}

/// A service whose connection knows which requests wait.
#[derive(Clone)]
pub(crate) struct Watched<S> {
	service: S,
	activity: Arc<Activity>,
}

impl<S, R> Service<R> for Watched<S>
where
	S: Service<R>,
	S::Future: Send + 'static,
{
	type Response = S::Response;
	type Error = S::Error;
	type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

	fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
		self.service.poll_ready(context)
	}

	fn call(&mut self, request: R) -> Self::Future {
		let waiting = Waiting::begin(self.activity.clone());
		let answer = self.service.call(request);
		Box::pin(async move {
			let answer = answer.await;
			drop(waiting);
			answer
		})
	}
}

/// A request that waits until its answer begins.
struct Waiting(Arc<Activity>);

impl Waiting {
	fn begin(activity: Arc<Activity>) -> Self {
		activity.has_asked.store(true, Ordering::Relaxed);
		activity.waiting.fetch_add(1, Ordering::Relaxed);
		Self(activity)
	}
}

impl Drop for Waiting {
	fn drop(&mut self) {
		self.0.note();
		self.0.waiting.fetch_sub(1, Ordering::Relaxed);
	}
}

#[cfg(test)]
mod tests {
	use std::net::SocketAddr;

	use axum::{body::Body, routing::get, Router};
	use tokio::io::{AsyncReadExt, AsyncWriteExt};

	use super::*;
	use crate::{config::Options, metrics::Metrics};

	const PATIENCE: Duration = Duration::from_millis(300);

	/// A server with so much room and patience, and its counters.
	async fn serve(room: usize, patience: Duration) -> (SocketAddr, Metrics) {
		let options = Options {
			center: Some(1),
			allow_plain_http: Some(true),
			runtimes: Some(vec![format!("0x{}", "ab".repeat(32))]),
			max_connections: Some(room),
			..Default::default()
		};
		let mut limits = options.resolve().unwrap().limits;
		(limits.header_timeout, limits.idle_timeout) = (patience, patience);
		let metrics = Metrics::default();
		let gate = Gate::new(&limits, metrics.connections("public"));
		let slow = || async {
			tokio::time::sleep(4 * PATIENCE).await;
			"done"
		};
		let endless = || async {
			let piece = || Ok::<_, io::Error>(bytes::Bytes::from_static(&[0; 1 << 16]));
			Body::from_stream(futures::stream::repeat_with(piece))
		};
		let router = Router::new().route("/slow", get(slow)).route("/endless", get(endless));
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		listener.set_nonblocking(true).unwrap();
		let address = listener.local_addr().unwrap();
		let mut server = axum_server::from_tcp(listener).unwrap().acceptor(gate);
		server.http_builder().http1().timer(hyper_util::rt::TokioTimer::new());
		tokio::spawn(server.serve(router.into_make_service()));
		(address, metrics)
	}

	/// What the server says to `bytes` until it ends the connection.
	async fn said_to(address: SocketAddr, bytes: &[u8]) -> String {
		let mut stream = TcpStream::connect(address).await.unwrap();
		stream.write_all(bytes).await.unwrap();
		let mut answer = Vec::new();
		let reading = stream.read_to_end(&mut answer);
		// Whether it ends by FIN or by RST does not matter.
		let _ended = tokio::time::timeout(20 * PATIENCE, reading).await.expect("it is ended");
		String::from_utf8_lossy(&answer).into_owned()
	}

	async fn wait_until(metrics: &Metrics, line: &str) {
		let waiting = async {
			while !metrics.text().unwrap().lines().any(|has| has == line) {
				tokio::time::sleep(Duration::from_millis(5)).await;
			}
		};
		let waited = tokio::time::timeout(20 * PATIENCE, waiting).await;
		waited.unwrap_or_else(|_| panic!("no `{line}` in {}", metrics.text().unwrap()));
	}

	#[tokio::test]
	async fn who_asks_for_nothing_or_for_half_is_cut_off_in_time() {
		let (address, metrics) = serve(10, PATIENCE).await;
		let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
		for begun in
			[&b""[..], b"PRI", b"GET /slow HT", b"GET /slow HTTP/1.1\r\nHost: x\r\n", preface]
		{
			let since = Instant::now();
			said_to(address, begun).await;
			assert!(since.elapsed() >= PATIENCE / 2, "{begun:?}");
		}
		wait_until(&metrics, "ward_vault_connections_timed_out_total{listener=\"public\"} 5").await;
		wait_until(&metrics, "ward_vault_connections{listener=\"public\"} 0").await;
	}

	#[tokio::test]
	async fn an_answer_that_takes_long_is_waited_for_and_then_the_connection_ends() {
		let (address, metrics) = serve(10, PATIENCE).await;
		let answer = said_to(address, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
		assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
		assert!(answer.ends_with("done"), "{answer}");
		wait_until(&metrics, "ward_vault_connections{listener=\"public\"} 0").await;
	}

	#[tokio::test]
	async fn who_does_not_read_the_answer_is_cut_off() {
		let (address, metrics) = serve(10, PATIENCE).await;
		let mut stream = TcpStream::connect(address).await.unwrap();
		stream.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
		wait_until(&metrics, "ward_vault_connections_timed_out_total{listener=\"public\"} 1").await;
		wait_until(&metrics, "ward_vault_connections{listener=\"public\"} 0").await;
	}

	#[tokio::test]
	async fn one_too_many_is_refused_and_the_next_is_served_when_there_is_room() {
		let (address, metrics) = serve(2, 100 * PATIENCE).await;
		let first = TcpStream::connect(address).await.unwrap();
		let second = TcpStream::connect(address).await.unwrap();
		wait_until(&metrics, "ward_vault_connections{listener=\"public\"} 2").await;
		assert_eq!(said_to(address, b"").await, "");
		wait_until(&metrics, "ward_vault_connections_refused_total{listener=\"public\"} 1").await;
		drop((first, second));
		wait_until(&metrics, "ward_vault_connections{listener=\"public\"} 0").await;
		let request = b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
		let answer = said_to(address, request).await;
		assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
	}
}
