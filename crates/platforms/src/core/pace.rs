//! What answers say about how fast to ask.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What the headers of an answer say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Advice {
    /// How many requests a window has.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// How long the window still lasts.
    pub reset: Option<Duration>,
    /// How long to wait before the next request.
    pub wait: Option<Duration>,
}

const LIMIT: &[&str] = &["x-ratelimit-limit", "ratelimit-limit", "x-rate-limit-limit"];
const REMAINING: &[&str] = &[
    "x-ratelimit-remaining",
    "ratelimit-remaining",
    "x-rate-limit-remaining",
];
const RESET: &[&str] = &["x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset"];

/// Reads an answer's headers. Moments are compared with the answer's own `Date`, so that a local clock that is
/// wrong does no harm; `now` is used for answers without one.
pub(crate) fn read(headers: &HeaderMap, now: Timestamp) -> Advice {
    let now = text(headers, "date").and_then(date).unwrap_or(now);
    let first = |names: &[&str]| names.iter().find_map(|name| text(headers, name));
    let limit = first(LIMIT);
    let window = limit.and_then(window);
    let wait = text(headers, "retry-after-ms")
        .and_then(number)
        .map(Duration::from_secs_f64)
        .map(|milliseconds| milliseconds / 1000)
        .or_else(|| text(headers, "retry-after").and_then(|it| moment(it, now)))
        .or_else(|| text(headers, "x-ratelimit-retryafter").and_then(|it| moment(it, now)))
        .or_else(|| text(headers, "x-retry-after").and_then(|it| moment(it, now)));
    Advice {
        limit: limit.and_then(count),
        remaining: first(REMAINING).and_then(count),
        reset: first(RESET).and_then(|it| moment(it, now)).or(window),
        wait,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The first number of `500`, `500;w=60` or `500, 500;w=60`.
fn count(text: &str) -> Option<u64> {
    let number = number(text.split([';', ',']).next()?)?;
    // Fractions have been seen; half a request is none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`number` gives no negative ones, and the cast saturates"
    )]
    Some(number as u64)
}

/// The window of `500;w=60`.
fn window(text: &str) -> Option<Duration> {
    let (_, seconds) = text.split_once("w=")?;
    let digits = seconds
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?;
    digits.parse().ok().map(Duration::from_secs)
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && (0.0..=1e15).contains(&number)).then_some(number)
}

/// How long until what a header says: seconds, a date, or seconds or milliseconds since 1970.
fn moment(text: &str, now: Timestamp) -> Option<Duration> {
    // Anything up to three years is a span of seconds; a moment since 1970 is larger.
    const LONGEST_SPAN: f64 = 100_000_000.0;
    // Seconds since 1970 reach this in the year 5138.
    const MILLISECONDS_FROM: f64 = 100_000_000_000.0;
    let Some(number) = number(text) else {
        return Some(until(date(text)?, now));
    };
    if number < LONGEST_SPAN {
        return Some(Duration::from_secs_f64(number));
    }
    let seconds = if number >= MILLISECONDS_FROM {
        number / 1000.0
    } else {
        number
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 1e12 by the checks above"
    )]
    let at = Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()?;
    Some(until(at, now))
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}

fn date(text: &str) -> Option<Timestamp> {
    let zoned = rfc2822::DateTimeParser::new().parse_timestamp(text.replace("GMT", "+0000"));
    zoned.or_else(|_| text.parse()).ok()
}
