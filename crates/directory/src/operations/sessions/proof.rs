//! Proofs: a session shows once more who sits in front of it, before it changes what would hand the
//! account over (e-mail address, keys, second factor). A stolen session does not get far so. API keys
//! are never asked: whoever has one has no password to give.

use std::sync::Arc;

use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, Proof, Time, User, UserChange};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{passwords, second_factors, sessions};

use super::lockouts;

/// Milliseconds after signing in during which a session need not prove itself again.
const FRESH: i64 = 300_000;

/// Whether having signed in just now is proof enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FreshWillDo {
    Yes,
    No,
}

fn fresh(begun: Time, now: Time) -> bool {
    begun.plus(FRESH) > now
}

impl Handle {
    /// The same handle with a proof given along, for what a session may change only with one unless it
    /// was begun just now. Keys need none, and none changes nothing.
    pub fn proven(&self, proof: Option<Proof>) -> Pending<'_, Handle> {
        Box::pin(async move {
            let proof = proof.and_then(Proof::given);
            if proof.is_none() || !self.by_session() {
                return Ok(self.clone());
            }
            self.prove(Operation::ProveAgain, proof, FreshWillDo::No)
                .await?;
            Ok(self.having_proved())
        })
    }

    fn having_proved(&self) -> Handle {
        Handle {
            inner: Arc::clone(&self.inner),
            caller: Arc::new(CallerState {
                proven: true,
                ..CallerState::clone(&self.caller)
            }),
            mode: Arc::clone(&self.mode),
        }
    }

    /// Asks for another e-mail address of one's own, which takes effect when it is confirmed. Who comes
    /// with a session gives the password or a code too.
    pub fn request_own_email(&self, email: String, proof: Option<Proof>) -> Pending<'_, User> {
        Box::pin(async move {
            self.prove(Operation::UpdateOwnProfile, proof, FreshWillDo::No)
                .await?;
            let change = UserChange {
                request_email: Some(email),
                ..UserChange::default()
            };
            self.having_proved().update_own_profile(change).await
        })
    }

    /// A session proves once more who sits in front of it; keys are never asked. Wrong proofs count
    /// like wrong passwords at the door.
    pub(crate) async fn prove(
        &self,
        operation: Operation,
        proof: Option<Proof>,
        fresh_will_do: FreshWillDo,
    ) -> Result<(), Fault> {
        let Credential::Session(session, None) = self.caller.credential else {
            return Ok(());
        };
        let proof = proof.and_then(Proof::given);
        let (begun, hash, factor, refused) = self
            .read(operation, async |work: &mut Work<'_>| {
                let own = work.caller.user;
                let begun = sessions::by_id(&mut work.tx, session).await?;
                let stored = passwords::find(&mut work.tx, own).await?;
                let factor = second_factors::find(&mut work.tx, own).await?;
                let hash = stored.map(|stored| stored.hash);
                Ok((
                    begun.map(|session| session.created_at),
                    hash,
                    factor.filter(|factor| factor.confirmed),
                    lockouts::refused_here(work).await?,
                ))
            })
            .await?;
        let proved = match &proof {
            // A session is no way to go on guessing where the door would not listen any more.
            Some(_) if refused => return Err(Fault::WrongPassword),
            None => {
                fresh_will_do == FreshWillDo::Yes
                    && begun.is_some_and(|begun| fresh(begun, self.now()))
            }
            Some(Proof::Password(password)) => {
                self.is_own_password(password, hash.as_deref()).await?
            }
            Some(Proof::Code(code)) => {
                let given = factor.and_then(|factor| self.inner.given(&factor, code, self.now()));
                match given {
                    Some(given) => {
                        self.write(operation, async move |work: &mut Work<'_>| {
                            let own = work.caller.user;
                            given.use_up(work, own).await
                        })
                        .await?
                    }
                    None => false,
                }
            }
        };
        if proved {
            return Ok(());
        }
        if proof.is_some() {
            self.count_wrong_proof(operation).await?;
        }
        Err(Fault::WrongPassword)
    }
}

impl Work<'_> {
    /// Refuses a session that was not begun just now and gave no proof along, and one whose password must
    /// be changed first.
    pub(crate) async fn require_proof(&mut self) -> Outcome<()> {
        self.caller.check_finished(self.operation)?;
        // A job cannot be asked for a password.
        if self.caller.delegated {
            return Err(Fault::WrongPassword.into());
        }
        let Credential::Session(session, None) = self.caller.credential else {
            return Ok(());
        };
        if self.caller.proven {
            return Ok(());
        }
        let now = self.now;
        let begun = sessions::by_id(&mut self.tx, session).await?;
        if begun.is_some_and(|session| fresh(session.created_at, now)) {
            Ok(())
        } else {
            Err(Fault::WrongPassword.into())
        }
    }
}
