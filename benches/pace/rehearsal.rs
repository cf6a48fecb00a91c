//! Runs the work of a case through the whole program in virtual time.

use crate::members::SingleMembers;
use crate::scenarios::{Case, Work};
use bulkgraph::engine::{FailureLimit, Limits, NewPace, Outcome};
use bulkgraph::jobs::{self, Job};
use bulkgraph::run::{self, Plan, Summary, TenantChoice};
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::{Ended, Observer, Orders, Progress};
use bulkgraph::shell::files::Files;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::results::Destination;
use bulkgraph::shell::token::SandboxToken;
use bulkgraph::simulator::{Scenario, Simulator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use tempfile::TempDir;
use time::macros::datetime;
use tokio::sync::watch;

/// What came of it.
pub(crate) struct Measured {
    /// From the first request until the last item was settled.
    pub(crate) seconds: f64,
    /// Of all requests.
    pub(crate) throttled: f64,
    /// What the first of two runs got through while both were under way.
    pub(crate) share_of_first: f64,
}

impl Measured {
    pub(crate) fn shares(&self) -> String {
        let first = self.share_of_first * 100.0;
        format!("shares {first:.0}:{:.0}", 100.0 - first)
    }
}

/// Runs it to its end with that pace.
pub(crate) fn measure(case: &Case, seed: u64, pace: NewPace) -> Measured {
    let (statistics, timelines) = rehearse(case, seed, pace);
    let inner = statistics["inner"].as_array().unwrap().iter();
    let requests: f64 = inner.map(|entry| entry["count"].as_f64().unwrap()).sum();
    Measured {
        seconds: timelines.iter().map(Timeline::ended).fold(0.0, f64::max),
        throttled: statistics["throttled"].as_f64().unwrap() / requests,
        share_of_first: share_of_first(&timelines),
    }
}

/// What the simulator counted, and how far each run was when.
pub(crate) fn rehearse(case: &Case, seed: u64, pace: NewPace) -> (Value, Vec<Timeline>) {
    let scenario = Scenario {
        chance: Some(seed),
        ..Scenario::from_toml(&case.scenario).unwrap().opened()
    };
    let inputs = inputs(case.work, &scenario);
    let later = if let Work::TwoRuns(_, later) = case.work {
        later
    } else {
        0
    };
    in_virtual_time(async {
        let clock = Clock::start_at(datetime!(2026-11-20 09:00 UTC) + Duration::from_nanos(seed));
        let loopback = Loopback::new(Simulator::new(&scenario), clock);
        let mut runs = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            let loopback = &loopback;
            let start = Duration::from_secs(later * number as u64);
            runs.push(async move {
                tokio::time::sleep(start).await;
                run_one(job(case.work), input, loopback, pace, clock).await
            });
        }
        let timelines = futures_util::future::join_all(runs).await;
        let statistics: Value =
            serde_json::from_slice(&loopback.inspect("/_simulator/statistics")).unwrap();
        (statistics, timelines)
    })
}

/// Runs a future to its end in a runtime whose clock jumps to the next timer when there is nothing to
/// do.
pub(crate) fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(work)
}

fn job(work: Work) -> &'static dyn Job {
    match work {
        Work::Phones(_) | Work::TwoRuns(..) => jobs::find("phone").unwrap(),
        Work::SingleMembers(_) | Work::TwoRunsOfMembers(_) => &SingleMembers,
        Work::Copies { .. } => jobs::find("copy-members").unwrap(),
    }
}

/// When how many items were settled, in seconds since the run began, and how long after the first run
/// that was.
#[derive(Default)]
pub(crate) struct Timeline {
    pub(crate) settled: Vec<(f64, f64)>,
    began: f64,
}

impl Timeline {
    fn ended(&self) -> f64 {
        self.settled.last().map_or(0.0, |(at, _)| at + self.began)
    }

    pub(crate) fn at(&self, seconds: f64) -> f64 {
        let before = self
            .settled
            .iter()
            .rfind(|(at, _)| at + self.began <= seconds);
        before.map_or(0.0, |(_, settled)| *settled)
    }
}

impl Observer for Timeline {
    fn turn(&mut self, progress: &Progress<'_>) {
        let settled = u32::try_from(progress.tally.settled_lines()).unwrap();
        let settled = f64::from(settled);
        if self.settled.last().is_none_or(|(_, last)| *last < settled) {
            self.settled.push((progress.elapsed.as_secs_f64(), settled));
        }
    }
}

fn share_of_first(timelines: &[Timeline]) -> f64 {
    let [first, second] = timelines else {
        return 1.0;
    };
    let (from, to) = (second.began, first.ended().min(second.ended()));
    let through = |timeline: &Timeline| timeline.at(to) - timeline.at(from);
    through(first) / (through(first) + through(second))
}

/// One run; its files are gone when it is over.
pub(crate) async fn run_one(
    job: &'static dyn Job,
    input: &str,
    loopback: &Loopback,
    pace: NewPace,
    world: Clock,
) -> Timeline {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("input.csv");
    std::fs::write(&path, input).unwrap();
    let (_stops, stop) = watch::channel(0);
    let began = world.now().since_start();
    let plan = Plan {
        job,
        options: BTreeMap::new(),
        files: Files {
            input: path,
            run_file: folder.path().join("input.run"),
            results: Destination::File(folder.path().join("results.csv")),
            pace_trace: None,
        },
        only: Vec::new(),
        rows: None,
        tenant: TenantChoice::Graph("https://rehearsal.example".to_owned()),
        fresh: false,
        limits: Limits {
            pace,
            ..Limits::default()
        },
        orders: Orders {
            skip_refused: false,
            canary: None,
            max_failures: FailureLimit::default(),
            stop,
        },
    };
    // The jitter of a run is seeded by when it started.
    let clock = Clock::start_at(world.wall() + Duration::from_nanos(input.len() as u64));
    let mut timeline = Timeline {
        began: began.as_secs_f64(),
        ..Timeline::default()
    };
    let summary = run::run_at(
        plan,
        Loopback::ROOT,
        loopback,
        &SandboxToken,
        clock,
        &mut timeline,
    )
    .await
    .unwrap();
    complete(&summary);
    timeline
}

/// A measurement of a job that went wrong is none.
fn complete(summary: &Summary) {
    assert!(matches!(summary.ended, Ended::Done), "{:?}", summary.ended);
    let as_asked =
        [Outcome::Succeeded, Outcome::Unchanged].map(|outcome| summary.tally.count(outcome));
    assert_eq!(
        summary.tally.settled_lines(),
        as_asked.iter().sum::<u64>(),
        "{:?}",
        summary.troubles
    );
}

/// The input of each run.
fn inputs(work: Work, scenario: &Scenario) -> Vec<String> {
    let mut simulator = Simulator::new(scenario);
    let request = bulkgraph::simulator::Request {
        method: "GET".to_owned(),
        path_and_query: "/_simulator/tenant".to_owned(),
        ..bulkgraph::simulator::Request::default()
    };
    let answer = simulator.answer(&request, datetime!(2026-11-20 08:00 UTC));
    let tenant: Value = serde_json::from_slice(&answer.response.body).unwrap();
    match work {
        Work::Phones(count) => vec![phones(&tenant, 0, count)],
        Work::TwoRuns(count, _) => vec![phones(&tenant, 0, count), phones(&tenant, count, count)],
        Work::SingleMembers(count) => vec![single_members(&tenant, 0, count)],
        Work::TwoRunsOfMembers(count) => vec![
            single_members(&tenant, 0, count),
            single_members(&tenant, count, count),
        ],
        Work::Copies { groups, members } => vec![copies(&tenant, groups, members)],
    }
}

fn group<'t>(tenant: &'t Value, name: &str) -> &'t Value {
    let mut groups = tenant["groups"].as_array().unwrap().iter();
    groups.find(|group| group["displayName"] == name).unwrap()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

/// People without a phone, of whom none is an administrator.
fn phones(tenant: &Value, skip: usize, count: usize) -> String {
    let office = group(tenant, "Head office")["members"].as_array().unwrap();
    let is_worker = |user: &&Value| {
        let name = user["userPrincipalName"].as_str().unwrap();
        !name.contains("#EXT#") && !office.contains(&user["id"])
    };
    let users = tenant["users"].as_array().unwrap().iter();
    let without = users
        .filter(|user| user["phones"].as_object().unwrap().is_empty())
        .filter(is_worker);
    let mut input = "UserName,PhoneNumber\n".to_owned();
    let chosen: Vec<&Value> = without.skip(skip).take(count).collect();
    assert_eq!(
        chosen.len(),
        count,
        "the tenant has too few people without a phone"
    );
    for (number, user) in chosen.into_iter().enumerate() {
        let number = skip + number;
        writeln!(input, "{},+49 1511 {number:07}", id(user)).unwrap();
    }
    input
}

/// Groups that can be written to, with few members.
fn shifts(tenant: &Value, count: usize) -> Vec<&Value> {
    let groups = tenant["groups"].as_array().unwrap().iter();
    let shifts = groups.filter(|group| group["displayName"].as_str().unwrap().ends_with(" early"));
    let chosen: Vec<&Value> = shifts.take(count).collect();
    assert_eq!(chosen.len(), count, "the tenant has too few groups");
    chosen
}

fn single_members(tenant: &Value, skip: usize, count: usize) -> String {
    let groups = shifts(tenant, 100);
    let mut input = "Group,Member\n".to_owned();
    let users = tenant["users"].as_array().unwrap().iter();
    let is_in =
        |user: &Value, group: &Value| group["members"].as_array().unwrap().contains(&user["id"]);
    let pairs = users.zip(groups.into_iter().cycle());
    let new: Vec<_> = pairs
        .filter(|(user, group)| !is_in(user, group))
        .skip(skip)
        .take(count)
        .collect();
    assert_eq!(new.len(), count, "the tenant has too few people");
    for (user, group) in new {
        writeln!(input, "{},{}", id(group), id(user)).unwrap();
    }
    input
}

fn copies(tenant: &Value, groups: usize, members: usize) -> String {
    let all = tenant["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["displayName"] == "All staff")
        .unwrap();
    assert_eq!(all["members"].as_array().unwrap().len(), members);
    let mut input = "SourceGroup,DestinationGroup\n".to_owned();
    let empty = || {
        vec![
            tenant["groups"]
                .as_array()
                .unwrap()
                .iter()
                .find(|group| group["displayName"] == "Leavers 2019")
                .unwrap(),
        ]
    };
    for group in if groups == 1 {
        empty()
    } else {
        shifts(tenant, groups)
    } {
        writeln!(input, "{},{}", id(all), id(group)).unwrap();
    }
    input
}
