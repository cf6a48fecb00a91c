//! What is asked by ids: objects, and whether users are in groups.

use super::*;

#[test]
fn objects_are_looked_up_by_ids_and_the_absent_are_left_out() {
    let mut caller = Caller::new();
    let (user, mixed) = (caller.user(20), caller.group("Till rollout"));
    let id = user["id"].as_str().unwrap();
    let device = caller.members(&mixed)[5].clone();
    let unknown = "00000000-0000-4000-8000-000000000000";
    let mut look_up = |body: &Value| {
        let seen = caller.post("/directoryObjects/getByIds?$select=id", body);
        assert_eq!(seen.header("x-ms-resource-unit"), Some("2"));
        seen.ids()
    };
    let ids = json!([id, unknown, mixed, device, id]);
    let all = look_up(&json!({"ids": ids}));
    assert_eq!(all, [id, mixed.as_str(), device.as_str()]);
    let users = look_up(&json!({"ids": ids, "types": ["user", "group"]}));
    assert_eq!(users, [id, mixed.as_str()]);
    assert_eq!(
        look_up(&json!({"ids": ids, "types": ["application"]})),
        [""; 0]
    );
    assert_eq!(caller.inspect("statistics")["writes"], 0, "it only reads");
}

#[test]
fn a_thousand_ids_are_looked_up_at_once_and_not_one_more() {
    let mut caller = Caller::new();
    let all = caller.group("All staff");
    let members = caller.members(&all);
    let path = "/directoryObjects/getByIds";
    let seen = caller.post(path, &json!({"ids": members[..1000]}));
    assert_eq!(seen.ids().len(), 1000);
    let seen = caller.post(path, &json!({"ids": members[..1001]}));
    let message = "Number of included identifiers cannot exceed '1000'.";
    seen.fails(400, "Request_BadRequest", message);
    let seen = caller.post(path, &json!({"ids": ["7"]}));
    seen.fails(400, "Request_BadRequest", "Invalid object identifier '7'.");
    caller
        .post(path, &json!({}))
        .fails(400, "Request_BadRequest", "");
    caller.get(path).fails(405, "Request_BadRequest", "");
}

#[test]
fn a_user_is_in_the_groups_that_hold_its_groups() {
    let mut caller = Caller::new();
    let (region, store) = (
        caller.group("Region West"),
        caller.group("Store 004 Dunholme"),
    );
    let other = caller.group("Leavers 2019");
    let user = caller.members(&store)[0].clone();
    let path = format!("/users/{user}");
    let asked = json!([other, region, store]);
    let seen = caller.post(
        &format!("{path}/checkMemberGroups"),
        &json!({"groupIds": asked}),
    );
    assert_eq!(seen.body["value"], json!([region, store]));
    assert_eq!(seen.header("x-ms-resource-unit"), Some("4"));
    let seen = caller.post(
        &format!("{path}/checkMemberObjects"),
        &json!({"ids": asked}),
    );
    assert_eq!(seen.body["value"], json!([region, store]));
    let only_security = json!({"securityEnabledOnly": true});
    let security = caller.post(&format!("{path}/getMemberGroups"), &only_security);
    let security = security.body["value"].as_array().unwrap().clone();
    assert!(security.contains(&json!(region)));
    let every = caller
        .get(&format!("{path}/transitiveMemberOf?$select=id"))
        .ids();
    let direct = caller.get(&format!("{path}/memberOf?$select=id")).ids();
    assert!(every.contains(&region) && !direct.contains(&region));
    assert!(security.len() < every.len(), "a team is no security group");
    let many: Vec<&str> = [region.as_str()].repeat(21);
    let seen = caller.post(
        &format!("{path}/checkMemberGroups"),
        &json!({"groupIds": many}),
    );
    seen.fails(400, "Request_BadRequest", "");
}

#[test]
fn objects_are_deleted_by_id_whatever_their_type() {
    let mut caller = Caller::new();
    let id = caller.user(20)["id"].as_str().unwrap().to_owned();
    let path = format!("/directoryObjects/{id}");
    assert_eq!(
        caller.get(&path).body["@odata.type"],
        "#microsoft.graph.user"
    );
    caller.delete(&path).succeeds(204);
    caller.get(&path).fails(404, "Request_ResourceNotFound", "");
    let synced = caller.group("Warehouse access");
    let seen = caller.delete(&format!("/directoryObjects/{synced}"));
    seen.fails(400, "Request_BadRequest", "Unable to update");
}
