//! A tenant that behaves like the part of Microsoft Graph this tool uses.
//!
//! [`Simulator`] is pure: a [`Request`] and the time go in, an [`Answer`] (a [`Response`] and how
//! long it takes) comes out. It reads no clock, waits for nothing, and draws every random number
//! from one generator seeded by the [`Scenario`]; the same scenario and the same requests give the
//! same answers. [`serve`] puts it behind HTTP, which is the only part that knows of sockets.
//!
//! # What is modelled
//!
//! - sign-in with secrets, assertions and device codes, tokens that end, and the permissions that
//!   each address asks for;
//! - `$batch` with its rules for ids, order, dependencies and bodies;
//! - users, groups and the links between them, including which groups can be written, how late
//!   new objects and changes are seen, and writers that get in each other's way;
//! - phone methods and Temporary Access Passes, with SMS sign-in registration and the policy that
//!   says who may have them, which clients can change;
//! - the limits of the directory (resource units and writes) and of the authentication methods,
//!   which may move while the service runs;
//! - time: parts of a batch that run side by side, answers that come too late for what they did;
//! - what goes wrong on the way, before and after the effect;
//! - Graph's error bodies, as recorded where a record exists, and marked as "our reading"
//!   elsewhere.
//!
//! # What is not, on purpose
//!
//! - **Licences.** Everyone has those that SMS sign-in asks for.
//! - **The rest of Graph.** A known address that is not modelled answers `501 notImplemented`
//!   rather than something plausible.
//!
//! It shares no type with the client: if both took a member's name from one place, a wrong name
//! would agree with itself. Both are tested against the bodies in `samples/wire`.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

mod batch;
mod endpoints;
mod exchange;
mod faults;
mod inspection;
mod late;
mod latency;
mod limits;
mod log;
mod protocol;
mod sample;
pub mod scenario;
pub mod serve;
mod sign_in;
mod statistics;
mod tenant;
#[cfg(test)]
mod tests;

pub use scenario::{Scenario, ScenarioError};
pub use serve::{Running, Server, spawn, spawn_tls};

use faults::Faults;
use late::LateEffects;
use latency::Latency;
use limits::Limits;
use log::Log;
use sign_in::SignIn;
use statistics::Statistics;
use tenant::Tenant;

/// One HTTP request as it reached the service.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The request target, such as `/v1.0/users/…?$select=id`; an absolute address is understood
    /// too.
    pub path_and_query: String,
    /// Header names and values in the order they came; names are compared without case.
    pub headers: Vec<(String, String)>,
    /// The body, empty when there is none.
    pub body: Vec<u8>,
    /// How the request travelled, for the absolute links in its reply.
    pub scheme: Scheme,
}

/// Neither query, header values nor body, which hold numbers, tokens and passes.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("path", &path)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("scheme", &self.scheme)
            .finish()
    }
}

/// How a request travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS, as to Graph itself.
    #[default]
    Https,
}

/// One HTTP response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, empty when there is none.
    pub body: Vec<u8>,
}

/// Neither header values nor body, which hold passes and tokens.
impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// What the service answers, and how long it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The response.
    pub response: Response,
    /// How long after the request's arrival the response leaves.
    pub delay: Duration,
    /// How the response reaches the caller.
    pub delivery: Delivery,
}

impl Answer {
    fn at_once(response: Response) -> Self {
        Self {
            response,
            delay: Duration::ZERO,
            delivery: Delivery::Whole,
        }
    }
}

/// How a response reaches the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// At once and complete.
    Whole,
    /// The connection is cut before the first byte.
    Reset,
    /// The head and so many bytes of the body arrive, then the connection is cut.
    Cut {
        /// Bytes of the body that arrive.
        bytes: usize,
    },
    /// The body arrives evenly spread over a time, after the delay.
    Drip {
        /// From the head to the last byte.
        over: Duration,
    },
}

/// The pretend service with its tenant.
#[derive(Debug)]
pub struct Simulator {
    tenant: Tenant,
    sign_in: SignIn,
    limits: Limits,
    latency: Latency,
    faults: Faults,
    late: LateEffects,
    statistics: Statistics,
    log: Log,
    rng: Rng,
    /// The share of refusals of the authentication methods that are no `OData` errors.
    foreign_error_bodies: f64,
    new_starters: sample::NewStarters,
    /// Somebody has come, if only to look.
    opened: bool,
    /// The first request that was not only a look has come.
    begun: bool,
    /// The last moment that was seen; time never runs backwards in here.
    latest: Option<OffsetDateTime>,
    /// How far the clock of the service was set ahead.
    ahead: Duration,
}

impl Simulator {
    /// Builds the tenant the scenario describes.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            tenant: sample::tenant(scenario),
            sign_in: SignIn::new(scenario),
            limits: Limits::new(scenario),
            latency: Latency::new(&scenario.service),
            faults: Faults::new(&scenario.faults),
            late: LateEffects::new(&scenario.service),
            statistics: Statistics::default(),
            new_starters: sample::NewStarters::of(scenario),
            log: Log::default(),
            rng: Rng::with_seed(scenario.chance.unwrap_or(scenario.seed)),
            foreign_error_bodies: scenario.service.foreign_error_bodies,
            opened: false,
            begun: false,
            latest: None,
            ahead: Duration::ZERO,
        }
    }

    /// Answers one request that arrives `now`.
    ///
    /// Times should not run backwards from call to call; if they do, time stands still.
    pub fn answer(&mut self, request: &Request, now: OffsetDateTime) -> Answer {
        let now = now + self.ahead;
        let now = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(now);
        self.open(now);
        self.take_late_effect(now);
        if let Some(response) = self.inspect(request, now) {
            return Answer::at_once(response);
        }
        self.begin(now);
        if let Some(response) = self.sign_in(request, now) {
            return Answer {
                delay: self.latency.one(&mut self.rng),
                ..Answer::at_once(response)
            };
        }
        let answer = self.serve(request, now);
        self.statistics.answered_http(now, &answer);
        self.latency.under_way(now, answer.delay);
        self.log.note(request, &answer);
        answer
    }

    /// Issues the sample passes on the first request, so that they are usable on whatever day the
    /// simulator runs, and creates the users who are new by then.
    fn open(&mut self, now: OffsetDateTime) {
        if !self.opened {
            self.opened = true;
            sample::issue_passes(&mut self.tenant, &mut self.rng, now);
            sample::create_new_starters(&mut self.tenant, self.new_starters, now);
        }
    }

    /// Starts the clock of all that counts from the first request; a look does not.
    fn begin(&mut self, now: OffsetDateTime) {
        if !self.begun {
            self.begun = true;
            self.sign_in.begin(now);
            self.faults.begin(now);
            self.limits.begin(now);
        }
    }

    /// Answers a request to the token service; `None` for anything else. The log has nothing of it:
    /// it holds secrets.
    fn sign_in(&mut self, request: &Request, now: OffsetDateTime) -> Option<Response> {
        self.sign_in
            .answer(&self.tenant, request, now, &mut self.rng)
    }
}
