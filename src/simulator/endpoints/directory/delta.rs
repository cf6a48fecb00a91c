//! What changed in groups since a caller last asked (Graph: group-delta, delta query for groups).
//!
//! A round goes through the groups page by page and ends with a link that begins the next round.
//! The first round tells everything, the others what changed. All a caller asked for travels in the
//! token, so that the links hold nothing else.

use std::collections::BTreeSet;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{groups, with_context};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::filter::{Filter, Literal, Operator, unsupported_filter};
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{Group, Object, ObjectIndex, Tenant};

/// How many groups a filter may name (Graph: group-delta).
const MOST_GROUPS: usize = 50;

/// Groups and members on one page; not documented, our reading.
const PAGE: usize = 100;

/// Where a round is, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Round {
    /// The number of the last change that the caller knows; none in the first round.
    since: Option<u64>,
    /// The number of the last change when the round began, from which the next goes on.
    until: u64,
    /// The groups it is about; none for all.
    groups: Option<BTreeSet<u32>>,
    /// What of a group is shown; nothing for all.
    select: Vec<String>,
    next: Place,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    group: u32,
    /// The last member of the group that was told.
    member: Option<u32>,
}

/// `GET /groups/delta`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.options()?;
    let round = match (&query.skip_token, &query.delta_token) {
        (None, None) => first_round(tenant, &query)?,
        (None, Some(latest)) if latest == "latest" => {
            let round = first_round(tenant, &query)?;
            return Ok(reply(call, &round, &[], None));
        }
        (Some(token), None) => decode(tenant, token)?,
        (None, Some(token)) => {
            let ended = decode(tenant, token)?;
            Round {
                since: Some(ended.until),
                until: tenant.last_change(),
                next: Place::default(),
                ..ended
            }
        }
        (Some(_), Some(_)) => return Err(GraphError::expired_page_token()),
    };
    let (value, next) = page(tenant, &round)?;
    Ok(reply(call, &round, &value, next))
}

fn first_round(tenant: &Tenant, query: &Query) -> Result<Round, GraphError> {
    let query = query.clone();
    let wanted = query.filter.as_deref().map(ids).transpose()?;
    let select = Query {
        delta_token: None,
        ..query
    }
    .plain()?
    .select;
    let places = |ids: Vec<Uuid>| {
        let found = ids.into_iter().filter_map(|id| tenant.find(id));
        found.map(|index| index.0).collect()
    };
    Ok(Round {
        since: None,
        until: tenant.last_change(),
        groups: wanted.map(places),
        select,
        next: Place::default(),
    })
}

/// The ids in `id eq '…' or id eq '…'`, the one filter there is.
fn ids(filter: &str) -> Result<Vec<Uuid>, GraphError> {
    let parts = match Filter::parse(filter)? {
        Filter::Or(parts) => parts,
        other => vec![other],
    };
    if parts.len() > MOST_GROUPS {
        // The limit is documented, the words are our reading.
        return Err(GraphError::unsupported_query(format!(
            "Too many ids specified in the filter of a delta query: {}. Max allowed: {MOST_GROUPS}.",
            parts.len()
        )));
    }
    parts
        .into_iter()
        .map(|part| match part {
            Filter::Compare {
                property,
                operator: Operator::Equal,
                value: Literal::Text(value),
            } if property == "id" => {
                Uuid::try_parse(&value).map_err(|_| find::invalid_identifier(&value))
            }
            Filter::Compare { property, .. } => Err(unsupported_filter(&property, "Group")),
            _ => Err(unsupported_filter("id", "Group")),
        })
        .collect()
}

/// The next page of a round, and where the one after it begins.
fn page(tenant: &Tenant, round: &Round) -> Result<(Vec<Value>, Option<Place>), GraphError> {
    let mut value = Vec::new();
    let mut room = PAGE;
    for index in left(tenant, round) {
        let began = round.next.group == index.0;
        let cursor = round.next.member.filter(|_| began).map(ObjectIndex);
        let group = index.0;
        if room == 0 {
            let member = None;
            return Ok((value, Some(Place { group, member })));
        }
        let members = changes(tenant, index, round, cursor, room + 1);
        let Some(mut item) = item(tenant, index, round, cursor, !members.is_empty())? else {
            continue;
        };
        let told: Vec<&(ObjectIndex, bool)> = members.iter().take(room).collect();
        if !told.is_empty() {
            let told = told.iter().filter_map(|change| member(tenant, **change));
            item.insert("members@delta".to_owned(), told.collect());
        }
        value.push(Value::Object(item));
        if members.len() > room {
            let member = told.last().map(|(last, _)| last.0);
            return Ok((value, Some(Place { group, member })));
        }
        room -= told.len().clamp(1, room);
    }
    Ok((value, None))
}

/// The groups that a round has still to go through; those that are gone matter to later rounds
/// only.
fn left<'t>(tenant: &'t Tenant, round: &Round) -> impl Iterator<Item = ObjectIndex> + use<'t> {
    let rest = (
        Bound::Included(ObjectIndex(round.next.group)),
        Bound::Unbounded,
    );
    let (named, all) = match &round.groups {
        Some(groups) => (groups.iter().copied().map(ObjectIndex).collect(), false),
        None => (BTreeSet::new(), true),
    };
    let named: Vec<ObjectIndex> = named.range(rest).copied().collect();
    let gone = all && round.since.is_some();
    let living = all
        .then(|| tenant.groups().range(rest))
        .into_iter()
        .flatten();
    let gone = gone
        .then(|| tenant.deleted_groups().range(rest))
        .into_iter()
        .flatten();
    merged(living.copied(), gone.copied()).chain(named)
}

/// Two ascending sequences as one.
fn merged(
    first: impl Iterator<Item = ObjectIndex>,
    second: impl Iterator<Item = ObjectIndex>,
) -> impl Iterator<Item = ObjectIndex> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(one), Some(other)) if one < other => first.next(),
        (Some(_), None) => first.next(),
        _ => second.next(),
    })
}

/// The first members of a group that the caller has to be told of, and whether they are in it.
fn changes(
    tenant: &Tenant,
    index: ObjectIndex,
    round: &Round,
    cursor: Option<ObjectIndex>,
    most: usize,
) -> Vec<(ObjectIndex, bool)> {
    let tracked = round.select.is_empty() || round.select.iter().any(|name| name == "members");
    let Some(group) = tenant.group(index).filter(|_| tracked) else {
        return Vec::new();
    };
    match round.since {
        None => {
            let members = group.members.after(cursor);
            members.map(|member| (member, true)).take(most).collect()
        }
        Some(since) => {
            let changes = group.members.journal().after(since).into_iter();
            changes
                .filter(|(member, _)| cursor.is_none_or(|cursor| *member > cursor))
                .take(most)
                .collect()
        }
    }
}

/// A group as the round tells it, without its members; `None` if there is nothing to tell.
fn item(
    tenant: &Tenant,
    index: ObjectIndex,
    round: &Round,
    cursor: Option<ObjectIndex>,
    members: bool,
) -> Result<Option<Map<String, Value>>, GraphError> {
    let since = round.since;
    match tenant.object(index) {
        Some(Object::Group(group)) => {
            let changed = since.is_none_or(|since| group.changed > since);
            if !(changed || members || cursor.is_some()) {
                return Ok(None);
            }
            shown(tenant, group, &round.select).map(Some)
        }
        Some(Object::Deleted(gone)) if since.is_some_and(|since| gone.number > since) => {
            let reason = if gone.restorable {
                "changed"
            } else {
                "deleted"
            };
            let item = json!({"id": gone.id, "@removed": {"reason": reason}});
            Ok(item.as_object().cloned())
        }
        _ => Ok(None),
    }
}

fn shown(
    tenant: &Tenant,
    group: &Group,
    select: &[String],
) -> Result<Map<String, Value>, GraphError> {
    let mut own: Vec<String> = select
        .iter()
        .filter(|name| *name != "members")
        .cloned()
        .collect();
    if !select.is_empty() && !own.iter().any(|name| name == "id") {
        own.push("id".to_owned());
    }
    let query = Query {
        select: own,
        ..Query::default()
    };
    match groups::entity(tenant, group, &query)? {
        Value::Object(item) => Ok(item),
        _ => Ok(Map::new()),
    }
}

fn member(tenant: &Tenant, (index, is_in): (ObjectIndex, bool)) -> Option<Value> {
    let object = tenant.object(index)?;
    let id = match object {
        Object::Deleted(gone) => gone.id,
        other => other.id()?,
    };
    let mut entry = json!({"@odata.type": object.odata_type(), "id": id});
    if let (Some(entry), false) = (entry.as_object_mut(), is_in) {
        entry.insert("@removed".to_owned(), json!({"reason": "deleted"}));
    }
    Some(entry)
}

fn reply(call: &Call<'_>, round: &Round, value: &[Value], next: Option<Place>) -> Reply {
    let (link, option) = match next {
        Some(_) => ("@odata.nextLink", "$skiptoken"),
        None => ("@odata.deltaLink", "$deltatoken"),
    };
    let round = Round {
        next: next.unwrap_or_default(),
        ..round.clone()
    };
    let root = call.origin.root();
    let target = format!("{root}/groups/delta?{option}={}", encode(&round));
    let body = json!({link: target, "value": value});
    Reply::json(200, with_context(call, "groups", body))
}

fn encode(round: &Round) -> String {
    URL_SAFE_NO_PAD.encode(json!(round).to_string())
}

/// A token from before the service began, or from nowhere, is as good as expired.
fn decode(tenant: &Tenant, token: &str) -> Result<Round, GraphError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice::<Round>(&bytes).ok())
        .filter(|round| round.until <= tenant.last_change())
        .ok_or_else(GraphError::expired_page_token)
}
