//! What an authenticator shows.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// The code of a secret in base 32 at a time.
pub fn one_time_code(secret: &str, seconds: i64) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret
        .bytes()
        .map(|letter| {
            format!(
                "{:05b}",
                digits.iter().position(|known| *known == letter).unwrap()
            )
        })
        .collect();
    let seed: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&seed).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}
