//! How fast a workload may be asked.

mod credit;
mod measured;
mod sharing;

pub use measured::MeasuredPace;

use super::Moment;
use std::fmt::Debug;

/// A rate that is found by watching what gets through.
///
/// Time comes in with every call and never runs backwards.
pub trait Pace: Debug {
    /// Takes one request's worth of credit, or says when it will be there: later than `now`.
    fn take(&mut self, now: Moment) -> Result<(), Moment>;

    /// A request that was sent at `sent_at` got through.
    fn delivered(&mut self, sent_at: Moment, now: Moment);

    /// A request that was sent at `sent_at` was refused for being one too many.
    fn throttled(&mut self, sent_at: Moment, now: Moment);

    /// The service asked not to be asked before `until`, because it was asked too often.
    fn pause(&mut self, until: Moment, now: Moment);

    /// The service said how near its limit is: 1.0 is there, more is over it (Graph: throttling
    /// limits, `x-ms-throttle-limit-percentage`).
    fn nearing(&mut self, share: f64, now: Moment);

    /// Where it stands.
    fn stance(&self, now: Moment) -> Stance;
}

/// Where a pace stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// Requests a second at present.
    pub rate: f64,
    /// Requests a second that the service is believed to let through.
    pub estimate: f64,
    /// Requests that could be sent at once.
    pub credit: f64,
    /// What it is doing, in a word: `searching` (nothing was refused yet), `holding` (about the
    /// estimate), `rising` (above it, because no refusal comes), `sharing` (a part of it).
    pub phase: &'static str,
}
