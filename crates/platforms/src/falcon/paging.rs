//! Lists that are read by offset, and may change meanwhile.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::client::Core;
use crate::core::error::{Error, Result};
use crate::core::operation::Operation;
use crate::core::paging::{Page, Paged};
use crate::falcon::answers::{Grant, Listing};

/// What has been read of a list.
struct Walk {
    start: u64,
    limit: u64,
    seen: HashSet<String>,
    items: u64,
    total: Option<u64>,
    /// The least that the list was said to have: what was added while it was read may have been passed over.
    least: Option<u64>,
}

/// A list, page by page.
///
/// Where its items have a `key`, doubles are left out: they come when items are added meanwhile. When items have gone
/// meanwhile, those behind them have moved into pages that were read already; so many are read again. A list of which fewer
/// came than it is said to have is an error.
pub(super) fn pages<T: Send + 'static>(
    core: &Core,
    start: u64,
    limit: u32,
    key: Option<fn(&T) -> String>,
    make: impl Fn(u64) -> Result<Operation<Listing<T>>> + Send + Sync + 'static,
) -> Paged<T> {
    let walk = Arc::new(Mutex::new(Walk {
        start,
        limit: u64::from(limit),
        seen: HashSet::new(),
        items: 0,
        total: None,
        least: None,
    }));
    let core = core.clone();
    Paged::new(move |cursor| {
        let offset = cursor
            .and_then(|cursor| cursor.parse().ok())
            .unwrap_or(start);
        let operation = make(offset);
        let (core, walk) = (core.clone(), Arc::clone(&walk));
        Box::pin(async move {
            let listing = core.call(operation?).await?;
            let mut walk = walk.lock().unwrap_or_else(PoisonError::into_inner);
            walk.page(offset, listing, key)
        })
    })
}

/// What distinguishes ids.
pub(super) fn by_id<T: Display>(id: &T) -> String {
    id.to_string()
}

/// What distinguishes grants: the role, and the path by which it comes.
pub(super) fn by_path(grant: &Grant) -> String {
    let Grant {
        cid,
        role_id,
        grant_type,
        user_group_id,
        cid_group_id,
        parent_cid,
        expires_at,
        ..
    } = grant;
    format!(
        "{role_id} {cid:?} {grant_type:?} {user_group_id:?} {cid_group_id:?} {parent_cid:?} {expires_at:?}"
    )
}

impl Walk {
    fn page<T>(
        &mut self,
        offset: u64,
        listing: Listing<T>,
        key: Option<fn(&T) -> String>,
    ) -> Result<Page<T>> {
        let Listing {
            mut items,
            total,
            answer,
        } = listing;
        let received = items.len() as u64;
        let gone = match (self.total, total) {
            (Some(before), Some(now)) => before.saturating_sub(now),
            _ => 0,
        };
        if let Some(key) = key {
            // Only what another page had is a double: within one page nothing moves.
            let keys: Vec<String> = items.iter().map(key).collect();
            items.retain(|item| !self.seen.contains(&key(item)));
            self.seen.extend(keys);
        }
        self.items += items.len() as u64;
        self.total = total.or(self.total);
        self.least = match (self.least, total) {
            (Some(least), Some(total)) => Some(least.min(total)),
            (least, total) => total.or(least),
        };
        let after = offset + received;
        let more = match total {
            Some(total) => after < total,
            None => received >= self.limit,
        };
        let next = if gone > 0 && key.is_some() && offset > self.start {
            Some(offset.saturating_sub(gone).max(self.start))
        } else {
            more.then_some(after)
        };
        if next.is_none()
            && let Some(least) = self.least
            && self.start + self.items < least
        {
            return Err(Error::unexpected(
                &answer,
                format!(
                    "the list came incomplete: {} of {least}; it changed while it was read, so read it again",
                    self.items
                ),
            ));
        }
        Ok(Page {
            items,
            next: next.map(|next| next.to_string()),
            total,
            answer,
        })
    }
}
