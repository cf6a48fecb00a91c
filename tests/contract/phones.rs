//! Phone methods: adding, reading, changing and deleting them.

use serde_json::{Value, json};

use crate::support::*;

fn kinds(phones: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = phones
        .iter()
        .map(|phone| phone["phoneType"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    kinds
}

/// A phone is created with a POST: 201 and the method. Documented: `authentication-post-phonemethods`.
/// [phone-create]
#[test]
fn a_phone_is_created() {
    let tenant = Tenant::new();
    let made = tenant.post(&tenant.phones(1), &phone("mobile", "+1 4255550101"));
    let made = made.succeeds(201);
    assert_eq!(made["id"], MOBILE);
    assert_eq!(made["phoneNumber"], "+1 4255550101");
    assert_eq!(made["phoneType"], "mobile");
    assert!(made["smsSignInState"].is_string());
}

/// Each type of phone has the same id for every user. Documented: `phoneauthenticationmethod`.
/// [phone-ids]
#[test]
fn the_ids_of_phones_are_fixed() {
    let tenant = Tenant::new();
    for worker in [0, 1] {
        let list = tenant.phones(worker);
        for (kind, id) in [
            ("mobile", MOBILE),
            ("alternateMobile", ALTERNATE_MOBILE),
            ("office", OFFICE),
        ] {
            let made = tenant.post(&list, &phone(kind, "+1 4255550101"));
            assert_eq!(made.succeeds(201)["id"], id);
        }
        let listed = tenant.get(&list).list();
        assert_eq!(kinds(&listed), ["alternateMobile", "mobile", "office"]);
        tenant.get(&format!("{list}/{OFFICE}")).succeeds(200);
    }
}

/// A user is named by id or by principal name. Documented: `authentication-post-phonemethods`.
/// [phone-owner]
#[test]
fn the_owner_is_named_by_id_or_principal_name() {
    let tenant = Tenant::new();
    let name = tenant.user(19)["userPrincipalName"].clone();
    let path = format!(
        "/users/{}/authentication/phoneMethods",
        name.as_str().unwrap()
    );
    assert_eq!(
        tenant.get(&path).list(),
        tenant.get(&tenant.phones(3)).list()
    );
}

/// The principal name of a guest holds `#`, which must be written `%23`. Documented: `user-get`;
/// observed: realmjoin-runbooks #318. [phone-guest-name]
#[test]
fn a_guest_is_found_by_an_encoded_name_only() {
    let tenant = Tenant::new();
    let name = tenant.user(10)["userPrincipalName"].clone();
    let path = |name: &str| format!("/users/{name}/authentication/phoneMethods");
    let written = name.as_str().unwrap().replace('#', "%23");
    tenant.get(&path(&written)).succeeds(200);
    let url = path(name.as_str().unwrap());
    let batch = tenant.batch(&json!([item("1", "GET", &url)]));
    assert_eq!(batch.of("1").status, 404);
}

/// There is one phone of a type, and a second POST of it fails. Documented:
/// `authentication-post-phonemethods`. [phone-one-per-type]
#[test]
fn a_second_phone_of_a_type_is_refused() {
    let tenant = Tenant::new();
    let list = tenant.phones(3);
    let before = tenant.get(&list).list();
    for number in ["+1 4255550111", before[0]["phoneNumber"].as_str().unwrap()] {
        let answer = tenant.post(&list, &phone("mobile", number));
        assert!([400, 409].contains(&answer.status), "{}", answer.text);
    }
    assert_eq!(tenant.get(&list).list(), before);
}

/// An alternate mobile needs a mobile first. Documented: `authentication-post-phonemethods`.
/// [phone-alternate]
#[test]
fn an_alternate_mobile_needs_a_mobile() {
    let tenant = Tenant::new();
    let list = tenant.phones(1);
    let alternate = phone("alternateMobile", "+1 4255550102");
    assert_eq!(tenant.post(&list, &alternate).status, 400);
    tenant
        .post(&list, &phone("mobile", "+1 4255550101"))
        .succeeds(201);
    tenant.post(&list, &alternate).succeeds(201);
}

/// A number is `+{country code} {number}x{extension}`; anything else is refused. Documented:
/// `phoneauthenticationmethod`. [phone-format]
#[test]
fn a_number_of_another_form_is_refused() {
    let tenant = Tenant::new();
    let list = tenant.phones(1);
    for number in ["", "2065550101", "+", "+1", "+1 call me", "001 2065550101"] {
        let answer = tenant.post(&list, &phone("mobile", number));
        assert_eq!(answer.status, 400, "`{number}`: {}", answer.text);
    }
    assert!(tenant.get(&list).list().is_empty());
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let answer = tenant.patch(&path, &phone("mobile", "2065550101"));
    assert_eq!(answer.status, 400);
}

/// An office phone may have an extension. Documented: `phoneauthenticationmethod`.
/// [phone-extension]
#[test]
fn an_office_phone_may_have_an_extension() {
    let tenant = Tenant::new();
    let made = tenant.post(&tenant.phones(1), &phone("office", "+1 4255550101x123"));
    assert_eq!(made.succeeds(201)["phoneNumber"], "+1 4255550101x123");
}

/// A number without a space is taken and shown with one. Observed: realmjoin-runbooks,
/// `set-or-remove-mobile-phone-MFA`. [phone-space]
#[test]
fn a_number_without_a_space_is_shown_with_one() {
    let tenant = Tenant::new();
    let list = tenant.phones(1);
    for (number, shown) in [
        ("+14255550101", "+1 4255550101"),
        ("+447700900123", "+44 7700900123"),
    ] {
        let answer = tenant.post(&list, &phone("mobile", number));
        assert_eq!(answer.succeeds(201)["phoneNumber"], shown);
        tenant.delete(&format!("{list}/{MOBILE}")).succeeds(204);
    }
}

/// A type that there is not is refused. Documented: `authentication-post-phonemethods`.
/// [phone-type]
#[test]
fn an_unknown_type_is_refused() {
    let tenant = Tenant::new();
    let list = tenant.phones(1);
    for body in [
        phone("pager", "+1 4255550101"),
        json!({"phoneNumber": "+1 4255550101"}),
        json!({"phoneType": "mobile"}),
    ] {
        assert_eq!(tenant.post(&list, &body).status, 400, "{body}");
    }
}

/// Numbers need not be unique where nobody signs in with them. Documented: SMS how-to; observed.
/// [phone-shared]
#[test]
fn two_users_may_share_a_number() {
    let tenant = Tenant::new();
    for worker in [1, 2] {
        let answer = tenant.post(&tenant.phones(worker), &phone("mobile", "+1 4255550101"));
        answer.succeeds(201);
    }
}

/// A list has none to three phones. Documented: `authentication-list-phonemethods`. [phone-list]
#[test]
fn phones_are_listed() {
    let tenant = Tenant::new();
    assert!(tenant.get(&tenant.phones(0)).list().is_empty());
    assert_eq!(
        kinds(&tenant.get(&tenant.phones(7)).list()),
        ["mobile", "office"]
    );
}

/// A list may be filtered by type. Observed: realmjoin-runbooks. [phone-filter]
#[test]
fn phones_are_filtered_by_type() {
    let tenant = Tenant::new();
    let path = format!("{}?$filter=phoneType%20eq%20'office'", tenant.phones(7));
    assert_eq!(kinds(&tenant.get(&path).list()), ["office"]);
}

/// A phone is changed with a PATCH: 200 or 204. Documented: `phoneauthenticationmethod-update`.
/// [phone-update]
#[test]
fn a_phone_is_changed() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    for _ in 0..2 {
        let answer = tenant.patch(&path, &phone("mobile", "+1 4255550111"));
        assert!([200, 204].contains(&answer.status), "{}", answer.text);
        assert_eq!(tenant.get(&path).json()["phoneNumber"], "+1 4255550111");
    }
}

/// The type of a phone does not change. Documented: `phoneauthenticationmethod-update`.
/// [phone-update-type]
#[test]
fn the_type_of_a_phone_does_not_change() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let answer = tenant.patch(&path, &phone("office", "+1 4255550111"));
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(kinds(&tenant.get(&tenant.phones(3)).list()), ["mobile"]);
}

/// A phone has no PUT. Documented: the description of the v1.0 API. [phone-put]
#[test]
fn a_phone_has_no_put() {
    let tenant = Tenant::new();
    let path = format!("{}/{MOBILE}", tenant.phones(3));
    let before = tenant.get(&path).json();
    let put = tenant
        .ask("PUT", &path)
        .json(&phone("mobile", "+1 4255550111"));
    assert_eq!(put.send().status, 405);
    assert_eq!(tenant.get(&path).json(), before);
}

/// A phone is deleted: 204, and 404 when it is done again. Documented:
/// `phoneauthenticationmethod-delete`; the 404 is our reading. [phone-delete]
#[test]
fn a_phone_is_deleted_once() {
    let tenant = Tenant::new();
    let path = format!("{}/{OFFICE}", tenant.phones(7));
    tenant.delete(&path).succeeds(204);
    tenant.delete(&path).refuses(404, "resourceNotFound", "");
    tenant.get(&path).refuses(404, "resourceNotFound", "");
    assert_eq!(kinds(&tenant.get(&tenant.phones(7)).list()), ["mobile"]);
}

/// A mobile cannot be deleted while there is an alternate one. Documented:
/// `phoneauthenticationmethod-delete`. [phone-delete-order]
#[test]
fn a_mobile_is_deleted_after_the_alternate_one() {
    let tenant = Tenant::new();
    let list = tenant.phones(3);
    let alternate = phone("alternateMobile", "+1 4255550111");
    tenant.post(&list, &alternate).succeeds(201);
    assert_eq!(tenant.delete(&format!("{list}/{MOBILE}")).status, 400);
    tenant
        .delete(&format!("{list}/{ALTERNATE_MOBILE}"))
        .succeeds(204);
    tenant.delete(&format!("{list}/{MOBILE}")).succeeds(204);
}

/// What is no phone id is not found. Our reading. [phone-unknown-id]
#[test]
fn an_unknown_phone_is_not_found() {
    let tenant = Tenant::new();
    let path = format!("{}/{NOBODY}", tenant.phones(3));
    tenant.get(&path).refuses(404, "resourceNotFound", "");
}

/// A user that there is not has no phones. Documented: `errors`. [phone-no-owner]
#[test]
fn phones_of_nobody_are_a_404() {
    let tenant = Tenant::new();
    let path = format!("/users/{NOBODY}/authentication/phoneMethods");
    assert_eq!(tenant.get(&path).status, 404);
    let answer = tenant.post(&path, &phone("mobile", "+1 4255550101"));
    assert_eq!(answer.status, 404);
}

/// `smsSignInState` is read-only. Documented: `phoneauthenticationmethod`; that it is ignored rather
/// than refused is left open. [phone-read-only]
#[test]
fn the_state_of_sms_sign_in_cannot_be_written() {
    let tenant = Tenant::new();
    let mut body = phone("mobile", "+1 4255550101");
    body["smsSignInState"] = json!("ready");
    let answer = tenant.post(&tenant.phones(1), &body);
    assert!([201, 400].contains(&answer.status));
    if answer.status == 201 {
        assert_ne!(answer.json()["smsSignInState"], "ready");
    }
}
