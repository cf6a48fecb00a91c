//! The whole input, read and checked before anything is sent.

use super::{Plan, RunError};
use crate::jobs::{Job, Work};
use crate::shell::input::{Input, InputError};
use crate::shell::results;
use crate::shell::run_file::{CheckedRow, RunFile};
use std::sync::mpsc;
use std::thread;

/// A column of the input that is carried into the results.
pub(super) struct Carried {
    pub(super) name: String,
    place: usize,
}

pub(super) fn carried_columns(input: &Input, job: &dyn Job) -> Vec<Carried> {
    let columns = input.header().iter().enumerate();
    let columns = columns.filter(|(_, name)| !results::replaces(job, name));
    columns
        .map(|(place, name)| Carried {
            name: name.clone(),
            place,
        })
        .collect()
}

/// Reads and checks the whole input. Returns the first refusals, each as a sentence.
pub(super) fn import(
    input: &mut Input,
    carried: &[Carried],
    plan: &Plan,
    work: &dyn Work,
    run_file: &mut RunFile,
) -> Result<Vec<String>, RunError> {
    /// As many as somebody would read in a terminal; the results have them all.
    const SHOWN: u32 = 10;
    /// Parts of the input that wait to be written, each of [`PART`] rows.
    const WAITING: usize = 4;
    let (parts, checked) = mpsc::sync_channel::<Vec<CheckedRow>>(WAITING);
    let (written, done) = mpsc::channel();
    let count = thread::scope(|scope| {
        let file = &mut *run_file;
        let writer = scope.spawn(move || {
            checked.into_iter().try_for_each(|part| {
                // Memory is given back where it was taken: allocators are slow otherwise.
                file.add_rows(&part).map(|()| drop(written.send(part)))
            })
        });
        let read = check_rows(input, carried, plan, work, &parts, &done);
        drop(parts);
        match writer.join() {
            Ok(written) => written
                .map_err(RunError::from)
                .and(read.map_err(RunError::from)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    if count == 0 {
        return Err(input.no_rows().into());
    }
    run_file.rows_are_in(plan.job.sameness())?;
    let refusals = run_file.refusals(SHOWN)?.into_iter();
    Ok(refusals
        .map(|(line, why)| format!("line {line}: {why}"))
        .collect())
}

/// Rows that are handed over at once.
const PART: usize = 256;

/// Reads and checks the whole input, and says how many rows it has. Whoever writes them down does so
/// meanwhile; where that fails, nobody needs the rest.
fn check_rows(
    input: &mut Input,
    carried: &[Carried],
    plan: &Plan,
    work: &dyn Work,
    parts: &mpsc::SyncSender<Vec<CheckedRow>>,
    done: &mpsc::Receiver<Vec<CheckedRow>>,
) -> Result<u64, InputError> {
    let places: Vec<usize> = carried.iter().map(|column| column.place).collect();
    let (mut count, mut part) = (0, Vec::with_capacity(PART));
    while plan.rows.is_none_or(|rows| count < rows) {
        let Some(row) = input.next_row()? else { break };
        count += 1;
        let item = work.check(&input.fields(&row)).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            problems.join("; ")
        });
        part.push(CheckedRow {
            line: row.line,
            cells: row.cells_at(&places),
            item,
        });
        if part.len() == PART {
            if parts.send(part).is_err() {
                return Ok(count);
            }
            part = done.try_recv().unwrap_or_default();
            part.clear();
        }
    }
    // The same goes for the last ones.
    let _ = parts.send(part);
    Ok(count)
}
