//! The user whose authentication methods are asked for.

use crate::simulator::protocol::error::GraphError;
use crate::simulator::tenant::{ObjectIndex, Tenant, User};

/// Finds the user, and refuses one out of the caller's reach (observed: `accessDenied`, for reads
/// as for writes).
pub(super) fn find<'t>(
    tenant: &'t Tenant,
    key: &str,
) -> Result<(ObjectIndex, &'t User), GraphError> {
    let (index, user) = tenant
        .find_user(key)
        .ok_or_else(|| GraphError::resource_not_found(key))?;
    if user.out_of_reach {
        return Err(GraphError::access_denied());
    }
    Ok((index, user))
}
