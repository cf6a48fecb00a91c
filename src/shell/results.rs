//! Results out: a view of the run file as CSV.

use super::fingerprint::fingerprint;
use super::run_file::{Line, RunFile, RunFileError, move_aside};
use crate::engine::{Outcome, Status};
use crate::jobs::{Job, hint_for, key_of};
use secrecy::ExposeSecret;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The columns of every job, after the input's and the job's item columns.
pub const COLUMNS: [&str; 9] = [
    "ResultStatus",
    "ResultAction",
    "ResultHttpStatus",
    "ResultErrorCode",
    "ResultErrorMessage",
    "ResultHint",
    "ResultAttempts",
    "ResultRequestId",
    "ResultFinishedAt",
];

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
    /// They are written, and cannot be put into their place.
    #[error(
        "cannot put the results into `{}` (is it open in another program?); they are in `{}`",
        path.display(), kept.display()
    )]
    Kept {
        /// Their place.
        path: PathBuf,
        /// Where they are.
        kept: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The results would be read from a run file that cannot be read.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
}

/// A place for results that is known to be writable, before anything is sent.
#[derive(Debug)]
pub enum Results {
    /// A file under a temporary name beside its place, readable by its owner only.
    File {
        /// The temporary file.
        temporary: NamedTempFile,
        /// Its place.
        path: PathBuf,
    },
    /// Standard output.
    Stdout,
}

impl Results {
    /// Makes sure that results can be written.
    pub fn open(destination: &Destination) -> Result<Self, ResultsError> {
        let Destination::File(path) = destination else {
            return Ok(Self::Stdout);
        };
        if path.is_dir() {
            return Err(ResultsError::Folder { path: path.clone() });
        }
        let io = |source| ResultsError::Io {
            path: path.clone(),
            source,
        };
        let names_a_folder = path.to_string_lossy().ends_with(std::path::is_separator);
        if names_a_folder || (path.exists() && !path.is_file()) {
            return Err(ResultsError::NoFile { path: path.clone() });
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(ResultsError::NoFolder {
                path: path.clone(),
                folder: folder.to_owned(),
            });
        }
        let temporary = tempfile::Builder::new()
            .prefix(&format!(
                "{}.",
                path.file_name().unwrap_or_default().to_string_lossy()
            ))
            .suffix(".tmp")
            .tempfile_in(folder)
            .map_err(io)?;
        Ok(Self::File {
            temporary,
            path: path.clone(),
        })
    }

    /// Writes all lines. A file is renamed into its place when it is whole and on the disk; one
    /// that was there is dealt with as `existing` says. Returns where it was moved to.
    pub fn write(
        self,
        run_file: &RunFile,
        job: &dyn Job,
        columns: &[String],
        existing: Existing,
    ) -> Result<Option<PathBuf>, ResultsError> {
        let (temporary, path) = match self {
            Self::File { temporary, path } => (temporary, path),
            Self::Stdout => {
                let stdout = io::stdout().lock();
                write_lines(stdout, Path::new("-"), run_file, job, columns)?;
                return Ok(None);
            }
        };
        let io = |source| ResultsError::Io {
            path: path.clone(),
            source,
        };
        let writer = io::BufWriter::new(temporary.as_file());
        write_lines(writer, &path, run_file, job, columns)?;
        temporary.as_file().sync_all().map_err(io)?;
        let written = run_file.results_fingerprint()?;
        let is_ours = written.is_some() && fingerprint(&path) == written;
        let aside = existing == Existing::MovedAside && !is_ours && could_be_missed(&path);
        let moved = match if aside {
            move_aside(&path).map(Some)
        } else {
            Ok(None)
        } {
            Ok(moved) => moved,
            Err(source) => return Err(keep(temporary, path, source)),
        };
        match temporary.persist(&path) {
            Ok(_) => {
                if let Some(fingerprint) = fingerprint(&path) {
                    run_file.remember_results(&fingerprint)?;
                }
                Ok(moved)
            }
            Err(error) => {
                // What was there goes back, or nobody would know where it is.
                let _ = moved.map(|moved| std::fs::rename(moved, &path));
                Err(keep(error.file, path, error.error))
            }
        }
    }
}

/// Keeps results that cannot be put into their place where they are.
fn keep(temporary: NamedTempFile, path: PathBuf, source: io::Error) -> ResultsError {
    match temporary.keep() {
        Ok((_, kept)) => ResultsError::Kept { path, kept, source },
        Err(_) => ResultsError::Io { path, source },
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
            .position(|name| name == "ResultStatus")?;
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

fn write_lines(
    writer: impl Write,
    path: &Path,
    run_file: &RunFile,
    job: &dyn Job,
    columns: &[String],
) -> Result<(), ResultsError> {
    let io = |error: csv::Error| ResultsError::Io {
        path: path.to_owned(),
        source: error.into(),
    };
    let mut writer = csv::Writer::from_writer(writer);
    let header = columns
        .iter()
        .map(String::as_str)
        .chain(job.item_columns().iter().copied());
    writer
        .write_record(
            header
                .chain(COLUMNS)
                .chain(job.result_columns().iter().copied()),
        )
        .map_err(io)?;
    run_file
        .for_each_line(|line| {
            writer.write_record(record(&line, job).iter().map(|cell| cell.as_bytes()))
        })?
        .map_err(io)?;
    writer.flush().map_err(|error| io(error.into()))
}

/// Whether a column of the input is left out of the results, because they have one of that meaning
/// themselves.
pub fn replaces(job: &dyn Job, header: &str) -> bool {
    let mut items = job
        .columns()
        .iter()
        .filter(|column| job.item_columns().contains(&column.name));
    let mut results = COLUMNS.iter().chain(job.result_columns());
    items.any(|column| column.is(header)) || results.any(|column| key_of(column) == key_of(header))
}

fn record<'a>(line: &'a Line, job: &dyn Job) -> Vec<Cow<'a, str>> {
    let named = |name: &&str| defused(line.fields.get(*name).map_or("", String::as_str));
    let mut record: Vec<_> = line.cells.iter().map(Cow::from).collect();
    record.extend(job.item_columns().iter().map(named));
    let hint = match line.status {
        _ if !line.hint.is_empty() => line.hint.as_str(),
        Status::Sent | Status::Settled(Outcome::InDoubt) => job.in_doubt_hint(),
        _ => hint_for(
            line.http_status.filter(|status| *status >= 400),
            &line.error_code,
            &line.error_message,
        ),
    };
    record.extend([
        status_word(line.status).into(),
        Cow::from(&line.action),
        line.http_status
            .map(|status| status.to_string())
            .unwrap_or_default()
            .into(),
        defused(&line.error_code),
        defused(&line.error_message),
        hint.into(),
        line.attempts.to_string().into(),
        defused(&line.request_id),
        Cow::from(&line.finished_at),
    ]);
    record.extend(job.result_columns().iter().map(|name| match &line.secret {
        // A pass is handed out as it is: one character more and nobody gets in with it.
        Some(secret) if job.secret_column() == Some(*name) => secret.expose_secret().into(),
        _ => defused(line.findings.get(*name).map_or("", String::as_str)),
    }));
    record
}

/// The word in `ResultStatus`: an item that was sent and not settled is in doubt until somebody
/// looks.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Expanded => "not_attempted",
        Status::Sent => "in_doubt",
        Status::Settled(outcome) => outcome.as_str(),
    }
}

/// Text from the service that a spreadsheet would run as a formula gets an apostrophe in front.
///
/// A phone number begins with `+` and is left alone: digits are no formula that could do harm.
fn defused(text: &str) -> Cow<'_, str> {
    let is_number = text.strip_prefix('+').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ' ' | 'x'))
    });
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs;

    #[test]
    fn what_would_start_a_formula_is_defused_and_a_phone_number_is_not() {
        assert_eq!(
            defused("=HYPERLINK(\"http://x\")"),
            "'=HYPERLINK(\"http://x\")"
        );
        assert_eq!(defused("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(defused("+1+cmd|' /C calc'!A0"), "'+1+cmd|' /C calc'!A0");
        assert_eq!(defused("+1 5555550100x12"), "+1 5555550100x12");
        assert_eq!(defused("plain - text"), "plain - text");
    }

    #[test]
    fn only_columns_of_the_results_themselves_are_replaced() {
        let phone = jobs::find("phone").unwrap();
        assert!(replaces(phone, "ResultStatus") && replaces(phone, "resultphonenumber"));
        assert!(!replaces(phone, "Resultat") && !replaces(phone, "TemporaryAccessPass"));
        assert!(replaces(jobs::find("tap").unwrap(), "TemporaryAccessPass"));
    }
}
