//! What the pretend tenant and service are like, read from a file.
//!
//! Every key may be left out; an unknown key is an error. [`Scenario::default`] is the sample
//! tenant that the files in `samples` were made for.

use serde::Deserialize;

mod faults;
mod limits;
mod policies;
mod rehearsal;
mod service;
mod tenant;

pub use faults::{Faults, Neighbour, Outage, QuotaStep};
pub use limits::{DirectoryLimits, Limits, MethodLimits, RetryAfterForm, TenantClass};
pub use policies::{AccessPassPolicy, Policies};
pub use rehearsal::{Expectations, Job};
pub use service::Service;
pub use tenant::TenantSize;

/// A tenant, its service, its limits and its policies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// `[faults]`: what goes wrong.
    pub faults: Faults,
    /// `[job]`: a job to be run against the tenant.
    pub job: Option<Job>,
    /// `[expect]`: what must come of it.
    pub expect: Expectations,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 2026,
            tenant: TenantSize::default(),
            service: Service::default(),
            limits: Limits::default(),
            policies: Policies::default(),
            faults: Faults::default(),
            job: None,
            expect: Expectations::default(),
        }
    }
}

/// A scenario that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// Of faults that exclude each other there are more than requests.
    #[error("the shares of `faults` that befall {befall} must be at most 1 together, not {sum}")]
    TooMuch {
        /// What they befall.
        befall: &'static str,
        /// What the shares add up to.
        sum: f64,
    },
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
        value: String,
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
        self.service.check()?;
        self.limits.check()?;
        self.faults.check()?;
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
    Err(out_of_range(key, range, &value))
}

/// A chance, from 0 to 1.
fn share(key: &'static str, value: f64) -> Result<(), ScenarioError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(key, "0.0 to 1.0", &value))
}

/// A length of time or a moment, from 0 to a century.
fn seconds(key: &'static str, value: f64) -> Result<(), ScenarioError> {
    if (0.0..=3_155_760_000.0).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(key, "0 to 3155760000 seconds", &value))
}

fn out_of_range(
    key: &'static str,
    range: impl Into<String>,
    value: &impl ToString,
) -> ScenarioError {
    ScenarioError::OutOfRange {
        key,
        range: range.into(),
        value: value.to_string(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
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
            "[service]\ninner_parallel = 21\n",
            "`service.inner_parallel` must be 1 to 20, not 21",
        );
        refused(
            "[faults]\nresets = 1.5\n",
            "`faults.resets` must be 0.0 to 1.0, not 1.5",
        );
        refused(
            "[faults]\nresets = 0.6\ncut_bodies = 0.6\n",
            "the shares of `faults` that befall an HTTP request must be at most 1 together, not 1.2",
        );
        refused(
            "[[faults.quota_steps]]\nat_seconds = 5\nshare = 0\n",
            "`faults.quota_steps.share` must be more than 0, not 0",
        );
        refused(
            "[policies.temporary_access_pass]\nmaximum_lifetime_in_minutes = 30\n",
            "`policies.temporary_access_pass.maximum_lifetime_in_minutes` must be 60 to 43200, not 30",
        );
    }

    #[test]
    fn the_scenarios_of_the_samples_can_be_read() {
        let large_group = include_str!("../../../samples/scenarios/large-group.toml");
        let scenario = Scenario::from_toml(large_group).unwrap();
        assert_eq!(scenario.tenant.users, 10_000);
        assert_eq!(scenario.service.latency_ms, 0);
        assert_eq!(scenario.limits.directory, DirectoryLimits::default());
    }
}
