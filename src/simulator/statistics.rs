//! What the service saw.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::limits::Charge;
use super::protocol::routing::Method;

/// Counts over the life of the simulator.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    batches: u64,
    writes: u64,
    throttled: u64,
    answers: BTreeMap<(&'static str, Method, u16), u64>,
    in_flight: InFlight,
    first_request_at: Option<OffsetDateTime>,
    last_request_at: Option<OffsetDateTime>,
}

impl Statistics {
    /// An HTTP request arrived and will be answered after `delay`.
    pub(super) fn arrived(&mut self, now: OffsetDateTime, delay: Duration) {
        self.first_request_at.get_or_insert(now);
        self.last_request_at = Some(now);
        self.in_flight.arrived(now, delay);
    }

    /// The HTTP request was a batch.
    pub(super) fn batch(&mut self) {
        self.batches += 1;
    }

    /// A limit refused a Graph request.
    pub(super) fn throttled(&mut self) {
        self.throttled += 1;
    }

    /// A Graph request passed the limits. A write counts whether or not it turns out valid, as the
    /// service charges it either way.
    pub(super) fn executed(&mut self, charge: Charge) {
        self.writes += u64::from(charge.is_write());
    }

    /// A Graph request was answered, alone or inside a batch.
    pub(super) fn answered(&mut self, method: Method, pattern: &'static str, status: u16) {
        *self.answers.entry((pattern, method, status)).or_default() += 1;
    }

    /// The counts as the inspection shows them.
    pub(super) fn to_json(&self) -> Value {
        let inner: Vec<Value> = self
            .answers
            .iter()
            .map(|((path, method, status), count)| {
                json!({"method": method.as_str(), "path": path, "status": status, "count": count})
            })
            .collect();
        json!({
            "batches": self.batches,
            "inner": inner,
            "writes": self.writes,
            "throttled": self.throttled,
            "max_in_flight": self.in_flight.most,
            "first_request_at": moment(self.first_request_at),
            "last_request_at": moment(self.last_request_at),
        })
    }
}

fn moment(at: Option<OffsetDateTime>) -> Option<String> {
    at.and_then(|at| at.format(&Rfc3339).ok())
}

/// How many HTTP requests overlap, known from when each arrives and how long it takes.
#[derive(Debug, Default)]
struct InFlight {
    ends: BinaryHeap<Reverse<OffsetDateTime>>,
    most: usize,
}

impl InFlight {
    fn arrived(&mut self, now: OffsetDateTime, delay: Duration) {
        while self.ends.peek().is_some_and(|Reverse(end)| *end <= now) {
            self.ends.pop();
        }
        self.ends.push(Reverse(now + delay));
        self.most = self.most.max(self.ends.len());
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn requests_overlap_while_their_answers_are_under_way() {
        let start = datetime!(2026-01-01 08:00 UTC);
        let mut in_flight = InFlight::default();
        for (at_ms, lasts_ms) in [(0, 100), (50, 100), (99, 10), (100, 5), (150, 100)] {
            in_flight.arrived(
                start + Duration::from_millis(at_ms),
                Duration::from_millis(lasts_ms),
            );
        }
        assert_eq!(in_flight.most, 3);
    }
}
