//! How a row names a person.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::cell::Cell;
use uuid::Uuid;

/// What stays as it is in a path segment (RFC 3986, "unreserved"), and the `@` of a user principal
/// name. A guest's `#EXT#` in particular must not stay (Graph: get a user).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// Text as a segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Says what is wrong with a cell that should name a user by object id or user principal name.
fn check(user: &str) -> Result<(), &'static str> {
    if user.is_empty() {
        return Err("is empty: it needs a user principal name or an object id");
    }
    if Uuid::try_parse(user).is_ok() {
        return Ok(());
    }
    match user.split_once('@') {
        Some((name, domain))
            if !name.is_empty() && !domain.is_empty() && !user.contains(char::is_whitespace) =>
        {
            Ok(())
        }
        _ => Err("is neither a user principal name (someone@example.com) nor an object id"),
    }
}

/// How a file names people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    ObjectId,
    PrincipalName,
}

/// The rows of one file name people in one way. Otherwise the same person could be in it twice, by
/// name and by id, and nobody would notice.
#[derive(Debug, Default)]
pub(super) struct OneWay(Cell<Option<Kind>>);

impl OneWay {
    /// Says what is wrong with a cell that should name a user as the cells before it did.
    pub(super) fn check(&self, user: &str) -> Result<(), &'static str> {
        check(user)?;
        let kind = if user.contains('@') {
            Kind::PrincipalName
        } else {
            Kind::ObjectId
        };
        match self.0.replace(Some(self.0.get().unwrap_or(kind))) {
            Some(Kind::ObjectId) if kind != Kind::ObjectId => Err(
                "is a user principal name, and the rows before it have object ids: use one of them",
            ),
            Some(Kind::PrincipalName) if kind != Kind::PrincipalName => Err(
                "is an object id, and the rows before it have user principal names: use one of them",
            ),
            _ => Ok(()),
        }
    }
}

/// The path of a user. A name that begins with `$` has to go in parentheses (Graph: get a user).
pub(super) fn path(user: &str) -> String {
    if user.starts_with('$') {
        format!("/users('{}')", segment(&user.replace('\'', "''")))
    } else {
        format!("/users/{}", segment(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_for_the_path() {
        assert_eq!(path("ana@halden.example"), "/users/ana@halden.example");
        assert_eq!(
            path("bo_x.com#EXT#@halden.example"),
            "/users/bo_x.com%23EXT%23@halden.example"
        );
        assert_eq!(
            path("o'brien+a/b?@halden.example"),
            "/users/o%27brien%2Ba%2Fb%3F@halden.example"
        );
        assert_eq!(
            path("$a'b@halden.example"),
            "/users('%24a%27%27b@halden.example')"
        );
    }

    #[test]
    fn what_names_nobody_is_told_apart() {
        for good in [
            "ana@halden.example",
            "5f0cbb1c-0b0e-4a5f-9d1e-0123456789ab",
            "x#EXT#@halden.example",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "ana",
            "@halden.example",
            "ana@",
            "ana berg@halden.example",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_names_people_in_one_way() {
        let way = OneWay::default();
        assert!(way.check("").is_err());
        assert_eq!(way.check("ana@halden.example"), Ok(()));
        assert!(way.check("5f0cbb1c-0b0e-4a5f-9d1e-0123456789ab").is_err());
        assert_eq!(way.check("bo@halden.example"), Ok(()));
    }
}
