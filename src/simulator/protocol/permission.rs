//! Permissions of Microsoft Graph, as far as some modelled address asks for them.

/// A permission; the same names serve applications (`roles`) and signed-in people (`scp`)
/// (Graph: permissions reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    ApplicationReadWriteAll,
    DeviceReadWriteAll,
    DirectoryReadAll,
    DirectoryReadWriteAll,
    GroupCreate,
    GroupReadAll,
    GroupReadWriteAll,
    GroupMemberReadAll,
    GroupMemberReadWriteAll,
    MemberReadHidden,
    OrgContactReadAll,
    PolicyReadAll,
    PolicyReadAuthenticationMethod,
    PolicyReadWriteAuthenticationMethod,
    RoleManagementReadWriteDirectory,
    UserAuthMethodPhoneReadAll,
    UserAuthMethodPhoneReadWriteAll,
    UserAuthMethodTapReadAll,
    UserAuthMethodTapReadWriteAll,
    UserAuthenticationMethodReadAll,
    UserAuthenticationMethodReadWriteAll,
    UserDeleteRestoreAll,
    UserReadBasicAll,
    UserReadAll,
    UserReadWriteAll,
}

/// The permissions with the names that tokens give them.
const NAMES: [(&str, Permission); 25] = {
    use Permission as P;
    [
        ("Application.ReadWrite.All", P::ApplicationReadWriteAll),
        ("Device.ReadWrite.All", P::DeviceReadWriteAll),
        ("Directory.Read.All", P::DirectoryReadAll),
        ("Directory.ReadWrite.All", P::DirectoryReadWriteAll),
        ("Group.Create", P::GroupCreate),
        ("Group.Read.All", P::GroupReadAll),
        ("Group.ReadWrite.All", P::GroupReadWriteAll),
        ("GroupMember.Read.All", P::GroupMemberReadAll),
        ("GroupMember.ReadWrite.All", P::GroupMemberReadWriteAll),
        ("Member.Read.Hidden", P::MemberReadHidden),
        ("OrgContact.Read.All", P::OrgContactReadAll),
        ("Policy.Read.All", P::PolicyReadAll),
        (
            "Policy.Read.AuthenticationMethod",
            P::PolicyReadAuthenticationMethod,
        ),
        (
            "Policy.ReadWrite.AuthenticationMethod",
            P::PolicyReadWriteAuthenticationMethod,
        ),
        (
            "RoleManagement.ReadWrite.Directory",
            P::RoleManagementReadWriteDirectory,
        ),
        (
            "UserAuthMethod-Phone.Read.All",
            P::UserAuthMethodPhoneReadAll,
        ),
        (
            "UserAuthMethod-Phone.ReadWrite.All",
            P::UserAuthMethodPhoneReadWriteAll,
        ),
        ("UserAuthMethod-TAP.Read.All", P::UserAuthMethodTapReadAll),
        (
            "UserAuthMethod-TAP.ReadWrite.All",
            P::UserAuthMethodTapReadWriteAll,
        ),
        (
            "UserAuthenticationMethod.Read.All",
            P::UserAuthenticationMethodReadAll,
        ),
        (
            "UserAuthenticationMethod.ReadWrite.All",
            P::UserAuthenticationMethodReadWriteAll,
        ),
        ("User.DeleteRestore.All", P::UserDeleteRestoreAll),
        ("User.ReadBasic.All", P::UserReadBasicAll),
        ("User.Read.All", P::UserReadAll),
        ("User.ReadWrite.All", P::UserReadWriteAll),
    ]
};

/// A set of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// No permission.
    pub(crate) const NONE: Self = Self(0);

    /// Every permission.
    pub(crate) const ALL: Self = Self(u32::MAX);

    /// The permissions of that name; names that no modelled address asks for are left out.
    pub(crate) fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut set = 0;
        for name in names {
            let known = NAMES.iter().find(|(known, _)| *known == name);
            set |= known.map_or(0, |(_, permission)| permission.bit());
        }
        Self(set)
    }

    /// Whether one of them is held.
    pub(crate) fn hold_any(self, of: &[Permission]) -> bool {
        of.iter().any(|permission| self.0 & permission.bit() != 0)
    }
}

impl Permission {
    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}
