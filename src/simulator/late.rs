//! Requests that were answered before they ended.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

use super::protocol::arrival::{Arrival, Work};
use super::protocol::call::{Call, Payload};
use super::protocol::origin::Origin;
use super::protocol::routing::{Method, Route};
use super::scenario::Service;

/// What is still going to take effect.
#[derive(Debug)]
pub(crate) struct LateEffects {
    deadline: Duration,
    share: f64,
    /// By the moment it ends; the number keeps those of one moment apart.
    waiting: BTreeMap<(OffsetDateTime, u64), Late>,
    left: u64,
}

/// One request on its own feet.
#[derive(Debug)]
pub(crate) struct Late {
    method: Method,
    route: Route,
    query: String,
    payload: Payload,
    origin: Origin,
    arrival: Arrival,
}

impl LateEffects {
    pub(crate) fn new(service: &Service) -> Self {
        Self {
            deadline: Duration::from_secs_f64(service.batch_seconds),
            share: service.late_effects,
            waiting: BTreeMap::new(),
            left: 0,
        }
    }

    /// How long a request may take before it is answered without having ended.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Leaves a request to itself: by chance it takes effect at its end, or never.
    pub(crate) fn leave(&mut self, call: Call<'_>, rng: &mut Rng) {
        let changes = call.method.is_write() && !call.route.only_reads();
        if rng.f64() >= self.share || !changes {
            return;
        }
        let ends = call.arrival.now + call.arrival.work.ends;
        self.left += 1;
        let late = Late {
            method: call.method,
            route: call.route,
            query: call.query.to_owned(),
            payload: call.payload,
            origin: call.origin.clone(),
            arrival: Arrival {
                now: ends,
                work: Work::default(),
                ..call.arrival.clone()
            },
        };
        self.waiting.insert((ends, self.left), late);
    }

    /// The next request that has come to its end by `now`.
    pub(crate) fn due(&mut self, now: OffsetDateTime) -> Option<Late> {
        let first = self.waiting.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

impl Late {
    /// The request as the endpoints see it.
    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            method: self.method,
            route: self.route.clone(),
            query: &self.query,
            payload: self.payload.clone(),
            origin: &self.origin,
            arrival: &self.arrival,
        }
    }
}
