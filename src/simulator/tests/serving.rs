//! The simulator over a real socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::simulator::{Server, spawn};

const FAST: &str = "[tenant]\nusers = 100\ngroups = 60\n[service]\nlatency_ms = 0\njitter_ms = 0\n[sign_in]\nopen = true";

fn raw_request(body: &str) -> String {
    format!(
        "POST /v1.0/$batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const BODY: &str = r#"{"requests":[{"id":"0","method":"GET","url":"/users/breakglass@northgate-grocers.example"}]}"#;

#[track_caller]
fn check(reply: &str) {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{reply}");
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{reply}"
    );
    assert_eq!(head.matches("date: ").count(), 1, "{reply}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["responses"][0]["status"], 200);
}

#[tokio::test]
async fn it_answers_over_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let simulator = Simulator::new(&Scenario::from_toml(FAST).unwrap());
    let server = tokio::spawn(Server::new(Arc::new(Mutex::new(simulator))).run(listener));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream
        .write_all(raw_request(BODY).as_bytes())
        .await
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    check(&reply);
    server.abort();
}

#[test]
fn it_runs_on_its_own_thread_until_dropped() {
    let running = spawn(&Scenario::from_toml(FAST).unwrap()).unwrap();
    let address = running.address();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(raw_request(BODY).as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    check(&reply);
    let simulator = running.simulator().lock().unwrap();
    assert_eq!(simulator.statistics.batches(), 1);
    drop(simulator);
    // Dropping must not wait for a client that keeps its connection open.
    let _idle = TcpStream::connect(address).unwrap();
    drop(running);
}

/// What a client reads until the connection ends.
fn exchange(scenario: &str, request: &str) -> String {
    let running = spawn(&Scenario::from_toml(&format!("{FAST}{scenario}")).unwrap()).unwrap();
    let mut stream = TcpStream::connect(running.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    String::from_utf8(reply).unwrap()
}

/// The length that the head announces, and the body that came.
#[track_caller]
fn announced(reply: &str) -> (usize, &str) {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    let (_, rest) = head.split_once("content-length: ").unwrap();
    (rest.lines().next().unwrap().parse().unwrap(), body)
}

#[test]
fn a_reset_comes_before_the_first_byte() {
    let reply = exchange("\n[faults]\nresets = 1.0\n", &raw_request(BODY));
    assert_eq!(reply, "");
}

#[test]
fn a_cut_body_ends_before_the_length_that_was_announced() {
    let reply = exchange("\n[faults]\ncut_bodies = 1.0\n", &raw_request(BODY));
    let (length, body) = announced(&reply);
    assert!(!body.is_empty() && body.len() < length, "{reply}");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "what arrives late over a socket is late on the clock"
)]
fn a_body_in_drops_arrives_whole_and_late() {
    let began = std::time::Instant::now();
    let faults = "\n[faults]\ndrips = 1.0\ndrip_seconds = 0.2\n";
    check(&exchange(faults, &raw_request(BODY)));
    assert!(began.elapsed() >= std::time::Duration::from_millis(150));
}

#[test]
fn a_connection_is_kept_and_a_reply_leaves_in_one_piece() {
    let running = spawn(&Scenario::from_toml(FAST).unwrap()).unwrap();
    let mut stream = TcpStream::connect(running.address()).unwrap();
    let kept = raw_request(BODY).replace("Connection: close\r\n", "");
    for _ in 0..50 {
        stream.write_all(kept.as_bytes()).unwrap();
        let mut reply = [0; 8_192];
        let read = stream.read(&mut reply).unwrap();
        check(std::str::from_utf8(&reply[..read]).unwrap());
    }
}

#[test]
fn a_body_that_no_batch_needs_is_refused() {
    let body = "x".repeat(4 * 1024 * 1024 + 1);
    let running = spawn(&Scenario::from_toml(FAST).unwrap()).unwrap();
    let mut stream = TcpStream::connect(running.address()).unwrap();
    // The service may answer, and close, before everything was sent.
    stream
        .write_all(raw_request(&body).as_bytes())
        .unwrap_or_default();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}
