//! The authentication methods policy (Graph: authenticationMethodsPolicy).

use serde_json::{Map, Value, json};

use super::configured::{CONFIGURED, Configured};
use super::{collection, configuration_body, not_simulated, with_context};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::{Effect, Reply};
use crate::simulator::tenant::{
    AccessPassPolicy, Audience, Policy, Target, TargetId, Tenant, seven_digits,
};

/// `GET /policies/authenticationMethodsPolicy`, with all configurations.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>) -> Reply {
    let modified = seven_digits(tenant.policies.last_modified);
    let body = json!({
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "The tenant-wide policy that controls which authentication methods are allowed in the tenant, \
                        authentication method registration requirements, and self-service password reset settings",
        "lastModifiedDateTime": modified,
        "policyVersion": "1.5",
        "policyMigrationState": "migrationComplete",
        "registrationEnforcement": {
            "authenticationMethodsRegistrationCampaign": {
                "snoozeDurationInDays": 1,
                "enforceRegistrationAfterAllowedSnoozes": true,
                "state": "default",
                "excludeTargets": [],
                "includeTargets": [],
            },
        },
        "authenticationMethodConfigurations": entities(tenant),
    });
    let context = "policies/authenticationMethodsPolicy/$entity";
    Reply::json(200, with_context(call, context, body))
}

/// `GET …/authenticationMethodConfigurations`.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>) -> Reply {
    let context = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations";
    Reply::json(200, collection(call, context, entities(tenant), None))
}

/// `GET …/authenticationMethodConfigurations/{id}`.
pub(super) fn get_configuration(
    tenant: &Tenant,
    call: &Call<'_>,
    id: &str,
) -> Result<Reply, GraphError> {
    let entity = entity(tenant.policies.written(), Configured::find(id)?);
    let context = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations/$entity";
    Ok(Reply::json(200, with_context(call, context, entity)))
}

/// `PATCH …/authenticationMethodConfigurations/{id}`: what is sent changes, lists of targets as a
/// whole.
pub(super) fn update_configuration(
    tenant: &mut Tenant,
    call: &Call<'_>,
    id: &str,
) -> Result<Reply, GraphError> {
    let method = Configured::find(id)?;
    let mut policy = tenant.policies.written().clone();
    match method {
        Configured::TemporaryAccessPass => {
            configuration_body::update_pass(call, method, &mut policy.access_pass)?;
        }
        Configured::Sms => configuration_body::update_sms(call, method, &mut policy.sms)?,
        Configured::Other { .. } => return Err(not_simulated(call)),
    }
    Ok(write(tenant, call, policy))
}

/// `DELETE …/authenticationMethodConfigurations/{id}`: back to Graph's default.
pub(super) fn reset_configuration(
    tenant: &mut Tenant,
    call: &Call<'_>,
    id: &str,
) -> Result<Reply, GraphError> {
    let mut policy = tenant.policies.written().clone();
    match Configured::find(id)? {
        Configured::TemporaryAccessPass => policy.access_pass = AccessPassPolicy::default(),
        Configured::Sms => policy.sms = Audience::default(),
        Configured::Other { .. } => return Err(not_simulated(call)),
    }
    Ok(write(tenant, call, policy))
}

fn write(tenant: &mut Tenant, call: &Call<'_>, policy: Policy) -> Reply {
    let changed = tenant.policies.write(policy, call.arrival.now);
    Reply::no_content().with_effect(Effect::of(changed))
}

fn entities(tenant: &Tenant) -> Vec<Value> {
    let policy = tenant.policies.written();
    let entities = CONFIGURED.into_iter().map(|method| entity(policy, method));
    entities.collect()
}

fn entity(policy: &Policy, method: Configured) -> Value {
    let mut entity = Map::new();
    let mut set = |name: &str, value: Value| {
        entity.insert(name.to_owned(), value);
    };
    set(
        "@odata.type",
        json!(format!("#microsoft.graph.{}", method.resource())),
    );
    set("id", json!(method.id()));
    let audience = match method {
        Configured::TemporaryAccessPass => &policy.access_pass.audience,
        Configured::Sms => &policy.sms,
        Configured::Other { .. } => &Audience {
            include: Vec::new(),
            ..Audience::default()
        },
    };
    let state = if audience.enabled {
        "enabled"
    } else {
        "disabled"
    };
    set("state", json!(state));
    let excluded: Vec<Value> = audience.exclude.iter().map(excluded).collect();
    set("excludeTargets", Value::Array(excluded));
    if method == Configured::TemporaryAccessPass {
        let pass = &policy.access_pass;
        set("defaultLifetimeInMinutes", json!(pass.default_lifetime));
        set("defaultLength", json!(pass.default_length));
        set("minimumLifetimeInMinutes", json!(pass.minimum_lifetime));
        set("maximumLifetimeInMinutes", json!(pass.maximum_lifetime));
        set("isUsableOnce", json!(pass.is_usable_once));
    }
    let included = audience.include.iter();
    let included: Vec<Value> = included.map(|target| included_in(method, target)).collect();
    set("includeTargets", Value::Array(included));
    Value::Object(entity)
}

fn excluded(target: &Target) -> Value {
    let id = match target.id {
        TargetId::AllUsers => "all_users".to_owned(),
        TargetId::Object(id) => id.to_string(),
    };
    let target_type = if target.is_user { "user" } else { "group" };
    json!({"targetType": target_type, "id": id})
}

fn included_in(method: Configured, target: &Target) -> Value {
    let mut entity = excluded(target);
    entity["isRegistrationRequired"] = json!(target.is_registration_required);
    if method == Configured::Sms {
        entity["isUsableForSignIn"] = json!(target.is_usable_for_sign_in);
    }
    entity
}
