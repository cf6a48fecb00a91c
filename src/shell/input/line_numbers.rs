//! Which line of a file a byte is on.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Hands bytes through and remembers where lines begin.
///
/// A CSV parser skips empty lines between records and knows a record by the byte where it began to
/// look, so the line that a person sees has to be found by somebody who saw the bytes. What lies
/// before the last question is forgotten: memory does not grow with the file.
#[derive(Debug)]
pub(super) struct LineNumbers<R> {
    inner: R,
    /// Bytes seen.
    offset: u64,
    line: u64,
    /// Whether the next byte begins a line.
    at_start: bool,
    after_return: bool,
    /// (first byte, line) of the lines that are not empty.
    starts: VecDeque<(u64, u64)>,
    cell: Cell,
}

/// Where in a cell the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Start,
    Plain,
    /// Within quotes that were opened on this line.
    Quoted(u64),
    /// Behind a quote that ends the cell, or is doubled.
    AfterQuote(u64),
}

impl Cell {
    fn after(self, byte: u8, line: u64) -> Self {
        match (self, byte) {
            (Self::Start, b'"') => Self::Quoted(line),
            (Self::Quoted(opened), b'"') => Self::AfterQuote(opened),
            (Self::AfterQuote(opened), b'"') | (Self::Quoted(opened), _) => Self::Quoted(opened),
            (_, b',' | b'\n' | b'\r') => Self::Start,
            _ => Self::Plain,
        }
    }
}

impl<R> LineNumbers<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            offset: 0,
            line: 1,
            at_start: true,
            after_return: false,
            starts: VecDeque::new(),
            cell: Cell::Start,
        }
    }

    /// The first line with something on it at or after `offset`; questions go forwards only.
    pub(super) fn line_at(&mut self, offset: u64) -> u64 {
        while self
            .starts
            .front()
            .is_some_and(|(start, _)| *start < offset)
        {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }

    /// The line on which a quote was opened that was not closed by the bytes seen so far.
    pub(super) fn open_quote(&self) -> Option<u64> {
        match self.cell {
            Cell::Quoted(line) => Some(line),
            Cell::Start | Cell::Plain | Cell::AfterQuote(_) => None,
        }
    }

    /// Whether a byte belongs to a byte order mark at the start, which is no part of the first
    /// cell.
    fn is_in_mark(&self, byte: u8) -> bool {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        let place = usize::try_from(self.offset).unwrap_or(usize::MAX);
        MARK.get(place) == Some(&byte)
    }

    /// Lines end with a line feed, a carriage return, or both.
    fn see(&mut self, byte: u8) {
        if !self.is_in_mark(byte) {
            self.cell = self.cell.after(byte, self.line);
        }
        match byte {
            b'\n' if self.after_return => {}
            b'\n' | b'\r' => {
                self.line += 1;
                self.at_start = true;
            }
            _ if self.at_start => {
                self.starts.push_back((self.offset, self.line));
                self.at_start = false;
            }
            _ => {}
        }
        self.after_return = byte == b'\r';
        self.offset += 1;
    }
}

impl<R: Read> Read for LineNumbers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        buffer.iter().take(count).for_each(|byte| self.see(*byte));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines of all records, as the reader of an input finds them.
    fn lines_of(text: &str) -> Vec<u64> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(LineNumbers::new(text.as_bytes()));
        let (mut record, mut lines) = (csv::ByteRecord::new(), Vec::new());
        while reader.read_byte_record(&mut record).unwrap() {
            let offset = record.position().unwrap().byte();
            lines.push(reader.get_mut().line_at(offset));
        }
        lines
    }

    #[test]
    fn a_record_is_on_the_line_where_a_person_sees_it() {
        assert_eq!(lines_of("a\nb\nc\n"), [1, 2, 3]);
        assert_eq!(lines_of("a\r\nb\r\n\r\nc"), [1, 2, 4]);
        assert_eq!(lines_of("a\rb\r\rc"), [1, 2, 4]);
        assert_eq!(lines_of("a\n\n\n\"b\nb\"\nc\n"), [1, 4, 6]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_where_it_was_opened() {
        let open = |text: &str| {
            let mut lines = LineNumbers::new(text.as_bytes());
            io::copy(&mut lines, &mut io::sink()).unwrap();
            lines.open_quote()
        };
        assert_eq!(open("a,b\n1,\"x\ny\n2,z\n"), Some(2));
        assert_eq!(open("a,b\n1,\"say \"\"x\"\"\"\n\"2\",5\" pipe\n"), None);
        assert_eq!(open("a\n\"\"\"\n"), Some(2));
        assert_eq!(open("\u{feff}\"a,\"\n1\n"), None);
    }

    proptest! {
        #[test]
        fn plain_records_are_where_their_text_is(gaps in prop::collection::vec(0_usize..4, 1..200)) {
            let mut text = String::new();
            let mut expected = Vec::new();
            let mut line = 1;
            for gap in gaps {
                line += u64::try_from(gap).unwrap();
                text.push_str(&"\n".repeat(gap));
                text.push_str("a,b\n");
                expected.push(line);
                line += 1;
            }
            prop_assert_eq!(lines_of(&text), expected);
        }
    }
}
