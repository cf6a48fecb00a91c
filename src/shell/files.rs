//! The files of a run: none is two things, and none that could be missed is overwritten.

use super::fingerprint::fingerprint;
use super::results::{Destination, Existing};
use super::run_file::{self, Doing, Header, RunFile, RunFileError};
use std::path::{Path, PathBuf};

/// The files of a run.
#[derive(Clone, Debug)]
pub struct Files {
    /// What is read.
    pub input: PathBuf,
    /// The truth about the run.
    pub run_file: PathBuf,
    /// Where results go.
    pub results: Destination,
    /// Where it is written down how fast the run goes, if anywhere.
    pub pace_trace: Option<PathBuf>,
}

/// Why the files of a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Two of them are one.
    #[error("`{}` cannot be both {one} and {other}", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
        /// What it is.
        one: &'static str,
        /// What it would be too.
        other: &'static str,
    },
    /// An earlier run is in the way.
    #[error(
        "the run file `{}` holds an earlier run of `{job}` over `{input}` at {tenant}: {settled} of {lines} lines \
         are settled",
        path.display()
    )]
    EarlierRun {
        /// The run file.
        path: PathBuf,
        /// Its job.
        job: String,
        /// Its input.
        input: String,
        /// Where its tenant is.
        tenant: String,
        /// Result lines that are settled.
        settled: u64,
        /// All result lines.
        lines: u64,
    },
    /// The run file that is there cannot be used.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
}

impl Files {
    /// Makes sure that no file is two things: the results would overwrite the input.
    pub fn check(&self) -> Result<(), FilesError> {
        let mut views = Vec::new();
        if let Destination::File(path) = &self.results {
            views.push(("the results", path));
        }
        views.extend(self.pace_trace.iter().map(|path| ("the pace trace", path)));
        let mut files = vec![("the input", &self.input), ("the run file", &self.run_file)];
        files.extend(&views);
        for (place, (one, first)) in files.iter().enumerate() {
            let mut others = files.iter().skip(place + 1);
            if let Some((other, _)) = others.find(|(_, second)| is_same(first, second)) {
                return Err(FilesError::SameFile {
                    path: (*first).clone(),
                    one,
                    other,
                });
            }
        }
        views
            .into_iter()
            .try_for_each(|(what, path)| check_apart(&self.run_file, what, path))
    }

    /// Makes room for the run file. One that holds nothing that could be lost goes; any other
    /// stays, or is moved aside if the user wants to start afresh. Says what may happen to results
    /// that are there, and where the earlier run file is.
    pub fn clear_the_way(&self, fresh: bool) -> Result<(Existing, Option<PathBuf>), FilesError> {
        if !self.run_file.exists() || run_file::remove_if_empty(&self.run_file)? {
            return Ok((Existing::MovedAside, None));
        }
        let opened = RunFile::open(&self.run_file);
        let (earlier, header) = match opened.and_then(|earlier| Ok((earlier.header()?, earlier))) {
            Ok((header, earlier)) => (earlier, header),
            // Somebody may mend it some day.
            Err(RunFileError::Damaged { .. } | RunFileError::LogMissing { .. }) if fresh => {
                let moved = run_file::move_aside(&self.run_file);
                let moved = moved.map_err(|source| RunFileError::Io {
                    path: self.run_file.clone(),
                    doing: Doing::MoveAside,
                    source,
                })?;
                return Ok((Existing::MovedAside, Some(moved)));
            }
            Err(error) => return Err(error.into()),
        };
        if !earlier.holds_truth()? {
            let (rehearsed, written) = (
                header.tenant == Header::SANDBOX,
                earlier.results_fingerprint()?,
            );
            let there = match &self.results {
                Destination::File(path) => fingerprint(path),
                Destination::Stdout => None,
            };
            let rehearsed = rehearsed && written.is_some() && there == written;
            earlier.discard()?;
            let existing = if rehearsed {
                Existing::Replaced
            } else {
                Existing::MovedAside
            };
            return Ok((existing, None));
        }
        if !fresh {
            return Err(FilesError::EarlierRun {
                path: self.run_file.clone(),
                job: header.job,
                input: header.input,
                tenant: header.tenant,
                settled: earlier.tally().settled_lines(),
                lines: earlier.tally().lines,
            });
        }
        Ok((Existing::MovedAside, Some(earlier.set_aside()?)))
    }
}

/// Makes sure that what is written of a run, such as `the results`, does not take the place of the
/// run file that it is written from, nor of what `SQLite` keeps beside it.
fn check_apart(run_file: &Path, what: &'static str, path: &Path) -> Result<(), FilesError> {
    let companions = run_file::with_companions(run_file);
    if companions.iter().any(|companion| is_same(companion, path)) {
        return Err(FilesError::SameFile {
            path: path.to_owned(),
            one: "the run file",
            other: what,
        });
    }
    Ok(())
}

/// Whether two paths are one file, whether or not it exists yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let resolved = |path: &Path| {
        let folder = run_file::folder_of(path).canonicalize();
        let named = || Some(folder.ok()?.join(path.file_name()?));
        path.canonicalize()
            .ok()
            .or_else(named)
            .unwrap_or_else(|| path.to_owned())
    };
    resolved(one) == resolved(other)
}
