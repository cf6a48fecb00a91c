//! The simulator over a real socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::simulator::{serve, spawn};

const FAST: &str = "[tenant]\nusers = 100\ngroups = 60\n[service]\nlatency_ms = 0\njitter_ms = 0";

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
    let server = tokio::spawn(serve(listener, Arc::new(Mutex::new(simulator))));
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
