//! How OpenCTI says no: mostly with status 200 and `errors`.

use serde_json::Value;

use crate::core::error::{Error, Result, Vendor};
use crate::core::operation::Answer;

/// Under this name a refusal lists the fields of the selection that the server does not know.
pub(super) const UNKNOWN_FIELDS: &str = "unknown fields";

/// What has another status than 200 is refused here; the rest while the document is read, so that it is read once.
pub(super) fn judge(answer: &Answer) -> Result<()> {
    let status = answer.status.as_u16();
    if answer.status.is_success() || answer.status.is_redirection() {
        return Ok(());
    }
    if status == 429 || status >= 500 {
        return Err(Vendor::of(answer, "").by_status());
    }
    if answer.is_html() {
        return Err(Error::unexpected(
            answer,
            "the answer is a web page, not JSON: is there a gateway in between?",
        ));
    }
    if let Ok(body) = serde_json::from_slice::<Value>(&answer.body) {
        refuse(answer, &body)?;
    }
    Err(Vendor::of(answer, "").by_status())
}

/// The document's data. Any error in it is a failure, even beside data: a list that lacks what could not be read
/// would pass for the whole.
pub(super) fn data(answer: &Answer) -> Result<Value> {
    let mut body: Value = answer.json()?;
    refuse(answer, &body)?;
    match body.get_mut("data").map(Value::take) {
        Some(data @ Value::Object(_)) => Ok(data),
        _ => Err(Error::unexpected(answer, "the answer has no `data`")),
    }
}

fn refuse(answer: &Answer, body: &Value) -> Result<()> {
    let errors = match body.get("errors") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(errors)) if errors.is_empty() => return Ok(()),
        Some(Value::Array(errors)) => errors.as_slice(),
        Some(_) => return Err(Error::unexpected(answer, "`errors` is not a list")),
    };
    let text = |error: &Value, pointer: &str| {
        error
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let first = errors.first().unwrap_or(&Value::Null);
    let code = text(first, "/extensions/code").or_else(|| text(first, "/name"));
    let messages: Vec<String> = errors
        .iter()
        .filter_map(|error| text(error, "/message"))
        .collect();
    let mut vendor = Vendor::of(answer, messages.join("; "));
    if let Some(field) = text(first, "/extensions/data/field") {
        vendor
            .fields
            .insert(field, messages.first().cloned().into_iter().collect());
    }
    vendor.code = code;
    Err(kind(answer, vendor, &messages))
}

fn kind(answer: &Answer, mut vendor: Vendor, messages: &[String]) -> Error {
    let has = |part: &str| vendor.message.to_lowercase().contains(part);
    let code = vendor.code.clone().unwrap_or_default();
    let needs = |needs: &str, vendor| Error::Unsupported {
        needs: needs.to_owned(),
        vendor,
    };
    match code.as_str() {
        "AUTH_REQUIRED"
        | "AUTH_FAILURE"
        | "OTP_REQUIRED"
        | "OTP_REQUIRED_ACTIVATION"
        | "UNAUTHENTICATED" => Error::Unauthenticated(Box::new(vendor)),
        "FORBIDDEN_ACCESS" | "FORBIDDEN" => Error::Forbidden(Box::new(vendor)),
        "MISSING_REFERENCE_ERROR" | "ALREADY_DELETED_ERROR" => Error::NotFound(Box::new(vendor)),
        _ if has("enterprise edition") => needs("the Enterprise Edition", Box::new(vendor)),
        "FUNCTIONAL_ERROR" if has("already exist") => Error::Conflict(Box::new(vendor)),
        "FUNCTIONAL_ERROR" if has("cannot be found") || has("not found") => {
            Error::NotFound(Box::new(vendor))
        }
        "FUNCTIONAL_ERROR"
        | "UNSUPPORTED_ERROR"
        | "VALIDATION_ERROR"
        | "BAD_USER_INPUT"
        | "GRAPHQL_PARSE_FAILED" => Error::Invalid(Box::new(vendor)),
        "GRAPHQL_VALIDATION_FAILED" => {
            let unknown: Vec<String> = messages.iter().filter_map(|it| unknown_field(it)).collect();
            if !unknown.is_empty() {
                vendor.fields.insert(UNKNOWN_FIELDS.to_owned(), unknown);
            }
            needs(
                "another release of the platform, whose schema has what is asked for",
                Box::new(vendor),
            )
        }
        // INTERNAL_SERVER_ERROR, and whatever a later release makes up.
        _ => {
            vendor.outcome = answer.without_verdict();
            Error::Unavailable(Box::new(vendor))
        }
    }
}

/// The field of `Cannot query field "x" on type "Y".`; whichever marks the server sets it in.
fn unknown_field(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Cannot query field ")?;
    let rest = rest.trim_start_matches(MARKS);
    let (field, _) = rest.split_once(MARKS)?;
    Some(field.to_owned())
}

const MARKS: [char; 4] = ['"', '\'', '`', '’'];
