//! How long the service takes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

use super::protocol::arrival::Work;
use super::scenario::Service;

/// A fixed time, an evenly spread extra, and what comes on top while there is more to do.
#[derive(Debug)]
pub(crate) struct Latency {
    least_ms: u64,
    jitter_ms: u64,
    load: Duration,
    inner_parallel: usize,
    /// When the answers leave that are under way.
    ends: BinaryHeap<Reverse<OffsetDateTime>>,
    most_in_flight: usize,
}

impl Latency {
    pub(crate) fn new(service: &Service) -> Self {
        Self {
            least_ms: service.latency_ms.into(),
            jitter_ms: service.jitter_ms.into(),
            load: Duration::from_millis(service.load_ms.into()),
            inner_parallel: service.inner_parallel.max(1) as usize,
            ends: BinaryHeap::new(),
            most_in_flight: 0,
        }
    }

    /// How long one Graph request takes.
    pub(crate) fn one(&self, rng: &mut Rng) -> Duration {
        Duration::from_millis(self.least_ms + rng.u64(0..=self.jitter_ms))
    }

    /// Who works on the parts of one batch.
    pub(crate) fn workers(&self) -> Workers {
        Workers {
            free: vec![Reverse(Duration::ZERO); self.inner_parallel].into(),
        }
    }

    /// What the answers under way add to the next one.
    pub(crate) fn of_load(&mut self, now: OffsetDateTime) -> Duration {
        while self.ends.peek().is_some_and(|Reverse(end)| *end <= now) {
            self.ends.pop();
        }
        self.load * u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// An answer leaves so long after `now`.
    pub(crate) fn under_way(&mut self, now: OffsetDateTime, delay: Duration) {
        self.ends.push(Reverse(now + delay));
        self.most_in_flight = self.most_in_flight.max(self.ends.len());
    }

    /// The most HTTP requests that overlapped.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight
    }
}

/// Those who work on the parts of a batch, side by side.
#[derive(Debug)]
pub(crate) struct Workers {
    free: BinaryHeap<Reverse<Duration>>,
}

impl Workers {
    /// Gives a part that may begin at `ready` to the worker that is free first.
    pub(crate) fn take(&mut self, ready: Duration, takes: Duration) -> Work {
        let Reverse(free) = self.free.pop().unwrap_or_default();
        let begins = ready.max(free);
        let ends = begins + takes;
        self.free.push(Reverse(ends));
        Work { begins, ends }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 08:00 UTC);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn requests_overlap_while_their_answers_are_under_way() {
        let mut latency = Latency::new(&Service {
            load_ms: 7,
            ..Service::default()
        });
        let mut added = Vec::new();
        for (at_ms, lasts_ms) in [(0, 100), (50, 100), (99, 10), (100, 5), (150, 100)] {
            let now = START + ms(at_ms);
            added.push(latency.of_load(now).as_millis());
            latency.under_way(now, ms(lasts_ms));
        }
        assert_eq!(added, [0, 7, 14, 14, 0]);
        assert_eq!(latency.most_in_flight(), 3);
    }

    #[test]
    fn parts_wait_for_a_desk_and_for_what_they_depend_on() {
        let latency = Latency::new(&Service {
            inner_parallel: 2,
            ..Service::default()
        });
        let mut workers = latency.workers();
        let ends: Vec<u128> = [(0, 100), (0, 50), (0, 10), (90, 5)]
            .map(|(ready, takes)| workers.take(ms(ready), ms(takes)).ends.as_millis())
            .to_vec();
        assert_eq!(ends, [100, 50, 60, 95]);
    }
}
