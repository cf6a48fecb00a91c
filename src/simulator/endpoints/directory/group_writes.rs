//! Making, changing and deleting groups.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Map, Value};

use super::body::{flag, refused, text};
use super::links::{self, Relation};
use super::{groups, refuse_unserved, require_known, with_context, wrong_kind};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::arrival::random_id;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::reply::{Effect, Reply};
use crate::simulator::tenant::{Group, GroupKind, Members, Object, ObjectIndex, Tenant};

/// What a new group needs (Graph: group-post-groups).
const REQUIRED: [&str; 4] = [
    "displayName",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
];

/// What Graph takes and the simulator does not hold.
const UNSERVED: [&str; 6] = [
    "classification",
    "preferredDataLocation",
    "preferredLanguage",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "theme",
];

const BINDS: [(Relation, &str); 2] = [
    (Relation::Members, "members@odata.bind"),
    (Relation::Owners, "owners@odata.bind"),
];

/// `POST /groups` (Graph: group-post-groups); members and owners count together towards the most
/// links a request may change.
pub(super) fn create(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
) -> Result<Reply, GraphError> {
    let body = call.object()?;
    refuse_unserved(body, &UNSERVED)?;
    let optional = [
        "description",
        "groupTypes",
        "isAssignableToRole",
        "membershipRule",
        "membershipRuleProcessingState",
        "visibility",
    ];
    let known: Vec<&str> = REQUIRED
        .into_iter()
        .chain(optional)
        .chain(BINDS.map(|(_, name)| name))
        .collect();
    require_known(call, body, &known, "group")?;
    let missing = REQUIRED
        .iter()
        .find(|name| body.get(**name).is_none_or(Value::is_null));
    if let Some(name) = missing {
        return Err(refused(format!(
            "A value is required for property '{name}' of resource 'Group'."
        )));
    }
    if flag(call, body, "isAssignableToRole")?.unwrap_or(false) {
        return Err(GraphError::insufficient_privileges());
    }
    let group = wanted(rng, call, body)?;
    require_free_nickname(tenant, &group)?;
    let additions = links::read(tenant, call, &binds(call, body)?, group.kind, None)?;
    let now = call.arrival.now;
    let index = tenant.create(Object::Group(Box::new(group)), now);
    links::apply(tenant, index, additions, now);
    let group = tenant
        .group(index)
        .ok_or_else(|| GraphError::resource_not_found(""))?;
    let entity = groups::entity(tenant, group, &Query::default())?;
    Ok(Reply::json(
        201,
        with_context(call, "groups/$entity", entity),
    ))
}

fn wanted(rng: &mut Rng, call: &Call<'_>, body: &Map<String, Value>) -> Result<Group, GraphError> {
    let types = types(call, body)?;
    let owned = |name: &str| text(call, body, name).map(|text| text.map(str::to_owned));
    let membership_rule = owned("membershipRule")?.filter(|_| types.contains("DynamicMembership"));
    if types.contains("DynamicMembership") && membership_rule.is_none() {
        return Err(refused(
            "A value is required for property 'membershipRule' of resource 'Group'.",
        ));
    }
    Ok(Group {
        id: random_id(rng),
        display_name: owned("displayName")?.unwrap_or_default(),
        description: owned("description")?.unwrap_or_default(),
        mail_nickname: owned("mailNickname")?.unwrap_or_default(),
        kind: kind(call, body, types.contains("Unified"))?,
        membership_rule,
        on_premises_sync_enabled: false,
        is_assignable_to_role: false,
        members: Members::default(),
        owners: BTreeSet::new(),
        changed: 0,
    })
}

fn types<'b>(
    call: &Call<'_>,
    body: &'b Map<String, Value>,
) -> Result<BTreeSet<&'b str>, GraphError> {
    let types = match body.get("groupTypes") {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(types)) => types,
        Some(other) => return Err(wrong_kind(call, other, "Collection(Edm.String)")),
    };
    types
        .iter()
        .map(|name| match name.as_str() {
            Some(name @ ("Unified" | "DynamicMembership")) => Ok(name),
            _ => Err(refused(
                "Invalid value specified for property 'groupTypes' of resource 'Group'.",
            )),
        })
        .collect()
}

/// Graph makes security groups and Microsoft 365 groups; mailing lists of both kinds are made in
/// Exchange (Graph: groups overview). The words are our reading, after those for a change.
fn kind(
    call: &Call<'_>,
    body: &Map<String, Value>,
    unified: bool,
) -> Result<GroupKind, GraphError> {
    let mail = flag(call, body, "mailEnabled")?.unwrap_or(false);
    let security = flag(call, body, "securityEnabled")?.unwrap_or(false);
    match (unified, mail, security) {
        (true, true, _) => Ok(GroupKind::Microsoft365),
        (false, false, true) => Ok(GroupKind::Security),
        (false, true, _) => Err(refused(
            "Cannot Create a mail-enabled security groups and or distribution list.",
        )),
        (true, false, _) | (false, false, false) => Err(refused(
            "Invalid value specified for property 'mailEnabled' of resource 'Group'.",
        )),
    }
}

fn require_free_nickname(tenant: &Tenant, group: &Group) -> Result<(), GraphError> {
    let is_mail = |group: &Group| group.kind.is_mail_enabled();
    let taken = is_mail(group)
        && tenant.groups().iter().any(|index| {
            tenant.group(*index).is_some_and(|other| {
                is_mail(other)
                    && other
                        .mail_nickname
                        .eq_ignore_ascii_case(&group.mail_nickname)
            })
        });
    if taken {
        return Err(refused(
            "Another object with the same value for property mailNickname already exists.",
        ));
    }
    Ok(())
}

/// `PATCH /groups/{id}`: name, description, and links to be added.
pub(super) fn update(
    tenant: &mut Tenant,
    rng: &mut Rng,
    call: &Call<'_>,
    key: &str,
) -> Result<Reply, GraphError> {
    let (index, group) = links::find_group(tenant, key)?;
    let body = call.object()?;
    let own = ["displayName", "description"];
    let unserved: Vec<&str> = groups::DEFAULTS
        .into_iter()
        .filter(|name| !own.contains(name))
        .chain(UNSERVED)
        .collect();
    refuse_unserved(body, &unserved)?;
    let known: Vec<&str> = own.into_iter().chain(BINDS.map(|(_, name)| name)).collect();
    require_known(call, body, &known, "group")?;
    let binds = binds(call, body)?;
    links::require_few(&binds)?;
    links::require_managed_here(group)?;
    let kind = group.kind;
    if !binds.is_empty() {
        links::require_writable(group)?;
    }
    links::enter(tenant, rng, call, index)?;
    let additions = links::read(tenant, call, &binds, kind, Some(index))?;
    let display_name = text(call, body, "displayName")?;
    if display_name.is_some_and(str::is_empty) || body.get("displayName") == Some(&Value::Null) {
        return Err(refused(
            "A value is required for property 'displayName' of resource 'Group'.",
        ));
    }
    let description = text(call, body, "description")?.unwrap_or_default();
    let description = body.contains_key("description").then_some(description);
    let renamed = tenant.group(index).is_some_and(|group| {
        display_name.is_some_and(|name| name != group.display_name)
            || description.is_some_and(|text| text != group.description)
    });
    if renamed {
        rename(tenant, index, display_name, description);
    }
    let effect = Effect::of(renamed || !additions.is_empty());
    links::apply(tenant, index, additions, call.arrival.now);
    Ok(Reply::no_content().with_effect(effect))
}

fn rename(tenant: &mut Tenant, index: ObjectIndex, name: Option<&str>, description: Option<&str>) {
    tenant.change_group(index, |group| {
        if let Some(name) = name {
            name.clone_into(&mut group.display_name);
        }
        if let Some(description) = description {
            description.clone_into(&mut group.description);
        }
    });
}

/// `DELETE /groups/{id}`.
pub(super) fn delete(tenant: &mut Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let (index, group) = find::group(tenant, key)?;
    links::require_managed_here(group)?;
    tenant.delete(index, call.arrival.now);
    Ok(Reply::no_content())
}

/// The links a body asks for.
fn binds<'b>(
    call: &Call<'_>,
    body: &'b Map<String, Value>,
) -> Result<Vec<(Relation, &'b Value)>, GraphError> {
    let mut binds = Vec::new();
    for (relation, name) in BINDS {
        let Some(links) = body.get(name) else {
            continue;
        };
        let links = links
            .as_array()
            .ok_or_else(|| wrong_kind(call, links, "Collection(Edm.String)"))?;
        binds.extend(links.iter().map(|link| (relation, link)));
    }
    Ok(binds)
}
