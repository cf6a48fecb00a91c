//! How long the service takes, and what happens to those who take too long.

use std::time::Duration;

use super::*;

/// Twenty phones in one batch, and the address of each.
fn twenty(caller: &mut Caller) -> Value {
    let parts = (0..20).map(|number| {
        json!({
            "id": number.to_string(),
            "method": "POST",
            "url": format!("{}/authentication/phoneMethods", caller.worker(number * 10)),
            "headers": {"Content-Type": "application/json"},
            "body": {"phoneNumber": format!("+1 40455501{number:02}"), "phoneType": "mobile"},
        })
    });
    json!({"requests": parts.collect::<Vec<_>>()})
}

fn saved(caller: &mut Caller) -> usize {
    let tenant = caller.inspect("tenant");
    let users = tenant["users"].as_array().unwrap().iter();
    let numbers = users.filter_map(|user| user["phones"]["mobile"].as_str());
    numbers
        .filter(|number| number.starts_with("+1 404"))
        .count()
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let body: Value = serde_json::from_slice(&answer.response.body).unwrap();
    let parts = body["responses"].as_array().unwrap().iter();
    let mut statuses: Vec<u64> = parts.map(|part| part["status"].as_u64().unwrap()).collect();
    statuses.sort_unstable();
    statuses
}

#[test]
fn a_batch_takes_as_long_as_its_parts_side_by_side() {
    for (parallel, rounds) in [(20, 1), (4, 5), (1, 20)] {
        let service =
            format!("[service]\nlatency_ms = 100\njitter_ms = 0\ninner_parallel = {parallel}\n");
        let mut caller = Caller::with(&service);
        let batch = twenty(&mut caller);
        let answer = caller.ask("POST", "/$batch", Some(&batch));
        assert_eq!(answer.delay, Duration::from_millis(100 * rounds));
    }
}

#[test]
fn what_depends_on_another_begins_when_that_has_ended() {
    let mut caller = Caller::with("[service]\nlatency_ms = 100\njitter_ms = 0\n");
    let url = caller.worker(0);
    let part = |id: &str, after: &[&str]| json!({"id": id, "method": "GET", "url": url, "dependsOn": after});
    let batch = json!({"requests": [part("1", &[]), part("2", &["1"]), part("3", &["2"])]});
    let answer = caller.ask("POST", "/$batch", Some(&batch));
    assert_eq!(answer.delay, Duration::from_millis(300));
}

#[test]
fn the_service_gets_slower_with_more_to_do() {
    let mut caller = Caller::with("[service]\nlatency_ms = 100\njitter_ms = 0\nload_ms = 30\n");
    let path = caller.worker(0);
    let delays: Vec<u128> = (0..3)
        .map(|_| caller.ask("GET", &path, None).delay.as_millis())
        .collect();
    assert_eq!(delays, [100, 130, 160]);
    caller.now += Duration::from_secs(1);
    assert_eq!(caller.ask("GET", &path, None).delay.as_millis(), 100);
}

/// A service in which half of all requests take 40 seconds longer.
const SLOW: &str = "
    [limits.authentication_methods]
    requests = 1000
    per_seconds = 1
    [faults]
    slow = 0.5
";

#[test]
fn what_has_not_ended_in_30_seconds_is_answered_504_and_may_take_effect_later() {
    for (late_effects, all) in [("0.0", false), ("1.0", true)] {
        let mut caller = Caller::with(&format!("{SLOW}[service]\nlate_effects = {late_effects}\n"));
        let batch = twenty(&mut caller);
        let answer = caller.ask("POST", "/$batch", Some(&batch));
        assert_eq!(answer.delay, Duration::from_secs(30));
        let statuses = statuses(&answer);
        let in_time = statuses.iter().filter(|status| **status == 201).count();
        assert!((1..20).contains(&in_time), "{statuses:?}");
        assert!(statuses[in_time..].iter().all(|status| *status == 504));
        caller.now += Duration::from_secs(39);
        assert_eq!(saved(&mut caller), in_time);
        caller.now += Duration::from_secs(2);
        assert_eq!(saved(&mut caller), if all { 20 } else { in_time });
        let late = caller.inspect("statistics")["late_effects"].clone();
        assert_eq!(late, if all { 20 - in_time } else { 0 });
    }
}

#[test]
fn a_request_alone_has_the_same_time() {
    let mut caller = Caller::with("[faults]\nslow = 1.0\n[service]\nlate_effects = 1.0\n");
    let path = format!("{}/authentication/phoneMethods", caller.worker(0));
    let phone = json!({"phoneNumber": "+1 4045550101", "phoneType": "mobile"});
    let answer = caller.ask("POST", &path, Some(&phone));
    assert_eq!(
        (answer.response.status, answer.delay),
        (504, Duration::from_secs(30))
    );
    assert_eq!(saved(&mut caller), 0);
    caller.now += Duration::from_secs(41);
    assert_eq!(saved(&mut caller), 1);
}

#[test]
fn a_late_effect_leaves_its_group_to_others() {
    let scenario = "[service]\nconcurrency_violations = 1.0\nlate_effects = 1.0\n\
                    [faults]\nslow = 1.0\nslow_seconds = 40\n";
    let mut caller = Caller::with(scenario);
    let group = format!("/groups/{}", caller.group("Leavers 2019"));
    let patch = json!({"description": "x"});
    assert_eq!(caller.patch(&group, &patch).status, 504);
    caller.now += Duration::from_secs(41);
    // Read-only requests are not carried out late, as nobody would see what they found.
    assert_eq!(caller.get(&group).status, 504);
    caller.now += Duration::from_mins(1);
    assert_eq!(caller.inspect("statistics")["late_effects"], 1);
    let other = json!({"description": "y"});
    assert_eq!(caller.patch(&group, &other).status, 504);
    caller.now += Duration::from_mins(1);
    let statistics = caller.inspect("statistics");
    assert_eq!(statistics["late_effects"], 2);
    assert_eq!(statistics["writes_that_changed_nothing"], 0);
}

#[test]
fn time_never_runs_backwards() {
    let mut caller = Caller::new();
    let path = caller.worker(0);
    caller.now += Duration::from_mins(1);
    caller.get(&path).succeeds(200);
    caller.now = START;
    caller.get(&path).succeeds(200);
    let statistics = caller.inspect("statistics");
    assert_eq!(
        statistics["first_request_at"],
        statistics["last_request_at"]
    );
}
