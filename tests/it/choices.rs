//! Anything a service could answer and a run file could hold, made of bytes: proptest chooses them
//! here, and libFuzzer in `tests/fuzz`.

use bulkgraph::engine::{Answer, Body, Reply, Throttle};
use serde_json::{Value, json};

pub(crate) const ROOT: &str = "https://graph.example/v1.0";
pub(crate) const USER: &str = "ana@halden.example";
pub(crate) const SOURCE: &str = "aaaaaaaa-0000-0000-0000-000000000001";
pub(crate) const DESTINATION: &str = "bbbbbbbb-0000-0000-0000-000000000002";

/// What jobs look for in answers and run files.
const WORDS: [&str; 40] = [
    "",
    "phoneNumberNotUnique",
    "added object references already exist",
    "objects being referenced don't exist",
    "Directory_ConcurrencyViolation",
    "concurrent requests",
    "Request_BadRequest",
    SOURCE,
    DESTINATION,
    "cccccccc-0000-0000-0000-000000000003",
    "named for bbbbbbbb-0000-0000-0000-000000000002",
    "+1 5555550100",
    "+1 5555550111",
    "+1 XXXXXXXX00",
    "mobile",
    "office",
    "3179e48a-750b-4051-897c-87b9720928f7",
    "ready",
    "notAllowedByPolicy",
    "EnabledByPolicy",
    "NotYetValid",
    "Expired",
    "2026-11-20T09:00:01.5026721Z",
    "2026-11-19T09:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00+23:59",
    "nc+&G=xw",
    "#microsoft.graph.user",
    "#microsoft.graph.group",
    "Unified",
    "DynamicMembership",
    "https://graph.example/v1.0/groups/x/members?$skiptoken=1",
    "https://graph.example/v1.0/groups/x/members?$skiptoken=2",
    "https://evil.example/v1.0/groups/x/members",
    "keep",
    "replace",
    "SE",
    "480",
    "9223372036854775807",
    "\u{0}\r\n\u{1b}[31m\u{1f}\u{130}\u{fdfa}'/../%23",
];

const STATUSES: [u16; 16] = [
    200, 201, 204, 302, 400, 401, 403, 404, 408, 409, 423, 429, 500, 503, 504, 507,
];

/// Decisions, each made by a byte; when there are no more, always for the first.
#[derive(Debug)]
pub(crate) struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    pub(crate) fn are_made(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % count
    }

    pub(crate) fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn text(&mut self) -> String {
        match self.below(WORDS.len() + 1) {
            word if word < WORDS.len() => WORDS[word].to_owned(),
            _ => {
                let length = self.below(8);
                let bytes: Vec<u8> = self.0.by_ref().take(length).copied().collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }

    pub(crate) fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.yes()),
            2 => json!(self.text()),
            3 => json!(self.of(&[0, -1, 60, 600, 4_294_967_296, i64::MAX, i64::MIN])),
            4 => json!(self.of(&[0.5, -1e300])),
            5 => json!([self.text()]),
            6 => json!([self.json(depth - 1), self.json(depth - 1)]),
            _ => {
                let mut object = json!({});
                object[self.text()] = self.json(depth - 1);
                object
            }
        }
    }

    /// The same object, or with something else in some of its members.
    pub(crate) fn changed(&mut self, mut object: Value) -> Value {
        for _ in 0..self.below(3) {
            let Some(members) = object.as_object_mut() else {
                break;
            };
            let place = self.below(members.len().max(1));
            if let Some((_, member)) = members.iter_mut().nth(place) {
                *member = self.json(2);
            }
        }
        object
    }

    /// What came back for an operation.
    pub(crate) fn reply(&mut self) -> Reply {
        match self.below(8) {
            0 => Reply::Unknown(self.text()),
            1 => Reply::Unsent(self.text()),
            2 => Reply::Doubtful(self.answer()),
            _ => Reply::Answer(self.answer()),
        }
    }

    fn answer(&mut self) -> Answer {
        Answer {
            status: self.of(&STATUSES),
            retry_after: None,
            request_id: None,
            throttle: Throttle::default(),
            body: self.body(),
        }
    }

    fn body(&mut self) -> Body {
        let list = |choices: &mut Self| -> Vec<Value> {
            (0..choices.below(4)).map(|_| choices.object()).collect()
        };
        Body::Json(match self.below(8) {
            0 => return Body::Empty,
            1 => return Body::Text(self.text()),
            2 => json!({"error": {"code": self.text(), "message": self.text()}}),
            3 => json!({"Message": self.text(), "MessageDetail": self.text()}),
            4 => self.object(),
            5 => json!({"value": list(self)}),
            6 => json!({"value": list(self), "@odata.nextLink": self.text()}),
            _ => self.json(3),
        })
    }

    /// Something that the service may speak of.
    fn object(&mut self) -> Value {
        let object = match self.below(4) {
            0 => json!({
                "id": "3179e48a-750b-4051-897c-87b9720928f7", "phoneNumber": "+1 5555550100",
                "phoneType": "mobile", "smsSignInState": "ready",
            }),
            1 => json!({
                "id": "pass", "temporaryAccessPass": "nc+&G=xw", "isUsable": true,
                "createdDateTime": "2026-11-20T09:00:01Z", "startDateTime": "2026-11-20T09:00:01Z",
                "lifetimeInMinutes": 60, "isUsableOnce": false,
                "methodUsabilityReason": "EnabledByPolicy",
            }),
            2 => json!({
                "id": self.of(&[SOURCE, DESTINATION]), "displayName": "Crew", "groupTypes": [],
                "mailEnabled": false, "securityEnabled": true,
            }),
            _ => json!({
                "id": format!("cccccccc-0000-0000-0000-{:012}", self.below(256)),
                "@odata.type": "#microsoft.graph.user", "displayName": "Ana",
            }),
        };
        self.changed(object)
    }
}
