//! The query options of `OData` that the modelled addresses understand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::GraphError;
use super::literal::percent_decoded;
use super::workload::Workload;

pub(crate) use super::filter::{Equality, unsupported_filter};

/// The query options of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) select: Vec<String>,
    pub(crate) top: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) skip_token: Option<String>,
    pub(crate) delta_token: Option<String>,
    pub(crate) expand: Option<String>,
    pub(crate) order_by: Option<String>,
    pub(crate) search: Option<String>,
    /// Whether the caller wants `@odata.count`.
    pub(crate) count: bool,
}

impl Query {
    /// Reads the options; names that do not start with `$` are custom and ignored.
    pub(crate) fn parse(query: &str) -> Result<Self, GraphError> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = form_decoded(name).to_ascii_lowercase();
            let value = form_decoded(value);
            if !name.starts_with('$') {
                continue;
            }
            if seen.contains(&name) {
                return Err(GraphError::gateway(format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                ))
                .breaking("query-option"));
            }
            match name.as_str() {
                "$select" => options.select = names(&value),
                "$top" => options.top = Some(value),
                "$filter" => options.filter = Some(value),
                "$skiptoken" => options.skip_token = Some(value),
                "$deltatoken" => options.delta_token = Some(value),
                "$expand" => options.expand = Some(value),
                "$orderby" => options.order_by = Some(value),
                "$search" => options.search = Some(value),
                "$count" => options.count = value.eq_ignore_ascii_case("true"),
                "$skip" => {
                    // Recorded for users.
                    return Err(GraphError::bad_request(
                        Workload::Directory,
                        "'$skip' is not supported by the service.",
                    ));
                }
                _ => {
                    return Err(GraphError::unsupported_query(format!(
                        "Query option '{name}' is not supported."
                    )));
                }
            }
            seen.push(name);
        }
        Ok(options)
    }

    /// Refuses the options that few addresses take.
    pub(crate) fn plain(self) -> Result<Self, GraphError> {
        let unserved = [
            ("$expand", &self.expand),
            ("$orderby", &self.order_by),
            ("$search", &self.search),
            ("$deltatoken", &self.delta_token),
        ];
        match unserved.iter().find(|(_, value)| value.is_some()) {
            Some((name, _)) => Err(GraphError::not_simulated(name)),
            None => Ok(self),
        }
    }

    /// The size of a page: 100 unless told, at most 999 (Graph: group-list-members).
    pub(crate) fn page_size(&self) -> Result<usize, GraphError> {
        let Some(top) = &self.top else {
            return Ok(PAGE_DEFAULT);
        };
        match top.parse::<usize>() {
            Ok(size) if (1..=PAGE_MOST).contains(&size) => Ok(size),
            Ok(_) => Err(GraphError::gateway(format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {PAGE_MOST} inclusive."
            ))
            .breaking("page-size")),
            Err(_) => Err(GraphError::gateway(format!(
                "Invalid value '{top}' for $top query option found."
            ))
            .breaking("page-size")),
        }
    }

    /// Whether `$top` is small enough to make a read cheaper (Graph: throttling limits).
    pub(crate) fn is_small_page(&self) -> bool {
        self.top
            .as_ref()
            .and_then(|top| top.parse::<u32>().ok())
            .is_some_and(|top| top < 20)
    }
}

/// Graph: group-list-members.
const PAGE_DEFAULT: usize = 100;
const PAGE_MOST: usize = 999;

/// The names in a comma-separated list.
pub(crate) fn names(list: &str) -> Vec<String> {
    list.split(',').map(|part| part.trim().to_owned()).collect()
}

/// `+` is a space in a query; a caller who leaves a plus sign bare has asked for something else.
fn form_decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// Where a page ended: the collection and the last object seen. Pages go on after that object, so
/// members that come or go meanwhile neither repeat nor hide others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageToken {
    pub(crate) collection: u32,
    pub(crate) last: u32,
    /// Whether the first page was an advanced query, so that the others are refused without its
    /// header.
    pub(crate) advanced: bool,
}

impl PageToken {
    pub(crate) fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(9);
        bytes.push(TOKEN_FORM + u8::from(self.advanced));
        bytes.extend(self.collection.to_be_bytes());
        bytes.extend(self.last.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (form, rest) = bytes.split_first()?;
        let (collection, last) = rest.split_first_chunk::<4>()?;
        let last: &[u8; 4] = last.try_into().ok()?;
        let token = Self {
            collection: u32::from_be_bytes(*collection),
            last: u32::from_be_bytes(*last),
            advanced: *form > TOKEN_FORM,
        };
        (TOKEN_FORM..=TOKEN_FORM + 1)
            .contains(form)
            .then_some(token)
    }
}

/// Tells our tokens from arbitrary base64; one more stands for an advanced query.
const TOKEN_FORM: u8 = 0x52;

/// The query of the next page: the caller's own options with the new token.
pub(crate) fn next_query(query: &str, token: PageToken) -> String {
    let mut parts: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !form_decoded(name).eq_ignore_ascii_case("$skiptoken")
        })
        .collect();
    let token = format!("$skiptoken={}", token.encode());
    parts.push(&token);
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_plus_in_a_query_is_a_space() {
        let query = Query::parse("$filter=displayName+eq+'a%2Bb'&x=1").unwrap();
        assert_eq!(query.filter.as_deref(), Some("displayName eq 'a+b'"));
    }

    #[test]
    fn an_option_may_stand_once() {
        assert_eq!(Query::parse("$top=1&$top=2").unwrap_err().status, 400);
    }

    #[test]
    fn a_page_token_survives_the_trip_and_nothing_else_does() {
        for advanced in [false, true] {
            let token = PageToken {
                collection: 7,
                last: u32::MAX,
                advanced,
            };
            assert_eq!(PageToken::decode(&token.encode()), Some(token));
            assert_eq!(
                next_query("$top=5&$skiptoken=old", token),
                format!("$top=5&$skiptoken={}", token.encode())
            );
        }
        assert_eq!(PageToken::decode("AAAA"), None);
        assert_eq!(PageToken::decode("not base64!"), None);
    }

    #[test]
    fn what_few_addresses_take_is_refused_elsewhere() {
        for (option, status) in [("expand", 501), ("search", 501), ("orderby", 501)] {
            let query = Query::parse(&format!("${option}=a")).unwrap();
            assert_eq!(query.plain().unwrap_err().status, status);
        }
        assert_eq!(Query::parse("$skip=1").unwrap_err().status, 400);
        assert!(Query::parse("$count=true").unwrap().plain().unwrap().count);
    }
}
