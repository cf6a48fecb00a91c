//! Members: a row becomes a line for each member that its source had when it was read.

use crate::input::{Ask, Pair, Row};
use crate::ledger;
use crate::oracle::{self, Evidence, Line, Said, View, said};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn judge(evidence: &Evidence<'_>, found: &mut Vec<String>) {
    let mut lines = evidence.lines;
    let mut good = BTreeSet::new();
    for row in &evidence.input.rows {
        let note = &row.cells[row.cells.len() - 1];
        let count = lines
            .iter()
            .take_while(|line| line.get("Note") == Some(note))
            .count();
        let (own, rest) = lines.split_at(count);
        lines = rest;
        if own.is_empty() {
            found.push(format!("a row without a result line: {row:?}"));
        }
        for line in own {
            if !oracle::carries(evidence.input.header, row, line) {
                found.push(format!("the line of {row:?} is {line:?}"));
            }
        }
        match &row.ask {
            Ask::Copy(Some(pair)) => {
                pair_as_asked(evidence, row, pair, own, found);
                for line in own {
                    member(evidence, pair, line, &mut good, found);
                }
            }
            _ => impossible(evidence, row, own, found),
        }
    }
    if !lines.is_empty() {
        found.push(format!("lines of no row: {lines:?}"));
    }
    untouched(evidence, found);
    unclaimed(evidence, &good, found);
}

/// A row that names no two groups between which anything could be copied.
fn impossible(evidence: &Evidence<'_>, row: &Row, own: &[Line], found: &mut Vec<String>) {
    for line in own {
        let said = said(line).unwrap();
        // Where the groups could not even be looked up, the row has failed.
        let refused = matches!(said, Said::Refused | Said::Failed);
        let waits =
            said == Said::NotAttempted && evidence.view != View::Done && row.ask != Ask::Nothing;
        if !refused && !waits {
            found.push(format!("nothing could be copied: {row:?}: {line:?}"));
        }
    }
}

/// Whether the lines of a row are those of its members, each once.
fn pair_as_asked(
    evidence: &Evidence<'_>,
    row: &Row,
    pair: &Pair,
    own: &[Line],
    found: &mut Vec<String>,
) {
    let mut complain = |what: &str| found.push(format!("{what}: {row:?}: {own:?}"));
    let mut ids = BTreeSet::new();
    for line in own.iter().filter(|line| !line["MemberId"].is_empty()) {
        if !ids.insert(line["MemberId"].clone()) {
            complain("a member has two lines");
        }
    }
    let of_pair: Vec<Said> = own
        .iter()
        .filter(|line| line["MemberId"].is_empty())
        .map(|line| said(line).unwrap())
        .collect();
    if let Some(only) = &pair.only {
        if ids.iter().ne([only]) || !of_pair.is_empty() {
            complain("a row about one member has lines of others");
        }
        return;
    }
    let least = evidence.before.members(&pair.source, pair.nested);
    let most = evidence.after.members(&pair.source, pair.nested);
    if !ids.is_subset(&most) {
        complain("a line is of nobody in the source");
    }
    match of_pair[..] {
        [] if evidence.view == View::Done && !are_all(evidence, &least, &ids) => {
            complain("somebody in the source has no line");
        }
        [] | [Said::Failed] => {}
        [Said::NotAttempted] if evidence.view != View::Done => {}
        [Said::Unchanged] if least.is_empty() && ids.is_empty() => {}
        _ => complain("the row itself has an ending that it cannot have"),
    }
}

/// Whether everybody has a line. The one application in the tenant may be missing: Graph does not
/// list those (Graph: list group members).
fn are_all(evidence: &Evidence<'_>, least: &BTreeSet<String>, ids: &BTreeSet<String>) -> bool {
    let before = evidence.before;
    let missing: Vec<&String> = least.difference(ids).collect();
    let is_known =
        |id: &&String| before.people.contains_key(*id) || before.groups.contains_key(*id);
    missing.len() <= 1 && !missing.iter().any(is_known)
}

/// Whether what a line says of a member is so.
fn member<'a>(
    evidence: &Evidence<'_>,
    pair: &'a Pair,
    line: &'a Line,
    good: &mut BTreeSet<(&'a str, &'a str)>,
    found: &mut Vec<String>,
) {
    let (destination, id, said) = (&pair.destination, &line["MemberId"], said(line).unwrap());
    if id.is_empty() {
        return;
    }
    let mut complain = |what: &str| found.push(format!("{what}: {pair:?}: {line:?}"));
    let what = ledger::member(destination, id);
    let sent = evidence.ledger.sent(&what);
    let attempts: u32 = line["ResultAttempts"].parse().unwrap();
    let was = evidence.before.has_member(destination, id);
    let is = evidence.after.has_member(destination, id);
    let is_left_out = line["ResultAction"].is_empty();
    let is_group = evidence.before.groups.contains_key(id);
    match said {
        // The members of a group within the source are copied in its place.
        Said::Unchanged if is_left_out && pair.nested && is_group => {}
        Said::Unchanged if is_left_out => complain("left out, and is no group within the source"),
        Said::Succeeded | Said::Unchanged if !is => complain("said to be a member, and is none"),
        Said::Succeeded if sent == 0 => complain("succeeded, and nothing was sent"),
        Said::Succeeded if attempts < evidence.ledger.sent_again(&what) => {
            complain("sent more often than it says");
        }
        Said::Succeeded if was => complain("added, and was there before"),
        Said::Unchanged if !was && sent == 0 => complain("kept, and was not there before"),
        // A row about one member that came to nothing says nothing of what other rows did.
        Said::Failed | Said::Refused if is && !was && pair.only.is_none() => {
            complain("nothing is said to have happened, and is a member now");
        }
        Said::Refused if sent > 0 && !is_named(evidence, destination, id) => {
            complain("refused, and was sent");
        }
        Said::InDoubt if !evidence.crashed && sent == 0 => {
            complain("in doubt, and nothing was sent");
        }
        _ => {}
    }
    if matches!(said, Said::Succeeded | Said::Unchanged | Said::InDoubt) {
        good.insert((destination, id));
    }
}

/// Whether some row asks for that member by its id: then nobody knows beforehand of which type it
/// is, and it is sent.
fn is_named(evidence: &Evidence<'_>, group: &str, member: &str) -> bool {
    evidence.input.rows.iter().any(|row| match &row.ask {
        Ask::Copy(Some(pair)) => pair.destination == group && pair.only.as_deref() == Some(member),
        _ => false,
    })
}

/// Nobody has left a group, and no group has new members that no row is about.
fn untouched(evidence: &Evidence<'_>, found: &mut Vec<String>) {
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in &evidence.input.rows {
        let Ask::Copy(Some(pair)) = &row.ask else {
            continue;
        };
        let members = match &pair.only {
            Some(only) => BTreeSet::from([only.clone()]),
            None => evidence.after.members(&pair.source, pair.nested),
        };
        wanted.entry(&pair.destination).or_default().extend(members);
    }
    oracle::outside(
        evidence,
        |tenant, after| {
            for (destination, wanted) in wanted {
                let new = after.groups[destination]
                    .members
                    .intersection(&wanted)
                    .cloned();
                tenant
                    .groups
                    .get_mut(destination)
                    .unwrap()
                    .members
                    .extend(new);
            }
        },
        found,
    );
}

/// Whoever is new in a group has a line that says so.
fn unclaimed(evidence: &Evidence<'_>, good: &BTreeSet<(&str, &str)>, found: &mut Vec<String>) {
    for (id, group) in &evidence.after.groups {
        let new = group
            .members
            .difference(&evidence.before.groups[id].members);
        for member in new.filter(|member| !good.contains(&(id.as_str(), member.as_str()))) {
            found.push(format!("{member} is new in {id}, and no line says so"));
        }
    }
}
