use super::*;

fn members(numbers: &[u32]) -> Box<dyn Conversation> {
    let destination = DESTINATION_ID.parse().unwrap();
    let one = |(place, number): (usize, &u32)| {
        let member = Member {
            destination,
            id: member_id(*number).parse().unwrap(),
        };
        let id = ItemId(i64::try_from(place).unwrap() + 1);
        (
            member,
            Item {
                id,
                content: Value::Null,
                sent_at: None,
            },
        )
    };
    Box::new(Add::new(
        numbers.iter().enumerate().map(one).collect(),
        ROOT.to_owned(),
    ))
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
    let content = json!(Content::Member(Member {
        destination: DESTINATION_ID.parse().unwrap(),
        id: member_id(1).parse().unwrap(),
    }));
    assert_eq!(
        play(talk(&content, true), vec![exists()]),
        [&patch(&[1]), "1: unchanged kept | 400"]
    );
    let said = play(talk(&content, true), vec![lost()]);
    assert_eq!(said[1], "1: in_doubt - | connection reset");
}

#[test]
fn a_refusal_after_a_lost_try_proves_nothing() {
    let denied = || error(403, "Authorization_RequestDenied", "no");
    let doubt = "1: in_doubt - | 403 | Authorization_RequestDenied | no";
    let content = json!(Content::Member(Member {
        destination: DESTINATION_ID.parse().unwrap(),
        id: member_id(1).parse().unwrap(),
    }));
    assert_eq!(play(talk(&content, true), vec![denied()])[1], doubt);
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
fn who_is_there_after_a_lost_try_is_a_member() {
    let Reply::Answer(there) = exists() else {
        unreachable!()
    };
    let said = play(members(&[1]), vec![Reply::Doubtful(there)]);
    assert_eq!(said, [&patch(&[1]), "1: unchanged kept | 400"]);
}

#[test]
fn members_travel_twenty_at_a_time_and_the_rest_waits_for_company() {
    let destinations = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let member = |number: u32| {
        let destination = destinations[usize::from(number.is_multiple_of(3))];
        let member = Member {
            destination,
            id: Uuid::from_u128(u128::from(number)),
        };
        (
            member,
            Item {
                id: ItemId(i64::from(number)),
                content: Value::Null,
                sent_at: None,
            },
        )
    };
    let all: Vec<_> = (0..100).map(member).collect();
    let (full, leftovers) = together(all.clone(), false);
    assert_eq!(
        full.iter().map(Vec::len).collect::<Vec<_>>(),
        [20, 20, 20, 20]
    );
    assert_eq!(leftovers.len(), 20);
    let (full, leftovers) = together(all, true);
    assert_eq!(full.iter().map(Vec::len).sum::<usize>(), 100);
    assert!(leftovers.is_empty());
}
