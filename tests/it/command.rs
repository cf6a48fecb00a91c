//! The program as people run it.

use crate::support::{Program, Ran, Server, read_lines};
use bulkgraph::cli::Exit;
use std::io::Write;
use std::process::Stdio;

#[test]
fn help_lists_every_command_and_every_exit_code() {
    let program = Program::new();
    let help = program.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for command in ["phone", "tap", "copy-members", "results", "simulate"] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
        let ran = program.run(&[command, "--help"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
    }
    for exit in Exit::ALL {
        let line = format!("  {}  {}", exit.code(), exit.meaning());
        assert!(help.stdout.contains(&line), "{}", help.stdout);
    }
    assert_eq!(
        program.run(&["--version"]).stdout,
        format!("bulkgraph {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(program.run(&[]).code, 1);
}

#[test]
fn a_job_leaves_its_results_and_its_run_file_and_nothing_else() {
    let program = Program::new();
    let ran = program.run(&["copy-members", "samples/copy-members.csv", "--sandbox"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("copy-members: 383 "), "{}", ran.stderr);
    let results = std::fs::read_to_string(program.path("copy-members.results.csv")).unwrap();
    assert_eq!(read_lines(&results).len(), 383);
    assert_eq!(
        program.files(),
        ["copy-members.results.csv", "copy-members.run", "samples"]
    );
}

#[test]
fn results_may_go_to_standard_output_and_everything_else_goes_elsewhere() {
    let program = Program::new();
    let ran = program.run(&[
        "tap",
        "samples/tap-troubles.csv",
        "--sandbox",
        "--skip-refused",
        "--out",
        "-",
    ]);
    assert_eq!(ran.code, 2);
    assert_eq!(read_lines(&ran.stdout).len(), 18);
    assert!(
        !program
            .files()
            .contains(&"tap-troubles.results.csv".to_owned())
    );
}

#[test]
fn a_reader_of_standard_output_that_goes_away_is_no_panic() {
    let program = Program::new();
    let mut command = program.command();
    command.args([
        "phone",
        "samples/phone.csv",
        "--sandbox",
        "--limit",
        "5",
        "--out",
        "-",
    ]);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`phone.run` has them") && !ran.stderr.contains("panicked"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_earlier_run_is_never_overwritten_and_moved_aside_when_asked() {
    let (program, server) = (Program::new(), Server::start(&[]));
    let job = ["tap", "samples/tap.csv", "--limit", "2"];
    let run = |extra: &[&str]| program.run_at(&server, &[&job[..], extra].concat());
    assert_eq!(run(&[]).code, 0);
    let first = std::fs::read(program.path("tap.results.csv")).unwrap();
    let again = run(&[]);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("2 of 2 lines are settled") && again.stderr.contains("--fresh"),
        "{}",
        again.stderr
    );
    assert_eq!(
        std::fs::read(program.path("tap.results.csv")).unwrap(),
        first
    );
    // Not even by a rehearsal.
    assert_eq!(
        program.run(&["tap", "samples/tap.csv", "--sandbox"]).code,
        1
    );
    assert_eq!(run(&["--fresh"]).code, 0);
    assert_eq!(
        std::fs::read(program.path("tap.results.1.csv")).unwrap(),
        first
    );
    assert!(program.path("tap.1.run").is_file());
    assert_eq!(run(&["--fresh"]).code, 0);
    assert!(program.path("tap.2.run").is_file());
}

#[test]
fn a_rehearsal_does_not_stand_in_the_way_of_the_next_one() {
    let program = Program::new();
    for _ in 0..2 {
        assert_eq!(
            program
                .run(&["tap", "samples/tap.csv", "--sandbox", "--limit", "2"])
                .code,
            0
        );
    }
}

#[test]
fn what_could_be_missed_is_moved_aside_whatever_it_is() {
    let program = Program::new();
    let rehearse = |extra: &[&str]| {
        let job = ["tap", "samples/tap.csv", "--sandbox", "--limit", "2"];
        let ran = program.run(&[&job[..], extra].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    rehearse(&["--run", "one.run"]);
    let first = std::fs::read(program.path("tap.results.csv")).unwrap();
    let said = rehearse(&["--run", "other.run"]);
    assert!(said.contains("tap.results.1.csv"), "{said}");
    assert_eq!(
        std::fs::read(program.path("tap.results.1.csv")).unwrap(),
        first
    );
    program.write("list.csv", "my,own\n");
    rehearse(&["--out", "list.csv"]);
    assert_eq!(
        std::fs::read_to_string(program.path("list.1.csv")).unwrap(),
        "my,own\n"
    );
    // Results in which nothing was attempted are nothing to keep.
    for _ in 0..2 {
        program.run(&["tap", "samples/tap-troubles.csv", "--sandbox"]);
    }
    assert!(!program.path("tap-troubles.results.1.csv").exists());
}

#[test]
fn results_are_written_again_from_the_run_file() {
    let program = Program::new();
    assert_eq!(
        program
            .run(&["tap", "samples/tap.csv", "--sandbox", "--limit", "9"])
            .code,
        0
    );
    let first = std::fs::read(program.path("tap.results.csv")).unwrap();
    std::fs::remove_file(program.path("tap.results.csv")).unwrap();
    assert_eq!(program.run(&["results", "tap.run"]).code, 0);
    assert_eq!(
        std::fs::read(program.path("tap.results.csv")).unwrap(),
        first
    );
    let ran = program.run(&["results", "tap.run", "--out", "-"]);
    assert_eq!((ran.code, ran.stdout.as_bytes()), (0, first.as_slice()));
    for (file, expected) in [
        ("samples/tap.csv", "is not a run file"),
        ("gone.run", "cannot open the run file `gone.run`"),
    ] {
        let ran = program.run(&["results", file]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn a_rehearsal_never_replaces_the_results_of_a_run() {
    let (program, server) = (Program::new(), Server::start(&[]));
    let job = ["tap", "samples/tap.csv"];
    let rehearse = || program.run(&[&job[..], &["--sandbox", "--limit", "2"]].concat());
    assert_eq!(rehearse().code, 0);
    let run = [&job[..], &["--limit", "3", "--run", "real.run"]].concat();
    assert_eq!(program.run_at(&server, &run).code, 0);
    let real = std::fs::read(program.path("tap.results.csv")).unwrap();
    assert_eq!(rehearse().code, 0);
    assert_eq!(
        std::fs::read(program.path("tap.results.2.csv")).unwrap(),
        real
    );
    // Its own results it does replace.
    assert_eq!(rehearse().code, 0);
    assert!(!program.path("tap.results.3.csv").exists());
}

#[test]
fn results_never_take_the_place_of_their_run_file() {
    let program = Program::new();
    assert_eq!(
        program
            .run(&["tap", "samples/tap.csv", "--sandbox", "--limit", "2"])
            .code,
        0
    );
    let before = std::fs::read(program.path("tap.run")).unwrap();
    for out in ["tap.run", "./tap.run-wal"] {
        let ran = program.run(&["results", "tap.run", "--out", out]);
        assert_eq!(ran.code, 1);
        assert!(
            ran.stderr
                .contains("cannot be both the run file and the results"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(std::fs::read(program.path("tap.run")).unwrap(), before);
}

#[test]
fn two_names_for_one_file_are_one_file() {
    let program = Program::new();
    let ran = program.run(&[
        "phone",
        "samples/phone.csv",
        "--sandbox",
        "--run",
        "x.csv",
        "--out",
        "./x.csv",
    ]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr
            .contains("cannot be both the run file and the results"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_proxy_never_sees_what_goes_to_this_machine() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let program = Program::new();
    let mut command = program.command();
    command.args(["copy-members", "samples/copy-members.csv", "--sandbox"]);
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let ran = Ran::from(
        command
            .env("HTTP_PROXY", &address)
            .env("http_proxy", &address)
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(proxy.accept().is_err(), "the proxy was called");
}

#[test]
fn quiet_is_quiet_and_logs_are_json_when_asked() {
    let program = Program::new();
    let job = ["phone", "samples/phone.csv", "--sandbox", "--limit", "5"];
    let quiet = program.run(&[&job[..], &["--quiet"]].concat());
    assert_eq!(
        (quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()),
        (0, "", "")
    );
    let json = program.run(&[&job[..], &["-vv", "--log-format", "json"]].concat());
    let logged: Vec<serde_json::Value> = json
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(
        logged.iter().any(|line| line["level"] == "DEBUG"),
        "{}",
        json.stderr
    );
}

#[test]
fn neither_token_nor_pass_is_ever_said() {
    let (program, server) = (Program::new(), Server::start(&[]));
    let mut command = program.command();
    command.args([
        "tap",
        "samples/tap-troubles.csv",
        "--skip-refused",
        "-vv",
        "--graph-url",
        &server.url(),
    ]);
    let ran = Ran::from(
        command
            .env("BULKGRAPH_TOKEN", "t0p-s3cret-token")
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 2);
    let results = std::fs::read_to_string(program.path("tap-troubles.results.csv")).unwrap();
    let lines = read_lines(&results);
    let passes: Vec<&str> = lines
        .iter()
        .map(|line| line["TemporaryAccessPass"].as_str())
        .filter(|pass| !pass.is_empty())
        .collect();
    assert_eq!(passes.len(), 3);
    for secret in passes.into_iter().chain(["t0p-s3cret-token"]) {
        assert!(
            !ran.stderr.contains(secret) && !ran.stdout.contains(secret),
            "{secret}"
        );
    }
    assert!(!results.contains("t0p-s3cret-token"));
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_what_holds_passes() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::new();
    assert_eq!(
        program
            .run(&["tap", "samples/tap.csv", "--sandbox", "--limit", "2"])
            .code,
        0
    );
    for file in ["tap.results.csv", "tap.run"] {
        let mode = std::fs::metadata(program.path(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_service_that_takes_no_batches_is_told_from_rows_that_fail() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // A web server that is none of Graph's: it answers every request with 404, until the test ends.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 8_192];
            let _ = std::io::Read::read(&mut stream, &mut buffer);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    let program = Program::new();
    let mut command = program.command();
    command
        .args(["phone", "samples/phone.csv", "--graph-url", &url])
        .env("BULKGRAPH_TOKEN", "any");
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("does not take batches: 404"),
        "{}",
        ran.stderr
    );
    let results = std::fs::read_to_string(program.path("phone.results.csv")).unwrap();
    assert!(
        read_lines(&results)
            .iter()
            .all(|line| line["ResultStatus"] == "not_attempted")
    );
}
