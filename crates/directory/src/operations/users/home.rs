//! What follows when somebody's home moves, or they leave an organisation.

use std::sync::Arc;

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, Membership, OrganisationId, Permission, Place, RolePaths, User,
};
use crate::outcome::Outcome;
use crate::store::{grants, members, organisations, roles, users};

use crate::operations::roles::covering::{self, Holder};

/// Refuses a move by a key whose limits those who reach the person afterwards would not have.
pub(crate) fn check_move(work: &Work<'_>, moves: bool) -> Result<(), Fault> {
    if moves && work.caller.limits.binds_moves() {
        return Err(Fault::ExceedsOwn);
    }
    Ok(())
}

/// Moves the home: reach over both is needed. The one role of platforms with exactly one goes along;
/// groups and custom roles of what is left behind end.
pub(crate) async fn move_home(
    work: &mut Work<'_>,
    user: &mut User,
    home: OrganisationId,
) -> Outcome<()> {
    work.require_named_organisation(home).await?;
    if !work
        .reaches_organisation(Permission::EditUsers, home)
        .await?
    {
        return Err(Fault::Forbidden(Permission::EditUsers).into());
    }
    let all = organisations::memberships(&mut work.tx, &[user.id]).await?;
    settle(work, user, home, &all).await
}

/// Makes an organisation the home in place of the old one, which is left: by a change of the home, or by the
/// end of the membership that it is. Either is a move.
pub(crate) async fn settle(
    work: &mut Work<'_>,
    user: &mut User,
    home: OrganisationId,
    present: &[Membership],
) -> Outcome<()> {
    check_move(work, true)?;
    let (old, now) = (user.home, work.now);
    let administrator = present
        .iter()
        .any(|one| one.organisation == home && one.administrator);
    organisations::delete_membership(&mut work.tx, user.id, old).await?;
    let membership = Membership {
        user: user.id,
        organisation: home,
        home: true,
        administrator,
    };
    organisations::put_membership(&mut work.tx, membership, now).await?;
    users::change_population(&mut work.tx, old, -1).await?;
    users::change_population(&mut work.tx, home, 1).await?;
    user.home = home;
    roles_follow(work, user, old).await?;
    grants::end_foreign_custom(&mut work.tx, user.id, home).await?;
    leave_foreign_groups(work, user).await
}

/// The one role of platforms with exactly one counts at the new home. That is a grant there, so the
/// caller must hold what it brings.
async fn roles_follow(work: &mut Work<'_>, user: &User, old: OrganisationId) -> Outcome<()> {
    let inner = Arc::clone(&work.inner);
    for spec in &inner.platforms {
        if spec.paths != RolePaths::ExactlyOne {
            continue;
        }
        let platform = spec.platform.word();
        for grant in grants::direct(&mut work.tx, user.id, platform).await? {
            if grant.organisation == old
                && let Some(role) = roles::by_id(&mut work.tx, grant.role).await?
            {
                covering::may_grant(work, &role, Place::In(user.home), Holder::Person(user))
                    .await?;
            }
        }
        grants::follow_home(&mut work.tx, user.id, platform, old, user.home).await?;
    }
    Ok(())
}

/// Ends the memberships of groups whose subtree holds none of the user's organisations any more.
pub(crate) async fn leave_foreign_groups(work: &mut Work<'_>, user: &mut User) -> Outcome<()> {
    members::leave_foreign(&mut work.tx, user.id).await?;
    if let Some(group) = user.primary_group
        && !members::is_in(&mut work.tx, user.id, group).await?
    {
        user.primary_group = None::<GroupId>;
    }
    Ok(())
}
