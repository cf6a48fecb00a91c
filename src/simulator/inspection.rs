//! What a test wants to know about the tenant and the service, outside of Graph.
//!
//! `GET /_simulator/tenant` shows users with their phones and passes, and groups with their
//! members; `GET /_simulator/statistics` shows what the service saw. `POST /_simulator/sign-in`
//! with `userPrincipalName` and `temporaryAccessPass` is a person at the door: `signedIn` says
//! whether the pass lets that person in now, and `reason` why not; a pass for one use is used up.
//! None of them needs a token, costs anything or is counted.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::statistics::Statistics;
use super::tenant::{Entry, Object, ObjectIndex, PhoneType, Tenant, User};
use super::{Request, Response};

/// Where the inspection lives.
const ROOT: &str = "/_simulator/";

/// Answers a request to the inspection; `None` for anything else.
pub(super) fn answer(
    tenant: &mut Tenant,
    statistics: &Statistics,
    request: &Request,
    now: OffsetDateTime,
) -> Option<Response> {
    let (_, target) = super::Origin::of(request);
    let path = target.split('?').next()?.strip_prefix(ROOT)?;
    let body = match (request.method.to_ascii_uppercase().as_str(), path) {
        ("GET", "tenant") => Ok(tenant_json(tenant, now)),
        ("GET", "statistics") => Ok(statistics.to_json()),
        ("POST", "sign-in") => sign_in(tenant, &request.body, now).ok_or(400),
        _ => Err(404),
    };
    Some(Response {
        status: body.as_ref().err().copied().unwrap_or(200),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: body.unwrap_or_else(|_| json!({})).to_string().into_bytes(),
    })
}

/// `None` when the body does not name a user and a pass.
fn sign_in(tenant: &mut Tenant, body: &[u8], now: OffsetDateTime) -> Option<Value> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let (user, pass) = (text("userPrincipalName")?, text("temporaryAccessPass")?);
    let reason = match tenant.enter_with_pass(user, pass, now) {
        Entry::Admitted => None,
        Entry::NoSuchUser => Some("NoSuchUser"),
        Entry::WrongPass => Some("WrongPass"),
        Entry::Unusable(usability) => Some(usability.as_str()),
        Entry::NotSettled => Some("NotSettled"),
    };
    Some(json!({"signedIn": reason.is_none(), "reason": reason}))
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
            "isUsable": tenant.pass_usability(index, pass, now).is_usable(),
        })
    });
    json!({
        "id": user.id,
        "userPrincipalName": user.user_principal_name,
        "phones": phones,
        "pass": pass,
    })
}
