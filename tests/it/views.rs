//! What can be seen of a run by its run file.

use crate::support::{Program, Ran, Server, read_lines};
use std::collections::BTreeMap;
use std::process::{Child, Stdio};

/// A folder with a rehearsal of some passes in it, of which 3 succeeded, and others ended in every
/// other way.
pub(crate) fn with_passes() -> Program {
    let program = Program::new();
    let job = ["tap", "samples/tap-troubles.csv", "--sandbox"];
    let ran = program.run(&[&job[..], &["--skip-refused"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    program
}

#[track_caller]
pub(crate) fn good(ran: &Ran) {
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

/// A tenant that takes its time, and a run against it that is under way.
fn under_way(program: &Program) -> (Server, Child) {
    program.write("slow.toml", "[service]\nlatency_ms = 1000\n");
    let server = Server::start(&["--scenario", program.path("slow.toml").to_str().unwrap()]);
    let mut command = program.command_at(&server, &["phone", "samples/phone.csv"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let process = command.spawn().unwrap();
    while server.inspect().statistics["batches"].as_u64().unwrap() < 2 {
        std::thread::yield_now();
    }
    (server, process)
}

/// What a process leaves that is killed in the middle of a run.
fn killed(program: &Program) -> Server {
    let (server, mut process) = under_way(program);
    process.kill().unwrap();
    process.wait().unwrap();
    server
}

/// What is in the files of a run, by name.
fn content(program: &Program) -> BTreeMap<String, Vec<u8>> {
    let files = program.files().into_iter();
    let files = files.filter(|name| name.starts_with("phone."));
    files
        .map(|name| (name.clone(), std::fs::read(program.path(&name)).unwrap()))
        .collect()
}

#[test]
fn status_says_what_a_killed_run_is_about_and_how_it_goes_on_and_changes_nothing() {
    let program = Program::new();
    let server = killed(&program);
    let before = content(&program);
    assert!(before.contains_key("phone.run-wal"));
    let said = program.run(&["status", "phone.run"]);
    good(&said);
    for expected in [
        "job       phone --on-existing update\n",
        "input     samples/phone.csv\n",
        &format!("tenant    {}\n", server.url()),
        "results   phone.results.csv\n",
        "not_attempted\n",
        "\nto go on: bulkgraph resume phone.run\n",
    ] {
        assert!(
            said.stdout.contains(expected),
            "{expected}: {}",
            said.stdout
        );
    }
    assert_eq!(content(&program), before);
}

#[test]
fn status_says_what_failed_and_that_it_can_be_run_again() {
    let (program, server) = (Program::new(), Server::start(&[]));
    let job = ["tap", "samples/tap-troubles.csv", "--skip-refused"];
    let ran = program.run_at(&server, &job);
    let said = program.run(&["status", "tap-troubles.run"]);
    good(&said);
    let reasons = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("failed: "));
        lines.map(str::to_owned).collect()
    };
    assert!(!reasons(&ran.stderr).is_empty());
    assert_eq!(reasons(&said.stdout), reasons(&ran.stderr));
    let next = "to run again what failed: bulkgraph retry tap-troubles.run\n";
    assert!(said.stdout.ends_with(next), "{}", said.stdout);
}

#[test]
fn what_cannot_be_looked_at_is_said_to_be_so() {
    let program = Program::new();
    program.write("torn.run", b"");
    for (file, why) in [
        ("gone.run", "cannot open the run file `gone.run`"),
        ("samples/tap.csv", "is not a run file of bulkgraph"),
        ("torn.run", "is not a run file of bulkgraph"),
    ] {
        let ran = program.run(&["status", file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{file}");
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}

#[test]
fn runs_lists_the_run_files_of_a_folder_by_the_time_they_began() {
    let program = Program::new();
    good(&program.run(&["tap", "samples/tap.csv", "--sandbox", "--limit", "3"]));
    let _server = killed(&program);
    let list = |folder: &str| {
        let ran = program.run(&["runs", folder]);
        good(&ran);
        ran.stdout
    };
    let move_into = |name: &str, new: &str| {
        std::fs::create_dir_all(program.path("runs")).unwrap();
        std::fs::rename(program.path(name), program.path(&format!("runs/{new}"))).unwrap();
    };
    // The one is known by what it holds, and the other by its name although it holds nothing.
    move_into("tap.run", "friday.db");
    move_into("phone.run", "phone.run");
    move_into("phone.run-wal", "phone.run-wal");
    program.write("runs/torn.run", b"");
    program.write("runs/installer.run", b"#!/bin/sh");
    let newer = std::fs::read(program.path("runs/friday.db")).unwrap();
    program.write(
        "runs/newer.run",
        [&newer[..60], &[0, 0, 0, 2], &newer[64..]].concat(),
    );
    let said = list("runs");
    let lines: Vec<Vec<&str>> = said
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let names: Vec<&str> = lines.iter().map(|line| line[0]).collect();
    assert_eq!(
        names,
        [
            "RUN FILE",
            "friday.db",
            "phone.run",
            "newer.run",
            "torn.run"
        ]
    );
    assert_eq!(lines[1][1..3], ["tap", "tap.csv"]);
    assert_eq!(lines[1][4], "done (sandbox)");
    assert_eq!(lines[2][1..3], ["phone", "phone.csv"]);
    assert!(lines[2][4].ends_with(" of 200: to resume"), "{said}");
    assert_eq!(lines[3][1], "not readable: version 2 of the format");
    assert_eq!(lines[4][1], "not readable: it is empty");
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
    assert_eq!(list("samples"), "no run files in `samples`\n");
    assert_eq!(program.run(&["runs", "gone"]).code, 1);
}

#[test]
fn a_run_that_is_under_way_says_how_far_it_is_and_a_dead_one_says_nothing() {
    let program = Program::new();
    let (_server, mut process) = under_way(&program);
    let said = program.run(&["status", "phone.run"]);
    good(&said);
    for expected in [
        "job       phone\n",
        "input     samples/phone.csv\n",
        &format!("process   {}\n", process.id()),
        "not_attempted\n",
        "\nIt is under way.\n",
    ] {
        let missing = format!("{expected}: {}", said.stdout);
        assert!(said.stdout.contains(expected), "{missing}");
    }
    let list = program.run(&["runs"]).stdout;
    assert!(
        list.contains("phone.csv") && list.contains(" of 200\n"),
        "{list}"
    );
    process.kill().unwrap();
    process.wait().unwrap();
    let before = content(&program);
    assert!(before.contains_key("phone.run.progress"));
    let said = program.run(&["status", "phone.run"]).stdout;
    assert!(said.ends_with("bulkgraph resume phone.run\n"), "{said}");
    assert_eq!(content(&program), before);
    // Whoever opens the file next takes the note away.
    good(&program.run(&["results", "phone.run"]));
    assert!(!program.path("phone.run.progress").exists());
}
