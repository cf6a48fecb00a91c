//! Microsoft's own client signs in to the simulator.

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use bulkgraph::simulator::scenario::Application;
use bulkgraph::simulator::{Running, Scenario, spawn_tls};
use reqwest::{Certificate, Client};
use std::sync::Arc;

const SCOPE: &str = "https://graph.microsoft.com/.default";

/// An HTTP client that trusts the authority of the simulator and nobody else.
fn trusting(running: &Running) -> Client {
    // Already installed is as good.
    let _ =
        rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
    let authority = Certificate::from_pem(running.authority_pem().unwrap().as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .build()
        .unwrap()
}

fn credential(running: &Running, secret: &'static str) -> Arc<ClientSecretCredential> {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = running.url();
    let options = ClientSecretCredentialOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(trusting(running)))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        },
    };
    let tenant = Scenario::default().tenant.id.to_string();
    let application = Application::SAMPLE_ID.to_string();
    ClientSecretCredential::new(&tenant, application, Secret::new(secret), Some(options)).unwrap()
}

async fn status(running: &Running, token: &str) -> u16 {
    let user = "users/kofi.mensah@northgate-grocers.example";
    let request = trusting(running).get(format!("{}/v1.0/{user}", running.url()));
    let response = request.bearer_auth(token).send().await.unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn azure_identity_gets_a_token_over_https_that_graph_takes() {
    let running = spawn_tls(&Scenario::default()).unwrap();
    let credential = credential(&running, Application::SAMPLE_SECRET);
    let token = credential.get_token(&[SCOPE], None).await.unwrap();
    assert_eq!(status(&running, token.token.secret()).await, 200);
    assert_eq!(status(&running, "any").await, 401);
}

#[tokio::test]
async fn azure_identity_reads_the_refusal_of_a_wrong_secret() {
    let running = spawn_tls(&Scenario::default()).unwrap();
    let refused = credential(&running, "wrong")
        .get_token(&[SCOPE], None)
        .await;
    let message = format!("{:?}", refused.unwrap_err());
    assert!(message.contains("AADSTS7000215: "), "{message}");
}
