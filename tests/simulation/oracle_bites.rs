//! The oracle finds every kind of lie: each is told here, over made-up results and tenants.

use crate::ledger::{self, Ledger};
use crate::made_up::World;
use crate::oracle::{View, is_kept, taken_back};
use bulkgraph::engine::Outcome;
use serde_json::json;
use time::macros::datetime;

type Lie = fn(&mut World);

/// What is true is not complained of, and with each of these changes it is, in these words.
#[track_caller]
fn bites(world: fn() -> World, lies: &[(Lie, &str)]) {
    assert_eq!(world().complaints(), Vec::<String>::new());
    for (lie, words) in lies {
        let mut world = world();
        lie(&mut world);
        let found = world.complaints();
        assert!(
            found.iter().any(|found| found.contains(words)),
            "{words}: {found:?}"
        );
    }
}

#[test]
fn lies_about_any_row_are_found() {
    bites(
        World::of_phones,
        &[
            (
                |world| drop(world.lines.pop()),
                "3 rows have 2 result lines",
            ),
            (
                |world| world.lines.push(world.lines[0].clone()),
                "3 rows have 4",
            ),
            (|world| world.lines.swap(0, 1), "the line of"),
            (|world| world.say(0, "PhoneNumber", "+9"), "the line of"),
            (|world| world.say(0, "ResultStatus", "sent"), "no status"),
            (
                |world| world.say(0, "ResultStatus", "not_attempted"),
                "was not attempted",
            ),
            (
                |world| world.say(0, "ResultAttempts", "0"),
                "without an attempt",
            ),
            (
                |world| world.say(0, "ResultFinishedAt", ""),
                "settled at no time",
            ),
            (
                |world| world.say(2, "ResultErrorMessage", ""),
                "for no reason",
            ),
            (|world| world.view = View::Refused, "this was written"),
        ],
    );
}

#[test]
fn lies_about_phones_are_found() {
    bites(
        World::of_phones,
        &[
            (
                |world| world.person("ana").phones.clear(),
                "the number is not there",
            ),
            (
                |world| world.say(0, "ResultStatus", "failed"),
                "the number has changed",
            ),
            (
                |world| world.say(0, "ResultPhoneNumber", "+9"),
                "not the one that is there",
            ),
            (|world| world.say(1, "ResultStatus", "succeeded"), "was not"),
            (|world| world.say(1, "ResultStatus", "in_doubt"), "was not"),
            (
                |world| world.say(1, "ResultStatus", "refused"),
                "against what it asks for",
            ),
            (
                |world| world.say(2, "ResultStatus", "failed"),
                "against what it asks for",
            ),
            (
                |world| world.person("di").phones.clear(),
                "nobody asked for this",
            ),
            (
                |world| world.person("cy").phones.clear(),
                "nobody asked for this",
            ),
            (
                |world| {
                    let phones = &mut world.person("bo").phones;
                    phones.insert("mobile".to_owned(), "+9".to_owned());
                },
                "not as it was asked for",
            ),
        ],
    );
}

#[test]
fn lies_about_passes_are_found() {
    bites(
        World::of_passes,
        &[
            (
                |world| world.say(0, "TemporaryAccessPass", "another"),
                "opens nothing",
            ),
            (
                |world| world.say(0, "TemporaryAccessPass", ""),
                "none where there is one",
            ),
            (
                |world| world.say(1, "TemporaryAccessPass", "value of b"),
                "where there is none",
            ),
            (
                |world| world.say(1, "TemporaryAccessPass", "value of a"),
                "of somebody else",
            ),
            (|world| world.person("ana").pass = None, "opens nothing"),
            (
                |world| world.say(0, "ResultStatus", "failed"),
                "there is another pass",
            ),
            (
                |world| world.say(0, "ResultStatus", "unchanged"),
                "there is another pass",
            ),
            (
                |world| world.person("bo").pass.as_mut().unwrap().id = "new".to_owned(),
                "a usable pass was replaced",
            ),
            (|world| world.person("bo").pass = None, "there is no pass"),
            (|world| world.ledger.forget(), "nothing was sent"),
            (
                |world| world.hand_out(true, datetime!(2026-11-20 18:00 UTC)),
                "a usable pass was replaced",
            ),
            (
                |world| world.hand_out(false, datetime!(2026-11-20 18:00 UTC)),
                "does not say so",
            ),
        ],
    );
}

#[test]
fn what_may_be_taken_for_the_run_s_or_has_ended_may_be_replaced() {
    for (is_plainly_theirs, ends) in [
        (false, datetime!(2026-11-20 18:00 UTC)),
        (true, datetime!(2026-11-20 10:00 UTC)),
    ] {
        let mut world = World::of_passes();
        world.hand_out(is_plainly_theirs, ends);
        world.say(0, "ResultAction", "replaced");
        assert_eq!(world.complaints(), Vec::<String>::new());
    }
}

#[test]
fn lies_about_members_are_found() {
    bites(
        World::of_members,
        &[
            (|world| drop(world.lines.remove(0)), "has no line"),
            (|world| drop(world.lines.remove(0)), "no line says so"),
            (|world| world.lines.clear(), "without a result line"),
            (
                |world| world.lines.push(world.lines[0].clone()),
                "two lines",
            ),
            (
                |world| world.say(0, "MemberId", "cy"),
                "nobody in the source",
            ),
            (|world| world.say(1, "Note", "row 2"), "lines of no row"),
            (|world| world.remove("cover", "ana"), "and is none"),
            (|world| world.remove("cover", "bo"), "nobody asked for this"),
            (|world| world.add("all", "bo"), "nobody asked for this"),
            (|world| world.add("cover", "cy"), "nobody asked for this"),
            (
                |world| world.say(0, "ResultStatus", "failed"),
                "is a member now",
            ),
            (
                |world| {
                    world.say(0, "ResultStatus", "refused");
                    world.remove("cover", "ana");
                },
                "and was sent",
            ),
            (
                |world| world.say(1, "ResultStatus", "succeeded"),
                "nothing was sent",
            ),
            (
                |world| world.say(1, "ResultAction", ""),
                "no group within the source",
            ),
            (
                |world| world.say(0, "MemberId", ""),
                "an ending that it cannot have",
            ),
            (|world| world.ledger.forget(), "nothing was sent"),
        ],
    );
}

#[test]
fn what_was_shown_cannot_be_taken_back() {
    let world = World::of_phones();
    let mut now = world.lines.clone();
    assert_eq!(taken_back(&world.lines, &now, &[]), Vec::<String>::new());
    now[0].insert("ResultPhoneNumber".to_owned(), "+9".to_owned());
    assert_eq!(taken_back(&world.lines, &now, &[]).len(), 1);
    assert_eq!(
        taken_back(&world.lines, &now, &[Outcome::Succeeded]).len(),
        0
    );
    let (shown, on_disk) = ([("failed".to_owned(), 2)], [("failed".to_owned(), 1)]);
    assert!(!is_kept(&shown.into(), &on_disk.into()));
}

#[test]
fn a_write_that_is_sent_again_without_a_look_is_found() {
    let batch = |method: &str| {
        let body = json!({"requests": [{
            "id": "0", "method": method, "url": "/users/Ana/authentication/phoneMethods",
            "body": {"phoneType": "mobile"},
        }]});
        body.to_string().into_bytes()
    };
    let mut ledger = Ledger::default();
    ledger.leaves(&batch("POST"));
    let look = ledger.leaves(&batch("GET"));
    let lost = br#"{"responses":[{"id":"0","status":503}]}"#;
    ledger.answered(&look, 200, lost);
    assert!(ledger.complaints.is_empty());
    ledger.leaves(&batch("POST"));
    assert_eq!(
        ledger.complaints.len(),
        1,
        "a look that saw nothing is none"
    );
    ledger.answered(&look, 200, br#"{"responses":[{"id":"0","status":200}]}"#);
    ledger.leaves(&batch("POST"));
    assert_eq!(ledger.complaints.len(), 1);
    assert_eq!(ledger.sent(&ledger::phone("ana", "mobile")), 3);
}
