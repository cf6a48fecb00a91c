//! What to do about an error, in plain words.

/// An entry: it fits when the status (or 0 for any), the code (or none) and the fragment of the
/// message (or none) all fit.
struct Entry {
    status: u16,
    code: &'static str,
    says: &'static str,
    hint: &'static str,
}

const fn entry(status: u16, code: &'static str, says: &'static str, hint: &'static str) -> Entry {
    Entry {
        status,
        code,
        says,
        hint,
    }
}

/// From the particular to the general; the first that fits is given.
///
/// Codes and messages are those of Graph's documents and of public reports; messages are no
/// contract, so an entry that hangs on one only ever chooses advice.
const HINTS: &[Entry] = &[
    entry(
        0,
        "phoneNumberNotUnique",
        "",
        "The number is saved for multi-factor sign-in, but another account (perhaps a deleted one) uses it for SMS sign-in. Free it there, then enable SMS sign-in for this person (Entra admin center > Users > Authentication methods).",
    ),
    entry(
        0,
        "",
        "added object references already exist",
        "Already a member. Nothing to do.",
    ),
    entry(
        0,
        "",
        "objects being referenced don't exist",
        "The account or group is new or was deleted. If it is new, run this row again in some minutes.",
    ),
    entry(
        0,
        "",
        "mail-enabled security groups",
        "Members of this group are managed in Exchange. Add them in the Exchange admin center.",
    ),
    entry(
        0,
        "",
        "on-premises mastered",
        "This group is synced from on-premises Active Directory. Change it there.",
    ),
    entry(
        0,
        "",
        "cannot contain more than 20 link changes",
        "Report this as a bug in bulkgraph: it never sends more than 20 members at once.",
    ),
    entry(
        0,
        "",
        "Invalid object identifier",
        "The id is not an object id of this tenant. Check it.",
    ),
    entry(
        0,
        "",
        "Invalid LifetimeInMinutes",
        "The tenant's Temporary Access Pass policy sets these bounds. Choose a lifetime within them, or change the policy (Entra admin center > Authentication methods > Policies).",
    ),
    entry(
        0,
        "",
        "Invalid StartDateTime",
        "Choose a start in the future, or leave it empty to start at once.",
    ),
    entry(
        0,
        "",
        "UserCredentialPolicy does not allow",
        "The authentication method policy is off, or does not include this person. Add them to its target (Entra admin center > Authentication methods > Policies), wait some minutes, run this row again.",
    ),
    entry(
        0,
        "",
        "external guest user",
        "Guests of another tenant cannot have a pass here. Their own tenant issues it.",
    ),
    entry(
        0,
        "",
        "Request Authorization failed",
        "Your app or account may not change this person; administrators need a higher role (Privileged Authentication Administrator).",
    ),
    entry(
        0,
        "Authorization_RequestDenied",
        "",
        "A permission or role is missing, or this group cannot be changed with it (dynamic and role-assignable groups need more).",
    ),
    entry(0, "accessDenied", "", "A permission or role is missing."),
    entry(403, "", "", "A permission or role is missing."),
    entry(401, "", "", "The token was not accepted. Get a new one."),
    entry(
        0,
        "Request_ResourceNotFound",
        "",
        "No such object in this tenant. Check the spelling; if it was made minutes ago, run this row again later.",
    ),
    entry(
        0,
        "resourceNotFound",
        "",
        "No such object in this tenant. Check the spelling; if it was made minutes ago, run this row again later.",
    ),
    entry(
        404,
        "",
        "",
        "No such object in this tenant. Check the spelling.",
    ),
    entry(
        0,
        "Request_UnsupportedQuery",
        "",
        "Report this as a bug in bulkgraph: the tenant does not take its query.",
    ),
    entry(429, "", "", "The tenant was too busy. Run this row again."),
    entry(500, "", "", "The service failed. Run this row again."),
    entry(502, "", "", "The service failed. Run this row again."),
    entry(
        503,
        "",
        "",
        "The service was not available. Run this row again.",
    ),
    entry(
        504,
        "",
        "",
        "The service took too long. Run this row again.",
    ),
];

/// Advice for an error, or nothing.
pub fn hint_for(status: Option<u16>, code: &str, message: &str) -> &'static str {
    let message = message.to_lowercase();
    let fits = |entry: &&Entry| {
        (entry.status == 0 || Some(entry.status) == status)
            && (entry.code.is_empty() || entry.code.eq_ignore_ascii_case(code))
            && (entry.says.is_empty() || message.contains(&entry.says.to_lowercase()))
    };
    HINTS.iter().find(fits).map_or("", |entry| entry.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_particular_comes_before_the_general() {
        let general = hint_for(Some(403), "somethingNew", "");
        let particular = hint_for(Some(403), "accessDenied", "Request Authorization failed");
        assert!(particular.contains("Privileged Authentication Administrator"));
        assert_eq!(general, "A permission or role is missing.");
    }

    #[test]
    fn no_entry_hides_a_later_one() {
        for (place, hidden) in HINTS.iter().enumerate() {
            let found = hint_for(Some(hidden.status), hidden.code, hidden.says);
            assert_eq!(found, hidden.hint, "entry {place}");
        }
    }

    #[test]
    fn what_nobody_knows_gets_no_advice() {
        assert_eq!(hint_for(Some(418), "teapot", "short and stout"), "");
    }
}
