//! What came back for one operation.

use super::Throttle;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What came back for one operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The service answered.
    Answer(Answer),
    /// It certainly never reached the service: no connection, no socket. The reason is for people.
    Unsent(String),
    /// The service answered a later try of a write of which an earlier try may have taken effect:
    /// what it says now does not tell what the tenant holds.
    Doubtful(Answer),
    /// It was sent, and no usable answer arrived: it may have taken effect. The reason is for
    /// people.
    Unknown(String),
}

impl Reply {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Doubtful(_) | Self::Unsent(_) | Self::Unknown(_) => None,
        }
    }

    /// Why nobody knows whether the request took effect; `None` where the answer says so.
    pub fn lost(&self) -> Option<String> {
        match self {
            Self::Unsent(why) | Self::Unknown(why) => Some(why.clone()),
            Self::Doubtful(answer) => {
                let error = answer.error();
                let said = format!("{} {} {}", answer.status, error.code, error.message);
                Some(format!(
                    "an earlier try was lost, and a later one was answered: {}",
                    said.trim()
                ))
            }
            Self::Answer(answer) if answer.is_after_all_unknown() => {
                Some(format!("the service answered {}", answer.status))
            }
            Self::Answer(_) => None,
        }
    }

    /// The answer that says what happened, or why nobody knows.
    pub fn into_answer(self) -> Result<Answer, String> {
        match (self.lost(), self) {
            (None, Self::Answer(answer)) => Ok(answer),
            (why, _) => Err(why.unwrap_or_default()),
        }
    }

    /// The same, where an earlier try may have taken effect.
    #[must_use]
    pub fn after_doubt(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Doubtful(answer),
            Self::Unsent(why) => Self::Unknown(why),
            Self::Doubtful(_) | Self::Unknown(_) => self,
        }
    }

    /// Whether the service declined, so that the request certainly did nothing.
    pub fn is_refusal(&self) -> bool {
        self.lost().is_none() && self.answer().is_some_and(|answer| !answer.is_success())
    }

    /// Whether the request reached the service and may have taken effect unseen.
    pub fn is_in_doubt(&self) -> bool {
        !matches!(self, Self::Unsent(_)) && self.lost().is_some()
    }
}

/// The service's answer to one operation.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long the service asked us to stay away.
    pub retry_after: Option<Duration>,
    /// The service's name for this request, which its support asks for.
    pub request_id: Option<String>,
    /// What it said about its limits.
    pub throttle: Throttle,
    /// What it sent.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// None, as with 204.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else, as text.
    Text(String),
}

/// What the service says went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// A word for programs, such as `Request_BadRequest`; its case differs between workloads.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Answer {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether it says that something broke, which may have been after the request took effect
    /// (observed of 503 and 504).
    pub fn is_after_all_unknown(&self) -> bool {
        matches!(self.status, 408 | 500 | 502..=504)
    }

    /// A text member of a JSON body.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.json()?.get(member)?.as_str()
    }

    /// The JSON body.
    pub fn json(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(value) => Some(value),
            Body::Empty | Body::Text(_) => None,
        }
    }

    /// What went wrong, read from any of the bodies that Graph is known to send.
    ///
    /// The usual one is `{"error": {"code", "message"}}` (Graph: error responses); the
    /// authentication methods' backend has been seen to answer `{"Message", "MessageDetail"}`, and
    /// a proxy answers with a page.
    pub fn error(&self) -> ServiceError {
        match &self.body {
            Body::Empty => ServiceError::default(),
            Body::Text(page) => ServiceError {
                code: String::new(),
                message: first_line(page),
            },
            Body::Json(body) => error_in(body),
        }
    }

    /// Whether the service's message holds `fragment`, ignoring case.
    ///
    /// Messages are no contract (Graph: error responses), but some causes can be told apart by
    /// nothing else.
    pub fn says(&self, fragment: &str) -> bool {
        self.error()
            .message
            .to_lowercase()
            .contains(&fragment.to_lowercase())
    }
}

/// A body may hold a pass, so it is never printed.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("request_id", &self.request_id)
            .field("throttle", &self.throttle)
            .finish_non_exhaustive()
    }
}

/// Says of which kind it is and nothing of what is in it.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json(..)",
            Self::Text(_) => "Text(..)",
        })
    }
}

fn error_in(body: &Value) -> ServiceError {
    let text = |value: &Value, member: &str| {
        value
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(error) = body.get("error") {
        return ServiceError {
            code: text(error, "code"),
            message: text(error, "message"),
        };
    }
    let message = ["Message", "MessageDetail"]
        .map(|member| text(body, member))
        .join(" ");
    ServiceError {
        code: String::new(),
        message: message.trim().to_owned(),
    }
}

/// As much of a page as fits into one cell.
fn first_line(page: &str) -> String {
    const LONGEST: usize = 200;
    page.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(body: Body) -> (String, String) {
        let error = Answer {
            status: 400,
            retry_after: None,
            request_id: None,
            throttle: Throttle::default(),
            body,
        }
        .error();
        (error.code, error.message)
    }

    #[test]
    fn every_known_error_body_is_understood() {
        let expect = |code: &str, message: &str| (code.to_owned(), message.to_owned());
        assert_eq!(
            said(Body::Json(json!({"error": {"code": "c", "message": "m"}}))),
            expect("c", "m")
        );
        assert_eq!(
            said(Body::Json(json!({"Message": "m", "MessageDetail": "d"}))),
            expect("", "m d")
        );
        assert_eq!(said(Body::Json(json!({"Message": "m"}))), expect("", "m"));
        assert_eq!(said(Body::Json(json!([1]))), expect("", ""));
        assert_eq!(said(Body::Json(json!({"error": "text"}))), expect("", ""));
        assert_eq!(
            said(Body::Text("\n <html>Bad gateway\n".to_owned())),
            expect("", "<html>Bad gateway")
        );
        assert_eq!(said(Body::Empty), expect("", ""));
    }

    #[test]
    fn debug_output_never_shows_a_body() {
        let body = Body::Json(json!({"temporaryAccessPass": "nc+&G=xw"}));
        let reply = Reply::Answer(Answer {
            status: 201,
            retry_after: None,
            request_id: None,
            throttle: Throttle::default(),
            body,
        });
        assert!(!format!("{reply:?}").contains("nc+"));
    }
}
