//! Times as they are shown: RFC 3339 in UTC with milliseconds, written without an allocation, since
//! a page of a hundred users shows some six hundred of them.

use std::borrow::Cow;

use directory::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A time on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Time);

impl Moment {
    /// A time that may be missing. The end of time is shown as missing nowhere: it is an endless lock.
    pub fn maybe(time: Option<Time>) -> Option<Moment> {
        time.map(Moment)
    }
}

/// The last millisecond of the year 9999, where four digits end.
const LAST: i64 = 253_402_300_799_999;
const DAY: i64 = 86_400_000;

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = *b"0000-00-00T00:00:00.000Z";
        serializer.serialize_str(written(self.0, &mut buffer))
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Moment")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Writes a time into the buffer. Times beyond four-digit years show the nearest end.
fn written(time: Time, buffer: &mut [u8; 24]) -> &str {
    let time = time.milliseconds().clamp(0, LAST);
    let (year, month, day) = civil(time.div_euclid(DAY));
    let within = time.rem_euclid(DAY);
    let parts = [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, within / 3_600_000),
        (14, 2, within / 60_000 % 60),
        (17, 2, within / 1_000 % 60),
        (20, 3, within % 1_000),
    ];
    for (start, digits, mut value) in parts {
        for place in (start..start + digits).rev() {
            buffer[place] = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }
    std::str::from_utf8(buffer).unwrap_or("")
}

/// The Gregorian date of a day number since 1970 (not before), by the shifted-year method: years
/// begin in March, so the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_the_calendar_shows() {
        // Every day of eight centuries, at a time of day that differs from day to day.
        for day in 0..(800 * 365) {
            let time = Time(day * DAY + day * 7_919_333 % DAY);
            let mut buffer = *b"0000-00-00T00:00:00.000Z";
            assert_eq!(written(time, &mut buffer), time.rfc3339());
        }
        for (time, shown) in [
            (Time(0), "1970-01-01T00:00:00.000Z"),
            (Time(-5), "1970-01-01T00:00:00.000Z"),
            (Time(951_782_400_000), "2000-02-29T00:00:00.000Z"),
            (Time::NEVER, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(
                serde_json::to_string(&Moment(time)).unwrap(),
                format!("\"{shown}\"")
            );
        }
    }
}
