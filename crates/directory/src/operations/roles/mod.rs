//! Roles: list, show, make, change, delete.

mod access;
pub(crate) mod covering;
pub(crate) mod defaults;
pub(crate) mod granting;
pub(crate) mod grants;
mod held;
pub(crate) mod owners;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, Kind, Line, NewRole, OrganisationId, Page, Permission, Platform, Query, Ref,
    Role, RoleChange, RoleField, RoleId, RoleInUse, RoleRef, Scope,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::select::{Bound, Sql};
use crate::store::{pages, roles, settings};

use super::extensions;
use crate::operations::roles::covering::Holder;
use crate::pending::Pending;

/// How many lines a role may have.
const MAXIMUM_LINES: usize = 2_000;

impl Handle {
    /// One page of the roles the caller sees: their dialect's platform's; natively all. Custom ones of
    /// organisations show within reach.
    pub fn roles<'a>(&'a self, query: &'a Query<RoleField>) -> Pending<'a, Page<Role>> {
        Box::pin(async move {
            let query = query.clone();
            self.read(Operation::ListRoles, async |work: &mut Work<'_>| {
                let (scopes, limit, now) = (
                    work.scopes_of(Permission::ReadRoles),
                    work.limit(),
                    work.now,
                );
                let platform = work.shown_platform();
                let narrow = |sql: &mut Sql| push_platform(sql, platform);
                let statements =
                    pages::compile::<roles::Roles>(&query, narrow, &scopes, limit, now)?;
                Ok(pages::run::<roles::Roles>(&mut work.tx, &statements).await?)
            })
            .await
        })
    }

    /// One role the caller sees: within reach, or one they hold. A name is looked for on the dialect's
    /// own platform.
    pub fn role(&self, which: impl Into<RoleRef>) -> Pending<'_, Role> {
        fn inner(handle: &Handle, which: RoleRef) -> Pending<'_, Role> {
            Box::pin(async move {
                handle
                    .read(Operation::ShowRole, async |work: &mut Work<'_>| {
                        let role = find_role(work, &which).await?;
                        only_seen(work, role).await
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// The role of that number on a platform.
    pub fn role_by_number(&self, platform: Platform, number: i64) -> Pending<'_, Role> {
        Box::pin(async move {
            self.read(Operation::ShowRole, async |work: &mut Work<'_>| {
                let role = roles::by_number(&mut work.tx, platform.word(), number).await?;
                only_seen(work, role).await
            })
            .await
        })
    }

    /// The role of that word on a platform.
    pub fn role_by_word<'a>(&'a self, platform: Platform, word: &'a str) -> Pending<'a, Role> {
        Box::pin(async move {
            self.read(Operation::ShowRole, async |work: &mut Work<'_>| {
                let role = roles::by_word(&mut work.tx, platform.word(), word).await?;
                only_seen(work, role).await
            })
            .await
        })
    }

    /// The roles of those numbers that the caller sees, by number; others are left out.
    pub fn roles_by_id<'a>(&'a self, ids: &'a [RoleId]) -> Pending<'a, Vec<Role>> {
        Box::pin(async move {
            let ids = ids.to_vec();
            self.read(Operation::ShowRole, async |work: &mut Work<'_>| {
                visible_roles(work, &ids).await
            })
            .await
        })
    }

    /// How many people hold each of those roles, directly or through a group. Only callers who read
    /// people everywhere are told.
    pub fn role_holder_counts<'a>(&'a self, of: &'a [RoleId]) -> Pending<'a, Vec<(RoleId, i64)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read_slow(Operation::ListRoles, async move |work: &mut Work<'_>| {
                if !work.scopes_of(Permission::ReadUsers).contains(&Scope::All) {
                    return Err(Fault::Forbidden(Permission::ReadUsers).into());
                }
                Ok(roles::holder_counts(&mut work.tx, &of).await?)
            })
            .await
        })
    }

    /// Makes a role on the dialect's platform, or natively on any. Nobody puts more into a role than
    /// they hold. Without an organisation it is the installation's for callers who reach all of it,
    /// else the highest organisation's within their reach.
    pub fn create_role(&self, new: NewRole) -> Pending<'_, Role> {
        Box::pin(async move {
            let uuid = self.inner.seams.random_uuid();
            self.write(Operation::CreateRole, async move |work: &mut Work<'_>| {
                create(work, &new, uuid).await
            })
            .await
        })
    }

    /// Makes several roles, all or none.
    pub fn create_roles(&self, new: Vec<NewRole>) -> Pending<'_, Vec<Role>> {
        Box::pin(async move {
            let new: Vec<(NewRole, uuid::Uuid)> = new
                .into_iter()
                .map(|one| (one, self.inner.seams.random_uuid()))
                .collect();
            self.write(Operation::CreateRole, async move |work: &mut Work<'_>| {
                let mut made = Vec::with_capacity(new.len());
                for (one, uuid) in &new {
                    made.push(create(work, one, *uuid).await?);
                }
                Ok(made)
            })
            .await
        })
    }

    /// Changes a role. Whoever adds to it or takes from it must hold what they add or take.
    pub fn update_role(&self, which: impl Into<RoleRef>, change: RoleChange) -> Pending<'_, Role> {
        fn inner(handle: &Handle, which: RoleRef, change: RoleChange) -> Pending<'_, Role> {
            Box::pin(async move {
                handle
                    .write(Operation::UpdateRole, async move |work: &mut Work<'_>| {
                        update(work, &which, &change).await
                    })
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Deletes a custom role; what happens to those who wear it is the dialect's choice.
    pub fn delete_role(&self, which: impl Into<RoleRef>, in_use: RoleInUse) -> Pending<'_, Role> {
        fn inner(handle: &Handle, which: RoleRef, in_use: RoleInUse) -> Pending<'_, Role> {
            Box::pin(async move {
                handle
                    .write(Operation::DeleteRole, async move |work: &mut Work<'_>| {
                        let role = target(work, &which).await?;
                        if role.builtin {
                            return Err(Fault::Protected(Kind::Role).into());
                        }
                        if in_use == RoleInUse::Refuse && used(work, &role).await? {
                            return Err(Fault::InUse(Kind::Role).into());
                        }
                        check_lines(work, &role, &[], &role.lines).await?;
                        roles::delete(&mut work.tx, role.id).await?;
                        let detail = json!({ "before": described(&role) });
                        work.event("role.deleted", About::role(&role), Some(detail))
                            .await?;
                        Ok(role)
                    })
                    .await
            })
        }
        inner(self, which.into(), in_use)
    }
}

pub(crate) fn push_platform(sql: &mut Sql, platform: Option<Platform>) {
    if let Some(platform) = platform {
        sql.push(roles::ON_PLATFORM)
            .bind(Bound::Text(platform.word().to_owned()));
    }
}

async fn find_role(work: &mut Work<'_>, which: &RoleRef) -> Outcome<Option<Role>> {
    Ok(match which {
        Ref::Id(id) => roles::by_id(&mut work.tx, *id).await?,
        Ref::Uuid(uuid) => roles::by_uuid(&mut work.tx, *uuid).await?,
        Ref::Name(name) => {
            let platform = work.caller.platform.word();
            roles::by_name(&mut work.tx, platform, &rules::fold(name)).await?
        }
    })
}

/// Those of the roles that the caller sees: on a platform their dialect shows, and of an organisation
/// within reach or of none; whoever reads no roles sees those they hold.
pub(crate) async fn visible_roles(work: &mut Work<'_>, ids: &[RoleId]) -> Outcome<Vec<Role>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let (platform, limit, user) = (work.shown_platform(), work.limit(), work.caller.user);
    let mut scopes = work.scopes_of(Permission::ReadRoles);
    let own = work.operation.access().permission;
    if matches!(own, Permission::ManageRoles | Permission::GrantRoles) {
        scopes.extend(work.scopes_of(own));
    }
    let narrow = |sql: &mut Sql| {
        push_platform(sql, platform);
        roles::visible_or_assigned(sql, &scopes, limit, user);
    };
    Ok(pages::by_ids::<roles::Roles>(&mut work.tx, &ids, narrow).await?)
}

async fn only_seen(work: &mut Work<'_>, role: Option<Role>) -> Outcome<Role> {
    let ids: Vec<RoleId> = role.iter().map(|role| role.id).collect();
    Ok(visible_roles(work, &ids)
        .await?
        .into_iter()
        .next()
        .ok_or(Fault::NotFound(Kind::Role))?)
}

/// A role that the caller may change: theirs is the reach over its organisation, or over everything.
pub(crate) async fn target(work: &mut Work<'_>, which: &RoleRef) -> Outcome<Role> {
    let role = find_role(work, which).await?;
    let role = only_seen(work, role).await?;
    match role.organisation {
        Some(organisation) => work.require_organisation(organisation).await?,
        None => work.require_everywhere()?,
    }
    Ok(role)
}

/// Whether anybody wears a role, or newcomers at its platform's door get it.
async fn used(work: &mut Work<'_>, role: &Role) -> Outcome<bool> {
    if roles::assigned(&mut work.tx, role.id).await? {
        return Ok(true);
    }
    let spec = work.inner.platform_named(&role.platform);
    let Some(platform) = spec.map(|spec| spec.platform) else {
        return Ok(false);
    };
    let given = defaults::door_roles(work, platform).await?;
    Ok(given.iter().any(|one| one.id == role.id))
}

/// Organisations outside of its own where a role counts at most, for it still to be changed.
const MOST_OUTSIDE: i64 = 100;

/// The caller must hold every line that is added to or removed from a role, wherever the role may count: in its
/// organisation and below, and where it counts besides since an organisation was moved away.
async fn check_lines(
    work: &mut Work<'_>,
    role: &Role,
    added: &[Line],
    removed: &[Line],
) -> Outcome<()> {
    let place = role.place();
    covering::check_listed(work, place, added).await?;
    let mut places = vec![place];
    if let Some(owner) = role.organisation {
        let outside =
            roles::counting_outside(&mut work.tx, role.id, owner, MOST_OUTSIDE + 1).await?;
        if i64::try_from(outside.len()).is_ok_and(|count| count > MOST_OUTSIDE) {
            return Err(Fault::ExceedsOwn.into());
        }
        places.extend(outside.into_iter().map(crate::model::Place::In));
    }
    for place in places {
        for lines in [added, removed] {
            if !covering::covers_lines(work, role, lines, place, Holder::Anybody).await? {
                return Err(Fault::ExceedsOwn.into());
            }
        }
    }
    Ok(())
}

fn check(role: &Role) -> Result<(), Fault> {
    if role.name.trim().is_empty() {
        return Err(Fault::invalid("name", "must not be empty"));
    }
    rules::check_text("name", &role.name, 255, false)?;
    rules::check_text("word", &role.word, 255, false)?;
    rules::check_text("description", &role.description, 10_000, true)?;
    if role.lines.len() > MAXIMUM_LINES {
        let why = format!("holds more than {MAXIMUM_LINES} lines");
        return Err(Fault::invalid("lines", why));
    }
    for line in &role.lines {
        rules::check_text("lines", &line.word, 255, false)?;
    }
    Ok(())
}

fn described(role: &Role) -> serde_json::Value {
    json!({
        "platform": role.platform, "number": role.number, "name": role.name,
        "description": role.description, "lines": role.lines,
    })
}

/// A role's name is unique on its platform, without case.
async fn check_name(work: &mut Work<'_>, role: &Role) -> Outcome<()> {
    let folded = rules::fold(&role.name);
    let other = roles::by_name(&mut work.tx, &role.platform, &folded).await?;
    if other.is_some_and(|other| other.id != role.id) {
        return Err(Fault::Taken { field: "name" }.into());
    }
    Ok(())
}

/// A word that no other role of the platform has.
async fn free_word(work: &mut Work<'_>, platform: Platform, name: &str) -> Outcome<String> {
    let wanted = rules::slug(name);
    let mut word = wanted.clone();
    for suffix in 2..10_000 {
        if roles::by_word(&mut work.tx, platform.word(), &word)
            .await?
            .is_none()
        {
            return Ok(word);
        }
        word = format!("{wanted}-{suffix}");
    }
    Err(Fault::Taken { field: "word" }.into())
}

/// The organisation that a new role belongs to.
async fn owner_of(work: &mut Work<'_>, new: &NewRole) -> Outcome<Option<OrganisationId>> {
    if let Some(organisation) = new.organisation {
        work.require_named_organisation(organisation).await?;
        work.require_organisation(organisation).await?;
        return Ok(Some(organisation));
    }
    let highest = work.highest_reach(Permission::ManageRoles).await?;
    Ok(Some(highest).filter(|highest| *highest != crate::ROOT))
}

async fn create(work: &mut Work<'_>, new: &NewRole, uuid: uuid::Uuid) -> Outcome<Role> {
    let platform = new.platform.unwrap_or(work.caller.platform);
    let first = work
        .inner
        .platform(platform)
        .filter(|_| work.shown_platform().is_none_or(|own| own == platform))
        .map(|spec| spec.first_custom_number)
        .ok_or_else(|| Fault::invalid("platform", "is not served here"))?;
    let organisation = owner_of(work, new).await?;
    let (now, actor) = (work.now, work.actor());
    let mut role = Role {
        id: RoleId(0),
        uuid,
        platform: platform.word().to_owned(),
        number: 0,
        word: new.word.clone().unwrap_or_default(),
        organisation,
        builtin: false,
        name: new.name.trim().to_owned(),
        description: new.description.clone(),
        lines: new.lines.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    check(&role)?;
    check_lines(work, &role, &role.lines, &[]).await?;
    check_name(work, &role).await?;
    if role.word.is_empty() {
        role.word = free_word(work, platform, &role.name).await?;
    } else if roles::by_word(&mut work.tx, platform.word(), &role.word)
        .await?
        .is_some()
    {
        return Err(Fault::Taken { field: "word" }.into());
    }
    let counter = format!("roles.{platform}");
    role.number = settings::next_number(&mut work.tx, &counter, first).await?;
    role.id = roles::insert(&mut work.tx, &role, actor)
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    if let Some(extension) = &new.extension {
        extensions::store_document(work, Extended::Role, role.id.0, extension).await?;
    }
    let detail = json!({ "after": described(&role) });
    work.event("role.created", About::role(&role), Some(detail))
        .await?;
    Ok(role)
}

async fn update(work: &mut Work<'_>, which: &RoleRef, change: &RoleChange) -> Outcome<Role> {
    let old = target(work, which).await?;
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
    if let Some(description) = &change.description {
        new.description.clone_from(description);
    }
    if let Some(lines) = &change.lines {
        new.lines.clone_from(lines);
    }
    if new != old {
        let editable = work
            .inner
            .platform_named(&old.platform)
            .is_some_and(|spec| spec.builtin_roles_editable);
        if old.builtin && !editable {
            return Err(Fault::Protected(Kind::Role).into());
        }
        check(&new)?;
        let missing_from = |lines: &[Line], others: &[Line]| -> Vec<Line> {
            let missing = lines.iter().filter(|line| !others.contains(line));
            missing.cloned().collect()
        };
        let added = missing_from(&new.lines, &old.lines);
        let removed = missing_from(&old.lines, &new.lines);
        check_lines(work, &new, &added, &removed).await?;
        check_name(work, &new).await?;
    }
    let documented = match &change.extension {
        Some(extension) => extensions::replace(work, Extended::Role, old.id.0, extension).await?,
        None => false,
    };
    if new != old || documented {
        let mut detail = crate::audit::difference(&described(&old), &described(&new));
        if documented {
            detail = crate::audit::with_document(detail, work.caller.platform);
        }
        new.updated_at = work.now;
        let actor = work.actor();
        roles::update(&mut work.tx, &new, actor).await?;
        new.version += 1;
        work.event("role.changed", About::role(&new), Some(detail))
            .await?;
    }
    Ok(new)
}
