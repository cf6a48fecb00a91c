//! What each modelled address does, one file per noun.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::protocol::call::Call;
use super::protocol::error::GraphError;
use super::protocol::odata::{PageToken, next_query};
use super::protocol::reply::Reply;
use super::protocol::workload::Workload;
use super::tenant::Tenant;

mod authentication;
mod directory;
mod find;

/// Carries out a request that passed the limits.
pub(super) fn answer(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    match call.route.refused_by() {
        Workload::Directory => directory::answer(tenant, rng, call),
        Workload::AuthenticationMethods => authentication::answer(tenant, rng, call),
    }
}

/// Graph answers this; the simulator does not.
fn not_simulated(call: &Call<'_>) -> GraphError {
    let (method, pattern) = (call.method.as_str(), call.route.pattern());
    GraphError::not_simulated(&format!("{method} {pattern}"))
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
            call.route.refused_by(),
            format!(
                "The property '{name}' does not exist on type 'microsoft.graph.{resource}'. Make sure to only use \
                 property names that are defined by the type or mark the type as open type."
            ),
        )
        .breaking("unknown-property"))
    })
}

/// Graph's refusal of a value of the wrong kind.
fn wrong_kind(call: &Call<'_>, value: &Value, edm_type: &str) -> GraphError {
    let literal = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    GraphError::bad_request(
        call.route.refused_by(),
        format!("Cannot convert the literal '{literal}' to the expected type '{edm_type}'."),
    )
    .breaking("wrong-type")
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
            .breaking("unknown-property")
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
    counted(call, context, None, value, next)
}

/// The same with `@odata.count`, if it was asked for.
fn counted(
    call: &Call<'_>,
    context: &str,
    count: Option<usize>,
    value: Vec<Value>,
    next: Option<(String, PageToken)>,
) -> Value {
    let mut body = Map::new();
    if let Some(count) = count {
        body.insert("@odata.count".to_owned(), json!(count));
    }
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
