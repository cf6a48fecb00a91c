//! JSON batching: what a batch may hold, and what comes back.

use serde_json::{Value, json};

use crate::support::*;

/// Whether the batch as a whole was refused, and none of its items ran: each of these batches also
/// adds a member to an empty group.
#[track_caller]
fn refused_whole(tenant: &Tenant, mut requests: Vec<Value>) -> crate::http::Answer {
    let url = format!("/groups/{}", tenant.group("Leavers 2019"));
    let body = tenant.binding([&tenant.worker(0)]);
    requests.insert(0, item_with("add", "PATCH", &url, &body));
    let answer = tenant.send_batch(&json!(requests));
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(tenant.members("Leavers 2019").is_empty(), "an item ran");
    answer
}

fn me(tenant: &Tenant) -> String {
    format!("/users/{}", tenant.worker(0))
}

/// A batch holds up to 20 requests. Documented: `json-batching`. [batch-size]
#[test]
fn twenty_requests_are_answered_one_by_one() {
    let tenant = Tenant::new();
    let batch = tenant.batch(&items(20, "GET", &me(&tenant)));
    assert_eq!(batch.items().len(), 20);
    for number in 0..20 {
        batch.of(&number.to_string()).succeeds(200);
    }
}

/// With more than 20 requests the whole batch is a 400 and nothing runs. Documented:
/// `json-batching`; the 400 observed: postman-collections #9. [batch-size-exceeded]
#[test]
fn twenty_one_requests_are_refused_whole() {
    let tenant = Tenant::new();
    let more = items(20, "GET", &me(&tenant));
    refused_whole(&tenant, more.as_array().unwrap().clone());
}

/// An empty list is a 400 "Invalid batch payload format." Observed: a comment in the Laravel package
/// for Graph. [batch-empty]
#[test]
fn an_empty_batch_is_refused() {
    let answer = Tenant::new().send_batch(&json!([]));
    let error = answer.json()["error"].clone();
    assert_eq!(answer.status, 400);
    assert_eq!(error["message"], "Invalid batch payload format.");
}

/// What cannot be read as a batch is a 400. Documented: `json-batching`. [batch-malformed]
#[test]
fn a_malformed_batch_is_refused() {
    let tenant = Tenant::new();
    let bodies = [
        "{\"requests\": [",
        "[]",
        "{}",
        "{\"requests\": {}}",
        "{\"requests\": [7]}",
    ];
    for body in bodies {
        let call = tenant.ask("POST", "/$batch").body("application/json", body);
        assert_eq!(call.send().status, 400, "{body}");
    }
}

/// Every item needs an id, a method and an address. Documented: `json-batching`.
/// [batch-required]
#[test]
fn an_item_without_id_method_or_url_is_refused() {
    let tenant = Tenant::new();
    let whole = item("1", "GET", &me(&tenant));
    for name in ["id", "method", "url"] {
        let mut partial = whole.clone();
        partial.as_object_mut().unwrap().remove(name);
        refused_whole(&tenant, vec![partial]);
    }
}

/// A duplicate id fails the whole batch: "Request Id X has to be unique in a batch." Documented:
/// `json-batching`; the message observed: msgraph-sdk-javascript #433. [batch-id-unique]
#[test]
fn a_duplicate_id_refuses_the_whole_batch() {
    let tenant = Tenant::new();
    let twins = vec![
        item("b", "GET", &me(&tenant)),
        item("b", "GET", &me(&tenant)),
    ];
    let answer = refused_whole(&tenant, twins);
    assert!(answer.text.contains("has to be unique in a batch"));
}

/// Ids are compared without regard to case. Documented: `json-batching`. [batch-id-case]
#[test]
fn ids_that_differ_only_in_case_are_the_same() {
    let tenant = Tenant::new();
    let twins = vec![
        item("b", "GET", &me(&tenant)),
        item("B", "GET", &me(&tenant)),
    ];
    refused_whole(&tenant, twins);
}

/// An absolute address in an item is refused, 400 or 500: "Invalid batch payload format." Observed:
/// pnpjs #294, msgraph-sdk-javascript #1451. [batch-url-absolute]
#[test]
fn an_absolute_url_refuses_the_whole_batch() {
    let tenant = Tenant::new();
    let url = format!("https://graph.microsoft.com/v1.0{}", me(&tenant));
    let answer = tenant.send_batch(&json!([item("1", "GET", &url)]));
    assert!([400, 500].contains(&answer.status), "{}", answer.text);
    assert!(answer.text.contains("Invalid batch payload format."));
}

/// An item's address is relative to the version root, so it does not name the version. Documented:
/// `json-batching`. [batch-url-version]
#[test]
fn a_version_in_an_items_url_is_no_address() {
    let tenant = Tenant::new();
    let url = format!("/v1.0{}", me(&tenant));
    let batch = tenant.batch(&json!([item("1", "GET", &url)]));
    let status = batch.of("1").status;
    assert!((400..500).contains(&status), "{status}");
}

/// A body needs a `Content-Type` among the item's headers. Documented: `json-batching`; whether the
/// batch or the item is refused is not. [batch-content-type]
#[test]
fn a_body_without_content_type_is_refused() {
    let tenant = Tenant::new();
    let mut bare = item("1", "POST", &tenant.phones(0));
    bare["body"] = phone("mobile", "+1 4255550101");
    let answer = tenant.send_batch(&json!([bare]));
    if answer.status == 200 {
        let inner = answer.json()["responses"][0]["status"].clone();
        assert_eq!(inner, 400, "{}", answer.text);
    } else {
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    assert!(tenant.get(&tenant.phones(0)).list().is_empty());
}

/// A POST that has no body takes an empty one with its `Content-Type`. Documented: the sample in
/// `json-batching`. [batch-empty-body]
#[test]
fn an_action_without_a_body_takes_an_empty_object() {
    let tenant = Tenant::new();
    let url = format!("{}/{MOBILE}/disableSmsSignIn", tenant.phones(3));
    let batch = tenant.batch(&json!([item_with("1", "POST", &url, &json!({}))]));
    batch.of("1").succeeds(204);
}

/// Methods may be mixed freely. Documented: `json-batching`. [batch-methods]
#[test]
fn methods_mix_freely() {
    let tenant = Tenant::new();
    let office = format!("{}/{OFFICE}", tenant.phones(7));
    let mobile = format!("{}/{MOBILE}", tenant.phones(3));
    let batch = tenant.batch(&json!([
        item("1", "GET", &me(&tenant)),
        item_with(
            "2",
            "POST",
            &tenant.phones(1),
            &phone("mobile", "+1 4255550101")
        ),
        item_with("3", "PATCH", &mobile, &phone("mobile", "+1 4255550102")),
        item("4", "DELETE", &office),
    ]));
    batch.of("1").succeeds(200);
    batch.of("2").succeeds(201);
    assert!([200, 204].contains(&batch.of("3").status));
    batch.of("4").succeeds(204);
}

/// A batch does not travel in a batch. Documented: the SDK design's `BatchRequestContent`.
/// [batch-nested]
#[test]
fn a_batch_in_a_batch_is_refused() {
    let tenant = Tenant::new();
    let inner = json!({"requests": [item("1", "GET", &me(&tenant))]});
    let answer = tenant.send_batch(&json!([item_with("1", "POST", "/$batch", &inner)]));
    if answer.status == 200 {
        let inner = answer.json()["responses"][0]["status"].as_u64().unwrap();
        assert!((400..500).contains(&inner), "{}", answer.text);
    } else {
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
}

/// An item's address escapes the limits that addresses have. Documented: `json-batching`.
/// [batch-url-length]
#[test]
fn an_items_url_may_be_very_long() {
    let tenant = Tenant::new();
    let name = "x".repeat(60_000);
    let url = format!("/groups?$filter=displayName%20eq%20'{name}'&$select=id");
    let batch = tenant.batch(&json!([item("1", "GET", &url)]));
    assert!(batch.of("1").list().is_empty());
}

/// Items are authorized by the outer call, and without a token nothing runs. Documented:
/// `json-batching`. [batch-authorization]
#[test]
fn the_outer_call_carries_the_authorization() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}", tenant.group("Leavers 2019"));
    let add = item_with("1", "PATCH", &url, &tenant.binding([&tenant.worker(0)]));
    let call = tenant.ask("POST", "/$batch").anonymous();
    let answer = call.json(&json!({"requests": [add]})).send();
    assert_eq!(answer.status, 401);
    assert!(tenant.members("Leavers 2019").is_empty());
}

/// Items may have headers of their own, such as `ConsistencyLevel`. Documented: `json-batching`.
/// [batch-headers]
#[test]
fn an_items_headers_are_its_own() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members/$count", tenant.group("Crew O'Brien"));
    let mut eventual = item("1", "GET", &url);
    eventual["headers"] = json!({"ConsistencyLevel": "eventual"});
    let batch = tenant.batch(&json!([eventual, item("2", "GET", &url)]));
    batch.of("1").succeeds(200);
    assert_eq!(batch.of("2").status, 400);
}

/// A body that is not JSON comes back as base64. Documented: `json-batching`. [batch-base64]
#[test]
fn a_text_body_comes_as_base64() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members/$count", tenant.group("Crew O'Brien"));
    let mut count = item("1", "GET", &url);
    count["headers"] = json!({"ConsistencyLevel": "eventual"});
    let batch = tenant.batch(&json!([count]));
    assert_eq!(batch.of("1").succeeds(200), "MjQ=", "24 in base64");
    assert!(
        batch
            .of("1")
            .header("Content-Type")
            .unwrap()
            .starts_with("text/plain")
    );
}

/// The outer status is 200 as soon as the batch can be read, whatever the inner ones. Documented:
/// `json-batching`. [batch-outer-200]
#[test]
fn the_outer_status_is_200_when_every_item_fails() {
    let tenant = Tenant::new();
    let url = format!("/users/{NOBODY}");
    let batch = tenant.batch(&items(3, "GET", &url));
    assert_eq!(batch.count(404), 3);
}

/// An answer has an id, a status, headers and a body. Documented: `json-batching`.
/// [batch-answer]
#[test]
fn an_answer_has_id_status_headers_and_body() {
    let tenant = Tenant::new();
    let batch = tenant.batch(&json!([item("seven", "GET", &me(&tenant))]));
    let answer = &batch.items()[0];
    assert_eq!(answer["id"], "seven");
    assert_eq!(answer["status"], 200, "a number");
    let inner = batch.of("seven");
    assert!(
        inner
            .header("Content-Type")
            .unwrap()
            .starts_with("application/json")
    );
    assert_eq!(inner.header("Cache-Control"), Some("no-cache"));
    assert_eq!(inner.json()["id"], tenant.worker(0));
}

/// A 204 has no body in its answer. Documented: the sample in `json-batching`. [batch-204]
#[test]
fn a_204_has_no_body() {
    let tenant = Tenant::new();
    let url = format!("{}/{OFFICE}", tenant.phones(7));
    let batch = tenant.batch(&json!([item("1", "DELETE", &url)]));
    let answer = &batch.items()[0];
    assert_eq!(answer["status"], 204);
    assert!(answer.get("body").is_none_or(Value::is_null), "{answer}");
}

/// A `nextLink` in an item is absolute and can be followed alone. Documented: `json-batching`.
/// [batch-next-link]
#[test]
fn a_next_link_inside_a_batch_is_absolute() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members?$top=10", tenant.group("Crew O'Brien"));
    let batch = tenant.batch(&json!([item("1", "GET", &url)]));
    let first = batch.of("1").succeeds(200);
    let link = &first["@odata.nextLink"];
    assert!(link.as_str().unwrap().starts_with("http"), "{link}");
    let second = tenant.follow(link).list();
    assert_eq!(second.len(), 10);
    assert_ne!(second[0]["id"], first["value"][0]["id"]);
}

/// Without its host and version a `nextLink` is an address for the next batch. Observed: CIPP does
/// so, 20 at a time. [batch-next-link-again]
#[test]
fn a_next_link_can_be_batched_again() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members?$top=10", tenant.group("Crew O'Brien"));
    let first = tenant.get(&url).succeeds(200);
    let link = first["@odata.nextLink"].as_str().unwrap();
    let (_, relative) = link.split_once("/v1.0").unwrap();
    let batch = tenant.batch(&json!([item("1", "GET", relative)]));
    assert_eq!(batch.of("1").list().len(), 10);
}

/// The version of the outer address is the version of every item. Our reading: `json-batching`.
/// [batch-version]
#[test]
fn the_outer_version_governs_the_items() {
    let tenant = Tenant::new();
    let url = format!("/groups/{}/members?$top=10", tenant.group("Crew O'Brien"));
    let body = json!({"requests": [item("1", "GET", &url)]});
    let answer = tenant.call("POST", "/beta/$batch").json(&body).send();
    let page = Batch(answer.succeeds(200)).of("1").succeeds(200);
    let link = page["@odata.nextLink"].as_str().unwrap();
    assert!(link.contains("/beta/groups/"), "{link}");
}

/// The error of an item names its request and its time. Documented: `errors`; observed in batches.
/// [batch-inner-error]
#[test]
fn the_error_of_an_item_names_its_request() {
    let tenant = Tenant::new();
    let url = format!("/users/{NOBODY}");
    let batch = tenant.batch(&items(2, "GET", &url));
    let of = |id| batch.of(id).json()["error"]["innerError"].clone();
    for inner in [of("0"), of("1")] {
        for name in ["request-id", "client-request-id", "date"] {
            assert!(inner[name].is_string(), "no {name}: {inner}");
        }
    }
}

/// An item about the directory says what it cost. Observed, and documented for single calls:
/// `throttling-limits`. [batch-resource-unit]
#[test]
fn an_item_about_the_directory_says_what_it_cost() {
    let tenant = Tenant::new();
    let batch = tenant.batch(&json!([item("1", "GET", "/users?$select=id,mail")]));
    assert_eq!(batch.of("1").header("x-ms-resource-unit"), Some("1"));
}

/// An item may have a `client-request-id` of its own, which its error names. Our reading:
/// `best-practices-concept`, `json-batching`. [batch-client-request-id]
#[test]
fn an_item_may_name_its_own_request() {
    let tenant = Tenant::new();
    let own = "11111111-2222-4333-8444-555555555555";
    let mut one = item("1", "GET", &format!("/users/{NOBODY}"));
    one["headers"] = json!({"client-request-id": own});
    let error = tenant.batch(&json!([one])).of("1").json()["error"].clone();
    assert_eq!(error["innerError"]["client-request-id"], own);
}
