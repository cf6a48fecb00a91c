//! Making and deleting users.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value};

use super::body::{flag, refused, text};
use super::{refuse_unserved, require_known, users, with_context};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::arrival::random_id;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{DOMAIN, Object, Profile, Tenant, User, UserType};

/// What a new user needs (Graph: user-post-users).
const REQUIRED: [&str; 5] = [
    "accountEnabled",
    "displayName",
    "mailNickname",
    "passwordProfile",
    "userPrincipalName",
];

/// What may be written beside it and [`users::TEXTS`], all of it text.
const OPTIONAL: [&str; 7] = [
    "department",
    "employeeId",
    "givenName",
    "jobTitle",
    "mail",
    "surname",
    "usageLocation",
];

/// What Graph takes and the simulator does not hold.
const UNSERVED: [&str; 9] = [
    "ageGroup",
    "businessPhones",
    "consentProvidedForMinor",
    "employeeHireDate",
    "employeeOrgData",
    "identities",
    "onPremisesImmutableId",
    "otherMails",
    "userType",
];

/// `POST /users` (Graph: user-post-users), with the required properties and some more. The password
/// is looked at and forgotten.
pub(super) fn create(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    let body = call.object()?;
    refuse_unserved(body, &UNSERVED)?;
    let optional: Vec<&'static str> = OPTIONAL.into_iter().chain(users::TEXTS).collect();
    let known: Vec<&str> = REQUIRED.iter().chain(&optional).copied().collect();
    require_known(call, body, &known, "user")?;
    let missing = REQUIRED
        .iter()
        .find(|name| body.get(**name).is_none_or(Value::is_null));
    if let Some(name) = missing {
        return Err(refused(format!(
            "A value is required for property '{name}' of resource 'User'."
        )));
    }
    require_password(call, body)?;
    let account_enabled = flag(call, body, "accountEnabled")?.unwrap_or(true);
    let user_principal_name = principal_name(tenant, text(call, body, "userPrincipalName")?)?;
    let display_name = text(call, body, "displayName")?.unwrap_or_default();
    let mut written = BTreeMap::new();
    for name in optional.into_iter().chain(["mailNickname"]) {
        if let Some(text) = text(call, body, name)? {
            written.insert(name, text.to_owned());
        }
    }
    let user = User {
        id: random_id(rng),
        user_principal_name: user_principal_name.into(),
        display_name: display_name.into(),
        profile: Profile::Written(written),
        user_type: UserType::Member,
        account_enabled,
        out_of_reach: false,
    };
    let index = tenant.create(Object::User(user), call.arrival.now);
    let user = tenant
        .user(index)
        .ok_or_else(|| GraphError::resource_not_found(""))?;
    let entity = users::entity(index, user, &Query::default())?;
    Ok(Reply::json(
        201,
        with_context(call, "users/$entity", entity),
    ))
}

/// A password has to be there; how good it has to be is not modelled.
fn require_password(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), GraphError> {
    let Some(profile) = body.get("passwordProfile") else {
        return Ok(());
    };
    let profile = profile.as_object().ok_or_else(|| {
        // Not the value itself, which may be a password.
        refused(
            "Cannot convert the literal to the expected type 'microsoft.graph.passwordProfile'.",
        )
    })?;
    match text(call, profile, "password") {
        Ok(Some(password)) if !password.is_empty() => Ok(()),
        _ => Err(refused(
            "The specified password does not comply with password complexity requirements. \
             Please provide a different password.",
        )),
    }
}

/// A name of the tenant's one domain that nobody has. Both refusals are recorded.
fn principal_name<'b>(tenant: &Tenant, name: Option<&'b str>) -> Result<&'b str, GraphError> {
    let name = name.unwrap_or_default();
    let domain = name.split_once('@').map(|(_, domain)| domain);
    if !domain.is_some_and(|domain| domain.eq_ignore_ascii_case(DOMAIN)) {
        return Err(refused(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain \
             names in your organization.",
        ));
    }
    if tenant.is_principal_name_taken(name) {
        return Err(refused(
            "Another object with the same value for property userPrincipalName already exists.",
        ));
    }
    Ok(name)
}

/// `DELETE /users/{id}`.
pub(super) fn delete(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (index, _) = find::user(tenant, key)?;
    tenant.delete(index, call.arrival.now);
    Ok(Reply::no_content())
}
