//! A record over HTTP (c2sp.org/tlog-tiles): the checkpoint for anybody, tiles and bundles for whom the
//! roster says.

use std::io::ErrorKind;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use tlog::bundle::{BUNDLE_BYTES_MAX, BundleId};
use tlog::tile::TILE_BYTES;
use tlog::{Tile, VerifierKey};

use super::access::{Access, SCHEME};
use super::{blocking, text, with_type};
use crate::clock::Clock;
use crate::collect::{self, WITNESSED};
use crate::disk::{self, Disk};
use crate::policy::seconds;
use crate::publish::{CHECKPOINT_BYTES_MAX, LOG};

const NOTE: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// What is served of a record, or of a mirror of one.
pub struct RecordService {
    /// Where it lies.
    pub disk: Arc<dyn Disk>,
    /// The log's origin, to which readers' signatures are bound.
    pub origin: String,
    /// Who may read tiles and bundles.
    pub access: Access,
    /// Whose cosignatures are shown beside the log's signature.
    pub witnesses: Vec<VerifierKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The routes of a record.
pub fn router(service: RecordService) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/witnessed", get(witnessed))
        .route("/tile/{*path}", get(tile))
        .with_state(Arc::new(service))
}

/// The newest checkpoint, with what cosignatures came so far.
async fn checkpoint(State(service): State<Arc<RecordService>>) -> Response {
    blocking(move || match collect::cosigned(&*service.disk, &service.witnesses) {
        Ok(checkpoint) => note(checkpoint.to_string().into_bytes()),
        Err(_) => text(StatusCode::NOT_FOUND, "nothing is published here\n"),
    })
    .await
}

/// The newest checkpoint that has its quorum.
async fn witnessed(State(service): State<Arc<RecordService>>) -> Response {
    blocking(move || match disk::read_at_most(&*service.disk, WITNESSED, CHECKPOINT_BYTES_MAX) {
        Ok(bytes) => note(bytes),
        Err(_) => text(StatusCode::NOT_FOUND, "no checkpoint has had its quorum yet\n"),
    })
    .await
}

fn note(bytes: Vec<u8>) -> Response {
    let mut response = with_type(StatusCode::OK, NOTE, bytes);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn tile(
    State(service): State<Arc<RecordService>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let path = format!("tile/{path}");
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let now_s = seconds(service.clock.now());
    let checked = service.access.check(header, &service.origin, &format!("/{path}"), now_s);
    if let Err(denied) = checked {
        let status = StatusCode::from_u16(denied.status()).unwrap_or(StatusCode::FORBIDDEN);
        let mut response = text(status, format!("{denied}\n"));
        let scheme = HeaderValue::from_static(SCHEME);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        return response;
    }
    // A path of the log in its one spelling, or none: nothing else of the disk can be named.
    let bytes_max = match (Tile::parse(&path), BundleId::parse(&path)) {
        (Some(_), _) => TILE_BYTES,
        (_, Some(_)) => BUNDLE_BYTES_MAX,
        (None, None) => return text(StatusCode::NOT_FOUND, "no tile or bundle has this path\n"),
    };
    blocking(move || {
        match disk::read_at_most(&*service.disk, &format!("{LOG}/{path}"), bytes_max as u64) {
            Ok(bytes) => immutable(bytes, service.access == Access::Public),
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                text(StatusCode::NOT_FOUND, "the log does not keep this\n")
            }
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the disk failed\n"),
        }
    })
    .await
}

fn immutable(bytes: Vec<u8>, is_public: bool) -> Response {
    let mut response = with_type(StatusCode::OK, BYTES, bytes);
    let caching = match is_public {
        true => "public, max-age=31536000, immutable",
        // A cache between would answer for us, without looking at who asks.
        false => "private, max-age=31536000, immutable",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}
