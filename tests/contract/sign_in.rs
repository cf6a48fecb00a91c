//! Signing in: tokens for applications, what they open, and how they end.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::support::*;

const TENANT: &str = "3f1e7c5a-9b2d-4e6f-8a1c-7d5b3e9f1a2c";
const APPLICATION: &str = "7a1e5c3d-2b4f-4a6e-9c8d-1f3b5d7e9a0c";
const SECRET: &str = "a&secret=with+signs";
const EVERYTHING: &str = "https://graph.microsoft.com/.default";

/// A tenant that knows one application with these permissions.
#[track_caller]
fn tenant(roles: &[&str], keys: &str) -> Tenant {
    Tenant::guarded(&format!(
        "tenant.id = \"{TENANT}\"\nsign_in.applications = \
         [{{ id = \"{APPLICATION}\", secret = \"{SECRET}\", roles = {roles:?} }}]\n{keys}"
    ))
}

/// Asks for a token, with some fields of the form changed (or left out, where empty).
fn ask(tenant: &Tenant, directory: &str, changes: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("client_id", APPLICATION),
        ("scope", EVERYTHING),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
    ];
    for (name, value) in changes {
        fields.retain(|(other, _)| other != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    let call = tenant.call("POST", &format!("/{directory}/oauth2/v2.0/token"));
    call.anonymous().form(&fields).send()
}

#[track_caller]
fn token(tenant: &Tenant) -> String {
    let answer = ask(tenant, TENANT, &[]).succeeds(200);
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The claims of a token.
#[track_caller]
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str, number: u64) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["error"], error, "{body}");
    assert_eq!(body["error_codes"], json!([number]), "{body}");
    let words = body["error_description"].as_str().unwrap();
    assert!(words.starts_with(&format!("AADSTS{number}: ")), "{words}");
    assert!(!answer.text.contains(SECRET));
}

/// Calls a Graph address with a token that has this one permission.
fn with_permission(role: &str, method: &str, path: &str, body: &Value) -> Answer {
    let tenant = tenant(&[role], "");
    let token = token(&tenant);
    let path = path
        .replace("{worker}", &tenant.worker(1))
        .replace("{pass}", &tenant.worker(4))
        .replace("{group}", &tenant.group("Leavers 2019"));
    let call = tenant.ask(method, &path).bearer(&token);
    if body.is_null() {
        call.send()
    } else {
        let host = tenant.address().to_string();
        let text = body.to_string().replace("{worker}", &tenant.worker(1));
        let text = text.replace("{host}", &host);
        call.body("application/json", &text).send()
    }
}

const PHONES: &str = "/users/{worker}/authentication/phoneMethods";
const PASSES: &str = "/users/{worker}/authentication/temporaryAccessPassMethods";

/// An application gets a token for its id and secret. Documented: `v2-oauth2-client-creds-grant-flow`.
/// [sign-in-token]
#[test]
fn an_application_gets_a_token() {
    let tenant = tenant(&[], "");
    let answer = ask(&tenant, TENANT, &[]);
    let body = answer.succeeds(200);
    assert_eq!(body["token_type"], "Bearer");
    assert!(body["expires_in"].is_u64(), "{body}");
    assert!(body["ext_expires_in"].is_u64(), "{body}");
    assert!(body.get("refresh_token").is_none(), "{body}");
    assert!(answer.header("Cache-Control").unwrap().contains("no-store"));
}

/// The tenant is named by its id or a domain. Documented: the same. [sign-in-directory]
#[test]
fn the_tenant_is_named_by_id_or_domain() {
    let tenant = tenant(&[], "");
    ask(&tenant, "northgate-grocers.example", &[]).succeeds(200);
}

/// The token of an application names its audience, application, tenant and permissions. Documented:
/// `access-tokens`. [sign-in-claims]
#[test]
fn a_token_says_what_it_is_for() {
    let tenant = tenant(&["GroupMember.ReadWrite.All"], "");
    let claims = claims(&token(&tenant));
    assert_eq!(claims["appid"], APPLICATION);
    assert_eq!(claims["tid"], TENANT);
    assert_eq!(claims["roles"], json!(["GroupMember.ReadWrite.All"]));
    assert!(claims["aud"].is_string() && claims["iss"].is_string());
    assert!(claims["exp"].as_u64() > claims["iat"].as_u64(), "{claims}");
    assert!(claims.get("scp").is_none(), "{claims}");
}

/// A wrong secret is a 401 `invalid_client`. Documented: RFC 6749; the number observed.
/// [sign-in-secret]
#[test]
fn a_wrong_secret_is_refused() {
    let answer = ask(&tenant(&[], ""), TENANT, &[("client_secret", "guessed")]);
    refused(&answer, 401, "invalid_client", 7_000_215);
    assert!(!answer.text.contains("guessed"));
}

/// An application that the tenant does not know is a 400 `unauthorized_client`. Documented:
/// `reference-error-codes`; the status observed. [sign-in-application]
#[test]
fn an_unknown_application_is_refused() {
    let answer = ask(&tenant(&[], ""), TENANT, &[("client_id", NOBODY)]);
    refused(&answer, 400, "unauthorized_client", 700_016);
}

/// A tenant that there is not is a 400 `invalid_request`. Documented: `reference-error-codes`; the
/// status observed. [sign-in-unknown-directory]
#[test]
fn an_unknown_tenant_is_refused() {
    let answer = ask(&tenant(&[], ""), NOBODY, &[]);
    refused(&answer, 400, "invalid_request", 90_002);
}

/// Another kind of grant is a 400 `unsupported_grant_type`. Documented: RFC 6749. [sign-in-grant]
#[test]
fn an_unknown_grant_is_refused() {
    let answer = ask(&tenant(&[], ""), TENANT, &[("grant_type", "wish")]);
    refused(&answer, 400, "unsupported_grant_type", 70_003);
}

/// A scope other than `/.default` is a 400 `invalid_scope`. Documented:
/// `v2-oauth2-client-creds-grant-flow`; the number observed. [sign-in-scope]
#[test]
fn a_scope_without_default_is_refused() {
    let scope = "https://graph.microsoft.com/User.Read.All";
    let answer = ask(&tenant(&[], ""), TENANT, &[("scope", scope)]);
    refused(&answer, 400, "invalid_scope", 1_002_012);
}

/// What is missing is a 400 `invalid_request`. Documented: RFC 6749; the number observed.
/// [sign-in-missing]
#[test]
fn a_missing_field_is_refused() {
    let tenant = tenant(&[], "");
    for name in ["client_id", "grant_type"] {
        let answer = ask(&tenant, TENANT, &[(name, "")]);
        refused(&answer, 400, "invalid_request", 900_144);
    }
}

/// An error has ids and a time, also in its description. Documented:
/// `v2-oauth2-client-creds-grant-flow`. [sign-in-error]
#[test]
fn an_error_has_ids_and_a_time() {
    let body = ask(&tenant(&[], ""), NOBODY, &[]).json();
    let words = body["error_description"].as_str().unwrap();
    for (name, title) in [
        ("trace_id", "Trace ID"),
        ("correlation_id", "Correlation ID"),
        ("timestamp", "Timestamp"),
    ] {
        let value = body[name].as_str().expect(name);
        assert!(words.contains(&format!("{title}: {value}")), "{words}");
    }
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
}

/// Graph opens for a token and for nothing else: 401 `InvalidAuthenticationToken`. Observed: support
/// notes on Graph. [sign-in-needed]
#[test]
fn graph_opens_for_a_token_only() {
    let tenant = tenant(&["GroupMember.ReadWrite.All"], "");
    let own = token(&tenant);
    let path = format!("/groups/{}", tenant.group("Leavers 2019"));
    tenant.ask("GET", &path).bearer(&own).send().succeeds(200);
    for call in [
        tenant.ask("GET", &path).anonymous(),
        tenant.ask("GET", &path).bearer("any"),
        tenant.ask("GET", &path).bearer(&own[..own.len() - 4]),
    ] {
        let answer = call.send();
        answer.refuses(401, "InvalidAuthenticationToken", "");
        assert!(answer.header("WWW-Authenticate").is_some());
    }
}

/// A token ends: 401 "Lifetime validation failed" or "expired or is not yet valid". Observed: support
/// notes on Graph. [sign-in-expiry]
#[test]
fn a_token_ends() {
    let tenant = tenant(
        &["GroupMember.ReadWrite.All"],
        "sign_in.token_seconds = 600\n",
    );
    let own = token(&tenant);
    let path = format!("/groups/{}", tenant.group("Leavers 2019"));
    let status = |token: &str| tenant.ask("GET", &path).bearer(token).send();
    tenant.advance(590);
    status(&own).succeeds(200);
    tenant.advance(20);
    let ended = status(&own);
    let error = ended.refuses(401, "InvalidAuthenticationToken", "");
    let message = error["message"].as_str().unwrap();
    let known = [
        "expired or is not yet valid",
        "Lifetime validation failed",
        "expired",
    ];
    assert!(
        known.iter().any(|words| message.contains(words)),
        "{message}"
    );
    status(&token(&tenant)).succeeds(200);
}

/// A token lives for 60 to 90 minutes. Documented: configurable token lifetimes.
/// [sign-in-lifetime]
#[test]
fn a_token_lives_for_an_hour_or_so() {
    let tenant = tenant(&[], "");
    let body = ask(&tenant, TENANT, &[]).succeeds(200);
    let seconds = body["expires_in"].as_u64().unwrap();
    assert!((3_599..=5_400).contains(&seconds), "{seconds}");
}

/// With an ended token a batch is refused whole, and nothing runs. Documented: `errors`.
/// [sign-in-batch]
#[test]
fn with_an_ended_token_no_item_runs() {
    let keys = "sign_in.token_seconds = 600\n";
    let tenant = tenant(&["GroupMember.ReadWrite.All"], keys);
    let own = token(&tenant);
    tenant.advance(700);
    let url = format!("/groups/{}", tenant.group("Leavers 2019"));
    let add = item_with("1", "PATCH", &url, &tenant.binding([&tenant.worker(0)]));
    let call = tenant.ask("POST", "/$batch").bearer(&own);
    let answer = call.json(&json!({"requests": [add]})).send();
    answer.refuses(401, "InvalidAuthenticationToken", "");
    assert!(tenant.members("Leavers 2019").is_empty());
}

/// Without its permission a call is a 403: `Authorization_RequestDenied` from the directory,
/// `accessDenied` from the authentication methods. Observed: azure-docs #114024, #110166.
/// [sign-in-permission]
#[test]
fn without_its_permission_a_call_is_a_403() {
    let methods = with_permission("User.Read.All", "GET", PHONES, &Value::Null);
    methods.refuses(403, "accessDenied", "Request Authorization failed");
    let body = json!({"members@odata.bind":
        ["http://{host}/v1.0/directoryObjects/{worker}"]});
    let directory = with_permission("User.Read.All", "PATCH", "/groups/{group}", &body);
    directory.refuses(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation",
    );
}

/// In a batch only the items without permission are refused. Observed: msgraph-sdk-dotnet #2660.
/// [sign-in-permission-batch]
#[test]
fn in_a_batch_only_items_without_permission_are_refused() {
    let tenant = tenant(&["GroupMember.ReadWrite.All"], "");
    let group = format!("/groups/{}", tenant.group("Leavers 2019"));
    let requests = json!([
        item("1", "GET", &group),
        item("2", "GET", &tenant.phones(3))
    ]);
    let call = tenant.ask("POST", "/$batch").bearer(&token(&tenant));
    let batch = Batch(
        call.json(&json!({"requests": requests}))
            .send()
            .succeeds(200),
    );
    batch.of("1").succeeds(200);
    assert_eq!(batch.of("2").status, 403);
}

/// The least permissions: phones or passes alone, or all methods; reading needs no more than a read
/// permission. Documented: `authentication-post-phonemethods`,
/// `authentication-list-temporaryaccesspassmethods`. [sign-in-least]
#[test]
fn the_least_permission_is_enough() {
    let number = phone("mobile", "+1 4255550101");
    let status =
        |role, method, path, body: &Value| with_permission(role, method, path, body).status;
    for role in [
        "UserAuthMethod-Phone.ReadWrite.All",
        "UserAuthenticationMethod.ReadWrite.All",
    ] {
        assert_eq!(status(role, "POST", PHONES, &number), 201, "{role}");
    }
    for role in [
        "UserAuthMethod-TAP.ReadWrite.All",
        "UserAuthenticationMethod.ReadWrite.All",
    ] {
        assert_eq!(status(role, "POST", PASSES, &json!({})), 201, "{role}");
    }
    for role in [
        "UserAuthMethod-TAP.Read.All",
        "UserAuthenticationMethod.Read.All",
    ] {
        assert_eq!(status(role, "GET", PASSES, &Value::Null), 200, "{role}");
        assert_eq!(status(role, "POST", PASSES, &json!({})), 403, "{role}");
    }
    let phones_only = "UserAuthMethod-Phone.ReadWrite.All";
    assert_eq!(status(phones_only, "POST", PASSES, &json!({})), 403);
}

/// Policies have permissions of their own. Documented:
/// `temporaryaccesspassauthenticationmethodconfiguration-update`. [sign-in-policy]
#[test]
fn policies_have_permissions_of_their_own() {
    let path = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    let body = json!({
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "state": "disabled",
    });
    let status = |role, method, body: &Value| with_permission(role, method, path, body).status;
    let (read, write) = (
        "Policy.Read.AuthenticationMethod",
        "Policy.ReadWrite.AuthenticationMethod",
    );
    assert_eq!(status(read, "GET", &Value::Null), 200);
    assert_eq!(status(read, "PATCH", &body), 403);
    assert_eq!(status(write, "PATCH", &body), 204);
    assert_eq!(status("User.Read.All", "GET", &Value::Null), 403);
}

/// A role-assignable group asks for `RoleManagement.ReadWrite.Directory` too. Documented:
/// `group-post-members`. [sign-in-role-group]
#[test]
fn a_role_assignable_group_asks_for_more() {
    let add = |roles: &[&str]| {
        let tenant = tenant(roles, "");
        let path = format!(
            "/groups/{}/members/$ref",
            tenant.group("Helpdesk operators")
        );
        let call = tenant.ask("POST", &path).bearer(&token(&tenant));
        call.json(&tenant.reference(&tenant.officer(3))).send()
    };
    let answer = add(&["GroupMember.ReadWrite.All"]);
    assert!([400, 403].contains(&answer.status));
    answer.refuses(answer.status, "Authorization_RequestDenied", "");
    add(&[
        "GroupMember.ReadWrite.All",
        "RoleManagement.ReadWrite.Directory",
    ])
    .succeeds(204);
}

/// Devices, contacts and applications ask for more than users and groups. Documented:
/// `group-post-members`. [sign-in-member-types]
#[test]
fn other_members_ask_for_more() {
    let add = |member: usize, roles: &[&str]| {
        let tenant = tenant(roles, "");
        let id = tenant.members("Till rollout").remove(member);
        let path = format!("/groups/{}/members/$ref", tenant.group("Leavers 2019"));
        let call = tenant.ask("POST", &path).bearer(&token(&tenant));
        call.json(&tenant.reference(&id)).send().status
    };
    let least = "GroupMember.ReadWrite.All";
    assert_eq!(add(0, &[least]), 204, "a user");
    for (member, role) in [
        (5, "Device.ReadWrite.All"),
        (11, "OrgContact.Read.All"),
        (12, "Application.ReadWrite.All"),
    ] {
        assert_eq!(add(member, &[least]), 403, "{role}");
        assert_eq!(add(member, &[least, role]), 204, "{role}");
    }
}

/// Access may be evaluated anew: the answer has a claims challenge. Documented: `errors`.
/// [sign-in-challenge]
#[test]
fn access_may_be_evaluated_anew() {
    let keys = "sign_in.challenge_after_seconds = 60\n";
    let tenant = tenant(&["GroupMember.ReadWrite.All"], keys);
    let own = token(&tenant);
    let path = format!("/groups/{}", tenant.group("Leavers 2019"));
    tenant.ask("GET", &path).bearer(&own).send().succeeds(200);
    tenant.advance(61);
    let answer = tenant.ask("GET", &path).bearer(&own).send();
    assert!([401, 403].contains(&answer.status), "{}", answer.status);
    let challenge = answer.header("WWW-Authenticate").expect("a challenge");
    assert!(challenge.contains("insufficient_claims"), "{challenge}");
    assert!(challenge.contains("claims="), "{challenge}");
}

/// Tokens are for one cloud. Documented: `deployments`; the refusal is our reading.
/// [sign-in-cloud]
#[test]
fn another_clouds_scope_is_refused() {
    let scope = "https://graph.microsoft.us/.default";
    let answer = ask(&tenant(&[], ""), TENANT, &[("scope", scope)]);
    assert_eq!(answer.status, 400, "{}", answer.text);
}
