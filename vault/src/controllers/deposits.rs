//! Announcing and uploading what is to be anchored.

use std::sync::Arc;

use axum::{body::Body, extract::State, Json};
use http::{header, HeaderMap, StatusCode};
use ward_primitives::{Deposit, KeyRoles, RecordId};
use ward_vault_api::{
	deposit::{Announcement, DepositStatus, ReceiptJson},
	problem::Problem,
};

use crate::{
	authentication::{record_id, Actor, PathParameter, Signed, SignedJsonOrVault, SignedOrVault},
	database::deposits::{Announced, DepositRow, DepositState},
	error::{Code, Refusal},
	vault::Vault,
};

/// Announce a record that is to be uploaded; or, signed with the receipt key of a custodian that this vault
/// accepts, one that is to be taken over from it.
#[utoipa::path(
	post, path = "/v1/deposits", tag = "deposits", request_body = Announcement,
	responses(
		(status = 201, description = "Upload the ciphertext to `upload`", body = DepositStatus),
		(status = 200, description = "It is known already", body = DepositStatus),
		(status = 403, description = "access-denied, hand-over-not-accepted", body = Problem),
		(status = 408, description = "too-slow", body = Problem),
		(status = 409, description = "deposit-conflict", body = Problem),
		(status = 413, description = "too-large", body = Problem),
		(status = 422, description = "opening-mismatch", body = Problem),
		(status = 429, description = "staging-quota-exceeded", body = Problem),
	)
)]
pub async fn announce(
	State(vault): State<Arc<Vault>>,
	SignedJsonOrVault(actor, announcement): SignedJsonOrVault<Announcement>,
) -> Result<(StatusCode, Json<DepositStatus>), Refusal> {
	let announced = match actor.role {
		KeyRoles::RECEIPT => vault.take_over(&actor, announcement).await?,
		_ => vault.announce(&actor, announcement).await?,
	};
	let (record, status, row) = match announced {
		(record, Announced::New(row)) => (record, StatusCode::CREATED, row),
		(record, Announced::Known(row)) => (record, StatusCode::OK, row),
		(_, Announced::Conflict | Announced::QuotaExceeded) => return Err(Code::Internal.into()),
	};
	Ok((status, Json(describe(&vault, &actor, record, &row).await?)))
}

/// How far a deposit has come, and its receipt once the content is stored; for its author, and for a custodian
/// that hands it over.
#[utoipa::path(
	get, path = "/v1/deposits/{record}", tag = "deposits",
	params(("record" = String, Path, description = "The record's id")),
	responses(
		(status = 200, description = "State and receipt", body = DepositStatus),
		(status = 403, description = "access-denied, hand-over-not-accepted", body = Problem),
	)
)]
pub async fn status(
	State(vault): State<Arc<Vault>>,
	PathParameter(record): PathParameter,
	SignedOrVault(actor): SignedOrVault,
) -> Result<Json<DepositStatus>, Refusal> {
	let record = record_id(&record)?;
	let row = match actor.role {
		KeyRoles::RECEIPT => vault.offered_deposit(&actor, record).await?,
		_ => vault.own_deposit(&actor, record).await?,
	};
	Ok(Json(describe(&vault, &actor, record, &row).await?))
}

/// Upload the ciphertext of an announced record, and get a deposit receipt for it.
#[utoipa::path(
	put, path = "/v1/deposits/{record}/content", tag = "deposits",
	params(("record" = String, Path, description = "The record's id")),
	request_body(content = Vec<u8>, content_type = "application/octet-stream"),
	responses(
		(status = 200, description = "The bytes are on disk", body = ReceiptJson),
		(status = 403, description = "access-denied", body = Problem),
		(status = 408, description = "too-slow", body = Problem),
		(status = 411, description = "length-required", body = Problem),
		(status = 422, description = "content-mismatch, size-mismatch", body = Problem),
		(status = 503, description = "busy", body = Problem),
		(status = 507, description = "insufficient-storage", body = Problem),
	)
)]
pub async fn upload(
	State(vault): State<Arc<Vault>>,
	PathParameter(record): PathParameter,
	Signed(actor): Signed,
	headers: HeaderMap,
	body: Body,
) -> Result<Json<ReceiptJson>, Refusal> {
	let record = record_id(&record)?;
	let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
	let length = length.and_then(|length| length.parse().ok());
	let (row, deposit) = vault.upload(&actor, record, length, body).await?;
	Ok(Json(receipt(&vault, record, &row, &deposit).await?))
}

/// The name of a state in JSON.
const fn state_name(state: DepositState) -> &'static str {
	match state {
		DepositState::Announced => "announced",
		DepositState::Stored { .. } => "stored",
		DepositState::Anchored => "anchored",
	}
}

async fn describe(
	vault: &Vault,
	actor: &Actor,
	record: RecordId,
	row: &DepositRow,
) -> Result<DepositStatus, Refusal> {
	// In this order: a copy that ends between the two has left its receipt.
	let copy = vault.copies.of(record);
	let row = &vault.database.deposit(record).await?.unwrap_or(*row);
	let deposit = match actor.role {
		KeyRoles::RECEIPT => vault.promise(record, row).await?,
		_ => vault.receipt(record, row).await?,
	};
	let receipt = match deposit {
		Some(deposit) => Some(receipt(vault, record, row, &deposit).await?),
		None => None,
	};
	let prefix = &vault.settings.path_prefix;
	Ok(DepositStatus {
		record,
		state: state_name(row.state).into(),
		upload: format!("{prefix}/v1/deposits/{record}/content"),
		receipt,
		copy,
	})
}

async fn receipt(
	vault: &Vault,
	record: RecordId,
	row: &DepositRow,
	deposit: &Deposit,
) -> Result<ReceiptJson, Refusal> {
	Ok(ReceiptJson::new(vault.genesis().await?, record, &row.content, deposit))
}
