//! Batches over HTTP.

use super::transport::{Transport, TransportError};
use crate::engine::Batch;
use crate::wire::HttpReply;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// A service that cannot be reached in this time is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// No reply to 20 requests of these jobs comes near this: a page of 999 members is about 300 kB.
const LARGEST_REPLY: usize = 64 << 20;

/// Sends batches to one Graph host, and to no other: it follows no redirect.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    batch: Url,
}

/// Why a URL cannot be a Graph host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no URL.
    #[error("`{0}` is not a URL such as https://graph.microsoft.com")]
    Malformed(String),
    /// It would send the token in the clear.
    #[error(
        "`{0}` would send the token unencrypted; plain http is for this machine (127.0.0.1, localhost) only"
    )]
    Insecure(String),
    /// The TLS library could not be started.
    #[error("cannot start TLS: {0}")]
    Tls(String),
}

/// The version of Graph that all requests go to.
const VERSION: &str = "v1.0";

/// The root of all requests to a Graph host, such as `https://graph.microsoft.com/v1.0`: without a
/// slash at the end, and with the version whether or not `url` has it.
pub fn graph_root(url: &str) -> Result<String, UrlError> {
    let malformed = || UrlError::Malformed(url.to_owned());
    let parsed = Url::parse(url.trim()).map_err(|_| malformed())?;
    let host = parsed.host_str().ok_or_else(malformed)?;
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let extras =
        parsed.query().is_some() || parsed.fragment().is_some() || !parsed.username().is_empty();
    match parsed.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(UrlError::Insecure(url.to_owned())),
        _ => return Err(malformed()),
    }
    let path = parsed.path().trim_end_matches('/');
    let path = path
        .strip_suffix(VERSION)
        .unwrap_or(path)
        .trim_end_matches('/');
    if extras || !path.is_empty() {
        return Err(malformed());
    }
    Ok(format!(
        "{}/{VERSION}",
        parsed.origin().ascii_serialization()
    ))
}

impl HttpTransport {
    /// A transport to `graph_root`, as [`graph_root`] gives it.
    pub fn new(graph_root: &str) -> Result<Self, UrlError> {
        let batch = Url::parse(&format!("{graph_root}/$batch"))
            .map_err(|_| UrlError::Malformed(graph_root.to_owned()))?;
        let tls = |error: &dyn std::fmt::Display| UrlError::Tls(error.to_string());
        // Already installed is as good.
        let _ = rustls::crypto::CryptoProvider::install_default(
            rustls::crypto::ring::default_provider(),
        );
        let builder = Client::builder();
        // Plain http is for this machine; a proxy would carry the token elsewhere, unencrypted.
        let builder = if batch.scheme() == "http" {
            builder.no_proxy()
        } else {
            builder
        };
        let client = builder
            .redirect(redirect::Policy::none())
            .timeout(Batch::REPLY_WITHIN)
            .connect_timeout(CONNECT_WITHIN)
            .tcp_nodelay(true)
            .user_agent(concat!("bulkgraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| tls(&error))?;
        Ok(Self { client, batch })
    }

    async fn read(mut response: reqwest::Response) -> Result<HttpReply, TransportError> {
        let status = response.status().as_u16();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > LARGEST_REPLY {
                return Err(TransportError::Lost(format!(
                    "the reply is larger than {} MiB",
                    LARGEST_REPLY >> 20
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpReply {
            status,
            headers,
            body,
        })
    }
}

impl Transport for HttpTransport {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| {
                TransportError::Unsent(
                    "the token has characters that no header can hold".to_owned(),
                )
            })?;
        bearer.set_sensitive(true);
        let request = self
            .client
            .post(self.batch.clone())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        match request.send().await {
            Ok(response) => Self::read(response).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                Err(TransportError::Unsent(reason(&error)))
            }
            Err(error) => Err(lost(&error)),
        }
    }
}

fn lost(error: &reqwest::Error) -> TransportError {
    TransportError::Lost(reason(error))
}

/// The chain of causes without the URL, which every error of a run would repeat.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no reply within {} s", Batch::REPLY_WITHIN.as_secs());
    }
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    causes.dedup();
    if causes.is_empty() {
        "the connection failed".to_owned()
    } else {
        causes.join(": ")
    }
}

/// A transport may be shared.
impl<T: Transport> Transport for Arc<T> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        self.as_ref().post_batch(token, body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_host_is_written_in_many_ways() {
        for url in [
            "https://graph.microsoft.com",
            "https://graph.microsoft.com/",
            "https://graph.microsoft.com/v1.0/",
        ] {
            assert_eq!(
                graph_root(url).as_deref(),
                Ok("https://graph.microsoft.com/v1.0"),
                "{url}"
            );
        }
        assert_eq!(
            graph_root("http://127.0.0.1:8080").as_deref(),
            Ok("http://127.0.0.1:8080/v1.0")
        );
    }

    #[test]
    fn what_would_leak_a_token_or_is_no_host_is_refused() {
        assert!(matches!(
            graph_root("http://graph.microsoft.com"),
            Err(UrlError::Insecure(_))
        ));
        for url in [
            "graph.microsoft.com",
            "",
            "ftp://x",
            "https://x/beta",
            "https://me@x",
            "https://x?y",
            "http://",
        ] {
            assert!(
                matches!(graph_root(url), Err(UrlError::Malformed(_))),
                "{url}"
            );
        }
    }
}
