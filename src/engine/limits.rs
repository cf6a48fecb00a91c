//! How a run may use the service.

use super::{Batch, Quota, RetryPolicy};
use std::num::NonZeroU32;
use std::time::Duration;

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
    /// How patient to be with one operation.
    pub retry: RetryPolicy,
    /// How long the service may let nothing through at all before the run stops.
    pub give_up_after: Duration,
    /// The same before anything has got through: then it is more likely a wrong address than an
    /// outage.
    pub first_contact_within: Duration,
}

impl Limits {
    /// Four batches in flight keep 20 writes a second going at two seconds of latency each, and
    /// more only wait.
    pub const CONCURRENCY: usize = 4;
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
            retry: RetryPolicy::default(),
            give_up_after: Duration::from_mins(15),
            first_contact_within: Duration::from_mins(1),
        }
    }
}
