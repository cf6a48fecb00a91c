//! What the pretend tenant and service are like, read from a file.
//!
//! Every key may be left out; an unknown key is an error. [`Scenario::default`] is the sample
//! tenant that the files in `samples` were made for.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::limits::MOST_UNITS;

/// A tenant, its service, its limits and its policies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// `seed`: where all randomness starts, 0 to 2^63 - 1; 2026 by default. Names and ids follow
    /// from it, so the sample inputs fit the default only.
    pub seed: u64,
    /// `[tenant]`: how many objects there are.
    pub tenant: TenantSize,
    /// `[service]`: how fast it answers.
    pub service: Service,
    /// `[limits]`: how much it lets through.
    pub limits: Limits,
    /// `[policies]`: what the tenant allows.
    pub policies: Policies,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 2026,
            tenant: TenantSize::default(),
            service: Service::default(),
            limits: Limits::default(),
            policies: Policies::default(),
        }
    }
}

/// How many objects the tenant holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSize {
    /// `users`: all users, guests among them; 100 to 2,000,000; 3,000 by default. The group
    /// `All staff` holds every one of them.
    pub users: u32,
    /// `groups`: all groups; 60 to 100,000; 240 by default. What is left after the special ones is
    /// stores, four groups each.
    pub groups: u32,
}

impl Default for TenantSize {
    fn default() -> Self {
        Self {
            users: 3_000,
            groups: 240,
        }
    }
}

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

/// What the tenant allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// `[policies.temporary_access_pass]`.
    pub temporary_access_pass: AccessPassPolicy,
}

/// The tenant's Temporary Access Pass policy; the defaults are Graph's own (Graph:
/// temporaryAccessPassAuthenticationMethodConfiguration).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessPassPolicy {
    /// `minimum_lifetime_in_minutes`: 10 to 43,200; 60 by default.
    pub minimum_lifetime_in_minutes: u32,
    /// `maximum_lifetime_in_minutes`: from the minimum to 43,200; 480 by default.
    pub maximum_lifetime_in_minutes: u32,
    /// `default_lifetime_in_minutes`: between the two; 60 by default.
    pub default_lifetime_in_minutes: u32,
    /// `default_length`: characters of a pass, 8 to 48; 8 by default.
    pub default_length: u32,
    /// `is_usable_once`: whether every pass is for one use only; false by default.
    pub is_usable_once: bool,
}

impl Default for AccessPassPolicy {
    fn default() -> Self {
        Self {
            minimum_lifetime_in_minutes: 60,
            maximum_lifetime_in_minutes: 480,
            default_lifetime_in_minutes: 60,
            default_length: 8,
            is_usable_once: false,
        }
    }
}

/// A scenario that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file is not TOML, holds an unknown key, or a value of the wrong kind.
    #[error("line {line}: {problem}")]
    Unreadable {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A value lies outside its range.
    #[error("`{key}` must be {range}, not {value}")]
    OutOfRange {
        /// The key with its table, such as `tenant.users`.
        key: &'static str,
        /// What would do.
        range: String,
        /// What was given.
        value: u32,
    },
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// Names the line of what cannot be read, or the key whose value is out of range.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Unreadable {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            problem: error.message().to_owned(),
        })?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), ScenarioError> {
        let pass = &self.policies.temporary_access_pass;
        let (least, most) = (
            pass.minimum_lifetime_in_minutes,
            pass.maximum_lifetime_in_minutes,
        );
        within("tenant.users", self.tenant.users, 100, 2_000_000)?;
        within("tenant.groups", self.tenant.groups, 60, 100_000)?;
        within(
            "limits.directory.units",
            self.limits.directory.units.get(),
            MOST_UNITS,
            u32::MAX,
        )?;
        within(
            "policies.temporary_access_pass.minimum_lifetime_in_minutes",
            least,
            10,
            43_200,
        )?;
        within(
            "policies.temporary_access_pass.maximum_lifetime_in_minutes",
            most,
            least,
            43_200,
        )?;
        within(
            "policies.temporary_access_pass.default_lifetime_in_minutes",
            pass.default_lifetime_in_minutes,
            least,
            most,
        )?;
        within(
            "policies.temporary_access_pass.default_length",
            pass.default_length,
            8,
            48,
        )
    }
}

fn within(key: &'static str, value: u32, least: u32, most: u32) -> Result<(), ScenarioError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let range = if most == u32::MAX {
        format!("at least {least}")
    } else {
        format!("{least} to {most}")
    };
    Err(ScenarioError::OutOfRange { key, range, value })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// For the defaults above, none of which is zero.
const fn nonzero(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_sample_tenant() {
        assert_eq!(Scenario::from_toml("").unwrap(), Scenario::default());
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let message = Scenario::from_toml(text).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        refused(
            "seed = 1\n[tenant]\nuser = 5\n",
            "line 3: unknown field `user`",
        );
        refused("[limits.directory]\nwrites = 0\n", "line 2: invalid value");
        refused("[service]\nlatency_ms = -1\n", "line 2: ");
        refused("seed = \n", "line 1: ");
        refused(
            "[tenant]\nusers = 5\n",
            "`tenant.users` must be 100 to 2000000, not 5",
        );
        refused(
            "[limits.directory]\nunits = 4\n",
            "`limits.directory.units` must be at least 5, not 4",
        );
        refused(
            "[policies.temporary_access_pass]\nmaximum_lifetime_in_minutes = 30\n",
            "`policies.temporary_access_pass.maximum_lifetime_in_minutes` must be 60 to 43200, not 30",
        );
    }

    #[test]
    fn the_scenarios_of_the_samples_can_be_read() {
        let large_group = include_str!("../../samples/scenarios/large-group.toml");
        let scenario = Scenario::from_toml(large_group).unwrap();
        assert_eq!(scenario.tenant.users, 10_000);
        assert_eq!(scenario.service.latency_ms, 0);
        assert_eq!(scenario.limits.directory, DirectoryLimits::default());
    }
}
