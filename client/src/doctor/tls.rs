//! Whether a vault is reached and trusted, and for how long its certificate still counts.

use std::time::Instant;

use reqwest::Url;
use ward_primitives::Moment;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{clock, Finding};
use crate::{
	moment,
	vault::{greet, Trust},
};

const CHECK: &str = "vault";

const DAY: u64 = 86_400_000;

/// How many days before its end a certificate should be renewed.
const SOON: u64 = 14;

/// Asks a vault for anything, and looks at how it answers.
pub(super) async fn examine(vault: &Url, trust: &Trust) -> Vec<Finding> {
	let started = Instant::now();
	let greeting = match greet(vault, trust).await {
		Ok(greeting) => greeting,
		Err(error) => return vec![Finding::unmade(CHECK, error)],
	};
	let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
	let now = moment::now();
	let mut findings = vec![match (vault.scheme(), &greeting.certificate) {
		("http", _) => Finding::ok(CHECK, format!("{vault} answers; plain http, on loopback only")),
		(_, None) => {
			Finding::skipped(CHECK, format!("{vault} answers; its certificate is not told"))
		},
		(_, Some(der)) => match Certificate::read(der) {
			Some(certificate) => judge(vault.as_str(), &certificate, now),
			None => {
				Finding::skipped(CHECK, format!("{vault} answers; its certificate is unreadable"))
			},
		},
	}];
	findings.push(match greeting.date {
		Some(date) => clock::against_vault(now, date, took, vault.as_str()),
		None => Finding::skipped("clock", format!("{vault} does not tell the time")),
	});
	findings
}

/// What counts of a certificate that is trusted.
struct Certificate {
	issuer: String,
	ends: Moment,
}

impl Certificate {
	fn read(der: &[u8]) -> Option<Self> {
		let (_, certificate) = X509Certificate::from_der(der).ok()?;
		let issuer = certificate.issuer();
		let name = issuer.iter_common_name().next().and_then(|name| name.as_str().ok());
		let issuer = name.map_or_else(|| issuer.to_string(), str::to_owned);
		let ends = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
		Some(Self { issuer, ends: ends.saturating_mul(1_000) })
	}
}

fn judge(vault: &str, certificate: &Certificate, now: Moment) -> Finding {
	let Certificate { issuer, ends } = certificate;
	let days = ends.saturating_sub(now) / DAY;
	let found = format!(
		"{vault} is trusted: its certificate is by `{issuer}` and ends in {days} days, {}",
		moment::display(*ends)
	);
	let remedy = "renew the certificate; the vault takes a new one when it is started again";
	if *ends <= now {
		Finding::failed(CHECK, found, remedy)
	} else if days < SOON {
		Finding::warning(CHECK, found, remedy)
	} else {
		Finding::ok(CHECK, found)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::doctor::Verdict;

	/// A certificate of an authority that `openssl req -x509` made, until 2036.
	const DER: &[u8] = include_bytes!("../../tests/data/certificate.der");

	#[test]
	fn a_certificate_is_renewed_before_it_ends() {
		let certificate = Certificate { issuer: "The Consortium".into(), ends: 100 * DAY };
		let judge = |now| judge("https://v", &certificate, now).verdict;
		assert_eq!(judge(86 * DAY), Verdict::Ok);
		assert_eq!(judge(86 * DAY + 1), Verdict::Warning);
		assert_eq!(judge(99 * DAY), Verdict::Warning);
		assert_eq!(judge(100 * DAY), Verdict::Failed);
	}

	#[test]
	fn issuer_and_end_of_a_certificate_are_read() {
		let certificate = Certificate::read(DER).unwrap();
		assert_eq!(certificate.issuer, "Ward test authority");
		assert!(moment::display(certificate.ends).starts_with("2036-"));
		for length in 0..DER.len() {
			assert!(Certificate::read(&DER[..length]).is_none(), "{length}");
		}
	}
}
