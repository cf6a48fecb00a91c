//! A reply before it is known whether it travels alone or inside a batch.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::arrival::Arrival;
use super::error::GraphError;
use crate::simulator::Response;

/// The content type Graph gives its JSON.
const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Which server answered, for Microsoft's support (Graph: best practices).
const SERVER: &str = r#"{"ServerInfo":{"DataCenter":"Northgate","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"SIMULATOR01"}}"#;

/// Status, headers and body.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
    /// What the request did to the tenant; `None` where an address does not say, as reads.
    pub(crate) effect: Option<Effect>,
}

/// What a write did to the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Something is different from before, even if the reply is a refusal.
    Changed,
    /// Everything was so already.
    Nothing,
    /// A pass took the place of one that could have been used, now or later.
    ReplacedUsablePass,
}

impl Effect {
    pub(crate) fn of(changed: bool) -> Self {
        if changed {
            Self::Changed
        } else {
            Self::Nothing
        }
    }
}

#[derive(Debug, Clone)]
enum Body {
    Empty,
    Json(Value),
    /// JSON that is written out already.
    Written(String),
    Text(String),
    /// Written out late, because its ids belong to the request.
    Error(GraphError),
    /// The same, as the back end of the authentication methods says it at times.
    Foreign(GraphError),
}

impl Reply {
    pub(crate) fn no_content() -> Self {
        Self::empty(204)
    }

    /// A reply without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Empty,
            effect: None,
        }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(body),
            effect: None,
        }
    }

    /// A reply whose JSON is written out already.
    pub(crate) fn written_json(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Written(body),
            effect: None,
        }
    }

    pub(crate) fn text(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Text(body),
            effect: None,
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// The same refusal in a body that is no `OData` error (observed; the status is our reading).
    pub(crate) fn with_foreign_body(mut self) -> Self {
        self.body = match self.body {
            Body::Error(error) => Body::Foreign(error),
            other => other,
        };
        self
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn content_type(&self) -> Option<&'static str> {
        match self.body {
            Body::Empty => None,
            Body::Json(_) | Body::Written(_) => Some(JSON),
            Body::Text(_) => Some("text/plain"),
            Body::Error(_) => Some("application/json"),
            Body::Foreign(_) => Some("application/json; charset=utf-8"),
        }
    }

    /// Whether the body is what `OData` describes.
    fn is_odata(&self) -> bool {
        matches!(self.body, Body::Json(_) | Body::Written(_))
    }

    /// The reply as an HTTP response of its own.
    pub(crate) fn into_response(self, arrival: &Arrival) -> Response {
        let mut headers: Vec<(String, String)> = vec![
            (
                "Date".to_owned(),
                httpdate::fmt_http_date(arrival.now.into()),
            ),
            ("request-id".to_owned(), arrival.request_id.to_string()),
            ("Cache-Control".to_owned(), "no-cache".to_owned()),
            ("x-ms-ags-diagnostic".to_owned(), SERVER.to_owned()),
        ];
        if let Some(id) = &arrival.client_request_id {
            headers.push(("client-request-id".to_owned(), id.clone()));
        }
        if let Some(kind) = self.content_type() {
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        if self.is_odata() {
            headers.push(("OData-Version".to_owned(), "4.0".to_owned()));
        }
        headers.extend(
            self.headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let body = match self.body {
            Body::Empty => Vec::new(),
            Body::Json(value) => value.to_string().into_bytes(),
            Body::Written(text) | Body::Text(text) => text.into_bytes(),
            Body::Error(error) => error.body(arrival).to_string().into_bytes(),
            Body::Foreign(_) => foreign().to_string().into_bytes(),
        };
        Response {
            status: self.status,
            headers,
            body,
        }
    }

    /// The rule of Graph that the request broke, if that is why it is refused.
    pub(crate) fn broken_rule(&self) -> Option<&'static str> {
        match &self.body {
            Body::Error(error) | Body::Foreign(error) => error.rule(),
            _ => None,
        }
    }

    /// The reply as one member of a batch's `responses` (Graph: JSON batching). A reply without a
    /// body has no `body` member; text travels as base64. Written out by hand, as this is where a
    /// simulator under load spends its time.
    pub(crate) fn into_inner(self, id: &str, arrival: &Arrival) -> String {
        let mut text = String::with_capacity(512);
        text.push_str("{\"id\":");
        push_text(&mut text, id);
        text.push_str(",\"status\":");
        text.push_str(&self.status.to_string());
        text.push_str(",\"headers\":{\"Cache-Control\":\"no-cache\"");
        let kind = self.content_type().map(|kind| ("Content-Type", kind));
        let version = self.is_odata().then_some(("OData-Version", "4.0"));
        let own = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        for (name, value) in kind.into_iter().chain(version).chain(own) {
            text.push(',');
            push_text(&mut text, name);
            text.push(':');
            push_text(&mut text, value);
        }
        text.push('}');
        let body = match self.body {
            Body::Empty => None,
            Body::Json(value) => Some(value.to_string()),
            Body::Written(written) => Some(written),
            Body::Text(plain) => Some(format!("\"{}\"", STANDARD.encode(plain))),
            Body::Error(error) => Some(error.body(arrival).to_string()),
            Body::Foreign(_) => Some(foreign().to_string()),
        };
        if let Some(body) = body {
            text.push_str(",\"body\":");
            text.push_str(&body);
        }
        text.push('}');
        text
    }
}

/// Adds a JSON string with its quotes.
fn push_text(text: &mut String, value: &str) {
    let plain = value
        .bytes()
        .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if plain {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&Value::from(value).to_string());
    }
}

/// As recorded, shortened.
fn foreign() -> Value {
    json!({
        "Message": "No HTTP resource was found that matches the request URI \
                    'https://mface.windowsazure.com/odata/users/phoneMethods'.",
        "MessageDetail": "No route data was found for this request.",
    })
}

impl From<GraphError> for Reply {
    fn from(error: GraphError) -> Self {
        Self {
            status: error.status,
            headers: Vec::new(),
            body: Body::Error(error),
            effect: None,
        }
    }
}
