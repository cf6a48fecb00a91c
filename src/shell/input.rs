//! CSV in.

mod line_numbers;
mod source;

use crate::jobs::{Column, Fields, visible};
use csv::{ByteRecord, Reader, ReaderBuilder, Trim};
use line_numbers::LineNumbers;
use source::Source;
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// An input file whose header has been understood.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    reader: Reader<LineNumbers<Source>>,
    /// How often the user asked to stop.
    stop: watch::Receiver<u32>,
    header: Vec<String>,
    /// (the job's column, its place in the header).
    columns: Vec<(&'static str, usize)>,
}

/// One line of the input.
#[derive(Debug)]
pub struct Row {
    /// Where it begins in the file, from 1.
    pub line: u64,
    cells: Vec<String>,
}

/// Why an input file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file system said no.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The user asked to stop before all of it was read.
    #[error("stopped while `{}` was being read, as you asked", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder.
    #[error("cannot read `{}`: it is a folder, and the input is a CSV file", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("`{}` is empty: line 1 must name the columns, such as {expected}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// Columns that would do.
        expected: String,
    },
    /// There is a header and nothing below it.
    #[error("`{}` has no rows below its header", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A required column is missing.
    #[error("`{}`: line 1: there is no column `{column}`; it has {}{}", path.display(), listed(header), hint(header))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The columns that there are.
        header: Vec<String>,
    },
    /// Two columns mean the same.
    #[error(
        "`{}`: line 1: the columns `{}` ({first_place}) and `{}` ({second_place}) mean the same; keep one of them",
        path.display(), visible(first), visible(second))]
    SameColumns {
        /// The file.
        path: PathBuf,
        /// The name of the one.
        first: String,
        /// Its place, from 1.
        first_place: usize,
        /// The name of the other.
        second: String,
        /// Its place, from 1.
        second_place: usize,
    },
    /// A line has more or fewer cells than the header.
    #[error("`{}`: line {line}: it has {cells} cells, and the header has {columns}; {}", path.display(), ragged_advice(*cells, *columns))]
    Ragged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// Its cells.
        cells: usize,
        /// The header's.
        columns: usize,
    },
    /// A quote is opened and never closed, so that everything after it would be one cell.
    #[error("`{}`: line {line}: a quote (\") is opened here and never closed; close it, or double it if it belongs to the text", path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Where it is opened.
        line: u64,
    },
    /// A cell is no UTF-8.
    #[error("`{}`: line {line}: column {column} is not UTF-8 (byte {byte} of the cell); save the file as \"CSV UTF-8\"", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The column: its name, or its place if that is unreadable.
        column: String,
        /// The first byte that is wrong, from 1.
        byte: usize,
    },
}

fn listed(header: &[String]) -> String {
    header
        .iter()
        .map(|name| format!("`{}`", visible(name)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn hint(header: &[String]) -> &'static str {
    match header {
        [one] if one.contains([';', '\t', '|']) => {
            " (are the columns separated by something else than commas?)"
        }
        _ => "",
    }
}

fn ragged_advice(cells: usize, columns: usize) -> &'static str {
    if cells > columns {
        "put quotes around text that holds a comma"
    } else {
        "empty cells need their commas too"
    }
}

impl Input {
    /// Opens a file and finds the job's columns in its header. It is read until somebody asks to
    /// `stop`.
    pub fn open(
        path: &Path,
        wanted: &[Column],
        stop: watch::Receiver<u32>,
    ) -> Result<Self, InputError> {
        let io = |source| unreadable(path, &stop, source);
        if path.is_dir() {
            return Err(InputError::Folder {
                path: path.to_owned(),
            });
        }
        let source = Source::open(path, stop.clone()).map_err(io)?;
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .trim(Trim::None)
            .from_reader(LineNumbers::new(source));
        let mut record = ByteRecord::new();
        if !reader
            .read_byte_record(&mut record)
            .map_err(|error| io(error.into()))?
        {
            let required = wanted
                .iter()
                .filter(|column| column.required)
                .map(|column| column.name);
            let expected = required.collect::<Vec<_>>().join(",");
            return Err(InputError::Empty {
                path: path.to_owned(),
                expected,
            });
        }
        let header = utf8(path, 1, &[], &record)?;
        let columns = find_columns(path, &header, wanted)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            stop,
            header,
            columns,
        })
    }

    /// The names of all columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The next line, or `None` after the last.
    pub fn next_row(&mut self) -> Result<Option<Row>, InputError> {
        let mut record = ByteRecord::new();
        let io = |error: csv::Error| unreadable(&self.path, &self.stop, error.into());
        if *self.stop.borrow() > 0 {
            return Err(InputError::Stopped {
                path: self.path.clone(),
            });
        }
        if !self.reader.read_byte_record(&mut record).map_err(io)? {
            return match self.reader.get_ref().open_quote() {
                Some(line) => Err(InputError::OpenQuote {
                    path: self.path.clone(),
                    line,
                }),
                None => Ok(None),
            };
        }
        let offset = record.position().map_or(0, csv::Position::byte);
        let line = self.reader.get_mut().line_at(offset);
        if record.len() != self.header.len() {
            let (cells, columns) = (record.len(), self.header.len());
            return Err(InputError::Ragged {
                path: self.path.clone(),
                line,
                cells,
                columns,
            });
        }
        Ok(Some(Row {
            line,
            cells: utf8(&self.path, line, &self.header, &record)?,
        }))
    }

    /// The cells of a row as the job reads them.
    pub fn fields<'a>(&'a self, row: &'a Row) -> Fields<'a> {
        let cell = |(name, place): &(&'static str, usize)| {
            Some((
                *name,
                self.header.get(*place)?.as_str(),
                row.cells.get(*place)?.as_str(),
            ))
        };
        Fields::new(self.columns.iter().filter_map(cell).collect())
    }

    /// What to say about a file without rows.
    pub fn no_rows(&self) -> InputError {
        InputError::NoRows {
            path: self.path.clone(),
        }
    }
}

impl Row {
    /// The cells at these places.
    pub fn cells_at(&self, places: &[usize]) -> Vec<String> {
        places
            .iter()
            .filter_map(|place| self.cells.get(*place))
            .cloned()
            .collect()
    }
}

/// Why nothing came: somebody may have asked for that.
fn unreadable(path: &Path, stop: &watch::Receiver<u32>, source: std::io::Error) -> InputError {
    let path = path.to_owned();
    if *stop.borrow() > 0 {
        InputError::Stopped { path }
    } else {
        InputError::Io { path, source }
    }
}

fn utf8(
    path: &Path,
    line: u64,
    header: &[String],
    record: &ByteRecord,
) -> Result<Vec<String>, InputError> {
    let cell = |(place, bytes): (usize, &[u8])| {
        String::from_utf8(bytes.to_vec()).map_err(|error| InputError::NotUtf8 {
            path: path.to_owned(),
            line,
            column: header.get(place).map_or_else(
                || (place + 1).to_string(),
                |name| format!("`{}`", visible(name)),
            ),
            byte: error.utf8_error().valid_up_to() + 1,
        })
    };
    record.iter().enumerate().map(cell).collect()
}

fn find_columns(
    path: &Path,
    header: &[String],
    wanted: &[Column],
) -> Result<Vec<(&'static str, usize)>, InputError> {
    let mut found = Vec::new();
    for column in wanted {
        let mut places = header
            .iter()
            .enumerate()
            .filter(|(_, name)| column.is(name));
        match (places.next(), places.next()) {
            (Some((first_place, first)), Some((second_place, second))) => {
                return Err(InputError::SameColumns {
                    path: path.to_owned(),
                    first: first.clone(),
                    first_place: first_place + 1,
                    second: second.clone(),
                    second_place: second_place + 1,
                });
            }
            (Some((place, _)), None) => found.push((column.name, place)),
            (None, _) if column.required => {
                return Err(InputError::MissingColumn {
                    path: path.to_owned(),
                    column: column.name,
                    header: header.to_vec(),
                });
            }
            (None, _) => {}
        }
    }
    Ok(found)
}
