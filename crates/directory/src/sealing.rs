//! Sealing: secrets that must stay readable (the SMTP password, TOTP seeds, queued mail) are
//! encrypted with a key that is kept outside the database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::directory::Directory;
use crate::model::Fault;
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::state::Inner;
use crate::store::{Tx, settings};

/// Bytes of the nonce in front of the sealed text.
const NONCE: usize = 24;

/// What the check value is sealed for, and the settings row that keeps it.
const CHECK: &str = "sealing_check";

impl Directory {
    /// Whether the secret key is the one this directory was sealed with. The first key that asks is; so is
    /// every one with `replace`, for operators who have lost the other.
    pub fn check_secret(&self, replace: bool) -> Pending<'_, bool> {
        Box::pin(async move {
            let sealed = STANDARD.encode(self.0.seal(CHECK, CHECK.as_bytes())?);
            let document = serde_json::Value::from(sealed).to_string();
            let now = self.now();
            let stored = self
                .0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<Option<String>> {
                    let stored = settings::document(tx, CHECK).await?;
                    if stored.is_none() || replace {
                        settings::upsert(tx, CHECK, &document, now, None).await?;
                        return Ok(None);
                    }
                    Ok(stored)
                })
                .await
                .map_err(Abort::into_fault)?;
            let Some(stored) = stored else {
                return Ok(true);
            };
            let text: Option<String> = serde_json::from_str(&stored).ok();
            let sealed = text.and_then(|text| STANDARD.decode(text).ok());
            Ok(sealed.is_some_and(|sealed| self.0.unseal(CHECK, &sealed).is_ok()))
        })
    }
}

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

/// Opens what was sealed for a purpose with a key; none when it was sealed with another, or for something else.
pub(crate) fn open(secret: &[u8; 32], purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: text,
        aad: purpose.as_bytes(),
    };
    let cipher = XChaCha20Poly1305::new_from_slice(secret).ok()?;
    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
}

/// The value by which a directory knows its sealing key, where it has one yet.
pub(crate) async fn stored_check(tx: &mut Tx<'_>) -> Outcome<Option<Vec<u8>>> {
    let stored = settings::document(tx, CHECK).await?;
    let text: Option<String> = stored.and_then(|text| serde_json::from_str(&text).ok());
    Ok(text.and_then(|text| STANDARD.decode(text).ok()))
}

/// Whether a key is the one that a directory's check value was sealed with.
pub(crate) fn fits(secret: &[u8; 32], check: &[u8]) -> bool {
    open(secret, CHECK, check).is_some()
}
