//! Collections page by page (Graph: paging).

use serde_json::Value;

use super::counted;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::odata::{PageToken, Query};
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{ObjectIndex, Tenant};

/// Which collection a page token belongs to; tells the tokens of one from those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Users,
    Groups,
    /// The members of a group.
    Members(ObjectIndex),
    /// The owners of a group.
    Owners(ObjectIndex),
    /// The groups of an object.
    GroupsOf(ObjectIndex),
}

impl Listed {
    /// Places stay far below the bits that tell the kinds apart.
    fn number(self) -> u32 {
        match self {
            Self::Users => u32::MAX - 1,
            Self::Groups => u32::MAX,
            Self::Members(group) => group.0,
            Self::Owners(group) => group.0 | 1 << 31,
            Self::GroupsOf(object) => object.0 | 1 << 30,
        }
    }
}

/// The first object that a query does not see because the index does not have it yet; only advanced
/// queries go by the index.
pub(super) fn unindexed_from(
    tenant: &Tenant,
    call: &Call<'_>,
    advanced: bool,
) -> Option<ObjectIndex> {
    advanced
        .then(|| tenant.replicas.unindexed_from(call.arrival.now))
        .flatten()
}

/// Where the page the caller asks for begins; a token of another collection is refused, and so is
/// one of an advanced query without its header, which every page needs again.
pub(super) fn start(
    call: &Call<'_>,
    query: &Query,
    listed: Listed,
) -> Result<Option<ObjectIndex>, GraphError> {
    let Some(text) = &query.skip_token else {
        return Ok(None);
    };
    match PageToken::decode(text) {
        Some(token) if token.collection == listed.number() => {
            if token.advanced && !call.arrival.eventual {
                return Err(GraphError::advanced_query_unsupported());
            }
            Ok(Some(ObjectIndex(token.last)))
        }
        _ => Err(GraphError::expired_page_token()),
    }
}

/// The objects of one page.
#[derive(Debug)]
pub(super) struct Page {
    listed: Listed,
    pub(super) objects: Vec<ObjectIndex>,
    more: bool,
}

impl Page {
    /// Takes a page from all objects that are left.
    pub(super) fn of(
        listed: Listed,
        most: usize,
        objects: impl IntoIterator<Item = ObjectIndex>,
    ) -> Self {
        let mut objects: Vec<ObjectIndex> = objects.into_iter().take(most + 1).collect();
        let more = objects.len() > most;
        objects.truncate(most);
        Self {
            listed,
            objects,
            more,
        }
    }

    /// The page as it is answered, with a link to the next, which begins with `path`.
    pub(super) fn reply(
        &self,
        call: &Call<'_>,
        query: &Query,
        (context, path): (&str, String),
        count: Option<usize>,
        value: Vec<Value>,
    ) -> Reply {
        let next = self.objects.last().filter(|_| self.more).map(|last| {
            let token = PageToken {
                collection: self.listed.number(),
                last: last.0,
                advanced: call.is_advanced(query),
            };
            (path, token)
        });
        Reply::json(200, counted(call, context, count, value, next))
    }
}
