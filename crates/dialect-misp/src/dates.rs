//! Dates as the vendor takes them (misp.md §7): seconds, a date, or the English phrases that administrators'
//! scripts write (`+30 days`, `tomorrow`, `next month`). What is no such phrase is no date.

use directory::Time;
use jiff::civil::DateTime;
use jiff::{Span, Timestamp, ToSpan as _, tz::TimeZone};

/// Seconds beyond the year 9999 are no time.
const FAR: i64 = 253_402_300_800;

/// Words that one phrase may have.
const WORDS: usize = 20;

/// Reads a date; `now` is where phrases begin.
pub fn read(text: &str, now: Time) -> Option<Time> {
    let text = text.trim();
    let seconds = text.strip_prefix('@').unwrap_or(text);
    if let Ok(seconds) = seconds.parse::<i64>()
        && !text.starts_with('+')
    {
        let fits = (0..FAR).contains(&seconds);
        return fits.then(|| Time(seconds.saturating_mul(1_000)));
    }
    Time::parse(text).or_else(|| phrase(&text.to_ascii_lowercase(), now))
}

fn phrase(text: &str, now: Time) -> Option<Time> {
    let now = Timestamp::from_millisecond(now.milliseconds()).ok()?;
    let mut at = now.to_zoned(TimeZone::UTC).datetime();
    let words = separated(text);
    if words.is_empty() || words.len() > WORDS {
        return None;
    }
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let count = match word {
            "now" => continue,
            "today" | "midnight" => {
                at = at.date().at(0, 0, 0, 0);
                continue;
            }
            "tomorrow" | "yesterday" => {
                let days = if word == "tomorrow" { 1 } else { -1 };
                at = at.date().at(0, 0, 0, 0).checked_add(days.days()).ok()?;
                continue;
            }
            "next" => 1,
            "last" | "previous" => -1,
            number => number.parse::<i32>().ok().map(i64::from)?,
        };
        let span = span(words.next()?, count)?;
        let span = if words.next_if_eq(&"ago").is_some() {
            span.negate()
        } else {
            span
        };
        at = moved(at, span)?;
    }
    let time = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Time(time.as_millisecond()))
}

fn moved(at: DateTime, span: Span) -> Option<DateTime> {
    at.checked_add(span).ok()
}

/// Words and numbers, with or without a blank between them: `+1day`, `1 day`.
fn separated(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for letter in text.chars().take(200) {
        let begins = letter.is_ascii_alphabetic() != last.is_ascii_alphabetic()
            || matches!(letter, '+' | '-');
        if letter.is_whitespace() {
            last = ' ';
            continue;
        }
        let signed = matches!(last, '+' | '-') && letter.is_ascii_digit();
        match words.last_mut() {
            Some(word) if last != ' ' && (!begins || signed) => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        last = letter;
    }
    words
}

fn span(unit: &str, count: i64) -> Option<Span> {
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    Some(match unit {
        "sec" | "second" => Span::new().try_seconds(count).ok()?,
        "min" | "minute" => Span::new().try_minutes(count).ok()?,
        "hour" => Span::new().try_hours(count).ok()?,
        "day" => Span::new().try_days(count).ok()?,
        "week" => Span::new().try_weeks(count).ok()?,
        "fortnight" => Span::new().try_weeks(count.checked_mul(2)?).ok()?,
        "month" => Span::new().try_months(count).ok()?,
        "year" => Span::new().try_years(count).ok()?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-31T12:00:00Z.
    const NOW: Time = Time(1_769_860_800_000);

    #[test]
    fn dates_and_phrases() {
        for (text, expected) in [
            ("1927843200", Some("2031-02-03 00:00:00")),
            ("@1927843200", Some("2031-02-03 00:00:00")),
            ("2031-02-03", Some("2031-02-03 00:00:00")),
            ("2031-02-03 04:05:06", Some("2031-02-03 04:05:06")),
            ("+30 days", Some("2026-03-02 12:00:00")),
            ("30 days", Some("2026-03-02 12:00:00")),
            ("+1day", Some("2026-02-01 12:00:00")),
            ("+1 week 2 days", Some("2026-02-09 12:00:00")),
            ("+1 week -2 days", Some("2026-02-05 12:00:00")),
            ("+1 month", Some("2026-02-28 12:00:00")),
            ("+1 year", Some("2027-01-31 12:00:00")),
            ("next year", Some("2027-01-31 12:00:00")),
            ("last month", Some("2025-12-31 12:00:00")),
            ("2 hours ago", Some("2026-01-31 10:00:00")),
            ("Tomorrow", Some("2026-02-01 00:00:00")),
            ("yesterday", Some("2026-01-30 00:00:00")),
            ("today +90 minutes", Some("2026-01-31 01:30:00")),
            ("now", Some("2026-01-31 12:00:00")),
            ("2 fortnights", Some("2026-02-28 12:00:00")),
            ("soon", None),
            ("", None),
            ("+", None),
            ("+30", None),
            ("30 parsecs", None),
            ("next", None),
            ("days 30", None),
            ("999999999999 days", None),
            ("-1", None),
            ("99999999999999", None),
            ("+999999 years", None),
        ] {
            let shown = read(text, NOW).map(Time::plain);
            assert_eq!(shown.as_deref(), expected, "{text}");
        }
        assert_eq!(read(&"1 day ".repeat(100), NOW), None);
    }
}
