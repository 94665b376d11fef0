//! Password hashes at the cost that the installation sets.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;

use crate::hashing::Turn;
use crate::model::Fault;
use crate::seams::HashingCost;
use crate::state::Inner;

fn hasher(cost: HashingCost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(cost.memory, cost.passes, 1, None)
        .map_err(|error| Fault::Internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Inner {
    /// Hashes a password.
    pub async fn hash_password(&self, password: String, turn: Turn) -> Result<String, Fault> {
        let cost = self.seams.hashing;
        let mut salt = [0_u8; 16];
        self.seams.entropy.fill(&mut salt);
        let hash = move || {
            let hash = hasher(cost)?
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map_err(|error| Fault::Internal(format!("argon2: {error}")))?;
            Ok(hash.to_string())
        };
        self.hashing.run(turn, hash).await
    }

    /// Compares a password with a stored hash of any cost.
    pub async fn verify_password(
        &self,
        password: String,
        hash: String,
        turn: Turn,
    ) -> Result<bool, Fault> {
        let compare = move || {
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| Fault::Internal(format!("stored hash: {error}")))?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok())
        };
        self.hashing.run(turn, compare).await
    }

    /// A hash that no password has, at the present cost: compared with where there is no account or
    /// no password, so that the answer takes as long.
    pub fn decoy_hash(&self) -> String {
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
