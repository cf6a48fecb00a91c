//! Operations that travel together.

use super::{Operation, OperationId, Priority};
use std::rc::Rc;
use std::time::Duration;

/// Names a batch that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Up to 20 operations in one POST to `$batch`.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its name, with which the replies are handed back.
    pub id: BatchId,
    /// What it carries, in an order that the replies are handed back in.
    pub operations: Vec<(OperationId, Rc<Operation>)>,
    /// What the service is told of how much they matter; `None` says nothing.
    pub priority: Option<Priority>,
}

impl Batch {
    /// The most that Graph takes (Graph: JSON batching).
    pub const LARGEST: usize = 20;

    /// How long its reply is waited for. It is expected within 30 s (observed); what takes twice that
    /// is lost.
    pub const REPLY_WITHIN: Duration = Duration::from_mins(1);
}
