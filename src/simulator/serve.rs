//! The simulator behind HTTP: the only part that knows of sockets, tasks and the clock.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::certificate::{Certificate, CertificateError};
use super::delivery::{Outgoing, Reset, bare, respond};
use super::{Answer, Request, Scenario, Scheme, Simulator};

/// More than any batch needs; the payload cap of Graph is not documented, 4 MB is repeated by third
/// parties.
const BODY_MOST: usize = 4 * 1024 * 1024;

/// How long to wait when no connection can be taken, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves the simulator until the future is dropped, and with it every connection.
///
/// Every answer goes out whole and at once (`TCP_NODELAY`, `Content-Length`): a server that writes
/// head and body apart costs each call some 40 ms of delayed acknowledgement and spoils every
/// measurement. What a scenario wants broken is broken, see
/// [`Delivery`](super::Delivery).
pub async fn serve(listener: TcpListener, simulator: Arc<Mutex<Simulator>>) -> Infallible {
    accept(listener, simulator, None).await
}

/// The same over TLS.
pub async fn serve_tls(
    listener: TcpListener,
    simulator: Arc<Mutex<Simulator>>,
    certificate: &Certificate,
) -> Infallible {
    let tls = TlsAcceptor::from(certificate.server_config());
    accept(listener, simulator, Some(tls)).await
}

async fn accept(
    listener: TcpListener,
    simulator: Arc<Mutex<Simulator>>,
    tls: Option<TlsAcceptor>,
) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, tls.clone(), Arc::clone(&simulator)));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            // Connections that have ended are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves a new simulator on a free port of this machine, on a thread of its own, until the
/// returned value is dropped.
///
/// Not for tests under tokio's paused time: a paused clock jumps ahead while bytes are on their way
/// to another thread. Those use [`Simulator::answer`] directly, or [`serve()`] in their own
/// runtime.
pub fn spawn(scenario: &Scenario) -> io::Result<Running> {
    let (listener, address) = listen()?;
    run(scenario, listener, address, None)
}

/// The same over TLS, with a certificate of its own.
pub fn spawn_tls(scenario: &Scenario) -> io::Result<Running> {
    let (listener, address) = listen()?;
    let certificate = new_certificate(address).map_err(io::Error::other)?;
    run(scenario, listener, address, Some(certificate))
}

/// A certificate for a server that listens at that address, as from yesterday.
pub fn new_certificate(address: SocketAddr) -> Result<Certificate, CertificateError> {
    Certificate::new(address.ip(), now())
}

fn listen() -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn run(
    scenario: &Scenario,
    listener: std::net::TcpListener,
    address: SocketAddr,
    certificate: Option<Certificate>,
) -> io::Result<Running> {
    let simulator = Arc::new(Mutex::new(Simulator::new(scenario)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = Arc::clone(&simulator);
    let tls = certificate
        .as_ref()
        .map(|certificate| TlsAcceptor::from(certificate.server_config()));
    let authority = certificate.map(|certificate| certificate.authority_pem().to_owned());
    let thread = std::thread::Builder::new()
        .name("simulator".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                tokio::select! {
                    never = accept(listener, served, tls) => match never {},
                    _ = stopped => Ok(()),
                }
            })
        })?;
    Ok(Running {
        address,
        authority,
        simulator,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// A simulator on its own thread; stops when dropped, without waiting for open requests.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    authority: Option<String>,
    simulator: Arc<Mutex<Simulator>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the host, such as `http://127.0.0.1:8080`; the version root is `/v1.0` below
    /// it.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate authority to trust, as PEM; `None` without TLS.
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The simulator itself, for a look inside without HTTP.
    pub fn simulator(&self) -> &Arc<Mutex<Simulator>> {
        &self.simulator
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take() {
            // What went wrong in it has been seen by its clients.
            drop(thread.join());
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, simulator: Arc<Mutex<Simulator>>) {
    // Only slower without it.
    stream.set_nodelay(true).unwrap_or_default();
    match tls {
        None => converse(stream, Scheme::Http, simulator).await,
        Some(tls) => {
            // A client that does not trust the certificate has seen so itself.
            if let Ok(stream) = tls.accept(stream).await {
                converse(stream, Scheme::Https, simulator).await;
            }
        }
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    scheme: Scheme,
    simulator: Arc<Mutex<Simulator>>,
) {
    let service = service_fn(|request| answer(request, scheme, &simulator));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that breaks, or is broken on purpose, concerns its client only.
    served.await.unwrap_or_default();
}

async fn answer(
    request: hyper::Request<Incoming>,
    scheme: Scheme,
    simulator: &Mutex<Simulator>,
) -> Result<hyper::Response<Outgoing>, Reset> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_MOST).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(bare(413)),
        Err(_) => return Err(Reset),
    };
    let text = |value: &hyper::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let request = Request {
        method: head.method.to_string(),
        path_and_query: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
            .collect(),
        body,
        scheme,
    };
    let Answer {
        response,
        delay,
        delivery,
    } = {
        // A panic elsewhere leaves a tenant that is still good enough to look at.
        let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
        simulator.answer(&request, now())
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    respond(response, delivery)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the served simulator runs on wall time; only this function reads it"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
