//! `[authentication_methods]`: how phones and passes behave where nobody knows how Graph does.
//!
//! Each key names the readings there are. The default is the documented one where documents speak,
//! else the one most callers report.

use serde::Deserialize;

use super::{ScenarioError, either, within};

/// Which reading of Graph's authentication methods holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthenticationMethods {
    /// `phone_create_status`: what adding a phone answers, 201 or 200; 201 by default (Graph:
    /// authentication-post-phonemethods). A sample in the get-started page shows 200.
    pub phone_create_status: u16,
    /// `phone_update_status`: what changing a phone answers, 204 without a body or 200 with the
    /// phone; 204 by default. Graph's page says both (phoneauthenticationmethod-update).
    pub phone_update_status: u16,
    /// `second_phone_status`: what adding a second phone of a type answers, 400 or 409; 400 by
    /// default, as the one second-hand report says. That it fails is documented.
    pub second_phone_status: u16,
    /// `existing_pass`: what becomes of a new pass where the user has one, usable or not:
    /// `"replaced"`, the default (Graph: authentication-post-temporaryaccesspassmethods), or
    /// `"refused"` with 409, of which some callers still speak.
    pub existing_pass: ExistingPass,
    /// `pass_outside_policy`: what becomes of a pass for a user whom the policy does not allow one:
    /// `"badRequest"`, the default, refuses it with 400, `"forbidden"` with 403 (the words are
    /// recorded, the status is not), and `"unusable"` makes one that is `DisabledByPolicy`, as
    /// Graph once did.
    pub pass_outside_policy: PassOutsidePolicy,
    /// `passes_settle_seconds`: how long a new pass opens no door though it is called usable, in
    /// seconds, 0 to 3,600; 0 by default. Observed: about 10 at times.
    pub passes_settle_seconds: u32,
}

impl AuthenticationMethods {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        either(
            "authentication_methods.phone_create_status",
            self.phone_create_status,
            [201, 200],
        )?;
        either(
            "authentication_methods.phone_update_status",
            self.phone_update_status,
            [204, 200],
        )?;
        either(
            "authentication_methods.second_phone_status",
            self.second_phone_status,
            [400, 409],
        )?;
        within(
            "authentication_methods.passes_settle_seconds",
            self.passes_settle_seconds,
            0,
            3_600,
        )
    }
}

/// What becomes of a new pass where the user has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExistingPass {
    /// The new one takes its place.
    Replaced,
    /// The new one is refused.
    Refused,
}

/// What becomes of a pass for a user whom the policy does not allow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PassOutsidePolicy {
    /// It is refused with 400.
    BadRequest,
    /// It is refused with 403.
    Forbidden,
    /// It is made and cannot be used.
    Unusable,
}

impl Default for AuthenticationMethods {
    fn default() -> Self {
        Self {
            phone_create_status: 201,
            phone_update_status: 204,
            second_phone_status: 400,
            existing_pass: ExistingPass::Replaced,
            pass_outside_policy: PassOutsidePolicy::BadRequest,
            passes_settle_seconds: 0,
        }
    }
}
