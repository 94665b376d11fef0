//! What a caller's permissions reach, for dialects that show it, and the organisations in which the
//! shown users and groups are.

use std::collections::BTreeSet;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Fault, GroupId, Kind, OrganisationId, OrganisationLabel, Permission, Standing, User, UserId,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{organisation_labels, roles, users};

use super::groups::visibility;

impl Handle {
    /// Those of the users that a permission of the caller reaches so as to change them.
    pub fn reached_users<'a>(
        &'a self,
        permission: Permission,
        of: &'a [UserId],
    ) -> Pending<'a, Vec<UserId>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let seen = work.seen_users(&of).await?;
                reached(work, permission, &seen).await
            })
            .await
        })
    }

    /// Number, name and slug of the organisations in which those users are at home and to which those
    /// groups belong. A caller who sees a user or group sees what its organisation is called, and no
    /// more of it.
    pub fn organisation_labels<'a>(
        &'a self,
        homes_of: &'a [UserId],
        of_groups: &'a [GroupId],
    ) -> Pending<'a, Vec<OrganisationLabel>> {
        Box::pin(async move {
            let (people, of_groups) = (homes_of.to_vec(), of_groups.to_vec());
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let seen = work.seen_users(&people).await?;
                let (homes, _) = organisation_labels::homes(&mut work.tx, &seen).await?;
                let ids: Vec<i64> = of_groups.iter().map(|id| id.0).collect();
                let groups = visibility::load_seen(work, &ids).await?;
                let wanted: BTreeSet<OrganisationId> = homes
                    .into_iter()
                    .chain(groups.into_iter().map(|group| group.organisation))
                    .collect();
                let wanted: Vec<OrganisationId> = wanted.into_iter().collect();
                Ok(organisation_labels::load(&mut work.tx, &wanted).await?)
            })
            .await
        })
    }

    /// Whom people of the caller's home may turn to: those who can act and hold the dialect's role of
    /// that word there, or administer the organisation by their membership.
    pub fn administrators_of_home<'a>(&'a self, role: &'a str) -> Pending<'a, Vec<User>> {
        Box::pin(async move {
            let (platform, home) = (self.caller.platform, self.caller.home);
            self.read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                let role = roles::by_word(&mut work.tx, platform.word(), role)
                    .await?
                    .ok_or(Fault::NotFound(Kind::Role))?;
                let mut found = Vec::new();
                for id in organisation_labels::administrators(&mut work.tx, role.id, home).await? {
                    if let Some(user) = users::by_id(&mut work.tx, id).await?
                        && matches!(
                            user.standing(work.now),
                            Standing::Active | Standing::LockedOut
                        )
                    {
                        found.push(user);
                    }
                }
                Ok(found)
            })
            .await
        })
    }
}

/// Whom of these people a permission of the caller reaches so as to change them.
pub(crate) async fn reached(
    work: &mut Work<'_>,
    permission: Permission,
    people: &[UserId],
) -> Outcome<Vec<UserId>> {
    let mut reached = Vec::new();
    for id in people {
        if let Some(user) = users::by_id(&mut work.tx, *id).await?
            && work.reaches_user(permission, &user).await?
        {
            reached.push(*id);
        }
    }
    Ok(reached)
}
