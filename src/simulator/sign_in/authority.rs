//! Addresses of the token service: which tenant they name, and what they are for.

use uuid::Uuid;

use super::form::decoded;
use super::refusal::Refusal;
use crate::simulator::tenant::DOMAIN;

/// What is asked of the token service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Token,
    DeviceCode,
    Configuration,
    Keys,
    Instance,
}

/// The tenant that an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    /// This one, by id or domain.
    Tenant,
    /// Whichever the person who signs in belongs to: `common` and `organizations`.
    Any,
}

impl Endpoint {
    /// Splits an address of the token service into tenant and endpoint; `None` for any other
    /// address.
    pub(super) fn of(path: &str) -> Option<(String, Self)> {
        let path = path.trim_start_matches('/');
        let (tenant, rest) = path.split_once('/')?;
        let endpoint = match rest.trim_end_matches('/').to_ascii_lowercase().as_str() {
            "oauth2/v2.0/token" => Self::Token,
            "oauth2/v2.0/devicecode" => Self::DeviceCode,
            "v2.0/.well-known/openid-configuration" => Self::Configuration,
            "discovery/v2.0/keys" => Self::Keys,
            "discovery/instance" => Self::Instance,
            _ => return None,
        };
        Some((decoded(tenant), endpoint))
    }
}

impl Authority {
    pub(super) fn of(name: &str, tenant: Uuid) -> Result<Self, Refusal> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("common") || is("organizations") {
            return Ok(Self::Any);
        }
        match Uuid::try_parse(name) {
            Ok(id) if id == tenant => Ok(Self::Tenant),
            Err(_) if is(DOMAIN) => Ok(Self::Tenant),
            Err(_) if !name.contains('.') => Err(Refusal::malformed_tenant(name)),
            _ => Err(Refusal::unknown_tenant(name)),
        }
    }
}
