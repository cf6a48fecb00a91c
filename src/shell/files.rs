//! The files of a run: none is two things, and none that could be missed is overwritten.

use super::fingerprint::fingerprint;
use super::results::{Destination, Existing};
use super::run_file::{self, Header, RunFile, RunFileError};
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
        "the run file `{}` holds an earlier run of `{job}` over `{input}`: {settled} of {lines} lines \
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
        /// Result lines that are settled.
        settled: u64,
        /// All result lines.
        lines: u64,
    },
    /// A file cannot be moved aside.
    #[error("cannot move `{}` aside", path.display())]
    MoveAside {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
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
    /// that are there.
    pub fn clear_the_way(&self, fresh: bool) -> Result<Existing, FilesError> {
        if !self.run_file.exists() || run_file::remove_if_empty(&self.run_file)? {
            return Ok(Existing::MovedAside);
        }
        let earlier = RunFile::open(&self.run_file)?;
        let header = earlier.header()?;
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
            return Ok(if rehearsed {
                Existing::Replaced
            } else {
                Existing::MovedAside
            });
        }
        if !fresh {
            return Err(FilesError::EarlierRun {
                path: self.run_file.clone(),
                job: header.job,
                input: header.input,
                settled: earlier.tally().settled_lines(),
                lines: earlier.tally().lines,
            });
        }
        // Closed, so that everything is in the one file that is moved.
        drop(earlier);
        let path = &self.run_file;
        let failed = |source| FilesError::MoveAside {
            path: path.clone(),
            source,
        };
        run_file::move_aside(path).map_err(failed)?;
        Ok(Existing::MovedAside)
    }
}

/// Makes sure that what is written of a run, such as `the results`, does not take the place of the
/// run file that it is written from, nor of what `SQLite` keeps beside it.
pub fn check_apart(run_file: &Path, what: &'static str, path: &Path) -> Result<(), FilesError> {
    let beside = |ending: &str| {
        let mut name = run_file.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    if ["", "-wal", "-shm", "-journal", ".progress"]
        .iter()
        .any(|ending| is_same(&beside(ending), path))
    {
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
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        let named = || Some(folder.ok()?.join(path.file_name()?));
        path.canonicalize()
            .ok()
            .or_else(named)
            .unwrap_or_else(|| path.to_owned())
    };
    resolved(one) == resolved(other)
}
