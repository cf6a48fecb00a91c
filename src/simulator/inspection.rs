//! What a test wants to know about the tenant and the service, and to set, outside of Graph.
//!
//! - `GET /_simulator/tenant`: users with their phones and passes, groups with their members;
//! - `GET /_simulator/statistics`: what the service saw;
//! - `GET /_simulator/log?last=N`: the last requests, at most 1,000, as JSON lines;
//! - `POST /_simulator/sign-in` with `userPrincipalName` and `temporaryAccessPass`: a person at the
//!   door; `signedIn` says whether the pass lets that person in now, and `reason` why not. A pass
//!   for one use is used up;
//! - `POST /_simulator/clock` with `{"advance_seconds": N}`: sets the clock of the service ahead.
//!
//! None of them needs a token, costs anything nor is counted.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::protocol::origin::Origin;
use super::tenant::{Entry, Object, ObjectIndex, PhoneType, Tenant, User};
use super::{Request, Response, Simulator};

/// Where the inspection lives.
const ROOT: &str = "/_simulator/";

impl Simulator {
    /// Answers a request to the inspection; `None` for anything else.
    pub(super) fn inspect(&mut self, request: &Request, now: OffsetDateTime) -> Option<Response> {
        let (_, target) = Origin::of(request);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix(ROOT)?;
        let method = request.method.to_ascii_uppercase();
        Some(match (method.as_str(), path) {
            ("GET", "tenant") => found(&tenant_json(&self.tenant, now)),
            ("GET", "statistics") => {
                let statistics = self
                    .statistics
                    .to_json(self.latency.most_in_flight(), &self.limits.usage(now));
                found(&statistics)
            }
            ("GET", "log") => match asked_last(query) {
                Some(count) => Response {
                    status: 200,
                    headers: vec![content_type("application/x-ndjson")],
                    body: self.log.lines(count).into_bytes(),
                },
                None => wrong("the query must be empty or last=N, N a whole number"),
            },
            ("POST", "sign-in") => match sign_in(&mut self.tenant, &request.body, now) {
                Some(body) => found(&body),
                None => {
                    wrong("the body must be {\"userPrincipalName\": …, \"temporaryAccessPass\": …}")
                }
            },
            ("POST", "clock") => self.advance(&request.body),
            _ => json_response(404, &json!({"error": ADDRESSES})),
        })
    }

    /// Sets the clock ahead by as much as the body says, at most a century in all.
    fn advance(&mut self, body: &[u8]) -> Response {
        let asked: Option<Value> = serde_json::from_slice(body).ok();
        let seconds = asked
            .as_ref()
            .and_then(|body| body.get("advance_seconds")?.as_f64())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .and_then(|by| self.ahead.checked_add(by))
            .filter(|ahead| *ahead <= CENTURY);
        match seconds {
            Some(ahead) => {
                self.ahead = ahead;
                found(&json!({"ahead_seconds": ahead.as_secs_f64()}))
            }
            None => wrong("the body must be {\"advance_seconds\": N}, N from 0 to 3,155,760,000"),
        }
    }
}

const CENTURY: Duration = Duration::from_hours(876_600);

/// What there is to be asked for.
const ADDRESSES: &str = "there are GET /_simulator/tenant, /_simulator/statistics and /_simulator/log, and POST \
                         /_simulator/clock and /_simulator/sign-in";

/// The `N` of `last=N`; everything by default.
fn asked_last(query: &str) -> Option<usize> {
    if query.is_empty() {
        return Some(usize::MAX);
    }
    query.strip_prefix("last=")?.parse().ok()
}

fn wrong(what: &str) -> Response {
    json_response(400, &json!({"error": what}))
}

fn found(body: &Value) -> Response {
    json_response(200, body)
}

fn json_response(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: vec![content_type("application/json")],
        body: body.to_string().into_bytes(),
    }
}

fn content_type(kind: &str) -> (String, String) {
    ("Content-Type".to_owned(), kind.to_owned())
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
