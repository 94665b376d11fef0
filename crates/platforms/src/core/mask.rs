//! Secrets out of what is kept of answers.

use std::borrow::Cow;

use serde_json::Value;

use crate::core::secret::Secret;

/// The members of any platform's documents that hold secrets.
const SECRET_MEMBERS: &[&str] = &[
    "password",
    "newpassword",
    "oldpassword",
    "authkey",
    "authkey_raw",
    "token",
    "plaintext_token",
    "secret",
    "client_secret",
    "api_key",
    "access_token",
    "authtoken",
    "key",
    "otp_qr",
    "totp",
];

const MASK: &str = "…";

/// Whether a member of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET_MEMBERS
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Masks the secret members of a document, at any depth.
pub(crate) fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // `{"key": "password", "value": …}` names a member and what it is to hold.
            let edited = match (members.get("key"), members.contains_key("value")) {
                (Some(Value::String(key)), true) => Some(is_secret(key)),
                _ => None,
            };
            for (name, value) in members {
                match value {
                    _ if edited.is_some() && name == "key" => {}
                    value if edited == Some(true) && name == "value" => *value = MASK.into(),
                    Value::String(text) if is_secret(name) && !text.is_empty() => {
                        MASK.clone_into(text);
                    }
                    _ => mask(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// A body with secrets masked, at most `limit` bytes of it. What is not JSON cannot be masked by
/// its members, so no more than an excerpt is kept of it.
pub(crate) fn body(bytes: &[u8], limit: usize) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            mask(&mut value);
            cut(Cow::Owned(value.to_string()), limit)
        }
        Err(_) => excerpt(bytes, 512),
    }
}

/// The first bytes of an answer. Texts that follow a secret member's name are masked even here: a
/// document that was cut off on its way is not JSON any more.
pub(crate) fn excerpt(bytes: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.as_ref();
    let mut kept = String::new();
    // Splitting at quotes suffices: a secret holds none, and an excerpt need not be valid JSON.
    let mut last: Option<&str> = None;
    let mut named = false;
    while let Some((before, after)) = rest.split_once('"') {
        let hide = named && before.chars().any(|letter| !letter.is_whitespace());
        let separator = before.trim() == ":";
        if hide && !separator {
            kept.push_str(MASK);
            named = false;
        } else {
            kept.push_str(before);
            named = separator && last.is_some_and(is_secret);
        }
        last = Some(before);
        kept.push('"');
        rest = after;
    }
    kept.push_str(if named { MASK } else { rest });
    cut(Cow::Owned(kept), limit)
}

/// Replaces every secret that a call carried, should the platform have echoed one.
pub(crate) fn scrub(text: &mut String, secrets: &[Secret]) {
    for secret in secrets {
        let secret = secret.expose();
        // A short text would be found by chance and would mangle the message.
        if secret.len() >= 6 && text.contains(secret) {
            *text = text.replace(secret, MASK);
        }
    }
}

fn cut(text: Cow<'_, str>, limit: usize) -> String {
    if text.len() <= limit {
        return text.into_owned();
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
