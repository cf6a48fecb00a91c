//! The documents from which clients learn where to sign in (`OpenID` Connect Discovery; the members
//! are those of Entra's documents).

use serde_json::{Value, json};
use uuid::Uuid;

use super::authority::Authority;
use crate::simulator::protocol::origin::Origin;

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) fn configuration(
    origin: &Origin,
    name: &str,
    authority: Authority,
    tenant: Uuid,
) -> Value {
    let host = origin.authority();
    let issuer = match authority {
        Authority::Tenant => issuer(origin, tenant),
        Authority::Any => format!("{}/{{tenantid}}/v2.0", origin.base()),
    };
    let at = |path: &str| format!("{}/{name}/{path}", origin.base());
    json!({
        "token_endpoint": at("oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": at("discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "authorization_endpoint": at("oauth2/v2.0/authorize"),
        "device_authorization_endpoint": at("oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": at("oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
            "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
            "c_hash", "email"
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": host,
        "cloud_graph_host_name": host,
        "msgraph_host": host,
    })
}

/// `/common/discovery/instance`: the cloud is this host and no other.
pub(super) fn instance(origin: &Origin, tenant: Uuid) -> Value {
    let host = origin.authority();
    json!({
        "tenant_discovery_endpoint":
            format!("{}/{tenant}/v2.0/.well-known/openid-configuration", origin.base()),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}

/// Who issues the id tokens of the tenant.
pub(super) fn issuer(origin: &Origin, tenant: Uuid) -> String {
    format!("{}/{tenant}/v2.0", origin.base())
}
