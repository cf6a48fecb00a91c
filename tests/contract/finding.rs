//! Finding groups and users: by name, by ids, by membership.

use serde_json::{Value, json};

use crate::http::encoded;
use crate::support::*;

fn groups_named(name: &str) -> String {
    let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
    format!(
        "/groups?$filter={}&$select=id,displayName",
        encoded(&filter)
    )
}

/// A group is found by its name; a quote is doubled, then all is percent-encoded. Documented:
/// `query-parameters`. [find-group]
#[test]
fn a_group_is_found_by_its_name() {
    let tenant = Tenant::new();
    let found = tenant.get(&groups_named("Crew O'Brien")).list();
    assert_eq!(ids(&found), [tenant.group("Crew O'Brien")]);
    assert_eq!(found[0]["displayName"], "Crew O'Brien");
    assert!(found[0].get("groupTypes").is_none(), "{}", found[0]);
}

/// A quote that is not doubled ends the text, so the filter is a 400. Documented:
/// `query-parameters`. [find-quote]
#[test]
fn a_quote_that_is_not_doubled_is_refused() {
    let tenant = Tenant::new();
    let path = "/groups?$filter=displayName%20eq%20'Crew%20O'Brien'";
    assert_eq!(tenant.get(path).status, 400);
}

/// Names are not unique: there are none, one or several groups of a name. Documented: `group`.
/// [find-several]
#[test]
fn a_name_may_belong_to_several_groups() {
    let tenant = Tenant::new();
    assert_eq!(tenant.get(&groups_named("Night crew")).list().len(), 2);
    assert!(tenant.get(&groups_named("No such group")).list().is_empty());
}

/// In a batch the address is percent-encoded as usual. Our reading: `json-batching`.
/// [find-in-batch]
#[test]
fn in_a_batch_the_address_is_encoded_as_usual() {
    let tenant = Tenant::new();
    let batch = tenant.batch(&json!([item("1", "GET", &groups_named("Crew O'Brien"))]));
    assert_eq!(ids(&batch.of("1").list()), [tenant.group("Crew O'Brien")]);
}

/// A user is found by id and by principal name, whatever its case. Documented: `user-get`.
/// [find-user]
#[test]
fn a_user_is_found_by_id_and_principal_name() {
    let tenant = Tenant::new();
    let user = tenant.user(16);
    let name = user["userPrincipalName"].as_str().unwrap();
    for key in [id_of(&user), name.to_owned(), name.to_uppercase()] {
        let found = tenant.get(&format!("/users/{key}")).succeeds(200);
        assert_eq!(found["id"], user["id"]);
    }
}

/// A user's principal name may stand in brackets and quotes. Documented: `user-get`.
/// [find-user-quoted]
#[test]
fn a_principal_name_may_stand_in_quotes() {
    let tenant = Tenant::new();
    let user = tenant.user(16);
    let name = user["userPrincipalName"].as_str().unwrap();
    let found = tenant.get(&format!("/users('{name}')")).succeeds(200);
    assert_eq!(found["id"], user["id"]);
}

/// The `#` in a guest's principal name is written `%23`. Documented: `user-get`. [find-guest]
#[test]
fn a_guest_is_found_by_its_encoded_name() {
    let tenant = Tenant::new();
    let guest = tenant.user(10);
    let name = guest["userPrincipalName"].as_str().unwrap();
    let path = format!("/users/{}", name.replace('#', "%23"));
    assert_eq!(tenant.get(&path).succeeds(200)["id"], guest["id"]);
}

/// `identities` tells an external guest: `signInType` federated, `issuer` `ExternalAzureAD`.
/// Observed: support notes on Graph. [find-identities]
#[test]
fn identities_tell_an_external_guest() {
    let tenant = Tenant::new();
    let of = |id: &str| {
        let path = format!("/users/{id}?$select=identities");
        tenant.get(&path).succeeds(200)["identities"].clone()
    };
    let guest = of(&tenant.guest());
    let external = |identity: &Value| {
        identity["signInType"] == "federated" && identity["issuer"] == "ExternalAzureAD"
    };
    assert!(guest.as_array().unwrap().iter().any(external), "{guest}");
    let member = of(&tenant.worker(0));
    assert_eq!(member[0]["signInType"], "userPrincipalName");
}

/// Users are found by up to 15 principal names in one filter. Observed; the cap is general
/// knowledge. [find-in]
#[test]
fn users_are_found_by_a_list_of_names() {
    let tenant = Tenant::new();
    let filter = |count: usize| {
        let name = |place| tenant.user(16 + place)["userPrincipalName"].clone();
        let names: Vec<String> = (0..count)
            .map(|place| format!("'{}'", name(place).as_str().unwrap()))
            .collect();
        let filter = format!("userPrincipalName in ({})", names.join(","));
        format!("/users?$filter={}&$select=id", encoded(&filter))
    };
    let wanted: Vec<String> = (0..15).map(|worker| tenant.worker(worker)).collect();
    assert_eq!(ids(&tenant.get(&filter(15)).list()), sorted(wanted));
    assert_eq!(tenant.get(&filter(16)).status, 400);
}

/// `/users` has no `$skip`. Documented: the description of the v1.0 API. [find-no-skip]
#[test]
fn users_cannot_be_skipped() {
    assert_eq!(Tenant::new().get("/users?$skip=10").status, 400);
}

/// Users come by pages of 100, or `$top` up to 999. Documented: `user-list`. [find-users]
#[test]
fn users_come_by_pages() {
    let tenant = Tenant::new();
    let body = tenant.get("/users").succeeds(200);
    assert_eq!(body["value"].as_array().unwrap().len(), 100);
    let second = tenant.follow(&body["@odata.nextLink"]).list();
    assert_eq!(second.len(), 100);
    assert_ne!(second[0], body["value"][0]);
    assert_eq!(tenant.get("/users?$top=999").list().len(), 999);
}

/// `getByIds` finds objects of the given types; those that do not exist are silently absent.
/// Documented: `directoryobject-getbyids`. [find-get-by-ids]
#[test]
fn ids_that_do_not_exist_are_silently_absent() {
    let tenant = Tenant::new();
    let (user, group) = (tenant.worker(0), tenant.group("Crew O'Brien"));
    let find = |types: Value| {
        let body = json!({"ids": [user, group, NOBODY], "types": types});
        tenant.post("/directoryObjects/getByIds", &body).list()
    };
    assert_eq!(ids(&find(json!(["user"]))), std::slice::from_ref(&user));
    assert_eq!(ids(&find(json!(["group"]))), std::slice::from_ref(&group));
    let both = find(json!(["user", "group"]));
    assert_eq!(ids(&both), sorted(vec![user.clone(), group.clone()]));
    assert!(both[0]["@odata.type"].is_string());
}

/// `getByIds` takes 1,000 ids. Documented: `directoryobject-getbyids`. [find-get-by-ids-cap]
#[test]
fn a_thousand_ids_are_looked_up_at_once() {
    let tenant = Tenant::new();
    let all = tenant.members("All staff");
    let find = |count: usize| {
        let body = json!({"ids": &all[..count], "types": ["user"]});
        tenant.post("/directoryObjects/getByIds", &body)
    };
    assert_eq!(find(1_000).list().len(), 1_000);
    assert_eq!(find(1_001).status, 400);
}

/// `checkMemberObjects` says which of up to 20 groups one belongs to, also by nesting. Documented:
/// `directoryobject-checkmemberobjects`. [find-check]
#[test]
fn memberships_are_checked_through_nested_groups() {
    let tenant = Tenant::new();
    let region = tenant.group("Region West");
    let path = format!("/groups/{region}/members");
    let direct = tenant.get(&path).list();
    let store = direct
        .iter()
        .find(|member| member["@odata.type"] == "#microsoft.graph.group")
        .unwrap();
    let store_name = store["displayName"].as_str().unwrap();
    let worker = tenant.members(store_name).remove(0);
    let asked = [region.clone(), id_of(store), tenant.group("Leavers 2019")];
    for (action, name) in [
        ("checkMemberObjects", "ids"),
        ("checkMemberGroups", "groupIds"),
    ] {
        let path = format!("/users/{worker}/{action}");
        let answer = tenant.post(&path, &json!({name: asked})).succeeds(200);
        let found = answer["value"].as_array().unwrap();
        let found = found.iter().map(|id| id.as_str().unwrap().to_owned());
        assert_eq!(
            sorted(found.collect()),
            sorted(vec![region.clone(), id_of(store)]),
            "{action}"
        );
    }
}

/// Both take 20 ids. Documented: `directoryobject-checkmemberobjects`, `-checkmembergroups`.
/// [find-check-cap]
#[test]
fn twenty_memberships_are_checked_at_once() {
    let tenant = Tenant::new();
    let groups = tenant.get("/groups?$select=id&$top=21").list();
    let groups: Vec<String> = groups.iter().map(id_of).collect();
    for (action, name) in [
        ("checkMemberObjects", "ids"),
        ("checkMemberGroups", "groupIds"),
    ] {
        let path = format!("/users/{}/{action}", tenant.worker(0));
        let few = tenant.post(&path, &json!({name: &groups[..20]}));
        few.succeeds(200);
        let many = tenant.post(&path, &json!({name: &groups[..21]}));
        assert_eq!(many.status, 400, "{action}");
    }
}
