//! How much of its full rate a limit works at, over time.

use std::f64::consts::TAU;
use std::time::Duration;

use time::OffsetDateTime;

use crate::simulator::scenario::{Faults, Neighbour, QuotaStep};

/// Quota steps and the neighbour of a scenario, on the clock of the service.
#[derive(Debug, Clone)]
pub(super) struct Capacity {
    steps: Vec<QuotaStep>,
    neighbour: Option<Neighbour>,
    first_request_at: Option<OffsetDateTime>,
    /// The moment of the last request.
    now: Option<OffsetDateTime>,
}

impl Capacity {
    pub(super) fn new(faults: &Faults) -> Self {
        Self {
            steps: faults.quota_steps.clone(),
            neighbour: faults.neighbour.clone(),
            first_request_at: None,
            now: None,
        }
    }

    /// The first request comes.
    pub(super) fn begin(&mut self, now: OffsetDateTime) {
        self.first_request_at = Some(now);
        self.now = Some(now);
    }

    /// Moves on to `now`; says how much time passed, and for how much of it a limit worked at its
    /// full rate. Before the first request no time passes, and none backwards.
    pub(super) fn pass_to(&mut self, now: OffsetDateTime) -> (Duration, Duration) {
        let (Some(first), Some(from)) = (self.first_request_at, self.now) else {
            return (Duration::ZERO, Duration::ZERO);
        };
        if now <= from {
            return (Duration::ZERO, Duration::ZERO);
        }
        self.now = Some(now);
        let elapsed = (now - from).unsigned_abs();
        if self.steps.is_empty() && self.neighbour.is_none() {
            return (elapsed, elapsed);
        }
        let (from, to) = (seconds(from - first), seconds(now - first));
        let effective = self.worked(from, to).max(0.0);
        (elapsed, Duration::from_secs_f64(effective))
    }

    /// The share of the full rate at the moment.
    pub(super) fn share(&self) -> f64 {
        let now = match (self.first_request_at, self.now) {
            (Some(first), Some(now)) => seconds(now - first),
            _ => 0.0,
        };
        let left = self.neighbour.as_ref().map_or(1.0, |neighbour| {
            let wave = (1.0 - (TAU * now / neighbour.period_seconds).cos()) / 2.0;
            1.0 - neighbour.least - (neighbour.most - neighbour.least) * wave
        });
        self.step_at(now) * left
    }

    fn step_at(&self, at: f64) -> f64 {
        let step = self.steps.iter().rfind(|step| step.at_seconds <= at);
        step.map_or(1.0, |step| step.share)
    }

    /// Seconds of full rate between two moments.
    fn worked(&self, from: f64, to: f64) -> f64 {
        let inside = self.steps.iter().map(|step| step.at_seconds);
        let mut bounds: Vec<f64> = inside.filter(|at| (from..to).contains(at)).collect();
        bounds.push(to);
        let mut start = from;
        let mut worked = 0.0;
        for end in bounds {
            worked += self.step_at(start) * (self.left_until(end) - self.left_until(start));
            start = end;
        }
        worked
    }

    /// The integral of what the neighbour leaves, from the first request on.
    fn left_until(&self, at: f64) -> f64 {
        self.neighbour.as_ref().map_or(at, |neighbour| {
            let swing = neighbour.most - neighbour.least;
            let wave = (TAU * at / neighbour.period_seconds).sin();
            at * (1.0 - neighbour.least - swing / 2.0)
                + swing / 2.0 * wave * neighbour.period_seconds / TAU
        })
    }
}

fn seconds(span: time::Duration) -> f64 {
    span.as_seconds_f64()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 08:00 UTC);

    #[track_caller]
    fn worked(faults: &Faults, at: u64, expected: f64) {
        let mut capacity = Capacity::new(faults);
        capacity.begin(START);
        let (elapsed, effective) = capacity.pass_to(START + Duration::from_secs(at));
        assert_eq!(elapsed, Duration::from_secs(at));
        let effective = effective.as_secs_f64();
        assert!((effective - expected).abs() < 1e-6, "{effective}");
    }

    fn step(at_seconds: f64, share: f64) -> QuotaStep {
        QuotaStep { at_seconds, share }
    }

    #[test]
    fn without_faults_time_is_time() {
        worked(&Faults::default(), 60, 60.0);
    }

    #[test]
    fn steps_hold_until_the_next() {
        let faults = Faults {
            quota_steps: vec![step(300.0, 0.2), step(900.0, 1.0)],
            ..Faults::default()
        };
        worked(&faults, 300, 300.0);
        worked(&faults, 400, 320.0);
        worked(&faults, 1000, 300.0 + 120.0 + 100.0);
    }

    #[test]
    fn a_neighbour_takes_its_mean_over_a_period_and_nothing_at_first() {
        let neighbour = Neighbour {
            least: 0.0,
            most: 0.7,
            period_seconds: 100.0,
        };
        let faults = Faults {
            neighbour: Some(neighbour),
            quota_steps: vec![step(200.0, 0.5)],
            ..Faults::default()
        };
        worked(&faults, 100, 65.0);
        worked(&faults, 300, 65.0 * 2.0 + 32.5);
        let mut capacity = Capacity::new(&faults);
        capacity.begin(START);
        assert!((capacity.share() - 1.0).abs() < 1e-9);
        capacity.pass_to(START + Duration::from_secs(50));
        assert!((capacity.share() - 0.3).abs() < 1e-9);
        capacity.pass_to(START + Duration::from_secs(250));
        assert!((capacity.share() - 0.15).abs() < 1e-9);
    }

    #[test]
    fn a_clock_that_goes_back_stands_still() {
        let mut capacity = Capacity::new(&Faults::default());
        capacity.begin(START + Duration::from_secs(10));
        let nothing = (Duration::ZERO, Duration::ZERO);
        assert_eq!(capacity.pass_to(START), nothing);
        let (elapsed, _) = capacity.pass_to(START + Duration::from_secs(11));
        assert_eq!(elapsed, Duration::from_secs(1));
    }
}
