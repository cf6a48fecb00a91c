//! The gate before Graph.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{APPLICATION, Client, TENANT, claims};
use super::*;
use crate::simulator::scenario::Application;

const PATH: &str = "/users/tomasz.wilk@northgate-grocers.example";

fn refused(client: &mut Client, token: &str, message: &str) -> Seen {
    let seen = client.graph(token, "GET", PATH, &Value::Null);
    seen.fails(401, "InvalidAuthenticationToken", message);
    let challenge = seen.header("WWW-Authenticate").unwrap().to_owned();
    assert!(challenge.starts_with("Bearer realm=\"\", authorization_uri=\""));
    seen
}

#[test]
fn a_token_of_the_tenant_passes_alone_and_before_a_batch() {
    let mut client = Client::with("");
    let token = client.sample_token();
    client
        .graph(&token, "GET", PATH, &Value::Null)
        .succeeds(200);
    let batch = json!({"requests": [{"id": "1", "method": "GET", "url": PATH}]});
    let seen = client.graph(&token, "POST", "/$batch", &batch);
    assert_eq!(seen.part("1")["status"], 200);
    let seen = client.graph("any", "POST", "/$batch", &batch);
    seen.fails(401, "InvalidAuthenticationToken", "IDX14100");
}

#[test]
fn what_is_no_token_is_named() {
    let mut client = Client::with("");
    refused(&mut client, "", "Access token is empty.");
    refused(
        &mut client,
        "any",
        "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact \
         Serialization Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): \
         'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector.EncodedCiphertext.\
         EncodedAuthenticationTag'.",
    );
    let malformed = "CompactToken parsing failed with error code: 80049217";
    refused(&mut client, "a.b", malformed);
    refused(&mut client, "a.b.c", malformed);
}

#[test]
fn a_token_that_was_changed_or_made_elsewhere_fails_validation() {
    let mut client = Client::with("");
    let token = client.sample_token();
    let elsewhere = Client::with("seed = 1\n").sample_token();
    let (message, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = elsewhere.rsplit_once('.').unwrap();
    let mixed = format!("{message}.{signature}");
    for token in [elsewhere, mixed] {
        refused(&mut client, &token, "Access token validation failure.");
    }
}

#[test]
fn a_token_ends_to_the_second() {
    let mut client = Client::with("[sign_in]\ntoken_seconds = 60\n");
    let token = client.sample_token();
    client.passes(59);
    client
        .graph(&token, "GET", PATH, &Value::Null)
        .succeeds(200);
    client.passes(1);
    refused(
        &mut client,
        &token,
        "Lifetime validation failed, the token is expired.",
    );
}

#[test]
fn a_token_of_tomorrow_is_not_yet_valid() {
    let mut tomorrow = Client::with("");
    tomorrow.passes(86_400);
    let token = tomorrow.sample_token();
    let message = "Access token has expired or is not yet valid.";
    refused(&mut Client::with(""), &token, message);
}

#[test]
fn a_token_for_something_else_is_for_another_audience() {
    let mut client = Client::with("");
    let tokens = client.person_signs_in(APPLICATION);
    let invalid = "Access token validation failure. Invalid audience.";
    refused(&mut client, tokens["id_token"].as_str().unwrap(), invalid);
    let own = client.post(
        &format!("/{TENANT}/oauth2/v2.0/token"),
        &[
            ("grant_type", "client_credentials"),
            ("client_id", APPLICATION),
            ("client_secret", Application::SAMPLE_SECRET),
            ("scope", &format!("api://{APPLICATION}/.default")),
        ],
    );
    let own = own.tokens()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(claims(&own)["aud"], APPLICATION);
    refused(&mut client, &own, invalid);
}

#[test]
fn an_open_tenant_takes_any_token_but_not_none() {
    let mut client = Client::with("[sign_in]\nopen = true\n");
    client.graph("any", "GET", PATH, &Value::Null).succeeds(200);
    refused(&mut client, "", "Access token is empty.");
}

#[test]
fn a_claims_challenge_ends_the_tokens_of_before_and_a_new_one_passes() {
    let mut client = Client::with("[sign_in]\nchallenge_after_seconds = 30\n");
    let person = client.person_signs_in(APPLICATION);
    let token = client.sample_token();
    client.passes(19);
    client
        .graph(&token, "GET", PATH, &Value::Null)
        .succeeds(200);
    client.passes(1);
    let seen = refused(
        &mut client,
        &token,
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
         TokenIssuedBeforeRevocationTimestamp",
    );
    let challenge = seen.header("WWW-Authenticate").unwrap();
    assert!(challenge.contains("error=\"insufficient_claims\""));
    let (_, rest) = challenge.split_once("claims=\"").unwrap();
    let wanted = STANDARD.decode(rest.trim_end_matches('"')).unwrap();
    let wanted: Value = serde_json::from_slice(&wanted).unwrap();
    let moment = (START.unix_timestamp() + 30).to_string();
    assert_eq!(
        wanted,
        json!({"access_token": {"nbf": {"essential": true, "value": moment}}})
    );
    let token = client.sample_token();
    client
        .graph(&token, "GET", PATH, &Value::Null)
        .succeeds(200);
    let renewed = client.post(
        &format!("/{TENANT}/oauth2/v2.0/token"),
        &[
            ("grant_type", "refresh_token"),
            ("client_id", APPLICATION),
            ("refresh_token", person["refresh_token"].as_str().unwrap()),
        ],
    );
    let renewed = renewed.tokens()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    client
        .graph(&renewed, "GET", PATH, &Value::Null)
        .succeeds(200);
}
