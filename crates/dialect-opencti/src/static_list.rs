//! Static lists: short lists kept in memory (markings, templates, roles), filtered, sorted and paged by the
//! same rules as the directory's long ones.

use std::cmp::Ordering;

use directory::{Predicate, Test, Time, Value, fold_search};

/// What an item shows of one field; several values when the field holds a list.
pub type Look<'i, F> = &'i dyn Fn(&F) -> Vec<Value>;

/// Whether an item passes.
pub fn passes<F>(predicate: &Predicate<F>, look: Look<'_, F>) -> bool {
    match predicate {
        Predicate::All => true,
        Predicate::Nothing => false,
        Predicate::Not(inner) => !passes(inner, look),
        Predicate::And(parts) => parts.iter().all(|part| passes(part, look)),
        Predicate::Or(parts) => parts.iter().any(|part| passes(part, look)),
        Predicate::Is(field, test) => {
            let values = look(field);
            match test {
                Test::Absent => values.is_empty(),
                test => values.iter().any(|value| holds(test, value)),
            }
        }
    }
}

/// Whether a value passes a test.
pub fn holds(test: &Test, value: &Value) -> bool {
    let text = || fold_search(&plain(value));
    match test {
        Test::Equals(wanted) => compare(value, wanted) == Some(Ordering::Equal),
        Test::OneOf(wanted) => wanted
            .iter()
            .any(|wanted| compare(value, wanted) == Some(Ordering::Equal)),
        Test::Less(bound) => compare(value, bound) == Some(Ordering::Less),
        Test::AtMost(bound) => compare(value, bound).is_some_and(Ordering::is_le),
        Test::Greater(bound) => compare(value, bound) == Some(Ordering::Greater),
        Test::AtLeast(bound) => compare(value, bound).is_some_and(Ordering::is_ge),
        Test::Contains(part) => text().contains(&fold_search(part)),
        Test::StartsWith(part) => text().starts_with(&fold_search(part)),
        Test::EndsWith(part) => text().ends_with(&fold_search(part)),
        Test::Glob(pattern) => globs(&fold_search(pattern), &text()),
        Test::Absent => false,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Flag(flag) => flag.to_string(),
        Value::Time(time) => time.rfc3339(),
    }
}

/// Compares as what the item's value is; a bound that cannot be read so compares as nothing.
pub fn compare(value: &Value, bound: &Value) -> Option<Ordering> {
    match (value, bound) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Text(text)) => Some(one.cmp(&text.trim().parse().ok()?)),
        (Value::Time(one), Value::Time(other)) => Some(one.cmp(other)),
        (Value::Time(one), Value::Text(text)) => Some(one.cmp(&Time::parse(text)?)),
        _ => Some(fold_search(&plain(value)).cmp(&fold_search(&plain(bound)))),
    }
}

/// Whether a text matches a pattern in which `*` stands for any run of characters.
fn globs(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A page of a list that is already in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut<T> {
    /// The items, each with the cursor after it.
    pub items: Vec<(T, String)>,
    /// Whether more follow.
    pub more: bool,
    /// How many there are in all.
    pub total: u64,
}

/// Cuts a page out: `after` is a cursor that an earlier page gave, or the id of an item; nothing when
/// it is neither.
pub fn cut<T>(
    items: Vec<T>,
    first: usize,
    after: Option<&str>,
    is_it: impl Fn(&T, &str) -> bool,
) -> Option<Cut<T>> {
    let total = items.len() as u64;
    let start = match after.filter(|after| !after.is_empty()) {
        None => 0,
        Some(after) => match after.strip_prefix("at-") {
            Some(place) => place.parse::<usize>().ok()?,
            None => 1 + items.iter().position(|item| is_it(item, after))?,
        },
    };
    let mut rest = items.into_iter().enumerate().skip(start);
    let page: Vec<(T, String)> = rest
        .by_ref()
        .take(first)
        .map(|(index, item)| (item, format!("at-{}", index + 1)))
        .collect();
    Some(Cut {
        items: page,
        more: rest.next().is_some(),
        total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_pass_as_rows_do() {
        let look = |field: &&str| -> Vec<Value> {
            match *field {
                "name" => vec!["Crème Brûlée".into()],
                "order" => vec![7_i64.into()],
                "at" => vec![Time(1_776_451_044_000).into()],
                "tags" => vec!["a".into(), "b".into()],
                _ => Vec::new(),
            }
        };
        for (field, test, expected) in [
            ("name", Test::Equals("creme brulee".into()), true),
            ("name", Test::Contains("BRU".into()), true),
            ("name", Test::StartsWith("creme".into()), true),
            ("name", Test::EndsWith("lée".into()), true),
            ("name", Test::Glob("c*br*e".into()), true),
            ("name", Test::Glob("c*x*e".into()), false),
            ("name", Test::Glob("creme".into()), false),
            ("name", Test::Less("d".into()), true),
            ("order", Test::Equals("7".into()), true),
            ("order", Test::Greater("10".into()), false),
            ("order", Test::AtLeast(7_i64.into()), true),
            ("at", Test::Greater("2026-04-17".into()), true),
            ("at", Test::Greater("never".into()), false),
            ("tags", Test::Equals("b".into()), true),
            ("tags", Test::OneOf(vec!["c".into(), "a".into()]), true),
            ("none", Test::Absent, true),
            ("none", Test::Contains(String::new()), false),
            ("name", Test::Absent, false),
        ] {
            let predicate = Predicate::Is(field, test);
            assert_eq!(passes(&predicate, &look), expected, "{predicate:?}");
            assert_eq!(
                passes(&Predicate::Not(Box::new(predicate)), &look),
                !expected
            );
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let all: Vec<u32> = (0..5).collect();
        let cut = |first, after: Option<&str>| {
            cut(all.clone(), first, after, |item, id| {
                id == format!("id {item}")
            })
        };
        let first = cut(2, None).unwrap();
        assert_eq!((first.more, first.total), (true, 5));
        let mut seen: Vec<u32> = first.items.iter().map(|(item, _)| *item).collect();
        let mut after = first.items.last().unwrap().1.clone();
        loop {
            let next = cut(2, Some(&after)).unwrap();
            seen.extend(next.items.iter().map(|(item, _)| *item));
            if !next.more {
                break;
            }
            after = next.items.last().unwrap().1.clone();
        }
        assert_eq!(seen, all);
        assert_eq!(cut(9, Some("")).unwrap().items.len(), 5);
        assert_eq!(cut(9, Some("id 2")).unwrap().items.len(), 2);
        assert_eq!(cut(9, Some("at-9")).unwrap().items.len(), 0);
        assert_eq!(cut(9, Some("id 7")), None);
        assert_eq!(cut(9, Some("at-x")), None);
    }
}
