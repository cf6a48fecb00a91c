//! What a pace has saved up.

use crate::engine::Moment;
use std::time::Duration;

/// Requests that may be sent, saved up at a rate that others decide.
///
/// While the service is left alone because it asked for it, what it lets through goes on gathering
/// at its end; so it does here, as [`Self::owed`], and is spent when the pause is over: a part at
/// once, because the service can hold no more, and the rest at twice the rate.
#[derive(Clone, Debug)]
pub(super) struct Credit {
    free: f64,
    /// How much the service is known to hold, in requests.
    held: f64,
    owed: f64,
    /// The most that is owed after a pause, and what of it was spent since: a service that refuses
    /// before all of it was spent cannot hold so much.
    most_owed: f64,
    spent: f64,
    at: Moment,
    paused_until: Moment,
    /// Whether the pause has just ended.
    rested: bool,
    /// Whether more was asked for than there was.
    wanting: bool,
}

/// Time that passed, as far as its credit could be kept, in seconds. What could not be kept was not
/// needed, so nothing can be learned from that time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gathered {
    /// All of it.
    pub(super) used: f64,
    /// The part of it in which nothing was owed and little was left, so that the limit was tried.
    pub(super) steady: f64,
}

impl Credit {
    /// How many seconds' worth are kept at most where nothing is known of how much the service holds,
    /// so that no flood follows a lull.
    const KEPT_SECONDS: f64 = 0.5;
    /// How many seconds' worth of what is owed is spent at once after a pause.
    const AT_ONCE_SECONDS: f64 = 0.25;
    /// How much more may be owed after each time that all of it could be spent, and what of it is
    /// owed at most after a refusal had come before that.
    const HOPE: f64 = 1.03;
    const CAUTION: f64 = 0.75;

    /// `free` requests to begin with, at a service that is known to hold `held` of them.
    pub(super) fn new(free: f64, held: f64) -> Self {
        Self {
            free,
            held,
            owed: 0.0,
            most_owed: f64::INFINITY,
            spent: 0.0,
            at: Moment::START,
            paused_until: Moment::START,
            rested: false,
            wanting: false,
        }
    }

    /// How much the service is known to hold, in requests.
    pub(super) fn held(&self) -> f64 {
        self.held
    }

    /// Requests that could be sent at once.
    pub(super) fn free(&self) -> f64 {
        self.free
    }

    /// Whether what gathered during a pause has been spent.
    fn is_even(&self) -> bool {
        self.owed <= 0.5
    }

    /// For how many seconds to come as much is spent as comes in, so that the service would refuse
    /// if that were too much: only where more was asked for than there was.
    fn short_for(&self, rate: f64) -> f64 {
        if !self.wanting || !self.is_even() {
            return 0.0;
        }
        ((rate * Self::KEPT_SECONDS).max(1.0) - self.free).max(0.0) / rate
    }

    /// How much more can be kept at that rate; there is room for one request in any case.
    fn room(&self, rate: f64) -> f64 {
        let most = (rate * Self::KEPT_SECONDS).max(self.held).max(1.0);
        (most - self.free).max(0.0)
    }

    /// Lets time pass at `rate` requests a second.
    pub(super) fn gather(&mut self, rate: f64, now: Moment) -> Gathered {
        let resumed_at = self.paused_until.clamp(self.at, now.max(self.at));
        let paused = resumed_at.since(self.at).as_secs_f64();
        let awake = now.since(resumed_at).as_secs_f64();
        self.at = self.at.max(now);
        let mut gathered = Gathered::default();
        if paused > 0.0 {
            self.owed = (self.owed + paused * rate).min(self.most_owed);
            self.rested = true;
            gathered.used += paused;
        }
        if awake > 0.0 {
            let short = self.short_for(rate);
            let kept = self.wake(rate, awake);
            gathered.used += kept;
            gathered.steady += kept.min(short);
        }
        gathered
    }

    /// Lets `seconds` outside of any pause pass; how many of them could be kept.
    fn wake(&mut self, rate: f64, seconds: f64) -> f64 {
        if self.owed < 0.0 {
            self.free += std::mem::take(&mut self.owed);
        }
        let spent = if std::mem::take(&mut self.rested) {
            rate * Self::AT_ONCE_SECONDS
        } else {
            rate * seconds
        };
        let spent = spent.min(self.owed);
        self.owed -= spent;
        self.spent += spent;
        let gain = rate * seconds + spent;
        let kept = gain.min(self.room(rate).max(spent));
        self.free += kept;
        seconds * kept / gain.max(f64::MIN_POSITIVE)
    }

    /// Takes one request's worth, or says when it will be there at `rate`.
    pub(super) fn take(&mut self, rate: f64, now: Moment) -> Result<(), Moment> {
        // Rounding must not make a caller wait who waited as long as it was told.
        const ROUNDING: f64 = 1e-6;
        self.wanting = self.free < 1.0 - ROUNDING;
        if !self.wanting {
            self.free -= 1.0;
            return Ok(());
        }
        let rate = if self.owed > 0.0 { rate * 2.0 } else { rate };
        let wait = Duration::from_secs_f64((1.0 - self.free) / rate);
        Err(now + wait.max(Duration::from_micros(1)))
    }

    /// The service had nothing left; it is given `margin` requests' worth of time to gather some
    /// before more is asked for.
    pub(super) fn exhausted(&mut self, margin: f64) {
        if self.is_even() {
            self.most_owed *= Self::HOPE;
        } else if self.spent >= 1.0 {
            self.most_owed = self.spent * Self::CAUTION;
        }
        self.spent = 0.0;
        self.owed = self.free.min(0.0) - margin;
        self.free = 0.0;
    }

    /// Nothing is sent until then.
    pub(super) fn pause(&mut self, until: Moment) {
        self.paused_until = self.paused_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: f64) -> Moment {
        Moment::at(Duration::from_secs_f64(seconds))
    }

    /// How many requests can be sent at that moment.
    fn sent(credit: &mut Credit, rate: f64, now: Moment) -> u32 {
        credit.gather(rate, now);
        let mut sent = 0;
        while credit.take(rate, now).is_ok() {
            sent += 1;
        }
        sent
    }

    #[test]
    fn a_lull_is_followed_by_half_a_second_of_credit_and_no_flood() {
        let mut credit = Credit::new(0.0, 0.0);
        assert_eq!(sent(&mut credit, 20.0, at(0.1)), 2);
        assert_eq!(sent(&mut credit, 20.0, at(60.0)), 10);
        assert_eq!(sent(&mut credit, 0.1, at(3600.0)), 1);
    }

    #[test]
    fn what_the_service_is_known_to_hold_is_kept() {
        let mut credit = Credit::new(3000.0, 3000.0);
        assert_eq!(sent(&mut credit, 20.0, at(0.0)), 3000);
        assert_eq!(sent(&mut credit, 20.0, at(60.0)), 1200);
        assert_eq!(sent(&mut credit, 20.0, at(600.0)), 3000);
    }

    #[test]
    fn what_gathers_in_a_pause_is_spent_after_it_a_part_at_once_and_the_rest_at_twice_the_rate() {
        let mut credit = Credit::new(0.0, 0.0);
        credit.pause(at(2.0));
        assert_eq!(sent(&mut credit, 20.0, at(2.0)), 0);
        // 5 of what is owed and what came since.
        assert_eq!(sent(&mut credit, 20.0, at(2.001)), 5);
        assert_eq!(sent(&mut credit, 20.0, at(2.251)), 10);
        let rest: u32 = (1..=20)
            .map(|quarter| sent(&mut credit, 20.0, at(2.251 + f64::from(quarter) * 0.25)))
            .sum();
        assert_eq!(rest, 100 + 40 - 5 - 5);
    }

    #[test]
    fn a_service_that_had_nothing_left_is_given_time() {
        let mut credit = Credit::new(3.0, 0.0);
        credit.exhausted(2.0);
        assert_eq!(sent(&mut credit, 10.0, at(0.25)), 0);
        assert_eq!(sent(&mut credit, 10.0, at(0.3)), 1);
    }

    #[test]
    fn time_of_which_the_credit_could_not_be_kept_teaches_nothing() {
        let mut credit = Credit::new(0.0, 0.0);
        assert!((credit.gather(20.0, at(0.25)).used - 0.25).abs() < 1e-9);
        assert!((credit.gather(20.0, at(10.0)).used - 0.25).abs() < 1e-9);
        let idle = credit.gather(20.0, at(20.0));
        assert!(idle.used.abs() < 1e-9 && idle.steady.abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_refusal_names_a_later_moment_at_which_it_is_granted(
            rate in 0.05_f64..1000.0, pauses in prop::collection::vec(0.0_f64..20.0, 0..4), takes in 1_u32..60,
        ) {
            let mut credit = Credit::new(0.0, 0.0);
            let mut now = at(0.0);
            for pause in pauses {
                credit.exhausted(2.0);
                credit.pause(now + Duration::from_secs_f64(pause));
                now = now + Duration::from_secs_f64(pause);
                for _ in 0..takes {
                    let mut refusals = 0;
                    credit.gather(rate, now);
                    while let Err(later) = credit.take(rate, now) {
                        prop_assert!(later > now);
                        now = later;
                        credit.gather(rate, now);
                        refusals += 1;
                        prop_assert!(refusals < 4);
                    }
                }
            }
        }
    }
}
