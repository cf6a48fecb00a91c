//! May we send now?

use super::{Bucket, Cost, Moment, Pace, Stance};

/// All limits of one workload together.
#[derive(Debug)]
pub struct Allowance {
    /// What the service documents of resource units.
    units: Option<Bucket>,
    /// What the service lets through of what [`Self::pace`] does not count: requests, each of which
    /// costs a unit at least.
    reads: Option<Box<dyn Pace>>,
    /// What the user set.
    cap: Option<Bucket>,
    /// What the service lets through.
    pace: Box<dyn Pace>,
    paced: Paced,
}

/// What the pace of a workload counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paced {
    /// Writes; reads are cheap, and only their resource units count.
    Writes,
    /// Every request.
    Requests,
}

impl Paced {
    fn counts(self, cost: Cost) -> bool {
        self == Self::Requests || cost.writes > 0
    }
}

impl Allowance {
    /// Limits of which `pace` finds the one of `paced`.
    pub fn new(pace: Box<dyn Pace>, paced: Paced) -> Self {
        Self {
            units: None,
            reads: None,
            cap: None,
            pace,
            paced,
        }
    }

    /// The same, with a limit of resource units.
    #[must_use]
    pub fn with_units(self, units: Bucket) -> Self {
        Self {
            units: Some(units),
            ..self
        }
    }

    /// The same, with a pace for what the other one does not count.
    #[must_use]
    pub fn with_reads(self, reads: Box<dyn Pace>) -> Self {
        Self {
            reads: Some(reads),
            ..self
        }
    }

    /// The same, with at most so much of what the pace counts.
    #[must_use]
    pub fn capped(self, cap: Option<Bucket>) -> Self {
        Self { cap, ..self }
    }

    /// Takes what an operation costs, or says when that will be possible. A refusal takes nothing.
    pub fn take(&mut self, cost: Cost, now: Moment) -> Result<(), Moment> {
        if let Some(units) = &mut self.units {
            units.take(cost.units, now)?;
        }
        let taken = if self.paced.counts(cost) {
            self.take_one(now)
        } else {
            self.reads.as_mut().map_or(Ok(()), |reads| reads.take(now))
        };
        taken.inspect_err(|_| {
            self.units
                .iter_mut()
                .for_each(|units| units.hold(cost.units));
        })
    }

    /// Takes one of what the pace counts.
    fn take_one(&mut self, now: Moment) -> Result<(), Moment> {
        if let Some(cap) = &mut self.cap {
            cap.take(1, now)?;
        }
        self.pace.take(now).inspect_err(|_| {
            self.cap.iter_mut().for_each(|cap| cap.hold(1));
        })
    }

    /// The service charged `charged` resource units for what was believed to cost `cost`.
    pub fn charged(&mut self, cost: Cost, charged: u32) {
        if let Some(units) = &mut self.units {
            units.correct(cost.units, charged);
        }
    }

    /// Whether the pace counts an operation of that cost.
    pub fn paces(&self, cost: Cost) -> bool {
        self.paced.counts(cost)
    }

    /// The pace of an operation of that cost.
    fn pace_of(&mut self, cost: Cost) -> Option<&mut Box<dyn Pace>> {
        if self.paced.counts(cost) {
            Some(&mut self.pace)
        } else {
            self.reads.as_mut()
        }
    }

    /// An operation that was sent at `sent_at` was let through.
    pub fn delivered(&mut self, cost: Cost, sent_at: Moment, now: Moment) {
        if let Some(pace) = self.pace_of(cost) {
            pace.delivered(sent_at, now);
        }
    }

    /// An operation that was sent at `sent_at` was refused for being one too many, and nothing of
    /// its workload is sent before `until`, or no write if it was the limit `of_writes`.
    pub fn throttled(
        &mut self,
        cost: Cost,
        of_writes: bool,
        sent_at: Moment,
        until: Moment,
        now: Moment,
    ) {
        if let Some(pace) = self.pace_of(cost) {
            pace.throttled(sent_at, now);
        }
        self.pace.pause(until, now);
        if !of_writes && let Some(reads) = &mut self.reads {
            reads.pause(until, now);
        }
    }

    /// The service said beside an operation of that cost how near its limit is.
    pub fn nearing(&mut self, cost: Cost, share: f64, now: Moment) {
        if let Some(pace) = self.pace_of(cost) {
            pace.nearing(share, now);
        }
    }

    /// Where the pace stands, within what the user set.
    pub fn stance(&self, now: Moment) -> Stance {
        let stance = self.pace.stance(now);
        let Some(cap) = self.cap.as_ref().map(Bucket::quota) else {
            return stance;
        };
        Stance {
            rate: stance.rate.min(cap.per_second()),
            credit: stance.credit.min(f64::from(cap.amount.get())),
            ..stance
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{MeasuredPace, Quota};
    use std::num::NonZeroU32;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn quota(amount: u32) -> Quota {
        Quota::new(NonZeroU32::new(amount).unwrap(), SECOND)
    }

    fn allowance(units: u32, writes: u32) -> Allowance {
        let pace = MeasuredPace::documented(quota(writes), 1.0);
        Allowance::new(Box::new(pace), Paced::Writes).with_units(Bucket::new(quota(units)))
    }

    #[test]
    fn a_refusal_by_one_limit_costs_nothing_of_the_other() {
        let mut allowance = allowance(2, 1);
        assert_eq!(allowance.take(Cost::WRITE, Moment::START), Ok(()));
        assert!(allowance.take(Cost::WRITE, Moment::START).is_err());
        let read = Cost::read(1);
        assert_eq!(allowance.take(read, Moment::START), Ok(()));
        assert!(allowance.take(read, Moment::START).is_err());
    }

    #[test]
    fn reads_are_not_counted_among_the_writes() {
        let mut allowance = allowance(100, 1);
        for _ in 0..10 {
            assert_eq!(allowance.take(Cost::read(2), Moment::START), Ok(()));
        }
        assert_eq!(allowance.take(Cost::WRITE, Moment::START), Ok(()));
    }

    #[test]
    fn what_the_user_allows_is_the_most() {
        let mut allowance = allowance(100, 50).capped(Some(Bucket::new(quota(2))));
        let mut taken = 0;
        let mut now = Moment::START;
        while now < Moment::at(SECOND * 10) {
            match allowance.take(Cost::WRITE, now) {
                Ok(()) => taken += 1,
                Err(later) => now = later,
            }
        }
        assert_eq!(taken, 2 + 19);
    }
}
