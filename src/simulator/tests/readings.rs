//! The scenario chooses where nobody knows how Graph behaves.

use super::*;

fn with(keys: &str) -> Caller {
    Caller::with(&format!("{UNLIMITED}\n[authentication_methods]\n{keys}"))
}

fn phone(number: &str) -> Value {
    json!({"phoneNumber": number, "phoneType": "mobile"})
}

#[test]
fn statuses_of_phones_can_be_chosen() {
    let mut caller =
        with("phone_create_status = 200\nphone_update_status = 200\nsecond_phone_status = 409");
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    caller.post(&path, &phone("+1 4045550101")).succeeds(200);
    caller.post(&path, &phone("+1 4045550102")).fails(
        409,
        "conflict",
        "Mobile phone method is already registered for this account.",
    );
    let mobile = format!("{path}/3179e48a-750b-4051-897c-87b9720928f7");
    let updated = caller.patch(&mobile, &phone("+1 4045550103")).succeeds(200);
    assert_eq!(updated["phoneNumber"], "+1 4045550103");
}

#[test]
fn a_pass_may_stand_in_the_way_of_the_next() {
    let mut caller = with("existing_pass = \"refused\"");
    let path = format!(
        "{}/authentication/temporaryAccessPassMethods",
        caller.worker(1)
    );
    let first = caller.post(&path, &json!({})).succeeds(201);
    caller.post(&path, &json!({})).fails(
        409,
        "conflict",
        "The user already has a Temporary Access Pass.",
    );
    caller
        .delete(&format!("{path}/{}", first["id"].as_str().unwrap()))
        .succeeds(204);
    caller.post(&path, &json!({})).succeeds(201);
}

#[test]
fn outside_the_policy_a_pass_is_forbidden_or_unusable() {
    let mut caller = with("pass_outside_policy = \"forbidden\"");
    let path = format!(
        "{}/authentication/temporaryAccessPassMethods",
        caller.worker(24)
    );
    let words = "Converged UserCredentialPolicy does not allow creating or updating this authentication method.";
    caller
        .post(&path, &json!({}))
        .fails(403, "accessDenied", words);
    let mut caller = with("pass_outside_policy = \"unusable\"");
    let made = caller.post(&path, &json!({})).succeeds(201);
    assert!(made["temporaryAccessPass"].is_string());
    assert_eq!(
        (&made["isUsable"], &made["methodUsabilityReason"]),
        (&json!(false), &json!("DisabledByPolicy"))
    );
}

#[test]
fn some_refusals_have_a_body_of_their_own() {
    let mut caller = Caller::with("[service]\nforeign_error_bodies = 0.5");
    let path = format!("{}/authentication/phoneMethods", caller.worker(1));
    let recorded = include_str!("../../../samples/wire/error-mface.json");
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let mut foreign = 0;
    for _ in 0..100 {
        caller.now += time::Duration::milliseconds(100);
        let seen = caller.post(&path, &phone("12"));
        assert_eq!(seen.status, 400);
        if seen.body == recorded {
            foreign += 1;
        } else {
            seen.fails(400, "badRequest", "Invalid phone number.");
        }
    }
    assert!((30..70).contains(&foreign), "{foreign}");
    for _ in 0..100 {
        caller
            .get("/groups/f0d0a1c2-1111-4222-8333-444455556666")
            .fails(404, "Request_ResourceNotFound", "");
    }
    let mut caller = Caller::with("[service]\nforeign_error_bodies = 1.0");
    let headers = json!({"Content-Type": "application/json"});
    let item =
        json!({"id": "1", "method": "POST", "url": path, "headers": headers, "body": phone("12")});
    assert_eq!(caller.batch(&json!([item])).part("1")["body"], recorded);
    caller.post(&path, &phone("+1 4045550101")).succeeds(201);
}
