//! An error on its way to a person: what failed, why, what to do, and how the program ends.

use super::exit::Exit;
use crate::run::RunError;
use crate::shell::files::FilesError;
use crate::shell::input::InputError;
use crate::shell::run_file::RunFileError;
use std::error::Error;
use std::fmt;

/// An error on its way to a person.
#[derive(Debug)]
pub(super) struct Failure {
    /// What failed, and the causes of it, outermost first.
    causes: Vec<String>,
    hint: Option<&'static str>,
    exit: Exit,
}

impl Failure {
    /// A mistake in what was typed.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            causes: vec![message.into()],
            hint: None,
            exit: Exit::CannotRun,
        }
    }

    /// An error with its causes.
    pub(super) fn new(error: &dyn Error, hint: Option<&'static str>, exit: Exit) -> Self {
        let mut causes = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        causes.dedup();
        Self { causes, hint, exit }
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.causes.join(": "))?;
        self.hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::SignIn(_) => Exit::SignIn,
            RunError::Stopped(_) | RunError::Unwritten { .. } => Exit::Stopped,
            _ => Exit::CannotRun,
        };
        Self::new(&error, hint(&error), exit)
    }
}

fn hint(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::SignIn(_) => Some(
            "put a bearer token for Microsoft Graph into the environment variable BULKGRAPH_TOKEN",
        ),
        RunError::Files(FilesError::EarlierRun { .. }) => Some(
            "nothing was sent now. `bulkgraph results RUN` writes its results again; `--fresh` moves it aside and starts anew",
        ),
        RunError::Files(FilesError::SameFile { .. }) => {
            Some("choose another file with `--out`, `--run` or `--trace-pace`")
        }
        RunError::PaceTrace(_) => Some("nothing was sent; choose another file with `--trace-pace`"),
        RunError::Input(InputError::NotUtf8 { .. }) => {
            Some("in Excel: File > Save As > CSV UTF-8 (Comma delimited)")
        }
        RunError::RunFile(RunFileError::InUse { .. })
        | RunError::Files(FilesError::RunFile(RunFileError::InUse { .. })) => {
            Some("wait until it is over")
        }
        RunError::Files(FilesError::RunFile(
            RunFileError::NotARunFile { .. } | RunFileError::OtherVersion { .. },
        )) => Some("it was left as it is; give this run a file of its own with `--run FILE`"),
        RunError::Unwritten { .. } => Some(
            "make room or choose another place: `bulkgraph results RUN --out FILE` writes them again",
        ),
        RunError::Stopped(_) => Some(
            "the run file says what was sent and answered; make room or mend the disk before anything else",
        ),
        _ => None,
    }
}
