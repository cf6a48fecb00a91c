//! Phones and passes: a row is a line, and a line is about one slot of one person.

use crate::input::{Ask, Row, digits};
use crate::ledger;
use crate::oracle::{self, Evidence, Line, Said, said};
use std::collections::BTreeSet;

pub(crate) fn judge(evidence: &Evidence<'_>, found: &mut Vec<String>) {
    let (rows, lines) = (&evidence.input.rows, evidence.lines);
    if rows.len() != lines.len() {
        let (rows, lines) = (rows.len(), lines.len());
        return found.push(format!("{rows} rows have {lines} result lines"));
    }
    let mut passes = BTreeSet::new();
    for (row, line) in rows.iter().zip(lines) {
        let said = said(line).unwrap();
        if !oracle::carries(evidence.input.header, row, line) {
            found.push(format!("the line of {row:?} is {line:?}"));
        }
        let mut complain = |what: &str| found.push(format!("{what}: {row:?}: {line:?}"));
        if !oracle::is_refused_rightly(row, said) {
            complain("refused, or not, against what it asks for");
        }
        match &row.ask {
            Ask::Phone { .. } => phone(evidence, row, line, said, &mut complain),
            Ask::Pass { .. } => pass(evidence, row, line, said, &mut complain),
            Ask::Nothing | Ask::Copy(_) => {}
        }
        let value = line.get("TemporaryAccessPass").map_or("", String::as_str);
        if !value.is_empty() && !passes.insert(value) {
            complain("a pass of somebody else");
        }
    }
    oracle::outside(
        evidence,
        |tenant, after| {
            for row in rows {
                match &row.ask {
                    Ask::Phone {
                        person: Some(person),
                        kind,
                        ..
                    } => {
                        let phones = &mut tenant.people.get_mut(person).unwrap().phones;
                        phones.remove(*kind);
                        let is = after.phone(person, kind).map(str::to_owned);
                        phones.extend(is.map(|number| ((*kind).to_owned(), number)));
                    }
                    Ask::Pass {
                        person: Some(person),
                        ..
                    } => {
                        tenant.people.get_mut(person).unwrap().pass = after.pass(person).cloned();
                    }
                    _ => {}
                }
            }
        },
        found,
    );
}

/// What holds whatever was asked for: what was sent, and what is said of it.
fn sending(
    evidence: &Evidence<'_>,
    line: &Line,
    said: Said,
    what: &str,
    complain: &mut impl FnMut(&str),
) {
    let sent = evidence.ledger.sent(what);
    let attempts: u32 = line["ResultAttempts"].parse().unwrap();
    match said {
        // Where the program died between the intent and the sending, it cannot know.
        Said::Succeeded | Said::InDoubt if sent == 0 && !evidence.crashed => {
            complain("said to have been sent, and was not");
        }
        Said::Succeeded if attempts < evidence.ledger.sent_again(what) => {
            complain("sent more often than it says");
        }
        _ => {}
    }
}

fn phone(
    evidence: &Evidence<'_>,
    row: &Row,
    line: &Line,
    said: Said,
    complain: &mut impl FnMut(&str),
) {
    let Ask::Phone {
        person,
        name,
        kind,
        number,
    } = &row.ask
    else {
        return;
    };
    sending(evidence, line, said, &ledger::phone(name, kind), complain);
    let Some(person) = person else {
        if matches!(said, Said::Succeeded | Said::Unchanged) {
            complain("there is no such person");
        }
        return;
    };
    let was = evidence.before.phone(person, kind).map(digits);
    let is = evidence.after.phone(person, kind).map(digits);
    let as_asked = is.as_ref() == Some(number);
    let option = evidence
        .options
        .get("on-existing")
        .map_or("update", String::as_str);
    let may_keep = option == "keep" && is.is_some() && is == was;
    let sent = evidence.ledger.sent(&ledger::phone(name, kind));
    match said {
        Said::Succeeded if sent == 0 && is != was => complain("somebody else did this"),
        Said::Succeeded if !as_asked => complain("succeeded, and the number is not there"),
        Said::Succeeded if option != "update" && was.is_some() && was != is => {
            complain("a number was replaced that was to be left alone");
        }
        Said::Unchanged if !as_asked && !may_keep => {
            complain("unchanged, and not as it was asked for");
        }
        Said::Failed | Said::Refused | Said::NotAttempted if is != was => {
            complain("nothing is said to have happened, and the number has changed");
        }
        Said::InDoubt if is != was && !as_asked => {
            complain("in doubt, and a third number is there");
        }
        _ => {}
    }
    let shown = digits(&line["ResultPhoneNumber"]);
    if matches!(said, Said::Succeeded | Said::Unchanged) && Some(&shown) != is.as_ref() {
        complain("the number that is shown is not the one that is there");
    }
}

fn pass(
    evidence: &Evidence<'_>,
    row: &Row,
    line: &Line,
    said: Said,
    complain: &mut impl FnMut(&str),
) {
    let Ask::Pass { person, name } = &row.ask else {
        return;
    };
    sending(evidence, line, said, &ledger::pass(name), complain);
    let shown = &line["TemporaryAccessPass"];
    if (said == Said::Succeeded) == shown.is_empty() {
        complain("a pass is shown where there is none, or none where there is one");
    }
    let Some(person) = person else {
        if matches!(said, Said::Succeeded | Said::Unchanged) {
            complain("there is no such person");
        }
        return;
    };
    let (was, is) = (evidence.before.pass(person), evidence.after.pass(person));
    let same = was.map(|pass| &pass.id) == is.map(|pass| &pass.id);
    if said == Said::Succeeded && evidence.ledger.sent(&ledger::pass(name)) == 0 {
        complain("succeeded, and nothing was sent");
    }
    if said == Said::Succeeded && is.map(|pass| &pass.value) != Some(shown) {
        complain("the pass that is shown opens nothing");
    }
    let theirs = evidence.handed_out.get(person);
    // One that has ended meanwhile may have ended before it was replaced.
    let was_usable =
        was.is_some_and(|pass| pass.usable) && theirs.is_none_or(|pass| evidence.now < pass.ends);
    let may_be_taken_for_ours = theirs.is_some_and(|pass| !pass.is_plainly_theirs);
    if was_usable && !same && !evidence.replaces && !may_be_taken_for_ours {
        complain("a usable pass was replaced");
    }
    let replaced = line["ResultAction"] == "replaced";
    if was_usable && !same && theirs.is_some() && said == Said::Succeeded && !replaced {
        complain("somebody's pass was replaced, and the line does not say so");
    }
    let nothing = matches!(
        said,
        Said::Unchanged | Said::Failed | Said::Refused | Said::NotAttempted
    );
    if nothing && !same {
        complain("nothing is said to have happened, and there is another pass");
    }
    if said == Said::Unchanged && is.is_none() {
        complain("unchanged, and there is no pass");
    }
}
