//! Passwords: policy, hashing outside the transaction, storing inside.

use std::sync::atomic::Ordering;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::directory::Inner;
use crate::handle::{Outcome, Work};
use crate::model::{Fault, NewPassword, Platform, Time, UserId};
use crate::seams::HashingCost;

/// A password that passed the policy, hashed.
pub(crate) struct Prepared {
    pub hash: String,
    pub must_change: bool,
}

/// Hashes waiting at most; beyond, the door says to come back later.
const WAITING: usize = 64;

fn hasher(cost: HashingCost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(cost.memory, cost.passes, 1, None)
        .map_err(|error| Fault::Internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Inner {
    /// Runs hashing work on the bounded pool.
    pub async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if self.hashes_waiting.fetch_add(1, Ordering::SeqCst) >= WAITING {
            self.hashes_waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(Fault::TooMany { retry_after: 1000 });
        }
        let result = async {
            let _seat = self
                .hashing
                .acquire()
                .await
                .map_err(|_| Fault::Unavailable("busy"))?;
            tokio::task::spawn_blocking(work)
                .await
                .map_err(|error| Fault::Internal(format!("hashing: {error}")))?
        }
        .await;
        self.hashes_waiting.fetch_sub(1, Ordering::SeqCst);
        result
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

    /// Checks a new password against the policy and hashes it. `own` are the person's and the
    /// organisation's names.
    pub async fn prepare_password(
        &self,
        platform: Platform,
        new: &NewPassword,
        own: &[&str],
    ) -> Result<Option<Prepared>, Fault> {
        let (password, must_change) = match new {
            NewPassword::None => return Ok(None),
            NewPassword::Chosen(password) => (password, false),
            NewPassword::MustChange(password) => (password, true),
        };
        self.check_password(platform, password, own).await?;
        Ok(Some(Prepared {
            hash: self.hash_password(password.clone()).await?,
            must_change,
        }))
    }

    /// The policy in force at this door.
    pub async fn check_password(
        &self,
        _platform: Platform,
        password: &str,
        _own: &[&str],
    ) -> Result<(), Fault> {
        let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        if length < 12 {
            return Err(Fault::WeakPassword(crate::model::Weakness::TooShort(12)));
        }
        if length > 1024 {
            return Err(Fault::WeakPassword(crate::model::Weakness::TooLong(1024)));
        }
        Ok(())
    }
}

/// Stores a hash.
pub(crate) async fn store(work: &mut Work<'_>, user: UserId, prepared: &Prepared) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    put(work, user, &prepared.hash, prepared.must_change, now, actor).await
}

async fn put(
    work: &mut Work<'_>,
    user: UserId,
    hash: &str,
    must_change: bool,
    now: Time,
    actor: Option<UserId>,
) -> Outcome<()> {
    work.tx
        .exec(
            "INSERT INTO passwords (user_id, hash, must_change, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, must_change = excluded.must_change, \
             changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            &[user.0.into(), hash.into(), must_change.into(), now.0.into(), actor.map(|user| user.0).into()],
        )
        .await?;
    Ok(())
}

/// Ends a user's sessions (all but one) and voids mailed tokens: after a password change, and when
/// an account stops being active.
pub(crate) async fn end_sessions(
    work: &mut Work<'_>,
    user: UserId,
    keep: Option<i64>,
) -> Outcome<()> {
    work.tx
        .exec(
            "DELETE FROM sessions WHERE user_id = $1 AND id <> $2",
            &[user.0.into(), keep.unwrap_or(0).into()],
        )
        .await?;
    work.tx
        .exec(
            "DELETE FROM one_time_tokens WHERE user_id = $1",
            &[user.0.into()],
        )
        .await?;
    Ok(())
}
