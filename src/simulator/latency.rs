//! How long the service takes to answer.

use std::time::Duration;

use fastrand::Rng;

use super::scenario::Service;

/// A fixed time plus an evenly spread extra.
#[derive(Debug)]
pub(super) struct Latency {
    least_ms: u64,
    jitter_ms: u64,
}

impl Latency {
    pub(super) fn new(service: &Service) -> Self {
        Self {
            least_ms: service.latency_ms.into(),
            jitter_ms: service.jitter_ms.into(),
        }
    }

    /// The delay of the next request; a batch waits once, as its parts run side by side.
    pub(super) fn next(&self, rng: &mut Rng) -> Duration {
        Duration::from_millis(self.least_ms + rng.u64(0..=self.jitter_ms))
    }
}
