//! What the user says about pace reaches the service, and what the run does about it can be seen.

use crate::rehearsal::Rehearsal;
use crate::support::{Program, Server, read_lines, sample};
use bulkgraph::simulator::Scenario;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const OBSERVED: &str = include_str!("../../samples/scenarios/methods-observed.toml");

#[test]
fn a_pace_that_makes_no_sense_is_refused_with_what_would() {
    let program = Program::new();
    let before = program.files();
    let rate = "requests a second are a number from 0.01 to 10000, such as 0.5";
    let share = "a part is a number from 0.05 to 1, such as 0.5 or 50%";
    for (option, value, expected) in [
        ("--rate", "0", rate),
        ("--rate", "-1", rate),
        ("--rate", "10001", rate),
        ("--rate", "NaN", rate),
        ("--rate", "inf", rate),
        ("--rate", "fast", rate),
        ("--rate", "", rate),
        ("--share", "0", share),
        ("--share", "0.04", share),
        ("--share", "4%", share),
        ("--share", "101%", share),
        ("--share", "50", "did you mean 50%?"),
        ("--share", "-1", share),
        ("--share", "%", share),
        ("--share", "half", share),
        (
            "--priority",
            "urgent",
            "[possible values: low, normal, high]",
        ),
    ] {
        let option = format!("{option}={value}");
        let ran = program.run(&["phone", "samples/phone.csv", "--sandbox", &option]);
        assert_eq!(ran.code, 1, "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{option}: {}", ran.stderr);
    }
    assert_eq!(program.files(), before);
}

/// What the requests within batches say of their priority, as the service received them; `None`
/// where they say nothing.
fn priorities(arguments: &[&str]) -> BTreeSet<Option<String>> {
    let program = Program::new();
    let record = program.path("record.jsonl");
    let server = Server::start(&["--record", record.to_str().unwrap()]);
    let job = ["tap", "samples/tap.csv", "--limit", "3"];
    let ran = program.run_at(&server, &[&job[..], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut priorities = BTreeSet::new();
    for line in std::fs::read_to_string(&record).unwrap().lines() {
        let batch: Value = serde_json::from_str(line).unwrap();
        let body: Value = serde_json::from_str(batch["b"].as_str().unwrap()).unwrap();
        let requests = body["requests"].as_array().unwrap().iter();
        let priority = |request: &Value| request["headers"]["x-ms-throttle-priority"].clone();
        priorities.extend(requests.map(|request| priority(request).as_str().map(str::to_owned)));
    }
    priorities
}

#[test]
fn every_request_says_how_much_it_matters_if_the_user_says_so() {
    assert_eq!(priorities(&[]), BTreeSet::from([None]));
    assert_eq!(
        priorities(&["--priority", "low"]),
        BTreeSet::from([Some("low".to_owned())])
    );
}

#[test]
fn a_trace_shows_how_fast_it_went_from_the_first_request_to_the_last() {
    let mut rehearsal = Rehearsal::of_file("phone", sample("phone.csv"));
    rehearsal.traced = true;
    let (done, _) = rehearsal.run(&Scenario::from_toml(OBSERVED).unwrap());
    assert_eq!(
        done.pace_trace.lines().next(),
        Some(
            "elapsed_seconds,workload,rate,estimate,phase,credit,batches_in_flight,sent,delivered,throttled,paused_seconds"
        )
    );
    let lines = read_lines(&done.pace_trace);
    let number = |line: &BTreeMap<String, String>, column: &str| -> f64 {
        line[column]
            .parse()
            .unwrap_or_else(|_| panic!("{column} of {line:?}"))
    };
    assert!(
        lines
            .iter()
            .all(|line| line["workload"] == "authentication_methods")
    );
    for (earlier, later) in lines.iter().zip(&lines[1..]) {
        for column in ["elapsed_seconds", "sent", "delivered", "throttled"] {
            assert!(
                number(earlier, column) <= number(later, column),
                "{later:?}"
            );
        }
        let news = number(later, "throttled") > number(earlier, "throttled")
            || number(later, "paused_seconds") > 0.0;
        let pause = number(later, "elapsed_seconds") - number(earlier, "elapsed_seconds");
        let is_last = later == lines.last().unwrap();
        assert!(news || is_last || pause > 0.249, "{later:?}");
    }
    let (last, statistics) = (lines.last().unwrap(), done.summary().statistics);
    let of_run = [statistics.requests, statistics.throttled].map(|count| count.to_string());
    assert_eq!(
        [&last["sent"], &last["throttled"]],
        [&of_run[0], &of_run[1]]
    );
    assert_eq!(last["batches_in_flight"], "0");
    assert_eq!(
        statistics.requests,
        last["delivered"].parse::<u64>().unwrap() + statistics.throttled
    );
    let mut pauses = lines.iter().map(|line| number(line, "paused_seconds"));
    assert_eq!(pauses.any(|pause| pause > 0.0), statistics.throttled > 0);
}

#[test]
fn without_being_asked_for_there_is_no_trace() {
    let rehearsal = Rehearsal::of_file("phone", sample("phone.csv"));
    let (done, _) = rehearsal.run(&Scenario::from_toml(OBSERVED).unwrap());
    assert_eq!(done.files, ["input.run", "results.csv"]);
}

#[test]
fn a_trace_that_cannot_be_written_stops_the_run_before_anything_is_sent() {
    let (program, server) = (Program::new(), Server::start(&[]));
    program.write("list.csv", "my,own\n");
    let before = program.files();
    for (file, expected) in [
        (
            "samples/tap.csv",
            "cannot be both the input and the pace trace",
        ),
        (
            "./tap.run",
            "cannot be both the run file and the pace trace",
        ),
        (
            "tap.run-wal",
            "cannot be both the run file and the pace trace",
        ),
        (
            "tap.results.csv",
            "cannot be both the results and the pace trace",
        ),
        (
            "list.csv",
            "cannot write the pace trace to `list.csv`: what is there is no pace trace",
        ),
        (
            "samples",
            "cannot write the pace trace to `samples`: it is no file",
        ),
        ("-", "cannot write the pace trace to `-`: it is no file"),
        (
            "nowhere/pace.csv",
            "cannot write the pace trace to `nowhere/pace.csv`: ",
        ),
    ] {
        let ran = program.run_at(&server, &["tap", "samples/tap.csv", "--trace-pace", file]);
        assert_eq!(ran.code, 1, "{file}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{file}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("`--trace-pace`"),
            "{file}: {}",
            ran.stderr
        );
        assert_eq!(program.files(), before, "{file}");
    }
    assert_eq!(server.inspect().statistics["batches"], 0);
    assert_eq!(
        std::fs::read(program.path("list.csv")).unwrap(),
        b"my,own\n"
    );
}
