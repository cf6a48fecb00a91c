//! What a row asks for, known from how it was made and not from what the tool makes of it.

use crate::tenant::Tenant;
use fastrand::Rng;
use std::collections::BTreeSet;

/// A line of the input, with what it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) ask: Ask,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// It could not be right, and has to be refused.
    Nothing,
    /// A number in a slot of a person; `None` is somebody who does not exist.
    Phone {
        person: Option<String>,
        name: String,
        kind: &'static str,
        number: String,
    },
    /// A pass for a person.
    Pass {
        person: Option<String>,
        name: String,
    },
    /// The members of one group, or one of them, for another group. `None` is a pair that cannot be
    /// written.
    Copy(Option<Pair>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) nested: bool,
    pub(crate) only: Option<String>,
}

/// An input for a job, made up from what the tenant holds.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) header: &'static [&'static str],
    pub(crate) rows: Vec<Row>,
}

/// The last column, which tells the rows apart and is carried into the results.
pub(crate) const NOTE: &str = "Note";

/// A note that differs from all others, and has in it what a spreadsheet may have.
fn note(number: usize, rng: &mut Rng) -> String {
    let end = ["", ", \"quoted\"", "\nsecond line", " =1+1", " ü 日本"];
    format!("row {number}{}", rng.choice(end).unwrap())
}

impl Input {
    pub(crate) fn for_job(job: &str, tenant: &Tenant, bad_rows: bool, rng: &mut Rng) -> Self {
        let most = rng.choice([3, 12, 40, 120]).unwrap();
        let count = rng.usize(1..=most);
        let mut input = match job {
            "phone" => phones(tenant, count, bad_rows, rng),
            "tap" => passes(tenant, count, bad_rows, rng),
            _ => copies(tenant, 1 + count / 15, bad_rows, rng),
        };
        for (number, row) in input.rows.iter_mut().enumerate() {
            row.cells.push(note(number, rng));
        }
        input
    }

    /// As a file.
    pub(crate) fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.header).unwrap();
        self.rows
            .iter()
            .for_each(|row| writer.write_record(&row.cells).unwrap());
        writer.into_inner().unwrap()
    }
}

/// People to be named in an input: (id, name as the input has it), each once.
fn people(tenant: &Tenant, count: usize, rng: &mut Rng) -> Vec<(Option<String>, String)> {
    let by_id = rng.bool();
    let mut all: Vec<(Option<String>, String)> = tenant
        .people
        .iter()
        .map(|(id, person)| {
            let name = if by_id { id } else { &person.name };
            (Some(id.clone()), name.clone())
        })
        .collect();
    rng.shuffle(&mut all);
    all.truncate(count);
    let nobody = |number: usize| {
        if by_id {
            format!("00000000-0000-4000-8000-{number:012}")
        } else {
            format!("nobody{number}@northgate-grocers.example")
        }
    };
    for number in 0..count / 12 {
        let place = rng.usize(..all.len());
        all[place] = (None, nobody(number));
    }
    all
}

/// The digits of a number, and the mark before an extension.
pub(crate) fn digits(number: &str) -> String {
    let is_part = |c: &char| c.is_ascii_digit() || *c == 'x';
    number.chars().filter(is_part).collect()
}

fn phones(tenant: &Tenant, count: usize, bad_rows: bool, rng: &mut Rng) -> Input {
    const KINDS: [&str; 5] = ["mobile", "mobile", "mobile", "office", "alternateMobile"];
    let taken: Vec<&String> = tenant
        .people
        .values()
        .flat_map(|it| it.phones.values())
        .collect();
    let mut rows = Vec::new();
    for (number, (person, name)) in people(tenant, count, rng).into_iter().enumerate() {
        let kind = rng.choice(KINDS).unwrap();
        let held = person.as_deref().and_then(|id| tenant.phone(id, kind));
        let cell = match (rng.u8(..10), held) {
            (0..4, Some(held)) => held.to_owned(),
            (4, _) => (*rng.choice(&taken).unwrap()).clone(),
            (5..7, _) => format!("+49-1511-{number:07}"),
            _ => format!("+49 1511 {number:07}"),
        };
        let bad = bad_rows && rng.u8(..10) == 0;
        let cells =
            |number: &str, kind: &str| vec![name.clone(), number.to_owned(), kind.to_owned()];
        if bad {
            let wrong = rng
                .choice(["", "0170 5550199", "+49 1511 12AB", "+49 15"])
                .unwrap();
            rows.push(Row {
                cells: cells(wrong, kind),
                ask: Ask::Nothing,
            });
            continue;
        }
        let ask = Ask::Phone {
            person,
            name: name.clone(),
            kind,
            number: digits(&cell),
        };
        rows.push(Row {
            cells: cells(&cell, kind),
            ask,
        });
        if rng.u8(..10) == 0 {
            // The same person with another type is another slot.
            let other = if kind == "office" { "mobile" } else { "office" };
            let cell = format!("+49 1522 {number:07}");
            let Ask::Phone { person, name, .. } = rows[rows.len() - 1].ask.clone() else {
                continue;
            };
            let row_cells = cells(&cell, other);
            let ask = Ask::Phone {
                person,
                name,
                kind: other,
                number: digits(&cell),
            };
            rows.push(Row {
                cells: row_cells,
                ask,
            });
        }
    }
    repeat_one(&mut rows, bad_rows, rng);
    Input {
        header: &["UserName", "PhoneNumber", "PhoneType", NOTE],
        rows,
    }
}

fn passes(tenant: &Tenant, count: usize, bad_rows: bool, rng: &mut Rng) -> Input {
    let mut rows = Vec::new();
    for (person, name) in people(tenant, count, rng) {
        let lifetime = rng.choice(["", "60", "480", "480", "1440"]).unwrap();
        let start = rng
            .choice(["", "", "", "2099-06-01T08:00:00+02:00"])
            .unwrap();
        let once = rng.choice(["", "true", "false"]).unwrap();
        let bad = bad_rows && rng.u8(..10) == 0;
        let (lifetime, once) = match (bad, rng.bool()) {
            (true, true) => ("5", once),
            (true, false) => (lifetime, "perhaps"),
            _ => (lifetime, once),
        };
        let cells = [name.as_str(), lifetime, start, once]
            .map(str::to_owned)
            .to_vec();
        let ask = if bad {
            Ask::Nothing
        } else {
            Ask::Pass { person, name }
        };
        rows.push(Row { cells, ask });
    }
    repeat_one(&mut rows, bad_rows, rng);
    let header = &[
        "UserName",
        "LifetimeInMinutes",
        "StartDateTime",
        "UsableOnce",
        NOTE,
    ];
    Input { header, rows }
}

/// Two rows that ask for the same are both refused.
fn repeat_one(rows: &mut Vec<Row>, bad_rows: bool, rng: &mut Rng) {
    let good: Vec<usize> = (0..rows.len())
        .filter(|at| rows[*at].ask != Ask::Nothing)
        .collect();
    if let Some(first) = rng.choice(&good).filter(|_| bad_rows && rng.u8(..4) == 0) {
        rows[*first].ask = Ask::Nothing;
        let mut again = rows[*first].clone();
        again.cells[0] = again.cells[0].to_uppercase();
        rows.push(again);
    }
}

/// Groups of the sample tenant that take members, of several kinds.
const DESTINATIONS: [&str; 8] = [
    "Holiday cover",
    "Evening training",
    "Leavers 2019",
    "Region West flat",
    "District North",
    "Bakery channel",
    "Project Lantern",
    "Crew O'Brien",
];

const SOURCES: [&str; 9] = [
    "Crew O'Brien",
    "Bakery apprentices",
    "Full-time staff",
    "Department Bakery",
    "Department Deli",
    "Till rollout",
    "Region West",
    "Warehouse access",
    "Holiday cover",
];

/// Pairs that are refused when they are looked up.
const IMPOSSIBLE: [[&str; 2]; 5] = [
    ["Crew of nobody", "Holiday cover"],
    ["Crew O'Brien", "Full-time staff"],
    ["Crew O'Brien", "Warehouse access"],
    ["Night crew", "Holiday cover"],
    ["Crew O'Brien", "Recall alerts"],
];

fn id_of(tenant: &Tenant, name: &str) -> String {
    let mut groups = tenant.groups.iter();
    let found = groups.find(|(_, group)| group.name == name);
    found.unwrap().0.clone()
}

/// All members of a group, or some by their ids.
fn all_or_some(tenant: &Tenant, group: &str, rng: &mut Rng) -> Vec<Option<String>> {
    if rng.u8(..5) > 0 {
        return vec![None];
    }
    let mut members: Vec<String> = tenant.members(group, false).into_iter().collect();
    rng.shuffle(&mut members);
    members.into_iter().take(5).map(Some).collect()
}

fn copies(tenant: &Tenant, count: usize, bad_rows: bool, rng: &mut Rng) -> Input {
    let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
    let few = rng.usize(1..=DESTINATIONS.len());
    for _ in 0..count {
        let source = *rng.choice(&SOURCES).unwrap();
        let destination = *rng.choice(&DESTINATIONS[..few]).unwrap();
        let nested = rng.u8(..3) == 0;
        if bad_rows && rng.u8(..6) == 0 {
            let [source, destination] = *rng.choice(&IMPOSSIBLE).unwrap();
            if seen.insert((source, destination, None)) {
                let cells = [source, destination, "", ""].map(str::to_owned).to_vec();
                rows.push(Row {
                    cells,
                    ask: Ask::Copy(None),
                });
            }
            continue;
        }
        let pair = Pair {
            source: id_of(tenant, source),
            destination: id_of(tenant, destination),
            nested,
            only: None,
        };
        for only in all_or_some(tenant, &pair.source, rng) {
            if source == destination || !seen.insert((source, destination, only.clone())) {
                continue;
            }
            let nested = if pair.nested { "yes" } else { "" };
            let member = only.clone().unwrap_or_default();
            let cells = vec![
                source.to_owned(),
                destination.to_owned(),
                nested.to_owned(),
                member,
            ];
            let ask = Ask::Copy(Some(Pair {
                only,
                ..pair.clone()
            }));
            rows.push(Row { cells, ask });
        }
    }
    if rows.is_empty() {
        let cells = ["Crew O'Brien", "Crew O'Brien", "", ""]
            .map(str::to_owned)
            .to_vec();
        rows.push(Row {
            cells,
            ask: Ask::Nothing,
        });
    }
    Input {
        header: &[
            "SourceGroup",
            "DestinationGroup",
            "Transitive",
            "MemberId",
            NOTE,
        ],
        rows,
    }
}
