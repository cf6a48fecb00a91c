//! The log of a run file (`SQLite`: write-ahead log), in which a commit is one write in one place.
//!
//! What was committed last is in the log alone until the process ends in order. If it is killed, the
//! log stays beside the file, and whoever opens the file next finds in it what was sent and answered.
//! A file that somebody moved or copied without its log looks whole and is not: a pass that it does
//! not know of would be taken for one that somebody holds. So the file itself says whether it has a
//! log.

use super::header::{get, set};
use super::place::beside;
use super::{Doing, RunFile, RunFileError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};
use std::path::{Path, PathBuf};

/// The log of the run file at `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Whether there is a log with something in it at `path`. An empty one is made by whoever opens a file;
/// that of a process that wrote has never been empty.
pub(super) fn has_content(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// Puts all that is in the log into the file: `PASSIVE` leaves it in the log too, `TRUNCATE` does not.
fn copy_log(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    let checkpoint = format!("PRAGMA wal_checkpoint({mode})");
    connection.query_row(&checkpoint, [], |row| {
        let (busy, frames, copied): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if busy == 0 && frames == copied {
            return Ok(());
        }
        let what = "not all of its log can be copied".to_owned();
        let error = ffi::Error::new(ffi::SQLITE_ERROR);
        Err(rusqlite::Error::SqliteFailure(error, Some(what)))
    })
}

/// Takes back what was not committed.
fn roll_back(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() {
        return Ok(());
    }
    connection.execute_batch("ROLLBACK")
}

/// Whether the log stays beside the file when it is closed.
pub(super) fn keep_log(connection: &Connection, stays: bool) -> rusqlite::Result<()> {
    let option = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(option, stays).map(drop)
}

/// Whether the file says that it has a log.
fn says_so(connection: &Connection) -> rusqlite::Result<bool> {
    let log = get(connection, "log")?;
    Ok(log.is_some_and(|log| !log.is_empty()))
}

impl RunFile {
    /// Changes go into the log from now on. Until then they go into the file itself: what the input
    /// adds to an empty file need not be written twice.
    pub(super) fn begin_log(&mut self) -> Result<(), RunFileError> {
        self.check_place()?;
        self.doing(Doing::Write, |connection| {
            connection.execute_batch("PRAGMA journal_mode = WAL")
        })?;
        self.has_log = true;
        self.doing(Doing::Write, |connection| {
            if says_so(connection)? {
                return Ok(());
            }
            // First the log has something in it, and keeps it; then the file says so.
            set(connection, "log", "open")?;
            copy_log(connection, "PASSIVE")
        })
    }

    /// Makes sure that a file which has a log was found with it.
    pub(super) fn check_log(&self, found: bool) -> Result<(), RunFileError> {
        if self.doing(Doing::Open, says_so)? && !found {
            return Err(RunFileError::LogMissing {
                path: self.path.clone(),
                log: log_of(&self.path),
            });
        }
        Ok(())
    }

    /// There is no log any more, and everything is in the file.
    pub(super) fn give_up_log(&mut self) -> Result<(), RunFileError> {
        self.doing(Doing::Write, |connection| {
            if self.has_log {
                self.end_log()
            } else {
                roll_back(connection)
            }
        })?;
        self.has_log = false;
        // Of a file in which everything is already this changes the first page alone, and needs no room
        // on the disk.
        self.doing(Doing::Write, |connection| {
            connection.execute_batch("PRAGMA journal_mode = MEMORY")
        })
    }

    /// Everything goes into the file while that says that there is a log; then that there is none; and
    /// then there is none. (All at once would not do: pages are copied one after the other.)
    pub(super) fn end_log(&self) -> rusqlite::Result<()> {
        keep_log(&self.connection, true)?;
        roll_back(&self.connection)?;
        copy_log(&self.connection, "PASSIVE")?;
        set(&self.connection, "log", "")?;
        copy_log(&self.connection, "TRUNCATE")?;
        keep_log(&self.connection, false)
    }
}

impl Drop for RunFile {
    /// What was not committed is taken back, as after a crash.
    fn drop(&mut self) {
        if self.has_log {
            // Where the disk is full the log stays beside the file, as after a crash.
            let _ = self.end_log();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, with_items};
    use super::*;
    use crate::engine::{BatchId, Outcome};
    use crate::jobs::{Action, Settlement};
    use tempfile::TempDir;

    /// What somebody sees who copied the file alone.
    fn alone(path: &Path) -> Result<u64, RunFileError> {
        let elsewhere = TempDir::new().unwrap();
        let copy = elsewhere.path().join("copy.run");
        std::fs::copy(path, &copy).unwrap();
        RunFile::look(&copy).map(|look| look.tally().count(Outcome::Succeeded))
    }

    #[test]
    fn a_file_says_that_it_has_a_log_until_all_of_that_is_in_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.run");
        let (mut run_file, items) = with_items(&folder, &["a"]);
        run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
        let done = Settlement::succeeded(Action::Created);
        run_file.settle(items[0], &done, 1, NOW).unwrap();
        run_file.commit().unwrap();
        assert!(matches!(alone(&path), Err(RunFileError::LogMissing { .. })));
        // All is in the file, and it does not say so yet.
        copy_log(&run_file.connection, "PASSIVE").unwrap();
        set(&run_file.connection, "log", "").unwrap();
        assert!(matches!(alone(&path), Err(RunFileError::LogMissing { .. })));
        drop(run_file);
        assert_eq!(alone(&path).unwrap(), 1);
    }
}
