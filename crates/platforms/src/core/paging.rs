//! Lists that come in pages.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use futures_core::stream::BoxStream;
use futures_util::stream::unfold;

use crate::core::error::{Error, Result};
use crate::core::operation::Answer;
use crate::core::transport::BoxFuture;

/// One page as the platform gave it.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
    /// How many items the whole list has, if the platform says so.
    pub total: Option<u64>,
    /// The answer the page came in, for errors about paging itself.
    pub answer: Answer,
}

type Fetch<T> = Box<dyn FnMut(Option<String>) -> BoxFuture<'static, Result<Page<T>>> + Send>;

/// A list that is fetched page by page, as far as it is wanted.
///
/// A cursor that does not move, and more items than the list is said to have, are [`Error::Unexpected`]: a list
/// that never ends is never followed.
///
/// ```
/// # use usher_platforms::{Paged, Result};
/// # async fn show<T: Send + 'static>(mut list: Paged<T>) -> Result<()> {
/// let first = list.next_page().await?;        // some of it,
/// let rest = list.all().await?;               // or all that is left,
/// # let _ = (first, rest); Ok(()) }           // or `list.stream()`, one by one
/// ```
#[must_use = "nothing is asked until a page is"]
pub struct Paged<T> {
    fetch: Fetch<T>,
    next: Next,
    seen: HashSet<String>,
    items: u64,
    total: Option<u64>,
    empty: bool,
}

enum Next {
    First,
    After(String),
    Done,
}

impl<T: Send + 'static> Paged<T> {
    pub(crate) fn new(
        fetch: impl FnMut(Option<String>) -> BoxFuture<'static, Result<Page<T>>> + Send + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(fetch),
            next: Next::First,
            seen: HashSet::new(),
            items: 0,
            total: None,
            empty: false,
        }
    }

    /// The next page, or `None` after the last. After an error it may be asked again: it asks for the page that failed.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>> {
        let cursor = match &self.next {
            Next::First => None,
            Next::After(cursor) => Some(cursor.clone()),
            Next::Done => return Ok(None),
        };
        let page = (self.fetch)(cursor).await?;
        let length = page.items.len() as u64;
        self.items += length;
        self.total = page.total.or(self.total);
        let refuse = |what: String| Err(Error::unexpected(&page.answer, what));
        if let Some(cursor) = &page.next {
            if !self.seen.insert(cursor.clone()) {
                self.next = Next::Done;
                return refuse(
                    "the list does not advance: a page names itself or one before as the next"
                        .into(),
                );
            }
            // One empty page in between is known to happen when the list shrinks.
            if length == 0 && self.empty {
                self.next = Next::Done;
                return refuse(
                    "the list does not end: two empty pages, and a next one named".into(),
                );
            }
            // Some may be added while the list is read, though hardly a page of them.
            if let Some(total) = self.total
                && self.items > total.saturating_add(length)
            {
                let items = self.items;
                self.next = Next::Done;
                return refuse(format!(
                    "the list does not end: {items} items came of {total}"
                ));
            }
        }
        self.empty = length == 0;
        self.next = page.next.map_or(Next::Done, Next::After);
        Ok(Some(page.items))
    }

    /// How many items the whole list has: known after the first page, where the platform says so.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Where the next page begins, as the platform names it: `None` before the first page and after the last.
    pub fn cursor(&self) -> Option<&str> {
        match &self.next {
            Next::After(cursor) => Some(cursor),
            Next::First | Next::Done => None,
        }
    }

    /// All that is left of the list.
    pub async fn all(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.extend(page);
        }
        Ok(all)
    }

    /// All that is left of the list, one by one. It ends after the first error.
    pub fn stream(self) -> BoxStream<'static, Result<T>> {
        let items = unfold(Some((self, VecDeque::new())), |state| async move {
            let (mut list, mut items): (Self, VecDeque<T>) = state?;
            loop {
                if let Some(item) = items.pop_front() {
                    return Some((Ok(item), Some((list, items))));
                }
                match list.next_page().await {
                    Ok(page) => items.extend(page?),
                    Err(error) => return Some((Err(error), None)),
                }
            }
        });
        Box::pin(items)
    }
}

impl<T> fmt::Debug for Paged<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Paged")
            .field("items", &self.items)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
