//! The simulator as a server of its own, and a large copy against it.

use crate::support::{Program, Server, read_lines, sample};

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
