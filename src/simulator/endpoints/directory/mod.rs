//! Users, groups, the links between them, and objects whatever their type.

use fastrand::Rng;
use serde_json::{Map, Value};

use super::{
    collection, counted, not_simulated, require_known, selected, with_context, wrong_kind,
};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::{Method, Reach, Route};
use crate::simulator::tenant::Tenant;

mod body;
mod delta;
mod group_writes;
mod groups;
mod licenses;
mod links;
mod listing;
mod member_permission;
mod members;
mod memberships;
mod objects;
mod user_writes;
mod users;

use links::Relation;
use members::Kind;

/// Carries out a request to one of these addresses.
pub(super) fn answer(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    if call.method == Method::Get || call.route.only_reads() {
        read_only(tenant, call)
    } else {
        write(tenant, rng, call)
    }
}

fn read_only(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    match (&call.route, call.method) {
        (Route::Memberships { user, question }, Method::Post) => {
            memberships::answer(tenant, call, user, *question)
        }
        (Route::DirectoryObjectsByIds, Method::Post) => objects::by_ids(tenant, call),
        (Route::Memberships { .. } | Route::DirectoryObjectsByIds, _) => {
            Err(GraphError::method_not_allowed())
        }
        (Route::Users, _) => users::list(tenant, call),
        (Route::UserCount, _) => users::count(tenant, call),
        (Route::User { user }, _) => users::get(tenant, call, user),
        (Route::LicenseDetails { user }, _) => licenses::list(tenant, call, user),
        (Route::MemberOf { user, reach }, _) => memberships::list(tenant, call, user, *reach),
        (Route::Groups, _) => groups::list(tenant, call),
        (Route::GroupCount, _) => groups::count(tenant, call),
        (Route::GroupDelta, _) => delta::get(tenant, call),
        (Route::Group { group }, _) => groups::get(tenant, call, group),
        (Route::Members { group }, _) => {
            members::list(tenant, call, group, Kind::any(Reach::Direct))
        }
        (Route::TransitiveMembers { group }, _) => {
            members::list(tenant, call, group, Kind::any(Reach::Transitive))
        }
        (Route::MembersOfType { group, reach, kind }, _) => {
            members::list(tenant, call, group, Kind::of_type(*reach, kind)?)
        }
        (Route::MemberCount { group }, _) => {
            members::count(tenant, call, group, Kind::any(Reach::Direct))
        }
        (Route::TransitiveMemberCount { group }, _) => {
            members::count(tenant, call, group, Kind::any(Reach::Transitive))
        }
        (Route::MemberCountOfType { group, reach, kind }, _) => {
            members::count(tenant, call, group, Kind::of_type(*reach, kind)?)
        }
        (Route::Owners { group }, _) => members::owners(tenant, call, group),
        (Route::DirectoryObject { object }, _) => objects::get(tenant, call, object),
        (
            Route::DirectoryObjects
            | Route::Member { .. }
            | Route::MemberLinks { .. }
            | Route::OwnerLinks { .. },
            _,
        ) => Err(not_simulated(call)),
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn write(tenant: &mut Tenant, rng: &mut Rng, call: &Call<'_>) -> Result<Reply, GraphError> {
    match (&call.route, call.method) {
        (Route::Users, Method::Post) => user_writes::create(tenant, rng, call),
        (Route::User { user }, Method::Delete) => user_writes::delete(tenant, call, user),
        (Route::Groups, Method::Post) => group_writes::create(tenant, rng, call),
        (Route::Group { group }, Method::Patch) => group_writes::update(tenant, rng, call, group),
        (Route::Group { group }, Method::Delete) => group_writes::delete(tenant, call, group),
        (Route::MemberLinks { group }, Method::Post) => {
            links::add_one(tenant, rng, call, group, Relation::Members)
        }
        (Route::OwnerLinks { group }, Method::Post) => {
            links::add_one(tenant, rng, call, group, Relation::Owners)
        }
        (Route::MemberLink { group, member }, Method::Delete) => {
            links::remove_member(tenant, rng, call, group, member)
        }
        (Route::OwnerLink { group, owner }, Method::Delete) => {
            links::remove_owner(tenant, rng, call, group, owner)
        }
        (Route::Member { group, member }, Method::Delete) => {
            objects::delete_member(tenant, call, group, member)
        }
        (Route::DirectoryObject { object }, Method::Delete) => {
            objects::delete(tenant, call, object)
        }
        (Route::User { .. } | Route::DirectoryObject { .. }, Method::Patch) => {
            Err(not_simulated(call))
        }
        _ => Err(GraphError::method_not_allowed()),
    }
}

/// Refuses properties that Graph takes and the simulator does not hold.
fn refuse_unserved(body: &Map<String, Value>, unserved: &[&str]) -> Result<(), GraphError> {
    let found = body.keys().find(|name| unserved.contains(&name.as_str()));
    found.map_or(Ok(()), |name| {
        Err(GraphError::not_simulated(&format!("a value of {name}")))
    })
}

/// Refuses `$search` without its header and sorting together with a filter as Graph does (Graph:
/// advanced queries), and says of the rest that it is not modelled.
fn refuse_search_and_sorting(call: &Call<'_>, query: &Query) -> Result<(), GraphError> {
    if query.search.is_some() && !call.arrival.eventual {
        return Err(GraphError::unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special request header: \
             'ConsistencyLevel: eventual'",
        ));
    }
    if query.order_by.is_some() && query.filter.is_some() && !call.is_advanced(query) {
        return Err(GraphError::unsupported_query(
            "Sorting not supported for current query.",
        ));
    }
    let unserved = [("$search", &query.search), ("$orderby", &query.order_by)];
    unserved
        .iter()
        .find(|(_, value)| value.is_some())
        .map_or(Ok(()), |(name, _)| Err(GraphError::not_simulated(name)))
}
