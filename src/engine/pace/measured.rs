//! A pace that measures what gets through.
//!
//! A service that lets a steady number through, and holds what is not used for a while, is a bucket.
//! Between two refusals the bucket went from empty to empty, so what got through in between is what
//! came in: the limit itself, whatever the refusals say. [`MeasuredPace`] sends at a rate that rises
//! slowly from a little below that measure to a little above it. While it is below, the bucket fills;
//! while it is above, the bucket drains; in the mean the limit is used up and next to nothing is
//! refused, except for the one request that ends the round and gives the next measure. Where no
//! refusal comes when one is due, the limit has risen, and the rate goes after it faster and faster.

use super::credit::Credit;
use super::sharing::{Refused, Sharing};
use super::{Pace, Stance};
use crate::engine::{Moment, Quota};
use std::time::Duration;

/// A pace that measures what gets through.
#[derive(Clone, Debug)]
pub struct MeasuredPace {
    /// Requests a second that the service is believed to let through.
    estimate: f64,
    /// What it was when a round last went as planned, less what has spoken against it since.
    proven: f64,
    credit: Credit,
    phase: Phase,
    sharing: Sharing,
    /// How far the estimate has proved itself, up to 1: rounds are shorter while it has not.
    trust: f64,
    round: Round,
    /// Requests that are left to gather at the service after a refusal.
    margin: f64,
    /// How long the last pause was, in seconds.
    pause: f64,
    /// How long a request takes, in seconds.
    round_trip: f64,
    /// Until when the service is near its limit by its own account, and how near.
    near: (Moment, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has been refused yet: the rate doubles.
    Searching,
    /// The rate stays about the estimate.
    Holding,
}

/// What happened since the last refusal.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    /// When it was; a refusal of what had been sent before that is old news.
    began: Option<Moment>,
    /// Requests that got through.
    delivered: f64,
    /// Seconds of which all credit could be used.
    seconds: f64,
    /// The same, without the time in which a pause was made up for.
    steady: f64,
    /// Since when the rate is as it is while searching, and what got through since.
    step_began: Moment,
    step_delivered: f64,
    /// Whether the round before it ended early.
    after_early: bool,
}

impl MeasuredPace {
    /// Requests a second to begin with where nothing is known. Authentication methods were observed
    /// to let through about 5.5 a second for some and far more for others.
    pub const START: f64 = 20.0;
    /// The slowest: one request in twenty seconds, a tenth of the slowest documented limit.
    pub const FLOOR: f64 = 0.05;
    /// How far below and above the estimate a round begins and ends, as a share of it.
    const SWING: f64 = 0.06;
    /// A round is this many requests long at least, so that the one refused at its end is few of
    /// them, …
    const ROUND_REQUESTS: f64 = 100.0;
    /// … and this many pauses, because a pause may cost what the service cannot hold meanwhile.
    const ROUND_PAUSES: f64 = 30.0;
    /// The longest pause that rounds are made longer for, in seconds.
    const LONGEST_PAUSE: f64 = 5.0;
    /// The shortest round, in seconds, and the longest that the number of requests makes: a limit that
    /// was all but gone must not be missed for an hour when it is back.
    const SHORTEST_ROUND: f64 = 3.0;
    const LONGEST_ROUND: f64 = 600.0;
    /// What an estimate is trusted at first.
    const DOUBTED: f64 = 0.1;
    /// Requests that are left to gather after a refusal, at least and at most.
    const MARGIN: f64 = 2.0;
    const WIDEST_MARGIN: f64 = 20.0;
    /// This near the limit by the service's own account, no more is asked for than the estimate, for
    /// so long.
    const NEAR: f64 = 1.0;
    const NEAR_FOR: Duration = Duration::from_secs(10);

    /// A pace for a limit, documented or not, of which `share` may be used (up to 1).
    pub fn of(documented: Option<Quota>, share: f64) -> Box<dyn Pace> {
        Box::new(match documented {
            Some(quota) => Self::documented(quota, share),
            None => Self::unknown(share),
        })
    }

    /// A pace for a limit of which nothing is known.
    pub fn unknown(share: f64) -> Self {
        Self {
            estimate: Self::START,
            proven: 0.0,
            credit: Credit::new(Self::START / 4.0, 0.0),
            phase: Phase::Searching,
            sharing: Sharing::of(share),
            trust: Self::DOUBTED,
            round: Round::default(),
            margin: Self::MARGIN,
            pause: 1.0,
            round_trip: 0.2,
            near: (Moment::START, 0.0),
        }
    }

    /// A pace that begins with what is documented, all of which may be spent at once.
    pub fn documented(quota: Quota, share: f64) -> Self {
        let amount = f64::from(quota.amount.get()) * share;
        let estimate = amount / quota.period.as_secs_f64();
        let mut pace = Self {
            estimate,
            sharing: Sharing::documented(share, estimate),
            credit: Credit::new(amount, amount),
            phase: Phase::Holding,
            trust: 1.0,
            // What the service holds at first is not what comes in.
            round: Round {
                delivered: -amount,
                ..Round::default()
            },
            ..Self::unknown(share)
        };
        // It begins where the rate is the estimate.
        pace.round.steady = pace.planned() / 2.0;
        pace
    }

    /// How long a round is meant to last, in seconds.
    fn planned(&self) -> f64 {
        let pauses = Self::ROUND_PAUSES * self.pause.min(Self::LONGEST_PAUSE);
        let requests = Self::ROUND_REQUESTS / self.estimate;
        let whole = pauses.max(requests.min(Self::LONGEST_ROUND));
        (whole * self.trust).max(Self::SHORTEST_ROUND)
    }

    /// How far the round has come, 1.0 being the end that was meant.
    fn progress(&self) -> f64 {
        self.round.steady / self.planned()
    }

    fn rate(&self, now: Moment) -> f64 {
        let rate = match self.phase {
            Phase::Searching => self.estimate,
            Phase::Holding => self.estimate * self.swing(now),
        };
        rate.min(self.sharing.most()).max(Self::FLOOR)
    }

    /// The rate as a multiple of the estimate.
    fn swing(&self, now: Moment) -> f64 {
        /// Steps of the same size, before each is twice the one before.
        const EVEN_STEPS: f64 = 5.0;
        const STEPS_IN_A_ROUND: f64 = 16.0;
        const LONGEST_STEP: f64 = 10.0;
        /// More than this is more than the limit, by the service's own account.
        const OVER: f64 = 1.02;
        if self.is_near(now) && self.near.1 > OVER {
            return 1.0 - Self::SWING;
        }
        let progress = self.progress();
        if progress <= OVERDUE {
            return 1.0 - Self::SWING + 2.0 * Self::SWING * progress;
        }
        let step = (self.planned() / STEPS_IN_A_ROUND)
            .max(self.round_trip * 2.0)
            .max((2.0 / self.estimate).min(LONGEST_STEP))
            .max(1.0);
        let steps = (progress - OVERDUE) * self.planned() / step;
        let doubled = (steps - EVEN_STEPS).clamp(0.0, 30.0).exp2() - 1.0;
        1.0 + Self::SWING * (1.5 + steps.min(EVEN_STEPS) + 2.0 * doubled)
    }

    fn is_near(&self, now: Moment) -> bool {
        self.near.0 > now && self.near.1 >= Self::NEAR
    }

    fn gather(&mut self, now: Moment) {
        let gathered = self.credit.gather(self.rate(now), now);
        self.round.seconds += gathered.used;
        self.round.steady += gathered.steady;
        if self.is_near(now) {
            // Up to where the rate is the estimate.
            self.round.steady = self.round.steady.min(self.planned() / 2.0);
        }
        let whole = self.sharing.whole(self.estimate);
        if self.sharing.lapses(now) {
            self.estimate = whole;
            self.trust = Self::DOUBTED;
            self.round.steady = 0.0;
        }
    }

    /// A request got through that `took` so many seconds: doubles the rate for each round trip since
    /// it last changed, if it was used. Several have passed where a batch takes longer to fill than
    /// to come back.
    fn search(&mut self, took: f64, now: Moment) {
        const SHORTEST: f64 = 0.01;
        const AT_ONCE: f64 = 3.0;
        const USED: f64 = 0.4;
        /// What was long ago says nothing of how the rate is used.
        const LONG_AGO: f64 = 1.0;
        let seconds = now.since(self.round.step_began).as_secs_f64();
        let round_trips = (seconds / took.max(SHORTEST)).floor();
        let used = self.round.step_delivered >= USED * self.estimate * seconds;
        if round_trips >= 1.0 && used {
            self.estimate *= round_trips.min(AT_ONCE).exp2();
        } else if seconds < took.max(LONG_AGO) {
            return;
        }
        self.round.step_began = now;
        self.round.step_delivered = 0.0;
    }

    /// Requests a second that got through since the last refusal.
    ///
    /// The one that ended the round was sent before its refusal was heard; and what came in at the
    /// end of a pause, before the first request arrived, may have been more than the service holds.
    fn measured(&self) -> f64 {
        let seconds = self.round.seconds.max(0.05);
        let under_way = self.round_trip / 2.0;
        let unheard = under_way + under_way.min(self.pause / 2.0);
        (self.round.delivered + 1.0).max(0.5) / (seconds - unheard).max(seconds / 2.0)
    }

    /// A round is over: what does it say of the limit, and how much of that is used?
    fn refused(&mut self, now: Moment) {
        let by_search = self.phase == Phase::Searching;
        let is_early = self.progress() < EARLY && !by_search;
        match self.sharing.refused(is_early, now) {
            Refused::Empty => {}
            Refused::Surprising => {
                self.learn(now);
                self.trust = Self::DOUBTED;
            }
            Refused::Measured => {
                self.learn(now);
                self.estimate = self.sharing.keep(self.estimate, by_search, now);
            }
            Refused::Kept => {
                self.learn(now);
                self.estimate = self.estimate.min(self.sharing.most());
            }
        }
    }

    /// What a round says of the limit.
    fn learn(&mut self, now: Moment) {
        /// After this part of a round its end is overdue.
        const LATE: f64 = 1.3;
        let (measured, progress) = (self.measured(), self.progress());
        if self.phase == Phase::Searching {
            self.phase = Phase::Holding;
            self.estimate = measured;
        } else if progress > LATE {
            self.learn_late(measured, self.rate(now));
        } else if progress < EARLY {
            self.learn_early(measured);
        } else {
            if is_same(measured, self.estimate) {
                self.trust = (self.trust * 2.0).min(1.0);
            }
            self.estimate = self.weighed(measured).max(self.estimate / 2.0);
            self.proven = self.estimate;
            self.margin = (self.margin * 0.8).max(Self::MARGIN);
        }
        self.estimate = self.estimate.max(Self::FLOOR);
    }

    /// The refusal came when the rate had risen above what was planned, to `at_last`. Either the
    /// estimate was a little too low, and more came in than could be held; or the limit has risen. It
    /// has not where the same is measured again.
    fn learn_late(&mut self, measured: f64, at_last: f64) {
        const A_LITTLE: f64 = 1.35;
        if at_last < A_LITTLE * measured || is_same(measured, self.proven) {
            self.estimate = measured * 1.03;
            self.trust = (self.trust * 1.5).min(1.0);
        } else {
            self.estimate = (measured * at_last).sqrt();
            self.trust = (self.trust / 2.0).max(Self::DOUBTED);
        }
        self.proven = measured;
    }

    /// The refusal came so soon that the round may only show that the service cannot hold what comes
    /// in during a pause. An estimate that had proved itself is given up when that happens again.
    fn learn_early(&mut self, measured: f64) {
        const AGAIN: f64 = 0.9;
        if self.round.after_early {
            self.proven *= AGAIN;
        }
        let can_hold = self.credit.held() >= self.estimate * self.pause;
        let proven = if can_hold { 0.0 } else { self.proven };
        // One refusal costs the rate half at most: it may be bad luck.
        let least = proven.max(self.estimate / 2.0);
        self.estimate = self.weighed(measured).max(least).min(self.estimate);
        self.margin = (self.margin * 1.5).min(Self::WIDEST_MARGIN);
    }

    /// The estimate, and what was measured, weighed by the requests behind them. Where the two have
    /// little in common the limit has fallen, and what was no longer counts.
    fn weighed(&mut self, measured: f64) -> f64 {
        const REQUESTS: f64 = 20.0;
        const FALLEN: f64 = 0.7;
        /// So much less may be over as suddenly as it came.
        const COLLAPSED: f64 = 0.4;
        if measured < COLLAPSED * self.estimate {
            self.trust = Self::DOUBTED;
        }
        if measured < FALLEN * self.estimate {
            return measured;
        }
        let delivered = self.round.delivered.max(0.0);
        (REQUESTS * self.estimate + delivered * measured) / (REQUESTS + delivered)
    }
}

/// After this part of a round its end is overdue, and the rate rises beyond what was planned.
const OVERDUE: f64 = 1.25;

/// Before this part of a round its end is early.
const EARLY: f64 = 0.3;

/// Whether a limit that was measured twice has stayed where it was.
fn is_same(measured: f64, before: f64) -> bool {
    const NEARLY: f64 = 0.05;
    (measured - before).abs() <= NEARLY * before
}

impl Pace for MeasuredPace {
    fn take(&mut self, now: Moment) -> Result<(), Moment> {
        self.gather(now);
        self.credit.take(self.rate(now), now)
    }

    fn delivered(&mut self, sent_at: Moment, now: Moment) {
        let took = now.since(sent_at).as_secs_f64();
        self.round_trip += 0.05 * (took - self.round_trip);
        if self.round.began.is_none_or(|began| sent_at > began) {
            self.round.delivered += 1.0;
        }
        self.round.step_delivered += 1.0;
        self.sharing.delivered();
        self.gather(now);
        if self.phase == Phase::Searching {
            self.search(took, now);
        }
    }

    fn throttled(&mut self, sent_at: Moment, now: Moment) {
        self.gather(now);
        if self.round.began.is_some_and(|began| sent_at <= began) {
            return;
        }
        let after_early = self.progress() < EARLY;
        self.refused(now);
        self.round = Round {
            after_early,
            began: Some(now),
            step_began: now,
            ..Round::default()
        };
        self.credit
            .exhausted(self.margin.min(self.estimate.max(1.0)));
    }

    fn pause(&mut self, until: Moment, now: Moment) {
        self.gather(now);
        self.credit.pause(until);
        self.pause = until.since(now).as_secs_f64();
    }

    fn nearing(&mut self, share: f64, now: Moment) {
        self.gather(now);
        self.near = (now + Self::NEAR_FOR, share);
    }

    fn stance(&self, now: Moment) -> Stance {
        Stance {
            rate: self.rate(now),
            estimate: self.sharing.whole(self.estimate),
            credit: self.credit.free(),
            phase: match self.phase {
                Phase::Searching => "searching",
                Phase::Holding if self.sharing.is_kept() => "sharing",
                Phase::Holding if self.progress() > OVERDUE => "rising",
                Phase::Holding => "holding",
            },
        }
    }
}

#[cfg(test)]
mod tests;
