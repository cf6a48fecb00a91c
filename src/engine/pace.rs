//! A rate that is found by trying, for workloads whose limits nobody documents.

use super::Moment;
use std::time::Duration;

/// Additive increase, multiplicative decrease, with a fast start.
///
/// Until the first refusal the rate doubles every second; after it, it grows by [`Self::STEP`] a
/// second and loses a part at each refusal. Credit gathers at the rate for [`Self::BURST_SECONDS`]
/// at most, so that requests can travel together and no flood follows a pause.
#[derive(Clone, Debug)]
pub struct Pace {
    rate: f64,
    credit: f64,
    credited_at: Moment,
    /// Until when the rate has been raised.
    raised_at: Moment,
    /// When the rate was cut last; refusals of what was sent before that are old news.
    cut_at: Option<Moment>,
}

impl Pace {
    /// Requests a second to begin with. Authentication methods were observed to let through about
    /// 5.5 a second for some and far more for others.
    pub const START: f64 = 10.0;
    /// The slowest: one request in ten seconds.
    pub const FLOOR: f64 = 0.1;
    /// The fastest that is ever tried.
    pub const CEILING: f64 = 200.0;
    /// How much faster each second without a refusal makes it.
    pub const STEP: f64 = 1.0;
    /// What a refusal leaves of the rate.
    pub const CUT: f64 = 0.7;
    /// What the first one leaves: the rate had just doubled.
    pub const FIRST_CUT: f64 = 0.5;
    /// How many seconds' worth of credit are kept at most.
    pub const BURST_SECONDS: f64 = 0.25;

    /// The pace to begin with.
    pub fn new() -> Self {
        Self {
            rate: Self::START,
            credit: Self::START * Self::BURST_SECONDS,
            credited_at: Moment::START,
            raised_at: Moment::START,
            cut_at: None,
        }
    }

    /// Requests a second at present.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Requests that could be sent at once at `now`.
    pub fn credit_at(&self, now: Moment) -> f64 {
        let seconds = now.since(self.credited_at).as_secs_f64();
        (self.credit + seconds * self.rate).min((self.rate * Self::BURST_SECONDS).max(1.0))
    }

    /// Takes one request's worth of credit, or says when it will be there.
    pub fn take(&mut self, now: Moment) -> Result<(), Moment> {
        self.gather(now);
        if self.credit >= 1.0 {
            self.credit -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - self.credit) / self.rate);
        // Rounded up, or the caller would come back a nanosecond early, for ever.
        Err(now + wait.max(Duration::from_micros(1)))
    }

    /// A request was let through.
    pub fn delivered(&mut self, now: Moment) {
        // A silence is no sign that more would get through.
        let seconds = now.since(self.raised_at).as_secs_f64().min(1.0);
        self.raised_at = now;
        self.gather(now);
        let faster = if self.cut_at.is_none() {
            self.rate * seconds.exp2()
        } else {
            self.rate + Self::STEP * seconds
        };
        self.rate = faster.min(Self::CEILING);
    }

    /// A request that was sent at `sent_at` was refused.
    pub fn throttled(&mut self, sent_at: Moment, now: Moment) {
        self.raised_at = now;
        if self.cut_at.is_some_and(|cut_at| sent_at <= cut_at) {
            return;
        }
        self.gather(now);
        let cut = if self.cut_at.is_none() {
            Self::FIRST_CUT
        } else {
            Self::CUT
        };
        self.cut_at = Some(now);
        self.rate = (self.rate * cut).max(Self::FLOOR);
        self.credit = self.credit.min(1.0);
    }

    fn gather(&mut self, now: Moment) {
        self.credit = self.credit_at(now);
        self.credited_at = self.credited_at.max(now);
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: f64) -> Moment {
        Moment::at(Duration::from_secs_f64(seconds))
    }

    #[track_caller]
    fn check_rate(pace: &Pace, expected: f64) {
        assert!(
            (pace.rate() - expected).abs() < 1e-9,
            "{} instead of {expected}",
            pace.rate()
        );
    }

    #[test]
    fn it_doubles_until_the_first_refusal_and_creeps_after_it() {
        let mut pace = Pace::new();
        pace.delivered(at(1.0));
        check_rate(&pace, 20.0);
        pace.delivered(at(2.0));
        check_rate(&pace, 40.0);
        pace.throttled(at(1.9), at(2.5));
        check_rate(&pace, 20.0);
        pace.delivered(at(3.5));
        check_rate(&pace, 21.0);
    }

    #[test]
    fn refusals_of_what_was_sent_before_the_cut_are_old_news() {
        let mut pace = Pace::new();
        pace.throttled(at(0.1), at(1.0));
        pace.throttled(at(0.9), at(1.1));
        check_rate(&pace, 5.0);
        pace.throttled(at(1.05), at(1.2));
        check_rate(&pace, 3.5);
    }

    #[test]
    fn a_silence_is_no_reason_to_go_faster() {
        let mut pace = Pace::new();
        pace.delivered(at(600.0));
        check_rate(&pace, 20.0);
    }

    #[test]
    fn it_never_stops_and_never_runs_away() {
        let mut pace = Pace::new();
        for second in 1..100_u32 {
            pace.throttled(at(f64::from(second)), at(f64::from(second)));
        }
        check_rate(&pace, Pace::FLOOR);
        let mut pace = Pace::new();
        for second in 1..100_u32 {
            pace.delivered(at(f64::from(second)));
        }
        check_rate(&pace, Pace::CEILING);
    }

    proptest! {
        #[test]
        fn a_refusal_names_a_later_moment_at_which_it_is_granted(cuts in 0_u32..20, takes in 1_u32..50) {
            let mut pace = Pace::new();
            for cut in 0..cuts {
                pace.throttled(at(f64::from(cut)), at(f64::from(cut)));
            }
            let mut now = at(f64::from(cuts));
            for _ in 0..takes {
                let mut refusals = 0;
                while let Err(later) = pace.take(now) {
                    prop_assert!(later > now);
                    now = later;
                    refusals += 1;
                    prop_assert!(refusals < 3);
                }
            }
        }
    }
}
