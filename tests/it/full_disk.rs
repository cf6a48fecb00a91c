//! Files that cannot be written: the disk is full, the folder is read-only.

#![cfg(unix)]

use crate::support::{Program, Ran, Server, Tenant, read_lines};
use std::process::Command;

/// The program where no file can grow beyond so many blocks of 512 bytes, as if the disk were full.
fn with_little_room(program: &Program, blocks: u32, arguments: &str) -> Ran {
    let bulkgraph = env!("CARGO_BIN_EXE_bulkgraph");
    // Without the trap the signal for a file that is too large would end the program.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {bulkgraph} {arguments}");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .current_dir(program.folder.path());
    Ran::from(command.env("BULKGRAPH_TOKEN", "any").output().unwrap())
}

fn writes(tenant: &Tenant) -> u64 {
    tenant.inner("POST").values().sum()
}

/// Runs a wave with so little room, and then with enough. Whether it had sent something when it
/// stopped.
fn stops_and_goes_on(blocks: u32) -> bool {
    let (program, server) = (Program::new(), Server::start(&[]));
    let before = server.inspect();
    let job = format!("tap samples/tap.csv --graph-url {}", server.url());
    let ran = with_little_room(&program, blocks, &job);
    let sent = writes(&server.inspect()) > 0;
    let arguments: Vec<&str> = match ran.code {
        0 => return false,
        // Not even enough to begin.
        1 => {
            assert!(!sent, "{blocks}: {}", ran.stderr);
            job.split(' ').collect()
        }
        code => {
            assert_eq!(code, 3, "{blocks}: {}", ran.stderr);
            let says = |command| ran.stderr.contains(command);
            let (go_on, write) = ("bulkgraph resume tap.run", "bulkgraph results tap.run");
            assert!(says(go_on) || says(write), "{blocks}: {}", ran.stderr);
            vec!["resume", "tap.run"]
        }
    };
    let mut command = program.command();
    command.args(arguments).env("BULKGRAPH_TOKEN", "any");
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 0, "{blocks}: {}", ran.stderr);
    let results = std::fs::read_to_string(program.path("tap.results.csv")).unwrap();
    let tenant = server.inspect();
    let pass = |tenant: &Tenant, name: &str| tenant.user(name)["pass"]["value"].clone();
    for line in read_lines(&results) {
        let name = &line["UserName"];
        match line["ResultStatus"].as_str() {
            "succeeded" => assert_eq!(pass(&tenant, name), line["TemporaryAccessPass"]),
            status => {
                assert_eq!(status, "unchanged", "{blocks}: {line:?}");
                assert_eq!(pass(&tenant, name), pass(&before, name), "{line:?}");
            }
        }
    }
    sent
}

#[test]
fn wherever_the_disk_is_full_nothing_is_lost_and_the_run_goes_on_when_there_is_room() {
    let stopped_while_sending = std::thread::scope(|scope| {
        let runs = [8, 120, 160, 240, 320, 400];
        let runs = runs.map(|blocks| scope.spawn(move || stops_and_goes_on(blocks)));
        runs.map(|run| run.join().unwrap())
    });
    assert!(stopped_while_sending.contains(&true));
}
