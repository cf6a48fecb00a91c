//! Ctrl-C and other signals, in the middle of a run and before it.

#![cfg(unix)]

use crate::support::{Program, Ran, Server, read_lines};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A tenant that takes its time, and a run against it that is under way.
fn under_way(program: &Program, scenario: &str) -> (Server, Child) {
    begun(program, scenario, |server| {
        program.command_at(server, &["phone", "samples/phone.csv"])
    })
}

fn begun(
    program: &Program,
    scenario: &str,
    command: impl FnOnce(&Server) -> Command,
) -> (Server, Child) {
    program.write("slow.toml", scenario);
    let server = Server::start(&["--scenario", program.path("slow.toml").to_str().unwrap()]);
    let process = command(&server)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while server.inspect().statistics["batches"].as_u64().unwrap() < 2 {
        std::thread::yield_now();
    }
    (server, process)
}

fn interrupt(process: &Child) {
    send("INT", process);
}

/// Sends a signal.
pub(crate) fn send(signal: &str, process: &Child) {
    let mut kill = Command::new("kill");
    kill.args([format!("-{signal}"), process.id().to_string()]);
    assert!(kill.status().unwrap().success());
}

#[test]
fn once_ends_in_order_and_every_row_says_what_the_tenant_holds() {
    let program = Program::new();
    let scenario = "[limits.authentication_methods]\nrequests = 5\nper_seconds = 1\nburst = 1\n";
    let (server, process) = under_way(&program, scenario);
    interrupt(&process);
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("as you asked"), "{}", ran.stderr);
    let lines = read_lines(&std::fs::read_to_string(program.path("phone.results.csv")).unwrap());
    assert_eq!(lines.len(), 200);
    assert!(
        lines
            .iter()
            .any(|line| line["ResultStatus"] == "not_attempted")
    );
    let tenant = server.inspect();
    for line in &lines {
        let number = tenant.user(&line["UserName"])["phones"]
            .get("mobile")
            .cloned()
            .unwrap_or_default();
        match line["ResultStatus"].as_str() {
            "succeeded" | "unchanged" => assert_eq!(number, line["ResultPhoneNumber"]),
            // Of a write that was declined nobody has to be in doubt.
            status => assert_eq!(status, "not_attempted", "{line:?}"),
        }
    }
}

#[test]
fn twice_ends_at_once_and_what_is_on_its_way_is_in_doubt() {
    let program = Program::new();
    // Nobody waits a minute for this.
    let (_server, mut process) = under_way(&program, "[service]\nlatency_ms = 60000\n");
    while process.try_wait().unwrap().is_none() {
        // Two signals at the same moment are one; the next one counts.
        interrupt(&process);
        std::thread::yield_now();
    }
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let lines = read_lines(&std::fs::read_to_string(program.path("phone.results.csv")).unwrap());
    let count = |status| {
        lines
            .iter()
            .filter(|line| line["ResultStatus"] == status)
            .count()
    };
    assert!(count("in_doubt") > 0 && count("in_doubt") + count("not_attempted") == 200);
}

/// What a run says to type, typed.
fn go_on(program: &Program, said: &str) -> Ran {
    let line = said.lines().last().unwrap();
    let command = line.strip_prefix("to go on: ").unwrap();
    in_shell(program, command).output().map(Ran::from).unwrap()
}

/// What somebody types in the program's folder, with a token at hand.
fn in_shell(program: &Program, line: &str) -> Command {
    let mut command = Command::new("sh");
    let folder = Path::new(env!("CARGO_BIN_EXE_bulkgraph")).parent().unwrap();
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    command
        .args(["-c", line])
        .current_dir(program.folder.path())
        .envs([("PATH", path), ("BULKGRAPH_TOKEN", "any".into())]);
    command
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_command_that_it_says() {
    let program = Program::new();
    let (server, process) = under_way(&program, "[service]\nlatency_ms = 300\n");
    interrupt(&process);
    let stopped = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let ran = go_on(&program, &stopped.stderr);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = read_lines(&std::fs::read_to_string(program.path("phone.results.csv")).unwrap());
    let tenant = server.inspect();
    assert_eq!(lines.len(), 200);
    for line in &lines {
        assert!(["succeeded", "unchanged"].contains(&line["ResultStatus"].as_str()));
        let phones = &tenant.user(&line["UserName"])["phones"];
        assert_eq!(phones["mobile"], line["ResultPhoneNumber"]);
    }
    assert!(!program.path("phone.results.1.csv").exists());
}

#[test]
fn the_command_that_goes_on_can_be_typed_whatever_the_run_file_is_called() {
    let (program, server) = (Program::new(), Server::start(&[]));
    for name in [
        "-x.run",
        "a$HOME.run",
        "it's \"a\" `b`.run",
        "a\\b.run",
        "~.run",
        "a b*.run",
        "-a;b.run",
        "målning.run",
    ] {
        let run = format!("--run={name}");
        let job = ["phone", "samples/phone.csv", "--limit", "4"];
        let stopped = program.run_at(&server, &[&job[..], &[&run, "--canary", "2"]].concat());
        assert_eq!(stopped.code, 3, "{}", stopped.stderr);
        let ran = go_on(&program, &stopped.stderr);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("phone: 4 rows"), "{}", ran.stderr);
    }
}

#[test]
fn what_it_was_started_to_ignore_does_not_stop_it() {
    let program = Program::new();
    let (_server, process) = begun(&program, "[service]\nlatency_ms = 300\n", |server| {
        let url = server.url();
        // As `nohup` starts it, and a script in the background.
        let job = format!("exec bulkgraph phone samples/phone.csv --graph-url {url}");
        in_shell(&program, &format!("trap '' HUP INT; {job}"))
    });
    send("HUP", &process);
    send("INT", &process);
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn while_the_input_is_being_read_nothing_is_left_behind() {
    for signal in ["INT", "TERM", "HUP"] {
        let program = Program::new();
        let pipe = program.path("wave.csv");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let mut command = program.command();
        command.args(["tap", "wave.csv", "--sandbox"]);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        // More may come at any time.
        let mut input = File::options().write(true).open(&pipe).unwrap();
        input
            .write_all(b"UserName\nsomebody@contoso.com\n")
            .unwrap();
        while !program.path("wave.run").exists() {
            assert_eq!(process.try_wait().unwrap(), None);
            std::thread::yield_now();
        }
        send(signal, &process);
        let ran = Ran::from(process.wait_with_output().unwrap());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("nothing was sent"), "{}", ran.stderr);
        assert_eq!(program.files(), ["samples", "wave.csv"]);
    }
}
