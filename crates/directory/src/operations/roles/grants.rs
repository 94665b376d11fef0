//! Grants: who holds what by which path, granting and revoking, and the roles groups bring.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Granted, Group, GroupId, GroupRef, GroupRole, GroupRoleScope, HeldRole, Kind, NewGrant,
    OrganisationId, Path, Permission, Place, Platform, Role, RoleId, RolePaths, UserId, UserRef,
};
use crate::outcome::Outcome;
use crate::rules::limits;
use crate::store::{collections, grants};

use crate::operations::groups::visibility;
use crate::operations::roles::covering::{self, Holder};
use crate::operations::roles::granting;
use crate::operations::roles::granting::{Direct, Wanted};
use crate::operations::roles::owners;
use crate::pending::Pending;

impl Handle {
    /// Every role those people hold that has not ended, by every path: of the dialect's platform and
    /// of `usher`; natively of all. People the caller does not see are left out.
    pub fn grants_of<'a>(&'a self, of: &'a [UserId]) -> Pending<'a, Vec<HeldRole>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ListGrants, async |work: &mut Work<'_>| {
                let seen = work.seen_users(&of).await?;
                let only = work.shown_platform();
                granting::held_by(work, &seen, only).await
            })
            .await
        })
    }

    /// Grants a role directly; true when that changed anything. Without an organisation it counts at
    /// the home on platforms with exactly one role, and at the caller's highest reach on others.
    pub fn grant_role(&self, user: impl Into<UserRef>, new: NewGrant) -> Pending<'_, bool> {
        fn inner(handle: &Handle, user: UserRef, new: NewGrant) -> Pending<'_, bool> {
            Box::pin(async move { Ok(handle.grant_roles(user, vec![new]).await? > 0) })
        }
        inner(self, user.into(), new)
    }

    /// Grants a role directly, and tells how it is held now: both in one transaction.
    pub fn grant_role_and_show(
        &self,
        user: impl Into<UserRef>,
        new: NewGrant,
    ) -> Pending<'_, Granted> {
        fn inner(handle: &Handle, user: UserRef, new: NewGrant) -> Pending<'_, Granted> {
            Box::pin(async move {
                handle
                    .write(Operation::GrantRole, async move |work: &mut Work<'_>| {
                        let user = work.visible_user(&user).await?;
                        let wanted = Wanted {
                            role: new.role,
                            organisation: new.organisation,
                            expires_at: new.expires_at,
                        };
                        let fresh = granting::give(work, &user, wanted, false).await?;
                        let only = work.shown_platform();
                        let held = granting::held_by(work, &[user.id], only).await?;
                        let held = held.into_iter().rev().find(|one| {
                            matches!(one.path, Path::Direct(_))
                                && one.role == new.role
                                && new
                                    .organisation
                                    .is_none_or(|there| there == one.organisation)
                        });
                        Ok(Granted {
                            fresh,
                            user,
                            held: held.ok_or(Fault::NotFound(Kind::Grant))?,
                        })
                    })
                    .await
            })
        }
        inner(self, user.into(), new)
    }

    /// Grants several roles, all or none; tells how many of them were new.
    pub fn grant_roles(&self, user: impl Into<UserRef>, new: Vec<NewGrant>) -> Pending<'_, usize> {
        fn inner(handle: &Handle, user: UserRef, new: Vec<NewGrant>) -> Pending<'_, usize> {
            Box::pin(async move {
                limits::check_references("roles", new.len())?;
                handle
                    .write(Operation::GrantRole, async move |work: &mut Work<'_>| {
                        let user = work.visible_user(&user).await?;
                        let roles: Vec<RoleId> = new.iter().map(|one| one.role).collect();
                        let places: Vec<_> =
                            new.iter().filter_map(|one| one.organisation).collect();
                        work.look_up_roles(&roles).await?;
                        work.look_up_organisations(&places).await?;
                        let mut direct = Direct::default();
                        let mut given = 0;
                        for one in &new {
                            let wanted = Wanted {
                                role: one.role,
                                organisation: one.organisation,
                                expires_at: one.expires_at,
                            };
                            let changed =
                                granting::give_beside(work, &user, wanted, false, &mut direct);
                            given += usize::from(changed.await?);
                        }
                        Ok(given)
                    })
                    .await
            })
        }
        inner(self, user.into(), new)
    }

    /// Revokes a directly granted role in one organisation, or wherever it was granted.
    pub fn revoke_role(
        &self,
        user: impl Into<UserRef>,
        role: RoleId,
        organisation: Option<OrganisationId>,
    ) -> Pending<'_, ()> {
        fn inner(
            handle: &Handle,
            user: UserRef,
            role: RoleId,
            organisation: Option<OrganisationId>,
        ) -> Pending<'_, ()> {
            Box::pin(async move { handle.revoke_roles(user, vec![(role, organisation)]).await })
        }
        inner(self, user.into(), role, organisation)
    }

    /// Revokes several directly granted roles, all or none.
    pub fn revoke_roles(
        &self,
        user: impl Into<UserRef>,
        gone: Vec<(RoleId, Option<OrganisationId>)>,
    ) -> Pending<'_, ()> {
        fn inner(
            handle: &Handle,
            user: UserRef,
            gone: Vec<(RoleId, Option<OrganisationId>)>,
        ) -> Pending<'_, ()> {
            Box::pin(async move {
                limits::check_references("roles", gone.len())?;
                handle
                    .write(Operation::RevokeRole, async move |work: &mut Work<'_>| {
                        let user = work.visible_user(&user).await?;
                        let roles: Vec<RoleId> = gone.iter().map(|(role, _)| *role).collect();
                        work.look_up_roles(&roles).await?;
                        let mut direct = Direct::default();
                        for (role, organisation) in &gone {
                            granting::take_beside(work, &user, *role, *organisation, &mut direct)
                                .await?;
                        }
                        Ok(())
                    })
                    .await
            })
        }
        inner(self, user.into(), gone)
    }

    /// Makes somebody's direct roles of the dialect's platform exactly these; true when that changed
    /// anything. New ones count in `organisation`, as with [`Handle::grant_role`].
    pub fn replace_direct_roles<'a>(
        &'a self,
        user: impl Into<UserRef>,
        roles: &'a [RoleId],
        organisation: Option<OrganisationId>,
    ) -> Pending<'a, bool> {
        fn inner<'a>(
            handle: &'a Handle,
            user: UserRef,
            roles: &'a [RoleId],
            organisation: Option<OrganisationId>,
        ) -> Pending<'a, bool> {
            Box::pin(async move {
                let shown = handle.replace_direct_roles_and_show(user, roles, organisation);
                Ok(shown.await?.0)
            })
        }
        inner(self, user.into(), roles, organisation)
    }

    /// Replaces direct roles as [`Handle::replace_direct_roles`] does, and reads the roles that the user holds then: in one
    /// transaction.
    pub fn replace_direct_roles_and_show<'a>(
        &'a self,
        user: impl Into<UserRef>,
        roles: &'a [RoleId],
        organisation: Option<OrganisationId>,
    ) -> Pending<'a, (bool, Vec<HeldRole>)> {
        fn inner<'a>(
            handle: &'a Handle,
            user: UserRef,
            roles: &'a [RoleId],
            organisation: Option<OrganisationId>,
        ) -> Pending<'a, (bool, Vec<HeldRole>)> {
            Box::pin(async move {
                limits::check_references("roles", roles.len())?;
                let (user, roles) = (user, roles.to_vec());
                handle
                    .write(Operation::GrantRole, async move |work: &mut Work<'_>| {
                        let user = work.visible_user(&user).await?;
                        let changed = granting::replace(work, &user, &roles, organisation).await?;
                        let seen = work.seen_users(&[user.id]).await?;
                        let only = work.shown_platform();
                        Ok((changed, granting::held_by(work, &seen, only).await?))
                    })
                    .await
            })
        }
        inner(self, user.into(), roles, organisation)
    }

    /// The roles that those groups bring, as far as the caller sees the groups.
    pub fn group_roles<'a>(&'a self, of: &'a [GroupId]) -> Pending<'a, Vec<GroupRole>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowGroup, async |work: &mut Work<'_>| {
                let seen = visibility::seen_ids(work, &of).await?;
                Ok(grants::group_roles(&mut work.tx, &seen).await?)
            })
            .await
        })
    }

    /// Lets a group bring a role to its members; false when it did already.
    pub fn add_group_role(
        &self,
        group: impl Into<GroupRef>,
        role: RoleId,
        scope: GroupRoleScope,
    ) -> Pending<'_, bool> {
        fn inner(
            handle: &Handle,
            group: GroupRef,
            role: RoleId,
            scope: GroupRoleScope,
        ) -> Pending<'_, bool> {
            Box::pin(async move {
                let added = handle.add_group_roles(group, vec![role], scope);
                Ok(added.await? > 0)
            })
        }
        inner(self, group.into(), role, scope)
    }

    /// Lets a group bring a role, and gives the row that says so: both in one transaction. Whether it is new.
    pub fn add_group_role_and_show(
        &self,
        group: impl Into<GroupRef>,
        role: RoleId,
        scope: GroupRoleScope,
    ) -> Pending<'_, (bool, GroupRole)> {
        self.put_group_role(group.into(), role, scope)
    }

    /// Takes a role from a group; false when the group did not bring it.
    pub fn remove_group_role(
        &self,
        group: impl Into<GroupRef>,
        role: RoleId,
        scope: GroupRoleScope,
    ) -> Pending<'_, bool> {
        fn inner(
            handle: &Handle,
            group: GroupRef,
            role: RoleId,
            scope: GroupRoleScope,
        ) -> Pending<'_, bool> {
            Box::pin(async move {
                let removed = handle.remove_group_roles(group, vec![role], scope);
                Ok(removed.await? > 0)
            })
        }
        inner(self, group.into(), role, scope)
    }
}

/// Replaces the roles of the caller's platform that a group brings in its own organisation. What it
/// brings elsewhere, and other platforms' roles, stay.
pub(crate) async fn replace_group_roles(
    work: &mut Work<'_>,
    group: &Group,
    wanted: &[RoleId],
) -> Outcome<()> {
    let scope = GroupRoleScope::Organisation(group.organisation);
    limits::check_references("roles", wanted.len())?;
    work.look_up_roles(wanted).await?;
    let mut present = Vec::new();
    for brought in work.brought_by(group.id).await? {
        let Some(role) = work.role(brought.role).await? else {
            continue;
        };
        if brought.scope == scope && role.platform == work.caller.platform.word() {
            present.push(role.id);
        }
    }
    let which = GroupRef::Id(group.id);
    // All are looked at before the first is written, which gives up what has been looked up.
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for role in present.iter().filter(|role| !wanted.contains(role)) {
        gone.push(group_and_role(work, &which, *role, scope, false).await?);
    }
    for role in wanted.iter().filter(|role| !present.contains(role)) {
        new.push(group_and_role(work, &which, *role, scope, true).await?);
    }
    for (group, role) in gone {
        grants::delete_group_role(&mut work.tx, group.id, role.id, scope).await?;
        let detail = json!({ "before": described(&role, scope) });
        work.event("group.role_removed", About::group(&group), Some(detail))
            .await?;
    }
    for (group, role) in new {
        let (now, actor) = (work.now, work.actor());
        let added = grants::put_group_role(&mut work.tx, group.id, role.id, scope, now, actor);
        if added.await?.is_some() {
            let detail = json!({ "after": described(&role, scope) });
            work.event("group.role_added", About::group(&group), Some(detail))
                .await?;
        }
    }
    Ok(())
}

pub(crate) fn described(role: &Role, scope: GroupRoleScope) -> serde_json::Value {
    let (organisation, collection) = match scope {
        GroupRoleScope::Organisation(id) => (Some(id.0), None),
        GroupRoleScope::Collection(id) => (None, Some(id.0)),
    };
    json!({
        "platform": role.platform, "role": role.name, "role_number": role.number,
        "organisation": organisation, "collection": collection,
    })
}

/// Checks that the caller may put this role onto this group (`added`), or take it away: by reach over the group
/// and over every organisation where the role counts, and holding all that it brings. A role of an
/// organisation is added to count there and below alone.
pub(crate) async fn group_and_role(
    work: &mut Work<'_>,
    group: &GroupRef,
    role: RoleId,
    scope: GroupRoleScope,
    added: bool,
) -> Outcome<(crate::model::Group, Role)> {
    let group = visibility::visible(work, group)
        .await?
        .ok_or(Fault::NotFound(Kind::Group))?;
    work.require_organisation(group.organisation).await?;
    let role = granting::referenced(work, role).await?;
    let inner = std::sync::Arc::clone(&work.inner);
    let spec = covering::spec_of(&inner, &role)?;
    if matches!(spec.paths, RolePaths::Direct | RolePaths::ExactlyOne) {
        return Err(Fault::invalid("role", "is granted to people only").into());
    }
    if role.platform == Platform::USHER.word() && role.word == owners::OWNER {
        return Err(Fault::invalid("role", "is granted to people only").into());
    }
    if role
        .organisation
        .is_some_and(|one| one != group.organisation)
    {
        return Err(Fault::invalid("role", "belongs to another organisation").into());
    }
    if let GroupRoleScope::Collection(id) = scope {
        let known = collections::by_id(&mut work.tx, id).await?;
        let seen = match known {
            Some(collection) => work.sees_organisation(collection.organisation).await?,
            None => false,
        };
        if !seen {
            return Err(Fault::UnknownReference(Kind::Collection).into());
        }
    }
    for organisation in covering::organisations_of(work, scope).await? {
        work.require_named_organisation(organisation).await?;
        if !work
            .reaches_organisation(Permission::GrantRoles, organisation)
            .await?
        {
            return Err(Fault::Forbidden(Permission::GrantRoles).into());
        }
        if added {
            granting::check_custom(work, &role, None, organisation).await?;
        }
        covering::may_grant(work, &role, Place::In(organisation), Holder::Anybody).await?;
    }
    Ok((group, role))
}
