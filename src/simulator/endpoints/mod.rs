//! What each modelled address does, one file per noun.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::protocol::call::Call;
use super::protocol::error::GraphError;
use super::protocol::odata::{PageToken, next_query};
use super::protocol::reply::Reply;
use super::protocol::routing::{Method, Route};
use super::tenant::{ObjectIndex, Reach, Tenant};

mod access_passes;
mod directory_objects;
mod groups;
mod member_links;
mod member_permission;
mod members;
mod method_owner;
mod phone_methods;
mod users;

/// Carries out a request that passed the limits.
pub(super) fn answer(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    match (&call.route, call.method) {
        (Route::User { user }, Method::Get) => users::get(tenant, call, user),
        (Route::Groups, Method::Get) => groups::list(tenant, call),
        (Route::Group { group }, Method::Get) => groups::get(tenant, call, group),
        (Route::Group { group }, Method::Patch) => groups::update(tenant, call, group),
        (Route::Members { group }, Method::Get) => {
            members::list(tenant, call, group, Reach::Direct)
        }
        (Route::TransitiveMembers { group }, Method::Get) => {
            members::list(tenant, call, group, Reach::Transitive)
        }
        (Route::MemberCount { group }, Method::Get) => members::count(tenant, call, group),
        (Route::MemberLinks { group }, Method::Post) => member_links::add_one(tenant, call, group),
        (Route::MemberLink { group, member }, Method::Delete) => {
            member_links::remove(tenant, group, member)
        }
        (Route::Member { group, member }, Method::Delete) => {
            directory_objects::delete_member(tenant, group, member)
        }
        (Route::DirectoryObject { object }, Method::Get) => {
            directory_objects::get(tenant, call, object)
        }
        (Route::PhoneMethods { user }, Method::Get) => phone_methods::list(tenant, call, user),
        (Route::PhoneMethods { user }, Method::Post) => phone_methods::create(tenant, call, user),
        (Route::PhoneMethod { user, method }, Method::Get) => {
            phone_methods::get(tenant, user, method)
        }
        (Route::PhoneMethod { user, method }, Method::Patch) => {
            phone_methods::update(tenant, call, user, method)
        }
        (Route::PhoneMethod { user, method }, Method::Delete) => {
            phone_methods::delete(tenant, user, method)
        }
        (Route::AccessPasses { user }, Method::Get) => access_passes::list(tenant, call, user),
        (Route::AccessPasses { user }, Method::Post) => {
            access_passes::create(tenant, rng, call, user)
        }
        (Route::AccessPass { user, pass }, Method::Get) => {
            access_passes::get(tenant, call, user, pass)
        }
        (Route::AccessPass { user, pass }, Method::Delete) => {
            access_passes::delete(tenant, user, pass)
        }
        (Route::Users, Method::Get | Method::Post)
        | (Route::User { .. } | Route::Group { .. }, Method::Patch | Method::Delete)
        | (Route::Groups, Method::Post)
        | (
            Route::Authentication { .. } | Route::DirectoryObjects | Route::Member { .. },
            Method::Get,
        ) => Err(GraphError::not_simulated(&format!(
            "{} {}",
            call.method.as_str(),
            call.route.pattern()
        ))),
        _ => Err(GraphError::method_not_allowed()),
    }
}

/// Refuses members of a body that the type does not have; annotations such as `@odata.type` pass.
///
/// Graph names the first of them; a client with a wrong name learns of it here.
fn require_known(
    call: &Call<'_>,
    body: &Map<String, Value>,
    known: &[&str],
    resource: &str,
) -> Result<(), GraphError> {
    let unknown = body
        .keys()
        .find(|name| !name.starts_with('@') && !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        Err(GraphError::bad_request(
            call.route.workload(),
            format!(
                "The property '{name}' does not exist on type 'microsoft.graph.{resource}'. Make sure to only use \
                 property names that are defined by the type or mark the type as open type."
            ),
        ))
    })
}

/// Graph's refusal of a value of the wrong kind.
fn wrong_kind(call: &Call<'_>, value: &Value, edm_type: &str) -> GraphError {
    let literal = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    GraphError::bad_request(
        call.route.workload(),
        format!("Cannot convert the literal '{literal}' to the expected type '{edm_type}'."),
    )
}

/// The selected properties, or all of `names` if none is selected; one that the type does not have
/// is refused. Only what is asked for is built, as lists of a million members pass through here.
fn selected(
    select: &[String],
    names: &[&str],
    resource: &str,
    property: impl Fn(&str) -> Option<Value>,
) -> Result<Value, GraphError> {
    let mut entity = Map::new();
    let chosen = select.iter().map(String::as_str);
    let defaults = names.iter().copied().filter(|_| select.is_empty());
    for name in chosen.chain(defaults) {
        let value = property(name).ok_or_else(|| {
            GraphError::gateway(format!(
                "Could not find a property named '{name}' on type 'microsoft.graph.{resource}'."
            ))
        })?;
        entity.insert(name.to_owned(), value);
    }
    Ok(Value::Object(entity))
}

/// The body of one entity, with the context Graph puts first.
fn with_context(call: &Call<'_>, context: &str, entity: Value) -> Value {
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        json!(format!("{}/$metadata#{context}", call.origin.root())),
    );
    if let Value::Object(members) = entity {
        body.extend(members);
    }
    Value::Object(body)
}

/// The body of a collection, with the link to the next page if there is one (Graph: paging).
fn collection(
    call: &Call<'_>,
    context: &str,
    value: Vec<Value>,
    next: Option<(String, PageToken)>,
) -> Value {
    let mut body = Map::new();
    if let Some((path, token)) = next {
        let link = format!(
            "{}{path}?{}",
            call.origin.root(),
            next_query(call.query, token)
        );
        body.insert("@odata.nextLink".to_owned(), json!(link));
    }
    body.insert("value".to_owned(), Value::Array(value));
    with_context(call, context, Value::Object(body))
}

/// Where the page the caller asks for begins; a token of another collection is refused.
fn page_start(token: Option<&str>, collection: u32) -> Result<Option<ObjectIndex>, GraphError> {
    let Some(text) = token else { return Ok(None) };
    match PageToken::decode(text) {
        Some(token) if token.collection == collection => Ok(Some(ObjectIndex(token.last))),
        _ => Err(GraphError::expired_page_token()),
    }
}
