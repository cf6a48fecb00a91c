//! The files of a run, and what a crash leaves of them.

use fastrand::Rng;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What becomes of a commit during which the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tear {
    /// It was over.
    None,
    /// Some of its sectors are on the disk.
    Sectors,
    /// It is there up to some byte.
    Cut,
    /// What follows some byte is garbage.
    Garbage,
}

impl Tear {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Sectors, Self::Cut, Self::Garbage];
}

/// What a disk writes at once.
const SECTOR: usize = 512;

/// A folder with the files of a run.
#[derive(Debug)]
pub(crate) struct Disk {
    root: TempDir,
    /// The files of the run file as they were at the commit before the last one.
    before: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let disk = Self {
            root: TempDir::new().unwrap(),
            before: RefCell::default(),
        };
        std::fs::create_dir(disk.folder()).unwrap();
        disk
    }

    /// Where the user works.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn frozen(&self) -> PathBuf {
        self.root.path().join("frozen")
    }

    /// Remembers a commit, so that the next one can be torn.
    pub(crate) fn remember(&self) {
        *self.before.borrow_mut() = read(&self.folder());
    }

    /// Copies everything as it is on the disk at this moment. Says how it was torn.
    pub(crate) fn freeze(&self, tear: Tear, rng: &mut Rng) -> String {
        let mut files = read(&self.folder());
        let before = self.before.borrow();
        let mut torn = String::new();
        let commits = |name: &&String| ["input.run", "input.run-wal"].contains(&name.as_str());
        let changed = |name: &&String| before.get(*name) != files.get(*name);
        // Pages are copied into the file while the log has them; it begins anew, with other salts in its
        // header (SQLite: WAL file format), when all of them are on the disk.
        let is_same_log = log_header(&before) == log_header(&files);
        let torn_by_then = |name: &&String| is_same_log || *name != "input.run";
        let names: Vec<String> = files
            .keys()
            .filter(commits)
            .filter(changed)
            .filter(torn_by_then)
            .cloned()
            .collect();
        let name = rng.choice(&names).filter(|_| tear != Tear::None);
        if let Some(name) = name.filter(|_| before.contains_key("input.run")) {
            // A commit is in the log, all of it, before anything is copied into the file; and what
            // is copied are pages here and there.
            let is_log = name.ends_with("-wal");
            if is_log && is_same_log {
                files.insert("input.run".to_owned(), before["input.run"].clone());
            }
            let tear = if is_log { tear } else { Tear::Sectors };
            // Nothing of an earlier log is in one that began anew.
            let old = before.get(name).filter(|_| is_same_log);
            let old = old.map_or(&[][..], Vec::as_slice);
            let new = mixed(old, &files[name], tear, rng);
            torn = format!(
                ", {name} torn ({tear:?}): {} to {} bytes",
                old.len(),
                new.len()
            );
            files.insert(name.clone(), new);
        }
        let frozen = self.frozen();
        let _ = std::fs::remove_dir_all(&frozen);
        std::fs::create_dir(&frozen).unwrap();
        for (name, content) in files {
            std::fs::write(frozen.join(name), content).unwrap();
        }
        torn
    }

    /// The program is gone, and somebody looks at what is left.
    pub(crate) fn thaw(&self) {
        std::fs::remove_dir_all(self.folder()).unwrap();
        std::fs::rename(self.frozen(), self.folder()).unwrap();
        self.before.borrow_mut().clear();
    }

    /// A copy of everything, in which nothing is spoiled by looking.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        for (name, content) in read(&self.folder()) {
            std::fs::write(copy.path().join(name), content).unwrap();
        }
        copy
    }
}

fn log_header(files: &BTreeMap<String, Vec<u8>>) -> Option<&[u8]> {
    files.get("input.run-wal")?.get(..32)
}

fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    entries
        .map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// A file that was `old` and was to become `new`.
fn mixed(old: &[u8], new: &[u8], tear: Tear, rng: &mut Rng) -> Vec<u8> {
    let differs = |at: usize| old.get(at) != new.get(at);
    let first = (0..old.len().max(new.len()))
        .find(|at| differs(*at))
        .unwrap_or(new.len());
    let at = rng.usize(first.min(new.len())..=new.len());
    match tear {
        Tear::None => new.to_vec(),
        Tear::Cut => {
            let rest = old.get(at..).unwrap_or_default();
            [&new[..at], rest].concat()
        }
        Tear::Garbage => {
            let mut file = new.to_vec();
            file[at..].iter_mut().for_each(|byte| *byte = rng.u8(..));
            file
        }
        Tear::Sectors => {
            let mut file = new.to_vec();
            for (number, sector) in file.chunks_mut(SECTOR).enumerate() {
                let before = old.get(number * SECTOR..).unwrap_or_default();
                if rng.bool() {
                    let kept = before.len().min(sector.len());
                    sector[..kept].copy_from_slice(&before[..kept]);
                    sector[kept..].fill(0);
                }
            }
            file
        }
    }
}
