//! Errors: their envelope, and the table of those that bulk jobs meet.
//!
//! Rows that need a story of their own (phones, passes, sign-in, faults) are told there.

use serde_json::{Value, json};

use crate::support::*;

const PLAIN: &str = "11111111-2222-4333-8444-555555555555";

fn date(inner: &Value) -> &str {
    inner["date"].as_str().unwrap()
}

/// An error has a code, a message and `innerError` with `request-id`, `client-request-id` and
/// `date`. Documented: `errors`. [error-envelope]
#[test]
fn an_error_has_its_envelope() {
    let tenant = Tenant::new();
    for path in [
        format!("/users/{NOBODY}"),
        format!("/users/{NOBODY}/authentication/phoneMethods"),
    ] {
        let body = tenant.get(&path).json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = &body["error"];
        assert!(error["code"].is_string() && error["message"].is_string());
        let inner = &error["innerError"];
        for name in ["request-id", "client-request-id"] {
            let id = inner[name].as_str().expect(name);
            assert_eq!(id.len(), 36, "{inner}");
        }
        let format =
            time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        time::PrimitiveDateTime::parse(date(inner), format).unwrap();
    }
}

/// The `client-request-id` of the request comes back in the error. Documented: `best-practices-concept`,
/// `errors`. [error-client-request-id]
#[test]
fn the_client_request_id_comes_back() {
    let tenant = Tenant::new();
    let call = tenant.ask("GET", &format!("/users/{NOBODY}"));
    let answer = call.header("client-request-id", PLAIN).send();
    assert_eq!(
        answer.json()["error"]["innerError"]["client-request-id"],
        PLAIN
    );
}

/// An answer names its request in the header `request-id`, which is the one of its error.
/// Documented: `best-practices-concept`. [error-request-id]
#[test]
fn an_answer_names_its_request() {
    let tenant = Tenant::new();
    let fine = tenant.get("/groups");
    let first = fine.header("request-id").expect("a request id");
    let refused = tenant.get(&format!("/users/{NOBODY}"));
    let second = refused.header("request-id").expect("a request id");
    assert_ne!(first, second);
    let inner = refused.json()["error"]["innerError"].clone();
    assert_eq!(inner["request-id"], second);
}

/// An answer has a `Date`. Documented: `best-practices-concept`. [error-date]
#[test]
fn an_answer_has_a_date() {
    let answer = Tenant::new().get("/groups");
    let date = answer.header("Date").expect("a date");
    httpdate::parse_http_date(date).unwrap();
}

/// The header `x-ms-ags-diagnostic` says which server it was. Documented: `best-practices-concept`.
/// [error-diagnostic]
#[test]
fn an_answer_says_which_server_it_was() {
    let answer = Tenant::new().get("/groups");
    let diagnostic = answer.header("x-ms-ags-diagnostic").expect("a diagnostic");
    let read: Value = serde_json::from_str(diagnostic).unwrap();
    assert!(read["ServerInfo"].is_object(), "{read}");
}

/// The authentication methods have codes in lower camel case, the directory's have `Request_` and
/// the like. Observed in many reports. [error-code-case]
#[test]
fn the_code_tells_the_back_end() {
    let tenant = Tenant::new();
    let directory = tenant.get(&format!("/groups/{NOBODY}"));
    directory.refuses(404, "Request_ResourceNotFound", "");
    let method = tenant.get(&format!("{}/{OFFICE}", tenant.phones(0)));
    method.refuses(404, "resourceNotFound", "");
}

/// The authentication methods have answered with bodies that are not `OData`. Observed:
/// msgraph-sdk-powershell #278 and #445, microsoft-graph-docs-contrib #3981. [error-foreign]
#[test]
fn an_error_may_come_in_a_foreign_form() {
    let tenant = Tenant::with("service.foreign_error_bodies = 1.0\n");
    let answer = tenant.get(&format!("/users/{NOBODY}/authentication/phoneMethods"));
    assert!((400..500).contains(&answer.status));
    let body = answer.json();
    assert!(body["Message"].is_string(), "{body}");
    assert!(body.get("error").is_none(), "{body}");
    let directory = tenant.get(&format!("/users/{NOBODY}"));
    directory.refuses(404, "Request_ResourceNotFound", "");
}

/// 400 `Request_BadRequest` "added object references already exist". Observed widely.
/// [error-member-exists]
#[test]
fn adding_a_member_again_is_refused() {
    let tenant = Tenant::new();
    let worker = tenant.worker(0);
    tenant.add("Leavers 2019", &worker).succeeds(204);
    let again = tenant.add("Leavers 2019", &worker);
    again.refuses(
        400,
        "Request_BadRequest",
        "added object references already exist",
    );
}

/// 404 `Request_ResourceNotFound` "does not exist or one of its queried reference-property objects
/// are not present". Documented: `group-post-members`; the words observed. [error-not-found]
#[test]
fn what_does_not_exist_is_a_404() {
    let tenant = Tenant::new();
    let words = "does not exist or one of its queried reference-property objects are not present.";
    for path in [format!("/users/{NOBODY}"), format!("/groups/{NOBODY}")] {
        tenant
            .get(&path)
            .refuses(404, "Request_ResourceNotFound", words);
    }
    let group = format!("/groups/{NOBODY}/members/$ref");
    let add = tenant.post(&group, &tenant.reference(&tenant.worker(0)));
    add.refuses(404, "Request_ResourceNotFound", words);
    let member = tenant.add("Leavers 2019", NOBODY);
    member.refuses(404, "Request_ResourceNotFound", words);
}

/// 400 `Request_BadRequest` "Cannot Update a mail-enabled security groups and or distribution list".
/// Observed. [error-mail-enabled]
#[test]
fn mail_enabled_groups_are_not_written() {
    let tenant = Tenant::new();
    for group in ["Recall alerts", "Weekly news"] {
        tenant.add(group, &tenant.worker(0)).refuses(
            400,
            "Request_BadRequest",
            "Cannot Update a mail-enabled security groups and or distribution list",
        );
    }
}

/// 400 `Request_BadRequest` "on-premises mastered Directory Sync objects". Observed.
/// [error-on-premises]
#[test]
fn groups_from_on_premises_are_not_written() {
    let tenant = Tenant::new();
    tenant.add("Warehouse access", &tenant.worker(0)).refuses(
        400,
        "Request_BadRequest",
        "on-premises mastered Directory Sync objects",
    );
}

/// 403 or 400 `Authorization_RequestDenied` "Insufficient privileges to complete the operation" for
/// a dynamic group. Observed. [error-dynamic]
#[test]
fn dynamic_groups_are_not_written() {
    let tenant = Tenant::new();
    let answer = tenant.add("Full-time staff", &tenant.worker(0));
    assert!([400, 403].contains(&answer.status));
    answer.refuses(
        answer.status,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation",
    );
}

/// 400 `Request_BadRequest` "Invalid object identifier" for what is no id. Observed.
/// [error-invalid-id]
#[test]
fn what_is_no_id_is_refused() {
    let tenant = Tenant::new();
    let group = tenant.get("/groups/not-an-id");
    group.refuses(400, "Request_BadRequest", "Invalid object identifier");
    let member = tenant.add("Leavers 2019", "not-an-id");
    member.refuses(400, "Request_BadRequest", "Invalid object identifier");
}

/// 400 `Request_BadRequest` "Unsupported referenced-object resource identifier" for a reference that
/// is none, or one to another cloud. Observed. [error-reference]
#[test]
fn a_reference_to_elsewhere_is_refused() {
    let tenant = Tenant::new();
    let path = format!("/groups/{}/members/$ref", tenant.group("Leavers 2019"));
    let worker = tenant.worker(0);
    for address in [
        format!("https://graph.microsoft.us/v1.0/directoryObjects/{worker}"),
        "https://graph.microsoft.com/v1.0/".to_owned(),
        "somewhere".to_owned(),
    ] {
        let answer = tenant.post(&path, &json!({"@odata.id": address}));
        answer.refuses(
            400,
            "Request_BadRequest",
            "Unsupported referenced-object resource identifier",
        );
    }
    assert!(tenant.members("Leavers 2019").is_empty());
}

/// 400 `Request_BadRequest` "cannot contain more than 20 link changes". Observed:
/// microsoft-graph-docs #6016, microsoft-graph-docs-contrib #6453. [error-links]
#[test]
fn more_than_twenty_links_are_refused() {
    let tenant = Tenant::new();
    let workers: Vec<String> = (0..21).map(|worker| tenant.worker(worker)).collect();
    tenant.bind("Leavers 2019", &workers).refuses(
        400,
        "Request_BadRequest",
        "cannot contain more than 20 link changes",
    );
    assert!(tenant.members("Leavers 2019").is_empty());
    tenant.bind("Leavers 2019", &workers[..20]).succeeds(204);
}

/// 400 `Request_UnsupportedQuery` where a query over the whole directory lacks its header.
/// Documented: `aad-advanced-queries`. [error-unsupported-query]
#[test]
fn an_advanced_query_without_its_header_is_refused() {
    let tenant = Tenant::new();
    let path = "/groups?$filter=endsWith(displayName,'crew')&$count=true";
    let answer = tenant.get(path);
    answer.refuses(400, "Request_UnsupportedQuery", "");
}

/// 400 or 409 with "concurrent requests being made to the tenant", code
/// `Directory_ConcurrencyViolation` or `Request_BadRequest`. Observed: support notes on Graph, several
/// issues of Terraform and the SDKs. [error-concurrency]
#[test]
fn writes_at_the_same_time_may_collide() {
    let tenant = Tenant::with(
        "service.concurrency_violations = 1.0\nservice.latency_ms = 100\nservice.jitter_ms = 0\n",
    );
    let (worker, group) = (tenant.worker(0), tenant.group("Leavers 2019"));
    let url = format!("/groups/{group}/members/$ref");
    let body = tenant.reference(&worker);
    let batch = tenant.batch(&json!([
        item_with("1", "POST", &url, &body),
        item_with("2", "POST", &url, &body)
    ]));
    let answers = batch.all();
    let collided = |answer: &&crate::http::Answer| {
        answer
            .text
            .contains("concurrent requests being made to the tenant")
    };
    let answer = answers.iter().find(collided).expect("a collision");
    assert!([400, 409].contains(&answer.status));
    let code = answer.json()["error"]["code"].clone();
    assert!(
        code == "Directory_ConcurrencyViolation" || code == "Request_BadRequest",
        "{code}"
    );
}

/// A fresh object is not found for a while: 404 `Request_ResourceNotFound`, and 400 "The source
/// resource object or one of the objects being referenced don't exist." where a member is added; then
/// it is there. Documented: `group-post-members`; the lag observed. [error-replication]
#[test]
fn fresh_objects_are_found_later() {
    let tenant = Tenant::with("tenant.fresh_users = 1\nservice.replication_ms = 600000\n");
    let shown = tenant.call("GET", "/_simulator/tenant").send().json();
    let fresh = id_of(shown["users"].as_array().unwrap().last().unwrap());
    let path = format!("/users/{fresh}");
    tenant
        .get(&path)
        .refuses(404, "Request_ResourceNotFound", "");
    let early = tenant.add("Leavers 2019", &fresh);
    assert!([400, 404].contains(&early.status), "{}", early.text);
    if early.status == 400 {
        early.refuses(
            400,
            "Request_BadRequest",
            "The source resource object or one of the objects being referenced don't exist.",
        );
    }
    tenant.advance(601);
    tenant.get(&path).succeeds(200);
    tenant.add("Leavers 2019", &fresh).succeeds(204);
}

/// A method that an address does not have is a 405. Documented: the sample in `json-batching`.
/// [error-method]
#[test]
fn a_method_that_an_address_does_not_have_is_a_405() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let put = tenant
        .ask("PUT", &path)
        .json(&phone("mobile", "+1 4255550101"));
    assert_eq!(put.send().status, 405);
    let pass = tenant.get(&tenant.passes(4)).list().remove(0);
    let path = format!("{}/{}", tenant.passes(4), id_of(&pass));
    assert_eq!(tenant.patch(&path, &json!({})).status, 405);
}
