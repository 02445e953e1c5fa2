//! The record and its witnesses over HTTP.
//!
//! Plain HTTP/1.1: whoever serves beyond their own machine puts a reverse proxy with TLS in front. What is
//! served needs no secrecy to be right, since every reader verifies it; who may read tiles is another
//! matter ([`access`]). What one who asks may take up is bounded ([`serving`]).

pub mod access;
pub mod client;
pub mod record;
pub mod serving;
pub mod witness;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use self::serving::Limits;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

/// Longest that a request's body may take to come.
const BODY_MAX: Duration = Duration::from_secs(20);

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    limits: Limits,
}

impl Server {
    /// Listens on an address such as `127.0.0.1:8080`; port 0 is any that is free.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn bind(address: &str) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("http")
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        Ok(Self { runtime, listener, limits: Limits::default() })
    }

    /// The same, within other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done, then lets the requests that are under way end.
    ///
    /// # Errors
    /// When the system fails.
    pub fn serve(
        self,
        router: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        self.runtime.block_on(serving::serve(self.listener, router, self.limits, stop));
        Ok(())
    }
}

/// Runs what blocks away from the threads that serve.
async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the server failed\n"),
    }
}

fn text(status: StatusCode, body: impl Into<String>) -> Response {
    with_type(status, "text/plain; charset=utf-8", body.into().into_bytes())
}

fn with_type(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], body).into_response()
}
