//! The roles of one user in one organisation as a list, which of a platform's roles the caller may
//! grant there, and the links between groups and collections.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    CollectionLink, CollectionLinks, Fault, HeldRoleField, HeldRoleRow, Kind, Line, OrganisationId,
    Page, Permission, Place, Platform, Query, Ref, Role, RoleId, RolePaths, User, UserRef,
};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::held_roles::{self, Holder as Held};
use crate::store::{links, pages, roles};

use super::covering::{self, Holder};
use super::granting::{self, Direct};

impl Handle {
    /// One page of the roles of the dialect's platform that a user holds in an organisation, a row for
    /// each path by which it reaches them. Both must be visible to the caller. The number of statements
    /// does not depend on how many rows or users there are.
    pub fn held_roles<'a>(
        &'a self,
        user: impl Into<UserRef>,
        organisation: OrganisationId,
        query: &'a Query<HeldRoleField>,
    ) -> Pending<'a, Page<HeldRoleRow>> {
        fn inner<'a>(
            handle: &'a Handle,
            user: UserRef,
            organisation: OrganisationId,
            query: &'a Query<HeldRoleField>,
        ) -> Pending<'a, Page<HeldRoleRow>> {
            Box::pin(async move {
                let operation = Operation::ListGrants;
                let query = query.clone();
                let read = async |work: &mut Work<'_>| {
                    let user = work.visible_user(&user).await?;
                    let organisation = visible(work, organisation).await?;
                    let inner = Arc::clone(&work.inner);
                    let holder = Held {
                        user: user.id,
                        organisation,
                        platform: inner
                            .platform(work.caller.platform)
                            .ok_or(Fault::UnknownReference(Kind::Role))?,
                    };
                    let now = work.now;
                    held_roles::page(&mut work.tx, &holder, &query, now).await
                };
                handle.read(operation, read).await
            })
        }
        inner(self, user.into(), organisation, query)
    }

    /// One page of the links by which groups of an organisation bring roles through collections: pairs
    /// of a group and a collection, in order, and how many there are. A caller who may not read groups
    /// there sees none.
    pub fn collection_links<'a>(
        &'a self,
        query: &'a CollectionLinks,
    ) -> Pending<'a, (Vec<CollectionLink>, u64)> {
        Box::pin(async move {
            let query = query.clone();
            self.read(Operation::ListGroups, async |work: &mut Work<'_>| {
                let organisation = visible(work, query.organisation).await?;
                let permission = Permission::ReadGroups;
                if !work.reaches_organisation(permission, organisation).await? {
                    return Ok((Vec::new(), 0));
                }
                let platform = work.shown_platform();
                let total = links::count(&mut work.tx, &query, platform).await?;
                let rows = links::page(&mut work.tx, &query, platform).await?;
                Ok((rows, u64::try_from(total).unwrap_or(0)))
            })
            .await
        })
    }

    /// Those of the roles that the caller may grant in an organisation, to a user if one is named.
    pub fn grantable_roles<'a>(
        &'a self,
        of: &'a [RoleId],
        organisation: OrganisationId,
        user: Option<UserRef>,
    ) -> Pending<'a, Vec<RoleId>> {
        Box::pin(async move {
            let ids: Vec<i64> = of.iter().map(|role| role.0).collect();
            self.read(Operation::ListRoles, async |work: &mut Work<'_>| {
                let organisation = visible(work, organisation).await?;
                let user = match &user {
                    Some(which) => Some(work.visible_user(which).await?),
                    None => None,
                };
                let reached = match &user {
                    Some(user) => granting::reaches_grant(work, user, organisation).await?,
                    None => {
                        let permission = Permission::GrantRoles;
                        work.reaches_organisation(permission, organisation).await?
                    }
                };
                if !reached {
                    return Ok(Vec::new());
                }
                let found = pages::by_ids::<roles::Roles>(&mut work.tx, &ids, |_| ()).await?;
                grantable(work, &found, organisation, user.as_ref()).await
            })
            .await
        })
    }

    /// Revokes those of several roles that are granted directly in an organisation, all or none; tells
    /// how many these were. Roles that are not held are left alone, but each must be known.
    pub fn revoke_held_roles(
        &self,
        user: impl Into<UserRef>,
        roles: Vec<RoleId>,
        organisation: OrganisationId,
    ) -> Pending<'_, usize> {
        fn inner(
            handle: &Handle,
            user: UserRef,
            roles: Vec<RoleId>,
            organisation: OrganisationId,
        ) -> Pending<'_, usize> {
            Box::pin(async move {
                let operation = Operation::RevokeRole;
                limits::check_references("roles", roles.len())?;
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        let user = work.visible_user(&user).await?;
                        work.look_up_roles(&roles).await?;
                        let mut direct = Direct::default();
                        let mut revoked = 0;
                        for role in &roles {
                            let known = granting::referenced(work, *role).await?;
                            let held = direct
                                .of(work, user.id, &known.platform)
                                .await?
                                .iter()
                                .any(|(id, place, _)| id == role && *place == organisation);
                            if held {
                                let place = Some(organisation);
                                granting::take_beside(work, &user, *role, place, &mut direct)
                                    .await?;
                                revoked += 1;
                            }
                        }
                        Ok(revoked)
                    })
                    .await
            })
        }
        inner(self, user.into(), roles, organisation)
    }
}

async fn visible(work: &mut Work<'_>, organisation: OrganisationId) -> Outcome<OrganisationId> {
    let found = work.visible_organisation(&Ref::Id(organisation)).await?;
    Ok(found.id)
}

/// Those of the roles whose every line the caller covers. Roles share most of their lines, so each
/// distinct one is looked at once.
async fn grantable(
    work: &mut Work<'_>,
    roles: &[Role],
    organisation: OrganisationId,
    user: Option<&User>,
) -> Outcome<Vec<RoleId>> {
    let inner = Arc::clone(&work.inner);
    let place = Place::In(organisation);
    let holder = user.map_or(Holder::Anybody, Holder::Person);
    let mut covered: HashMap<(Platform, &Line), bool> = HashMap::new();
    let mut found = Vec::new();
    'roles: for role in roles {
        let spec = match covering::spec_of(&inner, role) {
            Ok(spec) if spec.paths != RolePaths::GroupsOnly => spec,
            Ok(_) | Err(_) => continue,
        };
        match granting::check_custom(work, role, user, organisation).await {
            Ok(()) => {}
            Err(Abort::Fault(Fault::Invalid { .. })) => continue,
            Err(abort) => return Err(abort),
        }
        for line in &role.lines {
            let known = covered.get(&(spec.platform, line)).copied();
            let holds = match known {
                Some(holds) => holds,
                None => {
                    let holds =
                        covering::covers_line(work, spec.platform, line, place, holder).await?;
                    covered.insert((spec.platform, line), holds);
                    holds
                }
            };
            if !holds {
                continue 'roles;
            }
        }
        found.push(role.id);
    }
    Ok(found)
}
