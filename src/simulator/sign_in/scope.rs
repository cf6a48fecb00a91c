//! What a token is asked for: the `scope` of a token request.

use super::refusal::Refusal;
use crate::simulator::protocol::origin::Origin;
use crate::simulator::scenario::Application;

/// The `aud` of tokens for Graph.
pub(super) const GRAPH: &str = "https://graph.microsoft.com";

/// Graph's application id, by which it can be named too.
pub(super) const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";

/// Everything that the application was granted on a resource.
const DEFAULT: &str = "/.default";

/// What the application may be called when it asks for a token for itself.
pub(super) fn of_application(
    scope: &str,
    application: &Application,
    origin: &Origin,
    tenant: &str,
) -> Result<String, Refusal> {
    let Some(resource) = scope.strip_suffix(DEFAULT) else {
        return Err(Refusal::not_default_scope(scope));
    };
    if resource.is_empty() || resource.contains(char::is_whitespace) {
        return Err(Refusal::invalid_scope(scope));
    }
    let resource = resource.trim_end_matches('/');
    if is_graph(resource, origin) {
        return Ok(GRAPH.to_owned());
    }
    let own = application.id.to_string();
    let name = resource.strip_prefix("api://").unwrap_or(resource);
    if name.eq_ignore_ascii_case(&own) {
        return Ok(own);
    }
    Err(Refusal::unknown_resource(resource, tenant))
}

/// What a person is asked to let the application do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Delegated {
    /// Graph's permissions by name; none if all that were consented to are meant.
    pub(super) permissions: Vec<String>,
    /// `openid`: an id token is wanted.
    pub(super) openid: bool,
    /// `offline_access`: a refresh token is wanted.
    pub(super) offline_access: bool,
}

impl Delegated {
    /// Reads a scope: permissions of Graph with or without its address, and those of `OpenID`.
    pub(super) fn of(scope: &str, origin: &Origin, tenant: &str) -> Result<Self, Refusal> {
        let mut delegated = Self::default();
        for one in scope.split_whitespace() {
            match one {
                "openid" => delegated.openid = true,
                "offline_access" => delegated.offline_access = true,
                "profile" | "email" => {}
                _ => {
                    let (resource, name) = one.rsplit_once('/').unwrap_or((GRAPH, one));
                    if !is_graph(resource.trim_end_matches('/'), origin) {
                        return Err(Refusal::unknown_resource(resource, tenant));
                    }
                    if name.is_empty() {
                        return Err(Refusal::invalid_scope(one));
                    }
                    if name != ".default" {
                        delegated.permissions.push(name.to_owned());
                    }
                }
            }
        }
        Ok(delegated)
    }

    /// Whether the tenant consented to all of it.
    pub(super) fn consented(&self, application: &Application) -> bool {
        let granted = |name: &String| {
            let known = application.scopes.iter();
            known
                .into_iter()
                .any(|scope| scope.eq_ignore_ascii_case(name))
        };
        self.permissions.iter().all(granted)
    }
}

/// Graph goes by its global address, by the address of this host, and by its application id.
fn is_graph(resource: &str, origin: &Origin) -> bool {
    [GRAPH, GRAPH_ID, &origin.base()]
        .iter()
        .any(|known| resource.eq_ignore_ascii_case(known))
}
