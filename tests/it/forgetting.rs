//! Passes leave the run file for good.

use crate::support::{Program, Server, read_lines};
use crate::views::{good, with_passes};
use std::process::Stdio;

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
    // Its results, of the first rows, are as they were written when it is killed.
    let first = ["tap", "samples/tap.csv", "--canary", "3"];
    assert_eq!(program.run_at(&server, &first).code, 3);
    let mut process = program.command();
    process
        .args(["resume", "tap.run"])
        .env("BULKGRAPH_TOKEN", "any");
    let mut process = process.stderr(Stdio::null()).spawn().unwrap();
    let passes = || {
        let tenant = server.inspect().tenant;
        let users = tenant["users"].as_array().unwrap().iter();
        let passes = users.filter_map(|user| user["pass"]["value"].as_str());
        passes.filter(|pass| is_somewhere(&program, pass)).count()
    };
    while passes() <= 3 {
        assert!(process.try_wait().unwrap().is_none());
    }
    process.kill().unwrap();
    process.wait().unwrap();
    // They are in no result file yet.
    let refused = program.run(&["forget", "tap.run"]);
    assert_eq!(refused.code, 1);
    let hint = "`bulkgraph results tap.run` writes the results again; `--yes` removes";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    assert!(passes() > 3);
    good(&program.run(&["forget", "tap.run", "--yes"]));
    std::fs::remove_file(program.path("tap.results.csv")).unwrap();
    assert_eq!(passes(), 0);
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
