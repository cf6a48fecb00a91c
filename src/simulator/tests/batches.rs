//! `$batch`.

use super::*;

fn get_user(id: &Value) -> Value {
    json!({"id": id, "method": "GET", "url": "/users/breakglass@northgate-grocers.example?$select=id"})
}

fn phone_of(id: &str, user: &str, number: &str) -> Value {
    json!({
        "id": id,
        "method": "POST",
        "url": format!("{user}/authentication/phoneMethods"),
        "headers": {"Content-Type": "application/json"},
        "body": {"phoneNumber": number, "phoneType": "mobile"},
    })
}

#[test]
fn every_request_is_answered_once_and_not_always_in_order() {
    let mut caller = Caller::new();
    let requests: Vec<Value> = (0..20).map(|id| get_user(&json!(id.to_string()))).collect();
    let orders: Vec<Vec<String>> = (0..4)
        .map(|_| {
            let body = caller.batch(&json!(requests)).succeeds(200);
            let parts = body["responses"].as_array().unwrap();
            parts
                .iter()
                .map(|part| part["id"].as_str().unwrap().to_owned())
                .collect()
        })
        .collect();
    for order in &orders {
        let mut sorted: Vec<u32> = order.iter().map(|id| id.parse().unwrap()).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
    assert_ne!(orders[0], orders[1]);
}

#[track_caller]
fn refused(requests: &Value, message: &str) {
    let mut caller = Caller::new();
    caller.batch(requests).fails(400, "BadRequest", message);
    assert_eq!(
        caller.inspect("statistics")["inner"],
        json!([]),
        "something ran"
    );
}

#[test]
fn a_malformed_batch_is_refused_whole() {
    let many: Vec<Value> = (0..21).map(|id| get_user(&json!(id))).collect();
    let format = "Invalid batch payload format.";
    refused(&json!([]), format);
    refused(&json!("none"), format);
    refused(
        &json!(many),
        "Number of requests inside batch exceeds the limit",
    );
    let twice = json!([get_user(&json!("A")), get_user(&json!("a"))]);
    refused(&twice, "Request Id a has to be unique in a batch.");
    refused(
        &json!([get_user(&json!("1")), get_user(&json!(1))]),
        "Request Id 1 has to be unique",
    );
    refused(&json!([{"id": "1", "method": "GET"}]), format);
    refused(&json!([{"method": "GET", "url": "/users"}]), format);
    refused(
        &json!([{"id": "1", "method": "POST", "url": "/$batch"}]),
        format,
    );
    let absolute = "https://graph.microsoft.com/v1.0/users/1";
    refused(
        &json!([{"id": "1", "method": "GET", "url": absolute}]),
        format,
    );
}

#[test]
fn a_write_needs_a_body_and_a_body_its_type() {
    let message = "Write request id : 1 does not contain Content-Type header or body.";
    let url = "/users/1/authentication/phoneMethods";
    refused(&json!([{"id": "1", "method": "POST", "url": url}]), message);
    refused(
        &json!([{"id": "1", "method": "POST", "url": url, "body": {}}]),
        message,
    );
    refused(
        &json!([{"id": "1", "method": "PATCH", "url": url, "headers": {"X": "y"}, "body": {}}]),
        message,
    );
}

#[test]
fn a_delete_needs_no_body_and_its_reply_has_none() {
    let mut caller = Caller::new();
    let worker = caller.worker(3);
    let url = format!("{worker}/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7");
    let seen = caller.batch(&json!([{"id": "x", "method": "DELETE", "url": url}]));
    let part = seen.part("x");
    assert_eq!(part["status"], 204);
    assert_eq!(part.get("body"), None);
}

#[test]
fn a_request_waits_for_what_it_depends_on_and_falls_with_it() {
    let mut caller = Caller::new();
    let worker = caller.worker(1);
    let mut second = phone_of("b", &worker, "+1 4045550102");
    second["dependsOn"] = json!(["A"]);
    second["body"]["phoneType"] = json!("alternateMobile");
    let mut third = get_user(&json!("c"));
    third["dependsOn"] = json!(["d"]);
    let missing = json!({"id": "d", "method": "GET", "url": "/users/nobody"});
    let first = phone_of("a", &worker, "+1 4045550101");
    let seen = caller.batch(&json!([missing, first, second, third]));
    assert_eq!(seen.part("a")["status"], 201);
    assert_eq!(seen.part("b")["status"], 201, "{}", seen.body);
    assert_eq!(seen.part("d")["status"], 404);
    assert_eq!(seen.part("c")["status"], 424);
    assert_eq!(seen.part("c")["body"]["error"]["code"], "FailedDependency");
}

#[test]
fn a_dependency_must_stand_earlier_in_the_list() {
    for parent in ["2", "1", "elsewhere"] {
        let mut first = get_user(&json!("1"));
        first["dependsOn"] = json!([parent]);
        refused(
            &json!([first, get_user(&json!("2"))]),
            "Invalid dependency for request Id 1",
        );
    }
}

#[test]
fn text_travels_as_base64() {
    let mut caller = Caller::new();
    let url = format!("/groups/{}/members/$count", caller.group("All staff"));
    let eventual = json!({"ConsistencyLevel": "eventual"});
    let seen =
        caller.batch(&json!([{"id": "0", "method": "GET", "url": url, "headers": eventual}]));
    assert_eq!(seen.part("0")["body"], "MzAwMA==");
    assert_eq!(seen.part("0")["headers"]["Content-Type"], "text/plain");
    let seen = caller.batch(&json!([{"id": "0", "method": "GET", "url": url}]));
    assert_eq!(seen.part("0")["status"], 400);
}

#[test]
fn inner_errors_carry_the_callers_id() {
    let mut caller = Caller::new();
    let headers = json!({"client-request-id": "mine"});
    let request = json!({"id": "0", "method": "GET", "url": "/users/nobody", "headers": headers});
    let part = caller.batch(&json!([request])).part("0");
    assert_eq!(
        part["body"]["error"]["innerError"]["client-request-id"],
        "mine"
    );
}

#[test]
fn only_post_makes_a_batch() {
    Caller::new()
        .get("/$batch")
        .fails(405, "Request_BadRequest", "");
}
