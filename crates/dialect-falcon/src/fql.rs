//! FQL, the vendor's filter language: text to a syntax tree, under bounds that hold before any work.
//!
//! ```text
//! filter   = and { "," and }                    comma is OR and binds weaker
//! and      = atom { "+" atom }                  plus is AND
//! atom     = "(" filter ")" | property ":" [op] value
//! op       = "!" | "~" | "!~" | "*" | "!*" | ">" | ">=" | "<" | "<="
//! value    = literal | "[" literal { "," literal } "]"
//! literal  = 'text' | "text" | number | true | false | null
//! property = letter { letter | digit | "_" | "." }
//! ```
//! What a property means is decided elsewhere ([`super::filter`]).

use std::fmt;

/// The longest filter, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// The vendor's limit on conditions in one filter.
pub const MOST_CONDITIONS: usize = 20;
/// The most values in one list.
pub const MOST_VALUES: usize = 500;
/// The deepest nesting of brackets.
pub const DEEPEST: usize = 16;

/// A filter as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// One property compared.
    Condition(Condition),
}

/// One property compared with one value or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The property, in lower case.
    pub property: String,
    /// How it is compared.
    pub operator: Operator,
    /// Whether the comparison must fail.
    pub negated: bool,
    /// What it is compared with.
    pub operand: Operand,
}

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The same value; `*` in a text stands for any run of characters.
    Equal,
    /// Every word of the text occurs, without regard to case, blanks and punctuation (`~`).
    Words,
    /// The whole text matches a pattern (`*`).
    Pattern,
    /// Greater, or later.
    Greater,
    /// Greater or equal.
    AtLeast,
    /// Less, or earlier.
    Less,
    /// Less or equal.
    AtMost,
}

/// What a property is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// One value.
    One(Literal),
    /// Any of these values, each exactly.
    Any(Vec<Literal>),
}

/// A value in a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A quoted text. `wildcards` tells whether a `*` in it was written without a backslash.
    Text {
        /// The text, backslashes resolved.
        text: String,
        /// Whether an unescaped `*` is in it.
        wildcards: bool,
    },
    /// A number, as written.
    Number(String),
    /// `true` or `false`.
    Flag(bool),
    /// `null`.
    Null,
}

impl Literal {
    /// The value as text; `None` for `null`.
    pub fn text(&self) -> Option<String> {
        match self {
            Literal::Text { text, .. } | Literal::Number(text) => Some(text.clone()),
            Literal::Flag(flag) => Some(flag.to_string()),
            Literal::Null => None,
        }
    }

    /// Whether it is a text with a wildcard in it.
    pub fn has_wildcards(&self) -> bool {
        matches!(
            self,
            Literal::Text {
                wildcards: true,
                ..
            }
        )
    }
}

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte at which reading stopped.
    pub at: usize,
    /// What was wrong there.
    pub why: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.why, self.at)
    }
}

/// Reads a filter.
pub fn parse(text: &str) -> Result<Filter, SyntaxError> {
    if text.len() > LONGEST {
        return Err(SyntaxError {
            at: LONGEST,
            why: "the filter is too long",
        });
    }
    let mut parser = Parser {
        text,
        at: 0,
        conditions: 0,
    };
    let filter = parser.parse_or(0)?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return Err(parser.error("an operator (+ or ,) or the end was expected"));
    }
    Ok(filter)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    conditions: usize,
}

impl Parser<'_> {
    fn error(&self, why: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, why }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn skip_blanks(&mut self) {
        while let Some(blank) = self.peek().filter(|c| c.is_whitespace()) {
            self.at += blank.len_utf8();
        }
    }

    /// Consumes a character if it comes next.
    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn take_after_blanks(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        self.take(wanted)
    }

    fn parse_or(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        let mut any = vec![self.parse_and(depth)?];
        while self.take_after_blanks(',') {
            any.push(self.parse_and(depth)?);
        }
        Ok(single_or(any, Filter::Or))
    }

    fn parse_and(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        let mut all = vec![self.parse_atom(depth)?];
        while self.take_after_blanks('+') {
            all.push(self.parse_atom(depth)?);
        }
        Ok(single_or(all, Filter::And))
    }

    fn parse_atom(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        if self.take_after_blanks('(') {
            if depth >= DEEPEST {
                return Err(self.error("the filter is nested too deeply"));
            }
            let inner = self.parse_or(depth + 1)?;
            if !self.take_after_blanks(')') {
                return Err(self.error("a closing bracket was expected"));
            }
            return Ok(inner);
        }
        self.parse_condition().map(Filter::Condition)
    }

    fn parse_condition(&mut self) -> Result<Condition, SyntaxError> {
        let property = self.parse_property()?;
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(self.error("the filter has more than 20 properties"));
        }
        if !self.take_after_blanks(':') {
            return Err(self.error("a colon after the property was expected"));
        }
        self.skip_blanks();
        let negated = self.take('!');
        let operator = self.parse_operator();
        if negated
            && !matches!(
                operator,
                Operator::Equal | Operator::Words | Operator::Pattern
            )
        {
            return Err(self.error("! cannot stand before a comparison"));
        }
        let operand = self.parse_operand()?;
        if matches!(operand, Operand::Any(_)) && operator != Operator::Equal {
            return Err(self.error("a list can only be compared by itself or with !"));
        }
        Ok(Condition {
            property,
            operator,
            negated,
            operand,
        })
    }

    fn parse_property(&mut self) -> Result<String, SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        if !self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            return Err(self.error("a property was expected"));
        }
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        {
            self.at += 1;
        }
        Ok(self
            .text
            .get(start..self.at)
            .unwrap_or_default()
            .to_ascii_lowercase())
    }

    fn parse_operator(&mut self) -> Operator {
        if self.take('~') {
            Operator::Words
        } else if self.take('*') {
            Operator::Pattern
        } else if self.take('>') {
            if self.take('=') {
                Operator::AtLeast
            } else {
                Operator::Greater
            }
        } else if self.take('<') {
            if self.take('=') {
                Operator::AtMost
            } else {
                Operator::Less
            }
        } else {
            Operator::Equal
        }
    }

    fn parse_operand(&mut self) -> Result<Operand, SyntaxError> {
        if !self.take_after_blanks('[') {
            return self.parse_literal().map(Operand::One);
        }
        let mut values = vec![self.parse_literal()?];
        while self.take_after_blanks(',') {
            if values.len() >= MOST_VALUES {
                return Err(self.error("the list has more than 500 values"));
            }
            values.push(self.parse_literal()?);
        }
        if !self.take_after_blanks(']') {
            return Err(self.error("a closing square bracket was expected"));
        }
        Ok(Operand::Any(values))
    }

    fn parse_literal(&mut self) -> Result<Literal, SyntaxError> {
        self.skip_blanks();
        match self.peek() {
            Some(quote @ ('\'' | '"')) => self.parse_text(quote),
            Some(first) if first.is_ascii_digit() || first == '-' => self.parse_number(),
            Some(first) if first.is_ascii_alphabetic() => self.parse_word(),
            _ => Err(self.error("a value was expected")),
        }
    }

    fn parse_text(&mut self, quote: char) -> Result<Literal, SyntaxError> {
        self.at += quote.len_utf8();
        let (mut text, mut wildcards) = (String::new(), false);
        while let Some(character) = self.peek() {
            self.at += character.len_utf8();
            match character {
                _ if character == quote => return Ok(Literal::Text { text, wildcards }),
                '\\' => match self.peek() {
                    Some(escaped) => {
                        self.at += escaped.len_utf8();
                        text.push(escaped);
                    }
                    None => break,
                },
                '\0' => return Err(self.error("the character NUL cannot stand in a text")),
                _ => {
                    wildcards |= character == '*';
                    text.push(character);
                }
            }
        }
        Err(self.error("a text is not closed"))
    }

    fn parse_number(&mut self) -> Result<Literal, SyntaxError> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
        {
            // A plus is AND unless it belongs to an exponent.
            let exponent = self
                .text
                .get(..self.at)
                .is_some_and(|before| before.ends_with(['e', 'E']));
            if self.peek() == Some('+') && !exponent {
                break;
            }
            self.at += 1;
        }
        let number = self.text.get(start..self.at).unwrap_or_default();
        match number.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Literal::Number(number.to_owned())),
            _ => Err(SyntaxError {
                at: start,
                why: "this is no number; texts and dates stand in quotes",
            }),
        }
    }

    fn parse_word(&mut self) -> Result<Literal, SyntaxError> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        for (known, literal) in [
            ("true", Literal::Flag(true)),
            ("false", Literal::Flag(false)),
            ("null", Literal::Null),
        ] {
            if word.eq_ignore_ascii_case(known) {
                return Ok(literal);
            }
        }
        Err(SyntaxError {
            at: start,
            why: "texts stand in quotes",
        })
    }
}

/// The one filter, or several under a word.
fn single_or(mut several: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    if several.len() == 1
        && let Some(only) = several.pop()
    {
        return only;
    }
    join(several)
}

/// Which way a list is sorted, as the vendor writes it: `property`, `property|asc`, `property.desc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The property, in lower case.
    pub property: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Reads a sort; nothing when it is none.
pub fn parse_sort(text: &str) -> Option<Sort> {
    let text = text.trim();
    let (property, direction) = match text.split_once('|') {
        Some((property, direction)) => (property, Some(direction)),
        // Quirk: the older form with a dot is still written by scripts (falcon.md §5, §9b).
        None => match text.rsplit_once('.') {
            Some((property, direction)) => (property, Some(direction)),
            None => (text, None),
        },
    };
    let descending = match direction.map(str::trim) {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(_) => return None,
    };
    let property = property.trim().to_ascii_lowercase();
    (!property.is_empty() && property.len() <= 64).then_some(Sort {
        property,
        descending,
    })
}

/// The words of a text that [`Operator::Words`] looks for: runs of letters and digits.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
