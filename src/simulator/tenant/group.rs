//! Groups and their members.

use std::collections::BTreeSet;
use std::ops::Bound;

use uuid::Uuid;

use super::journal::Journal;
use super::{ObjectClass, ObjectIndex};

/// A group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
    pub(crate) description: String,
    /// The part of the mail address before the at sign.
    pub(crate) mail_nickname: String,
    pub(crate) kind: GroupKind,
    /// The rule of a group with dynamic membership.
    pub(crate) membership_rule: Option<String>,
    /// Whether the group is mastered on premises.
    pub(crate) on_premises_sync_enabled: bool,
    pub(crate) is_assignable_to_role: bool,
    pub(crate) members: Members,
    pub(crate) owners: BTreeSet<ObjectIndex>,
    /// The number of the last change to the group itself; 0 if there was none.
    pub(crate) changed: u64,
}

/// The kinds of groups (Graph: groups overview).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupKind {
    Microsoft365,
    Security,
    MailEnabledSecurity,
    Distribution,
}

impl GroupKind {
    pub(crate) fn is_mail_enabled(self) -> bool {
        self != Self::Security
    }

    pub(crate) fn is_security_enabled(self) -> bool {
        matches!(self, Self::Security | Self::MailEnabledSecurity)
    }
}

impl Group {
    /// A group of nobody, managed here.
    pub(crate) fn new(id: Uuid, display_name: &str, description: &str, kind: GroupKind) -> Self {
        Self {
            id,
            display_name: display_name.to_owned(),
            description: description.to_owned(),
            mail_nickname: display_name
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect(),
            kind,
            membership_rule: None,
            on_premises_sync_enabled: false,
            is_assignable_to_role: false,
            members: Members::default(),
            owners: BTreeSet::new(),
            changed: 0,
        }
    }

    /// The value of `groupTypes`.
    pub(crate) fn group_types(&self) -> Vec<&'static str> {
        let unified = (self.kind == GroupKind::Microsoft365).then_some("Unified");
        let dynamic = self
            .membership_rule
            .is_some()
            .then_some("DynamicMembership");
        unified.into_iter().chain(dynamic).collect()
    }
}

/// The members of a group in the order the objects were made.
#[derive(Debug, Default)]
pub(crate) struct Members {
    all: BTreeSet<ObjectIndex>,
    /// Those that are groups themselves, so that nesting is followed without reading all members.
    groups: BTreeSet<ObjectIndex>,
    /// Those that are neither groups nor users, so that types are counted without reading all.
    others: BTreeSet<ObjectIndex>,
    pub(super) journal: Journal,
}

impl Members {
    pub(crate) fn all(&self) -> &BTreeSet<ObjectIndex> {
        &self.all
    }

    pub(crate) fn groups(&self) -> &BTreeSet<ObjectIndex> {
        &self.groups
    }

    pub(crate) fn contains(&self, member: ObjectIndex) -> bool {
        self.all.contains(&member)
    }

    /// The members that come after `last`.
    pub(crate) fn after(&self, last: Option<ObjectIndex>) -> impl Iterator<Item = ObjectIndex> {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.all.range((start, Bound::Unbounded)).copied()
    }

    /// Those that are neither groups nor users.
    pub(crate) fn others(&self) -> &BTreeSet<ObjectIndex> {
        &self.others
    }

    /// How members came and went.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn insert(&mut self, member: ObjectIndex, class: ObjectClass) -> bool {
        match class {
            ObjectClass::User => {}
            ObjectClass::Group => {
                self.groups.insert(member);
            }
            ObjectClass::Other => {
                self.others.insert(member);
            }
        }
        self.all.insert(member)
    }

    pub(super) fn remove(&mut self, member: ObjectIndex) -> bool {
        self.groups.remove(&member);
        self.others.remove(&member);
        self.all.remove(&member)
    }
}
