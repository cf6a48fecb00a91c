//! A job's exchange with the service about one item, or about a few that travel together.

use super::Settlement;
use crate::engine::{Batch, Operation, Reply};
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use time::OffsetDateTime;

/// Names an item in the run file; later items have greater ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub i64);

/// When an item's turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before any write of the run; what is refused here stops the run while nothing has happened.
    Check,
    /// After all checks.
    Work,
}

/// An item before the run file has given it a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NewItem {
    /// What makes it the same as another one of its row or of the input; two with one key are one.
    pub key: String,
    /// What it may share a request with: the items of the same company, such as all who are to be
    /// added to one group. `None` travels alone.
    pub company: Option<String>,
    /// When its turn is.
    pub stage: Stage,
    /// What the job has to know to work on it, as JSON; only the job reads it.
    pub content: String,
    /// Values of the job's item columns.
    pub fields: Vec<(&'static str, String)>,
}

/// An item from the run file.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// See [`NewItem::content`].
    pub content: String,
    /// When writes for it were sent, if what came of them was never recorded.
    pub sent: Option<Sent>,
}

/// When writes were sent of which nobody knows what came of them, by the service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The first of them.
    pub first: OffsetDateTime,
    /// The last of them.
    pub last: OffsetDateTime,
}

impl Sent {
    /// A single one.
    pub fn at(moment: OffsetDateTime) -> Self {
        Self {
            first: moment,
            last: moment,
        }
    }

    /// With one more.
    #[must_use]
    pub fn and_at(self, moment: OffsetDateTime) -> Self {
        Self {
            first: self.first.min(moment),
            last: self.last.max(moment),
        }
    }

    /// Whether what the service says was made at `moment` can be the work of one of them: not if it
    /// was made earlier, nor after the last of them could still take effect. The clock by which they
    /// are dated and the one by which the service dates what it makes may differ by some minutes.
    pub(super) fn can_have_made(self, moment: OffsetDateTime) -> bool {
        const CLOCKS_DIFFER: Duration = Duration::from_mins(5);
        const TAKES_EFFECT_WITHIN: Duration = Batch::REPLY_WITHIN.saturating_add(MAY_STILL_RUN);
        self.first - moment <= CLOCKS_DIFFER
            && moment - self.last <= TAKES_EFFECT_WITHIN + CLOCKS_DIFFER
    }
}

/// What a conversation wants next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and let it hear the reply.
    Call(Operation),
    /// These items have ended; a conversation whose items have all ended is over.
    Settle(Vec<(ItemId, Settlement)>),
    /// The item it is about turned out to be these; then go on.
    Found {
        /// What was found, with the ending of what needs no work.
        items: Vec<(NewItem, Option<Settlement>)>,
        /// What comes after.
        then: Box<Self>,
    },
    /// The item became the items that were found, and needs no line of its own. The conversation is
    /// over.
    Expanded,
    /// These take over.
    Divide(Vec<Box<dyn Conversation>>),
}

/// A pure state machine for one operation at a time.
///
/// It either starts from the beginning, or, where a write was sent and its reply never recorded,
/// with hearing [`Reply::Unknown`]. So a crash, a timed-out call and a torn connection are one
/// path.
pub trait Conversation: fmt::Debug {
    /// The items it is about.
    fn items(&self) -> Vec<ItemId>;

    /// The first step, where nothing has been sent.
    fn start(&mut self) -> Step;

    /// The step after the reply to its last call, or after the last write of an earlier process was
    /// lost.
    fn hear(&mut self, reply: Reply) -> Step;

    /// Its last call, a write, is about to be sent at `at` by the service's clock; more than once where
    /// the earlier times came to nothing.
    fn sending(&mut self, _at: OffsetDateTime) {}

    /// Whether an earlier process sent a write for one of its items and never recorded the reply.
    fn was_sent(&self) -> bool {
        false
    }

    /// Whether its last write was declined and did nothing, so that somebody who knows nothing of it
    /// can begin anew.
    fn was_declined(&self) -> bool {
        false
    }

    /// Whether only few of its kind should be under way: it finds more than can be worked on, or
    /// keeps much in memory.
    fn is_heavy(&self) -> bool {
        false
    }

    /// The company that may be waiting for this to be over.
    fn awaited_by(&self) -> Option<&str> {
        None
    }
}

/// How long a write whose reply was lost may still be running. A batch is ended after about 30 s,
/// and what was answered 504 by then may still complete (observed); a look before that proves
/// nothing.
pub(super) const MAY_STILL_RUN: Duration = Duration::from_secs(30);

/// The one item of a conversation has ended.
pub(super) fn settle(item: ItemId, settlement: Settlement) -> Step {
    Step::Settle(vec![(item, settlement)])
}

/// What an item has to carry for its job, as text for the run file.
pub fn content(of: &impl Serialize) -> String {
    // A structure of strings and numbers always serialises.
    serde_json::to_string(of).unwrap_or_default()
}

/// The item's content in the run file is not what this job wrote, so nobody knows what to do for
/// it.
pub(super) fn unreadable(item: &Item) -> Step {
    let why = "the run file holds something else than this job wrote for the row";
    settle(
        item.id,
        if item.sent.is_some() {
            Settlement::in_doubt(why)
        } else {
            Settlement::refused(why)
        },
    )
}
