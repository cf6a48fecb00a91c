//! Writers to one group who get in each other's way.

use std::collections::BTreeMap;

use time::Duration;

use super::*;

const CROWDED: &str = "
    [service]
    concurrency_violations = 1.0
    latency_ms = 100
    jitter_ms = 0
    [limits.directory]
    units = 4000000
    writes = 4000000
";

const MESSAGE: &str =
    "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.";

fn bind(id: &str) -> Value {
    let link = format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}");
    json!({"members@odata.bind": [link]})
}

#[test]
fn writes_to_one_group_in_one_batch_collide_in_three_forms_and_have_no_effect() {
    let mut caller = Caller::with(CROWDED);
    let (all, to) = (caller.group("All staff"), caller.group("Holiday cover"));
    let mut forms: BTreeMap<(u64, String), usize> = BTreeMap::new();
    for twenty in caller.members(&all)[..200].chunks(20) {
        let write = |(id, member): (usize, &String)| {
            json!({
                "id": id.to_string(),
                "method": "PATCH",
                "url": format!("/groups/{to}"),
                "headers": {"Content-Type": "application/json"},
                "body": bind(member),
            })
        };
        let requests: Vec<Value> = twenty.iter().enumerate().map(write).collect();
        let seen = caller.batch(&json!(requests));
        let parts = seen.body["responses"].as_array().unwrap();
        for part in parts.iter().filter(|part| part["status"] != 204) {
            let error = &part["body"]["error"];
            assert_eq!(error["message"], MESSAGE);
            let code = error["code"].as_str().unwrap().to_owned();
            *forms
                .entry((part["status"].as_u64().unwrap(), code))
                .or_default() += 1;
        }
        caller.now += Duration::SECOND;
    }
    let kinds: Vec<(u64, &str)> = forms.keys().map(|(s, c)| (*s, c.as_str())).collect();
    let violation = "Directory_ConcurrencyViolation";
    let expected = [
        (400, violation),
        (400, "Request_BadRequest"),
        (409, violation),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(forms.values().sum::<usize>(), 190, "one of each batch");
    assert_eq!(caller.members(&to).len(), 10);
}

#[test]
fn writes_one_after_the_other_or_to_different_groups_do_not_collide() {
    let mut caller = Caller::with(CROWDED);
    let all = caller.group("All staff");
    let (one, other) = (
        caller.group("Holiday cover"),
        caller.group("Evening training"),
    );
    let members = caller.members(&all);
    for member in &members[..20] {
        for group in [&one, &other] {
            caller
                .patch(&format!("/groups/{group}"), &bind(member))
                .succeeds(204);
        }
        caller.now += Duration::milliseconds(100);
    }
    caller
        .patch(&format!("/groups/{one}"), &bind(&members[30]))
        .succeeds(204);
    let path = format!("/groups/{one}/members/{}/$ref", members[0]);
    let seen = caller.delete(&path);
    assert_eq!(seen.body["error"]["message"], MESSAGE);
}
