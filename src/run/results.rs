//! The results of a run are written again.

use super::RunError;
use crate::jobs;
use crate::shell::files;
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
    let mut opened = RunFile::open(run_file)?;
    let header = opened.header()?;
    let results = destination.unwrap_or_else(|| usual_place(&header, run_file, statuses));
    if let Destination::File(path) = &results {
        files::check_apart(run_file, "the results", path)?;
    }
    let job = jobs::find(&header.job).ok_or(RunError::UnknownJob(header.job))?;
    let columns = &header.columns;
    let (part, moved) = if statuses.is_empty() {
        let moved = results.write(&opened, job, columns, Existing::MovedAside)?;
        opened.commit()?;
        (None, moved)
    } else {
        let written = results.write_some(&opened, job, columns, statuses)?;
        let part = (written.lines, opened.tally().lines);
        (Some(part), written.moved)
    };
    Ok(Again {
        results,
        part,
        moved,
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
