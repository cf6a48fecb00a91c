//! Whose turn it is among companies: items that may share requests with their own kind only.

use crate::jobs::ItemId;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Lets companies take turns, so that many groups are written to at once, and few writes are under
/// way to each. Nothing but a cursor is kept of each.
#[derive(Debug, Default)]
pub(super) struct Companies {
    cursors: HashMap<Rc<str>, Cursor>,
    /// Those that may have something to do, in the order of their turns.
    awake: VecDeque<Rc<str>>,
}

#[derive(Debug)]
struct Cursor {
    /// The last item that was taken.
    after: ItemId,
    is_awake: bool,
}

impl Companies {
    /// A company has grown, or what it was waiting for is over.
    pub(super) fn wake(&mut self, company: &str) {
        if let Some(cursor) = self.cursors.get_mut(company)
            && cursor.is_awake
        {
            return;
        }
        let company: Rc<str> = company.into();
        let after = ItemId(0);
        let is_awake = true;
        let cursor = self.cursors.entry(Rc::clone(&company));
        cursor.or_insert(Cursor { after, is_awake }).is_awake = true;
        self.awake.push_back(company);
    }

    /// Whose turn it is, and after which item it goes on. It sleeps from now on, unless
    /// [`Self::took`] says otherwise.
    pub(super) fn next(&mut self) -> Option<(Rc<str>, ItemId)> {
        let company = self.awake.pop_front()?;
        let cursor = self.cursors.get_mut(&company)?;
        cursor.is_awake = false;
        Some((company, cursor.after))
    }

    /// A company's items up to `after` are under way or settled.
    pub(super) fn took(&mut self, company: &str, after: ItemId) {
        if let Some(cursor) = self.cursors.get_mut(company) {
            cursor.after = after;
        }
    }
}
