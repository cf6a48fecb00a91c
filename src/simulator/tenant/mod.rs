//! The tenant in memory: directory objects, links between them, and authentication methods.
//!
//! Objects live in one list and are named by their place in it, so that a million users and a group
//! of all of them stay small. A deleted object leaves its place empty; places are never used again,
//! which is what keeps paging stable.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

mod authentication;
mod eligibility;
mod group;
mod pass;
mod phone_number;
mod policies;
mod user;

pub(crate) use authentication::{Authentication, PhoneType, Registration, Saved};
pub(crate) use eligibility::Entry;
pub(crate) use group::{Group, GroupKind, Members};
pub(crate) use pass::{AccessPass, Usability, seven_digits};
pub(crate) use phone_number::PhoneNumber;
pub(crate) use policies::{AccessPassPolicy, Audience, Policies, Policy, Target, TargetId};
pub(crate) use user::{User, UserType};

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
    Deleted,
}

/// An object of which the simulator knows no more than its name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
}

impl Object {
    pub(crate) fn id(&self) -> Option<Uuid> {
        match self {
            Self::User(user) => Some(user.id),
            Self::Group(group) => Some(group.id),
            Self::Device(named) | Self::OrgContact(named) | Self::ServicePrincipal(named) => {
                Some(named.id)
            }
            Self::Deleted => None,
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
            Self::Deleted => "#microsoft.graph.directoryObject",
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

    pub(crate) fn object(&self, index: ObjectIndex) -> Option<&Object> {
        self.objects.get(index.0 as usize)
    }

    /// All objects in the order they were made, deleted ones included.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectIndex, &Object)> {
        (0..).map(ObjectIndex).zip(&self.objects)
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<ObjectIndex> {
        self.by_id.get(&id).copied()
    }

    /// Finds a user by id or, ignoring case, by principal name.
    pub(crate) fn find_user(&self, key: &str) -> Option<(ObjectIndex, &User)> {
        let index = match Uuid::try_parse(key) {
            Ok(id) => self.find(id)?,
            Err(_) => self
                .by_principal_name
                .get(key.to_lowercase().as_str())
                .copied()?,
        };
        match self.object(index)? {
            Object::User(user) => Some((index, user)),
            _ => None,
        }
    }

    pub(crate) fn group(&self, index: ObjectIndex) -> Option<&Group> {
        match self.object(index)? {
            Object::Group(group) => Some(group),
            _ => None,
        }
    }

    pub(crate) fn groups(&self) -> &BTreeSet<ObjectIndex> {
        &self.groups
    }

    /// The groups of that name, ignoring case as the directory does.
    pub(crate) fn groups_named(&self, name: &str) -> BTreeSet<ObjectIndex> {
        self.by_group_name
            .get(&name.to_lowercase())
            .cloned()
            .unwrap_or_default()
    }

    /// Links an object into a group; nothing happens if it is there already.
    pub(crate) fn link(&mut self, group: ObjectIndex, member: ObjectIndex) {
        let nested = self.groups.contains(&member);
        if let Some(members) = self.members_mut(group) {
            members.insert(member, nested);
        }
    }

    /// Takes an object out of a group; says whether it was there.
    pub(crate) fn unlink(&mut self, group: ObjectIndex, member: ObjectIndex) -> bool {
        self.members_mut(group)
            .is_some_and(|members| members.remove(member))
    }

    fn members_mut(&mut self, group: ObjectIndex) -> Option<&mut Members> {
        match self.objects.get_mut(group.0 as usize)? {
            Object::Group(group) => Some(&mut group.members),
            _ => None,
        }
    }

    /// Deletes an object with its links and methods.
    ///
    /// A user's number stays taken for SMS sign-in, because Graph keeps deleted users for a while
    /// (observed: a soft-deleted user can be the holder).
    pub(crate) fn delete(&mut self, index: ObjectIndex) {
        let Some(object) = self.objects.get_mut(index.0 as usize) else {
            return;
        };
        let object = std::mem::replace(object, Object::Deleted);
        if let Some(id) = object.id() {
            self.by_id.remove(&id);
        }
        match object {
            Object::User(user) => {
                self.by_principal_name
                    .remove(user.user_principal_name.to_lowercase().as_str());
                self.authentication.forget(index);
            }
            Object::Group(group) => {
                self.groups.remove(&index);
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
            self.unlink(group, index);
        }
    }

    /// The group and every group below it.
    fn nested_groups(&self, top: ObjectIndex) -> BTreeSet<ObjectIndex> {
        let mut found = BTreeSet::from([top]);
        let mut open = vec![top];
        while let Some(group) = open.pop() {
            let below = self
                .group(group)
                .map(|group| group.members.groups())
                .into_iter()
                .flatten();
            open.extend(below.filter(|nested| found.insert(**nested)));
        }
        found
    }

    /// The first `most` members after `last`, direct ones or those of nested groups too, in the
    /// order the objects were made. Costs as much as the page, not as the group.
    pub(crate) fn members_after(
        &self,
        group: ObjectIndex,
        reach: Reach,
        last: Option<ObjectIndex>,
        most: usize,
    ) -> BTreeSet<ObjectIndex> {
        let groups = match reach {
            Reach::Direct => BTreeSet::from([group]),
            Reach::Transitive => self.nested_groups(group),
        };
        let mut page = BTreeSet::new();
        for group in groups.iter().filter_map(|group| self.group(*group)) {
            let listed = group
                .members
                .after(last)
                .filter(|member| self.is_listed(*member));
            page.extend(listed.take(most));
        }
        page.into_iter().take(most).collect()
    }

    /// Version 1.0 leaves service principals out of member lists (Graph: known issues).
    fn is_listed(&self, member: ObjectIndex) -> bool {
        !matches!(
            self.object(member),
            None | Some(Object::ServicePrincipal(_) | Object::Deleted)
        )
    }
}

/// How far down a member list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Direct,
    Transitive,
}
