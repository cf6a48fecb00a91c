//! Entra's refusals: the error of the standard (RFC 6749), the AADSTS code, and its sentence.
//!
//! Codes and sentences are as recorded or as Entra's list of codes gives them, unless a function
//! says "our reading". Clients are told not to depend on either (Entra: reference-error-codes).

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::simulator::protocol::arrival::Arrival;

/// A refusal of the token service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    error: &'static str,
    code: u32,
    sentence: String,
}

impl Refusal {
    fn new(error: &'static str, code: u32, sentence: impl Into<String>) -> Self {
        Self {
            error,
            code,
            sentence: sentence.into(),
        }
    }

    /// The status of the response: 401 where the client is not who it says, else 400.
    pub(super) fn status(&self) -> u16 {
        if self.error == "invalid_client" {
            401
        } else {
            400
        }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let sentence =
            format!("The request body must contain the following parameter: '{parameter}'.");
        Self::new("invalid_request", 900_144, sentence)
    }

    /// The message is recorded, the status our reading.
    pub(super) fn method(method: &str) -> Self {
        let sentence = format!(
            "The endpoint only accepts POST, OPTIONS requests. Received a {method} request."
        );
        Self::new("invalid_request", 900_561, sentence)
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let sentence = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        Self::new("invalid_request", 90_002, sentence)
    }

    pub(super) fn malformed_tenant(tenant: &str) -> Self {
        let sentence = format!(
            "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
        );
        Self::new("invalid_request", 900_023, sentence)
    }

    pub(super) fn no_tenant() -> Self {
        Self::new(
            "invalid_request",
            50_059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    }

    pub(super) fn unknown_application(id: &str, tenant: &str) -> Self {
        let sentence = format!(
            "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant."
        );
        Self::new("unauthorized_client", 700_016, sentence)
    }

    pub(super) fn grant_type(grant: &str) -> Self {
        let sentence = format!("The app requested an unsupported grant type '{grant}'.");
        Self::new("unsupported_grant_type", 70_003, sentence)
    }

    pub(super) fn no_credential() -> Self {
        Self::new(
            "invalid_client",
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    }

    pub(super) fn wrong_secret(id: &str) -> Self {
        let sentence = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{id}'."
        );
        Self::new("invalid_client", 7_000_215, sentence)
    }

    pub(super) fn no_public_client() -> Self {
        Self::new(
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    }

    pub(super) fn not_default_scope(scope: &str) -> Self {
        let sentence = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::new("invalid_scope", 1_002_012, sentence)
    }

    pub(super) fn invalid_scope(scope: &str) -> Self {
        let sentence = format!(
            "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        Self::new("invalid_scope", 70_011, sentence)
    }

    pub(super) fn unknown_resource(resource: &str, tenant: &str) -> Self {
        let sentence = format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user \
             in the tenant. You might have sent your authentication request to the wrong tenant."
        );
        Self::new("invalid_resource", 500_011, sentence)
    }

    pub(super) fn no_consent(id: &str, name: &str) -> Self {
        let sentence = format!(
            "The user or administrator has not consented to use the application with ID '{id}' named '{name}'. Send \
             an interactive authorization request for this user and resource."
        );
        Self::new("invalid_grant", 65_001, sentence)
    }

    pub(super) fn unknown_user(user: &str, tenant: &str) -> Self {
        let sentence = format!("The user account {user} does not exist in the {tenant} directory.");
        Self::new("invalid_grant", 50_034, sentence)
    }

    pub(super) fn malformed_assertion() -> Self {
        Self::new(
            "invalid_request",
            50_027,
            "JWT token is invalid or malformed.",
        )
    }

    pub(super) fn wrong_signature() -> Self {
        Self::new(
            "invalid_client",
            700_027,
            "Client assertion failed signature validation.",
        )
    }

    pub(super) fn assertion_time(now: OffsetDateTime, from: i64, until: i64) -> Self {
        let at = |seconds| {
            OffsetDateTime::from_unix_timestamp(seconds)
                .map_or_else(|_| seconds.to_string(), moment)
        };
        let sentence = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry \
             time of assertion {}.",
            moment(now),
            at(from),
            at(until)
        );
        Self::new("invalid_client", 700_024, sentence)
    }

    pub(super) fn assertion_of_another() -> Self {
        Self::new(
            "invalid_client",
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        )
    }

    pub(super) fn assertion_audience() -> Self {
        Self::new(
            "invalid_client",
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        )
    }

    /// No federated credential fits; `what` is `issuer`, `subject` or `audience`. The sentence is
    /// recorded for the subject.
    pub(super) fn no_federated_credential(what: &'static str, value: &str) -> Self {
        let code = match what {
            "issuer" => 700_211,
            "audience" => 700_212,
            _ => 700_213,
        };
        let sentence = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your \
             federated identity credential Subject, Audience and Issuer against the presented assertion."
        );
        Self::new("invalid_client", code, sentence)
    }

    pub(super) fn pending() -> Self {
        Self::new(
            "authorization_pending",
            70_016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        )
    }

    pub(super) fn expired_code() -> Self {
        Self::new(
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        )
    }

    /// The error is documented (Entra: device code flow), code and sentence are our reading.
    pub(super) fn unknown_code() -> Self {
        Self::new(
            "bad_verification_code",
            70_018,
            "The provided value for the input parameter 'device_code' is not valid.",
        )
    }

    pub(super) fn redeemed_code() -> Self {
        Self::new(
            "invalid_grant",
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
             refresh token.",
        )
    }

    pub(super) fn unknown_refresh_token() -> Self {
        Self::new(
            "invalid_grant",
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        )
    }

    pub(super) fn expired_refresh_token() -> Self {
        Self::new(
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity.",
        )
    }

    /// The body of the refusal.
    pub(super) fn body(&self, arrival: &Arrival) -> Value {
        let trace_id = arrival.request_id.to_string();
        let correlation_id = arrival
            .client_request_id
            .clone()
            .unwrap_or_else(|| trace_id.clone());
        let timestamp = moment(arrival.now);
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
            self.code, self.sentence
        );
        json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        })
    }
}

/// The form of times in refusals, such as `2026-03-02 08:00:00Z`.
fn moment(at: OffsetDateTime) -> String {
    let form = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    at.to_offset(time::UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}
