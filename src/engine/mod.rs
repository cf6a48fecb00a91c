//! WHEN and how often: verdicts, retries, quotas, pace, batch assembly, the scheduler, item status.
//!
//! Everything here is a value. Time comes in as a [`Moment`], chance as a seeded generator, and
//! what comes out is a decision that somebody else carries out. Nothing in this module waits, reads
//! a clock, opens a file or knows what a phone number is, so hours of throttling are tested in
//! milliseconds.
//!
//! Three questions, three types: what does this reply mean ([`Verdict`]), what do we do about it
//! ([`Decision`]), may we send now ([`Allowance`]).

mod allowance;
mod batch;
mod cooldown;
mod crowding;
mod failure_limit;
mod lane;
mod limits;
mod moment;
mod operation;
mod pace;
mod patience;
mod quota;
mod reading;
mod reply;
mod retry;
mod round_trip;
mod scheduler;
mod status;
mod throttle;
mod token;
mod verdict;

pub use allowance::{Allowance, Paced};
pub use batch::{Batch, BatchId};
pub use cooldown::{Cooldown, Pushback};
pub use crowding::Crowding;
pub use failure_limit::{FailureLimit, Failures};
pub use limits::{Limits, NewPace, Priority};
pub use moment::Moment;
pub use operation::{Cost, Effect, Method, Operation, OperationId, Turn, Workload};
pub use pace::{MeasuredPace, Pace, Stance};
pub use quota::{Bucket, Quota};
pub use reading::{PaceReading, Statistics, Traffic};
pub use reply::{Answer, Body, Reply, ServiceError};
pub use retry::{Decision, RetryPolicy, Tries};
pub use scheduler::{Delivery, Next, Scheduler, Settled};
pub use status::{Event, Outcome, Status};
pub use throttle::{Counts, Information, Scope, Throttle, Whose};
pub use verdict::{Verdict, classify, is_concurrency_violation};
