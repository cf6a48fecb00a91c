//! The baseline: additive increase, multiplicative decrease, with a fast start.

use bulkgraph::engine::{Moment, Pace, Quota, Stance};
use std::time::Duration;

/// Until the first refusal the rate doubles every second; after it, it grows by one a second and
/// loses a part at each refusal. A documented limit is where it begins and the most it tries.
#[derive(Debug)]
pub(crate) struct Aimd {
    rate: f64,
    most: f64,
    credit: f64,
    kept: f64,
    credited_at: Moment,
    raised_at: Moment,
    cut_at: Option<Moment>,
}

impl Aimd {
    const START: f64 = 10.0;
    const FLOOR: f64 = 0.1;
    const CEILING: f64 = 200.0;
    const STEP: f64 = 1.0;
    const CUT: f64 = 0.7;
    const FIRST_CUT: f64 = 0.5;
    const BURST_SECONDS: f64 = 0.25;

    pub(crate) fn of(documented: Option<Quota>, _share: f64) -> Box<dyn Pace> {
        let aimd = Self {
            rate: Self::START,
            most: Self::CEILING,
            credit: Self::START * Self::BURST_SECONDS,
            kept: 1.0,
            credited_at: Moment::START,
            raised_at: Moment::START,
            cut_at: None,
        };
        Box::new(match documented {
            None => aimd,
            Some(quota) => {
                let burst = f64::from(quota.amount.get());
                let rate = burst / quota.period.as_secs_f64();
                Self {
                    rate,
                    most: rate,
                    credit: burst,
                    kept: burst,
                    ..aimd
                }
            }
        })
    }

    fn gather(&mut self, now: Moment) {
        let seconds = now.since(self.credited_at).as_secs_f64();
        self.credited_at = self.credited_at.max(now);
        let most = (self.rate * Self::BURST_SECONDS).max(self.kept);
        self.credit = (self.credit + seconds * self.rate).min(most.max(self.credit));
    }
}

impl Pace for Aimd {
    fn take(&mut self, now: Moment) -> Result<(), Moment> {
        self.gather(now);
        if self.credit >= 1.0 {
            self.credit -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - self.credit) / self.rate);
        Err(now + wait.max(Duration::from_micros(1)))
    }

    fn delivered(&mut self, _sent_at: Moment, now: Moment) {
        let seconds = now.since(self.raised_at).as_secs_f64().min(1.0);
        self.raised_at = now;
        self.gather(now);
        let faster = if self.cut_at.is_none() {
            self.rate * seconds.exp2()
        } else {
            self.rate + Self::STEP * seconds
        };
        self.rate = faster.min(self.most);
    }

    fn throttled(&mut self, sent_at: Moment, now: Moment) {
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

    fn pause(&mut self, _until: Moment, _now: Moment) {}

    fn nearing(&mut self, _share: f64, _now: Moment) {}

    fn stance(&self, _now: Moment) -> Stance {
        Stance {
            rate: self.rate,
            estimate: self.rate,
            credit: self.credit,
            phase: "aimd",
        }
    }
}
