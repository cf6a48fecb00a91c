//! The simulator over TLS.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::*;
use crate::simulator::{Running, spawn_tls};

const OPEN: &str = "tenant = {users = 100, groups = 60}\nsign_in = {open = true}\n\
                    service = {latency_ms = 0, jitter_ms = 0}\n";

/// Reads an address over TLS, from a server that calls itself by that name; `trusted` is the
/// authority to trust.
async fn read(running: &Running, trusted: &str, name: &'static str, path: &str) -> Option<String> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(running.address())
        .await
        .unwrap();
    let name = ServerName::try_from(name).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.ok()?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n",
        running.address()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    Some(reply)
}

#[tokio::test]
async fn links_say_https_over_tls() {
    let running = spawn_tls(&Scenario::from_toml(OPEN).unwrap()).unwrap();
    let trusted = running.authority_pem().unwrap();
    let url = running.url();
    assert!(url.starts_with("https://127.0.0.1:"));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let page = "/v1.0/groups?$top=1&$select=id";
        let reply = read(&running, trusted, name, page).await.unwrap();
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        for link in ["@odata.nextLink", "@odata.context"] {
            let link = body[link].as_str().unwrap();
            assert!(link.starts_with(&format!("{url}/v1.0/")), "{link}");
        }
    }
    let path = "/common/v2.0/.well-known/openid-configuration";
    let reply = read(&running, trusted, "localhost", path).await.unwrap();
    assert!(reply.contains(&format!("\"{url}/common/oauth2/v2.0/token\"")));
}

#[tokio::test]
async fn the_certificate_is_for_this_machine_and_this_start() {
    let scenario = Scenario::from_toml(OPEN).unwrap();
    let (running, other) = (spawn_tls(&scenario).unwrap(), spawn_tls(&scenario).unwrap());
    let trusted = running.authority_pem().unwrap();
    let path = "/_simulator/statistics";
    assert!(read(&running, trusted, "localhost", path).await.is_some());
    assert!(
        read(&running, trusted, "graph.microsoft.com", path)
            .await
            .is_none()
    );
    assert!(read(&other, trusted, "localhost", path).await.is_none());
}
