//! The address of a vault, as far as a witness goes there.
//!
//! The registry takes more than a node should follow, so the rule is the node's own, and a strict one:
//! what is not understood is refused. A name can still resolve to an address that would be refused if it
//! stood here; what reaches it then is a TLS handshake for that name, and nothing more.

use alloc::{
	format,
	string::{String, ToString},
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use ward_primitives::receipt::RECEIPTS_PATH;

use super::{
	address::{is_loopback, is_public, Address},
	settings::Settings,
};

/// The longest name of a host, in bytes.
const MAX_HOST: usize = 253;

/// The longest label of a name, in bytes.
const MAX_LABEL: usize = 63;

/// A vault's address that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
	origin: String,
	path: String,
}

/// Why a witness does not go to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
	/// It is no URL in the one form that is understood.
	Malformed,
	/// Neither `https`, nor `http` on an allowed loopback address.
	Insecure,
	/// It carries a user's name or password.
	UserInfo,
	/// It is this machine's own, which the operator has not allowed.
	Loopback,
	/// It is none of the public Internet, and the operator has not allowed it.
	NotPublic,
}

impl Refusal {
	/// What the operator reads.
	pub(crate) const fn text(self) -> &'static str {
		match self {
			Self::Malformed => "is no URL that a node follows",
			Self::Insecure => "is not https",
			Self::UserInfo => "carries a user's name",
			Self::Loopback => "is this machine's own; --receipts-allow-loopback allows it",
			Self::NotPublic => {
				"is not in the public Internet; --receipts-allow-address allows a single one"
			},
		}
	}
}

/// Whom a URL names.
enum Host<'a> {
	/// A name for the resolver.
	Name(&'a str),
	/// A name that means this machine.
	Localhost(&'a str),
	/// An address.
	Literal(IpAddr),
}

impl Endpoint {
	/// Reads the endpoint of a center's row.
	pub(crate) fn parse(endpoint: &[u8], settings: &Settings) -> Result<Self, Refusal> {
		let url = core::str::from_utf8(endpoint).map_err(|_| Refusal::Malformed)?;
		if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
			return Err(Refusal::Malformed);
		}
		let (scheme, rest) = url.split_once("://").ok_or(Refusal::Malformed)?;
		let is_secure = match scheme {
			"https" => true,
			"http" => false,
			"" => return Err(Refusal::Malformed),
			_ => return Err(Refusal::Insecure),
		};
		let (authority, path) = match rest.find('/') {
			Some(start) => rest.split_at(start),
			None => (rest, ""),
		};
		if authority.contains('@') {
			return Err(Refusal::UserInfo);
		}
		let (host, port) = split_port(authority)?;
		let host = host_of(host)?;
		let is_local = match &host {
			Host::Localhost(_) => true,
			Host::Literal(address) => is_loopback(*address),
			Host::Name(_) => false,
		};
		if let Host::Literal(address) = &host {
			let is_allowed = settings.allowed.contains(&Address::from(*address));
			if !is_local && !is_allowed && !is_public(*address) {
				return Err(Refusal::NotPublic);
			}
		}
		if is_local && !settings.loopback {
			return Err(Refusal::Loopback);
		}
		if !is_secure && !is_local {
			return Err(Refusal::Insecure);
		}
		let host = match host {
			Host::Name(name) | Host::Localhost(name) => name.to_ascii_lowercase(),
			Host::Literal(IpAddr::V4(address)) => address.to_string(),
			Host::Literal(IpAddr::V6(address)) => format!("[{address}]"),
		};
		let port = port.map(|port| format!(":{port}")).unwrap_or_default();
		Ok(Self {
			origin: format!("{scheme}://{host}{port}"),
			path: format!("{}{RECEIPTS_PATH}", prefix(path)?),
		})
	}

	/// The path of the request, as it stands in the request line.
	pub(crate) fn path(&self) -> &str {
		&self.path
	}

	/// The whole URL of the request.
	pub(crate) fn url(&self) -> String {
		format!("{}{}", self.origin, self.path)
	}
}

/// Takes the port off an authority.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), Refusal> {
	// Not the colons within an address of IPv6.
	let after_host = authority.rfind(']').map_or(0, |end| end.saturating_add(1));
	let Some(colon) = authority.get(after_host..).and_then(|rest| rest.find(':')) else {
		return Ok((authority, None));
	};
	let (host, port) = authority.split_at(after_host.saturating_add(colon));
	let digits = port.strip_prefix(':').unwrap_or_default();
	let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
	match digits.parse() {
		Ok(port) if is_plain => Ok((host, Some(port))),
		_ => Err(Refusal::Malformed),
	}
}

/// Reads a host.
fn host_of(host: &str) -> Result<Host<'_>, Refusal> {
	if let Some(inner) = host.strip_prefix('[') {
		let inner = inner.strip_suffix(']').ok_or(Refusal::Malformed)?;
		let address: Ipv6Addr = inner.parse().map_err(|_| Refusal::Malformed)?;
		return Ok(Host::Literal(IpAddr::V6(address)));
	}
	if host.is_empty() || host.len() > MAX_HOST || !host.split('.').all(is_label) {
		return Err(Refusal::Malformed);
	}
	let last = host.rsplit('.').next().unwrap_or_default();
	// Resolvers read many spellings of numbers as an address: 127.1, 0177.0.0.1, 0x7f000001, 2130706433.
	let is_hexadecimal = last
		.strip_prefix("0x")
		.or_else(|| last.strip_prefix("0X"))
		.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
	if is_hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
		let address: Ipv4Addr = host.parse().map_err(|_| Refusal::Malformed)?;
		return Ok(Host::Literal(IpAddr::V4(address)));
	}
	Ok(match last.eq_ignore_ascii_case("localhost") {
		true => Host::Localhost(host),
		false => Host::Name(host),
	})
}

/// Whether a part of a name is one that stands in a host's name.
fn is_label(label: &str) -> bool {
	(1..=MAX_LABEL).contains(&label.len())
		&& label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
		&& !label.starts_with('-')
		&& !label.ends_with('-')
}

/// The path under which a vault is published, without a `/` at its end.
fn prefix(path: &str) -> Result<&str, Refusal> {
	let path = path.strip_suffix('/').unwrap_or(path);
	let is_segment = |segment: &str| {
		!matches!(segment, "" | "." | "..")
			&& segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
	};
	match path.strip_prefix('/') {
		None if path.is_empty() => Ok(path),
		Some(segments) if segments.split('/').all(is_segment) => Ok(path),
		_ => Err(Refusal::Malformed),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	fn strict() -> Settings {
		Settings::default()
	}

	fn with_loopback() -> Settings {
		Settings { loopback: true, ..Settings::default() }
	}

	fn url(endpoint: &str, settings: &Settings) -> Result<String, Refusal> {
		Endpoint::parse(endpoint.as_bytes(), settings).map(|endpoint| endpoint.url())
	}

	#[test]
	fn what_a_registry_should_hold_is_followed_to_the_fixed_path() {
		let labels = format!("https://{}.example", "a".repeat(63));
		for (endpoint, expected) in [
			("https://vault.example", "https://vault.example/v1/receipts"),
			("https://vault.example/", "https://vault.example/v1/receipts"),
			("https://vault.example:8443", "https://vault.example:8443/v1/receipts"),
			("https://vault.example:65535/ward", "https://vault.example:65535/ward/v1/receipts"),
			("https://vault.example/ward/", "https://vault.example/ward/v1/receipts"),
			("https://vault.example/a/b-c_d.e~f", "https://vault.example/a/b-c_d.e~f/v1/receipts"),
			("https://Vault.EXAMPLE", "https://vault.example/v1/receipts"),
			("https://vault", "https://vault/v1/receipts"),
			(
				"https://xn--spital-zrich-hlb.example",
				"https://xn--spital-zrich-hlb.example/v1/receipts",
			),
			("https://8.8.8.8", "https://8.8.8.8/v1/receipts"),
			("https://8.8.8.8:443", "https://8.8.8.8:443/v1/receipts"),
			("https://[2001:4860:4860::8888]", "https://[2001:4860:4860::8888]/v1/receipts"),
			(
				"https://[2001:4860:4860:0:0:0:0:8888]:1",
				"https://[2001:4860:4860::8888]:1/v1/receipts",
			),
			// Names that merely start, or end, like addresses.
			("https://127.0.0.1.example", "https://127.0.0.1.example/v1/receipts"),
			("https://10.vault.example", "https://10.vault.example/v1/receipts"),
			("https://0x7f.example", "https://0x7f.example/v1/receipts"),
			("https://1e100.example", "https://1e100.example/v1/receipts"),
			("https://vault.1a", "https://vault.1a/v1/receipts"),
			("https://localhost.example", "https://localhost.example/v1/receipts"),
			("https://mylocalhost", "https://mylocalhost/v1/receipts"),
			(&labels, &format!("{labels}/v1/receipts")),
		] {
			assert_eq!(url(endpoint, &strict()).as_deref(), Ok(expected), "{endpoint}");
		}
	}

	#[test]
	fn the_path_is_that_of_the_request_line() {
		let endpoint = Endpoint::parse(b"https://vault.example:8443/ward", &strict()).unwrap();
		assert_eq!(endpoint.path(), "/ward/v1/receipts");
	}

	#[test]
	fn what_is_no_plain_url_is_refused() {
		let long_label = format!("https://{}.example", "a".repeat(64));
		let long_name = format!("https://{}example", "a.".repeat(130));
		for endpoint in [
			"",
			"https",
			"https:",
			"https:/vault.example",
			"https:vault.example",
			"//vault.example",
			"vault.example",
			"://vault.example",
			"https://",
			"https:///",
			"https:///path",
			"https://:443",
			"https://:",
			"https://vault.example:",
			"https://vault.example:/",
			"https://vault.example:0",
			"https://vault.example:0443",
			"https://vault.example:65536",
			"https://vault.example:99999999999",
			"https://vault.example:+443",
			"https://vault.example:-1",
			"https://vault.example:44 3",
			"https://vault.example:443:443",
			"https://vault.example:https",
			"https://.",
			"https://..",
			"https://.vault.example",
			"https://vault..example",
			"https://vault.example.",
			"https://vault.example.:443",
			"https://localhost.",
			"https://127.0.0.1.",
			"https://-vault.example",
			"https://vault-.example",
			"https://vault_1.example",
			"https://vault.example\\",
			"https://vault.example\\.10.0.0.1",
			"https://vault.example?x=1",
			"https://vault.example/?x=1",
			"https://vault.example#x",
			"https://vault.example/a#x",
			"https://vault.example/a?",
			"https://vault.example//",
			"https://vault.example//a",
			"https://vault.example/a//b",
			"https://vault.example/..",
			"https://vault.example/a/../b",
			"https://vault.example/.",
			"https://vault.example/%2e%2e",
			"https://vault.example/a;b",
			"https://vault.example/a b",
			"https://vault%2eexample",
			"https://%31%32%37.0.0.1",
			"https://vault.example%00",
			"https://vault example",
			" https://vault.example",
			"https://vault.example ",
			"https://vault.example\n",
			"https://vault.example\r\nHost: x",
			"https://vault.example\t",
			"https://vault.example\0",
			"https://väult.example",
			"https://ⓥault.example",
			"https://127。0。0。1",
			"https://１２７.0.0.1",
			"https://*.example",
			"https://vault,example",
			"https://[::1",
			"https://::1",
			"https://::1]",
			"https://[]",
			"https://[::1]x",
			"https://[::1]:",
			"https://[::1]:0",
			"https://[::1%25eth0]",
			"https://[fe80::1%eth0]",
			"https://[v1.abc]",
			"https://[127.0.0.1]",
			"https://[::ffff:127.1]",
			"https://[1::2::3]",
			"https://[[::1]]",
			// Other spellings of addresses of IPv4.
			"https://127.1",
			"https://127.0.1",
			"https://2130706433",
			"https://017700000001",
			"https://0177.0.0.1",
			"https://127.0.0.01",
			"https://0x7f000001",
			"https://0X7F000001",
			"https://0x7f.0.0.1",
			"https://0x7f.0.0.0x1",
			"https://127.0.0.0x1",
			"https://0x",
			"https://1.2.3.4.5",
			"https://256.1.1.1",
			"https://vault.1",
			"https://vault.0x1",
			&long_label,
			&long_name,
		] {
			assert_eq!(url(endpoint, &with_loopback()), Err(Refusal::Malformed), "{endpoint}");
		}
		assert_eq!(Endpoint::parse(b"https://vault\xff", &strict()), Err(Refusal::Malformed));
	}

	#[test]
	fn other_schemes_and_http_beyond_this_machine_are_insecure() {
		for endpoint in [
			"http://vault.example",
			"http://8.8.8.8",
			"http://[2001:4860:4860::8888]",
			"http://127.0.0.1.example",
			"http://localhost.example",
			"HTTPS://vault.example",
			"Http://127.0.0.1",
			"ftp://vault.example",
			"file:///etc/passwd",
			"file://localhost/etc/passwd",
			"gopher://127.0.0.1:9944",
			"ws://127.0.0.1:9944",
			"https+unix://vault",
			"httpss://vault.example",
		] {
			assert_eq!(url(endpoint, &with_loopback()), Err(Refusal::Insecure), "{endpoint}");
		}
	}

	#[test]
	fn nobody_is_logged_in_anywhere() {
		for endpoint in [
			"https://user@vault.example",
			"https://user:password@vault.example",
			"https://@vault.example",
			"https://:@vault.example",
			"https://vault.example@10.0.0.1",
			"https://vault.example:443@10.0.0.1",
			"https://vault.example\\@10.0.0.1",
		] {
			assert_eq!(url(endpoint, &with_loopback()), Err(Refusal::UserInfo), "{endpoint}");
		}
	}

	#[test]
	fn this_machine_is_asked_only_where_its_operator_says_so() {
		for endpoint in [
			"http://127.0.0.1:4001",
			"https://127.0.0.1",
			"https://127.255.255.254",
			"http://localhost",
			"http://LOCALHOST:4001",
			"https://localhost:4001",
			"https://vault.localhost",
			"http://[::1]:4001",
			"https://[::1]",
			"https://[0:0:0:0:0:0:0:1]",
			"https://[::ffff:127.0.0.1]",
			"https://[::ffff:7f00:1]",
		] {
			assert_eq!(url(endpoint, &strict()), Err(Refusal::Loopback), "{endpoint}");
			assert!(url(endpoint, &with_loopback()).is_ok(), "{endpoint}");
		}
	}

	#[test]
	fn an_address_beyond_the_public_internet_is_asked_only_if_it_is_named() {
		let allowed = vec![Address::from(IpAddr::from([10, 1, 2, 3]))];
		let named = Settings { allowed, ..Settings::default() };
		for endpoint in
			["https://10.1.2.3", "https://10.1.2.3:8443/ward", "https://[::ffff:10.1.2.3]"]
		{
			assert_eq!(url(endpoint, &strict()), Err(Refusal::NotPublic), "{endpoint}");
			assert_eq!(url(endpoint, &with_loopback()), Err(Refusal::NotPublic), "{endpoint}");
			assert!(url(endpoint, &named).is_ok(), "{endpoint}");
		}
		// Allowed is the address, not plain text to it.
		assert_eq!(url("http://10.1.2.3", &named), Err(Refusal::Insecure));
		for endpoint in [
			"https://10.1.2.4",
			"https://0.0.0.0",
			"https://100.64.0.1",
			"https://169.254.169.254",
			"https://172.16.0.1",
			"https://192.168.1.1",
			"https://198.18.0.1",
			"https://224.0.0.1",
			"https://255.255.255.255",
			"https://[::]",
			"https://[fd00::1]",
			"https://[fe80::1]",
			"https://[ff02::1]",
			"https://[::ffff:192.168.1.1]",
			"https://[64:ff9b::a00:1]",
			"https://[2002:a00:1::]",
			"https://[::a00:1]",
		] {
			assert_eq!(url(endpoint, &named), Err(Refusal::NotPublic), "{endpoint}");
		}
	}
}
