//! Signing in with a device code: RFC 8628 as Entra speaks it (`v2-oauth2-device-code`).

use serde_json::Value;

use crate::http::Answer;
use crate::support::*;

const TENANT: &str = "3f1e7c5a-9b2d-4e6f-8a1c-7d5b3e9f1a2c";
const APPLICATION: &str = "7a1e5c3d-2b4f-4a6e-9c8d-1f3b5d7e9a0c";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE: &str = "https://graph.microsoft.com/GroupMember.ReadWrite.All";

/// A tenant in which someone enters a code so many seconds after it was given out.
#[track_caller]
fn tenant(approved_after: u32) -> Tenant {
    Tenant::guarded(&format!(
        "tenant.id = \"{TENANT}\"\nsign_in.applications = \
         [{{ id = \"{APPLICATION}\", scopes = [\"GroupMember.ReadWrite.All\"], \
         device_code_approved_after_seconds = {approved_after} }}]\n"
    ))
}

fn begin(tenant: &Tenant, scope: &str) -> Value {
    let call = tenant.call("POST", &format!("/{TENANT}/oauth2/v2.0/devicecode"));
    let form = [("client_id", APPLICATION), ("scope", scope)];
    call.anonymous().form(&form).send().succeeds(200)
}

fn poll(tenant: &Tenant, application: &str, code: &Value) -> Answer {
    let call = tenant.call("POST", &format!("/{TENANT}/oauth2/v2.0/token"));
    let form = [
        ("grant_type", GRANT),
        ("client_id", application),
        ("device_code", code.as_str().unwrap()),
    ];
    call.anonymous().form(&form).send()
}

#[track_caller]
fn refused(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["error"], error, "{}", answer.text);
}

/// It begins with a code for the client and one for the person. Documented: the same.
/// [device-begin]
#[test]
fn it_begins_with_two_codes() {
    let begun = begin(&tenant(30), SCOPE);
    for name in ["device_code", "user_code", "verification_uri", "message"] {
        assert!(begun[name].is_string(), "no {name}: {begun}");
    }
    assert_eq!(begun["expires_in"], 900);
    assert_eq!(begun["interval"], 5);
    assert!(begun.get("verification_uri_complete").is_none(), "{begun}");
    let message = begun["message"].as_str().unwrap();
    for name in ["user_code", "verification_uri"] {
        assert!(message.contains(begun[name].as_str().unwrap()), "{message}");
    }
}

/// Until the code is entered the answer is 400 `authorization_pending`. Documented: the same.
/// [device-pending]
#[test]
fn until_the_code_is_entered_it_is_pending() {
    let tenant = tenant(30);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    for _ in 0..3 {
        tenant.advance(5);
        refused(&poll(&tenant, APPLICATION, &code), "authorization_pending");
    }
}

/// Then there is a token, which opens Graph. Documented: the same. [device-token]
#[test]
fn then_there_is_a_token() {
    let tenant = tenant(30);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    tenant.advance(31);
    let body = poll(&tenant, APPLICATION, &code).succeeds(200);
    assert_eq!(body["token_type"], "Bearer");
    let scope = body["scope"].as_str().unwrap();
    assert!(scope.contains("GroupMember.ReadWrite.All"), "{scope}");
    let token = body["access_token"].as_str().unwrap();
    let path = format!("/groups/{}", tenant.group("Leavers 2019"));
    tenant.ask("GET", &path).bearer(token).send().succeeds(200);
}

/// There is a refresh token for `offline_access` only, and an id token for `openid` only.
/// Documented: the same. [device-offline]
#[test]
fn a_refresh_token_is_given_when_asked_for() {
    let tenant = tenant(1);
    let tokens = |scope: &str| {
        let code = begin(&tenant, scope)["device_code"].clone();
        tenant.advance(6);
        poll(&tenant, APPLICATION, &code).succeeds(200)
    };
    let plain = tokens(SCOPE);
    assert!(plain.get("refresh_token").is_none(), "{plain}");
    assert!(plain.get("id_token").is_none(), "{plain}");
    let offline = tokens(&format!("{SCOPE} offline_access"));
    assert!(offline["refresh_token"].is_string());
}

/// A refresh token gives another access token. Documented: `v2-oauth2-auth-code-flow`.
/// [device-refresh]
#[test]
fn a_refresh_token_gives_another_token() {
    let tenant = tenant(1);
    let scope = format!("{SCOPE} offline_access");
    let code = begin(&tenant, &scope)["device_code"].clone();
    tenant.advance(6);
    let first = poll(&tenant, APPLICATION, &code).succeeds(200);
    let call = tenant.call("POST", &format!("/{TENANT}/oauth2/v2.0/token"));
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", APPLICATION),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
        ("scope", scope.as_str()),
    ];
    let again = call.anonymous().form(&form).send().succeeds(200);
    assert!(again["access_token"].is_string());
    assert!(again["refresh_token"].is_string());
}

/// A code is good for 15 minutes, then it is `expired_token`. Documented: the same.
/// [device-expired]
#[test]
fn a_code_ends() {
    let tenant = tenant(2_000);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    tenant.advance(901);
    refused(&poll(&tenant, APPLICATION, &code), "expired_token");
}

/// A code that was never given out is `bad_verification_code`. Documented: the same.
/// [device-unknown]
#[test]
fn an_unknown_code_is_refused() {
    let made_up = Value::from("GMMhmHCXhWEzkobqIHGG_EnNYYsAkukHspeYUk9E8");
    let answer = poll(&tenant(30), APPLICATION, &made_up);
    refused(&answer, "bad_verification_code");
}

/// A code is good once. Our reading of RFC 8628. [device-once]
#[test]
fn a_code_is_good_once() {
    let tenant = tenant(1);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    tenant.advance(6);
    poll(&tenant, APPLICATION, &code).succeeds(200);
    tenant.advance(6);
    assert_eq!(poll(&tenant, APPLICATION, &code).status, 400);
}

/// A code is good for the application that asked for it. Documented: the same. [device-owner]
#[test]
fn a_code_is_good_for_its_application() {
    let tenant = tenant(1);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    tenant.advance(6);
    let status = poll(&tenant, NOBODY, &code).status;
    assert!([400, 401].contains(&status), "{status}");
}

/// Who asks faster than the interval is told to slow down, or that it is pending. Documented: RFC
/// 8628; Entra's page has no `slow_down`. [device-slow-down]
#[test]
fn asking_too_fast_gives_no_token_any_sooner() {
    let tenant = tenant(30);
    let code = begin(&tenant, SCOPE)["device_code"].clone();
    for _ in 0..3 {
        let answer = poll(&tenant, APPLICATION, &code);
        let error = answer.json()["error"].clone();
        assert_eq!(answer.status, 400);
        assert!(
            error == "authorization_pending" || error == "slow_down",
            "{error}"
        );
    }
}
