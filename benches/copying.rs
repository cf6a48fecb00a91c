//! How near `copy-members` comes to what the directory's quota allows, and what it keeps in memory.
//!
//! `cargo bench --bench copying` prints, in virtual time and at the documented quota, the efficiency
//! of 100,000 memberships in three shapes: the time that 5,000 writes take at the quota over the
//! time from the first request until the last item is settled.
//!
//! `cargo bench --bench copying -- memory 1000000` copies a group of that many members in real time
//! from a simulator in another process, at a quota that never holds it up, and prints the most
//! memory that this process needed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints, and ends if it fails"
)]

use bulkgraph::engine::{Limits, Moment, Quota};
use bulkgraph::jobs;
use bulkgraph::run::{self, Plan, Summary, TenantChoice};
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::Orders;
use bulkgraph::shell::files::Files;
use bulkgraph::shell::http::HttpTransport;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::progress::Silent;
use bulkgraph::shell::results::Destination;
use bulkgraph::shell::token::SandboxToken;
use bulkgraph::shell::transport::{Transport, TransportError};
use bulkgraph::simulator::{Request, Scenario, Simulator};
use bulkgraph::wire::HttpReply;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::watch;

const START: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);

/// Memberships that are copied, and the writes that they take at least.
const MEMBERSHIPS: u32 = 100_000;
const WRITES: u32 = MEMBERSHIPS / 20;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|one| one != "--bench");
    if arguments.next().as_deref() == Some("memory") {
        let members = arguments
            .next()
            .map_or(1_000_000, |one| one.parse().unwrap());
        memory(members);
        return;
    }
    for concurrency in [Limits::CONCURRENCY, 16] {
        println!("{concurrency} batches in flight");
        for (pairs, violations) in [
            (100, 0.25),
            (10, 0.25),
            (4, 0.25),
            (1, 0.25),
            (1, 0.0),
            (1, 1.0),
        ] {
            copy(concurrency, pairs, violations);
        }
    }
}

/// Copies a group to so many others; of writes to one group that overlap, that share is refused.
fn copy(concurrency: usize, pairs: u32, violations: f64) {
    let users = MEMBERSHIPS / pairs;
    let scenario =
        format!("[tenant]\nusers = {users}\n[service]\nconcurrency_violations = {violations}\n");
    let mut simulator = Simulator::new(&Scenario::from_toml(&scenario).unwrap().opened());
    let mut input = "SourceGroup,DestinationGroup\n".to_owned();
    for number in 0..pairs {
        let destination = new_group(&mut simulator, number);
        writeln!(input, "All staff,{destination}").unwrap();
    }
    measure(
        &format!("{pairs} pairs, {violations}"),
        simulator,
        &input,
        concurrency,
    );
}

/// Makes a group, an hour before the run.
fn new_group(simulator: &mut Simulator, number: u32) -> String {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let group = json!({"displayName": format!("Copy {number}"), "mailNickname": format!("copy{number}"),
        "mailEnabled": false, "securityEnabled": true});
    let request = Request {
        method: "POST".to_owned(),
        path_and_query: "/v1.0/groups".to_owned(),
        headers: vec![
            header("Host", "127.0.0.1"),
            header("Authorization", "Bearer any"),
            header("Content-Type", "application/json"),
        ],
        body: group.to_string().into_bytes(),
        ..Request::default()
    };
    let answer = simulator.answer(&request, START - Duration::from_hours(1));
    let group: Value = serde_json::from_slice(&answer.response.body).unwrap();
    group["id"].as_str().unwrap().to_owned()
}

/// Runs the job in virtual time and prints how near it came to what the quota allows.
fn measure(what: &str, simulator: Simulator, input: &str, concurrency: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        let clock = Clock::start_at(START);
        let watched = Watched {
            loopback: Loopback::new(simulator, clock),
            clock,
            first: Cell::new(None),
            first_write: Cell::new(None),
        };
        let limits = Limits {
            concurrency,
            ..Limits::default()
        };
        let folder = TempDir::new().unwrap();
        let plan = plan(folder.path(), input, limits);
        let mut silent = Silent;
        let done = run::run_at(
            plan,
            Loopback::ROOT,
            &watched,
            &SandboxToken,
            clock,
            &mut silent,
        );
        let summary = done.await.unwrap();
        report(what, &watched, &summary, clock.now());
    });
}

fn report(what: &str, watched: &Watched, summary: &Summary, end: Moment) {
    let statistics: Value =
        serde_json::from_slice(&watched.loopback.inspect("/_simulator/statistics")).unwrap();
    let mut patches: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in statistics["inner"].as_array().unwrap() {
        if entry["method"] == "PATCH" {
            *patches
                .entry(entry["status"].as_u64().unwrap())
                .or_default() += entry["count"].as_u64().unwrap();
        }
    }
    let seconds = |from: Moment, to: Moment| to.since(from).as_secs_f64();
    let first = watched.first.get().unwrap();
    let took = seconds(first, end);
    let lost = seconds(first, watched.first_write.get().unwrap());
    let ideal = f64::from(WRITES - 3_000) / 20.0;
    println!(
        "{what:>16}: {:.4} ({took:.2} s, first write after {lost:.2} s, throttled {} of {} requests, PATCH by status \
         {patches:?}, lines {:?})",
        ideal / took,
        summary.statistics.throttled,
        summary.statistics.requests,
        summary.tally.outcomes,
    );
}

fn plan(folder: &Path, input: &str, limits: Limits) -> Plan {
    let file = folder.join("input.csv");
    std::fs::write(&file, input).unwrap();
    Plan {
        job: jobs::find("copy-members").unwrap(),
        options: BTreeMap::new(),
        files: Files {
            input: file,
            run_file: folder.join("input.run"),
            results: Destination::File(folder.join("results.csv")),
            pace_trace: None,
        },
        rows: None,
        tenant: TenantChoice::Graph("https://bench.example".to_owned()),
        fresh: false,
        limits,
        orders: Orders {
            skip_refused: false,
            stop: watch::channel(0).1,
        },
    }
}

/// A way to the simulator that notes when it was used.
struct Watched {
    loopback: Loopback,
    clock: Clock,
    first: Cell<Option<Moment>>,
    first_write: Cell<Option<Moment>>,
}

impl Transport for Watched {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let now = self.clock.now();
        self.first.set(self.first.get().or(Some(now)));
        if String::from_utf8_lossy(&body).contains("\"PATCH\"") {
            self.first_write.set(self.first_write.get().or(Some(now)));
        }
        self.loopback.post_batch(token, body).await
    }
}

/// Copies a group of that many members over a socket, and prints the most memory it took.
fn memory(members: u32) {
    let folder = TempDir::new().unwrap();
    let scenario = folder.path().join("scenario.toml");
    let text = format!(
        "[tenant]\nusers = {members}\n[service]\nlatency_ms = 5\njitter_ms = 5\nconcurrency_violations = 0.0\n\
         [limits.directory]\nunits = 4000000\nwrites = 4000000\ntenant_writes = 4000000\napplication_units = 4000000\n\
         application_writes = 4000000\n"
    );
    std::fs::write(&scenario, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkgraph"));
    command.args([
        "simulate",
        "--listen",
        "127.0.0.1:0",
        "--open",
        "--scenario",
    ]);
    let mut server = command
        .arg(&scenario)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = server.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let url = line
        .trim_end()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    let plenty = Quota::new(NonZeroU32::new(4_000_000).unwrap(), Duration::from_secs(10));
    let limits = Limits {
        concurrency: 16,
        directory_units: plenty,
        directory_writes: plenty,
        ..Limits::default()
    };
    let pair = "SourceGroup,DestinationGroup\nAll staff,Leavers 2019\n";
    let again =
        "SourceGroup,DestinationGroup\nAll staff,Leavers 2019\nAll staff,Evening training\n";
    for (what, input) in [
        ("into an empty group", pair),
        ("into a full one and an empty one", again),
    ] {
        let folder = TempDir::new().unwrap();
        let plan = plan(folder.path(), input, limits);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let root = format!("{url}/v1.0");
        let transport = HttpTransport::new(&root).unwrap();
        let clock = Clock::start();
        let mut silent = Silent;
        let done = run::run_at(plan, &root, &transport, &SandboxToken, clock, &mut silent);
        let summary = runtime.unwrap().block_on(done).unwrap();
        println!(
            "{members} members {what}: {:?} in {:.1?}; {}",
            summary.tally.outcomes,
            summary.took,
            peak_memory()
        );
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

/// What the process has needed at most, where the system says so.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |peak| format!("peak memory {}", peak.trim()))
}
