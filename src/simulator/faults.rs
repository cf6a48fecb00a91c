//! What goes wrong on purpose: by chance, from the scenario's seed, or at set times.

use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

use super::protocol::error::GraphError;
use super::protocol::reply::Reply;
use super::scenario;
use super::{Answer, Delivery, Response};

/// The faults of a scenario, on the clock of the service.
#[derive(Debug)]
pub(crate) struct Faults {
    shares: scenario::Faults,
    first_request_at: Option<OffsetDateTime>,
}

/// What befalls one HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An answer instead of any work; status 0 is a connection that is cut.
    Outage(u16),
    Redirect,
    GatewayError,
    Reset,
    // What is below leaves the work alone.
    GatewayErrorAfter,
    ResetAfter,
    CutBody,
    CorruptedBody,
    MissingReply,
    DoubledReply,
    Drip,
}

impl Fault {
    /// Whether nothing is carried out.
    pub(crate) fn prevents(self) -> bool {
        matches!(
            self,
            Self::Outage(_) | Self::Redirect | Self::GatewayError | Self::Reset
        )
    }
}

/// When an error takes the place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerError {
    BeforeEffect,
    AfterEffect,
}

impl Faults {
    pub(crate) fn new(shares: &scenario::Faults) -> Self {
        Self {
            shares: shares.clone(),
            first_request_at: None,
        }
    }

    /// The first request comes.
    pub(crate) fn begin(&mut self, now: OffsetDateTime) {
        self.first_request_at = Some(now);
    }

    /// What befalls an HTTP request that arrives `now`.
    pub(crate) fn on_request(&self, now: OffsetDateTime, rng: &mut Rng) -> Option<Fault> {
        let first = self.first_request_at.unwrap_or(now);
        let at = (now - first).as_seconds_f64();
        let outage =
            self.shares.outages.iter().find(|outage| {
                (outage.at_seconds..outage.at_seconds + outage.seconds).contains(&at)
            });
        if let Some(outage) = outage {
            return Some(Fault::Outage(outage.status));
        }
        let shares = &self.shares;
        drawn(
            &[
                (shares.redirects, Fault::Redirect),
                (shares.gateway_errors, Fault::GatewayError),
                (shares.gateway_errors_after, Fault::GatewayErrorAfter),
                (shares.resets, Fault::Reset),
                (shares.resets_after, Fault::ResetAfter),
                (shares.cut_bodies, Fault::CutBody),
                (shares.corrupted_bodies, Fault::CorruptedBody),
                (shares.missing_replies, Fault::MissingReply),
                (shares.doubled_replies, Fault::DoubledReply),
                (shares.drips, Fault::Drip),
            ],
            rng,
        )
    }

    /// What befalls a Graph request, alone or inside a batch.
    pub(crate) fn on_execution(&self, rng: &mut Rng) -> Option<ServerError> {
        let shares = &self.shares;
        drawn(
            &[
                (shares.server_errors, ServerError::BeforeEffect),
                (shares.server_errors_after, ServerError::AfterEffect),
            ],
            rng,
        )
    }

    /// How much longer than usual a Graph request takes.
    pub(crate) fn slowness(&self, rng: &mut Rng) -> Duration {
        match drawn(&[(self.shares.slow, ())], rng) {
            Some(()) => Duration::from_secs_f64(self.shares.slow_seconds),
            None => Duration::ZERO,
        }
    }

    /// The reply of a fault that prevents the work.
    pub(crate) fn instead(&self, fault: Fault, path_and_query: &str, rng: &mut Rng) -> Reply {
        match fault {
            Fault::Redirect => Reply::empty(307).with_header(
                "Location",
                format!("{}{path_and_query}", self.shares.redirect_to),
            ),
            Fault::Outage(status) if status > 0 => Reply::from(GraphError::unavailable(status)),
            _ => gateway_error(rng),
        }
    }

    /// What becomes of an answer on its way.
    pub(crate) fn spoil(&self, fault: Fault, answer: Answer, rng: &mut Rng) -> Answer {
        let delivery = match fault {
            Fault::Outage(0) | Fault::Reset | Fault::ResetAfter => Delivery::Reset,
            Fault::CutBody => Delivery::Cut {
                bytes: rng.usize(..answer.response.body.len().max(1)),
            },
            Fault::Drip => Delivery::Drip {
                over: Duration::from_secs_f64(self.shares.drip_seconds),
            },
            Fault::CorruptedBody => {
                return Answer {
                    response: corrupted(answer.response, rng),
                    ..answer
                };
            }
            _ => answer.delivery,
        };
        Answer { delivery, ..answer }
    }
}

/// One of several things that exclude each other, or none. Without any chance nothing is drawn, so
/// that a scenario without faults is the same as before there were any.
fn drawn<T: Copy>(chances: &[(f64, T)], rng: &mut Rng) -> Option<T> {
    if chances.iter().all(|(chance, _)| *chance <= 0.0) {
        return None;
    }
    let mut roll = rng.f64();
    for (chance, what) in chances {
        if roll < *chance {
            return Some(*what);
        }
        roll -= chance;
    }
    None
}

/// Takes one reply out of a batch's answer, or puts one in twice.
pub(crate) fn lose_or_double(fault: Fault, replies: &mut Vec<String>, rng: &mut Rng) {
    let place = rng.usize(..replies.len().max(1));
    match fault {
        Fault::MissingReply if place < replies.len() => {
            replies.remove(place);
        }
        Fault::DoubledReply => replies.extend(replies.get(place).cloned()),
        _ => {}
    }
}

/// An error of the gateway, which may stand before or after the work.
pub(crate) fn gateway_error(rng: &mut Rng) -> Reply {
    let status = rng.choice([502, 503, 504]).unwrap_or(503);
    Reply::from(GraphError::unavailable(status))
}

/// An error of a workload. A 503 says at times when to come back (Graph: throttling).
pub(crate) fn server_error(rng: &mut Rng) -> Reply {
    let status = rng.choice([500, 502, 503, 504]).unwrap_or(500);
    let reply = Reply::from(GraphError::unavailable(status));
    if status == 503 && rng.bool() {
        return reply.with_header("Retry-After", "5".to_owned());
    }
    reply
}

/// Zero bytes in the middle: no JSON has them, neither in a string nor outside.
fn corrupted(mut response: Response, rng: &mut Rng) -> Response {
    let length = response.body.len();
    let start = rng.usize(..length.max(1));
    for byte in response.body.iter_mut().skip(start).take(4) {
        *byte = 0;
    }
    response
}
