//! Some rows of a result file are run again.

use crate::support::{Program, read_lines};
use crate::views::with_passes;
use std::collections::BTreeMap;

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
