//! The grammar of the vendor's generic lists (misp.md §7, §8): a filter is a named parameter of the path or
//! a field of a posted body; its text is compared whole and without case unless it begins or ends with
//! `%`; `||` stands between alternatives, and so does a list. What is not understood matches nothing.

use directory::limits::{self, FILTER_VALUES};
use directory::{Fault, Predicate, Test};
use serde_json::Value;

use super::address::Address;
use super::body::Fields;
use super::filter;

/// What a list is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexFilter {
    wanted: Vec<(&'static str, Vec<String>)>,
    /// Something in the request is not understood, so the list is empty: leaving it out would match more.
    nothing: bool,
}

/// One alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern<'a> {
    Whole(&'a str),
    Contains(&'a str),
    StartsWith(&'a str),
    EndsWith(&'a str),
    /// Pieces with anything between them.
    Pieces(String),
    Everything,
    /// It cannot be said in the directory's terms.
    Nothing,
}

impl Pattern<'_> {
    fn of(text: &str) -> Pattern<'_> {
        let inner = text.trim_matches('%');
        let (open, closed) = (!text.starts_with('%'), !text.ends_with('%'));
        if open && closed {
            return Pattern::Whole(text);
        }
        if inner.is_empty() {
            return Pattern::Everything;
        }
        if inner.contains('%') {
            // The directory's own sign for anything must not be taken for one.
            return if inner.contains('*') {
                Pattern::Nothing
            } else {
                Pattern::Pieces(text.replace('%', "*"))
            };
        }
        match (open, closed) {
            (true, _) => Pattern::StartsWith(inner),
            (_, true) => Pattern::EndsWith(inner),
            (false, false) => Pattern::Contains(inner),
        }
    }

    fn test(&self) -> Option<Test> {
        Some(match self {
            Pattern::Whole("") => Test::Absent,
            Pattern::Whole(text) => Test::Equals((*text).into()),
            Pattern::Contains(text) => Test::Contains((*text).to_owned()),
            Pattern::StartsWith(text) => Test::StartsWith((*text).to_owned()),
            Pattern::EndsWith(text) => Test::EndsWith((*text).to_owned()),
            Pattern::Pieces(glob) => Test::Glob(glob.clone()),
            Pattern::Everything | Pattern::Nothing => return None,
        })
    }

    fn matches(&self, shown: &str) -> bool {
        let shown = shown.to_lowercase();
        let like = |text: &str| text.to_lowercase();
        match self {
            Pattern::Whole(text) => shown == like(text),
            Pattern::Contains(text) => shown.contains(&like(text)),
            Pattern::StartsWith(text) => shown.starts_with(&like(text)),
            Pattern::EndsWith(text) => shown.ends_with(&like(text)),
            Pattern::Everything => true,
            Pattern::Pieces(glob) => in_order(&shown, &like(glob)),
            Pattern::Nothing => false,
        }
    }
}

/// Whether the pieces of a glob stand in a text one after the other, the first at its beginning and the
/// last at its end.
fn in_order(text: &str, glob: &str) -> bool {
    let mut pieces = glob.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl IndexFilter {
    /// Reads the filters of these names from the path, else from the body; any other parameter that says
    /// more than how the list is shown makes it empty.
    pub fn read(
        address: &Address,
        fields: &Fields,
        names: &[&'static str],
    ) -> Result<IndexFilter, Fault> {
        let mut filter = IndexFilter {
            nothing: !filter::all_known(address, names) || !fields.all_known(names),
            ..IndexFilter::default()
        };
        for name in names {
            let texts = match (address.named(name), fields.value(name)) {
                (Some(text), _) => alternatives(text),
                (None, Some(value)) => match scalars(value) {
                    Some(texts) => texts,
                    None => {
                        filter.nothing = true;
                        continue;
                    }
                },
                (None, None) => continue,
            };
            if texts.len() > FILTER_VALUES {
                let why = format!("has more than {FILTER_VALUES} alternatives");
                return Err(Fault::invalid("filter", why));
            }
            for text in &texts {
                limits::check_length("filter", text)?;
            }
            filter.wanted.push((name, texts));
        }
        Ok(filter)
    }

    fn wanted(&self, name: &str) -> Option<&[String]> {
        let found = self.wanted.iter().find(|(one, _)| *one == name);
        found.map(|(_, texts)| texts.as_slice())
    }

    /// Whether nothing at all can match.
    pub fn matches_nothing(&self) -> bool {
        self.nothing
    }

    /// The condition on a text that the list shows.
    pub fn text<F: Clone>(&self, name: &str, field: &F) -> Predicate<F> {
        self.condition(name, |text| pattern(text, field))
    }

    /// The condition on a number.
    pub fn number<F: Clone>(&self, name: &str, field: &F) -> Predicate<F> {
        self.condition(name, |text| match text.trim().parse::<i64>() {
            Ok(number) => Predicate::equals(field.clone(), number),
            Err(_) => Predicate::Nothing,
        })
    }

    /// The condition that one of the alternatives gives; none when the filter is not asked for.
    pub fn condition<F>(
        &self,
        name: &str,
        condition: impl Fn(&str) -> Predicate<F>,
    ) -> Predicate<F> {
        match self.wanted(name) {
            _ if self.nothing => Predicate::Nothing,
            None => Predicate::All,
            Some(texts) => Predicate::any(texts.iter().map(|text| condition(text))),
        }
    }

    /// Whether a row that shows this text is asked for.
    pub fn matches(&self, name: &str, shown: &str) -> bool {
        !self.nothing
            && self
                .wanted(name)
                .is_none_or(|texts| texts.iter().any(|text| Pattern::of(text).matches(shown)))
    }

    /// Whether a row that shows this text is asked for by a search, which looks for a part of it.
    pub fn finds(&self, name: &str, shown: &str) -> bool {
        let shown = shown.to_lowercase();
        !self.nothing
            && self.wanted(name).is_none_or(|texts| {
                let held =
                    |text: &String| shown.contains(text.trim_matches('%').to_lowercase().trim());
                texts.iter().any(held)
            })
    }
}

/// The condition that one alternative puts on a text.
pub fn pattern<F: Clone>(text: &str, field: &F) -> Predicate<F> {
    match Pattern::of(text) {
        Pattern::Everything => Predicate::All,
        pattern => match pattern.test() {
            Some(test) => Predicate::Is(field.clone(), test),
            None => Predicate::Nothing,
        },
    }
}

fn alternatives(text: &str) -> Vec<String> {
    text.split("||").map(str::to_owned).collect()
}

/// The alternatives of a posted filter; an empty list asks for nothing that there is.
fn scalars(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Value::String(text) => Some(alternatives(text)),
        Value::Array(values) if values.len() > FILTER_VALUES => None,
        Value::Array(values) => values.iter().map(one).collect(),
        other => one(other).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(path: &str, body: Value) -> IndexFilter {
        let address = Address::read(path).unwrap();
        IndexFilter::read(
            &address,
            &Fields::of(body, "Role"),
            &["name", "quickFilter"],
        )
        .unwrap()
    }

    #[test]
    fn texts_are_compared_whole_unless_wrapped() {
        for (filter, shown, expected) in [
            ("User", "User", true),
            ("user", "User", true),
            ("User", "Sync user", false),
            ("%user", "Sync user", true),
            ("%user", "User role", false),
            ("user%", "User role", true),
            ("%nc us%", "Sync user", true),
            ("%n%us%", "Sync user", true),
            ("s%n%r%", "Sync user", true),
            ("y%n%r%", "Sync user", false),
            ("%x%", "Sync user", false),
            ("%", "Sync user", true),
            ("a||User", "User", true),
            ("a||b", "User", false),
            ("", "User", false),
            ("%*%a%", "a*a", false),
        ] {
            for read in [
                read("roles/index", json!({ "name": filter })),
                read(
                    &format!("roles/index/name:{}", filter.replace('%', "%25")),
                    json!({}),
                ),
            ] {
                assert_eq!(read.matches("name", shown), expected, "{filter} {shown}");
            }
        }
    }

    #[test]
    fn lists_are_alternatives_and_nothing_is_dropped() {
        for (body, expected) in [
            (json!({}), true),
            (json!({"name": null}), true),
            (json!({"name": ["x", "User"]}), true),
            (json!({"name": ["x"]}), false),
            (json!({"name": []}), false),
            (json!({"name": [["User"]]}), false),
            (json!({"name": {"a": "User"}}), false),
            (json!({"other": "x"}), false),
            (json!({"Role": {"name": "User"}}), true),
            (json!({"Role": {"name": "x"}}), false),
            (json!({"limit": 1, "page": 2, "name": "User"}), true),
        ] {
            let read = read("roles/index", body.clone());
            assert_eq!(read.matches("name", "User"), expected, "{body}");
        }
        assert!(read("roles/index", json!({"quickFilter": "se"})).finds("quickFilter", "User"));
        assert!(!read("roles/index/other:x", json!({})).matches("name", "User"));
        let many: Vec<String> = (0..101).map(|one| one.to_string()).collect();
        let address = Address::read(&format!("roles/index/name:{}", many.join("||"))).unwrap();
        assert!(IndexFilter::read(&address, &Fields::default(), &["name"]).is_err());
    }
}
