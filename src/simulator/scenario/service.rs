//! `[service]`: how the service works.

use serde::Deserialize;

use super::{ScenarioError, share};

/// How fast the service answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// `latency_ms`: the least time to an answer, in milliseconds; 120 by default.
    pub latency_ms: u32,
    /// `jitter_ms`: up to how much more, in milliseconds, evenly spread; 60 by default.
    pub jitter_ms: u32,
    /// `foreign_error_bodies`: the share of refusals of the authentication methods whose body is no
    /// `OData` error, 0 to 1; 0 by default. Observed now and then: `{"Message", "MessageDetail"}`
    /// from the back end, naming mface.windowsazure.com.
    pub foreign_error_bodies: f64,
}

impl Service {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        share("service.foreign_error_bodies", self.foreign_error_bodies)
    }
}

impl Default for Service {
    fn default() -> Self {
        Self {
            latency_ms: 120,
            jitter_ms: 60,
            foreign_error_bodies: 0.0,
        }
    }
}
