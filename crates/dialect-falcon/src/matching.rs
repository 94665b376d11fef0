//! Conditions held against values in memory: the counterpart of what lists do in SQL.

use super::fql::{Condition, Operand, Operator, words};

/// Whether a condition holds for a thing whose property has these values: one or several, none when
/// the property is absent. The counterpart in memory of what lists do in SQL.
pub fn holds(condition: &Condition, values: &[&str]) -> bool {
    let found = match &condition.operand {
        Operand::Any(literals) => literals.iter().any(|literal| match literal.text() {
            None => values.is_empty(),
            Some(text) => values.iter().any(|value| fold(value) == fold(&text)),
        }),
        Operand::One(literal) => match literal.text() {
            None => values.is_empty(),
            Some(text) => values
                .iter()
                .any(|value| compare(condition.operator, value, &text, literal.has_wildcards())),
        },
    };
    found != condition.negated
}

fn compare(operator: Operator, value: &str, text: &str, wildcards: bool) -> bool {
    let (value, text) = (fold(value), fold(text));
    match operator {
        Operator::Equal | Operator::Pattern if wildcards => matches_pattern(&value, &text),
        Operator::Equal | Operator::Pattern => value == text,
        Operator::Words => {
            let words = words(&text);
            !words.is_empty() && words.iter().all(|word| value.contains(word.as_str()))
        }
        Operator::Greater => value > text,
        Operator::AtLeast => value >= text,
        Operator::Less => value < text,
        Operator::AtMost => value <= text,
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Whether a whole text matches a pattern in which `*` stands for any run of characters. Linear in
/// both: each piece is looked for once, from where the last one ended.
pub fn matches_pattern(value: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return value == pattern;
    };
    let Some(value) = value.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut value) = value.strip_suffix(last) else {
        return false;
    };
    for piece in middle.split('*') {
        match value.find(piece) {
            Some(at) => value = value.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}
