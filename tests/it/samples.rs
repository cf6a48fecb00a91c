//! Each sample gives its golden results.

use crate::rehearsal::Rehearsal;
use crate::support::sample;
use bulkgraph::simulator::Scenario;

/// What differs from run to run: times, ids of requests, passes, and how often the pace made a
/// request wait.
const MASKED: [&str; 6] = [
    "ResultAttempts",
    "ResultRequestId",
    "ResultFinishedAt",
    "TemporaryAccessPass",
    "ResultStartsAt",
    "ResultExpiresAt",
];

#[track_caller]
fn check(job: &'static str, name: &str) {
    let rehearsal = Rehearsal::of_file(job, sample(&format!("{name}.csv"))).skipping_refused();
    let done = rehearsal.run(&Scenario::default()).0;
    assert_eq!(
        done.summary().tally.lines,
        done.summary().tally.settled_lines(),
        "{:?}",
        done.summary().ended
    );
    let results = masked(&done.text);
    let golden = sample(&format!("{name}.results.csv"));
    if std::env::var_os("BULKGRAPH_BLESS").is_some() {
        std::fs::write(&golden, &results).unwrap();
    }
    let golden = std::fs::read_to_string(&golden)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    for (line, (got, expected)) in results.lines().zip(golden.lines()).enumerate() {
        assert_eq!(got, expected, "{name}.results.csv, line {}", line + 1);
    }
    assert_eq!(
        results.lines().count(),
        golden.lines().count(),
        "{name}.results.csv"
    );
}

fn masked(results: &str) -> String {
    let mut reader = csv::Reader::from_reader(results.as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let mask = |(name, cell)| {
            if MASKED.contains(&name) && !str::is_empty(cell) {
                "(masked)"
            } else {
                cell
            }
        };
        let cells = header.iter().zip(&record).map(mask);
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn phone() {
    check("phone", "phone");
}

#[test]
fn phone_troubles() {
    check("phone", "phone-troubles");
}

#[test]
fn tap() {
    check("tap", "tap");
}

#[test]
fn tap_troubles() {
    check("tap", "tap-troubles");
}

#[test]
fn copy_members() {
    check("copy-members", "copy-members");
}

#[test]
fn copy_members_troubles() {
    check("copy-members", "copy-members-troubles");
}
