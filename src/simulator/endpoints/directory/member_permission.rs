//! Permissions that depend on what is added to a group.

use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::permission::Permission;
use crate::simulator::tenant::{Object, ObjectIndex, Tenant};

/// What the caller needs besides, to add an object of some types (Graph: group-post-members).
pub(super) fn require(
    tenant: &Tenant,
    call: &Call<'_>,
    member: ObjectIndex,
) -> Result<(), GraphError> {
    use Permission as P;
    let needed: &[Permission] = match tenant.object(member) {
        Some(Object::Device(_)) => &[P::DeviceReadWriteAll, P::DirectoryReadWriteAll],
        Some(Object::OrgContact(_)) => &[
            P::OrgContactReadAll,
            P::DirectoryReadAll,
            P::DirectoryReadWriteAll,
        ],
        Some(Object::ServicePrincipal(_)) => {
            &[P::ApplicationReadWriteAll, P::DirectoryReadWriteAll]
        }
        _ => return Ok(()),
    };
    if call.arrival.caller.holds_any(needed) {
        return Ok(());
    }
    Err(GraphError::insufficient_privileges())
}
