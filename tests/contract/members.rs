//! Members: listing them by pages, by type, by count, and through nested groups.

use serde_json::{Value, json};

use crate::support::*;

fn members_of(tenant: &Tenant, group: &str) -> String {
    format!("/groups/{}/members", tenant.group(group))
}

/// All elements of a list, and how many there were on each page.
fn all_pages(tenant: &Tenant, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut answer = tenant.get(path);
    for _ in 0..100 {
        let page = answer.list();
        sizes.push(page.len());
        found.extend(page);
        let body = answer.json();
        let Some(link) = body.get("@odata.nextLink") else {
            return (found, sizes);
        };
        answer = tenant.follow(link);
    }
    panic!("the pages do not end: {sizes:?}")
}

fn of_type<'m>(members: &'m [Value], kind: &str) -> Vec<&'m Value> {
    let kind = format!("#microsoft.graph.{kind}");
    let is = |member: &&Value| member["@odata.type"] == kind.as_str();
    members.iter().filter(is).collect()
}

/// A page has 100 members unless asked otherwise. Documented: `group-list-members`.
/// [members-page]
#[test]
fn a_page_has_a_hundred_members() {
    let tenant = Tenant::with("tenant.users = 250\n");
    let (found, sizes) = all_pages(&tenant, &members_of(&tenant, "All staff"));
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(ids(&found), sorted(tenant.members("All staff")));
}

/// `$top` sets the page, 1 to 999. Documented: `group-list-members`. [members-top]
#[test]
fn top_sets_the_page() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "All staff");
    let (found, sizes) = all_pages(&tenant, &format!("{path}?$top=999"));
    assert_eq!(sizes, [999, 999, 999, 3]);
    assert_eq!(ids(&found), sorted(tenant.members("All staff")));
    assert_eq!(tenant.get(&format!("{path}?$top=1")).list().len(), 1);
}

/// More than 999 a page is refused. Documented: `group-list-members`; the 400 is our reading.
/// [members-top-range]
#[test]
fn a_page_out_of_range_is_refused() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "All staff");
    for top in ["1000", "0", "-1", "ten"] {
        let answer = tenant.get(&format!("{path}?$top={top}"));
        assert_eq!(answer.status, 400, "{top}");
    }
}

/// The last page has no `nextLink`, also where it is full. Documented: `paging`.
/// [members-last-page]
#[test]
fn the_last_page_has_no_next_link() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Crew O'Brien");
    for top in [24, 25, 999] {
        let body = tenant.get(&format!("{path}?$top={top}")).succeeds(200);
        assert!(body.get("@odata.nextLink").is_none(), "{top}");
    }
    let empty = tenant.get(&members_of(&tenant, "Leavers 2019"));
    assert!(empty.list().is_empty());
}

/// A `nextLink` is absolute, opaque and carries the query with it. Documented: `paging`.
/// [members-next-link]
#[test]
fn a_next_link_carries_the_query() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Crew O'Brien");
    let first = tenant.get(&format!("{path}?$top=10&$select=id"));
    let link = first.succeeds(200)["@odata.nextLink"].clone();
    assert!(link.as_str().unwrap().starts_with("http://"), "{link}");
    assert!(link.as_str().unwrap().contains("$skiptoken="), "{link}");
    let second = tenant.follow(&link).list();
    assert_eq!(second.len(), 10);
    assert!(second[0].get("displayName").is_none(), "{}", second[0]);
}

/// A link that was changed is refused. Our reading: it is opaque, `paging`. [members-bad-link]
#[test]
fn a_made_up_token_is_refused() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Crew O'Brien");
    let answer = tenant.get(&format!("{path}?$skiptoken=made-up"));
    assert_eq!(answer.status, 400, "{}", answer.text);
}

/// `$select=id` leaves the id and the type. Documented: `group-list-members`; that the type stays
/// is observed. [members-select]
#[test]
fn select_leaves_the_type() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Till rollout");
    let members = tenant.get(&format!("{path}?$select=id")).list();
    for member in members {
        let names: Vec<&String> = member.as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 2, "{member}");
        assert!(member["id"].is_string() && member["@odata.type"].is_string());
    }
}

/// Members of all types come together, each with its type. Documented: `group-list-members`.
/// [members-types]
#[test]
fn members_say_their_type() {
    let tenant = Tenant::new();
    let members = tenant.get(&members_of(&tenant, "Till rollout")).list();
    for (kind, count) in [("user", 5), ("device", 6), ("orgContact", 1), ("group", 1)] {
        assert_eq!(of_type(&members, kind).len(), count, "{kind}");
    }
}

/// The v1.0 list leaves out service principals, the beta list has them. Documented:
/// `group-list-members`, known issue. [members-service-principals]
#[test]
fn applications_are_listed_in_beta_only() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Till rollout");
    let stable = tenant.get(&path).list();
    assert!(of_type(&stable, "servicePrincipal").is_empty());
    let beta = tenant.call("GET", &format!("/beta{path}")).send().list();
    assert_eq!(of_type(&beta, "servicePrincipal").len(), 1);
    assert_eq!(beta.len(), stable.len() + 1);
}

/// A list is cast to one type with `$count=true` and `ConsistencyLevel: eventual`. Documented:
/// `group-list-members`, `aad-advanced-queries`. [members-cast]
#[test]
fn a_list_is_cast_to_one_type() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Till rollout");
    for (kind, count) in [("user", 5), ("device", 6), ("group", 1)] {
        let cast = format!("{path}/microsoft.graph.{kind}?$count=true");
        let body = tenant.get_eventual(&cast).succeeds(200);
        assert_eq!(body["value"].as_array().unwrap().len(), count, "{kind}");
        assert_eq!(body["@odata.count"], count, "{kind}");
    }
}

/// Without the header a cast is a 400 `Request_UnsupportedQuery`. Documented:
/// `aad-advanced-queries`. [members-cast-header]
#[test]
fn a_cast_needs_its_header() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Till rollout");
    let answer = tenant.get(&format!("{path}/microsoft.graph.user?$count=true"));
    answer.refuses(400, "Request_UnsupportedQuery", "");
}

/// `@odata.count` stands on the first page only. Documented: `aad-advanced-queries`.
/// [members-count-first-page]
#[test]
fn the_count_stands_on_the_first_page() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Crew O'Brien");
    let cast = format!("{path}/microsoft.graph.user?$count=true&$top=10");
    let first = tenant.get_eventual(&cast).succeeds(200);
    assert_eq!(first["@odata.count"], 24);
    let link = first["@odata.nextLink"].as_str().unwrap();
    let (_, rest) = link.split_once("/v1.0").unwrap();
    let second = tenant.get_eventual(rest).succeeds(200);
    assert!(second.get("@odata.count").is_none(), "{second}");
}

/// Headers such as `ConsistencyLevel` must be sent again for each page. Documented: `paging`.
/// [members-header-each-page]
#[test]
fn the_header_is_needed_on_every_page() {
    let tenant = Tenant::new();
    let path = members_of(&tenant, "Crew O'Brien");
    let cast = format!("{path}/microsoft.graph.user?$count=true&$top=10");
    let first = tenant.get_eventual(&cast).succeeds(200);
    let without = tenant.follow(&first["@odata.nextLink"]);
    without.refuses(400, "Request_UnsupportedQuery", "");
}

/// What was just written may be missing from a query that uses the index. Documented:
/// `aad-advanced-queries`. [members-index-lag]
#[test]
fn the_index_lags_behind() {
    let tenant = Tenant::with("service.index_ms = 60000\n");
    tenant.add("Leavers 2019", &tenant.worker(0)).succeeds(204);
    let path = members_of(&tenant, "Leavers 2019");
    let cast = format!("{path}/microsoft.graph.user?$count=true");
    assert_eq!(tenant.get(&path).list().len(), 1);
    assert!(tenant.get_eventual(&cast).list().is_empty());
    tenant.advance(61);
    assert_eq!(tenant.get_eventual(&cast).list().len(), 1);
}

/// `/members/$count` is a number as text, and needs its header. Documented: `group-list-members`.
/// [members-count]
#[test]
fn members_are_counted() {
    let tenant = Tenant::new();
    let path = format!("{}/$count", members_of(&tenant, "Crew O'Brien"));
    let answer = tenant.get_eventual(&path);
    assert_eq!((answer.status, answer.text.as_str()), (200, "24"));
    let kind = answer.header("Content-Type").unwrap();
    assert!(kind.starts_with("text/plain"), "{kind}");
    assert_eq!(tenant.get(&path).status, 400);
}

/// Transitive members are flat: the members of nested groups, and the groups. Documented:
/// `group-list-transitivemembers`. [members-transitive]
#[test]
fn transitive_members_are_flat() {
    let tenant = Tenant::new();
    let direct = tenant.get(&members_of(&tenant, "Region West")).list();
    let stores = of_type(&direct, "group");
    assert!(!stores.is_empty());
    let path = format!(
        "/groups/{}/transitiveMembers?$top=999",
        tenant.group("Region West")
    );
    let (found, _) = all_pages(&tenant, &path);
    assert_eq!(of_type(&found, "group").len(), stores.len());
    let mut expected: Vec<String> = ids(&direct);
    for store in stores {
        expected.extend(tenant.members(store["displayName"].as_str().unwrap()));
    }
    let mut expected = sorted(expected);
    expected.dedup();
    assert_eq!(ids(&found), expected);
}

/// `$expand=members` brings 20 at most. Documented: known limits of `$expand`. [members-expand]
#[test]
fn expanded_members_are_twenty_at_most() {
    let tenant = Tenant::new();
    let path = format!("/groups/{}?$expand=members", tenant.group("Crew O'Brien"));
    let group = tenant.get(&path).succeeds(200);
    assert_eq!(group["members"].as_array().unwrap().len(), 20);
    let mixed = format!("/groups/{}?$expand=members", tenant.group("Till rollout"));
    let group = tenant.get(&mixed).succeeds(200);
    let members = group["members"].as_array().unwrap();
    assert_eq!(of_type(members, "servicePrincipal").len(), 1);
}

/// The members of a group that does not exist are a 404. Documented: `errors`. [members-no-group]
#[test]
fn members_of_no_group_are_a_404() {
    let tenant = Tenant::new();
    let answer = tenant.get(&format!("/groups/{NOBODY}/members"));
    answer.refuses(404, "Request_ResourceNotFound", "");
}

/// A list names its context. Documented: the samples in `group-list-members`. [members-context]
#[test]
fn a_list_names_its_context() {
    let tenant = Tenant::new();
    let body = tenant
        .get(&members_of(&tenant, "Crew O'Brien"))
        .succeeds(200);
    let context = body["@odata.context"].as_str().unwrap();
    assert!(context.contains("/v1.0/$metadata#"), "{context}");
    assert_eq!(body["value"].as_array().map(Vec::len), Some(24));
    assert_ne!(body["value"][0], json!({}));
}
