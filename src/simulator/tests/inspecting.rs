//! The inspection and what the service counts.

use time::Duration;

use super::*;

#[test]
fn statistics_count_requests_by_address_and_status() {
    let mut caller = Caller::with("[service]\nlatency_ms = 100\njitter_ms = 0");
    let empty = caller.inspect("statistics");
    let expected = json!({
        "batches": 0, "inner": [], "writes": 0, "throttled": 0, "max_in_flight": 0,
        "first_request_at": null, "last_request_at": null,
    });
    assert_eq!(empty, expected);
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
    let expected = json!({
        "batches": 1,
        "inner": [
            {"method": "GET", "path": "(unknown)", "status": 400, "count": 1},
            {"method": "GET", "path": pattern, "status": 200, "count": 2},
            {"method": "POST", "path": pattern, "status": 201, "count": 1},
            {"method": "POST", "path": pattern, "status": 400, "count": 1},
        ],
        "writes": 2,
        "throttled": 0,
        "max_in_flight": 3,
        "first_request_at": "2026-03-02T08:00:00Z",
        "last_request_at": "2026-03-02T08:00:00.15Z",
    });
    assert_eq!(caller.inspect("statistics"), expected);
}

#[test]
fn the_tenant_shows_users_and_groups() {
    let mut caller = Caller::new();
    let tenant = caller.inspect("tenant");
    assert_eq!(tenant["users"].as_array().unwrap().len(), 3000);
    // The group that only a policy needs comes on top of those asked for.
    assert_eq!(tenant["groups"].as_array().unwrap().len(), 240 + 1);
    assert_eq!(tenant["groups"][240]["displayName"], "SMS sign-in");
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
        ("GET", "/_simulator/sign-in"),
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
