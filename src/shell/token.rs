//! Where access tokens come from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// A source of access tokens.
pub trait Credential {
    /// The token to use now.
    fn token(&self) -> impl Future<Output = Result<SecretString, SignInError>>;

    /// Another token, because the service refused the last one.
    fn renew(&self) -> impl Future<Output = Result<SecretString, SignInError>>;

    /// The id of the tenant that the tokens are for, where they say so.
    fn tenant(&self) -> Option<String> {
        None
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The variable is not set.
    #[error("there is no token: the environment variable `{0}` is not set")]
    Missing(&'static str),
    /// The variable holds something else than a token.
    #[error(
        "the environment variable `{0}` holds no token: there are spaces or other characters in it that no token has"
    )]
    Malformed(&'static str),
    /// The service refused the token, and there is no other.
    #[error("the service refused the token in `{0}` (401), and there is no other one")]
    Refused(&'static str),
    /// The service refused a new token as well.
    #[error(
        "the service refused a new token too (401): it is for another tenant or another service"
    )]
    RefusedAgain,
}

/// The environment variable that holds a bearer token.
pub const TOKEN_VARIABLE: &str = "BULKGRAPH_TOKEN";

/// A bearer token that was given from outside and cannot be renewed.
#[derive(Debug)]
pub struct EnvironmentToken(SecretString);

impl EnvironmentToken {
    /// Reads `BULKGRAPH_TOKEN`.
    pub fn read() -> Result<Self, SignInError> {
        let text =
            std::env::var(TOKEN_VARIABLE).map_err(|_| SignInError::Missing(TOKEN_VARIABLE))?;
        let token = text.trim().trim_start_matches("Bearer ").trim();
        if token.is_empty() {
            return Err(SignInError::Missing(TOKEN_VARIABLE));
        }
        // What a header can hold (RFC 9110, field values).
        if !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SignInError::Malformed(TOKEN_VARIABLE));
        }
        Ok(Self(SecretString::from(token)))
    }
}

impl Credential for EnvironmentToken {
    async fn token(&self) -> Result<SecretString, SignInError> {
        Ok(self.0.clone())
    }

    async fn renew(&self) -> Result<SecretString, SignInError> {
        Err(SignInError::Refused(TOKEN_VARIABLE))
    }

    fn tenant(&self) -> Option<String> {
        tenant_in(self.0.expose_secret())
    }
}

/// The claim `tid` of an access token (Microsoft identity platform: access token claims reference).
///
/// Nobody promises that a token for Graph can be read, so a run depends on nothing that is in it:
/// this only keeps a run from going on in another tenant by mistake.
fn tenant_in(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("tid")?.as_str()?.to_owned())
}

/// The token of the tenant in this process, which takes any.
#[derive(Clone, Copy, Debug)]
pub struct SandboxToken;

impl Credential for SandboxToken {
    async fn token(&self) -> Result<SecretString, SignInError> {
        Ok(SecretString::from("sandbox"))
    }

    async fn renew(&self) -> Result<SecretString, SignInError> {
        self.token().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_which_tenant_it_is_for_if_it_can_be_read() {
        let token = |claims: &str| format!("head.{}.seal", URL_SAFE_NO_PAD.encode(claims));
        let tenant = |claims: &str| tenant_in(&token(claims));
        assert_eq!(tenant(r#"{"tid":"one","oid":"x"}"#).as_deref(), Some("one"));
        assert_eq!(tenant(r#"{"oid":"x"}"#), None);
        assert_eq!(tenant("no json"), None);
        assert_eq!(tenant_in("opaque"), None);
        assert_eq!(tenant_in("a.&.b"), None);
    }
}
