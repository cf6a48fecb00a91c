//! Temporary Access Passes (Graph: temporaryAccessPassAuthenticationMethod).

use fastrand::Rng;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, UtcOffset};

use super::{collection, require_known, wrong_kind};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::arrival::random_id;
use crate::simulator::protocol::call::{Call, Payload};
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::{Effect, Reply};
use crate::simulator::protocol::workload::Workload;
use crate::simulator::scenario::{ExistingPass, PassOutsidePolicy};
use crate::simulator::tenant::{
    AccessPass, AccessPassPolicy, ObjectIndex, Tenant, Usability, User, UserType,
};

/// `GET …/temporaryAccessPassMethods`: none or one, without the secret.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    let passes = of(tenant, user, call.arrival.now);
    let context = format!("users('{key}')/authentication/temporaryAccessPassMethods");
    Ok(Reply::json(
        200,
        collection(call, &context, passes.into_iter().collect(), None),
    ))
}

/// `GET …/temporaryAccessPassMethods/{id}`, without the secret.
pub(super) fn get(
    tenant: &Tenant,
    call: &Call<'_>,
    key: &str,
    id: &str,
) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    of(tenant, user, call.arrival.now)
        .filter(|_| holds(tenant, user, id))
        .map(|pass| Reply::json(200, pass))
        .ok_or_else(GraphError::method_not_found)
}

/// The user's pass without the secret.
pub(super) fn of(tenant: &Tenant, user: ObjectIndex, now: OffsetDateTime) -> Option<Value> {
    let pass = tenant.authentication.pass(user)?;
    let usability = tenant.pass_usability(user, pass, now);
    Some(entity(pass, usability, Secret::Hidden))
}

fn holds(tenant: &Tenant, user: ObjectIndex, id: &str) -> bool {
    let pass = tenant.authentication.pass(user);
    pass.is_some_and(|pass| pass.id.to_string().eq_ignore_ascii_case(id))
}

/// `POST …/temporaryAccessPassMethods`: a pass in the place of any other, and the only answer that
/// ever shows its secret (Graph: authentication-post-temporaryaccesspassmethods).
///
/// The messages are recorded; that guests and users outside the policy are refused with 400 is
/// assumed.
pub(super) fn create(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let (user, owner) = find::user(tenant, key)?;
    let now = call.arrival.now;
    require_eligible(tenant, (user, owner), now)?;
    let pass = wanted(&tenant.policies.in_force(now).access_pass, rng, call)?;
    let former = tenant.authentication.pass(user);
    let former = former.map(|pass| tenant.pass_usability(user, pass, now));
    if former.is_some() && tenant.readings.existing_pass == ExistingPass::Refused {
        // Reported without a body; the words are our reading.
        return Err(GraphError::method_refused(
            409,
            "The user already has a Temporary Access Pass.",
        ));
    }
    let body = entity(
        &pass,
        tenant.pass_usability(user, &pass, now),
        Secret::Shown,
    );
    tenant.authentication.save_pass(user, pass);
    let effect = match former {
        Some(Usability::EnabledByPolicy | Usability::NotYetValid) => Effect::ReplacedUsablePass,
        _ => Effect::Changed,
    };
    Ok(Reply::json(201, body).with_effect(effect))
}

/// `DELETE …/temporaryAccessPassMethods/{id}`.
pub(super) fn delete(tenant: &mut Tenant, key: &str, id: &str) -> Result<Reply, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    if !holds(tenant, user, id) {
        return Err(GraphError::method_not_found());
    }
    tenant.authentication.remove_pass(user);
    Ok(Reply::no_content().with_effect(Effect::Changed))
}

/// Documents still say that anyone can be given a pass and only those in the policy can use it;
/// callers report the refusal.
fn require_eligible(
    tenant: &Tenant,
    (user, owner): (ObjectIndex, &User),
    now: OffsetDateTime,
) -> Result<(), GraphError> {
    if owner.user_type == UserType::Guest {
        return Err(refused(
            "Temporary Access Pass cannot be added to an external guest user.",
        ));
    }
    let status = match tenant.readings.pass_outside_policy {
        PassOutsidePolicy::BadRequest => 400,
        PassOutsidePolicy::Forbidden => 403,
        PassOutsidePolicy::Unusable => return Ok(()),
    };
    if tenant.may_have_pass(user, now) {
        return Ok(());
    }
    Err(GraphError::method_refused(
        status,
        "Converged UserCredentialPolicy does not allow creating or updating this authentication method. \
         AuthMethodType [TemporaryAccessPass].",
    ))
}

/// Reads what is asked for; every member may be left out, and so may the body.
fn wanted(
    policy: &AccessPassPolicy,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<AccessPass, GraphError> {
    let nothing = Map::new();
    let body = if call.payload == Payload::Empty {
        &nothing
    } else {
        call.object()?
    };
    let known = ["lifetimeInMinutes", "startDateTime", "isUsableOnce"];
    require_known(
        call,
        body,
        &known,
        "temporaryAccessPassAuthenticationMethod",
    )?;
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    let lifetime_in_minutes = match given("lifetimeInMinutes") {
        Some(value) => lifetime(policy, call, value)?,
        None => policy.default_lifetime,
    };
    let start = given("startDateTime")
        .map(|value| start(call, value))
        .transpose()?;
    let once = given("isUsableOnce")
        .map(|value| {
            value
                .as_bool()
                .ok_or_else(|| wrong_kind(call, value, "Edm.Boolean"))
        })
        .transpose()?;
    if policy.is_usable_once && once == Some(false) {
        // Documented to be impossible; the words are our reading.
        return Err(refused(
            "Invalid IsUsableOnce specified. The policy allows one-time passes only.",
        ));
    }
    Ok(AccessPass {
        id: random_id(rng),
        value: AccessPass::draw(rng, policy.default_length),
        created: call.arrival.now,
        start,
        lifetime_in_minutes,
        is_usable_once: once.unwrap_or(policy.is_usable_once),
        used: false,
    })
}

fn lifetime(policy: &AccessPassPolicy, call: &Call<'_>, value: &Value) -> Result<u32, GraphError> {
    let minutes = value
        .as_i64()
        .and_then(|minutes| i32::try_from(minutes).ok());
    let minutes = minutes.ok_or_else(|| wrong_kind(call, value, "Edm.Int32"))?;
    let (least, most) = (policy.minimum_lifetime, policy.maximum_lifetime);
    match u32::try_from(minutes) {
        Ok(minutes) if (least..=most).contains(&minutes) => Ok(minutes),
        _ => Err(refused(&format!(
            "Invalid LifetimeInMinutes specified. The valid range between {least} and {most}."
        ))),
    }
}

/// A start must carry an offset and lie ahead. How far ahead it may lie is not known; no end is
/// set.
fn start(call: &Call<'_>, value: &Value) -> Result<OffsetDateTime, GraphError> {
    let parsed = value
        .as_str()
        .and_then(|text| OffsetDateTime::parse(text, &Iso8601::PARSING).ok());
    let start = parsed.and_then(|start| start.checked_to_offset(UtcOffset::UTC));
    let start = start.ok_or_else(|| wrong_kind(call, value, "Edm.DateTimeOffset"))?;
    if start < call.arrival.now {
        return Err(refused(
            "Invalid StartDateTime specified. It can not be a time in the past.",
        ));
    }
    Ok(start)
}

fn refused(message: &str) -> GraphError {
    GraphError::bad_request(Workload::AuthenticationMethods, message)
}

/// Whether a body shows the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    Shown,
    Hidden,
}

fn entity(pass: &AccessPass, usability: Usability, secret: Secret) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "id": pass.id,
        "temporaryAccessPass": (secret == Secret::Shown).then_some(&pass.value),
        "createdDateTime": pass.created_json(),
        "startDateTime": pass.start_json(),
        "lifetimeInMinutes": pass.lifetime_in_minutes,
        "isUsableOnce": pass.is_usable_once,
        "isUsable": usability.is_usable(),
        "methodUsabilityReason": usability.as_str(),
    })
}
