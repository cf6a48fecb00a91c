//! Phone methods (Graph: phoneAuthenticationMethod).

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{collection, require_known, wrong_kind};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::{Equality, unsupported_filter};
use crate::simulator::protocol::reply::{Effect, Reply};
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{ObjectIndex, PhoneNumber, PhoneType, Registration, Saved, Tenant};

/// `GET …/phoneMethods`, all or by `phoneType eq '…'`, which is in use though undocumented
/// (observed).
pub(super) fn list(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (user, _) = find::user(tenant, key)?;
    let wanted = match &query.filter {
        Some(filter) => Some(wanted_type(filter)?),
        None => None,
    };
    let phones = entities(tenant, user, call.arrival.now)
        .filter(|(kind, _)| wanted.as_ref().is_none_or(|wanted| wanted == kind.as_str()))
        .map(|(_, entity)| entity)
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
pub(super) fn get(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    method: &str,
) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    shown(tenant, user, type_of(method)?, call.arrival.now)
        .map(|phone| Reply::json(200, phone))
        .ok_or_else(GraphError::method_not_found)
}

/// `POST …/phoneMethods` (Graph: authentication-post-phonemethods). One phone of each type, and an
/// alternate mobile only beside a mobile. The words of the first refusal are second-hand, those of
/// the second our reading; that both answer 400 is assumed.
pub(super) fn create(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    let body = body(call)?;
    let number = number(call, body)?;
    let kind = phone_type(call, body)?.ok_or_else(|| refused("PhoneType is required."))?;
    if tenant.authentication.phone(user, kind).is_some() {
        let message = format!(
            "{} phone method is already registered for this account.",
            name(kind)
        );
        let status = tenant.readings.second_phone_status;
        return Err(GraphError::method_refused(status, message));
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
    let status = tenant.readings.phone_create_status;
    Ok(save(tenant, call, (user, kind), number, status))
}

/// `PATCH …/phoneMethods/{id}` changes the number; the type cannot change.
pub(super) fn update(
    tenant: &mut Tenant,
    call: &Call<'_>,
    key: &str,
    method: &str,
) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    let kind = type_of(method)?;
    let body = body(call)?;
    let number = number(call, body)?;
    if phone_type(call, body)?.is_some_and(|asked| asked != kind) {
        return Err(refused("PhoneType cannot be changed."));
    }
    if tenant.authentication.phone(user, kind).is_none() {
        return Err(GraphError::method_not_found());
    }
    let status = tenant.readings.phone_update_status;
    Ok(save(tenant, call, (user, kind), number, status))
}

/// Saves a number and, for a mobile of a user who may sign in by text message, tries to register it
/// (Graph: authentication-post-phonemethods).
fn save(
    tenant: &mut Tenant,
    call: &Call<'_>,
    (user, kind): (ObjectIndex, PhoneType),
    number: PhoneNumber,
    status: u16,
) -> Reply {
    let now = call.arrival.now;
    let register = may_sign_in(tenant, user, kind, now);
    let result = tenant
        .authentication
        .save_phone(user, kind, number, register);
    let success = || match entity(tenant, (user, kind), register, now) {
        Some(phone) if status != 204 => Reply::json(status, phone),
        _ => Reply::no_content(),
    };
    if register {
        saved(result, success)
    } else {
        success().with_effect(Effect::of(result.changed))
    }
}

/// Only a mobile is ever signed in with.
fn may_sign_in(tenant: &Tenant, user: ObjectIndex, kind: PhoneType, now: OffsetDateTime) -> bool {
    kind == PhoneType::Mobile && tenant.may_sign_in_by_sms(user, now)
}

/// What a caller is told who wanted a number registered: the number is saved in any case.
pub(super) fn saved(saved: Saved, success: impl FnOnce() -> Reply) -> Reply {
    let reply = match saved.registration {
        Registration::NumberTaken => Reply::from(GraphError::phone_number_not_unique()),
        Registration::Holder | Registration::None => success(),
    };
    reply.with_effect(Effect::of(saved.changed))
}

/// `DELETE …/phoneMethods/{id}` (Graph: phoneauthenticationmethod-delete). A mobile stays while
/// there is an alternate one. It stays too while there is an office phone, because the user's
/// default method cannot be deleted; that the mobile is the default as long as there is one is our
/// reading of the resource's page, and the words are observed for another method.
pub(super) fn delete(tenant: &mut Tenant, key: &str, method: &str) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    let kind = type_of(method)?;
    let has = |kind| tenant.authentication.phone(user, kind).is_some();
    if !has(kind) {
        return Err(GraphError::method_not_found());
    }
    if kind == PhoneType::Mobile && has(PhoneType::AlternateMobile) {
        return Err(refused(
            "Mobile phone cannot be deleted while an alternate mobile phone exists.",
        ));
    }
    if kind == PhoneType::Mobile && has(PhoneType::Office) {
        return Err(refused(
            "Cannot delete default method with other methods configured. Please change default method before \
             deletion.",
        ));
    }
    tenant.authentication.remove_phone(user, kind);
    Ok(Reply::no_content().with_effect(Effect::Changed))
}

fn name(kind: PhoneType) -> &'static str {
    match kind {
        PhoneType::Mobile => "Mobile",
        PhoneType::AlternateMobile => "Alternate mobile",
        PhoneType::Office => "Office",
    }
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

pub(super) fn type_of(method: &str) -> Result<PhoneType, GraphError> {
    let kind = PhoneType::ALL
        .into_iter()
        .find(|kind| kind.id().eq_ignore_ascii_case(method));
    kind.ok_or_else(GraphError::method_not_found)
}

pub(super) fn refused(message: &str) -> GraphError {
    GraphError::bad_request(Workload::AuthenticationMethods, message)
}

/// The phones of a user with their types.
pub(super) fn entities(
    tenant: &Tenant,
    user: ObjectIndex,
    now: OffsetDateTime,
) -> impl Iterator<Item = (PhoneType, Value)> {
    PhoneType::ALL
        .into_iter()
        .filter_map(move |kind| Some((kind, shown(tenant, user, kind, now)?)))
}

fn shown(
    tenant: &Tenant,
    user: ObjectIndex,
    kind: PhoneType,
    now: OffsetDateTime,
) -> Option<Value> {
    let allowed = may_sign_in(tenant, user, kind, now);
    entity(tenant, (user, kind), allowed, now)
}

/// A phone as the recorded bodies show it. Newer ones are said to hold `createdDateTime` too; none
/// is recorded, so it is left out.
fn entity(
    tenant: &Tenant,
    (user, kind): (ObjectIndex, PhoneType),
    allowed: bool,
    now: OffsetDateTime,
) -> Option<Value> {
    let phone = tenant.authentication.phone(user, kind)?;
    let state = tenant.sms_sign_in_state(kind, phone, allowed, now);
    Some(json!({
        "phoneNumber": phone.number.as_str(),
        "phoneType": kind.as_str(),
        "smsSignInState": state.as_str(),
        "id": kind.id(),
    }))
}
