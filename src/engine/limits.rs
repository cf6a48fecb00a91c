//! How a run may use the service.

use super::{Batch, MeasuredPace, Pace, Quota, RetryPolicy};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Makes the pace of a workload from its documented limit, if it has one, and the share of it that may
/// be used.
pub type NewPace = fn(Option<Quota>, f64) -> Box<dyn Pace>;

/// How a run may use the service.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Operations in a batch, 1 to [`Batch::LARGEST`].
    pub batch_size: usize,
    /// Batches in flight per workload, at least 1.
    pub concurrency: usize,
    /// How long an operation that could go waits for company.
    pub linger: Duration,
    /// Resource units of the directory.
    pub directory_units: Quota,
    /// Writes to the directory.
    pub directory_writes: Quota,
    /// How the pace of a workload is found.
    pub pace: NewPace,
    /// How patient to be with one operation.
    pub retry: RetryPolicy,
    /// How long the service may let nothing through at all before the run stops.
    pub give_up_after: Duration,
    /// The same before anything has got through: then it is more likely a wrong address than an
    /// outage.
    pub first_contact_within: Duration,
    /// The most requests a second to each workload's limit, one of [`Self::RATES`], counted as the
    /// workload limits them: writes for the directory, all requests for authentication methods.
    /// `None` is as many as get through.
    pub rate: Option<f64>,
    /// The part of what the service lets through that is used, one of [`Self::SHARES`]; the rest is
    /// left to others.
    pub share: f64,
    /// What the service is told of how much the requests matter; `None` says nothing.
    pub priority: Option<Priority>,
}

/// How much a request matters, said in the header `x-ms-throttle-priority` (Graph: throttling
/// limits, "Other headers"). Where requests have to be throttled, those of low priority are first.
/// The limits stay the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Nobody waits for it.
    Low,
    /// As if nothing were said.
    Normal,
    /// Somebody waits for it.
    High,
}

impl Priority {
    /// Every priority, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The priority as the header says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl Limits {
    /// Eight batches of 20 in flight keep 80 requests a second going at two seconds of latency each.
    /// The pace keeps them fewer where the service lets less through, and where more only take
    /// longer, fewer are sent.
    pub const CONCURRENCY: usize = 8;
    /// What [`Self::rate`] may be: from a request in 100 seconds to more than any limit lets through.
    pub const RATES: RangeInclusive<f64> = 0.01..=10_000.0;
    /// What [`Self::share`] may be: from a twentieth to everything.
    pub const SHARES: RangeInclusive<f64> = 0.05..=1.0;
}

impl Default for Limits {
    /// The documented quotas for one app in one tenant of unknown size, so the smallest (Graph:
    /// throttling limits, "Identity and access service limits", size S).
    fn default() -> Self {
        const UNITS: NonZeroU32 = NonZeroU32::new(3_500).unwrap();
        const WRITES: NonZeroU32 = NonZeroU32::new(3_000).unwrap();
        Self {
            batch_size: Batch::LARGEST,
            concurrency: Self::CONCURRENCY,
            linger: Duration::from_millis(250),
            directory_units: Quota::new(UNITS, Duration::from_secs(10)),
            directory_writes: Quota::new(WRITES, Duration::from_secs(150)),
            pace: MeasuredPace::of,
            retry: RetryPolicy::default(),
            give_up_after: Duration::from_mins(15),
            first_contact_within: Duration::from_mins(1),
            rate: None,
            share: 1.0,
            priority: None,
        }
    }
}
