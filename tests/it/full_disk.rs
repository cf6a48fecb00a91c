//! Files that cannot be written: the disk is full, the folder is read-only.
//!
//! No file may grow beyond a limit, everywhere; and on a disk of its own where one can be made.

#![cfg(unix)]

use crate::support::{Program, Ran, Server, Tenant, read_lines};
use std::process::Command;

/// The rows of the wave.
const LINES: usize = 60;

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

/// Every pass in the results is the one in the tenant, and nobody else got one.
fn results_are_true(program: &Program, before: &Tenant, tenant: &Tenant, room: u32) {
    let results = std::fs::read_to_string(program.path("tap.results.csv")).unwrap();
    let pass = |tenant: &Tenant, name: &str| tenant.user(name)["pass"]["value"].clone();
    let lines = read_lines(&results);
    assert_eq!(lines.len(), LINES);
    for line in lines {
        let name = &line["UserName"];
        match line["ResultStatus"].as_str() {
            "succeeded" => assert_eq!(pass(tenant, name), line["TemporaryAccessPass"]),
            status => {
                assert_eq!(status, "unchanged", "{room}: {line:?}");
                assert_eq!(pass(tenant, name), pass(before, name), "{line:?}");
            }
        }
    }
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
    results_are_true(&program, &before, &server.inspect(), blocks);
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

/// Runs a wave on a disk of 4 MB that is read-only, then full but for so many KiB, then read-only
/// again, and then has room. Says how each command ended: the results can be had all the time.
#[cfg(target_os = "linux")]
fn on_a_disk_of_its_own(program: &Program, server: &Server, room: u32) -> Vec<i32> {
    const SCRIPT: &str = "
        wave() { $BULKGRAPH tap tap.csv --graph-url $URL 2>>../said; echo $?; }
        resume() { $BULKGRAPH resume tap.run 2>>../said; echo $?; }
        results() { $BULKGRAPH results tap.run --out ../part.csv 2>>../said; echo $?; }
        mount -t tmpfs -o size=4m none disk && cp samples/tap.csv disk && cd disk || exit 99
        mount -o remount,ro .; wave; mount -o remount,rw .
        cat /dev/zero >ballast 2>/dev/null; truncate -s -${ROOM}K ballast
        wave; results; went_on=$(ls tap.run 2>/dev/null)
        mount -o remount,ro .; results; if [ $went_on ]; then resume; else wave; fi; mount -o remount,rw .
        rm ballast; if [ $went_on ]; then resume; else wave; fi
        cp tap.results.csv ..; ls -A";
    std::fs::create_dir(program.path("disk")).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", SCRIPT])
        .current_dir(program.folder.path())
        .env("BULKGRAPH", env!("CARGO_BIN_EXE_bulkgraph"))
        .env("BULKGRAPH_TOKEN", "any")
        .env("URL", server.url())
        .env("ROOM", room.to_string());
    let ran = Ran::from(command.output().unwrap());
    let codes = ran.stdout.lines().map_while(|line| line.parse().ok());
    codes.collect()
}

/// Where nobody may make a disk, the limit above has to do.
#[cfg(target_os = "linux")]
fn a_disk_can_be_made(program: &Program) -> bool {
    let mut command = Command::new("unshare");
    let mount = ["sh", "-c", "mount -t tmpfs none samples"];
    command.args(["--map-root-user", "--mount"]).args(mount);
    let made = command.current_dir(program.folder.path()).output();
    made.is_ok_and(|made| made.status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_disk_that_is_full_or_read_only_nothing_is_lost_and_the_run_goes_on_when_there_is_room() {
    if !a_disk_can_be_made(&Program::new()) {
        return;
    }
    // Nothing, and what is enough to begin; how much a run needs to end depends on how fast it is.
    let ended = std::thread::scope(|scope| {
        let runs = [0, 100, 140, 180].map(|room| {
            scope.spawn(move || {
                let (program, server) = (Program::new(), Server::start(&[]));
                let before = server.inspect();
                let codes = on_a_disk_of_its_own(&program, &server, room);
                results_are_true(&program, &before, &server.inspect(), room);
                let said = std::fs::read_to_string(program.path("said")).unwrap();
                let began = codes[1] != 1;
                let expected = [1, codes[1], i32::from(!began), i32::from(!began), 1, 0];
                assert_eq!(codes, expected, "{room}: {said}");
                assert!(said.contains("read-only filesystem"), "{said}");
                assert_eq!(said.contains("`tap.run` can only be read"), began, "{said}");
                codes[1]
            })
        });
        runs.map(|run| run.join().unwrap())
    });
    assert!(ended.contains(&1) && ended.contains(&3), "{ended:?}");
}
