//! What clients send: JSON or form bodies, wrapped or flat, read with the vendor's tolerance
//! (misp.md §1 "ints", §2).

use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value, json};

use super::list_parameters::shows;
use kit::fields::Policy;
use kit::{AppState, RawBody, Rejection, RequestError, content_type, parse_json, percent_decode};

/// A request's body: JSON, or a form, whatever its content type says; `Null` when there is none.
#[derive(Clone, Debug)]
pub struct Sent(pub Value);

impl FromRequest<AppState> for Sent {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, RequestError> {
        let is_form = content_type(request.headers()) == "application/x-www-form-urlencoded";
        let RawBody(bytes) = RawBody::from_request(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Sent(Value::Null));
        }
        if !is_form {
            return Ok(Sent(parse_json(&bytes)?));
        }
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(form)
            .map(Sent)
            .ok_or_else(|| Rejection::Malformed("not a form".to_owned()).into())
    }
}

/// The fields of a body, and what was wrong with those read so far.
#[derive(Clone, Debug)]
pub struct Fields(kit::fields::Fields);

impl Default for Fields {
    fn default() -> Self {
        Self(kit::fields::Fields::none(Policy::Lenient))
    }
}

/// Parameter names at most in one form body.
const FORM_FIELDS: usize = 1_000;

impl Fields {
    /// The fields of a JSON body: flat, or wrapped in the model's name or in `request`.
    pub fn of(body: Value, model: &str) -> Fields {
        match kit::fields::Fields::of(body, Policy::Lenient) {
            Ok(fields) => Fields(fields.unwrapped(&["request", model])),
            Err(_) => Fields::default(),
        }
    }

    /// A field as it was sent; `null` counts as not sent.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.peek(name)
    }

    /// Notes that a field cannot be accepted.
    pub fn refuse(&mut self, name: &str, why: &str) {
        self.0.note(name, why);
    }

    /// A text; numbers and flags are taken as the text a form would have sent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.get_or_note(name, "Invalid value.")
    }

    /// A text that is not empty.
    pub fn filled(&mut self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.trim().is_empty())
    }

    /// A whole number: `3` and `"3"`.
    pub fn number(&mut self, name: &str, why: &str) -> Option<i64> {
        self.0.get_or_note(name, why)
    }

    /// The same, where an empty text means that nothing was chosen.
    pub fn filled_number(&mut self, name: &str, why: &str) -> Option<i64> {
        let empty = self
            .value(name)
            .and_then(Value::as_str)
            .is_some_and(|text| text.trim().is_empty());
        if empty { None } else { self.number(name, why) }
    }

    /// A flag: `true`, `1`, `"1"` and their opposites; an empty text is false, as in a form.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.0.get_or_note(name, "boolean")
    }

    /// Several texts: a list, or one text split at line breaks (and commas, where told).
    pub fn list(&mut self, name: &str, commas: bool) -> Option<Vec<String>> {
        let list = match self.value(name)? {
            Value::Array(values) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect(),
            Value::String(text) => Some(
                text.split(|c| c == '\n' || c == '\r' || (commas && c == ','))
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        match list {
            None => {
                self.refuse(name, "Invalid value.");
                None
            }
            Some(list) => Some(
                list.iter()
                    .map(|one| one.trim().to_owned())
                    .filter(|one| !one.is_empty())
                    .collect(),
            ),
        }
    }

    /// Every field as a text; `None` for what is none. `null` counts as not sent.
    pub fn texts(&self) -> Vec<(&str, Option<String>)> {
        let names = self.0.unread();
        let sent = names.filter(|name| self.0.peek(name).is_some());
        sent.map(|name| (name, self.0.get(name).ok().flatten()))
            .collect()
    }

    /// Whether a list asks for nothing but these and how it is shown.
    pub fn all_known(&self, filters: &[&str]) -> bool {
        self.0.unread().all(|name| {
            let empty = self.0.peek(name).is_none_or(Value::is_null);
            empty || shows(name) || filters.contains(&name)
        })
    }

    /// What was wrong with the fields read so far, as the vendor lists it; `None` when all is well.
    pub fn errors(&self) -> Option<Value> {
        let noted = self.0.noted();
        (!noted.is_empty()).then(|| json!(noted))
    }
}

/// Reads a form body (`User[email]=…&User[role_id]=3`) into the JSON it stands for.
pub fn form(text: &str) -> Option<Value> {
    let mut root = Map::new();
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= FORM_FIELDS {
            return None;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (percent_decode(name)?, percent_decode(value)?);
        // Quirk: browsers' forms wrap everything in `data[…]`; it is taken off (misp.md §8).
        let name = match name
            .strip_prefix("data[")
            .and_then(|rest| rest.split_once(']'))
        {
            Some((first, rest)) => format!("{first}{rest}"),
            None => name,
        };
        let Some((model, rest)) = name.split_once('[') else {
            root.insert(name, Value::String(value));
            continue;
        };
        let mut keys = rest.split('[').map(|key| key.trim_end_matches(']'));
        let field = keys.next().unwrap_or_default().to_owned();
        let Value::Object(fields) = root
            .entry(model.to_owned())
            .or_insert_with(|| Value::Object(Map::new()))
        else {
            return None;
        };
        match keys.next() {
            None => {
                fields.insert(field, Value::String(value));
            }
            Some(_) => {
                let list = fields
                    .entry(field)
                    .or_insert_with(|| Value::Array(Vec::new()));
                let Value::Array(list) = list else {
                    return None;
                };
                list.push(Value::String(value));
            }
        }
    }
    Some(Value::Object(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_come_off() {
        for body in [
            json!({"email": "a@b"}),
            json!({"User": {"email": "a@b"}}),
            json!({"request": {"email": "a@b"}}),
            json!({"request": {"User": {"email": "a@b"}}}),
        ] {
            assert_eq!(
                Fields::of(body.clone(), "User").text("email").as_deref(),
                Some("a@b"),
                "{body}"
            );
        }
        for body in [json!([1]), json!("x"), json!(null), json!({})] {
            assert!(
                Fields::of(body.clone(), "User").0.unread().next().is_none(),
                "{body}"
            );
        }
    }

    #[test]
    fn values_are_read_with_tolerance() {
        let mut fields = Fields::of(
            json!({"a": 3, "b": "3", "c": true, "d": "1", "e": 0, "f": "x", "g": null, "h": [], "i": {}, "j": 1.5, "k": ""}),
            "User",
        );
        assert_eq!(fields.number("a", "numeric"), Some(3));
        assert_eq!(fields.number("b", "numeric"), Some(3));
        assert_eq!(fields.text("a").as_deref(), Some("3"));
        assert_eq!(fields.text("c").as_deref(), Some("1"));
        for (name, flag) in [("c", true), ("d", true), ("e", false), ("k", false)] {
            assert_eq!(fields.flag(name), Some(flag), "{name}");
        }
        assert_eq!(fields.flag("g"), None);
        assert_eq!(fields.errors(), None);
        assert_eq!(fields.flag("f"), None);
        assert_eq!(fields.flag("a"), None);
        assert_eq!(fields.number("f", "numeric"), None);
        assert_eq!(fields.number("j", "numeric"), None);
        assert_eq!(fields.text("h"), None);
        assert_eq!(fields.text("i"), None);
        assert_eq!(
            fields.errors(),
            Some(
                json!({"a": ["boolean"], "f": ["boolean", "numeric"], "h": ["Invalid value."], "i": ["Invalid value."], "j": ["numeric"]})
            )
        );
    }

    #[test]
    fn lists() {
        let mut fields = Fields::of(
            json!({"a": ["x ", "", "y"], "b": "x\ny\r\n", "c": "x,y", "d": 5, "e": [5]}),
            "User",
        );
        assert_eq!(
            fields.list("a", false),
            Some(vec!["x".to_owned(), "y".to_owned()])
        );
        assert_eq!(
            fields.list("b", false),
            Some(vec!["x".to_owned(), "y".to_owned()])
        );
        assert_eq!(fields.list("c", false), Some(vec!["x,y".to_owned()]));
        assert_eq!(
            fields.list("c", true),
            Some(vec!["x".to_owned(), "y".to_owned()])
        );
        assert_eq!(fields.list("d", true), None);
        assert_eq!(fields.list("e", true), None);
    }

    #[test]
    fn forms() {
        for (text, expected) in [
            (
                "User[email]=a%40b&User[role_id]=3",
                json!({"User": {"email": "a@b", "role_id": "3"}}),
            ),
            ("User%5Bemail%5D=a+b", json!({"User": {"email": "a b"}})),
            ("data[User][email]=x", json!({"User": {"email": "x"}})),
            ("email=x&flag", json!({"email": "x", "flag": ""})),
            ("O[d][]=x&O[d][]=y", json!({"O": {"d": ["x", "y"]}})),
            ("", json!({})),
        ] {
            assert_eq!(form(text), Some(expected), "{text}");
        }
        assert_eq!(form("a=1&a[b]=2"), None);
        assert_eq!(form("a=%ff"), None);
        assert_eq!(form(&"x=1&".repeat(2_000)), None);
    }
}
