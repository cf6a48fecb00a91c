//! Few writers to one object at a time.

use std::collections::HashMap;

/// How many writes may be under way to each object.
///
/// Writers to one group get in each other's way (`Directory_ConcurrencyViolation`); how many are
/// too many is not documented, so each object's ceiling begins at a full batch, is halved when its
/// writers collide, and grows by one with each write that got through.
#[derive(Debug)]
pub struct Crowding {
    start: u32,
    objects: HashMap<String, Writers>,
}

#[derive(Debug)]
struct Writers {
    under_way: u32,
    ceiling: u32,
}

impl Crowding {
    /// At most `start` writes under way to an object, to begin with (at least one).
    pub fn new(start: u32) -> Self {
        Self {
            start: start.max(1),
            objects: HashMap::new(),
        }
    }

    /// Whether one more writer to `target` may be sent.
    pub fn has_room(&self, target: &str) -> bool {
        self.objects
            .get(target)
            .is_none_or(|writers| writers.under_way < writers.ceiling)
    }

    /// Counts one more writer to `target`.
    pub fn enter(&mut self, target: &str) {
        if let Some(writers) = self.objects.get_mut(target) {
            writers.under_way += 1;
        } else {
            self.objects.insert(
                target.to_owned(),
                Writers {
                    under_way: 1,
                    ceiling: self.start,
                },
            );
        }
    }

    /// A writer to `target` is done. An object that nobody writes to and nobody collided at is
    /// forgotten.
    pub fn leave(&mut self, target: &str) {
        if let Some(writers) = self.objects.get_mut(target) {
            writers.under_way = writers.under_way.saturating_sub(1);
            if writers.under_way == 0 && writers.ceiling == self.start {
                self.objects.remove(target);
            }
        }
    }

    /// Two writers to `target` met.
    pub fn collided(&mut self, target: &str) {
        let (under_way, ceiling) = (0, self.start);
        let writers = self
            .objects
            .entry(target.to_owned())
            .or_insert(Writers { under_way, ceiling });
        writers.ceiling = (writers.ceiling / 2).max(1);
    }

    /// A writer to `target` got through.
    pub fn passed(&mut self, target: &str) {
        if let Some(writers) = self.objects.get_mut(target) {
            writers.ceiling = (writers.ceiling + 1).min(self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(crowding: &mut Crowding, target: &str) -> u32 {
        let mut entered = 0;
        while crowding.has_room(target) {
            crowding.enter(target);
            entered += 1;
        }
        (0..entered).for_each(|_| crowding.leave(target));
        entered
    }

    #[test]
    fn a_collision_halves_the_room_at_that_object_only() {
        let mut crowding = Crowding::new(8);
        assert_eq!(room(&mut crowding, "a"), 8);
        crowding.collided("a");
        assert_eq!(room(&mut crowding, "a"), 4);
        crowding.collided("a");
        assert_eq!(room(&mut crowding, "a"), 2);
        assert_eq!(room(&mut crowding, "b"), 8);
    }

    #[test]
    fn there_is_always_room_for_one_and_room_comes_back_with_what_gets_through() {
        let mut crowding = Crowding::new(4);
        (0..10).for_each(|_| crowding.collided("a"));
        assert_eq!(room(&mut crowding, "a"), 1);
        crowding.passed("a");
        assert_eq!(room(&mut crowding, "a"), 2);
        (0..10).for_each(|_| crowding.passed("a"));
        assert_eq!(room(&mut crowding, "a"), 4);
        assert!(
            crowding.objects.is_empty(),
            "and then there is nothing to remember"
        );
    }
}
