//! What headers say, in each way that platforms say it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::core::pace::{Advice, read};

fn advice(headers: &[(&str, &str)]) -> Advice {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    read(&map, "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap())
}

#[test]
fn how_long_to_wait() {
    /// Header, its value, and the wait in milliseconds.
    const WAITS: &[(&str, &str, Option<u64>)] = &[
        ("retry-after", "7", Some(7_000)),
        ("retry-after", "0", Some(0)),
        ("retry-after", " 1.5 ", Some(1_500)),
        ("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT", Some(30_000)),
        ("retry-after", "Fri, 20 Nov 2026 11:59:00 GMT", Some(0)),
        ("retry-after", "2026-11-20T12:00:05Z", Some(5_000)),
        ("retry-after", "soon", None),
        ("retry-after", "-5", None),
        ("retry-after", "nan", None),
        ("retry-after", "1e300", None),
        ("retry-after-ms", "250", Some(250)),
        ("x-ratelimit-retryafter", "1795176010", Some(10_000)),
        ("x-ratelimit-retryafter", "1795176010500", Some(10_500)),
        ("x-ratelimit-retryafter", "9", Some(9_000)),
        ("x-ratelimit-retryafter", "1795175000", Some(0)),
        ("x-retry-after", "3", Some(3_000)),
    ];
    for (name, value, wait) in WAITS {
        let found = advice(&[(name, value)]).wait;
        assert_eq!(found, wait.map(Duration::from_millis), "{name}: {value}");
    }
}

#[test]
fn a_wrong_local_clock_does_no_harm() {
    // The server lives an hour ahead of this machine: its moments are measured by its own clock.
    let found = advice(&[
        ("date", "Fri, 20 Nov 2026 13:00:00 GMT"),
        ("x-ratelimit-retryafter", "1795179605"),
    ]);
    assert_eq!(found.wait, Some(Duration::from_secs(5)));
    let found = advice(&[
        ("date", "Fri, 20 Nov 2026 11:00:00 GMT"),
        ("retry-after", "Fri, 20 Nov 2026 11:00:09 GMT"),
    ]);
    assert_eq!(found.wait, Some(Duration::from_secs(9)));
}

#[test]
fn how_much_is_left() {
    let seconds = Duration::from_secs;
    /// Limit, remaining, reset.
    type Row<'a> = (
        &'a [(&'a str, &'a str)],
        Option<u64>,
        Option<u64>,
        Option<Duration>,
    );
    let rows: &[Row<'_>] = &[
        (
            &[
                ("x-ratelimit-limit", "6000"),
                ("x-ratelimit-remaining", "5999"),
            ],
            Some(6000),
            Some(5999),
            None,
        ),
        (
            &[
                ("ratelimit-limit", "500, 500;w=60"),
                ("ratelimit-remaining", "10"),
                ("ratelimit-reset", "30"),
            ],
            Some(500),
            Some(10),
            Some(seconds(30)),
        ),
        (
            &[
                ("x-ratelimit-limit", "500;w=60"),
                ("x-ratelimit-remaining", "1"),
            ],
            Some(500),
            Some(1),
            Some(seconds(60)),
        ),
        (
            &[
                ("x-rate-limit-limit", "30"),
                ("x-rate-limit-reset", "1795176015"),
            ],
            Some(30),
            None,
            Some(seconds(15)),
        ),
        (&[("x-ratelimit-limit", "many")], None, None, None),
    ];
    for (headers, limit, remaining, reset) in rows {
        let found = advice(headers);
        assert_eq!(
            (found.limit, found.remaining, found.reset),
            (*limit, *remaining, *reset),
            "{headers:?}"
        );
    }
}
