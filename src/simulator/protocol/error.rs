//! Graph's refusals: status, code, message, and the shape of their bodies.
//!
//! The directory answers with codes such as `Request_BadRequest`, the authentication methods with
//! lower-camel codes such as `badRequest` (observed). Messages are as recorded unless a function
//! says "our reading".

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arrival::Arrival;
use super::workload::Workload;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) status: u16,
    code: &'static str,
    message: String,
    inner: Inner,
    /// The rule of Graph that the request broke, where it is the request that is wrong and not the
    /// state of the tenant.
    rule: Option<&'static str>,
}

/// What the `innerError` holds beside the ids and the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    /// Nothing: the directory's form.
    Ids,
    /// The message again: the form of the authentication methods.
    Message,
    /// Code, status and advice: the form of a throttled request (Graph: throttling).
    Throttled,
}

impl GraphError {
    fn new(status: u16, code: &'static str, message: impl Into<String>, inner: Inner) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            inner,
            rule: None,
        }
    }

    /// Names the rule of Graph that the request broke.
    pub(crate) fn breaking(self, rule: &'static str) -> Self {
        Self {
            rule: Some(rule),
            ..self
        }
    }

    pub(crate) fn rule(&self) -> Option<&'static str> {
        self.rule
    }

    fn directory(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, code, message, Inner::Ids)
    }

    fn authentication(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, code, message, Inner::Message)
    }

    /// A request the workload does not take, in that workload's code.
    pub(crate) fn bad_request(workload: Workload, message: impl Into<String>) -> Self {
        match workload {
            Workload::Directory => Self::directory(400, "Request_BadRequest", message),
            Workload::AuthenticationMethods => Self::authentication(400, "badRequest", message),
        }
    }

    /// The gateway refuses the request before any workload sees it.
    pub(crate) fn gateway(message: impl Into<String>) -> Self {
        Self::directory(400, "BadRequest", message)
    }

    /// The caller sent no token.
    pub(crate) fn token_empty() -> Self {
        Self::directory(401, "InvalidAuthenticationToken", "Access token is empty.")
            .breaking("no-token")
    }

    /// Our reading of the message; the status is HTTP's.
    pub(crate) fn method_not_allowed() -> Self {
        Self::directory(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
        .breaking("method-not-allowed")
    }

    /// The address exists in Graph and not here; said plainly rather than imitated.
    pub(crate) fn not_simulated(what: &str) -> Self {
        Self::directory(
            501,
            "notImplemented",
            format!("The simulator does not model {what}."),
        )
    }

    /// The body is not readable JSON, or its Content-Type does not say so.
    pub(crate) fn unreadable_payload() -> Self {
        Self::gateway(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid \
             JSON format.",
        )
            .breaking("unreadable-body")
    }

    /// The object is absent, or what it refers to is.
    pub(crate) fn resource_not_found(key: &str) -> Self {
        Self::directory(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{key}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// The query is valid `OData` that the directory does not answer.
    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::directory(400, "Request_UnsupportedQuery", message).breaking("unsupported-query")
    }

    /// The page token is not one the service issued for this collection.
    pub(crate) fn expired_page_token() -> Self {
        Self::directory(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
            .breaking("page-token")
    }

    /// The caller may not write this group.
    pub(crate) fn insufficient_privileges() -> Self {
        Self::directory(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// The user has no such method. Code as observed, message our reading.
    pub(crate) fn method_not_found() -> Self {
        Self::authentication(
            404,
            "resourceNotFound",
            "The requested authentication method could not be found.",
        )
    }

    /// The caller may not touch this user's methods.
    pub(crate) fn access_denied() -> Self {
        Self::authentication(403, "accessDenied", "Request Authorization failed")
    }

    /// The number is saved, but another user signs in with it. Status and code observed, message
    /// our reading.
    pub(crate) fn phone_number_not_unique() -> Self {
        Self::authentication(
            409,
            "phoneNumberNotUnique",
            "The phone number is already used for SMS sign-in by another user in the tenant.",
        )
    }

    /// The service cannot, for now. Codes as observed, messages our reading.
    pub(crate) fn unavailable(status: u16) -> Self {
        let (code, message) = match status {
            500 => ("generalException", "An internal server error occurred."),
            502 => ("UnknownError", "Bad gateway."),
            504 => ("UnknownError", "The service did not answer in time."),
            _ => (
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            ),
        };
        Self::directory(status, code, message)
    }

    /// A quota is used up (Graph: throttling).
    pub(crate) fn too_many_requests() -> Self {
        Self::new(
            429,
            "TooManyRequests",
            "Please retry again later.",
            Inner::Throttled,
        )
    }

    /// An earlier request of the batch, on which this one depends, failed. Status documented
    /// (Graph: JSON batching), the rest our reading.
    pub(crate) fn failed_dependency() -> Self {
        Self::directory(
            424,
            "FailedDependency",
            "The request was not executed because a request it depends on has failed.",
        )
    }

    /// The body of the refusal.
    pub(crate) fn body(&self, arrival: &Arrival) -> Value {
        let request_id = arrival.request_id.to_string();
        let client_request_id = arrival
            .client_request_id
            .clone()
            .unwrap_or_else(|| request_id.clone());
        let date = second_precision(arrival.now);
        let inner = match self.inner {
            Inner::Ids => {
                json!({"date": date, "request-id": request_id, "client-request-id": client_request_id})
            }
            Inner::Message => json!({
                "message": self.message,
                "date": date,
                "request-id": request_id,
                "client-request-id": client_request_id,
            }),
            Inner::Throttled => json!({
                "code": self.status.to_string(),
                "date": date,
                "message": "Please retry after",
                "request-id": request_id,
                "client-request-id": client_request_id,
                "status": self.status.to_string(),
            }),
        };
        json!({"error": {"code": self.code, "message": self.message, "innerError": inner}})
    }
}

/// The form of `innerError.date`: UTC to the second, without an offset.
fn second_precision(now: OffsetDateTime) -> String {
    let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    now.to_offset(time::UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}
