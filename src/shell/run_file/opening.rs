//! How a run file comes to be, and how it is opened: by one process at a time, in one piece.

use super::log::{has_content, keep_log, log_of};
use super::place::{FileId, beside, file_at, folder_of, note_beside, remove_if_empty};
use super::{Doing, Header, RunFile, RunFileError, Tally};
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// The version of the tables; a file of another version is refused by name.
const SCHEMA_VERSION: u32 = 1;
/// Marks a run file among `SQLite` databases ("bulk" in ASCII).
const APPLICATION_ID: u32 = 0x6275_6c6b;
/// A process that runs a job has its file for as long as it runs; one that looks at it, for a moment.
const A_MOMENT: Duration = Duration::from_secs(1);

impl RunFile {
    /// Makes a run file that must not exist yet, readable by its owner only.
    ///
    /// It is made under another name and takes its place when it is one: what has the name of a run
    /// file is never half of one, and of two that begin at the same time one is too late.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RunFileError> {
        let failed = |source: io::Error| RunFileError::Io {
            path: path.to_owned(),
            doing: Doing::Create,
            source,
        };
        let made = tempfile::Builder::new()
            .prefix(".run.")
            .suffix(".tmp")
            .tempfile_in(folder_of(path))
            .map_err(|error| failed(error.kind().into()))?;
        Self::connect_to(path, made.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?.doing(
            Doing::Create,
            |connection| {
                connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")?;
                connection.pragma_update(None, "application_id", APPLICATION_ID)?;
                connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
                connection.execute_batch(include_str!("schema.sql"))?;
                header.write(connection)?;
                connection.execute_batch("COMMIT")
            },
        )?;
        claim(path).map_err(failed)?;
        let persisted = check_alone(path).and_then(|()| {
            let persisted = made.persist(path);
            persisted.map_err(|error| failed(error.error)).map(drop)
        });
        persisted.inspect_err(|_| drop(remove_if_empty(path)))?;
        let run_file = Self::connect(path)?;
        run_file.doing(Doing::Create, |connection| {
            configure(connection)?;
            connection.execute_batch("BEGIN IMMEDIATE")
        })?;
        run_file.check_place()?;
        run_file.remove_note();
        Ok(run_file)
    }

    /// Opens a run file that exists and is whole. Anything else is not touched.
    pub fn open(path: &Path) -> Result<Self, RunFileError> {
        check_identity(path)?;
        let mut run_file = Self::connect(path)?;
        if run_file.doing(Doing::Open, |connection| connection.is_readonly(MAIN_DB))? {
            return Err(RunFileError::ReadOnly {
                path: path.to_owned(),
            });
        }
        let locked = run_file.doing(Doing::Open, |connection| {
            keep_log(connection, true)?;
            configure(connection)?;
            connection.execute_batch("BEGIN EXCLUSIVE")
        });
        // From here on nobody else does anything to it, and the log of that name is its own.
        run_file.check_place()?;
        let found_log = has_content(&log_of(path));
        run_file.doing(Doing::Open, |connection| keep_log(connection, found_log))?;
        locked?;
        run_file.check_log(found_log)?;
        run_file.check_pages()?;
        run_file.doing(Doing::Open, |connection| connection.execute_batch("COMMIT"))?;
        run_file.begin_log()?;
        run_file.doing(Doing::Open, |connection| {
            connection.execute_batch("BEGIN IMMEDIATE")
        })?;
        run_file.remove_note();
        run_file.lose_batches()?;
        run_file.count()?;
        Ok(run_file)
    }

    /// Makes sure that every page of the file is as it was written, as far as that can be seen. A
    /// file of 1,000,000 rows takes seconds.
    fn check_pages(&self) -> Result<(), RunFileError> {
        let found: String = self.doing(Doing::Read, |connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        })?;
        if found == "ok" {
            return Ok(());
        }
        Err(RunFileError::Damaged {
            path: self.path.clone(),
            what: found.replace('\n', "; "),
        })
    }

    /// Nobody else has the file open, so the process has ended that left a note beside it.
    fn remove_note(&self) {
        let _ = std::fs::remove_file(note_beside(&self.path));
    }

    fn connect(path: &Path) -> Result<Self, RunFileError> {
        Self::connect_to(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens what is at `place`, which is the file itself or stands for it.
    pub(super) fn connect_to(
        path: &Path,
        place: &Path,
        flags: OpenFlags,
    ) -> Result<Self, RunFileError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |source| RunFileError::new(path, Doing::Open, &source);
        let connection = Connection::open_with_flags(place, flags).map_err(failed)?;
        connection.busy_timeout(A_MOMENT).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        let id: Option<FileId> = file_at(place).ok();
        Ok(Self {
            connection,
            path: path.to_owned(),
            id,
            in_transaction: true,
            has_log: false,
            tally: Tally::default(),
            open: HashMap::new(),
            intents: HashMap::new(),
            has_twins: false,
            unsaved: Vec::new(),
        })
    }
}

/// Keeps every other process out for as long as the file is open, and makes a commit mean that it
/// is on the disk. What `SQLite` puts aside for a moment stays in memory: it may hold passes.
///
/// A run goes through its file from top to bottom, so a small cache (4 MB) is as good as a large one.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY",
    )
}

/// Makes sure that a file is a run file of this version.
pub(super) fn check_identity(path: &Path) -> Result<(), RunFileError> {
    let path_buf = || path.to_owned();
    let identity = identity(path).map_err(|source| RunFileError::Io {
        path: path_buf(),
        doing: Doing::Open,
        source,
    })?;
    match identity {
        Some((APPLICATION_ID, SCHEMA_VERSION)) => Ok(()),
        Some((APPLICATION_ID, version)) => Err(RunFileError::OtherVersion {
            path: path_buf(),
            version,
        }),
        _ => Err(RunFileError::NotARunFile { path: path_buf() }),
    }
}

/// The application id and the version in the first bytes of a database (`SQLite`: database file
/// format, 1.3), read without opening it as one: that alone may write to a file that is somebody
/// else's.
fn identity(path: &Path) -> io::Result<Option<(u32, u32)>> {
    let mut start = Vec::new();
    std::fs::File::open(path)?
        .take(72)
        .read_to_end(&mut start)?;
    let number = |place: usize| Some(u32::from_be_bytes(*start.get(place..)?.first_chunk()?));
    let is_database = start.starts_with(b"SQLite format 3\0");
    Ok(is_database
        .then(|| Some((number(68)?, number(60)?)))
        .flatten())
}

/// What is beside a run file is its own, and beside a name that was free it is somebody else's: a new
/// file would take it for its own. A journal is of a run whose input was still being read, so nobody
/// misses it.
fn check_alone(path: &Path) -> Result<(), RunFileError> {
    let _ = std::fs::remove_file(beside(path, "-journal"));
    let companions = ["-wal", "-journal"].map(|ending| beside(path, ending));
    match companions.into_iter().find(|left| has_content(left)) {
        Some(left) => Err(RunFileError::LeftBehind { left }),
        None => Ok(()),
    }
}

/// Takes a name that nobody has, with an empty file that only its owner can read. On Windows it inherits
/// what its folder allows.
fn claim(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, header, with_items};
    use super::*;
    use crate::engine::BatchId;
    use crate::jobs::{Action, Settlement};
    use secrecy::SecretString;

    #[test]
    fn a_new_file_never_takes_what_another_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.run");
        let left = beside(&path, "-wal");
        std::fs::write(&left, "what was done last").unwrap();
        let made = RunFile::create(&path, &header("https://x"));
        assert!(matches!(made, Err(RunFileError::LeftBehind { .. })));
        assert_eq!(std::fs::read(&left).unwrap(), b"what was done last");
        assert!(!path.exists());
        // What was being read when a process was killed is read again.
        std::fs::rename(left, beside(&path, "-journal")).unwrap();
        RunFile::create(&path, &header("https://x")).unwrap();
        // Whoever comes too late touches nothing of the one that was first.
        std::fs::write(beside(&path, "-journal"), "what is to be taken back").unwrap();
        let late = RunFile::create(&path, &header("https://x"));
        assert!(matches!(late, Err(RunFileError::Io { .. })));
        assert!(beside(&path, "-journal").exists());
    }

    #[test]
    fn a_pass_that_could_not_be_committed_is_there_to_be_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (mut run_file, items) = with_items(&folder, &["a"]);
        let issued = Settlement {
            secret: Some(SecretString::from("pass")),
            ..Settlement::succeeded(Action::Created)
        };
        run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
        run_file.commit().unwrap();
        run_file.settle(items[0], &issued, 1, NOW).unwrap();
        // As SQLite does when the disk is full.
        run_file.connection.execute_batch("ROLLBACK").unwrap();
        for _ in 0..2 {
            assert!(run_file.commit().is_err());
            assert_eq!(run_file.unsaved().len(), 1);
        }
    }
}
