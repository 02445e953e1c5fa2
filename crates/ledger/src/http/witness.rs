//! A witness over HTTP (c2sp.org/tlog-witness): `add-checkpoint`, and what was vouched for last.

use std::sync::Arc;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use tlog::witness::{REQUEST_BYTES_MAX, SIZE_CONTENT_TYPE};

use super::{BODY_MAX, blocking, text, with_type};
use crate::clock::Clock;
use crate::witness::{NotCosigned, Witness};

struct Service {
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
}

/// The routes of a witness: submission and monitoring prefix are the same.
pub fn router(witness: Arc<Witness>, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(latest))
        .with_state(Arc::new(Service { witness, clock }))
}

async fn add_checkpoint(State(service): State<Arc<Service>>, body: Body) -> Response {
    let read = tokio::time::timeout(BODY_MAX, body::to_bytes(body, REQUEST_BYTES_MAX)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "the request is too long\n"),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the request did not come in time\n"),
    };
    blocking(move || match service.witness.add_checkpoint(&body, &*service.clock) {
        Ok(line) => text(StatusCode::OK, line),
        Err(NotCosigned::Forgetful(_)) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the witness cannot remember, so it does not cosign\n",
        ),
        Err(NotCosigned::Refused(refusal)) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
            match refusal.known_size() {
                Some(size) => with_type(status, SIZE_CONTENT_TYPE, format!("{size}\n").into()),
                None => text(status, format!("{refusal}\n")),
            }
        }
    })
    .await
}

async fn latest(State(service): State<Arc<Service>>, Path(origin_hash): Path<String>) -> Response {
    match service.witness.latest(&origin_hash) {
        Some(note) => text(StatusCode::OK, note),
        None => text(StatusCode::NOT_FOUND, "this witness has vouched for no such log\n"),
    }
}
