//! Users.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::ObjectIndex;

/// A user.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the names are Graph's own")]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) user_principal_name: Box<str>,
    pub(crate) display_name: Box<str>,
    pub(crate) profile: Profile,
    pub(crate) user_type: UserType,
    pub(crate) account_enabled: bool,
    /// Whether the user is out of the caller's reach, as an administrator is for an Authentication
    /// Administrator.
    pub(crate) out_of_reach: bool,
}

/// What else is known of a user. A million users begin with texts that stand in the program.
#[derive(Debug)]
pub(crate) enum Profile {
    Sample {
        given_name: &'static str,
        surname: &'static str,
        job_title: &'static str,
        department: &'static str,
    },
    /// What a caller wrote, by the name of the property.
    Written(BTreeMap<&'static str, String>),
}

impl User {
    /// A property that holds text; `None` where nothing was written.
    pub(crate) fn text(&self, property: &str) -> Option<&str> {
        let text = match (&self.profile, property) {
            (Profile::Sample { given_name, .. }, "givenName") => given_name,
            (Profile::Sample { surname, .. }, "surname") => surname,
            (Profile::Sample { job_title, .. }, "jobTitle") => job_title,
            (Profile::Sample { department, .. }, "department") => department,
            (Profile::Sample { .. }, _) => "",
            (Profile::Written(written), _) => written.get(property)?.as_str(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// The number that the employee in that place wears.
pub(crate) fn employee_id(place: ObjectIndex) -> String {
    (FIRST_EMPLOYEE_ID + u64::from(place.0)).to_string()
}

/// The place of the employee who wears that number.
pub(super) fn place_of_employee(id: &str) -> Option<ObjectIndex> {
    let number: u64 = id.parse().ok()?;
    let place = u32::try_from(number.checked_sub(FIRST_EMPLOYEE_ID)?).ok()?;
    Some(ObjectIndex(place))
}

const FIRST_EMPLOYEE_ID: u64 = 1_000_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_users_stay_small() {
        assert!(size_of::<User>() <= 120, "{}", size_of::<User>());
    }
}
