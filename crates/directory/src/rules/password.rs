//! What a new password must be: the directory's own policy, and the vendors' composition rules.

use std::sync::LazyLock;

use crate::model::{PasswordFigures, PasswordRule, Weakness};

/// Passwords that are tried first, in lower case, sorted.
static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Phrases that are tried as passwords, as letters alone, sorted.
static PHRASES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_passphrases.txt").lines().collect());

/// No password beyond this is hashed, whatever the figures say.
const LONGEST: u32 = 1_024;

/// The directory's own policy: long enough, not too long, not common, not made of names. Nothing is
/// asked of its composition, and nothing is cut off or folded: only the comparisons ignore case.
pub fn check_password(
    password: &str,
    figures: &PasswordFigures,
    own: &[&str],
) -> Result<(), Weakness> {
    check_length(password, figures.minimum, figures.maximum)?;
    let folded = password.to_lowercase();
    if COMMON.binary_search(&folded.as_str()).is_ok() {
        return Err(Weakness::Common);
    }
    // A phrase is as well known with other blanks, signs and digits around it.
    let letters: String = folded.chars().filter(|c| c.is_alphabetic()).collect();
    if PHRASES.binary_search(&letters.as_str()).is_ok() {
        return Err(Weakness::Common);
    }
    if made_of_names(&folded, own) {
        return Err(Weakness::OwnNames);
    }
    Ok(())
}

/// A vendor's rule.
pub fn check_vendor_password(password: &str, rule: &PasswordRule) -> Result<(), Weakness> {
    check_length(password, rule.minimum, LONGEST)?;
    let length = password.chars().count();
    if rule.free_from.is_some_and(|free| length >= free as usize) {
        return Ok(());
    }
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let digit = has(|c| c.is_ascii_digit());
    // The vendors who ask for special characters mean `\W`, to which the underscore is a letter.
    let special = has(|c| !c.is_alphanumeric() && c != '_');
    let fine = (!rule.lower || has(char::is_lowercase))
        && (!rule.upper || has(char::is_uppercase))
        && (!rule.digit || digit)
        && (!rule.special || special)
        && (!rule.digit_or_special || digit || special);
    if fine {
        Ok(())
    } else {
        Err(Weakness::Composition)
    }
}

fn check_length(password: &str, minimum: u32, maximum: u32) -> Result<(), Weakness> {
    let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    let maximum = maximum.min(LONGEST);
    if length > maximum {
        return Err(Weakness::TooLong(maximum));
    }
    if length < minimum {
        return Err(Weakness::TooShort(minimum));
    }
    Ok(())
}

/// Whether nothing is left of a password but signs and a few digits when the person's, the
/// organisation's and the product's names are taken out.
fn made_of_names(folded: &str, own: &[&str]) -> bool {
    let mut words = vec!["usher".to_owned()];
    for name in own {
        let name = name.to_lowercase();
        let parts = name.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.map(str::to_owned));
        words.push(name);
    }
    words.retain(|word| word.chars().count() >= 3);
    // The longest first, so that a short name inside a long one leaves no scraps.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut left = folded.to_owned();
    for word in &words {
        left = left.replace(word, " ");
    }
    let digits = left.chars().filter(char::is_ascii_digit).count();
    left != folded && digits <= 8 && !left.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(COMMON.len() >= 3_000, "{}", COMMON.len());
        for pair in COMMON.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        for pair in PHRASES.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        let letters = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(PHRASES.len() > 80 && PHRASES.iter().all(letters));
        assert!(COMMON.iter().all(|word| *word == word.to_lowercase()));
        assert!(COMMON.iter().filter(|word| word.len() >= 12).count() >= 3_000);
    }

    #[test]
    fn the_directorys_own_policy() {
        let own = [
            "Ada.Lovelace@example.org",
            "Ada Lovelace",
            "Analytical Engines Ltd",
        ];
        let long = |n: usize| "kq7 ".repeat(n / 4);
        for (password, verdict) in [
            ("Xy1!Xy2!Xy3".to_owned(), Err(Weakness::TooShort(12))),
            ("Xy1!Xy2!Xy3!".to_owned(), Ok(())),
            // Characters count, not bytes.
            ("жжжжжжжжжжж".to_owned(), Err(Weakness::TooShort(12))),
            ("жизньпрекрасна".to_owned(), Ok(())),
            ("tellingmyselfsecrets".to_owned(), Ok(())),
            ("  leading and trailing  ".to_owned(), Ok(())),
            (long(64), Ok(())),
            (long(1_024), Ok(())),
            (long(1_028), Err(Weakness::TooLong(1_024))),
            ("password1234".to_owned(), Err(Weakness::Common)),
            ("PassWord1234".to_owned(), Err(Weakness::Common)),
            ("qwertyuiopas".to_owned(), Err(Weakness::Common)),
            ("aaaaaaaaaaaa".to_owned(), Err(Weakness::Common)),
            (
                "correct horse battery staple".to_owned(),
                Err(Weakness::Common),
            ),
            (
                "Correct-Horse Battery Staple 1!".to_owned(),
                Err(Weakness::Common),
            ),
            ("MayTheForceBeWithYou".to_owned(), Err(Weakness::Common)),
            ("correct horse battery stable".to_owned(), Ok(())),
            ("123456789012".to_owned(), Err(Weakness::Common)),
            ("password1234x".to_owned(), Ok(())),
            (
                "ada.lovelace@example.org".to_owned(),
                Err(Weakness::OwnNames),
            ),
            ("AdaLovelace1815".to_owned(), Err(Weakness::OwnNames)),
            ("usher-usher-2026".to_owned(), Err(Weakness::OwnNames)),
            ("Analytical-Engines!".to_owned(), Err(Weakness::OwnNames)),
            ("lovelace knits jumpers".to_owned(), Ok(())),
            ("ada-314159265358979".to_owned(), Ok(())),
        ] {
            let found = check_password(&password, &PasswordFigures::default(), &own);
            assert_eq!(found, verdict, "{password}");
        }
        let figures = PasswordFigures {
            minimum: 20,
            maximum: 30,
        };
        for (length, verdict) in [
            (19, Err(Weakness::TooShort(20))),
            (20, Ok(())),
            (30, Ok(())),
            (31, Err(Weakness::TooLong(30))),
        ] {
            let password: String = "kq7wz".chars().cycle().take(length).collect();
            assert_eq!(
                check_password(&password, &figures, &[]),
                verdict,
                "{length}"
            );
        }
    }

    #[test]
    fn vendors_rules() {
        let plain = PasswordRule::length(8);
        let all = PasswordRule {
            lower: true,
            upper: true,
            digit: true,
            special: true,
            ..plain
        };
        let free = PasswordRule {
            lower: true,
            upper: true,
            digit_or_special: true,
            free_from: Some(16),
            ..PasswordRule::length(12)
        };
        let weak = Err(Weakness::Composition);
        for (rule, password, verdict) in [
            (plain, "password", Ok(())),
            (plain, "passwor", Err(Weakness::TooShort(8))),
            (all, "Passw0rd!", Ok(())),
            (all, "Passw0rd_", weak),
            (all, "Passw0rdX", weak),
            (all, "passw0rd!", weak),
            (all, "PASSW0RD!", weak),
            (all, "Password!", weak),
            (free, "Password1", Err(Weakness::TooShort(12))),
            (free, "Passwordpass1", Ok(())),
            (free, "Passwordpass!", Ok(())),
            (free, "Passwordpass_", weak),
            (free, "passwordpass1", weak),
            (free, "passwordpassword", Ok(())),
        ] {
            assert_eq!(
                check_vendor_password(password, &rule),
                verdict,
                "{password}"
            );
        }
        let endless = "x".repeat(1_025);
        assert_eq!(
            check_vendor_password(&endless, &PasswordRule::length(1)),
            Err(Weakness::TooLong(1_024))
        );
    }
}
