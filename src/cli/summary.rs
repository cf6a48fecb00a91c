//! What is said when a run is over.

use super::exit::Exit;
use super::failure::Failure;
use crate::engine::Outcome;
use crate::jobs::visible;
use crate::run::Summary;
use crate::shell::driver::Ended;
use crate::shell::results::Destination;
use std::fmt::Write;

/// The summary for a terminal.
pub(super) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, summary);
    text
}

fn write(text: &mut String, summary: &Summary) -> std::fmt::Result {
    let tally = &summary.tally;
    writeln!(
        text,
        "{}: {} rows in {:.1} s",
        summary.job.name(),
        tally.lines,
        summary.took.as_secs_f64()
    )?;
    let line = |count: u64, word: &str, more: &str| match count {
        0 => String::new(),
        _ => format!("  {count:>7} {word}{more}\n"),
    };
    let warned = match tally.warned {
        0 => String::new(),
        warned => format!(" ({warned} with a warning in the results)"),
    };
    text.push_str(&line(tally.count(Outcome::Succeeded), "succeeded", &warned));
    text.push_str(&line(tally.count(Outcome::Unchanged), "unchanged", ""));
    text.push_str(&line(tally.count(Outcome::Failed), "failed", ""));
    text.push_str(&line(tally.count(Outcome::Refused), "refused", ""));
    text.push_str(&line(
        tally.count(Outcome::InDoubt) + tally.sent,
        "in_doubt",
        "",
    ));
    text.push_str(&line(tally.not_attempted(), "not_attempted", ""));
    for row in &summary.by_row {
        let counts: Vec<String> = row
            .statuses
            .iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        let cells: Vec<String> = row.cells.iter().map(|cell| visible(cell)).collect();
        writeln!(
            text,
            "  line {}, {}: {}",
            row.line,
            cells.join(" > "),
            counts.join(", ")
        )?;
    }
    refusals(text, summary)?;
    let statistics = summary.statistics;
    if statistics.batches > 0 {
        writeln!(
            text,
            "{} requests in {} batches, {} throttled, {} repeated",
            statistics.requests, statistics.batches, statistics.throttled, statistics.retried
        )?;
    }
    match &summary.results {
        Destination::File(path) => writeln!(text, "results: {}", path.display())?,
        Destination::Stdout => {}
    }
    if let Some(path) = &summary.moved {
        writeln!(text, "what was there before: {}", path.display())?;
    }
    if let Some(path) = &summary.run_file {
        writeln!(text, "run file: {}", path.display())?;
    }
    if let (Some(column), true) = (
        summary.job.secret_column(),
        tally.count(Outcome::Succeeded) > 0,
    ) {
        writeln!(
            text,
            "Both hold secrets in the clear ({column}): keep them where only you can read them."
        )?;
    }
    Ok(())
}

fn refusals(text: &mut String, summary: &Summary) -> std::fmt::Result {
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
    Ok(())
}

/// How the program ends after a run, with the reason where there is one to say.
pub(super) fn end(summary: &Summary) -> Result<Exit, Failure> {
    let tally = &summary.tally;
    let nothing_done = tally.sent == 0 && tally.settled_lines() == tally.count(Outcome::Refused);
    let stopped = |message: String, hint, exit| {
        let plain = std::io::Error::other(message);
        Err(Failure::new(&plain, Some(hint), exit))
    };
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
        Ended::BatchesRefused(answer) => {
            let error = answer.error();
            stopped(
                format!(
                    "stopped: the service does not take batches: {} {} {}",
                    answer.status,
                    visible(&error.code),
                    visible(&error.message)
                ),
                "is `--graph-url` a Microsoft Graph host, and is the token for it?",
                match (answer.status, nothing_done) {
                    (403, _) => Exit::SignIn,
                    (_, true) => Exit::CannotRun,
                    (_, false) => Exit::Stopped,
                },
            )
        }
        Ended::SignIn(error) => stopped(
            format!("stopped: {error}"),
            "get a new token for Microsoft Graph and put it into BULKGRAPH_TOKEN",
            Exit::SignIn,
        ),
    }
}
