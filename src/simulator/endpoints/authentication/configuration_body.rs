//! What a change of a configuration asks for.
//!
//! That the type must be named, that lists of targets are replaced and the bounds of the numbers are
//! documented (Graph: temporaryaccesspassauthenticationmethodconfiguration-update,
//! smsauthenticationmethodconfiguration-update); the words of the refusals are our reading.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::configured::Configured;
use super::{require_known, wrong_kind};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{AccessPassPolicy, Audience, Target, TargetId};

/// Graph: temporaryAccessPassAuthenticationMethodConfiguration, as are the lengths.
const LIFETIMES: RangeInclusive<u32> = 10..=43_200;
const LENGTHS: RangeInclusive<u32> = 8..=48;

/// Members of every configuration; the id is not looked at.
const COMMON: [&str; 4] = ["id", "state", "includeTargets", "excludeTargets"];

/// Changes the policy for passes as the body says.
pub(super) fn update_pass(
    call: &Call<'_>,
    method: Configured,
    policy: &mut AccessPassPolicy,
) -> Result<(), GraphError> {
    let body = body(
        call,
        method,
        &[
            "minimumLifetimeInMinutes",
            "maximumLifetimeInMinutes",
            "defaultLifetimeInMinutes",
            "defaultLength",
            "isUsableOnce",
        ],
    )?;
    let set = |name: &str, to: &mut u32| -> Result<(), GraphError> {
        if let Some(value) = body.get(name) {
            let number = value.as_u64().and_then(|number| number.try_into().ok());
            *to = number.ok_or_else(|| wrong_kind(call, value, "Edm.Int32"))?;
        }
        Ok(())
    };
    set("minimumLifetimeInMinutes", &mut policy.minimum_lifetime)?;
    set("maximumLifetimeInMinutes", &mut policy.maximum_lifetime)?;
    set("defaultLifetimeInMinutes", &mut policy.default_lifetime)?;
    set("defaultLength", &mut policy.default_length)?;
    if let Some(value) = body.get("isUsableOnce") {
        policy.is_usable_once = boolean(call, value)?;
    }
    let (least, most) = (policy.minimum_lifetime, policy.maximum_lifetime);
    within("MinimumLifetimeInMinutes", least, LIFETIMES)?;
    within("MaximumLifetimeInMinutes", most, least..=*LIFETIMES.end())?;
    within(
        "DefaultLifetimeInMinutes",
        policy.default_lifetime,
        least..=most,
    )?;
    within("DefaultLength", policy.default_length, LENGTHS)?;
    update_audience(call, method, body, &mut policy.audience)
}

/// Changes the policy for text messages as the body says.
pub(super) fn update_sms(
    call: &Call<'_>,
    method: Configured,
    audience: &mut Audience,
) -> Result<(), GraphError> {
    let body = body(call, method, &[])?;
    update_audience(call, method, body, audience)
}

/// The body, with the type of the configuration and no member the type does not have.
fn body<'c>(
    call: &'c Call<'_>,
    method: Configured,
    own: &[&str],
) -> Result<&'c Map<String, Value>, GraphError> {
    let body = call.object()?;
    let resource = method.resource();
    let named = body.get("@odata.type").and_then(Value::as_str);
    let named = named.map(|name| name.trim_start_matches('#'));
    match named.and_then(|name| name.strip_prefix("microsoft.graph.")) {
        Some(name) if name == resource => {}
        Some(name) => {
            return Err(refused(&format!(
                "The type 'microsoft.graph.{name}' is not that of the configuration, 'microsoft.graph.{resource}'."
            )));
        }
        None => return Err(refused("Cannot create an abstract class.")),
    }
    let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    require_known(call, body, &known, resource)?;
    Ok(body)
}

fn update_audience(
    call: &Call<'_>,
    method: Configured,
    body: &Map<String, Value>,
    audience: &mut Audience,
) -> Result<(), GraphError> {
    if let Some(value) = body.get("state") {
        audience.enabled = match value.as_str() {
            Some("enabled") => true,
            Some("disabled") => false,
            _ => {
                let edm_type = "microsoft.graph.authenticationMethodState";
                return Err(wrong_kind(call, value, edm_type));
            }
        };
    }
    let included: &[&str] = match method {
        Configured::Sms => &["isRegistrationRequired", "isUsableForSignIn"],
        _ => &["isRegistrationRequired"],
    };
    if let Some(value) = body.get("includeTargets") {
        audience.include = targets(call, value, "authenticationMethodTarget", included)?;
    }
    if let Some(value) = body.get("excludeTargets") {
        audience.exclude = targets(call, value, "excludeTarget", &[])?;
    }
    Ok(())
}

fn targets(
    call: &Call<'_>,
    value: &Value,
    resource: &str,
    flags: &[&str],
) -> Result<Vec<Target>, GraphError> {
    let edm_type = format!("Collection(microsoft.graph.{resource})");
    let targets = value.as_array();
    let targets = targets.ok_or_else(|| wrong_kind(call, value, &edm_type))?;
    let read = |value: &Value| {
        let target = value.as_object();
        let target = target.ok_or_else(|| wrong_kind(call, value, &edm_type))?;
        let known: Vec<&str> = ["id", "targetType"].iter().chain(flags).copied().collect();
        require_known(call, target, &known, resource)?;
        read_target(call, target)
    };
    targets.iter().map(read).collect()
}

/// A user as a target is accepted: no longer recommended, says Graph, but not refused (Graph:
/// smsAuthenticationMethodTarget).
fn read_target(call: &Call<'_>, target: &Map<String, Value>) -> Result<Target, GraphError> {
    let id = match target.get("id").and_then(Value::as_str) {
        Some("all_users") => Some(TargetId::AllUsers),
        Some(id) => Uuid::try_parse(id).ok().map(TargetId::Object),
        None => None,
    };
    let id = id.ok_or_else(|| refused("Invalid target id specified."))?;
    let is_user = match target.get("targetType").and_then(Value::as_str) {
        Some("group") => false,
        Some("user") => true,
        _ => return Err(refused("Invalid TargetType specified.")),
    };
    let flag = |name: &str| {
        let value = target.get(name);
        value.map_or(Ok(false), |value| boolean(call, value))
    };
    Ok(Target {
        id,
        is_user,
        is_registration_required: flag("isRegistrationRequired")?,
        is_usable_for_sign_in: flag("isUsableForSignIn")?,
    })
}

fn boolean(call: &Call<'_>, value: &Value) -> Result<bool, GraphError> {
    let boolean = value.as_bool();
    boolean.ok_or_else(|| wrong_kind(call, value, "Edm.Boolean"))
}

/// In the words that are recorded for the lifetime of a pass.
fn within(name: &str, value: u32, range: RangeInclusive<u32>) -> Result<(), GraphError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(refused(&format!(
        "Invalid {name} specified. The valid range between {least} and {most}."
    )))
}

fn refused(message: &str) -> GraphError {
    GraphError::bad_request(Workload::AuthenticationMethods, message)
}
