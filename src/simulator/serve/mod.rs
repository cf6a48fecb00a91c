//! The simulator behind HTTP: the only part that knows of sockets, tasks, files and the clock.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

mod certificate;
mod delivery;
mod record;
mod running;

pub use certificate::{Certificate, CertificateError};
pub use record::Record;
pub use running::{Running, spawn, spawn_tls};

use super::protocol::arrival::Arrival;
use super::protocol::error::GraphError;
use super::protocol::reply::Reply;
use super::{Answer, Request, Response, Scheme, Simulator};
use delivery::{Outgoing, Reset, respond};

/// More than any batch needs; the payload cap of Graph is not documented, 4 MB is repeated by third
/// parties.
const BODY_MOST: usize = 4 * 1024 * 1024;

/// How long a client may take for its part of the TLS handshake, for the head of a request and for
/// its body, each. Otherwise connections of clients that died, or say nothing, pile up until no file
/// descriptor is left. As long as hyper waits for a head by default.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be taken, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A simulator with the way it is served.
#[derive(Clone)]
pub struct Server {
    simulator: Arc<Mutex<Simulator>>,
    tls: Option<TlsAcceptor>,
    record: Option<Arc<Record>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Server");
        shown.field("tls", &self.tls.is_some());
        shown.field("record", &self.record).finish_non_exhaustive()
    }
}

impl Server {
    /// Served over plain HTTP.
    pub fn new(simulator: Arc<Mutex<Simulator>>) -> Self {
        Self {
            simulator,
            tls: None,
            record: None,
        }
    }

    /// Served over TLS.
    #[must_use]
    pub fn with_certificate(self, certificate: &Certificate) -> Self {
        Self {
            tls: Some(TlsAcceptor::from(certificate.server_config())),
            ..self
        }
    }

    /// With every request written down.
    #[must_use]
    pub fn recording(self, record: Record) -> Self {
        Self {
            record: Some(Arc::new(record)),
            ..self
        }
    }

    /// Serves until the future is dropped, and with it every connection; ends by itself only where
    /// a request could not be recorded.
    ///
    /// Every answer goes out whole and at once (`TCP_NODELAY`, `Content-Length`): a server that
    /// writes head and body apart costs each call some 40 ms of delayed acknowledgement and spoils
    /// every measurement. What a scenario wants broken is broken, see
    /// [`Delivery`](super::Delivery).
    pub async fn run(self, listener: TcpListener) -> io::Error {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(self.clone().connection(stream));
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
                // Connections that have ended are forgotten.
                Some(ended) = connections.join_next() => {
                    if let Ok(Err(cannot_record)) = ended {
                        return cannot_record;
                    }
                }
            }
        }
    }

    async fn connection(self, stream: TcpStream) -> io::Result<()> {
        // Only slower without it.
        stream.set_nodelay(true).unwrap_or_default();
        match &self.tls {
            None => self.converse(stream, Scheme::Http).await,
            // A client that does not trust the certificate has seen so itself.
            Some(tls) => match timeout(PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.converse(stream, Scheme::Https).await,
                Ok(Err(_)) | Err(_) => Ok(()),
            },
        }
    }

    /// Answers the requests of one connection, one after the other.
    async fn converse<S>(&self, stream: S, scheme: Scheme) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let service = service_fn(|request| self.answer(request, scheme));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        // A connection that breaks, or is broken on purpose, concerns its client only.
        served.await.unwrap_or_default();
        self.record
            .as_ref()
            .map_or(Ok(()), |record| record.failure())
    }

    async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        scheme: Scheme,
    ) -> Result<hyper::Response<Outgoing>, Reset> {
        let (head, body) = request.into_parts();
        let mut request = Request {
            method: head.method.to_string(),
            path_and_query: head.uri.to_string(),
            headers: texts(&head.headers),
            body: Vec::new(),
            scheme,
        };
        let read = Limited::new(body, BODY_MOST).collect();
        let answer = match timeout(PATIENCE, read).await {
            Ok(Ok(body)) => {
                request.body = body.to_bytes().to_vec();
                self.ask(&request)
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Answer::at_once(too_large(&request, now()))
            }
            // It broke off, or does not come.
            Ok(Err(_)) | Err(_) => return Err(Reset),
        };
        if let Some(record) = &self.record {
            record
                .write(&request, answer.response.status)
                .map_err(|_| Reset)?;
        }
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        respond(answer.response, answer.delivery)
    }

    fn ask(&self, request: &Request) -> Answer {
        // A panic elsewhere leaves a tenant that is still good enough to look at.
        let mut simulator = self
            .simulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        simulator.answer(request, now())
    }
}

/// Names and values as text; what is no UTF-8 is replaced rather than left out.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

/// The refusal of a body that was not read to its end. Status is HTTP's, code and message are our
/// reading. The tenant never hears of it, so its ids come from elsewhere.
fn too_large(request: &Request, now: OffsetDateTime) -> Response {
    let mut error = GraphError::gateway(format!(
        "The request body is larger than {BODY_MOST} bytes."
    ));
    error.status = 413;
    let mut rng = Rng::with_seed(u64::from(now.nanosecond()));
    Reply::from(error).into_response(&Arrival::new(&request.headers, &mut rng, now))
}

/// A certificate for a server that listens at that address, as from yesterday.
pub fn new_certificate(address: SocketAddr) -> Result<Certificate, CertificateError> {
    Certificate::new(address.ip(), now())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the served simulator runs on wall time; only this function reads it"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
