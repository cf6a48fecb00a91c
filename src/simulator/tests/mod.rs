//! The simulator as a client sees it.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use super::{Answer, Delivery, Request, Response, Scenario, Simulator};

mod applications;
mod assertions;
mod batches;
mod client;
mod collisions;
mod delta;
mod determinism;
mod device_codes;
mod directory;
mod effects;
mod faults;
mod gate;
mod groups;
mod https;
mod inspecting;
mod lags;
mod member_links;
mod memberships;
mod passes;
mod permissions;
mod phones;
mod policies;
mod readings;
mod rules;
mod sample_files;
mod serving;
mod sign_in;
mod sign_in_with_pass;
mod sms_sign_in;
mod throttling;
mod timing;
mod users;
mod wire;

/// When every test begins.
const START: OffsetDateTime = datetime!(2026-03-02 08:00 UTC);

/// A scenario without limits worth speaking of, in which writers never meet.
const UNLIMITED: &str = "
    [service]
    concurrency_violations = 0.0
    [limits.directory]
    units = 4000000
    writes = 4000000
    tenant_writes = 4000000
    application_units = 4000000
    application_writes = 4000000
    [limits.authentication_methods]
    requests = 4000000
    per_seconds = 1
";

/// A client with a clock of its own, which moves only when told.
struct Caller {
    simulator: Simulator,
    now: OffsetDateTime,
}

impl Caller {
    fn new() -> Self {
        Self::with(UNLIMITED)
    }

    fn with(scenario: &str) -> Self {
        let scenario = Scenario::from_toml(scenario).unwrap().opened();
        Self {
            simulator: Simulator::new(&scenario),
            now: START,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Seen {
        Seen::from(self.ask(method, path, body).response)
    }

    /// What the service does, before it is looked at as a reply of Graph.
    fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut headers = vec![
            ("Host".to_owned(), "graph.microsoft.com".to_owned()),
            ("Authorization".to_owned(), "Bearer of-anything".to_owned()),
        ];
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let request = Request {
            method: method.to_owned(),
            path_and_query: format!("/v1.0{path}"),
            headers,
            body: body
                .map(|body| body.to_string().into_bytes())
                .unwrap_or_default(),
            ..Request::default()
        };
        self.simulator.answer(&request, self.now)
    }

    fn get(&mut self, path: &str) -> Seen {
        self.send("GET", path, None)
    }

    /// A GET with `ConsistencyLevel: eventual`.
    fn eventual(&mut self, path: &str) -> Seen {
        let request = Request {
            method: "GET".to_owned(),
            path_and_query: format!("/v1.0{path}"),
            headers: vec![
                ("Authorization".to_owned(), "Bearer of-anything".to_owned()),
                ("ConsistencyLevel".to_owned(), "eventual".to_owned()),
            ],
            ..Request::default()
        };
        Seen::from(self.simulator.answer(&request, self.now).response)
    }

    fn post(&mut self, path: &str, body: &Value) -> Seen {
        self.send("POST", path, Some(body))
    }

    fn patch(&mut self, path: &str, body: &Value) -> Seen {
        self.send("PATCH", path, Some(body))
    }

    fn delete(&mut self, path: &str) -> Seen {
        self.send("DELETE", path, None)
    }

    fn batch(&mut self, requests: &Value) -> Seen {
        self.post("/$batch", &json!({"requests": requests}))
    }

    fn inspect(&mut self, what: &str) -> Value {
        serde_json::from_str(&self.inspect_text(what)).unwrap()
    }

    fn inspect_text(&mut self, what: &str) -> String {
        let (status, body) = self.inspection("GET", what, "");
        assert_eq!(status, 200);
        body
    }

    /// Status and body of a request outside of Graph.
    fn inspection(&mut self, method: &str, what: &str, body: &str) -> (u16, String) {
        let request = Request {
            method: method.to_owned(),
            path_and_query: format!("/_simulator/{what}"),
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        let response = self.simulator.answer(&request, self.now).response;
        (response.status, String::from_utf8(response.body).unwrap())
    }

    /// A user as the inspection shows it, by its place: 0 to 9 head office, 10 to 15 guests.
    fn user(&mut self, place: usize) -> Value {
        self.inspect("tenant")["users"][place].clone()
    }

    /// The address of a frontline worker.
    fn worker(&mut self, number: usize) -> String {
        let user = self.user(16 + number);
        format!("/users/{}", user["userPrincipalName"].as_str().unwrap())
    }

    /// How many groups there are.
    fn groups(&mut self) -> usize {
        self.inspect("tenant")["groups"].as_array().unwrap().len()
    }

    /// The id of the first group of that name.
    fn group(&mut self, name: &str) -> String {
        let tenant = self.inspect("tenant");
        let groups = tenant["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["displayName"] == name);
        group.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The ids of a group's members.
    fn members(&mut self, id: &str) -> Vec<String> {
        let tenant = self.inspect("tenant");
        let groups = tenant["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["id"] == id).unwrap();
        let members = group["members"].as_array().unwrap();
        members
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect()
    }
}

/// What comes after the version root in a link.
fn path_of(link: &str) -> Option<String> {
    let root = "https://graph.microsoft.com/v1.0";
    Some(link.strip_prefix(root)?.to_owned())
}

/// A response with its body read.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl From<Response> for Seen {
    #[track_caller]
    fn from(response: Response) -> Self {
        let text = String::from_utf8(response.body).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let seen = Self {
            status: response.status,
            headers: response.headers,
            body,
        };
        // What holds for every reply is checked in every test.
        for name in ["request-id", "Date"] {
            assert!(seen.header(name).is_some(), "{name} is missing");
        }
        assert_eq!(seen.status == 204, seen.header("Content-Type").is_none());
        let is_foreign = seen.body.get("MessageDetail").is_some();
        if seen.status >= 400 && !is_foreign {
            let inner = &seen.body["error"]["innerError"];
            assert_eq!(inner["request-id"].as_str(), seen.header("request-id"));
            assert_eq!(
                inner["date"].as_str().unwrap().len(),
                "2026-03-02T08:00:00".len()
            );
        }
        seen
    }
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        super::protocol::arrival::header(&self.headers, name)
    }

    #[track_caller]
    fn succeeds(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Checks status, code and the beginning of the message.
    #[track_caller]
    fn fails(&self, status: u16, code: &str, message: &str) {
        let error = &self.body["error"];
        assert_eq!(
            (self.status, error["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert!(
            error["message"].as_str().unwrap().starts_with(message),
            "{}",
            self.body
        );
    }

    /// The ids in a collection.
    #[track_caller]
    fn ids(&self) -> Vec<String> {
        let value = self.body["value"].as_array().unwrap();
        let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
        value.iter().map(id).collect()
    }

    /// The path of the next page.
    fn next(&self) -> Option<String> {
        path_of(self.body["@odata.nextLink"].as_str()?)
    }

    /// The reply of one request of a batch.
    #[track_caller]
    fn part(&self, id: &str) -> Value {
        let parts = self.body["responses"].as_array().unwrap();
        parts.iter().find(|part| part["id"] == id).unwrap().clone()
    }
}
