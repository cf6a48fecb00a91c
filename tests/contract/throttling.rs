//! Throttling: what counts, what a refusal looks like, and when it ends.

use crate::http::Answer;
use crate::support::*;

/// Five requests for phones and passes, and then none for a long time.
const FIVE_METHODS: &str = "limits.authentication_methods.requests = 5\n\
    limits.authentication_methods.per_seconds = 10000\n\
    limits.authentication_methods.burst = 5\n";

/// Five writes to the directory, and then one in 30 seconds.
const FIVE_WRITES: &str = "limits.directory.writes = 5\n";

/// A hundred resource units, and then ten a second.
const HUNDRED_UNITS: &str = "limits.directory.units = 100\n";

/// A throttled answer.
fn throttled(keys: &str) -> Answer {
    let tenant = Tenant::limited(&format!("{FIVE_METHODS}{keys}"));
    let batch = tenant.batch(&items(20, "GET", &tenant.phones(3)));
    let found = batch.all().into_iter().find(|answer| answer.status == 429);
    found.expect("a throttled answer")
}

/// A write to the directory that changes nothing after the first time.
fn write(tenant: &Tenant) -> Answer {
    tenant.add("Leavers 2019", &tenant.worker(0))
}

/// What `Retry-After` says, in whole seconds.
fn seconds(answer: &Answer) -> u64 {
    answer.header("Retry-After").unwrap().parse().unwrap()
}

/// Every item of a batch is charged on its own, and what exceeds the limit is a 429 inside a 200.
/// Documented: `throttling`, `json-batching`. [throttle-each]
#[test]
fn each_item_is_charged_on_its_own() {
    let tenant = Tenant::limited(FIVE_METHODS);
    let batch = tenant.batch(&items(20, "GET", &tenant.phones(3)));
    assert_eq!((batch.count(200), batch.count(429)), (5, 15));
}

/// A single call is refused as an item is. Documented: `throttling`. [throttle-single]
#[test]
fn a_single_call_over_the_limit_is_a_429() {
    let tenant = Tenant::limited(FIVE_METHODS);
    let path = tenant.phones(3);
    for _ in 0..5 {
        tenant.get(&path).succeeds(200);
    }
    assert_eq!(tenant.get(&path).status, 429);
}

/// What was throttled did not happen. Documented: `throttling`. [throttle-no-effect]
#[test]
fn a_throttled_write_has_no_effect() {
    let tenant = Tenant::limited(FIVE_WRITES);
    for _ in 0..5 {
        write(&tenant);
    }
    let refused = tenant.add("Holiday cover", &tenant.worker(0));
    assert_eq!(refused.status, 429);
    assert!(tenant.members("Holiday cover").is_empty());
}

/// The body of a 429 has the code `TooManyRequests`. Documented: `throttling`. [throttle-body]
#[test]
fn the_code_of_a_429_is_too_many_requests() {
    throttled("").refuses(429, "TooManyRequests", "");
}

/// The directory and the authentication methods are limited apart. Observed: support notes on
/// Graph; `throttling-limits` lists them in different tables. [throttle-workloads]
#[test]
fn workloads_are_limited_apart() {
    let tenant = Tenant::limited(FIVE_METHODS);
    let batch = tenant.batch(&items(20, "GET", &tenant.phones(3)));
    assert_eq!(batch.count(429), 15);
    tenant.get("/groups").succeeds(200);
}

/// Writes have a limit of their own; when it is used up reads go on. Documented:
/// `throttling-limits`. [throttle-writes]
#[test]
fn reads_go_on_when_the_writes_are_used_up() {
    let tenant = Tenant::limited(FIVE_WRITES);
    for _ in 0..5 {
        assert_ne!(write(&tenant).status, 429);
    }
    assert_eq!(write(&tenant).status, 429);
    tenant.get("/groups").succeeds(200);
}

/// Several limits apply at once and the first that is reached wins: writes cost units too.
/// Documented: `throttling-limits`. [throttle-first-limit]
#[test]
fn the_first_limit_reached_wins() {
    let tenant = Tenant::limited(HUNDRED_UNITS);
    spend(&tenant);
    assert_eq!(write(&tenant).status, 429);
}

/// `x-ms-throttle-information` says which limit it was. Documented: `throttling-limits`.
/// [throttle-information]
#[test]
fn a_429_says_which_limit_it_was() {
    let tenant = Tenant::limited(FIVE_WRITES);
    for _ in 0..5 {
        write(&tenant);
    }
    let refused = write(&tenant);
    assert_eq!(
        refused.header("x-ms-throttle-information"),
        Some("WriteLimitExceeded")
    );
    let tenant = Tenant::limited(HUNDRED_UNITS);
    let refused = spend(&tenant);
    assert_eq!(
        refused.header("x-ms-throttle-information"),
        Some("ResourceUnitLimitExceeded")
    );
}

/// Reads until that is refused, and hands back the refusal.
fn spend(tenant: &Tenant) -> Answer {
    let path = format!("/groups/{}", tenant.group("Crew O'Brien"));
    let mut answers = (0..200).map(|_| tenant.get(&path));
    let found = answers.find(|answer| answer.status == 429);
    found.expect("a limit")
}

/// `x-ms-throttle-scope` is `<scope>/<Read|Write|ReadWrite>/<application>/<tenant>`. Documented:
/// `throttling-limits`. [throttle-scope]
#[test]
fn a_429_says_whose_limit_it_was() {
    let tenant = Tenant::limited(FIVE_WRITES);
    for _ in 0..5 {
        write(&tenant);
    }
    let refused = write(&tenant);
    let scope = refused.header("x-ms-throttle-scope").expect("a scope");
    let parts: Vec<&str> = scope.split('/').collect();
    assert_eq!(parts.len(), 4, "{scope}");
    assert!(["Tenant_Application", "Tenant", "Application"].contains(&parts[0]));
    assert!(["Read", "Write", "ReadWrite"].contains(&parts[1]));
    for id in &parts[2..] {
        assert_eq!(id.len(), 36, "{scope}");
    }
}

/// `x-ms-throttle-limit-percentage` comes above 0.8 of the limit and lies between 0.8 and 1.8.
/// Documented: `throttling-limits`. [throttle-percentage]
#[test]
fn the_percentage_comes_above_four_fifths_only() {
    let tenant = Tenant::limited(HUNDRED_UNITS);
    let requests = items(
        20,
        "GET",
        &format!("/groups/{}", tenant.group("Crew O'Brien")),
    );
    let shares = || {
        let answers = tenant.batch(&requests).all();
        let share = |answer: &Answer| {
            let share = answer.header("x-ms-throttle-limit-percentage")?;
            Some(share.parse::<f64>().unwrap())
        };
        answers.iter().filter_map(share).collect::<Vec<f64>>()
    };
    for _ in 0..3 {
        assert_eq!(shares(), Vec::<f64>::new());
    }
    shares();
    let last = shares();
    assert!(!last.is_empty());
    for share in last {
        assert!((0.8..=1.8).contains(&share), "{share}");
    }
}

/// After what `Retry-After` says the call goes through. Documented: `throttling`.
/// [throttle-retry-after]
#[test]
fn after_the_wait_it_goes_through() {
    let tenant = Tenant::limited(FIVE_WRITES);
    for _ in 0..5 {
        write(&tenant);
    }
    let refused = write(&tenant);
    assert_eq!(refused.status, 429);
    tenant.advance(seconds(&refused));
    assert_ne!(write(&tenant).status, 429);
}

/// Throttled tries count too: who does not wait stays throttled. Documented: `throttling`.
/// [throttle-tries-count]
#[test]
fn who_does_not_wait_stays_throttled() {
    let is_served = |keys: &str| {
        let tenant = Tenant::limited(&format!("{FIVE_WRITES}{keys}"));
        for _ in 0..5 {
            write(&tenant);
        }
        let wait = seconds(&write(&tenant));
        (0..10).any(|_| {
            tenant.advance(wait / 2);
            write(&tenant).status != 429
        })
    };
    assert!(!is_served(""), "the default");
    assert!(is_served("limits.throttled_tries_count = false\n"));
}

/// `Retry-After` is whole seconds as a rule. Documented: `throttling`. [retry-after-seconds]
#[test]
fn retry_after_is_whole_seconds() {
    assert!(seconds(&throttled("limits.retry_after = \"seconds\"\n")) >= 1);
    assert!(seconds(&throttled("")) >= 1, "the default");
}

/// `Retry-After` may be a decimal inside a batch. Observed: microsoft-graph-docs #3877 and #17442.
/// [retry-after-decimal]
#[test]
fn retry_after_may_be_a_decimal() {
    let answer = throttled("limits.retry_after = \"decimal\"\n");
    let value = answer.header("Retry-After").unwrap();
    assert!(value.contains('.'), "{value}");
    assert!(value.parse::<f64>().unwrap() > 0.0);
}

/// `Retry-After` may be a date. Documented: RFC 9110. [retry-after-date]
#[test]
fn retry_after_may_be_a_date() {
    let answer = throttled("limits.retry_after = \"date\"\n");
    let value = answer.header("Retry-After").unwrap();
    httpdate::parse_http_date(value).unwrap();
}

/// Some only ever saw "1". Observed: msgraph-sdk-javascript #297. [retry-after-one]
#[test]
fn retry_after_may_always_be_one() {
    let answer = throttled("limits.retry_after = \"one\"\n");
    assert_eq!(answer.header("Retry-After"), Some("1"));
}

/// `Retry-After` may be missing. Documented for some resources: `throttling`.
/// [retry-after-missing]
#[test]
fn retry_after_may_be_missing() {
    let answer = throttled("limits.retry_after = \"missing\"\n");
    assert_eq!(answer.header("Retry-After"), None);
}

/// `Retry-After` may be the whole window. Our reading. [retry-after-window]
#[test]
fn retry_after_may_be_the_window() {
    let answer = throttled("limits.retry_after = \"window\"\n");
    assert_eq!(seconds(&answer), 10_000);
}

/// Requests of low priority are throttled first, those of high priority last. Documented as a hint:
/// `throttling-limits`. [throttle-priority]
#[test]
fn low_priority_is_throttled_first() {
    let tenant = Tenant::limited(HUNDRED_UNITS);
    let path = format!("/groups/{}", tenant.group("Crew O'Brien"));
    let status = |priority: &str| {
        let call = tenant.ask("GET", &path);
        let call = call.header("x-ms-throttle-priority", priority);
        call.send().status
    };
    let refused = (0..300).any(|_| status("Low") == 429);
    assert!(refused, "300 calls of low priority went through");
    assert_eq!(status("High"), 200);
}
