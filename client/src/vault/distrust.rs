//! Why a vault's TLS certificate is not trusted.

use std::{error::Error as StdError, io};

use reqwest::Url;
use rustls::CertificateError;
use ward_primitives::ParticipantId;

use crate::error::{Error, Kind};

/// Why a certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distrust {
	/// Its time is over.
	Expired,
	/// Its time has not begun.
	NotYetValid,
	/// It is for another name or address.
	OtherName,
	/// No authority that is trusted vouches for it, or something else is wrong with it.
	Untrusted,
}

/// Why the certificate is not trusted, if that is what an error is about.
pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<Distrust> {
	let mut cause = Some(error);
	while let Some(error) = cause {
		if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
			return Some(distrust(why));
		}
		// What an I/O error wraps is not among its sources.
		let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
		cause = wrapped.map(|inner| inner as _).or_else(|| error.source());
	}
	None
}

const fn distrust(why: &CertificateError) -> Distrust {
	match why {
		CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
		CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
			Distrust::NotYetValid
		},
		CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
			Distrust::OtherName
		},
		_ => Distrust::Untrusted,
	}
}

impl Distrust {
	/// The error for the vault of `center`; nothing was sent to it.
	pub(super) fn into_error(self, center: ParticipantId, address: &Url) -> Error {
		let (code, what, hint) = self.words();
		let what = format!("the certificate of the vault of center {center} at {address} {what}");
		Error::new(Kind::Vault, what).code_is(code).hint(hint)
	}

	/// The code, what is wrong, and what helps.
	pub(super) const fn words(self) -> (&'static str, &'static str, &'static str) {
		match self {
			Self::Expired => (
				"vault-certificate-expired",
				"has expired",
				"check this machine's clock; if it is right, tell the center's operator to renew the \
				 certificate",
			),
			Self::NotYetValid => (
				"vault-certificate-not-yet-valid",
				"is not valid yet",
				"check this machine's clock; if it is right, tell the center's operator",
			),
			Self::OtherName => (
				"vault-certificate-of-another",
				"is for another name",
				"nothing was sent; tell the center's operator, and do not go on: somebody may stand \
				 between",
			),
			Self::Untrusted => (
				"vault-untrusted",
				"is not trusted",
				"name the consortium's TLS authority with --ca-file, or in config.toml",
			),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn wrapped(why: CertificateError) -> io::Error {
		// As it comes from a connection: below two I/O errors.
		io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(why)))
	}

	#[test]
	fn each_fault_of_a_certificate_is_told_apart() {
		let found = |why| of(&wrapped(why));
		assert_eq!(found(CertificateError::Expired), Some(Distrust::Expired));
		assert_eq!(found(CertificateError::NotValidYet), Some(Distrust::NotYetValid));
		assert_eq!(found(CertificateError::NotValidForName), Some(Distrust::OtherName));
		assert_eq!(found(CertificateError::UnknownIssuer), Some(Distrust::Untrusted));
		assert_eq!(of(&io::Error::other("broken pipe")), None);
	}

	#[test]
	fn each_fault_has_a_code_and_a_remedy_of_its_own() {
		let address = Url::parse("https://vault.example").unwrap();
		let all =
			[Distrust::Expired, Distrust::NotYetValid, Distrust::OtherName, Distrust::Untrusted];
		let mut codes = all.map(|why| {
			let error = why.into_error(ParticipantId(7), &address);
			assert!(error.remedy().is_some() && error.kind() == Kind::Vault);
			error.code().to_owned()
		});
		codes.sort_unstable();
		assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
	}
}
