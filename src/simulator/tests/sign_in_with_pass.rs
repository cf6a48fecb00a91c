//! People who come to the door with a pass.

use time::Duration;

use super::*;

const PASSES: &str =
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass";

/// A worker, by principal name, with a fresh pass.
fn with_pass(caller: &mut Caller, worker: usize, body: &Value) -> (String, String) {
    let path = caller.worker(worker);
    let passes = format!("{path}/authentication/temporaryAccessPassMethods");
    let made = caller.post(&passes, body).succeeds(201);
    let secret = made["temporaryAccessPass"].as_str().unwrap().to_owned();
    (path.trim_start_matches("/users/").to_owned(), secret)
}

/// The reason why a person does not get in; `None` for one who does.
fn turned_away(caller: &mut Caller, (user, pass): &(String, String)) -> Option<String> {
    let body = json!({"userPrincipalName": user, "temporaryAccessPass": pass});
    let request = Request {
        method: "POST".to_owned(),
        path_and_query: "/_simulator/sign-in".to_owned(),
        body: body.to_string().into_bytes(),
        ..Request::default()
    };
    let response = caller.simulator.answer(&request, caller.now).response;
    assert_eq!(response.status, 200);
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(body["signedIn"], json!(body["reason"].is_null()));
    body["reason"].as_str().map(str::to_owned)
}

/// `methodUsabilityReason` as the service shows it.
fn reason(caller: &mut Caller, user: &str) -> String {
    let path = format!("/users/{user}/authentication/temporaryAccessPassMethods");
    let listed = caller.get(&path).succeeds(200)["value"][0].clone();
    assert_eq!(
        listed["isUsable"],
        json!(listed["methodUsabilityReason"] == "EnabledByPolicy")
    );
    listed["methodUsabilityReason"].as_str().unwrap().to_owned()
}

#[test]
fn a_wave_of_people_gets_in_on_monday_and_not_before_or_after() {
    let mut caller = Caller::new();
    let monday = json!({"startDateTime": "2026-03-09T06:00:00Z", "lifetimeInMinutes": 480});
    let wave: Vec<(String, String)> = (30..40)
        .map(|worker| with_pass(&mut caller, worker, &monday))
        .collect();
    let mut all = |at: OffsetDateTime, expected: Option<&str>| {
        caller.now = at;
        for person in &wave {
            assert_eq!(
                turned_away(&mut caller, person).as_deref(),
                expected,
                "{at}"
            );
        }
    };
    let opening = datetime!(2026-03-09 06:00 UTC);
    all(opening - Duration::seconds(1), Some("NotYetValid"));
    all(opening, None);
    all(opening + Duration::minutes(479), None);
    all(opening + Duration::minutes(480), Some("Expired"));
}

#[test]
fn a_pass_for_one_use_opens_the_door_once() {
    let mut caller = Caller::new();
    let person = with_pass(&mut caller, 1, &json!({"isUsableOnce": true}));
    assert_eq!(turned_away(&mut caller, &person), None);
    assert_eq!(
        turned_away(&mut caller, &person).as_deref(),
        Some("OneTimeUsed")
    );
    assert_eq!(reason(&mut caller, &person.0), "OneTimeUsed");
    let renewed = with_pass(&mut caller, 1, &json!({"isUsableOnce": true}));
    assert_eq!(
        turned_away(&mut caller, &person).as_deref(),
        Some("WrongPass")
    );
    assert_eq!(turned_away(&mut caller, &renewed), None);
}

#[test]
fn the_policy_at_the_door_decides() {
    let mut caller = Caller::new();
    let person = with_pass(&mut caller, 1, &json!({}));
    let with_type = |state: &str| {
        json!({
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
            "state": state,
        })
    };
    caller.patch(PASSES, &with_type("disabled")).succeeds(204);
    assert_eq!(
        turned_away(&mut caller, &person).as_deref(),
        Some("DisabledByPolicy")
    );
    assert_eq!(reason(&mut caller, &person.0), "DisabledByPolicy");
    caller.patch(PASSES, &with_type("enabled")).succeeds(204);
    assert_eq!(turned_away(&mut caller, &person), None);
}

#[test]
fn strangers_and_wrong_passes_stay_outside() {
    let mut caller = Caller::new();
    let (user, pass) = with_pass(&mut caller, 1, &json!({}));
    let wrong = (user, format!("{pass}x"));
    assert_eq!(
        turned_away(&mut caller, &wrong).as_deref(),
        Some("WrongPass")
    );
    let nobody = ("nobody@northgate-grocers.example".to_owned(), pass);
    assert_eq!(
        turned_away(&mut caller, &nobody).as_deref(),
        Some("NoSuchUser")
    );
    let request = Request {
        method: "POST".to_owned(),
        path_and_query: "/_simulator/sign-in".to_owned(),
        body: b"{}".to_vec(),
        ..Request::default()
    };
    assert_eq!(
        caller.simulator.answer(&request, START).response.status,
        400
    );
}

#[test]
fn a_pass_may_need_to_settle() {
    let mut caller = Caller::with(&format!(
        "{UNLIMITED}\n[authentication_methods]\npasses_settle_seconds = 10"
    ));
    let person = with_pass(&mut caller, 1, &json!({"isUsableOnce": true}));
    caller.now = START + Duration::milliseconds(9_999);
    assert_eq!(
        turned_away(&mut caller, &person).as_deref(),
        Some("NotSettled")
    );
    assert_eq!(reason(&mut caller, &person.0), "EnabledByPolicy");
    caller.now = START + Duration::seconds(10);
    assert_eq!(turned_away(&mut caller, &person), None);
}
