//! The parameters of a query, bounded before any work is done with them.

use directory::{Direction, Fault, Position, Predicate, Query};
use kit::Pairs;
use uuid::Uuid;

use super::envelope::Pagination;
use super::errors::{refused, shortened, unknown_user};

/// The most ids in one request (falcon.md §4).
pub const MOST_IDS: usize = 5_000;
/// The most rows of a page of users or grants.
pub const LARGEST_PAGE: u32 = 500;
/// The most rows of a page of Flight Control's lists.
pub const LARGEST_CONTROL_PAGE: u32 = 5_000;
/// The longest text of a parameter that is no list and no filter.
const LONGEST: usize = 1_000;

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows to skip.
    pub offset: u64,
    /// How many rows at most.
    pub limit: u32,
}

impl Page {
    /// The query of this page of a list, in an order that [`order`](super::sorting::order) read.
    pub fn query<F>(self, predicate: Predicate<F>, (sort, descending): (F, bool)) -> Query<F> {
        Query {
            predicate,
            sort: Some(sort),
            direction: if descending {
                Direction::Down
            } else {
                Direction::Up
            },
            from: Position::Offset(self.offset),
            limit: self.limit,
            total: true,
            ..Query::default()
        }
    }

    /// Which part of a list with so many rows this page is.
    pub fn of(self, total: Option<u64>) -> Pagination {
        Pagination {
            offset: self.offset,
            limit: self.limit,
            total: total.unwrap_or(0),
        }
    }
}

/// A parameter's value; a blank one counts as absent.
pub fn text<'p>(pairs: &'p Pairs, name: &'p str) -> Result<Option<&'p str>, Fault> {
    check_once(pairs, name)?;
    let value = pairs
        .last(name)
        .map(str::trim)
        .filter(|text| !text.is_empty());
    match value {
        Some(text) if text.len() > LONGEST => Err(refused(format!("{name} is too long"))),
        value => Ok(value),
    }
}

/// Refuses a parameter that is given twice: to drop either would widen the answer.
fn check_once(pairs: &Pairs, name: &str) -> Result<(), Fault> {
    match pairs.all(name).nth(1) {
        Some(_) => Err(refused(format!("{name} is given twice"))),
        None => Ok(()),
    }
}

/// The filter's text, whose own bound is the parser's.
pub fn filter(pairs: &Pairs) -> Option<&str> {
    pairs.last("filter").filter(|text| !text.trim().is_empty())
}

/// A flag: `true` or `false` in any case.
pub fn flag(pairs: &Pairs, name: &'static str) -> Result<bool, Fault> {
    match text(pairs, name)? {
        None => Ok(false),
        Some(word) if word.eq_ignore_ascii_case("true") => Ok(true),
        Some(word) if word.eq_ignore_ascii_case("false") => Ok(false),
        Some(other) => Err(refused(format!(
            "invalid {name}='{}': true or false was expected",
            shortened(other)
        ))),
    }
}

/// The page asked for.
pub fn page(pairs: &Pairs, default: u32, largest: u32) -> Result<Page, Fault> {
    check_once(pairs, "filter")?;
    let number = |name: &'static str, text: &str| -> Result<u64, Fault> {
        text.parse::<u64>()
            .ok()
            .filter(|number| *number <= u64::from(u32::MAX))
            .ok_or_else(|| refused(format!("invalid {name}='{}' specified", shortened(text))))
    };
    let offset = match text(pairs, "offset")? {
        Some(text) => number("offset", text)?,
        None => 0,
    };
    let limit = match text(pairs, "limit")? {
        Some(text) => {
            let limit = number("limit", text)?;
            u32::try_from(limit)
                .ok()
                .filter(|limit| (1..=largest).contains(limit))
                .ok_or_else(|| {
                    refused(format!(
                        "invalid limit='{limit}': 1 to {largest} was expected"
                    ))
                })?
        }
        None => default,
    };
    Ok(Page { offset, limit })
}

/// The values of a parameter that may be repeated, each once and in order.
///
/// Quirk: a client leaves `a,b` unsplit when it is given by position (falcon.md §1).
pub fn list(pairs: &Pairs, name: &str) -> Result<Vec<String>, Fault> {
    let values = pairs.all(name).flat_map(|value| value.split(','));
    let values = values.map(str::trim).filter(|value| !value.is_empty());
    distinct(name, values.map(str::to_owned))
}

/// Values each once and in order, not too many and none too long.
pub fn distinct(name: &str, values: impl Iterator<Item = String>) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let mut known = std::collections::HashSet::new();
    for value in values {
        if value.len() > LONGEST {
            return Err(refused(format!("one of {name} is too long")));
        }
        if known.insert(value.clone()) {
            found.push(value);
        }
        if found.len() > MOST_IDS {
            return Err(refused(format!(
                "{name} may have {MOST_IDS} entries at most"
            )));
        }
    }
    Ok(found)
}

/// The same of a parameter that must be there.
pub fn needed_list(pairs: &Pairs, name: &str) -> Result<Vec<String>, Fault> {
    let values = list(pairs, name)?;
    if values.is_empty() {
        return Err(refused(format!("{name} must be provided")));
    }
    Ok(values)
}

/// The user that a request is about.
pub fn user_uuid(pairs: &Pairs) -> Result<Uuid, Fault> {
    read_uuid(text(pairs, "user_uuid")?.unwrap_or_default())
}

/// Reads a user's id.
pub fn read_uuid(text: &str) -> Result<Uuid, Fault> {
    Uuid::try_parse(text.trim()).map_err(|_| unknown_user(text))
}

#[cfg(test)]
mod tests {
    use kit::parse_pairs;

    use super::*;

    #[test]
    fn pages_are_bounded() {
        let read = |query: &str| page(&parse_pairs(query).unwrap(), 100, 500);
        let of = |offset, limit| Ok(Page { offset, limit });
        for (query, expected) in [
            ("", of(0, 100)),
            ("limit=500&offset=7", of(7, 500)),
            ("limit=&offset=", of(0, 100)),
            ("offset=4294967295", of(4_294_967_295, 100)),
        ] {
            assert_eq!(read(query), expected, "{query}");
        }
        for query in [
            "limit=0",
            "limit=501",
            "limit=-1",
            "limit=x",
            "limit=1.5",
            "offset=-1",
            "offset=x",
            "offset=4294967296",
            "limit=99999999999999999999",
            "limit=1e2",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn lists_are_split_bounded_and_without_doubles() {
        let read = |query: &str| list(&parse_pairs(query).unwrap(), "ids");
        for (query, expected) in [
            ("", vec![]),
            ("ids=a&ids=b&ids=a", vec!["a", "b"]),
            ("ids=a%2Cb,c&x=d", vec!["a", "b", "c"]),
            ("ids=%20a%20,,&ids=", vec!["a"]),
        ] {
            assert_eq!(read(query).unwrap(), expected, "{query}");
        }
        let many = |count: usize| {
            (0..count)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        assert_eq!(
            read(&format!("ids={}", many(MOST_IDS))).unwrap().len(),
            MOST_IDS
        );
        assert!(read(&format!("ids={}", many(MOST_IDS + 1))).is_err());
        assert!(read(&format!("ids={}", "a".repeat(LONGEST + 1))).is_err());
        assert!(needed_list(&parse_pairs("ids=,").unwrap(), "ids").is_err());
    }

    #[test]
    fn flags_and_users_are_read_strictly() {
        let flagged = |query: &str| flag(&parse_pairs(query).unwrap(), "direct_only");
        assert_eq!(flagged(""), Ok(false));
        assert_eq!(flagged("direct_only=True"), Ok(true));
        assert_eq!(flagged("direct_only=false"), Ok(false));
        assert!(flagged("direct_only=1").is_err());
        let user = |query: &str| user_uuid(&parse_pairs(query).unwrap());
        assert_eq!(user(""), Err(unknown_user("")));
        assert_eq!(user("user_uuid=x"), Err(unknown_user("x")));
        assert!(user("user_uuid=11111111-2222-4333-8444-555555555555").is_ok());
    }
}
