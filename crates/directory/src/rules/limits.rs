//! What a request may carry at most. The bounds stand here and nowhere else: the store looks at them
//! before it compiles a list, and dialects before they take a text or a filter apart.

use crate::model::{Fault, Predicate, Query, Test, Value};

/// Characters of a text that is searched for, or of a pattern of a filter.
pub const SEARCH_CHARACTERS: usize = 1_000;
/// Words of a search.
pub const SEARCH_WORDS: usize = 16;
/// Alternatives of one filter that is sent as parameters of a URL.
pub const FILTER_VALUES: usize = 100;
/// Tests that the filter of one list may hold.
pub const FILTER_TESTS: usize = 2_000;
/// Tests that one statement may hold, with what the server itself adds (lists of numbers).
pub const STATEMENT_TESTS: usize = 5_000;
/// Patterns (contains, begins with, ends with, wildcards) that one list looks for: each is compared with
/// every row that the rest of the list leaves.
pub const PATTERNS: usize = 256;
/// Conditions inside each other.
pub const FILTER_DEPTH: usize = 32;
/// Bytes of all values that one list compares with.
pub const FILTER_BYTES: usize = 256 * 1024;
/// Entities that one request names in a list: groups, organisations, roles, recipients.
pub const REFERENCES: usize = 1_000;

/// Passwords that one request may have hashed.
pub const PASSWORDS: usize = 20;

/// Constraints of one key.
pub const CONSTRAINTS: usize = 100;
/// Addresses and scope words of one key.
pub const KEY_ENTRIES: usize = 1_000;
/// Bytes that the expressions of one key may take when they are compiled, all together.
pub const EXPRESSION_BYTES: usize = 128 * 1024;
/// Bytes of a path that expressions are compared with; longer ones match none.
pub const MATCHED_PATH: usize = 1_000;
/// Bytes that the compiled limits of all keys may take while they are remembered.
pub const REMEMBERED_LIMITS: usize = 32 * 1024 * 1024;

/// What a request's lists may cost together, for doors at which one request holds many lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Tests of all filters and searches.
    pub tests: usize,
    /// Patterns among them.
    pub patterns: usize,
}

impl Cost {
    /// The most that one request may cost.
    pub const MOST: Cost = Cost {
        tests: 10_000,
        patterns: 2 * PATTERNS,
    };

    /// What a predicate costs.
    #[must_use]
    pub fn of<F>(predicate: &Predicate<F>) -> Cost {
        match predicate {
            Predicate::All | Predicate::Nothing => Cost::default(),
            Predicate::Not(inner) => Cost::of(inner),
            Predicate::And(several) | Predicate::Or(several) => several
                .iter()
                .map(Cost::of)
                .fold(Cost::default(), Cost::plus),
            Predicate::Is(_, test) => Cost {
                tests: match test {
                    Test::OneOf(values) => values.len().max(1),
                    _ => 1,
                },
                patterns: usize::from(pattern(test).is_some()),
            },
        }
    }

    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Cost) -> Cost {
        Cost {
            tests: self.tests.saturating_add(other.tests),
            patterns: self.patterns.saturating_add(other.patterns),
        }
    }

    /// Whether it is no more than another.
    #[must_use]
    pub fn within(self, most: Cost) -> bool {
        self.tests <= most.tests && self.patterns <= most.patterns
    }
}

/// Refuses a search whose text is too long or has too many words.
pub fn check_search(field: &'static str, text: &str) -> Result<(), Fault> {
    check_length(field, text)?;
    // One letter may unfold into several words, so they are counted as they are looked for.
    if super::trigram_words(text).len() > SEARCH_WORDS {
        return Err(Fault::invalid(
            field,
            format!("has more than {SEARCH_WORDS} words"),
        ));
    }
    Ok(())
}

/// Refuses a text or pattern that is too long to be looked for.
pub fn check_length(field: &'static str, text: &str) -> Result<(), Fault> {
    // The bytes are looked at first: counting the characters of a long text is work too.
    if text.len() > 4 * SEARCH_CHARACTERS || text.chars().count() > SEARCH_CHARACTERS {
        return Err(Fault::invalid(
            field,
            format!("is longer than {SEARCH_CHARACTERS} characters"),
        ));
    }
    Ok(())
}

/// Refuses a list of references that is too long, before any of them is looked up.
pub fn check_references(field: &'static str, count: usize) -> Result<(), Fault> {
    if count > REFERENCES {
        return Err(Fault::invalid(
            field,
            format!("names more than {REFERENCES}"),
        ));
    }
    Ok(())
}

/// Refuses a request that would have more passwords hashed than a person types.
pub fn check_passwords(count: usize) -> Result<(), Fault> {
    if count > PASSWORDS {
        return Err(Fault::invalid(
            "password",
            format!(
                "is set for more than {PASSWORDS} people at once; send them in several requests"
            ),
        ));
    }
    Ok(())
}

/// Refuses a list whose search or filter goes beyond the bounds.
pub fn check_query<F>(query: &Query<F>) -> Result<(), Fault> {
    if let Some(search) = &query.search {
        check_search("search", search)?;
    }
    let mut left = Left {
        tests: STATEMENT_TESTS,
        patterns: PATTERNS,
        bytes: FILTER_BYTES,
    };
    left.take(&query.predicate, 0)
}

/// What a filter may still hold.
struct Left {
    tests: usize,
    patterns: usize,
    bytes: usize,
}

impl Left {
    fn take<F>(&mut self, predicate: &Predicate<F>, depth: usize) -> Result<(), Fault> {
        // A search and a scope may stand around a filter of the greatest depth.
        if depth > 2 * FILTER_DEPTH {
            return Err(Fault::invalid(
                "filter",
                format!("is nested more than {FILTER_DEPTH} deep"),
            ));
        }
        match predicate {
            Predicate::All | Predicate::Nothing => self.count(1),
            Predicate::Not(inner) => {
                self.count(1)?;
                self.take(inner, depth + 1)
            }
            Predicate::And(several) | Predicate::Or(several) => {
                self.count(1)?;
                several.iter().try_for_each(|one| self.take(one, depth + 1))
            }
            Predicate::Is(_, test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Result<(), Fault> {
        if let Some(text) = pattern(test) {
            check_length("filter", text)?;
            self.patterns = self.patterns.checked_sub(1).ok_or_else(|| {
                Fault::invalid("filter", format!("looks for more than {PATTERNS} patterns"))
            })?;
            return self.count(1);
        }
        match test {
            Test::OneOf(values) => {
                self.count(values.len().max(1))?;
                values.iter().try_for_each(|value| self.value(value))
            }
            Test::Equals(value)
            | Test::Less(value)
            | Test::AtMost(value)
            | Test::Greater(value)
            | Test::AtLeast(value) => {
                self.count(1)?;
                self.value(value)
            }
            _ => self.count(1),
        }
    }

    fn count(&mut self, tests: usize) -> Result<(), Fault> {
        self.tests = self.tests.checked_sub(tests).ok_or_else(|| {
            Fault::invalid("filter", format!("holds more than {STATEMENT_TESTS} tests"))
        })?;
        Ok(())
    }

    fn value(&mut self, value: &Value) -> Result<(), Fault> {
        let Value::Text(text) = value else {
            return Ok(());
        };
        self.bytes = self.bytes.checked_sub(text.len()).ok_or_else(|| {
            Fault::invalid("filter", format!("compares more than {FILTER_BYTES} bytes"))
        })?;
        Ok(())
    }
}

/// The text of a test that is looked for inside another.
fn pattern(test: &Test) -> Option<&str> {
    match test {
        Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) | Test::Glob(text) => {
            Some(text)
        }
        Test::Equals(_)
        | Test::OneOf(_)
        | Test::Less(_)
        | Test::AtMost(_)
        | Test::Greater(_)
        | Test::AtLeast(_)
        | Test::Absent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserField;

    fn is(test: Test) -> Predicate<UserField> {
        Predicate::Is(UserField::Name, test)
    }

    fn nested(depth: usize) -> Predicate<UserField> {
        (0..depth).fold(is(Test::Absent), |inner, _| Predicate::Not(Box::new(inner)))
    }

    #[test]
    fn searches_are_bounded() {
        let words = |count: usize| vec!["a"; count].join(" ");
        for (text, fine) in [
            (String::new(), true),
            ("a".repeat(SEARCH_CHARACTERS), true),
            ("a".repeat(SEARCH_CHARACTERS + 1), false),
            ("\u{1F600}".repeat(SEARCH_CHARACTERS), true),
            ("é".repeat(SEARCH_CHARACTERS + 1), false),
            (words(SEARCH_WORDS), true),
            (words(SEARCH_WORDS + 1), false),
            (" ".repeat(SEARCH_CHARACTERS + 1), false),
            ("\u{FDFA}".repeat(4), true),
            ("\u{FDFA}".repeat(6), false),
        ] {
            let shown: String = text.chars().take(20).collect();
            let query = Query::<UserField> {
                search: Some(text),
                ..Query::default()
            };
            assert_eq!(check_query(&query).is_ok(), fine, "{shown}");
        }
    }

    #[test]
    fn filters_are_bounded() {
        let long = "a".repeat(SEARCH_CHARACTERS + 1);
        let numbers = |count: i64| (0..count).map(Value::from).collect();
        let most = i64::try_from(STATEMENT_TESTS).unwrap();
        let texts = |count: usize, length: usize| {
            is(Test::OneOf(vec![Value::Text("a".repeat(length)); count]))
        };
        for (name, predicate, fine) in [
            ("contains", is(Test::Contains(long.clone())), false),
            ("starts with", is(Test::StartsWith(long.clone())), false),
            ("ends with", is(Test::EndsWith(long.clone())), false),
            ("glob", is(Test::Glob(long.clone())), false),
            ("equals", is(Test::Equals(long.into())), true),
            ("numbers", is(Test::OneOf(numbers(most))), true),
            ("more numbers", is(Test::OneOf(numbers(most + 1))), false),
            (
                "all",
                Predicate::Or(vec![Predicate::All; STATEMENT_TESTS]),
                false,
            ),
            (
                "patterns",
                Predicate::Or(vec![is(Test::Contains("a".into())); PATTERNS]),
                true,
            ),
            (
                "more patterns",
                Predicate::Or(vec![is(Test::Contains("a".into())); PATTERNS + 1]),
                false,
            ),
            ("deep", nested(2 * FILTER_DEPTH), true),
            ("deeper", nested(2 * FILTER_DEPTH + 1), false),
            ("bytes", texts(256, 1_024), true),
            ("more bytes", texts(257, 1_024), false),
        ] {
            let query = Query {
                predicate,
                ..Query::default()
            };
            assert_eq!(check_query(&query).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn costs_are_summed() {
        let predicate = Predicate::And(vec![
            is(Test::Contains("a".into())),
            Predicate::Not(Box::new(is(Test::OneOf(vec![1.into(), 2.into()])))),
            Predicate::All,
        ]);
        let cost = Cost::of(&predicate);
        assert_eq!((cost.tests, cost.patterns), (3, 1));
        assert!(cost.within(Cost::MOST));
        assert!(!Cost::MOST.plus(cost).within(Cost::MOST));
    }
}
