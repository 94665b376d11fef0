//! Points in time: whole milliseconds since 1970 in UTC, as the store keeps them.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The end of time: an endless lock ends here.
    pub const NEVER: Time = Time(i64::MAX);

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time `milliseconds` later, at most [`Time::NEVER`].
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Time {
        Time(self.0.saturating_add(milliseconds))
    }

    /// RFC 3339 in UTC with milliseconds and `Z`: `2026-04-17T18:37:24.000Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC.
    #[must_use]
    pub fn plain(self) -> String {
        self.format("%Y-%m-%d %H:%M:%S")
    }

    /// Formats with a `strftime` pattern in UTC. Times outside the calendar's range show its edge.
    #[must_use]
    pub fn format(self, pattern: &str) -> String {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        timestamp
            .to_zoned(jiff::tz::TimeZone::UTC)
            .strftime(pattern)
            .to_string()
    }

    /// Reads RFC 3339 text (any offset), `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD` (both UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Time> {
        let text = text.trim();
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Some(Time(timestamp.as_millisecond()));
        }
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Time(zoned.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn reads_and_shows() {
        for (text, milliseconds) in [
            ("2026-04-17T18:37:24.000Z", Some(1_776_451_044_000)),
            ("2026-04-17T20:37:24+02:00", Some(1_776_451_044_000)),
            ("2026-04-17 18:37:24", Some(1_776_451_044_000)),
            ("2026-04-17", Some(1_776_384_000_000)),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(Time::parse(text).map(|t| t.0), milliseconds, "{text}");
        }
        assert_eq!(
            Time(1_776_451_044_000).rfc3339(),
            "2026-04-17T18:37:24.000Z"
        );
        assert_eq!(Time(1_776_451_044_999).plain(), "2026-04-17 18:37:24");
        assert_eq!(Time(-1).seconds(), -1);
        assert!(Time::NEVER.rfc3339().starts_with("9999-"));
    }
}
