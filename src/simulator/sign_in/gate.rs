//! The gate before Graph: who calls, or why not.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::SignIn;
use super::jws::Unreadable;
use super::scope::{GRAPH, GRAPH_ID};
use super::token::PRIVILEGED;
use crate::simulator::protocol::arrival::header;
use crate::simulator::protocol::caller::{Access, Caller};
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::origin::Origin;
use crate::simulator::protocol::permission::Permissions;
use crate::simulator::protocol::reply::Reply;

/// How many tokens are remembered as looked at; a run uses one for an hour.
const REMEMBERED: usize = 16;

/// What the gate reads in a token.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Claims {
    aud: String,
    appid: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    roles: Vec<String>,
    scp: Option<String>,
    wids: Vec<String>,
}

/// A token whose signature was found good.
#[derive(Debug, Clone, Copy)]
struct Pass {
    for_graph: bool,
    iat: i64,
    nbf: i64,
    exp: i64,
    caller: Caller,
}

/// The last tokens that came, so that a signature is verified once; it hides from `Debug`.
#[derive(Default)]
pub(super) struct Verified(VecDeque<(Box<str>, Pass)>);

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({})", self.0.len())
    }
}

impl SignIn {
    /// Who calls; otherwise Graph's 401 and its challenge.
    pub(in crate::simulator) fn admit(
        &mut self,
        headers: &[(String, String)],
        origin: &Origin,
        now: OffsetDateTime,
    ) -> Result<Caller, Reply> {
        let token = bearer(headers).ok_or_else(|| refused(origin, GraphError::token_empty()))?;
        if self.settings.open {
            return Ok(Caller::OPEN);
        }
        let pass = self
            .pass(token)
            .map_err(|unreadable| refused(origin, unreadable.into()))?;
        let at = now.unix_timestamp();
        if !pass.for_graph {
            return Err(refused(origin, GraphError::token_audience()));
        }
        if at >= pass.exp {
            return Err(refused(origin, GraphError::token_expired()));
        }
        if at < pass.nbf {
            return Err(refused(origin, GraphError::token_too_early()));
        }
        match self.revoked_before {
            Some(moment) if at >= moment && pass.iat < moment => Err(challenged(origin, moment)),
            _ => Ok(pass.caller),
        }
    }

    fn pass(&mut self, token: &str) -> Result<Pass, Unreadable> {
        let known = &mut self.verified.0;
        if let Some((_, pass)) = known.iter().find(|(text, _)| **text == *token) {
            return Ok(*pass);
        }
        let pass = Pass::from(self.key.open::<Claims>(token)?);
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((token.into(), pass));
        Ok(pass)
    }
}

impl From<Claims> for Pass {
    fn from(claims: Claims) -> Self {
        let (access, permissions) = match &claims.scp {
            Some(scopes) => {
                let privileged = claims.wids.iter().any(|role| role == PRIVILEGED);
                (
                    Access::Delegated { privileged },
                    Permissions::named(scopes.split(' ')),
                )
            }
            None => (
                Access::Application,
                Permissions::named(claims.roles.iter().map(String::as_str)),
            ),
        };
        Self {
            for_graph: claims.aud == GRAPH || claims.aud == GRAPH_ID,
            iat: claims.iat,
            nbf: claims.nbf,
            exp: claims.exp,
            caller: Caller::new(claims.appid, access, permissions),
        }
    }
}

impl From<Unreadable> for GraphError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NoDots => Self::token_without_dots(),
            Unreadable::Malformed => Self::token_malformed(),
            Unreadable::WrongSignature => Self::token_invalid(),
        }
    }
}

/// The token of the request, if it has one.
fn bearer(headers: &[(String, String)]) -> Option<&str> {
    let (scheme, token) = header(headers, "authorization")?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The refusal with the challenge that Graph sends along (recorded; the address of the token
/// service is this host's).
fn refused(origin: &Origin, error: GraphError) -> Reply {
    Reply::from(error).with_header("WWW-Authenticate", challenge(origin))
}

fn challenge(origin: &Origin) -> String {
    format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{GRAPH_ID}\"",
        origin.base()
    )
}

/// The claims challenge of continuous access evaluation, as recorded: the token was issued before
/// that moment, in seconds since 1970.
fn challenged(origin: &Origin, moment: i64) -> Reply {
    let error = GraphError::token_revoked();
    let claims = json!({"access_token": {"nbf": {"essential": true, "value": moment.to_string()}}});
    let header = format!(
        "{}, error_description=\"{}\", error=\"insufficient_claims\", claims=\"{}\"",
        challenge(origin),
        error.message(),
        STANDARD.encode(claims.to_string())
    );
    Reply::from(error).with_header("WWW-Authenticate", header)
}
