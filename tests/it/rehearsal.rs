//! A rehearsal of a job in virtual time, against a tenant in memory.

use crate::support::{Tenant, files_in, read_lines};
use bulkgraph::engine::{FailureLimit, Limits, Outcome};
use bulkgraph::jobs;
use bulkgraph::run::{self, Plan, Resumption, RunError, Summary, TenantChoice};
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::Orders;
use bulkgraph::shell::files::Files;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::progress::Silent;
use bulkgraph::shell::results::Destination;
use bulkgraph::shell::token::{Credential, SandboxToken};
use bulkgraph::shell::transport::Transport;
use bulkgraph::simulator::{Scenario, Simulator};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::watch;

pub(crate) const START: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);

/// A job about to be run in virtual time, against a tenant in memory.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    folder: TempDir,
    job: &'static str,
    input: PathBuf,
    options: BTreeMap<String, String>,
    pub(crate) skip_refused: bool,
    pub(crate) rows: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) canary: Option<u64>,
    pub(crate) max_failures: FailureLimit,
    /// Writes down how fast it goes.
    pub(crate) traced: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) summary: Result<Summary, RunError>,
    /// Result lines by column.
    pub(crate) lines: Vec<BTreeMap<String, String>>,
    /// The result file as text.
    pub(crate) text: String,
    /// The pace trace as text; empty without one.
    pub(crate) pace_trace: String,
    /// The files that are left.
    pub(crate) files: Vec<String>,
}

impl Rehearsal {
    /// A job over an input with that text.
    pub(crate) fn of(job: &'static str, input: &str) -> Self {
        let rehearsal = Self::of_file(job, PathBuf::new());
        let input_path = rehearsal.folder.path().join("input.csv");
        std::fs::write(&input_path, input).unwrap();
        Self {
            input: input_path,
            ..rehearsal
        }
    }

    /// A job over a file.
    pub(crate) fn of_file(job: &'static str, input: PathBuf) -> Self {
        let folder = TempDir::new().unwrap();
        let (options, limits) = (BTreeMap::new(), Limits::default());
        Self {
            folder,
            job,
            input,
            options,
            skip_refused: false,
            rows: None,
            limits,
            canary: None,
            max_failures: FailureLimit::default(),
            traced: false,
        }
    }

    pub(crate) fn with(mut self, option: &str, value: &str) -> Self {
        self.options.insert(option.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn skipping_refused(self) -> Self {
        Self {
            skip_refused: true,
            ..self
        }
    }

    /// Runs it against a tenant of its own, open to any token, and hands back the tenant too.
    pub(crate) fn run(self, scenario: &Scenario) -> (Done, Tenant) {
        in_virtual_time(async {
            let clock = Clock::start_at(START);
            let simulator = Simulator::new(&scenario.clone().opened());
            let loopback = Loopback::new(simulator, clock);
            let done = self.run_at(&loopback, &SandboxToken, clock).await;
            (done, Tenant::of(&loopback))
        })
    }

    /// Runs it over any transport.
    pub(crate) async fn run_at<T: Transport, C: Credential>(
        self,
        transport: &T,
        credential: &C,
        clock: Clock,
    ) -> Done {
        let (plan, root) = (self.plan(), Loopback::ROOT);
        let summary = run::run_at(plan, root, transport, credential, clock, &mut Silent).await;
        self.done(summary)
    }

    /// Lets it go on after it was stopped or dropped.
    pub(crate) async fn resume_at<T: Transport, C: Credential>(
        &self,
        again: &[Outcome],
        transport: &T,
        credential: &C,
        clock: Clock,
    ) -> Done {
        let (_stops, stop) = watch::channel(0);
        let resumption = Resumption {
            run_file: self.run_file(),
            again: again.to_vec(),
            results: None,
            pace_trace: None,
            ignore_input: false,
            limits: self.limits,
            orders: Orders {
                skip_refused: false,
                canary: None,
                max_failures: self.max_failures,
                stop,
            },
        };
        let root = Loopback::ROOT;
        let summary =
            run::resume_at(resumption, root, transport, credential, clock, &mut Silent).await;
        self.done(summary)
    }

    pub(crate) fn run_file(&self) -> PathBuf {
        self.folder.path().join("input.run")
    }

    pub(crate) fn plan(&self) -> Plan {
        let (_stops, stop) = watch::channel(0);
        Plan {
            job: jobs::find(self.job).unwrap(),
            options: self.options.clone(),
            files: Files {
                input: self.input.clone(),
                run_file: self.run_file(),
                results: Destination::File(self.folder.path().join("results.csv")),
                pace_trace: self.traced.then(|| self.folder.path().join("pace.csv")),
            },
            only: Vec::new(),
            rows: self.rows,
            tenant: TenantChoice::Graph("https://rehearsal.example".to_owned()),
            fresh: false,
            limits: self.limits,
            orders: Orders {
                skip_refused: self.skip_refused,
                canary: self.canary,
                max_failures: self.max_failures,
                stop,
            },
        }
    }

    pub(crate) fn done(&self, summary: Result<Summary, RunError>) -> Done {
        let read = |name| std::fs::read_to_string(self.folder.path().join(name));
        let text = read("results.csv").unwrap_or_default();
        Done {
            summary,
            pace_trace: read("pace.csv").unwrap_or_default(),
            lines: read_lines(&text),
            text,
            files: files_in(self.folder.path()),
        }
    }
}

impl Done {
    pub(crate) fn summary(&self) -> &Summary {
        self.summary.as_ref().unwrap()
    }

    /// The values of a column, line by line.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        self.lines.iter().map(|line| line[name].as_str()).collect()
    }

    /// Lines by status.
    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        self.column("ResultStatus")
            .into_iter()
            .for_each(|status| *counts.entry(status).or_default() += 1);
        counts
    }
}

/// Runs a future to its end in a runtime whose clock jumps to the next timer when there is nothing
/// to do.
pub(crate) fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(work)
}
