//! The text of a key: its shape, and what is kept of it to tell it from others.

use crate::model::{Fault, KeyShape};
use crate::state::Inner;

/// Whether a text chosen beforehand may be a key: it has the shape of those made here.
pub fn check_plain_key(text: &str) -> Result<(), Fault> {
    if text.len() == PLAIN_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Fault::invalid("key", "must be 40 letters and digits"))
}

/// Letters and digits of a plain key.
const PLAIN_LENGTH: usize = 40;

impl Inner {
    pub(crate) fn key_text(&self, shape: KeyShape) -> String {
        use base64::Engine as _;
        match shape {
            KeyShape::Plain => self.seams.letters_and_digits(PLAIN_LENGTH),
            KeyShape::Prefixed(prefix) => {
                let mut random = [0_u8; 48];
                self.seams.entropy.fill(&mut random);
                let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random);
                format!("{prefix}{text}")
            }
        }
    }
}

/// The first and the last characters of a key's text, by which its owner tells it from others.
pub(super) fn hints(secret: &str) -> (String, String) {
    let start = secret.chars().take(4).collect();
    let end = secret.get(secret.len().saturating_sub(4)..);
    (start, end.unwrap_or_default().to_owned())
}
