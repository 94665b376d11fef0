//! Making a user: everything a new one gets, in one transaction.

use std::sync::Arc;

use serde_json::json;

use crate::cache::provisioning_defaults::ProvisioningDefaults;

use crate::access::work::Work;
use crate::audit::About;
use crate::model::{
    Extended, Fault, Kind, Membership, NewUser, OrganisationId, Permission, Scope, Status, Time,
    User, UserId, UserKind,
};
use crate::outcome::Outcome;
use crate::rules::{self, limits};
use crate::store::{extensions, grants, members, organisations, users};

use crate::operations::organisations::memberships;
use crate::operations::passwords;
use crate::operations::passwords::Prepared;
use crate::operations::roles::granting;
use crate::operations::roles::granting::{Direct, Wanted};
use crate::operations::tokens;
use crate::operations::users::checks::check_home_domain;
use crate::operations::users::checks::check_texts;
use crate::operations::users::checks::described;
use crate::operations::users::checks::take_names;

/// Makes a user with everything a new one gets, in one transaction.
pub(crate) async fn create(
    work: &mut Work<'_>,
    new: &NewUser,
    uuid: uuid::Uuid,
    prepared: Option<&Prepared>,
) -> Outcome<User> {
    let (home, door) = home_of(work, new).await?;
    if let Some(email) = &new.email {
        rules::check_email(email)?;
        check_home_domain(work, Permission::CreateUsers, home, email).await?;
    }
    let mut user = draft(work, new, uuid, home)?;
    check_texts(&user)?;
    let alias = work.inner.alias(&user);
    user.id = users::insert(&mut work.tx, &user, alias.as_deref())
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    take_names(work, &user).await?;
    let now = work.now;
    organisations::put_membership(
        &mut work.tx,
        Membership {
            user: user.id,
            organisation: home,
            home: true,
            administrator: false,
        },
        now,
    )
    .await?;
    users::change_population(&mut work.tx, home, 1).await?;
    limits::check_references("organisations", new.organisations.len())?;
    work.look_up_organisations(&new.organisations).await?;
    for organisation in new.organisations.iter().filter(|one| **one != home) {
        memberships::may_join(work, Permission::CreateUsers, *organisation).await?;
        organisations::put_membership(
            &mut work.tx,
            Membership {
                user: user.id,
                organisation: *organisation,
                home: false,
                administrator: false,
            },
            now,
        )
        .await?;
    }
    if let Some(prepared) = prepared {
        passwords::store(work, user.id, prepared).await?;
    }
    give_roles(work, new, &user, &door).await?;
    join_groups(work, new, &user, &door).await?;
    if let Some(extension) = &new.extension {
        let platform = work.caller.platform;
        extensions::store_document(
            &mut work.tx,
            Extended::User,
            user.id.0,
            platform.word(),
            extension,
            now,
        )
        .await?;
    }
    let mut after = described(&user);
    if !new.roles.is_empty() {
        after["roles"] = json!(new.roles);
    }
    if !new.groups.is_empty() {
        after["groups"] = json!(new.groups);
    }
    work.event(
        "user.created",
        About::user(&user),
        Some(json!({ "after": after })),
    )
    .await?;
    if let Some(template) = &new.door.mail {
        tokens::greet(work, &user, template, prepared.is_some()).await?;
    }
    if let Some(prepared) = prepared {
        user.has_password = true;
        user.must_change_password = prepared.must_change;
        user.password_changed_at = Some(now);
    }
    Ok(user)
}

/// The home: what the call names, else the token's organisation, else the caller's home. With it comes
/// what its newcomers get.
async fn home_of(
    work: &mut Work<'_>,
    new: &NewUser,
) -> Outcome<(OrganisationId, Arc<ProvisioningDefaults>)> {
    let named = new.home.or(new.organisations.first().copied());
    let home = named
        .or(work.caller.organisation)
        .unwrap_or(work.caller.home);
    // What the door says is remembered, so that looking for the organisation costs no statement.
    let unknown = Fault::UnknownReference(Kind::Organisation);
    let Some(door) = work.door(home).await? else {
        return Err(unknown.into());
    };
    if !work.sees_organisation(home).await? {
        return Err(unknown.into());
    }
    if work
        .reaches_organisation(Permission::CreateUsers, home)
        .await?
    {
        return Ok((home, door));
    }
    // People whose primary group the caller manages may be made by whoever manages the group.
    let scopes = work.scopes_of(Permission::CreateUsers);
    let above = work.ancestors(home).await?;
    let managed = new.primary_group.is_some_and(|group| {
        scopes.iter().any(|scope| match scope {
            Scope::Groups { groups, within } => groups.contains(&group) && above.contains(within),
            _ => false,
        })
    });
    let limit = work.limit().map(OrganisationId);
    if managed && limit.is_none_or(|limit| above.contains(&limit)) {
        Ok((home, door))
    } else {
        Err(Fault::Forbidden(Permission::CreateUsers).into())
    }
}

fn draft(
    work: &Work<'_>,
    new: &NewUser,
    uuid: uuid::Uuid,
    home: OrganisationId,
) -> Result<User, Fault> {
    let kind = new.kind.unwrap_or(UserKind::Person);
    let login = match (&new.login, &new.email, kind) {
        (Some(login), _, _) => login.clone(),
        (None, Some(email), _) => email.clone(),
        (None, None, UserKind::Service) => format!("service-{uuid}"),
        (None, None, UserKind::Person) => return Err(Fault::invalid("email", "is needed")),
    };
    let shown = rules::shown_names(&new.names, &login);
    let actor = work.actor();
    Ok(User {
        id: UserId(0),
        uuid,
        login,
        email: new.email.clone(),
        pending_email: None,
        names: new.names.clone(),
        shown,
        kind,
        status: new.status.unwrap_or(Status::Active),
        lock_after: new.lock_after,
        locked_until: new.locked.then_some(Time::NEVER),
        lockout_until: None,
        home,
        primary_group: new.primary_group,
        profile: new.profile.canonical(),
        second_factor_required: new.second_factor_required,
        second_factor: false,
        has_password: false,
        must_change_password: false,
        password_changed_at: None,
        revision: 1,
        created_at: work.now,
        created_by: actor,
        updated_at: work.now,
        updated_by: actor,
        last_seen_at: None,
        signed_in_at: None,
        previous_sign_in_at: None,
        sign_in_count: 0,
    })
}

/// The named roles, each as far as the caller may grant it; else what the door gives every newcomer.
async fn give_roles(
    work: &mut Work<'_>,
    new: &NewUser,
    user: &User,
    door: &ProvisioningDefaults,
) -> Outcome<()> {
    limits::check_references("roles", new.roles.len())?;
    work.look_up_roles(&new.roles).await?;
    let mut direct = Direct::default();
    for role in &new.roles {
        let wanted = Wanted {
            role: *role,
            organisation: Some(user.home),
            expires_at: None,
        };
        granting::give_beside(work, user, wanted, true, &mut direct).await?;
    }
    if new.roles.is_empty() && !new.door.without_defaults {
        let (now, actor) = (work.now, work.actor());
        for role in &door.roles {
            grants::upsert(&mut work.tx, user.id, *role, user.home, None, now, actor).await?;
        }
    }
    Ok(())
}

async fn join_groups(
    work: &mut Work<'_>,
    new: &NewUser,
    user: &User,
    door: &ProvisioningDefaults,
) -> Outcome<()> {
    let named: Vec<_> = new
        .primary_group
        .iter()
        .chain(&new.groups)
        .copied()
        .collect();
    crate::operations::groups::members::join_named(work, user, &named).await?;
    if !new.door.without_defaults {
        for group in &door.groups {
            members::insert(&mut work.tx, user.id, *group, work.now).await?;
        }
    }
    Ok(())
}
