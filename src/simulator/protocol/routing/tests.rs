//! Addresses as they are read.

use super::*;

#[track_caller]
fn goes_to(path: &str, pattern: &str) {
    assert_eq!(Route::parse(path).unwrap().pattern(), pattern);
}

#[test]
fn addresses_are_read_without_case_and_in_both_key_forms() {
    goes_to("/users/a@b.example", "/users/{id}");
    goes_to(
        "/Users('a@b.example')/authentication/PhoneMethods",
        "/users/{id}/authentication/phoneMethods",
    );
    goes_to("/groups/1/members/$ref", "/groups/{id}/members/$ref");
    goes_to("/groups/1/members/2/$ref", "/groups/{id}/members/{id}/$ref");
    goes_to("/groups/1/members/2", "/groups/{id}/members/{id}");
    goes_to("/groups/1/members/%24count", "/groups/{id}/members/$count");
    goes_to(
        "/users/1/authentication/phoneMethods('2')/microsoft.graph.enableSmsSignIn",
        "/users/{id}/authentication/phoneMethods/{id}/enableSmsSignIn",
    );
    goes_to(
        "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations('sms')",
        "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}",
    );
}

#[test]
fn keys_are_decoded() {
    let expected = Route::User {
        user: "j_x#EXT#@b.example".to_owned(),
    };
    assert_eq!(
        Route::parse("/users/j_x%23EXT%23@b.example").unwrap(),
        expected
    );
    let expected = Route::User {
        user: "o'neil@b.example".to_owned(),
    };
    assert_eq!(
        Route::parse("/users('o''neil@b.example')").unwrap(),
        expected
    );
}

#[track_caller]
fn unknown(path: &str, segment: &str) {
    let error = Route::parse(path).unwrap_err();
    let expected = GraphError::gateway(format!("Resource not found for the segment '{segment}'."));
    assert_eq!(error, expected.breaking("unknown-address"));
}

#[test]
fn what_graph_has_and_the_simulator_has_not_is_said_so() {
    for path in ["/me", "/organization", "/Me/messages"] {
        assert_eq!(Route::parse(path).unwrap_err().status, 501, "{path}");
    }
    unknown("/users/1/me", "me");
}

#[test]
fn the_first_unknown_segment_is_named() {
    unknown("/teapots/1/spout", "teapots");
    unknown("/users/1/spout", "spout");
    unknown("/users/1/authentication/phoneMethods/2/3", "3");
    unknown("/v1.0/users", "v1.0");
    unknown("/", "");
    unknown("/users/$x@b.example", "$x@b.example");
    goes_to("/users('$x@b.example')", "/users/{id}");
}
