//! `[service]`: how the service works when nothing is wrong.

use serde::Deserialize;

/// How fast the service answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// `latency_ms`: the least time to an answer, in milliseconds; 120 by default.
    pub latency_ms: u32,
    /// `jitter_ms`: up to how much more, in milliseconds, evenly spread; 60 by default.
    pub jitter_ms: u32,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            latency_ms: 120,
            jitter_ms: 60,
        }
    }
}
