//! Acting in another's name: with that person's rights and no more, by somebody who could have taken
//! the account over anyway. The trail tells who it was, and in whose name.

use std::sync::Arc;

use crate::access::caller::CallerState;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::model::{Fault, Kind, Refusal, Standing, UserRef};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::credentials;

/// The state of a caller who acts in another's name, by the rights of now.
pub(crate) async fn load_impersonated(
    work: &mut Work<'_>,
    which: &UserRef,
) -> Outcome<Arc<CallerState>> {
    let permission = Operation::ActForUser.access().permission;
    if work.caller.impersonator.is_some() {
        return Err(Fault::Forbidden(permission).into());
    }
    let user = work.target_user(which).await?;
    work.guard_takeover(&user).await?;
    let owner = credentials::owner(&mut work.tx, user.id)
        .await?
        .ok_or(Fault::NotFound(Kind::User))?;
    let standing = rules::standing(
        owner.status,
        owner.lock_after,
        owner.locked_until,
        None,
        work.now,
    );
    if standing != Standing::Active {
        return Err(Fault::Unauthenticated(Refusal::Standing(standing)).into());
    }
    let lines = &work.inner.platform_lines;
    let holding = credentials::holding(&mut work.tx, user.id, lines, work.now).await?;
    let impersonator = &work.caller;
    Ok(Arc::new(CallerState {
        user: user.id,
        uuid: user.uuid,
        login: user.login,
        home: user.home,
        platform: impersonator.platform,
        credential: impersonator.credential,
        proof: false,
        delegated: false,
        proven: false,
        limits: impersonator.limits.clone(),
        organisation: impersonator.organisation,
        held: holding.held.into(),
        version: owner.version,
        epoch: owner.epoch,
        held_until: holding.until,
        since: None,
        until: None,
        must_change_password: false,
        must_enrol_second_factor: false,
        context: impersonator.context.clone(),
        impersonator: Some(Arc::clone(impersonator)),
    }))
}
