//! Certificates: of an authority that the machine trusts, and of one that it does not.

use std::{
	net::{IpAddr, ToSocketAddrs},
	path::Path,
	sync::{Arc, OnceLock},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::{
	crypto::ring::default_provider,
	pki_types::{CertificateDer, PrivateKeyDer},
	ServerConfig,
};

/// Who signs certificates.
struct Authority {
	issuer: Issuer<'static, KeyPair>,
	pem: String,
}

impl Authority {
	fn new() -> Self {
		let key = KeyPair::generate().expect("a key");
		let mut params = CertificateParams::new(Vec::new()).expect("no names");
		params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
		let pem = params.self_signed(&key).expect("a certificate").pem();
		Self { issuer: Issuer::new(params, key), pem }
	}

	/// How a server shows a certificate for this machine.
	fn server(&self) -> Arc<ServerConfig> {
		let mut names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
		names.extend(name_of_loopback());
		let key = KeyPair::generate().expect("a key");
		let params = CertificateParams::new(names).expect("names");
		let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
		let secret = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
		let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
			.with_safe_default_protocol_versions()
			.expect("the versions of ring")
			.with_no_client_auth()
			.with_single_cert(vec![CertificateDer::from(certificate)], secret);
		Arc::new(config.expect("a key that fits"))
	}
}

/// The trusted authority. The machine's store of them is a file with this one only, as a hospital's own
/// authority is trusted: by `SSL_CERT_FILE`.
fn trusted() -> &'static Authority {
	static TRUSTED: OnceLock<(Authority, tempfile::TempDir)> = OnceLock::new();
	let make = || {
		let authority = Authority::new();
		let folder = tempfile::tempdir().expect("a folder");
		let file = folder.path().join("authority.pem");
		std::fs::write(&file, &authority.pem).expect("written");
		// Before any client reads it, and never changed.
		std::env::set_var("SSL_CERT_FILE", &file);
		(authority, folder)
	};
	&TRUSTED.get_or_init(make).0
}

/// Lets every HTTP client that starts from now on trust the one authority.
pub(super) fn trust() {
	trusted();
}

/// How a server shows a certificate that clients trust.
pub(super) fn good() -> Arc<ServerConfig> {
	trusted().server()
}

/// How a server shows a certificate of an authority of its own.
pub(super) fn untrusted() -> Arc<ServerConfig> {
	Authority::new().server()
}

/// A name that this machine resolves to its own loopback address, and that does not say so.
pub(super) fn name_of_loopback() -> Option<String> {
	let hosts = std::fs::read_to_string(Path::new("/etc/hosts")).unwrap_or_default();
	let names = hosts
		.lines()
		.filter_map(|line| line.split('#').next())
		.flat_map(|line| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>());
	let is_loopback = |name: &String| {
		let resolved = (name.as_str(), 0).to_socket_addrs();
		resolved.is_ok_and(|mut addresses| {
			addresses.all(|address| address.ip() == IpAddr::from([127, 0, 0, 1]))
		})
	};
	let is_plain = |name: &String| !name.to_ascii_lowercase().ends_with("localhost");
	names.filter(is_plain).find(is_loopback)
}
