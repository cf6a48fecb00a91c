//! The groups a user is in.

use serde_json::{Value, json};
use uuid::Uuid;

use super::listing::{self, Listed, Page};
use super::{members, require_known, with_context, wrong_kind};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::{Question, Reach};
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{ObjectIndex, Tenant};

/// How many groups may be asked about at once (Graph: directoryObject-checkMemberGroups and
/// -checkMemberObjects).
const MOST_IDS: usize = 20;

/// `GET /users/{id}/memberOf` and `/transitiveMemberOf`.
pub(super) fn list(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    reach: Reach,
) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (index, user) = find::user(tenant, key)?;
    let listed = Listed::GroupsOf(index);
    let start = listing::start(call, &query, listed)?;
    let left = tenant
        .groups_of(index, reach)
        .into_iter()
        .filter(|group| start.is_none_or(|start| *group > start));
    let page = Page::of(listed, query.page_size()?, left);
    let value = members::entities(tenant, &page.objects, &query);
    let name = match reach {
        Reach::Direct => "memberOf",
        Reach::Transitive => "transitiveMemberOf",
    };
    let here = ("directoryObjects", format!("/users/{}/{name}", user.id));
    Ok(page.reply(call, &query, here, None, value))
}

/// `POST /users/{id}/checkMemberGroups` and its kin. Administrative units and roles, which the two
/// about objects cover too, are not modelled.
pub(super) fn answer(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    question: Question,
) -> Result<Reply, GraphError> {
    let (index, _) = find::user(tenant, key)?;
    let found = match question {
        Question::CheckMemberGroups => check(tenant, call, index, "groupIds")?,
        Question::CheckMemberObjects => check(tenant, call, index, "ids")?,
        Question::GetMemberGroups | Question::GetMemberObjects => all(tenant, call, index)?,
    };
    let body = with_context(call, "Collection(Edm.String)", json!({"value": found}));
    Ok(Reply::json(200, body))
}

/// Of the groups asked about those the user is in, nested ones included; unknown ids are silently
/// not among them.
fn check(
    tenant: &Tenant,
    call: &Call<'_>,
    user: ObjectIndex,
    name: &str,
) -> Result<Vec<Uuid>, GraphError> {
    let ids = ids(call, name, MOST_IDS)?;
    let is_in = |id: &Uuid| {
        tenant
            .find(*id)
            .is_some_and(|group| tenant.is_member_transitively(group, user))
    };
    Ok(ids.into_iter().filter(is_in).collect())
}

fn all(tenant: &Tenant, call: &Call<'_>, user: ObjectIndex) -> Result<Vec<Uuid>, GraphError> {
    let body = call.object()?;
    require_known(call, body, &["securityEnabledOnly"], "directoryObject")?;
    let only_security = match body.get("securityEnabledOnly") {
        None | Some(Value::Null) => false,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| wrong_kind(call, value, "Edm.Boolean"))?,
    };
    Ok(tenant
        .groups_of(user, Reach::Transitive)
        .iter()
        .filter_map(|group| tenant.group(*group))
        .filter(|group| !only_security || group.kind.is_security_enabled())
        .map(|group| group.id)
        .collect())
}

/// The ids in the body of an action, at most that many. That more are refused is documented, in
/// which words only for `getByIds` (recorded).
pub(super) fn ids(call: &Call<'_>, name: &str, most: usize) -> Result<Vec<Uuid>, GraphError> {
    let body = call.object()?;
    let refused = |message: String| GraphError::bad_request(Workload::Directory, message);
    let ids = match body.get(name) {
        Some(Value::Array(ids)) => ids,
        None | Some(Value::Null) => {
            return Err(refused(format!(
                "The parameter '{name}' is required and has no value."
            )));
        }
        Some(other) => return Err(wrong_kind(call, other, "Collection(Edm.String)")),
    };
    if ids.len() > most {
        return Err(refused(format!(
            "Number of included identifiers cannot exceed '{most}'."
        ))
        .breaking("id-count"));
    }
    ids.iter()
        .map(|id| {
            let text = id
                .as_str()
                .ok_or_else(|| wrong_kind(call, id, "Edm.String"))?;
            Uuid::try_parse(text).map_err(|_| find::invalid_identifier(text))
        })
        .collect()
}
