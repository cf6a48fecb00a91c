//! Links between objects: members, owners, nesting.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use super::{Group, Object, ObjectClass, ObjectIndex, Tenant};
use crate::simulator::protocol::routing::Reach;

impl Tenant {
    /// Links an object into a group of the sample; nothing happens if it is there already.
    pub(crate) fn link(&mut self, group: ObjectIndex, member: ObjectIndex) {
        self.insert_member(group, member);
    }

    fn insert_member(&mut self, group: ObjectIndex, member: ObjectIndex) -> bool {
        let class = self
            .object(member)
            .map_or(ObjectClass::Other, Object::class);
        self.group_mut(group)
            .is_some_and(|group| group.members.insert(member, class))
    }

    /// Adds a member and writes it down.
    pub(crate) fn add_member(
        &mut self,
        group: ObjectIndex,
        member: ObjectIndex,
        now: OffsetDateTime,
    ) {
        if self.insert_member(group, member) {
            self.write_down(group, member, now, true);
        }
    }

    /// Removes a member and writes it down; says whether it was there.
    pub(crate) fn remove_member(
        &mut self,
        group: ObjectIndex,
        member: ObjectIndex,
        now: OffsetDateTime,
    ) -> bool {
        let removed = self
            .group_mut(group)
            .is_some_and(|group| group.members.remove(member));
        if removed {
            self.write_down(group, member, now, false);
        }
        removed
    }

    fn write_down(
        &mut self,
        group: ObjectIndex,
        member: ObjectIndex,
        now: OffsetDateTime,
        added: bool,
    ) {
        let number = self.next_change();
        if let Some(group) = self.group_mut(group) {
            group.members.journal.write(number, now, member, added);
        }
    }

    /// Adds an owner; nothing happens if it is one already.
    pub(crate) fn add_owner(&mut self, group: ObjectIndex, owner: ObjectIndex) {
        if let Some(group) = self.group_mut(group) {
            group.owners.insert(owner);
        }
    }

    /// Removes an owner; says whether it was one.
    pub(crate) fn remove_owner(&mut self, group: ObjectIndex, owner: ObjectIndex) -> bool {
        self.group_mut(group)
            .is_some_and(|group| group.owners.remove(&owner))
    }

    /// The group and every group below it.
    pub(super) fn nested_groups(&self, top: ObjectIndex) -> BTreeSet<ObjectIndex> {
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

    /// The group, and those below it if asked for.
    fn reached(&self, group: ObjectIndex, reach: Reach) -> Vec<&Group> {
        let groups = match reach {
            Reach::Direct => BTreeSet::from([group]),
            Reach::Transitive => self.nested_groups(group),
        };
        groups
            .iter()
            .filter_map(|group| self.group(*group))
            .collect()
    }

    /// The first `most` members after `last`, direct ones or those of nested groups too, in the
    /// order the objects were made; of one type, if asked for, and as they were at a time. Costs as
    /// much as the page, not as the group.
    pub(crate) fn members_after(
        &self,
        group: ObjectIndex,
        wanted: Wanted<'_>,
        last: Option<ObjectIndex>,
        most: usize,
    ) -> BTreeSet<ObjectIndex> {
        let mut page = BTreeSet::new();
        for group in self.reached(group, wanted.reach) {
            let were = wanted.hindsight(group);
            let unchanged = group
                .members
                .after(last)
                .filter(|member| !were.contains_key(member));
            let gone = were
                .iter()
                .filter(|(member, was)| **was && last.is_none_or(|last| **member > last))
                .map(|(member, _)| *member);
            let fits = |member: &ObjectIndex| self.fits(*member, wanted);
            page.extend(unchanged.filter(fits).take(most));
            page.extend(gone.filter(fits));
        }
        page.into_iter().take(most).collect()
    }

    /// How many members a list of them holds. Direct users and groups are counted without reading
    /// them; the members of nested groups have to be told apart.
    pub(crate) fn member_count(&self, group: ObjectIndex, wanted: Wanted<'_>) -> usize {
        let reached = self.reached(group, wanted.reach);
        if let [group] = reached.as_slice() {
            return self.direct_count(group, wanted);
        }
        self.members_after(group, wanted, None, usize::MAX).len()
    }

    fn direct_count(&self, group: &Group, wanted: Wanted<'_>) -> usize {
        let members = &group.members;
        let fits = |member: &ObjectIndex| self.fits(*member, wanted);
        let others = || members.others().iter().filter(|other| fits(other)).count();
        let known = members.all().len() - members.others().len();
        let now = match wanted.odata_type {
            None => known + others(),
            Some("#microsoft.graph.group") => members.groups().len(),
            Some("#microsoft.graph.user") => known - members.groups().len(),
            Some(_) => others(),
        };
        let were = wanted.hindsight(group);
        let changed = were.iter().filter(|(member, _)| fits(member));
        changed.fold(now, |count, (member, was)| {
            count + usize::from(*was) - usize::from(members.contains(*member))
        })
    }

    /// Whether a list of those wanted shows the object.
    fn fits(&self, member: ObjectIndex, wanted: Wanted<'_>) -> bool {
        match (self.object(member), wanted.odata_type) {
            (None | Some(Object::Deleted(_)), _) => false,
            (Some(Object::ServicePrincipal(_)), None) => wanted.applications,
            (Some(_), None) => true,
            (Some(object), Some(odata_type)) => object.odata_type() == odata_type,
        }
    }

    /// Whether an object is in a group or in one below it.
    pub(crate) fn is_member_transitively(&self, group: ObjectIndex, object: ObjectIndex) -> bool {
        self.reached(group, Reach::Transitive)
            .iter()
            .any(|group| group.members.contains(object))
    }

    /// The groups that hold an object, or those above them too. Asks every group of the tenant, as
    /// objects do not know where they are; those above are few, as few groups hold groups.
    pub(crate) fn groups_of(&self, object: ObjectIndex, reach: Reach) -> BTreeSet<ObjectIndex> {
        let holding = |object: ObjectIndex, among_groups: bool| {
            self.groups.iter().copied().filter(move |group| {
                self.group(*group).is_some_and(|group| {
                    let members = &group.members;
                    if among_groups {
                        members.groups().contains(&object)
                    } else {
                        members.contains(object)
                    }
                })
            })
        };
        let mut found: BTreeSet<ObjectIndex> = holding(object, false).collect();
        let mut open: Vec<ObjectIndex> = match reach {
            Reach::Direct => Vec::new(),
            Reach::Transitive => found.iter().copied().collect(),
        };
        while let Some(group) = open.pop() {
            open.extend(holding(group, true).filter(|above| found.insert(*above)));
        }
        found
    }
}

/// Which members are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'t> {
    pub(crate) reach: Reach,
    /// The value of `@odata.type`, if only one type is wanted.
    pub(crate) odata_type: Option<&'t str>,
    /// Whether service principals stand among members of any type. Version 1.0 leaves them out of
    /// such lists, but not out of lists of that type (Graph: known issues).
    pub(crate) applications: bool,
    /// As of when; `None` for now.
    pub(crate) as_of: Option<OffsetDateTime>,
}

impl Wanted<'_> {
    fn hindsight(&self, group: &Group) -> BTreeMap<ObjectIndex, bool> {
        self.as_of
            .map(|at| group.members.journal().hindsight(at))
            .unwrap_or_default()
    }
}
