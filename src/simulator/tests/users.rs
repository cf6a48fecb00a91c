//! Finding, making and deleting users.

use super::*;

/// The principal names that a filter finds.
#[track_caller]
fn found(caller: &mut Caller, filter: &str) -> Vec<String> {
    let filter = filter.replace(' ', "%20").replace('#', "%23");
    let path = format!("/users?$filter={filter}&$select=userPrincipalName&$top=999");
    let body = caller.get(&path).succeeds(200);
    let name = |user: &Value| user["userPrincipalName"].as_str().unwrap().to_owned();
    body["value"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn all_users_are_listed_page_by_page() {
    let mut caller = Caller::new();
    let mut next = Some("/users?$select=id&$top=999".to_owned());
    let mut ids = Vec::new();
    while let Some(path) = next {
        let seen = caller.get(&path);
        ids.extend(seen.ids());
        next = seen.next();
    }
    let tenant = caller.inspect("tenant");
    let expected = tenant["users"].as_array().unwrap();
    assert!(ids.iter().eq(expected.iter().map(|user| &user["id"])));
    assert_eq!(caller.get("/users").ids().len(), 100);
    let groups = caller.get("/groups").next().unwrap();
    let token = groups.split_once("$skiptoken").unwrap().1.to_owned();
    let seen = caller.get(&format!("/users?$skiptoken{token}"));
    seen.fails(400, "Directory_ExpiredPageToken", "");
}

#[test]
fn users_are_found_by_what_clients_filter_on() {
    let mut caller = Caller::new();
    let user = caller.user(20);
    let (id, name) = (
        user["id"].as_str().unwrap(),
        user["userPrincipalName"].as_str().unwrap(),
    );
    let by_id = format!("id eq '{id}'");
    let by_name = format!("userPrincipalName eq '{}'", name.to_uppercase());
    let by_mail = format!("mail eq '{name}'");
    let several =
        format!("userPrincipalName in ('{name}','nobody@x.example','kofi.mensah@{DOMAIN}')");
    let either = format!("id eq '{id}' or mail eq 'ana.silveira@fennel-freight.example'");
    assert_eq!(found(&mut caller, &by_id), [name]);
    assert_eq!(found(&mut caller, &by_name), [name]);
    assert_eq!(found(&mut caller, &by_mail), [name]);
    assert_eq!(found(&mut caller, "employeeId eq '1000020'"), [name]);
    assert_eq!(found(&mut caller, "employeeId eq 'x'"), [""; 0]);
    assert_eq!(found(&mut caller, &several).len(), 2);
    let guest = "ana.silveira_fennel-freight.example#EXT#@northgate-grocers.example";
    assert_eq!(found(&mut caller, &either), [guest, name]);
    assert_eq!(found(&mut caller, "userType eq 'Guest'").len(), 6);
    assert_eq!(found(&mut caller, "accountEnabled eq false").len(), 74);
    let kofi = found(
        &mut caller,
        "startswith(displayName,'kofi m') and accountEnabled eq true",
    );
    assert_eq!(kofi, ["kofi.mensah@northgate-grocers.example"]);
    let proxied = format!("proxyAddresses/any(p:p eq 'SMTP:{name}')");
    assert_eq!(found(&mut caller, &proxied), [name]);
}

const DOMAIN: &str = "northgate-grocers.example";

#[track_caller]
fn refused(path: &str, status: u16, code: &str, message: &str) {
    Caller::new().get(path).fails(status, code, message);
}

#[test]
fn what_users_cannot_be_asked_is_refused_in_graphs_words() {
    let unsupported = "Request_UnsupportedQuery";
    refused(
        "/users?$filter=favouriteColour%20eq%20'blue'",
        400,
        unsupported,
        "Unsupported or invalid query filter clause specified for property 'favouriteColour' of resource 'User'.",
    );
    let sixteen = format!("/users?$filter=id%20in%20('1'{})", ",'1'".repeat(15));
    let clauses = "Too many child clauses specified in search filter expression containing 'OR' operators: 16. \
                   Max allowed: 15.";
    refused(&sixteen, 400, unsupported, clauses);
    let search = "Request with $search query parameter only works through MSGraph with a special request header";
    refused("/users?$search=\"a\"", 400, unsupported, search);
    let sorting = "Sorting not supported for current query.";
    refused(
        "/users?$orderby=displayName&$filter=userType%20eq%20'Guest'",
        400,
        unsupported,
        sorting,
    );
    refused("/users?$orderby=displayName", 501, "notImplemented", "");
    let skip = "'$skip' is not supported by the service.";
    refused("/users?$skip=5", 400, "Request_BadRequest", skip);
    refused("/users?$filter=id", 400, "BadRequest", "Invalid filter");
    let count = "$count is not currently supported.";
    refused("/users/$count", 400, "Request_BadRequest", count);
}

#[test]
fn advanced_queries_count_and_know_more_operators() {
    let mut caller = Caller::new();
    assert_eq!(caller.eventual("/users/$count").body, json!(3000));
    let guests = caller.eventual("/users/$count?$filter=userType%20eq%20'Guest'");
    assert_eq!(guests.body, json!(6));
    let path = "/users?$count=true&$filter=userType%20ne%20'Member'&$top=4";
    let first = caller.eventual(path);
    assert_eq!(first.body["@odata.count"], 6);
    let next = first.next().unwrap();
    let second = caller.eventual(&next);
    assert_eq!(second.body.get("@odata.count"), None, "only on page 1");
    assert_eq!(second.ids().len(), 2);
    // The header has to be sent again.
    let forgotten = caller.get(&next);
    forgotten.fails(400, "Request_UnsupportedQuery", "");
    let without = caller.get("/users?$count=true&$top=1").succeeds(200);
    assert_eq!(without.get("@odata.count"), None, "silently ignored");
    let all = caller.eventual("/users?$count=true&$top=1");
    assert_eq!(all.body["@odata.count"], 3000);
}

fn new_user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": "Odile Ferro",
        "mailNickname": "odile",
        "userPrincipalName": name,
        "employeeId": "77",
        "givenName": "Odile",
        "passwordProfile": {"password": "a-secret-of-odile", "forceChangePasswordNextSignIn": true},
    })
}

#[test]
fn a_user_is_made_found_and_deleted() {
    let mut caller = Caller::new();
    let name = format!("odile.ferro@{DOMAIN}");
    let made = caller.post("/users", &new_user(&name)).succeeds(201);
    assert_eq!(made["userPrincipalName"], name);
    assert_eq!(made["mail"], Value::Null, "no mailbox yet");
    assert!(!made.to_string().contains("a-secret-of-odile"));
    assert!(!format!("{:?}", caller.simulator).contains("a-secret-of-odile"));
    assert_eq!(found(&mut caller, "employeeId eq '77'"), [name.as_str()]);
    assert_eq!(found(&mut caller, "givenName eq 'Odile'"), [name.as_str()]);
    let again = caller.post("/users", &new_user(&name.to_uppercase()));
    again.fails(
        400,
        "Request_BadRequest",
        "Another object with the same value for property userPrincipalName already exists.",
    );
    caller.delete(&format!("/users/{name}")).succeeds(204);
    let gone = caller.get(&format!("/users/{name}"));
    gone.fails(404, "Request_ResourceNotFound", "");
    assert_eq!(found(&mut caller, "employeeId eq '77'"), [""; 0]);
    assert_eq!(caller.eventual("/users/$count").body, json!(3000));
}

#[test]
fn a_user_is_not_made_without_what_it_needs() {
    let mut caller = Caller::new();
    let name = format!("odile.ferro@{DOMAIN}");
    for property in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "passwordProfile",
        "userPrincipalName",
    ] {
        let mut body = new_user(&name);
        body.as_object_mut().unwrap().remove(property);
        let message = format!("A value is required for property '{property}' of resource 'User'.");
        let seen = caller.post("/users", &body);
        seen.fails(400, "Request_BadRequest", &message);
    }
    for (property, status) in [("country", 201), ("identities", 501), ("colour", 400)] {
        let mut body = new_user(&format!("{property}@{DOMAIN}"));
        body[property] = json!("NL");
        assert_eq!(caller.post("/users", &body).status, status, "{property}");
    }
    let foreign = caller.post("/users", &new_user("odile@elsewhere.example"));
    let message = "The domain portion of the userPrincipalName property is invalid.";
    foreign.fails(400, "Request_BadRequest", message);
    let mut body = new_user(&name);
    body["passwordProfile"] = json!("a-secret-of-odile");
    let seen = caller.post("/users", &body);
    assert_eq!(seen.status, 400);
    assert!(!seen.body.to_string().contains("a-secret-of-odile"));
}

#[test]
fn frontline_workers_hold_frontline_licences_or_none() {
    let mut caller = Caller::new();
    let mut held = Vec::new();
    for place in [0, 10, 20, 25, 29] {
        let id = caller.user(place)["id"].as_str().unwrap().to_owned();
        let body = caller
            .get(&format!("/users/{id}/licenseDetails"))
            .succeeds(200);
        let licences = body["value"].as_array().unwrap();
        held.push(
            licences
                .iter()
                .map(|held| held["skuPartNumber"].clone())
                .collect::<Vec<_>>(),
        );
        let user = caller.get(&format!("/users/{id}?$select=assignedLicenses"));
        let assigned = user.body["assignedLicenses"].as_array().unwrap().len();
        assert_eq!(assigned, licences.len());
    }
    let expected: [&[&str]; 5] = [&["SPE_E3"], &[], &["M365_F1"], &["SPE_F1"], &[]];
    assert_eq!(held, expected);
}
