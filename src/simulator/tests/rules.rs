//! Which rule of Graph a wrong request broke, as the statistics name it.

use super::*;

fn item(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

/// The rules that one request broke, with how often.
#[track_caller]
fn broken(method: &str, path: &str, body: Option<&Value>) -> Value {
    let mut caller = Caller::new();
    caller.ask(method, path, body);
    caller.inspect("statistics")["wrong"].clone()
}

#[test]
fn a_batch_is_named_by_its_mistake() {
    let many: Vec<Value> = (0..21).map(|id| item(&id.to_string(), "/users")).collect();
    let with = |extra: Value| {
        let mut item = item("1", "/users");
        item.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        json!([item])
    };
    for (requests, rule) in [
        (json!([]), "batch-format"),
        (json!(many), "batch-size"),
        (
            json!([item("a", "/users"), item("A", "/users")]),
            "batch-duplicate-id",
        ),
        (
            json!([item("1", "https://graph.microsoft.com/v1.0/users")]),
            "batch-absolute-url",
        ),
        (json!([item("1", "/$batch")]), "batch-in-batch"),
        (with(json!({"dependsOn": ["2"]})), "batch-dependency"),
        (
            with(json!({"method": "POST"})),
            "batch-write-without-body-or-type",
        ),
    ] {
        let seen = broken("POST", "/$batch", Some(&json!({"requests": requests})));
        assert_eq!(seen, json!({rule: 1}));
    }
}

#[test]
fn a_request_is_named_by_its_mistake() {
    let group = Caller::new().group("Leavers 2019");
    let members = format!("/groups/{group}/members");
    let link = |link: &str| json!({"@odata.id": link});
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (method, path, body, rule) in [
        ("GET", "/teapots", None, "unknown-address"),
        ("GET", "/groups?$top=1000", None, "page-size"),
        ("GET", "/groups?$filter=displayName%20=%201", None, "filter"),
        ("GET", "/groups?$top=1&$top=2", None, "query-option"),
        ("GET", "/groups?$select=colour", None, "unknown-property"),
        ("GET", "/groups/7", None, "object-identifier"),
        ("PUT", "/groups", Some(json!({})), "method-not-allowed"),
        (
            "PATCH",
            &format!("/groups/{group}"),
            Some(json!({"colour": 1})),
            "unknown-property",
        ),
        (
            "PATCH",
            &format!("/groups/{group}"),
            Some(json!({"members@odata.bind": vec![nobody; 21]})),
            "link-count",
        ),
        ("POST", &format!("{members}/$ref"), None, "missing-body"),
        (
            "POST",
            &format!("{members}/$ref"),
            Some(link("https://graph.microsoft.us/v1.0/directoryObjects/1")),
            "reference",
        ),
    ] {
        assert_eq!(
            broken(method, path, body.as_ref()),
            json!({rule: 1}),
            "{method} {path}"
        );
    }
}

#[test]
fn what_the_tenant_refuses_breaks_no_rule() {
    let mut caller = Caller::new();
    let phones = format!("{}/authentication/phoneMethods", caller.worker(3));
    let phone = json!({"phoneNumber": "+1 4045550101", "phoneType": "mobile"});
    assert_eq!(caller.post(&phones, &phone).status, 400, "there is one");
    assert_eq!(
        caller.get("/users/nobody@northgate-grocers.example").status,
        404
    );
    assert_eq!(caller.inspect("statistics")["wrong"], json!({}));
}

#[test]
fn a_member_deleted_instead_of_its_membership_is_named() {
    let mut caller = Caller::new();
    let group = caller.group("Night crew");
    let member = caller.members(&group)[0].clone();
    caller
        .delete(&format!("/groups/{group}/members/{member}"))
        .succeeds(204);
    let wrong = caller.inspect("statistics")["wrong"].clone();
    assert_eq!(wrong, json!({"object-deleted-instead-of-link": 1}));
}

#[test]
fn it_is_named_even_if_the_answer_is_an_error() {
    let mut caller = Caller::with("[faults]\nserver_errors_after = 1.0");
    let group = caller.group("Night crew");
    let member = caller.members(&group)[0].clone();
    let seen = caller.delete(&format!("/groups/{group}/members/{member}"));
    assert!(seen.status >= 500);
    let wrong = caller.inspect("statistics")["wrong"].clone();
    assert_eq!(wrong, json!({"object-deleted-instead-of-link": 1}));
}
