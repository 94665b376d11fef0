//! Which names are shown, and what follows when a dialect writes only part of them.

use crate::model::{Names, NamesShown, ShownNames};

/// Derives the shown names: the display name, else "given family", else the login before `@`; the
/// parts as stored, or, when neither is, the shown name split before its last word (one word is a
/// given name).
#[must_use]
pub fn shown_names(names: &Names, login: &str) -> ShownNames {
    let part = |name: &Option<String>| {
        name.as_deref()
            .map(str::trim)
            .filter(|n| !n.is_empty())
            .map(str::to_owned)
    };
    let (display, given, family) = (
        part(&names.display),
        part(&names.given),
        part(&names.family),
    );
    let name = display.unwrap_or_else(|| match (&given, &family) {
        (Some(given), Some(family)) => format!("{given} {family}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => login
            .split_once('@')
            .map_or(login, |(local, _)| local)
            .to_owned(),
    });
    match (given, family) {
        (None, None) => {
            let (given, family) = split(&name);
            ShownNames {
                name,
                given,
                family,
            }
        }
        (given, family) => ShownNames {
            name,
            given: given.unwrap_or_default(),
            family,
        },
    }
}

fn split(name: &str) -> (String, Option<String>) {
    match name.trim().rsplit_once(char::is_whitespace) {
        Some((given, family)) => (given.trim().to_owned(), Some(family.to_owned())),
        None => (name.trim().to_owned(), None),
    }
}

/// Applies a partial write of names. Dialects that show all three write just what was sent. Else
/// the rest follows: writing one part first stores the derived other; a display name that was
/// absent or equal to the old parts follows the parts; writing the whole name re-splits parts that
/// were derived or equal to the old one. Writing back what is shown changes nothing.
#[must_use]
pub fn apply_names(
    old: &Names,
    login: &str,
    display: Option<&Option<String>>,
    given: Option<&Option<String>>,
    family: Option<&Option<String>>,
    shown_by: NamesShown,
) -> Names {
    let mut names = old.clone();
    let before = shown_names(old, login);
    let joined = |given: &Option<String>, family: &Option<String>| match (given, family) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    };
    match shown_by {
        NamesShown::All => {
            if let Some(display) = display {
                names.display.clone_from(display);
            }
            if let Some(given) = given {
                names.given.clone_from(given);
            }
            if let Some(family) = family {
                names.family.clone_from(family);
            }
        }
        NamesShown::Parts => {
            let echoes = |sent: Option<&Option<String>>, shown: Option<&str>| {
                sent.is_none_or(|sent| sent.as_deref().unwrap_or("") == shown.unwrap_or(""))
            };
            if echoes(given, Some(&before.given)) && echoes(family, before.family.as_deref()) {
                return names;
            }
            let followed =
                names.display.is_none() || names.display == joined(&old.given, &old.family);
            if names.given.is_none() && names.family.is_none() {
                names.given = Some(before.given.clone());
                names.family.clone_from(&before.family);
            }
            if let Some(given) = given {
                names.given.clone_from(given);
            }
            if let Some(family) = family {
                names.family.clone_from(family);
            }
            if followed
                || names.display.as_deref() == Some(&before.name)
                    && old.given.is_none()
                    && old.family.is_none()
            {
                names.display = None;
            }
        }
        NamesShown::Whole => {
            let Some(display) = display else { return names };
            if display.as_deref() == Some(&before.name) {
                return names;
            }
            let derived = old.given.is_none() && old.family.is_none();
            let equal = joined(&old.given, &old.family).as_deref() == Some(&before.name);
            names.display.clone_from(display);
            if !derived && equal {
                let (given, family) = display.as_deref().map_or((String::new(), None), split);
                names.given = Some(given).filter(|g| !g.is_empty());
                names.family = family;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        (text != "-").then(|| text.to_owned())
    }

    fn names(display: &str, given: &str, family: &str) -> Names {
        Names {
            display: some(display),
            given: some(given),
            family: some(family),
        }
    }

    #[test]
    fn shown() {
        for (stored, login, expected) in [
            (
                names("-", "-", "-"),
                "ana@corp.example",
                ("ana", "ana", "-"),
            ),
            (
                names("Ada King Lovelace", "-", "-"),
                "x",
                ("Ada King Lovelace", "Ada King", "Lovelace"),
            ),
            (names("Ada", "-", "-"), "x", ("Ada", "Ada", "-")),
            (
                names("-", "Ada", "Lovelace"),
                "x",
                ("Ada Lovelace", "Ada", "Lovelace"),
            ),
            (
                names("-", "-", "Lovelace"),
                "x",
                ("Lovelace", "", "Lovelace"),
            ),
            (
                names("The Countess", "Ada", "-"),
                "x",
                ("The Countess", "Ada", "-"),
            ),
            (names(" ", "", "-"), "bo@x", ("bo", "bo", "-")),
        ] {
            let shown = shown_names(&stored, login);
            let (name, given, family) = expected;
            assert_eq!(
                (shown.name.as_str(), shown.given.as_str(), shown.family),
                (name, given, some(family)),
                "{stored:?}"
            );
        }
    }

    #[test]
    fn partial_writes() {
        let cases = [
            // All three: exactly what was sent.
            (
                names("A B", "A", "B"),
                NamesShown::All,
                (Some("C"), None, None),
                names("C", "A", "B"),
            ),
            // Parts: the display follows when it was absent or equal to the parts.
            (
                names("A B", "A", "B"),
                NamesShown::Parts,
                (None, Some("C"), None),
                names("-", "C", "B"),
            ),
            (
                names("Boss", "A", "B"),
                NamesShown::Parts,
                (None, Some("C"), None),
                names("Boss", "C", "B"),
            ),
            // Writing one part stores the derived other.
            (
                names("A B", "-", "-"),
                NamesShown::Parts,
                (None, Some("C"), None),
                names("-", "C", "B"),
            ),
            // Echo changes nothing.
            (
                names("A B", "-", "-"),
                NamesShown::Parts,
                (None, Some("A"), Some("B")),
                names("A B", "-", "-"),
            ),
            (
                names("-", "A", "B"),
                NamesShown::Whole,
                (Some("A B"), None, None),
                names("-", "A", "B"),
            ),
            // Whole: derived parts stay derived, equal ones are split again, others stay.
            (
                names("A B", "-", "-"),
                NamesShown::Whole,
                (Some("C D"), None, None),
                names("C D", "-", "-"),
            ),
            (
                names("-", "A", "B"),
                NamesShown::Whole,
                (Some("C D E"), None, None),
                names("C D E", "C D", "E"),
            ),
            (
                names("Boss", "A", "B"),
                NamesShown::Whole,
                (Some("Chief"), None, None),
                names("Chief", "A", "B"),
            ),
        ];
        for (old, shown_by, (display, given, family), expected) in cases {
            let sent = |part: Option<&str>| part.map(|text| Some(text.to_owned()));
            let (display, given, family) = (sent(display), sent(given), sent(family));
            let new = apply_names(
                &old,
                "x@example.org",
                display.as_ref(),
                given.as_ref(),
                family.as_ref(),
                shown_by,
            );
            assert_eq!(new, expected, "{old:?} {shown_by:?}");
        }
    }
}
