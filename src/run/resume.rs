//! A run that stopped before its end goes on.

use super::under_way::UnderWay;
use super::{RunError, Summary};
use crate::engine::{Limits, Outcome};
use crate::jobs::{self, Settings};
use crate::shell::clock::Clock;
use crate::shell::driver::{Observer, Orders};
use crate::shell::files::Files;
use crate::shell::fingerprint::fingerprint;
use crate::shell::http::{self, HttpTransport};
use crate::shell::pace_trace::PaceTrace;
use crate::shell::progress_note::{About, ProgressNote};
use crate::shell::results::{Destination, Existing};
use crate::shell::run_file::{Header, RunFile};
use crate::shell::token::{Credential, EnvironmentToken};
use crate::shell::transport::Transport;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Which run is to go on, and how. What the run is about, its file says.
#[derive(Debug)]
pub struct Resumption {
    /// The run file.
    pub run_file: PathBuf,
    /// Lines that ended like this are run again.
    pub again: Vec<Outcome>,
    /// Where the results go; `None` is where they went before.
    pub results: Option<Destination>,
    /// Where it is written down how fast the run goes, if anywhere.
    pub pace_trace: Option<PathBuf>,
    /// Goes on with the rows as they were read, although the input has changed since.
    pub ignore_input: bool,
    /// How to use the service.
    pub limits: Limits,
    /// How to drive the run; whether refused rows are skipped was decided when it began.
    pub orders: Orders,
}

/// Lets a run go on at the tenant that it began at, to its end.
pub async fn resume(
    resumption: Resumption,
    observer: &mut dyn Observer,
) -> Result<Summary, RunError> {
    let run_file = RunFile::open(&resumption.run_file)?;
    let header = run_file.header()?;
    if header.tenant == Header::SANDBOX {
        return Err(RunError::SandboxIsGone(resumption.run_file));
    }
    let root = http::graph_root(&header.tenant)?;
    let transport = HttpTransport::new(&root)?;
    let credential = EnvironmentToken::read()?;
    let clock = Clock::start();
    let about = About {
        job: header.job.clone(),
        input: header.input.clone(),
        began: header.started_at.clone(),
    };
    let observer = &mut ProgressNote::new(&resumption.run_file, about, clock, observer);
    let opened = Opened { run_file, header };
    opened
        .go_on(resumption, &root, &transport, &credential, clock, observer)
        .await
}

/// The same at a tenant that is reached by `transport`.
pub async fn resume_at<T: Transport, C: Credential>(
    resumption: Resumption,
    graph_root: &str,
    transport: &T,
    credential: &C,
    clock: Clock,
    observer: &mut dyn Observer,
) -> Result<Summary, RunError> {
    let run_file = RunFile::open(&resumption.run_file)?;
    let header = run_file.header()?;
    let opened = Opened { run_file, header };
    opened
        .go_on(
            resumption, graph_root, transport, credential, clock, observer,
        )
        .await
}

/// The file of a run that is to go on.
struct Opened {
    run_file: RunFile,
    header: Header,
}

impl Opened {
    async fn go_on<T: Transport, C: Credential>(
        mut self,
        resumption: Resumption,
        graph_root: &str,
        transport: &T,
        credential: &C,
        clock: Clock,
        observer: &mut dyn Observer,
    ) -> Result<Summary, RunError> {
        self.check(&resumption, credential.tenant())?;
        let header = self.header;
        let job = jobs::find(&header.job).ok_or(RunError::UnknownJob(header.job))?;
        let work = job.configure(&Settings {
            options: header.options,
            graph_root: graph_root.to_owned(),
            started_at: OffsetDateTime::parse(&header.started_at, &Rfc3339)
                .unwrap_or_else(|_| clock.started_at()),
        })?;
        let destination = resumption.results;
        let files = Files {
            input: header.input.into(),
            run_file: resumption.run_file,
            results: destination.unwrap_or_else(|| Destination::of(&header.results)),
            pace_trace: resumption.pace_trace,
        };
        files.check()?;
        files.results.check()?;
        let mut observer = PaceTrace::open(files.pace_trace.as_deref(), observer)?;
        let again = self.run_file.retry(&resumption.again, clock.wall())?;
        tracing::info!(again, "the run goes on");
        let under_way = UnderWay {
            job,
            work,
            run_file: self.run_file,
            run_file_path: files.run_file,
            destination: files.results,
            existing: Existing::MovedAside,
            earlier: None,
            columns: header.columns,
            refusals: Vec::new(),
            went_on: true,
            clock,
        };
        // Something got through when the run began, so the address is right.
        let limits = Limits {
            first_contact_within: resumption.limits.give_up_after,
            ..resumption.limits
        };
        let orders = Orders {
            skip_refused: header.skip_refused,
            ..resumption.orders
        };
        under_way
            .go_on(limits, orders, transport, credential, &mut observer)
            .await
    }

    /// Whether the run may go on: at the same tenant, with the rows that somebody sees in the input.
    fn check(&self, resumption: &Resumption, tenant: Option<String>) -> Result<(), RunError> {
        let path = || resumption.run_file.clone();
        if self.run_file.tally().lines == 0 {
            return Err(RunError::NothingRead(path()));
        }
        let began_at = &self.header.tenant_id;
        if let Some(given) = tenant.filter(|given| given != began_at)
            && !began_at.is_empty()
        {
            return Err(RunError::OtherTenant {
                run_file: path(),
                began_at: began_at.clone(),
                given,
            });
        }
        let input = Path::new(&self.header.input);
        let changed = fingerprint(input).is_some_and(|now| now != self.header.input_fingerprint);
        if changed && !resumption.ignore_input {
            return Err(RunError::InputChanged {
                run_file: path(),
                input: input.to_owned(),
            });
        }
        Ok(())
    }
}
