//! `[service]`: how the service works when nothing is wrong.

use serde::Deserialize;

use super::{ScenarioError, seconds, share, within};

/// How fast the service answers, and how far its parts lag behind each other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// `latency_ms`: the least time a Graph request takes, in milliseconds, 0 to 600,000; 120 by
    /// default.
    pub latency_ms: u32,
    /// `jitter_ms`: up to how much more, in milliseconds, 0 to 600,000, evenly spread; 60 by
    /// default.
    pub jitter_ms: u32,
    /// `load_ms`: how much more for every other HTTP request that is under way, in milliseconds, 0
    /// to 600,000; 0 by default.
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
    /// `foreign_error_bodies`: the share of refusals of the authentication methods whose body is no
    /// `OData` error, 0 to 1; 0 by default. Observed now and then: `{"Message", "MessageDetail"}`
    /// from the back end, naming mface.windowsazure.com.
    pub foreign_error_bodies: f64,
    /// `replication_ms`: how long after its creation an object may still be unknown to the copy of
    /// the directory that answers, in milliseconds, 0 to 3,600,000. The chance to meet a copy that
    /// knows it grows evenly from none to certainty over that time. 0 by default, as nothing in the
    /// sample tenant is new; in earnest seconds to 15 minutes (observed).
    pub replication_ms: u32,
    /// `index_ms`: how far the index behind advanced queries (`$count`, member lists by type, lists
    /// with `$count=true` and `ConsistencyLevel: eventual`) is behind, in milliseconds, 0 to
    /// 3,600,000; 5,000 by default. That it is behind is documented (Graph: advanced queries), how
    /// far is our reading.
    pub index_ms: u32,
    /// `concurrency_violations`: the chance that a write to a group is refused when it overlaps
    /// another write to it, 0 to 1; 0.25 by default. That it happens is observed, how often is our
    /// reading.
    pub concurrency_violations: f64,
}

const AN_HOUR_MS: u32 = 3_600_000;

const TEN_MINUTES_MS: u32 = 600_000;

impl Default for Service {
    fn default() -> Self {
        Self {
            latency_ms: 120,
            jitter_ms: 60,
            load_ms: 0,
            inner_parallel: 20,
            batch_seconds: 30.0,
            late_effects: 0.5,
            foreign_error_bodies: 0.0,
            replication_ms: 0,
            index_ms: 5_000,
            concurrency_violations: 0.25,
        }
    }
}

impl Service {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        within("service.latency_ms", self.latency_ms, 0, TEN_MINUTES_MS)?;
        within("service.jitter_ms", self.jitter_ms, 0, TEN_MINUTES_MS)?;
        within("service.load_ms", self.load_ms, 0, TEN_MINUTES_MS)?;
        within("service.inner_parallel", self.inner_parallel, 1, 20)?;
        seconds("service.batch_seconds", self.batch_seconds)?;
        share("service.late_effects", self.late_effects)?;
        share("service.foreign_error_bodies", self.foreign_error_bodies)?;
        within("service.replication_ms", self.replication_ms, 0, AN_HOUR_MS)?;
        within("service.index_ms", self.index_ms, 0, AN_HOUR_MS)?;
        share(
            "service.concurrency_violations",
            self.concurrency_violations,
        )
    }
}
