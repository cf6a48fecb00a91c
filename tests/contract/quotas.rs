//! Throttling: what each operation costs, and how much a tenant of each size is given.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::support::*;

#[track_caller]
fn costs(answer: &Answer, units: &str) {
    assert!(answer.status < 400, "{}", answer.text);
    assert_eq!(answer.header("x-ms-resource-unit"), Some(units));
}

/// Listing users costs 2. Documented: `throttling-limits`. [cost-users]
#[test]
fn listing_users_costs_two() {
    costs(&Tenant::new().get("/users"), "2");
}

/// Listing members costs 3, listing transitive members 5. Documented: `throttling-limits`.
/// [cost-members]
#[test]
fn listing_members_costs_three_and_transitive_ones_five() {
    let tenant = Tenant::new();
    let group = format!("/groups/{}", tenant.group("Crew O'Brien"));
    costs(&tenant.get(&format!("{group}/members")), "3");
    costs(&tenant.get(&format!("{group}/transitiveMembers")), "5");
}

/// Finding objects by ids costs 5, and 2 with `$select`. Documented: `throttling-limits`.
/// [cost-get-by-ids]
#[test]
fn finding_objects_by_ids_costs_five_or_two() {
    let tenant = Tenant::new();
    let body = json!({"ids": [tenant.worker(0)], "types": ["user"]});
    costs(&tenant.post("/directoryObjects/getByIds", &body), "5");
    let selected = "/directoryObjects/getByIds?$select=id";
    costs(&tenant.post(selected, &body), "2");
}

/// Checking memberships costs 4, asking for them 2. Documented: `throttling-limits`.
/// [cost-checks]
#[test]
fn checking_memberships_costs_four_and_asking_for_them_two() {
    let tenant = Tenant::new();
    let user = format!("/users/{}", tenant.worker(0));
    let groups = json!({"groupIds": [tenant.group("All staff")]});
    costs(
        &tenant.post(&format!("{user}/checkMemberGroups"), &groups),
        "4",
    );
    let objects = json!({"ids": [tenant.group("All staff")]});
    costs(
        &tenant.post(&format!("{user}/checkMemberObjects"), &objects),
        "4",
    );
    let all = json!({"securityEnabledOnly": false});
    costs(&tenant.post(&format!("{user}/getMemberGroups"), &all), "2");
    costs(&tenant.post(&format!("{user}/getMemberObjects"), &all), "2");
}

/// Listing the groups of a user costs 2. Documented: `throttling-limits`. [cost-member-of]
#[test]
fn listing_the_groups_of_a_user_costs_two() {
    let tenant = Tenant::new();
    let user = format!("/users/{}", tenant.worker(0));
    costs(&tenant.get(&format!("{user}/memberOf")), "2");
    costs(&tenant.get(&format!("{user}/transitiveMemberOf")), "2");
}

/// Any other read costs 1. Documented: `throttling-limits`. [cost-other-reads]
#[test]
fn any_other_read_costs_one() {
    let tenant = Tenant::new();
    costs(&tenant.get("/groups"), "1");
    let group = format!("/groups/{}", tenant.group("Crew O'Brien"));
    costs(&tenant.get(&group), "1");
}

/// Writes cost 1. Documented: `throttling-limits`. [cost-writes]
#[test]
fn writes_cost_one() {
    let tenant = Tenant::new();
    let worker = tenant.worker(0);
    costs(&tenant.add("Leavers 2019", &worker), "1");
    costs(&tenant.bind("Holiday cover", [&worker]), "1");
    let group = tenant.group("Leavers 2019");
    let link = format!("/groups/{group}/members/{worker}/$ref");
    costs(&tenant.delete(&link), "1");
}

/// `$select` takes 1 off, `$top` below 20 too, `$expand` adds 1, and nothing costs less than 1.
/// Documented: `throttling-limits`. [cost-modifiers]
#[test]
fn select_and_small_pages_are_cheaper_and_expand_is_dearer() {
    let tenant = Tenant::new();
    let group = format!("/groups/{}", tenant.group("Crew O'Brien"));
    let members = format!("{group}/members");
    costs(&tenant.get(&format!("{members}?$select=id")), "2");
    costs(&tenant.get(&format!("{members}?$top=19")), "2");
    costs(&tenant.get(&format!("{members}?$top=20")), "3");
    costs(&tenant.get(&format!("{members}?$select=id&$top=19")), "1");
    costs(&tenant.get("/users?$select=id&$top=5"), "1");
    costs(&tenant.get(&format!("{group}?$expand=members")), "2");
    costs(&tenant.get(&format!("{group}?$select=id")), "1");
}

/// What is charged is what the header says: units, not requests. Documented: `throttling-limits`.
/// [cost-charged]
#[test]
fn units_are_charged_not_requests() {
    let tenant = Tenant::with("limits.directory.units = 50\n");
    let url = format!("/groups/{}/transitiveMembers", tenant.group("Crew O'Brien"));
    let batch = tenant.batch(&items(20, "GET", &url));
    assert_eq!((batch.count(200), batch.count(429)), (10, 10));
}

/// A refused read tells its cost as well. Documented: `throttling-limits` ("successful and other
/// responses"). [cost-on-refusals]
#[test]
fn a_refusal_tells_its_cost_too() {
    let answer = Tenant::new().get(&format!("/users/{NOBODY}"));
    assert_eq!(answer.status, 404);
    assert!(answer.header("x-ms-resource-unit").is_some());
}

/// Phones and passes tell no cost: the header is the directory's. Documented: `throttling-limits`.
/// [cost-methods]
#[test]
fn phones_and_passes_tell_no_cost() {
    let tenant = Tenant::new();
    for path in [tenant.phones(3), tenant.passes(4)] {
        let answer = tenant.get(&path);
        answer.succeeds(200);
        assert_eq!(answer.header("x-ms-resource-unit"), None);
    }
}

/// Reads transitive members, 100 units a batch, until one is refused; the units that went through.
fn units_until_refused(tenant: &Tenant) -> usize {
    let url = format!("/groups/{}/transitiveMembers", tenant.group("Leavers 2019"));
    let requests = items(20, "GET", &url);
    let mut units = 0;
    while units < 60_000 {
        let batch = tenant.batch(&requests);
        units += 5 * batch.count(200);
        if batch.count(429) > 0 {
            break;
        }
    }
    units
}

/// What comes back while it is spent may be added; it takes a few tenths of a second.
#[track_caller]
fn is_given(tenant: &Tenant, units: usize, fewer_than: usize) {
    let spent = units_until_refused(tenant);
    assert!((units..fewer_than).contains(&spent), "{spent}");
}

/// A tenant is given 3,500 units in 10 seconds when it is small, 5,000 when it is of medium size,
/// 8,000 when it is large. Documented: `throttling-limits`. [quota-units]
#[test]
fn a_tenant_is_given_units_by_its_size() {
    is_given(&sized("small"), 3_500, 5_000);
    is_given(&sized("medium"), 5_000, 8_000);
    is_given(&sized("large"), 8_000, 20_000);
}

fn sized(size: &str) -> Tenant {
    Tenant::with(&format!("limits.directory.size = \"{size}\"\n"))
}

/// The size follows from the number of users: medium up to 500, large above. Documented:
/// `throttling-limits`. [quota-size]
#[test]
fn the_size_of_a_tenant_follows_from_its_users() {
    let of = |users: u32| {
        Tenant::with(&format!(
            "limits.directory.size = \"auto\"\ntenant.users = {users}\n"
        ))
    };
    is_given(&of(500), 5_000, 8_000);
    is_given(&of(501), 8_000, 20_000);
}

/// An application may write 3,000 times in 150 seconds in a tenant, all at once or spread.
/// Documented: `throttling-limits`. [quota-writes]
#[test]
fn three_thousand_writes_go_through_at_once() {
    let tenant = Tenant::with("limits.directory.size = \"large\"\n");
    let url = format!("/groups/{}", tenant.group("Leavers 2019"));
    let body = tenant.binding([&tenant.worker(0)]);
    let one = |number: usize| item_with(&number.to_string(), "PATCH", &url, &body);
    let requests: Value = (0..20).map(one).collect();
    for _ in 0..150 {
        assert_eq!(tenant.batch(&requests).count(429), 0);
    }
    let refused = (0..100).any(|_| tenant.batch(&requests).count(429) > 0);
    assert!(refused, "5,000 writes went through");
}

/// There are limits of the tenant for all applications, and of the application in all tenants.
/// Documented: `throttling-limits`. [quota-scopes]
#[test]
fn tenants_and_applications_have_limits_too() {
    for (key, scope) in [
        ("tenant_writes", "Tenant/Write/"),
        ("application_writes", "Application/Write/"),
    ] {
        let tenant = Tenant::with(&format!("limits.directory.{key} = 5\n"));
        let worker = tenant.worker(0);
        for _ in 0..5 {
            assert_ne!(tenant.add("Leavers 2019", &worker).status, 429, "{key}");
        }
        let refused = tenant.add("Leavers 2019", &worker);
        assert_eq!(refused.status, 429, "{key}");
        let found = refused.header("x-ms-throttle-scope").expect("a scope");
        assert!(found.starts_with(scope), "{key}: {found}");
    }
}
