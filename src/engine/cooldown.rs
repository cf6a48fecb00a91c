//! The pause that a service asked for.

use super::{Moment, RetryPolicy};
use std::time::Duration;

/// The service wants to be left alone.
#[derive(Clone, Copy, Debug)]
pub struct Pushback {
    /// When it was asked what it minded.
    pub sent_at: Moment,
    /// How long it wants to be left alone, if it said so.
    pub asked: Option<Duration>,
    /// How patient to be.
    pub policy: RetryPolicy,
    /// From `0.0..1.0`.
    pub chance: f64,
}

/// One pause, shared by all that goes to a workload, or by its writes.
#[derive(Clone, Debug, Default)]
pub struct Cooldown {
    until: Moment,
    /// Pauses in a row without anything having got through since.
    in_a_row: u32,
    /// When the last of them was begun; refusals of what was sent before do not add to the row.
    begun_at: Option<Moment>,
}

impl Cooldown {
    /// When the pause is over; in the past if there is none.
    pub fn until(&self) -> Moment {
        self.until
    }

    /// Whether there is a pause.
    pub fn holds(&self, now: Moment) -> bool {
        self.until > now
    }

    /// How many pauses there were in a row without anything getting through.
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Something got through.
    pub fn over(&mut self) {
        self.in_a_row = 0;
    }

    /// The service pushed back.
    ///
    /// The largest wish wins. A service that asks for nothing, or always for one second, is not
    /// believed for ever: each further pause without any success in between is longer, up to a few
    /// seconds where it asks for nothing, so that its return is soon noticed.
    pub fn push_back(&mut self, pushback: &Pushback, now: Moment) {
        /// Pauses that double: 1, 2, 4, 8 seconds with the usual policy.
        const DOUBLING: u32 = 4;
        let Pushback {
            sent_at,
            asked,
            policy,
            chance,
        } = pushback;
        if self.begun_at.is_none_or(|begun_at| *sent_at >= begun_at) {
            self.in_a_row = self.in_a_row.saturating_add(1);
            self.begun_at = Some(now);
        }
        let growing = match asked {
            // What was asked for is enough the first two times.
            Some(_) if self.in_a_row <= 2 => Duration::ZERO,
            Some(_) => policy.delay(self.in_a_row - 2, None, chance / 2.0),
            None => {
                let row = self.in_a_row.min(DOUBLING);
                policy.delay(row, None, f64::midpoint(*chance, 1.0))
            }
        };
        self.until = self.until.max(now + asked.unwrap_or_default() + growing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::at(Duration::from_millis(millis))
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn pushback(sent_at: Moment, asked: Option<Duration>, chance: f64) -> Pushback {
        Pushback {
            sent_at,
            asked,
            policy: RetryPolicy::default(),
            chance,
        }
    }

    #[test]
    fn the_largest_wish_of_several_wins() {
        let mut cooldown = Cooldown::default();
        for asked in [2, 9, 1] {
            cooldown.push_back(&pushback(at(0), Some(secs(asked)), 0.5), at(1000));
        }
        assert_eq!(cooldown.until(), at(10_000));
        assert!(cooldown.holds(at(9_999)));
        assert!(!cooldown.holds(at(10_000)));
    }

    #[test]
    fn a_service_that_always_asks_for_one_second_is_given_more() {
        let mut cooldown = Cooldown::default();
        let mut pauses = Vec::new();
        let mut now = at(0);
        for _ in 0..8 {
            cooldown.push_back(&pushback(now, Some(secs(1)), 1.0), now);
            pauses.push(cooldown.until().since(now).as_millis());
            now = cooldown.until();
        }
        assert_eq!(pauses, [1000, 1000, 1500, 2000, 3000, 5000, 9000, 17_000]);
        cooldown.over();
        cooldown.push_back(&pushback(now, Some(secs(1)), 1.0), now);
        assert_eq!(cooldown.until().since(now), secs(1));
    }

    #[test]
    fn without_a_wish_the_pause_is_never_nothing() {
        let mut cooldown = Cooldown::default();
        cooldown.push_back(&pushback(at(0), None, 0.0), at(0));
        assert_eq!(cooldown.until(), at(500));
    }

    #[test]
    fn a_service_that_is_away_is_looked_after_every_few_seconds() {
        let mut cooldown = Cooldown::default();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            cooldown.push_back(&pushback(now, None, 1.0), now);
            pauses.push(cooldown.until().since(now).as_secs());
            now = cooldown.until();
        }
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8, 8, 8]);
    }
}
