//! The user or group that an address names.

use uuid::Uuid;

use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{Group, ObjectIndex, Tenant, User};

/// Finds a user by id or principal name. Whether the caller may touch it was looked at before.
pub(super) fn user<'t>(
    tenant: &'t Tenant,
    key: &str,
) -> Result<(ObjectIndex, &'t User), GraphError> {
    tenant
        .find_user(key)
        .ok_or_else(|| GraphError::resource_not_found(key))
}

/// Finds a group by its id; a key that is no id is told apart from one that is unknown.
pub(super) fn group<'t>(
    tenant: &'t Tenant,
    key: &str,
) -> Result<(ObjectIndex, &'t Group), GraphError> {
    let id = Uuid::try_parse(key).map_err(|_| invalid_identifier(key))?;
    let index = tenant
        .find(id)
        .ok_or_else(|| GraphError::resource_not_found(key))?;
    let group = tenant
        .group(index)
        .ok_or_else(|| GraphError::resource_not_found(key))?;
    Ok((index, group))
}

/// Observed: `Invalid object identifier`.
pub(super) fn invalid_identifier(key: &str) -> GraphError {
    GraphError::bad_request(
        Workload::Directory,
        format!("Invalid object identifier '{key}'."),
    )
    .breaking("object-identifier")
}
