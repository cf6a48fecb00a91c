//! Temporary Access Passes.

use time::Duration;

use super::*;

/// The passes of a worker: 1 has none, 4 a usable one, 8 an expired one, 24 is outside the policy.
fn passes(caller: &mut Caller, worker: usize) -> String {
    format!(
        "{}/authentication/temporaryAccessPassMethods",
        caller.worker(worker)
    )
}

#[test]
fn a_pass_shows_its_secret_once() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 1);
    let made = caller
        .post(
            &path,
            &json!({"lifetimeInMinutes": 480, "isUsableOnce": true}),
        )
        .succeeds(201);
    let secret = made["temporaryAccessPass"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 8);
    assert_eq!(made["createdDateTime"], "2026-03-02T08:00:00.0000000Z");
    assert_eq!(
        (&made["isUsable"], &made["methodUsabilityReason"]),
        (&json!(true), &json!("EnabledByPolicy"))
    );
    let listed = caller.get(&path).succeeds(200)["value"][0].clone();
    let expected = {
        let mut expected = made.clone();
        expected["temporaryAccessPass"] = Value::Null;
        expected
    };
    assert_eq!(listed, expected);
    let one = caller
        .get(&format!("{path}/{}", made["id"].as_str().unwrap()))
        .succeeds(200);
    assert_eq!(one, expected);
    assert_eq!(caller.user(17)["pass"]["value"], secret);
}

#[test]
fn a_second_pass_replaces_the_first() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 4);
    let before = caller.user(20)["pass"].clone();
    assert_eq!(before["isUsable"], true);
    let made = caller.post(&path, &json!({})).succeeds(201);
    assert_ne!(made["id"], before["id"]);
    assert_eq!(
        caller.get(&path).succeeds(200)["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    caller
        .get(&format!("{path}/{}", before["id"].as_str().unwrap()))
        .fails(404, "resourceNotFound", "");
}

#[test]
fn everything_may_be_left_out_even_the_body() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 1);
    let made = caller.send("POST", &path, None).succeeds(201);
    assert_eq!(
        (&made["lifetimeInMinutes"], &made["isUsableOnce"]),
        (&json!(60), &json!(false))
    );
    assert_eq!(made["startDateTime"], made["createdDateTime"]);
}

#[test]
fn a_pass_is_usable_from_its_start_for_its_lifetime() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 1);
    let body = json!({"startDateTime": "2026-03-02T10:00:00+01:00", "lifetimeInMinutes": 60});
    let made = caller.post(&path, &body).succeeds(201);
    assert_eq!(made["startDateTime"], "2026-03-02T09:00:00Z");
    let mut reason = |minutes: i64| {
        caller.now = START + Duration::minutes(minutes);
        let listed = caller.get(&path).succeeds(200)["value"][0].clone();
        (
            listed["isUsable"].as_bool().unwrap(),
            listed["methodUsabilityReason"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(reason(0), (false, "NotYetValid".to_owned()));
    assert_eq!(reason(60), (true, "EnabledByPolicy".to_owned()));
    assert_eq!(reason(119), (true, "EnabledByPolicy".to_owned()));
    assert_eq!(reason(120), (false, "Expired".to_owned()));
}

#[test]
fn what_is_asked_for_must_lie_within_the_policy() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 1);
    let range = "Invalid LifetimeInMinutes specified. The valid range between 60 and 480.";
    let past = "Invalid StartDateTime specified. It can not be a time in the past.";
    let date = "Cannot convert the literal '2099-06-01T08:00:00' to the expected type 'Edm.DateTimeOffset'.";
    let refused = [
        (json!({"lifetimeInMinutes": 59}), range),
        (json!({"lifetimeInMinutes": 481}), range),
        (json!({"lifetimeInMinutes": -1}), range),
        (
            json!({"lifetimeInMinutes": "60"}),
            "Cannot convert the literal '60' to the expected type 'Edm.Int32'.",
        ),
        (
            json!({"lifetimeInMinutes": 1e12}),
            "Cannot convert the literal",
        ),
        (json!({"startDateTime": "2026-03-02T07:59:59Z"}), past),
        (json!({"startDateTime": "2099-06-01T08:00:00"}), date),
        (
            json!({"startDateTime": "9999-12-31T23:59:59-12:00"}),
            "Cannot convert the literal",
        ),
        (
            json!({"isUsableOnce": "yes"}),
            "Cannot convert the literal 'yes' to the expected type 'Edm.Boolean'.",
        ),
        (
            json!({"lifetime": 60}),
            "The property 'lifetime' does not exist",
        ),
    ];
    for (body, message) in refused {
        caller.post(&path, &body).fails(400, "badRequest", message);
    }
    caller
        .post(&path, &json!({"startDateTime": "9999-12-31T23:59:59Z"}))
        .succeeds(201);
}

#[test]
fn a_policy_of_single_use_allows_nothing_else() {
    let mut caller = Caller::with(
        "[policies.temporary_access_pass]\nis_usable_once = true\ndefault_length = 12",
    );
    let path = passes(&mut caller, 1);
    caller.post(&path, &json!({"isUsableOnce": false})).fails(
        400,
        "badRequest",
        "Invalid IsUsableOnce specified.",
    );
    let made = caller.post(&path, &json!({})).succeeds(201);
    assert_eq!(made["isUsableOnce"], true);
    assert_eq!(made["temporaryAccessPass"].as_str().unwrap().len(), 12);
}

#[test]
fn guests_and_users_outside_the_policy_get_none() {
    let mut caller = Caller::new();
    let guest = caller.user(10)["id"].as_str().unwrap().to_owned();
    let guest = format!("/users/{guest}/authentication/temporaryAccessPassMethods");
    caller.post(&guest, &json!({})).fails(
        400,
        "badRequest",
        "Temporary Access Pass cannot be added to an external guest user.",
    );
    let outside = passes(&mut caller, 24);
    caller.post(&outside, &json!({})).fails(
        400,
        "badRequest",
        "Converged UserCredentialPolicy does not allow",
    );
    let admin =
        "/users/breakglass@northgate-grocers.example/authentication/temporaryAccessPassMethods";
    caller
        .post(admin, &json!({}))
        .fails(403, "accessDenied", "Request Authorization failed");
}

#[test]
fn a_pass_is_deleted_by_its_id_and_cannot_be_changed() {
    let mut caller = Caller::new();
    let path = passes(&mut caller, 4);
    let id = caller.user(20)["pass"]["id"].as_str().unwrap().to_owned();
    caller
        .patch(&format!("{path}/{id}"), &json!({}))
        .fails(405, "Request_BadRequest", "");
    caller.delete(&format!("{path}/{id}")).succeeds(204);
    caller
        .delete(&format!("{path}/{id}"))
        .fails(404, "resourceNotFound", "");
    assert_eq!(caller.get(&path).succeeds(200)["value"], json!([]));
}

#[test]
fn sample_passes_are_usable_on_whatever_day_it_is() {
    for start in [START, time::macros::datetime!(2031-12-24 18:00 UTC)] {
        let mut caller = Caller::new();
        caller.now = start;
        assert_eq!(caller.user(20)["pass"]["isUsable"], true);
        assert_eq!(caller.user(24)["pass"]["isUsable"], false);
    }
}
