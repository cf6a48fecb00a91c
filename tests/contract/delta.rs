//! Delta queries over groups: what joined and left since the last time.

use serde_json::{Value, json};

use crate::http::encoded;
use crate::support::*;

fn start(tenant: &Tenant, groups: &[&str]) -> String {
    let clause = |group: &&str| format!("id eq '{}'", tenant.group(group));
    let clauses: Vec<String> = groups.iter().map(clause).collect();
    let filter = encoded(&clauses.join(" or "));
    format!("/groups/delta?$filter={filter}&$select=id,displayName,members")
}

/// Follows the pages to the last: the groups they hold, and the link for the next time.
fn sweep(first: crate::http::Answer, tenant: &Tenant) -> (Vec<Value>, Value) {
    let mut groups = Vec::new();
    let mut answer = first;
    for _ in 0..1_000 {
        let body = answer.succeeds(200);
        groups.extend(body["value"].as_array().unwrap().clone());
        if let Some(link) = body.get("@odata.deltaLink") {
            assert!(body.get("@odata.nextLink").is_none(), "both links");
            return (groups, link.clone());
        }
        answer = tenant.follow(&body["@odata.nextLink"]);
    }
    panic!("the pages do not end")
}

/// All members of all groups, whether they joined (`true`) or left.
fn changes(groups: &[Value]) -> Vec<(String, bool)> {
    let lists = groups
        .iter()
        .filter_map(|group| group["members@delta"].as_array());
    let mut changes: Vec<(String, bool)> = lists
        .flatten()
        .map(|member| (id_of(member), member.get("@removed").is_none()))
        .collect();
    changes.sort_unstable();
    changes
}

/// The first sweep has all members, in `members@delta`, and ends with a `deltaLink`. Documented:
/// `group-delta`, `delta-query-groups`. [delta-first]
#[test]
fn the_first_sweep_has_all_members() {
    let tenant = Tenant::new();
    let (groups, _) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    let joined: Vec<String> = changes(&groups).into_iter().map(|(id, _)| id).collect();
    assert_eq!(joined, sorted(tenant.members("Crew O'Brien")));
    assert_eq!(groups[0]["displayName"], "Crew O'Brien");
}

/// Members say their type. Documented: the samples in `delta-query-groups`. [delta-types]
#[test]
fn members_in_a_delta_say_their_type() {
    let tenant = Tenant::new();
    let (groups, _) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    let member = &groups[0]["members@delta"][0];
    assert_eq!(member["@odata.type"], "#microsoft.graph.user");
}

/// A second sweep has what changed: joiners, and leavers with `@removed`. Documented:
/// `group-delta`. [delta-changes]
#[test]
fn a_second_sweep_has_what_changed() {
    let tenant = Tenant::new();
    let (_, link) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    let (joiner, leaver) = (tenant.worker(0), tenant.members("Crew O'Brien").remove(0));
    tenant.add("Crew O'Brien", &joiner).succeeds(204);
    let group = tenant.group("Crew O'Brien");
    tenant
        .delete(&format!("/groups/{group}/members/{leaver}/$ref"))
        .succeeds(204);
    let (groups, _) = sweep(tenant.follow(&link), &tenant);
    let mut expected = vec![(joiner, true), (leaver, false)];
    expected.sort_unstable();
    assert_eq!(changes(&groups), expected);
}

/// A leaver has a reason. Documented: the samples in `delta-query-groups`. [delta-removed]
#[test]
fn a_leaver_has_a_reason() {
    let tenant = Tenant::new();
    let (_, link) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    let leaver = tenant.members("Crew O'Brien").remove(0);
    let group = tenant.group("Crew O'Brien");
    tenant.delete(&format!("/groups/{group}/members/{leaver}/$ref"));
    let (groups, _) = sweep(tenant.follow(&link), &tenant);
    let member = &groups[0]["members@delta"][0];
    assert_eq!(member["@removed"], json!({"reason": "deleted"}));
}

/// Without a change a sweep is empty, and has a `deltaLink` again. Documented:
/// `delta-query-groups`. [delta-quiet]
#[test]
fn without_a_change_a_sweep_is_empty() {
    let tenant = Tenant::new();
    let (_, link) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    let (groups, again) = sweep(tenant.follow(&link), &tenant);
    assert!(groups.is_empty(), "{groups:?}");
    assert!(again.is_string());
}

/// Other groups do not show. Documented: `group-delta`. [delta-filter]
#[test]
fn other_groups_do_not_show() {
    let tenant = Tenant::new();
    let (_, link) = sweep(tenant.get(&start(&tenant, &["Crew O'Brien"])), &tenant);
    tenant.add("Leavers 2019", &tenant.worker(0)).succeeds(204);
    let (groups, _) = sweep(tenant.follow(&link), &tenant);
    assert!(groups.is_empty(), "{groups:?}");
}

/// A large group recurs over several pages, and its parts make up the whole. Documented:
/// `delta-query-groups`. [delta-recurring]
#[test]
fn a_large_group_recurs_over_pages() {
    let tenant = Tenant::new();
    let (groups, _) = sweep(tenant.get(&start(&tenant, &["All staff"])), &tenant);
    assert!(groups.len() > 1, "one part only");
    let group = tenant.group("All staff");
    assert!(groups.iter().all(|part| part["id"] == group.as_str()));
    assert_eq!(changes(&groups).len(), 3_000);
}

/// Up to 50 ids may be filtered for. Documented: `group-delta`. [delta-filter-cap]
#[test]
fn fifty_groups_at_most_are_followed() {
    let tenant = Tenant::new();
    let groups = tenant.get("/groups?$select=id&$top=51").list();
    let path = |count: usize| {
        let clause = |group: &Value| format!("id eq '{}'", id_of(group));
        let clauses: Vec<String> = groups[..count].iter().map(clause).collect();
        let filter = encoded(&clauses.join(" or "));
        format!("/groups/delta?$filter={filter}&$select=members")
    };
    tenant.get(&path(50)).succeeds(200);
    assert_eq!(tenant.get(&path(51)).status, 400);
}
