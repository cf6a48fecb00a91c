//! `[policies]`: what the tenant allows.

use serde::Deserialize;

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
