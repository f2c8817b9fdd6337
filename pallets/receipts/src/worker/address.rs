//! Which network addresses a witness may be sent to.
//!
//! A node stands next to things that answer to whoever is near: its own RPC, a cloud's metadata service, a
//! hospital's intranet. No row of the registry may make it knock there.

use codec::{Decode, Encode};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address in the form in which the node's settings keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Address {
	/// IPv4.
	#[codec(index = 4)]
	V4([u8; 4]),
	/// IPv6.
	#[codec(index = 6)]
	V6([u8; 16]),
}

impl From<IpAddr> for Address {
	fn from(address: IpAddr) -> Self {
		match canonical(address) {
			IpAddr::V4(address) => Self::V4(address.octets()),
			IpAddr::V6(address) => Self::V6(address.octets()),
		}
	}
}

/// An address in its one form: IPv4 also where it is written within IPv6.
fn canonical(address: IpAddr) -> IpAddr {
	let IpAddr::V6(v6) = address else { return address };
	let [.., a, b, c, d] = v6.octets();
	let within = match v6.segments() {
		// Mapped, translated (RFC 6052).
		[0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => [a, b, c, d],
		// 6to4 (RFC 3056): behind the prefix.
		[0x2002, high, low, ..] => {
			let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
			[a, b, c, d]
		},
		_ => return address,
	};
	IpAddr::V4(Ipv4Addr::from(within))
}

/// Whether the address is the machine's own.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
	canonical(address).is_loopback()
}

/// Whether the address belongs to the public Internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
	match canonical(address) {
		IpAddr::V4(address) => is_public_v4(address),
		IpAddr::V6(address) => is_public_v6(address),
	}
}

fn is_public_v4(address: Ipv4Addr) -> bool {
	!matches!(
		address.octets(),
		[0 | 10 | 127, ..]                // this network, private, loopback
			| [100, 64..=127, ..]         // carriers' shared space
			| [169, 254, ..]              // link-local
			| [172, 16..=31, ..]          // private
			| [192, 0, 0 | 2, _]          // protocol assignments, documentation
			| [192, 88, 99, _]            // relays of 6to4
			| [192, 168, ..]              // private
			| [198, 18 | 19, ..]          // benchmarks
			| [198, 51, 100, _]           // documentation
			| [203, 0, 113, _]            // documentation
			| [224..=255, ..] // multicast, reserved, broadcast
	)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
	match address.segments() {
		// Teredo and other protocols, ORCHID, documentation: within the global range, and yet nobody's host.
		[0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
		[first, ..] => first & 0xe000 == 0x2000,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn parsed(text: &str) -> IpAddr {
		text.parse().expect("an address")
	}

	#[test]
	fn addresses_of_the_public_internet_are_public() {
		for text in [
			"1.1.1.1",
			"8.8.8.8",
			"9.255.255.255",
			"11.0.0.1",
			"100.63.255.255",
			"100.128.0.1",
			"169.253.0.1",
			"172.15.255.255",
			"172.32.0.1",
			"192.0.1.1",
			"192.167.1.1",
			"198.17.0.1",
			"223.255.255.255",
			"2001:4860:4860::8888",
			"2a01:4f8::1",
			"::ffff:8.8.8.8",
			"64:ff9b::8.8.8.8",
			"2002:808:808::1",
		] {
			assert!(is_public(parsed(text)), "{text}");
		}
	}

	#[test]
	fn addresses_that_only_a_neighbour_can_reach_are_not() {
		for text in [
			"0.0.0.0",
			"0.1.2.3",
			"10.0.0.1",
			"10.255.255.255",
			"100.64.0.1",
			"100.127.255.255",
			"127.0.0.1",
			"127.255.255.254",
			"169.254.169.254",
			"172.16.0.1",
			"172.31.255.255",
			"192.0.0.8",
			"192.0.2.1",
			"192.168.0.1",
			"198.18.0.1",
			"198.19.255.255",
			"198.51.100.7",
			"203.0.113.7",
			"224.0.0.1",
			"239.255.255.255",
			"240.0.0.1",
			"255.255.255.255",
			"::",
			"::1",
			"::7f00:1",
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"::ffff:169.254.169.254",
			"64:ff9b::192.168.0.1",
			"64:ff9b:1::1",
			"100::1",
			"2001::1",
			"2001:db8::1",
			"2002:7f00:1::1",
			"2002:a00:1::1",
			"3fff::1",
			"fc00::1",
			"fd12:3456::1",
			"fe80::1",
			"fec0::1",
			"ff02::1",
		] {
			assert!(!is_public(parsed(text)), "{text}");
		}
	}

	#[test]
	fn loopback_is_known_in_every_form() {
		for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
			assert!(is_loopback(parsed(text)), "{text}");
		}
		for text in ["128.0.0.1", "::2", "10.0.0.1", "::ffff:10.0.0.1"] {
			assert!(!is_loopback(parsed(text)), "{text}");
		}
	}

	#[test]
	fn an_address_has_one_form() {
		assert_eq!(Address::from(parsed("::ffff:10.0.0.1")), Address::from(parsed("10.0.0.1")));
		assert_ne!(Address::from(parsed("fd00::1")), Address::from(parsed("fd00::2")));
	}
}
