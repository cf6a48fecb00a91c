//! What a caller may do.

use super::client::{APPLICATION, Client};
use super::*;
use crate::simulator::scenario::Application;

const ADMINISTRATOR: &str = "/users/tomasz.wilk@northgate-grocers.example";
const OFFICER: &str = "/users/kofi.mensah@northgate-grocers.example";

/// A client of an application with those permissions, and its token.
fn holding(roles: &str) -> (Client, String) {
    let roles: Vec<&str> = roles.split_whitespace().collect();
    let mut client = Client::with(&format!(
        "[[sign_in.applications]]\nid = \"{APPLICATION}\"\nsecret = \"s\"\nroles = {roles:?}\n"
    ));
    let token = client.signed_in(APPLICATION, "s");
    (client, token)
}

/// A client of a person who signed in.
fn person(settings: &str) -> (Client, String) {
    let scopes = Application::SAMPLE_PERMISSIONS;
    let mut client = Client::with(&format!(
        "[[sign_in.applications]]\nid = \"{APPLICATION}\"\n\
         scopes = [\"RoleManagement.ReadWrite.Directory\", {}]\n\
         device_code_approved_after_seconds = 0\n{settings}",
        scopes.map(|scope| format!("{scope:?}")).join(", ")
    ));
    let tokens = client.person_signs_in(APPLICATION);
    (client, tokens["access_token"].as_str().unwrap().to_owned())
}

fn group(name: &str) -> String {
    Caller::with("[tenant]\nusers = 100\ngroups = 60").group(name)
}

fn link(user: usize) -> Value {
    let mut caller = Caller::with("[tenant]\nusers = 100\ngroups = 60");
    let id = caller.user(user)["id"].clone();
    let id = id.as_str().unwrap();
    json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")})
}

/// Whether each of the permissions alone is enough for the request.
#[track_caller]
fn needs(method: &str, path: &str, body: &Value, enough: &[&str], too_little: &[&str]) {
    for role in enough {
        let (mut client, token) = holding(role);
        let seen = client.graph(&token, method, path, body);
        assert!(![401, 403].contains(&seen.status), "{role}: {}", seen.body);
    }
    let methods = path.contains("/authentication/");
    for role in too_little {
        let (mut client, token) = holding(role);
        let seen = client.graph(&token, method, path, body);
        if methods {
            seen.fails(403, "accessDenied", "Request Authorization failed");
        } else {
            seen.fails(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            );
        }
    }
}

#[test]
fn users_and_objects_are_read_with_the_permissions_of_the_directory() {
    let none = &Value::Null;
    let readers = ["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"];
    needs(
        "GET",
        OFFICER,
        none,
        &readers,
        &["", "GroupMember.ReadWrite.All"],
    );
    let path = "/directoryObjects/00000000-0000-0000-0000-000000000001";
    needs(
        "GET",
        path,
        none,
        &["Directory.Read.All"],
        &["User.Read.All"],
    );
}

#[test]
fn groups_and_members_are_read_with_the_permissions_of_groups() {
    let none = &Value::Null;
    let readers = [
        "GroupMember.Read.All",
        "Group.Read.All",
        "Directory.Read.All",
    ];
    let too_little = [
        "",
        "User.ReadWrite.All",
        "UserAuthenticationMethod.ReadWrite.All",
    ];
    let id = group("All staff");
    let paths = [
        "/groups".to_owned(),
        format!("/groups/{id}"),
        format!("/groups/{id}/members"),
    ];
    for path in paths {
        needs("GET", &path, none, &readers, &too_little);
    }
}

#[test]
fn members_are_written_with_less_than_groups() {
    let id = group("Leavers 2019");
    let writers = [
        "GroupMember.ReadWrite.All",
        "Group.ReadWrite.All",
        "Directory.ReadWrite.All",
    ];
    let readers = ["GroupMember.Read.All", "Group.Read.All"];
    let links = format!("/groups/{id}/members/$ref");
    needs("POST", &links, &link(7), &writers, &readers);
    let path = format!("/groups/{id}");
    let body = json!({"members@odata.bind": [link(7)["@odata.id"]]});
    needs("PATCH", &path, &body, &writers, &readers);
    let body = json!({"displayName": "Leavers"});
    let less = ["GroupMember.ReadWrite.All"];
    needs("PATCH", &path, &body, &["Group.ReadWrite.All"], &less);
}

#[test]
fn a_removal_that_forgets_the_ref_needs_what_deleting_a_user_needs() {
    let mut caller = Caller::with("[tenant]\nusers = 100\ngroups = 60");
    let id = caller.group("All staff");
    let member = caller.members(&id)[20].clone();
    let path = format!("/groups/{id}/members/{member}");
    let none = &Value::Null;
    let less = ["GroupMember.ReadWrite.All", "Directory.ReadWrite.All"];
    needs("DELETE", &path, none, &["User.ReadWrite.All"], &less);
    let path = format!("{path}/$ref");
    needs(
        "DELETE",
        &path,
        none,
        &["GroupMember.ReadWrite.All"],
        &["User.ReadWrite.All"],
    );
}

#[test]
fn phones_and_passes_have_permissions_of_their_own() {
    let none = &Value::Null;
    let both = "UserAuthenticationMethod.ReadWrite.All";
    let all_read = "UserAuthenticationMethod.Read.All";
    let phones = format!("{OFFICER}/authentication/phoneMethods");
    let phone = "UserAuthMethod-Phone.ReadWrite.All";
    let passes = format!("{OFFICER}/authentication/temporaryAccessPassMethods");
    let pass = "UserAuthMethod-TAP.ReadWrite.All";
    let phone_read = "UserAuthMethod-Phone.Read.All";
    let pass_read = "UserAuthMethod-TAP.Read.All";
    needs(
        "GET",
        &phones,
        none,
        &[phone_read, phone, all_read, both],
        &[pass, "User.Read.All"],
    );
    needs(
        "GET",
        &passes,
        none,
        &[pass_read, pass, all_read, both],
        &[phone, ""],
    );
    let number = json!({"phoneNumber": "+1 4045550177", "phoneType": "mobile"});
    needs(
        "POST",
        &phones,
        &number,
        &[phone, both],
        &[phone_read, all_read, pass],
    );
    needs(
        "POST",
        &passes,
        &json!({}),
        &[pass, both],
        &[pass_read, all_read, phone],
    );
}

#[test]
fn inside_a_batch_each_request_is_looked_at() {
    let (mut client, token) = holding("User.Read.All");
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": OFFICER},
        {"id": "2", "method": "GET", "url": format!("{OFFICER}/authentication/phoneMethods")},
        {"id": "3", "method": "GET", "url": "/groups"},
    ]});
    let seen = client.graph(&token, "POST", "/$batch", &batch);
    assert_eq!(seen.part("1")["status"], 200);
    assert_eq!(seen.part("2")["body"]["error"]["code"], "accessDenied");
    assert_eq!(seen.part("3")["status"], 403);
}

#[test]
fn only_applications_and_privileged_people_reach_administrators() {
    let path = format!("{ADMINISTRATOR}/authentication/phoneMethods");
    let reach = |(mut client, token): (Client, String)| {
        client
            .graph(&token, "GET", OFFICER, &Value::Null)
            .succeeds(200);
        client.graph(&token, "GET", &path, &Value::Null).status
    };
    let all = "Directory.Read.All UserAuthenticationMethod.ReadWrite.All";
    assert_eq!(reach(holding(all)), 200);
    assert_eq!(reach(person("")), 403);
    assert_eq!(reach(person("user_is_privileged = true\n")), 200);
    let open = Client::with("[sign_in]\nopen = true\n");
    assert_eq!(reach((open, "any".to_owned())), 403);
}

#[test]
fn a_role_assignable_group_needs_the_permission_to_manage_roles() {
    let path = format!("/groups/{}/members/$ref", group("Helpdesk operators"));
    let add = |(mut client, token): (Client, String)| {
        client.graph(&token, "POST", &path, &link(7)).status
    };
    let members = "GroupMember.ReadWrite.All";
    assert_eq!(add(holding(members)), 403);
    let roles = format!("{members} RoleManagement.ReadWrite.Directory");
    assert_eq!(add(holding(&roles)), 204);
    assert_eq!(add(person("")), 403);
    assert_eq!(add(person("user_is_privileged = true\n")), 204);
}

#[test]
fn some_members_need_a_permission_for_their_type() {
    let mut caller = Caller::with("[tenant]\nusers = 100\ngroups = 60");
    let mixed = caller.group("Till rollout");
    let members = caller.members(&mixed);
    // The list of members leaves service principals out.
    let mut id = |kind: &str| {
        let of_kind = |id: &&String| {
            let object = caller.get(&format!("/directoryObjects/{id}")).succeeds(200);
            object["@odata.type"] == format!("#microsoft.graph.{kind}")
        };
        members.iter().find(of_kind).unwrap()
    };
    let path = format!("/groups/{}/members/$ref", group("Leavers 2019"));
    let alone = "GroupMember.ReadWrite.All";
    for (kind, permission) in [
        ("device", "Device.ReadWrite.All"),
        ("orgContact", "OrgContact.Read.All"),
        ("servicePrincipal", "Application.ReadWrite.All"),
    ] {
        let link = format!(
            "https://graph.microsoft.com/v1.0/directoryObjects/{}",
            id(kind)
        );
        let body = json!({"@odata.id": link});
        let both = format!("{alone} {permission}");
        let add = |roles| {
            let (mut client, token) = holding(roles);
            client.graph(&token, "POST", &path, &body).status
        };
        assert_eq!((add(alone), add(&both)), (403, 204), "{kind}");
    }
}
