//! `bulkgraph status`: what a run is about, how far it came and what to type next.

use super::args::RunFileArgs;
use super::exit::Exit;
use super::failure::{Failure, resume_command, typed};
use super::summary::{show_counts, show_trouble};
use super::{from_here, show};
use crate::engine::Outcome;
use crate::jobs::visible;
use crate::run::{RunError, TROUBLES_SHOWN};
use crate::shell::results::Destination;
use crate::shell::run_file::{Header, RunFile, RunFileError, Tally};
use clap::{ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args = RunFileArgs::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error.to_string()))?;
    show(&of_file(&args.run).map_err(RunError::from)?);
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
    let options: BTreeMap<String, String> =
        serde_json::from_str(&header.options).unwrap_or_default();
    let mut job = header.job.clone();
    for (name, value) in &options {
        write!(job, " --{name}")?;
        if !value.is_empty() {
            write!(job, " {}", typed(Path::new(value)))?;
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
    let input = from_here(Path::new(&header.input)).display().to_string();
    let facts = [
        ("job", job),
        ("input", input),
        ("tenant", tenant),
        ("began", began(&header.started_at)),
        ("results", results),
        ("run file", path.display().to_string()),
    ];
    let mut facts = facts.iter();
    facts.try_for_each(|(name, fact)| writeln!(text, "{name:<9} {}", visible(fact)))
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
fn began(text: &str) -> String {
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
