//! All methods of a user in one list (Graph: authentication-list-methods).

use serde_json::{Value, json};

use super::{access_passes, collection, phone_methods};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{Tenant, UserType};

/// The id of everyone's password (Graph: passwordAuthenticationMethod).
const PASSWORD: &str = "28c10230-6103-485e-b985-444c60001490";

/// `GET …/authentication/methods`: password, phones and pass.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let methods = methods(tenant, call, key)?;
    let context = format!("users('{key}')/authentication/methods");
    Ok(Reply::json(200, collection(call, &context, methods, None)))
}

/// `GET …/authentication/methods/{id}`.
pub(super) fn get(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    method: &str,
) -> Result<Reply, GraphError> {
    let is_wanted = |entity: &Value| {
        entity["id"]
            .as_str()
            .is_some_and(|id| id.eq_ignore_ascii_case(method))
    };
    let found = methods(tenant, call, key)?.into_iter().find(is_wanted);
    found
        .map(|entity| Reply::json(200, entity))
        .ok_or_else(GraphError::method_not_found)
}

/// A guest's password is in the guest's own tenant, so it is not listed (our reading).
fn methods(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Vec<Value>, GraphError> {
    let (user, owner) = find::user(tenant, key)?;
    let password = (owner.user_type == UserType::Member).then(|| {
        json!({
            "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
            "id": PASSWORD,
            "password": null,
            "createdDateTime": null,
        })
    });
    let phones = phone_methods::entities(tenant, user, call.arrival.now).map(|(_, mut phone)| {
        phone["@odata.type"] = json!("#microsoft.graph.phoneAuthenticationMethod");
        phone
    });
    let pass = access_passes::of(tenant, user, call.arrival.now);
    Ok(password.into_iter().chain(phones).chain(pass).collect())
}
