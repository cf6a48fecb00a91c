//! Groups: adding and removing members, and which groups can be written.

use serde_json::{Value, json};

use crate::support::*;

/// The ids of workers without a place in small groups.
fn workers(tenant: &Tenant, count: usize) -> Vec<String> {
    (0..count).map(|worker| tenant.worker(worker)).collect()
}

fn link(tenant: &Tenant, group: &str, member: &str) -> String {
    format!("/groups/{}/members/{member}/$ref", tenant.group(group))
}

fn show(tenant: &Tenant, group: &str) -> Value {
    let fields = "id,displayName,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,\
        isAssignableToRole,membershipRule,membershipRuleProcessingState";
    let path = format!("/groups/{}?$select={fields}", tenant.group(group));
    tenant.get(&path).succeeds(200)
}

/// One member is added with a POST to `members/$ref`: 204. Documented: `group-post-members`.
/// [group-add]
#[test]
fn one_member_is_added() {
    let tenant = Tenant::new();
    let worker = tenant.worker(0);
    let answer = tenant.add("Leavers 2019", &worker);
    answer.succeeds(204);
    assert!(answer.text.is_empty());
    assert_eq!(tenant.members("Leavers 2019"), [worker]);
}

/// Up to 20 members are added with one PATCH: 204. Documented: `group-post-members`.
/// [group-bind]
#[test]
fn twenty_members_are_added_at_once() {
    let tenant = Tenant::new();
    let workers = workers(&tenant, 20);
    let answer = tenant.bind("Leavers 2019", &workers);
    answer.succeeds(204);
    assert!(answer.text.is_empty());
    assert_eq!(sorted(tenant.members("Leavers 2019")), sorted(workers));
}

/// One member that is there already fails all 20, without being named. Observed:
/// microsoft-graph-docs #3919, #10079, #11514. [group-bind-all-or-none]
#[test]
fn one_member_that_exists_fails_all() {
    let tenant = Tenant::new();
    let workers = workers(&tenant, 20);
    tenant.add("Leavers 2019", &workers[7]).succeeds(204);
    let error = tenant.bind("Leavers 2019", &workers).refuses(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: \
         'members'.",
    );
    assert!(!error.to_string().contains(&workers[7]), "{error}");
    assert_eq!(tenant.members("Leavers 2019").len(), 1);
}

/// One id that does not exist fails all. Observed: microsoft-graph-docs #11514. [group-bind-bad]
#[test]
fn one_id_of_nothing_fails_all() {
    let tenant = Tenant::new();
    let mut workers = workers(&tenant, 5);
    workers.push(NOBODY.to_owned());
    let answer = tenant.bind("Leavers 2019", &workers);
    assert!([400, 404].contains(&answer.status), "{}", answer.text);
    assert!(tenant.members("Leavers 2019").is_empty());
}

/// A member is removed with a DELETE on its `$ref`: 204. Documented: `group-delete-members`.
/// [group-remove]
#[test]
fn one_member_is_removed() {
    let tenant = Tenant::new();
    let before = tenant.members("Crew O'Brien");
    let path = link(&tenant, "Crew O'Brien", &before[0]);
    tenant.delete(&path).succeeds(204);
    assert_eq!(tenant.members("Crew O'Brien"), before[1..]);
}

/// Removing one who is no member is a 404 `Request_ResourceNotFound`. Observed.
/// [group-remove-absent]
#[test]
fn one_who_is_no_member_cannot_be_removed() {
    let tenant = Tenant::new();
    let path = link(&tenant, "Leavers 2019", &tenant.worker(0));
    tenant
        .delete(&path)
        .refuses(404, "Request_ResourceNotFound", "");
}

/// Without `/$ref` the same DELETE deletes the user. Documented, as a warning:
/// `group-delete-members`. [group-remove-danger]
#[test]
fn without_ref_the_user_is_deleted() {
    let tenant = Tenant::new();
    let member = tenant.members("Crew O'Brien").remove(0);
    let group = tenant.group("Crew O'Brien");
    tenant
        .delete(&format!("/groups/{group}/members/{member}"))
        .succeeds(204);
    let gone = tenant.get(&format!("/users/{member}"));
    gone.refuses(404, "Request_ResourceNotFound", "");
}

/// A group says what kind it is. Documented: `groups-overview`. [group-kinds]
#[test]
fn a_group_says_what_kind_it_is() {
    let tenant = Tenant::new();
    for (name, types, mail, security) in [
        ("Project Lantern", json!(["Unified"]), true, None),
        ("Leavers 2019", json!([]), false, Some(true)),
        ("Recall alerts", json!([]), true, Some(true)),
        ("Weekly news", json!([]), true, Some(false)),
    ] {
        let group = show(&tenant, name);
        assert_eq!(group["groupTypes"], types, "{name}");
        assert_eq!(group["mailEnabled"], mail, "{name}");
        if let Some(security) = security {
            assert_eq!(group["securityEnabled"], security, "{name}");
        }
        assert_eq!(group["onPremisesSyncEnabled"], Value::Null, "{name}");
    }
}

/// A dynamic group has a rule and `DynamicMembership` among its types. Documented:
/// `groups-overview`. [group-dynamic]
#[test]
fn a_dynamic_group_says_so() {
    let group = show(&Tenant::new(), "Full-time staff");
    assert_eq!(group["groupTypes"], json!(["DynamicMembership"]));
    assert!(group["membershipRule"].is_string());
    assert_eq!(group["membershipRuleProcessingState"], "On");
}

/// A group from on-premises and a role-assignable one say so. Documented: `groups-overview`.
/// [group-flags]
#[test]
fn synced_and_role_assignable_groups_say_so() {
    let tenant = Tenant::new();
    let synced = show(&tenant, "Warehouse access");
    assert_eq!(synced["onPremisesSyncEnabled"], true);
    let roles = show(&tenant, "Helpdesk operators");
    assert_eq!(roles["isAssignableToRole"], true);
}

/// Members of groups that cannot be written stay as they are, whichever way it is tried.
/// Documented: `groups-overview`. [group-read-only]
#[test]
fn groups_that_cannot_be_written_stay_as_they_are() {
    let tenant = Tenant::new();
    let newcomer = tenant.officer(3);
    for group in [
        "Full-time staff",
        "Warehouse access",
        "Recall alerts",
        "Weekly news",
    ] {
        let before = tenant.members(group);
        let tries = [
            tenant.add(group, &newcomer),
            tenant.bind(group, [&newcomer]),
            tenant.delete(&link(&tenant, group, &before[0])),
        ];
        for answer in tries {
            assert!([400, 403].contains(&answer.status), "{group}: {answer:?}");
        }
        assert_eq!(tenant.members(group), before);
    }
}

/// A Microsoft 365 group takes users only. Documented: `groups-overview`, `group-post-members`.
/// [group-365-members]
#[test]
fn a_microsoft_365_group_takes_users_only() {
    let tenant = Tenant::new();
    let mixed = tenant.members("Till rollout");
    // Five users, then devices, a contact, an application and a group.
    let (users, others) = mixed.split_at(5);
    for other in others {
        let answer = tenant.add("Project Lantern", other);
        assert_eq!(answer.status, 400, "{other}: {}", answer.text);
    }
    tenant.bind("Project Lantern", users).succeeds(204);
    assert_eq!(tenant.members("Project Lantern").len(), users.len());
}

/// A security group takes users, security groups, devices, contacts and applications. Documented:
/// `groups-overview`, `group-post-members`. [group-security-members]
#[test]
fn a_security_group_takes_all_kinds() {
    let tenant = Tenant::new();
    let mixed = tenant.members("Till rollout");
    tenant.bind("Leavers 2019", &mixed).succeeds(204);
    assert_eq!(tenant.members("Leavers 2019").len(), mixed.len());
}

/// A Microsoft 365 group is a member of nothing. Documented: `groups-overview`.
/// [group-365-nested]
#[test]
fn a_microsoft_365_group_is_a_member_of_nothing() {
    let tenant = Tenant::new();
    let team = tenant.group("Project Lantern");
    assert_eq!(tenant.add("Leavers 2019", &team).status, 400);
}

/// A role-assignable group takes no groups. Documented: `groups-overview`. [group-role-nested]
#[test]
fn a_role_assignable_group_takes_no_groups() {
    let tenant = Tenant::new();
    let inner = tenant.group("Leavers 2019");
    let answer = tenant.add("Helpdesk operators", &inner);
    assert!([400, 403].contains(&answer.status), "{}", answer.text);
}

/// A write needs a body. Observed: the message. [group-no-body]
#[test]
fn a_write_needs_a_body() {
    let tenant = Tenant::new();
    let path = format!("/groups/{}/members/$ref", tenant.group("Leavers 2019"));
    let call = tenant.ask("POST", &path).body("application/json", "");
    call.send().refuses(400, "Request_BadRequest", "EndOfInput");
}

/// A group is created with owners and members, which share the cap of 20 links. Observed:
/// microsoft-graph-docs-contrib #6453. [group-create]
#[test]
fn a_group_is_created_with_up_to_twenty_links() {
    let tenant = Tenant::new();
    let create = |owners: usize, members: usize| {
        let all = workers(&tenant, owners + members);
        let links = |ids: &[String]| tenant.binding(ids)["members@odata.bind"].clone();
        let body = json!({
            "displayName": "Inventory",
            "mailEnabled": false,
            "mailNickname": "inventory",
            "securityEnabled": true,
            "owners@odata.bind": links(&all[..owners]),
            "members@odata.bind": links(&all[owners..]),
        });
        tenant.post("/groups", &body)
    };
    create(5, 16).refuses(
        400,
        "Request_BadRequest",
        "A resource cannot contain more than 20 link changes",
    );
    let made = create(5, 15).succeeds(201);
    let path = format!("/groups/{}/members", id_of(&made));
    assert_eq!(tenant.get(&path).list().len(), 15);
}
