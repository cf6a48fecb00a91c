//! The authentication methods policy.

use time::Duration;

use super::*;

const CONFIGURATIONS: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations";
const PASSES: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass";
const SMS: &str = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";

fn passes(changes: &Value) -> Value {
    typed("temporaryAccessPass", changes)
}

fn sms(changes: &Value) -> Value {
    typed("sms", changes)
}

fn typed(method: &str, changes: &Value) -> Value {
    let mut body = changes.clone();
    let name = format!("#microsoft.graph.{method}AuthenticationMethodConfiguration");
    body["@odata.type"] = json!(name);
    body
}

fn group_target(id: &str) -> Value {
    json!({"id": id, "targetType": "group"})
}

/// What asking for a pass for a worker answers.
fn pass_for(caller: &mut Caller, worker: usize) -> Seen {
    let worker = caller.worker(worker);
    let path = format!("{worker}/authentication/temporaryAccessPassMethods");
    caller.post(&path, &json!({}))
}

#[test]
fn the_whole_policy_holds_every_configuration() {
    let mut caller = Caller::new();
    let policy = caller
        .get("/policies/authenticationMethodsPolicy")
        .succeeds(200);
    assert_eq!(policy["policyMigrationState"], "migrationComplete");
    let configurations = policy["authenticationMethodConfigurations"]
        .as_array()
        .unwrap();
    let states: Vec<(&str, &str)> = configurations
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    let expected = [
        ("Fido2", "disabled"),
        ("MicrosoftAuthenticator", "disabled"),
        ("Sms", "enabled"),
        ("TemporaryAccessPass", "enabled"),
        ("SoftwareOath", "disabled"),
        ("Voice", "disabled"),
        ("Email", "disabled"),
        ("X509Certificate", "disabled"),
    ];
    assert_eq!(states, expected);
    let listed = caller.get(CONFIGURATIONS).succeeds(200);
    assert_eq!(
        listed["value"],
        policy["authenticationMethodConfigurations"]
    );
    caller
        .get(&format!("{CONFIGURATIONS}/Telepathy"))
        .fails(404, "resourceNotFound", "");
    caller
        .get("/policies")
        .fails(501, "notImplemented", "The simulator does not model");
}

#[test]
fn a_configuration_is_shown_as_documented() {
    let mut caller = Caller::new();
    let seasonal = caller.group("Department Seasonal");
    let shown = caller.get(&PASSES.to_lowercase()).succeeds(200);
    let expected = json!({
        "@odata.context": format!(
            "https://graph.microsoft.com/v1.0/$metadata#{}/$entity", &CONFIGURATIONS[1..]
        ),
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
        "id": "TemporaryAccessPass",
        "state": "enabled",
        "excludeTargets": [{"targetType": "group", "id": seasonal}],
        "defaultLifetimeInMinutes": 60,
        "defaultLength": 8,
        "minimumLifetimeInMinutes": 60,
        "maximumLifetimeInMinutes": 480,
        "isUsableOnce": false,
        "includeTargets": [{"targetType": "group", "id": "all_users", "isRegistrationRequired": false}],
    });
    assert_eq!(shown, expected);
    let sms = caller.get(SMS).succeeds(200);
    assert_eq!(
        sms["includeTargets"][0]["id"],
        json!(caller.group("SMS sign-in"))
    );
    assert_eq!(sms["includeTargets"][0]["isUsableForSignIn"], true);
}

#[test]
fn only_what_is_sent_changes_and_targets_change_as_a_whole() {
    let mut caller = Caller::new();
    let store = caller.group("Store 001 Aldermoor");
    let crew = caller.group("Crew O'Brien");
    let body = passes(&json!({"maximumLifetimeInMinutes": 1440, "defaultLength": 12}));
    caller.patch(PASSES, &body).succeeds(204);
    let body = passes(&json!({"includeTargets": [group_target(&store), group_target(&crew)]}));
    caller.patch(PASSES, &body).succeeds(204);
    let body = passes(&json!({"includeTargets": [group_target(&crew)]}));
    caller.patch(PASSES, &body).succeeds(204);
    let shown = caller.get(PASSES).succeeds(200);
    assert_eq!(shown["maximumLifetimeInMinutes"], 1440);
    assert_eq!(shown["minimumLifetimeInMinutes"], 60);
    assert_eq!(shown["includeTargets"].as_array().unwrap().len(), 1);
    assert_eq!(shown["includeTargets"][0]["id"], json!(crew));
    assert_eq!(shown["excludeTargets"].as_array().unwrap().len(), 1);
    let modified = caller
        .get("/policies/authenticationMethodsPolicy")
        .succeeds(200)["lastModifiedDateTime"]
        .clone();
    assert_eq!(modified, "2026-03-02T08:00:00.0000000Z");
    // The crew begins with worker 20.
    let made = pass_for(&mut caller, 20).succeeds(201);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 12);
    pass_for(&mut caller, 1).fails(400, "badRequest", "Converged UserCredentialPolicy");
    caller.delete(PASSES).succeeds(204);
    let shown = caller.get(PASSES).succeeds(200);
    assert_eq!(shown["state"], "disabled");
    assert_eq!(shown["includeTargets"][0]["id"], "all_users");
    pass_for(&mut caller, 20).fails(400, "badRequest", "Converged UserCredentialPolicy");
}

/// Sends changes that must be refused, and checks that nothing became of them.
fn refuses(refused: &[(Value, &str)]) {
    let mut caller = Caller::new();
    let before = caller.get(PASSES).succeeds(200);
    for (body, message) in refused {
        caller.patch(PASSES, body).fails(400, "badRequest", message);
    }
    assert_eq!(caller.get(PASSES).succeeds(200), before);
}

#[test]
fn a_change_must_name_its_type_and_known_members() {
    refuses(&[
        (
            json!({"state": "enabled"}),
            "Cannot create an abstract class.",
        ),
        (
            sms(&json!({"state": "enabled"})),
            "The type 'microsoft.graph.smsAuth",
        ),
        (
            passes(&json!({"state": "on"})),
            "Cannot convert the literal 'on'",
        ),
        (
            passes(&json!({"status": "enabled"})),
            "The property 'status' does not exist",
        ),
        (
            passes(&json!({"isUsableOnce": null})),
            "Cannot convert the literal 'null'",
        ),
    ]);
    let mut caller = Caller::new();
    caller
        .patch(&format!("{CONFIGURATIONS}/Fido2"), &json!({}))
        .fails(501, "notImplemented", "");
    caller
        .send("PUT", PASSES, Some(&json!({})))
        .fails(405, "Request_BadRequest", "");
    caller
        .send("PATCH", PASSES, None)
        .fails(400, "badRequest", "An unexpected 'EndOfInput' node");
}

#[test]
fn numbers_keep_within_their_bounds() {
    let length = "Invalid DefaultLength specified. The valid range between 8 and 48.";
    refuses(&[
        (passes(&json!({"defaultLength": 7})), length),
        (passes(&json!({"defaultLength": 49})), length),
        (
            passes(&json!({"defaultLength": -1})),
            "Cannot convert the literal '-1'",
        ),
        (
            passes(&json!({"minimumLifetimeInMinutes": 5})),
            "Invalid MinimumLifetimeInMinutes specified. The valid range between 10 and 43200.",
        ),
        (
            passes(&json!({"minimumLifetimeInMinutes": 500})),
            "Invalid MaximumLifetimeInMinutes specified. The valid range between 500 and 43200.",
        ),
        (
            passes(&json!({"maximumLifetimeInMinutes": 43_201})),
            "Invalid MaximumLifetimeInMinutes specified. The valid range between 60 and 43200.",
        ),
        (
            passes(&json!({"defaultLifetimeInMinutes": 481, "defaultLength": 20})),
            "Invalid DefaultLifetimeInMinutes specified. The valid range between 60 and 480.",
        ),
    ]);
}

#[test]
fn targets_are_read_strictly() {
    refuses(&[
        (
            passes(&json!({"includeTargets": {}})),
            "Cannot convert the literal '{}'",
        ),
        (
            passes(&json!({"includeTargets": [1]})),
            "Cannot convert the literal '1'",
        ),
        (
            passes(&json!({"excludeTargets": [{"id": "everyone", "targetType": "group"}]})),
            "Invalid target id specified.",
        ),
        (
            passes(&json!({"includeTargets": [{"id": "all_users", "targetType": "role"}]})),
            "Invalid TargetType specified.",
        ),
        (
            passes(
                &json!({"includeTargets": [{"id": "all_users", "targetType": "group", "isUsableForSignIn": true}]}),
            ),
            "The property 'isUsableForSignIn' does not exist on type",
        ),
    ]);
}

#[test]
fn an_excluded_user_is_out_even_if_included() {
    let mut caller = Caller::new();
    let user = caller.user(17)["id"].clone();
    let body = passes(&json!({
        "includeTargets": [{"id": user, "targetType": "user"}],
        "excludeTargets": [],
    }));
    caller.patch(PASSES, &body).succeeds(204);
    pass_for(&mut caller, 1).succeeds(201);
    pass_for(&mut caller, 2).fails(400, "badRequest", "Converged UserCredentialPolicy");
    let body = passes(&json!({"excludeTargets": [{"id": "all_users", "targetType": "group"}]}));
    caller.patch(PASSES, &body).succeeds(204);
    pass_for(&mut caller, 1).fails(400, "badRequest", "Converged UserCredentialPolicy");
    // A group that is gone is no trouble, and nobody is in it.
    let gone = "f0d0a1c2-1111-4222-8333-444455556666";
    let body = passes(&json!({"excludeTargets": [group_target(gone)]}));
    caller.patch(PASSES, &body).succeeds(204);
    pass_for(&mut caller, 1).succeeds(201);
}

#[test]
fn members_of_nested_groups_are_meant_too() {
    let mut caller = Caller::new();
    // Region West holds stores 004 to 006, and worker 3 works in the first of them.
    let region = caller.group("Region West");
    let body = passes(&json!({"includeTargets": [group_target(&region)]}));
    caller.patch(PASSES, &body).succeeds(204);
    pass_for(&mut caller, 3).succeeds(201);
    pass_for(&mut caller, 1).fails(400, "badRequest", "Converged UserCredentialPolicy");
}

#[test]
fn who_joins_a_targeted_group_is_meant_at_once() {
    let mut caller = Caller::with(&format!(
        "{UNLIMITED}\n[policies.temporary_access_pass]\ninclude_targets = [\"Pilot\"]"
    ));
    pass_for(&mut caller, 1).fails(400, "badRequest", "Converged UserCredentialPolicy");
    let pilot = caller.group("Pilot");
    let user = caller.user(17)["id"].as_str().unwrap().to_owned();
    let link = format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}");
    caller
        .post(
            &format!("/groups/{pilot}/members/$ref"),
            &json!({"@odata.id": link}),
        )
        .succeeds(204);
    pass_for(&mut caller, 1).succeeds(201);
}

#[test]
fn a_change_reaches_users_late_and_reads_at_once() {
    let mut caller = Caller::with(&format!(
        "{UNLIMITED}\n[policies]\napplies_after_seconds = 300"
    ));
    let off = passes(&json!({"state": "disabled"}));
    let on = passes(&json!({"state": "enabled", "isUsableOnce": true}));
    caller.patch(PASSES, &off).succeeds(204);
    assert_eq!(caller.get(PASSES).succeeds(200)["state"], "disabled");
    caller.now += Duration::seconds(100);
    caller.patch(PASSES, &on).succeeds(204);
    caller.now = START + Duration::seconds(299);
    assert_eq!(
        pass_for(&mut caller, 1).succeeds(201)["isUsableOnce"],
        false
    );
    caller.now = START + Duration::seconds(300);
    pass_for(&mut caller, 1).fails(400, "badRequest", "Converged UserCredentialPolicy");
    caller.now = START + Duration::seconds(400);
    assert_eq!(pass_for(&mut caller, 1).succeeds(201)["isUsableOnce"], true);
}

#[test]
fn a_policy_counts_against_the_limits_of_the_directory() {
    let mut caller = Caller::with("[limits.authentication_methods]\nburst = 1");
    for _ in 0..3 {
        let seen = caller.get(PASSES);
        assert_eq!(seen.header("x-ms-resource-unit"), Some("1"));
        seen.succeeds(200);
    }
}

#[test]
fn the_scenario_sets_what_holds_at_first() {
    let mut caller = Caller::with(&format!(
        "{UNLIMITED}
        [policies.sms]
        state = \"disabled\"
        include_targets = [\"Store 001 Aldermoor\", \"all_users\"]
        exclude_targets = [\"Night crew\"]
        is_usable_for_sign_in = false
        [policies.temporary_access_pass]
        exclude_targets = []"
    ));
    let shown = caller.get(SMS).succeeds(200);
    let store = caller.group("Store 001 Aldermoor");
    let night = caller.group("Night crew");
    assert_eq!(shown["state"], "disabled");
    assert_eq!(
        shown["includeTargets"],
        json!([
            {"targetType": "group", "id": store, "isRegistrationRequired": false, "isUsableForSignIn": false},
            {"targetType": "group", "id": "all_users", "isRegistrationRequired": false, "isUsableForSignIn": false},
        ])
    );
    assert_eq!(
        shown["excludeTargets"],
        json!([{"targetType": "group", "id": night}])
    );
    let phones = format!("{}/authentication/phoneMethods", caller.worker(3));
    let phone = caller.get(&phones).succeeds(200)["value"][0].clone();
    assert_eq!(phone["smsSignInState"], "notConfigured");
    // A seasonal associate, whom the sample tenant's own policy excludes.
    pass_for(&mut caller, 24).succeeds(201);
}
