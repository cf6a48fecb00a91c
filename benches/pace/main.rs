//! How near the pace comes to what the service lets through, in virtual time.
//!
//! `cargo bench --bench pace` runs each job through the whole program against the simulator, with the
//! pace of the engine and with the baseline, and prints for each how long the service would have
//! needed at its full limit from the first request on, how long the job took until its last item was
//! settled, the first over the second, and the share of requests that were throttled. Nothing depends
//! on the machine: the same seed gives the same table. It ends with 1 if a target is missed.
//!
//! An argument picks the lines that contain it; a number is another seed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement prints, and ends if it fails"
)]

mod aimd;
mod members;
mod outage;
mod rehearsal;
mod scenarios;

use rehearsal::{Measured, measure};
use scenarios::{Case, cases};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1);
    let (seeds, wanted): (Vec<String>, Vec<String>) = arguments
        .filter(|argument| !argument.starts_with('-'))
        .partition(|argument| argument.parse::<u64>().is_ok());
    let seed = seeds.first().map_or(0, |seed| seed.parse().unwrap());
    let wanted = wanted.first();
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| name.contains(wanted.as_str()));
    println!(
        "{:54} {:>8} {:>8} {:>6} {:>6}   {:>13}   {:>17}",
        "", "ideal s", "ours s", "eff.", "429s", "target", "AIMD: eff., 429s"
    );
    let mut missed = Vec::new();
    for case in cases().into_iter().filter(|case| is_wanted(case.name)) {
        missed.extend(report(&case, seed));
    }
    if is_wanted("outage") {
        missed.extend(outage::report(seed));
    }
    match missed.as_slice() {
        [] => {
            println!("every target is met");
            ExitCode::SUCCESS
        }
        missed => {
            println!("missed: {}", missed.join("; "));
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints one line; its name if it missed its target.
fn report(case: &Case, seed: u64) -> Option<String> {
    let ideal = case.limit.ideal_seconds();
    let ours = measure(case, seed, bulkgraph::engine::MeasuredPace::of);
    let baseline = measure(case, seed, aimd::Aimd::of);
    let target = case
        .target
        .map_or_else(String::new, |(efficiency, throttled)| {
            format!(">={efficiency:.2} <={:.1}%", throttled * 100.0)
        });
    let shares = if case.work.is_twice() {
        ours.shares()
    } else {
        String::new()
    };
    println!(
        "{:54} {ideal:8.1} {:8.1} {:6.3} {:5.2}%   {target:>13}   {:6.3} {:5.2}%  {shares}",
        case.name,
        ours.seconds,
        ideal / ours.seconds,
        ours.throttled * 100.0,
        ideal / baseline.seconds,
        baseline.throttled * 100.0,
    );
    let (efficiency, throttled) = case.target?;
    let met =
        ideal / ours.seconds >= efficiency && ours.throttled <= throttled && shared(case, &ours);
    (!met).then(|| case.name.to_owned())
}

/// Two runs share between 40 and 60 %.
fn shared(case: &Case, ours: &Measured) -> bool {
    !case.work.is_twice() || (0.4..=0.6).contains(&ours.share_of_first)
}
