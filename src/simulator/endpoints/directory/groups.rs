//! Reading groups.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};
use uuid::Uuid;

use super::listing::{self, Listed, Page};
use super::{members, refuse_search_and_sorting, selected, with_context};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::filter::{Field, Filter};
use crate::simulator::protocol::odata::{Query, names};
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{DOMAIN, Group, GroupKind, ObjectIndex, Tenant};

/// `$expand` shows so many related objects (Graph: known limitations of `$expand`).
const MOST_EXPANDED: usize = 20;

/// What groups are filtered by (Graph: group resource, of the properties that are held).
const FILTERABLE: [&str; 9] = [
    "id",
    "displayName",
    "mail",
    "mailNickname",
    "securityEnabled",
    "mailEnabled",
    "groupTypes",
    "onPremisesSyncEnabled",
    "isAssignableToRole",
];

/// What groups are found by without reading all of them.
const INDEXED: [&str; 2] = ["id", "displayName"];

/// `GET /groups` (Graph: group-list). An advanced query sees groups as late as the index does.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.options()?;
    refuse_search_and_sorting(call, &query)?;
    let advanced = call.is_advanced(&query);
    let filter = filter(&query, advanced)?;
    let start = listing::start(call, &query, Listed::Groups)?;
    let found = matching(tenant, call, filter.as_ref(), advanced, start);
    let page = Page::of(Listed::Groups, query.page_size()?, found);
    let entities: Result<Vec<Value>, GraphError> = page
        .objects
        .iter()
        .filter_map(|index| tenant.group(*index))
        .map(|group| entity(tenant, group, &query))
        .collect();
    let count = (advanced && start.is_none())
        .then(|| matching(tenant, call, filter.as_ref(), true, None).count());
    let here = ("groups", "/groups".to_owned());
    Ok(page.reply(call, &query, here, count, entities?))
}

/// `GET /groups/$count`, a plain number; needs `ConsistencyLevel: eventual`.
pub(super) fn count(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.query()?;
    if !call.arrival.eventual {
        return Err(GraphError::count_unsupported());
    }
    let filter = filter(&query, true)?;
    let found = matching(tenant, call, filter.as_ref(), true, None);
    Ok(Reply::text(found.count().to_string()))
}

fn filter(query: &Query, advanced: bool) -> Result<Option<Filter>, GraphError> {
    let Some(text) = &query.filter else {
        return Ok(None);
    };
    let filter = Filter::parse(text)?;
    filter.check(advanced, "Group", &FILTERABLE)?;
    let pins = filter.pins(&INDEXED).unwrap_or_default();
    let malformed = pins
        .iter()
        .any(|(property, value)| *property == "id" && Uuid::try_parse(value).is_err());
    if malformed {
        return Err(GraphError::gateway("Invalid filter clause").breaking("filter"));
    }
    Ok(Some(filter))
}

/// The groups after a place that pass a filter, by way of an index where there is one.
fn matching<'t>(
    tenant: &'t Tenant,
    call: &Call<'_>,
    filter: Option<&'t Filter>,
    advanced: bool,
    start: Option<ObjectIndex>,
) -> impl Iterator<Item = ObjectIndex> + 't {
    let unindexed = listing::unindexed_from(tenant, call, advanced);
    let candidates: Cow<'t, BTreeSet<ObjectIndex>> =
        match filter.and_then(|filter| filter.pins(&INDEXED)) {
            Some(pins) => Cow::Owned(
                pins.into_iter()
                    .flat_map(|(property, value)| pinned(tenant, property, value))
                    .collect(),
            ),
            None => Cow::Borrowed(tenant.groups()),
        };
    let mut last = start;
    std::iter::from_fn(move || {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        last = candidates.range((after, Bound::Unbounded)).next().copied();
        last
    })
    .take_while(move |index| {
        unindexed.is_none_or(|first| *index < first) && tenant.replicas.knows(*index)
    })
    .filter(move |index| {
        tenant.group(*index).is_some_and(|group| {
            filter.is_none_or(|filter| filter.matches(&|name| field(group, name)))
        })
    })
}

fn pinned(tenant: &Tenant, property: &str, value: &str) -> BTreeSet<ObjectIndex> {
    match property {
        "id" => Uuid::try_parse(value)
            .ok()
            .and_then(|id| tenant.find(id))
            .into_iter()
            .collect(),
        _ => tenant.groups_named(value),
    }
}

/// `GET /groups/{id}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.options()?;
    let (_, group) = find::group(tenant, key)?;
    let entity = entity(tenant, group, &query)?;
    Ok(Reply::json(
        200,
        with_context(call, "groups/$entity", entity),
    ))
}

pub(super) fn entity(tenant: &Tenant, group: &Group, query: &Query) -> Result<Value, GraphError> {
    let mut entity = selected(&query.select, &DEFAULTS, "group", |name| {
        property(group, name)
    })?;
    if let Some(expand) = &query.expand {
        let (name, related) = expanded(tenant, group, expand)?;
        if let Value::Object(entity) = &mut entity {
            entity.insert(name.to_owned(), related);
        }
    }
    Ok(entity)
}

/// The related objects that `$expand=members`, or `members($select=…)`, asks for. Service principals
/// are among them, other than in the list of members (Graph: known issues).
fn expanded(
    tenant: &Tenant,
    group: &Group,
    expand: &str,
) -> Result<(&'static str, Value), GraphError> {
    let (name, options) = match expand.strip_suffix(')').and_then(|e| e.split_once('(')) {
        Some((name, options)) => (name, Some(options)),
        None => (expand, None),
    };
    let select = match options.map(|options| options.strip_prefix("$select=")) {
        None => Vec::new(),
        Some(Some(select)) => names(select),
        Some(None) => return Err(GraphError::not_simulated("options of $expand")),
    };
    let query = Query {
        select,
        ..Query::default()
    };
    let (name, related) = match name {
        "members" => ("members", group.members.all()),
        "owners" => ("owners", &group.owners),
        _ => return Err(GraphError::not_simulated(&format!("$expand={name}"))),
    };
    let first: Vec<ObjectIndex> = related.iter().take(MOST_EXPANDED).copied().collect();
    Ok((
        name,
        Value::Array(members::entities(tenant, &first, &query)),
    ))
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
    Some(match name {
        "createdDateTime" => json!("2025-03-03T08:00:00Z"),
        "description" if group.description.is_empty() => Value::Null,
        "description" => json!(group.description),
        "membershipRule" => json!(group.membership_rule),
        "membershipRuleProcessingState" => json!(group.membership_rule.as_ref().map(|_| "On")),
        // Every Microsoft 365 group has one (Graph: group resource).
        "visibility" => json!((group.kind == GroupKind::Microsoft365).then_some("Private")),
        _ if FILTERABLE.contains(&name) => match field(group, name) {
            Field::Text(text) => json!(text),
            Field::Flag(flag) => json!(flag),
            Field::Texts(texts) => json!(texts),
            Field::Null => Value::Null,
        },
        _ => return None,
    })
}

/// One property as a filter sees it.
fn field<'g>(group: &'g Group, name: &str) -> Field<'g> {
    let only_true = |set: bool| if set { Field::Flag(true) } else { Field::Null };
    match name {
        "id" => Field::Text(group.id.to_string().into()),
        "displayName" => Field::text(&group.display_name),
        "mail" if group.kind.is_mail_enabled() => {
            let nickname = group.mail_nickname.to_lowercase();
            Field::Text(format!("{nickname}@{DOMAIN}").into())
        }
        "mailNickname" => Field::text(&group.mail_nickname),
        "securityEnabled" => Field::Flag(group.kind.is_security_enabled()),
        "mailEnabled" => Field::Flag(group.kind.is_mail_enabled()),
        "groupTypes" => Field::Texts(group.group_types().into_iter().map(Cow::from).collect()),
        "onPremisesSyncEnabled" => only_true(group.on_premises_sync_enabled),
        "isAssignableToRole" => only_true(group.is_assignable_to_role),
        _ => Field::Null,
    }
}
