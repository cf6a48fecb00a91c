//! `[tenant]`: which one it is, and how large.

use serde::Deserialize;
use uuid::Uuid;

/// Which tenant it is, and how many objects it holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSize {
    /// `id`: the directory (tenant) id, a GUID; `9f0c3a52-7e1b-4c46-8d0a-2b6f1e5d4c30` by default.
    pub id: Uuid,
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
            id: Uuid::from_u128(0x9f0c_3a52_7e1b_4c46_8d0a_2b6f_1e5d_4c30),
            users: 3_000,
            groups: 240,
            fresh_users: 0,
        }
    }
}
