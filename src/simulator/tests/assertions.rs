//! Tokens for an assertion.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};

use super::client::{APPLICATION, Client, GRAPH, TENANT, Told, claims};
use super::*;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A scenario whose application has a certificate, and trusts the tokens of another issuer.
fn with_certificate() -> String {
    let certificate = include_str!("keys/certificate.pem");
    let other = include_str!("keys/other.pub.pem");
    format!(
        "[[sign_in.applications]]\nid = \"{APPLICATION}\"\nroles = [\"Directory.Read.All\"]\n\
         certificates = ['''{other}''', '''{certificate}''']\n\
         [[sign_in.applications.federated_credentials]]\nissuer = \"https://ci.example\"\n\
         subject = \"main\"\npublic_key = '''{certificate}'''\n\
         [[sign_in.applications.federated_credentials]]\nissuer = \"https://other.example\"\n\
         subject = \"main\"\npublic_key = '''{other}'''\n"
    )
}

/// A token signed with the key of the certificate; ring makes no RSA keys, so there is one in a
/// file.
fn signed(algorithm: &str, claims: &Value) -> String {
    let key: String = include_str!("keys/certificate.key.b64")
        .split_whitespace()
        .collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(key).unwrap()).unwrap();
    let encoding: &dyn RsaEncoding = if algorithm == "PS256" {
        &RSA_PSS_SHA256
    } else {
        &RSA_PKCS1_SHA256
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": algorithm, "typ": "JWT", "x5t": "ignored"});
    let message = format!("{}.{}", part(&header), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        encoding,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn own_claims() -> Value {
    json!({
        "iss": APPLICATION,
        "sub": APPLICATION,
        "aud": format!("https://login.example/{TENANT}/oauth2/v2.0/token"),
        "exp": START.unix_timestamp() + 600,
        "nbf": START.unix_timestamp(),
        "jti": "1",
    })
}

fn asserted(assertion: &str) -> Told {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", APPLICATION),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion),
        ("scope", GRAPH),
    ];
    Client::with(&with_certificate()).token(&fields)
}

/// The claims with some of them changed.
fn but(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[test]
fn an_assertion_signed_with_the_key_of_a_certificate_stands_for_a_secret() {
    for algorithm in ["RS256", "PS256"] {
        let tokens = asserted(&signed(algorithm, &own_claims())).tokens();
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["appidacr"], "2");
        assert_eq!(claims["roles"], json!(["Directory.Read.All"]));
    }
    let issuer = format!("https://login.example/{TENANT}/v2.0");
    asserted(&signed(
        "RS256",
        &but(own_claims(), &json!({"aud": [issuer]})),
    ))
    .tokens();
}

#[test]
fn a_bad_assertion_is_refused() {
    let refused = |assertion: &str, status, error, code| {
        asserted(assertion).refused(status, error, code);
    };
    let with = |changes: Value| signed("RS256", &but(own_claims(), &changes));
    refused("nonsense", 400, "invalid_request", 50_027);
    let good = signed("RS256", &own_claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other = with(json!({"jti": "2"}));
    let (other_message, _) = other.rsplit_once('.').unwrap();
    let tampered = format!("{other_message}.{signature}");
    refused(&tampered, 401, "invalid_client", 700_027);
    refused(&format!("{message}."), 401, "invalid_client", 700_027);
    refused(
        &signed("none", &own_claims()),
        401,
        "invalid_client",
        700_027,
    );
    refused(&with(json!({"sub": "x"})), 401, "invalid_client", 700_021);
    let elsewhere = json!({"aud": "https://login.example/another.example/oauth2/v2.0/token"});
    refused(&with(elsewhere), 401, "invalid_client", 700_023);
    let at = START.unix_timestamp();
    refused(
        &with(json!({"exp": at - 301})),
        401,
        "invalid_client",
        700_024,
    );
    refused(
        &with(json!({"nbf": at + 301})),
        401,
        "invalid_client",
        700_024,
    );
    refused(&with(json!({"exp": null})), 400, "invalid_request", 50_027);
}

#[test]
fn a_token_of_a_trusted_issuer_stands_for_a_secret() {
    let federated = |changes: Value| {
        let claims = json!({
            "iss": "https://ci.example",
            "sub": "main",
            "aud": "api://AzureADTokenExchange",
            "exp": START.unix_timestamp() + 600,
        });
        asserted(&signed("RS256", &but(claims, &changes)))
    };
    federated(json!({})).tokens();
    let refused = |changes, code| federated(changes).refused(401, "invalid_client", code);
    refused(json!({"iss": "https://nobody.example"}), 700_211);
    refused(json!({"aud": "api://other"}), 700_212);
    refused(json!({"sub": "pull_request"}), 700_213);
    refused(json!({"iss": "https://other.example"}), 700_027);
    refused(json!({"exp": START.unix_timestamp() - 900}), 700_024);
}
