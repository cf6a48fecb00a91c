//! Licences (Graph: licenseDetails). They follow from who a user is; nobody can assign them here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::collection;
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{ObjectIndex, Profile, Tenant, User, UserType};

/// A product, by the names Microsoft lists (Product names and service plan identifiers for
/// licensing).
#[derive(Debug)]
struct Sku {
    id: Uuid,
    part_number: &'static str,
}

const MICROSOFT_365_F1: Sku = Sku {
    id: uuid!("44575883-256e-4a79-9da4-ebe9acabe2b2"),
    part_number: "M365_F1",
};

const MICROSOFT_365_F3: Sku = Sku {
    id: uuid!("66b55226-6b4f-492c-910c-a3b7a3c9d993"),
    part_number: "SPE_F1",
};

const MICROSOFT_365_E3: Sku = Sku {
    id: uuid!("05e9a617-0261-4cee-bb44-138d3ef5d965"),
    part_number: "SPE_E3",
};

/// The plans that matter for signing in; all three products have them.
const SERVICE_PLANS: [(&str, &str); 2] = [
    ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
    ("8a256a2b-b617-496d-b51b-e76466e88db0", "MFA_PREMIUM"),
];

/// Head office has E3; of ten frontline workers five have F1, three F3 and two nothing. Guests and
/// users whom a caller made have nothing.
fn sku(index: ObjectIndex, user: &User) -> Option<&'static Sku> {
    if user.user_type == UserType::Guest || matches!(user.profile, Profile::Written(_)) {
        return None;
    }
    match (user.text("department"), index.0 % 10) {
        (Some("Head office"), _) => Some(&MICROSOFT_365_E3),
        (None, _) | (_, 8..) => None,
        (_, 0..5) => Some(&MICROSOFT_365_F1),
        (_, 5..8) => Some(&MICROSOFT_365_F3),
    }
}

/// `GET /users/{id}/licenseDetails` (Graph: user-list-licensedetails).
pub(super) fn list(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    call.query()?;
    let (index, user) = find::user(tenant, key)?;
    let details = sku(index, user).map(|sku| {
        let plans: Vec<Value> = SERVICE_PLANS
            .iter()
            .map(|(id, name)| plan(id, name))
            .collect();
        let id = [user.id.as_bytes().as_slice(), sku.id.as_bytes()].concat();
        json!({
            "id": URL_SAFE_NO_PAD.encode(id),
            "skuId": sku.id,
            "skuPartNumber": sku.part_number,
            "servicePlans": plans,
        })
    });
    let context = format!("users('{key}')/licenseDetails");
    let details = details.into_iter().collect();
    Ok(Reply::json(200, collection(call, &context, details, None)))
}

fn plan(id: &str, name: &str) -> Value {
    json!({
        "servicePlanId": id,
        "servicePlanName": name,
        "provisioningStatus": "Success",
        "appliesTo": "User",
    })
}

/// The value of `assignedLicenses`.
pub(super) fn assigned(index: ObjectIndex, user: &User) -> Value {
    let licenses: Vec<Value> = sku(index, user)
        .map(|sku| json!({"disabledPlans": [], "skuId": sku.id}))
        .into_iter()
        .collect();
    Value::Array(licenses)
}
