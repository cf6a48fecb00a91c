//! What a write says it did, beside its status.

use super::*;
use crate::simulator::endpoints;
use crate::simulator::protocol::arrival::Arrival;
use crate::simulator::protocol::call::{Call, Payload};
use crate::simulator::protocol::origin::Origin;
use crate::simulator::protocol::reply::Effect;
use crate::simulator::protocol::routing::{Method, Route};

/// The effect a request reports.
fn effect(caller: &mut Caller, method: &str, path: &str, body: &Value) -> Option<Effect> {
    let simulator = &mut caller.simulator;
    let request = Request::default();
    let (origin, _) = Origin::of(&request);
    let arrival = Arrival::new(&[], &mut simulator.rng, caller.now);
    let call = Call {
        method: Method::parse(method),
        route: Route::parse(path).unwrap(),
        query: "",
        payload: Payload::Json(body.clone()),
        origin: &origin,
        arrival: &arrival,
    };
    let reply = endpoints::answer(&mut simulator.tenant, &mut simulator.rng, &call);
    reply.unwrap().effect
}

#[test]
fn the_same_number_again_changes_nothing() {
    let mut caller = Caller::new();
    let phones = format!("{}/authentication/phoneMethods", caller.worker(3));
    let mobile = format!("{phones}/3179e48a-750b-4051-897c-87b9720928f7");
    let same = json!({"phoneNumber": caller.user(19)["phones"]["mobile"]});
    let other = json!({"phoneNumber": "+14045550101"});
    let seen = &mut caller;
    assert_eq!(effect(seen, "GET", &mobile, &json!({})), None);
    assert_eq!(effect(seen, "PATCH", &mobile, &same), Some(Effect::Nothing));
    assert_eq!(
        effect(seen, "PATCH", &mobile, &other),
        Some(Effect::Changed)
    );
    assert_eq!(
        effect(seen, "PATCH", &mobile, &other),
        Some(Effect::Nothing)
    );
    let disable = format!("{mobile}/disableSmsSignIn");
    assert_eq!(
        effect(seen, "POST", &disable, &json!({})),
        Some(Effect::Changed)
    );
    assert_eq!(
        effect(seen, "POST", &disable, &json!({})),
        Some(Effect::Nothing)
    );
    // The number is the same and is registered anew.
    assert_eq!(
        effect(seen, "PATCH", &mobile, &other),
        Some(Effect::Changed)
    );
    assert_eq!(
        effect(seen, "DELETE", &mobile, &json!({})),
        Some(Effect::Changed)
    );
}

#[test]
fn a_clash_saves_the_number_and_says_so() {
    let mut caller = Caller::new();
    let taken = caller.user(19)["phones"]["mobile"].clone();
    let phones = format!("{}/authentication/phoneMethods", caller.worker(0));
    let body = json!({"phoneNumber": taken, "phoneType": "mobile"});
    let seen = &mut caller;
    assert_eq!(effect(seen, "POST", &phones, &body), Some(Effect::Changed));
    let mobile = format!("{phones}/3179e48a-750b-4051-897c-87b9720928f7");
    assert_eq!(effect(seen, "PATCH", &mobile, &body), Some(Effect::Nothing));
}

#[test]
fn a_pass_that_kills_another_that_was_good_says_so() {
    let mut caller = Caller::new();
    let passes = |caller: &mut Caller, worker| {
        let path = caller.worker(worker);
        let path = format!("{path}/authentication/temporaryAccessPassMethods");
        effect(
            caller,
            "POST",
            &path,
            &json!({"startDateTime": "2027-01-01T00:00:00Z"}),
        )
    };
    let seen = &mut caller;
    assert_eq!(passes(seen, 1), Some(Effect::Changed));
    // Handed out already, though not valid yet.
    assert_eq!(passes(seen, 1), Some(Effect::ReplacedUsablePass));
    assert_eq!(passes(seen, 4), Some(Effect::ReplacedUsablePass));
    assert_eq!(passes(seen, 8), Some(Effect::Changed));
}

#[test]
fn the_same_policy_again_changes_nothing() {
    let mut caller = Caller::new();
    let sms = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms";
    let body = |state: &str| json!({"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration", "state": state});
    let seen = &mut caller;
    assert_eq!(
        effect(seen, "PATCH", sms, &body("enabled")),
        Some(Effect::Nothing)
    );
    assert_eq!(
        effect(seen, "DELETE", sms, &json!({})),
        Some(Effect::Changed)
    );
    assert_eq!(
        effect(seen, "DELETE", sms, &json!({})),
        Some(Effect::Nothing)
    );
    // So does sending back what was read.
    for id in ["Sms", "TemporaryAccessPass"] {
        let path = sms.replace("Sms", id);
        let read = seen.get(&path).succeeds(200);
        assert_eq!(effect(seen, "PATCH", &path, &read), Some(Effect::Nothing));
    }
}
