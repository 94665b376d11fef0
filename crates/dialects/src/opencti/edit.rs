//! Edits: the vendor's patches, a key with a list of values each.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::engine::Refusal;
use super::errors;

/// One entry of a patch.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// What to change.
    pub key: String,
    /// The values; one for most keys, `[null]` clears.
    pub values: Vec<Value>,
    /// What to do with them.
    pub operation: Operation,
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
pub fn read(input: Option<&Value>) -> Vec<Edit> {
    let entries = input.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter_map(|entry| {
            let operation = match entry.get("operation").and_then(Value::as_str) {
                Some("add") => Operation::Add,
                Some("remove") => Operation::Remove,
                _ => Operation::Replace,
            };
            Some(Edit {
                key: entry.get("key")?.as_str()?.to_owned(),
                values: entry.get("value")?.as_array()?.clone(),
                operation,
            })
        })
        .collect()
}

impl Edit {
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
    use serde_json::json;

    fn edit(values: Value) -> Edit {
        let input = json!([{"key": "k", "value": values}]);
        read(Some(&input)).remove(0)
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
}
