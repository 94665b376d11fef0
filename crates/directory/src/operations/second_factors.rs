//! Second factors: one-time codes of an authenticator, with recovery codes for the day it is lost.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Branding, Fault, Kind, Proof, Related, SecondFactorPolicy, SecondFactorSecret, Time, User,
    UserId, UserKind, UserRef, Wanted,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::state::Inner;
use crate::store::second_factors::{self, Factor};
use crate::store::{sessions, users};

use super::mail::notice;
use crate::operations::sessions::proof::FreshWillDo;
use crate::operations::users::related::load_related;
use crate::pending::Pending;

/// What seeds are sealed for.
const PURPOSE: &str = "second factor";
/// Recovery codes made at once.
const RECOVERY_CODES: usize = 10;

/// What somebody gave for their second factor; still to be used up in the transaction.
#[derive(Clone)]
pub(crate) enum Given {
    /// The code of a time step.
    Step(i64),
    /// A recovery code's digest.
    Recovery([u8; 32]),
}

impl Given {
    /// The word for the audit trail.
    pub fn word(&self) -> &'static str {
        match self {
            Given::Step(_) => "code",
            Given::Recovery(_) => "recovery code",
        }
    }

    /// Uses it up; false when it was used before or is none.
    pub async fn use_up(&self, work: &mut Work<'_>, user: UserId) -> Outcome<bool> {
        let now = work.now;
        Ok(match self {
            Given::Step(step) => second_factors::use_step(&mut work.tx, user, *step).await?,
            Given::Recovery(digest) => {
                second_factors::use_recovery(&mut work.tx, user, digest, now).await?
            }
        })
    }
}

impl Inner {
    /// What a text is for this factor: the code of a step near now, or perhaps a recovery code.
    pub fn given(&self, factor: &Factor, code: &str, now: Time) -> Option<Given> {
        let code: String = code
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(64)
            .collect();
        if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            let seed = self.unseal(PURPOSE, &factor.sealed_seed).ok()?;
            return rules::matching_step(&seed, &code, now, factor.last_step).map(Given::Step);
        }
        Some(Given::Recovery(self.recovery_digest(&code)))
    }

    /// Recovery codes are short, so their digests are keyed with what is not in the database.
    fn recovery_digest(&self, code: &str) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            // HMAC takes keys of any length.
            return [0; 32];
        };
        mac.update(b"recovery code");
        mac.update(code.to_ascii_uppercase().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// New recovery codes with their digests: 80 bits each, in four groups.
    fn recovery_codes(&self) -> (Vec<String>, Vec<[u8; 32]>) {
        (0..RECOVERY_CODES)
            .map(|_| {
                let mut random = [0_u8; 10];
                self.seams.entropy.fill(&mut random);
                let plain = rules::base32(&random);
                let groups: Vec<&str> =
                    (0..4).filter_map(|i| plain.get(i * 4..i * 4 + 4)).collect();
                (groups.join("-"), self.recovery_digest(&plain))
            })
            .unzip()
    }
}

impl Handle {
    /// Begins to enrol a second factor: the secret is shown once and works when a code of it has
    /// confirmed it. A session that was not just begun gives the password again.
    pub fn begin_second_factor(&self, proof: Option<Proof>) -> Pending<'_, SecondFactorSecret> {
        Box::pin(async move {
            let operation = Operation::EnrolSecondFactor;
            self.admit(operation)?;
            self.prove(operation, proof, FreshWillDo::Yes).await?;
            let mut seed = [0_u8; 20];
            self.inner.seams.entropy.fill(&mut seed);
            let sealed = self.inner.seal(PURPOSE, &seed)?;
            self.write(operation, async move |work: &mut Work<'_>| {
                    let user = own(work).await?;
                    if user.kind == UserKind::Service {
                        return Err(
                            Fault::invalid("second_factor", "service accounts have none").into(),
                        );
                    }
                    if user.second_factor {
                        return Err(Fault::Taken {
                            field: "second_factor",
                        }
                        .into());
                    }
                    let now = work.now;
                    second_factors::begin(&mut work.tx, user.id, &sealed, now).await?;
                    let inner = std::sync::Arc::clone(&work.inner);
                    let face: Branding = inner.setting(&mut work.tx).await?;
                    let secret = rules::base32(&seed);
                    let (issuer, login) = (escaped(face.name()), escaped(&user.login));
                    let uri = format!(
                        "otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
                    );
                    Ok(SecondFactorSecret { secret, uri })
                })
                .await
        })
    }

    /// Confirms the enrolment by a code; the recovery codes are shown this once. Other sessions end.
    pub fn confirm_second_factor<'a>(&'a self, code: &'a str) -> Pending<'a, Vec<String>> {
        Box::pin(async move {
            let operation = Operation::EnrolSecondFactor;
            self.admit(operation)?;
            let (codes, digests) = self.inner.recovery_codes();
            let code = code.to_owned();
            let confirmed = self
                .write(operation, async move |work: &mut Work<'_>| {
                    let user = own(work).await?;
                    let factor = second_factors::find(&mut work.tx, user.id)
                        .await?
                        .filter(|factor| !factor.confirmed)
                        .ok_or(Fault::NotFound(Kind::SecondFactor))?;
                    let now = work.now;
                    let given = work.inner.given(&factor, &code, now);
                    let Some(given @ Given::Step(_)) = given else {
                        return Ok(false);
                    };
                    if !given.use_up(work, user.id).await? {
                        return Ok(false);
                    }
                    second_factors::confirm(&mut work.tx, user.id, now).await?;
                    second_factors::put_recovery(&mut work.tx, user.id, &digests).await?;
                    let keep = own_session(work);
                    sessions::delete_of(&mut work.tx, user.id, keep).await?;
                    if let Some(session) = keep {
                        sessions::enrolled(&mut work.tx, session).await?;
                    }
                    work.event("second_factor.enrolled", About::user(&user), None)
                        .await?;
                    notice(work, &user, "notice_second_factor").await?;
                    Ok(true)
                })
                .await?;
            if confirmed {
                Ok(codes)
            } else {
                self.count_wrong_proof(operation).await?;
                Err(Fault::invalid("code", "is not the one shown now"))
            }
        })
    }

    /// Makes new recovery codes in the place of the old ones.
    pub fn renew_recovery_codes(&self, proof: Option<Proof>) -> Pending<'_, Vec<String>> {
        Box::pin(async move {
            let operation = Operation::EnrolSecondFactor;
            self.admit(operation)?;
            self.prove(operation, proof, FreshWillDo::No).await?;
            let (codes, digests) = self.inner.recovery_codes();
            self.write(operation, async move |work: &mut Work<'_>| {
                let user = own(work).await?;
                if !user.second_factor {
                    return Err(Fault::NotFound(Kind::SecondFactor).into());
                }
                second_factors::put_recovery(&mut work.tx, user.id, &digests).await?;
                work.event("second_factor.codes_renewed", About::user(&user), None)
                    .await?;
                notice(work, &user, "notice_second_factor").await?;
                Ok(codes.clone())
            })
            .await
        })
    }

    /// How many of the caller's recovery codes are left.
    pub fn recovery_codes_left(&self) -> Pending<'_, i64> {
        Box::pin(async move {
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let own = work.caller.user;
                Ok(second_factors::recovery_left(&mut work.tx, own).await?)
            })
            .await
        })
    }

    /// Takes a second factor away: one's own, where a session gives the password or a code, or that of
    /// somebody within reach. Sessions end, and the person is told. False when there was none.
    pub fn remove_second_factor(
        &self,
        user: impl Into<UserRef>,
        proof: Option<Proof>,
    ) -> Pending<'_, bool> {
        fn inner(handle: &Handle, user: UserRef, proof: Option<Proof>) -> Pending<'_, bool> {
            Box::pin(async move {
                let which = user;
                handle.prove_removal(&which, proof).await?;
                let operation = Operation::RemoveSecondFactor;
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        remove(work, &which).await
                    })
                    .await
            })
        }
        inner(self, user.into(), proof)
    }

    /// Takes a second factor away as [`Handle::remove_second_factor`] does, and reads what is wanted of the user: in one
    /// transaction.
    pub fn remove_second_factor_and_show(
        &self,
        user: impl Into<UserRef>,
        proof: Option<Proof>,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        fn inner(
            handle: &Handle,
            which: UserRef,
            proof: Option<Proof>,
            wanted: Wanted,
        ) -> Pending<'_, (User, Related)> {
            Box::pin(async move {
                handle.prove_removal(&which, proof).await?;
                let operation = Operation::RemoveSecondFactor;
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        remove(work, &which).await?;
                        let user = work.target_user(&which).await?;
                        let related = load_related(work, &[user.id], wanted).await?;
                        Ok((user, related))
                    })
                    .await
            })
        }
        inner(self, user.into(), proof, wanted)
    }

    /// Refuses callers who may not take a second factor away, and sessions that take their own away without a proof.
    async fn prove_removal(&self, which: &UserRef, proof: Option<Proof>) -> Result<(), Fault> {
        let operation = Operation::RemoveSecondFactor;
        self.admit(operation)?;
        let name = which.clone();
        let target = self
            .read(operation, async |work: &mut Work<'_>| {
                let user = work.target_user(&name).await?;
                work.guard_takeover(&user).await?;
                Ok(user)
            })
            .await?;
        if target.id == self.caller.user {
            self.prove(operation, proof, FreshWillDo::No).await?;
        }
        Ok(())
    }

    /// Takes the second factors of several people away, all or none; tells of how many there were. The
    /// caller may be among them with a key, which is never asked for a proof; a session takes its own
    /// factor away with a proof, by [`Handle::remove_second_factor`].
    pub fn remove_second_factors(&self, users: Vec<UserRef>) -> Pending<'_, usize> {
        Box::pin(async move {
            let operation = Operation::RemoveSecondFactor;
            rules::limits::check_references("users", users.len())?;
            self.write(operation, async move |work: &mut Work<'_>| {
                let mut removed = 0;
                for which in &users {
                    removed += usize::from(remove_of(work, which).await?);
                }
                Ok(removed)
            })
            .await
        })
    }
}

/// Takes a person's second factor away, with every rule. A session takes its own person's away with a
/// proof, and a job that a session asked for not at all.
pub(crate) async fn remove_of(work: &mut Work<'_>, which: &UserRef) -> Outcome<bool> {
    let user = work.target_user(which).await?;
    let caller = &work.caller;
    let session = matches!(caller.credential, Credential::Session(_, None)) || caller.delegated;
    if user.id == caller.user && session && !caller.proven {
        return Err(Fault::WrongPassword.into());
    }
    remove(work, which).await
}

async fn remove(work: &mut Work<'_>, which: &UserRef) -> Outcome<bool> {
    let user = work.target_user(which).await?;
    work.guard_takeover(&user).await?;
    if !second_factors::delete(&mut work.tx, user.id).await? || !user.second_factor {
        return Ok(false);
    }
    let keep = own_session(work).filter(|_| user.id == work.caller.user);
    sessions::delete_of(&mut work.tx, user.id, keep).await?;
    work.event("second_factor.removed", About::user(&user), None)
        .await?;
    notice(work, &user, "notice_second_factor").await?;
    Ok(true)
}

/// Holds sessions that go on to what is required by now: whose people need a second factor and have none may do nothing but
/// enrol one. Called after each change from which more people may need one.
pub(crate) async fn require_in_sessions(work: &mut Work<'_>, whose: Option<UserId>) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let policy: SecondFactorPolicy = inner.setting(&mut work.tx).await?;
    sessions::require_enrolment(&mut work.tx, whose, policy.required).await?;
    Ok(())
}

async fn own(work: &mut Work<'_>) -> Outcome<User> {
    let own = work.caller.user;
    Ok(users::by_id(&mut work.tx, own)
        .await?
        .ok_or(Fault::NotFound(Kind::User))?)
}

fn own_session(work: &Work<'_>) -> Option<crate::model::SessionId> {
    match work.caller.credential {
        Credential::Session(session, _) => Some(session),
        _ => None,
    }
}

/// Percent-encodes what is neither letter, digit nor one of `-._~`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
