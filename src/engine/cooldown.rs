//! The pause that a service asked for.

use super::{Moment, RetryPolicy};
use std::time::Duration;

/// One pause, shared by everything that goes to a workload.
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

    /// The service pushed back on what was sent at `sent_at`.
    ///
    /// The largest `asked` wins. A service that asks for nothing, or always for one second, is not
    /// believed for ever: each further pause without any success in between is longer.
    pub fn push_back(
        &mut self,
        sent_at: Moment,
        asked: Option<Duration>,
        policy: &RetryPolicy,
        chance: f64,
        now: Moment,
    ) {
        if self.begun_at.is_none_or(|begun_at| sent_at >= begun_at) {
            self.in_a_row = self.in_a_row.saturating_add(1);
            self.begun_at = Some(now);
        }
        let growing = match asked {
            // What was asked for is enough the first two times.
            Some(_) => policy.delay(self.in_a_row.saturating_sub(2), None, chance / 2.0),
            None => policy.delay(self.in_a_row, None, f64::midpoint(chance, 1.0)),
        };
        let growing = if asked.is_some() && self.in_a_row <= 2 {
            Duration::ZERO
        } else {
            growing
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

    #[test]
    fn the_largest_wish_of_several_wins() {
        let mut cooldown = Cooldown::default();
        for asked in [2, 9, 1] {
            cooldown.push_back(
                at(0),
                Some(secs(asked)),
                &RetryPolicy::default(),
                0.5,
                at(1000),
            );
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
            cooldown.push_back(now, Some(secs(1)), &RetryPolicy::default(), 1.0, now);
            pauses.push(cooldown.until().since(now).as_millis());
            now = cooldown.until();
        }
        assert_eq!(pauses, [1000, 1000, 1500, 2000, 3000, 5000, 9000, 17_000]);
        cooldown.over();
        cooldown.push_back(now, Some(secs(1)), &RetryPolicy::default(), 1.0, now);
        assert_eq!(cooldown.until().since(now), secs(1));
    }

    #[test]
    fn without_a_wish_the_pause_is_never_nothing() {
        let mut cooldown = Cooldown::default();
        cooldown.push_back(at(0), None, &RetryPolicy::default(), 0.0, at(0));
        assert_eq!(cooldown.until(), at(500));
    }
}
