//! What the service promises to take, and what is left of it.

use super::Moment;
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota as Rate, RateLimiter};
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Add;
use std::rc::Rc;
use std::time::Duration;

/// A documented limit: so much in a period, all of which may be spent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How much.
    pub amount: NonZeroU32,
    /// In which time.
    pub period: Duration,
}

impl Quota {
    /// `amount` in `period`.
    pub const fn new(amount: NonZeroU32, period: Duration) -> Self {
        Self { amount, period }
    }

    /// A part of it, above 0 and up to 1; at least one.
    #[must_use]
    pub fn part(self, part: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from floating point saturates"
        )]
        let amount = (f64::from(self.amount.get()) * part) as u32;
        Self {
            amount: NonZeroU32::new(amount).unwrap_or(NonZeroU32::MIN),
            ..self
        }
    }

    /// `rate` a second, of which a second's worth may be spent at once, or one.
    pub fn a_second(rate: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from floating point saturates"
        )]
        let amount = NonZeroU32::new(rate.floor() as u32).unwrap_or(NonZeroU32::MIN);
        let period = Duration::try_from_secs_f64(f64::from(amount.get()) / rate);
        Self::new(amount, period.unwrap_or(Duration::MAX))
    }

    /// How much of it there is in a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.amount.get()) / self.period.as_secs_f64()
    }
}

/// A token bucket on the engine's time; `governor` counts, the engine sets the clock.
pub struct Bucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, EngineClock, NoOpMiddleware<Tick>>,
    clock: EngineClock,
    quota: Quota,
    /// Taken from the bucket and not used, because another bucket had nothing left; below zero what
    /// was used and still has to be taken.
    held: i64,
}

impl Bucket {
    /// A full bucket.
    pub fn new(quota: Quota) -> Self {
        let clock = EngineClock::default();
        let each = quota.period / quota.amount.get();
        let rate = Rate::with_period(each.max(Duration::from_nanos(1)))
            .unwrap_or_else(|| Rate::per_second(quota.amount))
            .allow_burst(quota.amount);
        Self {
            limiter: RateLimiter::direct_with_clock(rate, clock.clone()),
            clock,
            quota,
            held: 0,
        }
    }

    /// What it is filled with.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    fn capacity(&self) -> u32 {
        self.quota.amount.get()
    }

    /// Takes `amount`, or says when it will be there; what is owed is taken first.
    ///
    /// More than the bucket can ever hold is taken as a full bucket: waiting for it would never
    /// end.
    pub fn take(&mut self, amount: u32, now: Moment) -> Result<(), Moment> {
        let amount = i64::from(amount.min(self.capacity()));
        let due = (amount - self.held).clamp(0, self.capacity().into());
        let due = u32::try_from(due).unwrap_or_default();
        if let Some(wanted) = NonZeroU32::new(due) {
            self.draw(wanted, now)?;
            self.held += i64::from(wanted.get());
        }
        if self.held < amount {
            // The next look says how long the rest takes.
            return Err(now + Duration::from_nanos(1));
        }
        self.held -= amount;
        Ok(())
    }

    fn draw(&mut self, wanted: NonZeroU32, now: Moment) -> Result<(), Moment> {
        self.clock.set(now);
        match self.limiter.check_n(wanted) {
            Ok(Ok(())) => Ok(()),
            // Never the same moment again: the caller would spin.
            Ok(Err(not_yet)) => Err(now
                + not_yet
                    .wait_time_from(self.clock.now())
                    .max(Duration::from_nanos(1))),
            // Not reached, as `wanted` is within the capacity; waiting a period is the safe answer.
            Err(_) => Err(now + Duration::from_secs(1)),
        }
    }

    /// Gives back what was taken and not used.
    pub fn hold(&mut self, amount: u32) {
        self.held = self.held.saturating_add(amount.into());
    }

    /// What was taken as `believed` did cost `charged`; no more than a full bucket is believed.
    pub fn correct(&mut self, believed: u32, charged: u32) {
        let charged = charged.min(self.capacity());
        self.held = self
            .held
            .saturating_add(i64::from(believed) - i64::from(charged));
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("quota", &self.quota)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

/// The engine's time as `governor` wants to read it: set from outside, never moving by itself.
#[derive(Clone, Debug, Default)]
struct EngineClock(Rc<Cell<Tick>>);

impl EngineClock {
    fn set(&self, now: Moment) {
        self.0.set(Tick(now));
    }
}

impl Clock for EngineClock {
    type Instant = Tick;

    fn now(&self) -> Tick {
        self.0.get()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Tick(Moment);

impl Add<Nanos> for Tick {
    type Output = Self;

    fn add(self, later: Nanos) -> Self {
        Self(self.0 + Duration::from(later))
    }
}

impl Reference for Tick {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(Moment::at(
            self.0.since_start().saturating_sub(duration.into()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(amount: u32, millis: u64) -> Quota {
        Quota::new(
            NonZeroU32::new(amount).unwrap(),
            Duration::from_millis(millis),
        )
    }

    fn at(millis: u64) -> Moment {
        Moment::at(Duration::from_millis(millis))
    }

    #[test]
    fn a_bucket_may_be_emptied_at_once_and_then_fills_evenly() {
        let mut bucket = Bucket::new(quota(3000, 150_000));
        assert_eq!(bucket.take(3000, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(at(50)));
        assert_eq!(bucket.take(20, at(0)), Err(at(1000)));
        assert_eq!(bucket.take(20, at(1000)), Ok(()));
    }

    #[test]
    fn what_was_held_back_is_used_first() {
        let mut bucket = Bucket::new(quota(10, 10_000));
        assert_eq!(bucket.take(10, at(0)), Ok(()));
        bucket.hold(4);
        assert_eq!(bucket.take(3, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(at(1000)));
    }

    #[test]
    fn what_cost_more_than_believed_is_made_up_for() {
        let mut bucket = Bucket::new(quota(10, 10_000));
        assert_eq!(bucket.take(2, at(0)), Ok(()));
        bucket.correct(2, 5);
        assert_eq!(bucket.take(5, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(at(1000)));
        bucket.correct(3, 1);
        assert_eq!(bucket.take(2, at(0)), Ok(()));
    }

    #[test]
    fn a_rate_below_one_a_second_lets_one_through_at_a_time() {
        for (rate, amount, millis) in [
            (0.5, 1, 2000),
            (1.0, 1, 1000),
            (5.5, 5, 909),
            (60.0, 60, 1000),
        ] {
            let quota = Quota::a_second(rate);
            assert_eq!(
                (quota.amount.get(), quota.period.as_millis()),
                (amount, millis)
            );
        }
    }

    #[test]
    fn more_than_a_bucket_holds_is_a_full_bucket() {
        let mut bucket = Bucket::new(quota(5, 5_000));
        assert_eq!(bucket.take(500, at(0)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(at(1000)));
    }

    proptest! {
        #[test]
        fn a_refusal_names_a_later_moment_at_which_it_is_granted(
            amount in 1_u32..5000, millis in 1_u64..200_000, takes in prop::collection::vec(1_u32..50, 1..40),
        ) {
            let mut bucket = Bucket::new(quota(amount, millis));
            let mut now = Moment::START;
            for take in takes {
                while let Err(later) = bucket.take(take, now) {
                    prop_assert!(later > now);
                    now = later;
                }
            }
        }
    }
}
