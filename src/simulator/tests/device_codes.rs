//! Tokens for a device code, and for the refresh token that comes with them.

use super::client::{APPLICATION, Client, GRAPH, TENANT, claims, code_fields};
use super::*;
use crate::simulator::scenario::Application;

#[test]
fn a_device_code_waits_for_somebody_and_works_once() {
    let mut client = Client::with("");
    let fields = [
        ("client_id", APPLICATION),
        (
            "scope",
            "GroupMember.ReadWrite.All offline_access openid profile",
        ),
    ];
    let begun = client.post("/organizations/oauth2/v2.0/devicecode", &fields);
    let begun = begun.tokens();
    assert_eq!(
        (&begun["expires_in"], &begun["interval"]),
        (&json!(900), &json!(5))
    );
    let message = begun["message"].as_str().unwrap();
    assert!(message.contains(begun["user_code"].as_str().unwrap()));
    assert!(message.contains(begun["verification_uri"].as_str().unwrap()));
    let code = begun["device_code"].as_str().unwrap();
    let fields = code_fields(APPLICATION, code);
    client.passes(2);
    client
        .token(&fields)
        .refused(400, "authorization_pending", 70_016);
    client.passes(1);
    let tokens = client.token(&fields).tokens();
    client.token(&fields).refused(400, "invalid_grant", 54_005);
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["scp"], Application::SAMPLE_PERMISSIONS.join(" "));
    assert_eq!(access["upn"], "tomasz.wilk@northgate-grocers.example");
    assert!(access.get("roles").is_none());
    let identity = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(identity["aud"], APPLICATION);
    assert_eq!(identity["oid"], access["oid"]);
}

#[test]
fn a_device_code_ends_and_is_nobody_elses() {
    let mut client = Client::with("");
    let path = format!("/{TENANT}/oauth2/v2.0/devicecode");
    let begun = client
        .post(&path, &[("client_id", APPLICATION), ("scope", GRAPH)])
        .tokens();
    let code = begun["device_code"].as_str().unwrap();
    let refused = client.token(&code_fields(APPLICATION, "nonsense"));
    refused.refused(400, "bad_verification_code", 70_018);
    client.passes(900);
    let refused = client.token(&code_fields(APPLICATION, code));
    refused.refused(400, "expired_token", 70_020);
    let missing = client.post(&path, &[("client_id", APPLICATION)]);
    missing.refused(400, "invalid_request", 900_144);
}

#[test]
fn a_refresh_token_gives_new_tokens_until_it_ends() {
    let mut client = Client::with("");
    let tokens = client.person_signs_in(APPLICATION);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = |token| {
        [
            ("grant_type", "refresh_token"),
            ("client_id", APPLICATION),
            ("refresh_token", token),
        ]
    };
    client.passes(7_200);
    let renewed = client.token(&fields(refresh)).tokens();
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    assert!(renewed["refresh_token"].is_string());
    let access = tokens["access_token"].as_str().unwrap();
    let disguised = format!("1.{access}");
    client
        .token(&fields(&disguised))
        .refused(400, "invalid_grant", 9_002_313);
    client.passes(90 * 24 * 3_600);
    client
        .token(&fields(refresh))
        .refused(400, "invalid_grant", 700_082);
}

#[test]
fn only_a_public_client_uses_device_codes_and_only_what_was_consented_to() {
    let application = |extra: &str| {
        format!(
            "[[sign_in.applications]]\nid = \"{APPLICATION}\"\nscopes = [\"User.Read.All\"]\n{extra}"
        )
    };
    let told = |scenario: &str, scope: &str| {
        let mut client = Client::with(scenario);
        let path = format!("/{TENANT}/oauth2/v2.0/devicecode");
        let begun = client.post(&path, &[("client_id", APPLICATION), ("scope", scope)]);
        let code = begun.tokens()["device_code"].as_str().unwrap().to_owned();
        client.token(&code_fields(APPLICATION, &code))
    };
    told(&application(""), GRAPH).refused(401, "invalid_client", 7_000_218);
    let public = application("device_code_approved_after_seconds = 0\n");
    told(&public, "https://graph.microsoft.com/User.Read.All").tokens();
    told(&public, "Group.ReadWrite.All").refused(400, "invalid_grant", 65_001);
    let nobody = format!("{public}user = \"nobody@northgate-grocers.example\"\n");
    told(&nobody, GRAPH).refused(400, "invalid_grant", 50_034);
}
