//! `[policies]`: what the tenant allows when the simulator starts.
//!
//! Clients with the permission change it afterwards at `/policies/authenticationMethodsPolicy`.

use serde::Deserialize;

use super::{ScenarioError, within};

/// What the tenant allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// `applies_after_seconds`: how long a change of a policy takes to reach users, in seconds, 0 to
    /// 86,400; 0 by default, so that a demo need not wait. Observed: some minutes. Reads of the
    /// policy show the change at once, and joining or leaving a targeted group counts at once (our
    /// reading).
    pub applies_after_seconds: u32,
    /// `[policies.temporary_access_pass]`.
    pub temporary_access_pass: AccessPassPolicy,
    /// `[policies.sms]`.
    pub sms: SmsPolicy,
}

impl Policies {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        within(
            "policies.applies_after_seconds",
            self.applies_after_seconds,
            0,
            86_400,
        )?;
        self.temporary_access_pass.check()
    }
}

/// The value of `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyState {
    /// The method can be used by those it is meant for.
    Enabled,
    /// Nobody can use the method.
    Disabled,
}

/// The tenant's Temporary Access Pass policy; the bounds are Graph's own by default (Graph:
/// temporaryAccessPassAuthenticationMethodConfiguration).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessPassPolicy {
    /// `state`: `"enabled"` or `"disabled"`; enabled by default (Graph's own default is disabled).
    pub state: PolicyState,
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
    /// `include_targets`: display names of groups whose members may have a pass, or `"all_users"`,
    /// which is the default. A name that no group has makes an empty group of that name, for
    /// clients to fill; of several groups of a name, the first counts.
    pub include_targets: Vec<String>,
    /// `exclude_targets`: the same for those who may not; `Department Seasonal` by default.
    pub exclude_targets: Vec<String>,
}

impl Default for AccessPassPolicy {
    fn default() -> Self {
        Self {
            state: PolicyState::Enabled,
            minimum_lifetime_in_minutes: 60,
            maximum_lifetime_in_minutes: 480,
            default_lifetime_in_minutes: 60,
            default_length: 8,
            is_usable_once: false,
            include_targets: vec!["all_users".to_owned()],
            exclude_targets: vec!["Department Seasonal".to_owned()],
        }
    }
}

impl AccessPassPolicy {
    fn check(&self) -> Result<(), ScenarioError> {
        let (least, most) = (
            self.minimum_lifetime_in_minutes,
            self.maximum_lifetime_in_minutes,
        );
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
            self.default_lifetime_in_minutes,
            least,
            most,
        )?;
        within(
            "policies.temporary_access_pass.default_length",
            self.default_length,
            8,
            48,
        )
    }
}

/// The tenant's policy for text messages (Graph: smsAuthenticationMethodConfiguration).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsPolicy {
    /// `state`: `"enabled"` or `"disabled"`; enabled by default (Graph's own default is disabled).
    pub state: PolicyState,
    /// `include_targets`: display names as for passes; `SMS sign-in` by default, a group of every
    /// third frontline worker.
    pub include_targets: Vec<String>,
    /// `is_usable_for_sign_in`: whether the included groups may sign in by text message, and do not
    /// only confirm a sign-in with it; true by default. This is what makes saving a mobile try to
    /// register its number (Graph: authentication-post-phonemethods).
    pub is_usable_for_sign_in: bool,
    /// `exclude_targets`: display names as for passes; none by default.
    pub exclude_targets: Vec<String>,
}

impl Default for SmsPolicy {
    fn default() -> Self {
        Self {
            state: PolicyState::Enabled,
            include_targets: vec!["SMS sign-in".to_owned()],
            is_usable_for_sign_in: true,
            exclude_targets: Vec::new(),
        }
    }
}
