//! Which roles a platform gives the people made through its dialect.

use std::sync::Arc;

use serde_json::json;

use super::covering::{self, Holder};
use super::granting;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{Fault, Kind, Place, Platform, Role, RoleId, RolePaths};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::{roles, settings};

impl Handle {
    /// The roles that newcomers at the dialect's door get.
    pub fn default_roles(&self) -> Pending<'_, Vec<Role>> {
        Box::pin(async move { self.default_roles_of(self.caller.platform).await })
    }

    /// The roles that newcomers at a platform's door get, natively of any platform.
    pub fn default_roles_of(&self, platform: Platform) -> Pending<'_, Vec<Role>> {
        Box::pin(async move {
            self.read(Operation::ListRoles, async |work: &mut Work<'_>| {
                seen_door_roles(work, platform).await
            })
            .await
        })
    }

    /// Chooses the roles that newcomers at a platform's door get. Whoever chooses must hold them all.
    pub fn set_default_roles<'a>(
        &'a self,
        platform: Platform,
        wanted: &'a [RoleId],
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            let wanted = wanted.to_vec();
            self.write(
                Operation::ChangeDefaultRoles,
                async move |work: &mut Work<'_>| {
                    work.require_everywhere()?;
                    put_default_roles(work, platform, &wanted).await
                },
            )
            .await
        })
    }
}

/// Chooses the roles of a platform's door, under whatever operation.
pub(crate) async fn put_default_roles(
    work: &mut Work<'_>,
    platform: Platform,
    wanted: &[RoleId],
) -> Outcome<()> {
    let spec = work
        .inner
        .platform(platform)
        .cloned()
        .filter(|_| work.shown_platform().is_none_or(|own| own == platform))
        .ok_or(Fault::UnknownReference(Kind::Role))?;
    let before = door_roles(work, platform).await?;
    let before: Vec<RoleId> = before.iter().map(|role| role.id).collect();
    if before == wanted {
        return Ok(());
    }
    let permission = Operation::ChangeDefaultRoles.access().permission;
    if !work.reaches_everywhere(permission) {
        return Err(Fault::Forbidden(permission).into());
    }
    if spec.paths == RolePaths::ExactlyOne && wanted.len() > 1
        || spec.paths == RolePaths::GroupsOnly && !wanted.is_empty()
    {
        let why = "is not how this platform's roles reach people";
        return Err(Fault::invalid("default_roles", why).into());
    }
    limits::check_references("default_roles", wanted.len())?;
    work.look_up_roles(wanted).await?;
    for id in wanted {
        let role = granting::referenced(work, *id).await?;
        if role.platform != platform.word() || role.organisation.is_some() {
            return Err(Fault::UnknownReference(Kind::Role).into());
        }
        covering::may_grant(work, &role, Place::Everywhere, Holder::Anybody).await?;
    }
    let name = default_roles_setting(platform);
    let (now, actor) = (work.now, work.actor());
    let document = json!(wanted).to_string();
    settings::upsert(&mut work.tx, &name, &document, now, actor).await?;
    let about = About {
        entity: "setting",
        name: Some(&name),
        ..About::default()
    };
    let detail = json!({ "before": before, "after": wanted });
    work.event("setting.changed", about, Some(detail)).await
}

/// The roles that newcomers at a platform's door get, where the caller's dialect shows that platform.
pub(crate) async fn seen_door_roles(work: &mut Work<'_>, platform: Platform) -> Outcome<Vec<Role>> {
    let shown = work.shown_platform().is_none_or(|own| own == platform);
    if !shown {
        return Err(Fault::UnknownReference(Kind::Role).into());
    }
    door_roles(work, platform).await
}

/// The roles that newcomers at a platform's door get: the stored choice, else the catalogue's.
pub(crate) async fn door_roles(work: &mut Work<'_>, platform: Platform) -> Outcome<Vec<Role>> {
    let name = default_roles_setting(platform);
    let mut found = Vec::new();
    if let Some(stored) = settings::document(&mut work.tx, &name).await? {
        let ids: Vec<i64> = serde_json::from_str(&stored)
            .map_err(|error| Fault::Internal(format!("stored default roles: {error}")))?;
        for id in ids {
            found.extend(roles::by_id(&mut work.tx, RoleId(id)).await?);
        }
        return Ok(found);
    }
    let inner = Arc::clone(&work.inner);
    let words = inner
        .platform(platform)
        .map_or(&[][..], |spec| spec.default_roles);
    for word in words {
        found.extend(roles::by_word(&mut work.tx, platform.word(), word).await?);
    }
    Ok(found)
}

/// The name of the setting that holds a platform's default roles.
pub(crate) fn default_roles_setting(platform: Platform) -> String {
    format!("{}.default_roles", platform.word())
}
