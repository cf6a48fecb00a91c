//! `[tenant]`: how large it is.

use serde::Deserialize;

/// How many objects the tenant holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSize {
    /// `users`: all users, guests among them; 100 to 2,000,000; 3,000 by default. The group
    /// `All staff` holds every one of them.
    pub users: u32,
    /// `groups`: all groups but those that only policies name; 60 to 100,000; 240 by default. What
    /// is left after the special ones is stores, four groups each.
    pub groups: u32,
    /// `fresh_users`: how many users are created at the moment the simulator is first asked,
    /// `newstarter00001@…` and so on; 0 to 100,000; none by default. Only with them, or after a
    /// POST, does `service.replication_ms` matter.
    pub fresh_users: u32,
}

impl Default for TenantSize {
    fn default() -> Self {
        Self {
            users: 3_000,
            groups: 240,
            fresh_users: 0,
        }
    }
}
