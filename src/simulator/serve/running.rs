//! A simulator on a thread of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Certificate, Server, new_certificate};
use crate::simulator::{Scenario, Simulator};

/// Serves a new simulator on a free port of this machine, on a thread of its own, until the
/// returned value is dropped.
///
/// Not for tests under tokio's paused time: a paused clock jumps ahead while bytes are on their way
/// to another thread. Those use [`Simulator::answer`] directly, or a [`Server`] in their own
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
    let server = Server::new(Arc::clone(&simulator));
    let server = match &certificate {
        Some(certificate) => server.with_certificate(certificate),
        None => server,
    };
    let authority = certificate.map(|certificate| certificate.authority_pem().to_owned());
    let thread = std::thread::Builder::new()
        .name("simulator".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                tokio::select! {
                    failed = server.run(listener) => Err(failed),
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
