//! Finding, making, changing and deleting groups; owners, and members by type.

use super::*;

fn link(id: &str) -> Value {
    json!(format!(
        "https://graph.microsoft.com/v1.0/directoryObjects/{id}"
    ))
}

#[track_caller]
fn count(caller: &mut Caller, filter: &str) -> usize {
    let filter = filter.replace(' ', "%20");
    caller
        .get(&format!("/groups?$filter={filter}&$top=999"))
        .ids()
        .len()
}

#[test]
fn groups_are_found_by_what_clients_filter_on() {
    let mut caller = Caller::new();
    for (filter, expected) in [
        ("startswith(displayName,'region west')", 2),
        ("displayName in ('All staff','Night crew','Nowhere')", 3),
        ("mail eq 'nightcrew@northgate-grocers.example'", 1),
        ("mailNickname eq 'NightCrew'", 2),
        (
            "groupTypes/any(c:c eq 'Unified') and startswith(displayName,'Night')",
            1,
        ),
        (
            "groupTypes/any(c:c eq 'DynamicMembership') and securityEnabled eq true",
            1,
        ),
        ("mailEnabled eq true and securityEnabled eq true", 1),
        ("onPremisesSyncEnabled eq true", 1),
        ("isAssignableToRole eq true", 1),
    ] {
        assert_eq!(count(&mut caller, filter), expected, "{filter}");
    }
    let seen = caller.get("/groups?$filter=id%20eq%20'7'");
    seen.fails(400, "BadRequest", "Invalid filter clause");
    let groups = caller.groups();
    assert_eq!(caller.eventual("/groups/$count").body, json!(groups));
    let counted = caller.eventual("/groups?$count=true&$filter=mailEnabled%20eq%20false&$top=1");
    assert_eq!(
        counted.body["@odata.count"],
        count(&mut caller, "mailEnabled eq false")
    );
}

#[test]
fn a_group_shows_at_most_twenty_members_beside_itself() {
    let mut caller = Caller::new();
    let id = caller.group("All staff");
    let expand = "$select=id&$expand=members($select=id)";
    let body = caller.get(&format!("/groups/{id}?{expand}")).succeeds(200);
    let shown = body["members"].as_array().unwrap();
    assert_eq!(shown.len(), 20);
    assert_eq!(shown[0].as_object().unwrap().len(), 2);
    // Other than the list of members, it holds service principals.
    let mixed = caller.group("Till rollout");
    let body = caller
        .get(&format!("/groups/{mixed}?$expand=members"))
        .succeeds(200);
    let members = body["members"].as_array().unwrap();
    let expected = caller.members(&mixed).len();
    assert_eq!(members.len(), expected);
    let seen = caller.get(&format!("/groups/{id}/members?$expand=memberOf"));
    seen.fails(501, "notImplemented", "");
}

#[test]
fn members_of_one_type_are_an_advanced_query() {
    let mut caller = Caller::new();
    let id = caller.group("Till rollout");
    for (kind, expected) in [
        ("user", 5),
        ("device", 6),
        ("orgContact", 1),
        ("group", 1),
        ("servicePrincipal", 1),
    ] {
        let path = format!("/groups/{id}/members/microsoft.graph.{kind}");
        let seen = caller.eventual(&format!("{path}?$count=true&$select=id"));
        assert_eq!(seen.body["@odata.count"], expected, "{kind}");
        assert_eq!(seen.ids().len(), expected, "{kind}");
        assert_eq!(seen.body["value"][0].as_object().unwrap().len(), 1);
        let number = caller.eventual(&format!("{path}/$count"));
        assert_eq!(number.body, json!(expected));
        let unsupported = "Request_UnsupportedQuery";
        caller.eventual(&path).fails(400, unsupported, "");
        caller
            .get(&format!("{path}?$count=true"))
            .fails(400, unsupported, "");
        caller.get(&format!("{path}/$count")).fails(
            400,
            "Request_BadRequest",
            "$count is not currently supported.",
        );
    }
    let teapots = format!("/groups/{id}/members/microsoft.graph.teapot?$count=true");
    caller
        .eventual(&teapots)
        .fails(400, "Request_UnsupportedQuery", "");
    let nested = format!("/groups/{id}/transitiveMembers/microsoft.graph.user");
    let inner = caller.group("Store 001 Aldermoor");
    let expected = caller.members(&inner).len();
    let number = caller.eventual(&format!("{nested}/$count")).body;
    let first = caller.eventual(&format!("{nested}?$count=true&$top=2"));
    assert_eq!(first.body["@odata.count"], number);
    assert!(usize::try_from(number.as_u64().unwrap()).unwrap() >= expected);
    let next = first.next().unwrap();
    assert_eq!(caller.eventual(&next).ids().len(), 2);
    caller.get(&next).fails(400, "Request_UnsupportedQuery", "");
}

#[test]
fn owners_are_added_and_removed_but_for_the_last() {
    let mut caller = Caller::new();
    let id = caller.group("Project Lantern");
    let path = format!("/groups/{id}/owners");
    let first = caller.get(&path).ids();
    assert_eq!(first.len(), 1);
    let last = caller.delete(&format!("{path}/{}/$ref", first[0]));
    let message = "The group must have at least one owner, hence this owner cannot be removed.";
    last.fails(400, "Request_BadRequest", message);
    let user = caller.user(20)["id"].as_str().unwrap().to_owned();
    let add = json!({"@odata.id": link(&user)});
    caller.post(&format!("{path}/$ref"), &add).succeeds(204);
    caller.post(&format!("{path}/$ref"), &add).fails(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'owners'.",
    );
    caller
        .delete(&format!("{path}/{}/$ref", first[0]))
        .succeeds(204);
    assert_eq!(caller.get(&path).ids(), [user]);
    let gone = caller.delete(&format!("{path}/{}/$ref", first[0]));
    gone.fails(404, "Request_ResourceNotFound", "");
    let device = {
        let mixed = caller.group("Till rollout");
        caller.members(&mixed)[6].clone()
    };
    let seen = caller.post(
        &format!("{path}/$ref"),
        &json!({"@odata.id": link(&device)}),
    );
    seen.fails(400, "Request_BadRequest", "");
}

#[test]
fn a_group_has_a_hundred_owners_at_most() {
    let mut caller = Caller::new();
    let (id, all) = (caller.group("Holiday cover"), caller.group("All staff"));
    let users = caller.members(&all);
    for twenty in users[..100].chunks(20) {
        let links: Vec<Value> = twenty.iter().map(|id| link(id)).collect();
        caller
            .patch(
                &format!("/groups/{id}"),
                &json!({"owners@odata.bind": links}),
            )
            .succeeds(204);
    }
    let one_more = json!({"@odata.id": link(&users[100])});
    let seen = caller.post(&format!("/groups/{id}/owners/$ref"), &one_more);
    seen.fails(400, "Request_BadRequest", "The group cannot have more than");
}

fn new_group(name: &str) -> Value {
    json!({
        "displayName": name,
        "mailEnabled": false,
        "mailNickname": name.replace(' ', ""),
        "securityEnabled": true,
    })
}

#[test]
fn a_group_is_made_with_members_and_owners_of_twenty_links_at_most() {
    let mut caller = Caller::new();
    let all = caller.group("All staff");
    let users = caller.members(&all);
    let mut body = new_group("Pop-up shop");
    let links: Vec<Value> = users[..20].iter().map(|id| link(id)).collect();
    body["members@odata.bind"] = json!(links);
    body["owners@odata.bind"] = json!([link(&users[30])]);
    let many = caller.post("/groups", &body);
    let message = "A resource cannot contain more than 20 link changes";
    many.fails(400, "Request_BadRequest", message);
    assert_eq!(count(&mut caller, "displayName eq 'Pop-up shop'"), 0);
    body["members@odata.bind"] = json!(links[..19]);
    let made = caller.post("/groups", &body).succeeds(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(caller.members(&id), users[..19]);
    assert_eq!(
        caller.get(&format!("/groups/{id}/owners")).ids(),
        [users[30].clone()]
    );
    assert_eq!(made["groupTypes"], json!([]));
    assert_eq!(count(&mut caller, "displayName eq 'pop-up shop'"), 1);
}

#[test]
fn a_group_is_not_made_without_what_it_needs() {
    let mut caller = Caller::new();
    for property in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        let mut body = new_group("Pop-up shop");
        body.as_object_mut().unwrap().remove(property);
        let message = format!("A value is required for property '{property}' of resource 'Group'.");
        let seen = caller.post("/groups", &body);
        seen.fails(400, "Request_BadRequest", &message);
    }
    for (property, status) in [("theme", 501), ("colour", 400)] {
        let mut body = new_group("Pop-up shop");
        body[property] = json!("Teal");
        assert_eq!(caller.post("/groups", &body).status, status, "{property}");
    }
    let mut list = new_group("Pop-up shop");
    list["mailEnabled"] = json!(true);
    let message = "Cannot Create a mail-enabled security groups and or distribution list.";
    caller
        .post("/groups", &list)
        .fails(400, "Request_BadRequest", message);
    list["groupTypes"] = json!(["Unified"]);
    let made = caller.post("/groups", &list).succeeds(201);
    assert_eq!(made["mail"], "pop-upshop@northgate-grocers.example");
    let message = "Another object with the same value for property mailNickname already exists.";
    caller
        .post("/groups", &list)
        .fails(400, "Request_BadRequest", message);
    let mut role = new_group("Operators");
    role["isAssignableToRole"] = json!(true);
    caller
        .post("/groups", &role)
        .fails(403, "Authorization_RequestDenied", "");
}

#[test]
fn a_group_is_renamed_and_deleted() {
    let mut caller = Caller::new();
    let id = caller.group("Holiday cover");
    let path = format!("/groups/{id}");
    let change = json!({"displayName": "Summer cover", "description": null});
    caller.patch(&path, &change).succeeds(204);
    let body = caller.get(&path).succeeds(200);
    assert_eq!(
        (&body["displayName"], &body["description"]),
        (&json!("Summer cover"), &Value::Null)
    );
    assert_eq!(count(&mut caller, "displayName eq 'Holiday cover'"), 0);
    assert_eq!(count(&mut caller, "displayName eq 'summer cover'"), 1);
    caller.delete(&path).succeeds(204);
    caller.get(&path).fails(404, "Request_ResourceNotFound", "");
    assert_eq!(count(&mut caller, "displayName eq 'summer cover'"), 0);
    let synced = caller.group("Warehouse access");
    caller.delete(&format!("/groups/{synced}")).fails(
        400,
        "Request_BadRequest",
        "Unable to update",
    );
    // A rule fills its members, but its name is anyone's to change.
    let dynamic = caller.group("Full-time staff");
    caller
        .patch(
            &format!("/groups/{dynamic}"),
            &json!({"description": "By rule"}),
        )
        .succeeds(204);
}

#[test]
fn counts_of_members_follow_the_lists() {
    let mut caller = Caller::new();
    let id = caller.group("Till rollout");
    for (path, expected) in [
        ("members", Some(13)),
        ("members/microsoft.graph.servicePrincipal", Some(1)),
        ("transitiveMembers", None),
        (
            "transitiveMembers/microsoft.graph.servicePrincipal",
            Some(1),
        ),
        ("transitiveMembers/microsoft.graph.device", Some(6)),
    ] {
        let path = format!("/groups/{id}/{path}");
        let listed = caller.eventual(&format!("{path}?$count=true&$select=id&$top=999"));
        let length = listed.ids().len();
        assert_eq!(length, expected.unwrap_or(length), "{path}");
        assert_eq!(listed.body["@odata.count"], length, "{path}");
        let number = caller.eventual(&format!("{path}/$count")).body;
        assert_eq!(number, json!(length), "{path}");
    }
}
