//! Adding and removing members.

use super::*;

fn link(id: &str) -> Value {
    json!(format!(
        "https://graph.microsoft.com/v1.0/directoryObjects/{id}"
    ))
}

fn bind(ids: &[String]) -> Value {
    let links: Vec<Value> = ids.iter().map(|id| link(id)).collect();
    json!({"members@odata.bind": links})
}

#[test]
fn twenty_members_are_added_at_once_and_not_one_more() {
    let mut caller = Caller::new();
    let (all, to) = (caller.group("All staff"), caller.group("Holiday cover"));
    let members = caller.members(&all);
    let many = caller.patch(&format!("/groups/{to}"), &bind(&members[20..41]));
    many.fails(
        400,
        "Request_BadRequest",
        "A resource cannot contain more than 20 link changes",
    );
    caller
        .patch(&format!("/groups/{to}"), &bind(&members[20..40]))
        .succeeds(204);
    assert_eq!(caller.members(&to), members[20..40]);
}

#[test]
fn one_member_that_is_there_refuses_all() {
    let mut caller = Caller::new();
    let (all, to) = (caller.group("All staff"), caller.group("Holiday cover"));
    let members = caller.members(&all);
    caller
        .patch(&format!("/groups/{to}"), &bind(&members[..1]))
        .succeeds(204);
    let message = "One or more added object references already exist for the following modified properties: 'members'.";
    let seen = caller.patch(&format!("/groups/{to}"), &bind(&members[..5]));
    seen.fails(400, "Request_BadRequest", message);
    let twice = [members[7].clone(), members[7].clone()];
    caller
        .patch(&format!("/groups/{to}"), &bind(&twice))
        .fails(400, "Request_BadRequest", message);
    let unknown = "00000000-0000-4000-8000-000000000000".to_owned();
    let seen = caller.patch(
        &format!("/groups/{to}"),
        &bind(&[members[8].clone(), unknown]),
    );
    seen.fails(
        404,
        "Request_ResourceNotFound",
        "Resource '00000000-0000-4000-8000-000000000000'",
    );
    assert_eq!(caller.members(&to), members[..1]);
}

#[test]
fn a_single_member_is_added_by_reference() {
    let mut caller = Caller::new();
    let to = caller.group("Holiday cover");
    let id = caller.user(20)["id"].as_str().unwrap().to_owned();
    let path = format!("/groups/{to}/members/$ref");
    caller
        .post(&path, &json!({"@odata.id": link(&id)}))
        .succeeds(204);
    assert_eq!(caller.members(&to), [id]);
    let end = "An unexpected 'EndOfInput' node was found when reading from the JSON reader.";
    caller
        .send("POST", &path, None)
        .fails(400, "Request_BadRequest", end);
}

#[track_caller]
fn link_refused(link: &str, message: &str) {
    let mut caller = Caller::new();
    let path = format!("/groups/{}", caller.group("Holiday cover"));
    let seen = caller.patch(&path, &json!({"members@odata.bind": [link]}));
    seen.fails(400, "Request_BadRequest", message);
}

#[test]
fn a_link_must_lead_to_an_object_of_this_host() {
    let id = "00000000-0000-4000-8000-000000000000";
    let unsupported = "Unsupported referenced-object resource identifier";
    link_refused(
        &format!("https://graph.microsoft.us/v1.0/directoryObjects/{id}"),
        unsupported,
    );
    link_refused(&format!("/directoryObjects/{id}"), unsupported);
    link_refused(
        &format!("https://graph.microsoft.com/v1.0/teapots/{id}"),
        unsupported,
    );
    link_refused(
        "https://graph.microsoft.com/v1.0/directoryObjects/7",
        "Invalid object identifier '7'.",
    );
}

#[test]
fn on_this_machine_links_may_lead_to_the_global_host_too() {
    let mut caller = Caller::new();
    let (all, to) = (caller.group("All staff"), caller.group("Holiday cover"));
    let members = caller.members(&all);
    let mut status_of = |host: &str, member: &str| {
        let link = format!("https://{host}/v1.0/directoryObjects/{member}");
        let request = Request {
            method: "POST".to_owned(),
            path_and_query: format!("https://127.0.0.1:8443/v1.0/groups/{to}/members/$ref"),
            headers: vec![
                ("authorization".to_owned(), "Bearer of-anything".to_owned()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: json!({"@odata.id": link}).to_string().into_bytes(),
            ..Request::default()
        };
        caller.simulator.answer(&request, START).response.status
    };
    assert_eq!(status_of("127.0.0.1:8443", &members[0]), 204);
    assert_eq!(status_of("graph.microsoft.com", &members[1]), 204);
    assert_eq!(status_of("graph.microsoft.us", &members[2]), 400);
    assert_eq!(status_of("127.0.0.1:8444", &members[2]), 400);
}

#[test]
fn members_are_removed_by_reference() {
    let mut caller = Caller::new();
    let id = caller.group("Crew O'Brien");
    let members = caller.members(&id);
    let path = format!("/groups/{id}/members/{}/$ref", members[0]);
    caller.delete(&path).succeeds(204);
    assert_eq!(caller.members(&id), members[1..]);
    caller.delete(&path).fails(
        404,
        "Request_ResourceNotFound",
        &format!("Resource '{}' does not", members[0]),
    );
}

#[test]
fn without_ref_the_user_itself_is_deleted() {
    let mut caller = Caller::new();
    let (crew, all) = (caller.group("Crew O'Brien"), caller.group("All staff"));
    let member = caller.members(&crew)[0].clone();
    let before = caller.members(&all).len();
    caller
        .delete(&format!("/groups/{crew}/members/{member}"))
        .succeeds(204);
    caller
        .get(&format!("/users/{member}"))
        .fails(404, "Request_ResourceNotFound", "");
    assert_eq!(caller.members(&all).len(), before - 1);
}

#[track_caller]
fn unwritable(group: &str, status: u16, code: &str, message: &str) {
    let mut caller = Caller::new();
    let (all, to) = (caller.group("All staff"), caller.group(group));
    let before = caller.members(&to);
    let member = caller.members(&all)[8].clone();
    caller
        .patch(&format!("/groups/{to}"), &bind(&[member]))
        .fails(status, code, message);
    let present = before[0].clone();
    caller
        .delete(&format!("/groups/{to}/members/{present}/$ref"))
        .fails(status, code, message);
    assert_eq!(caller.members(&to), before);
}

#[test]
fn some_kinds_of_groups_cannot_be_written() {
    let mail = "Cannot Update a mail-enabled security groups and or distribution list";
    unwritable("Recall alerts", 400, "Request_BadRequest", mail);
    unwritable("Weekly news", 400, "Request_BadRequest", mail);
    let synced =
        "Unable to update the specified properties for on-premises mastered Directory Sync objects";
    unwritable("Warehouse access", 400, "Request_BadRequest", synced);
    let denied = "Insufficient privileges to complete the operation.";
    unwritable(
        "Full-time staff",
        403,
        "Authorization_RequestDenied",
        denied,
    );
    unwritable(
        "Helpdesk operators",
        403,
        "Authorization_RequestDenied",
        denied,
    );
}

#[test]
fn a_microsoft_365_group_takes_users_only() {
    let mut caller = Caller::new();
    let (mixed, to) = (
        caller.group("Till rollout"),
        caller.group("Project Lantern"),
    );
    let body = caller
        .get(&format!("/groups/{mixed}/members"))
        .succeeds(200);
    for member in body["value"].as_array().unwrap() {
        let ids = [member["id"].as_str().unwrap().to_owned()];
        let seen = caller.patch(&format!("/groups/{to}"), &bind(&ids));
        let expected = if member["@odata.type"] == "#microsoft.graph.user" {
            204
        } else {
            400
        };
        assert_eq!(seen.status, expected, "{member}");
    }
    let nested = caller.group("Project Lantern");
    let security = caller.group("Holiday cover");
    let seen = caller.patch(&format!("/groups/{security}"), &bind(&[nested]));
    seen.fails(
        400,
        "Request_BadRequest",
        "The object cannot be a member of this group.",
    );
    let seen = caller.patch(
        &format!("/groups/{security}"),
        &bind(std::slice::from_ref(&security)),
    );
    seen.fails(400, "Request_BadRequest", "");
}

#[test]
fn a_wrong_member_of_the_body_is_named() {
    let mut caller = Caller::new();
    let path = format!("/groups/{}", caller.group("Holiday cover"));
    let seen = caller.patch(&path, &json!({"member@odata.bind": []}));
    seen.fails(
        400,
        "Request_BadRequest",
        "The property 'member@odata.bind' does not exist on type 'microsoft.graph.group'.",
    );
    let seen = caller.patch(&path, &json!({"visibility": "Public"}));
    seen.fails(
        501,
        "notImplemented",
        "The simulator does not model a value of visibility.",
    );
}
