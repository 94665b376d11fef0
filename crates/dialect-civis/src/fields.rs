//! Reads queries and bodies by the specification: names in either spelling, values of the declared
//! types, nothing else. A request is read whole before anything is done with it.

use std::sync::LazyLock;

use directory::Time;
use kit::Pairs;
use regex::Regex;
use serde_json::{Map, Value};

use crate::errors::Failure;
use crate::specification::{Field, Kind, Object, Operation, Paging};

/// The longest text accepted anywhere; columns of the directory have narrower limits of their own.
const LONGEST: usize = 100_000;
/// The longest list.
const MOST: usize = 1_000;

/// The values of a request by their snake_case names, each of its declared type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Map<String, Value>);

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows of a page.
    pub limit: u32,
    /// The page, from 1.
    pub number: u64,
    /// What to order by: one of the list's own words.
    pub order: &'static str,
    /// Whether the order is descending.
    pub descending: bool,
}

impl PageRequest {
    /// How many rows stand before the page.
    #[must_use]
    pub fn offset(&self) -> u64 {
        (self.number - 1).saturating_mul(self.limit.into())
    }
}

/// A name as the client writes it: the client's own rule for camelCase (civis.md §2).
#[must_use]
pub fn snake_case(name: &str) -> String {
    static RULES: LazyLock<[Option<Regex>; 2]> = LazyLock::new(|| {
        ["(.)([A-Z][a-z]+)", "([a-z0-9])([A-Z])"].map(|rule| Regex::new(rule).ok())
    });
    let mut name = name.to_owned();
    for rule in RULES.iter().flatten() {
        name = rule.replace_all(&name, "${1}_${2}").into_owned();
    }
    name.to_ascii_lowercase()
}

impl Values {
    /// Reads a query by the parameters of an operation.
    pub fn of_query(operation: &Operation, pairs: &Pairs) -> Result<Self, Failure> {
        let known = operation.query();
        let mut values = Map::new();
        for (sent, text) in &pairs.0 {
            let name = snake_case(sent.strip_suffix("[]").unwrap_or(sent));
            let Some(field) = known.iter().find(|field| field.name == name) else {
                return Err(Failure::parameter(sent, text, "is not a parameter here"));
            };
            let value = parse(field.kind, text)
                .map_err(|wanted| Failure::parameter(field.name, text, wanted))?;
            match (field.kind, values.get_mut(&name)) {
                (Kind::Integers | Kind::Texts, Some(Value::Array(all))) => {
                    if all.len() == MOST {
                        return Err(Failure::parameter(field.name, text, "are too many"));
                    }
                    all.push(value);
                }
                (Kind::Integers | Kind::Texts, _) => {
                    values.insert(name, Value::Array(vec![value]));
                }
                (_, Some(_)) => {
                    return Err(Failure::parameter(field.name, text, "must be given once"));
                }
                (_, None) => {
                    values.insert(name, value);
                }
            }
        }
        Ok(Self(values))
    }

    /// Reads a body by its object. An empty one is an object without members.
    pub fn of_body(object: &Object, body: &Value) -> Result<Self, Failure> {
        if body.is_null() {
            return read_object(object, &Value::Object(Map::new()), "The body").map(Self);
        }
        read_object(object, body, "The body").map(Self)
    }

    /// The page wanted.
    pub fn page(&self, paging: &Paging) -> Result<PageRequest, Failure> {
        let positive = |name: &str, default: i64| match self.integer(name) {
            Some(number) if number < 1 => Err(Failure::parameter(
                name,
                &number.to_string(),
                "must be an integer greater than zero",
            )),
            number => Ok(number.unwrap_or(default)),
        };
        let limit = positive("limit", paging.default.into())?;
        let number = positive("page_num", 1)?;
        let order = match self.text("order") {
            None => paging.orders.first().copied().unwrap_or_default(),
            Some(order) => one_of("order", order, paging.orders)?,
        };
        let descending = match self.text("order_dir") {
            None => paging.descending,
            Some(direction) => one_of("order_dir", direction, &["asc", "desc"])? == "desc",
        };
        Ok(PageRequest {
            // Quirk: a limit above the maximum is cut down, not refused (civis.md §6).
            limit: u32::try_from(limit).unwrap_or(u32::MAX).min(paging.maximum),
            number: u64::try_from(number).unwrap_or(1),
            order,
            descending,
        })
    }

    /// Whether a value was sent, null included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A text to own; an absent one is empty.
    #[must_use]
    pub fn needed(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// True or false.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// Whole numbers, each once.
    #[must_use]
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let list = self.0.get(name)?.as_array()?;
        let mut numbers: Vec<i64> = list.iter().filter_map(Value::as_i64).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    /// Texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.0.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// A text to set, or to clear by null.
    #[must_use]
    pub fn text_change(&self, name: &str) -> Option<Option<String>> {
        let value = self.0.get(name)?;
        Some(value.as_str().map(str::to_owned))
    }

    /// A flag to set, or to clear by null.
    #[must_use]
    pub fn flag_change(&self, name: &str) -> Option<Option<bool>> {
        Some(self.0.get(name)?.as_bool())
    }

    /// A value as it was read.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The members of an object within.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    /// The objects within.
    #[must_use]
    pub fn objects(&self, name: &str) -> Vec<Values> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|members| Values(members.clone()))
            .collect()
    }
}

/// A parameter that must be one of some words.
pub fn one_of(name: &str, value: &str, words: &[&'static str]) -> Result<&'static str, Failure> {
    words
        .iter()
        .copied()
        .find(|word| *word == value)
        .ok_or_else(|| {
            Failure::parameter(name, value, &format!("must be one of {}", words.join(", ")))
        })
}

/// A number of an entity in a path: one that nothing can have is not found.
pub fn path_id(text: &str) -> Result<i64, Failure> {
    text.parse::<i64>()
        .ok()
        .filter(|id| *id >= 0 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(Failure::no_object)
}

/// A value of a query.
fn parse(kind: Kind, text: &str) -> Result<Value, &'static str> {
    match kind {
        Kind::Integer | Kind::Integers => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| "must be an integer"),
        // Quirk: Python's own spelling arrives from the client (civis.md §1).
        Kind::Flag => match text {
            "True" | "true" | "1" => Ok(true.into()),
            "False" | "false" | "0" => Ok(false.into()),
            _ => Err("must be true or false"),
        },
        _ if text.len() > LONGEST => Err("is too long"),
        _ => Ok(text.into()),
    }
}

fn read_object(object: &Object, value: &Value, what: &str) -> Result<Map<String, Value>, Failure> {
    let Value::Object(members) = value else {
        return Err(Failure::validation(format_args!(
            "{what} must be an object"
        )));
    };
    let mut read = Map::new();
    for (sent, value) in members {
        let name = snake_case(sent);
        let Some(field) = known(object, &name) else {
            let shown: String = sent.chars().take(100).collect();
            return Err(Failure::validation(format_args!(
                "{shown} is not known here"
            )));
        };
        if read.contains_key(&name) {
            return Err(Failure::validation(format_args!("{name} is given twice")));
        }
        let value = read_value(field, &name, value)?;
        read.insert(name, value);
    }
    for field in object.fields.iter().filter(|field| field.required) {
        let name = snake_case(field.name);
        if !read.contains_key(&name) {
            return Err(Failure::validation(format_args!("{name} is missing")));
        }
    }
    Ok(read)
}

fn known<'a>(object: &'a Object, name: &str) -> Option<&'a Field> {
    object
        .fields
        .iter()
        .find(|field| snake_case(field.name) == name)
}

fn read_value(field: &Field, name: &str, value: &Value) -> Result<Value, Failure> {
    let refused = |wanted: &str| Failure::validation(format_args!("{name} must be {wanted}"));
    if value.is_null() {
        return if field.nullable {
            Ok(Value::Null)
        } else {
            Err(refused("given a value"))
        };
    }
    match field.kind {
        Kind::Text => match value.as_str() {
            Some(text) if text.len() <= LONGEST => Ok(value.clone()),
            Some(_) => Err(refused(&format!("{LONGEST} bytes long at most"))),
            None => Err(refused("a text")),
        },
        Kind::Integer => whole(value)
            .map(Value::from)
            .ok_or_else(|| refused("an integer")),
        Kind::Flag if value.is_boolean() => Ok(value.clone()),
        Kind::Flag => Err(refused("true or false")),
        Kind::DateTime | Kind::Time => {
            let read = value.as_str().and_then(Time::parse);
            let time = read.ok_or_else(|| refused("a date and time"))?;
            Ok(time.rfc3339().into())
        }
        Kind::Integers => list(value, |item| whole(item).map(Value::from))
            .ok_or_else(|| refused("a list of integers, 1000 at most")),
        Kind::Texts => list(value, |item| item.is_string().then(|| item.clone()))
            .ok_or_else(|| refused("a list of texts, 1000 at most")),
        Kind::Object(object) => read_object(object, value, name).map(Value::Object),
        Kind::Objects(object) => {
            let items = value.as_array().filter(|items| items.len() <= MOST);
            let items = items.ok_or_else(|| refused("a list of objects, 1000 at most"))?;
            items
                .iter()
                .map(|item| read_object(object, item, name).map(Value::Object))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array)
        }
        Kind::Document if value.is_object() => Ok(value.clone()),
        Kind::Document => Err(refused("an object")),
        Kind::Documents => list(value, |item| item.is_object().then(|| item.clone()))
            .ok_or_else(|| refused("a list of objects, 1000 at most")),
    }
}

fn list(value: &Value, read: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let items = value.as_array().filter(|items| items.len() <= MOST)?;
    items
        .iter()
        .map(read)
        .collect::<Option<Vec<_>>>()
        .map(Value::Array)
}

/// A whole number; `3.0` is one.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        let exact = float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        exact.then_some(float as i64)
    })
}
