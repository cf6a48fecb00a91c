use super::*;

fn plain_listing() -> Value {
    listing(false, &group(DESTINATION_ID, "Cover", &Value::Null))
}

/// Items about members, numbered as these.
fn items(numbers: impl IntoIterator<Item = u32>) -> Vec<Item> {
    let item = |number| item(i64::from(number), &content_of(number), false);
    numbers.into_iter().map(item).collect()
}

/// What the conversations about some members say first.
fn offered(copy: &Copy, items: Vec<Item>, all: bool) -> (Vec<String>, Vec<Item>) {
    let (conversations, rest) = copy.together(DESTINATION_ID, items, all);
    let said = conversations
        .into_iter()
        .flat_map(|one| play(one, Vec::new()));
    (said.collect(), rest)
}

fn reading() -> String {
    format!("GET /groups/{DESTINATION_ID}/members?$select=id&$top=999")
}

#[test]
fn members_wait_until_the_destination_is_known_and_who_is_there_is_unchanged() {
    let copy = Copy::new(ROOT);
    let mut conversations = copy.converse(vec![item(100, &plain_listing(), false)]);
    let source = conversations.pop().unwrap();
    let destination = conversations.remove(0);
    let both = [member(1, "user", "Ana"), member(2, "user", "Bo")];
    let said = play(source, vec![page(&both, None)]);
    assert_eq!(
        said[1..],
        [
            format!("found member {} Ana user: waits", member_id(1)),
            format!("found member {} Bo user: waits", member_id(2)),
            "expanded".to_owned(),
        ]
    );
    assert_eq!(offered(&copy, items([1, 2]), true), (vec![], items([1, 2])));
    play(destination, vec![page(&both[..1], None)]);
    let (said, rest) = offered(&copy, items([1, 2]), true);
    assert!(said[0].contains(&member_id(2)) && !said[0].contains(&member_id(1)));
    assert_eq!(said[1], "1: unchanged kept");
    assert_eq!(rest, []);
}

#[test]
fn who_could_not_be_added_is_refused_only_if_not_there_already() {
    let unified = group(
        DESTINATION_ID,
        "Cover",
        &json!({"groupTypes": ["Unified"], "mailEnabled": true}),
    );
    let copy = Copy::new(ROOT);
    let mut conversations = copy.converse(vec![item(100, &listing(false, &unified), false)]);
    let mut source = conversations.pop().unwrap();
    let devices = [member(1, "device", "Till 1"), member(2, "device", "Till 2")];
    let Step::Found { items, .. } = source.hear(page(&devices, None)) else {
        panic!("nothing was found")
    };
    drop(source);
    let numbered = (1..).zip(&items);
    let items = numbered
        .map(|(id, (new, _))| item(id, &serde_json::from_str(&new.content).unwrap(), false));
    let items: Vec<Item> = items.collect();
    play(conversations.remove(0), vec![page(&devices[..1], None)]);
    let said = offered(&copy, items, true).0;
    let refused = "2: refused - | a Microsoft 365 group holds users only";
    assert_eq!(said, ["1: unchanged kept", refused]);
}

#[test]
fn nobody_is_added_to_a_destination_that_could_not_be_read_and_every_line_says_so() {
    let copy = Copy::new(ROOT);
    let mut conversations = copy.converse(vec![item(100, &plain_listing(), false)]);
    let mut source = conversations.pop().unwrap();
    let denied = error(403, "Authorization_RequestDenied", "no");
    play(conversations.remove(0), vec![denied]);
    let why = "| 403 | Authorization_RequestDenied | the members of the destination group could not be listed: no";
    let mut offer = items([1]);
    offer.push(item(2, &content_of(2), true));
    let (said, rest) = offered(&copy, offer, true);
    assert_eq!(rest, []);
    assert_eq!(
        said,
        [format!("1: failed - {why}"), format!("2: in_doubt - {why}")],
        "an earlier process may have added the second one"
    );
    let Step::Settle(endings) = source.hear(page(&[], None)) else {
        panic!("the row goes on")
    };
    assert_eq!(endings[0].1.http_status, Some(403), "and the row ends");
}

#[test]
fn two_rows_share_what_is_known_of_their_destination_and_wait_for_each_other() {
    let copy = Copy::new(ROOT);
    let first = copy.converse(vec![item(100, &plain_listing(), false)]);
    let second = copy.converse(vec![item(200, &plain_listing(), false)]);
    assert_eq!((first.len(), second.len()), (2, 1), "it is read once");
    play(first.into_iter().next().unwrap(), vec![page(&[], None)]);
    let (said, rest) = offered(&copy, items(1..=25), true);
    assert_eq!((said.len(), rest), (1, items(21..=25)));
    drop(second);
    let (said, rest) = offered(&copy, items(21..=25), true);
    assert_eq!((said.len(), rest), (1, vec![]), "nobody else will come");
    let (said, _) = offered(&copy, Vec::new(), true);
    assert_eq!(said, [reading()], "and it is forgotten");
}

#[test]
fn after_a_crash_the_destination_of_those_who_are_left_is_read_first() {
    let copy = Copy::new(ROOT);
    let left = || {
        vec![
            item(1, &content_of(1), true),
            item(2, &content_of(2), false),
        ]
    };
    let (mut conversations, rest) = copy.together(DESTINATION_ID, left(), true);
    assert_eq!(rest, left());
    let awaited_by = conversations[0].awaited_by().map(str::to_owned);
    assert_eq!(awaited_by.as_deref(), Some(DESTINATION_ID));
    let there = page(&[member(1, "user", "Ana")], None);
    let said = play(conversations.remove(0), vec![there]);
    assert_eq!(said, [reading()]);
    let (said, rest) = offered(&copy, left(), true);
    assert!(said[0].starts_with("PATCH") && said[0].contains(&member_id(2)));
    assert_eq!(said[1], "1: unchanged kept");
    assert_eq!(rest, []);
}

#[test]
fn what_was_sent_is_in_doubt_whatever_the_run_file_says_of_it() {
    let copy = Copy::new(ROOT);
    let mut content = content_of(1);
    content["cannot_be_added"] = json!("a group cannot be a member of itself");
    let sent = || vec![item(1, &content, true)];
    let (mut conversations, _) = copy.together(DESTINATION_ID, sent(), true);
    play(conversations.remove(0), vec![page(&[], None)]);
    let (said, _) = offered(&copy, sent(), true);
    assert_eq!(
        said,
        ["1: in_doubt - | a group cannot be a member of itself"]
    );
    let groups = vec![item(2, &pair("Crew", "Cover"), true)];
    let said = play(copy.converse(groups).remove(0), Vec::new());
    assert_eq!(
        said,
        ["2: in_doubt - | the run file holds something else than this job wrote"]
    );
}

#[test]
fn a_list_whose_next_page_is_the_same_one_again_is_not_read_for_ever() {
    let cover = group(DESTINATION_ID, "Cover", &Value::Null);
    let again = |id: &str| {
        let next = format!("{ROOT}/groups/{id}/members?$skiptoken=x");
        page(&[member(1, "user", "Ana")], Some(&next))
    };
    let why = "the service's next page is the same one again";
    let source = vec![again(SOURCE_ID), again(SOURCE_ID)];
    let said = list(&listing(false, &cover), vec![page(&[], None)], source);
    let failed = format!("1: failed - | {why}; members found until then are listed below");
    assert_eq!(said[4..], [failed]);
    let destination = vec![again(DESTINATION_ID), again(DESTINATION_ID)];
    let said = list(&listing(false, &cover), destination, vec![page(&[], None)]);
    assert!(said[3].ends_with(&format!("{why}; members found until then are listed below")));
}
