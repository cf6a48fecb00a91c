//! What the client sent, read off the wire: an account of its writes that is not its own.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was sent, by what it is for.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// How often a write for this left the client.
    sent: BTreeMap<String, u32>,
    /// The same, when the user last wanted something to be run again: attempts are counted anew.
    before: BTreeMap<String, u32>,
    /// Writes that must not be repeated and have no clear answer, unless somebody has looked since.
    unclear: BTreeSet<String>,
    /// What must not happen, and did.
    pub(crate) complaints: Vec<String>,
}

/// One request of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    id: String,
    /// Whose authentication methods it is about; empty for groups.
    person: String,
    /// What it writes.
    writes: Vec<String>,
    /// Whether it must not be sent again blindly.
    once: bool,
}

/// The slot of a person's phone.
pub(crate) fn phone(name: &str, kind: &str) -> String {
    format!("{kind} phone of {}", name.to_lowercase())
}

/// A person's pass.
pub(crate) fn pass(name: &str) -> String {
    format!("pass of {}", name.to_lowercase())
}

/// A place in a group.
pub(crate) fn member(group: &str, member: &str) -> String {
    format!("{member} in {group}")
}

impl Ledger {
    /// How often a write for this left the client.
    pub(crate) fn sent(&self, what: &str) -> u32 {
        self.sent.get(what).copied().unwrap_or_default()
    }

    /// A batch leaves the client.
    pub(crate) fn leaves(&mut self, body: &[u8]) -> Vec<Sent> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let requests: Vec<Sent> = body["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(read)
            .collect();
        for request in &requests {
            for what in &request.writes {
                *self.sent.entry(what.clone()).or_default() += 1;
                if request.once && !self.unclear.insert(what.clone()) {
                    self.complaints
                        .push(format!("a write was sent again blindly: {what}"));
                }
            }
        }
        requests
    }

    /// The same, since the user last wanted something to be run again.
    pub(crate) fn sent_again(&self, what: &str) -> u32 {
        let before = self.before.get(what).copied();
        self.sent(what).saturating_sub(before.unwrap_or_default())
    }

    /// The user wants something to be run again.
    pub(crate) fn again(&mut self) {
        self.before.clone_from(&self.sent);
    }

    /// The run was begun anew, because nothing had come of it.
    pub(crate) fn forget(&mut self) {
        self.sent.clear();
        self.before.clear();
    }

    /// The batch never left.
    pub(crate) fn stayed(&mut self, requests: &[Sent]) {
        for what in requests.iter().flat_map(|request| &request.writes) {
            self.sent
                .entry(what.clone())
                .and_modify(|count| *count -= 1);
        }
        self.came_to_nothing(requests);
    }

    /// The batch did nothing: it never left, or was refused.
    fn came_to_nothing(&mut self, requests: &[Sent]) {
        for what in requests.iter().flat_map(|request| &request.writes) {
            self.unclear.remove(what);
        }
    }

    /// The client has been given this reply to it.
    pub(crate) fn answered(&mut self, requests: &[Sent], status: u16, body: &[u8]) {
        if (400..500).contains(&status) && status != 408 {
            return self.came_to_nothing(requests);
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        for reply in body["responses"].as_array().into_iter().flatten() {
            let (id, status) = (&reply["id"], reply["status"].as_u64().unwrap_or_default());
            let clear = (200..500).contains(&status) && status != 408;
            let request = requests.iter().find(|request| *id == *request.id);
            let Some(request) = request.filter(|_| clear) else {
                continue;
            };
            if request.writes.is_empty() {
                let end = format!(" of {}", request.person);
                self.unclear.retain(|what| !what.ends_with(&end));
            }
            self.came_to_nothing(std::slice::from_ref(request));
        }
    }
}

/// Reads one request of a batch.
fn read(request: &Value) -> Sent {
    let text = |member: &str| request[member].as_str().unwrap_or_default();
    let id = text("id").to_owned();
    let (method, url) = (text("method"), text("url"));
    let path = url.split('?').next().unwrap().trim_start_matches('/');
    let segment = |place| path.split('/').nth(place).unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(segment(1))
        .decode_utf8()
        .unwrap();
    let (reads, body) = (method == "GET", &request["body"]);
    if segment(0) != "users" {
        let link = |link: &Value| {
            let id = link
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            member(&decoded, &id)
        };
        let links = body["members@odata.bind"].as_array().into_iter().flatten();
        let writes = links.map(link).collect();
        return Sent {
            id,
            person: String::new(),
            writes,
            once: false,
        };
    }
    let person = decoded.to_lowercase();
    let writes = match segment(3) {
        _ if reads => Vec::new(),
        "phoneMethods" => vec![phone(&person, body["phoneType"].as_str().unwrap())],
        "temporaryAccessPassMethods" => vec![pass(&person)],
        other => panic!("{method} {other}"),
    };
    Sent {
        id,
        person,
        writes,
        once: method == "POST",
    }
}
