//! A look at a run file that leaves it as it is.

use super::log::{has_content, keep_log, log_of};
use super::opening::check_identity;
use super::place::beside;
use super::{Doing, RunFile, RunFileError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::OpenFlags;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A run file that is looked at: all that is read of one can be read.
#[derive(Debug)]
pub struct Look {
    run_file: RunFile,
    /// Where a copy is looked at: a folder of its own, which goes with this.
    _copied_to: Option<TempDir>,
}

impl Deref for Look {
    type Target = RunFile;

    fn deref(&self) -> &RunFile {
        &self.run_file
    }
}

impl RunFile {
    /// Opens a run file to look at it: what it says stays the same, and so does what is beside it.
    /// What a process that was killed left in the log counts.
    ///
    /// (Where a process was killed while it read the input, `SQLite` takes back what is there of the
    /// rows, as whoever opens the file next would.)
    pub fn look(path: &Path) -> Result<Look, RunFileError> {
        check_identity(path)?;
        match Self::look_as_writer(path, path) {
            // A folder or a file that is read-only, for one.
            Err(RunFileError::Database { .. } | RunFileError::ReadOnly { .. }) => {
                Self::look_as_reader(path)
            }
            looked => looked.map(|run_file| Look {
                run_file,
                _copied_to: None,
            }),
        }
    }

    /// Opens `place` as for writing, which keeps others out and needs no index of the log beside the
    /// file; but nothing is written, and the log stays a log.
    fn look_as_writer(path: &Path, place: &Path) -> Result<Self, RunFileError> {
        let run_file = Self::connect_to(path, place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        run_file.doing(Doing::Open, |connection| {
            keep_log(connection, true)?;
            connection.execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; BEGIN IMMEDIATE;
                 PRAGMA query_only = ON",
            )
        })?;
        let found_log = has_content(&log_of(place));
        run_file.doing(Doing::Open, |connection| keep_log(connection, found_log))?;
        run_file.check_log(found_log)?;
        run_file.counted()
    }

    /// Looks at a file that cannot be opened for writing: as it stands, or at a copy where it has a
    /// log, because that is read into an index which would be beside the file.
    fn look_as_reader(path: &Path) -> Result<Look, RunFileError> {
        const COMPANIONS: [&str; 2] = ["-wal", "-journal"];
        let has = |ending: &&str| has_content(&beside(path, ending));
        if !COMPANIONS.iter().any(has) {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let run_file = Self::connect_to(path, &immutable(path), flags)?;
            run_file.check_log(false)?;
            return Ok(Look {
                run_file: run_file.counted()?,
                _copied_to: None,
            });
        }
        let copied = || {
            let folder = tempfile::tempdir()?;
            let copy = folder.path().join("copy.run");
            copy_content(path, &copy)?;
            let mut companions = COMPANIONS.iter().filter(|ending| has(ending));
            companions.try_for_each(|ending| {
                copy_content(&beside(path, ending), &beside(&copy, ending))
            })?;
            Ok((folder, copy))
        };
        let (folder, copy) = copied().map_err(|source| RunFileError::Io {
            path: path.to_owned(),
            doing: Doing::Copy,
            source,
        })?;
        Ok(Look {
            run_file: Self::look_as_writer(path, &copy)?,
            _copied_to: Some(folder),
        })
    }

    fn counted(mut self) -> Result<Self, RunFileError> {
        self.count()?;
        Ok(self)
    }
}

/// Copies what is in a file, and not who may read and write it.
fn copy_content(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::create_new(to)?).map(drop)
}

/// The name by which `SQLite` reads a file that nobody changes meanwhile, without a lock and without
/// anything beside it (`SQLite`: URI filenames).
fn immutable(path: &Path) -> PathBuf {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b':');
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if cfg!(windows) {
        let slash = |byte: &mut u8| {
            if *byte == b'\\' {
                *byte = b'/';
            }
        };
        bytes.iter_mut().for_each(slash);
        bytes.insert(0, b'/');
    }
    format!("file://{}?immutable=1", percent_encode(&bytes, PLAIN)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{BatchId, Outcome};
    use crate::jobs::{Action, ItemId, Settlement, Stage};
    use crate::shell::run_file::RowId;
    use crate::shell::run_file::tests::{NOW, with_items};

    /// Everything in a folder, byte by byte.
    fn content(folder: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut content: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        content.sort();
        content
    }

    /// What a process leaves that is killed when one of two items has ended and the other is on its
    /// way.
    fn killed(name: &str) -> (TempDir, PathBuf) {
        let (life, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (mut run_file, items) = with_items(&life, &["a", "b"]);
        run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
        run_file.commit().unwrap();
        let done = Settlement::succeeded(Action::Created);
        run_file.settle(items[0], &done, 1, NOW).unwrap();
        run_file.commit().unwrap();
        let path = after.path().join(name);
        for ending in ["", "-wal"] {
            let from = beside(&life.path().join("a.run"), ending);
            std::fs::copy(from, beside(&path, ending)).unwrap();
        }
        (after, path)
    }

    #[track_caller]
    fn is_seen(look: &RunFile) {
        let tally = look.tally();
        assert_eq!(
            (tally.lines, tally.sent, tally.count(Outcome::Succeeded)),
            (2, 1, 1)
        );
        assert_eq!(look.header().unwrap().job, "tap");
    }

    #[test]
    fn a_look_sees_what_was_committed_and_changes_nothing() {
        let (folder, path) = killed("a.run");
        let before = content(&folder);
        assert_eq!(before.len(), 2);
        is_seen(&RunFile::look(&path).unwrap());
        assert_eq!(content(&folder), before);
        is_seen(&RunFile::look_as_reader(&path).unwrap());
        assert_eq!(content(&folder), before);
        // Once it was opened and closed there is no log any more.
        RunFile::open(&path).unwrap().commit().unwrap();
        let before = content(&folder);
        assert_eq!(before.len(), 1);
        is_seen(&RunFile::look(&path).unwrap());
        is_seen(&RunFile::look_as_reader(&path).unwrap());
        assert_eq!(content(&folder), before);
    }

    #[test]
    fn a_name_that_means_something_in_an_address_is_a_name() {
        let (folder, path) = killed("50% of #1?a=b ä.run");
        RunFile::open(&path).unwrap().commit().unwrap();
        let before = content(&folder);
        is_seen(&RunFile::look_as_reader(&path).unwrap());
        assert_eq!(content(&folder), before);
    }

    #[test]
    fn a_file_without_its_log_is_not_taken_for_the_whole_however_often_it_is_opened() {
        let (_folder, path) = killed("a.run");
        std::fs::remove_file(log_of(&path)).unwrap();
        for empty in [false, true] {
            if empty {
                // As another process makes one that has just opened the file.
                std::fs::write(log_of(&path), b"").unwrap();
            }
            let missing = |opened: Result<(), RunFileError>| {
                assert!(matches!(opened, Err(RunFileError::LogMissing { .. })));
            };
            missing(RunFile::look(&path).map(drop));
            missing(RunFile::look_as_reader(&path).map(drop));
            missing(RunFile::open(&path).map(drop));
        }
    }

    #[test]
    fn nothing_can_be_written_by_looking() {
        let (_folder, path) = killed("a.run");
        for look in [RunFile::look(&path), RunFile::look_as_reader(&path)] {
            assert!(look.unwrap().remember_results("x", 0).is_err());
        }
        let mut run_file = RunFile::open(&path).unwrap();
        assert_eq!(run_file.results_fingerprint().unwrap(), None);
        assert_eq!(
            run_file
                .pull(Stage::Work, ItemId(0), RowId::LAST, 9)
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn a_file_that_another_one_has_open_is_not_looked_at_even_while_its_input_is_read() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.run");
        let header = crate::shell::run_file::tests::header("https://x");
        let run_file = RunFile::create(&path, &header).unwrap();
        let in_use = |look: Result<Look, RunFileError>| {
            assert!(matches!(look, Err(RunFileError::InUse { .. })), "{look:?}");
        };
        in_use(RunFile::look_as_writer(&path, &path).map(|run_file| Look {
            run_file,
            _copied_to: None,
        }));
        drop(run_file);
    }
}
