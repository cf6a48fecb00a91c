//! For tests: plays replies to a conversation and writes down what it says.

use super::{Conversation, ItemId, NewItem, Settlement, Step};
use crate::engine::{Answer, Body, Reply, Throttle};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

/// When everything is sent.
pub(super) const NOW: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);

/// An answer with a JSON body.
pub(super) fn answer(status: u16, body: Value) -> Reply {
    let body = if body.is_null() {
        Body::Empty
    } else {
        Body::Json(body)
    };
    Reply::Answer(Answer {
        status,
        retry_after: None,
        request_id: None,
        throttle: Throttle::default(),
        body,
    })
}

/// An answer with one of Graph's errors.
pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
    answer(status, json!({"error": {"code": code, "message": message}}))
}

/// No answer.
pub(super) fn lost() -> Reply {
    Reply::Unknown("connection reset".to_owned())
}

/// Plays `replies` to a conversation, from its start, or from a write of an earlier process if
/// there was one. Each line is a call or an ending; parts of a divided conversation are left at
/// their first call.
pub(super) fn play(mut conversation: Box<dyn Conversation>, replies: Vec<Reply>) -> Vec<String> {
    let mut said = Vec::new();
    let mut replies = replies.into_iter();
    let mut step = if conversation.was_sent() {
        conversation.hear(Reply::Unknown("the program ended".to_owned()))
    } else {
        conversation.start()
    };
    loop {
        step = match step {
            Step::Call(operation) => {
                if operation.writes() {
                    conversation.sending(NOW);
                }
                let body = operation
                    .body
                    .map(|body| format!(" {body}"))
                    .unwrap_or_default();
                let delay = match operation.delay {
                    Duration::ZERO => String::new(),
                    delay => format!(" after {delay:?}"),
                };
                said.push(format!(
                    "{} {}{body}{delay}",
                    operation.method.as_str(),
                    operation.path
                ));
                match replies.next() {
                    Some(reply) => conversation.hear(reply),
                    None => return said,
                }
            }
            Step::Settle(items) => {
                said.extend(
                    items
                        .iter()
                        .map(|(item, settlement)| ending(*item, settlement)),
                );
                break;
            }
            Step::Found { items, then } => {
                said.extend(
                    items
                        .iter()
                        .map(|(item, settlement)| found(item, settlement.as_ref())),
                );
                *then
            }
            Step::Expanded => {
                said.push("expanded".to_owned());
                break;
            }
            Step::Divide(parts) => {
                said.extend(parts.into_iter().flat_map(|part| play(part, Vec::new())));
                break;
            }
        };
    }
    assert_eq!(replies.next(), None, "more replies than calls");
    said
}

fn ending(item: ItemId, settlement: &Settlement) -> String {
    let action = settlement.action.map_or("-", super::Action::as_str);
    let mut text = format!("{}: {} {action}", item.0, settlement.outcome.as_str());
    let status = settlement
        .http_status
        .map(|status| status.to_string())
        .unwrap_or_default();
    let findings = settlement
        .findings
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let secret = settlement
        .secret
        .iter()
        .map(|secret| format!("secret={}", secret.expose_secret()));
    let mut parts = vec![
        status,
        settlement.error_code.clone(),
        settlement.error_message.clone(),
    ];
    parts.extend(findings.chain(secret));
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text.push_str(" | ");
        text.push_str(part);
    }
    text
}

fn found(item: &NewItem, settlement: Option<&Settlement>) -> String {
    let fields: Vec<&str> = item
        .fields
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    let content: Value = serde_json::from_str(&item.content).unwrap();
    let kind = content
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let ending = match settlement {
        None => "waits".to_owned(),
        Some(settlement) => format!(
            "{} {}",
            settlement.outcome.as_str(),
            settlement.error_message
        ),
    };
    format!("found {kind} {}: {}", fields.join(" "), ending.trim())
}
