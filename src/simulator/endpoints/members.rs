//! Reading the members of a group.

use serde_json::{Map, Value, json};

use super::{collection, groups, page_start, users};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::{PageToken, Query};
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{Object, ObjectIndex, Reach, Tenant};

/// `GET /groups/{id}/members` and `/transitiveMembers` (Graph: group-list-members).
pub(super) fn list(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    reach: Reach,
) -> Result<Reply, GraphError> {
    let query = call.query()?;
    if query.filter.is_some() {
        return Err(GraphError::unsupported_query(
            "The specified filter to the reference property query is currently not supported.",
        ));
    }
    let (index, group) = groups::find(tenant, key)?;
    let most = query.page_size()?;
    let start = page_start(query.skip_token.as_deref(), index.0)?;
    let mut page: Vec<ObjectIndex> = tenant
        .members_after(index, reach, start, most + 1)
        .into_iter()
        .collect();
    let more = page.len() > most;
    page.truncate(most);
    let value = page
        .iter()
        .filter_map(|member| tenant.object(*member))
        .map(|member| entity(member, &query))
        .collect();
    let name = match reach {
        Reach::Direct => "members",
        Reach::Transitive => "transitiveMembers",
    };
    let next = page.last().filter(|_| more).map(|last| {
        (
            format!("/groups/{}/{name}", group.id),
            PageToken {
                collection: index.0,
                last: last.0,
            },
        )
    });
    Ok(Reply::json(
        200,
        collection(call, "directoryObjects", value, next),
    ))
}

/// `GET /groups/{id}/members/$count`, a plain number; needs `ConsistencyLevel: eventual` (Graph:
/// advanced queries).
pub(super) fn count(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (_, group) = groups::find(tenant, key)?;
    if !call.arrival.eventual {
        return Err(GraphError::bad_request(
            call.route.workload(),
            "$count is not currently supported without the ConsistencyLevel header set to eventual.",
        ));
    }
    Ok(Reply::text(group.members.all().len().to_string()))
}

/// A member with its type, which is there whatever is selected; properties of other types are left
/// out rather than refused, because a list mixes types.
pub(super) fn entity(member: &Object, query: &Query) -> Value {
    let mut entity = Map::new();
    entity.insert("@odata.type".to_owned(), json!(member.odata_type()));
    let chosen = query.select.iter().map(String::as_str);
    let defaults = defaults(member)
        .iter()
        .copied()
        .filter(|_| query.select.is_empty());
    for name in chosen.chain(defaults) {
        if let Some(value) = property(member, name) {
            entity.insert(name.to_owned(), value);
        }
    }
    Value::Object(entity)
}

fn defaults(member: &Object) -> &'static [&'static str] {
    match member {
        Object::User(_) => &users::DEFAULTS,
        Object::Group(_) => &groups::DEFAULTS,
        Object::Device(_) => &["id", "displayName", "deviceId", "operatingSystem"],
        Object::OrgContact(_) | Object::ServicePrincipal(_) => &["id", "displayName"],
        Object::Deleted => &[],
    }
}

fn property(member: &Object, name: &str) -> Option<Value> {
    match (member, name) {
        (Object::User(user), _) => users::property(user, name),
        (Object::Group(group), _) => groups::property(group, name),
        (Object::Device(device), "deviceId") => Some(json!(device.id)),
        (Object::Device(_), "operatingSystem") => Some(json!("Windows")),
        (
            Object::Device(named) | Object::OrgContact(named) | Object::ServicePrincipal(named),
            "displayName",
        ) => Some(json!(named.display_name)),
        (_, "id") => member.id().map(|id| json!(id)),
        _ => None,
    }
}
