//! A server for each test, and the vocabulary of the tests.

use bulkgraph::simulator::{Running, Scenario, spawn};
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::net::SocketAddr;

use crate::http::{Answer, Call};

/// Answers come at once where a test does not say otherwise.
const AT_ONCE: &str = "service.latency_ms = 0\nservice.jitter_ms = 0\n";
/// Every token opens the tenant; only the tests about signing in are particular.
const OPEN: &str = "sign_in.open = true\n";
/// Only the tests about it are throttled.
const UNTHROTTLED: &str = "limits.authentication_methods.burst = 100000\n";

/// The place of the first guest and the first frontline worker among the users.
const GUESTS: usize = 10;
const FRONTLINE: usize = 16;

/// The ids that phone methods have for every user.
pub(crate) const MOBILE: &str = "3179e48a-750b-4051-897c-87b9720928f7";
pub(crate) const ALTERNATE_MOBILE: &str = "b6332ec1-7057-4abe-9331-3d72feddfe41";
pub(crate) const OFFICE: &str = "e37fc753-ff3b-4958-9484-eaa9425c82bc";

/// An id that nothing has.
pub(crate) const NOBODY: &str = "00000000-dead-4bad-8bad-000000000000";

/// A tenant with a server of its own; it ends with the test.
#[derive(Debug)]
pub(crate) struct Tenant {
    running: Running,
    /// Who is who, which does not change.
    first_shown: OnceCell<Value>,
}

impl Tenant {
    /// The sample tenant.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// The sample tenant with that scenario, in dotted keys.
    #[track_caller]
    pub(crate) fn with(keys: &str) -> Self {
        Self::limited(&format!("{UNTHROTTLED}{keys}"))
    }

    /// The same, with the limits as they are or as the keys say.
    #[track_caller]
    pub(crate) fn limited(keys: &str) -> Self {
        Self::spawned(&format!("{OPEN}{keys}"))
    }

    /// The same, opening for tokens of its own only.
    #[track_caller]
    pub(crate) fn guarded(keys: &str) -> Self {
        Self::spawned(&format!("{UNTHROTTLED}{keys}"))
    }

    #[track_caller]
    fn spawned(keys: &str) -> Self {
        let pace = if keys.contains("latency_ms") {
            ""
        } else {
            AT_ONCE
        };
        let scenario = Scenario::from_toml(&format!("{pace}{keys}"))
            .unwrap_or_else(|error| panic!("the scenario `{keys}` is not understood: {error}"));
        Self {
            running: spawn(&scenario).unwrap(),
            first_shown: OnceCell::new(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// A request to any address of the server.
    pub(crate) fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address(), method, target)
    }

    /// A request below the version root `/v1.0`.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Call {
        self.call(method, &format!("/v1.0{path}"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send()
    }

    /// A query over the whole directory, which asks for this header.
    pub(crate) fn get_eventual(&self, path: &str) -> Answer {
        let call = self.ask("GET", path);
        call.header("ConsistencyLevel", "eventual").send()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path).json(body).send()
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path).json(body).send()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path).send()
    }

    /// Follows a `nextLink` or `deltaLink`, which names the server it came from.
    #[track_caller]
    pub(crate) fn follow(&self, link: &Value) -> Answer {
        let link = link.as_str().unwrap();
        let (_, rest) = link.split_once("://").expect("an absolute address");
        self.call("GET", &rest[rest.find('/').unwrap()..]).send()
    }

    /// A batch with these items, whatever comes of it.
    pub(crate) fn send_batch(&self, requests: &Value) -> Answer {
        self.post("/$batch", &json!({"requests": requests}))
    }

    /// A batch that is answered.
    #[track_caller]
    pub(crate) fn batch(&self, requests: &Value) -> Batch {
        Batch(self.send_batch(requests).succeeds(200))
    }

    /// Moves the clock of the service.
    #[track_caller]
    pub(crate) fn advance(&self, seconds: u64) {
        let call = self.call("POST", "/_simulator/clock");
        let answer = call.json(&json!({"advance_seconds": seconds})).send();
        assert!((200..300).contains(&answer.status), "no clock: {answer:?}");
    }

    fn shown(&self) -> Value {
        let answer = self.call("GET", "/_simulator/tenant").send();
        answer.succeeds(200)
    }

    fn first_shown(&self) -> &Value {
        self.first_shown.get_or_init(|| self.shown())
    }

    /// The user at that place of the tenant.
    pub(crate) fn user(&self, place: usize) -> Value {
        self.first_shown()["users"][place].clone()
    }

    pub(crate) fn guest(&self) -> String {
        id_of(&self.user(GUESTS))
    }

    /// The id of someone at head office.
    pub(crate) fn officer(&self, number: usize) -> String {
        id_of(&self.user(number))
    }

    /// The id of a frontline worker.
    ///
    /// Every third, from 0, may sign in by text message. Workers 3, 13, 23 … and 7, 17, 27 … have a
    /// mobile, 7 an office phone too. Worker 4 has a usable pass, 8 an expired one, 24 may have none.
    pub(crate) fn worker(&self, number: usize) -> String {
        id_of(&self.user(FRONTLINE + number))
    }

    pub(crate) fn phones(&self, worker: usize) -> String {
        format!("/users/{}/authentication/phoneMethods", self.worker(worker))
    }

    pub(crate) fn passes(&self, worker: usize) -> String {
        format!(
            "/users/{}/authentication/temporaryAccessPassMethods",
            self.worker(worker)
        )
    }

    /// The id of the first group of that name.
    #[track_caller]
    pub(crate) fn group(&self, name: &str) -> String {
        id_of(group_in(self.first_shown(), name))
    }

    /// Who the members of a group are in truth, whatever lists say.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        let shown = self.shown();
        let members = group_in(&shown, name)["members"].as_array().unwrap();
        members
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect()
    }

    /// The body that adds one member; a reference names the cloud's own host.
    pub(crate) fn reference(&self, id: &str) -> Value {
        json!({"@odata.id": self.address_of(id)})
    }

    /// The body that adds several members.
    pub(crate) fn binding<'m>(&self, ids: impl IntoIterator<Item = &'m String>) -> Value {
        let links: Vec<String> = ids.into_iter().map(|id| self.address_of(id)).collect();
        json!({"members@odata.bind": links})
    }

    fn address_of(&self, id: &str) -> String {
        format!("http://{}/v1.0/directoryObjects/{id}", self.address())
    }

    /// Adds one member to a group.
    pub(crate) fn add(&self, group: &str, member: &str) -> Answer {
        let path = format!("/groups/{}/members/$ref", self.group(group));
        self.post(&path, &self.reference(member))
    }

    /// Adds members to a group, all or none.
    pub(crate) fn bind<'m>(
        &self,
        group: &str,
        members: impl IntoIterator<Item = &'m String>,
    ) -> Answer {
        let path = format!("/groups/{}", self.group(group));
        self.patch(&path, &self.binding(members))
    }
}

#[track_caller]
fn group_in<'s>(shown: &'s Value, name: &str) -> &'s Value {
    let mut groups = shown["groups"].as_array().unwrap().iter();
    let group = groups.find(|group| group["displayName"] == name);
    group.unwrap_or_else(|| panic!("no group `{name}`"))
}

/// The body of an answered batch.
#[derive(Debug)]
pub(crate) struct Batch(pub(crate) Value);

impl Batch {
    /// The items as they came.
    pub(crate) fn items(&self) -> &Vec<Value> {
        self.0["responses"].as_array().unwrap()
    }

    /// The answer to an item.
    #[track_caller]
    pub(crate) fn of(&self, id: &str) -> Answer {
        let found = self.items().iter().find(|item| item["id"] == id);
        Answer::of_item(found.unwrap_or_else(|| panic!("no answer to {id}: {}", self.0)))
    }

    pub(crate) fn all(&self) -> Vec<Answer> {
        self.items().iter().map(Answer::of_item).collect()
    }

    /// How many answers have that status.
    pub(crate) fn count(&self, status: u16) -> usize {
        let answers = self.all();
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    }
}

/// An item of a batch without a body.
pub(crate) fn item(id: &str, method: &str, url: &str) -> Value {
    json!({"id": id, "method": method, "url": url})
}

/// An item of a batch with a body.
pub(crate) fn item_with(id: &str, method: &str, url: &str, body: &Value) -> Value {
    let headers = json!({"Content-Type": "application/json"});
    json!({"id": id, "method": method, "url": url, "headers": headers, "body": body})
}

/// The same request as often as wanted, with ids from `0`.
pub(crate) fn items(count: usize, method: &str, url: &str) -> Value {
    let one = |number: usize| item(&number.to_string(), method, url);
    (0..count).map(one).collect()
}

/// The body that assigns a phone.
pub(crate) fn phone(kind: &str, number: &str) -> Value {
    json!({"phoneNumber": number, "phoneType": kind})
}

/// The `id` of an object.
#[track_caller]
pub(crate) fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// The ids of some objects, sorted.
pub(crate) fn ids(objects: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = objects.iter().map(id_of).collect();
    ids.sort_unstable();
    ids
}

/// The same ids, sorted.
pub(crate) fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids
}
