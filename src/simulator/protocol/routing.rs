//! Which address a request is for.

use super::error::GraphError;
use super::literal::{percent_decoded, unquoted};
use super::workload::Workload;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
    Other,
}

impl Method {
    pub(crate) fn parse(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
        }
    }

    /// Whether the request counts as a write (Graph: throttling limits).
    pub(crate) fn is_write(self) -> bool {
        matches!(self, Self::Post | Self::Patch | Self::Put | Self::Delete)
    }

    /// Whether `$batch` insists on a body and its type (observed; see [`batch`](super::batch)).
    pub(crate) fn carries_body(self) -> bool {
        matches!(self, Self::Post | Self::Patch | Self::Put)
    }
}

/// A modelled address with its keys, as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Users,
    User { user: String },
    Authentication { user: String },
    PhoneMethods { user: String },
    PhoneMethod { user: String, method: String },
    AccessPasses { user: String },
    AccessPass { user: String, pass: String },
    Groups,
    Group { group: String },
    Members { group: String },
    MemberCount { group: String },
    TransitiveMembers { group: String },
    MemberLinks { group: String },
    Member { group: String, member: String },
    MemberLink { group: String, member: String },
    DirectoryObjects,
    DirectoryObject { object: String },
}

impl Route {
    /// Reads the path below the version root.
    pub(crate) fn parse(path: &str) -> Result<Self, GraphError> {
        let segments = segments(path);
        if let Some(route) = Self::of(&segments) {
            return Ok(route);
        }
        let unknown =
            (1..=segments.len()).find(|end| segments.get(..*end).and_then(Self::of).is_none());
        let name = unknown
            .and_then(|end| segments.get(end - 1))
            .map_or("", String::as_str);
        Err(
            GraphError::gateway(format!("Resource not found for the segment '{name}'."))
                .breaking("unknown-address"),
        )
    }

    fn of(segments: &[String]) -> Option<Self> {
        let names: Vec<String> = segments
            .iter()
            .map(|segment| segment.to_ascii_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let key = |place: usize| segments.get(place).cloned().unwrap_or_default();
        Some(match names.as_slice() {
            ["users"] => Self::Users,
            ["users", _] => Self::User { user: key(1) },
            ["users", _, "authentication"] => Self::Authentication { user: key(1) },
            ["users", _, "authentication", "phonemethods"] => Self::PhoneMethods { user: key(1) },
            ["users", _, "authentication", "phonemethods", _] => Self::PhoneMethod {
                user: key(1),
                method: key(4),
            },
            ["users", _, "authentication", "temporaryaccesspassmethods"] => {
                Self::AccessPasses { user: key(1) }
            }
            [
                "users",
                _,
                "authentication",
                "temporaryaccesspassmethods",
                _,
            ] => Self::AccessPass {
                user: key(1),
                pass: key(4),
            },
            ["groups"] => Self::Groups,
            ["groups", _] => Self::Group { group: key(1) },
            ["groups", _, "members"] => Self::Members { group: key(1) },
            ["groups", _, "members", "$count"] => Self::MemberCount { group: key(1) },
            ["groups", _, "members", "$ref"] => Self::MemberLinks { group: key(1) },
            ["groups", _, "members", _] => Self::Member {
                group: key(1),
                member: key(3),
            },
            ["groups", _, "members", _, "$ref"] => Self::MemberLink {
                group: key(1),
                member: key(3),
            },
            ["groups", _, "transitivemembers"] => Self::TransitiveMembers { group: key(1) },
            ["directoryobjects"] => Self::DirectoryObjects,
            ["directoryobjects", _] => Self::DirectoryObject { object: key(1) },
            _ => return None,
        })
    }

    /// The address with its keys taken out, as the statistics name it.
    pub(crate) fn pattern(&self) -> &'static str {
        match self {
            Self::Users => "/users",
            Self::User { .. } => "/users/{id}",
            Self::Authentication { .. } => "/users/{id}/authentication",
            Self::PhoneMethods { .. } => "/users/{id}/authentication/phoneMethods",
            Self::PhoneMethod { .. } => "/users/{id}/authentication/phoneMethods/{id}",
            Self::AccessPasses { .. } => "/users/{id}/authentication/temporaryAccessPassMethods",
            Self::AccessPass { .. } => "/users/{id}/authentication/temporaryAccessPassMethods/{id}",
            Self::Groups => "/groups",
            Self::Group { .. } => "/groups/{id}",
            Self::Members { .. } => "/groups/{id}/members",
            Self::MemberCount { .. } => "/groups/{id}/members/$count",
            Self::TransitiveMembers { .. } => "/groups/{id}/transitiveMembers",
            Self::MemberLinks { .. } => "/groups/{id}/members/$ref",
            Self::Member { .. } => "/groups/{id}/members/{id}",
            Self::MemberLink { .. } => "/groups/{id}/members/{id}/$ref",
            Self::DirectoryObjects => "/directoryObjects",
            Self::DirectoryObject { .. } => "/directoryObjects/{id}",
        }
    }

    /// Whose limits the request counts against.
    pub(crate) fn workload(&self) -> Workload {
        match self {
            Self::Authentication { .. }
            | Self::PhoneMethods { .. }
            | Self::PhoneMethod { .. }
            | Self::AccessPasses { .. }
            | Self::AccessPass { .. } => Workload::AuthenticationMethods,
            _ => Workload::Directory,
        }
    }
}

/// Splits a path and undoes its encoding; `users('key')` is the same as `users/key` (Graph:
/// user-get).
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = percent_decoded(raw);
        let call = segment
            .strip_suffix(')')
            .and_then(|rest| rest.split_once('('));
        match call.and_then(|(name, literal)| Some((name, unquoted(literal)?))) {
            Some((name, key)) => segments.extend([name.to_owned(), key]),
            None => segments.push(segment),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn goes_to(path: &str, pattern: &str) {
        assert_eq!(Route::parse(path).unwrap().pattern(), pattern);
    }

    #[test]
    fn addresses_are_read_without_case_and_in_both_key_forms() {
        goes_to("/users/a@b.example", "/users/{id}");
        goes_to(
            "/Users('a@b.example')/authentication/PhoneMethods",
            "/users/{id}/authentication/phoneMethods",
        );
        goes_to("/groups/1/members/$ref", "/groups/{id}/members/$ref");
        goes_to("/groups/1/members/2/$ref", "/groups/{id}/members/{id}/$ref");
        goes_to("/groups/1/members/2", "/groups/{id}/members/{id}");
        goes_to("/groups/1/members/%24count", "/groups/{id}/members/$count");
    }

    #[test]
    fn keys_are_decoded() {
        let expected = Route::User {
            user: "j_x#EXT#@b.example".to_owned(),
        };
        assert_eq!(
            Route::parse("/users/j_x%23EXT%23@b.example").unwrap(),
            expected
        );
        let expected = Route::User {
            user: "o'neil@b.example".to_owned(),
        };
        assert_eq!(
            Route::parse("/users('o''neil@b.example')").unwrap(),
            expected
        );
    }

    #[track_caller]
    fn unknown(path: &str, segment: &str) {
        let error = Route::parse(path).unwrap_err();
        let expected =
            GraphError::gateway(format!("Resource not found for the segment '{segment}'."));
        assert_eq!(error, expected.breaking("unknown-address"));
    }

    #[test]
    fn the_first_unknown_segment_is_named() {
        unknown("/teapots/1/spout", "teapots");
        unknown("/users/1/spout", "spout");
        unknown("/users/1/authentication/phoneMethods/2/3", "3");
        unknown("/v1.0/users", "v1.0");
        unknown("/", "");
    }
}
