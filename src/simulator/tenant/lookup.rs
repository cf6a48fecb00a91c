//! Finding objects, as the copy of the directory knows them that answers.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use uuid::Uuid;

use super::user::place_of_employee;
use super::{DOMAIN, Object, ObjectIndex, Tenant, User};

impl Tenant {
    /// Finds an object by id.
    pub(crate) fn find(&self, id: Uuid) -> Option<ObjectIndex> {
        let index = self.by_id.get(&id).copied()?;
        self.replicas.knows(index).then_some(index)
    }

    /// Whether there is such an object, known to the copy that answers or not.
    pub(crate) fn exists(&self, id: Uuid) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Whether a user has that principal name, known to the copy that answers or not.
    pub(crate) fn is_principal_name_taken(&self, name: &str) -> bool {
        self.by_principal_name
            .contains_key(name.to_lowercase().as_str())
    }

    /// Finds a user by id or, ignoring case, by principal name.
    pub(crate) fn find_user(&self, key: &str) -> Option<(ObjectIndex, &User)> {
        self.find_account(key)
            .filter(|(index, _)| self.replicas.knows(*index))
    }

    /// Finds a user as [`Self::find_user`] does, known to the copy that answers or not: signing in
    /// asks no copy that a caller of Graph met (our reading).
    pub(crate) fn find_account(&self, key: &str) -> Option<(ObjectIndex, &User)> {
        let index = match Uuid::try_parse(key) {
            Ok(id) => self.by_id.get(&id),
            Err(_) => self.by_principal_name.get(key.to_lowercase().as_str()),
        };
        let index = *index?;
        Some((index, self.user(index)?))
    }

    pub(crate) fn user(&self, index: ObjectIndex) -> Option<&User> {
        match self.object(index)? {
            Object::User(user) => Some(user),
            _ => None,
        }
    }

    /// The users after a place, in the order they were made, as the copy that answers knows them.
    pub(crate) fn users_after(
        &self,
        last: Option<ObjectIndex>,
    ) -> impl Iterator<Item = (ObjectIndex, &User)> {
        let start = last.map_or(0, |last| last.0.saturating_add(1));
        let rest = self
            .objects
            .get(start as usize..)
            .unwrap_or_default()
            .iter();
        (start..)
            .map(ObjectIndex)
            .zip(rest)
            .take_while(|(index, _)| self.replicas.knows(*index))
            .filter_map(|(index, object)| match object {
                Object::User(user) => Some((index, user)),
                _ => None,
            })
    }

    /// How many users the index for advanced queries knows.
    pub(crate) fn user_count(&self, now: OffsetDateTime) -> usize {
        let unindexed = self.replicas.unindexed_from(now).map_or(0, |first| {
            let young = self.objects.get(first.0 as usize..).unwrap_or_default();
            young
                .iter()
                .filter(|object| matches!(object, Object::User(_)))
                .count()
        });
        self.users - unindexed
    }

    /// Every user who may have that value, and some who do not. Texts that callers wrote are not
    /// indexed; whoever has such a text is among them.
    pub(crate) fn users_pinned(&self, property: &str, value: &str) -> BTreeSet<ObjectIndex> {
        let named = |name: &str| self.by_principal_name.get(name).copied();
        let folded = value.to_lowercase();
        let indexed = match property {
            "id" => Uuid::try_parse(value).ok().and_then(|id| self.find(id)),
            "userPrincipalName" => named(&folded),
            "employeeId" => place_of_employee(value),
            _ => named(&folded).or_else(|| named(&guest_principal_name(&folded))),
        };
        let written = match (property, self.sample_end) {
            ("employeeId" | "mail", Some(first)) => self
                .users_after(first.0.checked_sub(1).map(ObjectIndex))
                .map(|(index, _)| index)
                .collect(),
            _ => BTreeSet::new(),
        };
        let known = indexed.filter(|index| self.replicas.knows(*index));
        known.into_iter().chain(written).collect()
    }

    /// The groups of that name, ignoring case as the directory does.
    pub(crate) fn groups_named(&self, name: &str) -> BTreeSet<ObjectIndex> {
        self.by_group_name
            .get(&name.to_lowercase())
            .cloned()
            .unwrap_or_default()
    }
}

/// How the principal name of a guest spells its address, in lower case.
fn guest_principal_name(mail: &str) -> String {
    format!("{}#ext#@{DOMAIN}", mail.replace('@', "_"))
}
