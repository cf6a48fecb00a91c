//! The input files under `samples` fit the sample tenant: their rows, sent one by one, end as the
//! files promise.

use std::collections::{BTreeMap, BTreeSet};

use phonenumber::Mode;

use super::*;

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn methods(row: &BTreeMap<String, String>, kind: &str) -> String {
    format!(
        "/users/{}/authentication/{kind}",
        row["UserName"].replace('#', "%23")
    )
}

/// The number as a careful client would send it, or the text itself if it is no number: letters
/// must not be taken for the digits on their keys, which libphonenumber does.
fn sent(text: &str) -> String {
    let letters = text.chars().any(|sign| sign.is_alphabetic() && sign != 'x');
    match phonenumber::parse(None, text) {
        Ok(number) if !letters => {
            let extension = number
                .extension()
                .map(|extension| format!("x{extension}"))
                .unwrap_or_default();
            format!("{}{extension}", number.format().mode(Mode::E164))
        }
        _ => text.to_owned(),
    }
}

#[test]
fn every_phone_row_is_added_updated_or_unchanged() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/phone.csv"));
    assert_eq!(rows.len(), 200);
    let (mut added, mut updated, mut unchanged) = (0, 0, 0);
    let mut numbers = BTreeSet::new();
    for row in &rows {
        assert_eq!(row.len(), 2);
        let number = sent(&row["PhoneNumber"]);
        assert!(numbers.insert(number.clone()), "{number} stands twice");
        let path = methods(row, "phoneMethods");
        let before = caller.get(&path).succeeds(200)["value"].clone();
        let mobile = before
            .as_array()
            .unwrap()
            .iter()
            .find(|phone| phone["phoneType"] == "mobile")
            .cloned();
        match mobile.map(|phone| phone["phoneNumber"].as_str().unwrap().replace(' ', "")) {
            None => {
                caller
                    .post(
                        &path,
                        &json!({"phoneNumber": number, "phoneType": "mobile"}),
                    )
                    .succeeds(201);
                added += 1;
            }
            Some(held) if held == number => unchanged += 1,
            Some(_) => {
                let path = format!("{path}/3179e48a-750b-4051-897c-87b9720928f7");
                caller
                    .patch(&path, &json!({"phoneNumber": number}))
                    .succeeds(204);
                updated += 1;
            }
        }
    }
    assert_eq!((added, updated, unchanged), (160, 20, 20));
}

#[test]
fn phone_troubles_answer_as_expected() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/phone-troubles.csv"));
    let answers: Vec<u16> = rows
        .iter()
        .map(|row| {
            let number = sent(&row["PhoneNumber"]);
            let kind = if row["PhoneType"].is_empty() {
                "mobile"
            } else {
                &row["PhoneType"]
            };
            caller
                .post(
                    &methods(row, "phoneMethods"),
                    &json!({"phoneNumber": number, "phoneType": kind}),
                )
                .status
        })
        .collect();
    let expected = [
        201, 404, 201, 400, 400, 400, 400, 400, 400, 201, 400, 400, 409, 403, 201, 201, 400, 400,
    ];
    assert_eq!(answers.len(), expected.len());
    for ((row, answer), expected) in rows.iter().zip(answers).zip(expected) {
        assert_eq!(answer, expected, "{row:?}");
    }
}

fn pass_body(row: &BTreeMap<String, String>) -> Value {
    let mut body = json!({});
    if let Some(minutes) = Some(&row["LifetimeInMinutes"]).filter(|minutes| !minutes.is_empty()) {
        body["lifetimeInMinutes"] = minutes
            .parse::<u32>()
            .map_or_else(|_| json!(minutes), |minutes| json!(minutes));
    }
    if let Some(start) = Some(&row["StartDateTime"]).filter(|start| !start.is_empty()) {
        body["startDateTime"] = json!(start);
    }
    if let Some(once) = Some(&row["UsableOnce"]).filter(|once| !once.is_empty()) {
        body["isUsableOnce"] = once
            .parse::<bool>()
            .map_or_else(|_| json!(once), |once| json!(once));
    }
    body
}

#[test]
fn every_pass_row_is_issued_or_kept() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/tap.csv"));
    let mut kept = 0;
    for row in &rows {
        let path = methods(row, "temporaryAccessPassMethods");
        if caller.get(&path).succeeds(200)["value"][0]["isUsable"] == true {
            kept += 1;
        } else {
            caller.post(&path, &pass_body(row)).succeeds(201);
        }
    }
    assert_eq!((rows.len(), kept), (60, 7));
}

#[test]
fn pass_troubles_answer_as_expected() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/tap-troubles.csv"));
    let expected = [
        201, 404, 400, 400, 400, 400, 400, 400, 400, 400, 400, 201, 201, 403, 400, 201, 201, 201,
    ];
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        let path = methods(row, "temporaryAccessPassMethods");
        let seen = caller.post(&path, &pass_body(row));
        assert_eq!(seen.status, expected, "{row:?}: {}", seen.body);
    }
}

/// The groups a name or id stands for.
fn find(caller: &mut Caller, key: &str) -> Vec<String> {
    if uuid::Uuid::try_parse(key).is_ok() {
        caller
            .get(&format!("/groups/{key}?$select=id"))
            .succeeds(200);
        return vec![key.to_owned()];
    }
    let filter = format!("displayName eq '{}'", key.replace('\'', "''")).replace(' ', "%20");
    let body = caller
        .get(&format!("/groups?$filter={filter}&$select=id"))
        .succeeds(200);
    body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What a row leads to: how many members there are to add, how many are there already, and the
/// statuses that adding them one by one gives.
fn copy(
    caller: &mut Caller,
    row: &BTreeMap<String, String>,
) -> Option<(usize, usize, BTreeSet<u16>)> {
    let sources = find(caller, &row["SourceGroup"]);
    let destinations = find(caller, &row["DestinationGroup"]);
    let ([source], [destination]) = (sources.as_slice(), destinations.as_slice()) else {
        return None;
    };
    let collection = if row["Transitive"] == "true" {
        "transitiveMembers"
    } else {
        "members"
    };
    let page = caller
        .get(&format!(
            "/groups/{source}/{collection}?$select=id&$top=999"
        ))
        .succeeds(200);
    let present = caller.members(destination);
    let (mut new, mut old, mut statuses) = (0, 0, BTreeSet::new());
    for member in page["value"].as_array().unwrap() {
        let id = member["id"].as_str().unwrap();
        if present.iter().any(|present| present == id) {
            old += 1;
            continue;
        }
        new += 1;
        let link =
            json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")});
        statuses.insert(
            caller
                .post(&format!("/groups/{destination}/members/$ref"), &link)
                .status,
        );
    }
    Some((new, old, statuses))
}

#[test]
fn every_member_of_the_copies_is_added_or_there_already() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/copy-members.csv"));
    let found: Vec<(usize, usize)> = rows
        .iter()
        .map(|row| {
            let (new, old, statuses) = copy(&mut caller, row).unwrap();
            assert_eq!(statuses, BTreeSet::from([204]), "{row:?}");
            (new, old)
        })
        .collect();
    assert_eq!(
        found,
        [(24, 0), (32, 8), (52, 5), (57, 0), (176, 0), (29, 0)]
    );
}

#[test]
fn copy_troubles_answer_as_expected() {
    let mut caller = Caller::new();
    let rows = rows(include_str!("../../../samples/copy-members-troubles.csv"));
    let refused = |count, status| Some((count, 0, BTreeSet::from([status])));
    let expected = [
        None,
        None,
        None,
        refused(24, 403),
        refused(24, 400),
        refused(24, 400),
        refused(24, 400),
        refused(24, 403),
        Some((13, 0, BTreeSet::from([204, 400]))),
        Some((0, 24, BTreeSet::new())),
        Some((0, 0, BTreeSet::new())),
        refused(40, 204),
        None,
        refused(29, 204),
        refused(12, 204),
    ];
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(copy(&mut caller, row), expected, "{row:?}");
    }
}
