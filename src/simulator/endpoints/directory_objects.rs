//! Objects whatever their type.

use uuid::Uuid;

use super::{groups, members, with_context};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::Tenant;

/// `GET /directoryObjects/{id}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let id = Uuid::try_parse(key).map_err(|_| groups::invalid_identifier(key))?;
    let object = tenant.find(id).and_then(|index| tenant.object(index));
    let object = object.ok_or_else(|| GraphError::resource_not_found(key))?;
    let entity = members::entity(object, &query);
    Ok(Reply::json(
        200,
        with_context(call, "directoryObjects/$entity", entity),
    ))
}

/// `DELETE /groups/{id}/members/{id}`: without `/$ref` this deletes the **object**, not its
/// membership (Graph: group-delete-members warns of it). A client must never send it; one that does
/// loses a user.
pub(super) fn delete_member(
    tenant: &mut Tenant,
    group: &str,
    member: &str,
) -> Result<Reply, GraphError> {
    let (_, found) = groups::find(tenant, group)?;
    let id = Uuid::try_parse(member).map_err(|_| groups::invalid_identifier(member))?;
    let index = tenant
        .find(id)
        .filter(|index| found.members.contains(*index));
    let index = index.ok_or_else(|| GraphError::resource_not_found(member))?;
    tenant.delete(index);
    Ok(Reply::no_content())
}
