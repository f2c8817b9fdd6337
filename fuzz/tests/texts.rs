//! Short texts: numbers, hexadecimal digits, base64, ranges, times.

use std::{
	fmt::{Debug, Display},
	str::FromStr,
};

use bolero::check;
use ward_client::{get::ByteRange, hex::Hex, journal::PutKey, moment};
use ward_fuzz::{as_text, foreign, within};
use ward_primitives::{Category, PurposeOfUse, RecordId, VaultRow};
use ward_vault_api::base64::Base64;

/// What reading a text may hold for each byte of it, and besides.
const PER_BYTE: usize = 32;
const BESIDES: usize = 4 << 10;

fn read<T: FromStr>(text: &str) -> Option<T> {
	within(BESIDES + PER_BYTE * text.len(), || text.parse().ok())
}

/// What is read shows as something that reads as the same.
fn there_and_back<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<String> {
	let read = read::<T>(text)?;
	let shown = read.to_string();
	assert_eq!(shown.parse::<T>().ok(), Some(read), "{text}");
	Some(shown)
}

#[test]
fn digests() {
	let valid =
		[format!("0x{}", "aB".repeat(32)), "cd".repeat(32), format!("0x{}", "5".repeat(128))];
	let valid = valid.map(String::into_bytes);
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let text = as_text(&foreign(choices, &valid));
		for shown in [there_and_back::<RecordId>(&text), there_and_back::<Hex<32>>(&text)] {
			assert!(shown.is_none_or(|shown| shown.eq_ignore_ascii_case(&text)));
		}
		there_and_back::<Hex<64>>(&text);
		if let Some(key) = read::<PutKey>(&text) {
			assert!(key.to_string().eq_ignore_ascii_case(&text));
		}
		// A record's id is read by two programs, which must agree on what is one.
		assert_eq!(text.parse::<RecordId>().is_ok(), text.parse::<Hex<32>>().is_ok(), "{text}");
	});
}

#[test]
fn base64() {
	let valid = [&b"\"AAECAw==\""[..], b"\"//79/A==\"", b"\"AA\\u003d=\""].map(<[u8]>::to_vec);
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let read = || serde_json::from_slice::<Base64>(&bytes).ok();
		if let Some(read) = within(BESIDES + PER_BYTE * bytes.len(), read) {
			let text: String = serde_json::from_slice(&bytes).unwrap();
			assert_eq!(serde_json::to_value(&read).unwrap(), text, "there is one form only");
		}
	});
}

#[test]
fn ranges() {
	let valid = [&b"0-99"[..], b"100-", b"-5", b"0-18446744073709551615"].map(<[u8]>::to_vec);
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let text = as_text(&foreign(choices, &valid));
		there_and_back::<ByteRange>(&text);
		let Some(range) = read::<ByteRange>(&text) else { return };
		for length in [0, 1, 100, u64::MAX - 1, u64::MAX] {
			if let Some(part) = range.of(length) {
				assert!(part.start < part.end && part.end <= length, "{text}: {part:?}");
			}
		}
	});
}

#[test]
fn times() {
	let valid = [
		"2027-01-31T12:00:00.123Z",
		"2027-01-31T12:00:00+02:00[Europe/Berlin]",
		"-009999-01-01",
		"30d",
		"18446744073709551615w",
		"open",
	];
	let valid = valid.map(|text| text.as_bytes().to_vec());
	check!().with_iterations(20_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let text = as_text(&bytes);
		within(BESIDES + PER_BYTE * text.len(), || {
			if let Ok(end) = moment::parse_end(&text) {
				end.moment(u64::MAX - 1);
			}
			if let Ok(span) = moment::parse_duration(&text) {
				assert!(span > 0);
				moment::display_duration(span);
			}
			let read = moment::parse_moment(&text);
			if let Ok(read) = read {
				// Shown to the second.
				let shown = moment::parse_moment(&moment::display(read));
				assert_eq!(shown, Ok(read / 1_000 * 1_000), "{text}");
			}
		});
		// What a vault or a chain says of a time is shown, whatever it is.
		let number = bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
		moment::display(number);
		moment::display_duration(number);
	});
}

#[test]
fn names_and_addresses() {
	let valid = ["TREAT", "laboratory", "https://vault.example:4001/ward", "http://[::1]:4001"];
	let valid = valid.map(|text| text.as_bytes().to_vec());
	check!().with_iterations(2_000).for_each(|choices: &[u8]| {
		let bytes = foreign(choices, &valid);
		let text = as_text(&bytes);
		if let Some(purpose) = PurposeOfUse::from_code(&text) {
			assert_eq!(purpose.code(), text);
		}
		let _ = Category::ALL.iter().find(|category| format!("{category:?}") == text);
		let Ok(endpoint) = bytes.try_into() else { return };
		let row = VaultRow {
			endpoint,
			receipt_key: [0; 32],
			release_suite: ward_primitives::participant::SealingSuite::XWing,
			release_key: Default::default(),
		};
		if row.endpoint_is_valid() {
			// What the chain takes for an address, the client must be able to talk about.
			let key = ward_crypto::request::RequestKey::from_seed([1; 32]);
			let trust = ward_client::vault::Trust::default();
			let center = ward_primitives::ParticipantId(1);
			let made = ward_client::vault::VaultClient::new(center, &row, [0; 32], &key, &trust);
			drop(made.map(|client| client.address().to_string()));
		}
	});
}
