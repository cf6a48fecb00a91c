//! How much the simulator gets through: it must never be what a client waits for.
//!
//! `cargo bench --bench simulator` prints inner requests a second of one core, in memory and over
//! loopback, and how long a tenant of a million takes to load.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement prints, measures with the clock, and ends if it fails"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bulkgraph::simulator::{Request, Scenario, Simulator, spawn};
use serde_json::Value;
use time::OffsetDateTime;

/// Without limits and without latency, for anyone who has a token.
const SCENARIO: &str = "
    [tenant]
    users = 100000
    [service]
    latency_ms = 0
    jitter_ms = 0
    [limits.authentication_methods]
    requests = 4000000
    per_seconds = 1
";

const ROUNDS: u32 = 3;

fn main() {
    let scenario = Scenario::from_toml(SCENARIO).unwrap();
    let mut simulator = Simulator::new(&scenario);
    let batches = batches(&user_ids(&mut simulator));
    for round in 1..=ROUNDS {
        let mut simulator = Simulator::new(&scenario);
        let began = Instant::now();
        for batch in &batches {
            assert_eq!(
                simulator.answer(&request(batch), moment()).response.status,
                200
            );
        }
        report(
            &format!("in memory, round {round}"),
            batches.len(),
            began.elapsed(),
        );
    }
    for round in 1..=ROUNDS {
        let running = spawn(&scenario).unwrap();
        let mut connection = Connection::open(&running.address().to_string());
        let began = Instant::now();
        for batch in &batches {
            connection.post(batch);
        }
        report(
            &format!("over loopback, round {round}"),
            batches.len(),
            began.elapsed(),
        );
    }
    load_a_million();
}

fn report(what: &str, batches: usize, took: Duration) {
    let requests = f64::from(u32::try_from(batches * 20).unwrap());
    let rate = requests / took.as_secs_f64();
    println!("{what}: {rate:.0} inner phone writes a second ({requests} in {took:.2?})");
}

fn load_a_million() {
    let scenario = Scenario::from_toml("[tenant]\nusers = 1000000\n").unwrap();
    let began = Instant::now();
    let simulator = Simulator::new(&scenario);
    println!(
        "a tenant of 1,000,000 users with a group of all of them loads in {:.2?}{}",
        began.elapsed(),
        peak_memory()
    );
    drop(simulator);
}

/// What the process has needed at most, where the system says so.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(String::new, |peak| format!("; peak memory {}", peak.trim()))
}

fn moment() -> OffsetDateTime {
    time::macros::datetime!(2026-11-20 09:00 UTC)
}

/// The ids of all users who have no phone yet.
fn user_ids(simulator: &mut Simulator) -> Vec<String> {
    let request = Request {
        method: "GET".to_owned(),
        path_and_query: "/_simulator/tenant".to_owned(),
        ..Request::default()
    };
    let answer = simulator.answer(&request, moment());
    let tenant: Value = serde_json::from_slice(&answer.response.body).unwrap();
    let users = tenant["users"].as_array().unwrap().iter();
    let without = users.filter(|user| user["phones"].as_object().unwrap().is_empty());
    without
        .skip(100)
        .map(|user| user["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Bodies of batches of twenty phone writes, each for another user.
fn batches(ids: &[String]) -> Vec<Vec<u8>> {
    let mut number = 0_u32;
    let mut part = |id: &String| {
        number += 1;
        format!(
            r#"{{"id":"{number}","method":"POST","url":"/users/{id}/authentication/phoneMethods","headers":{{"Content-Type":"application/json"}},"body":{{"phoneNumber":"+49 1777{number:07}","phoneType":"mobile"}}}}"#
        )
    };
    ids.chunks_exact(20)
        .map(|ids| {
            let parts: Vec<String> = ids.iter().map(&mut part).collect();
            format!(r#"{{"requests":[{}]}}"#, parts.join(",")).into_bytes()
        })
        .collect()
}

fn request(body: &[u8]) -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        method: "POST".to_owned(),
        path_and_query: "/v1.0/$batch".to_owned(),
        headers: vec![
            header("Host", "127.0.0.1"),
            header("Authorization", "Bearer any"),
            header("Content-Type", "application/json"),
        ],
        body: body.to_vec(),
    }
}

/// One connection that is kept.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn post(&mut self, body: &[u8]) {
        let mut message = format!(
            "POST /v1.0/$batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        message.extend(body);
        self.0.get_mut().write_all(&message).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
    }
}
