//! What is said when a run is over.

use super::exit::Exit;
use super::failure::{Failure, resume_command, typed};
use crate::engine::{Answer, Outcome, Statistics, Status};
use crate::jobs::{hint_for, visible};
use crate::run::Summary;
use crate::shell::driver::Ended;
use crate::shell::results::{Destination, status_word};
use crate::shell::run_file::{Tally, Trouble};
use std::fmt::{self, Write};

/// The summary for a terminal.
pub(super) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    let parts = [counts, rows, reasons, traffic, places];
    // Writing to a string cannot fail.
    let _ = parts.iter().try_for_each(|part| part(&mut text, summary));
    text
}

fn counts(text: &mut String, summary: &Summary) -> fmt::Result {
    let tally = &summary.tally;
    let seconds = summary.took.as_secs_f64();
    writeln!(
        text,
        "{}: {} rows in {seconds:.1} s",
        summary.job.name(),
        tally.lines
    )?;
    show_counts(text, tally, summary.left_out)
}

/// How many lines ended how, and how many rows the run leaves out.
pub(super) fn show_counts(text: &mut String, tally: &Tally, left_out: u64) -> fmt::Result {
    let warned = match tally.warned {
        0 => String::new(),
        warned => format!(" ({warned} with a warning in the results)"),
    };
    let counts = [
        (
            tally.count(Outcome::Succeeded),
            "succeeded",
            warned.as_str(),
        ),
        (tally.count(Outcome::Unchanged), "unchanged", ""),
        (tally.count(Outcome::Failed), "failed", ""),
        (tally.count(Outcome::Refused), "refused", ""),
        (tally.count(Outcome::InDoubt) + tally.sent, "in_doubt", ""),
        (tally.not_attempted(), "not_attempted", ""),
        (left_out, "left out, as they are not among those to run", ""),
    ];
    let mut counts = counts.iter().filter(|(count, ..)| *count > 0);
    counts.try_for_each(|(count, word, more)| writeln!(text, "  {count:>7} {word}{more}"))
}

fn rows(text: &mut String, summary: &Summary) -> fmt::Result {
    for row in &summary.by_row {
        let count = |(status, count): &(Status, u64)| format!("{count} {}", status_word(*status));
        let counts: Vec<String> = row.statuses.iter().map(count).collect();
        let cells: Vec<String> = row.cells.iter().map(|cell| visible(cell)).collect();
        writeln!(
            text,
            "  line {}, {}: {}",
            row.line,
            cells.join(" > "),
            counts.join(", ")
        )?;
    }
    Ok(())
}

fn reasons(text: &mut String, summary: &Summary) -> fmt::Result {
    for refusal in &summary.refusals {
        writeln!(text, "refused: {refusal}")?;
    }
    let refused = summary.tally.count(Outcome::Refused);
    let shown = u64::try_from(summary.refusals.len()).unwrap_or(u64::MAX);
    if !summary.refusals.is_empty() && refused > shown {
        writeln!(
            text,
            "refused: and {} more, all of them in the results",
            refused - shown
        )?;
    }
    summary
        .troubles
        .iter()
        .try_for_each(|trouble| show_trouble(text, trouble))
}

fn traffic(text: &mut String, summary: &Summary) -> fmt::Result {
    let Statistics {
        requests,
        batches,
        throttled,
        retried,
    } = summary.statistics;
    if batches == 0 {
        let nothing_left = summary.went_on && matches!(summary.ended, Ended::Done);
        return if nothing_left {
            writeln!(text, "nothing was left to do")
        } else {
            Ok(())
        };
    }
    writeln!(text, "{requests} requests in {batches} batches")?;
    if throttled + retried > 0 {
        writeln!(
            text,
            "of these were sent again: {throttled} throttled, {retried} for other reasons"
        )?;
    }
    Ok(())
}

fn places(text: &mut String, summary: &Summary) -> fmt::Result {
    if let Destination::File(path) = &summary.results {
        writeln!(text, "results: {}", path.display())?;
    }
    if let Some(path) = &summary.moved {
        writeln!(text, "what was there before: {}", path.display())?;
    }
    if let Some(path) = &summary.run_file {
        writeln!(text, "run file: {}", path.display())?;
    }
    if let Some(path) = &summary.earlier {
        let (path, typed) = (path.display(), typed(path));
        writeln!(
            text,
            "earlier run file: {path} (`bulkgraph status {typed}` says what it holds)"
        )?;
    }
    match summary.job.secret_column() {
        Some(column) if summary.tally.count(Outcome::Succeeded) > 0 => writeln!(
            text,
            "Both hold secrets in the clear ({column}): keep them where only you can read them."
        ),
        _ => Ok(()),
    }
}

/// One reason, with the first line that has it and what to do.
pub(super) fn show_trouble(text: &mut String, trouble: &Trouble) -> fmt::Result {
    let status = trouble
        .http_status
        .map(|status| format!(" {status}"))
        .unwrap_or_default();
    let first = match trouble.count {
        1 => format!("line {}", trouble.line),
        count => format!("{count} rows, the first on line {}", trouble.line),
    };
    let code = visible(&trouble.code);
    let code = if code.is_empty() {
        code
    } else {
        format!(" {code}")
    };
    let message = visible(&trouble.message);
    writeln!(
        text,
        "{}: {first}:{status}{code} {message}",
        trouble.outcome.as_str()
    )?;
    let hint = match trouble.hint.as_str() {
        "" => hint_for(trouble.http_status, &trouble.code, &trouble.message),
        hint => hint,
    };
    if hint.is_empty() {
        Ok(())
    } else {
        writeln!(text, "  {hint}")
    }
}

/// How the program ends after a run, with the reason where there is one to say.
pub(super) fn end(summary: &Summary) -> Result<Exit, Failure> {
    let tally = &summary.tally;
    let nothing_done = !summary.went_on
        && tally.sent == 0
        && tally.settled_lines() == tally.count(Outcome::Refused);
    let stopped = |message: String, hint, exit| Err(stopped(summary, message, hint, exit));
    match &summary.ended {
        Ended::Done if tally.outcomes.keys().all(|outcome| outcome.is_good()) => Ok(Exit::Good),
        Ended::Done => Ok(Exit::SomeBad),
        Ended::Refused => stopped(
            "some rows were refused or could not be checked, so nothing was written to the tenant"
                .to_owned(),
            "the results say which and why; mend them in the input, or use `--skip-refused` to run the others",
            Exit::SomeBad,
        ),
        Ended::Interrupted => stopped(
            "stopped before the end, as you asked".to_owned(),
            "the results say how far it came: rows that are `not_attempted` or `in_doubt` there are left to do",
            Exit::Stopped,
        ),
        Ended::RunFileGone => stopped(
            "stopped: the run file was moved, removed or replaced while the run was under way"
                .to_owned(),
            "nothing was sent since, and the results have all that is known. If it was moved, `bulkgraph resume` goes on \
             with it where it is; if it is gone, begin a new run from the results with `--only not_attempted`, and see to those \
             that are `in_doubt` one by one",
            Exit::Stopped,
        ),
        Ended::Canary => stopped(
            "stopped after the first rows, as you asked".to_owned(),
            "the results say how they went; the others are `not_attempted`",
            Exit::Stopped,
        ),
        Ended::TooManyFailures(why) => stopped(
            format!("stopped: {why}"),
            "mend what is in the way; `bulkgraph retry` runs the failed rows again, and those that are left",
            Exit::Stopped,
        ),
        Ended::NothingThrough(why) => stopped(
            format!(
                "stopped: the service let nothing through for too long; the last thing in the way: {why}"
            ),
            "is the address right, and is the service up?",
            if nothing_done {
                Exit::CannotRun
            } else {
                Exit::Stopped
            },
        ),
        Ended::BatchesRefused(answer) => stopped(
            batches_refused(answer),
            "is `--graph-url` a Microsoft Graph host, and is the token for it?",
            match (answer.status, nothing_done) {
                (403, _) => Exit::SignIn,
                (_, true) => Exit::CannotRun,
                (_, false) => Exit::Stopped,
            },
        ),
        Ended::SignIn(error) => stopped(
            format!("stopped: {error}"),
            "get a new token for Microsoft Graph and put it into BULKGRAPH_TOKEN",
            Exit::SignIn,
        ),
    }
}

/// A run that stopped before its end, with the command that goes on.
fn stopped(summary: &Summary, message: String, hint: &'static str, exit: Exit) -> Failure {
    let plain = std::io::Error::other(message);
    let hint = match (&summary.run_file, exit) {
        (Some(run_file), Exit::Stopped | Exit::SignIn) if summary.can_go_on => {
            format!("{hint}\nto go on: {}", resume_command(run_file)).into()
        }
        _ => hint.into(),
    };
    let failure = Failure::new(&plain, Some(hint), exit);
    match &summary.ended {
        Ended::Interrupted | Ended::Canary => failure.wanted(),
        _ => failure,
    }
}

fn batches_refused(answer: &Answer) -> String {
    let error = answer.error();
    let (code, message) = (visible(&error.code), visible(&error.message));
    format!(
        "stopped: the service does not take batches: {} {code} {message}",
        answer.status
    )
}
