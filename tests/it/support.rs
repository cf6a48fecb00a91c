//! The test vocabulary: what the simulator says of its tenant, and the program itself in a folder of
//! its own.

use bulkgraph::shell::loopback::Loopback;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A file of the samples.
pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
}

/// What the simulator says of itself.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) tenant: Value,
    pub(crate) statistics: Value,
}

impl Tenant {
    pub(crate) fn of(loopback: &Loopback) -> Self {
        let read = |path| serde_json::from_slice(&loopback.inspect(path)).unwrap();
        Self {
            tenant: read("/_simulator/tenant"),
            statistics: read("/_simulator/statistics"),
        }
    }

    pub(crate) fn user(&self, name: &str) -> &Value {
        let users = self.tenant["users"].as_array().unwrap();
        users
            .iter()
            .find(|user| user["userPrincipalName"] == name)
            .unwrap()
    }

    /// The ids of the members of a group, found by its name or id; sorted.
    pub(crate) fn members(&self, name: &str) -> Vec<&str> {
        let groups = self.tenant["groups"].as_array().unwrap();
        let group = groups
            .iter()
            .find(|group| group["displayName"] == name || group["id"] == name)
            .unwrap();
        let mut members: Vec<&str> = group["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect();
        members.sort_unstable();
        members
    }

    /// How many Graph requests were answered.
    pub(crate) fn requests(&self) -> f64 {
        let inner = self.statistics["inner"].as_array().unwrap().iter();
        inner.map(|entry| entry["count"].as_f64().unwrap()).sum()
    }

    /// How many inner requests of that method were answered, by status.
    pub(crate) fn inner(&self, method: &str) -> BTreeMap<u64, u64> {
        let mut counts = BTreeMap::new();
        for entry in self.statistics["inner"].as_array().unwrap() {
            if entry["method"] == method {
                *counts.entry(entry["status"].as_u64().unwrap()).or_default() +=
                    entry["count"].as_u64().unwrap();
            }
        }
        counts
    }
}

/// The program in a folder of its own.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) folder: TempDir,
}

impl Program {
    /// A folder with the samples in it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        copy_folder(&sample(""), &folder.path().join("samples"));
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn files(&self) -> Vec<String> {
        files_in(self.folder.path())
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkgraph"));
        command
            .current_dir(self.folder.path())
            .env_remove("BULKGRAPH_TOKEN");
        command
    }

    /// The command that runs it against a server.
    pub(crate) fn command_at(&self, server: &Server, arguments: &[&str]) -> Command {
        let mut command = self.command();
        command
            .args(arguments)
            .args(["--graph-url", &server.url()])
            .env("BULKGRAPH_TOKEN", "any");
        command
    }

    /// Runs it against a server, to its end.
    pub(crate) fn run_at(&self, server: &Server, arguments: &[&str]) -> Ran {
        Ran::from(self.command_at(server, arguments).output().unwrap())
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command().args(arguments).output().unwrap())
    }
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// CSV as one map a line.
pub(crate) fn read_lines(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut files: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
    files.sort_unstable();
    files
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// `bulkgraph simulate --open` as a process of its own; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkgraph"));
        command
            .args(["simulate", "--listen", "127.0.0.1:0", "--open"])
            .args(arguments);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        Self { process, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The status and body of a plain request.
    pub(crate) fn request(&self, request: &str) -> (u16, String) {
        let reply = self.ask(request);
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    /// Waits until it ends by itself; its exit code.
    pub(crate) fn wait(&mut self) -> i32 {
        self.process.wait().unwrap().code().unwrap()
    }

    /// What comes back for a plain request; nothing where the connection is cut.
    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    pub(crate) fn inspect(&self) -> Tenant {
        let read = |path| {
            let (status, body) = self.request(&format!("GET /_simulator/{path}"));
            assert_eq!(status, 200);
            serde_json::from_str(&body).unwrap()
        };
        Tenant {
            tenant: read("tenant"),
            statistics: read("statistics"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
