//! The addresses of authentication methods, and of the policy about them.

use super::Route;

/// Reads the segments of a path, in lower case; `key` gives one as it was written.
pub(super) fn route(names: &[&str], key: impl Fn(usize) -> String) -> Option<Route> {
    Some(match names {
        ["users", _, "authentication", rest @ ..] => return methods(rest, key),
        ["policies"] => Route::Policies,
        ["policies", "authenticationmethodspolicy", rest @ ..] => match rest {
            [] => Route::MethodsPolicy,
            ["authenticationmethodconfigurations"] => Route::MethodConfigurations,
            ["authenticationmethodconfigurations", _] => Route::MethodConfiguration {
                configuration: key(3),
            },
            _ => return None,
        },
        _ => return None,
    })
}

/// Reads what comes after `/users/{id}/authentication`; keys are places in the whole path.
fn methods(rest: &[&str], key: impl Fn(usize) -> String) -> Option<Route> {
    let (user, method) = (key(1), key(4));
    Some(match rest {
        [] => Route::Authentication { user },
        ["methods"] => Route::AuthenticationMethods { user },
        ["methods", _] => Route::AuthenticationMethod { user, method },
        ["phonemethods"] => Route::PhoneMethods { user },
        ["phonemethods", _] => Route::PhoneMethod { user, method },
        // An action may be written with its namespace (OData).
        ["phonemethods", _, action] => match action.trim_start_matches("microsoft.graph.") {
            "enablesmssignin" => Route::EnableSmsSignIn { user, method },
            "disablesmssignin" => Route::DisableSmsSignIn { user, method },
            _ => return None,
        },
        ["temporaryaccesspassmethods"] => Route::AccessPasses { user },
        ["temporaryaccesspassmethods", _] => Route::AccessPass { user, pass: method },
        _ => return None,
    })
}
