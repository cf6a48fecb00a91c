//! What can be seen of a run by its run file.

use crate::support::{Program, Ran, Server, read_lines};
use std::collections::BTreeMap;
use std::process::{Child, Stdio};

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

/// Whether any file in the folder holds the text.
fn is_somewhere(program: &Program, text: &str) -> bool {
    let holds = |name: &String| {
        let path = program.path(name);
        let content = path.is_file().then(|| std::fs::read(path).unwrap());
        let mut windows = content
            .iter()
            .flat_map(|content| content.windows(text.len()));
        windows.any(|window| window == text.as_bytes())
    };
    program.files().iter().any(holds)
}

/// The passes in results.
fn passes(text: &str) -> Vec<String> {
    let lines = read_lines(text).into_iter();
    let passes = lines.map(|line| line["TemporaryAccessPass"].clone());
    passes.filter(|pass| !pass.is_empty()).collect()
}

#[test]
fn a_run_that_was_told_to_forget_holds_no_pass_anywhere_and_everything_else() {
    let (program, server) = (Program::new(), Server::start(&[]));
    let ran = program.run_at(&server, &["tap", "samples/tap.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = std::fs::read_to_string(program.path("tap.results.csv")).unwrap();
    let passes = passes(&before);
    assert!(passes.len() > 30 && passes.iter().all(|pass| is_somewhere(&program, pass)));
    let said = program.run(&["forget", "tap.run"]);
    good(&said);
    let removed = format!("{} passes were removed from tap.run\n", passes.len());
    assert!(said.stderr.starts_with(&removed), "{}", said.stderr);
    assert!(said.stderr.contains("tap.results.csv"), "{}", said.stderr);
    std::fs::rename(
        program.path("tap.results.csv"),
        program.path("samples/old.csv"),
    )
    .unwrap();
    for pass in &passes {
        assert!(!is_somewhere(&program, pass), "{pass}");
    }
    good(&program.run(&["status", "tap.run"]));
    good(&program.run(&["results", "tap.run"]));
    let after = std::fs::read_to_string(program.path("tap.results.csv")).unwrap();
    for (before, after) in read_lines(&before).into_iter().zip(read_lines(&after)) {
        let had_pass = !before["TemporaryAccessPass"].is_empty();
        let said =
            after["ResultHint"].ends_with("removed from the run file with `bulkgraph forget`.");
        assert_eq!(said, had_pass, "{after:?}");
        for (column, cell) in &after {
            let changed = ["TemporaryAccessPass", "ResultHint"].contains(&column.as_str());
            assert!(changed || *cell == before[column], "{column}: {after:?}");
        }
    }
    assert!(
        program
            .run(&["forget", "tap.run"])
            .stderr
            .starts_with("no passes were removed")
    );
}

#[test]
fn a_run_that_was_killed_forgets_what_is_in_its_log_and_goes_on() {
    let program = Program::new();
    program.write("slow.toml", "[service]\nlatency_ms = 1000\n");
    let server = Server::start(&["--scenario", program.path("slow.toml").to_str().unwrap()]);
    let mut process = program.command_at(&server, &["tap", "samples/tap.csv"]);
    let mut process = process.stderr(Stdio::null()).spawn().unwrap();
    let has_pass = || {
        let tenant = server.inspect().tenant;
        let mut users = tenant["users"].as_array().unwrap().iter();
        users.any(|user| {
            let pass = user["pass"]["value"].as_str();
            pass.is_some_and(|pass| is_somewhere(&program, pass))
        })
    };
    while !has_pass() {
        assert!(process.try_wait().unwrap().is_none());
    }
    process.kill().unwrap();
    process.wait().unwrap();
    good(&program.run(&["forget", "tap.run"]));
    assert!(!has_pass());
    let said = program.run(&["status", "tap.run"]).stdout;
    assert!(
        said.ends_with("to go on: bulkgraph resume tap.run\n"),
        "{said}"
    );
}

#[test]
fn results_with_passes_are_not_replaced_by_results_without() {
    let program = with_passes();
    let full = std::fs::read(program.path("tap-troubles.results.csv")).unwrap();
    good(&program.run(&["forget", "tap-troubles.run"]));
    // What was written without passes is known again, and nothing to keep.
    for _ in 0..2 {
        good(&program.run(&["results", "tap-troubles.run"]));
    }
    let aside = std::fs::read(program.path("tap-troubles.results.1.csv")).unwrap();
    assert_eq!(aside, full);
    assert!(!program.path("tap-troubles.results.2.csv").exists());
}

/// The lines of a file that have that in `ResultStatus`.
fn lines_with(program: &Program, name: &str, status: &str) -> Vec<BTreeMap<String, String>> {
    let lines = read_lines(&std::fs::read_to_string(program.path(name)).unwrap()).into_iter();
    lines
        .filter(|line| line["ResultStatus"] == status)
        .collect()
}

#[test]
fn a_result_file_is_run_again_for_those_rows_only_that_failed_whatever_the_job() {
    for (job, columns) in [
        ("phone", &["UserName", "PhoneNumber"][..]),
        ("tap", &["UserName"]),
        (
            "copy-members",
            &["SourceGroup", "DestinationGroup", "MemberId"],
        ),
    ] {
        let program = Program::new();
        let input = format!("samples/{job}-troubles.csv");
        let old = format!("{job}-troubles.results.csv");
        program.run(&[job, &input, "--sandbox", "--skip-refused"]);
        let failed = lines_with(&program, &old, "failed");
        let all = read_lines(&std::fs::read_to_string(program.path(&old)).unwrap()).len();
        assert!(!failed.is_empty() && failed.len() < all, "{job}");
        let ran = program.run(&[
            job,
            &old,
            "--only",
            "failed",
            "--sandbox",
            "--out",
            "new.csv",
        ]);
        assert!([0, 2].contains(&ran.code), "{}", ran.stderr);
        let left_out = format!(" {} left out", all - failed.len());
        assert!(ran.stderr.contains(&left_out), "{}", ran.stderr);
        let new = read_lines(&std::fs::read_to_string(program.path("new.csv")).unwrap());
        let rows = |lines: &[BTreeMap<String, String>]| -> Vec<Vec<String>> {
            let row = |line: &BTreeMap<String, String>| {
                columns.iter().map(|column| line[*column].clone()).collect()
            };
            lines.iter().map(row).collect()
        };
        assert_eq!(rows(&new), rows(&failed), "{job}");
        let said = program.run(&["status", &format!("{job}-troubles.results.run")]);
        assert!(said.stdout.contains(&left_out), "{}", said.stdout);
    }
}

#[test]
fn where_there_is_nothing_to_select_nothing_is_made() {
    let program = with_passes();
    let files = program.files();
    for (input, only, expected) in [
        (
            "samples/tap.csv",
            "failed",
            "there is no column `ResultStatus`",
        ),
        (
            "tap-troubles.results.csv",
            "in_doubt,not_attempted",
            "no row of `tap-troubles.results.csv` has the ResultStatus in_doubt or not_attempted",
        ),
        (
            "tap-troubles.results.csv",
            "lost",
            "it is one of succeeded, ",
        ),
    ] {
        let ran = program.run(&[
            "tap",
            input,
            "--only",
            only,
            "--sandbox",
            "--run",
            "new.run",
        ]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert_eq!(program.files(), files);
    }
}
