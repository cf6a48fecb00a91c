//! An error on its way to a person: what failed, why, what to do, and how the program ends.

use super::exit::Exit;
use crate::run::RunError;
use crate::shell::files::FilesError;
use crate::shell::input::InputError;
use crate::shell::results::ResultsError;
use crate::shell::run_file::{Doing, RunFileError};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::Path;

/// An error on its way to a person.
#[derive(Debug)]
pub(super) struct Failure {
    /// What failed, and the causes of it, outermost first.
    causes: Vec<String>,
    hint: Option<Cow<'static, str>>,
    exit: Exit,
    /// Whether it is what somebody asked for.
    is_wanted: bool,
}

impl Failure {
    /// A mistake in what was typed.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            causes: vec![message.into()],
            hint: None,
            exit: Exit::CannotRun,
            is_wanted: false,
        }
    }

    /// An error with its causes.
    pub(super) fn new(error: &dyn Error, hint: Option<Cow<'static, str>>, exit: Exit) -> Self {
        let mut causes = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        causes.dedup();
        Self {
            causes,
            hint,
            exit,
            is_wanted: false,
        }
    }

    /// The same with what to do.
    pub(super) fn with_hint(mut self, hint: String) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A run that stopped because somebody wanted it to: that is no error.
    pub(super) fn wanted(mut self) -> Self {
        self.is_wanted = true;
        self
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = if self.is_wanted { "" } else { "error: " };
        write!(f, "{label}{}", self.causes.join(": "))?;
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::SignIn(_) => Exit::SignIn,
            RunError::Stopped { .. } | RunError::Unwritten { .. } => Exit::Stopped,
            _ => Exit::CannotRun,
        };
        Self::new(&error, hint(&error), exit)
    }
}

/// The command that goes on with a run.
pub(super) fn resume_command(run_file: &Path) -> String {
    format!("bulkgraph resume {}", typed(run_file))
}

/// A path as it can be typed: also one that looks like an option.
pub(super) fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let apart = if text.starts_with('-') { "./" } else { "" };
    quoted(&format!("{apart}{text}"))
}

/// A word as it can be typed, so that the shell leaves it as it is.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || PLAIN.contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    // On Windows no name of a file has a double quote in it.
    if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// What means nothing to a shell, besides letters and digits.
const PLAIN: &str = if cfg!(windows) {
    r"-_./\:+"
} else {
    "-_./:+@%,"
};

fn hint(error: &RunError) -> Option<Cow<'static, str>> {
    let hint = match error {
        RunError::Files(FilesError::EarlierRun {
            path,
            settled,
            lines,
            ..
        }) => return Some(earlier_run_hint(path, settled == lines).into()),
        RunError::InputChanged { .. } => {
            "nothing was sent. The run has the rows as they were read: `--ignore-input` goes on with them; for the rows \
             as they are now, start the job with `--fresh`"
        }
        RunError::OtherTenant { .. } => {
            "nothing was sent. Put a token for the tenant of the run into BULKGRAPH_TOKEN"
        }
        RunError::SandboxIsGone(_) | RunError::NothingRead(_) => {
            "nothing of it is in any tenant: start the job again"
        }
        RunError::SignIn(_) => {
            "put a bearer token for Microsoft Graph into the environment variable BULKGRAPH_TOKEN"
        }
        RunError::Files(FilesError::SameFile {
            other: "the pace trace",
            ..
        }) => "choose another file with `--trace-pace`",
        RunError::Files(FilesError::SameFile { .. }) => {
            "choose another file with `--out`, `--run` or `--trace-pace`"
        }
        RunError::PaceTrace(_) => "nothing was sent; choose another file with `--trace-pace`",
        RunError::Input(InputError::Stopped { .. }) => {
            "nothing was sent, and there is nothing to go on with: start the job again"
        }
        RunError::Input(InputError::NotUtf8 { .. }) => {
            "in Excel: File > Save As > CSV UTF-8 (Comma delimited)"
        }
        RunError::Files(FilesError::RunFile(
            RunFileError::NotARunFile { .. } | RunFileError::OtherVersion { .. },
        )) => "it was left as it is; give this run a file of its own with `--run FILE`",
        RunError::RunFile(error) | RunError::Files(FilesError::RunFile(error)) => {
            return run_file_hint(error);
        }
        RunError::Results(ResultsError::InTheWay { .. }) => {
            "close it, or choose another place with `--out`"
        }
        RunError::Unwritten { run_file, .. } => {
            let results = format!("bulkgraph results {} --out FILE", typed(run_file));
            return Some(
                format!("make room or choose another place: `{results}` writes them again").into(),
            );
        }
        RunError::Stopped { run_file, .. } => {
            let go_on = resume_command(run_file);
            return Some(
                format!(
                    "the run file says what was sent and answered; make room or mend the disk before anything else\n\
                     to go on: {go_on}"
                )
                .into(),
            );
        }
        _ => return None,
    };
    Some(hint.into())
}

/// What to do about an earlier run that is in the way.
fn earlier_run_hint(path: &Path, is_over: bool) -> String {
    let go_on = resume_command(path);
    if !is_over {
        return format!(
            "nothing was sent now. `{go_on}` goes on with it; `--fresh` moves it aside and starts anew"
        );
    }
    let status = format!("bulkgraph status {}", typed(path));
    format!(
        "nothing was sent now. That run is over: `{status}` says how it went. `--run FILE` gives this one a file of its \
         own; `--fresh` moves the old one aside and starts anew"
    )
}

/// What to do about a run file that cannot be used.
fn run_file_hint(error: &RunFileError) -> Option<Cow<'static, str>> {
    let hint = match error {
        RunFileError::NotARunFile { path } | RunFileError::Io { path, .. }
            if path.extension().is_none_or(|ending| ending != "run")
                && path.with_extension("run").is_file() =>
        {
            let meant = typed(&path.with_extension("run"));
            return Some(format!("do you mean `{meant}`?").into());
        }
        RunFileError::Io {
            doing: Doing::Open,
            source,
            ..
        } if source.kind() == std::io::ErrorKind::NotFound => {
            "`bulkgraph runs` lists the run files of a folder"
        }
        RunFileError::InUse { path } => {
            let status = format!("bulkgraph status {}", typed(path));
            return Some(format!("wait until it is over; `{status}` says how far it is").into());
        }
        RunFileError::Damaged { .. } => {
            "nothing was sent. Put a copy from a backup into its place, or begin the job anew with `--fresh`: what is done \
             comes out as `unchanged`, and passes that were issued are in the results only"
        }
        RunFileError::LogMissing { .. } => {
            "nothing was sent. A process that was killed left there what it did last: look for it where the run was, and \
             put it beside the run file. If it is gone for good, a file of that name with any text in it lets you go on; \
             passes that were issued last then come out as `unchanged`"
        }
        RunFileError::LeftBehind { .. } => {
            "nothing was sent. If that run file was moved, move this to it: what was done last is in it alone. Or give this \
             run a file of its own with `--run FILE`. If that run file is gone for good, remove this too"
        }
        RunFileError::Database { .. } => {
            "is there room on the disk, and may the file and its folder be written to?"
        }
        RunFileError::ReadOnly { .. } => {
            "nothing was sent; make it and its folder writable, or copy all that is there to where you may write"
        }
        RunFileError::OtherVersion { .. } => "it was left as it is; use the bulkgraph that made it",
        _ => return None,
    };
    Some(hint.into())
}
