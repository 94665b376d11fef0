//! Password hashes: made and compared outside every transaction, on a bounded pool, so that a storm
//! of sign-ins slows nothing else.

use std::sync::atomic::Ordering;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;

use crate::directory::Inner;
use crate::model::Fault;
use crate::seams::HashingCost;

/// Hashes waiting at most; beyond, the door says to come back later.
const WAITING: usize = 64;

fn hasher(cost: HashingCost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(cost.memory, cost.passes, 1, None)
        .map_err(|error| Fault::Internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Inner {
    /// Runs hashing work on the bounded pool.
    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if self.hashes_waiting.fetch_add(1, Ordering::SeqCst) >= WAITING {
            self.hashes_waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Fault::TooMany { retry_after: 1000 });
        }
        // Given back also when the client goes away while its hash waits.
        let _place = Place(&self.hashes_waiting);
        let _seat = self
            .hashing
            .acquire()
            .await
            .map_err(|_| Fault::Unavailable("busy"))?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Fault::Internal(format!("hashing: {error}")))?
    }

    /// Hashes a password.
    pub async fn hash_password(&self, password: String) -> Result<String, Fault> {
        let cost = self.seams.hashing;
        let mut salt = [0_u8; 16];
        self.seams.entropy.fill(&mut salt);
        self.hashing(move || {
            let hash = hasher(cost)?
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map_err(|error| Fault::Internal(format!("argon2: {error}")))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Compares a password with a stored hash, whatever cost that one has.
    pub async fn verify_password(&self, password: String, hash: String) -> Result<bool, Fault> {
        self.hashing(move || {
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| Fault::Internal(format!("stored hash: {error}")))?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok())
        })
        .await
    }

    /// A hash that no password has, at the present cost: compared with where there is no account or
    /// no password, so that the answer takes as long.
    pub fn nobodys_hash(&self) -> String {
        let HashingCost { memory, passes } = self.seams.hashing;
        let encoder = base64::engine::general_purpose::STANDARD_NO_PAD;
        let (salt, hash) = (encoder.encode([0_u8; 16]), encoder.encode([0_u8; 32]));
        format!("$argon2id$v=19$m={memory},t={passes},p=1${salt}${hash}")
    }

    /// Whether a stored hash was made at another cost than the present one.
    pub fn outdated(&self, hash: &str) -> bool {
        let HashingCost { memory, passes } = self.seams.hashing;
        !hash.starts_with(&format!("$argon2id$v=19$m={memory},t={passes},p=1$"))
    }
}

/// One of the places of those who wait or hash.
struct Place<'a>(&'a std::sync::atomic::AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
