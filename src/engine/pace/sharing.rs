//! A part of a limit is used, and the rest is left to others.
//!
//! What a limit is can only be seen by trying it, so a part of it is kept to between measurements. A
//! measurement is a round from one refusal to the next: what got through before the first says how
//! much the service held, not how much comes in.

use crate::engine::Moment;
use std::time::Duration;

/// The part of a limit that is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sharing {
    /// Up to 1, which is everything.
    part: f64,
    state: State,
    /// Requests that got through, the last time, until what the service held was used up.
    emptied: f64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing has been refused since the rate rose above the part: the service may hold something.
    Emptying,
    /// What gets through until the next refusal is the limit, unless that comes so early that it was
    /// chance; so often it has.
    Measuring { early: u32 },
    /// No more than this a second is sent.
    Keeping { most: f64, until: Until },
}

#[derive(Clone, Copy, Debug)]
enum Until {
    /// As long as nothing is refused: it is a part of what is documented.
    Refused,
    /// So long after a measurement, or the next refusal that is not soon after it.
    Lapsed { since: Moment, lasts: Duration },
}

/// What a refusal means for the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// What the service held is used up, and the limit is measured from here on.
    Empty,
    /// Less gets through than was believed, and the limit is measured from here on.
    Surprising,
    /// A measurement has ended.
    Measured,
    /// Less gets through than was believed, so soon after a measurement that it is not repeated.
    Kept,
}

impl Sharing {
    /// How long a part is kept to before the limit is measured again: so many seconds, …
    const LASTS: f64 = 120.0;
    const LONGEST: f64 = 3_600.0;
    /// … and at least so many times as long as it would take at the limit to use up again what the
    /// service held: others can use none of that.
    const TIMES: f64 = 10.0;
    /// The same after a search, which measures what the service held as well.
    const LASTS_AFTER_SEARCH: f64 = 10.0;

    /// A part of a limit that has to be found.
    pub(super) fn of(part: f64) -> Self {
        let state = State::Measuring { early: 0 };
        let emptied = 0.0;
        Self {
            part,
            state,
            emptied,
        }
    }

    /// A part of a documented limit, which comes to `most` a second.
    pub(super) fn documented(part: f64, most: f64) -> Self {
        let all = Self::of(part);
        if all.is_all() {
            return all;
        }
        let until = Until::Refused;
        let state = State::Keeping { most, until };
        Self { state, ..all }
    }

    fn is_all(self) -> bool {
        self.part >= 1.0
    }

    /// The most that is sent in a second.
    pub(super) fn most(self) -> f64 {
        match self.state {
            State::Keeping { most, .. } => most,
            State::Emptying | State::Measuring { .. } => f64::INFINITY,
        }
    }

    /// The limit of which `estimate` is used.
    pub(super) fn whole(self, estimate: f64) -> f64 {
        match self.state {
            State::Keeping { .. } => estimate / self.part,
            State::Emptying | State::Measuring { .. } => estimate,
        }
    }

    /// Whether only a part is sent.
    pub(super) fn is_kept(self) -> bool {
        self.most().is_finite()
    }

    /// Whether it is time to measure the limit again: then the rate rises to the whole of it.
    pub(super) fn lapses(&mut self, now: Moment) -> bool {
        let lapses = match self.state {
            State::Keeping {
                until: Until::Lapsed { since, lasts },
                ..
            } => now.since(since) > lasts,
            _ => false,
        };
        if lapses {
            self.state = State::Emptying;
            self.emptied = 0.0;
        }
        lapses
    }

    /// A request got through.
    pub(super) fn delivered(&mut self) {
        if let State::Emptying = self.state {
            self.emptied += 1.0;
        }
    }

    /// Something was refused, early in a round or not.
    pub(super) fn refused(&mut self, is_early: bool, now: Moment) -> Refused {
        /// Where that is chance so often, it is none.
        const CHANCES: u32 = 3;
        if self.is_all() {
            return Refused::Measured;
        }
        let (refused, early) = match self.state {
            State::Emptying => (Refused::Empty, 0),
            State::Measuring { early } if is_early && early < CHANCES => {
                (Refused::Surprising, early + 1)
            }
            State::Measuring { .. } => return Refused::Measured,
            State::Keeping { until, .. } if until.is_over(now) => (Refused::Surprising, 0),
            State::Keeping { .. } => return Refused::Kept,
        };
        self.state = State::Measuring { early };
        refused
    }

    /// The limit was measured, by a search or by a round: keeps to a part of it, and says how much that
    /// is.
    pub(super) fn keep(&mut self, limit: f64, by_search: bool, now: Moment) -> f64 {
        if self.is_all() {
            return limit;
        }
        let most = limit * self.part;
        let lasts = if by_search {
            Self::LASTS_AFTER_SEARCH
        } else {
            let long = Self::TIMES * self.emptied / limit;
            long.clamp(Self::LASTS, Self::LONGEST)
        };
        let lasts = Duration::from_secs_f64(lasts);
        let until = Until::Lapsed { since: now, lasts };
        self.state = State::Keeping { most, until };
        most
    }
}

impl Until {
    fn is_over(self, now: Moment) -> bool {
        /// A limit that is exhausted more often than this is used up by others.
        const SELDOM: Duration = Duration::from_secs(15);
        match self {
            Self::Refused => true,
            Self::Lapsed { since, lasts } => now.since(since) > SELDOM.min(lasts / 5),
        }
    }
}
