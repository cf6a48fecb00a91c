//! What real clients send: a believable tenant gets along with all of it.

use serde_json::{Value, json};

use crate::support::*;

/// Sends a batch as one client writes it, byte for byte.
fn sent(tenant: &Tenant, body: &str) -> Batch {
    let call = tenant.ask("POST", "/$batch").body("application/json", body);
    Batch(call.send().succeeds(200))
}

/// The Python SDK adds `depends_on: []` and `body: null` to every item. Observed: msgraph-sdk-python.
/// [client-python-depends-on]
#[test]
fn depends_on_in_snake_case_is_ignored() {
    let tenant = Tenant::new();
    let mut one = item("1", "GET", &format!("/users/{}", tenant.worker(0)));
    one["depends_on"] = json!([]);
    one["body"] = Value::Null;
    one["headers"] = json!({"accept": "application/json"});
    tenant.batch(&json!([one])).of("1").succeeds(200);
}

/// It is ignored also where it would name a parent: the member is called `dependsOn`. Our reading:
/// `json-batching`. [client-unknown-depends-on]
#[test]
fn depends_on_in_snake_case_orders_nothing() {
    let tenant = Tenant::new();
    let mut child = item("2", "GET", &format!("/users/{}", tenant.worker(0)));
    child["depends_on"] = json!(["1"]);
    let parent = item("1", "GET", &format!("/users/{NOBODY}"));
    let batch = tenant.batch(&json!([parent, child]));
    assert_eq!(batch.of("1").status, 404);
    batch.of("2").succeeds(200);
}

/// The Python SDK writes header names in lower case. Observed: msgraph-sdk-python.
/// [client-header-case]
#[test]
fn header_names_may_be_in_any_case() {
    let tenant = Tenant::new();
    let body = phone("mobile", "+1 4255550101");
    let write = |id: &str, worker: usize, name: &str| {
        json!({"id": id, "method": "POST", "url": tenant.phones(worker),
            "headers": {name: "application/json"}, "body": body})
    };
    let batch = tenant.batch(&json!([
        write("1", 1, "content-type"),
        write("2", 2, "CONTENT-TYPE")
    ]));
    batch.of("1").succeeds(201);
    batch.of("2").succeeds(201);
    let path = format!("/groups/{}/members/$count", tenant.group("Crew O'Brien"));
    let call = tenant.ask("GET", &path);
    let call = call.header("consistencylevel", "eventual");
    assert_eq!(call.send().status, 200);
}

/// The Python SDK writes `@odata.type` into bodies. Observed: msgraph-sdk-python.
/// [client-odata-type]
#[test]
fn bodies_may_say_their_type() {
    let tenant = Tenant::new();
    let mut number = phone("mobile", "+1 4255550101");
    number["@odata.type"] = json!("#microsoft.graph.phoneAuthenticationMethod");
    tenant.post(&tenant.phones(1), &number).succeeds(201);
    let kind = "#microsoft.graph.temporaryAccessPassAuthenticationMethod";
    let pass = json!({"@odata.type": kind, "lifetimeInMinutes": 60});
    tenant.post(&tenant.passes(1), &pass).succeeds(201);
}

/// Ids may be JSON numbers; they come back so that they can be matched. Observed: CLI for
/// Microsoft 365. [client-number-ids]
#[test]
fn ids_may_be_numbers() {
    let tenant = Tenant::new();
    let url = format!("/users/{}", tenant.worker(0));
    let batch = tenant.batch(&json!([
        {"id": 1, "method": "GET", "url": url},
        {"id": 2, "method": "GET", "url": url},
    ]));
    let mut answered: Vec<String> = batch
        .items()
        .iter()
        .map(|item| item["id"].to_string().trim_matches('"').to_owned())
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, ["1", "2"]);
    assert_eq!(batch.count(200), 2);
}

/// An item's address may lack its leading slash. Documented: the sample in `json-batching`.
/// [client-leading-slash]
#[test]
fn the_leading_slash_may_be_missing() {
    let tenant = Tenant::new();
    let url = format!("users/{}", tenant.worker(0));
    let batch = tenant.batch(&json!([item("1", "GET", &url)]));
    batch.of("1").succeeds(200);
}

/// Members of an item that nobody knows are ignored. Observed. [client-unknown-members]
#[test]
fn unknown_members_of_an_item_are_ignored() {
    let tenant = Tenant::new();
    let mut one = item("1", "GET", &format!("/users/{}", tenant.worker(0)));
    one["comment"] = json!("first");
    one["atomicityGroup"] = Value::Null;
    tenant.batch(&json!([one])).of("1").succeeds(200);
}

/// Members may come in any order, and white space does not matter. Documented: RFC 8259.
/// [client-json]
#[test]
fn json_is_json_however_it_is_written() {
    let tenant = Tenant::new();
    let url = format!("/users/{}", tenant.worker(0)).replace('/', "\\/");
    let body = format!(
        "\r\n {{\"requests\" : [\n{{ \"url\":\"{url}\",\t\"method\":\"GET\" , \"id\":\"1\" }} ] }}\n"
    );
    sent(&tenant, &body).of("1").succeeds(200);
}

/// A `Content-Type` may say its character set. Documented: RFC 9110. [client-charset]
#[test]
fn a_content_type_may_have_parameters() {
    let tenant = Tenant::new();
    let body = json!({"requests": [item("1", "GET", &format!("/users/{}", tenant.worker(0)))]});
    for kind in [
        "application/json; charset=utf-8",
        "application/json;odata.metadata=minimal",
    ] {
        let call = tenant.ask("POST", "/$batch").body(kind, &body.to_string());
        call.send().succeeds(200);
    }
    let mut write = item_with(
        "1",
        "POST",
        &tenant.phones(1),
        &phone("mobile", "+1 4255550101"),
    );
    write["headers"] = json!({"Content-Type": "application/json; charset=utf-8"});
    tenant.batch(&json!([write])).of("1").succeeds(201);
}

/// The `$` of a query option may be written `%24`. Documented: RFC 3986. [client-query-dollar]
#[test]
fn the_dollar_of_an_option_may_be_encoded() {
    let tenant = Tenant::new();
    let path = format!("/groups/{}/members", tenant.group("Crew O'Brien"));
    for top in ["$top", "%24top"] {
        let page = tenant.get(&format!("{path}?{top}=5")).list();
        assert_eq!(page.len(), 5, "{top}");
    }
}

/// One connection carries several requests. Documented: RFC 9112. [client-keep-alive]
#[test]
fn a_connection_carries_several_requests() {
    use std::io::{Read, Write};
    let tenant = Tenant::new();
    let mut stream = std::net::TcpStream::connect(tenant.address()).unwrap();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(20)))
        .unwrap();
    let line = "GET /v1.0/groups?$top=1 HTTP/1.1\r\nHost: graph\r\nAuthorization: Bearer any\r\n";
    let two = format!("{line}\r\n{line}Connection: close\r\n\r\n");
    stream.write_all(two.as_bytes()).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    assert_eq!(replies.matches("HTTP/1.1 200").count(), 2, "{replies}");
}
