//! The question after the first rows, at a terminal.

#![cfg(unix)]

use crate::stopping::send;
use crate::support::{Program, Server, read_lines};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

/// The two ends of a terminal: for somebody who sits before it, and for a program.
fn terminal() -> (File, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    (ours.into(), theirs)
}

/// Reads what is said, to these words or the end of the program.
fn heard(terminal: &mut File, words: Option<&str>) -> String {
    let (mut said, mut buffer) = (String::new(), [0; 4_096]);
    while words.is_none_or(|words| !said.contains(words)) {
        // Linux has an error where the other end is closed, others have an end.
        match terminal.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => said += &String::from_utf8_lossy(&buffer[..count]),
        }
    }
    said
}

/// Runs four rows, of which two are tried first, and answers the question. Says how it ended, what
/// was said last, and how many rows were attempted.
fn answered(answer: impl FnOnce(&mut File, &Child)) -> (Option<i32>, String, usize) {
    let (program, server) = (Program::new(), Server::start(&[]));
    let (mut ours, theirs) = terminal();
    let job = [
        "phone",
        "samples/phone.csv",
        "--limit",
        "4",
        "--canary",
        "2",
    ];
    let mut process = program
        .command_at(&server, &job)
        .stdin(Stdio::from(theirs.try_clone().unwrap()))
        .stderr(Stdio::from(theirs))
        .spawn()
        .unwrap();
    let question = heard(&mut ours, Some("[y/N]"));
    assert!(question.contains("Go on with the others?"), "{question}");
    answer(&mut ours, &process);
    let said = heard(&mut ours, None);
    let results = std::fs::read_to_string(program.path("phone.results.csv")).unwrap();
    let lines = read_lines(&results);
    let left = lines
        .iter()
        .filter(|line| line["ResultStatus"] == "not_attempted");
    let code = process.wait().unwrap().code();
    (code, said, lines.len() - left.count())
}

#[test]
fn a_yes_goes_on_and_everything_else_is_a_no() {
    for (answer, code, attempted) in [
        ("y\n", 0, 4),
        ("YES\n", 0, 4),
        ("n\n", 3, 2),
        ("\n", 3, 2),
        ("yesterday\n", 3, 2),
    ] {
        let (ended, said, rows) = answered(|terminal, _| {
            terminal.write_all(answer.as_bytes()).unwrap();
        });
        assert_eq!((ended, rows), (Some(code), attempted), "{answer}: {said}");
    }
}

#[test]
fn who_wants_to_stop_while_it_is_asked_has_said_no() {
    for signal in ["INT", "TERM", "HUP"] {
        let (ended, said, rows) = answered(|_, process| send(signal, process));
        assert_eq!((ended, rows), (Some(3), 2), "{signal}: {said}");
        assert!(
            said.contains("to go on: bulkgraph resume phone.run"),
            "{said}"
        );
    }
}
