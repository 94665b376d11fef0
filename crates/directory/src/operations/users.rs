//! Users: list, show, make.

use serde_json::{Value, json};

use crate::access::Operation;
use crate::handle::{About, Handle, Outcome, Stop, Work};
use crate::model::{
    Extended, Fault, FreshKey, Kind, Membership, NewKey, NewMail, NewPassword, NewUser,
    OrganisationId, Permission, Ref, Scope, Status, Time, TokenPurpose, User, UserId, UserKind,
    UserRef,
};
use crate::rules;
use crate::store::{extensions, grants, groups, members, organisations, users};

use super::granting::{self, Wanted};
use super::passwords::{self, Prepared};
use super::{keys, mail, memberships, tokens};

impl Handle {
    /// One user the caller sees.
    pub async fn user(&self, which: impl Into<UserRef>) -> Result<User, Fault> {
        let which = which.into();
        self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
            work.visible_user(&which).await
        })
        .await
    }

    /// Makes a user.
    pub async fn create_user(&self, new: NewUser) -> Result<User, Fault> {
        let prepared = self.prepare_new(&new).await?;
        let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
            create(work, &new, uuid, prepared.as_ref()).await
        })
        .await
    }

    /// Makes a user with an API key of their own, in one transaction. The key is as limited as the
    /// one that asks: nobody gets more out of a limited key by way of a new account.
    pub async fn create_user_with_key(
        &self,
        new: NewUser,
        key: NewKey,
    ) -> Result<(User, FreshKey), Fault> {
        let prepared = self.prepare_new(&new).await?;
        let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        let key_uuid = key.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        let secret = self.inner.key_text(key.shape);
        let text = secret.clone();
        let (user, key) = self
            .write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                let user = create(work, &new, uuid, prepared.as_ref()).await?;
                let key = keys::first(work, &user, &key, key_uuid, &text).await?;
                Ok((user, key))
            })
            .await?;
        Ok((user, FreshKey { key, secret }))
    }

    /// Checks everything that making this user would check, and makes nothing.
    pub async fn validate_user(&self, new: NewUser) -> Result<(), Fault> {
        let prepared = self.prepare_new(&new).await?;
        let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        let result = self
            .write_or_undo(Operation::CreateUser, async move |work: &mut Work<'_>| {
                create(work, &new, uuid, prepared.as_ref()).await?;
                Err::<(), Stop>(Stop::Undo)
            })
            .await;
        result.map(|_| ())
    }

    /// Makes several users, all or none.
    pub async fn create_users(&self, new: Vec<NewUser>) -> Result<Vec<User>, Fault> {
        let mut all = Vec::with_capacity(new.len());
        for one in new {
            let prepared = self.prepare_new(&one).await?;
            let uuid = one.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            all.push((one, uuid, prepared));
        }
        self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
            let mut made = Vec::with_capacity(all.len());
            for (one, uuid, prepared) in &all {
                made.push(create(work, one, *uuid, prepared.as_ref()).await?);
            }
            Ok(made)
        })
        .await
    }

    async fn prepare_new(&self, new: &NewUser) -> Result<Option<Prepared>, Fault> {
        // A caller without the permission learns nothing about the password, and costs no hash.
        if !self
            .caller
            .here()
            .any(|held| crate::model::word_covers(&held.word, Permission::CreateUsers.word()))
        {
            return Err(Fault::Forbidden(Permission::CreateUsers));
        }
        // A password sent when making a service account is ignored: clients always send one.
        if new.kind == Some(UserKind::Service) {
            return Ok(None);
        }
        if new.password == NewPassword::None {
            return Ok(None);
        }
        let home = new.home.or(new.organisations.first().copied());
        let home = home
            .or(self.caller.organisation)
            .unwrap_or(self.caller.home);
        let organisation = self.inner.organisation_name(home).await?;
        let own: Vec<&str> = [
            &new.login,
            &new.email,
            &new.names.display,
            &new.names.given,
            &new.names.family,
        ]
        .into_iter()
        .filter_map(|name| name.as_deref())
        .chain([organisation.as_str()])
        .collect();
        self.inner
            .prepare_password(self.caller.platform, &new.password, &own)
            .await
    }
}

/// Checks the texts of a user; they are stored as sent.
pub(crate) fn check_texts(user: &User) -> Result<(), Fault> {
    rules::check_text("login", &user.login, 254, false)?;
    for (field, text) in [
        ("display", &user.names.display),
        ("given", &user.names.given),
        ("family", &user.names.family),
        ("department", &user.department),
        ("title", &user.title),
        ("time_zone", &user.time_zone),
    ] {
        if let Some(text) = text {
            rules::check_text(field, text, 255, false)?;
        }
    }
    if user.login.trim().is_empty() || user.login.trim() != user.login {
        return Err(Fault::invalid(
            "login",
            "must not be empty or begin or end with a blank",
        ));
    }
    Ok(())
}

/// The organisation's allowed domains bind those who do not reach the whole installation.
pub(crate) async fn check_home_domain(
    work: &mut Work<'_>,
    permission: Permission,
    home: OrganisationId,
    email: &str,
) -> Outcome<()> {
    if work.scopes_of(permission).contains(&Scope::All) {
        return Ok(());
    }
    if let Some(organisation) = organisations::by_id(&mut work.tx, home).await? {
        rules::check_domain(email, &organisation.domains)?;
    }
    Ok(())
}

/// Takes the login and the e-mail in the one name space.
pub(crate) async fn take_names(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let email = user.email.as_deref().map(rules::fold).unwrap_or_default();
    let login = rules::fold(&user.login);
    if !email.is_empty() && !users::take_name(&mut work.tx, &email, user.id).await? {
        return Err(Fault::Taken { field: "email" }.into());
    }
    if login != email && !users::take_name(&mut work.tx, &login, user.id).await? {
        return Err(Fault::Taken { field: "login" }.into());
    }
    Ok(())
}

/// Makes a user with everything a new one gets, in one transaction.
async fn create(
    work: &mut Work<'_>,
    new: &NewUser,
    uuid: uuid::Uuid,
    prepared: Option<&Prepared>,
) -> Outcome<User> {
    let home = home_of(work, new).await?;
    if let Some(email) = &new.email {
        rules::check_email(email)?;
        check_home_domain(work, Permission::CreateUsers, home, email).await?;
    }
    let mut user = draft(work, new, uuid, home)?;
    check_texts(&user)?;
    user.id = users::insert(&mut work.tx, &user)
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
    users::step(&mut work.tx, home, 1).await?;
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
    give_roles(work, new, &user).await?;
    join_groups(work, new, &user).await?;
    if let Some(extension) = &new.extension {
        let platform = work.caller.platform;
        extensions::put(
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
    if let (Some(template), Some(to)) = (&new.door.mail, &user.email) {
        // Without a password the mail is the way in: it carries a link to set the first one.
        if prepared.is_none() && user.kind == UserKind::Person {
            tokens::send(work, &user, TokenPurpose::Activate, template).await?;
        } else {
            let values = json!({ "login": user.login, "name": user.shown.name });
            let welcome = NewMail {
                template: template.clone(),
                user: Some(user.id),
                to: to.clone(),
                values,
            };
            mail::enqueue(work, &welcome).await?;
        }
    }
    Ok(users::by_id(&mut work.tx, user.id)
        .await?
        .ok_or(Fault::NotFound(Kind::User))?)
}

/// The home: what the call names, else the token's organisation, else the caller's home.
async fn home_of(work: &mut Work<'_>, new: &NewUser) -> Outcome<OrganisationId> {
    let named = new.home.or(new.organisations.first().copied());
    let home = named
        .or(work.caller.organisation)
        .unwrap_or(work.caller.home);
    let known = work.find_organisation(&Ref::Id(home)).await?.is_some()
        && work.sees_organisation(home).await?;
    if !known {
        return Err(Fault::UnknownReference(Kind::Organisation).into());
    }
    if work
        .reaches_organisation(Permission::CreateUsers, home)
        .await?
    {
        return Ok(home);
    }
    // People whose primary group the caller manages may be made by whoever manages the group.
    let groups = work.scopes_of(Permission::CreateUsers);
    let managed = new.primary_group.is_some_and(|group| {
        groups
            .iter()
            .any(|scope| matches!(scope, Scope::Groups(managed) if managed.contains(&group)))
    });
    if managed {
        Ok(home)
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
        department: new.department.clone(),
        title: new.title.clone(),
        time_zone: new.time_zone.clone(),
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
async fn give_roles(work: &mut Work<'_>, new: &NewUser, user: &User) -> Outcome<()> {
    for role in &new.roles {
        let wanted = Wanted {
            role: *role,
            organisation: Some(user.home),
            expires_at: None,
        };
        granting::give(work, user, wanted, true).await?;
    }
    if new.roles.is_empty() && !new.door.without_defaults {
        let (now, actor, platform) = (work.now, work.actor(), work.caller.platform);
        for role in granting::door_roles(work, platform).await? {
            grants::put(&mut work.tx, user.id, role.id, user.home, None, now, actor).await?;
        }
    }
    Ok(())
}

async fn join_groups(work: &mut Work<'_>, new: &NewUser, user: &User) -> Outcome<()> {
    for group in new.primary_group.iter().chain(&new.groups) {
        super::members::join_named(work, user, *group).await?;
    }
    if !new.door.without_defaults {
        let (now, platform) = (work.now, work.caller.platform);
        for group in groups::newcomers(&mut work.tx, platform, user.home).await? {
            members::put(&mut work.tx, user.id, group, now).await?;
        }
    }
    Ok(())
}

/// What an event tells of a user; never a secret.
pub(crate) fn described(user: &User) -> Value {
    json!({
        "login": user.login,
        "email": user.email,
        "name": user.shown.name,
        "kind": user.kind,
        "status": user.status,
        "home": user.home,
    })
}
