use super::*;
use crate::jobs::script::{NOW, answer, error, lost, play};

const LOOK: &str = "GET /users/ana@x.example/authentication/temporaryAccessPassMethods";
/// After a lost write, which may still be running.
const LATE_LOOK: &str =
    "GET /users/ana@x.example/authentication/temporaryAccessPassMethods after 30s";
const POST: &str = r#"POST /users/ana@x.example/authentication/temporaryAccessPassMethods {"isUsableOnce":false,"lifetimeInMinutes":60}"#;
const SHOWN: &str = "ResultStartsAt=2026-11-20T09:00:00Z | ResultExpiresAt=2026-11-20T10:00:00Z | ResultUsableOnce=false";

fn item(resumed: bool) -> Item {
    let content = json!({"user": "ana@x.example", "lifetime": 60, "start": null, "once": false});
    Item {
        id: ItemId(1),
        content: content.to_string(),
        sent: resumed.then_some(Sent::at(NOW)),
    }
}

fn conversation(on_existing: OnExisting, resumed: bool) -> Box<dyn Conversation> {
    Box::new(Exchange::new(item(resumed), on_existing))
}

#[track_caller]
fn check(on_existing: OnExisting, replies: Vec<Reply>, expected: &[&str]) {
    assert_eq!(play(conversation(on_existing, false), replies), expected);
}

#[track_caller]
fn check_resumed(replies: Vec<Reply>, expected: &[&str]) {
    assert_eq!(
        play(conversation(OnExisting::Keep, true), replies),
        expected
    );
}

/// A pass as the service describes it, with these members changed.
fn pass(id: &str, usability: &str, changes: Value) -> Value {
    let mut pass = json!({
        "id": id, "temporaryAccessPass": null, "createdDateTime": "2026-11-20T09:00:01.5026721Z",
        "startDateTime": "2026-11-20T09:00:00Z", "lifetimeInMinutes": 60, "isUsableOnce": false,
        "isUsable": usability == "EnabledByPolicy", "methodUsabilityReason": usability,
    });
    if let (Some(pass), Value::Object(changes)) = (pass.as_object_mut(), changes) {
        pass.extend(changes);
    }
    pass
}

fn made() -> Reply {
    answer(
        201,
        pass(
            "new",
            "EnabledByPolicy",
            json!({"temporaryAccessPass": "nc+&G=xw"}),
        ),
    )
}

fn there(pass: &Value) -> Reply {
    answer(200, json!({"value": [pass]}))
}

fn none() -> Reply {
    answer(200, json!({"value": []}))
}

fn ended(action: &str) -> String {
    format!(
        "1: succeeded {action} | 201 | {SHOWN} | ResultUsability=EnabledByPolicy | secret=nc+&G=xw"
    )
}

fn kept() -> String {
    format!("1: unchanged kept | {SHOWN} | ResultUsability=EnabledByPolicy")
}

#[test]
fn a_person_without_a_pass_gets_one() {
    check(
        OnExisting::Keep,
        vec![none(), made()],
        &[LOOK, POST, &ended("created")],
    );
}

#[test]
fn a_usable_pass_is_dealt_with_as_chosen() {
    let usable = || there(&pass("old", "EnabledByPolicy", Value::Null));
    check(OnExisting::Keep, vec![usable()], &[LOOK, &kept()]);
    check(
        OnExisting::Replace,
        vec![usable(), made()],
        &[LOOK, POST, &ended("replaced")],
    );
    let failed = format!(
        "1: failed kept | the person has a usable pass already | {SHOWN} | ResultUsability=EnabledByPolicy"
    );
    check(OnExisting::Fail, vec![usable()], &[LOOK, &failed]);
}

#[test]
fn a_pass_that_waits_for_its_time_is_usable_and_a_spent_one_is_not() {
    let waiting = there(&pass("old", "NotYetValid", Value::Null));
    let kept = format!("1: unchanged kept | {SHOWN} | ResultUsability=NotYetValid");
    check(OnExisting::Keep, vec![waiting], &[LOOK, &kept]);
    for usability in ["Expired", "OneTimeUsed", "DisabledByPolicy"] {
        let spent = there(&pass("old", usability, Value::Null));
        check(
            OnExisting::Keep,
            vec![spent, made()],
            &[LOOK, POST, &ended("created")],
        );
    }
}

#[test]
fn a_refusal_keeps_the_service_s_reason() {
    let missing = || error(404, "Request_ResourceNotFound", "No such user.");
    let ending = "1: failed - | 404 | Request_ResourceNotFound | No such user.";
    check(OnExisting::Keep, vec![missing()], &[LOOK, ending]);
    let guest = error(
        400,
        "badRequest",
        "Temporary Access Pass cannot be added to an external guest user.",
    );
    let ending = "1: failed - | 400 | badRequest | Temporary Access Pass cannot be added to an external guest user.";
    check(OnExisting::Keep, vec![none(), guest], &[LOOK, POST, ending]);
    check(
        OnExisting::Keep,
        vec![lost()],
        &[LOOK, "1: failed - | connection reset"],
    );
}

#[test]
fn a_pass_whose_answer_was_lost_was_seen_by_nobody_and_is_issued_again() {
    let ours = || there(&pass("ours", "EnabledByPolicy", Value::Null));
    check(
        OnExisting::Keep,
        vec![none(), lost(), ours(), made()],
        &[LOOK, POST, LATE_LOOK, POST, &ended("replaced")],
    );
    check(
        OnExisting::Keep,
        vec![none(), lost(), none(), made()],
        &[LOOK, POST, LATE_LOOK, POST, &ended("created")],
    );
    let empty = answer(201, pass("ours", "EnabledByPolicy", Value::Null));
    check(
        OnExisting::Keep,
        vec![none(), empty, ours(), made()],
        &[LOOK, POST, LATE_LOOK, POST, &ended("replaced")],
    );
}

#[test]
fn a_pass_that_somebody_else_made_meanwhile_is_left_alone() {
    let theirs = || {
        there(&pass(
            "theirs",
            "EnabledByPolicy",
            json!({"lifetimeInMinutes": 480}),
        ))
    };
    let said = play(
        conversation(OnExisting::Keep, false),
        vec![none(), lost(), theirs()],
    );
    assert_eq!(said[..3], [LOOK, POST, LATE_LOOK]);
    assert_eq!(
        said[3],
        "1: in_doubt - | connection reset; there is a pass, and nobody can say whose it is"
    );
}

fn made_at(time: &str) -> Reply {
    let created = json!({"createdDateTime": time});
    there(&pass("x", "EnabledByPolicy", created))
}

#[test]
fn after_a_crash_it_looks_first_and_tells_its_own_pass_by_when_it_was_made() {
    let again = [LATE_LOOK, POST, &ended("replaced")];
    check_resumed(vec![made_at("2026-11-20T09:00:01Z"), made()], &again);
    // A clock that is some minutes off makes no difference, nor how long a write may run.
    check_resumed(vec![made_at("2026-11-20T08:55:00Z"), made()], &again);
    check_resumed(vec![made_at("2026-11-20T09:06:30Z"), made()], &again);
    check_resumed(vec![none(), made()], &[LATE_LOOK, POST, &ended("created")]);
    check_resumed(
        vec![made_at("")],
        &[
            LATE_LOOK,
            "1: in_doubt - | the program ended; there is a pass, and nobody can say whose it is",
        ],
    );
}

#[test]
fn what_was_made_when_no_lost_write_could_take_effect_is_somebody_else_s() {
    for time in [
        "2026-11-19T09:00:00Z",
        "2026-11-20T08:54:59Z",
        "2026-11-20T09:06:31Z",
        "2026-11-23T09:00:00Z",
    ] {
        check_resumed(vec![made_at(time)], &[LATE_LOOK, &kept()]);
        check(
            OnExisting::Keep,
            vec![none(), lost(), made_at(time)],
            &[LOOK, POST, LATE_LOOK, &kept()],
        );
    }
}

#[test]
fn each_lost_write_may_be_the_one_that_made_a_pass() {
    let mut item = item(true);
    item.sent = Some(Sent {
        first: NOW - time::Duration::HOUR,
        last: NOW - time::Duration::minutes(30),
    });
    for (time, is_ours) in [
        ("2026-11-20T07:54:59Z", false),
        ("2026-11-20T07:55:00Z", true),
        ("2026-11-20T08:36:30Z", true),
        ("2026-11-20T08:36:31Z", false),
    ] {
        let exchange = Exchange::new(item.clone(), OnExisting::Keep);
        let said = play(Box::new(exchange), vec![made_at(time)]);
        assert_eq!(said[1] == POST, is_ours, "{said:?}");
    }
    // This process' own write was lost too.
    let exchange = Exchange::new(item, OnExisting::Keep);
    let replies = vec![none(), lost(), made_at("2026-11-20T09:06:30Z"), made()];
    let said = play(Box::new(exchange), replies);
    assert_eq!(said.last().unwrap(), &ended("replaced"));
}

#[test]
fn a_pass_that_takes_the_place_of_a_usable_one_says_so() {
    let hint = |replies: Vec<Reply>| {
        let mut conversation = conversation(OnExisting::Keep, true);
        let mut step = conversation.hear(lost());
        for reply in replies {
            if matches!(&step, Step::Call(call) if call.writes()) {
                conversation.sending(NOW);
            }
            step = conversation.hear(reply);
        }
        match step {
            Step::Settle(items) => items[0].1.hint.clone(),
            step => panic!("{step:?}"),
        }
    };
    let usable = made_at("2026-11-20T09:00:01Z");
    assert_eq!(hint(vec![usable, made()]), REPLACED_OURS);
    assert_eq!(hint(vec![none(), made()]), "");
    let longer = json!({"lifetimeInMinutes": 480});
    let other = there(&pass("x", "EnabledByPolicy", longer));
    assert_eq!(hint(vec![other]), WHOSE);
}

#[test]
fn a_write_that_never_left_says_what_became_of_the_one_before() {
    let unsent = || Reply::Unsent("connection refused".to_owned());
    let failed = "1: failed - | another write could not be sent: connection refused";
    check(
        OnExisting::Keep,
        vec![none(), unsent()],
        &[LOOK, POST, "1: failed - | connection refused"],
    );
    check(
        OnExisting::Keep,
        vec![none(), lost(), none(), unsent()],
        &[LOOK, POST, LATE_LOOK, POST, failed],
    );
    check_resumed(vec![none(), unsent()], &[LATE_LOOK, POST, failed]);
    check_resumed(
        vec![made_at("2026-11-20T09:00:01Z"), unsent()],
        &[
            LATE_LOOK,
            POST,
            "1: in_doubt - | an earlier write may have taken effect, and another one could not be \
             sent: connection refused",
        ],
    );
}

#[test]
fn what_cannot_be_verified_is_in_doubt() {
    check(
        OnExisting::Keep,
        vec![none(), lost(), error(503, "", "")],
        &[
            LOOK,
            POST,
            LATE_LOOK,
            "1: in_doubt - | connection reset; whether there is a pass could not be read",
        ],
    );
    let replies = std::iter::once(none())
        .chain((0..WRITES_AT_MOST).flat_map(|_| [lost(), none()]))
        .collect();
    let said = play(conversation(OnExisting::Keep, false), replies);
    assert_eq!(
        said.last().unwrap(),
        "1: in_doubt - | sent 5 times without a usable answer"
    );
}

#[test]
fn a_pass_that_nobody_saw_and_that_cannot_be_replaced_is_in_doubt() {
    // One that the policy does not let the person use is a pass too.
    for usability in ["EnabledByPolicy", "DisabledByPolicy"] {
        let ours = there(&pass("ours", usability, Value::Null));
        let denied = error(403, "accessDenied", "No.");
        check(
            OnExisting::Keep,
            vec![none(), lost(), ours, denied],
            &[
                LOOK,
                POST,
                LATE_LOOK,
                POST,
                "1: in_doubt - | 403 | accessDenied | No.",
            ],
        );
    }
}

#[test]
fn whatever_was_chosen_the_writes_have_an_end() {
    for on_existing in [OnExisting::Keep, OnExisting::Replace, OnExisting::Fail] {
        let old = || {
            there(&pass(
                "old",
                "EnabledByPolicy",
                json!({"lifetimeInMinutes": 480}),
            ))
        };
        let looks_and_losses = (0..20).flat_map(|_| [old(), lost()]);
        let replies: Vec<Reply> = looks_and_losses
            .take(if on_existing == OnExisting::Replace {
                11
            } else {
                1
            })
            .collect();
        let said = play(conversation(on_existing, false), replies);
        let writes = said.iter().filter(|line| *line == POST).count();
        assert_eq!(
            writes,
            if on_existing == OnExisting::Replace {
                5
            } else {
                0
            }
        );
    }
}

#[test]
fn a_pass_of_which_nobody_says_that_it_is_spent_is_kept() {
    let silent = json!({"isUsable": null, "methodUsabilityReason": null});
    let said = play(
        conversation(OnExisting::Keep, false),
        vec![there(&pass("old", "", silent))],
    );
    assert!(said[1].starts_with("1: unchanged kept"), "{said:?}");
}
