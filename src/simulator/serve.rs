//! The simulator behind HTTP: the only part that knows of sockets, tasks and the clock.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::serve::ListenerExt as _;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Answer, Request, Response, Scenario, Simulator};

/// More than any batch needs; the payload cap of Graph is not documented, 4 MB is repeated by third
/// parties.
const BODY_MOST: usize = 4 * 1024 * 1024;

/// Serves the simulator until the future is dropped.
///
/// Every answer goes out whole and at once (`TCP_NODELAY`, `Content-Length`): a server that writes
/// head and body apart costs each call some 40 ms of delayed acknowledgement and spoils every
/// measurement.
pub async fn serve(listener: TcpListener, simulator: Arc<Mutex<Simulator>>) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Only slower without it.
        stream.set_nodelay(true).unwrap_or_default();
    });
    let app = Router::new().fallback(answer).with_state(simulator);
    axum::serve(listener, app).await
}

/// Serves a new simulator on a free port of this machine, on a thread of its own, until the
/// returned value is dropped.
///
/// Not for tests under tokio's paused time: a paused clock jumps ahead while bytes are on their way
/// to another thread. Those use [`Simulator::answer`] directly, or [`serve()`] in their own
/// runtime.
pub fn spawn(scenario: &Scenario) -> io::Result<Running> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let simulator = Arc::new(Mutex::new(Simulator::new(scenario)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = Arc::clone(&simulator);
    let thread = std::thread::Builder::new()
        .name("simulator".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                tokio::select! {
                    ended = serve(listener, served) => ended,
                    _ = stopped => Ok(()),
                }
            })
        })?;
    Ok(Running {
        address,
        simulator,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// A simulator on its own thread; stops when dropped, without waiting for open requests.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    simulator: Arc<Mutex<Simulator>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Where it listens; the version root is `http://{address}/v1.0`.
    pub fn address(&self) -> SocketAddr {
        self.address
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

async fn answer(
    State(simulator): State<Arc<Mutex<Simulator>>>,
    request: axum::extract::Request,
) -> axum::http::Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MOST).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = Request {
        method: head.method.to_string(),
        path_and_query: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: body.to_vec(),
    };
    let Answer {
        response, delay, ..
    } = {
        // A panic elsewhere leaves a tenant that is still good enough to look at.
        let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
        simulator.answer(&request, now())
    };
    tokio::time::sleep(delay).await;
    respond(response)
}

fn respond(response: Response) -> axum::http::Response<Body> {
    let mut builder = axum::http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Body::from(response.body))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn plain(status: StatusCode) -> axum::http::Response<Body> {
    let mut response = axum::http::Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[expect(
    clippy::disallowed_methods,
    reason = "the served simulator runs on wall time; only this function reads it"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
