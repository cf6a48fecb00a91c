//! What can go wrong with a run file.

use std::fmt;
use std::path::{Path, PathBuf};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Making the file.
    Create,
    /// Opening it.
    Open,
    /// Reading from it.
    Read,
    /// Writing to it.
    Write,
    /// Copying it, to look at the copy.
    Copy,
    /// Deleting it.
    Remove,
    /// Giving it another name.
    MoveAside,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Open => "open",
            Self::Read => "read",
            Self::Write => "write to",
            Self::Copy => "copy",
            Self::Remove => "remove",
            Self::MoveAside => "move aside",
        })
    }
}

/// Why a run file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// The file system said no.
    #[error("cannot {doing} the run file `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: Doing,
        /// The reason.
        source: std::io::Error,
    },
    /// The database said no.
    #[error("cannot {doing} the run file `{}`: {why}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: Doing,
        /// The reason, in its words.
        why: String,
    },
    /// It, or its folder, is read-only.
    #[error("the run file `{}` can only be read, and a run is written down as it goes", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the run file `{}` is in use by another bulkgraph", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Somebody took it away meanwhile.
    #[error("the run file `{}` was moved, removed or replaced meanwhile", path.display())]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// A run file that was there before left something behind, which belongs to it.
    #[error("`{}` belongs to a run file that was here and is not any more", left.display())]
    LeftBehind {
        /// What was left.
        left: PathBuf,
    },
    /// It is something else.
    #[error("`{}` is not a run file of bulkgraph", path.display())]
    NotARunFile {
        /// The file.
        path: PathBuf,
    },
    /// Its content is not what was written.
    #[error("the run file `{}` is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It was written by a process that was killed, and what that did last is not there.
    #[error(
        "the run file `{}` is not whole: `{}`, which was beside it, is missing",
        path.display(), log.display()
    )]
    LogMissing {
        /// The file.
        path: PathBuf,
        /// Where its log should be.
        log: PathBuf,
    },
    /// It was written by another version of this tool.
    #[error("the run file `{}` has version {version} of the format, and this bulkgraph reads version 1", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// An event that the transition table does not know: a bug, and no reason to guess.
    #[error("the run file `{}` says that item {item} is {status}, so it cannot be {event} now; this is a bug", path.display())]
    Impossible {
        /// The file.
        path: PathBuf,
        /// The item.
        item: i64,
        /// What the file says.
        status: &'static str,
        /// What was to be recorded.
        event: &'static str,
    },
}

impl RunFileError {
    pub(super) fn new(path: &Path, doing: Doing, source: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let extended = source.sqlite_error().map(|error| error.extended_code);
        if extended == Some(rusqlite::ffi::SQLITE_READONLY_DBMOVED) {
            return Self::Gone { path };
        }
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::InUse { path }
            }
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotARunFile { path },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                what: source.to_string(),
            },
            Some(rusqlite::ErrorCode::ReadOnly) => Self::ReadOnly { path },
            _ => Self::Database {
                path,
                doing,
                why: source.to_string(),
            },
        }
    }
}
