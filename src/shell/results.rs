//! Results out: a view of the run file as CSV, in its place.

mod lines;

pub use lines::{STATUS, STATUSES, replaces, status_word};

use super::fingerprint::fingerprint;
use super::run_file::{RunFile, RunFileError, folder_of, move_aside};
use crate::jobs::Job;
use lines::Lines;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A file, which appears whole or not at all.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

impl Destination {
    /// What stands for standard output.
    pub const STDOUT: &'static str = "-";

    /// Where somebody says that results go.
    pub fn of(text: impl AsRef<Path>) -> Self {
        let path = text.as_ref();
        if path == Path::new(Self::STDOUT) {
            Self::Stdout
        } else {
            Self::File(path.to_owned())
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdout => None,
        }
    }
}

/// What happens to a file that is where the results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is moved aside, unless nothing could be missed in it: the same run wrote it, and nobody has
    /// changed it since.
    MovedAside,
    /// It is replaced: it came from a rehearsal.
    Replaced,
}

/// Why results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The file system said no.
    #[error("cannot write the results to `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It is a folder.
    #[error("cannot write the results to `{}`: it is a folder", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It is neither a file nor could it become one.
    #[error("cannot write the results to `{}`: it is no file (for standard output, write `-`)", path.display())]
    NoFile {
        /// What it is.
        path: PathBuf,
    },
    /// Its folder is not there.
    #[error("cannot write the results to `{}`: there is no folder `{}`", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// They cannot be put into their place. The run file has them, so nothing of them is kept beside it.
    #[error("cannot put the results into `{}` (is it open in another program?)", path.display())]
    InTheWay {
        /// Their place.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The results would be read from a run file that cannot be read.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
}

impl Destination {
    /// Makes sure that results can be written there. Nothing stays behind: a process that is killed
    /// before it writes them leaves nothing in the folder that somebody has to wonder about.
    pub fn check(&self) -> Result<(), ResultsError> {
        self.file().map_or(Ok(()), |path| temporary(path).map(drop))
    }

    /// Writes all lines.
    pub fn write(
        &self,
        run_file: &RunFile,
        job: &dyn Job,
        columns: &[String],
        existing: Existing,
    ) -> Result<Written, ResultsError> {
        let ours = run_file.results_fingerprint()?;
        let lines = Lines {
            run_file,
            job,
            columns,
            statuses: &STATUSES,
        };
        self.put(&lines, existing, |_| ours)
    }

    /// Lets the run file remember what all lines look like that were written from it when it held so many
    /// passes. If it cannot,
    /// they are whole and in their place none the less; the next ones will move them aside.
    pub fn remember_in(&self, run_file: &mut RunFile, passes: u64) {
        let fingerprint = self.file().and_then(fingerprint);
        let remember = |fingerprint: String| {
            run_file.remember_results(&fingerprint, passes)?;
            run_file.commit()
        };
        if let Some(Err(error)) = fingerprint.map(remember) {
            tracing::warn!("{error}");
        }
    }

    /// Writes the lines that have one of these words in `ResultStatus`. What is in their place is
    /// moved aside, unless it is the same.
    pub fn write_some(
        &self,
        run_file: &RunFile,
        job: &dyn Job,
        columns: &[String],
        statuses: &[&str],
    ) -> Result<Written, ResultsError> {
        let lines = Lines {
            run_file,
            job,
            columns,
            statuses,
        };
        self.put(&lines, Existing::MovedAside, fingerprint)
    }

    /// A file is renamed into its place when it is whole and on the disk; one that was there is dealt
    /// with as `existing` says. `known` says what a file looks like that nobody could miss, when it
    /// has the new one.
    fn put(
        &self,
        lines: &Lines<'_>,
        existing: Existing,
        known: impl FnOnce(&Path) -> Option<String>,
    ) -> Result<Written, ResultsError> {
        let Self::File(path) = self else {
            let lines = lines.write(io::stdout().lock(), Path::new(Self::STDOUT))?;
            return Ok(Written { lines, moved: None });
        };
        let temporary = temporary(path)?;
        let io = |source| ResultsError::Io {
            path: path.clone(),
            source,
        };
        let lines = lines.write(io::BufWriter::new(temporary.as_file()), path)?;
        temporary.as_file().sync_all().map_err(io)?;
        let there = fingerprint(path);
        let is_known = there.is_some() && there == known(temporary.path());
        let aside = existing == Existing::MovedAside && !is_known && could_be_missed(path);
        let in_the_way = |source| ResultsError::InTheWay {
            path: path.clone(),
            source,
        };
        let moved = aside.then(|| move_aside(path)).transpose();
        let moved = moved.map_err(in_the_way)?;
        if let Err(error) = temporary.persist(path) {
            // What was there goes back, or nobody would know where it is.
            let _ = moved.map(|moved| std::fs::rename(moved, path));
            return Err(in_the_way(error.error));
        }
        sync_folder(path);
        Ok(Written { lines, moved })
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Lines below the header.
    pub lines: u64,
    /// Where a file is that was in their place.
    pub moved: Option<PathBuf>,
}

/// A file under a temporary name beside the place of the results, readable by its owner only.
fn temporary(path: &Path) -> Result<NamedTempFile, ResultsError> {
    if path.is_dir() {
        return Err(ResultsError::Folder {
            path: path.to_owned(),
        });
    }
    let io = |source| ResultsError::Io {
        path: path.to_owned(),
        source,
    };
    let names_a_folder = path.to_string_lossy().ends_with(std::path::is_separator);
    if names_a_folder || (path.exists() && !path.is_file()) {
        return Err(ResultsError::NoFile {
            path: path.to_owned(),
        });
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(ResultsError::NoFolder {
            path: path.to_owned(),
            folder: folder.to_owned(),
        });
    }
    tempfile::Builder::new()
        .prefix(&format!(
            "{}.",
            path.file_name().unwrap_or_default().to_string_lossy()
        ))
        .suffix(".tmp")
        .tempfile_in(folder)
        // Without the temporary name, which is gone.
        .map_err(|error| io(error.kind().into()))
}

/// Lets a power cut find the new name of a file, where a folder can be synchronised. The run file has
/// everything if it cannot.
fn sync_folder(path: &Path) {
    if cfg!(unix) {
        let _ = std::fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    }
}

/// Whether there is a file at `path` in which somebody could miss something: any but results of a
/// run in which nothing was attempted.
fn could_be_missed(path: &Path) -> bool {
    if !path.exists() {
        return false;
    }
    let nothing_attempted = || -> Option<bool> {
        let mut reader = csv::Reader::from_path(path).ok()?;
        let place = reader
            .headers()
            .ok()?
            .iter()
            .position(|name| name == STATUS.name)?;
        let is_idle = |record: csv::StringRecord| {
            record
                .get(place)
                .is_some_and(|status| matches!(status, "refused" | "not_attempted"))
        };
        Some(
            reader
                .into_records()
                .all(|record| record.is_ok_and(is_idle)),
        )
    };
    !nothing_attempted().unwrap_or_default()
}
