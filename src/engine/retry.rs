//! What to do about a reply: deliver it, or try again, and when.

use super::{Moment, Verdict};
use backon::{BackoffBuilder, ExponentialBuilder};
use std::time::Duration;

/// How patient a run is with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The ceiling of the first delay; each further one is twice as high.
    pub base: Duration,
    /// The ceiling of ceilings.
    pub cap: Duration,
    /// After so many failures an operation is given up, if others got through meanwhile.
    pub failures: u32,
    /// After so many failures it is given up in any case.
    pub failures_at_most: u32,
}

impl Default for RetryPolicy {
    /// Graph's support suggests 1, 2, 4, 8, 16 s for server errors; six failures are those five
    /// delays.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_mins(1),
            failures: 6,
            failures_at_most: 20,
        }
    }
}

impl RetryPolicy {
    /// The delay after the given number of failures in a row (1 and up): exponential with full
    /// jitter.
    ///
    /// `chance` is from `0.0..1.0`. What the service asked for is waited out first, and the jitter
    /// comes on top, so that those who were told the same second do not come back in the same
    /// instant.
    pub fn delay(&self, failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
        asked.unwrap_or_default() + self.ceiling(failures).mul_f64(chance.clamp(0.0, 1.0))
    }

    fn ceiling(&self, failures: u32) -> Duration {
        let nth = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        ExponentialBuilder::default()
            .with_min_delay(self.base)
            .with_max_delay(self.cap)
            .without_max_times()
            .build()
            // Past this the cap holds for any base of a millisecond or more.
            .nth(nth.min(32))
            .unwrap_or(self.cap)
    }
}

/// New tokens that are tried for one operation. One is enough where tokens run out; more cover an
/// operation that waited for as long as a token lasts.
const RENEWALS: u32 = 3;

/// What an operation has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// How often it was sent.
    pub sent: u32,
    /// How often it failed in a way that says something about the operation or the service, not
    /// about pace.
    pub failures: u32,
    /// When the first of those was.
    pub failing_since: Option<Moment>,
    /// How often its token was refused.
    pub unauthorized: u32,
    /// Whether an earlier try may have taken effect unseen.
    pub doubt: bool,
    /// Whether it travels alone, because a batch with it was refused as a whole.
    pub alone: bool,
}

/// What to do about a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The reply is what there is to know: give it to the conversation.
    Deliver,
    /// Send the same operation again, this much later.
    Retry(Duration),
}

impl RetryPolicy {
    /// Decides about a reply of the given meaning to an operation that has been through `tries`,
    /// this one included. `others_progress` says whether other operations got through since it
    /// began to fail.
    ///
    /// Throttling is never an operation's fault, so it is never given up for it.
    pub fn decide(
        &self,
        verdict: Verdict,
        tries: &Tries,
        others_progress: bool,
        chance: f64,
    ) -> Decision {
        match verdict {
            Verdict::Success | Verdict::Refused | Verdict::Unknown { .. } => Decision::Deliver,
            // A workload that refuses tokens which others take will not take the next one either.
            Verdict::Unauthorized if tries.unauthorized > RENEWALS => Decision::Deliver,
            // It may go as soon as there is a new token, or as the workload's cooldown is over.
            Verdict::Unauthorized | Verdict::Throttled { .. } => Decision::Retry(Duration::ZERO),
            Verdict::Transient { after } => {
                let enough = if others_progress {
                    self.failures
                } else {
                    self.failures_at_most
                };
                if tries.failures >= enough {
                    Decision::Deliver
                } else {
                    Decision::Retry(self.delay(tries.failures, after, chance))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        base: Duration::from_secs(1),
        cap: Duration::from_mins(1),
        failures: 6,
        failures_at_most: 20,
    };

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn delays_double_up_to_the_cap_and_are_spread_over_the_whole_range() {
        let ceilings: Vec<u64> = (1..=8)
            .map(|failures| POLICY.delay(failures, None, 1.0).as_secs())
            .collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(POLICY.delay(u32::MAX, None, 1.0), secs(60));
        assert_eq!(POLICY.delay(3, None, 0.0), Duration::ZERO);
        assert_eq!(POLICY.delay(3, None, 0.5), secs(2));
    }

    #[test]
    fn what_the_service_asked_for_is_the_least() {
        assert_eq!(POLICY.delay(1, Some(secs(9)), 0.0), secs(9));
        assert_eq!(POLICY.delay(1, Some(secs(9)), 1.0), secs(10));
    }

    #[track_caller]
    fn check(verdict: Verdict, failures: u32, others_progress: bool, expected: Decision) {
        let tries = Tries {
            sent: failures,
            failures,
            ..Tries::default()
        };
        assert_eq!(
            POLICY.decide(verdict, &tries, others_progress, 1.0),
            expected
        );
    }

    #[test]
    fn each_verdict_has_its_decision() {
        let transient = Verdict::Transient { after: None };
        check(Verdict::Success, 0, true, Decision::Deliver);
        check(Verdict::Refused, 0, true, Decision::Deliver);
        check(Verdict::Unknown { after: None }, 0, true, Decision::Deliver);
        check(transient, 1, true, Decision::Retry(secs(1)));
        check(transient, 5, true, Decision::Retry(secs(16)));
        check(transient, 6, true, Decision::Deliver);
        check(transient, 6, false, Decision::Retry(secs(32)));
        check(transient, 20, false, Decision::Deliver);
        check(
            Verdict::Throttled {
                after: Some(secs(5)),
            },
            99,
            true,
            Decision::Retry(Duration::ZERO),
        );
    }

    #[test]
    fn an_operation_for_which_no_token_is_good_enough_hears_so() {
        let refused = |unauthorized| {
            let tries = Tries {
                unauthorized,
                ..Tries::default()
            };
            POLICY.decide(Verdict::Unauthorized, &tries, false, 0.5)
        };
        assert_eq!(refused(1), Decision::Retry(Duration::ZERO));
        assert_eq!(refused(4), Decision::Deliver);
    }
}
