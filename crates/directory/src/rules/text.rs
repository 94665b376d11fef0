//! How texts are compared: folding for uniqueness, folding for search and sorting, slugs, limits.

use unicode_normalization::UnicodeNormalization as _;

use crate::model::Fault;

/// Folds for uniqueness: NFC, lower case, trimmed. Accents stay: `José` and `Jose` are two names.
#[must_use]
pub fn fold(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// Folds for search and sorting: lower case, accents dropped, runs of blanks made one.
#[must_use]
pub fn fold_search(text: &str) -> String {
    let text = text.trim();
    // Unicode's tables cost a create more than its statements do.
    if text.is_ascii() {
        return join_blanks(
            text.bytes()
                .map(|byte| char::from(byte.to_ascii_lowercase())),
        );
    }
    let folded = text.nfkd().flat_map(char::to_lowercase);
    join_blanks(folded.filter(|letter| !unicode_normalization::char::is_combining_mark(*letter)))
}

/// Makes runs of blanks one.
fn join_blanks(text: impl Iterator<Item = char>) -> String {
    let mut folded = String::with_capacity(text.size_hint().0);
    let mut blank = false;
    for character in text {
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) {
            folded.push(' ');
        }
        folded.push(character);
    }
    folded
}

/// Makes a slug: ASCII letters, digits and single hyphens; `x` when nothing is left.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in fold_search(name).chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "x".to_owned()
    } else {
        slug.chars().take(100).collect()
    }
}

/// Refuses texts that are too long or hold control characters (tabs and line breaks are allowed
/// only when `lines` is set).
pub fn check_text(
    field: &'static str,
    text: &str,
    maximum: usize,
    lines: bool,
) -> Result<(), Fault> {
    if text.chars().count() > maximum {
        return Err(Fault::invalid(
            field,
            format!("is longer than {maximum} characters"),
        ));
    }
    let forbidden = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
    if text.chars().any(forbidden) {
        return Err(Fault::invalid(field, "holds control characters"));
    }
    Ok(())
}

/// The words of a search, folded. How many there may be, [`super::limits`] says.
#[must_use]
pub fn trigram_words(search: &str) -> Vec<String> {
    fold_search(search)
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds() {
        for (text, unique, search) in [
            ("  Ada ", "ada", "ada"),
            ("JOSÉ", "josé", "jose"),
            ("Jose\u{301}", "josé", "jose"),
            ("a \t b", "a \t b", "a b"),
            ("ÅNGSTRÖM", "ångström", "angstrom"),
        ] {
            assert_eq!(fold(text), unique, "{text}");
            assert_eq!(fold_search(text), search, "{text}");
        }
    }

    #[test]
    fn plain_ascii_folds_like_any_text() {
        for letter in (0_u8..128).map(char::from) {
            let text = format!("A{letter} {letter}B");
            assert_eq!(fold(&text) + "é", fold(&format!("{text}É")), "{text:?}");
            let accented = fold_search(&format!("{text}É"));
            assert_eq!(fold_search(&text) + "e", accented, "{text:?}");
        }
    }

    #[test]
    fn slugs() {
        for (name, expected) in [
            ("Acme Corp.", "acme-corp"),
            ("  Zürich -- Süd ", "zurich-sud"),
            ("日本", "x"),
            ("", "x"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn texts_are_bounded() {
        assert!(check_text("name", "ok", 2, false).is_ok());
        assert!(check_text("name", "too", 2, false).is_err());
        assert!(check_text("name", "a\nb", 9, false).is_err());
        assert!(check_text("name", "a\nb", 9, true).is_ok());
        assert!(check_text("name", "a\0b", 9, true).is_err());
    }
}
