//! Temporary Access Passes: issuing, reading and ending them.

use serde_json::{Value, json};

use crate::support::*;

/// Issues a pass to worker 1, who has none.
fn issue(tenant: &Tenant, body: &Value) -> crate::http::Answer {
    tenant.post(&tenant.passes(1), body)
}

#[track_caller]
fn refused(body: &Value, words: &str) {
    let tenant = Tenant::new();
    issue(&tenant, body).refuses(400, "badRequest", words);
    assert!(tenant.get(&tenant.passes(1)).list().is_empty());
}

/// A pass is created with a POST: 201, its secret, and how it may be used. Documented:
/// `authentication-post-temporaryaccesspassmethods`. [pass-create]
#[test]
fn a_pass_is_issued() {
    let tenant = Tenant::new();
    let made = issue(
        &tenant,
        &json!({"lifetimeInMinutes": 90, "isUsableOnce": true}),
    )
    .succeeds(201);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 8);
    assert_eq!(made["lifetimeInMinutes"], 90);
    assert_eq!(made["isUsableOnce"], true);
    assert_eq!(made["isUsable"], true);
    assert_eq!(made["methodUsabilityReason"], "EnabledByPolicy");
    for name in ["id", "createdDateTime", "startDateTime"] {
        assert!(made[name].is_string(), "no {name}: {made}");
    }
}

/// Everything may be left out; the policy fills it in. Documented:
/// `authentication-post-temporaryaccesspassmethods`. [pass-defaults]
#[test]
fn everything_may_be_left_out() {
    let tenant = Tenant::new();
    let made = issue(&tenant, &json!({})).succeeds(201);
    assert_eq!(made["lifetimeInMinutes"], 60);
    assert_eq!(made["isUsableOnce"], false);
    assert_eq!(made["isUsable"], true);
}

/// The secret is in this answer only. Documented: `temporaryaccesspassauthenticationmethod`.
/// [pass-secret]
#[test]
fn the_secret_is_shown_once() {
    let tenant = Tenant::new();
    let mut made = issue(&tenant, &json!({})).succeeds(201);
    made["temporaryAccessPass"] = Value::Null;
    let listed = tenant.get(&tenant.passes(1)).list();
    assert_eq!(listed.len(), 1);
    let one = tenant.get(&format!("{}/{}", tenant.passes(1), id_of(&made)));
    for read in [listed[0].clone(), one.succeeds(200)] {
        for name in ["id", "temporaryAccessPass", "createdDateTime", "isUsable"] {
            assert_eq!(read[name], made[name], "{name}");
        }
    }
}

/// The lifetime lies within the policy, or it is a 400 that names the bounds. Observed:
/// microsoft-graph-docs #12187. [pass-lifetime]
#[test]
fn a_lifetime_outside_the_policy_is_refused() {
    let words = "Invalid LifetimeInMinutes specified. The valid range between 60 and 480.";
    for lifetime in [0, 59, 481, 43_200] {
        refused(&json!({"lifetimeInMinutes": lifetime}), words);
    }
    for lifetime in [60, 480] {
        let made = issue(&Tenant::new(), &json!({"lifetimeInMinutes": lifetime}));
        assert_eq!(made.succeeds(201)["lifetimeInMinutes"], lifetime);
    }
}

/// The numbers in that message are the policy's. Observed: microsoft-graph-docs #12187.
/// [pass-lifetime-policy]
#[test]
fn the_bounds_are_the_policys() {
    let tenant = Tenant::with(
        "policies.temporary_access_pass.minimum_lifetime_in_minutes = 30\n\
         policies.temporary_access_pass.maximum_lifetime_in_minutes = 120\n",
    );
    let words = "The valid range between 30 and 120.";
    let refused = issue(&tenant, &json!({"lifetimeInMinutes": 121}));
    refused.refuses(400, "badRequest", words);
}

/// Where the policy says once, no pass works more often. Documented: TAP how-to. [pass-once]
#[test]
fn where_passes_work_once_none_works_more_often() {
    let tenant = Tenant::with("policies.temporary_access_pass.is_usable_once = true\n");
    let often = issue(&tenant, &json!({"isUsableOnce": false}));
    assert_eq!(often.status, 400, "{}", often.text);
    let made = issue(&tenant, &json!({"isUsableOnce": true}));
    assert_eq!(made.succeeds(201)["isUsableOnce"], true);
}

/// The length is the policy's. Documented: TAP how-to. [pass-length]
#[test]
fn the_length_is_the_policys() {
    let tenant = Tenant::with("policies.temporary_access_pass.default_length = 48\n");
    let made = issue(&tenant, &json!({})).succeeds(201);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 48);
}

/// Passes hold characters such as `&`, `+`, `=` and `$`. Documented: the sample in
/// `authentication-post-temporaryaccesspassmethods`. [pass-characters]
#[test]
fn passes_hold_awkward_characters() {
    let tenant = Tenant::with("policies.temporary_access_pass.default_length = 48\n");
    let issued = |_| {
        let made = issue(&tenant, &json!({})).succeeds(201);
        made["temporaryAccessPass"].as_str().unwrap().to_owned()
    };
    let all: String = (0..10).map(issued).collect();
    assert!("&+=$".chars().all(|awkward| all.contains(awkward)), "{all}");
}

/// A user has one pass: another POST replaces it, be it usable or expired. Documented:
/// `authentication-post-temporaryaccesspassmethods`. [pass-replace]
#[test]
fn a_second_pass_replaces_the_first() {
    let tenant = Tenant::new();
    for worker in [4, 8] {
        let path = tenant.passes(worker);
        let before = tenant.get(&path).list();
        assert_eq!(before.len(), 1);
        let made = tenant.post(&path, &json!({})).succeeds(201);
        let after = tenant.get(&path).list();
        assert_eq!(ids(&after), [id_of(&made)]);
        let old = format!("{path}/{}", id_of(&before[0]));
        tenant.get(&old).refuses(404, "resourceNotFound", "");
    }
}

/// A guest of another organization gets none. Documented: TAP how-to. [pass-guest]
#[test]
fn a_guest_gets_none() {
    let tenant = Tenant::new();
    let guest = tenant.guest();
    let path = format!("/users/{guest}/authentication/temporaryAccessPassMethods");
    let answer = tenant.post(&path, &json!({}));
    let words = "Temporary Access Pass cannot be added to an external guest user.";
    answer.refuses(400, "badRequest", words);
}

/// Who is no target of the policy is refused. Observed: azure-docs #111778; the status is our
/// reading. [pass-policy]
#[test]
fn outside_the_policy_there_is_none() {
    let tenant = Tenant::new();
    let answer = tenant.post(&tenant.passes(24), &json!({}));
    assert!([400, 403].contains(&answer.status), "{}", answer.text);
    let words = "Converged UserCredentialPolicy does not allow creating or updating this \
        authentication method. AuthMethodType [TemporaryAccessPass].";
    assert!(answer.text.contains(words), "{}", answer.text);
}

/// With the policy off nobody gets one. Observed: azure-docs #111778. [pass-policy-off]
#[test]
fn with_the_policy_off_there_is_none() {
    let tenant = Tenant::with("policies.temporary_access_pass.state = \"disabled\"\n");
    let answer = issue(&tenant, &json!({}));
    assert!([400, 403].contains(&answer.status), "{}", answer.text);
    assert!(answer.text.contains("UserCredentialPolicy does not allow"));
}

/// A pass works from its start for its lifetime. Documented:
/// `temporaryaccesspassauthenticationmethod`. [pass-usability]
#[test]
fn a_pass_works_from_its_start_for_its_lifetime() {
    let tenant = Tenant::new();
    let made = issue(&tenant, &json!({})).succeeds(201);
    let path = format!("{}/{}", tenant.passes(1), id_of(&made));
    let seen = || {
        let pass = tenant.get(&path).succeeds(200);
        (
            pass["isUsable"].clone(),
            pass["methodUsabilityReason"].clone(),
        )
    };
    assert_eq!(seen(), (json!(true), json!("EnabledByPolicy")));
    tenant.advance(59 * 60);
    assert_eq!(seen(), (json!(true), json!("EnabledByPolicy")));
    tenant.advance(2 * 60);
    assert_eq!(seen(), (json!(false), json!("Expired")));
}

/// A pass may start later; until then it is `NotYetValid`. Documented:
/// `authentication-post-temporaryaccesspassmethods`. [pass-start]
#[test]
fn a_pass_may_start_later() {
    let tenant = Tenant::new();
    let tomorrow = format!("{}T06:00:00Z", day_after(&tenant, 1));
    let made = issue(&tenant, &json!({"startDateTime": tomorrow})).succeeds(201);
    let start = made["startDateTime"].as_str().unwrap();
    assert!(start.starts_with(&tomorrow[..19]), "{start}");
    assert_eq!(made["isUsable"], false);
    assert_eq!(made["methodUsabilityReason"], "NotYetValid");
}

/// A start with another offset is the same moment. Documented: it is a `DateTimeOffset`.
/// [pass-start-offset]
#[test]
fn a_start_has_an_offset() {
    let tenant = Tenant::new();
    let day = day_after(&tenant, 2);
    let made = issue(
        &tenant,
        &json!({"startDateTime": format!("{day}T06:00:00+02:00")}),
    )
    .succeeds(201);
    let start = made["startDateTime"].as_str().unwrap();
    assert!(start.starts_with(&format!("{day}T04:00:00")), "{start}");
}

/// The day that many days after the service's own.
fn day_after(tenant: &Tenant, days: i64) -> String {
    let answer = tenant.get("/groups");
    let now = httpdate::parse_http_date(answer.header("Date").expect("a date")).unwrap();
    let day = time::OffsetDateTime::from(now).date() + time::Duration::days(days);
    day.to_string()
}

/// A start in the past is refused. Observed: the message. [pass-start-past]
#[test]
fn a_start_in_the_past_is_refused() {
    let words = "Invalid StartDateTime specified. It can not be a time in the past.";
    refused(&json!({"startDateTime": "2021-01-26T00:00:00Z"}), words);
}

/// Members of another kind are refused. Documented: their types,
/// `authentication-post-temporaryaccesspassmethods`. [pass-types]
#[test]
fn members_of_another_kind_are_refused() {
    let tenant = Tenant::new();
    for body in [
        json!({"lifetimeInMinutes": "an hour"}),
        json!({"isUsableOnce": "yes"}),
        json!({"startDateTime": "tomorrow"}),
    ] {
        assert_eq!(issue(&tenant, &body).status, 400, "{body}");
    }
}

/// A list has one pass or none. Documented: `authentication-list-temporaryaccesspassmethods`.
/// [pass-list]
#[test]
fn passes_are_listed_without_their_secret() {
    let tenant = Tenant::new();
    assert!(tenant.get(&tenant.passes(1)).list().is_empty());
    let usable = tenant.get(&tenant.passes(4)).list();
    assert_eq!(usable.len(), 1);
    assert_eq!(usable[0]["isUsable"], true);
    assert_eq!(usable[0]["temporaryAccessPass"], Value::Null);
    let expired = tenant.get(&tenant.passes(8)).list();
    assert_eq!(expired[0]["methodUsabilityReason"], "Expired");
}

/// A pass is deleted: 204, and it is gone. Documented:
/// `temporaryaccesspassauthenticationmethod-delete`. [pass-delete]
#[test]
fn a_pass_is_deleted() {
    let tenant = Tenant::new();
    let list = tenant.passes(4);
    let path = format!("{list}/{}", id_of(&tenant.get(&list).list()[0]));
    tenant.delete(&path).succeeds(204);
    tenant.delete(&path).refuses(404, "resourceNotFound", "");
    assert!(tenant.get(&list).list().is_empty());
}

/// A pass has no PATCH. Documented: the description of the v1.0 API. [pass-patch]
#[test]
fn a_pass_is_not_changed() {
    let tenant = Tenant::new();
    let list = tenant.passes(4);
    let path = format!("{list}/{}", id_of(&tenant.get(&list).list()[0]));
    let answer = tenant.patch(&path, &json!({"lifetimeInMinutes": 60}));
    assert_eq!(answer.status, 405);
}

/// A fresh user cannot have one until it is known everywhere. Observed: CIPP, damienbod's
/// onboarding sample. [pass-fresh]
#[test]
fn a_fresh_user_gets_none_until_it_is_known() {
    let tenant = Tenant::with("tenant.fresh_users = 1\nservice.replication_ms = 60000\n");
    let shown = tenant.call("GET", "/_simulator/tenant").send().json();
    let fresh = id_of(shown["users"].as_array().unwrap().last().unwrap());
    let path = format!("/users/{fresh}/authentication/temporaryAccessPassMethods");
    assert_eq!(tenant.post(&path, &json!({})).status, 404);
    tenant.advance(61);
    tenant.post(&path, &json!({})).succeeds(201);
}

/// In a batch the secret is in the inner body. Our reading: `json-batching`. [pass-batch]
#[test]
fn in_a_batch_the_secret_is_in_the_item() {
    let tenant = Tenant::new();
    let issue = item_with("1", "POST", &tenant.passes(1), &json!({}));
    let made = tenant.batch(&json!([issue])).of("1").succeeds(201);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 8);
}
