//! Authentication methods of users, and the policy about them.

use fastrand::Rng;

use super::{collection, not_simulated, require_known, with_context, wrong_kind};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::{Method, Route};
use crate::simulator::tenant::Tenant;

mod access_passes;
mod configuration_body;
mod configured;
mod methods;
mod phone_methods;
mod policy;
mod sms_sign_in;

/// Carries out a request to an address of this part.
pub(super) fn answer(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    match (&call.route, call.method) {
        (Route::PhoneMethods { user }, Method::Get) => phone_methods::list(tenant, call, user),
        (Route::PhoneMethods { user }, Method::Post) => phone_methods::create(tenant, call, user),
        (Route::PhoneMethod { user, method }, Method::Get) => {
            phone_methods::get(tenant, call, user, method)
        }
        (Route::PhoneMethod { user, method }, Method::Patch) => {
            phone_methods::update(tenant, call, user, method)
        }
        (Route::PhoneMethod { user, method }, Method::Delete) => {
            phone_methods::delete(tenant, user, method)
        }
        (Route::EnableSmsSignIn { user, method }, Method::Post) => {
            sms_sign_in::enable(tenant, call, user, method)
        }
        (Route::DisableSmsSignIn { user, method }, Method::Post) => {
            sms_sign_in::disable(tenant, user, method)
        }
        (Route::AccessPasses { user }, Method::Get) => access_passes::list(tenant, call, user),
        (Route::AccessPasses { user }, Method::Post) => {
            access_passes::create(tenant, rng, call, user)
        }
        (Route::AccessPass { user, pass }, Method::Get) => {
            access_passes::get(tenant, call, user, pass)
        }
        (Route::AccessPass { user, pass }, Method::Delete) => {
            access_passes::delete(tenant, user, pass)
        }
        (Route::AuthenticationMethods { user }, Method::Get) => methods::list(tenant, call, user),
        (Route::AuthenticationMethod { user, method }, Method::Get) => {
            methods::get(tenant, call, user, method)
        }
        (Route::MethodsPolicy, Method::Get) => Ok(policy::get(tenant, call)),
        (Route::MethodConfigurations, Method::Get) => Ok(policy::list(tenant, call)),
        (Route::MethodConfiguration { configuration }, Method::Get) => {
            policy::get_configuration(tenant, call, configuration)
        }
        (Route::MethodConfiguration { configuration }, Method::Patch) => {
            policy::update_configuration(tenant, call, configuration)
        }
        (Route::MethodConfiguration { configuration }, Method::Delete) => {
            policy::reset_configuration(tenant, call, configuration)
        }
        (Route::Authentication { .. } | Route::Policies, Method::Get)
        | (Route::MethodsPolicy, Method::Patch) => Err(not_simulated(call)),
        _ => Err(GraphError::method_not_allowed()),
    }
}
