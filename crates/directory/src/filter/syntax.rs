//! A filter as it was read, and how it is written.

use std::fmt;

/// An expression of tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Any of these, of which there are at least two.
    Or(Vec<Expression>),
    /// All of these, of which there are at least two.
    And(Vec<Expression>),
    /// Not so.
    Not(Box<Expression>),
    /// One test.
    Test(Comparison),
}

/// One test.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The field's name as it was written.
    pub field: String,
    /// The character at which the name begins, counted from 1.
    pub position: usize,
    /// How it is compared.
    pub operator: Operator,
    /// With what; empty for `pr`.
    pub value: Literal,
}

/// Where it stood in the text says nothing about what a test means.
impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        (&self.field, self.operator, &self.value) == (&other.field, other.operator, &other.value)
    }
}

impl Eq for Comparison {}

/// A value as it was written.
#[derive(Clone, Debug, Default)]
pub struct Literal {
    /// Its text; of a JSON string what it stands for.
    pub text: String,
    /// Whether it was a JSON string, so that `"null"` is a text.
    pub quoted: bool,
    /// The character at which it begins, counted from 1.
    pub position: usize,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.quoted) == (&other.text, other.quoted)
    }
}

impl Eq for Literal {}

impl Literal {
    /// Whether it is the word `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        !self.quoted && self.text == "null"
    }
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    AtLeast,
    /// `lt`
    Less,
    /// `le`
    AtMost,
    /// `pr`
    Present,
}

impl Operator {
    /// Every operator with its word.
    pub const ALL: [(&'static str, Operator); 10] = [
        ("eq", Operator::Equal),
        ("ne", Operator::NotEqual),
        ("co", Operator::Contains),
        ("sw", Operator::StartsWith),
        ("ew", Operator::EndsWith),
        ("gt", Operator::Greater),
        ("ge", Operator::AtLeast),
        ("lt", Operator::Less),
        ("le", Operator::AtMost),
        ("pr", Operator::Present),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(word, _)| word)
    }

    /// The operator of a word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Operator> {
        Self::ALL
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map(|(_, operator)| *operator)
    }
}

/// Whether a character may stand in a bare word.
pub(super) fn is_bare(character: char) -> bool {
    character.is_alphanumeric() || "._:@/+-*".contains(character)
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted {
            write!(f, "{}", serde_json::Value::String(self.text.clone()))
        } else {
            f.write_str(&self.text)
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.operator.word())?;
        if self.operator == Operator::Present {
            return Ok(());
        }
        write!(f, " {}", self.value)
    }
}

/// Written so that [`parse`](super::parse) reads the equal expression again.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, several: &[Expression], word: &str| {
            for (index, one) in several.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match one {
                    Expression::Or(_) | Expression::And(_) => write!(f, "({one})")?,
                    Expression::Not(_) | Expression::Test(_) => write!(f, "{one}")?,
                }
            }
            Ok(())
        };
        match self {
            Expression::Or(several) => joined(f, several, "or"),
            Expression::And(several) => joined(f, several, "and"),
            Expression::Not(inner) => match inner.as_ref() {
                Expression::Test(test) => write!(f, "not {test}"),
                inner => write!(f, "not ({inner})"),
            },
            Expression::Test(test) => write!(f, "{test}"),
        }
    }
}
