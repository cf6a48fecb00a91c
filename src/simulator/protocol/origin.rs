//! Where a request was sent: scheme, host and version.

use super::arrival::header;
use super::error::GraphError;
use crate::simulator::{Request, Scheme};

/// The versions of Graph. What is modelled is the same in both, but for what is said where it
/// differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Beta,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Self::One => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// The host taken when a request names none.
const GLOBAL_HOST: &str = "graph.microsoft.com";

/// Scheme, host and version of a request; absolute links in replies begin with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: &'static str,
    authority: String,
    version: Version,
}

impl Origin {
    /// Splits a request into where it was sent and what it asks for there, the version included.
    pub(crate) fn of(request: &Request) -> (Self, &str) {
        let target = request.path_and_query.as_str();
        let version = Version::One;
        if let Some((scheme, authority, rest)) = split_absolute(target) {
            let authority = authority.to_owned();
            let origin = Self {
                scheme,
                authority,
                version,
            };
            return (origin, rest);
        }
        let authority = header(&request.headers, "host")
            .unwrap_or(GLOBAL_HOST)
            .to_owned();
        let scheme = match request.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let origin = Self {
            scheme,
            authority,
            version,
        };
        (origin, target)
    }

    /// The same host in the version that a target begins with, and the rest of the target.
    pub(crate) fn within_version(self, target: &str) -> Result<(Self, &str), GraphError> {
        let (version, rest) = split_version(target)?;
        Ok((Self { version, ..self }, rest))
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// The address of the host, such as `https://graph.microsoft.com`.
    pub(crate) fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The host with its port, such as `127.0.0.1:8080`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The address of the version root, such as `https://graph.microsoft.com/v1.0`.
    pub(crate) fn root(&self) -> String {
        format!("{}/{}", self.base(), self.version.as_str())
    }

    /// The segments below the version root of an absolute link to this host, as `@odata.id` holds
    /// one.
    pub(crate) fn path_within<'l>(&self, link: &'l str) -> Option<&'l str> {
        let (_, authority, rest) = split_absolute(link)?;
        if !self.answers_for(authority) {
            return None;
        }
        split_version(rest).ok().map(|(_, path)| path)
    }

    /// On this machine the simulator stands for the global cloud, whose host many programs write
    /// into their links whatever address they were given (Graph's own examples do).
    fn answers_for(&self, authority: &str) -> bool {
        authority.eq_ignore_ascii_case(&self.authority)
            || is_loopback(&self.authority) && authority.eq_ignore_ascii_case(GLOBAL_HOST)
    }
}

/// Strips the version; one that does not exist is refused.
fn split_version(target: &str) -> Result<(Version, &str), GraphError> {
    let target = target.split('#').next().unwrap_or(target);
    let path = target.strip_prefix('/').unwrap_or(target);
    let end = path.find(['/', '?']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    let known = [Version::One, Version::Beta]
        .into_iter()
        .find(|version| name.eq_ignore_ascii_case(version.as_str()));
    let unknown =
        || GraphError::gateway(format!("Invalid version: {name}")).breaking("unknown-version");
    known.map(|version| (version, rest)).ok_or_else(unknown)
}

fn is_loopback(authority: &str) -> bool {
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
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

/// Whether an address names a host of its own: whether it begins with a scheme and `//`, or with
/// `//` (RFC 3986, sections 3.1 and 4.2).
pub(crate) fn is_absolute(url: &str) -> bool {
    url.starts_with("//")
        || url
            .split_once("://")
            .is_some_and(|(start, _)| is_scheme(start))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_address_begins_with_its_host() {
        for url in [
            "https://graph.microsoft.com/v1.0/users/1",
            "HTTP://graph.microsoft.com",
            "ftp://x",
            "x-y+z.1://x",
            "//graph.microsoft.com/v1.0/users/1",
        ] {
            assert!(is_absolute(url), "{url}");
        }
        for url in [
            "",
            "/users?$filter=displayName eq 'https://x'",
            "users?$filter=displayName eq 'https://x'",
            "users/a://b",
            "://x",
            "1a://x",
            "/users//",
            "users:x",
        ] {
            assert!(!is_absolute(url), "{url}");
        }
    }
}
