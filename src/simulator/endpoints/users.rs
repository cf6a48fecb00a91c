//! Users.

use serde_json::{Value, json};

use super::{selected, with_context};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{Tenant, User, UserType};

/// What `GET /users/{id}` shows unless told (Graph: user-get).
pub(super) const DEFAULTS: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// `GET /users/{id | userPrincipalName}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (_, user) = tenant
        .find_user(key)
        .ok_or_else(|| GraphError::resource_not_found(key))?;
    let entity = selected(&query.select, &DEFAULTS, "user", |name| {
        property(user, name)
    })?;
    Ok(Reply::json(
        200,
        with_context(call, "users/$entity", entity),
    ))
}

/// One property; those of Graph's that the tenant does not hold are null.
pub(super) fn property(user: &User, name: &str) -> Option<Value> {
    Some(match name {
        "id" => json!(user.id),
        "userPrincipalName" => json!(user.user_principal_name),
        "displayName" => json!(user.display_name),
        "givenName" => json!(user.given_name),
        "surname" => json!(user.surname),
        "jobTitle" => json!(user.job_title),
        "department" => json!(user.department),
        "userType" => json!(user.user_type.as_str()),
        "accountEnabled" => json!(true),
        "mail" => json!(mail(user)),
        "mailNickname" => json!(user.user_principal_name.split('@').next()),
        "identities" => json!([identity(user)]),
        "businessPhones" | "otherMails" => json!([]),
        "companyName"
        | "employeeId"
        | "mobilePhone"
        | "officeLocation"
        | "onPremisesSyncEnabled"
        | "preferredLanguage"
        | "usageLocation" => Value::Null,
        _ => return None,
    })
}

/// A member's address is its principal name; a guest's is the one at home, which its principal name
/// spells with an underscore for the at sign.
fn mail(user: &User) -> String {
    if user.user_type == UserType::Member {
        return user.user_principal_name.to_string();
    }
    let local = user
        .user_principal_name
        .split("#EXT#")
        .next()
        .unwrap_or_default();
    local.rsplit_once('_').map_or_else(
        || local.to_owned(),
        |(name, domain)| format!("{name}@{domain}"),
    )
}

/// By its identity an external guest is told from others (observed).
fn identity(user: &User) -> Value {
    match user.user_type {
        UserType::Guest => json!({
            "signInType": "federated",
            "issuer": "ExternalAzureAD",
            "issuerAssignedId": null,
        }),
        UserType::Member => json!({
            "signInType": "userPrincipalName",
            "issuer": user.user_principal_name.split('@').nth(1),
            "issuerAssignedId": user.user_principal_name,
        }),
    }
}
