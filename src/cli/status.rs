//! `bulkgraph status`: what a run is about, how far it came and what to type next.

use super::args::RunFileArgs;
use super::exit::Exit;
use super::failure::{Failure, quoted, resume_command, typed};
use super::summary::{show_counts, show_trouble};
use super::{from_here, show};
use crate::engine::Outcome;
use crate::jobs::visible;
use crate::run::{RunError, TROUBLES_SHOWN};
use crate::shell::clock::Clock;
use crate::shell::progress_note::Note;
use crate::shell::results::Destination;
use crate::shell::run_file::{Header, RunFile, RunFileError, Tally};
use crate::shell::speed::in_words;
use clap::{ArgMatches, FromArgMatches};
use std::fmt::{self, Write};
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args = RunFileArgs::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let text = match of_file(&args.run) {
        // Whoever has the file open says something of itself, or will.
        Err(RunFileError::InUse { path }) => match Note::read(&args.run) {
            Some(note) => of_note(&path, &note),
            None => return Err(RunError::from(RunFileError::InUse { path }).into()),
        },
        text => text.map_err(RunError::from)?,
    };
    show(&text);
    Ok(Exit::Good)
}

/// What the run file says.
fn of_file(path: &Path) -> Result<String, RunFileError> {
    let look = RunFile::look(path)?;
    let header = look.header()?;
    let troubles = look.troubles(TROUBLES_SHOWN)?;
    let (passes, left_out) = (look.passes()?, look.left_out()?);
    let mut text = String::new();
    let shown = about(&mut text, path, &header)
        .and_then(|()| show_passes(&mut text, path, passes))
        .and_then(|()| show_counts(&mut text, look.tally(), left_out))
        .and_then(|()| {
            let mut troubles = troubles.iter();
            troubles.try_for_each(|trouble| show_trouble(&mut text, trouble))
        })
        .and_then(|()| next(&mut text, path, &header, look.tally()));
    // Writing to a string cannot fail.
    let _ = shown;
    Ok(text)
}

/// What, where and when.
fn about(text: &mut String, path: &Path, header: &Header) -> fmt::Result {
    let mut job = header.job.clone();
    for (name, value) in &header.options {
        write!(job, " --{name}")?;
        if !value.is_empty() {
            write!(job, " {}", quoted(value))?;
        }
    }
    let tenant = match (header.tenant.as_str(), header.tenant_id.as_str()) {
        (Header::SANDBOX, _) => "none: it was a rehearsal in the sandbox".to_owned(),
        (graph, "") => graph.to_owned(),
        (graph, id) => format!("{id} at {graph}"),
    };
    let results = match Destination::of(&header.results) {
        Destination::File(path) => from_here(&path).display().to_string(),
        Destination::Stdout => "standard output".to_owned(),
    };
    let facts = [
        ("job", job),
        ("input", input(&header.input)),
        ("tenant", tenant),
        ("began", time(&header.started_at)),
        ("results", results),
        ("run file", path.display().to_string()),
    ];
    show_facts(text, &facts)
}

fn show_facts(text: &mut String, facts: &[(&str, String)]) -> fmt::Result {
    let mut facts = facts.iter();
    facts.try_for_each(|(name, fact)| writeln!(text, "{name:<9} {}", visible(fact)))
}

fn input(path: &str) -> String {
    from_here(Path::new(path)).display().to_string()
}

/// What the process that has the run file open last said.
fn of_note(path: &Path, note: &Note) -> String {
    let mut pace: Vec<String> = Vec::new();
    pace.extend(
        note.rows_per_second
            .map(|rows| format!("{rows} rows a second")),
    );
    let requests = note.requests_per_second.iter();
    pace.extend(requests.map(|(workload, rate)| {
        let workload = workload.replace('_', " ");
        format!("{rate} requests a second ({workload})")
    }));
    let now = Clock::start().started_at();
    let age = note
        .at()
        .map(|at| (now - at).try_into().unwrap_or_default());
    let age = age.map(|age| format!(" ({} ago)", in_words(age)));
    let heard = format!("{}{}", time(&note.at), age.unwrap_or_default());
    let left = note.seconds_left.map(Duration::from_secs).map(in_words);
    let paused = note
        .paused_seconds
        .map(|seconds| format!("for {seconds} s, as the service asked"));
    let stopping = note
        .stopping
        .then(|| "it ends when the last replies are there".to_owned());
    let facts = [
        ("job", Some(note.about.job.clone())),
        ("input", Some(input(&note.about.input))),
        ("began", Some(time(&note.about.began))),
        ("run file", Some(path.display().to_string())),
        ("process", Some(note.process.to_string())),
        ("as of", Some(heard)),
        ("pace", (!pace.is_empty()).then(|| pace.join(", "))),
        (
            "left",
            left.map(|left| format!("{left} for the rows that are known")),
        ),
        ("paused", paused),
        ("trouble", note.trouble.clone()),
        ("stopping", stopping),
    ];
    let known = facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name, fact?)));
    // What is on its way is in doubt only if nobody waits for the reply.
    let ended = Tally {
        lines: note.lines.saturating_sub(note.sent),
        sent: 0,
        ..note.tally()
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = show_facts(&mut text, &known.collect::<Vec<_>>())
        .and_then(|()| show_counts(&mut text, &ended, 0))
        .and_then(|()| match note.sent {
            0 => Ok(()),
            sent => writeln!(text, "  {sent:>7} on their way"),
        })
        .and_then(|()| writeln!(text, "It is under way."));
    text
}

fn show_passes(text: &mut String, path: &Path, passes: u64) -> fmt::Result {
    match passes {
        0 => Ok(()),
        passes => writeln!(
            text,
            "passes    {passes}, in the clear; to remove them: bulkgraph forget {}",
            typed(path)
        ),
    }
}

/// A time for people, to the second.
fn time(text: &str) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|at| at.format(form).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// What to type next.
fn next(text: &mut String, path: &Path, header: &Header, tally: &Tally) -> fmt::Result {
    let left = tally.not_attempted() + tally.sent;
    let bad = tally.count(Outcome::Failed) + tally.count(Outcome::InDoubt);
    if tally.lines == 0 {
        writeln!(
            text,
            "It ended before the input had been read, and nothing was sent: start the job again."
        )
    } else if left + bad == 0 && tally.count(Outcome::Refused) == 0 {
        writeln!(text, "It is done.")
    } else if left + bad == 0 {
        writeln!(
            text,
            "It is done. What was refused has to be mended in the input."
        )
    } else if header.tenant == Header::SANDBOX {
        writeln!(
            text,
            "The sandbox is gone: to try again, start the job again."
        )
    } else if left > 0 {
        writeln!(text, "to go on: {}", resume_command(path))
    } else {
        writeln!(
            text,
            "to run again what failed: bulkgraph retry {}",
            typed(path)
        )
    }
}
