use super::*;
use crate::engine::Reply;
use crate::jobs::script::{answer, error, lost, play};
use crate::jobs::{ItemId, Sent, Step};
use serde_json::{Value, json};
use time::OffsetDateTime;

mod adding;
mod destinations;

const ROOT: &str = "https://graph.example/v1.0";
const SOURCE_ID: &str = "aaaaaaaa-0000-0000-0000-000000000001";
const DESTINATION_ID: &str = "bbbbbbbb-0000-0000-0000-000000000002";
const SELECT: &str = "$select=id,displayName,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,isAssignableToRole";

fn member_id(number: u32) -> String {
    format!("cccccccc-0000-0000-0000-{number:012}")
}

fn item(id: i64, content: &Value, sent: bool) -> Item {
    Item {
        id: ItemId(id),
        content: content.to_string(),
        sent: sent.then_some(Sent::at(OffsetDateTime::UNIX_EPOCH)),
    }
}

/// The content of a member on the way to the destination.
fn content_of(number: u32) -> Value {
    json!({"kind": "member", "destination": DESTINATION_ID, "id": member_id(number)})
}

fn talk(content: &Value) -> Box<dyn Conversation> {
    let mut conversations = Copy::new(ROOT).converse(vec![item(1, content, false)]);
    assert_eq!(conversations.len(), 1);
    conversations.remove(0)
}

/// Plays first the pages of the destination, then those of the source.
fn list(listing: &Value, destination: Vec<Reply>, source: Vec<Reply>) -> Vec<String> {
    let mut conversations = Copy::new(ROOT).converse(vec![item(1, listing, false)]);
    let listing = conversations.pop().unwrap();
    let mut said = play(conversations.remove(0), destination);
    said.extend(play(listing, source));
    said
}

fn pair(source: &str, destination: &str) -> Value {
    json!({"kind": "pair", "source": source, "destination": destination, "transitive": false, "member": null})
}

fn group(id: &str, name: &str, changes: &Value) -> Value {
    let mut group = json!({
        "id": id, "displayName": name, "groupTypes": [], "mailEnabled": false, "securityEnabled": true,
        "onPremisesSyncEnabled": null, "isAssignableToRole": null,
    });
    if let (Some(group), Some(changes)) = (group.as_object_mut(), changes.as_object()) {
        group.extend(changes.clone());
    }
    group
}

fn found(groups: &[Value]) -> Reply {
    answer(200, json!({"value": groups}))
}

fn source() -> Reply {
    found(&[group(SOURCE_ID, "Crew O'Brien", &Value::Null)])
}

#[test]
fn groups_are_looked_up_by_name_or_id_and_become_a_listing() {
    let by_name =
        format!("GET /groups?$filter=displayName%20eq%20'Crew%20O%27%27Brien'&{SELECT}&$top=20");
    let by_id = format!("GET /groups/{DESTINATION_ID}?{SELECT}");
    let destination = answer(200, group(DESTINATION_ID, "Holiday cover", &Value::Null));
    let said = play(
        talk(&pair("Crew O'Brien", DESTINATION_ID)),
        vec![source(), destination],
    );
    assert_eq!(
        said,
        [&by_name, &by_id, "found listing : waits", "expanded"]
    );
}

#[test]
fn a_name_that_is_nobodys_or_several_groups_is_refused_differently() {
    let ending = |replies| {
        play(talk(&pair("Crew O'Brien", "Night crew")), replies)
            .pop()
            .unwrap()
    };
    assert_eq!(
        ending(vec![found(&[])]),
        "1: refused - | there is no group with the name `Crew O'Brien` (source group)"
    );
    let night = [
        group(SOURCE_ID, "Night crew", &Value::Null),
        group(DESTINATION_ID, "Night crew", &Value::Null),
    ];
    assert_eq!(
        ending(vec![source(), found(&night)]),
        format!(
            "1: refused - | several groups have the name `Night crew` (destination group); write the id of the right \
             one: {SOURCE_ID}, {DESTINATION_ID}"
        )
    );
    let by_id = play(
        talk(&pair(SOURCE_ID, "x")),
        vec![error(404, "Request_ResourceNotFound", "gone")],
    );
    assert_eq!(
        by_id[1],
        format!("1: refused - | there is no group with the id `{SOURCE_ID}` (source group)")
    );
    assert_eq!(
        ending(vec![error(403, "Authorization_RequestDenied", "no")]),
        "1: failed - | 403 | Authorization_RequestDenied | no"
    );
    assert_eq!(
        ending(vec![lost()]),
        "1: failed - | the source group could not be looked up: connection reset"
    );
}

#[test]
fn a_destination_that_cannot_be_written_is_refused_by_name() {
    for (changes, why) in [
        (
            json!({"groupTypes": ["DynamicMembership"]}),
            "has dynamic membership",
        ),
        (
            json!({"onPremisesSyncEnabled": true}),
            "is synced from on-premises",
        ),
        (
            json!({"mailEnabled": true}),
            "is a mail-enabled security group",
        ),
        (
            json!({"mailEnabled": true, "securityEnabled": false}),
            "is a distribution group",
        ),
    ] {
        let destination = found(&[group(DESTINATION_ID, "Cover", &changes)]);
        let said = play(talk(&pair("Crew", "Cover")), vec![source(), destination]);
        let expected =
            format!("1: refused - | the destination group `Cover` ({DESTINATION_ID}) {why}");
        assert!(said[2].starts_with(&expected), "{said:?}");
    }
    let same = found(&[group(SOURCE_ID, "Cover", &Value::Null)]);
    let said = play(talk(&pair("Crew", "Cover")), vec![source(), same]);
    assert_eq!(
        said[2],
        format!("1: refused - | source and destination are the same group ({SOURCE_ID})")
    );
}

fn listing(transitive: bool, destination: &Value) -> Value {
    let read = |group: &Value| json!(Group::read(group).unwrap());
    json!({
        "kind": "listing", "source": read(&group(SOURCE_ID, "Crew", &Value::Null)), "destination": read(destination),
        "transitive": transitive, "member": null,
    })
}

fn member(number: u32, kind: &str, name: &str) -> Value {
    json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": member_id(number), "displayName": name})
}

fn page(members: &[Value], next: Option<&str>) -> Reply {
    let mut page = json!({"value": members});
    if let Some(next) = next {
        page["@odata.nextLink"] = json!(next);
    }
    answer(200, page)
}

#[test]
fn the_members_are_those_of_the_source_without_those_of_the_destination() {
    let destination = group(DESTINATION_ID, "Cover", &Value::Null);
    let next = format!("{ROOT}/groups/{SOURCE_ID}/members?$skiptoken=x");
    let both = [member(1, "user", "Ana"), member(2, "user", "Bo")];
    let said = list(
        &listing(false, &destination),
        vec![page(&[member(1, "user", "Ana")], None)],
        vec![
            page(&both, Some(&next)),
            page(&[member(3, "device", "Till 3")], None),
        ],
    );
    let expected = [
        format!("GET /groups/{DESTINATION_ID}/members?$select=id&$top=999"),
        format!(
            "GET /groups/{SOURCE_ID}/members?$select=id,displayName,userPrincipalName&$top=999"
        ),
        format!("found member {} Ana user: unchanged", member_id(1)),
        format!("found member {} Bo user: waits", member_id(2)),
        format!("GET /groups/{SOURCE_ID}/members?$skiptoken=x"),
        format!("found member {} Till 3 device: waits", member_id(3)),
        "expanded".to_owned(),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_member_that_the_destination_cannot_hold_is_refused_alone() {
    let unified = group(
        DESTINATION_ID,
        "Cover",
        &json!({"groupTypes": ["Unified"], "mailEnabled": true}),
    );
    let members = [member(1, "user", "Ana"), member(2, "device", "Till 2")];
    let said = list(
        &listing(false, &unified),
        vec![page(&[], None)],
        vec![page(&members, None)],
    );
    assert_eq!(
        said[2],
        format!("found member {} Ana user: waits", member_id(1))
    );
    let refused = "refused a Microsoft 365 group holds users only";
    assert_eq!(
        said[3],
        format!("found member {} Till 2 device: {refused}", member_id(2))
    );
}

#[test]
fn groups_within_the_source_are_left_out_where_their_members_are_copied() {
    let destination = group(DESTINATION_ID, "Cover", &Value::Null);
    let members = [member(1, "user", "Ana"), member(2, "group", "Nested")];
    let said = list(
        &listing(true, &destination),
        vec![page(&[], None)],
        vec![page(&members, None)],
    );
    assert!(said[1].starts_with(&format!("GET /groups/{SOURCE_ID}/transitiveMembers?")));
    assert_eq!(
        said[3],
        format!("found member {} Nested group: unchanged", member_id(2))
    );
}

#[test]
fn an_empty_source_is_unchanged_and_has_a_line() {
    let destination = group(DESTINATION_ID, "Cover", &Value::Null);
    let said = list(
        &listing(false, &destination),
        vec![page(&[], None)],
        vec![page(&[], None)],
    );
    assert_eq!(said[2], "1: unchanged -");
}

#[test]
fn the_next_page_is_followed_to_the_configured_host_only() {
    let destination = group(DESTINATION_ID, "Cover", &Value::Null);
    for link in [
        "https://evil.example/v1.0/groups",
        "https://graph.example/v1.0.evil.example/x",
        "/groups/x",
    ] {
        let source = list(
            &listing(false, &destination),
            vec![page(&[], None)],
            vec![page(&[], Some(link))],
        );
        let destination = list(
            &listing(false, &destination),
            vec![page(&[], Some(link))],
            vec![page(&[], None)],
        );
        for said in [source, destination] {
            assert!(said[2].starts_with("1: failed - | "), "{said:?}");
            let why = "the service's next page is on another host";
            assert!(said[2].contains(why), "{said:?}");
        }
    }
}

#[test]
fn a_row_is_checked_before_anything_is_looked_up() {
    let copy = Copy::new(ROOT);
    let check = |source: &str, destination: &str, transitive: &str, member: &str| {
        let row = Fields::new(vec![
            (SOURCE, "From", source),
            (DESTINATION, "To", destination),
            (TRANSITIVE, TRANSITIVE, transitive),
            (MEMBER_ID, MEMBER_ID, member),
        ]);
        copy.check(&row).map_err(|refusals| {
            refusals
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
        })
    };
    assert!(check("A", "B", "", "").is_ok());
    assert!(check("A", "B", "TRUE", &member_id(1)).is_ok());
    assert_eq!(
        check(" ", "B", "perhaps", "7").unwrap_err(),
        "column `From`: ` ` is empty: it needs a group's object id or display name; column `Transitive`: `perhaps` is \
         neither true nor false; column `MemberId`: `7` is no object id"
    );
    assert_eq!(
        check("crew", "Crew", "", "").unwrap_err(),
        "column `To`: `Crew` is the source group itself"
    );
}
