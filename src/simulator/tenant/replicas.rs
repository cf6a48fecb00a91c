//! How late the directory's copies and its index learn of new objects.
//!
//! The directory is kept in many copies, and each request may be answered by another (Graph:
//! group-post-members; observed: a fresh object is there, gone, and there again). A copy is as far
//! behind as a draw says, up to the scenario's `replication_ms`, so the chance to meet one that
//! knows an object grows with the object's age.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

use super::ObjectIndex;

/// Which objects are too new to be known everywhere.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    /// How far behind a copy may be.
    pub(crate) lag: Duration,
    /// How far behind the index for advanced queries is.
    pub(crate) index_lag: Duration,
    /// Objects young enough to matter, oldest first.
    young: VecDeque<(ObjectIndex, OffsetDateTime)>,
    /// The first object that the copy which answers does not know.
    unknown_from: Option<ObjectIndex>,
}

impl Replicas {
    pub(super) fn created(&mut self, object: ObjectIndex, at: OffsetDateTime) {
        if !self.lag.max(self.index_lag).is_zero() {
            self.young.push_back((object, at));
        }
    }

    /// Draws the copy that answers the next request.
    pub(crate) fn choose(&mut self, rng: &mut Rng, now: OffsetDateTime) {
        let oldest = now - self.lag.max(self.index_lag);
        while self.young.front().is_some_and(|(_, at)| *at <= oldest) {
            self.young.pop_front();
        }
        self.unknown_from = None;
        let lag_ms = u64::try_from(self.lag.as_millis()).unwrap_or(u64::MAX);
        if lag_ms > 0 && !self.young.is_empty() {
            let behind = Duration::from_millis(rng.u64(1..=lag_ms));
            self.unknown_from = self.first_after(now - behind);
        }
    }

    /// Whether the copy that answers knows the object.
    pub(crate) fn knows(&self, object: ObjectIndex) -> bool {
        self.unknown_from.is_none_or(|first| object < first)
    }

    /// The first object that the index does not know yet.
    pub(crate) fn unindexed_from(&self, now: OffsetDateTime) -> Option<ObjectIndex> {
        self.first_after(self.indexed_until(now))
    }

    /// Up to when the index has seen changes.
    pub(crate) fn indexed_until(&self, now: OffsetDateTime) -> OffsetDateTime {
        now - self.index_lag
    }

    /// The first object made after that time; places in the tenant grow with time.
    fn first_after(&self, at: OffsetDateTime) -> Option<ObjectIndex> {
        let place = self.young.partition_point(|(_, created)| *created <= at);
        self.young.get(place).map(|(object, _)| *object)
    }
}
