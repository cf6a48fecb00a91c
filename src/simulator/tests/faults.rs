//! What goes wrong on purpose.

use time::Duration;

use super::*;

/// A caller whose service has one fault, and the address of a worker's phones.
fn with(fault: &str) -> (Caller, String) {
    let mut caller = Caller::with(&format!("[faults]\n{fault}\n"));
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    (caller, path)
}

fn phone() -> Value {
    json!({"phoneNumber": "+1 4045550101", "phoneType": "mobile"})
}

fn mobile(caller: &mut Caller) -> Value {
    caller.user(17)["phones"]["mobile"].clone()
}

/// A fault before the effect leaves nothing behind, the same one after it the whole effect.
#[track_caller]
fn before_and_after(before: &str, after: &str, is_hit: impl Fn(&Answer) -> bool) {
    for (fault, saved) in [(before, Value::Null), (after, json!("+1 4045550101"))] {
        let (mut caller, path) = with(fault);
        let answer = caller.ask("POST", &path, Some(&phone()));
        assert!(is_hit(&answer), "{answer:?}");
        // Reading it checks what holds for every reply.
        drop(Seen::from(answer.response));
        assert_eq!(mobile(&mut caller), saved, "{fault}");
    }
}

#[test]
fn errors_of_a_workload_come_before_or_after_the_effect() {
    before_and_after(
        "server_errors = 1.0",
        "server_errors_after = 1.0",
        |answer| (500..=504).contains(&answer.response.status),
    );
}

#[test]
fn errors_of_the_gateway_come_before_or_after_the_effect() {
    before_and_after(
        "gateway_errors = 1.0",
        "gateway_errors_after = 1.0",
        |answer| (502..=504).contains(&answer.response.status),
    );
}

#[test]
fn connections_break_before_or_after_the_effect() {
    before_and_after("resets = 1.0", "resets_after = 1.0", |answer| {
        answer.delivery == Delivery::Reset
    });
}

#[test]
fn bodies_are_cut_corrupted_or_slow() {
    let (mut caller, path) = with("cut_bodies = 1.0");
    let answer = caller.ask("GET", &path, None);
    let Delivery::Cut { bytes } = answer.delivery else {
        panic!("{:?}", answer.delivery);
    };
    assert!(bytes < answer.response.body.len());

    let (mut caller, path) = with("corrupted_bodies = 1.0");
    let answer = caller.ask("GET", &path, None);
    assert!(serde_json::from_slice::<Value>(&answer.response.body).is_err());
    assert_eq!(answer.delivery, Delivery::Whole);

    let (mut caller, path) = with("drips = 1.0\ndrip_seconds = 2.5");
    let answer = caller.ask("GET", &path, None);
    let over = std::time::Duration::from_millis(2500);
    assert_eq!(answer.delivery, Delivery::Drip { over });
}

#[test]
fn replies_are_missing_or_doubled() {
    for (fault, count) in [("missing_replies = 1.0", 2), ("doubled_replies = 1.0", 4)] {
        let (mut caller, path) = with(fault);
        let part = |id: u32| json!({"id": id.to_string(), "method": "GET", "url": path});
        let seen = caller.batch(&json!([part(1), part(2), part(3)]));
        assert_eq!(seen.body["responses"].as_array().unwrap().len(), count);
    }
}

#[test]
fn a_redirect_leads_elsewhere_and_does_nothing() {
    let (mut caller, path) = with("redirects = 1.0\nredirect_to = \"https://trap.example\"");
    let response = caller.ask("POST", &path, Some(&phone())).response;
    assert_eq!(response.status, 307);
    let location = response.headers.iter().find(|(name, _)| name == "Location");
    assert_eq!(
        location.unwrap().1,
        format!("https://trap.example/v1.0{path}")
    );
    assert_eq!(mobile(&mut caller), Value::Null);
}

#[test]
fn an_outage_lasts_as_long_as_the_scenario_says() {
    let outages = "[[faults.outages]]\nat_seconds = 10\nseconds = 120\n\
                   [[faults.outages]]\nat_seconds = 200\nseconds = 1\nstatus = 0\n";
    let mut caller = Caller::with(outages);
    let path = caller.worker(1);
    let mut status_at = |seconds: i64| {
        caller.now = START + Duration::seconds(seconds);
        let answer = caller.ask("GET", &path, None);
        (answer.response.status, answer.delivery)
    };
    assert_eq!(status_at(0), (200, Delivery::Whole));
    assert_eq!(status_at(10), (503, Delivery::Whole));
    assert_eq!(status_at(129), (503, Delivery::Whole));
    assert_eq!(status_at(130), (200, Delivery::Whole));
    assert_eq!(status_at(200).1, Delivery::Reset);
}

#[test]
fn shares_are_shares() {
    let (mut caller, path) = with("server_errors = 0.3\nresets = 0.1");
    let mut resets = 0;
    let mut errors = 0;
    for _ in 0..2_000 {
        caller.now += Duration::seconds(1);
        let answer = caller.ask("GET", &path, None);
        match answer.delivery {
            Delivery::Reset => resets += 1,
            _ => errors += u32::from(answer.response.status >= 500),
        }
    }
    assert!((160..240).contains(&resets), "{resets}");
    assert!((480..600).contains(&errors), "{errors}");
}

#[test]
fn what_a_caller_never_saw_is_counted() {
    let (mut caller, path) = with("resets_after = 0.5\ncut_bodies = 0.5");
    for _ in 0..7 {
        caller.ask("GET", &path, None);
    }
    let statistics = caller.inspect("statistics");
    assert_eq!(statistics["undelivered"], 7);
    assert_eq!(statistics["http"][0], json!({"status": 200, "count": 7}));
}
