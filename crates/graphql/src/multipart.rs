//! Multipart requests: the `operations` part of the GraphQL multipart-request form.
//!
//! Files are not kept: Usher administers people and has nowhere to hang a document. Their places
//! in the variables stay null, as the form demands of the sender anyway.

use super::{BAD_USER_INPUT, Refusal};

/// The `operations` part of a multipart body, as bytes of JSON.
pub fn operations<'b>(content_type: &str, body: &'b [u8]) -> Result<&'b [u8], Refusal> {
    let bad = |why: &str| Refusal::new(BAD_USER_INPUT, why);
    let boundary = boundary(content_type).ok_or_else(|| bad("The form has no boundary."))?;
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut rest = match find(body, &delimiter) {
        Some(start) => &body[start + delimiter.len()..],
        None => return Err(bad("The form is empty.")),
    };
    // A form of a few dozen files is already more than any client sends.
    for _ in 0..64 {
        let Some(end) = find(rest, &delimiter) else {
            break;
        };
        let part = &rest[..end];
        rest = &rest[end + delimiter.len()..];
        let Some(split) = find(part, b"\r\n\r\n") else {
            continue;
        };
        let headers = String::from_utf8_lossy(&part[..split]).to_ascii_lowercase();
        if headers.contains("name=\"operations\"") {
            let content = &part[split + 4..];
            return Ok(content.strip_suffix(b"\r\n").unwrap_or(content));
        }
    }
    Err(bad("The form has no part named operations."))
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, value) = content_type.split_once("boundary=")?;
    let value = value.split(';').next()?.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
