//! May we send now?

use super::{Bucket, Cost, Moment, Pace};

/// All limits of one workload together.
#[derive(Debug)]
pub struct Allowance {
    units: Option<Bucket>,
    writes: Option<Bucket>,
    pace: Option<Pace>,
}

impl Allowance {
    /// Limits that are documented: resource units and writes.
    pub fn documented(units: Bucket, writes: Bucket) -> Self {
        Self {
            units: Some(units),
            writes: Some(writes),
            pace: None,
        }
    }

    /// A limit that has to be found.
    pub fn found(pace: Pace) -> Self {
        Self {
            units: None,
            writes: None,
            pace: Some(pace),
        }
    }

    /// Takes what an operation costs, or says when that will be possible. A refusal takes nothing.
    pub fn take(&mut self, cost: Cost, now: Moment) -> Result<(), Moment> {
        if let Some(units) = &mut self.units {
            units.take(cost.units, now)?;
        }
        if let Some(writes) = &mut self.writes
            && let Err(later) = writes.take(cost.writes, now)
        {
            self.units
                .iter_mut()
                .for_each(|units| units.hold(cost.units));
            return Err(later);
        }
        if let Some(pace) = &mut self.pace {
            // A found pace stands alone, so there is nothing to give back.
            pace.take(now)?;
        }
        Ok(())
    }

    /// The rate that is being found, where one has to be.
    pub fn pace(&self) -> Option<&Pace> {
        self.pace.as_ref()
    }

    /// An operation was let through.
    pub fn delivered(&mut self, now: Moment) {
        self.pace.iter_mut().for_each(|pace| pace.delivered(now));
    }

    /// An operation that was sent at `sent_at` was refused for being one too many.
    pub fn throttled(&mut self, sent_at: Moment, now: Moment) {
        self.pace
            .iter_mut()
            .for_each(|pace| pace.throttled(sent_at, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Quota;
    use std::num::NonZeroU32;
    use std::time::Duration;

    #[test]
    fn a_refusal_by_one_bucket_costs_nothing_of_the_other() {
        let second = Duration::from_secs(1);
        let bucket = |amount| Bucket::new(Quota::new(NonZeroU32::new(amount).unwrap(), second));
        let mut allowance = Allowance::documented(bucket(2), bucket(1));
        assert_eq!(allowance.take(Cost::WRITE, Moment::START), Ok(()));
        assert_eq!(
            allowance.take(Cost::WRITE, Moment::START),
            Err(Moment::at(second))
        );
        assert_eq!(
            allowance.take(Cost::read(1), Moment::START),
            Ok(()),
            "the unit is still there"
        );
    }
}
