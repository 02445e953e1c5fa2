//! Answering connections, so many at once and none for ever.
//!
//! Whoever opens connections and says little, or reads little, holds no more than [`Limits`] lets them.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use super::text;

/// Connections that are open at once; past that, others wait in the system's queue.
pub const CONNECTIONS_MAX: usize = 512;
/// Longest that a connection may take over the head of a request, from when it is opened or the request
/// before is answered: so it is also how long one may be idle.
pub const HEAD_TOOK_MAX: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
pub const HEAD_BYTES_MAX: usize = 16 << 10;
/// Longest that a request may take from its head to the head of the answer, its body among it.
pub const REQUEST_TOOK_MAX: Duration = Duration::from_secs(30);
/// Longest that a connection may live: whoever reads an answer a byte at a time ends with it.
pub const CONNECTION_TOOK_MAX: Duration = Duration::from_secs(600);
/// Longest that requests under way are waited for when the server stops.
const STOP_TOOK_MAX: Duration = Duration::from_secs(30);
/// After the system had no room for another connection.
const BREATHER: Duration = Duration::from_millis(50);

/// What whoever asks may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// [`CONNECTIONS_MAX`] unless there is a reason.
    pub connections: usize,
    /// [`HEAD_TOOK_MAX`] unless there is a reason.
    pub head: Duration,
    /// [`REQUEST_TOOK_MAX`] unless there is a reason.
    pub request: Duration,
    /// [`CONNECTION_TOOK_MAX`] unless there is a reason.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            head: HEAD_TOOK_MAX,
            request: REQUEST_TOOK_MAX,
            connection: CONNECTION_TOOK_MAX,
        }
    }
}

/// Answers connections until `stop` is done, then lets the requests under way end.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let accepting = tokio::spawn(accept(listener, router, limits, graceful.clone()));
    stop.await;
    accepting.abort();
    let _ = accepting.await;
    if let Some(graceful) = Arc::into_inner(graceful) {
        let _ = timeout(STOP_TOOK_MAX, graceful.shutdown()).await;
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    graceful: Arc<GracefulShutdown>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = graceful.watch(answer(stream, router.clone(), limits));
                tokio::spawn(async move {
                    // What goes wrong with one connection is for whoever opened it to know.
                    let _ = timeout(limits.connection, connection).await;
                    drop(place);
                });
            }
            // Of one connection, or no more files: neither ends the server.
            Err(_) => sleep(BREATHER).await,
        }
    }
}

/// A connection with its answers.
fn answer(
    stream: TcpStream,
    router: Router,
    limits: Limits,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let answered = timeout(limits.request, router.call(request.map(Body::new))).await;
            Ok::<Response, Infallible>(match answered {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => text(StatusCode::REQUEST_TIMEOUT, "the request did not come in time\n"),
            })
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
