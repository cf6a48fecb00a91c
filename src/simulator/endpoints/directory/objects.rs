//! Objects whatever their type.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{collection, links, members, memberships, require_known, with_context, wrong_kind};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{Object, ObjectIndex, Tenant};

/// Graph: directoryObject-getByIds.
const MOST_IDS: usize = 1_000;

/// `GET /directoryObjects/{id}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let index = find(tenant, key)?;
    let entity = tenant
        .object(index)
        .map(|object| members::entity(index, object, &query));
    let entity = entity.ok_or_else(|| GraphError::resource_not_found(key))?;
    Ok(Reply::json(
        200,
        with_context(call, "directoryObjects/$entity", entity),
    ))
}

fn find(tenant: &Tenant, key: &str) -> Result<ObjectIndex, GraphError> {
    let id = Uuid::try_parse(key).map_err(|_| find::invalid_identifier(key))?;
    tenant
        .find(id)
        .ok_or_else(|| GraphError::resource_not_found(key))
}

/// `POST /directoryObjects/getByIds`: those that exist, of the types asked for; the others are
/// silently absent. Paging is not supported (observed).
pub(super) fn by_ids(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.query()?;
    if query.top.is_some() {
        return Err(GraphError::unsupported_query(
            "Query option '$top' is not supported.",
        ));
    }
    let ids = memberships::ids(call, "ids", MOST_IDS)?;
    let body = call.object()?;
    require_known(call, body, &["ids", "types"], "directoryObject")?;
    let types = types(call, body.get("types"))?;
    let mut seen = BTreeSet::new();
    let found: Vec<ObjectIndex> = ids
        .into_iter()
        .filter_map(|id| tenant.find(id))
        .filter(|index| seen.insert(*index))
        .filter(|index| {
            let kind = tenant.object(*index).map(Object::odata_type);
            types.is_empty() || kind.is_some_and(|kind| types.iter().any(|asked| asked == kind))
        })
        .collect();
    let value = members::entities(tenant, &found, &query);
    Ok(Reply::json(
        200,
        collection(call, "directoryObjects", value, None),
    ))
}

/// The values of `@odata.type` that are asked for; none stands for all. A name that is no type
/// finds nothing, which is our reading.
fn types(call: &Call<'_>, types: Option<&Value>) -> Result<Vec<String>, GraphError> {
    let types = match types {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(types)) => types,
        Some(other) => return Err(wrong_kind(call, other, "Collection(Edm.String)")),
    };
    if types.iter().any(|name| name == "directoryObject") {
        return Ok(Vec::new());
    }
    types
        .iter()
        .map(|name| {
            let name = name
                .as_str()
                .ok_or_else(|| wrong_kind(call, name, "Edm.String"))?;
            Ok(format!("#microsoft.graph.{name}"))
        })
        .collect()
}

/// `DELETE /directoryObjects/{id}`.
pub(super) fn delete(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let index = find(tenant, key)?;
    remove(tenant, call, index)
}

/// `DELETE /groups/{id}/members/{id}`: without `/$ref` this deletes the **object**, not its
/// membership (Graph: group-delete-members warns of it). A client must never send it; one that does
/// loses a user.
pub(super) fn delete_member(
    tenant: &mut Tenant,
    call: &Call<'_>,
    group: &str,
    member: &str,
) -> Result<Reply, GraphError> {
    let (_, found) = find::group(tenant, group)?;
    let id = Uuid::try_parse(member).map_err(|_| find::invalid_identifier(member))?;
    let index = tenant
        .find(id)
        .filter(|index| found.members.contains(*index));
    let index = index.ok_or_else(|| GraphError::resource_not_found(member))?;
    remove(tenant, call, index)
}

/// Some groups are managed elsewhere; devices, contacts and applications would need permissions of
/// their own.
fn remove(tenant: &mut Tenant, call: &Call<'_>, index: ObjectIndex) -> Result<Reply, GraphError> {
    match tenant.object(index) {
        Some(Object::User(_)) => {}
        Some(Object::Group(group)) => links::require_managed_here(group)?,
        _ => return Err(GraphError::insufficient_privileges()),
    }
    tenant.delete(index, call.arrival.now);
    Ok(Reply::no_content())
}
