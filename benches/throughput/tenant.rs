//! A made-up tenant, and a wave of people in it who get a phone number.

use super::process::Served;
use bulkgraph::simulator::{Request, Scenario, Simulator};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// More requests a second than anybody can send.
pub(super) const NO_LIMIT: u32 = 4_000_000_000;

pub(super) struct Tenant {
    folder: TempDir,
    /// Of people who have no phone.
    ids: Vec<String>,
}

impl Tenant {
    /// With at least so many people, where each batch takes `latency_ms` and so many `requests` for
    /// authentication methods get through a second.
    pub(super) fn new(people: usize, latency_ms: u32, requests: u32) -> Self {
        // The first few are guests and administrators, and some of the next have a phone.
        const OTHERS: usize = 4_000;
        let users = people + OTHERS;
        let scenario = format!(
            "[tenant]\nusers = {users}\n\
             [service]\nlatency_ms = {latency_ms}\njitter_ms = 0\n\
             [limits.directory]\nunits = {NO_LIMIT}\n\
             [limits.authentication_methods]\nrequests = {requests}\nper_seconds = 1\n"
        );
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::write(folder.path().join("scenario.toml"), &scenario).unwrap();
        let ids = people_of(&scenario, OTHERS, people);
        Self { folder, ids }
    }

    /// Serves it in a process of its own, as new.
    pub(super) fn serve(&self) -> Served {
        Served::start(&self.folder.path().join("scenario.toml"))
    }
}

/// The ids of so many people, as the simulator will have them.
fn people_of(scenario: &str, skip: usize, take: usize) -> Vec<String> {
    let mut simulator = Simulator::new(&Scenario::from_toml(&opened(scenario)).unwrap());
    let mut path = "/v1.0/users?$select=id&$top=999".to_owned();
    let mut ids = Vec::new();
    while ids.len() < skip + take {
        let page = get(&mut simulator, &path);
        let users = page["value"].as_array().unwrap();
        ids.extend(
            users
                .iter()
                .map(|user| user["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        next.split_at(next.find("/v1.0").unwrap())
            .1
            .clone_into(&mut path);
    }
    ids.into_iter().skip(skip).take(take).collect()
}

fn opened(scenario: &str) -> String {
    format!("{scenario}\n[sign_in]\nopen = true\n")
}

fn get(simulator: &mut Simulator, path: &str) -> Value {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = Request {
        method: "GET".to_owned(),
        path_and_query: path.to_owned(),
        headers: vec![
            header("Host", "127.0.0.1"),
            header("Authorization", "Bearer any"),
        ],
        ..Request::default()
    };
    let moment = time::macros::datetime!(2026-11-20 09:00 UTC);
    let answer = simulator.answer(&request, moment);
    assert_eq!(answer.response.status, 200, "{path}");
    serde_json::from_slice(&answer.response.body).unwrap()
}

/// A job file, and what the program will make of it.
pub(super) struct Wave {
    folder: TempDir,
    rows: Vec<(String, String)>,
}

impl Wave {
    /// The first so many people of a tenant, each with a number of their own.
    pub(super) fn new(tenant: &Tenant, rows: usize) -> Self {
        let number = |place: usize| format!("+49 1777{place:07}");
        let ids = tenant.ids.iter().take(rows).enumerate();
        let rows: Vec<_> = ids.map(|(place, id)| (id.clone(), number(place))).collect();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut file =
            std::io::BufWriter::new(std::fs::File::create(folder.path().join("wave.csv")).unwrap());
        writeln!(file, "UserName,PhoneNumber").unwrap();
        for (user, number) in &rows {
            writeln!(file, "{user},{number}").unwrap();
        }
        file.flush().unwrap();
        Self { folder, rows }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The bodies that the program will post.
    pub(super) fn batches(&self) -> Vec<Vec<u8>> {
        const LARGEST: usize = 20;
        let part = |(place, (user, number)): (usize, &(String, String))| {
            format!(
                r#"{{"id":"{place}","method":"POST","url":"/users/{user}/authentication/phoneMethods","headers":{{"Content-Type":"application/json"}},"body":{{"phoneNumber":"{number}","phoneType":"mobile"}}}}"#
            )
        };
        let body = |rows: &[(String, String)]| {
            let parts: Vec<String> = rows.iter().enumerate().map(part).collect();
            format!(r#"{{"requests":[{}]}}"#, parts.join(",")).into_bytes()
        };
        self.rows.chunks(LARGEST).map(body).collect()
    }
}
