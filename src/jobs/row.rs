//! One line of the input, as a job reads it.

use std::fmt;

/// A column that a job reads.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in samples and messages.
    pub name: &'static str,
    /// Other names under which it is found.
    pub aliases: &'static [&'static str],
    /// Whether the input must have it.
    pub required: bool,
}

impl Column {
    /// The columns that hold a user: object id or user principal name.
    pub const USER: Self = Self {
        name: "UserName",
        aliases: &[
            "User",
            "UserId",
            "UserPrincipalName",
            "UPN",
            "ObjectId",
            "Member object ID or user principal name",
            "[memberObjectIdOrUpn]",
            "Member object ID or user principal name [memberObjectIdOrUpn] Required",
        ],
        required: true,
    };

    /// Whether a column of the input called `header` is meant.
    pub fn is(&self, header: &str) -> bool {
        let key = key_of(header);
        std::iter::once(&self.name)
            .chain(self.aliases)
            .any(|name| key_of(name) == key)
    }
}

/// A column name without what people write differently: case, spaces, `_` and `-`.
pub fn key_of(header: &str) -> String {
    header
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The cells of one row, by the job's own column names.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// (column's name, name in the input, cell).
    cells: Vec<(&'static str, &'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Cells by (the job's name for the column, the input's name for it, text).
    pub fn new(cells: Vec<(&'static str, &'a str, &'a str)>) -> Self {
        Self { cells }
    }

    /// The text in a column without spaces around it; empty where the input has no such column.
    pub fn text(&self, column: &str) -> &'a str {
        self.cells
            .iter()
            .find(|(name, ..)| *name == column)
            .map_or("", |(.., text)| text.trim())
    }

    /// Says what is wrong with a column, under the name that the input has for it.
    pub fn refuse(&self, column: &'static str, problem: impl Into<String>) -> Refusal {
        let (header, value) = self
            .cells
            .iter()
            .find(|(name, ..)| *name == column)
            .map_or((column, ""), |(_, header, text)| (*header, *text));
        Refusal {
            column: header.to_owned(),
            value: value.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Why a row is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The column, as the input names it.
    pub column: String,
    /// What it holds.
    pub value: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = visible(&self.column);
        if self.value.is_empty() {
            write!(f, "column `{column}`: {}", self.problem)
        } else {
            write!(
                f,
                "column `{column}`: `{}` {}",
                visible(&self.value),
                self.problem
            )
        }
    }
}

/// Text as it can stand in a message: control characters, which a terminal would obey, are written
/// out.
pub fn visible(text: &str) -> String {
    let show = |c: char| -> String {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            c.into()
        }
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_column_is_found_however_it_is_written() {
        for header in [
            "UserName",
            "user name",
            "USER_NAME",
            "user-principal-name",
            "upn",
            "Member object ID or user principal name",
        ] {
            assert!(Column::USER.is(header), "{header}");
        }
        assert!(!Column::USER.is("User type"));
    }

    #[test]
    fn no_name_or_cell_of_an_input_reaches_a_terminal_as_it_is() {
        let row = Fields::new(vec![("UserName", "upn\t", "\u{1b}[31m")]);
        let refusal = row.refuse("UserName", "is no user").to_string();
        assert_eq!(refusal, "column `upn\\t`: `\\u{1b}[31m` is no user");
    }
}
