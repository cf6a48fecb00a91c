//! Limits as a client meets them.

use time::Duration;

use super::*;

const TIGHT: &str = "
    [limits.directory]
    units = 10
    writes = 2
    [limits.authentication_methods]
    requests = 2
    per_seconds = 1
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
    // The refused try has used up what was left; five are asked for, one comes back each second.
    assert_eq!((seen.status, seen.header("Retry-After")), (429, Some("5")));
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

/// Five requests in ten seconds, all gone.
fn used_up(form: &str) -> (Caller, String) {
    let limits = "[limits.authentication_methods]\nrequests = 5\nper_seconds = 10\nburst = 5\n";
    let mut caller = Caller::with(&format!("[limits]\nretry_after = \"{form}\"\n{limits}"));
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    for _ in 0..5 {
        caller.get(&path).succeeds(200);
    }
    caller.now += Duration::milliseconds(500);
    (caller, path)
}

#[track_caller]
fn says_when_to_come_back(form: &str, expected: Option<&str>) {
    let (mut caller, path) = used_up(form);
    let seen = caller.get(&path);
    assert_eq!((seen.status, seen.header("Retry-After")), (429, expected));
}

#[test]
fn retry_after_takes_the_forms_that_were_seen() {
    // A quarter of a request has come back and is wasted by the try, so one is two seconds away.
    says_when_to_come_back("seconds", Some("2"));
    says_when_to_come_back("decimal", Some("2.001"));
    says_when_to_come_back("date", Some("Mon, 02 Mar 2026 08:00:03 GMT"));
    says_when_to_come_back("one", Some("1"));
    says_when_to_come_back("window", Some("10"));
    says_when_to_come_back("missing", None);
}

#[test]
fn who_keeps_trying_stays_throttled_and_is_counted() {
    let (mut caller, path) = used_up("seconds");
    for _ in 0..20 {
        assert_eq!(caller.get(&path).status, 429);
        caller.now += Duration::milliseconds(1_900);
    }
    let statistics = caller.inspect("statistics");
    assert_eq!(statistics["throttled"], 20);
    assert_eq!(statistics["throttled_before_retry_after"], 19);
    caller.now += Duration::milliseconds(100);
    caller.get(&path).succeeds(200);
}

#[test]
fn refused_tries_can_be_free() {
    let scenario = "[limits]\nthrottled_tries_count = false\n\
                    [limits.authentication_methods]\nrequests = 1\nper_seconds = 1\n";
    let mut caller = Caller::with(scenario);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    caller.get(&path).succeeds(200);
    for _ in 0..3 {
        caller.now += Duration::milliseconds(300);
        assert_eq!(caller.get(&path).status, 429);
    }
    caller.now += Duration::milliseconds(100);
    caller.get(&path).succeeds(200);
}

#[test]
fn a_refusal_of_the_directory_says_whose_limit_it_was() {
    let mut caller = Caller::with(TIGHT);
    let group = caller.group("Leavers 2019");
    let patch = json!({"description": "x"});
    let address = format!("/groups/{group}");
    let mut refused = caller.patch(&address, &patch);
    for _ in 0..2 {
        refused = caller.patch(&address, &patch);
    }
    assert_eq!(refused.status, 429);
    let scope = refused.header("x-ms-throttle-scope").unwrap();
    assert!(scope.starts_with("Tenant_Application/Write/"), "{scope}");
    assert_eq!(scope.split('/').count(), 4);
    assert_eq!(
        refused.header("x-ms-throttle-information"),
        Some("WriteLimitExceeded")
    );
    assert_eq!(refused.header("x-ms-resource-unit"), Some("1"));
    for _ in 0..10 {
        refused = caller.get(&address);
    }
    assert_eq!(
        refused.header("x-ms-throttle-information"),
        Some("ResourceUnitLimitExceeded")
    );
}

#[test]
fn authentication_methods_say_nothing_of_units_or_scopes() {
    let (mut caller, path) = used_up("seconds");
    let refused = caller.get(&path);
    assert_eq!(refused.status, 429);
    let names = refused.headers.iter().map(|(name, _)| name.as_str());
    let of_limits = ["x-ms-throttle", "x-ms-resource"];
    let count = names.filter(|name| of_limits.iter().any(|start| name.starts_with(start)));
    assert_eq!(count.count(), 0);
}

#[test]
fn the_directory_warns_above_four_fifths_of_a_limit() {
    let mut caller = Caller::with("[limits.directory]\nunits = 100\n");
    let path = format!("/groups/{}", caller.group("Leavers 2019"));
    let mut warned = Vec::new();
    // Five a second are half of the limit, nine are nine tenths of it.
    for (pause_ms, count) in [(200, 300), (112, 600)] {
        for _ in 0..count {
            caller.now += Duration::milliseconds(pause_ms);
            let seen = caller.get(&path);
            assert_eq!(seen.status, 200);
            warned.push(
                seen.header("x-ms-throttle-limit-percentage")
                    .map(str::to_owned),
            );
        }
    }
    assert!(warned[..300].iter().all(Option::is_none));
    assert_eq!(warned.last().unwrap().as_deref(), Some("0.90"));
}

#[test]
fn low_priority_is_throttled_first() {
    let mut caller =
        Caller::with("[limits.authentication_methods]\nrequests = 10\nper_seconds = 10\n");
    let url = format!("{}/authentication/phoneMethods", caller.worker(1));
    let part = |id: u32, priority: &str| json!({"id": id.to_string(), "method": "GET", "url": url, "headers": {"x-ms-throttle-priority": priority}});
    let low: Vec<Value> = (0..10).map(|id| part(id, "Low")).collect();
    let through = |seen: &Seen| {
        let parts = seen.body["responses"].as_array().unwrap().iter();
        parts.filter(|part| part["status"] == 200).count()
    };
    assert_eq!(through(&caller.batch(&json!(low))), 8);
}

#[test]
fn a_quota_can_change_while_the_service_runs() {
    let scenario = "[limits.authentication_methods]\nrequests = 10\nper_seconds = 1\nburst = 1\n\
                    [[faults.quota_steps]]\nat_seconds = 60\nshare = 0.1\n";
    let mut caller = Caller::with(scenario);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    let mut through = |seconds: i64| {
        let mut count = 0;
        for _ in 0..seconds * 10 {
            count += u32::from(caller.get(&path).status == 200);
            caller.now += Duration::milliseconds(100);
        }
        count
    };
    assert_eq!(through(60), 600);
    // Ten tries a second against one a second: each refused try throws away what has come back.
    assert!(through(60) < 10);
}

#[test]
fn who_had_not_been_told_yet_is_not_blamed() {
    let scenario = "[service]\nlatency_ms = 100\njitter_ms = 0\n\
                    [limits.authentication_methods]\nrequests = 1\nper_seconds = 10\n";
    let mut caller = Caller::with(scenario);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    // The second answer says to wait; it arrives 100 ms later, when the third is on its way already.
    for pause in [0, 50, 50, 49, 1] {
        caller.now += Duration::milliseconds(pause);
        caller.get(&path);
    }
    let statistics = caller.inspect("statistics");
    assert_eq!(statistics["throttled"], 4);
    assert_eq!(statistics["throttled_before_retry_after"], 1);
}

#[test]
fn who_never_got_the_answer_is_not_blamed() {
    let scenario = "[faults]\nresets_after = 1.0\n\
                    [limits.authentication_methods]\nrequests = 1\nper_seconds = 10\n";
    let mut caller = Caller::with(scenario);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    for _ in 0..3 {
        caller.ask("GET", &path, None);
        caller.now += Duration::seconds(1);
    }
    assert_eq!(
        caller.inspect("statistics")["throttled_before_retry_after"],
        0
    );
}

#[test]
fn the_limit_on_writes_forbids_no_reads() {
    let mut caller = Caller::with("[limits.directory]\nunits = 1\nwrites = 1\n");
    let group = format!("/groups/{}", caller.group("Leavers 2019"));
    let patch = json!({"description": "x"});
    for pause in [0, 20] {
        caller.now += Duration::seconds(pause);
        caller.patch(&group, &patch);
    }
    caller.now += Duration::seconds(20);
    caller.get(&group).succeeds(200);
    assert_eq!(caller.get(&group).status, 429);
    assert_eq!(
        caller.inspect("statistics")["throttled_before_retry_after"],
        0
    );
}

#[test]
fn a_look_at_the_statistics_starts_no_clock() {
    let scenario = "[limits.authentication_methods]\nrequests = 1\nper_seconds = 1\n\
                    [[faults.quota_steps]]\nat_seconds = 100\nshare = 0.1\n";
    let mut caller = Caller::with(scenario);
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    caller.inspect("statistics");
    caller.now += Duration::seconds(200);
    caller.get(&path).succeeds(200);
    assert_eq!(caller.get(&path).header("Retry-After"), Some("1"));
}
