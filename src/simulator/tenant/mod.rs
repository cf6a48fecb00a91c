//! The tenant in memory: directory objects, links between them, and authentication methods.
//!
//! Objects live in one list and are named by their place in it, so that a million users and a group
//! of all of them stay small. A deleted object leaves its place empty; places are never used again,
//! which is what keeps paging stable.

use std::collections::{BTreeSet, HashMap};

use time::OffsetDateTime;
use uuid::Uuid;

mod authentication;
mod contention;
mod eligibility;
mod group;
mod journal;
mod lookup;
mod membership;
mod pass;
mod phone_number;
mod policies;
mod replicas;
mod user;

pub(crate) use authentication::{Authentication, PhoneType, Registration, Saved};
pub(crate) use contention::Contention;
pub(crate) use eligibility::Entry;
pub(crate) use group::{Group, GroupKind, Members};
pub(crate) use membership::Wanted;
pub(crate) use pass::{AccessPass, Usability, seven_digits};
pub(crate) use phone_number::PhoneNumber;
pub(crate) use policies::{AccessPassPolicy, Audience, Policies, Policy, Target, TargetId};
pub(crate) use replicas::Replicas;
pub(crate) use user::{Profile, User, UserType, employee_id};

use super::scenario::AuthenticationMethods;

/// The tenant's domain, in which principal names and mail addresses end.
pub(crate) const DOMAIN: &str = "northgate-grocers.example";

/// The place of an object in the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectIndex(pub(crate) u32);

/// A directory object.
#[derive(Debug)]
pub(crate) enum Object {
    User(User),
    Group(Box<Group>),
    Device(Box<Named>),
    OrgContact(Box<Named>),
    ServicePrincipal(Box<Named>),
    /// The place of an object that is gone.
    Deleted(Tombstone),
}

/// What remains of a deleted object.
#[derive(Debug)]
pub(crate) struct Tombstone {
    pub(crate) id: Uuid,
    /// The value of `@odata.type`.
    odata_type: &'static str,
    /// The number of the change that deleted it.
    pub(crate) number: u64,
    /// Whether it can be restored for a while, as users and Microsoft 365 groups can (Graph: delta
    /// query for groups).
    pub(crate) restorable: bool,
}

/// What matters of an object's type for counting members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ObjectClass {
    User,
    Group,
    Other,
}

/// An object of which the simulator knows no more than its name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
}

impl Object {
    fn class(&self) -> ObjectClass {
        match self {
            Self::User(_) => ObjectClass::User,
            Self::Group(_) => ObjectClass::Group,
            _ => ObjectClass::Other,
        }
    }

    /// The id; `None` for an object that is gone.
    pub(crate) fn id(&self) -> Option<Uuid> {
        match self {
            Self::User(user) => Some(user.id),
            Self::Group(group) => Some(group.id),
            Self::Device(named) | Self::OrgContact(named) | Self::ServicePrincipal(named) => {
                Some(named.id)
            }
            Self::Deleted(_) => None,
        }
    }

    /// The value of `@odata.type`.
    pub(crate) fn odata_type(&self) -> &'static str {
        match self {
            Self::User(_) => "#microsoft.graph.user",
            Self::Group(_) => "#microsoft.graph.group",
            Self::Device(_) => "#microsoft.graph.device",
            Self::OrgContact(_) => "#microsoft.graph.orgContact",
            Self::ServicePrincipal(_) => "#microsoft.graph.servicePrincipal",
            Self::Deleted(tombstone) => tombstone.odata_type,
        }
    }
}

/// All objects, and the ways to find them.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    objects: Vec<Object>,
    by_id: HashMap<Uuid, ObjectIndex>,
    by_principal_name: HashMap<Box<str>, ObjectIndex>,
    by_group_name: HashMap<String, BTreeSet<ObjectIndex>>,
    groups: BTreeSet<ObjectIndex>,
    deleted_groups: BTreeSet<ObjectIndex>,
    /// How many users there are.
    users: usize,
    /// Where the objects begin that were made through the API.
    sample_end: Option<ObjectIndex>,
    /// The number of the last change through the API.
    changes: u64,
    pub(crate) replicas: Replicas,
    pub(crate) contention: Contention,
    pub(crate) authentication: Authentication,
    pub(crate) policies: Policies,
    /// How the authentication methods behave where nobody knows how Graph's do.
    pub(crate) readings: AuthenticationMethods,
}

impl Tenant {
    /// An empty tenant with room for that many objects.
    pub(crate) fn with_capacity(objects: usize) -> Self {
        Self {
            objects: Vec::with_capacity(objects),
            by_id: HashMap::with_capacity(objects),
            by_principal_name: HashMap::with_capacity(objects),
            ..Self::default()
        }
    }

    /// Adds an object and makes it findable.
    pub(crate) fn add(&mut self, object: Object) -> ObjectIndex {
        // Scenarios stop at a few million objects.
        let index = ObjectIndex(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        if let Some(id) = object.id() {
            self.by_id.insert(id, index);
        }
        match &object {
            Object::User(user) => {
                self.users += 1;
                self.by_principal_name
                    .insert(user.user_principal_name.to_lowercase().into(), index);
            }
            Object::Group(group) => {
                self.by_group_name
                    .entry(group.display_name.to_lowercase())
                    .or_default()
                    .insert(index);
                self.groups.insert(index);
            }
            _ => {}
        }
        self.objects.push(object);
        index
    }

    /// Adds an object that a caller made; not every copy of the directory knows it at once.
    pub(crate) fn create(&mut self, object: Object, now: OffsetDateTime) -> ObjectIndex {
        let number = self.next_change();
        let index = self.add(object);
        self.sample_end.get_or_insert(index);
        self.replicas.created(index, now);
        if let Some(group) = self.group_mut(index) {
            group.changed = number;
        }
        index
    }

    /// Changes a group's own properties.
    pub(crate) fn change_group(&mut self, index: ObjectIndex, change: impl FnOnce(&mut Group)) {
        let number = self.next_change();
        let Some(group) = self.group_mut(index) else {
            return;
        };
        let before = group.display_name.to_lowercase();
        change(group);
        group.changed = number;
        let after = group.display_name.to_lowercase();
        if let Some(named) = self.by_group_name.get_mut(&before) {
            named.remove(&index);
        }
        self.by_group_name.entry(after).or_default().insert(index);
    }

    fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// The number of the last change through the API.
    pub(crate) fn last_change(&self) -> u64 {
        self.changes
    }

    pub(crate) fn object(&self, index: ObjectIndex) -> Option<&Object> {
        self.objects.get(index.0 as usize)
    }

    /// All objects in the order they were made, deleted ones included.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectIndex, &Object)> {
        (0..).map(ObjectIndex).zip(&self.objects)
    }

    pub(crate) fn group(&self, index: ObjectIndex) -> Option<&Group> {
        match self.object(index)? {
            Object::Group(group) => Some(group),
            _ => None,
        }
    }

    fn group_mut(&mut self, index: ObjectIndex) -> Option<&mut Group> {
        match self.objects.get_mut(index.0 as usize)? {
            Object::Group(group) => Some(group),
            _ => None,
        }
    }

    pub(crate) fn groups(&self) -> &BTreeSet<ObjectIndex> {
        &self.groups
    }

    /// The places of groups that are gone.
    pub(crate) fn deleted_groups(&self) -> &BTreeSet<ObjectIndex> {
        &self.deleted_groups
    }

    /// Deletes an object with its links and methods.
    ///
    /// A user's number stays taken for SMS sign-in, because Graph keeps deleted users for a while
    /// (observed: a soft-deleted user can be the holder).
    pub(crate) fn delete(&mut self, index: ObjectIndex, now: OffsetDateTime) {
        let number = self.next_change();
        let Some(object) = self.objects.get_mut(index.0 as usize) else {
            return;
        };
        let Some(id) = object.id() else { return };
        let restorable = match object {
            Object::User(_) => true,
            Object::Group(group) => group.kind == GroupKind::Microsoft365,
            _ => false,
        };
        let tombstone = Tombstone {
            id,
            odata_type: object.odata_type(),
            number,
            restorable,
        };
        let object = std::mem::replace(object, Object::Deleted(tombstone));
        self.by_id.remove(&id);
        match object {
            Object::User(user) => {
                self.users -= 1;
                self.by_principal_name
                    .remove(user.user_principal_name.to_lowercase().as_str());
                self.authentication.forget(index);
            }
            Object::Group(group) => {
                self.groups.remove(&index);
                self.deleted_groups.insert(index);
                if let Some(named) = self
                    .by_group_name
                    .get_mut(&group.display_name.to_lowercase())
                {
                    named.remove(&index);
                }
            }
            _ => {}
        }
        for group in self.groups.clone() {
            self.remove_member(group, index, now);
            self.remove_owner(group, index);
        }
    }
}
