use super::*;
use crate::jobs::copy_members::add::COLLISIONS;

fn members(numbers: &[u32]) -> Box<dyn Conversation> {
    let items = numbers.iter().enumerate().map(|(place, number)| {
        let id = i64::try_from(place).unwrap() + 1;
        item(id, &content_of(*number), false)
    });
    let named = company_of_named(DESTINATION_ID.parse().unwrap());
    let copy = Copy::new(ROOT);
    copy.together(&named, items.collect(), true).0.remove(0)
}

/// The conversation about a member whose write was sent by an earlier process.
fn sent_before() -> Box<dyn Conversation> {
    let named = company_of_named(DESTINATION_ID.parse().unwrap());
    let items = vec![item(1, &content_of(1), true)];
    Copy::new(ROOT).together(&named, items, true).0.remove(0)
}

fn patch(numbers: &[u32]) -> String {
    let links: Vec<String> = numbers
        .iter()
        .map(|number| format!("{ROOT}/directoryObjects/{}", member_id(*number)))
        .collect();
    format!(
        "PATCH /groups/{DESTINATION_ID} {}",
        json!({"members@odata.bind": links})
    )
}

fn exists() -> Reply {
    error(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following …",
    )
}

#[test]
fn members_are_added_together_and_each_has_its_ending() {
    let said = play(members(&[1, 2]), vec![answer(204, Value::Null)]);
    let endings = ["1: succeeded added | 204", "2: succeeded added | 204"];
    assert_eq!(said, [&[patch(&[1, 2]).as_str()], &endings[..]].concat());
}

#[test]
fn a_refusal_is_split_in_halves_until_the_guilty_one_stands_alone() {
    assert_eq!(
        play(members(&[1, 2, 3, 4, 5]), vec![exists()]),
        [patch(&[1, 2, 3, 4, 5]), patch(&[1, 2]), patch(&[3, 4, 5])]
    );
    assert_eq!(
        play(members(&[1]), vec![exists()]),
        [&patch(&[1]), "1: unchanged kept | 400"]
    );
    let gone = error(
        404,
        "Request_ResourceNotFound",
        "Resource 'x' does not exist or one of its queried …",
    );
    let ending = "1: failed - | 404 | Request_ResourceNotFound | Resource 'x' does not exist or one of its queried …";
    assert_eq!(play(members(&[1]), vec![gone]), [&patch(&[1]), ending]);
}

#[test]
fn a_refusal_of_the_whole_group_is_not_split() {
    let denied = error(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges",
    );
    assert_eq!(play(members(&[1, 2]), vec![denied]).len(), 3);
    let gone = error(
        404,
        "Request_ResourceNotFound",
        &format!("Resource '{DESTINATION_ID}' does not exist …"),
    );
    assert_eq!(play(members(&[1, 2]), vec![gone]).len(), 3);
}

#[test]
fn a_member_that_is_not_known_everywhere_yet_is_tried_again_for_a_while() {
    let early = || {
        error(
            400,
            "Request_BadRequest",
            "… or one of the objects being referenced don't exist.",
        )
    };
    let said = play(members(&[1]), vec![early(), early(), early(), early()]);
    let patch = patch(&[1]);
    let calls = [
        patch.clone(),
        format!("{patch} after 15s"),
        format!("{patch} after 30s"),
        format!("{patch} after 60s"),
    ];
    assert_eq!(said[..4], calls);
    assert!(said[4].starts_with("1: failed"));
}

#[test]
fn after_a_crash_members_are_added_again_and_who_is_there_is_unchanged() {
    assert_eq!(
        play(sent_before(), vec![exists()]),
        [&patch(&[1]), "1: unchanged kept | 400"]
    );
    let said = play(sent_before(), vec![lost()]);
    assert_eq!(said[1], "1: in_doubt - | connection reset");
}

#[test]
fn a_refusal_after_a_lost_try_proves_nothing() {
    let denied = || error(403, "Authorization_RequestDenied", "no");
    let doubt = "1: in_doubt - | 403 | Authorization_RequestDenied | no";
    assert_eq!(play(sent_before(), vec![denied()])[1], doubt);
    let mut halves = members(&[1, 2]);
    halves.start();
    let Step::Divide(halves) = halves.hear(lost()) else {
        panic!("not divided")
    };
    for half in halves {
        assert!(play(half, vec![denied()])[1].contains("in_doubt"));
    }
}

#[test]
fn an_outage_after_a_lost_try_is_no_refusal_and_adding_goes_on() {
    let Reply::Answer(outage) = error(503, "serviceNotAvailable", "") else {
        unreachable!()
    };
    assert_eq!(
        play(members(&[1, 2]), vec![Reply::Doubtful(outage)]),
        [patch(&[1, 2]), patch(&[1]), patch(&[2])]
    );
}

#[test]
fn who_is_there_after_a_lost_try_is_a_member() {
    let Reply::Answer(there) = exists() else {
        unreachable!()
    };
    let said = play(members(&[1]), vec![Reply::Doubtful(there)]);
    assert_eq!(said, [&patch(&[1]), "1: unchanged kept | 400"]);
}

#[test]
fn members_travel_twenty_at_a_time_and_the_rest_waits_for_company() {
    let items = || {
        let number = |id| u32::try_from(id).unwrap();
        (1..=45_i64).map(move |id| item(id, &content_of(number(id)), false))
    };
    let named = company_of_named(DESTINATION_ID.parse().unwrap());
    let copy = Copy::new(ROOT);
    let carried = |conversations: &[Box<dyn Conversation>]| {
        let items = conversations.iter().map(|one| one.items().len());
        items.collect::<Vec<_>>()
    };
    let (conversations, rest) = copy.together(&named, items().collect(), false);
    assert_eq!(carried(&conversations), [20, 20]);
    assert_eq!(rest, items().skip(40).collect::<Vec<_>>());
    let (conversations, rest) = copy.together(&named, items().collect(), true);
    assert_eq!(carried(&conversations), [20, 20, 5]);
    assert_eq!(rest, []);
}

#[test]
fn writers_who_meet_say_nothing_against_the_members() {
    let collision = || {
        let words = "Error due to concurrent requests being made to the tenant.";
        error(409, "Directory_ConcurrencyViolation", words)
    };
    let collisions = |count| (0..count).map(|_| collision()).collect();
    let said = play(members(&[1, 2]), collisions(3));
    assert_eq!(said, vec![patch(&[1, 2]); 4], "as they were");
    let said = play(members(&[1, 2]), collisions(COLLISIONS + 1));
    assert!(
        said.last().unwrap().starts_with("2: failed - | 409"),
        "but not for ever"
    );
}
