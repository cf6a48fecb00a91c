//! The same scenario and the same requests give the same answers; none of them brings it down.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::simulator::Answer;

/// Requests of all sorts, sensible and not.
fn request() -> impl Strategy<Value = Request> {
    let method = prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "BREW"]);
    let path = prop_oneof![
        prop::sample::select(vec![
            "/v1.0/$batch".to_owned(),
            "/v1.0/groups?$filter=displayName eq 'Night crew'".to_owned(),
            "/v1.0/users/breakglass@northgate-grocers.example".to_owned(),
            "/v1.0/users/dorota.pham@northgate-grocers.example/authentication/phoneMethods".to_owned(),
            "/v1.0/users/dorota.pham@northgate-grocers.example/authentication/temporaryAccessPassMethods".to_owned(),
            "/v1.0/groups/46798200-a4f3-46ac-8063-ee83f1172614/members?$top=3".to_owned(),
            "/v1.0/groups/46798200-a4f3-46ac-8063-ee83f1172614/transitiveMembers".to_owned(),
            "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms".to_owned(),
            "/v1.0/groups/46798200-a4f3-46ac-8063-ee83f1172614".to_owned(),
            "/v1.0/groups/delta".to_owned(),
            "/v1.0/users".to_owned(),
            "/v1.0/directoryObjects/getByIds".to_owned(),
            "/_simulator/statistics".to_owned(),
            "/_simulator/sign-in".to_owned(),
        ]),
        "/v1.0/(users|groups|groups/delta)[?][$]filter=[a-z(),:'/ ]{0,40}",
        "/v1.0/(users|groups|groups/delta)[?][$](skip|delta)token=[A-Za-z0-9_-]{0,16}",
        "/v1.0/[a-z$('%/]{0,24}",
        "\\PC{0,24}",
    ];
    let part = r#"{"id":"1","method":"POST","url":"/users/dorota.pham@northgate-grocers.example/authentication/temporaryAccessPassMethods","headers":{"Content-Type":"application/json"},"body":{}}"#;
    let body = prop_oneof![
        Just(String::new()),
        Just(format!(r#"{{"requests":[{part}]}}"#)),
        Just(r#"{"phoneNumber":"+1 4045550101","phoneType":"mobile"}"#.to_owned()),
        Just(r#"{"lifetimeInMinutes":60}"#.to_owned()),
        Just(r##"{"@odata.type":"#microsoft.graph.smsAuthenticationMethodConfiguration","includeTargets":[]}"##.to_owned()),
        Just(r#"{"ids":["46798200-a4f3-46ac-8063-ee83f1172614"]}"#.to_owned()),
        Just(r#"{"displayName":"a","mailEnabled":false,"mailNickname":"a","securityEnabled":true,"owners@odata.bind":["x"]}"#.to_owned()),
        "\\PC{0,40}",
    ];
    (method, path, body).prop_map(|(method, path, body)| Request {
        method: method.to_owned(),
        path_and_query: path,
        headers: vec![
            ("authorization".to_owned(), "Bearer x".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: body.into_bytes(),
        ..Request::default()
    })
}

/// The answers of a small tenant where everything goes wrong that can.
fn answers(seed: u64, requests: &[Request]) -> Vec<Answer> {
    let troubles = include_str!("../../../samples/scenarios/everything-at-once.toml");
    let scenario = format!("seed = {seed}\n[tenant]\nusers = 100\ngroups = 60\n{troubles}");
    let mut simulator = Simulator::new(&Scenario::from_toml(&scenario).unwrap().opened());
    let times = (0u32..).map(|step| START + Duration::from_millis(7) * step);
    times
        .zip(requests)
        .map(|(now, request)| simulator.answer(request, now))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn same_seed_same_requests_same_answers(requests in prop::collection::vec(request(), 1..12)) {
        let first = answers(2026, &requests);
        prop_assert_eq!(&first, &answers(2026, &requests));
        for answer in first {
            prop_assert!((200..600).contains(&answer.response.status));
        }
    }
}

#[test]
fn another_seed_is_another_tenant() {
    let request = Request {
        method: "GET".to_owned(),
        path_and_query: "/_simulator/tenant".to_owned(),
        ..Request::default()
    };
    assert_ne!(
        answers(1, std::slice::from_ref(&request)),
        answers(2, std::slice::from_ref(&request))
    );
}

#[test]
fn a_larger_tenant_begins_with_the_same_people() {
    let mut small = Caller::with("[tenant]\nusers = 100\ngroups = 60");
    let mut large = Caller::with("");
    let (small, large) = (small.inspect("tenant"), large.inspect("tenant"));
    let (small, large) = (
        small["users"].as_array().unwrap(),
        large["users"].as_array().unwrap(),
    );
    assert_eq!(small[..], large[..100]);
}
