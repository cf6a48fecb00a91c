//! A run that is killed again and again, whose connections are cut, or whose run file is taken away,
//! and the passes that people hold at the end.
//!
//! `BULKGRAPH_KILLS=200` kills as often; each start of the test kills at other moments.

use crate::support::{Program, Ran, Server, Tenant, read_lines};
use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Stdio};

/// As the client must be quick enough to be killed often, everything takes a moment and nothing is
/// throttled.
const SCENARIO: &str = "\
    [service]\nlatency_ms = 40\njitter_ms = 40\n\
    [limits.authentication_methods]\nrequests = 100000\nper_seconds = 1\n";

/// A tenant, and a wave of so many of its people.
fn wave(people: usize) -> (Program, Server) {
    let program = Program::new();
    let users = people + 500;
    program.write(
        "tenant.toml",
        format!("[tenant]\nusers = {users}\n{SCENARIO}"),
    );
    let server = Server::start(&["--scenario", program.path("tenant.toml").to_str().unwrap()]);
    let tenant = server.inspect();
    let users = tenant.tenant["users"].as_array().unwrap().iter();
    let names = users.map(|user| user["userPrincipalName"].as_str().unwrap());
    let names: Vec<&str> = names.skip(50).take(people).collect();
    program.write("wave.csv", format!("UserName\n{}\n", names.join("\n")));
    (program, server)
}

/// Begins the wave, or lets it go on.
fn start(program: &Program, url: &str) -> Child {
    let mut command = program.command();
    if program.path("wave.run").exists() {
        command.args(["resume", "wave.run"]);
    } else {
        command.args(["tap", "wave.csv", "--graph-url", url]);
    }
    command.env("BULKGRAPH_TOKEN", "any").stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn batches(server: &Server) -> u64 {
    let (_, body) = server.request("GET /_simulator/statistics");
    let statistics: serde_json::Value = serde_json::from_str(&body).unwrap();
    statistics["batches"].as_u64().unwrap()
}

/// Every pass in the results is the one that lets that person in, and whoever had one before has it
/// still.
fn people_hold_what_the_results_say(program: &Program, before: &Tenant, after: &Tenant) {
    let results = std::fs::read_to_string(program.path("wave.results.csv")).unwrap();
    let pass = |tenant: &Tenant, name: &str| tenant.user(name)["pass"]["value"].clone();
    let lines = read_lines(&results);
    let wave = std::fs::read_to_string(program.path("wave.csv")).unwrap();
    assert_eq!(lines.len(), wave.lines().skip(1).count());
    for line in &lines {
        let name = &line["UserName"];
        match line["ResultStatus"].as_str() {
            "succeeded" => assert_eq!(pass(after, name), line["TemporaryAccessPass"], "{line:?}"),
            // Some may have none.
            "unchanged" | "failed" => assert_eq!(pass(after, name), pass(before, name), "{line:?}"),
            status => panic!("{status}: {line:?}"),
        }
    }
}

#[test]
fn whenever_it_is_killed_every_pass_in_the_results_is_the_one_in_the_tenant() {
    const OF_ONE_WAVE: usize = 20;
    let kills: usize = std::env::var("BULKGRAPH_KILLS").map_or(20, |kills| kills.parse().unwrap());
    (0..kills.div_ceil(OF_ONE_WAVE)).for_each(|_| kill_often(OF_ONE_WAVE));
}

/// Kills a wave so often, and lets it end.
fn kill_often(kills: usize) {
    // Enough that there is always something left to do.
    let (program, server) = wave(100 * kills);
    let before = server.inspect();
    let mut chance = fastrand::Rng::new();
    for _ in 0..kills {
        let mut process = start(&program, &server.url());
        let until = batches(&server) + chance.u64(0..12);
        while batches(&server) < until && process.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        assert!(
            process.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        process.kill().unwrap();
        process.wait().unwrap();
        let files = program.files();
        let is_temporary = |file: &&String| file.contains(".tmp");
        assert_eq!(files.iter().find(is_temporary), None);
    }
    let ended = Ran::from(start(&program, &server.url()).wait_with_output().unwrap());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    people_hold_what_the_results_say(&program, &before, &server.inspect());
}

/// Passes on what two ends say to each other, and cuts the connection after so many bytes of either.
fn pass_on(client: &TcpStream, server: &TcpStream, bytes: [u64; 2]) {
    let ends = [(client, server), (server, client)];
    std::thread::scope(|scope| {
        for ((from, to), bytes) in ends.into_iter().zip(bytes) {
            scope.spawn(move || {
                let (mut from, mut to) = (from.take(bytes), to);
                let _ = std::io::copy(&mut from, &mut to);
                let _ = from.get_ref().shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    });
}

/// A way to a server on which connections are cut, a number of times.
fn bad_way(server: &Server, cuts: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, address) = (
        format!("http://{}", listener.local_addr().unwrap()),
        server.address.clone(),
    );
    std::thread::spawn(move || {
        let mut chance = fastrand::Rng::new();
        for (number, client) in (0..).zip(listener.incoming()) {
            // When the server is gone, so is the test.
            let Ok(server) = TcpStream::connect(&address) else {
                return;
            };
            let mut bytes = [u64::MAX; 2];
            if number < cuts {
                bytes.fill_with(|| chance.u64(0..60_000));
            }
            std::thread::spawn(move || pass_on(&client.unwrap(), &server, bytes));
        }
    });
    url
}

#[test]
fn wherever_connections_are_cut_every_pass_in_the_results_is_the_one_in_the_tenant() {
    let (program, server) = wave(2_000);
    let before = server.inspect();
    let url = bad_way(&server, 40);
    let ended = Ran::from(start(&program, &url).wait_with_output().unwrap());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    people_hold_what_the_results_say(&program, &before, &server.inspect());
}

/// The wave when it is well under way.
fn under_way(program: &Program, server: &Server) -> Child {
    let mut process = start(program, &server.url());
    while batches(server) < 5 {
        assert!(process.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    process
}

fn run(program: &Program, arguments: &[&str]) -> Ran {
    let mut command = program.command();
    command.args(arguments).env("BULKGRAPH_TOKEN", "any");
    Ran::from(command.output().unwrap())
}

#[test]
fn a_run_whose_run_file_is_moved_stops_and_goes_on_where_it_is() {
    let (program, server) = wave(3_000);
    let before = server.inspect();
    let (run_file, moved) = (program.path("wave.run"), program.path("moved.run"));
    let process = under_way(&program, &server);
    std::fs::rename(run_file, moved).unwrap();
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("was moved"), "{}", ran.stderr);
    let ran = run(&program, &["resume", "moved.run"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    people_hold_what_the_results_say(&program, &before, &server.inspect());
}

#[test]
fn a_run_whose_run_file_is_removed_stops_with_all_that_it_knows_in_the_results() {
    let (program, server) = wave(3_000);
    let process = under_way(&program, &server);
    std::fs::remove_file(program.path("wave.run")).unwrap();
    let ran = Ran::from(process.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let tenant = server.inspect();
    let results = std::fs::read_to_string(program.path("wave.results.csv")).unwrap();
    let lines = read_lines(&results);
    assert_eq!(lines.len(), 3_000);
    let issued = lines
        .iter()
        .filter(|line| line["ResultStatus"] == "succeeded");
    for line in issued.clone() {
        let pass = &tenant.user(&line["UserName"])["pass"]["value"];
        assert_eq!(*pass, line["TemporaryAccessPass"], "{line:?}");
    }
    let left = lines
        .iter()
        .filter(|line| line["ResultStatus"] == "not_attempted");
    assert!(issued.count() > 0 && left.count() > 0);
    // The results are what is left of the run, and the next one begins with them.
    program.write("left.csv", &results);
    let only = ["tap", "left.csv", "--only", "not_attempted"];
    let ran = program.run_at(&server, &only);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn a_run_file_that_was_moved_without_its_log_is_not_taken_for_the_whole() {
    let (program, server) = wave(1_000);
    let before = server.inspect();
    let mut process = under_way(&program, &server);
    process.kill().unwrap();
    process.wait().unwrap();
    let rename = |from, to| std::fs::rename(program.path(from), program.path(to)).unwrap();
    rename("wave.run", "moved.run");
    for command in ["resume", "status", "results", "forget"] {
        let ran = program.run(&[command, "moved.run"]);
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        let words = "`moved.run-wal`, which was beside it, is missing";
        assert!(ran.stderr.contains(words), "{command}: {}", ran.stderr);
    }
    rename("wave.run-wal", "moved.run-wal");
    let ran = run(&program, &["resume", "moved.run"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    people_hold_what_the_results_say(&program, &before, &server.inspect());
}

#[test]
fn while_a_process_has_a_run_file_no_other_one_writes_to_it() {
    let (program, server) = wave(20_000);
    let mut process = under_way(&program, &server);
    let url = server.url();
    for arguments in [
        &["resume", "wave.run"][..],
        &["retry", "wave.run"],
        &["results", "wave.run"],
        &["forget", "wave.run", "--yes"],
        &["tap", "wave.csv", "--graph-url", &url],
        &["tap", "wave.csv", "--graph-url", &url, "--fresh"],
    ] {
        let ran = run(&program, arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stderr);
        let words = "`wave.run` is in use by another bulkgraph";
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(process.try_wait().unwrap().is_none(), "{arguments:?}");
    }
    let status = program.run(&["status", "wave.run"]);
    assert!(status.stdout.contains("under way"), "{}", status.stdout);
    process.kill().unwrap();
    process.wait().unwrap();
}
