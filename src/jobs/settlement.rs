//! What became of one item.

use crate::engine::{Answer, Outcome};
use secrecy::SecretString;

/// What was done to the tenant for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Something new was made.
    Created,
    /// What was there was changed.
    Updated,
    /// What was there was thrown away for something new.
    Replaced,
    /// A member was added.
    Added,
    /// What was there was left as it is.
    Kept,
}

impl Action {
    /// The word in the column `ResultAction`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Replaced => "replaced",
            Self::Added => "added",
            Self::Kept => "kept",
        }
    }
}

/// How an item ended, with everything that its result line says.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// How it ended.
    pub outcome: Outcome,
    /// What was done.
    pub action: Option<Action>,
    /// The status of the answer that decided it.
    pub http_status: Option<u16>,
    /// The service's word for what went wrong.
    pub error_code: String,
    /// A sentence about what went wrong.
    pub error_message: String,
    /// What to do about it, where the job knows better than the general table.
    pub hint: String,
    /// The service's name for the request.
    pub request_id: String,
    /// Values of the job's own result columns.
    pub findings: Vec<(&'static str, String)>,
    /// The value of the job's secret column.
    pub secret: Option<SecretString>,
}

impl Settlement {
    /// An ending with nothing more to say.
    pub fn new(outcome: Outcome, action: Option<Action>) -> Self {
        Self {
            outcome,
            action,
            http_status: None,
            error_code: String::new(),
            error_message: String::new(),
            hint: String::new(),
            request_id: String::new(),
            findings: Vec::new(),
            secret: None,
        }
    }

    /// Done as asked.
    pub fn succeeded(action: Action) -> Self {
        Self::new(Outcome::Succeeded, Some(action))
    }

    /// As asked already, or left alone as the user chose.
    pub fn kept() -> Self {
        Self::new(Outcome::Unchanged, Some(Action::Kept))
    }

    /// The service declined, and said why.
    pub fn failed(answer: &Answer) -> Self {
        Self::new(Outcome::Failed, None).because_of(answer)
    }

    /// Nothing of it ever reached the service, because of `why`.
    pub fn unsent(why: impl Into<String>) -> Self {
        let hint = "Nothing was sent for this row. Run it again.";
        let unsent = Self {
            error_message: why.into(),
            ..Self::new(Outcome::Failed, None)
        };
        unsent.hinting(hint)
    }

    /// What was sent for it did nothing, as a look has shown, and the write that was to follow never
    /// reached the service, because of `why`.
    pub fn unsent_again(why: impl Into<String>) -> Self {
        let hint = "What was sent for this row had no effect: a look showed that. Run it again.";
        let unsent = Self {
            error_message: format!("another write could not be sent: {}", why.into()),
            ..Self::new(Outcome::Failed, None)
        };
        unsent.hinting(hint)
    }

    /// What was sent for it may have taken effect, and the write that was to follow never reached the
    /// service, because of `why`.
    pub fn unsent_in_doubt(why: impl Into<String>) -> Self {
        let why = why.into();
        Self::in_doubt(format!(
            "an earlier write may have taken effect, and another one could not be sent: {why}"
        ))
    }

    /// Not sent, because of `why`.
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            error_message: why.into(),
            ..Self::new(Outcome::Refused, None)
        }
    }

    /// Nobody can say whether it took effect.
    pub fn in_doubt(why: impl Into<String>) -> Self {
        Self {
            error_message: why.into(),
            ..Self::new(Outcome::InDoubt, None)
        }
    }

    /// With the status and request id of the answer that decided it.
    #[must_use]
    pub fn answered_by(mut self, answer: &Answer) -> Self {
        self.http_status = Some(answer.status);
        self.request_id = answer.request_id.clone().unwrap_or_default();
        self
    }

    /// With everything that the answer says went wrong.
    #[must_use]
    pub fn because_of(self, answer: &Answer) -> Self {
        let error = answer.error();
        Self {
            error_code: error.code,
            error_message: error.message,
            ..self.answered_by(answer)
        }
    }

    /// With a value for one of the job's result columns.
    #[must_use]
    pub fn with(mut self, column: &'static str, value: impl Into<String>) -> Self {
        self.findings.push((column, value.into()));
        self
    }

    /// With advice of the job's own.
    #[must_use]
    pub fn hinting(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }
}
