//! The addresses of users, groups and directory objects.

use super::{Question, Reach, Route};

/// Reads the segments of a path, in lower case; `key` gives one as it was written.
pub(super) fn route(names: &[&str], key: impl Fn(usize) -> String + Copy) -> Option<Route> {
    users(names, key)
        .or_else(|| groups(names, key))
        .or_else(|| objects(names, key))
}

fn users(names: &[&str], key: impl Fn(usize) -> String) -> Option<Route> {
    let user = || key(1);
    Some(match names {
        ["users"] => Route::Users,
        ["users", "$count"] => Route::UserCount,
        ["users", _] => Route::User { user: user() },
        ["users", _, "licensedetails"] => Route::LicenseDetails { user: user() },
        ["users", _, "memberof"] => Route::MemberOf {
            user: user(),
            reach: Reach::Direct,
        },
        ["users", _, "transitivememberof"] => Route::MemberOf {
            user: user(),
            reach: Reach::Transitive,
        },
        ["users", _, function] => {
            let (_, question) = [
                ("checkmembergroups", Question::CheckMemberGroups),
                ("checkmemberobjects", Question::CheckMemberObjects),
                ("getmembergroups", Question::GetMemberGroups),
                ("getmemberobjects", Question::GetMemberObjects),
            ]
            .into_iter()
            .find(|(name, _)| is_function(function, name))?;
            Route::Memberships {
                user: user(),
                question,
            }
        }
        _ => return None,
    })
}

fn groups(names: &[&str], key: impl Fn(usize) -> String) -> Option<Route> {
    let group = || key(1);
    let of_type = |name: &str| -> Option<(Reach, String)> {
        let reach = match name {
            "members" => Reach::Direct,
            "transitivemembers" => Reach::Transitive,
            _ => return None,
        };
        Some((reach, key(3).get(TYPE_PREFIX.len()..)?.to_owned()))
    };
    Some(match names {
        ["groups"] => Route::Groups,
        ["groups", "$count"] => Route::GroupCount,
        ["groups", function] if is_function(function, "delta") => Route::GroupDelta,
        ["groups", _] => Route::Group { group: group() },
        ["groups", _, "members"] => Route::Members { group: group() },
        ["groups", _, "members", "$count"] => Route::MemberCount { group: group() },
        ["groups", _, "members", "$ref"] => Route::MemberLinks { group: group() },
        ["groups", _, "transitivemembers"] => Route::TransitiveMembers { group: group() },
        ["groups", _, "transitivemembers", "$count"] => {
            Route::TransitiveMemberCount { group: group() }
        }
        ["groups", _, members, kind] if kind.starts_with(TYPE_PREFIX) => {
            let (reach, kind) = of_type(members)?;
            Route::MembersOfType {
                group: group(),
                reach,
                kind,
            }
        }
        ["groups", _, members, kind, "$count"] if kind.starts_with(TYPE_PREFIX) => {
            let (reach, kind) = of_type(members)?;
            Route::MemberCountOfType {
                group: group(),
                reach,
                kind,
            }
        }
        ["groups", _, "members", _] => Route::Member {
            group: group(),
            member: key(3),
        },
        ["groups", _, "members", _, "$ref"] => Route::MemberLink {
            group: group(),
            member: key(3),
        },
        ["groups", _, "owners"] => Route::Owners { group: group() },
        ["groups", _, "owners", "$ref"] => Route::OwnerLinks { group: group() },
        ["groups", _, "owners", _, "$ref"] => Route::OwnerLink {
            group: group(),
            owner: key(3),
        },
        _ => return None,
    })
}

fn objects(names: &[&str], key: impl Fn(usize) -> String) -> Option<Route> {
    Some(match names {
        ["directoryobjects"] => Route::DirectoryObjects,
        ["directoryobjects", function] if is_function(function, "getbyids") => {
            Route::DirectoryObjectsByIds
        }
        ["directoryobjects", _] => Route::DirectoryObject { object: key(1) },
        _ => return None,
    })
}

/// What comes before the name of a type in an address.
const TYPE_PREFIX: &str = "microsoft.graph.";

/// Whether a segment names a function or an action, in full or short, with or without parentheses
/// (Graph: delta query for groups, for all four spellings).
fn is_function(segment: &str, name: &str) -> bool {
    let short = segment.strip_prefix(TYPE_PREFIX).unwrap_or(segment);
    short.strip_suffix("()").unwrap_or(short) == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn goes_to(path: &str, pattern: &str) {
        assert_eq!(Route::parse(path).unwrap().pattern(), pattern);
    }

    #[test]
    fn functions_and_types_have_short_and_long_names() {
        for delta in [
            "delta",
            "delta()",
            "microsoft.graph.delta",
            "Microsoft.Graph.Delta()",
        ] {
            goes_to(&format!("/groups/{delta}"), "/groups/delta");
        }
        goes_to(
            "/directoryObjects/microsoft.graph.getByIds",
            "/directoryObjects/getByIds",
        );
        goes_to(
            "/users/1/microsoft.graph.checkMemberGroups",
            "/users/{id}/checkMemberGroups",
        );
        goes_to(
            "/groups/1/members/microsoft.graph.user/$count",
            "/groups/{id}/members/{type}/$count",
        );
        let expected = Route::MembersOfType {
            group: "1".to_owned(),
            reach: Reach::Transitive,
            kind: "user".to_owned(),
        };
        let path = "/groups/1/transitiveMembers/microsoft.graph.user";
        assert_eq!(Route::parse(path).unwrap(), expected);
        assert!(Route::parse("/groups/1/owners/microsoft.graph.user").is_err());
    }
}
