//! The simulator in this process: behind a socket of this machine as the sandbox, or without one
//! for virtual time, where sockets would time out.

use super::clock::Clock;
use super::transport::{Transport, TransportError};
use crate::simulator::{self, Delivery, Request, Running, Scenario, Simulator};
use crate::wire::HttpReply;
use secrecy::{ExposeSecret, SecretString};
use std::cell::RefCell;
use std::io;

/// The sample tenant, served on a free port of this machine for as long as this lives.
#[derive(Debug)]
pub struct Sandbox(Running);

impl Sandbox {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        simulator::spawn(&Scenario::default()).map(Self)
    }

    /// The host to send batches to.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }
}

/// A way to a simulator in this process.
#[derive(Debug)]
pub struct Loopback {
    simulator: RefCell<Simulator>,
    clock: Clock,
}

impl Loopback {
    /// The root of all requests to it.
    pub const ROOT: &'static str = "http://127.0.0.1/v1.0";

    /// A way to `simulator`, whose time is that of `clock`.
    pub fn new(simulator: Simulator, clock: Clock) -> Self {
        Self {
            simulator: RefCell::new(simulator),
            clock,
        }
    }

    /// Asks the simulator for one of its own documents, such as `/_simulator/tenant`.
    pub fn inspect(&self, path: &str) -> Vec<u8> {
        let request = Request {
            method: "GET".to_owned(),
            path_and_query: path.to_owned(),
            ..Request::default()
        };
        self.simulator
            .borrow_mut()
            .answer(&request, self.clock.wall())
            .response
            .body
    }
}

impl Transport for Loopback {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Request {
            method: "POST".to_owned(),
            path_and_query: "/v1.0/$batch".to_owned(),
            headers: vec![
                header("Host", "127.0.0.1"),
                header(
                    "Authorization",
                    &format!("Bearer {}", token.expose_secret()),
                ),
                header("Content-Type", "application/json"),
            ],
            body,
        };
        let answer = self
            .simulator
            .borrow_mut()
            .answer(&request, self.clock.wall());
        tokio::time::sleep(answer.delay).await;
        match answer.delivery {
            Delivery::Whole => {}
            Delivery::Drip { over } => tokio::time::sleep(over).await,
            Delivery::Reset => return Err(TransportError::Lost("connection reset".to_owned())),
            Delivery::Cut { .. } => return Err(TransportError::Lost("body cut off".to_owned())),
        }
        let response = answer.response;
        Ok(HttpReply {
            status: response.status,
            headers: response.headers,
            body: response.body,
        })
    }
}
