//! Bad input is normal input: a message that says where, a stable exit code, nothing sent, nothing
//! half written.

use crate::support::{Program, Ran, Server};

/// Runs a job over a file against a server, and makes sure that nothing was sent and nothing left
/// behind.
struct Desk {
    program: Program,
    server: Server,
}

impl Desk {
    fn new() -> Self {
        Self {
            program: Program::new(),
            server: Server::start(&[]),
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run_at(&self.server, arguments)
    }

    #[track_caller]
    fn check(&self, file: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
        self.program.write(file, content);
        let before = self.program.files();
        let ran = self.run(&["phone", file]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        for part in expected {
            assert!(
                ran.stderr.contains(part),
                "`{part}` is not in: {}",
                ran.stderr
            );
        }
        assert_eq!(self.program.files(), before, "something was left behind");
        self.nothing_was_sent();
    }

    #[track_caller]
    fn nothing_was_sent(&self) {
        assert_eq!(self.server.inspect().statistics["batches"], 0);
    }
}

#[test]
fn a_file_that_cannot_be_understood_is_named_with_line_and_column() {
    let desk = Desk::new();
    desk.check(
        "empty.csv",
        "",
        &["`empty.csv` is empty", "UserName,PhoneNumber"],
    );
    desk.check(
        "header.csv",
        "UserName,PhoneNumber\n",
        &["`header.csv` has no rows"],
    );
    desk.check(
        "missing.csv",
        "UserName,Store\na@x.example,7\n",
        &[
            "`missing.csv`: line 1",
            "no column `PhoneNumber`",
            "`UserName`, `Store`",
        ],
    );
    desk.check(
        "double.csv",
        "UPN,PhoneNumber,user_name\na@x.example,+1 5555550100,b@x.example\n",
        &[
            "`double.csv`: line 1",
            "`UPN` (1) and `user_name` (3) mean the same",
        ],
    );
    desk.check(
        "ragged.csv",
        "UserName,PhoneNumber\na@x.example,+1 5555550100\n\nb@x.example,+1 5555550101,7\n",
        &["`ragged.csv`: line 4", "3 cells", "header has 2"],
    );
    desk.check(
        "short.csv",
        "UserName,PhoneNumber\n\"a\n@x.example\",+1 5555550100\nb@x.example\n",
        &["`short.csv`: line 4", "1 cells"],
    );
    desk.check(
        "quote.csv",
        "UserName,PhoneNumber\na@x.example,+1 5555550100\nb@x.example,\"+1 5555550101\nc@x.example,+1 5555550102\n",
        &["`quote.csv`: line 3", "never closed"],
    );
    desk.check(
        "latin1.csv",
        b"UserName,PhoneNumber,Store\na@x.example,+1 5555550100,G\xf6teborg\n",
        &[
            "`latin1.csv`: line 2",
            "column `Store` is not UTF-8 (byte 2",
            "CSV UTF-8",
        ],
    );
    desk.check(
        "semicolon.csv",
        "UserName;PhoneNumber\na@x.example;+1 5555550100\n",
        &["no column `UserName`", "something else than commas"],
    );
}

#[test]
fn a_file_that_is_not_there_or_a_folder_is_named() {
    let desk = Desk::new();
    let before = desk.program.files();
    for (input, expected) in [
        ("gone.csv", "cannot read `gone.csv`"),
        ("samples", "is a folder"),
    ] {
        let ran = desk.run(&["phone", input]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    assert_eq!(desk.program.files(), before);
    desk.nothing_was_sent();
}

#[test]
fn a_place_where_nothing_can_be_written_is_found_out_first() {
    let desk = Desk::new();
    let before = desk.program.files();
    for (option, place, expected) in [
        (
            "--out",
            "no/such/folder/x.csv",
            "cannot write the results to `no/such/folder/x.csv`",
        ),
        ("--out", "samples", "is a folder"),
        (
            "--out",
            "samples/phone.csv",
            "cannot be both the input and the results",
        ),
        (
            "--run",
            "no/such/folder/x.run",
            "cannot create the run file `no/such/folder/x.run`",
        ),
        (
            "--run",
            "samples/phone.csv",
            "cannot be both the input and the run file",
        ),
        (
            "--run",
            "samples/tap.csv",
            "`samples/tap.csv` is not a run file",
        ),
    ] {
        let ran = desk.run(&["phone", "samples/phone.csv", option, place]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert_eq!(desk.program.files(), before, "{option} {place}");
    }
    desk.nothing_was_sent();
}

#[test]
fn an_option_that_makes_no_sense_is_named() {
    let desk = Desk::new();
    let before = desk.program.files();
    for (arguments, expected) in [
        (
            &["phone", "samples/phone.csv", "--on-existing", "delete"][..],
            "update, keep, fail",
        ),
        (
            &["phone", "samples/phone.csv", "--region", "Sweden"],
            "`--region Sweden`",
        ),
        (
            &["phone", "samples/phone.csv", "--batch-size", "21"],
            "from 1 to 20",
        ),
        (
            &["phone", "samples/phone.csv", "--concurrency", "0"],
            "from 1 to 64",
        ),
        (&["phone", "samples/phone.csv", "--limit", "0"], "0"),
        (
            &["phone", "samples/phone.csv", "--sandbox"],
            "cannot be used with",
        ),
        (
            &["tap", "samples/tap.csv", "--lifetime", "5"],
            "`--lifetime 5`: is out of range",
        ),
        (
            &["tap", "samples/tap.csv", "--start", "2030-01-31T06:00:00"],
            "offset",
        ),
        (
            &["phone", "samples/phone.csv", "--batchsize", "5"],
            "--batch-size",
        ),
        (&["tap"], "<JOB.csv>"),
        (&["fax", "samples/phone.csv"], "fax"),
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(expected),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    assert_eq!(desk.program.files(), before);
    desk.nothing_was_sent();
}

#[test]
fn two_rows_for_one_person_are_both_refused_and_nothing_is_sent() {
    let desk = Desk::new();
    desk.program.write(
        "twice.csv",
        "UserName,PhoneNumber\nA@x.example,+1 5555550100\nb@x.example,+1 5555550101\na@X.example,+1 5555550102\n",
    );
    let ran = desk.run(&["phone", "twice.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("line 4: is for the same person and type of phone as line 2"),
        "{}",
        ran.stderr
    );
    let results = std::fs::read_to_string(desk.program.path("twice.results.csv")).unwrap();
    let statuses: Vec<&str> = results
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(2))
        .collect();
    assert_eq!(statuses, ["refused", "not_attempted", "refused"]);
    desk.nothing_was_sent();
}

#[test]
fn a_cell_cannot_talk_to_the_terminal() {
    let desk = Desk::new();
    desk.program.write(
        "esc.csv",
        "UserName,PhoneNumber\na@x.example,\u{1b}[31mred\u{7}\n",
    );
    let ran = desk.run(&["phone", "esc.csv"]);
    assert_eq!(ran.code, 2);
    assert!(
        !ran.stderr.contains('\u{1b}') && ran.stderr.contains("\\u{1b}[31mred"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_a_token_or_with_a_host_that_would_leak_it_nothing_is_sent() {
    let program = Program::new();
    let ran = program.run(&[
        "phone",
        "samples/phone.csv",
        "--graph-url",
        "https://graph.example",
    ]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("BULKGRAPH_TOKEN"), "{}", ran.stderr);
    let mut command = program.command();
    command.args([
        "phone",
        "samples/phone.csv",
        "--graph-url",
        "http://graph.example",
    ]);
    let ran = Ran::from(command.env("BULKGRAPH_TOKEN", "s3cret").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("unencrypted") && !ran.stderr.contains("s3cret"),
        "{}",
        ran.stderr
    );
    assert_eq!(program.files(), ["samples"]);
}

#[test]
fn a_token_that_no_header_can_hold_is_found_out_first() {
    let desk = Desk::new();
    let mut command = desk.program.command();
    command.args([
        "phone",
        "samples/phone.csv",
        "--graph-url",
        &desk.server.url(),
    ]);
    let ran = Ran::from(
        command
            .env("BULKGRAPH_TOKEN", "two\nlines")
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("holds no token") && !ran.stderr.contains("two"),
        "{}",
        ran.stderr
    );
    desk.nothing_was_sent();
}

#[test]
fn a_time_at_the_end_of_time_is_refused() {
    let desk = Desk::new();
    desk.program.write(
        "end.csv",
        "UserName,Start\na@x.example,9999-12-31T23:59:59-01:00\n",
    );
    let ran = desk.run(&["tap", "end.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no time that a pass could start at"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_trouble() {
    let desk = Desk::new();
    desk.program.write(
        "excel.csv",
        "\u{feff}UserName,PhoneNumber\r\nnobody@x.example,+1 5555550100\r\n",
    );
    let ran = desk.run(&["phone", "excel.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let results = std::fs::read_to_string(desk.program.path("excel.results.csv")).unwrap();
    assert!(
        results.starts_with("UserName,PhoneNumber,ResultStatus"),
        "{results}"
    );
    assert!(
        results.contains("nobody@x.example,+1 5555550100,failed,,404,Request_ResourceNotFound"),
        "{results}"
    );
}
