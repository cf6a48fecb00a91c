//! What goes wrong between client and service: answers that are lost, cut, late or sent elsewhere,
//! and writes that happened all the same.

use serde_json::json;

use crate::support::*;

/// The statuses of a service that fails.
const FAILURES: [u16; 4] = [500, 502, 503, 504];

/// A batch that adds a phone to a worker without one.
fn add_a_phone(tenant: &Tenant) -> crate::http::Call {
    let add = item_with(
        "1",
        "POST",
        &tenant.phones(0),
        &phone("mobile", "+1 4255550101"),
    );
    let call = tenant.ask("POST", "/$batch");
    call.json(&json!({"requests": [add]}))
}

/// How many phones that worker has in truth.
fn phones_shown(tenant: &Tenant) -> usize {
    let shown = tenant.call("GET", "/_simulator/tenant").send().json();
    shown["users"][16]["phones"].as_object().unwrap().len()
}

/// The service may fail without doing anything. Documented: `errors`. [fault-before]
#[test]
fn a_failed_write_may_not_have_happened() {
    let tenant = Tenant::with("faults.server_errors = 1.0\n");
    let answer = tenant.post(&tenant.phones(0), &phone("mobile", "+1 4255550101"));
    assert!(FAILURES.contains(&answer.status), "{}", answer.text);
    assert!(answer.json()["error"]["code"].is_string());
    assert_eq!(phones_shown(&tenant), 0);
}

/// A 503 or 504 may come after the write was done. Observed: support notes on Graph.
/// [fault-after]
#[test]
fn a_failed_write_may_have_happened() {
    let tenant = Tenant::with("faults.server_errors_after = 1.0\n");
    let answer = tenant.post(&tenant.phones(0), &phone("mobile", "+1 4255550101"));
    assert!(FAILURES.contains(&answer.status), "{}", answer.text);
    assert_eq!(phones_shown(&tenant), 1);
}

/// A batch may fail whole, before or after its items were done. Observed: support notes on Graph.
/// [fault-batch]
#[test]
fn a_batch_may_fail_though_its_items_were_done() {
    let tenant = Tenant::with("faults.server_errors_after = 1.0\n");
    let answer = add_a_phone(&tenant).send();
    let status = if answer.status == 200 {
        u16::try_from(answer.json()["responses"][0]["status"].as_u64().unwrap()).unwrap()
    } else {
        answer.status
    };
    assert!(FAILURES.contains(&status), "{}", answer.text);
    assert_eq!(phones_shown(&tenant), 1);
}

/// A connection may break before anything was done. Our reading. [fault-reset]
#[test]
fn a_connection_may_break_before_the_work() {
    let tenant = Tenant::with("faults.resets = 1.0\n");
    add_a_phone(&tenant).try_send().unwrap_err();
    assert_eq!(phones_shown(&tenant), 0);
}

/// A connection may break after the work was done: the outcome is unknown. Our reading.
/// [fault-reset-after]
#[test]
fn a_connection_may_break_after_the_work() {
    let tenant = Tenant::with("faults.resets_after = 1.0\n");
    add_a_phone(&tenant).try_send().unwrap_err();
    assert_eq!(phones_shown(&tenant), 1);
}

/// A body may end too early. Our reading. [fault-cut]
#[test]
fn a_body_may_be_cut() {
    let tenant = Tenant::with("faults.cut_bodies = 1.0\n");
    let cut = add_a_phone(&tenant).try_send();
    assert!(cut.is_err() || !cut.unwrap().whole);
    assert_eq!(phones_shown(&tenant), 1);
}

/// A body may be no JSON. Our reading. [fault-corrupted]
#[test]
fn a_body_may_be_no_json() {
    let tenant = Tenant::with("faults.corrupted_bodies = 1.0\n");
    let answer = add_a_phone(&tenant).send();
    assert!(answer.whole);
    let read = serde_json::from_str::<serde_json::Value>(&answer.text);
    assert!(read.is_err(), "{}", answer.text);
}

/// A batch may lack the answer to an item, whose outcome is unknown. Our reading: `json-batching`.
/// [fault-missing]
#[test]
fn an_item_may_go_unanswered() {
    let tenant = Tenant::with("faults.missing_replies = 1.0\n");
    let batch = Batch(add_a_phone(&tenant).send().succeeds(200));
    assert!(batch.items().is_empty(), "{batch:?}");
    assert_eq!(phones_shown(&tenant), 1);
}

/// A batch may answer an item twice. Our reading. [fault-doubled]
#[test]
fn an_item_may_be_answered_twice() {
    let tenant = Tenant::with("faults.doubled_replies = 1.0\n");
    let batch = Batch(add_a_phone(&tenant).send().succeeds(200));
    assert_eq!(batch.items().len(), 2);
    assert_eq!(phones_shown(&tenant), 1);
}

/// An address may lead elsewhere. Our reading: a client must not carry its token there.
/// [fault-redirect]
#[test]
fn an_answer_may_lead_elsewhere() {
    let tenant = Tenant::with(
        "faults.redirects = 1.0\nfaults.redirect_to = \"https://elsewhere.example\"\n",
    );
    let answer = tenant.get("/groups");
    assert!((300..400).contains(&answer.status), "{}", answer.status);
    let place = answer.header("Location").expect("a place");
    assert!(place.starts_with("https://elsewhere.example"), "{place}");
}

/// The inspection is never troubled: it is not Graph's. Our reading. [fault-inspection]
#[test]
fn the_inspection_is_never_troubled() {
    let tenant = Tenant::with("faults.server_errors = 1.0\nfaults.resets = 1.0\n");
    for path in ["/_simulator/tenant", "/_simulator/statistics"] {
        tenant.call("GET", path).send().succeeds(200);
    }
}
