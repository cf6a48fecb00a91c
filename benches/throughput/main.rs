//! How much the program gets through, and what it takes: time, processor, memory.
//!
//! `cargo bench --bench throughput` runs the command `phone` and the simulator as processes of their
//! own, in real time, over loopback, with the run file on the disk, and prints each number beside
//! what it has to be. `cargo bench --bench throughput -- ratio help` runs these parts only; the parts
//! are `ratio`, `latency`, `memory`, `help`, `quota` and `durability`. About five minutes.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement prints, measures with the clock, and ends if it fails"
)]

mod bare_loop;
mod durability;
mod process;
mod tenant;

use process::{Program, Usage};
use std::path::Path;
use std::time::{Duration, Instant};
use tenant::{NO_LIMIT, Tenant, Wave};

/// The default of `--concurrency`.
const CONCURRENCY: usize = 8;

const PARTS: [(&str, fn()); 6] = [
    ("ratio", ratio),
    ("latency", latency),
    ("memory", memory),
    ("help", help),
    ("quota", quota),
    ("durability", durability),
];

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wanted: Vec<&String> = wanted.iter().filter(|arg| !arg.starts_with('-')).collect();
    for (name, part) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            part();
        }
    }
}

/// Without limits and latency: the program against a loop that only posts the same batches.
fn ratio() {
    const ROWS: usize = 60_000;
    const ROUNDS: usize = 5;
    let tenant = Tenant::new(ROWS, 0, NO_LIMIT);
    let wave = Wave::new(&tenant, ROWS);
    let bodies = wave.batches();
    let (mut ratios, mut rates, mut bare_rates, mut usages) = (vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        // A new simulator for each: who has a number already is another case. Who is first changes,
        // because neighbours on the machine come and go.
        let bare = || {
            let simulator = tenant.serve();
            let began = Instant::now();
            bare_loop::post(&simulator.url(), &bodies, CONCURRENCY);
            began.elapsed()
        };
        let program = || {
            let simulator = tenant.serve();
            Program::phone(&wave, &simulator.url()).run()
        };
        let (bare, usage) = if round % 2 == 0 {
            let bare = bare();
            (bare, program())
        } else {
            let usage = program();
            (bare(), usage)
        };
        let ratio = bare.as_secs_f64() / usage.took.as_secs_f64();
        let (rate, bare_rate) = (per_second(ROWS, usage.took), per_second(ROWS, bare));
        println!(
            "  round {}: phone {rate:.0}, bare loop {bare_rate:.0} rows a second, ratio {ratio:.2}; {usage}",
            round + 1
        );
        ratios.push(ratio);
        rates.push(rate);
        bare_rates.push(bare_rate);
        usages.push(usage);
    }
    println!(
        "rows a second: phone {:.0}, bare loop {:.0} (medians of {ROUNDS} rounds of {ROWS} rows)",
        median(&rates),
        median(&bare_rates)
    );
    let (least, most) = ends(&ratios);
    let middle = median(&ratios);
    met(
        &format!("ratio {middle:.2} ({least:.2} to {most:.2})"),
        "at least 0.6",
        middle >= 0.6,
    );
    let cpu = usages.iter().filter_map(|usage| usage.cpu);
    let per_row: Vec<f64> = cpu.map(|cpu| micros(cpu) / as_f64(ROWS)).collect();
    if per_row.is_empty() {
        println!("processor time per row: not known on this system");
    } else {
        println!("processor time per row: {:.1} us", median(&per_row));
    }
}

/// Every batch takes 200 ms and nothing else is in the way.
fn latency() {
    const ROWS: usize = 20_000;
    const LATENCY: Duration = Duration::from_millis(200);
    let tenant = Tenant::new(ROWS, 200, NO_LIMIT);
    let wave = Wave::new(&tenant, ROWS);
    let simulator = tenant.serve();
    let usage = Program::phone(&wave, &simulator.url()).run();
    let least = LATENCY.mul_f64(as_f64(ROWS.div_ceil(20)) / as_f64(CONCURRENCY));
    let share = usage.took.as_secs_f64() / least.as_secs_f64();
    met(
        &format!(
            "{ROWS} rows at 200 ms of latency: {:.1} s, {share:.2} x {:.0} s",
            usage.took.as_secs_f64(),
            least.as_secs_f64()
        ),
        "at most 1.1 x",
        share <= 1.1,
    );
}

/// Memory does not grow with the input.
fn memory() {
    const MOST: u64 = 64 << 20;
    let tenant = Tenant::new(1_000_000, 0, NO_LIMIT);
    let peaks = [100_000, 1_000_000].map(|rows| {
        let wave = Wave::new(&tenant, rows);
        let simulator = tenant.serve();
        let usage = Program::phone(&wave, &simulator.url()).run();
        let rate = per_second(rows, usage.took);
        println!("  {rows} rows: {rate:.0} rows a second; {usage}");
        usage.peak
    });
    let [Some(few), Some(many)] = peaks else {
        println!("peak memory: not known on this system");
        return;
    };
    met(
        &format!("peak memory with 1,000,000 rows {}", mebibytes(many)),
        "under 64 MiB",
        many < MOST,
    );
    let growth = (as_f64(many) / as_f64(few) - 1.0) * 100.0;
    met(
        &format!("that is {growth:+.0} % of 100,000 rows"),
        "within 20 %",
        growth.abs() <= 20.0,
    );
}

/// Somebody who asks for help does not wait.
fn help() {
    const ROUNDS: usize = 41;
    let times: Vec<f64> = (0..ROUNDS)
        .map(|_| micros(Program::help()) / 1000.0)
        .collect();
    let (least, most) = ends(&times);
    let middle = median(&times);
    met(
        &format!("--help {middle:.1} ms ({least:.1} to {most:.1})"),
        "under 20 ms",
        middle < 20.0,
    );
}

/// At the pace that Graph allows, nobody notices the program.
fn quota() {
    const ROWS: usize = 500;
    let tenant = Tenant::new(ROWS, 100, 20);
    let wave = Wave::new(&tenant, ROWS);
    let simulator = tenant.serve();
    let usage = Program::phone(&wave, &simulator.url()).run();
    println!(
        "  {ROWS} rows at 20 a second: {:.1} rows a second; {usage}",
        per_second(ROWS, usage.took)
    );
    let Some(cpu) = usage.cpu else {
        println!("share of a core: not known on this system");
        return;
    };
    let share = cpu.as_secs_f64() / usage.took.as_secs_f64() * 100.0;
    met(
        &format!("share of one core {share:.2} %"),
        "under 3 %",
        share < 3.0,
    );
}

/// The run file alone, on the disk and in memory.
fn durability() {
    const ROWS: usize = 20_000;
    let disk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // A file system in memory, where there is one.
    let memory = Some(Path::new("/dev/shm")).filter(|memory| memory.is_dir());
    for batches in [1, CONCURRENCY] {
        let on_disk = durability::rows_per_second(disk, ROWS, batches);
        let in_memory = memory.map(|memory| durability::rows_per_second(memory, ROWS, batches));
        let rows = batches * 20;
        let cost = in_memory.map_or_else(String::new, |in_memory| {
            let micros = (1.0 / on_disk - 1.0 / in_memory) * 1e6;
            format!("; in memory {in_memory:.0}, so the disk costs {micros:.1} us a row")
        });
        println!("run file, a commit for {rows} rows: {on_disk:.0} rows a second{cost}");
    }
}

fn met(what: &str, target: &str, is_met: bool) {
    let verdict = if is_met { "met" } else { "NOT MET" };
    println!("{what}; {target}: {verdict}");
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unknown = || "not known on this system".to_owned();
        let cpu = self.cpu.map(|cpu| format!("{:.2} s", cpu.as_secs_f64()));
        let peak = self.peak.map(mebibytes);
        write!(
            f,
            "{:.2} s, processor time {}, peak memory {}",
            self.took.as_secs_f64(),
            cpu.unwrap_or_else(unknown),
            peak.unwrap_or_else(unknown)
        )
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    *sorted.get(sorted.len() / 2).unwrap()
}

fn ends(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    (least, most)
}

fn per_second(rows: usize, took: Duration) -> f64 {
    as_f64(rows) / took.as_secs_f64()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", as_f64(bytes) / as_f64(1_u32 << 20))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: impl TryInto<u64, Error: std::fmt::Debug>) -> f64 {
    count.try_into().unwrap() as f64
}
