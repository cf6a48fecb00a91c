//! A bucket that refills steadily.

use std::time::Duration;

/// Tokens, how many there can be, and how fast they come.
///
/// Kept in floating point, because the rate changes with the hour; [`SLACK`] keeps rounding from
/// refusing a caller who waited just as long as it was told.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    depth: f64,
    per_second: f64,
    level: f64,
    /// What came in since the first request, the first filling included.
    allowed: f64,
    used: f64,
    /// What was asked for lately, refused tries included.
    demand: f64,
}

const SLACK: f64 = 1e-6;

/// No wait is longer than a century, in seconds: the calendar ends.
const LONGEST: f64 = 3_155_760_000.0;

impl Bucket {
    /// A full bucket.
    pub(super) fn new(depth: u32, per_second: f64) -> Self {
        let depth = f64::from(depth);
        Self {
            depth,
            per_second,
            level: depth,
            allowed: depth,
            used: 0.0,
            demand: 0.0,
        }
    }

    /// Lets time pass: `elapsed` of the clock, in which the limit worked for `effective` at its full
    /// rate. `window` is how far back demand is remembered.
    pub(super) fn pass(&mut self, elapsed: Duration, effective: Duration, window: Duration) {
        let gain = self.per_second * effective.as_secs_f64();
        self.allowed += gain;
        self.level = (self.level + gain).min(self.depth);
        self.demand *= (-elapsed.as_secs_f64() / window.as_secs_f64()).exp();
    }

    /// Notes that so many tokens were asked for.
    pub(super) fn ask(&mut self, tokens: u32) {
        self.demand += f64::from(tokens);
    }

    /// How long until that many tokens are there above `reserve` (a share of the depth), at `share`
    /// of the full rate; `None` when they are.
    pub(super) fn wait(&self, tokens: u32, reserve: f64, share: f64) -> Option<Duration> {
        let wanted = (f64::from(tokens) + reserve * self.depth).min(self.depth);
        let missing = wanted - self.level;
        let seconds = missing / (self.per_second * share);
        (tokens > 0 && missing > SLACK).then(|| Duration::from_secs_f64(seconds.min(LONGEST)))
    }

    /// Takes tokens that are there.
    pub(super) fn take(&mut self, tokens: u32) {
        self.level -= f64::from(tokens);
        self.used += f64::from(tokens);
    }

    /// Throws away what a refused try would have cost, as far as it is there.
    pub(super) fn waste(&mut self, tokens: u32) {
        self.level = (self.level - f64::from(tokens)).max(0.0);
    }

    /// What was asked for lately, as a share of what the limit lets through in `window`.
    pub(super) fn demand_share(&self, window: Duration) -> f64 {
        self.demand / (self.per_second * window.as_secs_f64())
    }

    /// Tokens used and tokens that came in, since the first request.
    pub(super) fn usage(&self) -> (f64, f64) {
        (self.used, self.allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_rate() {
        let mut bucket = Bucket::new(3, 10.0);
        for _ in 0..3 {
            assert_eq!(bucket.wait(1, 0.0, 1.0), None);
            bucket.take(1);
        }
        assert_eq!(bucket.wait(1, 0.0, 1.0), Some(ms(100)));
        assert_eq!(bucket.wait(1, 0.0, 0.5), Some(ms(200)));
        bucket.pass(ms(99), ms(99), WINDOW);
        assert!(bucket.wait(1, 0.0, 1.0).is_some());
        bucket.pass(ms(1), ms(1), WINDOW);
        assert_eq!(bucket.wait(1, 0.0, 1.0), None);
        bucket.pass(ms(60_000), ms(60_000), WINDOW);
        assert_eq!(bucket.wait(3, 0.0, 1.0), None);
    }

    #[test]
    fn a_caller_who_waits_as_long_as_told_is_let_through() {
        let mut bucket = Bucket::new(7, 1.7);
        for step in 1..5_000_u64 {
            let tokens = 1 + u32::try_from(step % 5).unwrap();
            if let Some(wait) = bucket.wait(tokens, 0.0, 0.3) {
                assert!(wait > Duration::ZERO);
                bucket.pass(wait, wait.mul_f64(0.3), WINDOW);
            }
            assert_eq!(bucket.wait(tokens, 0.0, 0.3), None, "step {step}");
            bucket.take(tokens);
        }
    }

    #[test]
    fn what_a_refused_try_costs_is_never_more_than_there_is() {
        let mut bucket = Bucket::new(2, 1.0);
        bucket.take(2);
        bucket.pass(ms(500), ms(500), WINDOW);
        bucket.waste(1);
        assert_eq!(bucket.wait(1, 0.0, 1.0), Some(ms(1000)));
    }

    #[test]
    fn demand_is_the_rate_asked_for_over_the_rate_allowed() {
        let mut bucket = Bucket::new(100, 10.0);
        for _ in 0..2000 {
            bucket.pass(ms(50), ms(50), WINDOW);
            bucket.ask(1);
        }
        assert!((bucket.demand_share(WINDOW) - 2.0).abs() < 0.02);
    }

    #[test]
    fn a_reserve_is_left_to_others() {
        let mut bucket = Bucket::new(10, 1.0);
        bucket.take(8);
        assert_eq!(bucket.wait(1, 0.0, 1.0), None);
        assert_eq!(bucket.wait(1, 0.2, 1.0), Some(ms(1000)));
    }
}
