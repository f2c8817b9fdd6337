//! Which path leads where, and the description of them all.

use std::{sync::Arc, time::Instant};

use axum::{
	extract::{MatchedPath, Request, State},
	middleware::{from_fn, from_fn_with_state, Next},
	response::Response,
	routing::get,
	Json, Router,
};
use utoipa::{openapi::OpenApi as Description, OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
	controllers::{
		deposits, drain, health, log, receipts, records, release, repair, sealing_keys,
		vault as info,
	},
	error::{describe_refusals, Code, Refusal, RequestId},
	vault::Vault,
};

#[derive(OpenApi)]
#[openapi(info(
	title = "Ward vault",
	description = "A medical center's storage server for encrypted records. Requests, except those \
		for /v1/vault and to the operator's listener, are signed with HTTP Message Signatures \
		(RFC 9421); docs/protocol.md describes how. Refusals are application/problem+json with a \
		`type` of `urn:ward:problem:` and a code."
))]
struct Api;

fn public_routes() -> OpenApiRouter<Arc<Vault>> {
	OpenApiRouter::new()
		.routes(routes!(info::describe))
		.routes(routes!(deposits::announce))
		.routes(routes!(deposits::status))
		.routes(routes!(deposits::upload))
		.routes(routes!(records::facts))
		.routes(routes!(records::content))
		.routes(routes!(release::release))
		.routes(routes!(log::entries))
		.routes(routes!(receipts::answer))
		.routes(routes!(sealing_keys::lodge, sealing_keys::find))
}

fn operator_routes() -> OpenApiRouter<Arc<Vault>> {
	OpenApiRouter::new()
		.routes(routes!(health::live))
		.routes(routes!(health::ready))
		.routes(routes!(health::metrics))
		.routes(routes!(repair::repair))
		.routes(routes!(drain::drain))
}

/// The description of all paths, for `/openapi.json` and `ward-vault openapi`.
pub fn description() -> Description {
	OpenApiRouter::with_openapi(Api::openapi())
		.merge(public_routes())
		.merge(operator_routes())
		.into_openapi()
}

/// What patients, clinicians and their devices reach.
pub fn public(vault: Arc<Vault>) -> Router {
	let (routes, _) = public_routes().split_for_parts();
	let routes = match vault.settings.path_prefix.as_str() {
		"" => routes,
		prefix => Router::new().nest(prefix, routes),
	};
	complete(routes, vault)
}

/// What the operator reaches.
pub fn operator(vault: Arc<Vault>) -> Router {
	let (routes, _) = operator_routes().split_for_parts();
	complete(routes.route("/openapi.json", get(|| async { Json(description()) })), vault)
}

fn complete(routes: Router<Arc<Vault>>, vault: Arc<Vault>) -> Router {
	routes
		.fallback(no_such_path)
		.method_not_allowed_fallback(no_such_path)
		.layer(from_fn_with_state(vault.clone(), observe))
		.layer(from_fn(describe_refusals))
		.with_state(vault)
}

async fn no_such_path() -> Refusal {
	Code::NotFound.into()
}

/// Counts and logs each request by its route. Paths are not logged: they name records.
async fn observe(State(vault): State<Arc<Vault>>, request: Request, next: Next) -> Response {
	let started = Instant::now();
	let method = match request.method().as_str() {
		known @ ("GET" | "HEAD" | "POST" | "PUT") => known.to_owned(),
		_ => "other".to_owned(),
	};
	let route = request.extensions().get::<MatchedPath>();
	let route = route.map_or("none", MatchedPath::as_str).to_owned();
	let id = request.extensions().get::<RequestId>().map_or("", |id| &id.0).to_owned();
	let response = next.run(request).await;
	let seconds = started.elapsed().as_secs_f64();
	let status = response.status().as_u16();
	let code = response.extensions().get::<Refusal>().map_or("", |refusal| refusal.code.name());
	tracing::info!(id, method, route, status, code, seconds, "request");
	vault.metrics.request(method, route, status, seconds);
	response
}
