//! Limits as a client meets them.

use time::Duration;

use super::*;

const TIGHT: &str = "
    [limits.directory]
    units = 10
    writes = 2
    [limits.authentication_methods]
    requests_per_second = 2
    burst = 3
";

#[test]
fn every_request_of_a_batch_is_charged_on_its_own() {
    let mut caller = Caller::with(TIGHT);
    let url = format!("{}/authentication/phoneMethods", caller.worker(1));
    let requests: Vec<Value> = (0..5)
        .map(|id| json!({"id": id.to_string(), "method": "GET", "url": url}))
        .collect();
    let seen = caller.batch(&json!(requests));
    let parts = seen.body["responses"].as_array().unwrap();
    let refused: Vec<&Value> = parts.iter().filter(|part| part["status"] == 429).collect();
    assert_eq!(refused.len(), 2);
    assert_eq!(refused[0]["headers"]["Retry-After"], "1");
    let error = &refused[0]["body"]["error"];
    assert_eq!(
        (&error["code"], &error["message"]),
        (
            &json!("TooManyRequests"),
            &json!("Please retry again later.")
        )
    );
    assert_eq!(error["innerError"]["status"], "429");
    assert_eq!(caller.inspect("statistics")["throttled"], 2);
}

#[test]
fn who_waits_as_told_gets_through() {
    let mut caller = Caller::with(TIGHT);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    for _ in 0..20 {
        let seen = caller.get(&path);
        if seen.status == 429 {
            let seconds = seen.header("Retry-After").unwrap().parse().unwrap();
            assert_eq!(seen.header("x-ms-resource-unit"), None);
            caller.now += Duration::seconds(seconds);
            caller.get(&path).succeeds(200);
        }
    }
}

#[test]
fn the_directory_counts_units_and_writes_apart() {
    let mut caller = Caller::with(TIGHT);
    let to = caller.group("Holiday cover");
    let user = caller.user(20)["id"].as_str().unwrap().to_owned();
    let remove = format!("/groups/{to}/members/{user}/$ref");
    for _ in 0..2 {
        assert_eq!(caller.delete(&remove).status, 404);
    }
    let seen = caller.delete(&remove);
    seen.fails(429, "TooManyRequests", "");
    // Two writes in 150 seconds: the next is there after 75.
    assert_eq!(seen.header("Retry-After"), Some("75"));
    let read = caller.get(&format!("/groups/{to}/transitiveMembers"));
    assert_eq!(read.header("x-ms-resource-unit"), Some("5"));
    let seen = caller.get(&format!("/groups/{to}/transitiveMembers"));
    // Seven of ten units are gone, five are asked for, one comes back each second.
    assert_eq!((seen.status, seen.header("Retry-After")), (429, Some("2")));
    let phones = format!("{}/authentication/phoneMethods", caller.worker(1));
    let phones = caller.get(&phones);
    assert_eq!(
        (phones.status, phones.header("x-ms-resource-unit")),
        (200, None)
    );
    assert_eq!(caller.inspect("statistics")["writes"], 2);
}

#[test]
fn the_documented_writes_go_through_at_once_and_then_twenty_a_second() {
    let mut caller = Caller::with("");
    let to = caller.group("Holiday cover");
    let user = caller.user(20)["id"].as_str().unwrap().to_owned();
    let remove = format!("/groups/{to}/members/{user}/$ref");
    let mut passed = 0;
    for second in 0..=10 {
        caller.now = START + Duration::seconds(second);
        while caller.delete(&remove).status != 429 {
            passed += 1;
        }
    }
    assert_eq!(passed, 3000 + 10 * 20);
}
