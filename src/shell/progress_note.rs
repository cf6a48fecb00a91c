//! What a run says of itself in a file beside its run file, which nobody else can read meanwhile.

use super::clock::Clock;
use super::driver::{Observer, Progress};
use super::run_file::{Tally, note_beside};
use super::speed::Speed;
use crate::engine::{Status, Workload};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How soon a note follows another one.
const EVERY: Duration = Duration::from_secs(2);

/// What a run last said of itself. Nothing in it is a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The version of this form.
    pub version: u32,
    /// The process that wrote it.
    pub process: u32,
    /// When it was written, RFC 3339.
    pub at: String,
    /// What the run is about.
    #[serde(flatten)]
    pub about: About,
    /// Result lines that there will be, as far as is known.
    pub lines: u64,
    /// Result lines that are settled, by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Result lines whose write is on its way.
    pub sent: u64,
    /// Rows that ended in a second, in the last minute; nothing where too little was seen.
    pub rows_per_second: Option<f64>,
    /// Requests that got through in a second, by workload, in the last minute.
    pub requests_per_second: BTreeMap<String, f64>,
    /// Seconds until the lines that are known have ended.
    pub seconds_left: Option<u64>,
    /// For how many more seconds the service wants nothing.
    pub paused_seconds: Option<u64>,
    /// What is in the way.
    pub trouble: Option<String>,
    /// Whether nothing new is sent any more.
    pub stopping: bool,
}

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The job's name.
    pub job: String,
    /// The input file, with its folder.
    pub input: String,
    /// When the run began, RFC 3339.
    pub began: String,
}

impl Note {
    const VERSION: u32 = 1;

    /// What was last said by a process that has the run file open. Whether one has, only opening the
    /// run file can tell: a process that was killed leaves its note behind.
    pub fn read(run_file: &Path) -> Option<Self> {
        /// More than any note is long.
        const LONGEST: u64 = 1 << 16;
        let path = note_beside(run_file);
        // Something else, such as a pipe, might keep its reader waiting.
        if !path.is_file() {
            return None;
        }
        let mut text = String::new();
        let file = std::fs::File::open(path).ok()?;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        let note: Self = serde_json::from_str(&text).ok()?;
        (note.version == Self::VERSION).then_some(note)
    }

    /// Its counts.
    pub fn tally(&self) -> Tally {
        let outcome = |(word, count): (&String, &u64)| match Status::from_word(word)? {
            Status::Settled(outcome) => Some((outcome, *count)),
            _ => None,
        };
        Tally {
            lines: self.lines,
            outcomes: self.outcomes.iter().filter_map(outcome).collect(),
            sent: self.sent,
            warned: 0,
        }
    }

    /// When it was written.
    pub fn at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.at, &Rfc3339).ok()
    }
}

/// Writes the note, and passes on what it sees. Nothing of it can hurt the run: where a note cannot
/// be written there is a warning. When the run is over it takes the note away.
pub struct ProgressNote<'a> {
    observer: &'a mut dyn Observer,
    path: PathBuf,
    about: About,
    clock: Clock,
    rows: Speed,
    requests: HashMap<Workload, Speed>,
    /// When the next note is due, since the start.
    next: Duration,
    has_warned: bool,
}

impl<'a> ProgressNote<'a> {
    /// Will write notes beside a run file, from the first turn on: before, the file may be another
    /// process's.
    pub fn new(
        run_file: &Path,
        about: About,
        clock: Clock,
        observer: &'a mut dyn Observer,
    ) -> Self {
        Self {
            observer,
            path: note_beside(run_file),
            about,
            clock,
            rows: Speed::default(),
            requests: HashMap::new(),
            next: Duration::ZERO,
            has_warned: false,
        }
    }

    fn note(&self, progress: &Progress<'_>) -> Note {
        let tally = progress.tally;
        let outcome = |(outcome, count): (&_, &u64)| {
            let word = Status::Settled(*outcome).as_str();
            (word.to_owned(), *count)
        };
        let requests = self.requests.iter().filter_map(|(workload, speed)| {
            let per_second = speed.per_second().filter(|rate| *rate > 0.0)?;
            Some((workload.as_str().to_owned(), tenths(per_second)))
        });
        let rest = tally.lines.saturating_sub(tally.settled_lines());
        Note {
            version: Note::VERSION,
            process: std::process::id(),
            at: self.clock.wall().format(&Rfc3339).unwrap_or_default(),
            about: self.about.clone(),
            lines: tally.lines,
            outcomes: tally.outcomes.iter().map(outcome).collect(),
            sent: tally.sent,
            rows_per_second: self.rows.per_second().map(tenths),
            requests_per_second: requests.collect(),
            seconds_left: self.rows.left(rest).map(|left| left.as_secs()),
            paused_seconds: progress.pause.map(|pause| pause.as_secs()),
            trouble: progress.trouble.map(str::to_owned),
            stopping: progress.stopping,
        }
    }
}

impl Observer for ProgressNote<'_> {
    fn turn(&mut self, progress: &Progress<'_>) {
        self.observer.turn(progress);
        let elapsed = progress.elapsed;
        self.rows.see(elapsed, progress.tally.settled_lines());
        for reading in &progress.paces {
            let speed = self.requests.entry(reading.workload).or_default();
            speed.see(elapsed, reading.traffic.delivered);
        }
        if elapsed < self.next {
            return;
        }
        self.next = elapsed + EVERY;
        if let Err(error) = write(&self.path, &self.note(progress))
            && !std::mem::replace(&mut self.has_warned, true)
        {
            let path = self.path.display();
            tracing::warn!("cannot write `{path}`, which `bulkgraph status` reads: {error}");
        }
    }
}

impl Drop for ProgressNote<'_> {
    fn drop(&mut self) {
        // Before the first turn the run file, and with it the note, may have been another process's.
        if self.next > Duration::ZERO {
            // It is not true any more, and says so by its time where it cannot be taken away.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl fmt::Debug for ProgressNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressNote")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Whole or not at all, and readable by its owner only. It need not outlive the machine.
fn write(path: &Path, note: &Note) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::with_prefix_in(".progress.", folder.unwrap_or(Path::new(".")))?;
    file.write_all(serde_json::to_string(note)?.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Nobody needs more digits.
fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Outcome, Statistics};
    use crate::shell::progress::Silent;
    use tempfile::TempDir;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2026-11-20 12:00:00 UTC);

    fn about() -> About {
        let text = str::to_owned;
        About {
            job: text("tap"),
            input: text("/in/wave.csv"),
            began: text("2026-11-20T12:00:00Z"),
        }
    }

    /// Shows a turn in which so many of 100 rows are done after so many seconds.
    fn turn(note: &mut ProgressNote<'_>, seconds: u64, done: u64) {
        let tally = Tally {
            lines: 100,
            outcomes: [(Outcome::Succeeded, done)].into(),
            sent: 2,
            warned: 0,
        };
        note.turn(&Progress {
            tally: &tally,
            statistics: Statistics::default(),
            pause: Some(Duration::from_secs(9)),
            trouble: Some("429"),
            in_flight: 1,
            idle: None,
            paces: Vec::new(),
            stopping: false,
            elapsed: Duration::from_secs(seconds),
        });
    }

    fn files(folder: &TempDir) -> usize {
        std::fs::read_dir(folder.path()).unwrap().count()
    }

    #[test]
    fn a_note_says_how_far_it_is_at_most_every_two_seconds_and_goes_with_the_run() {
        let folder = TempDir::new().unwrap();
        let run_file = folder.path().join("wave.run");
        let mut silent = Silent;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let clock = Clock::start_at(NOON);
            let mut note = ProgressNote::new(&run_file, about(), clock, &mut silent);
            assert_eq!(files(&folder), 0);
            for (seconds, done, noted) in
                [(0, 0, 0), (1, 5, 0), (2, 10, 10), (3, 15, 10), (10, 50, 50)]
            {
                turn(&mut note, seconds, done);
                let read = Note::read(&run_file).unwrap();
                assert_eq!(read.tally().settled_lines(), noted, "after {seconds} s");
                assert_eq!(files(&folder), 1);
            }
            let read = Note::read(&run_file).unwrap();
            assert_eq!(
                (read.about.clone(), read.process),
                (about(), std::process::id())
            );
            assert_eq!(
                (read.rows_per_second, read.seconds_left),
                (Some(5.0), Some(10))
            );
            assert_eq!(
                (read.paused_seconds, read.trouble.as_deref()),
                (Some(9), Some("429"))
            );
            assert_eq!((read.lines, read.tally().sent), (100, 2));
            assert!(read.at().unwrap() - NOON < time::Duration::MINUTE);
        });
        assert_eq!(files(&folder), 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_a_note() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("wave.run.progress");
        let mut silent = Silent;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let clock = Clock::start_at(NOON);
            let run_file = folder.path().join("wave.run");
            let mut note = ProgressNote::new(&run_file, about(), clock, &mut silent);
            turn(&mut note, 0, 0);
            let mode = path.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        });
    }

    #[test]
    fn what_is_no_note_of_this_version_says_nothing() {
        let folder = TempDir::new().unwrap();
        let run_file = folder.path().join("wave.run");
        for text in ["", "{", "{\"version\":1}", "[]"] {
            std::fs::write(note_beside(&run_file), text).unwrap();
            assert_eq!(Note::read(&run_file), None, "{text}");
        }
    }

    #[test]
    fn where_no_note_can_be_written_the_run_goes_on() {
        let folder = TempDir::new().unwrap();
        let run_file = folder.path().join("gone").join("wave.run");
        let mut silent = Silent;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let clock = Clock::start_at(NOON);
            let mut note = ProgressNote::new(&run_file, about(), clock, &mut silent);
            turn(&mut note, 0, 0);
            turn(&mut note, 2, 1);
            assert!(note.has_warned);
        });
    }
}
