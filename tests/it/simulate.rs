//! The simulator as a server of its own, and a large copy against it.

use crate::support::{Program, Server, read_lines, sample};
use std::io::{BufRead as _, BufReader, Read};
use std::process::Stdio;

#[test]
fn it_says_where_it_listens_and_serves_graph_and_its_own_documents() {
    let server = Server::start(&[]);
    let inspected = server.inspect();
    assert_eq!(inspected.statistics["batches"], 0);
    let user = &inspected.tenant["users"][0];
    for member in ["id", "userPrincipalName", "phones", "pass"] {
        assert!(user.get(member).is_some(), "{user}");
    }
    let group = &inspected.tenant["groups"][0];
    for member in ["id", "displayName", "members"] {
        assert!(group.get(member).is_some(), "{group}");
    }
    let (status, body) = server.request("GET /v1.0/users");
    assert_eq!(status, 401);
    assert!(body.contains("InvalidAuthenticationToken"), "{body}");
}

#[test]
fn ten_thousand_members_over_http_end_with_equal_membership_and_few_writes() {
    let scenario = sample("scenarios/large-group.toml");
    let (program, server) = (
        Program::new(),
        Server::start(&["--scenario", scenario.to_str().unwrap()]),
    );
    program.write(
        "pairs.csv",
        "SourceGroup,DestinationGroup\nAll staff,Leavers 2019\n",
    );
    let ran = program.run_at(&server, &["copy-members", "pairs.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tenant = server.inspect();
    assert!(tenant.members("All staff").len() >= 10_000);
    assert_eq!(tenant.members("Leavers 2019"), tenant.members("All staff"));
    let writes = tenant.statistics["writes"].as_u64().unwrap();
    assert!(writes <= 10_000 / 20 + 20, "{writes} writes");
    let results = std::fs::read_to_string(program.path("pairs.results.csv")).unwrap();
    assert_eq!(
        read_lines(&results).len(),
        tenant.members("All staff").len()
    );
}

#[test]
fn a_scenario_that_makes_no_sense_is_named_with_its_line() {
    let program = Program::new();
    program.write("wrong.toml", "seed = 1\n\n[service]\nlatncy_ms = 5\n");
    let ran = program.run(&["simulate", "--scenario", "wrong.toml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("`wrong.toml`") && ran.stderr.contains("latncy_ms"),
        "{}",
        ran.stderr
    );
    let ran = program.run(&["simulate", "--scenario", "gone.toml"]);
    assert_eq!(ran.code, 1);
    let ran = program.run(&["simulate", "--listen", "nowhere"]);
    assert_eq!(ran.code, 1);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = Server::start(&[]);
    let ran = Program::new().run(&["simulate", "--listen", &server.address]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains(&server.address), "{}", ran.stderr);
}

/// The first lines on standard output and standard error of a server, so many of each.
fn first_lines(program: &Program, arguments: &[&str], lines: [usize; 2]) -> [Vec<String>; 2] {
    let mut command = program.command();
    command.arg("simulate").args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let first = |stream: Box<dyn Read>, count| {
        let lines = BufReader::new(stream).lines().take(count);
        lines.map(Result::unwrap).collect()
    };
    let said = [
        first(Box::new(process.stdout.take().unwrap()), lines[0]),
        first(Box::new(process.stderr.take().unwrap()), lines[1]),
    ];
    process.kill().unwrap();
    process.wait().unwrap();
    said
}

#[test]
fn it_serves_https_and_leaves_the_authority_to_trust() {
    let program = Program::new();
    let [stdout, _] = first_lines(&program, &["--open", "--tls", "."], [1, 0]);
    assert!(stdout[0].starts_with("listening on https://127.0.0.1:"));
    let authority = std::fs::read_to_string(program.path("ca.pem")).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(!authority.contains("PRIVATE"));
}

#[test]
fn it_says_how_to_sign_in_but_no_secret_of_a_scenario() {
    let program = Program::new();
    let [_, said] = first_lines(&program, &[], [1, 3]);
    let sample = [
        "tenant id      9f0c3a52-7e1b-4c46-8d0a-2b6f1e5d4c30",
        "application id 5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026",
        "client secret  sample-secret-of-northgate-grocers",
    ];
    assert_eq!(said, sample);
    let application = |id: u8| {
        format!(
            "[[sign_in.applications]]\nid = \"00000000-0000-4000-8000-00000000000{id}\"\nsecret = \"mine\"\n"
        )
    };
    program.write("own.toml", application(1) + &application(2));
    let [_, said] = first_lines(&program, &["--scenario", "own.toml"], [1, 3]);
    assert!(said[1].ends_with("0001") && said[2].ends_with("0002"));
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let program = Program::new();
    program.write("file", "in the way");
    let ran = program.run(&["simulate", "--tls", "file"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("`file`"), "{}", ran.stderr);
}

#[test]
fn every_request_is_recorded_as_it_came() {
    let program = Program::new();
    let path = program.path("requests.jsonl");
    let server = Server::start(&["--record", path.to_str().unwrap()]);
    program.write(
        "two.csv",
        "UserName,PhoneNumber\nadunni.easton@northgate-grocers.example,+12065550144\n",
    );
    assert_eq!(program.run_at(&server, &["phone", "two.csv"]).code, 0);
    server.inspect();
    let recorded = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = recorded
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "the inspection is no request of Graph's");
    let request = &lines[0];
    assert_eq!(
        (&request["m"], &request["status"]),
        (&"POST".into(), &200.into())
    );
    assert_eq!(request["p"], "/v1.0/$batch");
    assert_eq!(request["h"]["authorization"], "Bearer any");
    let body: serde_json::Value = serde_json::from_str(request["b"].as_str().unwrap()).unwrap();
    assert_eq!(body["requests"][0]["body"]["phoneNumber"], "+1 2065550144");
}

#[cfg(target_os = "linux")]
#[test]
fn a_record_that_cannot_be_written_ends_the_server() {
    let mut server = Server::start(&["--record", "/dev/full"]);
    assert!(
        server.ask("GET /v1.0/users").is_empty(),
        "nothing unrecorded is answered"
    );
    assert_eq!(server.wait(), 1);
}

#[cfg(unix)]
#[test]
fn a_record_that_others_can_read_is_refused_with_what_mends_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = Program::new();
    program.write("open.jsonl", "");
    let others_read = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(program.path("open.jsonl"), others_read).unwrap();
    let arguments = ["simulate", "--listen", "127.0.0.1:0"];
    let ran = program.run(&[&arguments[..], &["--record", "open.jsonl"]].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("`chmod 600 open.jsonl`"),
        "{}",
        ran.stderr
    );
}
