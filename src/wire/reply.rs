//! The reply to a batch, read with everything that can be wrong with it.

use super::request::id_at;
use super::{retry_after, throttle};
use crate::engine::{Answer, Body, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// What came back over HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// Headers; their names may have any case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A body may hold passes.
impl std::fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpReply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl HttpReply {
    /// The service's own time, if it says so (RFC 9110, `Date`); to the second, so up to one too
    /// early.
    pub fn date(&self) -> Option<OffsetDateTime> {
        let date = header(&self.headers, "date")?;
        Some(httpdate::parse_http_date(date).ok()?.into())
    }
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Value>,
}

/// What a reply to a batch says.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchReply {
    /// A reply for each operation, in the order of the operations.
    Each(Vec<Reply>),
    /// The service did not take the batch, and nothing of it ran.
    Refused(Answer),
}

/// Reads the reply to a batch of `count` operations.
///
/// - 200: each inner reply counts for itself; order means nothing, and one that is missing or makes
///   no sense is *unknown*, never a success.
/// - 5xx, 408, or a body that cannot be read: nobody knows what ran, so all are *unknown*.
/// - 401 and 429: nothing ran, and each operation was told so.
/// - Any other status is about the batch, not about what is in it.
pub fn decode(count: usize, reply: &HttpReply, received_at: OffsetDateTime) -> BatchReply {
    let all = |reply: Reply| BatchReply::Each(vec![reply; count]);
    match reply.status {
        200..=299 => match serde_json::from_slice::<Responses>(&reply.body) {
            Ok(Responses { responses }) => BatchReply::Each(inner(count, responses, received_at)),
            Err(_) => all(Reply::Unknown(
                "the reply to the batch could not be read".to_owned(),
            )),
        },
        408 | 500..=599 => {
            let answer = outer_answer(reply, received_at);
            let lost = Reply::Unknown(format!(
                "the service answered the batch with {}",
                reply.status
            ));
            all(if answer.is_after_all_unknown() {
                Reply::Answer(answer)
            } else {
                lost
            })
        }
        401 | 429 => all(Reply::Answer(outer_answer(reply, received_at))),
        _ => BatchReply::Refused(outer_answer(reply, received_at)),
    }
}

fn outer_answer(reply: &HttpReply, received_at: OffsetDateTime) -> Answer {
    Answer {
        status: reply.status,
        retry_after: header(&reply.headers, "retry-after")
            .and_then(|text| retry_after::parse(text, received_at)),
        request_id: header(&reply.headers, "request-id").map(str::to_owned),
        throttle: throttle::read(|name| header(&reply.headers, name).map(str::to_owned)),
        body: outer_body(&reply.body),
    }
}

fn inner(count: usize, responses: Vec<Value>, received_at: OffsetDateTime) -> Vec<Reply> {
    let mut replies: Vec<Option<Reply>> = vec![None; count];
    for response in responses {
        let Some((id, reply)) = inner_reply(response, received_at) else {
            continue;
        };
        let place = id.parse().ok().filter(|place| id_at(*place) == id);
        let Some(slot) = place.and_then(|place: usize| replies.get_mut(place)) else {
            continue;
        };
        *slot = Some(match slot.take() {
            Some(first) if first != reply => Reply::Unknown(
                "the batch came back with two different replies to this request".to_owned(),
            ),
            _ => reply,
        });
    }
    let missing = "the batch came back without a reply to this request";
    let known = |reply: Option<Reply>| reply.unwrap_or_else(|| Reply::Unknown(missing.to_owned()));
    replies.into_iter().map(known).collect()
}

/// Ids may come back as text or as numbers; they are compared without case, and ours are digits.
fn inner_reply(response: Value, received_at: OffsetDateTime) -> Option<(String, Reply)> {
    let Value::Object(mut response) = response else {
        return None;
    };
    let id = match response.get("id")? {
        Value::String(id) => id.trim().to_owned(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let status = response.get("status").and_then(as_status);
    let Some(status) = status else {
        return Some((
            id,
            Reply::Unknown("the reply to this request has no status".to_owned()),
        ));
    };
    let headers = match response.remove("headers") {
        Some(Value::Object(headers)) => headers,
        _ => Map::new(),
    };
    let body = inner_body(response.remove("body"));
    let request_id = inner_header(&headers, "request-id").or_else(|| request_id_in(&body));
    let retry_after = inner_header(&headers, "retry-after")
        .and_then(|text| retry_after::parse(&text, received_at));
    Some((
        id,
        Reply::Answer(Answer {
            status,
            retry_after,
            request_id,
            throttle: throttle::read(|name| inner_header(&headers, name)),
            body,
        }),
    ))
}

fn as_status(value: &Value) -> Option<u16> {
    let status = value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    u16::try_from(status)
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// A body that is no JSON object comes as base64 text.
fn inner_body(body: Option<Value>) -> Body {
    match body {
        None | Some(Value::Null) => Body::Empty,
        Some(Value::String(text)) => match STANDARD
            .decode(&text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
        {
            Some(decoded) => Body::Text(decoded),
            None => Body::Text(text),
        },
        Some(json) => Body::Json(json),
    }
}

fn outer_body(body: &[u8]) -> Body {
    match serde_json::from_slice(body) {
        Ok(json) => Body::Json(json),
        Err(_) if body.is_empty() => Body::Empty,
        Err(_) => Body::Text(String::from_utf8_lossy(body).into_owned()),
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn inner_header(headers: &Map<String, Value>, name: &str) -> Option<String> {
    let (_, value) = headers
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Errors name the request in their body; case of the member differs between workloads.
fn request_id_in(body: &Body) -> Option<String> {
    let Body::Json(body) = body else { return None };
    let error = body.get("error")?;
    let inner = error
        .get("innerError")
        .or_else(|| error.get("innererror"))?;
    Some(inner.get("request-id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests;
