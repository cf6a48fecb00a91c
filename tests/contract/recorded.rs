//! Bodies as they were recorded or printed by Microsoft, compared member by member.
//!
//! Ids count as equal where both are ids, and dates where both are written alike; a pass is any text.

use serde_json::{Value, json};

use crate::support::*;

/// Members that newer answers have, or that depend on the way of asking.
const NEWER: [&str; 3] = ["@odata.context", "client-request-id", "createdDateTime"];

fn is_id(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12]
}

fn is_date(text: &str) -> bool {
    text.len() >= 19
        && text.as_bytes()[10] == b'T'
        && text.starts_with(|c: char| c.is_ascii_digit())
}

/// What is to be compared of a text.
fn masked(name: &str, text: &str) -> String {
    if name == "temporaryAccessPass" {
        return "a pass".to_owned();
    }
    if is_id(text) {
        return "an id".to_owned();
    }
    if is_date(text) {
        let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
        return text.chars().map(digit).collect();
    }
    text.to_owned()
}

/// Compares an answer with what was recorded.
#[track_caller]
fn same(place: &str, actual: &Value, recorded: &Value) {
    match (actual, recorded) {
        (Value::Object(actual), Value::Object(expected)) => {
            for (name, value) in expected {
                let found = actual.get(name);
                let found = found.unwrap_or_else(|| panic!("{place}: no `{name}`: {actual:?}"));
                same(&format!("{place}.{name}"), found, value);
            }
            for name in actual.keys() {
                let known = expected.contains_key(name) || NEWER.contains(&name.as_str());
                assert!(known, "{place}: `{name}` was not recorded");
            }
        }
        (Value::String(actual), Value::String(expected)) => {
            let name = place.rsplit('.').next().unwrap();
            assert_eq!(masked(name, actual), masked(name, expected), "{place}");
        }
        _ => assert_eq!(actual, recorded, "{place}"),
    }
}

const ID: &str = "2b1f3a60-7c1e-4f56-9d0a-3c5b8f2a1e77";
const DATE: &str = "2021-01-27T18:01:47";

/// A recorded error of the directory.
fn recorded_error(code: &str, message: &str) -> Value {
    let inner = json!({"date": DATE, "request-id": ID, "client-request-id": ID});
    json!({"error": {"code": code, "message": message, "innerError": inner}})
}

/// A throttled answer. Documented: the sample in `throttling`. [recorded-throttled]
#[test]
fn throttled() {
    let tenant = Tenant::limited("limits.directory.writes = 1\n");
    tenant.add("Leavers 2019", &tenant.worker(0));
    let answer = tenant.add("Leavers 2019", &tenant.worker(1));
    let recorded = json!({"error": {
        "code": "TooManyRequests",
        "innerError": {
            "code": "429",
            "date": "2020-08-18T12:51:51",
            "message": "Please retry after",
            "request-id": ID,
            "status": "429",
        },
        "message": "Please retry again later.",
    }});
    same("429", &answer.json(), &recorded);
}

/// A pass that was created. Documented: the sample in
/// `authentication-post-temporaryaccesspassmethods`. [recorded-pass]
#[test]
fn a_pass_that_was_created() {
    let tenant = Tenant::new();
    let date = tenant
        .get("/groups")
        .header("Date")
        .expect("a date")
        .to_owned();
    let now = time::OffsetDateTime::from(httpdate::parse_http_date(&date).unwrap());
    let start = format!("{}T00:00:00Z", now.date() + time::Duration::days(2));
    let body = json!({"startDateTime": start, "lifetimeInMinutes": 60, "isUsableOnce": false});
    let answer = tenant.post(&tenant.passes(1), &body);
    let recorded = json!({
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "id": "6f1967b7-15e8-4935-ac26-d50770ed07a7",
        "temporaryAccessPass": "nc+&G=xwDKCz",
        "createdDateTime": "2021-01-25T23:53:35.5026721Z",
        "startDateTime": "2021-01-26T00:00:00Z",
        "lifetimeInMinutes": 60,
        "isUsableOnce": false,
        "isUsable": false,
        "methodUsabilityReason": "NotYetValid",
    });
    same("201", &answer.succeeds(201), &recorded);
    assert_eq!(answer.json()["startDateTime"], start);
}

/// A pass that was refused. Observed: microsoft-graph-docs #12187. [recorded-pass-refused]
#[test]
fn a_pass_that_was_refused() {
    let tenant = Tenant::new();
    let answer = tenant.post(&tenant.passes(1), &json!({"lifetimeInMinutes": 5}));
    let message = "Invalid LifetimeInMinutes specified. The valid range between 60 and 480.";
    let mut recorded = recorded_error("badRequest", message);
    recorded["error"]["innerError"]["message"] = json!(message);
    assert_eq!(answer.status, 400);
    same("400", &answer.json(), &recorded);
}

/// What is wrong with a pass, in the words that were seen. Observed: microsoft-graph-docs #12187,
/// azure-docs #111778, TAP how-to. [recorded-pass-messages]
#[test]
fn what_is_wrong_with_a_pass() {
    let tenant = Tenant::new();
    let guest = format!(
        "/users/{}/authentication/temporaryAccessPassMethods",
        tenant.guest()
    );
    let past = json!({"startDateTime": "2021-01-26T00:00:00Z"});
    for (path, body, message) in [
        (
            tenant.passes(1),
            past,
            "Invalid StartDateTime specified. It can not be a time in the past.",
        ),
        (
            guest,
            json!({}),
            "Temporary Access Pass cannot be added to an external guest user.",
        ),
        (
            tenant.passes(24),
            json!({}),
            "Converged UserCredentialPolicy does not allow creating or updating this \
             authentication method. AuthMethodType [TemporaryAccessPass].",
        ),
    ] {
        let answer = tenant.post(&path, &body);
        assert_eq!(answer.json()["error"]["message"], message);
    }
}

/// A phone that was created. Documented: the sample in `authentication-post-phonemethods`.
/// [recorded-phone]
#[test]
fn a_phone_that_was_created() {
    let tenant = Tenant::new();
    let answer = tenant.post(&tenant.phones(0), &phone("mobile", "+1 2065555555"));
    let recorded = json!({
        "phoneNumber": "+1 2065555555",
        "phoneType": "mobile",
        "smsSignInState": "ready",
        "id": MOBILE,
    });
    let made = answer.succeeds(201);
    same("201", &made, &recorded);
    assert_eq!(made["id"], MOBILE);
}

/// A member that exists already. Observed: recorded from a live call. [recorded-member-exists]
#[test]
fn a_member_that_exists() {
    let tenant = Tenant::new();
    let member = tenant.members("Crew O'Brien").remove(0);
    let message = "One or more added object references already exist for the following modified \
        properties: 'members'.";
    let recorded = recorded_error("Request_BadRequest", message);
    for answer in [
        tenant.add("Crew O'Brien", &member),
        tenant.bind("Crew O'Brien", [&member]),
    ] {
        assert_eq!(answer.status, 400);
        same("400", &answer.json(), &recorded);
    }
}

/// An object that does not exist. Observed: recorded from a live call. [recorded-not-found]
#[test]
fn an_object_that_does_not_exist() {
    let tenant = Tenant::new();
    let answer = tenant.get(&format!("/users/{NOBODY}"));
    let message = format!(
        "Resource '{NOBODY}' does not exist or one of its queried reference-property objects are \
         not present."
    );
    assert_eq!(answer.status, 404);
    let recorded = recorded_error("Request_ResourceNotFound", &message);
    same("404", &answer.json(), &recorded);
}

/// A body that is missing. Observed: recorded from a live call. [recorded-no-body]
#[test]
fn a_body_that_is_missing() {
    let tenant = Tenant::new();
    let path = format!("/groups/{}/members/$ref", tenant.group("Leavers 2019"));
    let answer = tenant
        .ask("POST", &path)
        .body("application/json", "")
        .send();
    let message = "An unexpected 'EndOfInput' node was found when reading from the JSON reader. A \
        'StartObject' node was expected.";
    assert_eq!(answer.status, 400);
    let recorded = recorded_error("Request_BadRequest", message);
    same("400", &answer.json(), &recorded);
}

/// Removing one who is no member: the 404 was seen in calls, the other words stand as a constant in
/// a client library. [recorded-no-member]
#[test]
fn one_who_is_no_member() {
    let tenant = Tenant::new();
    let (group, worker) = (tenant.group("Leavers 2019"), tenant.worker(0));
    let answer = tenant.delete(&format!("/groups/{group}/members/{worker}/$ref"));
    let known = [
        "does not exist or one of its queried reference-property objects are not present.",
        "One or more removed object references do not exist",
    ];
    let message = answer.json()["error"]["message"].clone();
    let message = message.as_str().unwrap();
    assert!(
        known.iter().any(|words| message.contains(words)),
        "{message}"
    );
}

/// More than 20 links. Observed: microsoft-graph-docs-contrib #6453. [recorded-links]
#[test]
fn more_than_twenty_links() {
    let tenant = Tenant::new();
    let members = tenant.members("Crew O'Brien");
    let answer = tenant.bind("Leavers 2019", &members[..21]);
    let message = answer.json()["error"]["message"].clone();
    let words = "A resource cannot contain more than 20 link changes";
    assert!(message.as_str().unwrap().starts_with(words), "{message}");
}

/// An address that does not have the method. Documented: the sample in `json-batching`.
/// [recorded-method]
#[test]
fn a_method_that_is_not_allowed() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members", tenant.group("Leavers 2019"));
    let batch = tenant.batch(&json!([item_with("1", "PUT", &url, &json!({}))]));
    let answer = batch.of("1");
    assert_eq!(answer.status, 405);
    let message = "Specified HTTP method is not allowed for the request target.";
    same(
        "405",
        &answer.json(),
        &recorded_error("Request_BadRequest", message),
    );
}

/// What a batch says with an item about the directory. Documented: the sample in `json-batching`.
/// [recorded-item-headers]
#[test]
fn the_headers_of_an_item() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members", tenant.group("Crew O'Brien"));
    let answer = tenant.batch(&json!([item("1", "GET", &url)])).of("1");
    for (name, value) in [
        ("Cache-Control", "no-cache"),
        ("x-ms-resource-unit", "3"),
        ("OData-Version", "4.0"),
        (
            "Content-Type",
            "application/json;odata.metadata=minimal;odata.streaming=true;\
             IEEE754Compatible=false;charset=utf-8",
        ),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}
