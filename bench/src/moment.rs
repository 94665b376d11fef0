//! A time as Usher shows it, for the raw probe to write the same JSON.

/// Writes `"2026-01-31T12:00:00.000Z"`.
pub fn write(milliseconds: i64, out: &mut Vec<u8>) {
    let days = milliseconds.div_euclid(86_400_000) + 719_468;
    let within = milliseconds.rem_euclid(86_400_000);
    // Years begin in March here, so that the leap day comes last.
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let mut text = *b"\"0000-00-00T00:00:00.000Z\"";
    for (start, digits, mut value) in [
        (1, 4, year),
        (6, 2, month),
        (9, 2, day),
        (12, 2, within / 3_600_000),
        (15, 2, within / 60_000 % 60),
        (18, 2, within / 1_000 % 60),
        (21, 3, within % 1_000),
    ] {
        for place in (start..start + digits).rev() {
            text[place] = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }
    out.extend_from_slice(&text);
}
