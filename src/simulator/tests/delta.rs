//! What changed in groups since a caller last asked.

use std::collections::BTreeMap;

use super::*;

/// A round to its end: what was told of each group, merged, and the link to the next round.
struct Told {
    /// Members by group, and whether they are in it.
    members: BTreeMap<String, BTreeMap<String, bool>>,
    removed: BTreeMap<String, String>,
    pages: usize,
    delta: String,
}

#[track_caller]
fn round(caller: &mut Caller, path: &str) -> Told {
    let mut told = Told {
        members: BTreeMap::new(),
        removed: BTreeMap::new(),
        pages: 0,
        delta: path.to_owned(),
    };
    loop {
        let seen = caller.get(&told.delta);
        assert_eq!(seen.status, 200, "{}", seen.body);
        told.pages += 1;
        for item in seen.body["value"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap().to_owned();
            if let Some(reason) = item["@removed"]["reason"].as_str() {
                told.removed.insert(id.clone(), reason.to_owned());
            }
            let members = told.members.entry(id).or_default();
            for member in item["members@delta"].as_array().unwrap_or(&Vec::new()) {
                let is_in = member.get("@removed").is_none();
                members.insert(member["id"].as_str().unwrap().to_owned(), is_in);
            }
        }
        let link = seen.body.get("@odata.nextLink");
        let last = link.is_none();
        let link = link.unwrap_or(&seen.body["@odata.deltaLink"]);
        told.delta = path_of(link.as_str().unwrap()).unwrap();
        if last {
            return told;
        }
    }
}

#[track_caller]
fn of_groups(caller: &mut Caller, ids: &[&str]) -> Told {
    let parts: Vec<String> = ids.iter().map(|id| format!("id%20eq%20'{id}'")).collect();
    let filter = parts.join("%20or%20");
    round(
        caller,
        &format!("/groups/delta?$filter={filter}&$select=members"),
    )
}

#[test]
fn the_first_round_tells_all_members_page_by_page() {
    let mut caller = Caller::new();
    let (crew, all) = (caller.group("Crew O'Brien"), caller.group("All staff"));
    let told = of_groups(&mut caller, &[&crew, &all]);
    assert!(told.pages > 30, "the same group stands on many pages");
    for id in [crew, all] {
        let members = &told.members[&id];
        assert!(members.values().all(|is_in| *is_in));
        assert_eq!(members.len(), caller.members(&id).len());
    }
    let empty = caller.group("Leavers 2019");
    let seen = caller.get(&format!("/groups/delta?$filter=id%20eq%20'{empty}'"));
    assert_eq!(seen.ids(), [empty]);
    assert_eq!(seen.body["value"][0]["displayName"], "Leavers 2019");
    assert_eq!(seen.body["value"][0].get("members@delta"), None);
}

#[test]
fn later_rounds_tell_what_changed_and_nothing_else() {
    let mut caller = Caller::new();
    let (crew, other) = (caller.group("Crew O'Brien"), caller.group("Night crew"));
    let told = of_groups(&mut caller, &[&crew, &other]);
    let quiet = round(&mut caller, &told.delta);
    assert_eq!((quiet.members.len(), quiet.pages), (0, 1));
    let members = caller.members(&crew);
    let user = caller.user(5)["id"].as_str().unwrap().to_owned();
    let link =
        json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
    let remove = format!("/groups/{crew}/members/{}/$ref", members[0]);
    caller.delete(&remove).succeeds(204);
    caller
        .post(&format!("/groups/{crew}/members/$ref"), &link)
        .succeeds(204);
    caller
        .delete(&format!("/users/{}", members[1]))
        .succeeds(204);
    let changed = round(&mut caller, &quiet.delta);
    let expected = BTreeMap::from([
        (members[0].clone(), false),
        (members[1].clone(), false),
        (user.clone(), true),
    ]);
    assert_eq!(changed.members, BTreeMap::from([(crew.clone(), expected)]));
    // The earlier link still tells the same.
    assert_eq!(round(&mut caller, &quiet.delta).members, changed.members);
    caller
        .delete(&format!("/groups/{crew}/members/{user}/$ref"))
        .succeeds(204);
    let after = round(&mut caller, &changed.delta);
    assert_eq!(after.members[&crew], BTreeMap::from([(user, false)]));
}

#[test]
fn without_a_filter_groups_that_come_and_go_are_told() {
    let mut caller = Caller::new();
    let told = round(&mut caller, "/groups/delta?$select=displayName");
    assert_eq!(told.members.len(), caller.groups());
    assert!(
        told.members.values().all(BTreeMap::is_empty),
        "not selected"
    );
    let latest = round(
        &mut caller,
        "/groups/delta?$select=displayName&$deltatoken=latest",
    );
    assert_eq!(latest.members.len(), 0);
    let (security, team) = (
        caller.group("Leavers 2019"),
        caller.group("Project Lantern"),
    );
    let renamed = caller.group("Holiday cover");
    caller.delete(&format!("/groups/{security}")).succeeds(204);
    caller.delete(&format!("/groups/{team}")).succeeds(204);
    caller
        .patch(
            &format!("/groups/{renamed}"),
            &json!({"displayName": "Cover"}),
        )
        .succeeds(204);
    let body = json!({"displayName": "New", "mailEnabled": false, "mailNickname": "n", "securityEnabled": true});
    let made = caller.post("/groups", &body).succeeds(201)["id"].clone();
    for link in [told.delta, latest.delta] {
        let changed = round(&mut caller, &link);
        let reasons = BTreeMap::from([
            (security.clone(), "deleted".to_owned()),
            (team.clone(), "changed".to_owned()),
        ]);
        assert_eq!(changed.removed, reasons);
        assert_eq!(changed.members.len(), 4);
        assert!(changed.members.contains_key(&renamed));
        assert!(changed.members.contains_key(made.as_str().unwrap()));
    }
}

#[test]
fn what_delta_does_not_take_is_refused() {
    let mut caller = Caller::new();
    let id = caller.group("Crew O'Brien");
    let filter = |count| vec![format!("id%20eq%20'{id}'"); count].join("%20or%20");
    let path = format!("/groups/delta?$filter={}", filter(50));
    assert_eq!(caller.get(&path).ids(), [id.as_str()]);
    let path = format!("/groups/delta?$filter={}", filter(51));
    caller.get(&path).fails(400, "Request_UnsupportedQuery", "");
    caller
        .get("/groups/delta?$filter=displayName%20eq%20'a'")
        .fails(400, "Request_UnsupportedQuery", "");
    for token in ["$skiptoken=AAAA", "$deltatoken=x"] {
        caller
            .get(&format!("/groups/delta?{token}"))
            .fails(400, "Directory_ExpiredPageToken", "");
    }
}
