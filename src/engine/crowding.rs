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

    /// A writer to `target` is done; `collided` says whether it met another one.
    pub fn leave(&mut self, target: &str, collided: bool) {
        if let Some(writers) = self.objects.get_mut(target) {
            writers.under_way = writers.under_way.saturating_sub(1);
            writers.ceiling = if collided {
                (writers.ceiling / 2).max(1)
            } else {
                (writers.ceiling + 1).min(self.start)
            };
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
        (0..entered).for_each(|_| crowding.leave(target, false));
        entered
    }

    #[test]
    fn a_collision_halves_the_room_at_that_object_only() {
        let mut crowding = Crowding::new(8);
        assert_eq!(room(&mut crowding, "a"), 8);
        crowding.enter("a");
        crowding.leave("a", true);
        crowding.enter("a");
        crowding.leave("a", true);
        assert_eq!(crowding.objects["a"].ceiling, 2);
        assert_eq!(room(&mut crowding, "b"), 8);
    }

    #[test]
    fn there_is_always_room_for_one_and_room_comes_back() {
        let mut crowding = Crowding::new(4);
        for _ in 0..10 {
            crowding.enter("a");
            crowding.leave("a", true);
        }
        assert_eq!(crowding.objects["a"].ceiling, 1);
        for _ in 0..10 {
            crowding.enter("a");
            crowding.leave("a", false);
        }
        assert_eq!(room(&mut crowding, "a"), 4);
    }
}
