//! Adding objects to a group and taking them out.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{groups, member_permission, require_known};
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::Route;
use crate::simulator::protocol::workload::Workload;
use crate::simulator::tenant::{Group, GroupKind, Object, ObjectIndex, Tenant};

/// Graph: group-post-members.
const MOST_LINKS: usize = 20;

/// `POST /groups/{id}/members/$ref`.
pub(super) fn add_one(
    tenant: &mut Tenant,
    call: &Call<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let (index, _) = groups::find(tenant, key)?;
    let body = call.object()?;
    require_known(call, body, &[], "directoryObject")?;
    let link = body
        .get("@odata.id")
        .ok_or_else(|| refused("The '@odata.id' property is required."))?;
    add_all(tenant, call, index, std::slice::from_ref(link))
}

/// Adds all objects or, if one of them cannot be added, none (observed: the error does not say
/// which).
pub(super) fn add_all(
    tenant: &mut Tenant,
    call: &Call<'_>,
    index: ObjectIndex,
    links: &[Value],
) -> Result<Reply, GraphError> {
    if links.len() > MOST_LINKS {
        return Err(refused(
            "A resource cannot contain more than 20 link changes",
        ));
    }
    let group = tenant
        .group(index)
        .ok_or_else(|| GraphError::resource_not_found(""))?;
    require_writable(group)?;
    let mut added = BTreeSet::new();
    for link in links {
        let member = resolve(tenant, call, link)?;
        member_permission::require(tenant, call, member)?;
        require_fit(tenant, index, group, member)?;
        // A duplicate inside one request is untested; it is refused like a member that is there.
        if group.members.contains(member) || !added.insert(member) {
            return Err(refused(
                "One or more added object references already exist for the following modified properties: 'members'.",
            ));
        }
    }
    for member in added {
        tenant.link(index, member);
    }
    Ok(Reply::no_content())
}

/// `DELETE /groups/{id}/members/{id}/$ref`. An object that is no member is as absent as one that
/// does not exist (observed).
pub(super) fn remove(tenant: &mut Tenant, group: &str, member: &str) -> Result<Reply, GraphError> {
    let (index, found) = groups::find(tenant, group)?;
    require_writable(found)?;
    let id = Uuid::try_parse(member).map_err(|_| groups::invalid_identifier(member))?;
    let removed = tenant
        .find(id)
        .is_some_and(|object| tenant.unlink(index, object));
    if removed {
        Ok(Reply::no_content())
    } else {
        Err(GraphError::resource_not_found(member))
    }
}

fn refused(message: &str) -> GraphError {
    GraphError::bad_request(Workload::Directory, message)
}

/// Which groups can be written (Graph: groups overview), in the words observed for each kind.
pub(super) fn require_writable(group: &Group) -> Result<(), GraphError> {
    if group.on_premises_sync_enabled {
        return Err(refused(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    if matches!(
        group.kind,
        GroupKind::MailEnabledSecurity | GroupKind::Distribution
    ) {
        return Err(refused(
            "Cannot Update a mail-enabled security groups and or distribution list.",
        ));
    }
    if group.membership_rule.is_some() {
        return Err(GraphError::insufficient_privileges());
    }
    Ok(())
}

/// Follows a link to an object of this tenant.
fn resolve(tenant: &Tenant, call: &Call<'_>, link: &Value) -> Result<ObjectIndex, GraphError> {
    let unsupported = || refused("Unsupported referenced-object resource identifier.");
    let path = link
        .as_str()
        .and_then(|link| call.origin.path_within(link))
        .ok_or_else(unsupported)?;
    let key = match Route::parse(path) {
        Ok(Route::DirectoryObject { object }) => object,
        Ok(Route::User { user }) => user,
        Ok(Route::Group { group }) => group,
        _ => return Err(unsupported()),
    };
    let id = Uuid::try_parse(&key).map_err(|_| groups::invalid_identifier(&key))?;
    tenant
        .find(id)
        .ok_or_else(|| GraphError::resource_not_found(&key))
}

/// Which objects a kind of group takes (Graph: groups overview). That groups are refused by a
/// Microsoft 365 group is recorded in these words; the words for other types are our reading.
fn require_fit(
    tenant: &Tenant,
    index: ObjectIndex,
    group: &Group,
    member: ObjectIndex,
) -> Result<(), GraphError> {
    let (fits, kind) = match tenant.object(member) {
        Some(Object::User(_)) => (true, "User"),
        Some(Object::Group(nested)) => (
            group.kind == GroupKind::Security
                && nested.kind == GroupKind::Security
                && member != index,
            "Group",
        ),
        Some(Object::Device(_)) => (group.kind == GroupKind::Security, "Device"),
        Some(Object::OrgContact(_)) => (group.kind == GroupKind::Security, "OrgContact"),
        Some(Object::ServicePrincipal(_)) => {
            (group.kind == GroupKind::Security, "ServicePrincipal")
        }
        Some(Object::Deleted) | None => (false, "DirectoryObject"),
    };
    if fits {
        return Ok(());
    }
    let wording = match (kind, group.kind) {
        ("Group", GroupKind::Microsoft365) => "Unified Groups cannot be added to Unified Groups.",
        _ => "The object cannot be a member of this group.",
    };
    Err(refused(&format!(
        "{wording} paramName: Members, paramValue: , objectType: Microsoft.Online.DirectoryServices.{kind}"
    )))
}
