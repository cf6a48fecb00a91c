//! Phone methods (Graph: phoneAuthenticationMethod).

use serde_json::{Map, Value, json};

use super::{collection, method_owner, require_known, wrong_kind};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::{Equality, unsupported_filter};
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{
    ObjectIndex, PhoneMethod, PhoneNumber, PhoneType, SmsSignInState, Tenant,
};

/// `GET …/phoneMethods`, all or by `phoneType eq '…'`, which is in use though undocumented
/// (observed).
pub(super) fn list(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (user, _) = method_owner::find(tenant, key)?;
    let wanted = match &query.filter {
        Some(filter) => Some(wanted_type(filter)?),
        None => None,
    };
    let phones = PhoneType::ALL
        .into_iter()
        .filter(|kind| wanted.as_ref().is_none_or(|wanted| wanted == kind.as_str()))
        .filter_map(|kind| Some(entity(kind, tenant.authentication.phone(user, kind)?)))
        .collect();
    let context = format!("users('{key}')/authentication/phoneMethods");
    Ok(Reply::json(200, collection(call, &context, phones, None)))
}

fn wanted_type(filter: &str) -> Result<String, GraphError> {
    let equality = Equality::parse(filter, "phoneAuthenticationMethod")?;
    if equality.property == "phoneType" {
        Ok(equality.value)
    } else {
        Err(unsupported_filter(
            &equality.property,
            "phoneAuthenticationMethod",
        ))
    }
}

/// `GET …/phoneMethods/{id}`.
pub(super) fn get(tenant: &Tenant, key: &str, method: &str) -> Result<Reply, GraphError> {
    let (user, _) = method_owner::find(tenant, key)?;
    let kind = type_of(method)?;
    let phone = tenant
        .authentication
        .phone(user, kind)
        .ok_or_else(GraphError::method_not_found)?;
    Ok(Reply::json(200, entity(kind, phone)))
}

/// `POST …/phoneMethods` (Graph: authentication-post-phonemethods). One phone of each type, and an
/// alternate mobile only beside a mobile. The words of the first refusal are second-hand, those of
/// the second our reading; both answer 400.
pub(super) fn create(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (user, sms_target) = target(tenant, key)?;
    let body = body(call)?;
    let number = number(call, body)?;
    let kind = phone_type(call, body)?.ok_or_else(|| refused("PhoneType is required."))?;
    if tenant.authentication.phone(user, kind).is_some() {
        return Err(refused(match kind {
            PhoneType::Mobile => "Mobile phone method is already registered for this account.",
            PhoneType::AlternateMobile => {
                "Alternate mobile phone method is already registered for this account."
            }
            PhoneType::Office => "Office phone method is already registered for this account.",
        }));
    }
    if kind == PhoneType::AlternateMobile
        && tenant
            .authentication
            .phone(user, PhoneType::Mobile)
            .is_none()
    {
        return Err(refused(
            "Alternate mobile phone cannot be added without a mobile phone.",
        ));
    }
    let state = tenant
        .authentication
        .save_phone(user, kind, number.clone(), sms_target);
    if state == SmsSignInState::PhoneNumberNotUnique {
        return Err(GraphError::phone_number_not_unique());
    }
    Ok(Reply::json(
        201,
        entity(
            kind,
            &PhoneMethod {
                number,
                sms_sign_in: state,
            },
        ),
    ))
}

/// `PATCH …/phoneMethods/{id}` changes the number; the type cannot change. Answers 204, as
/// documented (the same page also speaks of a body).
pub(super) fn update(
    tenant: &mut Tenant,
    call: &Call<'_>,
    key: &str,
    method: &str,
) -> Result<Reply, GraphError> {
    let (user, sms_target) = target(tenant, key)?;
    let kind = type_of(method)?;
    let body = body(call)?;
    let number = number(call, body)?;
    if phone_type(call, body)?.is_some_and(|asked| asked != kind) {
        return Err(refused("PhoneType cannot be changed."));
    }
    if tenant.authentication.phone(user, kind).is_none() {
        return Err(GraphError::method_not_found());
    }
    match tenant
        .authentication
        .save_phone(user, kind, number, sms_target)
    {
        SmsSignInState::PhoneNumberNotUnique => Err(GraphError::phone_number_not_unique()),
        _ => Ok(Reply::no_content()),
    }
}

/// `DELETE …/phoneMethods/{id}`; a mobile stays while there is an alternate one (Graph:
/// phoneauthenticationmethod-delete).
pub(super) fn delete(tenant: &mut Tenant, key: &str, method: &str) -> Result<Reply, GraphError> {
    let (user, _) = method_owner::find(tenant, key)?;
    let kind = type_of(method)?;
    let alternate = tenant
        .authentication
        .phone(user, PhoneType::AlternateMobile)
        .is_some();
    if kind == PhoneType::Mobile && alternate {
        return Err(refused(
            "Mobile phone cannot be deleted while an alternate mobile phone exists.",
        ));
    }
    if tenant.authentication.remove_phone(user, kind) {
        Ok(Reply::no_content())
    } else {
        Err(GraphError::method_not_found())
    }
}

fn target(tenant: &Tenant, key: &str) -> Result<(ObjectIndex, bool), GraphError> {
    method_owner::find(tenant, key).map(|(index, user)| (index, user.sms_sign_in))
}

fn body<'c>(call: &'c Call<'_>) -> Result<&'c Map<String, Value>, GraphError> {
    let body = call.object()?;
    require_known(
        call,
        body,
        &["phoneNumber", "phoneType"],
        "phoneAuthenticationMethod",
    )?;
    Ok(body)
}

/// The number asked for. That a wrong form is refused is documented, in which words is our reading.
fn number(call: &Call<'_>, body: &Map<String, Value>) -> Result<PhoneNumber, GraphError> {
    match body.get("phoneNumber") {
        Some(Value::String(text)) => {
            PhoneNumber::parse(text).ok_or_else(|| refused("Invalid phone number."))
        }
        None | Some(Value::Null) => Err(refused("PhoneNumber is required.")),
        Some(other) => Err(wrong_kind(call, other, "Edm.String")),
    }
}

fn phone_type(call: &Call<'_>, body: &Map<String, Value>) -> Result<Option<PhoneType>, GraphError> {
    let Some(value) = body.get("phoneType").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let kind = PhoneType::ALL
        .into_iter()
        .find(|kind| value == kind.as_str());
    let edm_type = "microsoft.graph.authenticationPhoneType";
    kind.map(Some)
        .ok_or_else(|| wrong_kind(call, value, edm_type))
}

fn type_of(method: &str) -> Result<PhoneType, GraphError> {
    let kind = PhoneType::ALL
        .into_iter()
        .find(|kind| kind.id().eq_ignore_ascii_case(method));
    kind.ok_or_else(GraphError::method_not_found)
}

fn refused(message: &str) -> GraphError {
    GraphError::bad_request(Workload::AuthenticationMethods, message)
}

fn entity(kind: PhoneType, phone: &PhoneMethod) -> Value {
    json!({
        "phoneNumber": phone.number.as_str(),
        "phoneType": kind.as_str(),
        "smsSignInState": phone.sms_sign_in.as_str(),
        "id": kind.id(),
    })
}
