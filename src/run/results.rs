//! The results of a run are written again.

use super::RunError;
use crate::jobs;
use crate::shell::files::Files;
use crate::shell::results::{Destination, Existing, STATUSES};
use crate::shell::run_file::{Header, RunFile};
use std::path::{Path, PathBuf};

/// Results that were written again.
#[derive(Debug)]
pub struct Again {
    /// Where they are.
    pub results: Destination,
    /// The lines that were written, where not all were asked for, and how many there are in all.
    pub part: Option<(u64, u64)>,
    /// Where a file is that was in their place.
    pub moved: Option<PathBuf>,
}

/// Writes the results of a run again, as far as it came: all of them, or those lines that have one
/// of `statuses` in `ResultStatus`. Without a destination they go to where the results of the run
/// went, and a part of them into a file of its own beside these.
pub fn write_results(
    run_file: &Path,
    statuses: &[&str],
    destination: Option<Destination>,
) -> Result<Again, RunError> {
    // It is looked at only: on a full disk, or one that is read-only, its passes can be had.
    let look = RunFile::look(run_file)?;
    let header = look.header()?;
    let results = destination.unwrap_or_else(|| usual_place(&header, run_file, statuses));
    let files = Files {
        input: header.input.into(),
        run_file: run_file.to_owned(),
        results,
        pace_trace: None,
    };
    files.check()?;
    let results = files.results;
    let job = jobs::find(&header.job).ok_or(RunError::UnknownJob(header.job))?;
    let columns = &header.columns;
    if statuses.is_empty() {
        let written = results.write(&look, job, columns, Existing::MovedAside)?;
        let passes = look.passes()?;
        drop(look);
        match RunFile::open(run_file) {
            Ok(mut opened) => results.remember_in(&mut opened, passes),
            Err(error) => tracing::warn!("{error}"),
        }
        return Ok(Again {
            results,
            part: None,
            moved: written.moved,
        });
    }
    let written = results.write_some(&look, job, columns, statuses)?;
    Ok(Again {
        results,
        part: Some((written.lines, look.tally().lines)),
        moved: written.moved,
    })
}

/// Where results go if nobody says. A part of them never takes the place of all.
fn usual_place(header: &Header, run_file: &Path, statuses: &[&str]) -> Destination {
    match Destination::of(&header.results) {
        Destination::File(path) if !statuses.is_empty() => {
            let mut name = run_file.file_stem().unwrap_or_default().to_owned();
            let named = STATUSES.iter().filter(|status| statuses.contains(status));
            let named: Vec<&str> = named.copied().collect();
            name.push(format!(".{}.results.csv", named.join("-")));
            Destination::File(path.with_file_name(name))
        }
        place => place,
    }
}
