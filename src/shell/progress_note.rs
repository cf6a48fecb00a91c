//! What a run says of itself while nobody else can read its run file.

use super::clock::Clock;
use super::driver::{Observer, Progress};
use super::run_file::{Tally, progress_note_of};
use super::speed::Speed;
use crate::engine::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::format_description::well_known::Rfc3339;

/// How soon a note follows another one.
const EVERY: Duration = Duration::from_secs(2);

/// More than any note is long.
const BYTES_AT_MOST: u64 = 1 << 16;

/// What a run is about, as far as its note says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The job's name.
    pub job: String,
    /// The input file, with its folder.
    pub input: String,
    /// When the run began, RFC 3339.
    pub began: String,
}

/// What a run last said of itself. Nothing in it is a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The version of this form.
    pub version: u32,
    /// The process that runs it.
    pub process: u32,
    /// When it was written, RFC 3339.
    pub at: String,
    /// What the run is about.
    pub about: About,
    /// Result lines that there will be, as far as is known.
    pub lines: u64,
    /// Result lines by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Result lines whose write is on its way.
    pub sent: u64,
    /// Rows that ended in a second, of late; nothing where too little was seen.
    pub rows_per_second: Option<f64>,
    /// Requests a second of each workload that are sent at most.
    pub requests_per_second: BTreeMap<String, f64>,
    /// Seconds until the rows that are known have ended, at that pace.
    pub seconds_left: Option<u64>,
    /// For how many more seconds the service wants nothing.
    pub paused_seconds: Option<u64>,
    /// What is in the way.
    pub trouble: Option<String>,
    /// Whether it is about to end.
    pub stopping: bool,
}

impl Note {
    const VERSION: u32 = 1;

    /// What the process says that has the run file open. There is no knowing from the note whether
    /// it still has: that only opening the run file can tell.
    pub fn read(run_file: &Path) -> Option<Self> {
        let path = progress_note_of(run_file);
        // Anything else may keep its reader waiting.
        if !path.is_file() {
            return None;
        }
        let mut text = String::new();
        let mut file = fs::File::open(path).ok()?.take(BYTES_AT_MOST);
        file.read_to_string(&mut text).ok()?;
        let note: Self = serde_json::from_str(&text).ok()?;
        (note.version == Self::VERSION).then_some(note)
    }

    /// The counts that it says.
    pub fn tally(&self) -> Tally {
        Tally {
            lines: self.lines,
            outcomes: self.outcomes.clone(),
            sent: self.sent,
            warned: 0,
        }
    }
}
