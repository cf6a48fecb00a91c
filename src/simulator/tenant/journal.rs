//! What changed in a group, so that it can be told later and seen late.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::ObjectIndex;

/// One membership that came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    /// Numbers grow through the whole tenant, so that a delta link needs to hold only one.
    number: u64,
    at: OffsetDateTime,
    member: ObjectIndex,
    added: bool,
}

/// The changes of one group's members through the API, oldest first; what the sample tenant begins
/// with is not in it.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Change>);

impl Journal {
    pub(super) fn write(
        &mut self,
        number: u64,
        at: OffsetDateTime,
        member: ObjectIndex,
        added: bool,
    ) {
        self.0.push(Change {
            number,
            at,
            member,
            added,
        });
    }

    /// Whose membership changed after a time, and whether they were members at that time.
    pub(crate) fn hindsight(&self, at: OffsetDateTime) -> BTreeMap<ObjectIndex, bool> {
        let start = self.0.partition_point(|change| change.at <= at);
        let mut were = BTreeMap::new();
        for change in self.0.iter().skip(start) {
            were.entry(change.member).or_insert(!change.added);
        }
        were
    }

    /// Whose membership changed after a change of that number, and whether they are members now.
    pub(crate) fn after(&self, number: u64) -> BTreeMap<ObjectIndex, bool> {
        let start = self.0.partition_point(|change| change.number <= number);
        self.0
            .iter()
            .skip(start)
            .map(|change| (change.member, change.added))
            .collect()
    }
}
