//! What exists from the first start: the root, the owner, every platform's built-in roles and groups.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Fault, Membership, Organisation, Platform, Profile, Status, User, UserId, UserKind,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{Tx, grants, organisations, roles, settings, users};

use super::passwords::Prepared;
use crate::operations::organisations::builtin_groups::{self, groups_of_organisation};
use crate::operations::roles::owners;
use crate::pending::Pending;

/// Who owns a fresh installation.
#[derive(Clone, Default)]
pub struct FirstRun {
    /// The owner's e-mail address and login.
    pub email: String,
    /// The owner's given name.
    pub given: String,
    /// The owner's family name.
    pub family: String,
    /// The owner's password.
    pub password: String,
    /// The root organisation's name.
    pub organisation: String,
}

impl std::fmt::Debug for FirstRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstRun")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// Whether the store holds an installation yet.
    pub fn installed(&self) -> Pending<'_, bool> {
        Box::pin(async move {
            self.0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<bool> {
                    Ok(settings::installation(tx).await?.is_some())
                })
                .await
                .map_err(crate::outcome::Abort::into_fault)
        })
    }

    /// The installation's own UUID.
    pub fn installation_uuid(&self) -> Pending<'_, uuid::Uuid> {
        Box::pin(async move {
            self.0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<uuid::Uuid> {
                    let text = settings::installation(tx).await?;
                    Ok(users::uuid(&text.unwrap_or_default())?)
                })
                .await
                .map_err(crate::outcome::Abort::into_fault)
        })
    }

    /// Makes the root organisation, the built-ins of every platform and the owner, in one transaction;
    /// `None` when there is an installation already. Built-ins that a newer version brings are added
    /// by [`Directory::install_builtins`].
    pub fn first_run(&self, first: FirstRun) -> Pending<'_, Option<User>> {
        Box::pin(async move {
            if self.installed().await? {
                return Ok(None);
            }
            rules::check_email(&first.email)?;
            let handle = self.act(&self.system(Platform::USHER));
            let own = [
                first.email.as_str(),
                &first.given,
                &first.family,
                &first.organisation,
            ];
            self.0
                .check_password(Platform::USHER, &first.password, &own)
                .await?;
            let hash = self
                .0
                .hash_password(first.password.clone(), Turn::of_server())
                .await?;
            let uuids: Vec<uuid::Uuid> = (0..3).map(|_| self.0.seams.random_uuid()).collect();
            handle
                .write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                    let now = work.now;
                    if !settings::install(&mut work.tx, &uuids[0].to_string(), now).await? {
                        return Ok(None);
                    }
                    let root = root_organisation(work, &first, uuids[1]).await?;
                    builtins(work).await?;
                    groups_of_organisation(work, &root).await?;
                    let prepared = Prepared {
                        hash: hash.clone(),
                        must_change: false,
                    };
                    let owner = owner(work, &first, uuids[2], &prepared).await?;
                    Ok(Some(owner))
                })
                .await
        })
    }

    /// Adds built-in roles and groups that this version knows and the store does not, and brings the
    /// lines of the known roles up to date, unless administrators may edit them. Owners get what new
    /// platforms bring for owners.
    pub fn install_builtins(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let handle: Handle = self.act(&self.system(Platform::USHER));
            handle
                .write(Operation::CreateRole, async |work: &mut Work<'_>| {
                    builtins(work).await?;
                    let inner = std::sync::Arc::clone(&work.inner);
                    for spec in &inner.platforms {
                        for group in &spec.groups {
                            let (platform, word) = (spec.platform.word(), group.word);
                            let without =
                                organisations::without_group(&mut work.tx, platform, word).await?;
                            for organisation in without {
                                if group.everywhere || organisation.id == crate::ROOT {
                                    builtin_groups::install_group(work, spec, group, &organisation)
                                        .await?;
                                }
                            }
                        }
                    }
                    owners::complete(work).await
                })
                .await
        })
    }
}

async fn root_organisation(
    work: &mut Work<'_>,
    first: &FirstRun,
    uuid: uuid::Uuid,
) -> Outcome<Organisation> {
    let now = work.now;
    let mut root = Organisation {
        id: crate::ROOT,
        uuid,
        parent: None,
        name: first.organisation.clone(),
        slug: rules::slug(&first.organisation),
        description: None,
        kind: None,
        sector: None,
        nationality: None,
        contacts: None,
        local: true,
        domains: Vec::new(),
        second_factor_required: false,
        version: 1,
        created_at: now,
        created_by: None,
        updated_at: now,
        updated_by: None,
    };
    root.id = organisations::insert(&mut work.tx, &root)
        .await?
        .ok_or(Fault::Taken { field: "name" })?;
    work.event("organisation.created", About::organisation(&root), None)
        .await?;
    Ok(root)
}

/// The built-in roles of every platform.
async fn builtins(work: &mut Work<'_>) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let now = work.now;
    for spec in &inner.platforms {
        for role in &spec.roles {
            let (uuid, keep) = (inner.seams.random_uuid(), spec.builtin_roles_editable);
            let platform = spec.platform.word();
            roles::put_builtin(&mut work.tx, platform, role, keep, uuid, now).await?;
        }
    }
    Ok(())
}

async fn owner(
    work: &mut Work<'_>,
    first: &FirstRun,
    uuid: uuid::Uuid,
    prepared: &Prepared,
) -> Outcome<User> {
    let names = crate::model::Names {
        display: None,
        given: Some(first.given.clone()),
        family: Some(first.family.clone()),
    };
    let now = work.now;
    let mut user = User {
        id: UserId(0),
        uuid,
        login: first.email.clone(),
        email: Some(first.email.clone()),
        pending_email: None,
        shown: rules::shown_names(&names, &first.email),
        names,
        kind: UserKind::Person,
        status: Status::Active,
        lock_after: None,
        locked_until: None,
        lockout_until: None,
        home: crate::ROOT,
        primary_group: None,
        profile: Profile::default(),
        second_factor_required: None,
        second_factor: false,
        has_password: false,
        must_change_password: false,
        password_changed_at: None,
        revision: 1,
        created_at: now,
        created_by: None,
        updated_at: now,
        updated_by: None,
        last_seen_at: None,
        signed_in_at: None,
        previous_sign_in_at: None,
        sign_in_count: 0,
    };
    let alias = work.inner.alias(&user);
    user.id = users::insert(&mut work.tx, &user, alias.as_deref())
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    super::users::checks::take_names(work, &user).await?;
    organisations::put_membership(
        &mut work.tx,
        Membership {
            user: user.id,
            organisation: crate::ROOT,
            home: true,
            administrator: false,
        },
        now,
    )
    .await?;
    users::change_population(&mut work.tx, crate::ROOT, 1).await?;
    super::passwords::store(work, user.id, prepared).await?;
    let role = roles::by_word(&mut work.tx, Platform::USHER.word(), owners::OWNER)
        .await?
        .ok_or_else(|| Fault::Internal("the catalogue has no owner role".to_owned()))?;
    grants::upsert(&mut work.tx, user.id, role.id, crate::ROOT, None, now, None).await?;
    owners::grant_owner_roles(work, user.id).await?;
    work.event(
        "user.created",
        About::user(&user),
        Some(json!({ "after": super::users::checks::described(&user) })),
    )
    .await?;
    Ok(users::by_id(&mut work.tx, user.id)
        .await?
        .ok_or(Fault::NotFound(crate::model::Kind::User))?)
}
