use super::*;
use crate::engine::{
    Batch, BatchId, Counts, Effect, Information, Method, Operation, OperationId, Priority, Scope,
    Throttle, Whose, Workload,
};
use crate::wire::encode;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/samples/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn http(status: u16, body: Vec<u8>) -> HttpReply {
    HttpReply {
        status,
        headers: Vec::new(),
        body,
    }
}

fn read(count: usize, body: &Value) -> Vec<Reply> {
    match decode(count, &http(200, body.to_string().into_bytes()), NOW) {
        BatchReply::Each(replies) => replies,
        BatchReply::Refused(answer) => panic!("{answer:?}"),
    }
}

/// Every inner reply of the sample with its id, from the file itself.
fn ids_and_statuses(sample: &Value) -> Vec<(usize, u16)> {
    let of = |response: &Value| {
        let id: usize = response["id"].as_str().unwrap().parse().unwrap();
        (
            id,
            u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        )
    };
    sample["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

#[test]
fn the_mixed_sample_is_read_reply_by_reply_whatever_its_order() {
    let body: Value = serde_json::from_slice(&sample("batch-response-mixed.json")).unwrap();
    let expected = ids_and_statuses(&body);
    let replies = read(expected.len(), &body);
    for (id, status) in expected {
        assert_eq!(replies[id].answer().unwrap().status, status, "{id}");
    }
    let with = |status| {
        replies
            .iter()
            .filter_map(Reply::answer)
            .find(|answer| answer.status == status)
            .unwrap()
    };
    assert_eq!(
        with(429).retry_after,
        Some(Duration::from_millis(249)),
        "a lower-case header, a fraction"
    );
    assert_eq!(with(204).body, Body::Empty);
    assert!(with(400).says("added object references already exist"));
    assert_eq!(with(409).error().code, "phoneNumberNotUnique");
    assert!(with(201).text("phoneNumber").is_some());
}

#[test]
fn what_the_service_says_about_its_limits_is_heard_request_by_request() {
    let body: Value = serde_json::from_slice(&sample("batch-response-throttled.json")).unwrap();
    let said: Vec<Throttle> = read(3, &body)
        .iter()
        .map(|reply| reply.answer().unwrap().throttle)
        .collect();
    let refused = Throttle {
        percentage: Some(1.2),
        units: Some(1),
        scope: Some(Scope {
            whose: Whose::TenantApplication,
            counts: Counts::ReadWrite,
        }),
        information: Some(Information::ResourceUnitLimitExceeded),
    };
    let warned = Throttle {
        percentage: Some(0.93),
        units: Some(1),
        ..Throttle::default()
    };
    assert_eq!(said, [warned, refused, Throttle::default()]);
}

#[test]
fn a_body_that_is_no_json_comes_as_base64() {
    let body: Value = serde_json::from_slice(&sample("batch-response-base64.json")).unwrap();
    let replies = read(ids_and_statuses(&body).len(), &body);
    let texts = replies
        .iter()
        .filter_map(Reply::answer)
        .filter(|answer| matches!(answer.body, Body::Text(_)));
    assert!(texts.count() > 0);
}

#[test]
fn the_recorded_errors_are_understood() {
    for (file, code, says) in [
        (
            "error-member-exists.json",
            "Request_BadRequest",
            "already exist",
        ),
        (
            "error-not-found.json",
            "Request_ResourceNotFound",
            "does not exist",
        ),
        ("error-phone-not-unique.json", "phoneNumberNotUnique", ""),
        (
            "error-tap-lifetime.json",
            "badRequest",
            "between 60 and 480",
        ),
        ("error-throttled.json", "TooManyRequests", "retry"),
    ] {
        let error: Value = serde_json::from_slice(&sample(file)).unwrap();
        let replies = read(
            1,
            &json!({"responses": [{"id": "0", "status": 400, "body": error}]}),
        );
        let answer = replies[0].answer().unwrap();
        assert_eq!(answer.error().code, code, "{file}");
        assert!(answer.says(says), "{file}");
        assert!(answer.request_id.is_some(), "{file}");
    }
}

#[test]
fn an_error_that_is_none_of_graph_s_is_understood_too() {
    let error: Value = serde_json::from_slice(&sample("error-mface.json")).unwrap();
    let replies = read(
        1,
        &json!({"responses": [{"id": "0", "status": 400, "body": error}]}),
    );
    let error = replies[0].answer().unwrap().error();
    assert_eq!(error.code, "");
    assert!(error.message.contains("mface"), "{}", error.message);
}

#[test]
fn a_batch_is_written_as_the_sample_of_one() {
    let phone = json!({"phoneNumber": "+1 2065550100", "phoneType": "mobile"});
    let path = "/users/ana@x.example/authentication/phoneMethods";
    let workload = Workload::AuthenticationMethods;
    let operations = vec![
        (
            OperationId(70),
            Operation::write(Method::Post, workload, path, phone.clone(), Effect::Once).into(),
        ),
        (OperationId(71), Operation::get(workload, path, 1).into()),
    ];
    let batch = Batch {
        id: BatchId(1),
        operations,
        priority: None,
    };
    let written: Value = serde_json::from_slice(&encode(&batch)).unwrap();
    let expected = json!({"requests": [
        {"id": "0", "method": "POST", "url": path, "headers": {"Content-Type": "application/json"}, "body": phone},
        {"id": "1", "method": "GET", "url": path},
    ]});
    assert_eq!(written, expected);
    let sample: Value = serde_json::from_slice(&sample("batch-request.json")).unwrap();
    let members = |request: &Value| {
        request
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let known: Vec<String> = sample["requests"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(members)
        .collect();
    for request in written["requests"].as_array().unwrap() {
        assert!(
            members(request).iter().all(|member| known.contains(member)),
            "{request}"
        );
    }
}

#[test]
fn every_request_of_a_batch_says_how_much_it_matters_if_it_is_to() {
    let workload = Workload::AuthenticationMethods;
    let read = || Operation::get(workload, "/users/a", 1).into();
    let operations = (0..2).map(|id| (OperationId(id), read()));
    let mut batch = Batch {
        id: BatchId(1),
        operations: operations.collect(),
        priority: None,
    };
    let mut headers = |priority| {
        batch.priority = priority;
        let written: Value = serde_json::from_slice(&encode(&batch)).unwrap();
        [0, 1].map(|place: usize| written["requests"][place]["headers"].clone())
    };
    assert_eq!(headers(None), [Value::Null, Value::Null]);
    for priority in Priority::ALL {
        let expected = json!({"x-ms-throttle-priority": priority.as_str()});
        assert_eq!(headers(Some(priority)), [expected.clone(), expected]);
    }
}

#[test]
fn what_is_missing_or_makes_no_sense_is_unknown() {
    let unknown = |reply: &Reply| matches!(reply, Reply::Unknown(_));
    let replies = read(3, &json!({"responses": [{"id": "1", "status": 200}]}));
    assert_eq!(
        replies.iter().map(unknown).collect::<Vec<_>>(),
        [true, false, true]
    );
    for response in [
        json!({"id": "0"}),
        json!({"id": "0", "status": "soon"}),
        json!({"id": "0", "status": 99}),
        json!({"status": 200}),
        json!({"id": null, "status": 200}),
        json!("0"),
    ] {
        let replies = read(1, &json!({"responses": [response]}));
        assert!(unknown(&replies[0]), "{response}");
    }
    for body in ["", "{", "[]", "{\"responses\": {}}", "<html>"] {
        let BatchReply::Each(replies) = decode(2, &http(200, body.into()), NOW) else {
            panic!("{body}")
        };
        assert!(replies.iter().all(unknown), "{body}");
    }
}

#[test]
fn two_replies_to_one_request_count_only_if_they_are_the_same() {
    let made = json!({"id": "0", "status": 201, "body": {"id": "a"}});
    let other = json!({"id": 0, "status": 409, "body": {"id": "a"}});
    assert!(
        read(1, &json!({"responses": [made, made]}))[0]
            .answer()
            .is_some()
    );
    assert!(matches!(
        read(1, &json!({"responses": [made, other]}))[0],
        Reply::Unknown(_)
    ));
}

#[test]
fn an_outer_status_is_about_the_whole_batch() {
    let error =
        br#"{"error":{"code":"InvalidAuthenticationToken","message":"Access token has expired."}}"#;
    let headers = vec![
        ("Retry-After".to_owned(), "7".to_owned()),
        ("request-id".to_owned(), "r".to_owned()),
        ("X-Ms-Throttle-Scope".to_owned(), "Tenant/Write".to_owned()),
    ];
    for status in [401, 429] {
        let reply = HttpReply {
            status,
            headers: headers.clone(),
            body: error.to_vec(),
        };
        let BatchReply::Each(replies) = decode(2, &reply, NOW) else {
            panic!("{status}")
        };
        let answer = replies[1].answer().unwrap();
        assert_eq!(
            (answer.status, answer.retry_after),
            (status, Some(Duration::from_secs(7)))
        );
        assert_eq!(answer.request_id.as_deref(), Some("r"));
        assert_eq!(answer.throttle.scope.unwrap().whose, Whose::Tenant);
    }
    for status in [408, 500, 502, 503, 504] {
        let BatchReply::Each(replies) = decode(2, &http(status, error.to_vec()), NOW) else {
            panic!("{status}")
        };
        assert!(replies.iter().all(Reply::is_in_doubt), "{status}");
    }
    for status in [301, 302, 400, 403, 404, 413] {
        assert!(
            matches!(
                decode(2, &http(status, error.to_vec()), NOW),
                BatchReply::Refused(_)
            ),
            "{status}"
        );
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic_or_lose_a_reply(status in 0_u16..700, body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let BatchReply::Each(replies) = decode(3, &http(status, body), NOW) {
            prop_assert_eq!(replies.len(), 3);
        }
    }

    #[test]
    fn no_json_makes_it_panic_or_lose_a_reply(
        ids in prop::collection::vec("[0-9a-z]{0,3}", 0..6), status in any::<i64>(), text in "\\PC{0,20}",
    ) {
        let responses: Vec<Value> = ids.iter()
            .map(|id| json!({"id": id, "status": status, "headers": {text.clone(): text.clone()}, "body": text.clone()}))
            .collect();
        prop_assert_eq!(read(3, &json!({"responses": responses})).len(), 3);
    }
}
