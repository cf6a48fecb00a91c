//! A run from its beginning to its end, through as many processes as it takes.

use crate::case::{self, Case};
use crate::disk::Disk;
use crate::help_desk::HelpDesk;
use crate::import_cut;
use crate::input::Input;
use crate::oracle::{self, Evidence, Line, View};
use crate::outside;
use crate::service::{Crash, Service, Way};
use crate::tenant::Tenant;
use bulkgraph::engine::{FailureLimit, Outcome};
use bulkgraph::jobs;
use bulkgraph::run::{self, Plan, Resumption, RunError, Summary, TenantChoice};
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::{Ended, Orders};
use bulkgraph::shell::files::{Files, FilesError};
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::results::Destination;
use bulkgraph::shell::run_file::{RunFile, RunFileError};
use bulkgraph::simulator::Simulator;
use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::watch;

const START: OffsetDateTime = datetime!(2026-11-20 09:00 UTC);

/// A run that has not ended after so many processes does not end.
const PROCESSES_AT_MOST: u32 = 40;

/// What came of a seed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Each is a broken promise.
    pub(crate) complaints: Vec<String>,
    pub(crate) story: String,
    pub(crate) crashes: u32,
    pub(crate) faults: u32,
    /// Passes that somebody else issued, and that nobody could take for the run's.
    pub(crate) plainly_theirs: u32,
    /// Result lines by status.
    pub(crate) lines: BTreeMap<String, u32>,
}

/// Lives through a seed.
pub(crate) fn live(seed: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime.unwrap(), async {
        let mut life = Life::new(seed);
        life.run().await;
        life.report
    })
}

pub(crate) struct Life {
    rng: Rng,
    pub(crate) case: Case,
    pub(crate) service: Rc<Service>,
    /// What there was before the run, and what others have changed since.
    pub(crate) before: Tenant,
    pub(crate) input: Input,
    /// What a user has seen last.
    pub(crate) seen: Vec<Line>,
    pub(crate) desk: HelpDesk,
    report: Report,
}

/// How a process ended.
enum Ending {
    Crashed,
    Over(Result<Box<Summary>, RunError>),
}

/// How a process begins.
#[derive(Clone, Debug)]
enum Beginning {
    Job,
    Resume(Vec<Outcome>),
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let case = Case::of(&mut rng);
        let clock = Clock::start_at(START + Duration::from_nanos(seed));
        let loopback = Loopback::new(Simulator::new(&case.scenario), clock);
        let service = Rc::new(Service::new(loopback, clock, Disk::new(), rng.fork()));
        let before = service.tenant();
        let input = Input::for_job(case.job, &before, case.bad_rows, &mut rng);
        std::fs::write(service.disk.path("input.csv"), input.to_csv()).unwrap();
        service.trouble.set(case.trouble);
        service.tell(format_args!(
            "seed {seed}: {} {:?} over {} rows, skip refused {}, trouble {}, {:?}",
            case.job,
            case.options,
            input.rows.len(),
            case.skip_refused,
            case.trouble,
            case.scenario
        ));
        Self {
            rng,
            case,
            service,
            before,
            input,
            seen: Vec::new(),
            desk: HelpDesk::new(seed),
            report: Report::default(),
        }
    }

    async fn run(&mut self) {
        if self.rng.u8(..8) == 0 {
            self.cut_import().await;
        }
        self.until_done(Beginning::Job).await;
        let again = match self.rng.u8(..6) {
            0 => vec![Outcome::InDoubt],
            1 => vec![Outcome::Failed],
            2 => vec![Outcome::Failed, Outcome::InDoubt, Outcome::Refused],
            _ => Vec::new(),
        };
        if !again.is_empty() && self.report.complaints.is_empty() && self.has_run_file() {
            self.case.crashes += self.rng.u32(..3);
            self.issue_elsewhere().await;
            self.service.ledger.borrow_mut().again();
            self.until_done(Beginning::Resume(again)).await;
        }
        let ledger = std::mem::take(&mut self.service.ledger.borrow_mut().complaints);
        self.report.complaints.extend(ledger);
        self.report.faults = self.service.faults.get();
        self.report.plainly_theirs = self.desk.plainly_theirs;
        self.report.story = self.service.story();
        for line in &self.seen {
            *self
                .report
                .lines
                .entry(line["ResultStatus"].clone())
                .or_default() += 1;
        }
    }

    /// A process dies while it reads the input, and the user tries to go on with what it left.
    async fn cut_import(&mut self) {
        let run_file = self.service.disk.path("input.run");
        let place = import_cut::leave(&run_file, &mut self.rng);
        self.service
            .tell(format_args!("CRASH in the import {place}"));
        let resumed = self.process(&Beginning::Resume(Vec::new()), None).await;
        match resumed {
            Some(Ending::Over(Err(RunError::NothingRead(_)))) => {}
            Some(Ending::Over(Err(RunError::RunFile(RunFileError::NotARunFile { .. })))) => {
                // There is nothing in it, and its name is in the message.
                std::fs::remove_file(run_file).unwrap();
            }
            Some(Ending::Over(other)) => self.complain(format!("cut {place}: {other:?}")),
            _ => self.complain(format!("cut {place}: it went on")),
        }
    }

    fn has_run_file(&self) -> bool {
        self.service.disk.path("input.run").exists()
    }

    /// Whether somebody who begins the job again is told that there is a run to go on with.
    fn earlier_run_holds_truth(&self) -> bool {
        let copy = self.service.disk.copy();
        let run_file = RunFile::open(&copy.path().join("input.run"));
        run_file.is_ok_and(|run_file| run_file.holds_truth().unwrap())
    }

    fn complain(&mut self, what: impl Into<String>) {
        self.report.complaints.push(what.into());
    }

    /// Lets one process after the other work on the run until there is nothing left to do.
    async fn until_done(&mut self, mut beginning: Beginning) {
        for _ in 0..PROCESSES_AT_MOST {
            let crash = (self.case.crashes > 0).then(|| case::crash(&mut self.rng));
            self.case.crashes = self.case.crashes.saturating_sub(1);
            if matches!(beginning, Beginning::Job) && !self.earlier_run_holds_truth() {
                // What is not kept is not counted.
                self.service.ledger.borrow_mut().forget();
                self.seen.clear();
            }
            let ending = self.process(&beginning, crash).await;
            let again = match &beginning {
                Beginning::Resume(again) => again.clone(),
                Beginning::Job => Vec::new(),
            };
            beginning = Beginning::Resume(Vec::new());
            match ending {
                None => {
                    self.complain("a process did not end within twelve hours");
                    return;
                }
                Some(Ending::Crashed) => {
                    self.report.crashes += 1;
                    // Whether the lines were taken up again before the crash, the user cannot know.
                    if let Some(retried) = self.look_after_crash(&again) {
                        beginning = retried;
                    }
                    self.issue_elsewhere().await;
                }
                Some(Ending::Over(Ok(summary))) => {
                    let refused = matches!(summary.ended, Ended::Refused);
                    let view = match summary.ended {
                        Ended::Done => View::Done,
                        Ended::Refused => View::Refused,
                        _ => View::UnderWay,
                    };
                    if view != View::UnderWay {
                        // What may still take effect does so before the last look.
                        tokio::time::sleep(Duration::from_mins(2)).await;
                    }
                    self.look(&self.service.disk.path("results.csv"), view, &again);
                    self.counts_agree(&summary);
                    if view != View::UnderWay {
                        if refused == self.has_run_file() {
                            self.complain("a run file is kept of a refused run, or of another not");
                        }
                        return;
                    }
                }
                Some(Ending::Over(Err(RunError::Files(FilesError::EarlierRun { .. })))) => continue,
                Some(Ending::Over(Err(error))) => {
                    self.complain(format!("the run could not go on: {error:?}"));
                    return;
                }
            }
            if !self.report.complaints.is_empty() {
                return;
            }
            tokio::time::sleep(case::pause(&mut self.rng)).await;
            // At times the user begins anew instead of going on, and is told what there is.
            if self.rng.u8(..8) == 0
                && matches!(&beginning, Beginning::Resume(again) if again.is_empty())
            {
                beginning = Beginning::Job;
            }
        }
        self.complain("the run does not end");
    }

    /// One process, until it ends or dies; `None` if it does neither.
    async fn process(&mut self, beginning: &Beginning, crash: Option<Crash>) -> Option<Ending> {
        let service = Rc::clone(&self.service);
        service.born(crash);
        service.tell(format_args!("{beginning:?}, to die {crash:?}"));
        // What a job that begins puts in the place of an earlier file is another one.
        let goes_on = matches!(beginning, Beginning::Resume(_));
        if goes_on && matches!(crash, Some(Crash::AtCommit(1, _))) {
            service.disk.remember();
        }
        // The clock of this machine may be wrong, and set right between two processes.
        let wrong = time::Duration::seconds(
            self.rng
                .choice([0, 0, 0, 60, -60, 90_000, -90_000])
                .unwrap(),
        );
        let clock = Clock::start_at(service.clock.wall() + wrong);
        let (stops, stop) = watch::channel(0);
        let orders = self.orders(stop);
        let (way, mut observer) = (Way::of(&service), Way::of(&service));
        let limits = case::limits(&mut self.rng);
        let stop_after = (self.case.stops > 0 && self.rng.bool()).then(|| {
            self.case.stops -= 1;
            let twice = self
                .rng
                .bool()
                .then(|| Duration::from_millis(self.rng.u64(..2_000)));
            (Duration::from_secs_f64(self.rng.f64() * 20.0), twice)
        });
        let run = async {
            match beginning {
                Beginning::Job => {
                    let plan = self.plan(limits, orders);
                    run::run_at(plan, Loopback::ROOT, &way, &way, clock, &mut observer).await
                }
                Beginning::Resume(again) => {
                    let resumption = Resumption {
                        run_file: service.disk.path("input.run"),
                        again: again.clone(),
                        results: None,
                        pace_trace: None,
                        ignore_input: false,
                        limits,
                        orders,
                    };
                    run::resume_at(resumption, Loopback::ROOT, &way, &way, clock, &mut observer)
                        .await
                }
            }
        };
        let from_outside = outside::act(&service, crash, stop_after, &stops);
        let ending = tokio::select! {
            biased;
            () = service.death.notified() => Some(Ending::Crashed),
            over = run => Some(Ending::Over(over.map(Box::new))),
            () = from_outside => None,
            () = tokio::time::sleep(Duration::from_hours(12)) => None,
        };
        if service.is_dead() {
            // Whatever it did in its last moment happened to nobody.
            service.death.notify_one();
            service.death.notified().await;
            service.disk.thaw();
            return Some(Ending::Crashed);
        }
        if let Some(Ending::Over(over)) = &ending {
            let ended = over.as_ref().map(|summary| &summary.ended);
            service.tell(format_args!("ended: {ended:?}"));
        }
        ending
    }

    fn plan(&self, limits: bulkgraph::engine::Limits, orders: Orders) -> Plan {
        let disk = &self.service.disk;
        Plan {
            job: jobs::find(self.case.job).unwrap(),
            options: self.case.options.clone(),
            files: Files {
                input: disk.path("input.csv"),
                run_file: disk.path("input.run"),
                results: Destination::File(disk.path("results.csv")),
                pace_trace: None,
            },
            only: Vec::new(),
            rows: None,
            tenant: TenantChoice::Graph("https://rehearsal.example".to_owned()),
            fresh: false,
            limits,
            orders,
        }
    }

    /// What the user says beforehand; the limits on failures only as long as it is fun.
    fn orders(&mut self, stop: watch::Receiver<u32>) -> Orders {
        let (few, many) = (self.rng.u64(1..20), self.rng.f64());
        let (mut canary, mut max_failures) = (None, FailureLimit::AllTheSame);
        if self.case.limited > 0 {
            self.case.limited -= 1;
            canary = self.rng.bool().then_some(few);
            let limits = [FailureLimit::Count(few), FailureLimit::Share(many)];
            max_failures = self.rng.choice(limits).unwrap();
        }
        Orders {
            skip_refused: self.case.skip_refused,
            canary,
            max_failures,
            stop,
        }
    }

    /// Looks at what a crash has left, without going on. Says with what to go on, if it is not
    /// simply the run.
    fn look_after_crash(&mut self, again: &[Outcome]) -> Option<Beginning> {
        if !self.has_run_file() {
            return Some(Beginning::Job);
        }
        let copy = self.service.disk.copy();
        let results = copy.path().join("looked.csv");
        let written = run::write_results(
            &copy.path().join("input.run"),
            &[],
            Some(Destination::File(results.clone())),
        );
        if let Err(error) = written {
            self.complain(format!(
                "the run file cannot be read after a crash: {error:?}"
            ));
            return None;
        }
        let shown = self.service.shown();
        self.look(&results, View::UnderWay, again);
        let on_disk = oracle::outcomes(&self.seen);
        if !oracle::is_kept(&shown, &on_disk) {
            self.complain(format!("shown: {shown:?}; on the disk: {on_disk:?}"));
        }
        None
    }

    /// Looks at results as a user does.
    fn look(&mut self, path: &Path, view: View, retried: &[Outcome]) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<Line> = reader.deserialize().map(Result::unwrap).collect();
        let service = Rc::clone(&self.service);
        let after = service.tenant();
        let ledger = service.ledger.borrow();
        let evidence = Evidence {
            job: self.case.job,
            input: &self.input,
            options: &self.case.options,
            replaces: self.case.replaces(),
            before: &self.before,
            after: &after,
            lines: &lines,
            ledger: &ledger,
            crashed: self.report.crashes > 0,
            handed_out: &self.desk.handed_out,
            now: service.clock.wall(),
            view,
        };
        let mut complaints = oracle::complaints(&evidence);
        complaints.extend(oracle::taken_back(&self.seen, &lines, retried));
        service.tell(format_args!("{view:?}: {:?}", oracle::outcomes(&lines)));
        self.report.complaints.extend(complaints);
        self.seen = lines;
    }

    /// What is said at the end is what the result file says.
    fn counts_agree(&mut self, summary: &Summary) {
        let counts = oracle::outcomes(&self.seen);
        for outcome in Outcome::ALL {
            let (said, counted) = (summary.tally.count(outcome), counts.get(outcome.as_str()));
            // What is on its way when a run stops is in doubt for the reader of the results.
            let on_its_way = if outcome == Outcome::InDoubt {
                summary.tally.sent
            } else {
                0
            };
            if said + on_its_way != u64::from(counted.copied().unwrap_or_default()) {
                self.complain(format!(
                    "the summary says {:?}, the results {counts:?}",
                    summary.tally
                ));
                return;
            }
        }
    }
}
