//! Who holds which role, directly or through a group, in SQL.

use crate::model::{
    CollectionId, Grant, GrantId, GroupId, GroupRole, GroupRoleId, GroupRoleScope, HeldRole,
    OrganisationId, Path, Platform, RoleId, Time, UserId,
};

use super::select::{Bound, Sql};
use super::{AccessChange, Res, Row, StoreError, Tx};

/// Places a grant; a second one of the same role in the same organisation only changes its end.
pub(crate) async fn upsert(
    tx: &mut Tx<'_>,
    user: UserId,
    role: RoleId,
    organisation: OrganisationId,
    expires_at: Option<Time>,
    now: Time,
    actor: Option<UserId>,
) -> Res<()> {
    tx.exec_for_deferred(
        AccessChange::User(user.0),
        "INSERT INTO grants (user_id, role_id, organisation_id, expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (user_id, role_id, organisation_id) DO UPDATE SET expires_at = excluded.expires_at",
        &[
            user.0.into(), role.0.into(), organisation.0.into(), expires_at.map(|t| t.0).into(), now.0.into(),
            actor.map(|user| user.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Takes a grant away; false when there was none.
pub(crate) async fn delete(
    tx: &mut Tx<'_>,
    user: UserId,
    role: RoleId,
    organisation: OrganisationId,
) -> Res<bool> {
    let gone = tx
        .exec_for(
            AccessChange::User(user.0),
            "DELETE FROM grants WHERE user_id = $1 AND role_id = $2 AND organisation_id = $3",
            &[user.0.into(), role.0.into(), organisation.0.into()],
        )
        .await?;
    Ok(gone > 0)
}

/// Somebody's direct grants of a platform's roles, ended ones too.
pub(crate) async fn direct(tx: &mut Tx<'_>, user: UserId, platform: &str) -> Res<Vec<Grant>> {
    tx.all(
        "SELECT g.id, g.user_id, g.role_id, g.organisation_id, g.expires_at, g.created_at, g.created_by FROM grants g \
         JOIN roles r ON r.id = g.role_id WHERE g.user_id = $1 AND r.platform = $2 ORDER BY g.id",
        &[user.0.into(), platform.into()],
        read_grant,
    )
    .await
}

/// Direct grants of every platform.
pub(crate) async fn all_direct(tx: &mut Tx<'_>, user: UserId) -> Res<Vec<Grant>> {
    tx.all(
        "SELECT g.id, g.user_id, g.role_id, g.organisation_id, g.expires_at, g.created_at, g.created_by FROM grants g \
         WHERE g.user_id = $1 ORDER BY g.id",
        &[user.0.into()],
        read_grant,
    )
    .await
}

fn read_grant(row: &Row<'_>) -> Res<Grant> {
    Ok(Grant {
        id: GrantId(row.int(0)?),
        user: UserId(row.int(1)?),
        role: RoleId(row.int(2)?),
        organisation: OrganisationId(row.int(3)?),
        expires_at: row.opt_int(4)?.map(Time),
        created_at: Time(row.int(5)?),
        created_by: row.opt_int(6)?.map(UserId),
    })
}

/// Whether a person is granted a role directly in an organisation, for good.
pub(crate) async fn holds(
    tx: &mut Tx<'_>,
    user: UserId,
    role: RoleId,
    organisation: OrganisationId,
) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM grants WHERE user_id = $1 AND role_id = $2 AND organisation_id = $3 AND expires_at IS NULL",
            &[user.0.into(), role.0.into(), organisation.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// A home has moved: the roles of a platform with exactly one go along.
pub(crate) async fn follow_home(
    tx: &mut Tx<'_>,
    user: UserId,
    platform: &str,
    old: OrganisationId,
    new: OrganisationId,
) -> Res<()> {
    tx.exec_for(
        AccessChange::User(user.0),
        "UPDATE grants SET organisation_id = $3 WHERE user_id = $1 AND organisation_id = $2 AND role_id IN (SELECT id FROM \
         roles WHERE platform = $4) AND NOT EXISTS (SELECT 1 FROM grants o WHERE o.user_id = $1 AND o.organisation_id = $3 \
         AND o.role_id = grants.role_id)",
        &[user.0.into(), old.0.into(), new.0.into(), platform.into()],
    )
    .await?;
    Ok(())
}

/// Ends the custom roles of organisations that somebody's home lies outside of.
pub(crate) async fn end_foreign_custom(
    tx: &mut Tx<'_>,
    user: UserId,
    home: OrganisationId,
) -> Res<()> {
    tx.exec_for(
        AccessChange::User(user.0),
        "DELETE FROM grants WHERE user_id = $1 AND role_id IN (SELECT id FROM roles WHERE organisation_id IS NOT NULL AND \
         organisation_id NOT IN (SELECT ancestor_id FROM organisation_tree WHERE descendant_id = $2))",
        &[user.0.into(), home.0.into()],
    )
    .await?;
    Ok(())
}

/// Every role those people hold, by every path, that has not ended; of one platform and `usher`, or of all.
pub(crate) async fn list_held(
    tx: &mut Tx<'_>,
    users: &[UserId],
    only: Option<Platform>,
    known: &[Platform],
    now: Time,
) -> Res<Vec<HeldRole>> {
    let mut held = Vec::new();
    for chunk in users.chunks(256) {
        let mut sql = Sql::default();
        let ids = || chunk.iter().map(|id| id.0);
        let platform = |sql: &mut Sql| {
            if let Some(only) = only {
                sql.push(" AND r.platform IN (");
                sql.bind(Bound::Text(Platform::USHER.word().to_owned()))
                    .push(", ");
                sql.bind(Bound::Text(only.word().to_owned())).push(")");
            }
        };
        sql.push(
            "SELECT g.user_id, r.id, r.platform, r.number, r.word, g.organisation_id, g.expires_at, g.id, \
             CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT) \
             FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.user_id IN (",
        );
        sql.bind_all(ids())
            .push(") AND (g.expires_at IS NULL OR g.expires_at > ");
        sql.bind(Bound::Int(now.0)).push(")");
        platform(&mut sql);
        sql.push(
            " UNION ALL SELECT m.user_id, r.id, r.platform, r.number, r.word, gr.scope_id, NULL, NULL, gr.group_id, gr.id, NULL \
             FROM group_members m JOIN group_roles gr ON gr.group_id = m.group_id AND gr.scope = 'organisation' \
             JOIN roles r ON r.id = gr.role_id WHERE m.user_id IN (",
        );
        sql.bind_all(ids()).push(")");
        platform(&mut sql);
        sql.push(
            " UNION ALL SELECT m.user_id, r.id, r.platform, r.number, r.word, co.organisation_id, NULL, NULL, gr.group_id, gr.id, \
             gr.scope_id FROM group_members m JOIN group_roles gr ON gr.group_id = m.group_id AND gr.scope = 'collection' \
             JOIN collection_organisations co ON co.collection_id = gr.scope_id \
             JOIN roles r ON r.id = gr.role_id WHERE m.user_id IN (",
        );
        sql.bind_all(ids()).push(")");
        platform(&mut sql);
        sql.push(" ORDER BY 1, 3, 4, 6, 8, 10");
        let rows = tx
            .all(&sql.text, &sql.vals(), |row| read_held(row, known))
            .await?;
        held.extend(rows.into_iter().flatten());
    }
    Ok(held)
}

/// Roles of a platform that this build does not serve are nobody's.
pub(super) fn read_held(row: &Row<'_>, known: &[Platform]) -> Res<Option<HeldRole>> {
    let word = row.text(2)?;
    let Some(platform) = known.iter().find(|platform| platform.word() == word) else {
        return Ok(None);
    };
    let path = match (row.opt_int(7)?, row.opt_int(8)?, row.opt_int(9)?) {
        (Some(grant), _, _) => Path::Direct(GrantId(grant)),
        (None, Some(group), Some(group_role)) => Path::Group {
            group: GroupId(group),
            group_role: GroupRoleId(group_role),
            collection: row.opt_int(10)?.map(CollectionId),
        },
        _ => return Err(StoreError::Bug("a held role has no path".to_owned())),
    };
    Ok(Some(HeldRole {
        user: UserId(row.int(0)?),
        role: RoleId(row.int(1)?),
        platform: *platform,
        number: row.int(3)?,
        word: row.string(4)?,
        organisation: OrganisationId(row.int(5)?),
        expires_at: row.opt_int(6)?.map(Time),
        path,
    }))
}

/// Whether somebody holds the owner role.
pub(crate) async fn is_owner(tx: &mut Tx<'_>, user: UserId) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id WHERE r.platform = 'usher' AND r.word = 'owner' AND \
             g.user_id = $1",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Everybody who holds the owner role directly.
pub(crate) async fn owners(tx: &mut Tx<'_>) -> Res<Vec<UserId>> {
    tx.all(
        "SELECT g.user_id FROM grants g JOIN roles r ON r.id = g.role_id WHERE r.platform = 'usher' AND r.word = 'owner' \
         ORDER BY g.user_id",
        &[],
        |row| Ok(UserId(row.int(0)?)),
    )
    .await
}

/// Whether an owner is left who may sign in.
pub(crate) async fn an_owner_is_left(tx: &mut Tx<'_>, now: Time) -> Res<bool> {
    let left = tx
        .one(
            "SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id WHERE \
             r.platform = 'usher' AND r.word = 'owner' AND u.status = 'active' AND (u.locked_until IS NULL OR \
             u.locked_until <= $1) AND (u.lock_after IS NULL OR u.lock_after > $1) LIMIT 1",
            &[now.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(left.is_some())
}

/// Whether an owner other than this user may sign in now, not locked out either.
pub(crate) async fn another_owner(tx: &mut Tx<'_>, user: UserId, now: Time) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id WHERE \
             r.platform = 'usher' AND r.word = 'owner' AND u.id <> $1 AND u.status = 'active' AND (u.locked_until IS NULL OR \
             u.locked_until <= $2) AND (u.lock_after IS NULL OR u.lock_after > $2) AND NOT EXISTS \
             (SELECT 1 FROM lockouts l WHERE l.user_id = u.id AND l.network = '*' AND l.until_at > $2) LIMIT 1",
            &[user.0.into(), now.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Deletes grants whose time is over; tells how many.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Time) -> Res<u64> {
    let ended = tx
        .all(
            "SELECT DISTINCT user_id FROM grants WHERE expires_at <= $1 ORDER BY user_id LIMIT 1000",
            &[now.0.into()],
            |row| row.int(0),
        )
        .await?;
    let mut deleted = 0;
    for user in ended {
        deleted += tx
            .exec_for(
                AccessChange::User(user),
                "DELETE FROM grants WHERE user_id = $1 AND expires_at <= $2",
                &[user.into(), now.0.into()],
            )
            .await?;
    }
    Ok(deleted)
}

fn read_group_role(row: &Row<'_>) -> Res<GroupRole> {
    let id = row.int(4)?;
    Ok(GroupRole {
        id: GroupRoleId(row.int(0)?),
        group: GroupId(row.int(1)?),
        role: RoleId(row.int(2)?),
        scope: match row.text(3)? {
            "organisation" => GroupRoleScope::Organisation(OrganisationId(id)),
            "collection" => GroupRoleScope::Collection(CollectionId(id)),
            other => return Err(StoreError::Bug(format!("stored scope {other}"))),
        },
    })
}

/// The roles those groups bring.
pub(crate) async fn group_roles(tx: &mut Tx<'_>, groups: &[GroupId]) -> Res<Vec<GroupRole>> {
    let mut roles = Vec::new();
    for chunk in groups.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT id, group_id, role_id, scope, scope_id FROM group_roles WHERE group_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY group_id, id");
        roles.extend(tx.all(&sql.text, &sql.vals(), read_group_role).await?);
    }
    Ok(roles)
}

const fn scope_parts(scope: GroupRoleScope) -> (&'static str, i64) {
    match scope {
        GroupRoleScope::Organisation(id) => ("organisation", id.0),
        GroupRoleScope::Collection(id) => ("collection", id.0),
    }
}

/// Lets a group bring a role; `None` when it does already.
pub(crate) async fn put_group_role(
    tx: &mut Tx<'_>,
    group: GroupId,
    role: RoleId,
    scope: GroupRoleScope,
    now: Time,
    actor: Option<UserId>,
) -> Res<Option<GroupRoleId>> {
    let (word, id) = scope_parts(scope);
    tx.one(
        "INSERT INTO group_roles (group_id, role_id, scope, scope_id, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING RETURNING id",
        &[
            group.0.into(), role.0.into(), word.into(), id.into(), now.0.into(), actor.map(|user| user.0).into(),
        ],
        |row| Ok(GroupRoleId(row.int(0)?)),
    )
    .await
}

/// Takes a role from a group; false when the group did not bring it.
pub(crate) async fn delete_group_role(
    tx: &mut Tx<'_>,
    group: GroupId,
    role: RoleId,
    scope: GroupRoleScope,
) -> Res<bool> {
    let (word, id) = scope_parts(scope);
    let gone = tx
        .exec(
            "DELETE FROM group_roles WHERE group_id = $1 AND role_id = $2 AND scope = $3 AND scope_id = $4",
            &[group.0.into(), role.0.into(), word.into(), id.into()],
        )
        .await?;
    Ok(gone > 0)
}
