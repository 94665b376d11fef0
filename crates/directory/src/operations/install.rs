//! What exists from the first start: the root, the owner, every platform's built-in roles and groups.

use serde_json::json;

use crate::access::Operation;
use crate::directory::Directory;
use crate::handle::{About, Handle, Outcome, Work};
use crate::model::{
    BuiltinGroup, Extended, Fault, Membership, NewExtension, Organisation, OrganisationId,
    Platform, PlatformSpec, RoleId, Status, User, UserId, UserKind,
};
use crate::rules;
use crate::store::{Tx, extensions, organisations, users};

use super::passwords::Prepared;
use super::{grants, groups};

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
    pub async fn installed(&self) -> Result<bool, Fault> {
        self.0
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<bool> {
                Ok(tx
                    .one("SELECT 1 FROM installation", &[], |row| row.int(0))
                    .await?
                    .is_some())
            })
            .await
            .map_err(crate::handle::Stop::into_fault)
    }

    /// The installation's own UUID.
    pub async fn installation_uuid(&self) -> Result<uuid::Uuid, Fault> {
        self.0
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<uuid::Uuid> {
                let text = tx
                    .one("SELECT uuid FROM installation", &[], |row| row.string(0))
                    .await?;
                Ok(users::uuid(&text.unwrap_or_default())?)
            })
            .await
            .map_err(crate::handle::Stop::into_fault)
    }

    /// Makes the root organisation, the built-ins of every platform and the owner, in one transaction;
    /// `None` when there is an installation already. Built-ins that a newer version brings are added
    /// by [`Directory::install_builtins`].
    pub async fn first_run(&self, first: FirstRun) -> Result<Option<User>, Fault> {
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
        let hash = self.0.hash_password(first.password.clone()).await?;
        let uuids: Vec<uuid::Uuid> = (0..3).map(|_| self.0.seams.random_uuid()).collect();
        handle
            .write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                let now = work.now;
                let inserted = work
                    .tx
                    .exec(
                        "INSERT INTO installation (id, uuid, epoch, created_at) VALUES (1, $1, 1, $2) ON CONFLICT DO NOTHING",
                        &[(&uuids[0].to_string()).into(), now.0.into()],
                    )
                    .await?;
                if inserted == 0 {
                    return Ok(None);
                }
                let root = root_organisation(work, &first, uuids[1]).await?;
                builtins(work).await?;
                groups_of_organisation(work, &root).await?;
                let prepared = Prepared { hash: hash.clone(), must_change: false };
                let owner = owner(work, &first, uuids[2], &prepared).await?;
                Ok(Some(owner))
            })
            .await
    }

    /// Adds built-in roles that this version knows and the store does not, and brings the lines of the
    /// known ones up to date.
    pub async fn install_builtins(&self) -> Result<(), Fault> {
        let handle: Handle = self.act(&self.system(Platform::USHER));
        handle
            .write(Operation::CreateRole, async |work: &mut Work<'_>| {
                builtins(work).await
            })
            .await
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
            let lines = json!(role.lines).to_string();
            let stored = work
                .tx
                .one(
                    "SELECT lines FROM roles WHERE platform = $1 AND word = $2",
                    &[spec.platform.word().into(), role.word.into()],
                    |row| row.string(0),
                )
                .await?;
            if let Some(stored) = stored {
                if stored != lines {
                    work.tx
                        .exec(
                            "UPDATE roles SET lines = $3, version = version + 1, updated_at = $4 WHERE platform = $1 AND word = $2 AND builtin = 1",
                            &[spec.platform.word().into(), role.word.into(), (&lines).into(), now.0.into()],
                        )
                        .await?;
                }
                continue;
            }
            let uuid = inner.seams.random_uuid().to_string();
            work.tx
                .exec(
                    "INSERT INTO roles (uuid, platform, number, word, builtin, name, name_key, description, lines, version, \
                     created_at, updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, 1, $9, $9)",
                    &[
                        (&uuid).into(), spec.platform.word().into(), role.number.into(), role.word.into(), role.name.into(),
                        (&rules::fold_search(role.name)).into(), role.description.into(), (&lines).into(), now.0.into(),
                    ],
                )
                .await?;
        }
    }
    Ok(())
}

/// The groups that each platform installs in an organisation (in the root: also those it installs
/// only there), with the roles they bring.
pub(crate) async fn groups_of_organisation(
    work: &mut Work<'_>,
    organisation: &Organisation,
) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    for spec in &inner.platforms {
        for group in spec
            .groups
            .iter()
            .filter(|group| group.everywhere || organisation.id == crate::ROOT)
        {
            install_group(work, spec, group, organisation).await?;
        }
    }
    Ok(())
}

fn named(pattern: &str, with: &str) -> String {
    pattern.replace("{organisation}", with)
}

async fn install_group(
    work: &mut Work<'_>,
    spec: &PlatformSpec,
    group: &BuiltinGroup,
    organisation: &Organisation,
) -> Outcome<()> {
    let name = named(group.name, &organisation.name);
    let slug = named(group.slug, &organisation.slug);
    let uuid = work.inner.seams.random_uuid().to_string();
    let (now, actor) = (work.now, work.actor().map(|user| user.0));
    let newcomers = group.newcomers.then(|| spec.platform.word());
    let id = work
        .tx
        .one(
            "INSERT INTO groups (uuid, organisation_id, platform, word, name, name_key, slug, description, newcomers_of, search, \
             version, created_at, created_by, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, \
             $12, $11, $12) ON CONFLICT DO NOTHING RETURNING id",
            &[
                (&uuid).into(), organisation.id.0.into(), spec.platform.word().into(), group.word.into(), (&name).into(),
                (&rules::fold(&name)).into(), (&slug).into(), group.description.into(), newcomers.into(),
                (&rules::fold_search(&format!("{name} {}", group.description))).into(), now.0.into(), actor.into(),
            ],
            |row| row.int(0),
        )
        .await?;
    let Some(id) = id else { return Ok(()) };
    for word in group.roles {
        let role = work
            .tx
            .one(
                "SELECT id FROM roles WHERE platform = $1 AND word = $2",
                &[spec.platform.word().into(), (*word).into()],
                |row| row.int(0),
            )
            .await?
            .ok_or_else(|| {
                Fault::Internal(format!(
                    "the catalogue of {} has no role {word}",
                    spec.platform
                ))
            })?;
        work.tx
            .exec(
                "INSERT INTO group_roles (group_id, role_id, scope, scope_id, created_at, created_by) VALUES ($1, $2, 'organisation', $3, $4, $5)",
                &[id.into(), role.into(), organisation.id.0.into(), now.0.into(), actor.into()],
            )
            .await?;
    }
    if let Some(document) = group.document {
        let document = serde_json::from_str(document)
            .map_err(|error| Fault::Internal(format!("catalogue document: {error}")))?;
        let extension = NewExtension {
            document,
            terms: Vec::new(),
        };
        extensions::put(
            &mut work.tx,
            Extended::Group,
            id,
            spec.platform.word(),
            &extension,
            now,
        )
        .await?;
    }
    Ok(())
}

/// Built-in groups carry their organisation's name, so they are renamed with it.
pub(crate) async fn rename_groups_of_organisation(
    work: &mut Work<'_>,
    old: &Organisation,
    new: &Organisation,
) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let now = work.now;
    for spec in &inner.platforms {
        for group in spec.groups.iter().filter(|group| {
            group.name.contains("{organisation}") || group.slug.contains("{organisation}")
        }) {
            let name = named(group.name, &new.name);
            work.tx
                .exec(
                    "UPDATE groups SET name = $4, name_key = $5, slug = $6, search = $7, version = version + 1, updated_at = $8 \
                     WHERE organisation_id = $1 AND platform = $2 AND word = $3",
                    &[
                        old.id.0.into(), spec.platform.word().into(), group.word.into(), (&name).into(), (&rules::fold(&name)).into(),
                        (&named(group.slug, &new.slug)).into(), (&rules::fold_search(&format!("{name} {}", group.description))).into(), now.0.into(),
                    ],
                )
                .await?;
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
        department: None,
        title: None,
        time_zone: None,
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
    user.id = users::insert(&mut work.tx, &user)
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    super::users::take_names(work, &user).await?;
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
    users::step(&mut work.tx, crate::ROOT, 1).await?;
    super::passwords::store(work, user.id, prepared).await?;
    let role = work
        .tx
        .one(
            "SELECT id FROM roles WHERE platform = 'usher' AND word = 'owner'",
            &[],
            |row| row.int(0),
        )
        .await?
        .ok_or_else(|| Fault::Internal("the catalogue has no owner role".to_owned()))?;
    grants::place(work, user.id, RoleId(role), crate::ROOT, None).await?;
    crown(work, user.id).await?;
    work.event(
        "user.created",
        About::user(&user),
        Some(json!({ "after": super::users::described(&user) })),
    )
    .await?;
    Ok(users::by_id(&mut work.tx, user.id)
        .await?
        .ok_or(Fault::NotFound(crate::model::Kind::User))?)
}

/// What comes with becoming an owner: every platform's administrator role, or the groups that bring
/// it, so that each vendor's console shows an administrator.
pub(crate) async fn crown(work: &mut Work<'_>, user: UserId) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    for spec in &inner.platforms {
        if let Some(word) = spec.owner_role {
            let role = work
                .tx
                .one(
                    "SELECT id FROM roles WHERE platform = $1 AND word = $2",
                    &[spec.platform.word().into(), word.into()],
                    |row| row.int(0),
                )
                .await?;
            if let Some(role) = role {
                grants::place(work, user, RoleId(role), crate::ROOT, None).await?;
            }
        }
        for group in spec.groups.iter().filter(|group| group.owners) {
            if let Some(id) = builtin_group(work, spec.platform, group.word, crate::ROOT).await? {
                groups::place(work, user, id).await?;
            }
        }
    }
    Ok(())
}

/// The built-in group of that word in an organisation.
pub(crate) async fn builtin_group(
    work: &mut Work<'_>,
    platform: Platform,
    word: &str,
    organisation: OrganisationId,
) -> Outcome<Option<crate::model::GroupId>> {
    let id = work
        .tx
        .one(
            "SELECT id FROM groups WHERE organisation_id = $1 AND platform = $2 AND word = $3",
            &[organisation.0.into(), platform.word().into(), word.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(id.map(crate::model::GroupId))
}
