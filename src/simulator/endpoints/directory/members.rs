//! Reading the members and owners of a group.

use serde_json::{Map, Value, json};

use super::listing::{self, Listed, Page};
use super::{groups, refuse_search_and_sorting, users};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::origin::Version;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::Reach;
use crate::simulator::tenant::{Object, ObjectIndex, Tenant, Wanted};

/// Which members an address lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    reach: Reach,
    cast: Option<&'static Cast>,
}

/// A type that a member list can be narrowed down to.
#[derive(Debug)]
struct Cast {
    name: &'static str,
    odata_type: &'static str,
    /// How the context names a list of it.
    collection: &'static str,
}

const CASTS: [Cast; 5] = [
    Cast {
        name: "user",
        odata_type: "#microsoft.graph.user",
        collection: "users",
    },
    Cast {
        name: "group",
        odata_type: "#microsoft.graph.group",
        collection: "groups",
    },
    Cast {
        name: "device",
        odata_type: "#microsoft.graph.device",
        collection: "devices",
    },
    Cast {
        name: "orgContact",
        odata_type: "#microsoft.graph.orgContact",
        collection: "contacts",
    },
    Cast {
        name: "servicePrincipal",
        odata_type: "#microsoft.graph.servicePrincipal",
        collection: "servicePrincipals",
    },
];

impl Kind {
    /// Members of every type.
    pub(super) fn any(reach: Reach) -> Self {
        Self { reach, cast: None }
    }

    /// Members of one type; one that no member has is refused (Graph: advanced queries).
    pub(super) fn of_type(reach: Reach, name: &str) -> Result<Self, GraphError> {
        let cast = CASTS
            .iter()
            .find(|cast| cast.name.eq_ignore_ascii_case(name))
            .ok_or_else(GraphError::advanced_query_unsupported)?;
        Ok(Self {
            reach,
            cast: Some(cast),
        })
    }

    /// An advanced query sees members as late as the index does.
    fn wanted(self, tenant: &Tenant, call: &Call<'_>, advanced: bool) -> Wanted<'static> {
        Wanted {
            reach: self.reach,
            odata_type: self.cast.map(|cast| cast.odata_type),
            applications: call.origin.version() == Version::Beta,
            as_of: advanced.then(|| tenant.replicas.indexed_until(call.arrival.now)),
        }
    }

    fn path(self) -> String {
        let name = match self.reach {
            Reach::Direct => "members",
            Reach::Transitive => "transitiveMembers",
        };
        match self.cast {
            Some(cast) => format!("{name}/microsoft.graph.{}", cast.name),
            None => name.to_owned(),
        }
    }
}

/// `GET /groups/{id}/members` and `/transitiveMembers` (Graph: group-list-members), all or of one
/// type; the latter is an advanced query.
pub(super) fn list(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    kind: Kind,
) -> Result<Reply, GraphError> {
    let query = call.options()?;
    let advanced = call.is_advanced(&query);
    if kind.cast.is_some() && !advanced {
        return Err(GraphError::advanced_query_unsupported());
    }
    refuse_filter(call, &query)?;
    refuse_search_and_sorting(call, &query)?;
    let (index, group) = find::group(tenant, key)?;
    let most = query.page_size()?;
    let listed = Listed::Members(index);
    let start = listing::start(call, &query, listed)?;
    let wanted = kind.wanted(tenant, call, advanced);
    let members = tenant.members_after(index, wanted, start, most + 1);
    let page = Page::of(listed, most, members);
    let entities = match kind.cast {
        None => entities(tenant, &page.objects, &query),
        Some(_) => untyped_entities(tenant, &page.objects, &query),
    };
    let count = (advanced && start.is_none()).then(|| tenant.member_count(index, wanted));
    let context = kind.cast.map_or("directoryObjects", |cast| cast.collection);
    let here = (context, format!("/groups/{}/{}", group.id, kind.path()));
    Ok(page.reply(call, &query, here, count, entities))
}

/// Recorded for a filter without the advanced parameters.
fn refuse_filter(call: &Call<'_>, query: &Query) -> Result<(), GraphError> {
    if query.expand.is_some() {
        return Err(GraphError::not_simulated("$expand of members"));
    }
    match &query.filter {
        None => Ok(()),
        Some(_) if call.is_advanced(query) => Err(GraphError::not_simulated("$filter of members")),
        Some(_) => Err(GraphError::unsupported_query(
            "The specified filter to the reference property query is currently not supported.",
        )),
    }
}

/// `GET …/members/$count`, a plain number; needs `ConsistencyLevel: eventual` (Graph: advanced
/// queries).
pub(super) fn count(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    kind: Kind,
) -> Result<Reply, GraphError> {
    let (index, _) = find::group(tenant, key)?;
    if !call.arrival.eventual {
        return Err(GraphError::count_unsupported());
    }
    let wanted = kind.wanted(tenant, call, true);
    Ok(Reply::text(tenant.member_count(index, wanted).to_string()))
}

/// `GET /groups/{id}/owners` (Graph: group-list-owners).
pub(super) fn owners(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (index, group) = find::group(tenant, key)?;
    let listed = Listed::Owners(index);
    let start = listing::start(call, &query, listed)?;
    let left = group
        .owners
        .iter()
        .copied()
        .filter(|owner| start.is_none_or(|start| *owner > start));
    let page = Page::of(listed, query.page_size()?, left);
    let entities = entities(tenant, &page.objects, &query);
    let here = ("directoryObjects", format!("/groups/{}/owners", group.id));
    Ok(page.reply(call, &query, here, None, entities))
}

/// Objects with their types.
pub(super) fn entities(tenant: &Tenant, objects: &[ObjectIndex], query: &Query) -> Vec<Value> {
    objects
        .iter()
        .filter_map(|index| Some(entity(*index, tenant.object(*index)?, query)))
        .collect()
}

/// A list of one type does not repeat it.
fn untyped_entities(tenant: &Tenant, objects: &[ObjectIndex], query: &Query) -> Vec<Value> {
    objects
        .iter()
        .filter_map(|index| {
            let properties = properties(*index, tenant.object(*index)?, query);
            Some(Value::Object(properties))
        })
        .collect()
}

/// An object with its type, which is there whatever is selected; properties of other types are left
/// out rather than refused, because a list mixes types.
pub(super) fn entity(index: ObjectIndex, object: &Object, query: &Query) -> Value {
    let mut entity = Map::new();
    entity.insert("@odata.type".to_owned(), json!(object.odata_type()));
    entity.extend(properties(index, object, query));
    Value::Object(entity)
}

fn properties(index: ObjectIndex, object: &Object, query: &Query) -> Map<String, Value> {
    let mut entity = Map::new();
    let chosen = query.select.iter().map(String::as_str);
    let defaults = defaults(object)
        .iter()
        .copied()
        .filter(|_| query.select.is_empty());
    for name in chosen.chain(defaults) {
        if let Some(value) = property(index, object, name) {
            entity.insert(name.to_owned(), value);
        }
    }
    entity
}

fn defaults(object: &Object) -> &'static [&'static str] {
    match object {
        Object::User(_) => &users::DEFAULTS,
        Object::Group(_) => &groups::DEFAULTS,
        Object::Device(_) => &["id", "displayName", "deviceId", "operatingSystem"],
        Object::OrgContact(_) | Object::ServicePrincipal(_) => &["id", "displayName"],
        Object::Deleted(_) => &[],
    }
}

fn property(index: ObjectIndex, object: &Object, name: &str) -> Option<Value> {
    match (object, name) {
        (Object::User(user), _) => users::property(index, user, name),
        (Object::Group(group), _) => groups::property(group, name),
        (Object::Device(device), "deviceId") => Some(json!(device.id)),
        (Object::Device(_), "operatingSystem") => Some(json!("Windows")),
        (
            Object::Device(named) | Object::OrgContact(named) | Object::ServicePrincipal(named),
            "displayName",
        ) => Some(json!(named.display_name)),
        (_, "id") => object.id().map(|id| json!(id)),
        _ => None,
    }
}
