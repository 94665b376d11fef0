//! FilterGroup: the vendor's filters, read into the directory's predicates (opencti.md §4).

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use directory::limits::{self, FILTER_DEPTH, FILTER_TESTS};
use directory::{Predicate, Test, Time, Value as Compared};
use serde_json::Value;
use uuid::Uuid;

use super::documents::folded;
use super::errors;
use super::static_list;
use graphql::Refusal;

mod column;

pub use column::Column;
use column::{absent, may_be_made_up, understood};

/// The keys of one kind of entity.
pub type Columns<F> = fn(&str) -> Option<Column<F>>;

/// Standard ids that filters mention, and the ids they stand for.
pub type Resolved = HashMap<String, Uuid>;

/// The standard ids a filter mentions, which have to be looked up before it can be read.
pub fn standard_ids(group: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(group, &mut found, 0);
    found
}

fn collect(group: &Value, found: &mut Vec<String>, depth: usize) {
    if depth > FILTER_DEPTH {
        return;
    }
    let list = |key: &str| {
        group
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    for filter in list("filters") {
        let values = filter
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for value in values.filter_map(Value::as_str) {
            if let super::ids::Given::Standard(id) = super::ids::Given::read(value)
                && found.len() < FILTER_TESTS
            {
                found.push(id);
            }
        }
    }
    for inner in list("filterGroups") {
        collect(inner, found, depth + 1);
    }
}

/// Reads a group. Its shape is already checked against the schema.
pub fn read<F: Clone>(
    group: &Value,
    columns: Columns<F>,
    resolved: &Resolved,
    now: Time,
) -> Result<Predicate<F>, Refusal> {
    let reader = Reader {
        columns,
        resolved,
        now,
        left: Cell::new(FILTER_TESTS),
    };
    let mut unknown = Vec::new();
    let predicate = reader.group(group, &mut unknown, 0)?;
    let predicate = predicate.unwrap_or(Predicate::All);
    if !unknown.is_empty() {
        return Err(errors::unsupported(
            "Incorrect filter keys not existing in any schema definition",
        )
        .with("keys", unknown));
    }
    Ok(predicate)
}

struct Reader<'r, F> {
    columns: Columns<F>,
    resolved: &'r Resolved,
    now: Time,
    /// Tests that the filter may still hold.
    left: Cell<usize>,
}

impl<F: Clone> Reader<'_, F> {
    /// Takes tests from what the filter may hold, before they are made.
    fn spend(&self, tests: usize) -> Result<(), Refusal> {
        let left = self.left.get().checked_sub(tests);
        let left = left.ok_or_else(|| errors::unsupported("The filter has too many conditions"))?;
        self.left.set(left);
        Ok(())
    }

    /// What a group asks for; nothing when it is empty, and then it says neither yes nor no.
    fn group(
        &self,
        group: &Value,
        unknown: &mut Vec<String>,
        depth: usize,
    ) -> Result<Option<Predicate<F>>, Refusal> {
        if depth > FILTER_DEPTH {
            return Err(errors::unsupported("The filter is nested too deeply"));
        }
        self.spend(1)?;
        let list = |key: &str| {
            group
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let mut parts = Vec::new();
        for filter in list("filters") {
            parts.push(self.filter(filter, unknown)?);
        }
        for inner in list("filterGroups") {
            parts.extend(self.group(inner, unknown, depth + 1)?);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        Ok(Some(combine(group.get("mode"), "and", parts)))
    }

    fn filter(&self, filter: &Value, unknown: &mut Vec<String>) -> Result<Predicate<F>, Refusal> {
        let list = |key: &str| {
            filter
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let operator = filter
            .get("operator")
            .and_then(Value::as_str)
            .unwrap_or("eq");
        let (keys, count) = (list("key").count(), list("values").count());
        if keys == 0 {
            return Err(errors::unsupported("A filter needs a key"));
        }
        self.spend(keys.saturating_mul(count.max(1)))?;
        let values = list("values").map(plain).collect::<Result<Vec<_>, _>>()?;
        let mut by_key = Vec::new();
        for key in list("key").filter_map(Value::as_str) {
            match (self.columns)(key) {
                Some(column) => {
                    by_key.push(self.column(&column, operator, &values, filter.get("mode"))?);
                }
                None => unknown.push(key.to_owned()),
            }
        }
        Ok(Predicate::any(by_key))
    }

    /// All values of one key.
    fn column(
        &self,
        column: &Column<F>,
        operator: &str,
        values: &[String],
        mode: Option<&Value>,
    ) -> Result<Predicate<F>, Refusal> {
        match operator {
            "nil" => return Ok(absent(column)),
            "not_nil" => return Ok(Predicate::not(absent(column))),
            "within" => return self.within(column, values),
            _ if values.is_empty() => {
                return Err(
                    errors::unsupported("A filter with this operator needs values")
                        .with("operator", operator),
                );
            }
            _ => {}
        }
        let (operator, negated) = match operator.strip_prefix("not_") {
            Some(positive) => (positive, true),
            None => (operator, false),
        };
        let mut parts = Vec::with_capacity(values.len());
        for value in values {
            let part = self.single(column, operator, value)?;
            // What is not understood matches nothing, and so may not be turned into everything.
            if negated && !understood(column, value) {
                return Err(errors::unsupported(
                    "The filter has a value that this key does not know",
                ));
            }
            parts.push(if negated { Predicate::not(part) } else { part });
        }
        Ok(combine(mode, "or", parts))
    }

    /// One value of one key, with an operator that says yes.
    fn single(
        &self,
        column: &Column<F>,
        operator: &str,
        value: &str,
    ) -> Result<Predicate<F>, Refusal> {
        Ok(match column {
            Column::Words(words) => {
                let mut found = Vec::new();
                for (word, predicate) in words {
                    if matches(operator, &word.to_lowercase(), &value.to_lowercase())? {
                        found.push(predicate.clone());
                    }
                }
                Predicate::any(found)
            }
            Column::Id(field) => match (operator, super::ids::Given::read(value)) {
                ("eq" | "match" | "search" | "only_eq_to", super::ids::Given::Uuid(uuid)) => {
                    Predicate::is(field.clone(), Test::Equals(uuid.to_string().into()))
                }
                ("eq" | "match" | "search" | "only_eq_to", super::ids::Given::Standard(id)) => {
                    match self.resolved.get(&id) {
                        Some(uuid) => {
                            Predicate::is(field.clone(), Test::Equals(uuid.to_string().into()))
                        }
                        None => Predicate::Nothing,
                    }
                }
                ("eq" | "match" | "search" | "only_eq_to", super::ids::Given::Nonsense) => {
                    Predicate::Nothing
                }
                _ => return Err(misfit(operator)),
            },
            Column::Time(field) => {
                let time = self.time(value)?;
                Predicate::is(field.clone(), ordered(operator, time.into())?)
            }
            Column::Dated { own, otherwise } => {
                let time = self.time(value)?;
                let given = ordered(operator, time.rfc3339().into())?;
                dated(own, given, otherwise, ordered(operator, time.into())?)
            }
            Column::Figure(field) => {
                let figure = value.trim().parse::<i64>();
                let figure = figure
                    .ok()
                    .filter(|figure| (-1_000..=1_000).contains(figure));
                let Some(figure) = figure else {
                    return Err(errors::unsupported(
                        "The filter has a value that is no figure",
                    ));
                };
                self.figure(field, operator, figure)?
            }
            Column::Never => {
                // The operator is checked even so.
                tests(operator, value.to_owned())?;
                Predicate::Nothing
            }
            Column::Text(field) => any_of(field, tests(operator, value.to_owned())?),
            Column::Folded(field) => any_of(field, tests(operator, folded(value))?),
            Column::Defaulted(field, default) => {
                let tests = tests(operator, folded(value))?;
                let default = Compared::from(*default);
                let by_default = tests.iter().any(|test| static_list::holds(test, &default));
                let mut parts = vec![any_of(field, tests)];
                if by_default {
                    parts.push(Predicate::is(field.clone(), Test::Absent));
                }
                Predicate::any(parts)
            }
            Column::MadeUp {
                stored,
                shown,
                before,
                after,
            } => {
                let tests = tests(operator, value.to_owned())?;
                let each = tests.into_iter().map(|test| {
                    let texts: Vec<String> = match &test {
                        Test::Equals(Compared::Text(text)) => vec![text.clone()],
                        Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                            vec![text.clone()]
                        }
                        Test::Glob(pattern) => pattern.split('*').map(str::to_owned).collect(),
                        // An order has no parts: it is one of what is shown.
                        _ => return Predicate::is(shown.clone(), test),
                    };
                    let mut parts = vec![Predicate::is(stored.clone(), test.clone())];
                    if texts
                        .iter()
                        .all(|text| may_be_made_up(before, after, &text.to_lowercase()))
                    {
                        parts.push(Predicate::is(shown.clone(), test));
                    }
                    Predicate::any(parts)
                });
                Predicate::any(each)
            }
        })
    }

    fn within(&self, column: &Column<F>, values: &[String]) -> Result<Predicate<F>, Refusal> {
        // One date stands for all the time since.
        let (from, to) = match values {
            [from] => (self.time(from)?, self.now),
            [from, to] => (self.time(from)?, self.time(to)?),
            _ => return Err(no_span()),
        };
        let (from, to) = (Compared::from(from), Compared::from(to));
        match column {
            Column::Time(field) => Ok(Predicate::is(field.clone(), Test::AtLeast(from))
                .and(Predicate::is(field.clone(), Test::AtMost(to)))),
            Column::Dated { own, otherwise } => {
                let text = |value: &Compared| match value {
                    Compared::Time(time) => Compared::from(time.rfc3339()),
                    other => other.clone(),
                };
                let least = dated(
                    own,
                    Test::AtLeast(text(&from)),
                    otherwise,
                    Test::AtLeast(from),
                );
                let most = dated(own, Test::AtMost(text(&to)), otherwise, Test::AtMost(to));
                Ok(least.and(most))
            }
            _ => Err(no_span()),
        }
    }

    /// A figure compared with one. A term is compared as a text, so bounds outside of what a figure can be
    /// are answered here.
    fn figure(&self, field: &F, operator: &str, figure: i64) -> Result<Predicate<F>, Refusal> {
        let there = || Predicate::not(Predicate::is(field.clone(), Test::Absent));
        let written = |figure: i64| Compared::from(format!("{figure:03}"));
        Ok(match (operator, figure) {
            ("eq" | "only_eq_to" | "match" | "search", 0..=999) => {
                Predicate::is(field.clone(), Test::Equals(written(figure)))
            }
            ("eq" | "only_eq_to" | "match" | "search", _) => Predicate::Nothing,
            ("lt" | "lte", ..0) | ("gt" | "gte", 1_000..) => Predicate::Nothing,
            ("lt" | "lte", 1_000..) | ("gt" | "gte", ..0) => there(),
            _ => Predicate::is(field.clone(), ordered(operator, written(figure))?),
        })
    }

    fn time(&self, text: &str) -> Result<Time, Refusal> {
        relative(text, self.now)
            .or_else(|| Time::parse(text))
            .ok_or_else(|| errors::unsupported("The filter has a value that is no date"))
    }
}

/// A date that a sender gave, else another one.
fn dated<F: Clone>(own: &F, given: Test, otherwise: &F, test: Test) -> Predicate<F> {
    let fallback =
        Predicate::is(own.clone(), Test::Absent).and(Predicate::is(otherwise.clone(), test));
    Predicate::any([Predicate::is(own.clone(), given), fallback])
}

/// A field that passes any of the tests.
fn any_of<F: Clone>(field: &F, tests: Vec<Test>) -> Predicate<F> {
    let each = tests.into_iter();
    Predicate::any(each.map(|test| Predicate::is(field.clone(), test)))
}

/// What a text is asked for with an operator: any of these.
fn tests(operator: &str, value: String) -> Result<Vec<Test>, Refusal> {
    Ok(vec![match operator {
        "eq" | "only_eq_to" => Test::Equals(value.into()),
        "contains" => Test::Contains(value),
        "starts_with" => Test::StartsWith(value),
        "ends_with" => Test::EndsWith(value),
        "wildcard" => Test::Glob(value),
        // Both ask the vendor's search engine for words, any of which will do.
        "match" | "search" => {
            let terms = search_terms(&value)?.into_iter();
            return Ok(terms.map(Test::Contains).collect());
        }
        _ => ordered(operator, value.into())?,
    }])
}

fn no_span() -> Refusal {
    errors::unsupported("A within filter needs a date and two values")
}

/// What to look for: the words outside quotes singly, what stands in quotes as a whole. They are
/// alternatives, as in the vendor's search engine.
pub fn search_terms(search: &str) -> Result<Vec<String>, Refusal> {
    limits::check_search("search", search).map_err(|fault| errors::refusal(&fault))?;
    let mut known = HashSet::new();
    let pieces = search.split('"').enumerate().flat_map(|(index, piece)| {
        let quoted = index % 2 == 1;
        let whole = quoted.then(|| piece.trim());
        let words = (!quoted).then(|| piece.split_whitespace());
        whole.into_iter().chain(words.into_iter().flatten())
    });
    Ok(pieces
        .filter(|term| !term.is_empty() && known.insert(*term))
        .map(str::to_owned)
        .collect())
}

/// `now`, or `now-7d` and the like.
fn relative(text: &str, now: Time) -> Option<Time> {
    let rest = text.trim().strip_prefix("now")?;
    if rest.is_empty() {
        return Some(now);
    }
    let unit = rest.chars().last()?;
    let count: i64 = rest.get(..rest.len() - unit.len_utf8())?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' | 'H' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        // The vendor's search engine goes by the calendar; a month here is thirty days.
        'M' => 30 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    Some(now.plus(count.checked_mul(seconds)?.checked_mul(1_000)?))
}

/// A value as text; lists and objects are none that a key could be compared with.
fn plain(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(errors::unsupported(
            "The filter has a value that is no text, number or flag",
        )),
    }
}

fn ordered(operator: &str, value: Compared) -> Result<Test, Refusal> {
    Ok(match operator {
        "eq" | "only_eq_to" => Test::Equals(value),
        "lt" => Test::Less(value),
        "lte" => Test::AtMost(value),
        "gt" => Test::Greater(value),
        "gte" => Test::AtLeast(value),
        _ => return Err(misfit(operator)),
    })
}

fn matches(operator: &str, word: &str, value: &str) -> Result<bool, Refusal> {
    Ok(match operator {
        "eq" | "only_eq_to" | "match" | "wildcard" => word == value,
        "contains" | "search" => word.contains(value),
        "starts_with" => word.starts_with(value),
        "ends_with" => word.ends_with(value),
        "lt" => word < value,
        "lte" => word <= value,
        "gt" => word > value,
        "gte" => word >= value,
        _ => return Err(misfit(operator)),
    })
}

fn misfit(operator: &str) -> Refusal {
    errors::unsupported("The filter has an operator that this key does not know")
        .with("operator", operator)
}

fn combine<F>(mode: Option<&Value>, default: &str, parts: Vec<Predicate<F>>) -> Predicate<F> {
    match mode.and_then(Value::as_str).unwrap_or(default) {
        "and" => Predicate::all(parts),
        _ => Predicate::any(parts),
    }
}

#[cfg(test)]
mod tests;
