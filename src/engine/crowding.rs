//! Few writers to one object at a time.

use super::{Reply, Verdict, is_concurrency_violation};
use std::collections::HashMap;
use std::time::Duration;

/// How many writes may be under way where some of them are to the same object.
///
/// Writers to one group get in each other's way (`Directory_ConcurrencyViolation`; how many are too
/// many is not documented), and each refusal costs a write of the quota. One writer to each object
/// never meets another, so where there are objects enough, each has one. Two to one object are let
/// in only while few writers are under way altogether. How few is learned from those who shared an
/// object, for all objects together, because it is one service in which they meet: the number grows
/// while they get through, falls where more than one in three collide, and is never more than what
/// uses up the quota where any collide.
#[derive(Debug)]
pub struct Crowding {
    /// Up to how many writers there may be for one more to share an object.
    room: f64,
    under_way: u32,
    objects: HashMap<String, Writers>,
}

#[derive(Debug)]
struct Writers {
    under_way: u32,
    /// Whether any two of them were under way together.
    shared: bool,
}

/// How a writer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It got through.
    Passed,
    /// It met another one and was refused.
    Collided,
}

impl Passage {
    /// What a reply says about others who write to the same object; `None` is nothing.
    pub fn of(reply: &Reply, verdict: Verdict) -> Option<Self> {
        if reply.answer().is_some_and(is_concurrency_violation) {
            return Some(Self::Collided);
        }
        (verdict == Verdict::Success).then_some(Self::Passed)
    }
}

impl Crowding {
    /// The room to begin with, and that comes back in time.
    pub const START: f64 = 8.0;
    /// The most there ever is.
    pub const MOST: f64 = 200.0;
    /// Writes a second with which a run of minutes uses up the quota of the directory and its opening
    /// burst (Graph: throttling limits, 3,000 in 150 seconds), some collisions included.
    pub const ENOUGH: f64 = 70.0;
    /// How much room each writer makes who shared an object and got through.
    pub const PASSED: f64 = 1.0;
    /// How much each takes who collided.
    pub const COLLIDED: f64 = 2.0;
    /// How much each makes who was alone, up to [`Self::START`]: where any two collide, one write
    /// in a hundred is spent on finding out whether they still do.
    pub const ALONE: f64 = 0.02;

    /// Whether one more writer to `target` may be sent.
    pub fn has_room(&self, target: &str) -> bool {
        f64::from(self.under_way) + 1.0 <= self.room || !self.objects.contains_key(target)
    }

    /// Counts one more writer to `target`.
    pub fn enter(&mut self, target: &str) {
        self.under_way += 1;
        if let Some(writers) = self.objects.get_mut(target) {
            writers.under_way += 1;
            writers.shared = true;
        } else {
            let alone = Writers {
                under_way: 1,
                shared: false,
            };
            self.objects.insert(target.to_owned(), alone);
        }
    }

    /// A writer to `target`, if it had one, is done after so long.
    pub fn leave(&mut self, target: Option<&str>, passage: Option<Passage>, lasted: Duration) {
        let Some((target, writers)) =
            target.and_then(|target| Some((target, self.objects.get_mut(target)?)))
        else {
            return;
        };
        self.under_way = self.under_way.saturating_sub(1);
        writers.under_way = writers.under_way.saturating_sub(1);
        match (passage, writers.shared) {
            (Some(Passage::Collided), _) => {
                let enough = Self::ENOUGH * lasted.as_secs_f64();
                self.room = (self.room - Self::COLLIDED).min(enough).max(0.0);
            }
            (Some(Passage::Passed), true) => {
                self.room = (self.room + Self::PASSED).min(Self::MOST);
            }
            (Some(Passage::Passed), false) if self.room < Self::START => {
                self.room = (self.room + Self::ALONE).min(Self::START);
            }
            _ => {}
        }
        if writers.under_way == 0 {
            self.objects.remove(target);
        }
    }
}

impl Default for Crowding {
    fn default() -> Self {
        Self {
            room: Self::START,
            under_way: 0,
            objects: HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets in as many as there is room for; how many.
    fn enter(crowding: &mut Crowding, target: &str) -> u32 {
        let mut entered = 0;
        while crowding.has_room(target) {
            crowding.enter(target);
            entered += 1;
        }
        entered
    }

    /// All of them leave after that time, and so many of them collided, the last ones.
    fn leave(crowding: &mut Crowding, target: &str, writers: u32, collided: u32, seconds: u64) {
        for writer in 0..writers {
            let passage = if writer + collided < writers {
                Passage::Passed
            } else {
                Passage::Collided
            };
            crowding.leave(Some(target), Some(passage), Duration::from_secs(seconds));
        }
    }

    /// How many are let in, one round after the other, if that part of them collide, and each round
    /// lasts a second.
    fn rounds(crowding: &mut Crowding, collided: impl Fn(u32) -> u32) -> Vec<u32> {
        let round = |_| {
            let writers = enter(crowding, "a");
            leave(crowding, "a", writers, collided(writers), 1);
            writers
        };
        (0..200).map(round).collect()
    }

    #[test]
    fn every_object_has_room_for_one_and_few_are_shared() {
        let mut crowding = Crowding::default();
        assert_eq!(enter(&mut crowding, "a"), 8);
        for target in ["b", "c", "d"] {
            assert_eq!(enter(&mut crowding, target), 1);
        }
        leave(&mut crowding, "a", 8, 8, 1);
        assert_eq!(enter(&mut crowding, "a"), 1, "enough are under way");
    }

    #[test]
    fn room_grows_where_those_who_share_get_through() {
        let mut crowding = Crowding::default();
        let rounds = rounds(&mut crowding, |_| 0);
        assert_eq!(rounds[..6], [8, 16, 32, 64, 128, 200]);
        crowding.leave(Some("b"), None, Duration::ZERO);
        assert_eq!(enter(&mut crowding, "b"), 200, "and that holds for all");
    }

    #[test]
    fn where_one_in_four_collides_there_are_as_many_as_use_up_the_quota() {
        let mut crowding = Crowding::default();
        let rounds = rounds(&mut crowding, |writers| writers / 4);
        let enough = rounds[100..].iter().all(|one| (40..=80).contains(one));
        assert!(enough, "{rounds:?}");
        let writers = enter(&mut crowding, "a");
        leave(&mut crowding, "a", writers, 1, 0);
        assert_eq!(
            enter(&mut crowding, "a"),
            1,
            "fewer do where writes take less time"
        );
    }

    #[test]
    fn where_any_two_collide_that_is_tried_again_seldom() {
        let mut crowding = Crowding::default();
        let rounds = rounds(&mut crowding, |writers| writers - 1);
        let shared = rounds.iter().filter(|writers| **writers > 1);
        assert!((2..=5).contains(&shared.count()), "{rounds:?}");
    }

    #[test]
    fn nothing_is_kept_of_objects_that_nobody_writes_to() {
        let mut crowding = Crowding::default();
        let (a, b) = (enter(&mut crowding, "a"), enter(&mut crowding, "b"));
        leave(&mut crowding, "a", a, 1, 1);
        (0..b).for_each(|_| crowding.leave(Some("b"), None, Duration::ZERO));
        crowding.leave(Some("c"), None, Duration::ZERO);
        assert!(crowding.objects.is_empty());
        assert_eq!(crowding.under_way, 0);
    }
}
