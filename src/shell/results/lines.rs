//! What the lines of the results say.

use super::ResultsError;
use crate::engine::{Outcome, Status};
use crate::jobs::{self, Column, Job, hint_for, key_of};
use crate::shell::run_file::{Line, RunFile};
use secrecy::ExposeSecret;
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

/// The column that says how a line ended, in a result file that is the input of another run.
pub const STATUS: Column = Column {
    name: "ResultStatus",
    aliases: &[],
    required: true,
};

/// The columns of every job, after the input's and the job's item columns.
const COLUMNS: [&str; 9] = [
    STATUS.name,
    "ResultAction",
    "ResultHttpStatus",
    "ResultErrorCode",
    "ResultErrorMessage",
    "ResultHint",
    "ResultAttempts",
    "ResultRequestId",
    "ResultFinishedAt",
];

/// The words in `ResultStatus`.
pub const STATUSES: [&str; 6] = [
    Outcome::Succeeded.as_str(),
    Outcome::Unchanged.as_str(),
    Outcome::Failed.as_str(),
    Outcome::Refused.as_str(),
    Outcome::InDoubt.as_str(),
    NOT_ATTEMPTED,
];

const NOT_ATTEMPTED: &str = "not_attempted";

/// Lines of a run that are to be written.
pub(super) struct Lines<'a> {
    pub(super) run_file: &'a RunFile,
    pub(super) job: &'a dyn Job,
    pub(super) columns: &'a [String],
    /// Those that have one of these words in `ResultStatus`.
    pub(super) statuses: &'a [&'a str],
}

impl Lines<'_> {
    /// Writes them below their header, and says how many there are.
    pub(super) fn write(&self, writer: impl Write, path: &Path) -> Result<u64, ResultsError> {
        let io = |error: csv::Error| ResultsError::Io {
            path: path.to_owned(),
            source: error.into(),
        };
        let mut writer = csv::Writer::from_writer(writer);
        let columns = self.columns.iter().map(String::as_str);
        let header = columns
            .chain(self.job.item_columns().iter().copied())
            .chain(COLUMNS)
            .chain(self.job.result_columns().iter().copied());
        writer.write_record(header).map_err(io)?;
        let mut lines = 0;
        self.run_file
            .for_each_line(|line| {
                if !self.statuses.contains(&status_word(line.status)) {
                    return Ok(());
                }
                lines += 1;
                let record = record(&line, self.job);
                writer.write_record(record.iter().map(|cell| cell.as_bytes()))
            })?
            .map_err(io)?;
        writer.flush().map_err(|error| io(error.into()))?;
        Ok(lines)
    }
}

/// Whether a column of the input is left out of the results, because they have one of that meaning
/// themselves, or because it holds the secrets of some job: a run file has only those that it can
/// forget.
pub fn replaces(job: &dyn Job, header: &str) -> bool {
    let mut items = job
        .columns()
        .iter()
        .filter(|column| job.item_columns().contains(&column.name));
    let secrets = jobs::REGISTRY.iter().filter_map(|job| job.secret_column());
    let results = COLUMNS.iter().chain(job.result_columns()).copied();
    let mut results = results.chain(secrets);
    items.any(|column| column.is(header)) || results.any(|column| key_of(column) == key_of(header))
}

fn record<'a>(line: &'a Line, job: &dyn Job) -> Vec<Cow<'a, str>> {
    let named = |name: &&str| defused(line.fields.get(*name).map_or("", String::as_str));
    let mut record: Vec<_> = line.cells.iter().map(Cow::from).collect();
    record.extend(job.item_columns().iter().map(named));
    let hint = match line.status {
        _ if !line.hint.is_empty() => line.hint.as_str(),
        Status::Sent | Status::Settled(Outcome::InDoubt) => job.in_doubt_hint(),
        _ => hint_for(
            line.http_status.filter(|status| *status >= 400),
            &line.error_code,
            &line.error_message,
        ),
    };
    record.extend([
        status_word(line.status).into(),
        Cow::from(&line.action),
        line.http_status
            .map(|status| status.to_string())
            .unwrap_or_default()
            .into(),
        defused(&line.error_code),
        defused(&line.error_message),
        hint.into(),
        line.attempts.to_string().into(),
        defused(&line.request_id),
        Cow::from(&line.finished_at),
    ]);
    record.extend(job.result_columns().iter().map(|name| match &line.secret {
        // A pass is handed out as it is: one character more and nobody gets in with it.
        Some(secret) if job.secret_column() == Some(*name) => secret.expose_secret().into(),
        _ => defused(line.findings.get(*name).map_or("", String::as_str)),
    }));
    record
}

/// The word in `ResultStatus`: an item that was sent and not settled is in doubt until somebody
/// looks.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Expanded => NOT_ATTEMPTED,
        Status::Sent => "in_doubt",
        Status::Settled(outcome) => outcome.as_str(),
    }
}

/// Text from the service that a spreadsheet would run as a formula gets an apostrophe in front.
///
/// A phone number begins with `+` and is left alone: digits are no formula that could do harm.
fn defused(text: &str) -> Cow<'_, str> {
    let is_number = text.strip_prefix('+').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ' ' | 'x'))
    });
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_start_a_formula_is_defused_and_a_phone_number_is_not() {
        assert_eq!(
            defused("=HYPERLINK(\"http://x\")"),
            "'=HYPERLINK(\"http://x\")"
        );
        assert_eq!(defused("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(defused("+1+cmd|' /C calc'!A0"), "'+1+cmd|' /C calc'!A0");
        assert_eq!(defused("+1 5555550100x12"), "+1 5555550100x12");
        assert_eq!(defused("plain - text"), "plain - text");
    }

    #[test]
    fn only_columns_of_the_results_themselves_and_secrets_are_left_out() {
        let phone = jobs::find("phone").unwrap();
        assert!(replaces(phone, "ResultStatus") && replaces(phone, "resultphonenumber"));
        assert!(!replaces(phone, "Resultat") && replaces(phone, "Temporary Access Pass"));
        assert!(replaces(jobs::find("tap").unwrap(), "TemporaryAccessPass"));
    }
}
