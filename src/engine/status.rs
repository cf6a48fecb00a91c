//! What is known of an item, and how that may change.

use serde::{Deserialize, Serialize};

/// How an item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// The tenant now holds what was asked.
    Succeeded,
    /// The tenant held it already, or the user chose to keep what was there.
    Unchanged,
    /// The service declined it.
    Failed,
    /// It was never sent, because it could not have been right.
    Refused,
    /// It was sent, and nobody can say whether it took effect.
    InDoubt,
}

impl Outcome {
    /// Every outcome, in the order in which summaries list them.
    pub const ALL: [Self; 5] = [
        Self::Succeeded,
        Self::Unchanged,
        Self::Failed,
        Self::Refused,
        Self::InDoubt,
    ];

    /// The word in the column `ResultStatus`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
        }
    }

    /// Whether the row is as its author wanted it.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::Unchanged)
    }
}

/// What is known of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing that could have an effect was sent, or what was sent is known to have had none.
    Pending,
    /// A write was sent (or was about to be), and its reply has not been recorded.
    Sent,
    /// It became other items, which have lines of their own.
    Expanded,
    /// It has ended.
    Settled(Outcome),
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Sent,
        Self::Expanded,
        Self::Settled(Outcome::Succeeded),
        Self::Settled(Outcome::Unchanged),
        Self::Settled(Outcome::Failed),
        Self::Settled(Outcome::Refused),
        Self::Settled(Outcome::InDoubt),
    ];

    /// The word for it in the run file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Expanded => "expanded",
            Self::Settled(outcome) => outcome.as_str(),
        }
    }

    /// The status that a word in the run file stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The one transition table, for live writes and for a resumed run alike; `None` is an
    /// impossible event.
    pub const fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            // What is in doubt may have taken effect, so whoever tries again has to look first.
            (Self::Pending | Self::Sent, Event::Sent)
            | (Self::Settled(Outcome::InDoubt), Event::Retried) => Some(Self::Sent),
            (Self::Sent, Event::Returned)
            | (Self::Settled(Outcome::Failed | Outcome::Refused), Event::Retried) => {
                Some(Self::Pending)
            }
            (Self::Pending, Event::Expanded) => Some(Self::Expanded),
            // Without a write of ours there is no success and no doubt; after one there is no
            // "never sent".
            (Self::Pending, Event::Settled(Outcome::Succeeded | Outcome::InDoubt))
            | (Self::Sent, Event::Settled(Outcome::Refused)) => None,
            (Self::Pending | Self::Sent, Event::Settled(outcome)) => Some(Self::Settled(outcome)),
            _ => None,
        }
    }
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A write that carries it is about to be sent: the intent.
    Sent,
    /// The reply says that the write did not run (throttled, token refused).
    Returned,
    /// It turned into other items.
    Expanded,
    /// It ended.
    Settled(Outcome),
    /// The user wants it to be run again.
    Retried,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::Returned,
        Self::Expanded,
        Self::Settled(Outcome::Succeeded),
        Self::Settled(Outcome::Unchanged),
        Self::Settled(Outcome::Failed),
        Self::Settled(Outcome::Refused),
        Self::Settled(Outcome::InDoubt),
        Self::Retried,
    ];

    /// The word for it in the run file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Returned => "returned",
            Self::Expanded => "expanded",
            Self::Settled(outcome) => outcome.as_str(),
            Self::Retried => "retried",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_transition_table_is_this_and_nothing_else() {
        let mut table = String::new();
        for status in Status::ALL {
            for event in Event::ALL {
                if let Some(next) = status.after(event) {
                    writeln!(
                        table,
                        "{} + {} = {}",
                        status.as_str(),
                        event.as_str(),
                        next.as_str()
                    )
                    .unwrap();
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        pending + sent = sent
        pending + expanded = expanded
        pending + unchanged = unchanged
        pending + failed = failed
        pending + refused = refused
        sent + sent = sent
        sent + returned = pending
        sent + succeeded = succeeded
        sent + unchanged = unchanged
        sent + failed = failed
        sent + in_doubt = in_doubt
        failed + retried = pending
        refused + retried = pending
        in_doubt + retried = sent
        ");
    }

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::from_word(status.as_str()), Some(status));
        }
        assert_eq!(Status::from_word("lost"), None);
    }
}
