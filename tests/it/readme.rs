//! Every command in the README works as it stands there.

use crate::support::{Program, Ran, Server};
use std::process::Command;

/// The commands of the `sh` blocks of the README, block by block.
fn blocks() -> Vec<Vec<String>> {
    let readme = include_str!("../../README.md").replace("\r\n", "\n");
    let blocks = readme.split("```sh\n").skip(1);
    let lines = |block: &str| {
        block
            .split("```")
            .next()
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    };
    blocks.map(lines).collect()
}

/// A command line without its comment, and the exit code that the comment promises.
fn promise(line: &str) -> (Vec<&str>, i32) {
    let (command, comment) = line.split_once('#').unwrap_or((line, ""));
    let code = comment
        .trim()
        .strip_prefix("exit code ")
        .map_or(0, |code| code.parse().unwrap());
    (command.split_whitespace().collect(), code)
}

/// What the README's reader sees: a folder with the samples, and perhaps a server in another
/// terminal.
struct Reader {
    program: Program,
    server: Option<Server>,
    token: Option<String>,
}

impl Reader {
    const ADDRESS: &str = "127.0.0.1:8080";

    fn run(&mut self, line: &str) {
        let (words, code) = promise(line);
        match words.as_slice() {
            // The tests are what runs this.
            ["cargo", "test"] => {}
            ["bulkgraph", "simulate", "--listen", Self::ADDRESS, "--open"] => {
                self.server = Some(Server::start(&[]));
            }
            ["cargo", "run", "--release", "--", arguments @ ..] | ["bulkgraph", arguments @ ..] => {
                self.bulkgraph(arguments, code);
            }
            ["export", assignment] => {
                self.token = Some(
                    assignment
                        .strip_prefix("BULKGRAPH_TOKEN=")
                        .unwrap()
                        .to_owned(),
                );
            }
            ["curl", url] => {
                let path = url
                    .strip_prefix(&format!("http://{}", Self::ADDRESS))
                    .unwrap();
                let (status, body) = self
                    .server
                    .as_ref()
                    .unwrap()
                    .request(&format!("GET {path}"));
                assert_eq!(status, 200, "{line}");
                serde_json::from_str::<serde_json::Value>(&body).unwrap();
            }
            _ => panic!("nobody knows how to run `{line}`"),
        }
    }

    fn bulkgraph(&self, arguments: &[&str], code: i32) {
        let address = self
            .server
            .as_ref()
            .map_or(Self::ADDRESS, |server| &server.address);
        let mut command: Command = self.program.command();
        command.args(
            arguments
                .iter()
                .map(|argument| argument.replace(Self::ADDRESS, address)),
        );
        command.envs(self.token.iter().map(|token| ("BULKGRAPH_TOKEN", token)));
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn every_command_works_as_it_stands_there() {
    let mut commands = 0;
    let mut reader = Reader {
        program: Program::new(),
        server: None,
        token: None,
    };
    for line in blocks().into_iter().flatten() {
        reader.run(&line);
        commands += 1;
    }
    assert!(commands > 10, "{commands}");
}

#[test]
fn it_opens_with_the_two_commands_that_a_newcomer_needs() {
    assert_eq!(
        blocks()[0],
        [
            "cargo run --release -- phone samples/phone.csv --sandbox",
            "cargo test"
        ]
    );
}
