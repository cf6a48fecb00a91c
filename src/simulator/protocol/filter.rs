//! `$filter`: the expressions that clients of bulk jobs write.

use std::borrow::Cow;

use super::error::GraphError;

mod parser;

/// An expression over the properties of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// `property eq 'value'`, `startswith(property,'value')` and their kind.
    Compare {
        property: String,
        operator: Operator,
        value: Literal,
    },
    /// `property in ('a','b')`.
    In {
        property: String,
        values: Vec<Literal>,
    },
    /// `collection/any(x:x eq 'value')`.
    Any {
        collection: String,
        operator: Operator,
        value: Literal,
    },
    /// All of two or more.
    And(Vec<Self>),
    /// One of two or more.
    Or(Vec<Self>),
    Not(Box<Self>),
}

/// How a property is held against a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    StartsWith,
    EndsWith,
}

/// A value in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Flag(bool),
    Null,
}

/// The value of a property, as a filter sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field<'v> {
    Text(Cow<'v, str>),
    Flag(bool),
    Texts(Vec<Cow<'v, str>>),
    /// No value.
    Null,
}

impl<'v> Field<'v> {
    pub(crate) fn text(text: &'v str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// How many alternatives a filter may name (Graph: filter query parameter, for `in`; recorded for
/// `or` as well).
const MOST_ALTERNATIVES: usize = 15;

/// How deep a filter may go, in the recorded count: a comparison is one level, `and` and `or` add
/// one each.
const MOST_HEIGHT: usize = 3;

impl Filter {
    /// Reads a filter; a quote inside a value is written twice.
    pub(crate) fn parse(text: &str) -> Result<Self, GraphError> {
        parser::parse(text).ok_or_else(invalid_filter)
    }

    /// Refuses what the directory does not serve: properties other than the `filterable`, and
    /// without the parameters of advanced queries some operators and large
    /// expressions (Graph: advanced queries).
    pub(crate) fn check(
        &self,
        advanced: bool,
        resource: &str,
        filterable: &[&str],
    ) -> Result<(), GraphError> {
        if !advanced && self.height() > MOST_HEIGHT {
            return Err(GraphError::unsupported_query(format!(
                "search filter expression has excessive height: {}. Max allowed: {MOST_HEIGHT}.",
                self.height()
            )));
        }
        self.check_part(advanced, resource, filterable)
    }

    fn check_part(
        &self,
        advanced: bool,
        resource: &str,
        filterable: &[&str],
    ) -> Result<(), GraphError> {
        let alternatives = self.alternatives();
        if !advanced && alternatives > MOST_ALTERNATIVES {
            return Err(GraphError::unsupported_query(format!(
                "Too many child clauses specified in search filter expression containing 'OR' operators: \
                 {alternatives}. Max allowed: {MOST_ALTERNATIVES}."
            )));
        }
        match self {
            Self::And(parts) | Self::Or(parts) => parts
                .iter()
                .try_for_each(|part| part.check_part(advanced, resource, filterable)),
            Self::Not(_) if !advanced => Err(needs_header("not")),
            Self::Not(part) => part.check_part(advanced, resource, filterable),
            Self::In { property, .. } => known(property, resource, filterable),
            Self::Compare {
                property,
                operator,
                value,
            }
            | Self::Any {
                collection: property,
                operator,
                value,
            } => {
                known(property, resource, filterable)?;
                match operator {
                    _ if advanced => Ok(()),
                    Operator::EndsWith => Err(needs_header("endsWith")),
                    Operator::NotEqual => Err(GraphError::unsupported_query(
                        "Filter operator 'NotEqualsMatch' is not supported.",
                    )),
                    _ if *value == Literal::Null => Err(unsupported_filter(property, resource)),
                    Operator::Equal | Operator::StartsWith => Ok(()),
                }
            }
        }
    }

    fn height(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                1 + parts.iter().map(Self::height).max().unwrap_or(0)
            }
            Self::Not(part) => 1 + part.height(),
            Self::Compare { .. } | Self::In { .. } | Self::Any { .. } => 1,
        }
    }

    /// An `in` counts as that many clauses joined by `or` (recorded).
    fn alternatives(&self) -> usize {
        match self {
            Self::In { values, .. } => values.len(),
            Self::Or(parts) => parts.iter().map(|part| part.alternatives().max(1)).sum(),
            _ => 0,
        }
    }

    /// Whether an object passes; `field` gives its properties.
    pub(crate) fn matches<'v>(&self, field: &dyn Fn(&str) -> Field<'v>) -> bool {
        match self {
            Self::Compare {
                property,
                operator,
                value,
            } => compare(&field(property), *operator, value),
            Self::In { property, values } => {
                let field = field(property);
                values
                    .iter()
                    .any(|value| compare(&field, Operator::Equal, value))
            }
            Self::Any {
                collection,
                operator,
                value,
            } => match field(collection) {
                Field::Texts(texts) => texts
                    .into_iter()
                    .any(|text| compare(&Field::Text(text), *operator, value)),
                _ => false,
            },
            Self::And(parts) => parts.iter().all(|part| part.matches(field)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(field)),
            Self::Not(part) => !part.matches(field),
        }
    }

    /// Property and value pairs of which every match has one, so that an index can be asked in
    /// place of a scan; `None` when the filter has no such pairs.
    pub(crate) fn pins(&self, indexed: &[&str]) -> Option<Vec<(&str, &str)>> {
        match self {
            Self::Compare {
                property,
                operator: Operator::Equal,
                value: Literal::Text(value),
            } if indexed.contains(&property.as_str()) => Some(vec![(property, value)]),
            Self::In { property, values } if indexed.contains(&property.as_str()) => values
                .iter()
                .map(|value| match value {
                    Literal::Text(value) => Some((property.as_str(), value.as_str())),
                    _ => None,
                })
                .collect(),
            Self::And(parts) => parts.iter().find_map(|part| part.pins(indexed)),
            Self::Or(parts) => {
                let pins: Option<Vec<_>> = parts.iter().map(|part| part.pins(indexed)).collect();
                pins.map(|pins| pins.into_iter().flatten().collect())
            }
            _ => None,
        }
    }
}

/// The directory compares text without case.
fn compare(field: &Field<'_>, operator: Operator, value: &Literal) -> bool {
    let equal = match (field, value) {
        (Field::Text(text), Literal::Text(value)) => {
            return match operator {
                Operator::Equal => lower(text).eq(lower(value)),
                Operator::NotEqual => lower(text).ne(lower(value)),
                Operator::StartsWith => starts_with(text, value),
                Operator::EndsWith => text.to_lowercase().ends_with(&value.to_lowercase()),
            };
        }
        (Field::Flag(flag), Literal::Flag(value)) => flag == value,
        (Field::Null, Literal::Null) => true,
        _ => false,
    };
    match operator {
        Operator::Equal => equal,
        Operator::NotEqual => !equal,
        Operator::StartsWith | Operator::EndsWith => false,
    }
}

fn lower(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

fn starts_with(text: &str, prefix: &str) -> bool {
    let mut text = lower(text);
    lower(prefix).all(|wanted| text.next() == Some(wanted))
}

fn known(property: &str, resource: &str, filterable: &[&str]) -> Result<(), GraphError> {
    if filterable.contains(&property) {
        Ok(())
    } else {
        Err(unsupported_filter(property, resource))
    }
}

/// Documented (Graph: advanced queries).
fn needs_header(operator: &str) -> GraphError {
    GraphError::unsupported_query(format!(
        "Operator '{operator}' is not supported because the 'ConsistencyLevel:eventual' header is missing. \
         Refer to https://aka.ms/graph-docs/advanced-queries for more information"
    ))
}

pub(crate) fn invalid_filter() -> GraphError {
    GraphError::gateway("Invalid filter clause").breaking("filter")
}

/// The directory's words for a filter it does not serve.
pub(crate) fn unsupported_filter(property: &str, resource: &str) -> GraphError {
    GraphError::unsupported_query(format!(
        "Unsupported or invalid query filter clause specified for property '{property}' of resource '{resource}'."
    ))
}

/// A filter of the one form that some addresses take: `property eq 'value'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equality {
    pub(crate) property: String,
    pub(crate) value: String,
}

impl Equality {
    /// Reads a filter and refuses any other form.
    pub(crate) fn parse(filter: &str, resource: &str) -> Result<Self, GraphError> {
        match Filter::parse(filter)? {
            Filter::Compare {
                property,
                operator: Operator::Equal,
                value: Literal::Text(value),
            } => Ok(Self { property, value }),
            Filter::Compare { property, .. }
            | Filter::In { property, .. }
            | Filter::Any {
                collection: property,
                ..
            } => Err(unsupported_filter(&property, resource)),
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => Err(invalid_filter()),
        }
    }
}

#[cfg(test)]
mod tests;
