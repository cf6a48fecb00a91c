//! Policies: what the tenant allows with passes and text messages, read and changed over Graph.

use serde_json::{Value, json};

use crate::support::*;

const POLICY: &str = "/policies/authenticationMethodsPolicy";

fn configuration(name: &str) -> String {
    format!("{POLICY}/authenticationMethodConfigurations/{name}")
}

fn passes() -> String {
    configuration("TemporaryAccessPass")
}

/// Changes the policy about passes.
fn change(tenant: &Tenant, change: &Value) -> crate::http::Answer {
    let mut body = change.clone();
    body["@odata.type"] =
        json!("#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration");
    tenant.patch(&passes(), &body)
}

/// The policy about passes has these fields, with Graph's defaults for them. Documented:
/// `temporaryaccesspassauthenticationmethodconfiguration`. [policy-pass]
#[test]
fn the_policy_about_passes_is_read() {
    let policy = Tenant::new().get(&passes()).succeeds(200);
    assert_eq!(policy["id"], "TemporaryAccessPass");
    for (name, value) in [
        ("defaultLength", json!(8)),
        ("defaultLifetimeInMinutes", json!(60)),
        ("minimumLifetimeInMinutes", json!(60)),
        ("maximumLifetimeInMinutes", json!(480)),
        ("isUsableOnce", json!(false)),
    ] {
        assert_eq!(policy[name], value, "{name}");
    }
    assert_eq!(
        policy["@odata.type"],
        "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
    );
    assert!(["enabled", "disabled"].contains(&policy["state"].as_str().unwrap()));
    assert!(policy["includeTargets"].is_array(), "{policy}");
    assert!(policy["excludeTargets"].is_array(), "{policy}");
}

/// A target has an id and a type, which is `group` also for `all_users`. Documented: the same.
/// [policy-targets]
#[test]
fn a_target_is_a_group() {
    let policy = Tenant::new().get(&passes()).succeeds(200);
    let targets = policy["includeTargets"].as_array().unwrap();
    assert!(!targets.is_empty());
    for target in targets {
        assert_eq!(target["targetType"], "group");
        assert!(target["id"].is_string());
    }
}

/// A PATCH changes what it names and leaves the rest: 204. Documented:
/// `temporaryaccesspassauthenticationmethodconfiguration-update`. [policy-patch]
#[test]
fn only_what_is_sent_changes() {
    let tenant = Tenant::new();
    let mut expected = tenant.get(&passes()).succeeds(200);
    change(&tenant, &json!({"maximumLifetimeInMinutes": 1440})).succeeds(204);
    expected["maximumLifetimeInMinutes"] = json!(1440);
    assert_eq!(tenant.get(&passes()).succeeds(200), expected);
}

/// A PATCH needs its `@odata.type`. Documented: the same. [policy-patch-type]
#[test]
fn a_change_needs_its_type() {
    let tenant = Tenant::new();
    let answer = tenant.patch(&passes(), &json!({"maximumLifetimeInMinutes": 1440}));
    assert_eq!(answer.status, 400, "{}", answer.text);
    change(&tenant, &json!({"maximumLifetimeInMinutes": 1440})).succeeds(204);
}

/// A list of targets is replaced whole. Our reading: the same. [policy-patch-targets]
#[test]
fn targets_are_replaced_whole() {
    let tenant = Tenant::new();
    let target = |group: &str| json!({"id": tenant.group(group), "targetType": "group"});
    for group in ["Crew O'Brien", "Till rollout"] {
        let targets = json!({"includeTargets": [target(group)]});
        change(&tenant, &targets).succeeds(204);
    }
    let policy = tenant.get(&passes()).succeeds(200);
    let ids: Vec<&Value> = policy["includeTargets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| &target["id"])
        .collect();
    assert_eq!(ids, [&json!(tenant.group("Till rollout"))]);
}

/// Values out of range are refused: lifetimes of 10 to 43200 minutes, the default between the
/// bounds, a length of 8 to 48. Documented: the same; the 400 is our reading. [policy-range]
#[test]
fn values_out_of_range_are_refused() {
    let tenant = Tenant::new();
    let before = tenant.get(&passes()).succeeds(200);
    for (name, value) in [
        ("minimumLifetimeInMinutes", json!(9)),
        ("maximumLifetimeInMinutes", json!(43_201)),
        ("defaultLifetimeInMinutes", json!(481)),
        ("defaultLength", json!(7)),
        ("defaultLength", json!(49)),
        ("state", json!("perhaps")),
    ] {
        let answer = change(&tenant, &json!({name: value}));
        assert_eq!(answer.status, 400, "{name} {value}: {}", answer.text);
    }
    assert_eq!(tenant.get(&passes()).succeeds(200), before);
}

/// A DELETE puts the defaults back: 204. Documented:
/// `temporaryaccesspassauthenticationmethodconfiguration-delete`. [policy-delete]
#[test]
fn a_delete_puts_the_defaults_back() {
    let tenant = Tenant::new();
    change(&tenant, &json!({"maximumLifetimeInMinutes": 1440})).succeeds(204);
    tenant.delete(&passes()).succeeds(204);
    let policy = tenant.get(&passes()).succeeds(200);
    assert_eq!(policy["maximumLifetimeInMinutes"], 480);
    assert_eq!(policy["state"], "disabled");
}

/// The policy that is read is the one that is applied. Documented: TAP how-to. [policy-applied]
#[test]
fn the_policy_is_applied() {
    let tenant = Tenant::new();
    change(
        &tenant,
        &json!({"maximumLifetimeInMinutes": 1440, "defaultLength": 12}),
    )
    .succeeds(204);
    let body = json!({"lifetimeInMinutes": 1440});
    let made = tenant.post(&tenant.passes(1), &body).succeeds(201);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 12);
    change(&tenant, &json!({"state": "disabled"})).succeeds(204);
    let refused = tenant.post(&tenant.passes(1), &body);
    assert!(refused.text.contains("UserCredentialPolicy does not allow"));
}

/// Only the members of the target groups get a pass, and those who are excluded do not. Documented:
/// TAP how-to. [policy-applied-targets]
#[test]
fn only_targets_get_a_pass() {
    let tenant = Tenant::new();
    let crew = tenant.members("Crew O'Brien");
    let group = |name: &str| json!({"id": tenant.group(name), "targetType": "group"});
    let targets = json!({
        "includeTargets": [group("Crew O'Brien")],
        "excludeTargets": [group("Leavers 2019")],
    });
    change(&tenant, &targets).succeeds(204);
    tenant.add("Leavers 2019", &crew[1]).succeeds(204);
    let issue = |user: &str| {
        let path = format!("/users/{user}/authentication/temporaryAccessPassMethods");
        tenant.post(&path, &json!({})).status
    };
    assert_eq!(issue(&crew[0]), 201);
    assert!([400, 403].contains(&issue(&crew[1])), "excluded");
    assert!([400, 403].contains(&issue(&tenant.worker(1))), "no target");
}

/// The policy about text messages says whose number is for signing in. Documented:
/// `smsauthenticationmethodconfiguration`. [policy-sms]
#[test]
fn the_policy_about_text_messages_is_read() {
    let policy = Tenant::new().get(&configuration("Sms")).succeeds(200);
    assert_eq!(policy["id"], "Sms");
    assert_eq!(
        policy["@odata.type"],
        "#microsoft.graph.smsAuthenticationMethodConfiguration"
    );
    let targets = policy["includeTargets"].as_array().unwrap();
    assert!(!targets.is_empty());
    assert!(targets[0]["isUsableForSignIn"].is_boolean(), "{policy}");
}

/// Who becomes a target can be registered. Documented:
/// `smsauthenticationmethodconfiguration-update`. [policy-sms-applied]
#[test]
fn a_new_target_can_sign_in_by_text_message() {
    let tenant = Tenant::new();
    let target = json!({"id": "all_users", "targetType": "group", "isUsableForSignIn": true});
    let body = json!({
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "state": "enabled",
        "includeTargets": [target],
    });
    tenant.patch(&configuration("Sms"), &body).succeeds(204);
    let made = tenant.post(&tenant.phones(1), &phone("mobile", "+1 4255550101"));
    assert_eq!(made.succeeds(201)["smsSignInState"], "ready");
}

/// The whole policy has all configurations and `policyMigrationState`. Documented:
/// `authenticationmethodspolicy-get`. [policy-whole]
#[test]
fn the_whole_policy_has_all_configurations() {
    let policy = Tenant::new().get(POLICY).succeeds(200);
    assert!(policy["policyMigrationState"].is_string(), "{policy}");
    let configurations = policy["authenticationMethodConfigurations"]
        .as_array()
        .unwrap();
    for name in ["TemporaryAccessPass", "Sms"] {
        let found = configurations.iter().any(|one| one["id"] == name);
        assert!(found, "no {name}: {policy}");
    }
}

/// A configuration that there is not is a 404. Documented: `errors`. [policy-unknown]
#[test]
fn an_unknown_configuration_is_a_404() {
    assert_eq!(Tenant::new().get(&configuration("Pigeon")).status, 404);
}

/// A change takes minutes to reach users. Observed: several tools wait for it. [policy-lag]
#[test]
fn a_change_takes_a_while_to_be_applied() {
    let tenant = Tenant::with("policies.applies_after_seconds = 300\n");
    change(&tenant, &json!({"state": "disabled"})).succeeds(204);
    assert_eq!(tenant.get(&passes()).json()["state"], "disabled");
    let path = tenant.passes(1);
    tenant.post(&path, &json!({})).succeeds(201);
    tenant.advance(301);
    let refused = tenant.post(&path, &json!({}));
    assert!(refused.text.contains("UserCredentialPolicy does not allow"));
}
