//! WHAT is done: one file per job, one small trait, one registry.
//!
//! A job checks rows and starts conversations; a conversation is given replies and says what comes
//! next. Both are pure: they never wait, never read a clock and never send anything themselves, so
//! each rule of a job is tested by handing it replies.
//!
//! Adding a job is one file, its `mod` line and its entry in [`REGISTRY`].

mod conversation;
mod copy_members;
mod hint;
mod phone;
mod row;
#[cfg(test)]
mod script;
mod settlement;
mod tap;
mod user;

pub use conversation::{Conversation, Item, ItemId, NewItem, Sent, Stage, Step, content};
pub use hint::hint_for;
pub use row::{Column, Fields, Refusal, key_of, visible};
pub use settlement::{Action, Settlement};

use std::collections::BTreeMap;
use std::fmt;
use time::OffsetDateTime;

/// The jobs, in the order in which help lists them.
pub const REGISTRY: &[&dyn Job] = &[&phone::Phone, &tap::Tap, &copy_members::CopyMembers];

/// The job of that name.
pub fn find(name: &str) -> Option<&'static dyn Job> {
    REGISTRY.iter().copied().find(|job| job.name() == name)
}

/// A kind of work.
pub trait Job: fmt::Debug + Sync {
    /// The name that users type and run files hold.
    fn name(&self) -> &'static str;

    /// What it does, in half a sentence, for help.
    fn about(&self) -> &'static str;

    /// The columns it reads.
    fn columns(&self) -> &'static [Column];

    /// The options it has besides those of every job.
    fn options(&self) -> &'static [JobOption];

    /// Columns that come between the input's and the `Result…` columns, for jobs whose items are
    /// not rows.
    fn item_columns(&self) -> &'static [&'static str] {
        &[]
    }

    /// The `Result…` columns that only this job has, and the column of its secret, if it has one.
    fn result_columns(&self) -> &'static [&'static str];

    /// The column of [`Job::result_columns`] that holds a secret.
    fn secret_column(&self) -> Option<&'static str> {
        None
    }

    /// What two rows have in common that ask for the same, such as `the same person`.
    fn sameness(&self) -> &'static str;

    /// What to do about a row that was sent and of which nobody knows what became of it.
    fn in_doubt_hint(&self) -> &'static str;

    /// Understands the options, before anything is read.
    fn configure(&self, settings: &Settings) -> Result<Box<dyn Work>, OptionError>;
}

/// A job with its options understood.
pub trait Work: fmt::Debug {
    /// Checks one row; a good one becomes an item, a bad one is refused with everything that is
    /// wrong with it.
    fn check(&self, row: &Fields<'_>) -> Result<NewItem, Vec<Refusal>>;

    /// Starts conversations about items that travel alone.
    fn converse(&self, items: Vec<Item>) -> Vec<Box<dyn Conversation>>;

    /// Starts conversations about some items of one company, which are in the order in which they
    /// were found.
    ///
    /// Those who have to wait, for others or for what the job must know first, come back: always
    /// the last of the given ones. They are offered again, with those that follow, when the company
    /// has grown, or when a conversation is over that it awaits. With `all` the run file has no more
    /// of the company at present.
    fn together(
        &self,
        _company: &str,
        items: Vec<Item>,
        _all: bool,
    ) -> (Vec<Box<dyn Conversation>>, Vec<Item>) {
        (self.converse(items), Vec::new())
    }

    /// Whether so much is kept in memory that no further heavy conversation should begin.
    fn is_laden(&self) -> bool {
        false
    }
}

/// An option of one job.
#[derive(Clone, Copy, Debug)]
pub struct JobOption {
    /// Its long name, without dashes.
    pub name: &'static str,
    /// What stands for its value in help; `None` is a switch.
    pub value: Option<&'static str>,
    /// The values it may take, the default first; empty if they are not a list.
    pub choices: &'static [&'static str],
    /// What it is for.
    pub help: &'static str,
}

/// What a job is told before it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Values of the job's own options by name; a switch that was given has an empty one.
    pub options: BTreeMap<String, String>,
    /// The Graph host with its version, such as `https://graph.microsoft.com/v1.0`, without a slash
    /// at the end.
    pub graph_root: String,
    /// When the run began.
    pub started_at: OffsetDateTime,
}

impl Settings {
    /// The value of an option, if it was given.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Which of its choices an option has: the first where it was not given. A run file may hold
    /// what nobody could have typed.
    pub fn choice(&self, option: &JobOption) -> Result<&'static str, OptionError> {
        let Some(value) = self.option(option.name) else {
            return Ok(option.choices.first().copied().unwrap_or_default());
        };
        let choice = option.choices.iter().find(|choice| **choice == value);
        choice.copied().ok_or_else(|| OptionError {
            option: option.name,
            value: value.to_owned(),
            problem: format!("is none of {}", option.choices.join(", ")),
        })
    }
}

/// An option that a job cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`--{option} {value}`: {problem}")]
pub struct OptionError {
    /// The option's name.
    pub option: &'static str,
    /// What was typed.
    pub value: String,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_that_nobody_could_have_typed_is_refused_and_not_taken_for_the_default() {
        for job in REGISTRY {
            let options = job.options().iter();
            for option in options.filter(|option| !option.choices.is_empty()) {
                let configure = |value: &str| {
                    let settings = Settings {
                        options: BTreeMap::from([(option.name.to_owned(), value.to_owned())]),
                        graph_root: String::new(),
                        started_at: OffsetDateTime::UNIX_EPOCH,
                    };
                    job.configure(&settings).map(drop)
                };
                assert!(
                    option
                        .choices
                        .iter()
                        .all(|choice| configure(choice).is_ok())
                );
                let error = configure("Keep ").unwrap_err().to_string();
                let all = option.choices.join(", ");
                assert_eq!(
                    error,
                    format!("`--{} Keep `: is none of {all}", option.name)
                );
            }
        }
    }
}
