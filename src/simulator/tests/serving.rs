//! The simulator over a real socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::simulator::serve::{Record, new_certificate};
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
    let statistics = Request {
        method: "GET".to_owned(),
        path_and_query: "/_simulator/statistics".to_owned(),
        ..Request::default()
    };
    let answer = running
        .simulator()
        .lock()
        .unwrap()
        .answer(&statistics, START);
    let statistics: Value = serde_json::from_slice(&answer.response.body).unwrap();
    assert_eq!(statistics["batches"], 1);
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
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap_or_default();
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["error"]["code"], "BadRequest");
    let id = &body["error"]["innerError"]["request-id"];
    assert!(head.contains(id.as_str().unwrap()), "{head}");
}

#[test]
fn a_cut_that_meets_no_body_comes_before_the_head() {
    let deleted = "DELETE /v1.0/users/breakglass@northgate-grocers.example HTTP/1.1\r\n\
                   Host: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n";
    let reply = exchange("", deleted);
    assert!(reply.starts_with("HTTP/1.1 204"), "{reply}");
    assert_eq!(exchange("\n[faults]\ncut_bodies = 1.0\n", deleted), "");
}

fn server() -> Server {
    let simulator = Simulator::new(&Scenario::from_toml(FAST).unwrap());
    Server::new(Arc::new(Mutex::new(simulator)))
}

/// Checks that a connection on which nothing more is said ends after half a minute.
async fn ends_in_time(server: Server, said: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(server.run(listener));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let seconds = std::time::Duration::from_secs;
    let early = tokio::time::timeout(seconds(29), stream.read_to_end(&mut reply)).await;
    assert!(early.is_err(), "it ended early after {said:?}");
    let ended = tokio::time::timeout(seconds(2), stream.read_to_end(&mut reply)).await;
    assert!(ended.is_ok(), "it did not end after {said:?}");
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_falls_silent_is_left() {
    let half_a_body = raw_request(BODY).replace(BODY, "{");
    for said in ["", "GET /v1.0/users HTTP/1.1\r\nHost", &half_a_body] {
        ends_in_time(server(), said).await;
    }
    let address = "127.0.0.1:443".parse().unwrap();
    let certificate = new_certificate(address).unwrap();
    ends_in_time(server().with_certificate(&certificate), "").await;
}

/// What is recorded of requests that come each over a connection of its own.
async fn recorded(requests: &[&[u8]]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = server().recording(Record::open(&path).unwrap());
    let server = tokio::spawn(server.run(listener));
    for request in requests {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // The service may answer, and close, before everything was sent.
        stream.write_all(request).await.unwrap_or_default();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap_or_default();
    }
    server.abort();
    let lines = std::fs::read_to_string(path).unwrap();
    let lines = lines.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn every_value_of_a_header_is_recorded() {
    let request = b"GET /v1.0/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                    Prefer: a\r\nX-Name: caf\xe9\r\nprefer: b\r\n\r\n";
    let lines = recorded(&[request]).await;
    assert_eq!(lines[0]["h"]["prefer"], "a, b");
    assert_eq!(lines[0]["h"]["x-name"], "caf\u{fffd}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_recorded_without_it() {
    let request = raw_request(&"x".repeat(4 * 1024 * 1024 + 1));
    let lines = recorded(&[request.as_bytes()]).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (&lines[0]["p"], &lines[0]["b"], &lines[0]["status"]),
        (&json!("/v1.0/$batch"), &json!(""), &json!(413))
    );
}

#[tokio::test]
async fn no_inspection_is_recorded_whatever_the_form_of_its_target() {
    let target =
        |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let requests = [
        "/_simulator/statistics",
        "http://x/_simulator/statistics",
        "http://x/v1.0/users",
    ]
    .map(target);
    let lines = recorded(&requests.each_ref().map(String::as_bytes)).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["p"], "http://x/v1.0/users");
}

#[cfg(unix)]
#[test]
fn a_record_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    Record::open(&path).unwrap();
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
    set(0o640).unwrap();
    let refused = Record::open(&path).unwrap_err().to_string();
    let command = format!("`chmod 600 {}`", path.display());
    assert!(refused.contains(&command), "{refused}");
    set(0o600).unwrap();
    Record::open(&path).unwrap();
    Record::open(std::path::Path::new("/dev/null")).unwrap();
}

#[test]
fn debug_output_has_no_token_pass_or_number() {
    let secret = "sesame";
    let request = Request {
        method: "GET".to_owned(),
        path_and_query: format!("/v1.0/users?$search={secret}"),
        headers: vec![("Authorization".to_owned(), secret.to_owned())],
        body: secret.into(),
        ..Request::default()
    };
    let answer = Answer::at_once(Response {
        status: 200,
        headers: vec![("Location".to_owned(), secret.to_owned())],
        body: secret.into(),
    });
    let shown = format!("{request:?} {answer:?}");
    assert!(shown.contains("/v1.0/users") && shown.contains("200"));
    assert!(!shown.contains(secret) && !shown.contains("115"), "{shown}");
}
