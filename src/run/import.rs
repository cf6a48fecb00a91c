//! The whole input, read and checked before anything is sent.

use super::{Plan, RunError};
use crate::jobs::{Fields, Job, Work};
use crate::shell::input::{Input, InputError};
use crate::shell::results::{self, STATUS};
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
    let Read { rows, left_out } = thread::scope(|scope| {
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
    match (rows, left_out) {
        (0, 0) => return Err(input.no_rows().into()),
        (0, _) => return Err(nothing_selected(plan)),
        (_, 0) => {}
        (_, left_out) => run_file.leave_out(left_out)?,
    }
    run_file.rows_are_in(plan.job.sameness())?;
    let refusals = run_file.refusals(SHOWN)?.into_iter();
    Ok(refusals
        .map(|(line, why)| format!("line {line}: {why}"))
        .collect())
}

/// Rows that are handed over at once.
const PART: usize = 256;

/// What was read of an input.
#[derive(Default)]
struct Read {
    /// Rows that the run is for.
    rows: u64,
    /// Rows that it leaves out.
    left_out: u64,
}

/// Makes sure that there is something to do, before anything is made or moved aside for it.
pub(super) fn check_selection(plan: &Plan) -> Result<(), RunError> {
    // What can be read only once is looked at when it is.
    if plan.only.is_empty() || !plan.files.input.is_file() {
        return Ok(());
    }
    let mut input = plan.open_input()?;
    while let Some(row) = input.next_row()? {
        if is_selected(plan, &input.fields(&row)) {
            return Ok(());
        }
    }
    Err(nothing_selected(plan))
}

fn is_selected(plan: &Plan, row: &Fields<'_>) -> bool {
    let status = row.text(STATUS.name);
    let is_it = |word: &&str| word.eq_ignore_ascii_case(status);
    plan.only.is_empty() || plan.only.iter().any(is_it)
}

fn nothing_selected(plan: &Plan) -> RunError {
    RunError::NothingSelected {
        input: plan.files.input.clone(),
        statuses: plan.only.clone(),
    }
}

/// Reads and checks the whole input, and says how many rows it has. Whoever writes them down does so
/// meanwhile; where that fails, nobody needs the rest.
fn check_rows(
    input: &mut Input,
    carried: &[Carried],
    plan: &Plan,
    work: &dyn Work,
    parts: &mpsc::SyncSender<Vec<CheckedRow>>,
    done: &mpsc::Receiver<Vec<CheckedRow>>,
) -> Result<Read, InputError> {
    let places: Vec<usize> = carried.iter().map(|column| column.place).collect();
    let (mut read, mut part) = (Read::default(), Vec::with_capacity(PART));
    while plan.rows.is_none_or(|rows| read.rows < rows) {
        let Some(row) = input.next_row()? else { break };
        let fields = input.fields(&row);
        if !is_selected(plan, &fields) {
            read.left_out += 1;
            continue;
        }
        read.rows += 1;
        let item = work.check(&fields).map_err(|problems| {
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
                return Ok(read);
            }
            part = done.try_recv().unwrap_or_default();
            part.clear();
        }
    }
    // The same goes for the last ones.
    let _ = parts.send(part);
    Ok(read)
}
