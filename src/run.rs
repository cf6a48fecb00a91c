//! Puts the parts together: one execution of a job over one input file.

use crate::engine::{Limits, Scheduler, Statistics};
use crate::jobs::{self, Job, OptionError, Settings, Work};
use crate::shell::clock::Clock;
use crate::shell::driver::{Driver, Ended, Observer, Orders};
use crate::shell::files::{self, Files, FilesError};
use crate::shell::http::{self, HttpTransport, UrlError};
use crate::shell::input::{Input, InputError};
use crate::shell::loopback::Sandbox;
use crate::shell::pace_trace::{PaceTrace, PaceTraceError};
use crate::shell::results::{self, Destination, Existing, Results, ResultsError};
use crate::shell::run_file::{
    CheckedRow, Header, RowCounts, RunFile, RunFileError, Tally, Trouble,
};
use crate::shell::token::{Credential, EnvironmentToken, SandboxToken, SignInError};
use crate::shell::transport::Transport;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What is to be run, and how.
#[derive(Debug)]
pub struct Plan {
    /// The kind of work.
    pub job: &'static dyn Job,
    /// The job's own options.
    pub options: BTreeMap<String, String>,
    /// What is read and written.
    pub files: Files,
    /// Only so many rows from the top.
    pub rows: Option<u64>,
    /// Which tenant.
    pub tenant: TenantChoice,
    /// Moves an earlier run of that name aside.
    pub fresh: bool,
    /// How to use the service.
    pub limits: Limits,
    /// How to drive the run.
    pub orders: Orders,
}

/// Which tenant a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantChoice {
    /// A made-up one in this process.
    Sandbox,
    /// The one that the token belongs to, at this Graph host.
    Graph(String),
}

/// How a run went.
#[derive(Debug)]
pub struct Summary {
    /// The kind of work.
    pub job: &'static dyn Job,
    /// How it ended.
    pub ended: Ended,
    /// Counts of result lines.
    pub tally: Tally,
    /// Counts for the first rows of the input, for jobs whose rows become many lines; `cells` are
    /// those of the columns that the job requires.
    pub by_row: Vec<RowCounts>,
    /// The most frequent reasons for which lines failed or are in doubt.
    pub troubles: Vec<Trouble>,
    /// The first rows that were refused, each with its reason.
    pub refusals: Vec<String>,
    /// What went over the wire.
    pub statistics: Statistics,
    /// How long it took.
    pub took: Duration,
    /// Where the results are.
    pub results: Destination,
    /// Where a file is that was in their place.
    pub moved: Option<PathBuf>,
    /// Where the run file is, unless there was nothing to keep.
    pub run_file: Option<PathBuf>,
}

/// Why a run could not begin, or could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An option of the job makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The Graph host makes no sense.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The results cannot be written.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The run file cannot be used, and nothing was sent.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    /// How fast it goes cannot be written down, and nothing was sent.
    #[error(transparent)]
    PaceTrace(#[from] PaceTraceError),
    /// There is no token.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The files cannot be used as they are.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The run file is of a job that this version does not have.
    #[error("the run file is of a job `{0}`, which this bulkgraph does not have")]
    UnknownJob(String),
    /// The sandbox did not start.
    #[error("cannot start the sandbox")]
    Sandbox(#[source] std::io::Error),
    /// The run was under way when its run file failed; it can go on where the file says.
    #[error("the run stopped, because its run file failed: nothing was sent since")]
    Stopped(#[source] RunFileError),
    /// The run is over and its results could not be written; the run file has them.
    #[error("the run is over, but its results could not be written; `{}` has them", run_file.display())]
    Unwritten {
        /// The run file.
        run_file: PathBuf,
        /// The reason.
        source: ResultsError,
    },
}

/// Runs a plan to its end. Everything that can be found out before the first request is found out
/// before it.
pub async fn run(plan: Plan, observer: &mut dyn Observer) -> Result<Summary, RunError> {
    let clock = Clock::start();
    match &plan.tenant {
        TenantChoice::Sandbox => {
            let sandbox = Sandbox::start().map_err(RunError::Sandbox)?;
            let root = http::graph_root(&sandbox.url())?;
            tracing::info!(root, "the sandbox is up");
            let transport = HttpTransport::new(&root)?;
            run_at(plan, &root, &transport, &SandboxToken, clock, observer).await
        }
        TenantChoice::Graph(url) => {
            let root = http::graph_root(url)?;
            let transport = HttpTransport::new(&root)?;
            let credential = EnvironmentToken::read()?;
            run_at(plan, &root, &transport, &credential, clock, observer).await
        }
    }
}

/// Writes the results of a run again, as far as it came. Returns where a file is that was in their
/// place.
pub fn write_results(run_file: &Path, results: &Destination) -> Result<Option<PathBuf>, RunError> {
    if let Destination::File(path) = results {
        files::check_apart(run_file, "the results", path)?;
    }
    let results = Results::open(results)?;
    let run_file = RunFile::open(run_file)?;
    let header = run_file.header()?;
    let job = jobs::find(&header.job).ok_or(RunError::UnknownJob(header.job))?;
    let columns: Vec<String> = serde_json::from_str(&header.columns).unwrap_or_default();
    Ok(results.write(&run_file, job, &columns, Existing::MovedAside)?)
}

/// The same at a tenant that is reached by `transport`; in tests this is memory, and time is
/// virtual.
pub async fn run_at<T: Transport, C: Credential>(
    plan: Plan,
    graph_root: &str,
    transport: &T,
    credential: &C,
    clock: Clock,
    observer: &mut dyn Observer,
) -> Result<Summary, RunError> {
    let work = plan.job.configure(&Settings {
        options: plan.options.clone(),
        graph_root: graph_root.to_owned(),
        started_at: clock.started_at(),
    })?;
    let mut input = Input::open(&plan.files.input, plan.job.columns())?;
    let carried = carried_columns(&input, plan.job);
    plan.files.check()?;
    let existing = plan.files.clear_the_way(plan.fresh)?;
    let results = Results::open(&plan.files.results)?;
    let mut run_file = RunFile::create(&plan.files.run_file, &plan.header(clock, &carried))?;
    let imported = import(&mut input, &carried, &plan, work.as_ref(), &mut run_file);
    let begun = imported.and_then(|refusals| {
        let trace = PaceTrace::open(plan.files.pace_trace.as_deref(), observer)?;
        Ok((refusals, trace))
    });
    let (refusals, mut observer) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            // Nothing was sent, so there is nothing to keep.
            let _ = run_file.discard();
            return Err(error);
        }
    };
    let scheduler = Scheduler::new(plan.limits, seed(clock));
    let orders = plan.orders.clone();
    let driver = Driver {
        transport,
        credential,
        clock,
        run_file: &mut run_file,
        scheduler,
        orders,
    };
    let (ended, statistics) = driver
        .drive(work.as_ref(), &mut observer)
        .await
        .map_err(RunError::Stopped)?;
    let columns: Vec<String> = carried.into_iter().map(|column| column.name).collect();
    plan.finish(
        run_file,
        results,
        &columns,
        Outline {
            ended,
            statistics,
            refusals,
            clock,
            existing,
        },
    )
}

/// As many as somebody reads; the results have them all.
const TROUBLES_SHOWN: u32 = 5;

/// What is known of a run when it is over.
struct Outline {
    ended: Ended,
    statistics: Statistics,
    refusals: Vec<String>,
    clock: Clock,
    existing: Existing,
}

impl Plan {
    fn finish(
        self,
        run_file: RunFile,
        results: Results,
        columns: &[String],
        outline: Outline,
    ) -> Result<Summary, RunError> {
        let unwritten = |source| {
            let run_file = self.files.run_file.clone();
            RunError::Unwritten { run_file, source }
        };
        let moved = results
            .write(&run_file, self.job, columns, outline.existing)
            .map_err(unwritten)?;
        let tally = run_file.tally().clone();
        let by_row = self
            .counts_by_row(&run_file, columns)
            .map_err(RunError::Stopped)?;
        let troubles = run_file
            .troubles(TROUBLES_SHOWN)
            .map_err(RunError::Stopped)?;
        let keep = !matches!(outline.ended, Ended::Refused);
        if !keep {
            run_file.discard().map_err(RunError::Stopped)?;
        }
        Ok(Summary {
            job: self.job,
            ended: outline.ended,
            tally,
            by_row,
            troubles,
            refusals: outline.refusals,
            statistics: outline.statistics,
            took: outline.clock.now().since_start(),
            results: self.files.results,
            moved,
            run_file: keep.then_some(self.files.run_file),
        })
    }

    fn counts_by_row(
        &self,
        run_file: &RunFile,
        columns: &[String],
    ) -> Result<Vec<RowCounts>, RunFileError> {
        /// As many as fit on a screen; the results have them all.
        const SHOWN: u32 = 20;
        if self.job.item_columns().is_empty() {
            return Ok(Vec::new());
        }
        let is_required = |name: &String| {
            self.job
                .columns()
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

    fn header(&self, clock: Clock, carried: &[Carried]) -> Header {
        let columns: Vec<&str> = carried.iter().map(|column| column.name.as_str()).collect();
        let started_at = clock
            .started_at()
            .format(&time::format_description::well_known::Rfc3339);
        Header {
            job: self.job.name().to_owned(),
            input: self.files.input.display().to_string(),
            tenant: match &self.tenant {
                TenantChoice::Sandbox => Header::SANDBOX.to_owned(),
                TenantChoice::Graph(url) => url.clone(),
            },
            options: serde_json::to_string(&self.options).unwrap_or_default(),
            columns: serde_json::to_string(&columns).unwrap_or_default(),
            started_at: started_at.unwrap_or_default(),
        }
    }
}

/// A column of the input that is carried into the results.
struct Carried {
    name: String,
    place: usize,
}

fn carried_columns(input: &Input, job: &dyn Job) -> Vec<Carried> {
    let columns = input.header().iter().enumerate();
    let columns = columns.filter(|(_, name)| !results::replaces(job, name));
    columns
        .map(|(place, name)| Carried {
            name: name.clone(),
            place,
        })
        .collect()
}

/// Reads and checks the whole input. Returns the first refusals, each as a sentence.
fn import(
    input: &mut Input,
    carried: &[Carried],
    plan: &Plan,
    work: &dyn Work,
    run_file: &mut RunFile,
) -> Result<Vec<String>, RunError> {
    /// As many as somebody would read in a terminal; the results have them all.
    const SHOWN: u32 = 10;
    /// Parts of the input that wait to be written, each of [`PART`] rows.
    const WAITING: usize = 4;
    let (parts, checked) = mpsc::sync_channel::<Vec<CheckedRow>>(WAITING);
    let (written, done) = mpsc::channel();
    let count = thread::scope(|scope| {
        let file = &mut *run_file;
        let writer = scope.spawn(move || {
            checked.into_iter().try_for_each(|part| {
                // Memory is given back where it was taken: allocators are slow otherwise.
                file.add_rows(&part).map(|()| drop(written.send(part)))
            })
        });
        let read = check_rows(input, carried, plan, work, &parts, &done);
        drop(parts);
        match writer.join() {
            Ok(written) => written
                .map_err(RunError::from)
                .and(read.map_err(RunError::from)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    if count == 0 {
        return Err(input.no_rows().into());
    }
    run_file.rows_are_in(plan.job.sameness())?;
    let refusals = run_file.refusals(SHOWN)?.into_iter();
    Ok(refusals
        .map(|(line, why)| format!("line {line}: {why}"))
        .collect())
}

/// Rows that are handed over at once.
const PART: usize = 256;

/// Reads and checks the whole input, and says how many rows it has. Whoever writes them down does so
/// meanwhile; where that fails, nobody needs the rest.
fn check_rows(
    input: &mut Input,
    carried: &[Carried],
    plan: &Plan,
    work: &dyn Work,
    parts: &mpsc::SyncSender<Vec<CheckedRow>>,
    done: &mpsc::Receiver<Vec<CheckedRow>>,
) -> Result<u64, InputError> {
    let places: Vec<usize> = carried.iter().map(|column| column.place).collect();
    let (mut count, mut part) = (0, Vec::with_capacity(PART));
    while plan.rows.is_none_or(|rows| count < rows) {
        let Some(row) = input.next_row()? else { break };
        count += 1;
        let item = work.check(&input.fields(&row)).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            problems.join("; ")
        });
        part.push(CheckedRow {
            line: row.line,
            cells: row.cells_at(&places),
            item,
        });
        if part.len() == PART {
            if parts.send(part).is_err() {
                return Ok(count);
            }
            part = done.try_recv().unwrap_or_default();
            part.clear();
        }
    }
    // The same goes for the last ones.
    let _ = parts.send(part);
    Ok(count)
}

/// Jitter needs no secret, only to differ between runs.
fn seed(clock: Clock) -> u64 {
    let nanoseconds = clock.started_at().unix_timestamp_nanos().unsigned_abs();
    u64::try_from(nanoseconds & u128::from(u64::MAX)).unwrap_or_default()
}
