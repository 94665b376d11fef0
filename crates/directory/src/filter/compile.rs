//! From an expression to the predicate of a list. Negations are moved down to the tests on the way, so that a
//! test of something missing can match nothing whichever way it is turned.

use crate::model::{Predicate, Test, Time, Value};

use super::syntax::{Comparison, Expression, Literal, Operator};
use super::{FieldKind, FilterError, FilterField};

/// What the references of a filter lead to: kind and text, and the number; none where there is nothing
/// that the caller sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    found: Vec<(FieldKind, String, Option<i64>)>,
}

impl References {
    /// The references of an expression that must be looked up, each once. Checks names, operators and values.
    pub fn named<F: Clone>(
        expression: &Expression,
        fields: &[FilterField<F>],
    ) -> Result<Vec<(FieldKind, String)>, FilterError> {
        let mut named = Vec::new();
        // Every test is compiled once on trial, so that nothing is looked up for a filter that is refused.
        let nothing = References::default();
        each(expression, &mut |comparison| {
            let field = field_of(comparison, fields)?;
            test(comparison, field, &nothing, Time(0))?;
            let value = &comparison.value;
            let looked_up = field.kind.is_reference()
                && comparison.operator != Operator::Present
                && !value.is_null()
                && number(value).is_none();
            let reference = (field.kind, value.text.clone());
            if looked_up && !named.contains(&reference) {
                named.push(reference);
            }
            Ok(())
        })?;
        Ok(named)
    }

    /// Notes what a reference leads to.
    pub fn note(&mut self, kind: FieldKind, text: String, number: Option<i64>) {
        self.found.push((kind, text, number));
    }

    fn number(&self, kind: FieldKind, text: &str) -> Option<i64> {
        self.found
            .iter()
            .find(|(known, written, _)| *known == kind && written == text)
            .and_then(|(_, _, number)| *number)
    }
}

fn each(
    expression: &Expression,
    visit: &mut impl FnMut(&Comparison) -> Result<(), FilterError>,
) -> Result<(), FilterError> {
    match expression {
        Expression::Or(several) | Expression::And(several) => {
            several.iter().try_for_each(|one| each(one, visit))
        }
        Expression::Not(inner) => each(inner, visit),
        Expression::Test(comparison) => visit(comparison),
    }
}

/// The predicate of an expression.
pub(crate) fn compile<F: Clone>(
    expression: &Expression,
    fields: &[FilterField<F>],
    references: &References,
    now: Time,
) -> Result<Predicate<F>, FilterError> {
    turned(expression, false, fields, references, now)
}

fn turned<F: Clone>(
    expression: &Expression,
    negated: bool,
    fields: &[FilterField<F>],
    references: &References,
    now: Time,
) -> Result<Predicate<F>, FilterError> {
    let several = |several: &[Expression]| {
        several
            .iter()
            .map(|one| turned(one, negated, fields, references, now))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match (expression, negated) {
        (Expression::Or(parts), false) | (Expression::And(parts), true) => {
            Predicate::any(several(parts)?)
        }
        (Expression::And(parts), false) | (Expression::Or(parts), true) => {
            Predicate::all(several(parts)?)
        }
        (Expression::Not(inner), _) => turned(inner, !negated, fields, references, now)?,
        (Expression::Test(comparison), _) => {
            let field = field_of(comparison, fields)?;
            match test(comparison, field, references, now)? {
                None => Predicate::Nothing,
                Some((test, opposite)) => {
                    let is = Predicate::Is(field.field.clone(), test);
                    if negated == opposite {
                        is
                    } else {
                        Predicate::not(is)
                    }
                }
            }
        }
    })
}

fn field_of<'f, F>(
    comparison: &Comparison,
    fields: &'f [FilterField<F>],
) -> Result<&'f FilterField<F>, FilterError> {
    let found = fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(&comparison.field));
    found.ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        FilterError::at(
            comparison.position,
            format!("a field was expected, one of {}", names.join(", ")),
        )
    })
}

/// The test of a comparison, and whether its opposite is meant; none where it names what is not there.
fn test<F>(
    comparison: &Comparison,
    field: &FilterField<F>,
    references: &References,
    now: Time,
) -> Result<Option<(Test, bool)>, FilterError> {
    let (operator, literal) = (comparison.operator, &comparison.value);
    let kind = field.kind;
    let ordered = matches!(kind, FieldKind::Number | FieldKind::Time);
    let texts = matches!(kind, FieldKind::Text | FieldKind::Lower | FieldKind::Exact);
    let wrong = |why: &str| {
        Err(FilterError::at(
            comparison.position,
            format!("`{}` takes {why}", field.name),
        ))
    };
    match operator {
        Operator::Present => return Ok(Some((Test::Absent, true))),
        Operator::Equal | Operator::NotEqual => {}
        Operator::Contains | Operator::StartsWith | Operator::EndsWith if !texts => {
            return wrong(if ordered {
                "eq, ne, gt, ge, lt, le and pr"
            } else {
                "eq, ne and pr"
            });
        }
        Operator::Greater | Operator::AtLeast | Operator::Less | Operator::AtMost if !ordered => {
            return wrong(if texts {
                "eq, ne, co, sw, ew and pr"
            } else {
                "eq, ne and pr"
            });
        }
        _ => {}
    }
    if literal.is_null() || (texts && literal.text.is_empty()) {
        // A text that is empty is no value, and every text holds, begins with and ends with the empty one.
        return match operator {
            Operator::Equal => Ok(Some((Test::Absent, false))),
            Operator::NotEqual => Ok(Some((Test::Absent, true))),
            _ if literal.is_null() => Err(FilterError::at(
                literal.position,
                "another value than null was expected",
            )),
            _ => Ok(Some((Test::Absent, true))),
        };
    }
    let part = || match kind {
        FieldKind::Lower => literal.text.to_lowercase(),
        _ => literal.text.clone(),
    };
    let Some(value) = value(literal, kind, references, now)? else {
        return Ok(None);
    };
    Ok(Some(match operator {
        Operator::NotEqual => (Test::Equals(value), true),
        Operator::Greater => (Test::Greater(value), false),
        Operator::AtLeast => (Test::AtLeast(value), false),
        Operator::Less => (Test::Less(value), false),
        Operator::AtMost => (Test::AtMost(value), false),
        Operator::Contains => (Test::Contains(part()), false),
        Operator::StartsWith => (Test::StartsWith(part()), false),
        Operator::EndsWith => (Test::EndsWith(part()), false),
        Operator::Equal | Operator::Present => (Test::Equals(value), false),
    }))
}

/// What a literal stands for; none for a reference to nothing.
fn value(
    literal: &Literal,
    kind: FieldKind,
    references: &References,
    now: Time,
) -> Result<Option<Value>, FilterError> {
    let expected = |what: String| FilterError::at(literal.position, format!("{what} was expected"));
    if kind.is_reference() {
        let found = number(literal).or_else(|| references.number(kind, &literal.text));
        return Ok(found.map(Value::Int));
    }
    let unquoted = matches!(kind, FieldKind::Flag | FieldKind::Number);
    if unquoted && literal.quoted {
        let what = if kind == FieldKind::Flag {
            "true or false"
        } else {
            "a whole number"
        };
        return Err(expected(what.to_owned()));
    }
    read_value(&literal.text, kind, now)
        .map(Some)
        .map_err(expected)
}

/// Reads a value of a field that names no other entity, or says what it must be.
pub fn read_value(text: &str, kind: FieldKind, now: Time) -> Result<Value, String> {
    match kind {
        FieldKind::Text | FieldKind::Exact => Ok(text.into()),
        FieldKind::Lower => Ok(text.to_lowercase().into()),
        FieldKind::Uuid => match uuid::Uuid::parse_str(text) {
            Ok(uuid) => Ok(uuid.to_string().into()),
            Err(_) => Err("a UUID".to_owned()),
        },
        FieldKind::Word(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Ok((*word).into()),
            None => Err(format!("one of {}", words.join(", "))),
        },
        FieldKind::Flag => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err("true or false".to_owned()),
        },
        FieldKind::Number => text
            .parse::<i64>()
            .map(Value::Int)
            .map_err(|_| "a whole number".to_owned()),
        FieldKind::Time => read_time(text, now).map(Value::Time).ok_or_else(|| {
            "a time such as 2030-01-31T12:00:00Z, or -90d for 90 days ago".to_owned()
        }),
        FieldKind::User
        | FieldKind::Organisation
        | FieldKind::Group
        | FieldKind::Role
        | FieldKind::Key => Err("a reference".to_owned()),
    }
}

/// A number written without quotation marks.
fn number(literal: &Literal) -> Option<i64> {
    if literal.quoted {
        return None;
    }
    literal.text.parse().ok()
}

/// Reads a time, or one relative to now: `-90d`, `+2h` (s, m, h, d).
#[must_use]
pub(crate) fn read_time(text: &str, now: Time) -> Option<Time> {
    let text = text.trim();
    if let Some(span) = relative(text) {
        return Some(now.plus(span));
    }
    Time::parse(text)
}

fn relative(text: &str) -> Option<i64> {
    let unit = match text.chars().next_back()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let digits = text.get(..text.len().checked_sub(1)?)?;
    if !digits.starts_with(['-', '+']) || digits.len() > 12 {
        return None;
    }
    let count: i64 = digits.parse().ok()?;
    count.checked_mul(unit)
}
