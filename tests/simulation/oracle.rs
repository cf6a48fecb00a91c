//! Judges what a user sees in the results by what the tenant holds and by what went over the wire.
//! It takes nothing from the tool: what a row asks for comes from how the row was made.

use crate::help_desk::HandedOut;
use crate::input::{Ask, Input, Row};
use crate::ledger::Ledger;
use crate::oracle_members as members;
use crate::oracle_methods as methods;
use crate::tenant::Tenant;
use bulkgraph::engine::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// A line of the results by column.
pub(crate) type Line = BTreeMap<String, String>;

/// When somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The run has not ended.
    UnderWay,
    /// Everything is settled.
    Done,
    /// Something was refused before anything was sent.
    Refused,
}

/// Everything there is to judge by.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) job: &'a str,
    pub(crate) input: &'a Input,
    pub(crate) options: &'a BTreeMap<String, String>,
    /// Whether usable passes may be replaced.
    pub(crate) replaces: bool,
    pub(crate) before: &'a Tenant,
    pub(crate) after: &'a Tenant,
    pub(crate) lines: &'a [Line],
    pub(crate) ledger: &'a Ledger,
    /// Whether a process died, which may have been between an intent and the sending.
    pub(crate) crashed: bool,
    /// The passes that somebody else issued, by person; `before` has them too.
    pub(crate) handed_out: &'a BTreeMap<String, HandedOut>,
    pub(crate) now: OffsetDateTime,
    pub(crate) view: View,
}

/// How a line says that its row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Succeeded,
    Unchanged,
    Failed,
    Refused,
    InDoubt,
    NotAttempted,
}

pub(crate) fn said(line: &Line) -> Option<Said> {
    Some(match line["ResultStatus"].as_str() {
        "succeeded" => Said::Succeeded,
        "unchanged" => Said::Unchanged,
        "failed" => Said::Failed,
        "refused" => Said::Refused,
        "in_doubt" => Said::InDoubt,
        "not_attempted" => Said::NotAttempted,
        _ => return None,
    })
}

/// Every lie, each as a sentence.
pub(crate) fn complaints(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for line in evidence.lines {
        let Some(said) = said(line) else {
            found.push(format!("no status that there is: {line:?}"));
            continue;
        };
        in_general(evidence, line, said, &mut found);
    }
    if !found.is_empty() {
        return found;
    }
    match evidence.job {
        "copy-members" => members::judge(evidence, &mut found),
        _ => methods::judge(evidence, &mut found),
    }
    found
}

/// What holds for a line of any job.
fn in_general(evidence: &Evidence<'_>, line: &Line, said: Said, found: &mut Vec<String>) {
    let attempts: Result<u32, _> = line["ResultAttempts"].parse();
    let Ok(attempts) = attempts else {
        return found.push(format!("no number of attempts: {line:?}"));
    };
    if said == Said::NotAttempted && evidence.view == View::Done {
        found.push(format!(
            "the run is done, and this was not attempted: {line:?}"
        ));
    }
    if said == Said::Succeeded && attempts == 0 {
        found.push(format!("succeeded without an attempt: {line:?}"));
    }
    if matches!(said, Said::Succeeded | Said::Failed) && line["ResultFinishedAt"].is_empty() {
        found.push(format!("settled at no time: {line:?}"));
    }
    if matches!(said, Said::Failed | Said::Refused) && line["ResultErrorMessage"].is_empty() {
        found.push(format!("it went wrong for no reason: {line:?}"));
    }
    let wrote = matches!(said, Said::Succeeded | Said::InDoubt);
    if wrote && evidence.view == View::Refused {
        found.push(format!(
            "the run was refused, and this was written: {line:?}"
        ));
    }
}

/// Whether a line holds the cells of its row, as they are.
pub(crate) fn carries(header: &[&str], row: &Row, line: &Line) -> bool {
    let mut cells = header.iter().zip(&row.cells);
    // This column is the result's own.
    cells.all(|(name, cell)| *name == "MemberId" || line.get(*name) == Some(cell))
}

/// Compares everything that no row is about with what it was before.
pub(crate) fn outside(
    evidence: &Evidence<'_>,
    allowed: impl FnOnce(&mut Tenant, &Tenant),
    found: &mut Vec<String>,
) {
    let mut expected = evidence.before.clone();
    allowed(&mut expected, evidence.after);
    for (id, is) in &evidence.after.people {
        let was = &expected.people[id];
        let pass = |pass: &Option<crate::tenant::Pass>| pass.as_ref().map(|pass| pass.id.clone());
        if is.phones != was.phones || pass(&is.pass) != pass(&was.pass) {
            found.push(format!("nobody asked for this: {was:?} became {is:?}"));
        }
    }
    for (id, is) in &evidence.after.groups {
        if is.members != expected.groups[id].members {
            let (was, is) = (&expected.groups[id].members, &is.members);
            let changed: Vec<_> = was.symmetric_difference(is).collect();
            found.push(format!("nobody asked for this in group {id}: {changed:?}"));
        }
    }
}

/// What an earlier look showed as settled has to stay so, but for what the user wanted to be run
/// again.
pub(crate) fn taken_back(seen: &[Line], now: &[Line], retried: &[Outcome]) -> Vec<String> {
    let retried: BTreeSet<&str> = retried.iter().map(|outcome| outcome.as_str()).collect();
    let settled = seen.iter().filter(|line| {
        let status = line["ResultStatus"].as_str();
        let on_its_way = status == "in_doubt" && line["ResultFinishedAt"].is_empty();
        status != "not_attempted" && !on_its_way && !retried.contains(status)
    });
    settled
        .filter(|line| !now.contains(line))
        .map(|line| format!("this was shown before, and is not so any more: {line:?}"))
        .collect()
}

/// Lines by status.
pub(crate) fn outcomes(lines: &[Line]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line["ResultStatus"].clone()).or_default() += 1;
    }
    counts
}

/// Whether everything that was shown is on the disk.
pub(crate) fn is_kept(shown: &BTreeMap<String, u64>, on_disk: &BTreeMap<String, u32>) -> bool {
    shown.iter().all(|(outcome, count)| {
        *count <= u64::from(on_disk.get(outcome).copied().unwrap_or_default())
    })
}

/// Whether a row that could not be right, or one that could, ended as such a row may.
pub(crate) fn is_refused_rightly(row: &Row, said: Said) -> bool {
    match row.ask {
        Ask::Nothing => said == Said::Refused,
        Ask::Phone { .. } | Ask::Pass { .. } => said != Said::Refused,
        Ask::Copy(_) => true,
    }
}
