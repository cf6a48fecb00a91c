//! The user whose authentication methods are asked for.

use crate::simulator::protocol::error::GraphError;
use crate::simulator::tenant::{ObjectIndex, Tenant, User};

/// Finds the user. Whether the caller may touch the user's methods was looked at before.
pub(super) fn find<'t>(
    tenant: &'t Tenant,
    key: &str,
) -> Result<(ObjectIndex, &'t User), GraphError> {
    tenant
        .find_user(key)
        .ok_or_else(|| GraphError::resource_not_found(key))
}
