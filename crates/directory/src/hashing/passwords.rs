//! Password hashes at the cost that the installation sets.

use std::cell::RefCell;

use argon2::password_hash::{PasswordVerifier as _, phc::Output, phc::PasswordHash, phc::Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;

use crate::hashing::Turn;
use crate::model::Fault;
use crate::seams::HashingCost;
use crate::state::Inner;

/// Bytes of a hash that is made here.
const HASH: usize = 32;

thread_local! {
    /// What a thread hashes in. Memory that is given back after each hash comes as pages that the system makes anew, which
    /// takes it half as long as the hash itself.
    static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Gives the thread's memory back.
pub(super) fn release_memory() {
    BLOCKS.with_borrow_mut(|blocks| *blocks = Vec::new());
}

/// Argon2id of version 19, in the thread's own memory.
fn derive(params: Params, password: &[u8], salt: &[u8], hash: &mut [u8]) -> argon2::Result<()> {
    BLOCKS.with_borrow_mut(|blocks| {
        let needed = params.block_count();
        if blocks.len() < needed {
            blocks.resize(needed, Block::new());
        }
        let memory = blocks.get_mut(..needed).unwrap_or_default();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into_with_memory(password, salt, hash, memory)
    })
}

/// Makes a hash as it is stored.
fn make_hash(cost: HashingCost, password: &[u8], salt: &[u8]) -> Result<String, Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::Internal(format!("argon2: {error}"));
    let HashingCost { memory, passes } = cost;
    let params = Params::new(memory, passes, 1, None).map_err(|error| failed(&error))?;
    let mut hash = [0_u8; HASH];
    derive(params, password, salt, &mut hash).map_err(|error| failed(&error))?;
    let encoder = base64::engine::general_purpose::STANDARD_NO_PAD;
    let (salt, hash) = (encoder.encode(salt), encoder.encode(hash));
    Ok(format!("{}{salt}${hash}", prefix(cost)))
}

/// What a stored hash of this cost begins with.
fn prefix(HashingCost { memory, passes }: HashingCost) -> String {
    format!("$argon2id$v=19$m={memory},t={passes},p=1$")
}

/// Whether a stored hash is that of a password. Hashes of other kinds, which restored people may have, are compared in memory of
/// their own.
fn is_hash_of(stored: &PasswordHash, password: &[u8]) -> bool {
    let kind = Algorithm::try_from(stored.algorithm.as_str());
    let (Ok(Algorithm::Argon2id), Some(19), Some(salt), Some(expected), Ok(params)) = (
        kind,
        stored.version,
        &stored.salt,
        &stored.hash,
        Params::try_from(stored),
    ) else {
        return Argon2::default().verify_password(password, stored).is_ok();
    };
    let mut hash = vec![0_u8; expected.len()];
    derive(params, password, Salt::as_ref(salt), &mut hash).is_ok()
        // Compares in constant time.
        && Output::new(&hash).is_ok_and(|hash| hash == *expected)
}

impl Inner {
    /// Hashes a password.
    pub async fn hash_password(&self, password: String, turn: Turn) -> Result<String, Fault> {
        let cost = self.seams.hashing;
        let mut salt = [0_u8; 16];
        self.seams.entropy.fill(&mut salt);
        let hash = move || make_hash(cost, password.as_bytes(), &salt);
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
            Ok(is_hash_of(&parsed, password.as_bytes()))
        };
        self.hashing.run(turn, compare).await
    }

    /// A hash that no password has, at the present cost: compared with where there is no account or
    /// no password, so that the answer takes as long.
    pub fn decoy_hash(&self) -> String {
        let encoder = base64::engine::general_purpose::STANDARD_NO_PAD;
        let (salt, hash) = (encoder.encode([0_u8; 16]), encoder.encode([0_u8; 32]));
        format!("{}{salt}${hash}", prefix(self.seams.hashing))
    }

    /// Whether a stored hash was made at another cost than the present one.
    pub fn outdated(&self, hash: &str) -> bool {
        !hash.starts_with(&prefix(self.seams.hashing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashingCost = HashingCost {
        memory: 64,
        passes: 2,
    };

    /// What is made here is what the library makes and compares, also in memory that other hashes have used.
    #[test]
    fn hashes_are_those_of_the_library() {
        let dear = HashingCost {
            memory: 256,
            passes: 1,
        };
        for cost in [CHEAP, dear, CHEAP] {
            for password in ["", "correct horse", "pässword"] {
                let made = make_hash(cost, password.as_bytes(), &[7; 16]).unwrap();
                let stored = PasswordHash::new(&made).unwrap();
                let library = Argon2::default();
                assert!(
                    library
                        .verify_password(password.as_bytes(), &stored)
                        .is_ok()
                );
                assert!(is_hash_of(&stored, password.as_bytes()), "{made}");
                assert!(!is_hash_of(&stored, b"another"), "{made}");
            }
        }
        release_memory();
        BLOCKS.with_borrow(|blocks| assert_eq!(blocks.capacity(), 0));
    }

    /// Hashes of every kind that the library knows are compared as it does.
    #[test]
    fn hashes_of_other_kinds_are_compared() {
        use argon2::password_hash::PasswordHasher as _;
        for algorithm in [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id] {
            for version in [Version::V0x10, Version::V0x13] {
                for length in [None, Some(16), Some(64)] {
                    let params = Params::new(64, 1, 2, length).unwrap();
                    let made = Argon2::new(algorithm, version, params)
                        .hash_password_with_salt(b"secret", &[9; 16])
                        .unwrap();
                    let text = made.to_string();
                    let stored = PasswordHash::new(&text).unwrap();
                    assert!(is_hash_of(&stored, b"secret"), "{text}");
                    assert!(!is_hash_of(&stored, b"Secret"), "{text}");
                }
            }
        }
    }
}
