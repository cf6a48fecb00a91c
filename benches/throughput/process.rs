//! The program and the simulator, each as a process of its own, and what it takes.

use super::tenant::Wave;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BULKGRAPH: &str = env!("CARGO_BIN_EXE_bulkgraph");

/// A simulator that is served until it is dropped.
pub(super) struct Served {
    child: Child,
    url: String,
}

impl Served {
    pub(super) fn start(scenario: &Path) -> Self {
        let mut child = Command::new(BULKGRAPH)
            .args(["simulate", "--open", "--scenario"])
            .arg(scenario)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self { child, url }
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What a process took.
pub(super) struct Usage {
    /// From its start to its end.
    pub(super) took: Duration,
    /// On all cores, where the system says so.
    pub(super) cpu: Option<Duration>,
    /// Resident memory at its largest, in bytes, where the system says so.
    pub(super) peak: Option<u64>,
}

/// The program with its arguments.
pub(super) struct Program(Command);

impl Program {
    /// The job `phone` for a wave, its run file on the disk beside it.
    pub(super) fn phone(wave: &Wave, url: &str) -> Self {
        let mut command = Command::new(BULKGRAPH);
        command
            .args(["phone", "wave.csv", "--quiet", "--graph-url", url])
            .env("BULKGRAPH_TOKEN", "any")
            .current_dir(wave.folder());
        for file in ["wave.run", "wave.results.csv"] {
            // There is none before the first round.
            let _ = std::fs::remove_file(wave.folder().join(file));
        }
        Self(command)
    }

    /// How long `--help` takes.
    pub(super) fn help() -> Duration {
        let mut command = Command::new(BULKGRAPH);
        let began = Instant::now();
        let output = command.arg("--help").output().unwrap();
        let took = began.elapsed();
        assert!(output.status.success());
        took
    }

    /// Runs it to its end, which has to be a good one.
    pub(super) fn run(mut self) -> Usage {
        let began = Instant::now();
        let mut child = self.0.spawn().unwrap();
        let watched = Watched::until_its_end(child.id());
        let status = child.wait().unwrap();
        let took = began.elapsed();
        assert!(status.success(), "{status}");
        Usage {
            took,
            cpu: watched.cpu,
            peak: watched.peak,
        }
    }
}

/// What Linux says of a process in `/proc`.
#[derive(Default)]
struct Watched {
    cpu: Option<Duration>,
    peak: Option<u64>,
}

impl Watched {
    /// Looks until the process has ended and nobody has asked how: then its times are final. Its
    /// memory goes a moment earlier, so that is looked at all along.
    fn until_its_end(process: u32) -> Self {
        const EVERY: Duration = Duration::from_millis(4);
        let mut watched = Self::default();
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{process}/{name}"));
        while let Ok(stat) = read("stat") {
            watched.peak = read("status")
                .ok()
                .as_deref()
                .and_then(peak)
                .or(watched.peak);
            watched.cpu = cpu(&stat).or(watched.cpu);
            if has_ended(&stat) {
                break;
            }
            std::thread::sleep(EVERY);
        }
        watched
    }
}

/// The fields behind the name, which may hold anything (`proc_pid_stat(5)`).
fn fields(stat: &str) -> Vec<&str> {
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    behind_name.split_whitespace().collect()
}

fn has_ended(stat: &str) -> bool {
    fields(stat).first().is_none_or(|state| *state == "Z")
}

/// User and system time, which Linux counts in hundredths of a second for everybody who asks.
fn cpu(stat: &str) -> Option<Duration> {
    let fields = fields(stat);
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

fn peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
