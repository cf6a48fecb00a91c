//! `[limits]`: how much the service lets through.

use std::num::NonZeroU32;

use serde::Deserialize;

/// How much the service lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// `[limits.directory]`: users, groups, members.
    pub directory: DirectoryLimits,
    /// `[limits.authentication_methods]`: phones and passes.
    pub authentication_methods: MethodLimits,
}

/// The limits of the directory for one application in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryLimits {
    /// `units`: resource units per window; 5 or more, as the dearest read costs 5; 3,500 by
    /// default, the quota of the smallest tenants (Graph: throttling limits; 5,000 and 8,000 for
    /// larger ones).
    pub units: NonZeroU32,
    /// `units_per_seconds`: the window for units, in seconds; 10 by default (same source).
    pub units_per_seconds: NonZeroU32,
    /// `writes`: write requests per window; 3,000 by default (same source).
    pub writes: NonZeroU32,
    /// `writes_per_seconds`: the window for writes, in seconds; 150 by default (same source).
    pub writes_per_seconds: NonZeroU32,
}

impl Default for DirectoryLimits {
    fn default() -> Self {
        Self {
            units: nonzero(3_500),
            units_per_seconds: nonzero(10),
            writes: nonzero(3_000),
            writes_per_seconds: nonzero(150),
        }
    }
}

/// The limits of the authentication methods.
///
/// Their real quota is unknown: the one documented number, 5 requests in 10 seconds, stands in a
/// table about reports, and users measured about 5 a second. The defaults are far above both, so
/// that a demo of 200 rows meets a few refusals and still ends in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MethodLimits {
    /// `requests_per_second`: the lasting rate, reads and writes together; 50 by default.
    pub requests_per_second: NonZeroU32,
    /// `burst`: how many requests an untouched service takes at once; 30 by default.
    pub burst: NonZeroU32,
}

impl Default for MethodLimits {
    fn default() -> Self {
        Self {
            requests_per_second: nonzero(50),
            burst: nonzero(30),
        }
    }
}

/// For the defaults above, none of which is zero.
const fn nonzero(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}
