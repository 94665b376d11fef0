//! Reads a filter's text. Every bound is looked at before the work that it bounds.

use super::syntax::{Comparison, Expression, Literal, Operator, is_bare};
use super::{CHARACTERS, FilterError, LEVELS, TESTS};

/// Reads a filter.
pub fn parse(text: &str) -> Result<Expression, FilterError> {
    // The bytes are looked at first: counting the characters of a long text is work too.
    if text.len() > 4 * CHARACTERS || text.chars().count() > CHARACTERS {
        return Err(FilterError::whole(format!(
            "it is longer than {CHARACTERS} characters"
        )));
    }
    if text.contains('\0') {
        return Err(FilterError::whole("it holds the character NUL"));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        tests: 0,
    };
    let expression = parser.any(0)?;
    match parser.peek() {
        Token::End => Ok(expression),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
    End,
}

/// The pieces with the characters at which they begin.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(&character) = characters.get(place) {
        let position = place + 1;
        if character.is_whitespace() {
            place += 1;
        } else if character == '(' || character == ')' {
            let token = if character == '(' {
                Token::Open
            } else {
                Token::Close
            };
            tokens.push((token, position));
            place += 1;
        } else if character == '"' {
            let end = string_end(&characters, place).ok_or_else(|| {
                FilterError::at(position, "a text begins that has no closing quotation mark")
            })?;
            let written: String = characters
                .get(place..end)
                .unwrap_or_default()
                .iter()
                .collect();
            let read: String = serde_json::from_str(&written)
                .map_err(|_| FilterError::at(position, "a text is not a JSON string"))?;
            if read.contains('\0') {
                return Err(FilterError::at(position, "a text holds the character NUL"));
            }
            tokens.push((Token::Text(read), position));
            place = end;
        } else if is_bare(character) {
            let rest = characters.get(place..).unwrap_or_default();
            let length = rest
                .iter()
                .take_while(|character| is_bare(**character))
                .count();
            let word: String = rest.iter().take(length).collect();
            tokens.push((Token::Word(word), position));
            place += length;
        } else {
            return Err(FilterError::at(
                position,
                "a word, a quoted text or a parenthesis was expected",
            ));
        }
    }
    tokens.push((Token::End, characters.len() + 1));
    Ok(tokens)
}

/// The place after the closing quotation mark of the string that begins at a place.
fn string_end(characters: &[char], begin: usize) -> Option<usize> {
    let mut place = begin + 1;
    loop {
        match characters.get(place)? {
            '"' => return Some(place + 1),
            '\\' => place += 2,
            _ => place += 1,
        }
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    tests: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens
            .get(self.next)
            .map_or(&Token::End, |(token, _)| token)
    }

    fn position(&self) -> usize {
        let last = self.tokens.last().map_or(1, |(_, position)| *position);
        self.tokens
            .get(self.next)
            .map_or(last, |(_, position)| *position)
    }

    fn expected(&self, what: &str) -> FilterError {
        FilterError::at(self.position(), format!("{what} was expected"))
    }

    /// Takes a word of the grammar, in any case.
    fn took(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next += 1;
        }
        found
    }

    fn any(&mut self, level: usize) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all(level)?];
        while self.took("or") {
            parts.push(self.all(level)?);
        }
        Ok(joined(parts, Expression::Or))
    }

    fn all(&mut self, level: usize) -> Result<Expression, FilterError> {
        let mut parts = vec![self.one(level)?];
        while self.took("and") {
            parts.push(self.one(level)?);
        }
        Ok(joined(parts, Expression::And))
    }

    fn one(&mut self, level: usize) -> Result<Expression, FilterError> {
        // `not eq 1` is a test of a field of that name, should there ever be one.
        let negated = self.took("not");
        let inner = if *self.peek() == Token::Open {
            if level == LEVELS {
                return Err(FilterError::at(
                    self.position(),
                    format!("it is nested more than {LEVELS} deep"),
                ));
            }
            self.next += 1;
            let inner = self.any(level + 1)?;
            if *self.peek() != Token::Close {
                return Err(self.expected("`and`, `or` or `)`"));
            }
            self.next += 1;
            inner
        } else {
            Expression::Test(self.test()?)
        };
        Ok(if negated {
            Expression::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn test(&mut self) -> Result<Comparison, FilterError> {
        let position = self.position();
        let Token::Word(field) = self.peek().clone() else {
            return Err(self.expected("the name of a field, `not` or `(`"));
        };
        if self.tests == TESTS {
            return Err(FilterError::at(
                position,
                format!("it has more than {TESTS} tests"),
            ));
        }
        self.tests += 1;
        self.next += 1;
        let operator = match self.peek() {
            Token::Word(word) => Operator::of_word(word),
            _ => None,
        };
        let Some(operator) = operator else {
            return Err(self.expected("one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"));
        };
        self.next += 1;
        let value = if operator == Operator::Present {
            Literal::default()
        } else {
            self.value()?
        };
        Ok(Comparison {
            field,
            position,
            operator,
            value,
        })
    }

    fn value(&mut self) -> Result<Literal, FilterError> {
        let position = self.position();
        let (text, quoted) = match self.peek() {
            Token::Word(word) => (word.clone(), false),
            Token::Text(text) => (text.clone(), true),
            Token::Open | Token::Close | Token::End => {
                return Err(self.expected("a value (quoted, where it holds other characters than letters, digits and . _ : @ / + - *)"));
            }
        };
        self.next += 1;
        Ok(Literal {
            text,
            quoted,
            position,
        })
    }
}

/// One part stands for itself.
fn joined(parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    let mut parts = parts;
    if parts.len() == 1 {
        return parts.remove(0);
    }
    join(parts)
}
