//! Listening, TLS, signals, and the end.

use std::{
	io,
	net::{SocketAddr, TcpListener},
	path::PathBuf,
	sync::Arc,
	time::Duration,
};

use axum::Router;
use axum_server::{
	tls_rustls::{RustlsAcceptor, RustlsConfig},
	Handle, Server,
};
use hyper_util::rt::TokioTimer;
use tokio::{
	signal::unix::{signal, SignalKind},
	sync::{mpsc, watch},
	task::JoinHandle,
};

use crate::{
	config::Transport,
	connection::Gate,
	promotion::follow,
	repair::repair,
	router,
	scrub::scrub,
	vault::{OpenError, Vault},
};

/// How many anchored records may wait for their first scrubbing.
const FRESH: usize = 10_000;

/// Why a vault does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
	/// It cannot be opened.
	#[error(transparent)]
	Open(#[from] OpenError),
	/// The address is taken, or not this machine's.
	#[error("cannot listen on {0}: {1}; choose another address")]
	Listen(SocketAddr, #[source] io::Error),
	/// Certificate or key cannot be read.
	#[error("cannot use the TLS certificate {path}: {1}", path = .0.display())]
	Tls(PathBuf, #[source] io::Error),
	/// A listener failed, or signals cannot be received.
	#[error("the server failed: {0}")]
	Failed(#[from] io::Error),
}

/// A vault that serves, until [`Running::stop`].
pub struct Running {
	/// Where patients and clinicians are served.
	pub public: SocketAddr,
	/// Where the operator is served.
	pub operator: SocketAddr,
	tls: Option<(RustlsConfig, PathBuf, PathBuf)>,
	handles: [Handle<SocketAddr>; 2],
	servers: Vec<JoinHandle<io::Result<()>>>,
	tasks: Vec<JoinHandle<()>>,
	stop: watch::Sender<bool>,
	patience: Duration,
}

/// Starts to serve, and to follow the chain.
pub async fn start(vault: Arc<Vault>) -> Result<Running, ServeError> {
	let settings = &vault.settings;
	let tls = match &settings.transport {
		Transport::Plain => None,
		Transport::Tls { cert, key } => {
			let config = RustlsConfig::from_pem_file(cert, key)
				.await
				.map_err(|error| ServeError::Tls(cert.clone(), error))?;
			Some((config, cert.clone(), key.clone()))
		},
	};
	let (public_listener, public) = listen(settings.listen)?;
	let (operator_listener, operator) = listen(settings.operator_listen)?;
	let handles = [Handle::new(), Handle::new()];
	let timeout = settings.limits.header_timeout;

	let gate = |listener| Gate::new(&settings.limits, vault.metrics.connections(listener));
	let public_server = axum_server::from_tcp(public_listener)?.handle(handles[0].clone());
	let public_router = router::public(vault.clone());
	let public_task = match &tls {
		None => serve(public_server.acceptor(gate("public")), timeout, public_router),
		Some((config, ..)) => {
			let acceptor = RustlsAcceptor::new(config.clone())
				.handshake_timeout(timeout)
				.acceptor(gate("public"));
			let mut server = public_server.acceptor(acceptor);
			guard(server.http_builder(), timeout);
			tokio::spawn(server.serve(public_router.into_make_service()))
		},
	};
	let operator_server = axum_server::from_tcp(operator_listener)?.handle(handles[1].clone());
	let operator_server = operator_server.acceptor(gate("operator"));
	let operator_task = serve(operator_server, timeout, router::operator(vault.clone()));

	let (stop, stopped) = watch::channel(false);
	let (fresh, to_scrub) = mpsc::channel(FRESH);
	let tasks = vec![
		tokio::spawn(follow(vault.clone(), fresh, stopped.clone())),
		tokio::spawn(scrub(vault.clone(), to_scrub, stopped.clone())),
		tokio::spawn(repair(vault.clone(), stopped)),
	];
	tracing::info!(%public, %operator, center = vault.center().0, "the vault serves");
	Ok(Running {
		public,
		operator,
		tls,
		handles,
		servers: vec![public_task, operator_task],
		tasks,
		stop,
		patience: settings.limits.shutdown_timeout,
	})
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
	let open = || {
		let listener = TcpListener::bind(address)?;
		listener.set_nonblocking(true)?;
		let bound = listener.local_addr()?;
		Ok((listener, bound))
	};
	open().map_err(|error| ServeError::Listen(address, error))
}

fn serve(
	mut server: Server<SocketAddr, Gate>,
	timeout: Duration,
	router: Router,
) -> JoinHandle<io::Result<()>> {
	guard(server.http_builder(), timeout);
	tokio::spawn(server.serve(router.into_make_service()))
}

/// Bounds what a connection may cost before it has asked for anything.
fn guard(
	builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>,
	timeout: Duration,
) {
	builder.http1().timer(TokioTimer::new()).header_read_timeout(timeout);
	builder
		.http2()
		.timer(TokioTimer::new())
		.max_concurrent_streams(64)
		.keep_alive_interval(timeout)
		.keep_alive_timeout(timeout);
}

impl Running {
	/// Reads certificate and key again. The old ones stay if the new ones cannot be used.
	pub async fn reload_certificate(&self) {
		let Some((config, cert, key)) = &self.tls else { return };
		match config.reload_from_pem_file(cert, key).await {
			Ok(()) => tracing::info!("the TLS certificate was read again"),
			Err(cause) => tracing::error!(%cause, "the new TLS certificate cannot be used"),
		}
	}

	/// Serves until SIGINT or SIGTERM; SIGHUP reads the certificate again.
	pub async fn until_signalled(self) -> Result<(), ServeError> {
		let mut interrupted = signal(SignalKind::interrupt())?;
		let mut terminated = signal(SignalKind::terminate())?;
		let mut hung_up = signal(SignalKind::hangup())?;
		loop {
			tokio::select! {
				_ = interrupted.recv() => break,
				_ = terminated.recv() => break,
				_ = hung_up.recv() => self.reload_certificate().await,
				() = self.ended() => break,
			}
		}
		self.stop().await
	}

	/// Comes back when a listener ends by itself.
	async fn ended(&self) {
		while !self.servers.iter().any(JoinHandle::is_finished) {
			tokio::time::sleep(Duration::from_secs(1)).await;
		}
	}

	/// Takes no new requests, finishes the running ones, and stops the background work.
	pub async fn stop(self) -> Result<(), ServeError> {
		tracing::info!("finishing what is under way");
		self.stop.send_replace(true);
		for handle in &self.handles {
			handle.graceful_shutdown(Some(self.patience));
		}
		for task in self.tasks {
			if let Err(error) = task.await {
				tracing::error!(cause = %error, "a background task was cut off");
			}
		}
		for server in self.servers {
			server.await.map_err(io::Error::other)??;
		}
		Ok(())
	}
}
