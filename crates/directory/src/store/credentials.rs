//! What authentication and the take-over guard read: a credential's row with its owner's state, and
//! everything somebody holds.

use std::sync::LazyLock;

use crate::model::{
    Constraint, GroupId, Held, KeyId, Line, ManagerLevel, OrganisationId, Platform, Reach, Scope,
    SessionId, Status, Time, UserId,
};

use super::managers::{self, Managed};
use super::{Res, Row, StoreError, Tx};

/// The owner's state beside a credential, and the two counters that tell whether remembered rights
/// still hold.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub user: UserId,
    pub uuid: uuid::Uuid,
    pub login: String,
    pub home: OrganisationId,
    pub status: Status,
    pub lock_after: Option<Time>,
    pub locked_until: Option<Time>,
    pub lockout_until: Option<Time>,
    pub must_change_password: bool,
    pub version: i64,
    pub epoch: i64,
}

const OWNER: &str = "u.id, u.uuid, u.login, u.home_id, u.status, u.lock_after, u.locked_until, u.lockout_until, \
     COALESCE(p.must_change, 0), u.version, i.epoch";
const OWNER_COLUMNS: usize = 11;
const OWNER_TABLES: &str =
    "JOIN installation i ON i.id = 1 LEFT JOIN passwords p ON p.user_id = u.id";

fn read_owner(row: &Row<'_>) -> Res<Owner> {
    Ok(Owner {
        user: UserId(row.int(0)?),
        uuid: super::users::uuid(row.text(1)?)?,
        login: row.string(2)?,
        home: OrganisationId(row.int(3)?),
        status: super::users::status(row.text(4)?)?,
        lock_after: row.opt_int(5)?.map(Time),
        locked_until: row.opt_int(6)?.map(Time),
        lockout_until: row.opt_int(7)?.map(Time),
        must_change_password: row.flag(8)?,
        version: row.int(9)?,
        epoch: row.int(10)?,
    })
}

/// A key as authentication needs it.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    pub owner: Owner,
    pub id: KeyId,
    pub platform: Option<String>,
    pub read_only: bool,
    pub addresses: String,
    pub constraints: Vec<Constraint>,
    pub scopes: Vec<String>,
    pub organisation: Option<OrganisationId>,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

fn document<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Res<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Bug(format!("stored document: {error}")))
}

pub(crate) fn list<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Res<Vec<T>> {
    if text == "[]" {
        Ok(Vec::new())
    } else {
        document(text)
    }
}

fn read_key(row: &Row<'_>) -> Res<KeyRow> {
    const K: usize = OWNER_COLUMNS;
    Ok(KeyRow {
        owner: read_owner(row)?,
        id: KeyId(row.int(K)?),
        platform: row.opt_string(K + 1)?,
        read_only: row.flag(K + 2)?,
        addresses: row.string(K + 3)?,
        constraints: list(row.text(K + 4)?)?,
        scopes: list(row.text(K + 5)?)?,
        organisation: row.opt_int(K + 6)?.map(OrganisationId),
        expires_at: row.opt_int(K + 7)?.map(Time),
        revoked_at: row.opt_int(K + 8)?.map(Time),
    })
}

const KEY: &str = ", k.id, k.platform, k.read_only, k.addresses, k.constraints, k.scopes, k.organisation_id, k.expires_at, \
     k.revoked_at FROM api_keys k JOIN users u ON u.id = k.user_id ";

/// The key with that digest, with its owner's state: one statement.
pub(crate) async fn key_by_digest(tx: &mut Tx<'_>, digest: &[u8]) -> Res<Option<KeyRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ").push(OWNER);
            sql.push(KEY)
                .push(OWNER_TABLES)
                .push(" WHERE k.digest = $1")
        })
    });
    tx.one(&SQL, &[digest.into()], read_key).await
}

/// The same by the key's number, to look again inside a transaction.
pub(crate) async fn key_by_id(tx: &mut Tx<'_>, id: KeyId) -> Res<Option<KeyRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ").push(OWNER);
            sql.push(KEY).push(OWNER_TABLES).push(" WHERE k.id = $1")
        })
    });
    tx.one(&SQL, &[id.0.into()], read_key).await
}

/// A session as authentication needs it, with the key it is bound to.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    pub owner: Owner,
    pub id: SessionId,
    pub platform: String,
    pub key: Option<KeyId>,
    pub organisation: Option<OrganisationId>,
    pub last_seen_at: Time,
    pub idle: i64,
    pub expires_at: Time,
    /// The bound key's limits.
    pub read_only: bool,
    pub addresses: String,
    pub constraints: Vec<Constraint>,
    pub scopes: Vec<String>,
    pub key_expires_at: Option<Time>,
    pub key_revoked_at: Option<Time>,
    pub key_platform: Option<String>,
    pub enrolment: bool,
}

fn read_session(row: &Row<'_>) -> Res<SessionRow> {
    const S: usize = OWNER_COLUMNS;
    Ok(SessionRow {
        owner: read_owner(row)?,
        id: SessionId(row.int(S)?),
        platform: row.string(S + 1)?,
        key: row.opt_int(S + 2)?.map(KeyId),
        organisation: row.opt_int(S + 3)?.map(OrganisationId),
        last_seen_at: Time(row.int(S + 4)?),
        idle: row.int(S + 5)?,
        expires_at: Time(row.int(S + 6)?),
        read_only: row.opt_flag(S + 7)?.unwrap_or(false),
        addresses: row.opt_string(S + 8)?.unwrap_or_else(|| "[]".to_owned()),
        constraints: row.opt_text(S + 9)?.map_or_else(|| Ok(Vec::new()), list)?,
        scopes: row.opt_text(S + 10)?.map_or_else(|| Ok(Vec::new()), list)?,
        key_expires_at: row.opt_int(S + 11)?.map(Time),
        key_revoked_at: row.opt_int(S + 12)?.map(Time),
        enrolment: row.flag(S + 13)?,
        key_platform: row.opt_string(S + 14)?,
    })
}

const SESSION: &str = ", s.id, s.platform, s.key_id, s.organisation_id, s.last_seen_at, s.idle_ms, s.expires_at, k.read_only, \
     k.addresses, k.constraints, k.scopes, k.expires_at, k.revoked_at, s.enrolment, k.platform FROM sessions s JOIN users u ON u.id = s.user_id ";
const SESSION_KEY: &str = " LEFT JOIN api_keys k ON k.id = s.key_id";

/// The session with that digest, with its owner's state: one statement.
pub(crate) async fn session_by_digest(tx: &mut Tx<'_>, digest: &[u8]) -> Res<Option<SessionRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(OWNER)
                .push(SESSION)
                .push(OWNER_TABLES)
                .push(SESSION_KEY)
                .push(" WHERE s.digest = $1")
        })
    });
    tx.one(&SQL, &[digest.into()], read_session).await
}

/// The same by number.
pub(crate) async fn session_by_id(tx: &mut Tx<'_>, id: SessionId) -> Res<Option<SessionRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(OWNER)
                .push(SESSION)
                .push(OWNER_TABLES)
                .push(SESSION_KEY)
                .push(" WHERE s.id = $1")
        })
    });
    tx.one(&SQL, &[id.0.into()], read_session).await
}

/// A user's state alone.
pub(crate) async fn owner(tx: &mut Tx<'_>, user: UserId) -> Res<Option<Owner>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(OWNER)
                .push(" FROM users u ")
                .push(OWNER_TABLES)
                .push(" WHERE u.id = $1")
        })
    });
    tx.one(&SQL, &[user.0.into()], read_owner).await
}

/// Everything somebody holds, and when the first expiring part of it ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holding {
    pub held: Vec<Held>,
    pub until: Option<Time>,
}

/// What [`holding`] needs to know of the platforms: their names, and what the administrator flag of
/// a membership brings on each.
pub(crate) type PlatformLines<'a> = &'a [(Platform, Vec<Line>)];

const HOLDING: &str = "SELECT r.platform, r.lines, g.organisation_id, g.expires_at FROM grants g JOIN roles r ON r.id = g.role_id \
             WHERE g.user_id = $1 AND (g.expires_at IS NULL OR g.expires_at > $2) \
             UNION ALL SELECT r.platform, r.lines, gr.scope_id, NULL FROM group_members m JOIN group_roles gr ON \
             gr.group_id = m.group_id AND gr.scope = 'organisation' JOIN roles r ON r.id = gr.role_id WHERE m.user_id = $1 \
             UNION ALL SELECT r.platform, r.lines, co.organisation_id, NULL FROM group_members m JOIN group_roles gr ON \
             gr.group_id = m.group_id AND gr.scope = 'collection' JOIN collection_organisations co ON co.collection_id = \
             gr.scope_id JOIN roles r ON r.id = gr.role_id WHERE m.user_id = $1 \
             UNION ALL SELECT '', '', organisation_id, NULL FROM memberships WHERE user_id = $1 AND administrator = 1";

/// Reads everything somebody holds, by every path, on every platform.
pub(crate) async fn holding(
    tx: &mut Tx<'_>,
    user: UserId,
    platforms: PlatformLines<'_>,
    now: Time,
) -> Res<Holding> {
    let rows = tx
        .all(HOLDING, &[user.0.into(), now.0.into()], |row| {
            Ok((
                row.string(0)?,
                row.string(1)?,
                OrganisationId(row.int(2)?),
                row.opt_int(3)?.map(Time),
            ))
        })
        .await?;
    let mut holding = Holding::default();
    let mut managed: Option<Vec<Managed>> = None;
    for (word, lines, organisation, expires_at) in rows {
        holding.until = [holding.until, expires_at].into_iter().flatten().min();
        if word.is_empty() {
            for (platform, lines) in platforms {
                hold(
                    tx,
                    &mut holding.held,
                    &mut managed,
                    *platform,
                    lines,
                    user,
                    organisation,
                )
                .await?;
            }
        } else if let Some((platform, _)) = platforms
            .iter()
            .find(|(platform, _)| platform.word() == word)
        {
            // Roles of a platform that this build does not serve bring nothing.
            let lines: Vec<Line> = document(&lines)?;
            hold(
                tx,
                &mut holding.held,
                &mut managed,
                *platform,
                &lines,
                user,
                organisation,
            )
            .await?;
        }
    }
    Ok(holding)
}

async fn hold(
    tx: &mut Tx<'_>,
    held: &mut Vec<Held>,
    managed: &mut Option<Vec<Managed>>,
    platform: Platform,
    lines: &[Line],
    user: UserId,
    organisation: OrganisationId,
) -> Res<()> {
    for line in lines {
        let scope = match &line.reach {
            Reach::Own => Scope::Own(user),
            Reach::Listed(users) => Scope::Users {
                users: users.iter().copied().map(UserId).collect(),
                within: organisation,
            },
            Reach::ManagedGroups => {
                if managed.is_none() {
                    *managed = Some(managers::managed_by(tx, user).await?);
                }
                Scope::Groups {
                    groups: reached_groups(managed.as_deref().unwrap_or_default(), platform),
                    within: organisation,
                }
            }
            Reach::Organisation => Scope::Organisation(organisation),
            // The root's subtree is everything.
            Reach::Subtree if organisation == crate::ROOT => Scope::All,
            Reach::Subtree => Scope::Subtree(organisation),
            Reach::All => Scope::All,
        };
        let one = Held {
            platform,
            word: line.word.clone(),
            scope,
        };
        if !held.contains(&one) {
            held.push(one);
        }
    }
    Ok(())
}

/// The groups that a role of a platform reaches because its holder manages them. A manager of one dialect
/// alone is reached for by the roles of its platform, and not by those of `usher`, which count everywhere.
fn reached_groups(managed: &[Managed], platform: Platform) -> Vec<GroupId> {
    managed
        .iter()
        .filter(|one| one.level == ManagerLevel::Manage && one.counts_at(platform))
        .map(|one| one.group)
        .collect()
}

/// The groups that a role of a platform would reach because a user manages them.
pub(crate) async fn managed_groups(
    tx: &mut Tx<'_>,
    user: UserId,
    platform: Platform,
) -> Res<Vec<GroupId>> {
    let managed = managers::managed_by(tx, user).await?;
    Ok(reached_groups(&managed, platform))
}

/// What authentication reads, for the test that all of it is watched.
#[cfg(test)]
pub(super) const TEXTS: [&str; 6] = [
    OWNER_TABLES,
    KEY,
    SESSION,
    SESSION_KEY,
    HOLDING,
    managers::MANAGED_BY,
];
