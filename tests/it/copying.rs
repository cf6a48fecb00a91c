//! How members are copied: what is written, in which order, and what it costs.

use crate::rehearsal::{Done, Rehearsal, START, in_virtual_time};
use crate::support::Tenant;
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::token::SandboxToken;
use bulkgraph::shell::transport::{Transport, TransportError};
use bulkgraph::simulator::{Scenario, Simulator};
use bulkgraph::wire::HttpReply;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::cell::RefCell;

/// Writers who meet are another matter.
const ALONE: &str = "[service]\nconcurrency_violations = 0.0\n";

/// A way to the tenant that notes every request, and answers some itself.
struct Watched<'a> {
    loopback: &'a Loopback,
    requests: RefCell<Vec<Value>>,
    /// The status and headers with which a request is answered that is not to reach the tenant.
    instead: &'a dyn Fn(&Value) -> Option<(u16, Value)>,
}

impl Transport for Watched<'_> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let mut batch: Value = serde_json::from_slice(&body).unwrap();
        let requests = batch["requests"].as_array().unwrap().clone();
        self.requests.borrow_mut().extend(requests.clone());
        let (mut own_replies, mut others) = (Vec::new(), Vec::new());
        for request in requests {
            let Some((status, headers)) = (self.instead)(&request) else {
                others.push(request);
                continue;
            };
            let error = json!({"code": "OfTheTest", "message": "as the test wants it"});
            let (id, body) = (&request["id"], json!({"error": error}));
            let reply = json!({"id": id, "status": status, "headers": headers, "body": body});
            own_replies.push(reply);
        }
        batch["requests"] = json!(others);
        let mut reply = if batch["requests"] == json!([]) {
            HttpReply {
                status: 200,
                headers: Vec::new(),
                body: br#"{"responses":[]}"#.to_vec(),
            }
        } else {
            let body = batch.to_string().into_bytes();
            self.loopback.post_batch(token, body).await?
        };
        let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
        body["responses"]
            .as_array_mut()
            .unwrap()
            .extend(own_replies);
        reply.body = body.to_string().into_bytes();
        Ok(reply)
    }
}

/// What came of a run, and every request of it in order.
struct Copied {
    done: Done,
    tenant: Tenant,
    requests: Vec<Value>,
}

impl Copied {
    /// The places of the requests among all of them, by method and part of the address.
    fn places(&self, method: &str, part: &str) -> Vec<usize> {
        let numbered = self.requests.iter().enumerate();
        let wanted = numbered.filter(|(_, request)| {
            request["method"] == method && request["url"].as_str().unwrap().contains(part)
        });
        wanted.map(|(place, _)| place).collect()
    }

    fn patches(&self) -> usize {
        self.places("PATCH", "").len()
    }

    /// Members of that group are listed under this address.
    fn list_of(&self, group: &str) -> String {
        format!("/groups/{}/members", id_of(&self.tenant, group))
    }
}

fn id_of<'a>(tenant: &'a Tenant, group: &str) -> &'a str {
    let groups = tenant.tenant["groups"].as_array().unwrap();
    let found = groups.iter().find(|one| one["displayName"] == group);
    found.unwrap()["id"].as_str().unwrap()
}

fn copy(pairs: &[(&str, &str)], scenario: &str) -> Copied {
    copy_with(pairs, scenario, &|_| None)
}

fn copy_with(
    pairs: &[(&str, &str)],
    scenario: &str,
    instead: &dyn Fn(&Value) -> Option<(u16, Value)>,
) -> Copied {
    let rows = pairs.iter().map(|(from, to)| format!("{from},{to}\n"));
    let input: String = std::iter::once("SourceGroup,DestinationGroup\n".to_owned())
        .chain(rows)
        .collect();
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let scenario = Scenario::from_toml(scenario).unwrap().opened();
        let loopback = Loopback::new(Simulator::new(&scenario), clock);
        let watched = Watched {
            loopback: &loopback,
            requests: RefCell::default(),
            instead,
        };
        let rehearsal = Rehearsal::of("copy-members", &input);
        let done = rehearsal.run_at(&watched, &SandboxToken, clock).await;
        Copied {
            done,
            tenant: Tenant::of(&loopback),
            requests: watched.requests.take(),
        }
    })
}

/// The tenant before anything was done to it.
fn untouched(scenario: &str) -> Tenant {
    let nobody = "phone";
    let scenario = Scenario::from_toml(scenario).unwrap();
    Rehearsal::of(nobody, "UPN,Phone\nx,y\n").run(&scenario).1
}

#[test]
fn several_sources_of_one_destination_share_their_writes_and_it_is_read_once() {
    let departments = ["Bakery", "Checkout", "Grocery", "Night", "Produce"];
    let sources = departments.map(|department| format!("Department {department}"));
    let tenant = untouched(ALONE);
    let groups = tenant.tenant["groups"].as_array().unwrap().iter();
    let there: Vec<&str> = groups
        .filter_map(|group| group["displayName"].as_str())
        .filter(|name| sources.iter().any(|source| source == name))
        .collect();
    assert!(there.len() > 1, "{there:?}");
    let pairs: Vec<_> = there.iter().map(|from| (*from, "Leavers 2019")).collect();
    let copied = copy(&pairs, ALONE);
    let members = copied.tenant.members("Leavers 2019").len();
    assert_eq!(copied.done.counts()["succeeded"], members);
    assert_eq!(copied.patches(), members.div_ceil(20));
    assert_eq!(
        copied.places("GET", &copied.list_of("Leavers 2019")).len(),
        1
    );
}

#[test]
fn only_those_who_are_missing_cost_a_write() {
    let office = untouched(ALONE).members("Head office").len();
    let copied = copy(&[("All staff", "Head office")], ALONE);
    let all = copied.tenant.members("All staff").len();
    let counts = copied.done.counts();
    assert_eq!(
        (counts["succeeded"], counts["unchanged"]),
        (all - office, office)
    );
    assert_eq!(copied.patches(), (all - office).div_ceil(20));
}

#[test]
fn members_are_added_while_more_of_them_are_being_found() {
    let scenario = format!("{ALONE}[tenant]\nusers = 5000\n");
    let copied = copy(&[("All staff", "Leavers 2019")], &scenario);
    let pages = copied.places("GET", &copied.list_of("All staff"));
    let first_write = copied.places("PATCH", "")[0];
    assert_eq!(pages.len(), 6);
    assert!(first_write < pages[2], "{pages:?} {first_write}");
}

#[test]
fn a_large_destination_does_not_hold_up_the_others() {
    let scenario = format!("{ALONE}[tenant]\nusers = 5000\n");
    let pairs = [
        ("Department Bakery", "All staff"),
        ("Department Bakery", "Leavers 2019"),
    ];
    let copied = copy(&pairs, &scenario);
    let bakery = copied.tenant.members("Department Bakery");
    assert_eq!(copied.tenant.members("Leavers 2019"), bakery);
    let counts = copied.done.counts();
    assert_eq!(
        (counts["succeeded"], counts["unchanged"]),
        (bakery.len(), bakery.len())
    );
    let pages = copied.places("GET", &copied.list_of("All staff"));
    assert!(copied.places("PATCH", "")[0] < pages[5], "{pages:?}");
    assert_eq!(copied.patches(), bakery.len().div_ceil(20));
}

#[test]
fn a_throttled_write_goes_again_as_it_was() {
    let throttled = RefCell::new(None);
    let copied = copy_with(
        &[("Department Bakery", "Leavers 2019")],
        ALONE,
        &|request| {
            let first = request["method"] == "PATCH" && throttled.borrow().is_none();
            first.then(|| {
                throttled.replace(Some(request["body"].clone()));
                (429, json!({"Retry-After": "3"}))
            })
        },
    );
    let again = throttled.take().unwrap();
    let same = copied.requests.iter().filter(|one| one["body"] == again);
    assert_eq!(same.count(), 2);
    let members = copied.tenant.members("Leavers 2019").len();
    assert_eq!(copied.patches(), members.div_ceil(20) + 1);
    assert_eq!(copied.done.counts()["succeeded"], members);
}

#[test]
fn nothing_is_added_to_a_destination_that_could_not_be_read_to_its_end() {
    let scenario = format!("{ALONE}[tenant]\nusers = 3000\n");
    let before = untouched(&scenario);
    let broken = id_of(&before, "All staff").to_owned();
    let pairs = [
        ("Bakery apprentices", "All staff"),
        ("Bakery apprentices", "Leavers 2019"),
    ];
    let copied = copy_with(&pairs, &scenario, &|request| {
        let url = request["url"].as_str().unwrap();
        let is_later_page =
            url.contains(&format!("{broken}/members?")) && url.contains("skiptoken");
        is_later_page.then(|| (403, json!({})))
    });
    assert_eq!(copied.places("PATCH", &broken), [0; 0]);
    assert_eq!(
        copied.tenant.members("All staff"),
        before.members("All staff")
    );
    let apprentices = before.members("Bakery apprentices");
    assert_eq!(copied.tenant.members("Leavers 2019"), apprentices);
    let of_broken = |line: &&std::collections::BTreeMap<String, String>| {
        line["DestinationGroup"] == "All staff"
    };
    let lines: Vec<_> = copied.done.lines.iter().filter(of_broken).collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(line["ResultStatus"], "failed");
        let why = "the members of the destination group could not be listed: as the test wants it";
        assert!(line["ResultErrorMessage"].starts_with(why), "{line:?}");
    }
}
