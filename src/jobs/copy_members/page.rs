//! One page of a list of members.

use crate::engine::{Answer, Operation, Outcome, Workload};
use crate::jobs::Settlement;
use serde_json::Value;

/// What a service's answer lists, and where the list goes on.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) members: &'a [Value],
    /// The path of the next page; `None` is the end of the list.
    pub(super) next: Option<String>,
}

impl<'a> Page<'a> {
    /// Reads a page, or says how what it was read for ends.
    pub(super) fn read(
        answer: &'a Result<Answer, String>,
        graph_root: &str,
    ) -> Result<Self, Box<Settlement>> {
        let answer = answer.as_ref().map_err(|why| unread(why))?;
        if !answer.is_success() {
            return Err(Settlement::failed(answer).into());
        }
        let members = answer
            .json()
            .and_then(|body| body.get("value"))
            .and_then(Value::as_array)
            .ok_or_else(|| unread("the service answered without a list of members"))?;
        let next = next_page(answer, graph_root)?;
        Ok(Self { members, next })
    }
}

/// What could not be read ends so.
pub(super) fn unread(why: &str) -> Settlement {
    let mut failed = Settlement::new(Outcome::Failed, None);
    why.clone_into(&mut failed.error_message);
    failed
}

/// The page that an answer names as the next one, or `None` after the last.
///
/// A link to any other host than the configured one is refused: it would carry the token there.
fn next_page(answer: &Answer, graph_root: &str) -> Result<Option<String>, Box<Settlement>> {
    let Some(link) = answer.text("@odata.nextLink") else {
        return Ok(None);
    };
    match link.strip_prefix(graph_root) {
        Some(path) if path.starts_with('/') => Ok(Some(path.to_owned())),
        _ => Err(unread(
            "the service's next page is on another host than the configured one; not followed",
        )
        .into()),
    }
}

/// Asks for a page. The largest has 999 members (Graph: list group members); costs are those of
/// "Resource unit cost per operation", one less for `$select` (Graph: throttling limits).
pub(super) fn ask(path: String, transitive: bool) -> Operation {
    Operation::get(Workload::Directory, path, if transitive { 4 } else { 2 })
}
