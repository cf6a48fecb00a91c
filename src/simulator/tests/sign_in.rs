//! Tokens for a secret, and the documents that lead to them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ED25519, UnparsedPublicKey};

use super::client::{APPLICATION, Client, GRAPH, TENANT, claims, form, secret_fields};
use super::*;
use crate::simulator::scenario::Application;

#[test]
fn a_secret_gives_a_token_that_says_what_graphs_tokens_say() {
    let mut client = Client::with("");
    let fields = secret_fields(APPLICATION, Application::SAMPLE_SECRET, GRAPH);
    let tokens = client.token(&fields).tokens();
    assert_eq!(tokens["token_type"], "Bearer");
    let claims = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(claims["tid"], TENANT);
    assert_eq!(claims["appid"], APPLICATION);
    assert_eq!(claims["idtyp"], "app");
    assert_eq!(claims["roles"], json!(Application::SAMPLE_PERMISSIONS));
    assert!(claims.get("scp").is_none());
    let issued = START.unix_timestamp();
    assert_eq!(claims["iat"], issued);
    let lifetime = tokens["expires_in"].as_i64().unwrap();
    assert!((3_600..=5_400).contains(&lifetime));
    assert_eq!(claims["exp"], issued + lifetime);
}

#[test]
fn the_same_seed_gives_the_same_tokens_and_another_seed_others() {
    let token = |scenario| Client::with(scenario).sample_token();
    assert_eq!(token(""), token(""));
    let (first, other) = (token("seed = 1\n"), token("seed = 2\n"));
    assert_ne!(first.rsplit_once('.'), other.rsplit_once('.'));
}

#[test]
fn lifetimes_follow_the_scenario() {
    let mut client = Client::with("[sign_in]\ntoken_seconds = 90\n");
    let fields = secret_fields(APPLICATION, Application::SAMPLE_SECRET, GRAPH);
    assert_eq!(client.token(&fields).tokens()["expires_in"], 90);
}

#[test]
fn the_signature_fits_the_published_key() {
    let mut client = Client::with("");
    let token = client.sample_token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let keys = client.read("/common/discovery/v2.0/keys").tokens();
    let key = &keys["keys"][0];
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!((&header["kid"], &header["alg"]), (&key["kid"], &key["alg"]));
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message.as_bytes(), &signature)
        .unwrap();
}

#[test]
fn the_tenant_goes_by_id_and_by_domain() {
    let mut client = Client::with("");
    let fields = secret_fields(APPLICATION, Application::SAMPLE_SECRET, GRAPH);
    let mut at = |tenant: &str| client.post(&format!("/{tenant}/oauth2/v2.0/token"), &fields);
    at("northgate-grocers.example").tokens();
    at(&TENANT.to_uppercase()).tokens();
    at("organizations").refused(400, "invalid_request", 50_059);
    at("common").refused(400, "invalid_request", 50_059);
    at("another.example").refused(400, "invalid_request", 90_002);
    at("00000000-0000-0000-0000-000000000001").refused(400, "invalid_request", 90_002);
    at("nonsense").refused(400, "invalid_request", 900_023);
}

#[test]
fn what_the_token_service_refuses_is_named_by_its_code() {
    let mut client = Client::with("");
    let secret = Application::SAMPLE_SECRET;
    let mut refused = |fields: &[(&str, &str)], status, error, code| {
        client.token(fields).refused(status, error, code);
    };
    let credentials = ("grant_type", "client_credentials");
    refused(&[], 400, "invalid_request", 900_144);
    refused(&[credentials], 400, "invalid_request", 900_144);
    refused(
        &[("grant_type", "password"), ("client_id", APPLICATION)],
        400,
        "unsupported_grant_type",
        70_003,
    );
    let unknown = secret_fields(TENANT, secret, GRAPH);
    refused(&unknown, 400, "unauthorized_client", 700_016);
    let unknown = secret_fields("nobody", secret, GRAPH);
    refused(&unknown, 400, "unauthorized_client", 700_016);
    let wrong = secret_fields(APPLICATION, "wrong", GRAPH);
    refused(&wrong, 401, "invalid_client", 7_000_215);
    let none = [credentials, ("client_id", APPLICATION), ("scope", GRAPH)];
    refused(&none, 401, "invalid_client", 7_000_216);
    let mut scope = |scope, error, code| {
        refused(&secret_fields(APPLICATION, secret, scope), 400, error, code);
    };
    scope("", "invalid_request", 900_144);
    scope("User.Read.All", "invalid_scope", 1_002_012);
    scope(
        "a https://graph.microsoft.com/.default",
        "invalid_scope",
        70_011,
    );
    scope(
        "https://vault.example/.default",
        "invalid_resource",
        500_011,
    );
    let told = client.read(&format!("/{TENANT}/oauth2/v2.0/token"));
    told.refused(400, "invalid_request", 900_561);
}

#[test]
fn graph_goes_by_its_global_address_by_this_host_and_by_its_id() {
    let mut client = Client::with("");
    for scope in [
        "https://login.example/.default",
        "https://graph.microsoft.com//.default",
        "00000003-0000-0000-c000-000000000000/.default",
    ] {
        let fields = secret_fields(APPLICATION, Application::SAMPLE_SECRET, scope);
        let tokens = client.token(&fields).tokens();
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["aud"], "https://graph.microsoft.com");
    }
}

#[test]
fn id_and_secret_may_come_as_a_header() {
    let mut client = Client::with("");
    let credentials = STANDARD.encode(format!("{APPLICATION}:{}", Application::SAMPLE_SECRET));
    let header = format!("Basic {credentials}");
    let path = format!("/{TENANT}/oauth2/v2.0/token");
    let body = form(&[("grant_type", "client_credentials"), ("scope", GRAPH)]);
    client
        .ask("POST", &path, Some(("Authorization", &header)), &body)
        .tokens();
}

#[test]
fn the_discovery_documents_lead_back_to_this_host() {
    let mut client = Client::with("");
    let path = "/northgate-grocers.example/v2.0/.well-known/openid-configuration";
    let configuration = client.read(path).tokens();
    let base = "https://login.example";
    assert_eq!(
        configuration["token_endpoint"],
        format!("{base}/northgate-grocers.example/oauth2/v2.0/token")
    );
    assert_eq!(configuration["issuer"], format!("{base}/{TENANT}/v2.0"));
    for endpoint in [
        "authorization_endpoint",
        "device_authorization_endpoint",
        "jwks_uri",
    ] {
        assert!(configuration[endpoint].as_str().unwrap().starts_with(base));
    }
    let common = client
        .read("/organizations/v2.0/.well-known/openid-configuration")
        .tokens();
    assert_eq!(common["issuer"], format!("{base}/{{tenantid}}/v2.0"));
    let instance = client
        .read("/common/discovery/instance?api-version=1.1&authorization_endpoint=x")
        .tokens();
    assert_eq!(instance["metadata"][0]["aliases"], json!(["login.example"]));
    client
        .read("/another.example/v2.0/.well-known/openid-configuration")
        .refused(400, "invalid_request", 90_002);
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let scenario = Scenario::default();
    let mut client = Client::with("");
    let token = client.sample_token();
    client.graph(&token, "GET", "/users/nobody", &Value::Null);
    let shown = format!("{scenario:?} {:?}", client.simulator.sign_in);
    assert!(!shown.contains(Application::SAMPLE_SECRET));
    assert!(!shown.contains(&token));
}
