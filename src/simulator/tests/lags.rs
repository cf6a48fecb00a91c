//! New objects are not known everywhere at once, and the index is behind.

use time::Duration;

use super::client::{APPLICATION, Client};
use super::*;

const SLOW: &str = "
    [tenant]
    fresh_users = 3
    [service]
    replication_ms = 60000
    index_ms = 5000
    concurrency_violations = 0.0
    [limits.directory]
    units = 4000000
    writes = 4000000
    [limits.authentication_methods]
    requests = 1000000
    per_seconds = 1
    burst = 1000
";

const STARTER: &str = "/users/newstarter00002@northgate-grocers.example";

/// How many of 100 tries answer with that status.
fn answered(caller: &mut Caller, path: &str, status: u16) -> usize {
    (0..100)
        .filter(|_| caller.get(path).status == status)
        .count()
}

#[test]
fn a_fresh_user_is_found_ever_more_often_and_at_last_always() {
    for path in [
        STARTER.to_owned(),
        format!("{STARTER}/authentication/phoneMethods"),
        format!("{STARTER}/licenseDetails"),
    ] {
        let mut caller = Caller::with(SLOW);
        assert_eq!(answered(&mut caller, &path, 404), 100);
        caller.now = START + Duration::seconds(30);
        assert!((30..70).contains(&answered(&mut caller, &path, 200)));
        caller.now = START + Duration::seconds(60);
        assert_eq!(answered(&mut caller, &path, 200), 100);
    }
}

#[test]
fn a_fresh_user_is_not_listed_before_it_is_known() {
    let mut caller = Caller::with(SLOW);
    let filter =
        "/users?$filter=userPrincipalName%20eq%20'newstarter00001@northgate-grocers.example'";
    assert_eq!(caller.get(filter).ids().len(), 0);
    let scan = "/users?$filter=startswith(displayName,'New%20Starter')";
    assert_eq!(caller.get(scan).ids().len(), 0);
    caller.now = START + Duration::seconds(60);
    assert_eq!(caller.get(filter).ids().len(), 1);
    assert_eq!(caller.get(scan).ids().len(), 3);
}

#[test]
fn what_is_not_known_yet_cannot_be_linked() {
    let mut caller = Caller::with(SLOW);
    let starter = caller.user(3000)["id"].as_str().unwrap().to_owned();
    let group = caller.group("Holiday cover");
    let link = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{starter}")});
    let path = format!("/groups/{group}/members/$ref");
    let message = "The source resource object or one of the objects being referenced don't exist.";
    caller
        .post(&path, &link)
        .fails(400, "Request_BadRequest", message);
    let body = json!({"displayName": "New", "mailEnabled": false, "mailNickname": "n", "securityEnabled": true});
    let made = caller.post("/groups", &body).succeeds(201);
    let fresh = format!("/groups/{}", made["id"].as_str().unwrap());
    caller
        .get(&fresh)
        .fails(404, "Request_ResourceNotFound", "");
    caller
        .post(&format!("{fresh}/members/$ref"), &link)
        .fails(400, "Request_BadRequest", message);
    caller.now += Duration::seconds(60);
    caller.post(&path, &link).succeeds(204);
    caller
        .post(&format!("{fresh}/members/$ref"), &link)
        .succeeds(204);
}

#[test]
fn the_index_sees_members_come_and_go_late() {
    let mut caller = Caller::with(SLOW);
    let id = caller.group("Crew O'Brien");
    let members = caller.members(&id);
    let user = caller.user(5)["id"].as_str().unwrap().to_owned();
    let link =
        json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
    let list = format!("/groups/{id}/members/microsoft.graph.user?$count=true&$select=id");
    let count = format!("/groups/{id}/members/$count");
    let listed = caller.eventual(&list).ids();
    assert_eq!(listed, members);
    caller
        .delete(&format!("/groups/{id}/members/{}/$ref", members[0]))
        .succeeds(204);
    caller.now += Duration::seconds(2);
    caller
        .post(&format!("/groups/{id}/members/$ref"), &link)
        .succeeds(204);
    caller
        .delete(&format!("/groups/{id}/members/{}/$ref", members[1]))
        .succeeds(204);
    assert_eq!(caller.eventual(&list).ids(), members, "all as it was");
    assert_eq!(caller.eventual(&count).body, json!(24));
    caller.now += Duration::seconds(3);
    let seen = caller.eventual(&list);
    assert_eq!(seen.ids(), members[1..], "the first change is seen");
    assert_eq!(seen.body["@odata.count"], 23);
    assert_eq!(caller.eventual(&count).body, json!(23));
    caller.now += Duration::seconds(2);
    let after = caller.members(&id);
    assert_eq!(caller.eventual(&list).ids(), after);
    assert_eq!(caller.eventual(&count).body, json!(23));
    // The directory itself is never behind.
    let plain = caller
        .get(&format!("/groups/{id}/members?$select=id"))
        .ids();
    assert_eq!(plain, after);
}

#[test]
fn the_index_counts_new_users_late() {
    let mut caller = Caller::with(SLOW);
    assert_eq!(caller.eventual("/users/$count").body, json!(3000));
    caller.now += Duration::seconds(5);
    assert_eq!(caller.eventual("/users/$count").body, json!(3003));
}

#[test]
fn the_door_knows_everybody_at_once() {
    let mut caller = Caller::with(SLOW);
    assert_eq!(caller.get(STARTER).status, 404);
    let user = STARTER.trim_start_matches("/users/");
    let body = json!({"userPrincipalName": user, "temporaryAccessPass": "none"});
    let (status, told) = caller.inspection("POST", "sign-in", &body.to_string());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["reason"]), (200, &json!("WrongPass")));
}

#[test]
fn the_token_service_knows_everybody_at_once() {
    let starter = STARTER.trim_start_matches("/users/");
    let mut caller = Caller::with(&format!(
        "{SLOW}
        [[sign_in.applications]]
        id = \"{APPLICATION}\"
        scopes = [\"User.Read.All\"]
        device_code_approved_after_seconds = 0
        user = \"{starter}\"
        "
    ));
    assert_eq!(caller.get(STARTER).status, 404);
    let mut client = Client {
        simulator: caller.simulator,
        now: START,
    };
    assert!(client.person_signs_in(APPLICATION)["access_token"].is_string());
}
