//! Lists, page after page.

use std::io::Write as _;

use serde_json::Value;

use super::{Run, items};
use crate::connection::{Connection, Request};
use crate::failure::{Exit, Failure, Result};
use crate::output::Rows;
use crate::parser::{self, id};
use crate::progress::{Progress, Unit};

/// How many rows are shown where nothing is said.
const USUAL: u64 = 100;
/// How many rows a page may have.
const LARGEST_PAGE: u64 = 1000;

/// A list that is read page after page.
pub struct Pages<'c> {
    connection: &'c Connection,
    request: Request,
    cursor: Option<String>,
    left: u64,
    ended: bool,
}

impl<'c> Pages<'c> {
    /// The pages of a list, at most so many rows.
    pub fn new(connection: &'c Connection, request: Request, most: u64) -> Self {
        Self {
            connection,
            request,
            cursor: None,
            left: most,
            ended: false,
        }
    }

    /// Whether there are more rows than were wanted.
    pub fn more(&self) -> bool {
        !self.ended
    }

    /// The next page's rows; none when there are no more, or no more are wanted.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        if self.ended || self.left == 0 {
            return Ok(None);
        }
        let mut request = self
            .request
            .clone()
            .with("limit", self.left.min(LARGEST_PAGE).to_string());
        if let Some(cursor) = &self.cursor {
            request = request.with("cursor", cursor);
        }
        let mut answer = self.connection.send(request).await?;
        let next = answer
            .body
            .as_ref()
            .and_then(|body| body.get("next"))
            .filter(|next| !next.is_null());
        let next = next.map(|next| match next {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let mut rows = items(&mut answer)?;
        if next.is_some() && next == self.cursor {
            return Err(Failure::new(
                Exit::Failed,
                "The server goes round in a circle: a page leads to itself. Report a defect.",
            ));
        }
        self.ended = next.is_none();
        self.cursor = next;
        // A server that does not page this list answers with all of it.
        if rows.len() as u64 > self.left {
            rows.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.ended = false;
        }
        self.left -= rows.len() as u64;
        Ok(Some(rows))
    }
}

impl Run<'_> {
    /// Shows a list.
    pub(super) async fn list(&mut self, patterns: &[&str]) -> Result<Exit> {
        let connection = self.connect()?;
        let paths = self.paths(patterns)?;
        let all = parser::switch(self.matches, id::ALL);
        let limit = self
            .matches
            .try_get_one::<u64>(id::LIMIT)
            .ok()
            .flatten()
            .copied();
        let most = if all {
            u64::MAX
        } else {
            limit.unwrap_or(USUAL)
        };
        let messages = self.environment.stderr.clone();
        let view = self.view();
        let progress = (all && self.may_show_progress(&view))
            .then(|| Progress::new(&messages, "reading", None, Unit::Items));
        let mut rows = Rows::new(&view);
        let mut left_out = false;
        for path in paths {
            let request = self.narrowed(Request::get(path.path));
            let mut pages = Pages::new(&connection, request, most - rows.count() as u64);
            while let Some(page) = pages.next().await? {
                for row in &page {
                    rows.push(&mut self.environment.stdout, row)?;
                }
                if let Some(progress) = &progress {
                    progress.at(rows.count() as u64);
                }
            }
            left_out |= pages.more();
        }
        drop(progress);
        rows.end(&mut self.environment.stdout)?;
        if left_out && limit.is_none() {
            self.environment.stdout.flush()?;
            messages.note(&format!(
                "usher: the first {most} are shown and there are more: --all, or --limit N"
            ));
        }
        Ok(Exit::Done)
    }

    /// The request with what narrows and orders the list.
    fn narrowed(&self, mut request: Request) -> Request {
        request.query = self.query();
        for (id, parameter) in [
            (id::FILTER, "filter"),
            (id::SEARCH, "q"),
            (id::SORT, "sort"),
        ] {
            if let Some(value) = parser::value(self.matches, id) {
                request = request.with(parameter, value);
            }
        }
        request
    }
}
