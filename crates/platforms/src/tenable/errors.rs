//! How Tenable Identity Exposure says no: by status, with a body of no fixed shape.

use serde_json::Value;

use crate::core::error::{Error, Result, Vendor};
use crate::core::operation::Answer;

pub(super) fn judge(answer: &Answer) -> Result<()> {
    let status = answer.status.as_u16();
    if answer.status.is_success() || answer.status.is_redirection() {
        return Ok(());
    }
    if answer.is_html() && status != 429 && status < 500 {
        return Err(Error::unexpected(
            answer,
            "the answer is a web page, not JSON: is there a gateway in between?",
        ));
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let message = match body.get("message") {
        // Quirk: some releases give a list of sentences (docs/wire/tenable.md §6).
        Some(Value::Array(texts)) => texts
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("; "),
        _ => text("message")
            .or_else(|| text("error"))
            .unwrap_or_default()
            .to_owned(),
    };
    let mut vendor = Vendor::of(answer, message);
    vendor.code = text("code").or_else(|| text("error")).map(str::to_owned);
    // Quirk: the password calls are gone from newer releases (docs/wire/tenable.md §9).
    let password_mail = matches!(
        answer.facts.id,
        "send_password_mail" | "redeem_password_token"
    );
    if password_mail && matches!(status, 404 | 405) {
        return Err(Error::Unsupported {
            needs: "a release that sends password mails itself".to_owned(),
            vendor: Box::new(vendor),
        });
    }
    Err(vendor.by_status())
}
