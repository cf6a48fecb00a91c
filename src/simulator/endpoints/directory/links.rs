//! Adding members and owners to a group and taking them out.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::body::refused;
use super::{member_permission, require_known};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::protocol::routing::Route;
use crate::simulator::tenant::{Group, GroupKind, Object, ObjectIndex, Tenant};

/// Graph: group-post-members, for members; observed: owners count too.
const MOST_LINKS: usize = 20;

/// Graph: Microsoft Entra service limits.
const MOST_OWNERS: usize = 100;

/// What an object is to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    Members,
    Owners,
}

impl Relation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Owners => "owners",
        }
    }
}

/// `POST /groups/{id}/members/$ref` and `/owners/$ref`.
pub(super) fn add_one(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    key: &str,
    relation: Relation,
) -> Result<Reply, GraphError> {
    let (index, group) = find_group(tenant, key)?;
    let body = call.object()?;
    require_known(call, body, &[], "directoryObject")?;
    let link = body
        .get("@odata.id")
        .ok_or_else(|| refused("The '@odata.id' property is required."))?;
    require_writable(group)?;
    let kind = group.kind;
    enter(tenant, rng, call, index)?;
    let additions = read(tenant, call, &[(relation, link)], kind, Some(index))?;
    apply(tenant, index, additions, call.arrival.now);
    Ok(Reply::no_content())
}

/// The group to be written; one that the copy which answers does not know yet cannot be linked to
/// (Graph: group-post-members, of "the source resource object").
pub(super) fn find_group<'t>(
    tenant: &'t Tenant,
    key: &str,
) -> Result<(ObjectIndex, &'t Group), GraphError> {
    find::group(tenant, key).map_err(|error| {
        let exists = Uuid::try_parse(key).is_ok_and(|id| tenant.exists(id));
        if error.status == 404 && exists {
            GraphError::not_replicated()
        } else {
            error
        }
    })
}

/// A write to the group is under way, or clashes with another.
pub(super) fn enter(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    group: ObjectIndex,
) -> Result<(), GraphError> {
    let work = call.arrival.work;
    let (start, lasts) = (
        call.arrival.now + work.begins,
        work.ends.saturating_sub(work.begins),
    );
    tenant
        .contention
        .enter(rng, group, start, lasts)
        .map_err(|_| GraphError::concurrency_violation(rng.u8(..3)))
}

/// Refuses more links than one request may change.
pub(super) fn require_few(links: &[(Relation, &Value)]) -> Result<(), GraphError> {
    if links.len() > MOST_LINKS {
        return Err(
            refused("A resource cannot contain more than 20 link changes").breaking("link-count"),
        );
    }
    Ok(())
}

/// Follows links and checks that all of them can be added to a group of that kind, or to one that
/// exists; if one cannot, none is (observed: the error does not say which).
pub(super) fn read(
    tenant: &Tenant,
    call: &Call<'_>,
    links: &[(Relation, &Value)],
    kind: GroupKind,
    index: Option<ObjectIndex>,
) -> Result<BTreeSet<(Relation, ObjectIndex)>, GraphError> {
    require_few(links)?;
    let group = index.and_then(|index| tenant.group(index));
    let mut added = BTreeSet::new();
    for (relation, link) in links {
        let object = resolve(tenant, call, link)?;
        let present = match relation {
            Relation::Members => {
                member_permission::require(tenant, call, object)?;
                require_fit(tenant, kind, index, object)?;
                group.is_some_and(|group| group.members.contains(object))
            }
            Relation::Owners => {
                require_owner(tenant, object)?;
                group.is_some_and(|group| group.owners.contains(&object))
            }
        };
        // A duplicate inside one request is untested; it is refused like a member that is there.
        if present || !added.insert((*relation, object)) {
            return Err(refused(format!(
                "One or more added object references already exist for the following modified properties: '{}'.",
                relation.as_str()
            )));
        }
    }
    let owners = added
        .iter()
        .filter(|(relation, _)| *relation == Relation::Owners);
    if owners.count() + group.map_or(0, |group| group.owners.len()) > MOST_OWNERS {
        // The limit is documented, the words are our reading.
        return Err(refused(format!(
            "The group cannot have more than {MOST_OWNERS} owners."
        )));
    }
    Ok(added)
}

/// Adds what was read.
pub(super) fn apply(
    tenant: &mut Tenant,
    group: ObjectIndex,
    additions: BTreeSet<(Relation, ObjectIndex)>,
    now: OffsetDateTime,
) {
    for (relation, object) in additions {
        match relation {
            Relation::Members => tenant.add_member(group, object, now),
            Relation::Owners => tenant.add_owner(group, object),
        }
    }
}

/// `DELETE /groups/{id}/members/{id}/$ref`. An object that is no member is as absent as one that
/// does not exist (observed).
pub(super) fn remove_member(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    group: &str,
    member: &str,
) -> Result<Reply, GraphError> {
    let (index, found) = find::group(tenant, group)?;
    require_writable(found)?;
    let id = Uuid::try_parse(member).map_err(|_| find::invalid_identifier(member))?;
    enter(tenant, rng, call, index)?;
    let removed = tenant
        .find(id)
        .is_some_and(|object| tenant.remove_member(index, object, call.arrival.now));
    if removed {
        Ok(Reply::no_content())
    } else {
        Err(GraphError::resource_not_found(member))
    }
}

/// `DELETE /groups/{id}/owners/{id}/$ref`; the last owner stays (Graph: group-delete-owners; the
/// words are recorded).
pub(super) fn remove_owner(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    group: &str,
    owner: &str,
) -> Result<Reply, GraphError> {
    let (index, found) = find::group(tenant, group)?;
    require_managed_here(found)?;
    let id = Uuid::try_parse(owner).map_err(|_| find::invalid_identifier(owner))?;
    let object = tenant
        .find(id)
        .filter(|object| found.owners.contains(object));
    let object = object.ok_or_else(|| GraphError::resource_not_found(owner))?;
    if found.owners.len() == 1 {
        return Err(refused(
            "The group must have at least one owner, hence this owner cannot be removed.",
        ));
    }
    enter(tenant, rng, call, index)?;
    tenant.remove_owner(index, object);
    Ok(Reply::no_content())
}

/// Which groups are managed through Graph at all (Graph: groups overview), in the words observed
/// for each kind.
pub(super) fn require_managed_here(group: &Group) -> Result<(), GraphError> {
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
    Ok(())
}

/// Whose members can be written: those of groups managed here, unless a rule fills them.
pub(super) fn require_writable(group: &Group) -> Result<(), GraphError> {
    require_managed_here(group)?;
    if group.membership_rule.is_some() {
        return Err(GraphError::insufficient_privileges());
    }
    Ok(())
}

/// Follows a link to an object of this tenant.
fn resolve(tenant: &Tenant, call: &Call<'_>, link: &Value) -> Result<ObjectIndex, GraphError> {
    let unsupported =
        || refused("Unsupported referenced-object resource identifier.").breaking("reference");
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
    let id = Uuid::try_parse(&key).map_err(|_| find::invalid_identifier(&key))?;
    tenant.find(id).ok_or_else(|| {
        if tenant.exists(id) {
            GraphError::not_replicated()
        } else {
            GraphError::resource_not_found(&key)
        }
    })
}

/// Users and applications own groups (Graph: group-post-owners); the words are our reading.
fn require_owner(tenant: &Tenant, object: ObjectIndex) -> Result<(), GraphError> {
    match tenant.object(object) {
        Some(Object::User(_) | Object::ServicePrincipal(_)) => Ok(()),
        _ => Err(refused("The object cannot be an owner of this group.")),
    }
}

/// Which objects a kind of group takes (Graph: groups overview). That groups are refused by a
/// Microsoft 365 group is recorded in these words; the words for other types are our reading.
fn require_fit(
    tenant: &Tenant,
    group: GroupKind,
    index: Option<ObjectIndex>,
    member: ObjectIndex,
) -> Result<(), GraphError> {
    let (fits, kind) = match tenant.object(member) {
        Some(Object::User(_)) => (true, "User"),
        Some(Object::Group(nested)) => (
            group == GroupKind::Security
                && nested.kind == GroupKind::Security
                && Some(member) != index,
            "Group",
        ),
        Some(Object::Device(_)) => (group == GroupKind::Security, "Device"),
        Some(Object::OrgContact(_)) => (group == GroupKind::Security, "OrgContact"),
        Some(Object::ServicePrincipal(_)) => (group == GroupKind::Security, "ServicePrincipal"),
        Some(Object::Deleted(_)) | None => (false, "DirectoryObject"),
    };
    if fits {
        return Ok(());
    }
    let wording = match (kind, group) {
        ("Group", GroupKind::Microsoft365) => "Unified Groups cannot be added to Unified Groups.",
        _ => "The object cannot be a member of this group.",
    };
    Err(refused(format!(
        "{wording} paramName: Members, paramValue: , objectType: Microsoft.Online.DirectoryServices.{kind}"
    )))
}
