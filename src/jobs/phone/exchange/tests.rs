use super::*;
use crate::jobs::Sent;
use crate::jobs::script::{answer, error, lost, play};
use time::OffsetDateTime;

const POST: &str = r#"POST /users/ana@x.example/authentication/phoneMethods {"phoneNumber":"+1 5555550100","phoneType":"mobile"}"#;
const LOOK: &str = "GET /users/ana@x.example/authentication/phoneMethods";
/// After a lost write, which may still be running.
const LATE_LOOK: &str = "GET /users/ana@x.example/authentication/phoneMethods after 30s";
const PATCH: &str = r#"PATCH /users/ana@x.example/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7 {"phoneNumber":"+1 5555550100","phoneType":"mobile"}"#;

fn conversation(on_existing: OnExisting, resumed: bool) -> Box<dyn Conversation> {
    let content = json!({"user": "ana@x.example", "number": "+1 5555550100", "type": "mobile"});
    let sent = resumed.then_some(Sent::at(OffsetDateTime::UNIX_EPOCH));
    Box::new(Exchange::new(
        Item {
            id: ItemId(1),
            content: content.to_string(),
            sent,
        },
        on_existing,
    ))
}

#[track_caller]
fn check(on_existing: OnExisting, replies: Vec<Reply>, expected: &[&str]) {
    assert_eq!(play(conversation(on_existing, false), replies), expected);
}

#[track_caller]
fn check_resumed(replies: Vec<Reply>, expected: &[&str]) {
    assert_eq!(
        play(conversation(OnExisting::Update, true), replies),
        expected
    );
}

fn made(sms: &str) -> Reply {
    answer(
        201,
        json!({"phoneNumber": "+1 5555550100", "phoneType": "mobile", "smsSignInState": sms}),
    )
}

fn slot(number: &str) -> Reply {
    let office = json!({"phoneNumber": "+1 5555550999", "phoneType": "office", "smsSignInState": "notSupported"});
    let mobile = json!({"phoneNumber": number, "phoneType": "mobile", "smsSignInState": "ready"});
    answer(200, json!({"value": [office, mobile]}))
}

fn empty() -> Reply {
    answer(200, json!({"value": []}))
}

/// Which words the service uses is not known; what is there decides.
fn exists() -> Reply {
    error(
        400,
        "badRequest",
        "Mobile phone method is already registered for this account.",
    )
}

fn not_unique() -> Reply {
    error(
        409,
        "phoneNumberNotUnique",
        "The number is used by another account.",
    )
}

#[test]
fn a_new_number_takes_one_call() {
    check(
        OnExisting::Update,
        vec![made("ready")],
        &[
            POST,
            "1: succeeded created | 201 | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready",
        ],
    );
}

#[test]
fn the_same_number_is_unchanged_whatever_was_chosen() {
    for on_existing in [OnExisting::Update, OnExisting::Keep, OnExisting::Fail] {
        let ending = "1: unchanged kept | ResultPhoneNumber=+15555550100 | ResultSmsSignIn=ready";
        check(
            on_existing,
            vec![exists(), slot("+15555550100")],
            &[POST, LOOK, ending],
        );
    }
}

#[test]
fn another_number_is_dealt_with_as_chosen_and_never_deleted() {
    check(
        OnExisting::Update,
        vec![exists(), slot("+1 5555550111"), answer(204, Value::Null)],
        &[
            POST,
            LOOK,
            PATCH,
            "1: succeeded updated | 204 | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=",
        ],
    );
    check(
        OnExisting::Keep,
        vec![exists(), slot("+1 5555550111")],
        &[
            POST,
            LOOK,
            "1: unchanged kept | ResultPhoneNumber=+1 5555550111 | ResultSmsSignIn=",
        ],
    );
    check(
        OnExisting::Fail,
        vec![exists(), slot("+1 5555550111")],
        &[
            POST,
            LOOK,
            "1: failed kept | the person has another mobile number | ResultPhoneNumber=+1 5555550111",
        ],
    );
}

#[test]
fn a_clash_over_sms_sign_in_is_told_apart_from_failure() {
    let wait = format!("{LOOK} after 5s");
    let clash = "409 | phoneNumberNotUnique | The number is used by another account.";
    check(
        OnExisting::Update,
        vec![not_unique(), slot("+1 5555550100")],
        &[
            POST,
            &wait,
            &format!(
                "1: succeeded created | {clash} | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready"
            ),
        ],
    );
    check(
        OnExisting::Update,
        vec![not_unique(), empty()],
        &[POST, &wait, &format!("1: failed - | {clash}")],
    );
    check(
        OnExisting::Update,
        vec![not_unique(), error(403, "accessDenied", "No.")],
        &[
            POST,
            &wait,
            &format!("1: in_doubt - | {clash} (whether the number was saved could not be read)"),
        ],
    );
}

#[test]
fn a_declined_number_that_is_not_there_keeps_the_service_s_reason() {
    let format = || error(400, "badRequest", "The phone number is invalid.");
    let ending = "1: failed - | 400 | badRequest | The phone number is invalid.";
    check(
        OnExisting::Update,
        vec![format(), empty()],
        &[POST, LOOK, ending],
    );
    check(
        OnExisting::Update,
        vec![format(), lost()],
        &[POST, LOOK, ending],
    );
    check(
        OnExisting::Update,
        vec![error(404, "Request_ResourceNotFound", "No such user.")],
        &[
            POST,
            "1: failed - | 404 | Request_ResourceNotFound | No such user.",
        ],
    );
}

#[test]
fn a_lost_answer_is_looked_after_before_anything_is_sent_again() {
    let there = "ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready";
    check(
        OnExisting::Update,
        vec![lost(), slot("+1 5555550100")],
        &[POST, LATE_LOOK, &format!("1: succeeded - | {there}")],
    );
    check(
        OnExisting::Update,
        vec![error(503, "", ""), empty(), made("ready")],
        &[
            POST,
            LATE_LOOK,
            POST,
            "1: succeeded created | 201 | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready",
        ],
    );
    check(
        OnExisting::Update,
        vec![lost(), slot("+1 5555550111"), lost(), slot("+1 5555550100")],
        &[
            POST,
            LATE_LOOK,
            PATCH,
            LATE_LOOK,
            &format!("1: succeeded updated | {there}"),
        ],
    );
    check(
        OnExisting::Keep,
        vec![lost(), slot("+1 5555550111")],
        &[
            POST,
            LATE_LOOK,
            "1: unchanged kept | ResultPhoneNumber=+1 5555550111 | ResultSmsSignIn=",
        ],
    );
}

#[test]
fn a_change_that_clashes_in_words_that_nobody_knows_is_looked_after() {
    let clash = || answer(409, json!({"Message": "No HTTP resource was found."}));
    let there = |after: Reply| {
        play(
            conversation(OnExisting::Update, false),
            vec![exists(), slot("+1 5555550111"), clash(), after],
        )
    };
    let wait = format!("{LOOK} after 5s");
    let why = "409 | No HTTP resource was found.";
    let shown = "ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready";
    for (after, ending) in [
        (
            slot("+1 5555550100"),
            format!("1: succeeded updated | {why} | {shown}"),
        ),
        (slot("+1 5555550111"), format!("1: failed - | {why}")),
        (lost(), format!("1: in_doubt - | {why}")),
    ] {
        assert_eq!(there(after)[2..], [PATCH, &wait, &ending]);
    }
    check(
        OnExisting::Keep,
        vec![clash(), lost()],
        &[POST, &wait, &format!("1: in_doubt - | {why}")],
    );
}

#[test]
fn only_a_write_that_certainly_did_nothing_was_declined() {
    let after = |replies: Vec<Reply>| {
        let mut conversation = conversation(OnExisting::Update, false);
        conversation.start();
        for reply in replies {
            conversation.hear(reply);
        }
        conversation.was_declined()
    };
    assert!(after(vec![exists()]));
    assert!(!after(vec![answer(409, json!({"Message": "No."}))]));
    assert!(!after(vec![exists(), slot("+1 5555550111"), exists()]));
}

#[test]
fn what_cannot_be_verified_is_in_doubt() {
    // Not every copy of the directory knows a new person, and the one that took the number in did.
    let unknown = || error(404, "Request_ResourceNotFound", "No such user.");
    for look in [lost(), unknown()] {
        check(
            OnExisting::Update,
            vec![lost(), look],
            &[
                POST,
                LATE_LOOK,
                "1: in_doubt - | connection reset; what is there could not be read",
            ],
        );
    }
    let mut replies: Vec<Reply> = (0..WRITES_AT_MOST)
        .flat_map(|_| [lost(), empty()])
        .collect();
    let said = play(
        conversation(OnExisting::Update, false),
        std::mem::take(&mut replies),
    );
    assert_eq!(said.iter().filter(|line| *line == POST).count(), 5);
    assert_eq!(
        said.last().unwrap(),
        "1: in_doubt - | sent 5 times without a usable answer, and it is not there"
    );
}

#[test]
fn what_the_service_found_may_be_what_an_earlier_write_made() {
    let denied = error(403, "accessDenied", "No.");
    let said = play(
        conversation(OnExisting::Update, false),
        vec![lost(), empty(), exists(), denied],
    );
    assert!(said[4].starts_with("1: in_doubt - | 400"), "{said:?}");
}

#[test]
fn a_write_that_never_left_failed() {
    let unsent = Reply::Unsent("connection refused".to_owned());
    check(
        OnExisting::Update,
        vec![unsent],
        &[POST, "1: failed - | connection refused"],
    );
}

#[test]
fn a_write_that_never_left_says_what_became_of_the_one_before() {
    let unsent = || Reply::Unsent("connection refused".to_owned());
    let failed = "1: failed - | another write could not be sent: connection refused";
    let doubt = "1: in_doubt - | an earlier write may have taken effect, and another one could not \
                 be sent: connection refused";
    // It is not there.
    check_resumed(vec![empty(), unsent()], &[LATE_LOOK, POST, failed]);
    check(
        OnExisting::Update,
        vec![lost(), empty(), unsent()],
        &[POST, LATE_LOOK, POST, failed],
    );
    check(
        OnExisting::Update,
        vec![exists(), slot("+1 5555550111"), unsent()],
        &[POST, LOOK, PATCH, failed],
    );
    // What is there may be what the first one made.
    let replies = vec![lost(), empty(), exists(), slot("+1 XXXXXXXX00"), unsent()];
    let said = play(conversation(OnExisting::Update, false), replies);
    assert_eq!(said.last().unwrap(), doubt);
}

#[test]
fn after_a_crash_it_looks_first() {
    check_resumed(
        vec![slot("+1 5555550100")],
        &[
            LATE_LOOK,
            "1: succeeded - | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready",
        ],
    );
    check_resumed(
        vec![empty(), made("ready")],
        &[
            LATE_LOOK,
            POST,
            "1: succeeded created | 201 | ResultPhoneNumber=+1 5555550100 | ResultSmsSignIn=ready",
        ],
    );
}

#[test]
fn a_masked_number_is_compared_with_nothing() {
    let masked = || slot("+1 XXXXXXXX00");
    let said = play(
        conversation(OnExisting::Fail, false),
        vec![lost(), masked()],
    );
    assert_eq!(said[2], "1: in_doubt - | connection reset");
    let said = play(
        conversation(OnExisting::Update, false),
        vec![exists(), masked()],
    );
    assert_eq!(said[2], PATCH);
    let said = play(
        conversation(OnExisting::Update, false),
        vec![not_unique(), masked()],
    );
    assert!(
        said[2].starts_with("1: in_doubt - | 409 | phoneNumberNotUnique"),
        "{said:?}"
    );
}

#[test]
fn a_run_file_that_holds_something_else_ends_the_row_without_a_call() {
    for (sent, outcome) in [
        (None, "refused"),
        (Some(Sent::at(OffsetDateTime::UNIX_EPOCH)), "in_doubt"),
    ] {
        let item = Item {
            id: ItemId(1),
            content: json!({"user": 7}).to_string(),
            sent,
        };
        let said = play(
            Box::new(Exchange::new(item, OnExisting::Update)),
            Vec::new(),
        );
        assert!(said[0].starts_with(&format!("1: {outcome}")), "{said:?}");
    }
}
