//! Sealing: secrets that must stay readable (the SMTP password, TOTP seeds, queued mail) are
//! encrypted with a key that is kept outside the database.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::directory::Inner;
use crate::model::Fault;

/// Bytes of the nonce in front of the sealed text.
const NONCE: usize = 24;

impl Inner {
    /// Seals a text for one purpose; it opens only for the same purpose.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut nonce = [0_u8; NONCE];
        self.seams.entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        let sealed = self
            .cipher()?
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Fault::Internal("sealing failed".to_owned()))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(bytes)
    }

    /// Opens what [`Inner::seal`] sealed.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        let broken = || {
            Fault::Internal(format!(
                "a sealed {purpose} does not open: was the secret key replaced?"
            ))
        };
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let payload = Payload {
            msg: text,
            aad: purpose.as_bytes(),
        };
        self.cipher()?
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| broken())
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Fault> {
        XChaCha20Poly1305::new_from_slice(&self.secret)
            .map_err(|_| Fault::Internal("the secret key is malformed".to_owned()))
    }
}
