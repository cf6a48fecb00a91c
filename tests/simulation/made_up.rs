//! Made-up results that are true, with the tenant and the account of what was sent that go with them.

use crate::help_desk::HandedOut;
use crate::input::{Ask, Input, Pair, Row};
use crate::ledger::Ledger;
use crate::oracle::{Evidence, Line, View, complaints};
use crate::tenant::{Group, Pass, Person, Tenant};
use serde_json::json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::macros::datetime;

/// Results that are true, and everything to judge them by.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) job: &'static str,
    pub(crate) input: Input,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) before: Tenant,
    pub(crate) after: Tenant,
    pub(crate) lines: Vec<Line>,
    pub(crate) ledger: Ledger,
    pub(crate) crashed: bool,
    pub(crate) handed_out: BTreeMap<String, HandedOut>,
    pub(crate) view: View,
}

fn person(name: &str, phone: Option<&str>, pass: Option<(&str, bool)>) -> (String, Person) {
    let phones = phone.map(|number| ("mobile".to_owned(), number.to_owned()));
    let pass = pass.map(|(id, usable)| Pass {
        id: id.to_owned(),
        value: format!("value of {id}"),
        usable,
    });
    let person = Person {
        name: name.to_owned(),
        phones: phones.into_iter().collect(),
        pass,
    };
    (name.to_owned(), person)
}

fn line(cells: &[(&str, &str)]) -> Line {
    let shared = [
        ("ResultAction", ""),
        ("ResultErrorMessage", "why"),
        ("ResultAttempts", "1"),
        ("ResultFinishedAt", "2026-11-20T09:00:00Z"),
    ];
    let cells = shared.iter().chain(cells);
    cells
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// A batch that writes these.
fn sent(ledger: &mut Ledger, requests: &[(&str, &str, serde_json::Value)]) {
    let request = |(id, (method, url, body)): (usize, &(&str, &str, serde_json::Value))| json!({"id": id.to_string(), "method": method, "url": url, "body": body});
    let requests: Vec<_> = requests.iter().enumerate().map(request).collect();
    let body = json!({"requests": requests}).to_string();
    let requests = ledger.leaves(body.as_bytes());
    let answers: Vec<_> = (0..requests.len())
        .map(|id| json!({"id": id.to_string(), "status": 201}))
        .collect();
    let body = json!({"responses": answers}).to_string();
    ledger.answered(&requests, 200, body.as_bytes());
}

impl World {
    /// Ana gets a number, Bo has it already, Cy is refused; nobody has asked about Di.
    pub(crate) fn of_phones() -> Self {
        let ask = |name: &str, number: &str| Ask::Phone {
            person: Some(name.to_owned()),
            name: name.to_owned(),
            kind: "mobile",
            number: number.to_owned(),
        };
        let row = |name: &str, number: &str, ask| Row {
            cells: vec![name.to_owned(), number.to_owned()],
            ask,
        };
        let people = |ana| {
            let people = [
                person("ana", ana, None),
                person("bo", Some("+2"), None),
                person("cy", Some("+3"), None),
                person("di", Some("+4"), None),
            ];
            people.into_iter().collect()
        };
        let mut ledger = Ledger::default();
        let url = "/users/ana/authentication/phoneMethods";
        sent(
            &mut ledger,
            &[("POST", url, json!({"phoneType": "mobile"}))],
        );
        let line = |name, number, status, shown| {
            line(&[
                ("UserName", name),
                ("PhoneNumber", number),
                ("ResultStatus", status),
                ("ResultPhoneNumber", shown),
            ])
        };
        Self {
            job: "phone",
            input: Input {
                header: &["UserName", "PhoneNumber"],
                rows: vec![
                    row("ana", "+1", ask("ana", "1")),
                    row("bo", "+2", ask("bo", "2")),
                    row("cy", "3?", Ask::Nothing),
                ],
            },
            options: BTreeMap::new(),
            before: Tenant {
                people: people(None),
                groups: BTreeMap::new(),
            },
            after: Tenant {
                people: people(Some("+1")),
                groups: BTreeMap::new(),
            },
            lines: vec![
                line("ana", "+1", "succeeded", "+1"),
                line("bo", "+2", "unchanged", "+2"),
                line("cy", "3?", "refused", ""),
            ],
            ledger,
            crashed: false,
            handed_out: BTreeMap::new(),
            view: View::Done,
        }
    }

    /// Ana gets a pass, Bo keeps one that is usable.
    pub(crate) fn of_passes() -> Self {
        let row = |name: &str| Row {
            cells: vec![name.to_owned()],
            ask: Ask::Pass {
                person: Some(name.to_owned()),
                name: name.to_owned(),
            },
        };
        let people = |ana| {
            [
                person("ana", None, ana),
                person("bo", None, Some(("b", true))),
            ]
        };
        let mut ledger = Ledger::default();
        let url = "/users/ana/authentication/temporaryAccessPassMethods";
        sent(&mut ledger, &[("POST", url, json!({}))]);
        let line = |name, status, pass| {
            line(&[
                ("UserName", name),
                ("ResultStatus", status),
                ("TemporaryAccessPass", pass),
            ])
        };
        Self {
            job: "tap",
            input: Input {
                header: &["UserName"],
                rows: vec![row("ana"), row("bo")],
            },
            before: Tenant {
                people: people(None).into(),
                groups: BTreeMap::new(),
            },
            after: Tenant {
                people: people(Some(("a", true))).into(),
                groups: BTreeMap::new(),
            },
            lines: vec![
                line("ana", "succeeded", "value of a"),
                line("bo", "unchanged", ""),
            ],
            ledger,
            ..Self::of_phones()
        }
    }

    /// Ana and Bo of the crew are copied to the cover, where Bo is already.
    pub(crate) fn of_members() -> Self {
        let pair = Pair {
            source: "crew".to_owned(),
            destination: "cover".to_owned(),
            nested: false,
            only: None,
        };
        let group = |name: &str, members: &[&str]| {
            let members = members.iter().map(|id| (*id).to_owned()).collect();
            (
                name.to_owned(),
                Group {
                    name: name.to_owned(),
                    members,
                },
            )
        };
        let tenant = |cover: &[&str]| Tenant {
            people: ["ana", "bo", "cy"]
                .map(|name| person(name, None, None))
                .into(),
            groups: [
                group("crew", &["ana", "bo"]),
                group("cover", cover),
                group("all", &["cy"]),
            ]
            .into(),
        };
        let mut ledger = Ledger::default();
        let links = json!({"members@odata.bind": ["http://x/directoryObjects/ana"]});
        sent(&mut ledger, &[("PATCH", "/groups/cover", links)]);
        let line = |member, status, action| {
            line(&[
                ("SourceGroup", "crew"),
                ("Note", "row 1"),
                ("MemberId", member),
                ("ResultStatus", status),
                ("ResultAction", action),
            ])
        };
        Self {
            job: "copy-members",
            input: Input {
                header: &["SourceGroup", "Note"],
                rows: vec![Row {
                    cells: vec!["crew".to_owned(), "row 1".to_owned()],
                    ask: Ask::Copy(Some(pair)),
                }],
            },
            before: tenant(&["bo"]),
            after: tenant(&["ana", "bo"]),
            lines: vec![
                line("ana", "succeeded", "added"),
                line("bo", "unchanged", "kept"),
            ],
            ledger,
            ..Self::of_phones()
        }
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        complaints(&Evidence {
            job: self.job,
            input: &self.input,
            options: &self.options,
            replaces: false,
            before: &self.before,
            after: &self.after,
            lines: &self.lines,
            ledger: &self.ledger,
            crashed: self.crashed,
            handed_out: &self.handed_out,
            now: datetime!(2026-11-20 10:00 UTC),
            view: self.view,
        })
    }

    /// Somebody else gave Ana a pass before the run went on, and it is the run's that she has now.
    pub(crate) fn hand_out(&mut self, is_plainly_theirs: bool, ends: OffsetDateTime) {
        let (name, ana) = person("ana", None, Some(("theirs", true)));
        self.before.people.insert(name.clone(), ana);
        let theirs = HandedOut {
            ends,
            is_plainly_theirs,
        };
        self.handed_out.insert(name, theirs);
    }

    pub(crate) fn say(&mut self, line: usize, column: &str, text: &str) {
        self.lines[line].insert(column.to_owned(), text.to_owned());
    }

    pub(crate) fn person(&mut self, name: &str) -> &mut Person {
        self.after.people.get_mut(name).unwrap()
    }

    pub(crate) fn add(&mut self, group: &str, member: &str) {
        let group = self.after.groups.get_mut(group).unwrap();
        group.members.insert(member.to_owned());
    }

    pub(crate) fn remove(&mut self, group: &str, member: &str) {
        let group = self.after.groups.get_mut(group).unwrap();
        group.members.remove(member);
    }
}
