//! The engine's own time.

use std::ops::Add;
use std::time::Duration;

/// A point in time, counted from the start of the run.
///
/// The engine is given moments and never asks for them. They only grow; the clock on the wall may
/// jump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The start of the run.
    pub const START: Self = Self(Duration::ZERO);

    /// The moment `since_start` after the start of the run.
    pub const fn at(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// How long after the start of the run this is.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }
}
