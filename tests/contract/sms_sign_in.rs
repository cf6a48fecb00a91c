//! Signing in by text message: who gets it, who loses it, and the clash of two numbers.

use serde_json::{Value, json};

use crate::support::*;

/// Creates the mobile of a worker and says the state of its sign-in.
#[track_caller]
fn state_of_new(tenant: &Tenant, worker: usize, kind: &str) -> Value {
    let made = tenant.post(&tenant.phones(worker), &phone(kind, "+1 4255550101"));
    made.succeeds(201)["smsSignInState"].clone()
}

fn state(tenant: &Tenant, worker: usize) -> Value {
    let path = format!("{}/{MOBILE}", tenant.phones(worker));
    tenant.get(&path).succeeds(200)["smsSignInState"].clone()
}

fn turn(tenant: &Tenant, worker: usize, action: &str) -> crate::http::Answer {
    let path = format!("{}/{MOBILE}/{action}", tenant.phones(worker));
    tenant.ask("POST", &path).send()
}

/// The number with which a worker signs in.
fn number_of(tenant: &Tenant, worker: usize) -> String {
    let path = format!("{}/{MOBILE}", tenant.phones(worker));
    let phone = tenant.get(&path).succeeds(200);
    assert_eq!(phone["smsSignInState"], "ready");
    phone["phoneNumber"].as_str().unwrap().to_owned()
}

/// A new mobile is registered for signing in where the policy allows it. Documented:
/// `authentication-post-phonemethods`. [sms-register]
#[test]
fn a_new_mobile_is_registered() {
    let tenant = Tenant::new();
    assert_eq!(state_of_new(&tenant, 0, "mobile"), "ready");
}

/// A changed mobile is registered too. Documented: `authentication-post-phonemethods`.
/// [sms-register-update]
#[test]
fn a_changed_mobile_is_registered() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let answer = tenant.patch(&path, &phone("mobile", "+1 4255550111"));
    assert!(answer.status < 300, "{}", answer.text);
    assert_eq!(state(&tenant, 3), "ready");
}

/// Who is no target of the policy has the state `notAllowedByPolicy`. Documented:
/// `phoneauthenticationmethod`. [sms-policy]
#[test]
fn outside_the_policy_nothing_is_registered() {
    let tenant = Tenant::new();
    assert_eq!(state_of_new(&tenant, 1, "mobile"), "notAllowedByPolicy");
}

/// Only a mobile supports it; other phones have the state `notSupported`. Documented:
/// `phoneauthenticationmethod`. [sms-mobile-only]
#[test]
fn other_phones_do_not_support_it() {
    let tenant = Tenant::new();
    assert_eq!(state_of_new(&tenant, 0, "office"), "notSupported");
}

/// A clash is a 409 `phoneNumberNotUnique`, and the phone is saved all the same. Observed:
/// realmjoin-runbooks and its #318. [sms-clash]
#[test]
fn a_clash_is_a_409_and_the_phone_is_saved() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 3);
    let answer = tenant.post(&tenant.phones(0), &phone("mobile", &taken));
    answer.refuses(409, "phoneNumberNotUnique", "");
    let saved = tenant.get(&tenant.phones(0)).list().remove(0);
    assert_eq!(saved["phoneNumber"], taken.as_str());
    assert_eq!(saved["smsSignInState"], "phoneNumberNotUnique");
    assert_eq!(state(&tenant, 3), "ready", "the holder keeps it");
}

/// A changed number clashes as a new one does. Observed: realmjoin-runbooks. [sms-clash-update]
#[test]
fn a_changed_number_may_clash() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 33);
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let answer = tenant.patch(&path, &phone("mobile", &taken));
    answer.refuses(409, "phoneNumberNotUnique", "");
    let phone = tenant.get(&path).succeeds(200);
    assert_eq!(phone["phoneNumber"], taken.as_str());
    assert_eq!(phone["smsSignInState"], "phoneNumberNotUnique");
}

/// Where nothing is registered nothing clashes. Documented: SMS how-to. [sms-no-clash]
#[test]
fn outside_the_policy_nothing_clashes() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 3);
    tenant
        .post(&tenant.phones(1), &phone("mobile", &taken))
        .succeeds(201);
    let office = phone("office", &taken);
    tenant.post(&tenant.phones(0), &office).succeeds(201);
}

/// A number that is given up is free for another. Documented: it must be unique among those who sign
/// in: `phoneauthenticationmethod-enablesmssignin`. [sms-freed]
#[test]
fn a_number_that_is_given_up_is_free() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 3);
    let mobile = format!("{}/{MOBILE}", tenant.phones(3));
    tenant.delete(&mobile).succeeds(204);
    let made = tenant.post(&tenant.phones(0), &phone("mobile", &taken));
    assert_eq!(made.succeeds(201)["smsSignInState"], "ready");
}

/// It is turned off and on with a POST without a body: 204. Documented:
/// `phoneauthenticationmethod-enablesmssignin`, `-disablesmssignin`. [sms-actions]
#[test]
fn it_is_turned_off_and_on() {
    let tenant = Tenant::new();
    turn(&tenant, 3, "disableSmsSignIn").succeeds(204);
    assert_eq!(state(&tenant, 3), "notEnabled");
    turn(&tenant, 3, "enableSmsSignIn").succeeds(204);
    assert_eq!(state(&tenant, 3), "ready");
}

/// A number that was turned off is free, and then the first holder clashes. Documented: it must be
/// unique: `phoneauthenticationmethod-enablesmssignin`. [sms-actions-clash]
#[test]
fn turning_it_on_may_clash() {
    let tenant = Tenant::new();
    let number = number_of(&tenant, 3);
    turn(&tenant, 3, "disableSmsSignIn").succeeds(204);
    tenant
        .post(&tenant.phones(0), &phone("mobile", &number))
        .succeeds(201);
    let answer = turn(&tenant, 3, "enableSmsSignIn");
    answer.refuses(409, "phoneNumberNotUnique", "");
}

/// It cannot be turned on outside the policy. Documented:
/// `phoneauthenticationmethod-enablesmssignin`. [sms-actions-policy]
#[test]
fn it_is_not_turned_on_outside_the_policy() {
    let tenant = Tenant::new();
    let made = tenant.post(&tenant.phones(1), &phone("mobile", "+1 4255550101"));
    made.succeeds(201);
    turn(&tenant, 3, "enableSmsSignIn").succeeds(204);
    let status = turn(&tenant, 1, "enableSmsSignIn").status;
    assert!((400..500).contains(&status), "{status}");
    assert_eq!(state(&tenant, 1), "notAllowedByPolicy");
}

/// It needs a mobile: without one there is nothing to turn on, and an office phone will not do.
/// Documented: `phoneauthenticationmethod-enablesmssignin`. [sms-actions-mobile]
#[test]
fn only_a_mobile_is_turned_on() {
    let tenant = Tenant::new();
    turn(&tenant, 0, "enableSmsSignIn").refuses(404, "resourceNotFound", "");
    let path = format!("{}/{OFFICE}/enableSmsSignIn", tenant.phones(7));
    let status = tenant.ask("POST", &path).send().status;
    assert!((400..500).contains(&status), "{status}");
}

/// The actions are POSTs and nothing else. Documented: the description of the v1.0 API.
/// [sms-actions-method]
#[test]
fn the_actions_are_posts() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}/enableSmsSignIn", tenant.phones(3));
    assert_eq!(tenant.get(&path).status, 405);
}

/// Guests do not sign in by text message. Documented: SMS how-to. [sms-guests]
#[test]
fn guests_do_not_sign_in_by_text_message() {
    let tenant = Tenant::new();
    let path = format!("/users/{}/authentication/phoneMethods", tenant.guest());
    let made = tenant.post(&path, &phone("mobile", "+1 4255550101"));
    let state = made.succeeds(201)["smsSignInState"].clone();
    assert_ne!(state, "ready");
}

/// With "use for sign-in" turned off for all, nothing clashes. Our reading:
/// `smsauthenticationmethodconfiguration-update`. [sms-policy-off]
#[test]
fn with_the_policy_off_nothing_clashes() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 3);
    let policy = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    let target = json!({"id": "all_users", "targetType": "group", "isUsableForSignIn": false});
    let body = json!({
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "includeTargets": [target],
    });
    tenant.patch(policy, &body).succeeds(204);
    let made = tenant.post(&tenant.phones(0), &phone("mobile", &taken));
    assert_ne!(made.succeeds(201)["smsSignInState"], "ready");
}

/// Who holds a number may be deleted and hold it still. Observed: realmjoin-runbooks.
/// [sms-clash-deleted]
#[test]
fn a_deleted_user_holds_a_number_still() {
    let tenant = Tenant::new();
    let taken = number_of(&tenant, 3);
    let (group, holder) = (tenant.group("All staff"), tenant.worker(3));
    // Without `/$ref` this deletes the user.
    let path = format!("/groups/{group}/members/{holder}");
    tenant.delete(&path).succeeds(204);
    let answer = tenant.post(&tenant.phones(0), &phone("mobile", &taken));
    answer.refuses(409, "phoneNumberNotUnique", "");
}
