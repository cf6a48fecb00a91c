//! What the pretend tenant and service are like, read from a file.
//!
//! Every key may be left out; an unknown key is an error. [`Scenario::default`] is the sample
//! tenant that the files in `samples` were made for.

use serde::Deserialize;

mod authentication_methods;
mod faults;
mod limits;
mod policies;
mod public_key;
mod rehearsal;
mod service;
mod sign_in;
mod tenant;

pub use authentication_methods::{AuthenticationMethods, ExistingPass, PassOutsidePolicy};
pub use faults::{Faults, Neighbour, Outage, QuotaStep};
pub use limits::{DirectoryLimits, Limits, MethodLimits, RetryAfterForm, TenantClass};
pub use policies::{AccessPassPolicy, Policies, PolicyState, SmsPolicy};
pub use public_key::PublicKey;
pub use rehearsal::{Expectations, Job};
pub use service::Service;
pub use sign_in::{Application, FederatedCredential, Secret, SignIn};
pub use tenant::TenantSize;

/// A tenant, its service, its limits and its policies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// `seed`: where all randomness starts, 0 to 2^63 - 1; 2026 by default. Names and ids follow
    /// from it, so the sample inputs fit the default only.
    pub seed: u64,
    /// `chance`: where the randomness of the service starts, such as its latency and its faults; as
    /// `seed` by default. Another one is another day in the same tenant.
    pub chance: Option<u64>,
    /// `[tenant]`: how many objects there are.
    pub tenant: TenantSize,
    /// `[service]`: how fast it answers.
    pub service: Service,
    /// `[limits]`: how much it lets through.
    pub limits: Limits,
    /// `[policies]`: what the tenant allows.
    pub policies: Policies,
    /// `[authentication_methods]`: how it behaves where nobody knows how Graph does.
    pub authentication_methods: AuthenticationMethods,
    /// `[faults]`: what goes wrong.
    pub faults: Faults,
    /// `[job]`: a job to be run against the tenant.
    pub job: Option<Job>,
    /// `[expect]`: what must come of it.
    pub expect: Expectations,
    /// `[sign_in]`: who may call, and with what.
    pub sign_in: SignIn,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 2026,
            chance: None,
            tenant: TenantSize::default(),
            service: Service::default(),
            limits: Limits::default(),
            policies: Policies::default(),
            authentication_methods: AuthenticationMethods::default(),
            faults: Faults::default(),
            job: None,
            expect: Expectations::default(),
            sign_in: SignIn::default(),
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

    /// The same tenant, open to any bearer token.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.sign_in.open = true;
        self
    }

    fn check(&self) -> Result<(), ScenarioError> {
        self.sign_in.check()?;
        within("tenant.users", self.tenant.users, 100, 2_000_000)?;
        within("tenant.groups", self.tenant.groups, 60, 100_000)?;
        within("tenant.fresh_users", self.tenant.fresh_users, 0, 100_000)?;
        self.service.check()?;
        self.limits.check()?;
        self.faults.check()?;
        self.policies.check()?;
        self.authentication_methods.check()
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

/// Two readings of a status.
fn either(key: &'static str, value: u16, readings: [u16; 2]) -> Result<(), ScenarioError> {
    if readings.contains(&value) {
        return Ok(());
    }
    let [first, second] = readings;
    Err(out_of_range(key, format!("{first} or {second}"), &value))
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
            "[sign_in]\ntoken_seconds = 0\n",
            "`sign_in.token_seconds` must be 1 to 86400, not 0",
        );
        refused(
            "[[sign_in.applications]]\nsecret = \"x\"\n",
            "line 1: missing field `id`",
        );
        refused(
            "[[sign_in.applications]]\nid = \"5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026\"\ncertificates = [\n\"MIIB\"]\n",
            "line 3: this is no certificate and no public key in PEM form",
        );
        refused(
            "[tenant]\nusers = 5\n",
            "`tenant.users` must be 100 to 2000000, not 5",
        );
        refused(
            "[service]\nconcurrency_violations = 1.5\n",
            "`service.concurrency_violations` must be 0.0 to 1.0, not 1.5",
        );
        refused(
            "[service]\nindex_ms = 3600001\n",
            "`service.index_ms` must be 0 to 3600000, not 3600001",
        );
        refused(
            "[limits.authentication_methods]\nper_seconds = 86401\n",
            "`limits.authentication_methods.per_seconds` must be 1 to 86400, not 86401",
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
            "`faults.quota_steps.share` must be 0.001 to 1000, not 0",
        );
        refused(
            "[policies.temporary_access_pass]\nmaximum_lifetime_in_minutes = 30\n",
            "`policies.temporary_access_pass.maximum_lifetime_in_minutes` must be 60 to 43200, not 30",
        );
        refused(
            "[authentication_methods]\nphone_update_status = 201\n",
            "`authentication_methods.phone_update_status` must be 204 or 200, not 201",
        );
        refused(
            "[policies.sms]\nstate = \"off\"\n",
            "line 2: unknown variant `off`",
        );
    }

    #[test]
    fn times_are_bounded() {
        for key in ["latency_ms", "jitter_ms", "load_ms"] {
            refused(
                &format!("[service]\n{key} = 600001\n"),
                &format!("`service.{key}` must be 0 to 600000, not 600001"),
            );
        }
        refused(
            "[sign_in]\nchallenge_after_seconds = 3155760001\n",
            "`sign_in.challenge_after_seconds` must be 0 to 3155760000 seconds, not 3155760001",
        );
        let application =
            "[[sign_in.applications]]\nid = \"5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026\"\n";
        refused(
            &format!("{application}device_code_approved_after_seconds = 3155760001\n"),
            "`sign_in.applications.device_code_approved_after_seconds` must be 0 to 3155760000",
        );
    }

    #[test]
    fn no_two_applications_have_one_id() {
        let application =
            "[[sign_in.applications]]\nid = \"5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026\"\n";
        refused(
            &application.repeat(2),
            "`sign_in.applications.id` must be another for each, not 5d7a11c0-3f0e-4b52-9a61-",
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
