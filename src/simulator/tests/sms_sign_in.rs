//! Who signs in by text message, and with which number.

use super::*;

const MOBILE: &str = "3179e48a-750b-4051-897c-87b9720928f7";
const OFFICE: &str = "e37fc753-ff3b-4958-9484-eaa9425c82bc";
const SMS: &str = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";

fn path(caller: &mut Caller, worker: usize) -> String {
    format!("{}/authentication/phoneMethods", caller.worker(worker))
}

fn state(caller: &mut Caller, path: &str, phone: &str) -> String {
    let shown = caller.get(&format!("{path}/{phone}")).succeeds(200);
    shown["smsSignInState"].as_str().unwrap().to_owned()
}

/// `POST` without a body, as documented.
fn turn(caller: &mut Caller, on: bool, path: &str, phone: &str) -> Seen {
    let action = if on { "enable" } else { "disable" };
    caller.send("POST", &format!("{path}/{phone}/{action}SmsSignIn"), None)
}

fn set_policy(caller: &mut Caller, changes: &Value) {
    let mut body = changes.clone();
    body["@odata.type"] = json!("#microsoft.graph.smsAuthenticationMethodConfiguration");
    caller.patch(SMS, &body).succeeds(204);
}

#[test]
fn a_registration_is_given_up_and_taken_back() {
    let mut caller = Caller::new();
    let holder = path(&mut caller, 3);
    assert_eq!(state(&mut caller, &holder, MOBILE), "ready");
    turn(&mut caller, false, &holder, MOBILE).succeeds(204);
    assert_eq!(state(&mut caller, &holder, MOBILE), "notEnabled");
    turn(&mut caller, false, &holder, MOBILE).succeeds(204);
    turn(&mut caller, true, &holder, MOBILE).succeeds(204);
    assert_eq!(state(&mut caller, &holder, MOBILE), "ready");
    turn(&mut caller, true, &holder, MOBILE).succeeds(204);
    // Giving it up makes room for another.
    turn(&mut caller, false, &holder, MOBILE).succeeds(204);
    let number = caller.user(19)["phones"]["mobile"].clone();
    let other = path(&mut caller, 0);
    let body = json!({"phoneNumber": number, "phoneType": "mobile"});
    assert_eq!(
        caller.post(&other, &body).succeeds(201)["smsSignInState"],
        "ready"
    );
    turn(&mut caller, true, &holder, MOBILE).fails(409, "phoneNumberNotUnique", "");
    assert_eq!(state(&mut caller, &holder, MOBILE), "phoneNumberNotUnique");
    assert_eq!(caller.user(19)["phones"]["mobile"], number);
}

#[test]
fn only_a_mobile_of_a_user_in_the_policy_can_be_turned_on() {
    let mut caller = Caller::new();
    let outside = path(&mut caller, 7);
    let words = "Cannot enable SMS sign-in on phone auth method as the credential policy is not enabled on user";
    turn(&mut caller, true, &outside, MOBILE).fails(400, "badRequest", words);
    turn(&mut caller, true, &outside, OFFICE).fails(400, "badRequest", "SMS sign-in is supported");
    turn(&mut caller, true, &outside, "1").fails(404, "resourceNotFound", "");
    let without = path(&mut caller, 0);
    turn(&mut caller, true, &without, MOBILE).fails(404, "resourceNotFound", "");
    turn(&mut caller, false, &without, MOBILE).fails(404, "resourceNotFound", "");
    assert_eq!(state(&mut caller, &outside, OFFICE), "notSupported");
    let action = format!("{outside}/{MOBILE}/enableSmsSignIn");
    caller.get(&action).fails(405, "Request_BadRequest", "");
}

#[test]
fn a_guest_never_signs_in_by_text_message() {
    let mut caller = Caller::new();
    set_policy(
        &mut caller,
        &json!({"includeTargets": [{"id": "all_users", "targetType": "group", "isUsableForSignIn": true}]}),
    );
    let guest = caller.user(10)["id"].as_str().unwrap().to_owned();
    let guest = format!("/users/{guest}/authentication/phoneMethods");
    let body = json!({"phoneNumber": "+1 4045550101", "phoneType": "mobile"});
    let made = caller.post(&guest, &body).succeeds(201);
    assert_eq!(made["smsSignInState"], "notAllowedByPolicy");
    turn(&mut caller, true, &guest, MOBILE).fails(400, "badRequest", "Cannot enable");
    // Everyone else may now, but a number saved before is not registered by itself.
    let worker = path(&mut caller, 7);
    assert_eq!(state(&mut caller, &worker, MOBILE), "notEnabled");
    turn(&mut caller, true, &worker, MOBILE).succeeds(204);
    assert_eq!(state(&mut caller, &worker, MOBILE), "ready");
}

#[test]
fn the_policy_decides_whether_a_registration_is_worth_anything() {
    let mut caller = Caller::new();
    let holder = path(&mut caller, 3);
    let taken = caller.user(19)["phones"]["mobile"].clone();
    let body = json!({"phoneNumber": taken, "phoneType": "mobile"});
    let group = caller.group("SMS sign-in");
    let target =
        |sign_in: bool| json!([{"id": group, "targetType": "group", "isUsableForSignIn": sign_in}]);
    set_policy(&mut caller, &json!({"includeTargets": target(false)}));
    assert_eq!(state(&mut caller, &holder, MOBILE), "notAllowedByPolicy");
    // With sign-in off, nothing is registered and nothing clashes.
    let other = path(&mut caller, 0);
    let made = caller.post(&other, &body).succeeds(201);
    assert_eq!(made["smsSignInState"], "notAllowedByPolicy");
    set_policy(&mut caller, &json!({"state": "disabled"}));
    assert_eq!(state(&mut caller, &holder, MOBILE), "notConfigured");
    // The holder is still the holder once sign-in is on again.
    set_policy(
        &mut caller,
        &json!({"state": "enabled", "includeTargets": target(true)}),
    );
    assert_eq!(state(&mut caller, &holder, MOBILE), "ready");
    assert_eq!(state(&mut caller, &other, MOBILE), "notEnabled");
    turn(&mut caller, true, &other, MOBILE).fails(409, "phoneNumberNotUnique", "");
}

#[test]
fn in_a_batch_the_action_takes_an_empty_body() {
    let mut caller = Caller::new();
    let url = format!("{}/{MOBILE}/disableSmsSignIn", path(&mut caller, 3));
    let headers = json!({"Content-Type": "application/json"});
    let item = json!({"id": "1", "method": "POST", "url": url, "headers": headers, "body": {}});
    let seen = caller.batch(&json!([item]));
    assert_eq!(seen.part("1")["status"], 204);
}
