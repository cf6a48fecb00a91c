//! Groups.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{collection, member_links, page_start, require_known, selected, with_context};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::{Equality, PageToken, Query, unsupported_filter};
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{DOMAIN, Group, ObjectIndex, Tenant};

/// Tells the tokens of `/groups` from those of a group's members.
const COLLECTION: u32 = u32::MAX;

/// `GET /groups`, all of them or by `displayName eq '…'` or `id eq '…'`.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let most = query.page_size()?;
    let start = page_start(query.skip_token.as_deref(), COLLECTION)?;
    let found = match &query.filter {
        Some(filter) => filtered(tenant, filter)?,
        None => tenant.groups().clone(),
    };
    let after = (
        start.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    );
    let mut page: Vec<ObjectIndex> = found.range(after).copied().take(most + 1).collect();
    let more = page.len() > most;
    page.truncate(most);
    let entities: Result<Vec<Value>, GraphError> = page
        .iter()
        .filter_map(|index| tenant.group(*index))
        .map(|group| entity(group, &query))
        .collect();
    let next = page.last().filter(|_| more).map(|last| {
        (
            call.route.pattern().to_owned(),
            PageToken {
                collection: COLLECTION,
                last: last.0,
            },
        )
    });
    Ok(Reply::json(
        200,
        collection(call, "groups", entities?, next),
    ))
}

fn filtered(tenant: &Tenant, filter: &str) -> Result<BTreeSet<ObjectIndex>, GraphError> {
    let equality = Equality::parse(filter, "Group")?;
    match equality.property.as_str() {
        "displayName" => Ok(tenant.groups_named(&equality.value)),
        "id" => {
            let id = Uuid::try_parse(&equality.value)
                .map_err(|_| GraphError::gateway("Invalid filter clause"))?;
            Ok(tenant
                .find(id)
                .filter(|index| tenant.group(*index).is_some())
                .into_iter()
                .collect())
        }
        other => Err(unsupported_filter(other, "Group")),
    }
}

/// `GET /groups/{id}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (_, group) = find(tenant, key)?;
    Ok(Reply::json(
        200,
        with_context(call, "groups/$entity", entity(group, &query)?),
    ))
}

/// `PATCH /groups/{id}` with `members@odata.bind`, the one change that is modelled.
pub(super) fn update(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (index, _) = find(tenant, key)?;
    let body = call.object()?;
    let other = body
        .keys()
        .find(|name| *name == "owners@odata.bind" || DEFAULTS.contains(&name.as_str()));
    if let Some(other) = other {
        return Err(GraphError::not_simulated(&format!("a change of {other}")));
    }
    require_known(call, body, &["members@odata.bind"], "group")?;
    let Some(links) = body.get("members@odata.bind") else {
        return Ok(Reply::no_content());
    };
    let links = links
        .as_array()
        .ok_or_else(|| super::wrong_kind(call, links, "Collection(Edm.String)"))?;
    member_links::add_all(tenant, call, index, links)
}

/// Finds a group by its id; a key that is no id is told apart from one that is unknown.
pub(super) fn find<'t>(
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
}

fn entity(group: &Group, query: &Query) -> Result<Value, GraphError> {
    selected(&query.select, &DEFAULTS, "group", |name| {
        property(group, name)
    })
}

/// What a group shows unless told.
pub(super) const DEFAULTS: [&str; 14] = [
    "id",
    "createdDateTime",
    "description",
    "displayName",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSyncEnabled",
    "securityEnabled",
    "visibility",
];

/// One property; those of Graph's that the tenant does not hold are null.
pub(super) fn property(group: &Group, name: &str) -> Option<Value> {
    let nickname = || -> String {
        group
            .display_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect()
    };
    let flag = |set: bool| if set { json!(true) } else { Value::Null };
    Some(match name {
        "id" => json!(group.id),
        "createdDateTime" => json!("2025-03-03T08:00:00Z"),
        "description" => json!(group.description),
        "displayName" => json!(group.display_name),
        "groupTypes" => json!(group.group_types()),
        "isAssignableToRole" => flag(group.is_assignable_to_role),
        "mail" if group.kind.is_mail_enabled() => {
            json!(format!("{}@{DOMAIN}", nickname().to_lowercase()))
        }
        "mailEnabled" => json!(group.kind.is_mail_enabled()),
        "mailNickname" => json!(nickname()),
        "membershipRule" => json!(group.membership_rule),
        "membershipRuleProcessingState" if group.membership_rule.is_some() => json!("On"),
        "onPremisesSyncEnabled" => flag(group.on_premises_sync_enabled),
        "securityEnabled" => json!(group.kind.is_security_enabled()),
        "mail" | "membershipRuleProcessingState" | "visibility" => Value::Null,
        _ => return None,
    })
}
