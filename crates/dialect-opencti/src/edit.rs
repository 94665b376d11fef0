//! Edits: the vendor's patches, a key with a list of values each.

use directory::limits;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::confidence::{Level, Override};
use super::errors;
use graphql::Refusal;

/// One entry of a patch.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// What to change.
    pub key: String,
    /// The values; one for most keys, `[null]` clears.
    pub values: Vec<Value>,
    /// What to do with them.
    pub operation: Operation,
    /// The part of the attribute that is meant, when it is not the whole.
    pub part: Option<Part>,
}

/// A part of an attribute that can be changed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The figure of a confidence level.
    MaxConfidence,
    /// The overrides of a confidence level, whole.
    Overrides,
    /// The override at this place of a confidence level.
    Override(usize),
    /// The figure of the override at this place.
    OverrideFigure(usize),
}

/// What an edit does with its values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operation {
    /// Put them in place of the old ones.
    #[default]
    Replace,
    /// Put them beside the old ones.
    Add,
    /// Take them away.
    Remove,
}

/// Reads a patch. Its shape is already checked against the schema.
pub fn read(input: Option<&Value>) -> Result<Vec<Edit>, Refusal> {
    let entries = input.and_then(Value::as_array).map(Vec::as_slice);
    let entries = entries.unwrap_or_default();
    // Each may need a look-up: what a patch holds is bounded before any of it is read.
    let values = entries
        .iter()
        .filter_map(|one| one.get("value")?.as_array());
    let count = entries.len() + values.map(Vec::len).sum::<usize>();
    limits::check_references("input", count).map_err(|fault| errors::refusal(&fault))?;
    entries.iter().filter_map(entry).collect()
}

fn entry(entry: &Value) -> Option<Result<Edit, Refusal>> {
    let operation = match entry.get("operation").and_then(Value::as_str) {
        Some("add") => Operation::Add,
        Some("remove") => Operation::Remove,
        _ => Operation::Replace,
    };
    let key = entry.get("key")?.as_str()?;
    let values = entry.get("value")?.as_array()?.clone();
    let path = entry.get("object_path").and_then(Value::as_str);
    Some(part(key, path.unwrap_or_default()).map(|part| Edit {
        key: key.to_owned(),
        values,
        operation,
        part,
    }))
}

/// The part that a path names: `/user_confidence_level/max_confidence`, as the vendor's own pages write it.
fn part(key: &str, path: &str) -> Result<Option<Part>, Refusal> {
    let rest = path.trim_start_matches('/');
    let rest = rest.strip_prefix(key).unwrap_or(rest);
    let rest = rest.trim_start_matches('/');
    if rest.is_empty() {
        return Ok(None);
    }
    let place = |text: &str| text.parse::<usize>().ok().filter(|place| *place < 1_000);
    let steps: Vec<&str> = rest.split('/').collect();
    let part = match (key.ends_with("_confidence_level"), &*steps) {
        (true, ["max_confidence"]) => Some(Part::MaxConfidence),
        (true, ["overrides"]) => Some(Part::Overrides),
        (true, ["overrides", at]) => place(at).map(Part::Override),
        (true, ["overrides", at, "max_confidence"]) => place(at).map(Part::OverrideFigure),
        _ => None,
    };
    let refusal = || {
        errors::unsupported("This part of an attribute cannot be changed by itself")
            .with("key", key)
            .with("object_path", path)
    };
    part.map(Some).ok_or_else(refusal)
}

impl Edit {
    /// An edit that puts values in the place of the old ones.
    pub fn replacing(key: &str, values: Vec<Value>) -> Self {
        Self {
            key: key.to_owned(),
            values,
            operation: Operation::Replace,
            part: None,
        }
    }

    fn first(&self) -> Option<&Value> {
        self.values.first().filter(|value| !value.is_null())
    }

    fn wrong(&self, wanted: &str) -> Refusal {
        errors::validation(
            &self.key,
            format!("Validation error: {} must be {wanted}", self.key),
        )
    }

    /// A text that may be cleared. Blank counts as cleared; a number is taken as it is written.
    pub fn optional_text(&self) -> Result<Option<String>, Refusal> {
        match self.first() {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong("a text")),
        }
    }

    /// A text that may not be cleared.
    pub fn text(&self) -> Result<String, Refusal> {
        self.optional_text()?.ok_or_else(|| self.wrong("a text"))
    }

    /// A flag; clients send it as it is or as a word. Cleared means false.
    pub fn flag(&self) -> Result<bool, Refusal> {
        match self.first() {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.wrong("a boolean")),
        }
    }

    /// A whole number that may be cleared; clients send it as it is or as digits.
    pub fn number(&self) -> Result<Option<i64>, Refusal> {
        let number = match self.first() {
            None => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64(),
        };
        number.map(Some).ok_or_else(|| self.wrong("a whole number"))
    }

    /// A date that may be cleared.
    pub fn time(&self) -> Result<Option<directory::Time>, Refusal> {
        match self.optional_text()? {
            None => Ok(None),
            Some(text) => directory::Time::parse(&text)
                .map(Some)
                .ok_or_else(|| self.wrong("a date")),
        }
    }

    /// An object that may be cleared.
    pub fn object<T: DeserializeOwned>(&self) -> Result<Option<T>, Refusal> {
        match self.first() {
            None => Ok(None),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|_| self.wrong("an object of the right shape")),
        }
    }

    /// A confidence level made of the one there is, or none when it is cleared.
    pub fn level(&self, old: Option<&Level>) -> Result<Option<Level>, Refusal> {
        let old = || old.cloned().unwrap_or_default();
        let level = match self.part {
            None => {
                let whole = self.first();
                let lists = |value: &Value| value.get("overrides").is_some_and(Value::is_array);
                if whole.is_some_and(|value| !lists(value)) {
                    return Err(self.wrong("an object with the list overrides"));
                }
                self.object()?
            }
            Some(Part::MaxConfidence) => Some(Level {
                max_confidence: self.number()?,
                ..old()
            }),
            Some(Part::Overrides) => {
                let mut level = old();
                let given = self.overrides()?;
                match self.operation {
                    Operation::Replace => level.overrides = given,
                    Operation::Add => level.overrides.extend(given),
                    Operation::Remove => level.overrides.retain(|one| !given.contains(one)),
                }
                Some(level)
            }
            Some(Part::Override(at)) => {
                let mut level = old();
                let count = level.overrides.len();
                match (self.operation, self.overrides()?.as_slice()) {
                    (Operation::Remove, _) if at < count => drop(level.overrides.remove(at)),
                    (Operation::Add, [one]) if at <= count => {
                        level.overrides.insert(at, one.clone());
                    }
                    (Operation::Replace, [one]) if at < count => {
                        level.overrides[at] = one.clone();
                    }
                    _ => return Err(self.wrong("one override at a place that there is")),
                }
                Some(level)
            }
            Some(Part::OverrideFigure(at)) => {
                let mut level = old();
                match (level.overrides.get_mut(at), self.number()?) {
                    (Some(one), Some(figure)) => one.max_confidence = figure,
                    _ => return Err(self.wrong("the figure of an override that there is")),
                }
                Some(level)
            }
        };
        match level.as_ref().and_then(Level::complaint) {
            Some(complaint) => Err(errors::functional(complaint)),
            None => Ok(level),
        }
    }

    /// The values as overrides of a confidence level.
    fn overrides(&self) -> Result<Vec<Override>, Refusal> {
        let values = self.values.iter().filter(|value| !value.is_null());
        let overrides: Result<_, _> = values.map(serde::Deserialize::deserialize).collect();
        overrides.map_err(|_| self.wrong("a list of overrides"))
    }

    /// Applies the edit to a list of texts.
    pub fn list(&self, list: &mut Vec<String>) -> Result<(), Refusal> {
        let mut values = Vec::new();
        for value in self.values.iter().filter(|value| !value.is_null()) {
            let text = value
                .as_str()
                .ok_or_else(|| self.wrong("a list of texts"))?;
            values.push(text.to_owned());
        }
        match self.operation {
            Operation::Replace => *list = values,
            Operation::Add => {
                values.retain(|value| !list.contains(value));
                list.append(&mut values);
            }
            Operation::Remove => list.retain(|old| !values.contains(old)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    fn edit(values: Value) -> Edit {
        let input = json!([{"key": "k", "value": values}]);
        read(Some(&input)).unwrap().remove(0)
    }

    #[test]
    fn values_are_read() {
        assert_eq!(edit(json!(["a"])).text(), Ok("a".to_owned()));
        assert_eq!(edit(json!([7])).text(), Ok("7".to_owned()));
        assert_eq!(edit(json!([null])).optional_text(), Ok(None));
        assert_eq!(edit(json!([])).optional_text(), Ok(None));
        assert_eq!(edit(json!([" "])).optional_text(), Ok(None));
        assert_eq!(edit(json!([false])).flag(), Ok(false));
        assert_eq!(edit(json!(["True"])).flag(), Ok(true));
        assert_eq!(edit(json!(["12"])).number(), Ok(Some(12)));
        assert_eq!(edit(json!([12])).number(), Ok(Some(12)));
        assert_eq!(edit(json!([""])).number(), Ok(None));
        assert_eq!(
            edit(json!(["2026-04-17T18:37:24Z"])).time(),
            Ok(Some(directory::Time(1_776_451_044_000)))
        );
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for refusal in [
            edit(json!([{}])).text().unwrap_err(),
            edit(json!([null])).text().unwrap_err(),
            edit(json!(["maybe"])).flag().unwrap_err(),
            edit(json!(["1.5"])).number().unwrap_err(),
            edit(json!(["soon"])).time().unwrap_err(),
            edit(json!([1])).object::<Vec<String>>().unwrap_err(),
            edit(json!([1])).list(&mut Vec::new()).unwrap_err(),
        ] {
            assert_eq!(refusal.code, "VALIDATION_ERROR");
            assert_eq!(refusal.data.last(), Some(&("field", json!("k"))));
        }
    }

    #[test]
    fn lists_are_edited() {
        for (operation, expected) in [
            (Operation::Replace, vec!["b", "c"]),
            (Operation::Add, vec!["a", "b", "c"]),
            (Operation::Remove, vec!["a"]),
        ] {
            let mut list = vec!["a".to_owned(), "b".to_owned()];
            let mut edit = edit(json!(["b", "c"]));
            edit.operation = operation;
            edit.list(&mut list).unwrap();
            assert_eq!(list, expected);
        }
    }

    #[test]
    fn levels_are_changed_whole_and_in_parts() {
        let old = Level::deserialize(&json!({"max_confidence": 50, "overrides": [{"entity_type": "Report", "max_confidence": 9}]})).unwrap();
        let changed = |path: Value, value: Value| {
            let key = "user_confidence_level";
            let input = json!([{"key": key, "object_path": path, "value": [value]}]);
            let level = read(Some(&input))?.remove(0).level(Some(&old))?;
            Ok::<_, Refusal>(json!(level))
        };
        let whole = json!({"max_confidence": 3, "overrides": []});
        let other = json!({"entity_type": "Malware", "max_confidence": 1});
        for (path, value, expected) in [
            (json!(null), whole.clone(), whole.clone()),
            (json!("/user_confidence_level"), whole.clone(), whole),
            (json!(null), json!(null), json!(null)),
            (
                json!("/user_confidence_level/max_confidence"),
                json!(7),
                json!({"max_confidence": 7, "overrides": old.overrides}),
            ),
            (
                json!("overrides"),
                other.clone(),
                json!({"max_confidence": 50, "overrides": [other]}),
            ),
            (
                json!("/user_confidence_level/overrides/0"),
                other.clone(),
                json!({"max_confidence": 50, "overrides": [other]}),
            ),
            (
                json!("/user_confidence_level/overrides/0/max_confidence"),
                json!(11),
                json!({"max_confidence": 50, "overrides": [{"entity_type": "Report", "max_confidence": 11}]}),
            ),
        ] {
            assert_eq!(changed(path, value), Ok(expected));
        }
        for (path, value, code) in [
            (json!("max_confidence"), json!(101), "FUNCTIONAL_ERROR"),
            (json!("max_confidence"), json!("x"), "VALIDATION_ERROR"),
            (json!("overrides"), json!("x"), "VALIDATION_ERROR"),
            (json!("/overrides/0"), json!(1), "VALIDATION_ERROR"),
            (json!("/overrides/1"), other.clone(), "VALIDATION_ERROR"),
            (json!("/overrides/x"), other.clone(), "UNSUPPORTED_ERROR"),
            (
                json!("/overrides/0/entity_type"),
                json!("x"),
                "UNSUPPORTED_ERROR",
            ),
            (
                json!(null),
                json!({"max_confidence": 9}),
                "VALIDATION_ERROR",
            ),
        ] {
            assert_eq!(changed(path, value).unwrap_err().code, code);
        }
        let input = json!([{"key": "name", "object_path": "/name/0", "value": ["x"]}]);
        assert_eq!(read(Some(&input)).unwrap_err().code, "UNSUPPORTED_ERROR");
    }
}
