//! A reply before it is known whether it travels alone or inside a batch.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::arrival::Arrival;
use super::error::GraphError;
use crate::simulator::Response;

/// The content type Graph gives its JSON.
const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Status, headers and body.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
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
        }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(body),
        }
    }

    /// A reply whose JSON is written out already.
    pub(crate) fn written_json(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Written(body),
        }
    }

    pub(crate) fn text(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Text(body),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
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
        }
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
        ];
        if let Some(id) = &arrival.client_request_id {
            headers.push(("client-request-id".to_owned(), id.clone()));
        }
        if let Some(kind) = self.content_type() {
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        if self.status == 401 {
            headers.push((
                "WWW-Authenticate".to_owned(),
                "Bearer realm=\"\"".to_owned(),
            ));
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
            Body::Error(error) => error.rule(),
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
        let own = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        for (name, value) in kind.into_iter().chain(own) {
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

impl From<GraphError> for Reply {
    fn from(error: GraphError) -> Self {
        Self {
            status: error.status,
            headers: Vec::new(),
            body: Body::Error(error),
        }
    }
}
