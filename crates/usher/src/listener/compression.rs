//! Answers compressed for clients that ask for it. Only what programs read: a page that shows a secret beside what the request brought
//! would give it away by its length.

use std::io::Write as _;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Shorter answers gain nothing.
const LEAST: u64 = 4 << 10;
/// Longer ones are sent as they are, so that none is held twice.
const MOST: u64 = 8 << 20;
/// Longer ones are compressed away from the threads that serve requests.
const INLINE: usize = 64 << 10;

/// Whether a request asks for gzip.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let offers = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut wanted = false;
    for offer in offers {
        let mut parts = offer.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        if name.eq_ignore_ascii_case("gzip") || name == "*" {
            let refused = parts.any(|part| {
                part.strip_prefix("q=")
                    .and_then(|weight| weight.parse::<f32>().ok())
                    .is_some_and(|weight| weight <= 0.0)
            });
            wanted = !refused;
            if name != "*" {
                break;
            }
        }
    }
    wanted
}

fn is_for_programs(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    kind == "application/json"
        || kind.ends_with("+json")
        || kind == "text/csv"
        || kind == "application/x-ndjson"
}

/// Compresses an answer where it is worth it.
pub async fn compressed(response: Response<Body>) -> Response<Body> {
    let length = response.body().size_hint().exact().unwrap_or(0);
    let headers = response.headers();
    if !(LEAST..=MOST).contains(&length)
        || !is_for_programs(headers)
        || headers.contains_key(header::CONTENT_ENCODING)
        || headers.contains_key(header::CONTENT_RANGE)
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::try_from(MOST).unwrap_or(usize::MAX)).await else {
        // The length was known, so the body is there; one that breaks off ends the connection as it would have.
        return Response::from_parts(parts, Body::empty());
    };
    let packed = if bytes.len() <= INLINE {
        pack(&bytes)
    } else {
        let bytes = bytes.clone();
        let packing = tokio::task::spawn_blocking(move || pack(&bytes)).await;
        packing.ok().flatten()
    };
    let Some(packed) = packed else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let headers = &mut parts.headers;
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(packed.len()));
    Response::from_parts(parts, Body::from(packed))
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_is_given() {
        for (value, wanted) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("deflate;q=1, gzip;q=0.5", true),
            ("GZIP", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(is_wanted(&headers), wanted, "{value}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
