//! One-time codes (RFC 6238 over RFC 4226): SHA-1, six digits, steps of thirty seconds, as every
//! authenticator understands them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::model::Time;

/// Seconds of a step.
const STEP: i64 = 30;
const DIGITS: u32 = 1_000_000;

/// The step a time lies in.
fn step_at(now: Time) -> i64 {
    now.seconds().div_euclid(STEP)
}

/// The code of a step.
fn code_at(seed: &[u8], step: i64) -> String {
    format!("{:06}", truncated(seed, step) % DIGITS)
}

/// The step whose code was given: the present one, the one before or the one after, and later than
/// the last one used, so that each code opens once.
#[must_use]
pub fn matching_step(seed: &[u8], code: &str, now: Time, last_step: i64) -> Option<i64> {
    let present = step_at(now);
    let mut found = None;
    for step in present - 1..=present + 1 {
        let same: bool = code_at(seed, step).as_bytes().ct_eq(code.as_bytes()).into();
        if same && step > last_step && found.is_none() {
            found = Some(step);
        }
    }
    found
}

fn truncated(seed: &[u8], step: i64) -> u32 {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(seed) else {
        // HMAC takes keys of any length.
        return 0;
    };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let word = [
        hash[offset],
        hash[offset + 1],
        hash[offset + 2],
        hash[offset + 3],
    ];
    u32::from_be_bytes(word) & 0x7fff_ffff
}

/// Base 32 without padding (RFC 4648), as authenticators take secrets.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 6238, appendix B (SHA-1), cut to six digits.
    #[test]
    fn vectors() {
        let seed = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Time(seconds * 1_000);
            assert_eq!(code_at(seed, step_at(now)), code, "{seconds}");
            assert_eq!(matching_step(seed, code, now, 0), Some(step_at(now)));
        }
    }

    #[test]
    fn one_step_either_side_and_once() {
        let seed = b"12345678901234567890";
        let now = Time(1_234_567_890_000);
        let present = step_at(now);
        for (step, last, found) in [
            (present - 2, 0, None),
            (present - 1, 0, Some(present - 1)),
            (present, 0, Some(present)),
            (present + 1, 0, Some(present + 1)),
            (present + 2, 0, None),
            (present, present, None),
            (present - 1, present, None),
            (present + 1, present, Some(present + 1)),
        ] {
            let code = code_at(seed, step);
            assert_eq!(
                matching_step(seed, &code, now, last),
                found,
                "{step} {last}"
            );
        }
        for code in ["", "12345", "1234567", "ÄÖÜ"] {
            assert_eq!(matching_step(seed, code, now, 0), None, "{code}");
        }
    }

    #[test]
    fn base_32() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }
}
