//! A new e-mail address counts when the token that was mailed to it comes back.

use crate::access::authentication::digest;
use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::model::{Fault, Kind, Platform, TokenPurpose, User, UserChange};
use crate::pending::Pending;
use crate::store::{tokens, users};

use super::change;

impl Directory {
    /// Confirms a new e-mail address by the token mailed to it. Another person may have taken the
    /// address meanwhile: then it fails as taken, and nothing changes.
    pub fn confirm_email<'a>(
        &'a self,
        token: &'a str,
        platform: Platform,
        context: RequestContext,
    ) -> Pending<'a, User> {
        Box::pin(async move {
            self.0
                .sign_in_limiter
                .check(context.address, self.0.elapsed())?;
            let found = self.standing_token(token).await;
            let (stored, user) = match found {
                Ok(found) if found.0.purpose == TokenPurpose::ConfirmEmail => found,
                other => {
                    self.0
                        .sign_in_limiter
                        .count(context.address, self.0.elapsed());
                    return Err(other.err().unwrap_or(Fault::NotFound(Kind::Token)));
                }
            };
            let digest = digest(token);
            self.acting(platform, &user, context)
                .write(
                    Operation::UpdateOwnProfile,
                    async move |work: &mut Work<'_>| {
                        let own = work.caller.user;
                        let missing = || Fault::NotFound(Kind::Token);
                        let user = users::by_id(&mut work.tx, own).await?.ok_or_else(missing)?;
                        let awaited =
                            user.pending_email.is_some() && user.pending_email == stored.detail;
                        if !tokens::take(&mut work.tx, &digest).await? || !awaited {
                            return Err(missing().into());
                        }
                        let change = UserChange {
                            email: Some(user.pending_email),
                            ..UserChange::default()
                        };
                        change::update(work, &own.into(), &change, None).await
                    },
                )
                .await
        })
    }
}
