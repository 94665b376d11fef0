//! How Falcon says no.

use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::core::error::{Error, Outcome, Result, Vendor};
use crate::core::lenient;
use crate::core::operation::{Answer, Repeat};

/// The operation that asks for a token.
pub(super) const TOKEN: &str = "token";
/// Where the platform says in which cloud a customer is at home.
pub(super) const REGION: &str = "x-cs-region";

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default)]
    errors: Option<Vec<Refusal>>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default, deserialize_with = "lenient::maybe_text")]
    trace_id: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "lenient::maybe_integer")]
    code: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    message: String,
    #[serde(default, deserialize_with = "lenient::maybe_text")]
    id: Option<String>,
}

/// An answer is an envelope, and what was refused stands in its `errors`, whatever the status is.
pub(super) fn judge(answer: &Answer) -> Result<()> {
    let status = answer.status;
    if status.is_redirection() {
        return elsewhere(answer);
    }
    let envelope = envelope(answer);
    if status.is_success() {
        // A list has no envelope, and some deletions have no body.
        let bare = matches!(answer.body.trim_ascii_start().first(), None | Some(b'['));
        if bare {
            return Ok(());
        }
        let Some(envelope) = envelope else {
            answer.json::<IgnoredAny>()?;
            return Err(no_envelope(answer));
        };
        let refusals = envelope.errors.as_deref().unwrap_or_default();
        if refusals.is_empty() || left_out(answer, refusals) {
            return Ok(());
        }
        return Err(refused(answer, &envelope));
    }
    if let Some(envelope) = envelope
        && envelope.errors.as_ref().is_some_and(|it| !it.is_empty())
    {
        return Err(refused(answer, &envelope));
    }
    // A gateway's page must not pass for the platform's word, except where its status is enough to act upon.
    let plain = status.is_server_error()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
        );
    if plain {
        return Err(Vendor::of(answer, "").by_status());
    }
    Err(no_envelope(answer))
}

fn envelope(answer: &Answer) -> Option<Envelope> {
    if answer.body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

fn no_envelope(answer: &Answer) -> Error {
    let what = if answer.is_html() {
        "the answer is a web page, not JSON: is there a gateway in between?"
    } else {
        "the answer is not one of the platform's: it has no envelope"
    };
    Error::unexpected(answer, what)
}

/// Reading several by their ids: those that do not exist are left out of the answer, which says so in a 207.
fn left_out(answer: &Answer, refusals: &[Refusal]) -> bool {
    answer.status == StatusCode::MULTI_STATUS
        && answer.facts.repeat == Repeat::Safe
        && refusals.iter().all(|refusal| refusal.code == Some(404))
}

/// Quirk: a token asked for in another cloud is answered with a redirect that names the right one
/// (docs/wire/falcon.md §1).
fn elsewhere(answer: &Answer) -> Result<()> {
    let Some(region) = answer.header(REGION) else {
        return Ok(());
    };
    if answer.facts.id != TOKEN {
        return Ok(());
    }
    let mut vendor = Vendor::of(
        answer,
        format!("the credentials belong to the cloud {region}"),
    );
    vendor.code = Some(region.to_owned());
    Err(Error::Unexpected(Box::new(vendor)))
}

fn refused(answer: &Answer, envelope: &Envelope) -> Error {
    let refusals = envelope.errors.as_deref().unwrap_or_default();
    let first = refusals.first();
    let message = first.map(|it| it.message.clone()).unwrap_or_default();
    let mut vendor = Vendor::of(answer, message.clone());
    let status = i64::from(answer.status.as_u16());
    let code = first.and_then(|it| it.code).unwrap_or(status);
    vendor.code = Some(code.to_string());
    let meta = envelope.meta.as_ref();
    vendor.trace_id = meta
        .and_then(|meta| meta.trace_id.clone())
        .or_else(|| answer.header("x-cs-traceid").map(str::to_owned));
    if refusals.len() > 1 || refusals.iter().any(|it| it.id.is_some()) {
        for refusal in refusals {
            let name = refusal.id.clone().unwrap_or_default();
            let texts = vendor.fields.entry(name).or_default();
            texts.push(refusal.message.clone());
        }
    }
    let succeeded = answer.status.is_success();
    if succeeded && answer.facts.repeat != Repeat::Safe {
        vendor.outcome = Outcome::Unknown;
    }
    let vendor = Box::new(vendor);
    if answer.status == StatusCode::MULTI_STATUS {
        return Error::Partial(vendor);
    }
    let has = |part: &str| message.contains(part);
    match if succeeded { code } else { status } {
        400 | 401 | 403 if answer.facts.id == TOKEN => Error::Unauthenticated(vendor),
        // It must not pass for what the call itself was about: a user who is not found would count as deleted.
        404 if answer.facts.id == TOKEN => Error::Unexpected(vendor),
        // Quirk: an unknown user is a 400 to the newer calls; so is none at all, which is another matter
        // (docs/wire/falcon.md §3).
        400 if has("invalid user uuid") && !has("uuid=''") => Error::NotFound(vendor),
        400 if creates(answer) && exists(&message) => Error::Conflict(vendor),
        401 => Error::Unauthenticated(vendor),
        403 => Error::Forbidden(vendor),
        404 => Error::NotFound(vendor),
        409 => Error::Conflict(vendor),
        429 => Error::RateLimited {
            until: None,
            vendor,
        },
        400..=499 => Error::Invalid(vendor),
        500..=599 => Error::Unavailable(vendor),
        _ => Error::Unexpected(vendor),
    }
}

fn creates(answer: &Answer) -> bool {
    answer.facts.id.starts_with("create_") || answer.facts.id == "validate_user"
}

fn exists(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["already", "duplicate"]
        .iter()
        .any(|word| message.contains(word))
}
