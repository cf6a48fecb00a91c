//! SMS sign-in of a mobile (Graph: phoneAuthenticationMethod: enableSmsSignIn, disableSmsSignIn).

use super::phone_methods;
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::{Effect, Reply};
use crate::simulator::tenant::{ObjectIndex, PhoneType, Tenant};

/// `POST …/phoneMethods/{id}/enableSmsSignIn` registers the number, if the policy allows that and
/// nobody else signs in with it. The words about the policy are observed, their status is not; the
/// others are our reading. A body is not asked for and not looked at.
pub(super) fn enable(
    tenant: &mut Tenant,
    call: &Call<'_>,
    key: &str,
    method: &str,
) -> Result<Reply, GraphError> {
    let user = mobile_owner(tenant, key, method)?;
    let number = tenant.authentication.phone(user, PhoneType::Mobile);
    let number = number
        .ok_or_else(GraphError::method_not_found)?
        .number
        .clone();
    if !tenant.may_sign_in_by_sms(user, call.arrival.now) {
        return Err(phone_methods::refused(
            "Cannot enable SMS sign-in on phone auth method as the credential policy is not enabled on user",
        ));
    }
    let saved = tenant
        .authentication
        .save_phone(user, PhoneType::Mobile, number, true);
    Ok(phone_methods::saved(saved, Reply::no_content))
}

/// `POST …/phoneMethods/{id}/disableSmsSignIn` gives the registration up, and answers the same where
/// there is none (our reading).
pub(super) fn disable(tenant: &mut Tenant, key: &str, method: &str) -> Result<Reply, GraphError> {
    let user = mobile_owner(tenant, key, method)?;
    if tenant
        .authentication
        .phone(user, PhoneType::Mobile)
        .is_none()
    {
        return Err(GraphError::method_not_found());
    }
    let changed = tenant.authentication.unregister(user);
    Ok(Reply::no_content().with_effect(Effect::of(changed)))
}

fn mobile_owner(tenant: &Tenant, key: &str, method: &str) -> Result<ObjectIndex, GraphError> {
    let (user, _) = find::user(tenant, key)?;
    if phone_methods::type_of(method)? == PhoneType::Mobile {
        Ok(user)
    } else {
        Err(phone_methods::refused(
            "SMS sign-in is supported for mobile phones only.",
        ))
    }
}
