//! What happens to run files, and what is said then. Nothing is sent, and nothing is lost.

use crate::support::{Program, Ran, Server, read_lines};

/// A run of 200 rows of which 20 are done, in `phone.run`.
fn stopped() -> (Program, Server) {
    let (program, server) = (Program::new(), Server::start(&[]));
    program.write(
        "phone.csv",
        std::fs::read(program.path("samples/phone.csv")).unwrap(),
    );
    let ran = program.run_at(&server, &["phone", "phone.csv", "--canary", "20"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    (program, server)
}

fn run(program: &Program, arguments: &[&str]) -> Ran {
    let mut command = program.command();
    command.args(arguments).env("BULKGRAPH_TOKEN", "any");
    Ran::from(command.output().unwrap())
}

/// The run is refused with these words, and nothing was sent and nothing changed in the folder.
#[track_caller]
fn refused(program: &Program, server: &Server, arguments: &[&str], words: &[&str]) {
    let before = (
        program.files(),
        server.inspect().statistics["batches"].clone(),
    );
    let ran = run(program, arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    let after = (
        program.files(),
        server.inspect().statistics["batches"].clone(),
    );
    assert_eq!(after, before);
}

#[test]
fn a_changed_input_is_gone_on_with_only_if_the_user_says_so_and_one_that_is_gone_is_not_missed() {
    let (program, server) = stopped();
    let input = std::fs::read(program.path("phone.csv")).unwrap();
    program.write(
        "phone.csv",
        [&input[..], b"x@example.com,+1 5555550100\n"].concat(),
    );
    let words = ["phone.csv` has changed since", "--ignore-input", "--fresh"];
    refused(&program, &server, &["resume", "phone.run"], &words);
    std::fs::remove_file(program.path("phone.csv")).unwrap();
    let ran = run(&program, &["resume", "phone.run"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let results = std::fs::read_to_string(program.path("phone.results.csv")).unwrap();
    assert_eq!(read_lines(&results).len(), 200);
    let (program, _server) = stopped();
    program.write("phone.csv", "UserName,PhoneNumber\n");
    let ran = run(&program, &["resume", "phone.run", "--ignore-input"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_run_file_that_is_damaged_or_something_else_is_said_to_be_so() {
    let (program, server) = stopped();
    let run_file = std::fs::read(program.path("phone.run")).unwrap();
    let damaged = |from: usize, to: usize| {
        let mut bytes = run_file.clone();
        bytes[from..to].fill(0x5a);
        bytes
    };
    let half = run_file.len() / 2;
    let newer = [&run_file[..60], &99_u32.to_be_bytes()[..], &run_file[64..]].concat();
    for (content, words) in [
        (damaged(half, half + 8_192), ["is damaged", "backup"]),
        (run_file[..half].to_vec(), ["is damaged", "backup"]),
        (newer, ["has version 99", "use the bulkgraph that made it"]),
        (b"my notes\n".to_vec(), ["is not a run file", "`phone.run`"]),
        (Vec::new(), ["is not a run file", "`phone.run`"]),
    ] {
        program.write("phone.run", &content);
        refused(&program, &server, &["resume", "phone.run"], &words);
        assert_eq!(std::fs::read(program.path("phone.run")).unwrap(), content);
    }
    let hint = "`bulkgraph runs` lists";
    refused(
        &program,
        &server,
        &["resume", "none.run"],
        &["none.run", hint],
    );
    program.write("phone.run", &run_file);
    let meant = "do you mean `phone.run`?";
    for name in ["phone.csv", "phone"] {
        refused(&program, &server, &["status", name], &[meant]);
    }
}

#[test]
fn a_damaged_run_file_is_moved_aside_as_it_is_by_a_job_that_begins_afresh() {
    let (program, server) = stopped();
    let mut bytes = std::fs::read(program.path("phone.run")).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8_192].fill(0x5a);
    program.write("phone.run", &bytes);
    let job = ["phone", "phone.csv", "--fresh"];
    let ran = program.run_at(&server, &job);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(std::fs::read(program.path("phone.1.run")).unwrap(), bytes);
    let earlier = "earlier run file: phone.1.run";
    assert!(ran.stderr.contains(earlier), "{}", ran.stderr);
}

#[test]
fn results_never_take_the_place_of_the_input() {
    let (program, server) = stopped();
    let words = ["cannot be both the input and the results"];
    for command in ["results", "resume"] {
        let arguments = [command, "phone.run", "--out", "phone.csv"];
        refused(&program, &server, &arguments, &words);
    }
}

#[test]
fn a_job_that_has_a_run_file_already_says_which_two_commands_there_are() {
    let (program, server) = stopped();
    let url = server.url();
    let job = ["phone", "phone.csv", "--graph-url", &url];
    let words = [
        "20 of 200 lines",
        &url,
        "`bulkgraph resume phone.run`",
        "`--fresh`",
    ];
    refused(&program, &server, &job, &words);
    let ran = run(&program, &[&job[..], &["--fresh"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(program.path("phone.1.run").exists() && program.path("phone.results.1.csv").exists());
    let words = [
        "200 of 200 lines",
        "`--run FILE`",
        "bulkgraph status phone.run",
    ];
    refused(&program, &server, &job, &words);
}

#[test]
fn a_run_file_without_a_byte_which_a_crash_left_is_in_nobodys_way() {
    let (program, server) = (Program::new(), Server::start(&[]));
    program.write("tap.run", b"");
    let ran = program.run_at(&server, &["tap", "samples/tap.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    program.write("phone.run", b"my notes");
    let ran = program.run_at(&server, &["phone", "samples/phone.csv", "--fresh"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(
        std::fs::read(program.path("phone.run")).unwrap(),
        b"my notes"
    );
}

#[test]
fn a_token_for_another_tenant_does_not_go_on_with_a_run() {
    let (program, server) = (Program::new(), Server::start(&[]));
    // {"tid":"one"} and {"tid":"two"}.
    let (one, two) = ("h.eyJ0aWQiOiJvbmUifQ.s", "h.eyJ0aWQiOiJ0d28ifQ.s");
    let run = |token: &str, arguments: &[&str]| {
        let mut command = program.command();
        command.args(arguments).env("BULKGRAPH_TOKEN", token);
        Ran::from(command.output().unwrap())
    };
    let url = server.url();
    let canary = [
        "tap",
        "samples/tap.csv",
        "--graph-url",
        &url,
        "--canary",
        "3",
    ];
    assert_eq!(run(one, &canary).code, 3);
    let ran = run(two, &["resume", "tap.run"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("in the tenant one, and the token is for the tenant two")
    );
    assert_eq!(run(one, &["resume", "tap.run"]).code, 0);
}

#[test]
fn a_run_in_the_sandbox_is_gone_with_it() {
    let program = Program::new();
    let sandbox = ["tap", "samples/tap.csv", "--sandbox"];
    assert_eq!(program.run(&sandbox).code, 0);
    let ran = run(&program, &["resume", "tap.run"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("the sandbox, which is gone"),
        "{}",
        ran.stderr
    );
    let ran = program.run(&[&sandbox[..], &["--canary", "3"]].concat());
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}
