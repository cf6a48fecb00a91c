//! `bulkgraph runs`: the run files of a folder, a line each.

use super::args::RunsArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::show;
use crate::engine::Outcome;
use crate::jobs::visible;
use crate::shell::progress_note::Note;
use crate::shell::run_file::{Header, Look, RunFile, RunFileError, Tally};
use clap::{ArgMatches, FromArgMatches};
use std::fs;
use std::io;
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A terminal's.
const COLUMNS: usize = 80;

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args =
        RunsArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    let folder = &args.folder;
    let mut runs = in_folder(folder).map_err(|error| {
        Failure::usage(format!(
            "cannot read the folder `{}`: {error}",
            folder.display()
        ))
    })?;
    // Those of which nobody knows when they began come last.
    let order = |run: &Found| {
        let began = run.about.as_ref().and_then(|about| about.began);
        (began.is_none(), began, run.name.clone())
    };
    runs.sort_by_cached_key(order);
    if runs.is_empty() {
        show(&format!("no run files in `{}`", folder.display()));
    } else {
        show(&table(&runs));
    }
    Ok(Exit::Good)
}

/// A run file that was found.
struct Found {
    name: String,
    about: Option<About>,
    state: String,
}

/// What a run is about.
struct About {
    job: String,
    input: String,
    began: Option<OffsetDateTime>,
}

fn in_folder(folder: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Opening something else, such as a pipe, may wait for ever.
        if path.is_file() {
            found.extend(looked_at(&path));
        }
    }
    Ok(found)
}

/// What can be said of a file; nothing if it is no run file.
fn looked_at(path: &Path) -> Option<Found> {
    let looked = RunFile::look(path).and_then(|look| of_file(&look));
    let named_run = path.extension().is_some_and(|extension| extension == "run");
    let (about, state) = match looked {
        Ok((about, state)) => (Some(about), state),
        Err(RunFileError::InUse { .. }) => in_use(path),
        Err(RunFileError::NotARunFile { .. }) if !named_run || !is_empty(path) => return None,
        Err(RunFileError::Io { .. }) if !named_run => return None,
        Err(error) => (None, format!("not readable: {}", why(&error))),
    };
    Some(Found {
        name: visible(&path.file_name().unwrap_or_default().to_string_lossy()),
        about,
        state,
    })
}

fn is_empty(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() == 0)
}

/// What the process that has the file open says of it.
fn in_use(path: &Path) -> (Option<About>, String) {
    let Some(note) = Note::read(path) else {
        return (None, "in use".to_owned());
    };
    let state = format!("in use: {} of {}", note.tally().settled_lines(), note.lines);
    let about = About::of(&note.about.job, &note.about.input, &note.about.began);
    (Some(about), state)
}

impl About {
    fn of(job: &str, input: &str, began: &str) -> Self {
        let input = Path::new(input).file_name().unwrap_or_default();
        Self {
            job: visible(job),
            input: visible(&input.to_string_lossy()),
            began: OffsetDateTime::parse(began, &Rfc3339).ok(),
        }
    }
}

fn of_file(look: &Look) -> Result<(About, String), RunFileError> {
    let header = look.header()?;
    let about = About::of(&header.job, &header.input, &header.started_at);
    Ok((about, state(&header, look.tally())))
}

/// How far a run came, in words.
fn state(header: &Header, tally: &Tally) -> String {
    let (done, lines) = (tally.settled_lines(), tally.lines);
    let bad = tally.count(Outcome::Failed) + tally.count(Outcome::InDoubt);
    let in_sandbox = header.tenant == Header::SANDBOX;
    let state = match (done, bad) {
        _ if lines == 0 => "nothing was sent".to_owned(),
        (done, _) if done < lines && !in_sandbox => {
            return format!("{done} of {lines}: to resume");
        }
        (done, _) if done < lines => format!("{done} of {lines}"),
        (_, 0) => "done".to_owned(),
        (_, _) if in_sandbox => "done".to_owned(),
        (_, bad) => format!("done, {bad} to retry"),
    };
    if in_sandbox {
        format!("{state} (sandbox)")
    } else {
        state
    }
}

/// Why a file cannot be looked at, without its name.
fn why(error: &RunFileError) -> String {
    let text = match error {
        RunFileError::Io { source, .. } => source.to_string(),
        RunFileError::Database { why, .. } => why.clone(),
        RunFileError::OtherVersion { version, .. } => format!("version {version} of the format"),
        RunFileError::Damaged { what, .. } => format!("damaged: {what}"),
        RunFileError::LogMissing { log, .. } => format!("{} is missing", log.display()),
        RunFileError::NotARunFile { .. } => "it is empty".to_owned(),
        other => other.to_string(),
    };
    visible(&text)
}

/// A line for each run below the names of the columns. What is too wide for a terminal is cut: first
/// the names of inputs, which are mostly like those of the run files, then the time of day, then the
/// names.
fn table(runs: &[Found]) -> String {
    const GAPS: usize = 4 * "  ".len();
    const SHORTEST: usize = 8;
    let known = || {
        runs.iter()
            .filter_map(|run| Some((run, run.about.as_ref()?)))
    };
    let job = widest("JOB", known().map(|(_, about)| about.job.as_str()));
    let state = widest("STATE", known().map(|(run, _)| run.state.as_str()));
    let mut name = widest("RUN FILE", runs.iter().map(|run| run.name.as_str()));
    let mut input = widest("INPUT", known().map(|(_, about)| about.input.as_str()));
    let mut began = MINUTE.len();
    let mut too_wide = (name + job + input + began + state + GAPS).saturating_sub(COLUMNS);
    for (width, least) in [
        (&mut input, SHORTEST),
        (&mut began, DAY.len()),
        (&mut name, SHORTEST),
    ] {
        let given = too_wide.min(width.saturating_sub(least));
        // Half a time of day says nothing.
        *width = if least == DAY.len() && given > 0 {
            least
        } else {
            *width - given
        };
        too_wide -= given;
    }
    let line = |[first, second, third, fourth, last]: [&str; 5]| {
        let (first, third) = (cut(first, name), cut(third, input));
        let fourth: String = fourth.chars().take(began).collect();
        let line =
            format!("{first:<name$}  {second:<job$}  {third:<input$}  {fourth:<began$}  {last}");
        cut(&line, COLUMNS)
    };
    let of_run = |run: &Found| match &run.about {
        Some(About { job, input, began }) => {
            line([&run.name, job, input, &minute(*began), &run.state])
        }
        None => cut(
            &format!("{:<name$}  {}", cut(&run.name, name), run.state),
            COLUMNS,
        ),
    };
    let when = ["BEGAN", "BEGAN (UTC)"][usize::from(began == MINUTE.len())];
    let head = line(["RUN FILE", "JOB", "INPUT", when, "STATE"]);
    let lines: Vec<String> = std::iter::once(head)
        .chain(runs.iter().map(of_run))
        .collect();
    lines.join("\n")
}

fn widest<'a>(head: &str, cells: impl Iterator<Item = &'a str>) -> usize {
    let widths = cells.map(|cell| cell.chars().count());
    widths.max().unwrap_or_default().max(head.len())
}

/// At most `width` characters of a text.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// What [`minute`] writes, and the part of it that is the day.
const MINUTE: &str = "2026-11-20 09:00";
const DAY: &str = "2026-11-20";

fn minute(at: Option<OffsetDateTime>) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]");
    at.and_then(|at| at.format(form).ok()).unwrap_or_default()
}
