//! What the plain attributes of users may hold. A rule refuses a text, or says how it is stored where that differs from
//! what was given.

use oxilangtag::LanguageTag;

use crate::model::Fault;

use super::check_text;

/// The longest value of an attribute, in characters.
const LONGEST: usize = 255;

/// Any text of one line, stored as sent.
pub fn line(field: &'static str, text: &str) -> Result<Option<String>, Fault> {
    check_text(field, text, LONGEST, false)?;
    Ok(None)
}

/// A well-formed language tag (BCP 47), stored in its usual case: `pt-BR`, `zh-Hant-TW`.
pub fn locale(field: &'static str, text: &str) -> Result<Option<String>, Fault> {
    line(field, text)?;
    let tag = LanguageTag::parse_and_normalize(text)
        .map_err(|_| Fault::invalid(field, "must be a language tag such as en-GB"))?;
    Ok(Some(tag.into_inner()).filter(|stored| stored != text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_language_tags_in_their_usual_case() {
        for (text, stored) in [
            ("en", Ok(None)),
            ("en-GB", Ok(None)),
            ("EN-gb", Ok(Some("en-GB"))),
            ("zh-hant-tw", Ok(Some("zh-Hant-TW"))),
            ("es-419", Ok(None)),
            ("sl-ROZAJ-biske", Ok(Some("sl-rozaj-biske"))),
            ("de-DE-u-CO-phonebk", Ok(Some("de-DE-u-co-phonebk"))),
            ("x-Private", Ok(Some("x-private"))),
            ("i-klingon", Ok(None)),
            ("", Err(())),
            ("en_GB", Err(())),
            ("en-", Err(())),
            ("e", Err(())),
            (" en", Err(())),
            ("en GB", Err(())),
            ("englishes-GB", Err(())),
            ("de-u", Err(())),
            ("en-GB\u{0}", Err(())),
            ("ｅｎ", Err(())),
        ] {
            let expected = stored.map(|stored| stored.map(str::to_owned));
            assert_eq!(locale("locale", text).map_err(drop), expected, "{text:?}");
        }
        let long = format!("en-x-{}", ["abcdefgh"; 40].join("-"));
        assert!(locale("locale", &long).is_err());
    }

    proptest::proptest! {
        /// What is stored is stored again as it is, and no text is too odd.
        #[test]
        fn a_stored_locale_stays(text in "[a-zA-Z0-9-]{1,24}|\\PC{0,12}") {
            if let Ok(stored) = locale("locale", &text) {
                let stored = stored.unwrap_or(text);
                proptest::prop_assert_eq!(locale("locale", &stored), Ok(None));
            }
        }
    }
}
