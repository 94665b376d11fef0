//! The orders of lists, as requests and exports name them.

use crate::model::{Direction, Fault};

/// The word of the order that a list has by itself, unless its kind has another.
pub const BY_NUMBER: &str = "number";
/// The word of the one order that grants come in: by person.
pub const BY_USER: &str = "user";

/// Reads an order: the field, `None` for the order that the list has by itself, and the direction. A list without fields to
/// sort by has its one order alone.
pub fn read_sort<F: Clone>(
    text: &str,
    usual: &str,
    sorts: &[(&str, F)],
) -> Result<(Option<F>, Direction), Fault> {
    if sorts.is_empty() {
        if text == usual {
            return Ok((None, Direction::Up));
        }
        let why = format!("must be {usual}: this list has no other order");
        return Err(Fault::invalid("sort", why));
    }
    let (word, direction) = match text.strip_prefix('-') {
        Some(word) => (word, Direction::Down),
        None => (text, Direction::Up),
    };
    if word == usual {
        return Ok((None, direction));
    }
    if let Some((_, field)) = sorts.iter().find(|(name, _)| *name == word) {
        return Ok((Some(field.clone()), direction));
    }
    let names = sorts.iter().map(|(name, _)| *name);
    let words: Vec<&str> = std::iter::once(usual).chain(names).collect();
    let why = format!(
        "must be one of {}, with a - before it to turn it round",
        words.join(", ")
    );
    Err(Fault::invalid("sort", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_that_the_list_has() {
        let sorts = [("name", 'n'), ("created_at", 'c')];
        let up = |field| Ok((field, Direction::Up));
        let down = |field| Ok((field, Direction::Down));
        for (text, expected) in [
            ("number", up(None)),
            ("-number", down(None)),
            ("name", up(Some('n'))),
            ("-created_at", down(Some('c'))),
            ("shoe", Err("must be one of number, name, created_at,")),
            ("--name", Err("must be one of")),
            ("", Err("must be one of")),
        ] {
            assert_read(&read_sort(text, BY_NUMBER, &sorts), expected);
        }
        for (text, expected) in [
            ("user", up(None)),
            ("-user", Err("must be user")),
            ("number", Err("must be user")),
        ] {
            assert_read(&read_sort(text, BY_USER, &[]), expected);
        }
    }

    #[track_caller]
    fn assert_read(
        read: &Result<(Option<char>, Direction), Fault>,
        expected: Result<(Option<char>, Direction), &str>,
    ) {
        match (read, expected) {
            (Ok(read), Ok(expected)) => assert_eq!(*read, expected),
            (Err(Fault::Invalid { why, .. }), Err(said)) => assert!(why.contains(said), "{why}"),
            (read, _) => panic!("{read:?}"),
        }
    }
}
