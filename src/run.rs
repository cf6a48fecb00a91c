//! Puts the parts together: a plan, or a run that goes on, becomes a summary.

mod import;
mod results;
mod resume;
mod under_way;

pub use results::{Again, write_results};
pub use resume::{Resumption, resume, resume_at};
pub use under_way::TROUBLES_SHOWN;

use crate::engine::{Limits, Statistics};
use crate::jobs::{Column, Job, OptionError, Settings};
use crate::shell::clock::Clock;
use crate::shell::driver::{Ended, Observer, Orders};
use crate::shell::files::{Files, FilesError};
use crate::shell::fingerprint::fingerprint;
use crate::shell::http::{self, HttpTransport, UrlError};
use crate::shell::input::{Input, InputError};
use crate::shell::loopback::Sandbox;
use crate::shell::pace_trace::{PaceTrace, PaceTraceError};
use crate::shell::progress_note::{About, ProgressNote};
use crate::shell::results::{Destination, ResultsError, STATUS};
use crate::shell::run_file::{Header, RowCounts, RunFile, RunFileError, Tally, Trouble, Unsaved};
use crate::shell::token::{Credential, EnvironmentToken, SandboxToken, SignInError};
use crate::shell::transport::Transport;
use import::{Carried, carried_columns, check_selection, import};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::format_description::well_known::Rfc3339;
use under_way::UnderWay;

/// What is to be run, and how.
#[derive(Debug)]
pub struct Plan {
    /// The kind of work.
    pub job: &'static dyn Job,
    /// The job's own options.
    pub options: BTreeMap<String, String>,
    /// What is read and written.
    pub files: Files,
    /// Only rows with one of these words in `ResultStatus`, as in a result file that is run again;
    /// empty means all.
    pub only: Vec<&'static str>,
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
    /// Whether it had begun before.
    pub went_on: bool,
    /// Counts of result lines.
    pub tally: Tally,
    /// Counts for the first rows of the input, for jobs whose rows become many lines; `cells` are
    /// those of the columns that the job requires.
    pub by_row: Vec<RowCounts>,
    /// The most frequent reasons for which lines failed or are in doubt.
    pub troubles: Vec<Trouble>,
    /// The first rows that were refused, each with its reason.
    pub refusals: Vec<String>,
    /// Rows of the input that the run leaves out, by its [`Plan::only`].
    pub left_out: u64,
    /// What went over the wire.
    pub statistics: Statistics,
    /// How long it took.
    pub took: Duration,
    /// Where the results are.
    pub results: Destination,
    /// Where a file is that was in their place.
    pub moved: Option<PathBuf>,
    /// Where the file of an earlier run is, which was in its place.
    pub earlier: Option<PathBuf>,
    /// Where the run file is, unless there was nothing to keep, or somebody took it away.
    pub run_file: Option<PathBuf>,
    /// Whether the tenant is still there, so that the run can go on.
    pub can_go_on: bool,
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
    /// No row of the input is among those that the run is for.
    #[error("no row of `{}` has the {} {}: there is nothing to do", input.display(), STATUS.name, statuses.join(" or "))]
    NothingSelected {
        /// The input.
        input: PathBuf,
        /// What rows would have to have.
        statuses: Vec<&'static str>,
    },
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
    /// The tenant of the run was made up, and is gone.
    #[error("the run file `{}` is of a run in the sandbox, which is gone", .0.display())]
    SandboxIsGone(PathBuf),
    /// The run ended while its input was being read.
    #[error("the run file `{}` holds no rows: its run ended before the input had been read", .0.display())]
    NothingRead(PathBuf),
    /// The token is for another tenant.
    #[error(
        "the run file `{}` is of a run in the tenant {began_at}, and the token is for the tenant {given}",
        run_file.display()
    )]
    OtherTenant {
        /// The run file.
        run_file: PathBuf,
        /// The tenant that the run began in.
        began_at: String,
        /// The tenant that the token is for.
        given: String,
    },
    /// The input is not what it was.
    #[error("`{}` has changed since the run in `{}` began", input.display(), run_file.display())]
    InputChanged {
        /// The run file.
        run_file: PathBuf,
        /// The input.
        input: PathBuf,
    },
    /// The run file is of a job that this version does not have.
    #[error("the run file is of a job `{0}`, which this bulkgraph does not have")]
    UnknownJob(String),
    /// The sandbox did not start.
    #[error("cannot start the sandbox")]
    Sandbox(#[source] std::io::Error),
    /// The run was under way when its run file failed; it can go on where the file says.
    #[error("the run stopped, because its run file failed: nothing was sent since")]
    Stopped {
        /// The run file.
        run_file: PathBuf,
        /// Passes that were issued and are nowhere else.
        unsaved: Vec<Unsaved>,
        /// The reason.
        source: Box<RunFileError>,
    },
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
    let about = About {
        job: plan.job.name().to_owned(),
        input: whole(&plan.files.input),
        began: rfc3339(clock),
    };
    let observer = &mut ProgressNote::new(&plan.files.run_file, about, clock, observer);
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
    let mut input = plan.open_input()?;
    check_selection(&plan)?;
    let carried = carried_columns(&input, plan.job);
    plan.files.check()?;
    let (existing, earlier) = plan.files.clear_the_way(plan.fresh)?;
    plan.files.results.check()?;
    let header = plan.header(clock, &carried, credential.tenant());
    let mut run_file = RunFile::create(&plan.files.run_file, &header)?;
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
    let under_way = UnderWay {
        job: plan.job,
        work,
        run_file,
        run_file_path: plan.files.run_file,
        destination: plan.files.results,
        existing,
        earlier,
        columns: carried.into_iter().map(|column| column.name).collect(),
        refusals,
        went_on: false,
        clock,
    };
    let (limits, orders) = (plan.limits, plan.orders);
    under_way
        .go_on(limits, orders, transport, credential, &mut observer)
        .await
}

/// A path with its folder: a run may be gone on with from another one.
fn whole(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.display().to_string()
}

fn rfc3339(clock: Clock) -> String {
    clock.started_at().format(&Rfc3339).unwrap_or_default()
}

impl Plan {
    /// Opens the input, to read it until the user asks to stop.
    fn open_input(&self) -> Result<Input, InputError> {
        let stop = self.orders.stop.clone();
        Input::open(&self.files.input, &self.columns(), stop)
    }

    /// The columns that are read.
    fn columns(&self) -> Vec<Column> {
        let status = (!self.only.is_empty()).then_some(STATUS);
        self.job.columns().iter().copied().chain(status).collect()
    }

    fn header(&self, clock: Clock, carried: &[Carried], tenant_id: Option<String>) -> Header {
        Header {
            job: self.job.name().to_owned(),
            input: whole(&self.files.input),
            input_fingerprint: fingerprint(&self.files.input).unwrap_or_default(),
            tenant: match &self.tenant {
                TenantChoice::Sandbox => Header::SANDBOX.to_owned(),
                TenantChoice::Graph(url) => url.clone(),
            },
            tenant_id: tenant_id.unwrap_or_default(),
            options: self.options.clone(),
            columns: carried.iter().map(|column| column.name.clone()).collect(),
            results: match &self.files.results {
                Destination::File(path) => whole(path),
                Destination::Stdout => Destination::STDOUT.to_owned(),
            },
            skip_refused: self.orders.skip_refused,
            started_at: rfc3339(clock),
        }
    }
}
