//! Memberships: who belongs to which organisations beside their home.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Kind, Membership, OrganisationId, OrganisationRef, Permission, Ref, Scope, UserId,
    UserRef,
};
use crate::outcome::Outcome;
use crate::store::{organisations, users};

use crate::operations::roles::covering;
use crate::operations::users::home;
use crate::pending::Pending;

/// Whether the caller may put people into an organisation: it must be visible, and within the reach
/// of either permission.
pub(crate) async fn may_join(
    work: &mut Work<'_>,
    permission: Permission,
    organisation: OrganisationId,
) -> Outcome<()> {
    work.require_named_organisation(organisation).await?;
    let reaches = work.reaches_organisation(permission, organisation).await?
        || work
            .reaches_organisation(Permission::ManageMemberships, organisation)
            .await?;
    if reaches {
        Ok(())
    } else {
        Err(Fault::Forbidden(permission).into())
    }
}

/// Makes a person a member, with every rule.
pub(crate) async fn add(
    work: &mut Work<'_>,
    user: &UserRef,
    organisation: &OrganisationRef,
    administrator: Option<bool>,
) -> Outcome<Membership> {
    let user = work.visible_user(user).await?;
    let organisation = work
        .find_organisation(organisation)
        .await?
        .ok_or(Fault::UnknownReference(Kind::Organisation))?;
    may_join(work, Permission::ManageMemberships, organisation.id).await?;
    let present = organisations::memberships(&mut work.tx, &[user.id]).await?;
    let old = present
        .iter()
        .find(|one| one.organisation == organisation.id)
        .copied();
    let new = Membership {
        user: user.id,
        organisation: organisation.id,
        home: old.is_some_and(|old| old.home),
        administrator: administrator.unwrap_or(old.is_some_and(|old| old.administrator)),
    };
    if new.administrator != old.is_some_and(|old| old.administrator) {
        work.guard_takeover(&user).await?;
        covering::may_flag(work, &user, organisation.id).await?;
    }
    if old != Some(new) {
        let now = work.now;
        organisations::put_membership(&mut work.tx, new, now).await?;
        let shown = |one: Membership| json!({ "organisation": organisation.name, "administrator": one.administrator });
        let mut detail = json!({ "after": shown(new) });
        if let Some(old) = old {
            detail["before"] = shown(old);
        }
        work.event("membership.set", About::user(&user), Some(detail))
            .await?;
    }
    Ok(new)
}

/// Takes a person out of an organisation, with every rule.
pub(crate) async fn remove(
    work: &mut Work<'_>,
    user: &UserRef,
    organisation: &OrganisationRef,
) -> Outcome<()> {
    let mut user = work.visible_user(user).await?;
    let organisation = work
        .find_organisation(organisation)
        .await?
        .ok_or(Fault::UnknownReference(Kind::Organisation))?;
    may_join(work, Permission::ManageMemberships, organisation.id).await?;
    let present = organisations::memberships(&mut work.tx, &[user.id]).await?;
    let Some(old) = present
        .iter()
        .find(|one| one.organisation == organisation.id)
    else {
        return Err(Fault::NotFound(Kind::Membership).into());
    };
    let now = work.now;
    if old.home {
        if organisation.id == crate::ROOT {
            return Err(Fault::Protected(Kind::Membership).into());
        }
        work.guard_takeover(&user).await?;
        if !work
            .reaches_organisation(Permission::ManageMemberships, crate::ROOT)
            .await?
        {
            return Err(Fault::Forbidden(Permission::ManageMemberships).into());
        }
        home::settle(work, &mut user, crate::ROOT, &present).await?;
    } else {
        if old.administrator {
            work.guard_takeover(&user).await?;
        }
        organisations::delete_membership(&mut work.tx, user.id, organisation.id).await?;
        home::leave_foreign_groups(work, &mut user).await?;
    }
    user.updated_at = now;
    user.updated_by = work.actor();
    let alias = work.inner.alias(&user);
    users::update(&mut work.tx, &user, alias.as_deref()).await?;
    let detail = json!({ "before": { "organisation": organisation.name } });
    work.event("membership.ended", About::user(&user), Some(detail))
        .await
}

impl Handle {
    /// The memberships of those users, homes first. Users the caller does not see are left out.
    pub fn memberships<'a>(&'a self, of: &'a [UserId]) -> Pending<'a, Vec<Membership>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let seen = work.seen_users(&of).await?;
                Ok(organisations::memberships(&mut work.tx, &seen).await?)
            })
            .await
        })
    }

    /// The administrators of those organisations.
    pub fn organisation_administrators<'a>(
        &'a self,
        of: &'a [OrganisationId],
    ) -> Pending<'a, Vec<Membership>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                Ok(organisations::administrators(&mut work.tx, &of).await?)
            })
            .await
        })
    }

    /// Makes somebody a member of an organisation; it never moves their home. Twice is harmless. With
    /// `administrator` set, also makes them its administrator or takes that away.
    pub fn add_membership(
        &self,
        user: impl Into<UserRef>,
        organisation: impl Into<OrganisationRef>,
        administrator: Option<bool>,
    ) -> Pending<'_, Membership> {
        fn inner(
            handle: &Handle,
            user: UserRef,
            organisation: OrganisationRef,
            administrator: Option<bool>,
        ) -> Pending<'_, Membership> {
            Box::pin(async move {
                let (user, organisation) = (user, organisation);
                handle
                    .write(
                        Operation::AddMembership,
                        async move |work: &mut Work<'_>| {
                            add(work, &user, &organisation, administrator).await
                        },
                    )
                    .await
            })
        }
        inner(self, user.into(), organisation.into(), administrator)
    }

    /// Takes somebody out of an organisation. Leaving the home moves it to the root, for callers who
    /// reach that. Groups that allowed them only for this organisation's sake end too.
    pub fn remove_membership(
        &self,
        user: impl Into<UserRef>,
        organisation: impl Into<OrganisationRef>,
    ) -> Pending<'_, ()> {
        fn inner(handle: &Handle, user: UserRef, organisation: OrganisationRef) -> Pending<'_, ()> {
            Box::pin(async move {
                let (user, organisation) = (user, organisation);
                handle
                    .write(
                        Operation::RemoveMembership,
                        async move |work: &mut Work<'_>| remove(work, &user, &organisation).await,
                    )
                    .await
            })
        }
        inner(self, user.into(), organisation.into())
    }

    /// The organisations of those numbers that the caller sees.
    pub fn organisations_by_id<'a>(
        &'a self,
        ids: &'a [OrganisationId],
    ) -> Pending<'a, Vec<crate::model::Organisation>> {
        Box::pin(async move {
            let ids = ids.to_vec();
            self.read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                let mut scopes = work.scopes_of(Permission::ReadOrganisations);
                // Everybody sees the organisations they belong to.
                scopes.push(Scope::Own(work.caller.user));
                let limit = work.limit();
                Ok(organisations::seen_of(&mut work.tx, &ids, &scopes, limit).await?)
            })
            .await
        })
    }

    /// One organisation the caller sees.
    pub fn organisation(
        &self,
        which: impl Into<OrganisationRef>,
    ) -> Pending<'_, crate::model::Organisation> {
        fn inner(
            handle: &Handle,
            which: OrganisationRef,
        ) -> Pending<'_, crate::model::Organisation> {
            Box::pin(async move {
                let which: OrganisationRef = which;
                let show = async |work: &mut Work<'_>| work.visible_organisation(&which).await;
                // Whoever sees every organisation needs no look at where it is.
                if handle
                    .caller
                    .reaches_all(Permission::ReadOrganisations.word())
                {
                    handle.read_point(Operation::ShowOrganisation, show).await
                } else {
                    handle.read(Operation::ShowOrganisation, show).await
                }
            })
        }
        inner(self, which.into())
    }

    /// The name of an organisation, whatever the caller sees of it: people know their own home's name.
    pub fn own_organisation(&self) -> Pending<'_, crate::model::Organisation> {
        Box::pin(async move { self.organisation(Ref::Id(self.caller.home)).await })
    }
}
