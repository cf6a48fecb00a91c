//! The inspection and what the service counts.

use time::Duration;

use super::*;

#[test]
fn statistics_count_requests_by_address_and_status() {
    let mut caller = Caller::with("[service]\nlatency_ms = 100\njitter_ms = 0");
    let untouched = caller.inspect("statistics");
    assert_eq!(untouched["inner"], json!([]));
    assert_eq!(untouched["first_request_at"], Value::Null);
    let phones = format!("{}/authentication/phoneMethods", caller.worker(1));
    let post = json!({
        "id": "1", "method": "POST", "url": phones, "headers": {"content-type": "application/json"},
        "body": {"phoneNumber": "+1 4045550101", "phoneType": "mobile"},
    });
    let mut again = post.clone();
    again["id"] = json!("2");
    caller.batch(&json!([post, again])).succeeds(200);
    caller.now += Duration::milliseconds(50);
    caller.get(&phones).succeeds(200);
    caller.get("/teapots");
    caller.now += Duration::milliseconds(100);
    caller.get(&phones).succeeds(200);
    let pattern = "/users/{id}/authentication/phoneMethods";
    let seen = caller.inspect("statistics");
    let expected = json!({
        "batches": 1,
        "http": [{"status": 200, "count": 3}, {"status": 400, "count": 1}],
        "inner": [
            {"method": "GET", "path": "(unknown)", "status": 400, "count": 1},
            {"method": "GET", "path": pattern, "status": 200, "count": 2},
            {"method": "POST", "path": pattern, "status": 201, "count": 1},
            {"method": "POST", "path": pattern, "status": 400, "count": 1},
        ],
        "writes": 2,
        "throttled": 0,
        "throttled_before_retry_after": 0,
        "wrong": {"unknown-address": 1},
        "undelivered": 0,
        "late_effects": 0,
        "limits": seen["limits"],
        "max_in_flight": 3,
        "first_request_at": "2026-03-02T08:00:00Z",
        "last_request_at": "2026-03-02T08:00:00.15Z",
    });
    assert_eq!(seen, expected);
}

#[test]
fn limits_say_what_was_used_and_what_there_would_have_been() {
    let mut caller = Caller::with("[limits.directory]\nwrites = 300\n");
    let group = caller.group("Leavers 2019");
    let patch = json!({"description": "x"});
    caller.patch(&format!("/groups/{group}"), &patch);
    caller.now += Duration::seconds(30);
    caller.get(&format!("/groups/{group}")).succeeds(200);
    let limits = caller.inspect("statistics")["limits"].clone();
    let of = |scope: &str, counts: &str| {
        let limits = limits.as_array().unwrap().iter();
        let mut those = limits.filter(|limit| limit["scope"] == scope && limit["counts"] == counts);
        let limit = those.next().unwrap();
        (
            limit["used"].as_f64().unwrap(),
            limit["allowed"].as_f64().unwrap(),
        )
    };
    // 300 at once and 2 a second for half a minute.
    assert_eq!(of("Tenant_Application", "writes"), (1.0, 360.0));
    assert_eq!(of("Tenant_Application", "resource units"), (2.0, 32_000.0));
    assert_eq!(of("Tenant", "writes"), (1.0, 19_800.0));
}

#[test]
fn the_log_holds_the_last_requests_as_they_came() {
    let mut caller = Caller::with("[faults]\nresets_after = 1.0");
    let phones = format!("{}/authentication/phoneMethods", caller.worker(1));
    caller.send("GET", &phones, None);
    caller.send("POST", &phones, Some(&json!({"phoneType": "mobile"})));
    let log = |caller: &mut Caller, path: &str| -> Vec<Value> {
        let text = caller.inspect_text(path);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let lines = log(&mut caller, "log");
    assert_eq!(lines.len(), 2);
    let expected = json!({
        "method": "POST",
        "url": format!("/v1.0{phones}"),
        "body": "{\"phoneType\":\"mobile\"}",
        "status": 400,
        "delivered": false,
    });
    assert_eq!(lines[1], expected);
    assert_eq!(log(&mut caller, "log?last=1"), lines[1..]);
}

#[test]
fn the_clock_of_the_service_can_be_set_ahead() {
    let mut caller = Caller::new();
    let passes = format!(
        "{}/authentication/temporaryAccessPassMethods",
        caller.worker(0)
    );
    caller.post(&passes, &json!({})).succeeds(201);
    let usable = |caller: &mut Caller| caller.get(&passes).body["value"][0]["isUsable"].clone();
    assert_eq!(usable(&mut caller), true);
    let answer = caller.inspection("POST", "clock", "{\"advance_seconds\": 3600}");
    assert_eq!(answer, (200, "{\"ahead_seconds\":3600.0}".to_owned()));
    assert_eq!(usable(&mut caller), false);
    for wrong in [
        "",
        "{}",
        "{\"advance_seconds\": -1}",
        "{\"advance_seconds\": 1e30}",
    ] {
        assert_eq!(caller.inspection("POST", "clock", wrong).0, 400, "{wrong}");
    }
}

#[test]
fn the_tenant_shows_users_and_groups() {
    let mut caller = Caller::new();
    let tenant = caller.inspect("tenant");
    assert_eq!(tenant["users"].as_array().unwrap().len(), 3000);
    assert_eq!(tenant["groups"].as_array().unwrap().len(), 240);
    let user = tenant["users"][23].clone();
    let expected = json!({
        "id": user["id"],
        "userPrincipalName": "freya.chen@northgate-grocers.example",
        "phones": {"mobile": "+49 15560000007", "office": "+1 2065550199x107"},
        "pass": null,
    });
    assert_eq!(user, expected);
    let holder = &tenant["users"][20]["pass"];
    for name in ["id", "value", "createdDateTime"] {
        assert!(holder[name].is_string(), "{holder}");
    }
    assert_eq!(tenant["groups"][0]["displayName"], "All staff");
    assert_eq!(
        tenant["groups"][0]["members"].as_array().unwrap().len(),
        3000
    );
}

#[test]
fn nothing_else_is_to_be_found_there() {
    let mut caller = Caller::new();
    for (method, path) in [
        ("GET", "/_simulator/secrets"),
        ("POST", "/_simulator/tenant"),
    ] {
        let request = Request {
            method: method.to_owned(),
            path_and_query: path.to_owned(),
            ..Request::default()
        };
        assert_eq!(
            caller.simulator.answer(&request, START).response.status,
            404
        );
    }
}
