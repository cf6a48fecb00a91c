//! How fast a run goes over time, as CSV.

use super::driver::{Observer, Progress};
use crate::engine::{Moment, PaceReading, Workload};
use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The columns. Each line is of one workload at one moment.
const COLUMNS: [&str; 11] = [
    "elapsed_seconds",
    "workload",
    "rate",
    "estimate",
    "phase",
    "credit",
    "batches_in_flight",
    "sent",
    "delivered",
    "throttled",
    "paused_seconds",
];

/// How soon a line of a workload follows another one, unless something was throttled in between.
const EVERY: Duration = Duration::from_millis(250);

/// As many lines as somebody looks at; less than 100 MB.
const LINES_AT_MOST: u64 = 1_000_000;

/// Why a trace cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PaceTraceError {
    /// The file system said no.
    #[error("cannot write the pace trace to `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Something else is there, which could be missed.
    #[error("cannot write the pace trace to `{}`: what is there is no pace trace", path.display())]
    InTheWay {
        /// What is there.
        path: PathBuf,
    },
    /// It is a folder, or something else than a file.
    #[error("cannot write the pace trace to `{}`: it is no file", path.display())]
    NoFile {
        /// What it is.
        path: PathBuf,
    },
    /// Another run is writing to it.
    #[error("cannot write the pace trace to `{}`: another bulkgraph does", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
}

/// Writes down how fast a run goes, and passes on what it sees.
///
/// Nothing of it can hurt the run: where a line cannot be written the trace is given up with a
/// warning.
pub struct PaceTrace<'a, W: Write = File> {
    observer: &'a mut dyn Observer,
    /// Where lines go; `None` if nobody asked for them, and when they have been given up.
    lines: Option<csv::Writer<W>>,
    /// What empties the place before the first line is written.
    empty: Option<fn(&W) -> io::Result<()>>,
    path: PathBuf,
    written: u64,
    /// The newest line of each workload, and when it was written.
    last: HashMap<Workload, (Duration, PaceReading)>,
    /// What the newest turn showed, and when it was.
    newest: (Duration, Vec<PaceReading>),
}

impl<'a> PaceTrace<'a> {
    /// Makes sure that the trace can be written, and begins it. An earlier trace is replaced as soon
    /// as there is something to write down, and nothing else is. Without a path there is no trace.
    pub fn open(
        path: Option<&Path>,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, PaceTraceError> {
        let Some(path) = path else {
            return Ok(Self::of(None, Path::new(""), observer));
        };
        let failed = |source| PaceTraceError::Io {
            path: path.to_owned(),
            source,
        };
        let in_the_way = || PaceTraceError::InTheWay {
            path: path.to_owned(),
        };
        // What is standard output elsewhere would be a file of that name here.
        if path == Path::new("-") || (path.exists() && !path.is_file()) {
            let path = path.to_owned();
            return Err(PaceTraceError::NoFile { path });
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            // Where files cannot be locked, nobody can know.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                let path = path.to_owned();
                return Err(PaceTraceError::InUse { path });
            }
        }
        if !is_trace(&mut file).map_err(failed)? {
            return Err(in_the_way());
        }
        let lines = csv::Writer::from_writer(file);
        let mut trace = Self::of(Some(lines), path, observer);
        trace.empty = Some(empty);
        Ok(trace)
    }
}

/// Whether a file holds an earlier trace, or nothing.
fn is_trace(file: &mut File) -> io::Result<bool> {
    let beginning = COLUMNS.join(",");
    let mut there = Vec::new();
    let length = u64::try_from(beginning.len()).unwrap_or(u64::MAX);
    file.take(length).read_to_end(&mut there)?;
    Ok(there.is_empty() || there == beginning.as_bytes())
}

/// Empties a file.
fn empty(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    io::Seek::rewind(&mut file)
}

impl<'a, W: Write> PaceTrace<'a, W> {
    fn of(lines: Option<csv::Writer<W>>, path: &Path, observer: &'a mut dyn Observer) -> Self {
        Self {
            observer,
            lines,
            empty: None,
            path: path.to_owned(),
            written: 0,
            last: HashMap::new(),
            newest: (Duration::ZERO, Vec::new()),
        }
    }

    /// Writes down what the newest turn showed, of each workload where there is news and the last
    /// line is `every` ago.
    fn write(&mut self, every: Duration) {
        let Some(lines) = &mut self.lines else {
            return;
        };
        let (elapsed, readings) = &self.newest;
        let is_due = |reading: &&PaceReading| match self.last.get(&reading.workload) {
            // Where nothing was sent to there is nothing to see.
            None => reading.traffic.sent > 0,
            Some((at, last)) => {
                is_throttling(last, reading)
                    || (is_news(last, reading) && elapsed.saturating_sub(*at) >= every)
            }
        };
        let due: Vec<PaceReading> = readings.iter().filter(is_due).copied().collect();
        if due.is_empty() {
            return;
        }
        let mut write = || {
            if let Some(empty) = self.empty.take() {
                empty(lines.get_ref())?;
                lines.write_record(COLUMNS)?;
            }
            for reading in &due {
                lines.write_record(cells(*elapsed, reading))?;
            }
            lines.flush()
        };
        if let Err(error) = write() {
            let path = self.path.display();
            tracing::warn!("the pace trace in `{path}` ends here: {error}");
            self.lines = None;
            return;
        }
        for reading in due {
            self.written += 1;
            self.last.insert(reading.workload, (*elapsed, reading));
        }
        if self.written >= LINES_AT_MOST {
            let path = self.path.display();
            tracing::warn!("the pace trace in `{path}` ends here: it has {LINES_AT_MOST} lines");
            self.lines = None;
        }
    }
}

impl<W: Write> Observer for PaceTrace<'_, W> {
    fn turn(&mut self, progress: &Progress<'_>) {
        self.observer.turn(progress);
        if self.lines.is_some() {
            self.newest = (progress.elapsed, progress.paces.clone());
            self.write(EVERY);
        }
    }
}

/// The last lines show how it ended.
impl<W: Write> Drop for PaceTrace<'_, W> {
    fn drop(&mut self) {
        self.write(Duration::ZERO);
    }
}

impl<W: Write> fmt::Debug for PaceTrace<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaceTrace")
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// Credit gathers and the rate swings all the time, which is no news.
fn is_news(last: &PaceReading, reading: &PaceReading) -> bool {
    let PaceReading { credit, rate, .. } = *last;
    *last
        != PaceReading {
            rate,
            credit,
            ..*reading
        }
}

fn is_throttling(last: &PaceReading, reading: &PaceReading) -> bool {
    reading.traffic.throttled > last.traffic.throttled || reading.paused_until > last.paused_until
}

fn cells(elapsed: Duration, reading: &PaceReading) -> [String; COLUMNS.len()] {
    let number = |number: f64| format!("{number:.3}");
    let traffic = reading.traffic;
    let paused = reading.paused_until.unwrap_or_default();
    let paused = paused.since(Moment::at(elapsed));
    [
        number(elapsed.as_secs_f64()),
        reading.workload.as_str().to_owned(),
        number(reading.rate),
        number(reading.estimate),
        reading.phase.to_owned(),
        number(reading.credit),
        reading.batches_in_flight.to_string(),
        traffic.sent.to_string(),
        traffic.delivered.to_string(),
        traffic.throttled.to_string(),
        number(paused.as_secs_f64()),
    ]
}

#[cfg(test)]
mod tests;
