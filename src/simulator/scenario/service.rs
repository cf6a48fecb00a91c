//! `[service]`: how the service works when nothing is wrong.

use serde::Deserialize;

use super::{ScenarioError, seconds, share, within};

/// How fast the service answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// `latency_ms`: the least time a Graph request takes, in milliseconds; 120 by default.
    pub latency_ms: u32,
    /// `jitter_ms`: up to how much more, in milliseconds, evenly spread; 60 by default.
    pub jitter_ms: u32,
    /// `load_ms`: how much more for every other HTTP request that is under way, in milliseconds; 0
    /// by default.
    pub load_ms: u32,
    /// `inner_parallel`: how many parts of a batch run side by side, 1 to 20; 20 by default. Graph
    /// says of Outlook that it is 4, and nothing of the directory and the authentication methods.
    pub inner_parallel: u32,
    /// `batch_seconds`: how long a request may take before it is answered 504; 30 by default
    /// (observed).
    pub batch_seconds: f64,
    /// `late_effects`: share of requests answered 504 for that reason that take effect all the same,
    /// when they are done; 0.5 by default (that it happens is observed, how often is not known).
    pub late_effects: f64,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            latency_ms: 120,
            jitter_ms: 60,
            load_ms: 0,
            inner_parallel: 20,
            batch_seconds: 30.0,
            late_effects: 0.5,
        }
    }
}

impl Service {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        within("service.inner_parallel", self.inner_parallel, 1, 20)?;
        seconds("service.batch_seconds", self.batch_seconds)?;
        share("service.late_effects", self.late_effects)
    }
}
