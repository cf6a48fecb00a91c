//! A run whose rows are in its run file: it is driven, and its results are written.

use super::{RunError, Summary};
use crate::engine::{Limits, Scheduler};
use crate::jobs::{Job, Work};
use crate::shell::clock::{Clock, ServiceClock};
use crate::shell::driver::{Driver, Ended, Observer, Orders};
use crate::shell::results::{Destination, Existing};
use crate::shell::run_file::{Header, RowCounts, RunFile, RunFileError};
use crate::shell::token::Credential;
use crate::shell::transport::Transport;
use std::path::PathBuf;

/// As many reasons as somebody reads; the results have them all.
pub const TROUBLES_SHOWN: u32 = 5;

/// A run whose rows are in its run file.
pub(super) struct UnderWay {
    pub(super) job: &'static dyn Job,
    pub(super) work: Box<dyn Work>,
    pub(super) run_file: RunFile,
    pub(super) run_file_path: PathBuf,
    /// Where the results go, if they can.
    pub(super) destination: Destination,
    pub(super) existing: Existing,
    /// Where the file of an earlier run is, which was in its place.
    pub(super) earlier: Option<PathBuf>,
    /// The input's columns that are carried into the results.
    pub(super) columns: Vec<String>,
    /// The first rows that were refused, each with its reason.
    pub(super) refusals: Vec<String>,
    /// Whether it had begun before.
    pub(super) went_on: bool,
    pub(super) clock: Clock,
}

impl UnderWay {
    /// Sends what is left to send, and writes the results.
    pub(super) async fn go_on<T: Transport, C: Credential>(
        mut self,
        limits: Limits,
        orders: Orders,
        transport: &T,
        credential: &C,
        observer: &mut dyn Observer,
    ) -> Result<Summary, RunError> {
        let driver = Driver {
            transport,
            credential,
            clock: self.clock,
            run_file: &mut self.run_file,
            scheduler: Scheduler::new(limits, seed(self.clock)),
            orders,
            service_clock: ServiceClock::default(),
        };
        let done = driver.drive(self.work.as_ref(), observer).await;
        let (ended, statistics) = done.map_err(|source| self.stopped(source))?;
        let counted = self.run_file.count_twins();
        counted.map_err(|source| self.stopped(source))?;
        let by_row = counts_by_row(self.job, &self.run_file, &self.columns);
        let by_row = by_row.map_err(|source| self.stopped(source))?;
        let troubles = self.run_file.troubles(TROUBLES_SHOWN);
        let troubles = troubles.map_err(|source| self.stopped(source))?;
        let left_out = self.run_file.left_out();
        let left_out = left_out.map_err(|source| self.stopped(source))?;
        let tally = self.run_file.tally().clone();
        let unwritten = |source| RunError::Unwritten {
            run_file: self.run_file_path.clone(),
            source,
        };
        let written = self
            .destination
            .write(&self.run_file, self.job, &self.columns, self.existing)
            .map_err(unwritten)?;
        let passes = self.run_file.passes()?;
        self.destination.remember_in(&mut self.run_file, passes);
        let header = self.run_file.header()?;
        let run_file = match ended {
            Ended::Refused => {
                if let Err(error) = self.run_file.discard() {
                    // It holds nothing that anybody could miss; the next run removes it.
                    tracing::warn!("{error}");
                }
                None
            }
            Ended::RunFileGone => None,
            _ => Some(self.run_file_path),
        };
        Ok(Summary {
            job: self.job,
            ended,
            went_on: self.went_on,
            tally,
            by_row,
            troubles,
            refusals: self.refusals,
            left_out,
            statistics,
            took: self.clock.now().since_start(),
            results: self.destination,
            moved: written.moved,
            earlier: self.earlier,
            can_go_on: header.tenant != Header::SANDBOX,
            run_file,
        })
    }
}

impl UnderWay {
    fn stopped(&self, source: RunFileError) -> RunError {
        RunError::Stopped {
            run_file: self.run_file_path.clone(),
            unsaved: self.run_file.unsaved(),
            source: source.into(),
        }
    }
}

fn counts_by_row(
    job: &dyn Job,
    run_file: &RunFile,
    columns: &[String],
) -> Result<Vec<RowCounts>, RunFileError> {
    /// As many as fit on a screen; the results have them all.
    const SHOWN: u32 = 20;
    if job.item_columns().is_empty() {
        return Ok(Vec::new());
    }
    let is_required = |name: &String| {
        job.columns()
            .iter()
            .any(|column| column.required && column.is(name))
    };
    let required: Vec<bool> = columns.iter().map(is_required).collect();
    let mut counts = run_file.counts_by_row(SHOWN)?;
    for row in &mut counts {
        let mut required = required.iter();
        row.cells
            .retain(|_| required.next().copied().unwrap_or_default());
    }
    Ok(counts)
}

/// Jitter needs no secret, only to differ between runs.
fn seed(clock: Clock) -> u64 {
    let nanoseconds = clock.started_at().unix_timestamp_nanos().unsigned_abs();
    u64::try_from(nanoseconds & u128::from(u64::MAX)).unwrap_or_default()
}
