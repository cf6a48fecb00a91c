//! What a test wants to know about the tenant and the service, outside of Graph.
//!
//! `GET /_simulator/tenant` shows users with their phones and passes, and groups with their
//! members; `GET /_simulator/statistics` shows what the service saw. Neither needs a token, costs
//! anything nor is counted.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::statistics::Statistics;
use super::tenant::{Object, ObjectIndex, PhoneType, Tenant, User};
use super::{Request, Response};

/// Where the inspection lives.
const ROOT: &str = "/_simulator/";

/// Answers a request to the inspection; `None` for anything else.
pub(super) fn answer(
    tenant: &Tenant,
    statistics: &Statistics,
    request: &Request,
    now: OffsetDateTime,
) -> Option<Response> {
    let (_, target) = super::Origin::of(request);
    let path = target.split('?').next()?.strip_prefix(ROOT)?;
    let body = match path {
        "tenant" => Some(tenant_json(tenant, now)),
        "statistics" => Some(statistics.to_json()),
        _ => None,
    };
    let body = body.filter(|_| request.method.eq_ignore_ascii_case("GET"));
    Some(Response {
        status: if body.is_some() { 200 } else { 404 },
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: body.unwrap_or_else(|| json!({})).to_string().into_bytes(),
    })
}

fn tenant_json(tenant: &Tenant, now: OffsetDateTime) -> Value {
    let mut users = Vec::new();
    let mut groups = Vec::new();
    for (index, object) in tenant.objects() {
        match object {
            Object::User(user) => users.push(user_json(tenant, index, user, now)),
            Object::Group(group) => {
                let members: Vec<String> = group
                    .members
                    .all()
                    .iter()
                    .filter_map(|member| tenant.object(*member)?.id())
                    .map(|id| id.to_string())
                    .collect();
                groups.push(
                    json!({"id": group.id, "displayName": group.display_name, "members": members}),
                );
            }
            _ => {}
        }
    }
    json!({"users": users, "groups": groups})
}

fn user_json(tenant: &Tenant, index: ObjectIndex, user: &User, now: OffsetDateTime) -> Value {
    let mut phones = Map::new();
    for kind in PhoneType::ALL {
        if let Some(phone) = tenant.authentication.phone(index, kind) {
            phones.insert(kind.as_str().to_owned(), json!(phone.number.as_str()));
        }
    }
    let pass = tenant.authentication.pass(index).map(|pass| {
        json!({
            "id": pass.id,
            "value": pass.value,
            "createdDateTime": pass.created_json(),
            "isUsable": pass.usability(now).is_usable(),
        })
    });
    json!({
        "id": user.id,
        "userPrincipalName": user.user_principal_name,
        "phones": phones,
        "pass": pass,
    })
}
