//! Lists that are read by page number, and may change meanwhile.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::civis::answers::Listing;
use crate::core::client::Core;
use crate::core::error::Result;
use crate::core::operation::Operation;
use crate::core::paging::{Page, Paged};

/// What has been read of a list.
#[derive(Default)]
struct Walk {
    seen: HashSet<i64>,
    total: Option<u64>,
}

/// A list, page by page.
///
/// Doubles are left out: they come when items are added meanwhile. When items have gone meanwhile, those behind them have moved
/// into the page before: that one is read again.
pub(super) fn pages<T: Send + 'static>(
    core: &Core,
    start: u64,
    id: fn(&T) -> i64,
    make: impl Fn(u64) -> Result<Operation<Listing<T>>> + Send + Sync + 'static,
) -> Paged<T> {
    let walk = Arc::new(Mutex::new(Walk::default()));
    let core = core.clone();
    let make = Arc::new(make);
    Paged::new(move |cursor| {
        let number = cursor
            .and_then(|cursor| cursor.parse().ok())
            .unwrap_or(start);
        let (core, walk, make) = (core.clone(), Arc::clone(&walk), Arc::clone(&make));
        Box::pin(async move {
            let mut listing = core.call(make(number)?).await?;
            let received = listing.items.len();
            let before = lock(&walk).total;
            let gone = matches!((before, listing.total), (Some(before), Some(now)) if now < before);
            if gone && number > start {
                let mut moved = core.call(make(number - 1)?).await?.items;
                moved.append(&mut listing.items);
                listing.items = moved;
            }
            let mut walk = lock(&walk);
            walk.total = listing.total.or(walk.total);
            let mut items = listing.items;
            items.retain(|item| walk.seen.insert(id(item)));
            let more = match listing.pages {
                Some(pages) => number < pages,
                // Without the headers the end is the first page with nothing on it.
                None => received > 0,
            };
            Ok(Page {
                items,
                next: more.then(|| (number + 1).to_string()),
                total: listing.total,
                answer: listing.answer,
            })
        })
    })
}

fn lock(walk: &Mutex<Walk>) -> MutexGuard<'_, Walk> {
    walk.lock().unwrap_or_else(PoisonError::into_inner)
}
