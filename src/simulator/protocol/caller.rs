//! Who calls, and what the caller may do.

use uuid::Uuid;

use super::permission::{Permission, Permissions};

/// The caller of a request; a batch calls for all its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The application's id; nil in a tenant that takes any token.
    pub(crate) application: Uuid,
    pub(crate) access: Access,
    permissions: Permissions,
}

/// How the caller signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// With any token, in a tenant that takes any.
    Open,
    /// As itself, with application permissions.
    Application,
    /// For a person, with delegated permissions.
    Delegated {
        /// Whether that person is a privileged administrator, of authentication and of roles; an
        /// administrator of users, groups and authentication otherwise.
        privileged: bool,
    },
}

impl Caller {
    /// Anybody, in a tenant that takes any token.
    pub(crate) const OPEN: Self = Self::new(Uuid::nil(), Access::Open, Permissions::ALL);

    /// Somebody without any permission.
    pub(crate) const NOBODY: Self = Self::new(Uuid::nil(), Access::Application, Permissions::NONE);

    pub(crate) const fn new(application: Uuid, access: Access, permissions: Permissions) -> Self {
        Self {
            application,
            access,
            permissions,
        }
    }

    /// Whether the caller holds one of the permissions.
    pub(crate) fn holds_any(self, of: &[Permission]) -> bool {
        self.permissions.hold_any(of)
    }

    /// Whether the caller may touch the authentication methods of administrators: an Authentication
    /// Administrator may not, application permissions reach everyone (Graph:
    /// post-phonemethods; observed for passes).
    pub(crate) fn reaches_administrators(self) -> bool {
        match self.access {
            Access::Open => false,
            Access::Application => true,
            Access::Delegated { privileged } => privileged,
        }
    }

    /// Whether the caller may change a role-assignable group (Graph: group-post-members: the
    /// permission, and the role Privileged Role Administrator for a person).
    pub(crate) fn manages_roles(self) -> bool {
        self.reaches_administrators()
            && self.holds_any(&[Permission::RoleManagementReadWriteDirectory])
    }
}
