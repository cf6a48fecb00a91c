//! Which permissions an address asks for.
//!
//! The tables are those of the Graph documents of the single operations, one of the permissions is
//! enough. Least ones come first. The same names serve applications and people; what the person may
//! do besides is looked at where it matters.

use serde_json::Value;
use uuid::Uuid;

use crate::simulator::protocol::call::{Call, Payload};
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::permission::Permission as P;
use crate::simulator::protocol::routing::{Method, Route};
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::Tenant;

/// Refuses a call that its caller may not make.
pub(in crate::simulator) fn authorize(tenant: &Tenant, call: &Call<'_>) -> Result<(), GraphError> {
    if call.arrival.caller.holds_any(needed(call)) && reaches(tenant, call) {
        return Ok(());
    }
    Err(match call.route.refused_by() {
        Workload::Directory => GraphError::insufficient_privileges(),
        Workload::AuthenticationMethods => GraphError::access_denied(),
    })
}

/// The permissions of which one is needed.
fn needed(call: &Call<'_>) -> &'static [P] {
    let is_write = call.method.is_write();
    let either = |read, write| if is_write { write } else { read };
    match &call.route {
        Route::User { .. } if call.method == Method::Delete => DELETE_USERS,
        Route::Users | Route::UserCount | Route::User { .. } => either(READ_USERS, WRITE_USERS),
        Route::LicenseDetails { .. } => READ_WHOLE_USERS,
        Route::MemberOf { .. } | Route::Memberships { .. } => READ_MEMBERSHIPS,
        Route::Authentication { .. }
        | Route::AuthenticationMethods { .. }
        | Route::AuthenticationMethod { .. } => either(READ_METHODS, WRITE_METHODS),
        Route::PhoneMethods { .. }
        | Route::PhoneMethod { .. }
        | Route::EnableSmsSignIn { .. }
        | Route::DisableSmsSignIn { .. } => either(READ_PHONES, WRITE_PHONES),
        Route::AccessPasses { .. } | Route::AccessPass { .. } => either(READ_PASSES, WRITE_PASSES),
        Route::Policies
        | Route::MethodsPolicy
        | Route::MethodConfigurations
        | Route::MethodConfiguration { .. } => either(READ_POLICIES, WRITE_POLICIES),
        Route::Groups => either(READ_GROUPS, CREATE_GROUPS),
        Route::Group { .. } if call.method == Method::Delete => DELETE_GROUPS,
        Route::Group { .. } if adds_members_only(call) => WRITE_MEMBERS,
        Route::Group { .. } => either(READ_GROUPS, WRITE_GROUPS),
        Route::GroupCount
        | Route::GroupDelta
        | Route::Members { .. }
        | Route::MemberCount { .. }
        | Route::TransitiveMembers { .. }
        | Route::TransitiveMemberCount { .. }
        | Route::MembersOfType { .. }
        | Route::MemberCountOfType { .. } => READ_GROUPS,
        Route::Owners { .. } | Route::OwnerLinks { .. } | Route::OwnerLink { .. } => {
            either(READ_GROUPS, WRITE_GROUPS)
        }
        Route::MemberLinks { .. } | Route::MemberLink { .. } => either(READ_GROUPS, WRITE_MEMBERS),
        // Without `/$ref`, it is the member itself that is asked for or deleted.
        Route::Member { .. } => either(READ_OBJECTS, DELETE_USERS),
        Route::DirectoryObjectsByIds => READ_OBJECTS,
        Route::DirectoryObjects | Route::DirectoryObject { .. } => {
            either(READ_OBJECTS, WRITE_OBJECTS)
        }
    }
}

const READ_USERS: &[P] = &[
    P::UserReadBasicAll,
    P::UserReadAll,
    P::UserReadWriteAll,
    P::DirectoryReadAll,
    P::DirectoryReadWriteAll,
];
/// Names alone are not enough (Graph: user-list-licensedetails).
const READ_WHOLE_USERS: &[P] = &[
    P::UserReadAll,
    P::UserReadWriteAll,
    P::DirectoryReadAll,
    P::DirectoryReadWriteAll,
];
/// Graph: user-list-memberof, directoryobject-checkmembergroups; narrower pairs of permissions that
/// do as well are left out.
const READ_MEMBERSHIPS: &[P] = &[
    P::UserReadAll,
    P::UserReadWriteAll,
    P::GroupMemberReadAll,
    P::GroupMemberReadWriteAll,
    P::DirectoryReadAll,
    P::DirectoryReadWriteAll,
];
const WRITE_USERS: &[P] = &[P::UserReadWriteAll, P::DirectoryReadWriteAll];
/// `Directory.ReadWrite.All` does not delete users (Graph: user-delete).
const DELETE_USERS: &[P] = &[P::UserDeleteRestoreAll, P::UserReadWriteAll];

const READ_METHODS: &[P] = &[
    P::UserAuthenticationMethodReadAll,
    P::UserAuthenticationMethodReadWriteAll,
];
const WRITE_METHODS: &[P] = &[P::UserAuthenticationMethodReadWriteAll];
const READ_PHONES: &[P] = &[
    P::UserAuthMethodPhoneReadAll,
    P::UserAuthMethodPhoneReadWriteAll,
    P::UserAuthenticationMethodReadAll,
    P::UserAuthenticationMethodReadWriteAll,
];
const WRITE_PHONES: &[P] = &[
    P::UserAuthMethodPhoneReadWriteAll,
    P::UserAuthenticationMethodReadWriteAll,
];
const READ_PASSES: &[P] = &[
    P::UserAuthMethodTapReadAll,
    P::UserAuthMethodTapReadWriteAll,
    P::UserAuthenticationMethodReadAll,
    P::UserAuthenticationMethodReadWriteAll,
];
const WRITE_PASSES: &[P] = &[
    P::UserAuthMethodTapReadWriteAll,
    P::UserAuthenticationMethodReadWriteAll,
];

const READ_POLICIES: &[P] = &[
    P::PolicyReadAll,
    P::PolicyReadAuthenticationMethod,
    P::PolicyReadWriteAuthenticationMethod,
];
const WRITE_POLICIES: &[P] = &[P::PolicyReadWriteAuthenticationMethod];

const READ_GROUPS: &[P] = &[
    P::GroupMemberReadAll,
    P::GroupMemberReadWriteAll,
    P::GroupReadAll,
    P::GroupReadWriteAll,
    P::DirectoryReadAll,
    P::DirectoryReadWriteAll,
];
const CREATE_GROUPS: &[P] = &[
    P::GroupCreate,
    P::GroupReadWriteAll,
    P::DirectoryReadWriteAll,
];
const WRITE_GROUPS: &[P] = &[P::GroupReadWriteAll, P::DirectoryReadWriteAll];
const DELETE_GROUPS: &[P] = &[P::GroupReadWriteAll];
const WRITE_MEMBERS: &[P] = &[
    P::GroupMemberReadWriteAll,
    P::GroupReadWriteAll,
    P::DirectoryReadWriteAll,
];

const READ_OBJECTS: &[P] = &[P::DirectoryReadAll, P::DirectoryReadWriteAll];
const WRITE_OBJECTS: &[P] = &[P::DirectoryReadWriteAll];

/// Whether a group is changed in its members only, for which less is needed (Graph:
/// group-post-members).
fn adds_members_only(call: &Call<'_>) -> bool {
    let Payload::Json(Value::Object(body)) = &call.payload else {
        return false;
    };
    call.method == Method::Patch
        && !body.is_empty()
        && body
            .keys()
            .all(|name| name == "members@odata.bind" || name.starts_with('@'))
}

/// What a call is about, as far as it matters whose or which it is.
enum Subject<'c> {
    /// The authentication methods of that user.
    Methods(&'c str),
    /// That group, or the links of it.
    Group(&'c str),
    Other,
}

fn subject<'c>(call: &'c Call<'_>) -> Subject<'c> {
    match &call.route {
        Route::Authentication { user }
        | Route::AuthenticationMethods { user }
        | Route::AuthenticationMethod { user, .. }
        | Route::EnableSmsSignIn { user, .. }
        | Route::DisableSmsSignIn { user, .. }
        | Route::PhoneMethods { user }
        | Route::PhoneMethod { user, .. }
        | Route::AccessPasses { user }
        | Route::AccessPass { user, .. } => Subject::Methods(user),
        Route::Group { group }
        | Route::Members { group }
        | Route::MemberCount { group }
        | Route::TransitiveMembers { group }
        | Route::TransitiveMemberCount { group }
        | Route::MembersOfType { group, .. }
        | Route::MemberCountOfType { group, .. }
        | Route::Owners { group }
        | Route::OwnerLinks { group }
        | Route::OwnerLink { group, .. }
        | Route::MemberLinks { group }
        | Route::MemberLink { group, .. } => Subject::Group(group),
        Route::Users
        | Route::UserCount
        | Route::User { .. }
        | Route::LicenseDetails { .. }
        | Route::MemberOf { .. }
        | Route::Memberships { .. }
        | Route::Policies
        | Route::MethodsPolicy
        | Route::MethodConfigurations
        | Route::MethodConfiguration { .. }
        | Route::DirectoryObjectsByIds
        | Route::GroupCount
        | Route::GroupDelta
        | Route::Groups
        | Route::Member { .. }
        | Route::DirectoryObjects
        | Route::DirectoryObject { .. } => Subject::Other,
    }
}

/// Whether the caller may touch what the call is about: the methods of administrators, for reads as
/// for writes (observed), and role-assignable groups, for writes (Graph: group-post-members,
/// group-update).
fn reaches(tenant: &Tenant, call: &Call<'_>) -> bool {
    let caller = call.arrival.caller;
    match subject(call) {
        Subject::Methods(user) => {
            caller.reaches_administrators()
                || !tenant
                    .find_user(user)
                    .is_some_and(|(_, user)| user.out_of_reach)
        }
        Subject::Group(group) if call.method.is_write() && !caller.manages_roles() => {
            !Uuid::try_parse(group)
                .ok()
                .and_then(|id| tenant.group(tenant.find(id)?))
                .is_some_and(|group| group.is_assignable_to_role)
        }
        Subject::Group(_) | Subject::Other => true,
    }
}
