//! What can be seen of a run by its run file.

use crate::support::{Program, Ran, read_lines};

/// A folder with a rehearsal of some passes in it, of which 3 succeeded, and others ended in every
/// other way.
fn with_passes() -> Program {
    let program = Program::new();
    let job = ["tap", "samples/tap-troubles.csv", "--sandbox"];
    let ran = program.run(&[&job[..], &["--skip-refused"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    program
}

#[track_caller]
fn good(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn results_of_some_statuses_have_a_file_of_their_own() {
    let program = with_passes();
    let all = program.path("tap-troubles.results.csv");
    let full = std::fs::read_to_string(&all).unwrap();
    let expected: Vec<_> = read_lines(&full)
        .into_iter()
        .filter(|line| ["failed", "in_doubt"].contains(&line["ResultStatus"].as_str()))
        .collect();
    assert!(!expected.is_empty() && expected.len() < 18);
    let some = ["results", "tap-troubles.run", "--status", "in_doubt,Failed"];
    for _ in 0..2 {
        let ran = program.run(&some);
        good(&ran);
        assert!(
            ran.stderr.contains(&format!(
                "results: tap-troubles.failed-in_doubt.results.csv ({} of 18 lines)",
                expected.len()
            )),
            "{}",
            ran.stderr
        );
    }
    let written = program.path("tap-troubles.failed-in_doubt.results.csv");
    let written = std::fs::read_to_string(written).unwrap();
    assert_eq!(read_lines(&written), expected);
    assert_eq!(std::fs::read_to_string(&all).unwrap(), full);
    // The same once more is nothing to keep, and the results of the run are still the whole ones.
    good(&program.run(&["results", "tap-troubles.run"]));
    assert_eq!(
        program.files(),
        [
            "samples",
            "tap-troubles.failed-in_doubt.results.csv",
            "tap-troubles.results.csv",
            "tap-troubles.run"
        ]
    );
}

#[test]
fn a_part_of_the_results_that_is_put_in_the_place_of_all_moves_them_aside() {
    let program = with_passes();
    let full = std::fs::read(program.path("tap-troubles.results.csv")).unwrap();
    let some = ["results", "tap-troubles.run", "--status", "failed"];
    good(&program.run(&[&some[..], &["--out", "tap-troubles.results.csv"]].concat()));
    let aside = std::fs::read(program.path("tap-troubles.results.1.csv")).unwrap();
    assert_eq!(aside, full);
    let ran = program.run(&[&some[..], &["--out", "-"]].concat());
    assert!(read_lines(&ran.stdout).len() < 18);
    let ran = program.run(&["results", "tap-troubles.run", "--status", "lost"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not_attempted"), "{}", ran.stderr);
}

#[test]
fn results_go_where_those_of_the_run_went() {
    let program = Program::new();
    std::fs::create_dir(program.path("out")).unwrap();
    let job = ["tap", "samples/tap.csv", "--sandbox", "--limit", "3"];
    good(&program.run(&[&job[..], &["--out", "out/passes.csv"]].concat()));
    let path = program.path("out/passes.csv");
    let first = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let ran = program.run(&["results", "tap.run"]);
    good(&ran);
    assert!(
        ran.stderr.contains("results: out/passes.csv"),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read(&path).unwrap(), first);
    good(&program.run(&["results", "tap.run", "--status", "succeeded"]));
    assert!(program.path("out/tap.succeeded.results.csv").is_file());
    assert_eq!(program.files(), ["out", "samples", "tap.run"]);
}
