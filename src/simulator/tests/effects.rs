//! What a write did, as the statistics tell it apart.

use super::*;

/// What a successful write did.
#[derive(Debug, PartialEq, Eq)]
enum Effect {
    Changed,
    Nothing,
    ReplacedUsablePass,
}

fn effect(caller: &mut Caller, method: &str, path: &str, body: &Value) -> Effect {
    let counts = |caller: &mut Caller| {
        let seen = caller.inspect("statistics");
        ["writes_that_changed_nothing", "usable_passes_replaced"]
            .map(|name| seen[name].as_u64().unwrap())
    };
    let before = counts(caller);
    let seen = caller.send(method, path, Some(body));
    assert!(seen.status < 300 || seen.status == 409, "{}", seen.body);
    let after = counts(caller);
    match (after[0] - before[0], after[1] - before[1]) {
        (0, 0) => Effect::Changed,
        (1, 0) => Effect::Nothing,
        (0, 1) => Effect::ReplacedUsablePass,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_number_again_changes_nothing() {
    let mut caller = Caller::new();
    let phones = format!("{}/authentication/phoneMethods", caller.worker(3));
    let mobile = format!("{phones}/3179e48a-750b-4051-897c-87b9720928f7");
    let same = json!({"phoneNumber": caller.user(19)["phones"]["mobile"]});
    let other = json!({"phoneNumber": "+14045550101"});
    let seen = &mut caller;
    assert_eq!(effect(seen, "PATCH", &mobile, &same), Effect::Nothing);
    assert_eq!(effect(seen, "PATCH", &mobile, &other), Effect::Changed);
    assert_eq!(effect(seen, "PATCH", &mobile, &other), Effect::Nothing);
    let disable = format!("{mobile}/disableSmsSignIn");
    assert_eq!(effect(seen, "POST", &disable, &json!({})), Effect::Changed);
    assert_eq!(effect(seen, "POST", &disable, &json!({})), Effect::Nothing);
    // The number is the same and is registered anew.
    assert_eq!(effect(seen, "PATCH", &mobile, &other), Effect::Changed);
    assert_eq!(effect(seen, "DELETE", &mobile, &json!({})), Effect::Changed);
}

#[test]
fn a_clash_saves_the_number_and_says_so() {
    let mut caller = Caller::new();
    let taken = caller.user(19)["phones"]["mobile"].clone();
    let phones = format!("{}/authentication/phoneMethods", caller.worker(0));
    let body = json!({"phoneNumber": taken, "phoneType": "mobile"});
    let seen = &mut caller;
    assert_eq!(effect(seen, "POST", &phones, &body), Effect::Changed);
    let mobile = format!("{phones}/3179e48a-750b-4051-897c-87b9720928f7");
    assert_eq!(effect(seen, "PATCH", &mobile, &body), Effect::Nothing);
}

#[test]
fn a_pass_that_kills_another_that_was_good_says_so() {
    let mut caller = Caller::new();
    let passes = |caller: &mut Caller, worker| {
        let path = caller.worker(worker);
        let path = format!("{path}/authentication/temporaryAccessPassMethods");
        effect(
            caller,
            "POST",
            &path,
            &json!({"startDateTime": "2027-01-01T00:00:00Z"}),
        )
    };
    let seen = &mut caller;
    assert_eq!(passes(seen, 1), Effect::Changed);
    // Handed out already, though not valid yet.
    assert_eq!(passes(seen, 1), Effect::ReplacedUsablePass);
    assert_eq!(passes(seen, 4), Effect::ReplacedUsablePass);
    assert_eq!(passes(seen, 8), Effect::Changed);
}

#[test]
fn the_same_policy_again_changes_nothing() {
    let mut caller = Caller::new();
    let sms = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    let body = |state: &str| json!({"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration", "state": state});
    let seen = &mut caller;
    assert_eq!(
        effect(seen, "PATCH", sms, &body("enabled")),
        Effect::Nothing
    );
    assert_eq!(effect(seen, "DELETE", sms, &json!({})), Effect::Changed);
    assert_eq!(effect(seen, "DELETE", sms, &json!({})), Effect::Nothing);
    // So does sending back what was read.
    for id in ["Sms", "TemporaryAccessPass"] {
        let path = sms.replace("Sms", id);
        let read = seen.get(&path).succeeds(200);
        assert_eq!(effect(seen, "PATCH", &path, &read), Effect::Nothing);
    }
}

#[test]
fn a_group_that_is_named_as_before_is_not_changed() {
    let mut caller = Caller::new();
    let path = format!("/groups/{}", caller.group("Leavers 2019"));
    let seen = &mut caller;
    for (body, expected) in [
        (json!({}), Effect::Nothing),
        (json!({"displayName": "Leavers 2019"}), Effect::Nothing),
        (json!({"displayName": "Leavers"}), Effect::Changed),
        (json!({"description": "They left"}), Effect::Changed),
        (json!({"description": "They left"}), Effect::Nothing),
    ] {
        assert_eq!(effect(seen, "PATCH", &path, &body), expected, "{body}");
    }
}

#[test]
fn a_question_by_post_is_no_write() {
    let mut caller = Caller::new();
    let path = format!("{}/checkMemberGroups", caller.worker(1));
    assert_eq!(caller.post(&path, &json!({"groupIds": 5})).status, 400);
    let statistics = caller.inspect("statistics");
    assert_eq!(statistics["writes_that_changed_nothing"], 0);
}
