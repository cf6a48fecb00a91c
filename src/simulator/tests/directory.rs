//! Reading users, groups and members; what holds before any address.

use super::*;
use crate::simulator::Scheme;

#[test]
fn a_user_is_found_by_id_or_by_name_in_any_case() {
    let mut caller = Caller::new();
    let user = caller.user(20);
    let name = user["userPrincipalName"].as_str().unwrap().to_uppercase();
    for path in [
        format!("/users/{}", user["id"].as_str().unwrap()),
        format!("/users('{name}')"),
    ] {
        let body = caller
            .get(&format!("{path}?$select=id,userPrincipalName"))
            .succeeds(200);
        assert_eq!(body["id"], user["id"]);
        assert_eq!(
            body.as_object().unwrap().len(),
            3,
            "context and the two selected: {body}"
        );
    }
}

#[test]
fn a_guest_is_found_when_its_number_signs_are_encoded() {
    let mut caller = Caller::new();
    let name = caller.user(10)["userPrincipalName"]
        .as_str()
        .unwrap()
        .to_owned();
    let bare = caller.get(&format!("/users/{name}"));
    bare.fails(
        404,
        "Request_ResourceNotFound",
        "Resource 'ana.silveira_fennel-freight.example' does not exist",
    );
    let body = caller
        .get(&format!(
            "/users/{}?$select=identities,userType",
            name.replace('#', "%23")
        ))
        .succeeds(200);
    assert_eq!(body["userType"], "Guest");
    assert_eq!(body["identities"][0]["issuer"], "ExternalAzureAD");
}

#[test]
fn an_unknown_property_cannot_be_selected() {
    let mut caller = Caller::new();
    let worker = caller.worker(0);
    let seen = caller.get(&format!("{worker}?$select=phoneNumber"));
    seen.fails(
        400,
        "BadRequest",
        "Could not find a property named 'phoneNumber' on type 'microsoft.graph.user'.",
    );
}

#[test]
fn groups_are_found_by_name_and_a_name_may_stand_for_several() {
    let mut caller = Caller::new();
    for (filter, count) in [
        ("displayName%20eq%20'Crew%20O''Brien'", 1),
        ("displayName+eq+'night+crew'", 2),
        ("displayName%20eq%20'Nowhere'", 0),
    ] {
        let body = caller
            .get(&format!(
                "/groups?$filter={filter}&$select=id,displayName&$top=5"
            ))
            .succeeds(200);
        assert_eq!(body["value"].as_array().unwrap().len(), count, "{filter}");
    }
    let id = caller.group("Crew O'Brien");
    let body = caller
        .get(&format!("/groups?$filter=id%20eq%20'{id}'"))
        .succeeds(200);
    assert_eq!(body["value"][0]["displayName"], "Crew O'Brien");
    let seen = caller.get("/groups?$filter=description%20eq%20'a'");
    seen.fails(
        400,
        "Request_UnsupportedQuery",
        "Unsupported or invalid query filter clause",
    );
}

#[test]
fn a_group_shows_what_kind_it_is() {
    let mut caller = Caller::new();
    let mut kind = |name: &str| {
        let id = caller.group(name);
        let select =
            "groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,isAssignableToRole";
        let body = caller
            .get(&format!("/groups/{id}?$select={select}"))
            .succeeds(200);
        [
            "groupTypes",
            "mailEnabled",
            "securityEnabled",
            "onPremisesSyncEnabled",
            "isAssignableToRole",
        ]
        .map(|name| body[name].clone())
    };
    let (no, yes, null) = (json!(false), json!(true), Value::Null);
    let plain = || [null.clone(), null.clone()];
    let row = |types: Value, mail: &Value, security: &Value, [synced, role]: [Value; 2]| {
        [types, mail.clone(), security.clone(), synced, role]
    };
    assert_eq!(kind("All staff"), row(json!([]), &no, &yes, plain()));
    assert_eq!(
        kind("Project Lantern"),
        row(json!(["Unified"]), &yes, &no, plain())
    );
    assert_eq!(kind("Recall alerts"), row(json!([]), &yes, &yes, plain()));
    assert_eq!(kind("Weekly news"), row(json!([]), &yes, &no, plain()));
    assert_eq!(
        kind("Full-time staff"),
        row(json!(["DynamicMembership"]), &no, &yes, plain())
    );
    assert_eq!(
        kind("Warehouse access"),
        row(json!([]), &no, &yes, [yes.clone(), null.clone()])
    );
    assert_eq!(
        kind("Helpdesk operators"),
        row(json!([]), &no, &yes, [null.clone(), yes.clone()])
    );
}

#[test]
fn members_show_their_type_and_service_principals_are_left_out() {
    let mut caller = Caller::new();
    let id = caller.group("Till rollout");
    let body = caller
        .get(&format!("/groups/{id}/members?$select=id"))
        .succeeds(200);
    let members = body["value"].as_array().unwrap();
    let count = |kind: &str| {
        members
            .iter()
            .filter(|member| member["@odata.type"] == format!("#microsoft.graph.{kind}"))
            .count()
    };
    let counts = ["user", "device", "orgContact", "group", "servicePrincipal"].map(count);
    assert_eq!(counts, [5, 6, 1, 1, 0]);
    assert!(
        members
            .iter()
            .all(|member| member.as_object().unwrap().len() == 2)
    );
}

#[test]
fn transitive_members_include_nested_groups_and_their_members_once() {
    let mut caller = Caller::new();
    let id = caller.group("Region West");
    let direct = all_pages(
        &mut caller,
        &format!("/groups/{id}/members?$select=id&$top=2"),
    );
    let transitive = all_pages(
        &mut caller,
        &format!("/groups/{id}/transitiveMembers?$select=id&$top=7"),
    );
    assert_eq!(direct.len(), 5);
    assert!(direct.iter().all(|member| transitive.contains(member)));
    let stores: usize = [
        "Store 004 Dunholme",
        "Store 005 Eastmere",
        "Store 006 Fallowfield End",
    ]
    .map(|store| {
        let store = caller.group(store);
        caller.members(&store).len()
    })
    .iter()
    .sum();
    assert_eq!(transitive.len(), 5 + stores);
}

/// Follows the links to the end and returns the ids.
#[track_caller]
fn all_pages(caller: &mut Caller, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let body = caller.get(&path).succeeds(200);
        ids.extend(
            body["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|member| member["id"].as_str().unwrap().to_owned()),
        );
        next = body["@odata.nextLink"].as_str().map(|link| {
            link.strip_prefix("https://graph.microsoft.com/v1.0")
                .unwrap()
                .to_owned()
        });
    }
    ids
}

#[test]
fn pages_hold_a_hundred_unless_told() {
    let mut caller = Caller::new();
    let id = caller.group("All staff");
    let body = caller.get(&format!("/groups/{id}/members")).succeeds(200);
    assert_eq!(body["value"].as_array().unwrap().len(), 100);
    let ids = all_pages(
        &mut caller,
        &format!("/groups/{id}/members?$top=999&$select=id"),
    );
    assert_eq!(ids, caller.members(&id));
    for top in ["0", "1000", "many"] {
        caller
            .get(&format!("/groups/{id}/members?$top={top}"))
            .fails(400, "BadRequest", "Invalid ");
    }
    let other = caller.group("Head office");
    let token = body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .rsplit_once('?')
        .unwrap()
        .1
        .to_owned();
    caller
        .get(&format!("/groups/{other}/members?{token}"))
        .fails(400, "Directory_ExpiredPageToken", "");
}

#[test]
fn members_that_leave_meanwhile_hide_no_others() {
    let mut caller = Caller::new();
    let id = caller.group("Crew O'Brien");
    let before = caller.members(&id);
    let first = caller
        .get(&format!("/groups/{id}/members?$select=id&$top=10"))
        .succeeds(200);
    for member in before.iter().take(10) {
        caller
            .delete(&format!("/groups/{id}/members/{member}/$ref"))
            .succeeds(204);
    }
    let link = first["@odata.nextLink"].as_str().unwrap();
    let path = link
        .strip_prefix("https://graph.microsoft.com/v1.0")
        .unwrap();
    assert_eq!(all_pages(&mut caller, path), before[10..]);
}

#[test]
fn a_link_goes_to_the_host_that_was_asked() {
    let mut caller = Caller::new();
    let id = caller.group("All staff");
    let request = Request {
        method: "GET".to_owned(),
        path_and_query: format!("/v1.0/groups/{id}/members"),
        headers: vec![
            ("host".to_owned(), "127.0.0.1:8080".to_owned()),
            ("authorization".to_owned(), "Bearer x".to_owned()),
            ("client-request-id".to_owned(), "mine".to_owned()),
        ],
        scheme: Scheme::Http,
        ..Request::default()
    };
    let seen = Seen::from(caller.simulator.answer(&request, START).response);
    assert_eq!(seen.header("client-request-id"), Some("mine"));
    let link = seen.body["@odata.nextLink"].as_str().unwrap();
    assert!(
        link.starts_with(&format!(
            "http://127.0.0.1:8080/v1.0/groups/{id}/members?$skiptoken="
        )),
        "{link}"
    );
}

#[test]
fn what_is_absent_or_unknown_is_refused_by_name() {
    let mut caller = Caller::new();
    caller.get("/users/nobody@x.example").fails(
        404,
        "Request_ResourceNotFound",
        "Resource 'nobody@x.example' does",
    );
    caller.get("/groups/not-an-id").fails(
        400,
        "Request_BadRequest",
        "Invalid object identifier 'not-an-id'.",
    );
    let unknown = "00000000-0000-4000-8000-000000000000";
    caller
        .get(&format!("/groups/{unknown}"))
        .fails(404, "Request_ResourceNotFound", "");
    caller
        .get(&format!("/directoryObjects/{unknown}"))
        .fails(404, "Request_ResourceNotFound", "");
    caller.get("/teapots").fails(
        400,
        "BadRequest",
        "Resource not found for the segment 'teapots'.",
    );
    caller
        .send("PUT", "/users/1", None)
        .fails(405, "Request_BadRequest", "");
    caller.get("/directoryObjects").fails(
        501,
        "notImplemented",
        "The simulator does not model GET /directoryObjects.",
    );
}

#[test]
fn a_request_without_a_token_or_with_another_version_goes_nowhere() {
    let mut caller = Caller::new();
    let mut send = |path: &str, authorization: &str| {
        let request = Request {
            method: "GET".to_owned(),
            path_and_query: path.to_owned(),
            headers: vec![("Authorization".to_owned(), authorization.to_owned())],
            ..Request::default()
        };
        Seen::from(caller.simulator.answer(&request, START).response)
    };
    for nothing in ["", "Bearer", "Bearer  ", "Basic abc"] {
        let seen = send("/v1.0/users/1", nothing);
        seen.fails(401, "InvalidAuthenticationToken", "Access token is empty.");
        assert!(seen.header("WWW-Authenticate").is_some());
    }
    send("/v2.0/users/1", "Bearer x").fails(400, "BadRequest", "Invalid version: v2.0");
    send("/beta/users/1", "Bearer x").fails(404, "Request_ResourceNotFound", "");
}
