//! How Civis says no.

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde::Deserialize;

use crate::core::error::{Error, Result, Vendor};
use crate::core::lenient;
use crate::core::operation::{Answer, Repeat};

/// The operations for themes, which newer releases no longer have.
pub(super) const THEMES: &str = "my_themes";
/// See [`THEMES`].
pub(super) const THEME: &str = "my_theme";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refusal {
    #[serde(deserialize_with = "lenient::text")]
    error: String,
    #[serde(deserialize_with = "lenient::text")]
    error_description: String,
}

/// The status says what happened, and the body why.
pub(super) fn judge(answer: &Answer) -> Result<()> {
    let status = answer.status;
    if status.is_success() {
        // A page from a gateway must not pass for something done.
        if answer.facts.repeat != Repeat::Safe && answer.is_html() {
            answer.json::<serde::de::IgnoredAny>()?;
        }
        // Another server's refusal that came with 200 must not be read as a user without any member.
        let strange = |members: &BTreeMap<String, serde::de::IgnoredAny>| {
            let says_no = ["error", "errors", "message"];
            !members.contains_key("id") && says_no.iter().any(|it| members.contains_key(*it))
        };
        let members = serde_json::from_slice::<BTreeMap<String, serde::de::IgnoredAny>>;
        if members(&answer.body).is_ok_and(|members| strange(&members)) {
            let what =
                "the answer is not one of the platform's: it reports an error with a success";
            return Err(Error::unexpected(answer, what));
        }
        return Ok(());
    }
    if status.is_redirection() {
        return Ok(());
    }
    let refusal: Option<Refusal> = serde_json::from_slice(&answer.body).ok();
    let refusal = refusal.filter(|it| !it.error.is_empty() || !it.error_description.is_empty());
    // Quirk: a 429 has no such body (docs/wire/civis.md §7).
    let plain = status.is_server_error()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
        );
    if refusal.is_none() && !plain {
        let what = if answer.is_html() {
            "the answer is a web page, not JSON: is there a gateway in between?"
        } else {
            "the answer is not one of the platform's: it says no reason"
        };
        return Err(Error::unexpected(answer, what));
    }
    let refusal = refusal.unwrap_or_default();
    let said = answer.header(WWW_AUTHENTICATE).unwrap_or_default();
    // Quirk: why a key is refused stands in a header, and the vendor's client reads it there (docs/wire/civis.md §7).
    let message = if status == StatusCode::UNAUTHORIZED && refusal.error_description.is_empty() {
        said.to_owned()
    } else {
        refusal.error_description
    };
    let taken = message.contains("has already been taken");
    let mut vendor = Vendor::of(answer, message.clone());
    vendor.code = Some(refusal.error).filter(|code| !code.is_empty());
    if status == StatusCode::BAD_REQUEST && taken {
        return Err(Error::Conflict(Box::new(vendor)));
    }
    if status == StatusCode::NOT_FOUND && gone(answer, &message) {
        return Err(Error::Unsupported {
            needs: "a release that still has themes".to_owned(),
            vendor: Box::new(vendor),
        });
    }
    Err(vendor.by_status())
}

/// Quirk: the newest specification has no themes (docs/wire/civis.md §2). The list is there or it is not; a single theme
/// may also be unknown, which is said in other words (§7).
fn gone(answer: &Answer, message: &str) -> bool {
    match answer.facts.id {
        THEMES => true,
        THEME => !message.contains("requested resource"),
        _ => false,
    }
}
