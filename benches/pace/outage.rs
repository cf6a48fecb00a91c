//! How soon after an outage the pace is back.

use crate::rehearsal::{Timeline, rehearse};
use crate::scenarios::Case;
use bulkgraph::engine::{MeasuredPace, NewPace};

const ENDS: f64 = 240.0;
const TARGET: f64 = 15.0;

fn case() -> Case {
    let outage = "
        [[faults.outages]]
        at_seconds = 120
        seconds = 120
        ";
    Case::methods("outage: 503 for 120 s at 20 a second", 20, 1).with(outage)
}

/// Measures and prints; the name if the target was missed.
pub(crate) fn report(seed: u64) -> Option<String> {
    let back = |pace: NewPace| seconds_until_back(&rehearse(&case(), seed, pace).1[0]);
    let (ours, baseline) = (back(MeasuredPace::of), back(crate::aimd::Aimd::of));
    let name = case().name;
    println!(
        "{name:54} back at pace after {ours:.1} s   (target: {TARGET} s)   AIMD: {baseline:.1} s"
    );
    (ours > TARGET).then(|| name.to_owned())
}

/// How long after the end of the outage a span of ten seconds begins in which nine tenths of the limit
/// are settled.
fn seconds_until_back(timeline: &Timeline) -> f64 {
    const SPAN: f64 = 10.0;
    let settled = |from: f64| timeline.at(from + SPAN) - timeline.at(from);
    let tenths = (0..6000_u32).map(|tenth| f64::from(tenth) / 10.0);
    tenths
        .into_iter()
        .find(|after| settled(ENDS + after) >= 0.9 * 20.0 * SPAN)
        .unwrap_or(f64::INFINITY)
}
