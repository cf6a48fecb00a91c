//! Phone methods.

use super::*;

const MOBILE: &str = "3179e48a-750b-4051-897c-87b9720928f7";
const ALTERNATE: &str = "b6332ec1-7057-4abe-9331-3d72feddfe41";
const OFFICE: &str = "e37fc753-ff3b-4958-9484-eaa9425c82bc";

fn phone(number: &str, kind: &str) -> Value {
    json!({"phoneNumber": number, "phoneType": kind})
}

/// The methods of a worker: 0 has none and may sign in by text message, 1 may not; 3 has a mobile
/// that it signs in with, 7 has a mobile and an office phone.
fn methods(caller: &mut Caller, worker: usize) -> String {
    format!("{}/authentication/phoneMethods", caller.worker(worker))
}

#[test]
fn a_number_is_added_once_and_shown_with_its_space() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 1);
    let body = caller
        .post(&path, &phone("+14045550101", "mobile"))
        .succeeds(201);
    let expected = json!({
        "phoneNumber": "+1 4045550101",
        "phoneType": "mobile",
        "smsSignInState": "notAllowedByPolicy",
        "id": MOBILE,
    });
    assert_eq!(body, expected);
    assert_eq!(caller.get(&path).succeeds(200)["value"], json!([expected]));
    let again = caller.post(&path, &phone("+1 4045550102", "mobile"));
    again.fails(
        400,
        "badRequest",
        "Mobile phone method is already registered for this account.",
    );
    assert_eq!(
        again.body["error"]["innerError"]["message"],
        again.body["error"]["message"]
    );
    assert_eq!(
        caller.get(&format!("{path}/{MOBILE}")).succeeds(200),
        expected
    );
}

#[test]
fn a_number_is_changed_and_removed_by_the_fixed_id() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 3);
    caller
        .patch(
            &format!("{path}/{MOBILE}"),
            &phone("+1 4045550101", "mobile"),
        )
        .succeeds(204);
    assert_eq!(caller.user(19)["phones"]["mobile"], "+1 4045550101");
    let body = json!({"phoneNumber": "+1 4045550102"});
    caller
        .patch(&format!("{path}/{}", MOBILE.to_uppercase()), &body)
        .succeeds(204);
    let seen = caller.patch(
        &format!("{path}/{MOBILE}"),
        &phone("+1 4045550101", "office"),
    );
    seen.fails(400, "badRequest", "PhoneType cannot be changed.");
    caller.delete(&format!("{path}/{MOBILE}")).succeeds(204);
    assert_eq!(caller.user(19)["phones"], json!({}));
    caller
        .delete(&format!("{path}/{MOBILE}"))
        .fails(404, "resourceNotFound", "");
    caller
        .patch(&format!("{path}/{MOBILE}"), &body)
        .fails(404, "resourceNotFound", "");
    caller
        .get(&format!("{path}/{MOBILE}"))
        .fails(404, "resourceNotFound", "");
    caller
        .send("PUT", &format!("{path}/{MOBILE}"), Some(&body))
        .fails(405, "Request_BadRequest", "");
}

#[test]
fn an_alternate_mobile_needs_a_mobile_and_keeps_it() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 1);
    let alternate = phone("+1 4045550101", "alternateMobile");
    caller.post(&path, &alternate).fails(
        400,
        "badRequest",
        "Alternate mobile phone cannot be added without",
    );
    caller
        .post(&path, &phone("+1 4045550102", "mobile"))
        .succeeds(201);
    assert_eq!(
        caller.post(&path, &alternate).succeeds(201)["smsSignInState"],
        "notSupported"
    );
    caller.delete(&format!("{path}/{MOBILE}")).fails(
        400,
        "badRequest",
        "Mobile phone cannot be deleted while",
    );
    caller.delete(&format!("{path}/{ALTERNATE}")).succeeds(204);
    caller.delete(&format!("{path}/{MOBILE}")).succeeds(204);
}

#[test]
fn the_default_method_stays_while_there_is_another() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 7);
    caller.delete(&format!("{path}/{MOBILE}")).fails(
        400,
        "badRequest",
        "Cannot delete default method with other methods configured.",
    );
    caller.delete(&format!("{path}/{OFFICE}")).succeeds(204);
    caller.delete(&format!("{path}/{MOBILE}")).succeeds(204);
}

#[test]
fn all_methods_stand_in_one_list() {
    let mut caller = Caller::new();
    let methods = format!("{}/authentication/methods", caller.worker(7));
    let passes = format!(
        "{}/authentication/temporaryAccessPassMethods",
        caller.worker(7)
    );
    let pass = caller.post(&passes, &json!({})).succeeds(201);
    let body = caller.get(&methods).succeeds(200);
    let kinds: Vec<&str> = body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| method["@odata.type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "#microsoft.graph.passwordAuthenticationMethod",
            "#microsoft.graph.phoneAuthenticationMethod",
            "#microsoft.graph.phoneAuthenticationMethod",
            "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        ]
    );
    assert!(
        !body
            .to_string()
            .contains(pass["temporaryAccessPass"].as_str().unwrap())
    );
    let one = caller.get(&format!("{methods}/{MOBILE}")).succeeds(200);
    assert_eq!(one["phoneNumber"], "+49 15560000007");
    caller
        .get(&format!("{methods}/{ALTERNATE}"))
        .fails(404, "resourceNotFound", "");
    let guest = caller.user(10)["id"].as_str().unwrap().to_owned();
    let theirs = caller.get(&format!("/users/{guest}/authentication/methods"));
    assert_eq!(theirs.succeeds(200)["value"], json!([]));
}

#[test]
fn a_body_that_is_not_understood_changes_nothing() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 1);
    let refused = [
        (phone("0404 5550101", "mobile"), "Invalid phone number."),
        (phone("+1 404 555 0101", "mobile"), "Invalid phone number."),
        (
            phone("+1 4045550101", "fax"),
            "Cannot convert the literal 'fax'",
        ),
        (
            json!({"phoneNumber": 4, "phoneType": "mobile"}),
            "Cannot convert the literal '4'",
        ),
        (json!({"phoneType": "mobile"}), "PhoneNumber is required."),
        (
            json!({"phoneNumber": "+1 4045550101"}),
            "PhoneType is required.",
        ),
        (
            json!({"phoneNumber": "+1 4045550101", "phoneType": "mobile", "smsSignInState": "ready"}),
            "The property 'smsSignInState' does not exist on type 'microsoft.graph.phoneAuthenticationMethod'.",
        ),
    ];
    for (body, message) in refused {
        caller.post(&path, &body).fails(400, "badRequest", message);
    }
    caller.post(&path, &json!([1])).fails(
        400,
        "BadRequest",
        "Unable to read JSON request payload.",
    );
    caller
        .send("POST", &path, None)
        .fails(400, "badRequest", "An unexpected 'EndOfInput' node");
    assert_eq!(caller.user(17)["phones"], json!({}));
}

#[test]
fn a_number_signs_in_one_user_only_and_is_saved_all_the_same() {
    let mut caller = Caller::new();
    let holder = caller.user(19);
    let taken = holder["phones"]["mobile"].as_str().unwrap().to_owned();
    let path = methods(&mut caller, 0);
    caller
        .post(&path, &phone(&taken, "mobile"))
        .fails(409, "phoneNumberNotUnique", "");
    let shown = caller.get(&path).succeeds(200)["value"][0].clone();
    assert_eq!(
        (&shown["phoneNumber"], &shown["smsSignInState"]),
        (&json!(taken), &json!("phoneNumberNotUnique"))
    );
    // Outside the SMS policy the same number is no trouble.
    let outside = methods(&mut caller, 1);
    caller
        .post(&outside, &phone(&taken, "mobile"))
        .succeeds(201);
    // Once the holder lets go of it, the number can be registered.
    let theirs = methods(&mut caller, 3);
    caller.delete(&format!("{theirs}/{MOBILE}")).succeeds(204);
    caller
        .patch(&format!("{path}/{MOBILE}"), &phone(&taken, "mobile"))
        .succeeds(204);
    let state = caller.get(&format!("{path}/{MOBILE}")).succeeds(200)["smsSignInState"].clone();
    assert_eq!(state, "ready");
}

#[test]
fn a_deleted_user_still_holds_its_number() {
    let mut caller = Caller::new();
    let holder = caller.user(19);
    let all = caller.group("All staff");
    caller
        .delete(&format!(
            "/groups/{all}/members/{}",
            holder["id"].as_str().unwrap()
        ))
        .succeeds(204);
    let path = "/users/dorota.pham@northgate-grocers.example/authentication/phoneMethods";
    let seen = caller.post(
        path,
        &phone(holder["phones"]["mobile"].as_str().unwrap(), "mobile"),
    );
    seen.fails(409, "phoneNumberNotUnique", "");
}

#[test]
fn phones_can_be_filtered_by_type() {
    let mut caller = Caller::new();
    let path = methods(&mut caller, 7);
    assert_eq!(
        caller.get(&path).succeeds(200)["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let body = caller
        .get(&format!("{path}?$filter=phoneType%20eq%20'mobile'"))
        .succeeds(200);
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    assert_eq!(body["value"][0]["id"], MOBILE);
    caller
        .get(&format!("{path}?$filter=id%20eq%20'1'"))
        .fails(400, "Request_UnsupportedQuery", "");
}

#[test]
fn some_users_are_absent_or_out_of_reach() {
    let mut caller = Caller::new();
    let admin = "/users/breakglass@northgate-grocers.example/authentication/phoneMethods";
    caller
        .get(admin)
        .fails(403, "accessDenied", "Request Authorization failed");
    caller.post(admin, &phone("+1 4045550101", "mobile")).fails(
        403,
        "accessDenied",
        "Request Authorization failed",
    );
    let nobody = "/users/nobody@northgate-grocers.example/authentication/phoneMethods";
    caller
        .post(nobody, &phone("+1 4045550101", "mobile"))
        .fails(404, "Request_ResourceNotFound", "");
}
