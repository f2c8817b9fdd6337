//! Reading records: facts and ciphertext.

use std::{ops::Range, sync::Arc};

use axum::{body::Body, extract::State, response::Response, Json};
use futures::StreamExt;
use http::{header, HeaderMap, HeaderName, HeaderValue, StatusCode};
use ward_fail_points::die_at;
use ward_primitives::KeyRoles;
use ward_vault_api::{
	contingency::{ContingencyJson, CONTINGENCY_HEADER},
	problem::Problem,
	record::RecordFactsJson,
};

use crate::{
	access_log::Event,
	authentication::{record_id, PathParameter, SignedReader, SignedReaderOrVault},
	error::{Code, Refusal},
	store::StoreError,
	vault::Vault,
};

/// What is known of a record, for who may read it.
#[utoipa::path(
	get, path = "/v1/records/{record}", tag = "records",
	params(("record" = String, Path, description = "The record's id")),
	responses(
		(status = 200, description = "Row and opening", body = RecordFactsJson),
		(status = 403, description = "access-denied", body = Problem),
	)
)]
pub async fn facts(
	State(vault): State<Arc<Vault>>,
	PathParameter(record): PathParameter,
	SignedReader(reader): SignedReader,
) -> Result<Json<RecordFactsJson>, Refusal> {
	let permitted = vault.decide_read(&reader, record_id(&record)?, Event::Facts).await?;
	Ok(Json(RecordFactsJson {
		row: (&permitted.row).into(),
		opening: permitted.lodged.opening.into(),
		patient_only: permitted.lodged.row.patient_only,
		decision: permitted.decision,
		contingency: reader.contingency.map(Into::into),
	}))
}

/// The ciphertext of a record, all of it or a range; for who may read it, and for the vaults of its other
/// custodians, which sign with their receipt keys.
#[utoipa::path(
	get, path = "/v1/records/{record}/content", tag = "records",
	params(
		("record" = String, Path, description = "The record's id"),
		("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110)"),
	),
	responses(
		(status = 200, description = "The ciphertext", content_type = "application/octet-stream"),
		(status = 206, description = "A range of it", content_type = "application/octet-stream"),
		(status = 403, description = "access-denied", body = Problem),
		(status = 416, description = "range-not-satisfiable", body = Problem),
		(status = 500, description = "content-damaged", body = Problem),
	)
)]
pub async fn content(
	State(vault): State<Arc<Vault>>,
	PathParameter(record): PathParameter,
	SignedReaderOrVault(reader): SignedReaderOrVault,
	headers: HeaderMap,
) -> Result<Response, Refusal> {
	let record = record_id(&record)?;
	let contingency = reader.contingency;
	let row = match reader.actor.role {
		KeyRoles::RECEIPT => vault.decide_copy(&reader.in_order()?, record).await?,
		_ => vault.decide_read(&reader, record, Event::Content).await?.lodged.row,
	};
	die_at("vault.content.logged");
	let size = row.content.size;
	let etag = format!("\"{}\"", hex::encode(row.content.content_root));
	let range = match requested_range(&headers, &etag, size) {
		Requested::All => None,
		Requested::Part(range) => Some(range),
		Requested::Outside => return Err(Refusal::range_not_satisfiable(size)),
	};
	if row.damaged {
		return Err(Code::ContentDamaged.into());
	}
	if let Err(error) = vault.store.check_length(record, size).await {
		return Err(damage_noted(&vault, record, error).await);
	}
	let opened = match range.clone() {
		None => vault.store.whole(record, row.expected()).await,
		Some(range) => vault.store.range(record, range).await,
	};
	let bytes = match opened {
		Ok(bytes) => bytes,
		Err(error) => return Err(damage_noted(&vault, record, error).await),
	};

	let length = range.as_ref().map_or(size, |range| range.end - range.start);
	vault.metrics.sent_bytes.inc_by(length);
	let noting = vault.clone();
	let body = bytes.then(move |item| {
		let vault = noting.clone();
		async move {
			match item {
				Ok(bytes) => {
					die_at("vault.content.sending");
					Ok(bytes)
				},
				// The body breaks off here, so that the reader sees a transfer cut short.
				Err(error) => Err(std::io::Error::other(
					damage_noted(&vault, record, error).await.code.name(),
				)),
			}
		}
	});
	let mut response = Response::new(Body::from_stream(body));
	let fields = response.headers_mut();
	fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
	fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
	fields.insert(header::CONTENT_LENGTH, length.into());
	fields.insert(header::ETAG, text(etag)?);
	if let Some(contingency) = contingency {
		let mark = ContingencyJson::from(contingency).header();
		fields.insert(HeaderName::from_static(CONTINGENCY_HEADER), text(mark)?);
	}
	if let Some(Range { start, end }) = range {
		fields.insert(header::CONTENT_RANGE, text(format!("bytes {start}-{}/{size}", end - 1))?);
		*response.status_mut() = StatusCode::PARTIAL_CONTENT;
	}
	Ok(response)
}

fn text(value: String) -> Result<HeaderValue, Refusal> {
	HeaderValue::try_from(value).map_err(Refusal::internal)
}

/// The refusal for a failed read; damage is noted first.
async fn damage_noted(
	vault: &Vault,
	record: ward_primitives::RecordId,
	error: StoreError,
) -> Refusal {
	if matches!(error, StoreError::Damaged) {
		if let Err(refusal) = vault.note_damage(record).await {
			return refusal;
		}
	}
	error.into()
}

/// What part of the content is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Requested {
	All,
	Part(Range<u64>),
	Outside,
}

/// Reads `Range` and `If-Range` (RFC 9110): one range of bytes; whatever else is asked for is
/// answered with all of it, as the standard lets a server do.
fn requested_range(headers: &HeaderMap, etag: &str, size: u64) -> Requested {
	let field = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
	if field(header::IF_RANGE).is_some_and(|condition| condition != etag) {
		return Requested::All;
	}
	let spec = field(header::RANGE).and_then(|range| range.strip_prefix("bytes="));
	let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
		return Requested::All;
	};
	// A number that is too large lies behind every end.
	let number = |text: &str| match text.bytes().all(|digit| digit.is_ascii_digit()) {
		true if !text.is_empty() => Some(text.parse::<u64>().unwrap_or(u64::MAX)),
		_ => None,
	};
	let range = match (first, number(first), last, number(last)) {
		("", _, _, Some(suffix)) => size.saturating_sub(suffix)..size,
		(_, Some(first), "", _) => first..size,
		(_, Some(first), _, Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
		_ => return Requested::All,
	};
	if range.is_empty() {
		Requested::Outside
	} else {
		Requested::Part(range)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ranges_are_read_as_rfc_9110_says() {
		let ask = |range: &str| {
			let mut headers = HeaderMap::new();
			headers.insert(header::RANGE, range.parse().unwrap());
			requested_range(&headers, "\"e\"", 100)
		};
		assert_eq!(ask("bytes=0-9"), Requested::Part(0..10));
		assert_eq!(ask("bytes=90-"), Requested::Part(90..100));
		assert_eq!(ask("bytes=-10"), Requested::Part(90..100));
		assert_eq!(ask("bytes=-1000"), Requested::Part(0..100));
		assert_eq!(ask("bytes=99-4000"), Requested::Part(99..100));
		assert_eq!(ask("bytes=100-"), Requested::Outside);
		assert_eq!(ask("bytes=-0"), Requested::Outside);
		let huge = "99999999999999999999";
		assert_eq!(ask(&format!("bytes=90-{huge}")), Requested::Part(90..100));
		assert_eq!(ask(&format!("bytes=-{huge}")), Requested::Part(0..100));
		assert_eq!(ask(&format!("bytes={huge}-")), Requested::Outside);
		for ignored in
			["bytes=9-0", "bytes=-", "bytes=a-b", "bytes=0-1,4-5", "lines=0-1", "bytes=+1-2"]
		{
			assert_eq!(ask(ignored), Requested::All, "{ignored}");
		}
	}

	#[test]
	fn a_range_of_other_content_is_answered_with_all_of_it() {
		let mut headers = HeaderMap::new();
		headers.insert(header::RANGE, "bytes=0-9".parse().unwrap());
		headers.insert(header::IF_RANGE, "\"other\"".parse().unwrap());
		assert_eq!(requested_range(&headers, "\"e\"", 100), Requested::All);
		headers.insert(header::IF_RANGE, "\"e\"".parse().unwrap());
		assert_eq!(requested_range(&headers, "\"e\"", 100), Requested::Part(0..10));
	}
}
