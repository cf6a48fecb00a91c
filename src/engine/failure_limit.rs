//! A run that goes wrong is stopped before all of it has.

use super::Outcome;

/// How many failures end a run. What failed before it went on does not count, nor what was refused
/// before it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum FailureLimit {
    /// The first [`Self::FIRST`] items all failed for the same reason.
    #[default]
    AllTheSame,
    /// More items than this failed or are in doubt.
    Count(u64),
    /// More than this part of all lines did, 0 to 1.
    Share(f64),
}

impl FailureLimit {
    /// So many items in a row, from the first one on, are no coincidence.
    pub const FIRST: u64 = 50;
}

/// Counts failures.
#[derive(Clone, Debug)]
pub struct Failures {
    limit: FailureLimit,
    ended: u64,
    bad: u64,
    /// Why all have failed, as long as they have with the same code.
    reason: Option<Reason>,
}

#[derive(Clone, Debug)]
struct Reason {
    http_status: Option<u16>,
    code: String,
    /// What it says of an item: where it says several things, what it says of more than half of them,
    /// if there is such a thing (Boyer and Moore's vote).
    message: String,
    votes: u64,
    /// Whether it says the same of all.
    is_one: bool,
}

impl Reason {
    fn vote(&mut self, message: &str) {
        // What is quoted is somebody's.
        let words = |message: &str| message.split('\'').next().map(str::to_owned);
        let is_same = words(&self.message) == words(message);
        self.is_one &= is_same;
        match (is_same, self.votes) {
            (true, votes) => self.votes = votes + 1,
            (false, 0) => (self.message, self.votes) = (message.to_owned(), 1),
            (false, votes) => self.votes = votes - 1,
        }
    }
}

impl Failures {
    /// None so far.
    pub fn new(limit: FailureLimit) -> Self {
        Self {
            limit,
            ended: 0,
            bad: 0,
            reason: None,
        }
    }

    /// An item has ended, for the reason that an answer of that status, code and message gives.
    pub fn ended(&mut self, outcome: Outcome, http_status: Option<u16>, code: &str, message: &str) {
        if outcome == Outcome::Refused {
            return;
        }
        self.ended += 1;
        self.bad += u64::from(!outcome.is_good());
        if outcome == Outcome::Failed && self.ended == 1 {
            self.reason = Some(Reason {
                http_status,
                code: code.to_owned(),
                message: message.to_owned(),
                votes: 0,
                is_one: true,
            });
        }
        let is_same = |reason: &Reason| {
            outcome == Outcome::Failed && reason.http_status == http_status && reason.code == code
        };
        match self.reason.as_mut().filter(|reason| is_same(reason)) {
            Some(reason) => reason.vote(message),
            None => self.reason = None,
        }
    }

    /// Why a run of so many lines should stop, if it should.
    pub fn too_many(&self, lines: u64) -> Option<String> {
        match self.limit {
            FailureLimit::AllTheSame => {
                let reason = self.reason.as_ref()?;
                (self.ended >= FailureLimit::FIRST).then(|| {
                    let status = reason.http_status.map(|status| format!("{status} "));
                    let words = [
                        status.as_deref(),
                        Some(&reason.code),
                        Some(" "),
                        Some(&reason.message),
                    ];
                    let words: String = words.into_iter().flatten().collect();
                    let same = if reason.is_one {
                        " for the same reason"
                    } else {
                        ", most of them for the same reason"
                    };
                    format!(
                        "the first {} all failed{same}: {}",
                        self.ended,
                        words.trim()
                    )
                })
            }
            FailureLimit::Count(most) => (self.bad > most).then(|| {
                format!(
                    "{} failed or are in doubt, and {most} were allowed",
                    self.bad
                )
            }),
            FailureLimit::Share(most) => (as_f64(self.bad) > most * as_f64(lines)).then(|| {
                let percent = most * 100.0;
                format!(
                    "{} of {lines} failed or are in doubt, and {percent} % were allowed",
                    self.bad
                )
            }),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of lines")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said after these endings of a run of 1,000 lines.
    fn after(limit: FailureLimit, endings: &[(u64, Outcome, &str)]) -> Option<String> {
        let mut failures = Failures::new(limit);
        for (count, outcome, code) in endings {
            for item in 0..*count {
                let message = format!("not item '{item}' of {count}");
                failures.ended(*outcome, Some(403), code, &message);
            }
        }
        failures.too_many(1_000)
    }

    use Outcome::{Failed, InDoubt, Refused, Succeeded};

    #[test]
    fn where_the_first_fifty_fail_for_one_reason_the_reason_is_said() {
        let same = FailureLimit::AllTheSame;
        assert_eq!(after(same, &[(49, Failed, "denied")]), None);
        assert_eq!(
            after(same, &[(9, Refused, ""), (50, Failed, "denied")]).as_deref(),
            Some("the first 50 all failed for the same reason: 403 denied not item '0' of 50")
        );
        assert_eq!(
            after(same, &[(49, Failed, "denied"), (9, Failed, "gone")]),
            None
        );
        assert_eq!(
            after(same, &[(1, Succeeded, ""), (99, Failed, "denied")]),
            None
        );
        assert_eq!(
            after(same, &[(1, InDoubt, ""), (99, Failed, "denied")]),
            None
        );
        assert_eq!(after(same, &[(99, InDoubt, "lost")]), None);
    }

    #[test]
    fn of_several_things_that_are_said_it_is_the_most_frequent_one() {
        let mut failures = Failures::new(FailureLimit::AllTheSame);
        let says = ["is a guest", "has no licence"];
        for item in 0..50 {
            let what = says[usize::from(item > 0 && item != 30)];
            failures.ended(Failed, Some(403), "denied", &format!("{what}: '{item}'"));
        }
        let said = failures.too_many(1_000).unwrap();
        let expected = "the first 50 all failed, most of them for the same reason: 403 denied has no licence: '";
        assert!(said.starts_with(expected), "{said}");
    }

    #[test]
    fn more_than_a_number_or_a_part_of_the_lines_is_too_many() {
        let ten = [
            (500, Succeeded, ""),
            (9, Failed, "denied"),
            (1, InDoubt, ""),
        ];
        assert_eq!(after(FailureLimit::Count(10), &ten), None);
        assert_eq!(after(FailureLimit::Share(0.01), &ten), None);
        assert_eq!(
            after(FailureLimit::Count(9), &ten).as_deref(),
            Some("10 failed or are in doubt, and 9 were allowed")
        );
        assert_eq!(
            after(FailureLimit::Share(0.005), &ten).as_deref(),
            Some("10 of 1000 failed or are in doubt, and 0.5 % were allowed")
        );
        assert!(after(FailureLimit::Count(0), &[(1, Failed, "denied")]).is_some());
        assert_eq!(
            after(FailureLimit::Share(1.0), &[(999, Failed, "denied")]),
            None
        );
    }
}
