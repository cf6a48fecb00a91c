//! Where a request was sent: scheme, host and version.

use super::arrival::header;
use super::error::GraphError;
use crate::simulator::Request;

/// The version of Graph that is modelled.
const VERSION: &str = "v1.0";

/// The host taken when a request names none.
const GLOBAL_HOST: &str = "graph.microsoft.com";

/// Scheme and host of a request; absolute links in replies begin with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: &'static str,
    authority: String,
}

impl Origin {
    /// Splits a request into where it was sent and what it asks for there.
    pub(crate) fn of(request: &Request) -> (Self, &str) {
        let target = request.path_and_query.as_str();
        if let Some((scheme, authority, rest)) = split_absolute(target) {
            return (
                Self {
                    scheme,
                    authority: authority.to_owned(),
                },
                rest,
            );
        }
        let authority = header(&request.headers, "host")
            .unwrap_or(GLOBAL_HOST)
            .to_owned();
        let scheme = if is_loopback(&authority) {
            "http"
        } else {
            "https"
        };
        (Self { scheme, authority }, target)
    }

    /// The address of the version root, such as `https://graph.microsoft.com/v1.0`.
    pub(crate) fn root(&self) -> String {
        format!("{}://{}/{VERSION}", self.scheme, self.authority)
    }

    /// The segments below the version root of an absolute link to this host, as `@odata.id` holds
    /// one.
    pub(crate) fn path_within<'l>(&self, link: &'l str) -> Option<&'l str> {
        let (_, authority, rest) = split_absolute(link)?;
        if !self.answers_for(authority) {
            return None;
        }
        within_version(rest).ok()
    }

    /// On this machine the simulator stands for the global cloud, whose host many programs write
    /// into their links whatever address they were given (Graph's own examples do).
    fn answers_for(&self, authority: &str) -> bool {
        authority.eq_ignore_ascii_case(&self.authority)
            || is_loopback(&self.authority) && authority.eq_ignore_ascii_case(GLOBAL_HOST)
    }
}

/// Strips the version; any other version is refused as Graph refuses one that does not exist.
pub(crate) fn within_version(target: &str) -> Result<&str, GraphError> {
    let target = target.split('#').next().unwrap_or(target);
    let path = target.strip_prefix('/').unwrap_or(target);
    let end = path.find(['/', '?']).unwrap_or(path.len());
    let (version, rest) = path.split_at(end);
    if version.eq_ignore_ascii_case(VERSION) {
        Ok(rest)
    } else if version.eq_ignore_ascii_case("beta") {
        Err(GraphError::not_simulated("the beta version"))
    } else {
        Err(GraphError::gateway(format!("Invalid version: {version}")))
    }
}

fn split_absolute(target: &str) -> Option<(&'static str, &str, &str)> {
    let (scheme, rest) = match (
        strip_scheme(target, "https://"),
        strip_scheme(target, "http://"),
    ) {
        (Some(rest), _) => ("https", rest),
        (_, Some(rest)) => ("http", rest),
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Some((scheme, authority, path))
}

fn strip_scheme<'t>(target: &'t str, scheme: &str) -> Option<&'t str> {
    let head = target.get(..scheme.len())?;
    if head.eq_ignore_ascii_case(scheme) {
        target.get(scheme.len()..)
    } else {
        None
    }
}

/// Plain HTTP is only ever spoken to this machine.
fn is_loopback(authority: &str) -> bool {
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
}

/// Whether an address names a host of its own.
pub(crate) fn is_absolute(url: &str) -> bool {
    url.contains("://") || url.starts_with("//")
}
