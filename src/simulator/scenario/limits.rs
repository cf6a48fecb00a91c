//! `[limits]`: how much the service lets through.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{ScenarioError, within};

/// How much the service lets through, and what it says when that is used up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// `throttled_tries_count`: whether a refused try uses up what has come back meanwhile, so that
    /// a caller who keeps trying stays refused; true by default (Graph: throttling).
    pub throttled_tries_count: bool,
    /// `retry_after`: how a refusal says when to come back; `seconds` by default.
    pub retry_after: RetryAfterForm,
    /// `[limits.directory]`: users, groups, members.
    pub directory: DirectoryLimits,
    /// `[limits.authentication_methods]`: phones and passes.
    pub authentication_methods: MethodLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            throttled_tries_count: true,
            retry_after: RetryAfterForm::Seconds,
            directory: DirectoryLimits::default(),
            authentication_methods: MethodLimits::default(),
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        within(
            "limits.authentication_methods.per_seconds",
            self.authentication_methods.per_seconds.get(),
            1,
            86_400,
        )
    }
}

/// The forms in which `Retry-After` was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetryAfterForm {
    /// `seconds`: whole seconds until the same request would pass, rounded up (Graph: throttling).
    #[default]
    Seconds,
    /// `decimal`: the same to the millisecond, such as `2.128` (observed inside batches).
    Decimal,
    /// `date`: an HTTP date, which the standard allows (RFC 9110).
    Date,
    /// `one`: always `1`, however long it takes (observed).
    One,
    /// `window`: always the length of the quota's window, such as `10`.
    Window,
    /// `missing`: no header at all (Graph: throttling, for some resources).
    Missing,
}

/// The limits of the directory (Graph: throttling limits, identity and access).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryLimits {
    /// `size`: which of the three quotas of resource units one application has in the tenant; `auto`
    /// by default, which goes by `tenant.users`.
    pub size: TenantClass,
    /// `units`: resource units in 10 seconds instead of those of `size`.
    pub units: Option<NonZeroU32>,
    /// `writes`: write requests in 150 seconds of one application in the tenant; 3,000 by default.
    pub writes: NonZeroU32,
    /// `tenant_writes`: write requests in 300 seconds of all applications in the tenant; 18,000 by
    /// default.
    pub tenant_writes: NonZeroU32,
    /// `application_units`: resource units in 20 seconds of one application in all tenants; 150,000
    /// by default.
    pub application_units: NonZeroU32,
    /// `application_writes`: write requests in 300 seconds of one application in all tenants; 35,000
    /// by default.
    pub application_writes: NonZeroU32,
}

impl Default for DirectoryLimits {
    fn default() -> Self {
        Self {
            size: TenantClass::Auto,
            units: None,
            writes: nonzero(3_000),
            tenant_writes: nonzero(18_000),
            application_units: nonzero(150_000),
            application_writes: nonzero(35_000),
        }
    }
}

/// The sizes of tenants that differ in their quota of resource units (Graph: throttling limits).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantClass {
    /// `auto`: by the number of users.
    #[default]
    Auto,
    /// `small`: under 50 users, 3,500 units in 10 seconds.
    Small,
    /// `medium`: 50 to 500 users, 5,000 units.
    Medium,
    /// `large`: over 500 users, 8,000 units.
    Large,
}

impl DirectoryLimits {
    /// Resource units in 10 seconds for one application in a tenant of that many users.
    pub fn units_for(&self, users: u32) -> u32 {
        let of_class = match (self.size, users) {
            (TenantClass::Small, _) | (TenantClass::Auto, 0..50) => 3_500,
            (TenantClass::Medium, _) | (TenantClass::Auto, 50..=500) => 5_000,
            (TenantClass::Large | TenantClass::Auto, _) => 8_000,
        };
        self.units.map_or(of_class, NonZeroU32::get)
    }
}

/// The limits of the authentication methods: `requests` in `per_seconds`, reads and writes together.
///
/// Their real quota is unknown: the one documented number, 5 requests in 10 seconds, stands in a
/// table about reports (Graph: throttling limits), and users measured about 5.5 a second. The
/// defaults are far above both, so that a demo of 200 rows meets a few refusals and still ends in
/// seconds; `samples/scenarios` has one for each of the other two.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MethodLimits {
    /// `requests`: how many in the window; 50 by default.
    pub requests: NonZeroU32,
    /// `per_seconds`: the window, in seconds, up to 86,400; 1 by default.
    pub per_seconds: NonZeroU32,
    /// `burst`: how many an untouched service takes at once; as many as `requests` by default.
    pub burst: Option<NonZeroU32>,
}

impl Default for MethodLimits {
    fn default() -> Self {
        Self {
            requests: nonzero(50),
            per_seconds: nonzero(1),
            burst: None,
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
