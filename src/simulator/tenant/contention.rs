//! Writers to one group that get in each other's way.
//!
//! Observed: writes to one group that overlap in time are refused at times, the more the more of
//! them there are. How the directory decides is not known; our reading is a fixed chance for each
//! write that arrives while another is under way, and none for the first.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;

use super::ObjectIndex;

/// Which groups are being written.
#[derive(Debug, Default)]
pub(crate) struct Contention {
    /// The chance that a write which overlaps another is refused, 0 to 1.
    pub(crate) chance: f64,
    /// When writes to each group are under way.
    busy: HashMap<ObjectIndex, Span>,
    /// How many groups are tracked before those that are free again are forgotten.
    prune_at: usize,
}

/// From when until when.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: OffsetDateTime,
    until: OffsetDateTime,
}

/// A write met another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clash;

impl Contention {
    /// A write to `group` is under way from `start` for as long as it `lasts`. A refused one does
    /// not hold up others.
    ///
    /// # Errors
    ///
    /// Another write is under way, and chance has it that they clash.
    pub(crate) fn enter(
        &mut self,
        rng: &mut Rng,
        group: ObjectIndex,
        start: OffsetDateTime,
        lasts: Duration,
    ) -> Result<(), Clash> {
        if self.chance <= 0.0 {
            return Ok(());
        }
        let mut write = Span {
            from: start,
            until: start + lasts,
        };
        // Parts of a batch come in any order, so a write may also end before another begins.
        if let Some(other) = self.busy.get(&group) {
            if write.from < other.until && other.from < write.until {
                if rng.f64() < self.chance {
                    return Err(Clash);
                }
                write.from = write.from.min(other.from);
                write.until = write.until.max(other.until);
            } else if write.until <= other.from {
                return Ok(());
            }
        }
        self.busy.insert(group, write);
        if self.busy.len() > self.prune_at {
            self.busy.retain(|_, span| span.until > start);
            self.prune_at = self.busy.len() * 2 + 64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-03-02 08:00 UTC);
    const SECOND: Duration = Duration::from_secs(1);

    /// How many of 1,000 writes are refused.
    fn refused(chance: f64, groups: u32, apart: Duration) -> usize {
        let mut contention = Contention {
            chance,
            ..Contention::default()
        };
        let mut rng = Rng::with_seed(7);
        (0..1000u32)
            .filter(|number| {
                let group = ObjectIndex(number % groups);
                let start = START + apart * *number;
                contention.enter(&mut rng, group, start, SECOND).is_err()
            })
            .count()
    }

    #[test]
    fn only_writes_that_overlap_on_one_group_clash_and_as_often_as_asked() {
        assert_eq!(refused(1.0, 1, Duration::ZERO), 999);
        assert_eq!(refused(0.0, 1, Duration::ZERO), 0);
        assert_eq!(refused(1.0, 1, SECOND), 0);
        assert_eq!(refused(1.0, 1000, Duration::ZERO), 0);
        assert!((200..300).contains(&refused(0.25, 1, Duration::ZERO)));
    }

    #[test]
    fn a_write_before_another_does_not_clash_in_whatever_order_they_come() {
        let mut contention = Contention {
            chance: 1.0,
            ..Contention::default()
        };
        let mut rng = Rng::with_seed(7);
        let mut at = |second: u32| {
            let start = START + SECOND * second;
            contention.enter(&mut rng, ObjectIndex(0), start, SECOND)
        };
        assert_eq!([at(4), at(3), at(5)], [Ok(()); 3]);
        assert_eq!(at(5), Err(Clash));
    }

    #[test]
    fn groups_that_are_free_again_are_forgotten() {
        let mut contention = Contention {
            chance: 0.5,
            ..Contention::default()
        };
        let mut rng = Rng::with_seed(7);
        for number in 0..10_000u32 {
            let start = START + SECOND * number;
            contention
                .enter(&mut rng, ObjectIndex(number), start, SECOND)
                .unwrap();
        }
        assert!(contention.busy.len() < 100);
    }
}
