//! Pages of lists: how many rows, where they begin, the cursors that lead to the pages beside, and how they are
//! shown.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use directory::{Cursor, CursorKey, Page, Position};
use kit::Authenticated;
use serde::Serialize;

use super::errors::Problem;
use super::facet_counts::Facets;
use super::parameters::{Parameters, SLICED, USUAL, limit, only};
use super::reply::{Answer, Reply};

/// Beyond so many matches `total=bounded` stops counting.
const COUNTED: u64 = 10_000;

/// The size of a page, and where it begins.
pub fn page_of(request: &Authenticated, given: &Parameters) -> Result<(u32, Position), Problem> {
    let (mut rows, mut from) = (USUAL, Position::Start);
    for (name, value) in given {
        match name.as_str() {
            "limit" => rows = limit(value)?,
            "cursor" => {
                from = read_cursor(value, fingerprint(request, given)).ok_or_else(|| {
                    Problem::parameter(
                        "cursor",
                        "must be the `next` or `previous` of a page of the same list, sort and filter",
                    )
                })?;
            }
            _ => {}
        }
    }
    Ok((rows, from))
}

/// Whether all matches are counted, and up to which bound.
pub fn total(given: &Parameters) -> Result<(bool, Option<u64>), Problem> {
    let mut total = (false, None);
    for (_, value) in given.iter().filter(|(name, _)| name == "total") {
        total = match value.as_str() {
            "true" => (true, None),
            "false" => (false, None),
            "bounded" => (true, Some(COUNTED)),
            _ => {
                return Err(Problem::parameter(
                    "total",
                    "must be true, false or bounded",
                ));
            }
        };
    }
    Ok(total)
}

/// What a page of a list belongs to: its path and everything that narrows or orders it.
fn fingerprint(request: &Authenticated, given: &Parameters) -> u32 {
    let mut pairs: Vec<&(String, String)> = given
        .iter()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "cursor" | "limit" | "total" | "include" | "facets"
            )
        })
        .collect();
    pairs.sort();
    let mut hasher = DefaultHasher::new();
    (request.info.path.as_str(), pairs).hash(&mut hasher);
    // Half of it tells lists apart well enough: this guards against mistakes, not against attacks.
    (hasher.finish() >> 32) as u32
}

fn write_cursor(letter: char, cursor: &Cursor, fingerprint: u32) -> String {
    format!("{letter}{fingerprint:08x}{}", cursor.encode())
}

fn read_cursor(text: &str, fingerprint: u32) -> Option<Position> {
    let rest = text
        .get(1..)?
        .strip_prefix(format!("{fingerprint:08x}").as_str())?;
    let cursor = Cursor::decode(rest)?;
    match text.get(..1)? {
        "n" => Some(Position::After(cursor)),
        "p" => Some(Position::Before(cursor)),
        _ => None,
    }
}

/// A page as it is shown.
#[derive(Serialize)]
pub struct Shown<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Where the page before begins.
    pub previous: Option<String>,
    /// All matches, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Whether there are more matches than were counted, if counting was bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_exceeded: Option<bool>,
    /// How many rows have each value of a field, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
}

/// Answers a page, row by row.
pub fn page<'a, T, S: Serialize + 'a>(
    request: &Authenticated,
    page: &'a Page<T>,
    show: impl Fn(&'a T) -> S,
) -> Answer {
    page_with(request, page, None, show)
}

/// Answers a page with what was counted of the whole list.
pub fn page_with<'a, T, S: Serialize + 'a>(
    request: &Authenticated,
    page: &'a Page<T>,
    facets: Option<Facets>,
    show: impl Fn(&'a T) -> S,
) -> Answer {
    let given = &request.query()?.0;
    let fingerprint = fingerprint(request, given);
    let bounded = total(given)?.1;
    let exceeded = bounded.and_then(|most| page.total.map(|total| total > most));
    let link = |letter, cursor: &Option<Cursor>| {
        cursor
            .as_ref()
            .map(|cursor| write_cursor(letter, cursor, fingerprint))
    };
    let shown = Shown {
        items: page.items.iter().map(show).collect(),
        next: link('n', &page.next),
        previous: link('p', &page.previous),
        total: match bounded {
            Some(most) => page.total.map(|total| total.min(most)),
            None => page.total,
        },
        total_exceeded: exceeded,
        facets,
    };
    let mut reply = Reply::shown(&shown)?;
    for (cursor, relation) in [(&shown.next, "next"), (&shown.previous, "prev")] {
        if let Some(cursor) = cursor {
            let address = address_of(request, given, cursor);
            reply.links.push(format!("<{address}>; rel=\"{relation}\""));
        }
    }
    Ok(reply)
}

/// The whole address of another page of the list.
fn address_of(request: &Authenticated, given: &Parameters, cursor: &str) -> String {
    let mut address = format!("{}{}?", request.info.base_url(), request.info.path);
    for (name, value) in given.iter().filter(|(name, _)| name != "cursor") {
        address.push_str(&kit::percent_encode(name));
        address.push('=');
        address.push_str(&kit::percent_encode(value));
        address.push('&');
    }
    address.push_str("cursor=");
    address.push_str(cursor);
    address
}

/// Answers a page of rows that were read whole, because there are never many: they are ordered by a key that
/// differs from row to row and does not change.
pub fn sliced<'a, T, S: Serialize + 'a>(
    request: &Authenticated,
    rows: &'a [T],
    key: impl Fn(&T) -> String,
    show: impl Fn(&'a T) -> S,
) -> Answer {
    let given = &request.query()?.0;
    only(given, SLICED)?;
    let (rows_of_a_page, from) = page_of(request, given)?;
    let (wanted, bound) = total(given)?;
    let mut ordered: Vec<(String, &'a T)> = rows.iter().map(|row| (key(row), row)).collect();
    ordered.sort_by(|(one, _), (other, _)| one.cmp(other));
    let place = |cursor: &Cursor| match &cursor.key {
        CursorKey::Text(text) => text.clone(),
        CursorKey::Int(_) => String::new(),
    };
    let size = rows_of_a_page as usize;
    let (begin, end) = match &from {
        Position::Start | Position::Offset(_) => (0, size),
        Position::After(cursor) => {
            let begin = ordered.partition_point(|(key, _)| *key <= place(cursor));
            (begin, begin.saturating_add(size))
        }
        Position::Before(cursor) => {
            let end = ordered.partition_point(|(key, _)| *key < place(cursor));
            (end.saturating_sub(size), end)
        }
    };
    let end = end.min(ordered.len());
    let cursor = |(key, _): &(String, &T)| Cursor {
        key: CursorKey::Text(key.clone()),
        id: 0,
    };
    let shown = ordered.get(begin..end).unwrap_or_default();
    let count = u64::try_from(ordered.len()).unwrap_or(u64::MAX);
    let all = Page {
        next: shown.last().filter(|_| end < ordered.len()).map(cursor),
        previous: shown.first().filter(|_| begin > 0).map(cursor),
        cursors: Vec::new(),
        facets: Vec::new(),
        total: wanted.then(|| bound.map_or(count, |most| count.min(most.saturating_add(1)))),
        items: shown.iter().map(|(_, row)| *row).collect::<Vec<&'a T>>(),
    };
    page(request, &all, |row| show(row))
}

/// A number as a key of [`sliced`].
pub fn numbered(number: i64) -> String {
    format!("{number:020}")
}

/// Shows a list that is no page of any: what a batch made.
pub fn whole<S>(items: Vec<S>) -> Shown<S> {
    Shown {
        items,
        next: None,
        previous: None,
        total: None,
        total_exceeded: None,
        facets: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_belong_to_one_list_and_lead_both_ways() {
        let cursor = Cursor {
            key: CursorKey::Text("ada".to_owned()),
            id: 7,
        };
        let next = write_cursor('n', &cursor, 0xabc);
        assert_eq!(
            read_cursor(&next, 0xabc),
            Some(Position::After(cursor.clone()))
        );
        let previous = write_cursor('p', &cursor, 0xabc);
        assert_eq!(
            read_cursor(&previous, 0xabc),
            Some(Position::Before(cursor.clone()))
        );
        for wrong in [
            read_cursor(&next, 0xabd),
            read_cursor(&cursor.encode(), 0xabc),
            read_cursor("", 0xabc),
            read_cursor("é", 0xabc),
            read_cursor(&next.replacen('n', "x", 1), 0xabc),
        ] {
            assert_eq!(wrong, None);
        }
    }
}
