//! Limits of one application and of all.

use super::client::{Client, GRAPH, secret_fields};
use super::*;

const TWO: &str = "
    [service]
    concurrency_violations = 0.0
    [limits.directory]
    writes = 1
    tenant_writes = 3
    [[sign_in.applications]]
    id = '00000000-0000-4000-8000-00000000000a'
    secret = 'a'
    roles = ['Group.ReadWrite.All']
    [[sign_in.applications]]
    id = '00000000-0000-4000-8000-00000000000b'
    secret = 'b'
    roles = ['Group.ReadWrite.All']
";

#[test]
fn each_application_has_its_own_and_the_tenant_one_for_all() {
    let mut client = Client::with(TWO);
    let id = |letter: &str| format!("00000000-0000-4000-8000-00000000000{letter}");
    let tokens = ["a", "b"].map(|letter| {
        let id = id(letter);
        let fields = secret_fields(&id, letter, GRAPH);
        let tokens = client.token(&fields).tokens();
        tokens["access_token"].as_str().unwrap().to_owned()
    });
    let groups = client.graph(&tokens[0], "GET", "/groups?$top=1", &Value::Null);
    let group = groups.body["value"][0]["id"].as_str().unwrap().to_owned();
    let mut write = |token: &str| {
        let patch = json!({"description": "x"});
        client.graph(token, "PATCH", &format!("/groups/{group}"), &patch)
    };
    assert_eq!(write(&tokens[0]).status, 204);
    assert_eq!(
        write(&tokens[1]).status,
        204,
        "the other has spent nothing yet"
    );
    let refused = write(&tokens[1]);
    let scope = refused.header("x-ms-throttle-scope").unwrap();
    assert!(scope.starts_with(&format!("Tenant_Application/Write/{}/", id("b"))));
}
