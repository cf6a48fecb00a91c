//! Users.

use uuid::Uuid;

/// A user.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the names are Graph's own")]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) user_principal_name: Box<str>,
    pub(crate) display_name: Box<str>,
    pub(crate) given_name: &'static str,
    pub(crate) surname: &'static str,
    pub(crate) job_title: &'static str,
    pub(crate) department: &'static str,
    pub(crate) user_type: UserType,
    /// Whether the user is out of the caller's reach, as an administrator is for an Authentication
    /// Administrator.
    pub(crate) out_of_reach: bool,
}

/// The value of `userType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserType {
    Member,
    /// Someone from another tenant, with `#EXT#` in the principal name.
    Guest,
}

impl UserType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Guest => "Guest",
        }
    }
}
