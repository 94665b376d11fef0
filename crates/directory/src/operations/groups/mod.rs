//! Groups: list, show, make, change, delete.

pub(crate) mod batch;
mod detail;
pub(crate) mod ensure;
pub(crate) mod members;
mod sharing;
pub(crate) mod visibility;

use std::sync::Arc;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, Group, GroupChange, GroupField, GroupId, GroupRef, Kind, Manager,
    ManagerLevel, NewGroup, Page, Permission, Platform, Query,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::select::Sql;
use crate::store::{groups, pages};

use super::extensions;
use crate::operations::groups::visibility::{changeable, load_seen, visible};
use crate::operations::roles::covering::{self, Holder};
use crate::operations::roles::grants;
use crate::pending::Pending;

impl Handle {
    /// One page of the groups the caller sees: shared ones and their dialect's own.
    pub fn groups<'a>(&'a self, query: &'a Query<GroupField>) -> Pending<'a, Page<Group>> {
        Box::pin(async move {
            let query = query.clone();
            let quick = query.search.is_none() && !query.total && query.limit <= 1_000;
            let list = async move |work: &mut Work<'_>| {
                let permission = query.seen_by.unwrap_or(Permission::ReadGroups);
                let (scopes, limit, now) = (work.scopes_of(permission), work.limit(), work.now);
                let platform = work.shown_platform();
                let narrow = |sql: &mut Sql| groups::push_platform(sql, platform);
                let statements =
                    pages::compile::<groups::Groups>(&query, narrow, &scopes, limit, now)?;
                Ok(pages::run::<groups::Groups>(&mut work.tx, &statements).await?)
            };
            if quick {
                self.read(Operation::ListGroups, list).await
            } else {
                self.read_slow(Operation::ListGroups, list).await
            }
        })
    }

    /// One group the caller sees: within reach, or one they belong to or manage.
    pub fn group(&self, which: impl Into<GroupRef>) -> Pending<'_, Group> {
        fn inner(handle: &Handle, which: GroupRef) -> Pending<'_, Group> {
            Box::pin(async move {
                handle
                    .read(Operation::ShowGroup, async |work: &mut Work<'_>| {
                        Ok(visible(work, &which)
                            .await?
                            .ok_or(Fault::NotFound(Kind::Group))?)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// The groups of those numbers that the caller sees, by number; others are left out.
    pub fn groups_by_id<'a>(&'a self, ids: &'a [GroupId]) -> Pending<'a, Vec<Group>> {
        Box::pin(async move {
            let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            self.read(Operation::ShowGroup, async |work: &mut Work<'_>| {
                load_seen(work, &ids).await
            })
            .await
        })
    }

    /// Makes a group in the named organisation, else in the caller's own.
    pub fn create_group(&self, new: NewGroup) -> Pending<'_, Group> {
        Box::pin(async move {
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(Operation::CreateGroup, async move |work: &mut Work<'_>| {
                create(work, &new, uuid).await
            })
            .await
        })
    }

    /// Changes a group. Built-ins keep their names.
    pub fn update_group(
        &self,
        which: impl Into<GroupRef>,
        change: GroupChange,
    ) -> Pending<'_, Group> {
        fn inner(handle: &Handle, which: GroupRef, change: GroupChange) -> Pending<'_, Group> {
            Box::pin(async move {
                handle
                    .write(Operation::UpdateGroup, async move |work: &mut Work<'_>| {
                        update(work, &which, &change).await
                    })
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Deletes a group with its memberships, roles, managers and documents. Built-ins stay, and so
    /// do groups that bring more than the caller holds.
    pub fn delete_group(&self, which: impl Into<GroupRef>) -> Pending<'_, Group> {
        fn inner(handle: &Handle, which: GroupRef) -> Pending<'_, Group> {
            Box::pin(async move {
                handle
                    .write(Operation::DeleteGroup, async move |work: &mut Work<'_>| {
                        let group = visible(work, &which)
                            .await?
                            .ok_or(Fault::NotFound(Kind::Group))?;
                        work.require_organisation(group.organisation).await?;
                        if group.platform.is_some() {
                            return Err(Fault::Protected(Kind::Group).into());
                        }
                        if !covering::covers_group(work, group.id, Holder::Anybody).await? {
                            return Err(Fault::ExceedsOwn.into());
                        }
                        groups::delete(&mut work.tx, group.id).await?;
                        let detail =
                            json!({ "before": { "name": group.name, "uuid": group.uuid } });
                        work.event("group.deleted", About::group(&group), Some(detail))
                            .await?;
                        Ok(group)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }
}

fn check(group: &Group) -> Result<(), Fault> {
    if group.name.trim().is_empty() {
        return Err(Fault::invalid("name", "must not be empty"));
    }
    rules::check_text("name", &group.name, 255, false)?;
    if let Some(description) = &group.description {
        rules::check_text("description", description, 10_000, true)?;
    }
    rules::check_text("slug", &group.slug, 255, false)
}

/// Names are unique per organisation among shared groups, and no shared one takes a built-in's.
async fn check_name(work: &mut Work<'_>, group: &Group) -> Outcome<()> {
    if groups::name_taken(&mut work.tx, group).await? {
        return Err(Fault::Taken { field: "name" }.into());
    }
    Ok(())
}

/// A slug that no other group of the organisation has.
async fn free_slug(work: &mut Work<'_>, group: &Group) -> Outcome<String> {
    let wanted = rules::slug(&group.name);
    let mut slug = wanted.clone();
    for suffix in 2..10_000 {
        if !groups::slug_taken(&mut work.tx, group, &slug).await? {
            return Ok(slug);
        }
        slug = format!("{wanted}-{suffix}");
    }
    Err(Fault::Taken { field: "slug" }.into())
}

async fn create(work: &mut Work<'_>, new: &NewGroup, uuid: uuid::Uuid) -> Outcome<Group> {
    let organisation = new
        .organisation
        .or(work.caller.organisation)
        .unwrap_or(work.caller.home);
    work.require_named_organisation(organisation).await?;
    work.require_organisation(organisation).await?;
    let (now, actor, platform) = (work.now, work.actor(), work.caller.platform);
    let mut group = Group {
        id: GroupId(0),
        uuid,
        organisation,
        platform: None,
        word: None,
        name: new.name.trim().to_owned(),
        slug: new.slug.clone().unwrap_or_default(),
        description: new.description.clone(),
        newcomers_of: new.newcomers.then(|| platform.word().to_owned()),
        version: 1,
        created_at: now,
        created_by: actor,
        updated_at: now,
        updated_by: actor,
    };
    check(&group)?;
    check_name(work, &group).await?;
    if group.slug.is_empty() {
        group.slug = free_slug(work, &group).await?;
    } else if groups::slug_taken(&mut work.tx, &group, &group.slug).await? {
        return Err(Fault::Taken { field: "slug" }.into());
    }
    group.id = groups::insert(&mut work.tx, &group)
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    if let Some(extension) = &new.extension {
        extensions::store_document(work, Extended::Group, group.id.0, extension).await?;
    }
    let detail = json!({ "after": { "name": group.name, "uuid": group.uuid } });
    work.event("group.created", About::group(&group), Some(detail))
        .await?;
    if let Some(creator) = actor.filter(|_| new.managed_by_creator) {
        let manager = Manager::User(creator);
        let made = sharing::put_managers(work, &group, &[manager], ManagerLevel::Manage).await;
        // A creator who would have more power over people by it than before manages the group by reach alone.
        if made != Err(Fault::ExceedsOwn.into()) {
            made?;
        }
    }
    Box::pin(grants::replace_group_roles(work, &group, &new.roles)).await?;
    Ok(group)
}

async fn update(work: &mut Work<'_>, which: &GroupRef, change: &GroupChange) -> Outcome<Group> {
    let old = changeable(work, which, ManagerLevel::Write).await?;
    if change
        .if_version
        .is_some_and(|version| version != old.version)
    {
        return Err(Fault::Stale.into());
    }
    let mut new = old.clone();
    if let Some(name) = &change.name {
        name.trim().clone_into(&mut new.name);
    }
    if let Some(slug) = &change.slug {
        new.slug.clone_from(slug);
    }
    if let Some(description) = &change.description {
        new.description.clone_from(description);
    }
    let platform = work.caller.platform;
    if let Some(newcomers) = change.newcomers {
        change_newcomers(work, &mut new, newcomers, platform).await?;
    }
    if old.platform.is_some() && (new.name != old.name || new.slug != old.slug) {
        return Err(Fault::Protected(Kind::Group).into());
    }
    check(&new)?;
    let documented = match &change.extension {
        Some(extension) => extensions::replace(work, Extended::Group, old.id.0, extension).await?,
        None => false,
    };
    if new != old || documented {
        if rules::fold(&new.name) != rules::fold(&old.name) {
            check_name(work, &new).await?;
        }
        if new.slug != old.slug && groups::slug_taken(&mut work.tx, &new, &new.slug).await? {
            return Err(Fault::Taken { field: "slug" }.into());
        }
        new.updated_at = work.now;
        new.updated_by = work.actor();
        groups::update(&mut work.tx, &new).await?;
        new.version += 1;
        let fields = |group: &Group| {
            json!({
                "name": group.name, "slug": group.slug, "description": group.description,
                "newcomers_of": group.newcomers_of,
            })
        };
        let mut detail = crate::audit::difference(&fields(&old), &fields(&new));
        if documented {
            detail = crate::audit::with_document(detail, platform);
        }
        work.event("group.changed", About::group(&new), Some(detail))
            .await?;
    }
    if let Some(roles) = &change.roles {
        Box::pin(grants::replace_group_roles(work, &new, roles)).await?;
    }
    Ok(new)
}

/// Newcomers get what the group brings without anybody granting it, so whoever decides that must
/// hold it.
async fn change_newcomers(
    work: &mut Work<'_>,
    group: &mut Group,
    newcomers: bool,
    platform: Platform,
) -> Outcome<()> {
    let here = group.newcomers_of.as_deref() == Some(platform.word());
    if newcomers == here {
        return Ok(());
    }
    if newcomers && !covering::covers_group(work, group.id, Holder::Anybody).await? {
        return Err(Fault::ExceedsOwn.into());
    }
    group.newcomers_of = newcomers.then(|| platform.word().to_owned());
    Ok(())
}

/// The platform's built-in groups of an organisation, as its dialect finds them by their words.
impl Handle {
    /// The built-in group of that word in an organisation, if the caller sees it.
    pub fn builtin_group<'a>(
        &'a self,
        word: &'a str,
        organisation: crate::model::OrganisationId,
    ) -> Pending<'a, Group> {
        Box::pin(async move {
            let inner = Arc::clone(&self.inner);
            let platform = self.caller.platform;
            self.read(Operation::ShowGroup, async |work: &mut Work<'_>| {
                let known = inner
                    .platform(platform)
                    .is_some_and(|spec| spec.groups.iter().any(|group| group.word == word));
                let id = match known {
                    true => groups::builtin(&mut work.tx, platform, word, organisation).await?,
                    false => None,
                };
                let ids: Vec<i64> = id.map(|id| id.0).into_iter().collect();
                Ok(load_seen(work, &ids)
                    .await?
                    .into_iter()
                    .next()
                    .ok_or(Fault::NotFound(Kind::Group))?)
            })
            .await
        })
    }
}
