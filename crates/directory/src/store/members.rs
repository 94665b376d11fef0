//! Who is in which group, in SQL.

use crate::model::{GroupId, OrganisationId, Scope, Time, UserId};

use super::select::{Bound, Sql};
use super::users::Users;
use super::{AccessChange, Res, Tx};

/// Puts somebody into a group; false when they are in it.
pub(crate) async fn insert(tx: &mut Tx<'_>, user: UserId, group: GroupId, now: Time) -> Res<bool> {
    let changed = tx
        .exec_for(
            AccessChange::User(user.0),
            "INSERT INTO group_members (group_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[group.0.into(), user.0.into(), now.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Takes somebody out of a group; false when they are not in it. It is their primary group no longer.
pub(crate) async fn delete(tx: &mut Tx<'_>, user: UserId, group: GroupId) -> Res<bool> {
    let changed = tx
        .exec_for(
            AccessChange::User(user.0),
            "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2",
            &[group.0.into(), user.0.into()],
        )
        .await?;
    if changed > 0 {
        tx.exec(
            "UPDATE users SET primary_group_id = NULL WHERE id = $2 AND primary_group_id = $1",
            &[group.0.into(), user.0.into()],
        )
        .await?;
    }
    Ok(changed > 0)
}

/// Whether somebody is in a group.
pub(crate) async fn is_in(tx: &mut Tx<'_>, user: UserId, group: GroupId) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM group_members WHERE user_id = $1 AND group_id = $2",
            &[user.0.into(), group.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Those of the users who are in a group.
pub(crate) async fn those_in(
    tx: &mut Tx<'_>,
    group: GroupId,
    users: &[UserId],
) -> Res<Vec<UserId>> {
    let mut found = Vec::new();
    for chunk in users.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT user_id FROM group_members WHERE group_id = ")
            .bind(Bound::Int(group.0))
            .push(" AND user_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        found.extend(
            tx.all(&sql.text, &sql.vals(), |row| Ok(UserId(row.int(0)?)))
                .await?,
        );
    }
    Ok(found)
}

/// Whether somebody is homed in, or a member of, an organisation's subtree.
pub(crate) async fn belongs(
    tx: &mut Tx<'_>,
    user: UserId,
    organisation: OrganisationId,
) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM memberships m JOIN organisation_tree t ON t.descendant_id = m.organisation_id WHERE m.user_id = $1 \
             AND t.ancestor_id = $2",
            &[user.0.into(), organisation.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Ends somebody's memberships of groups whose subtree holds none of their organisations any more.
pub(crate) async fn leave_foreign(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    tx.exec_for(
        AccessChange::User(user.0),
        "DELETE FROM group_members WHERE user_id = $1 AND group_id NOT IN (SELECT g.id FROM groups g JOIN organisation_tree t \
         ON t.ancestor_id = g.organisation_id JOIN memberships m ON m.organisation_id = t.descendant_id WHERE m.user_id = $1)",
        &[user.0.into()],
    )
    .await?;
    Ok(())
}

/// The same for everybody in a subtree that was moved.
pub(crate) async fn leave_foreign_of(tx: &mut Tx<'_>, top: OrganisationId) -> Res<()> {
    tx.exec_for(
        AccessChange::Everyone,
        "DELETE FROM group_members WHERE user_id IN (SELECT m.user_id FROM memberships m JOIN organisation_tree t ON \
         t.descendant_id = m.organisation_id WHERE t.ancestor_id = $1) AND NOT EXISTS (SELECT 1 FROM groups g JOIN \
         organisation_tree t ON t.ancestor_id = g.organisation_id JOIN memberships m ON m.organisation_id = \
         t.descendant_id WHERE g.id = group_members.group_id AND m.user_id = group_members.user_id)",
        &[top.0.into()],
    )
    .await?;
    tx.exec(
        "UPDATE users SET primary_group_id = NULL WHERE primary_group_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \
         group_members m WHERE m.user_id = users.id AND m.group_id = users.primary_group_id)",
        &[],
    )
    .await?;
    Ok(())
}

/// The groups of those people, with the groups' organisations.
pub(crate) async fn groups_of(
    tx: &mut Tx<'_>,
    users: &[UserId],
    narrow: impl Fn(&mut Sql),
) -> Res<Vec<(UserId, GroupId, OrganisationId)>> {
    let mut pairs = Vec::new();
    for chunk in users.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT m.user_id, m.group_id, g.organisation_id FROM group_members m JOIN groups g ON g.id = m.group_id WHERE \
             m.user_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        narrow(&mut sql);
        sql.push(" ORDER BY m.user_id, m.group_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((
                    UserId(row.int(0)?),
                    GroupId(row.int(1)?),
                    OrganisationId(row.int(2)?),
                ))
            })
            .await?,
        );
    }
    Ok(pairs)
}

/// The members of those groups.
pub(crate) async fn members_of(tx: &mut Tx<'_>, groups: &[GroupId]) -> Res<Vec<(GroupId, UserId)>> {
    let mut pairs = Vec::new();
    for chunk in groups.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT group_id, user_id FROM group_members WHERE group_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY group_id, user_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((GroupId(row.int(0)?), UserId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(pairs)
}

/// How many members each group has among those the scopes show, and how many of them may sign in.
pub(crate) async fn counts(
    tx: &mut Tx<'_>,
    groups: &[GroupId],
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Res<Vec<(GroupId, i64, i64)>> {
    let mut counts = Vec::new();
    for chunk in groups.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT m.group_id, COUNT(*), CAST(SUM(CASE WHEN u.status = 'active' AND (u.locked_until IS NULL OR \
             u.locked_until <= ",
        );
        sql.bind(Bound::Int(now.0))
            .push(") AND (u.lock_after IS NULL OR u.lock_after > ")
            .bind(Bound::Int(now.0));
        sql.push(
            ") THEN 1 ELSE 0 END) AS BIGINT) FROM group_members m JOIN users u ON u.id = m.user_id WHERE m.group_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        super::select::push_scopes::<Users>(&mut sql, scopes, limit);
        sql.push(" GROUP BY m.group_id ORDER BY m.group_id");
        counts.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((GroupId(row.int(0)?), row.int(1)?, row.int(2)?))
            })
            .await?,
        );
    }
    Ok(counts)
}

/// The members of a group who hold some right over the groups they manage, at most so many.
pub(crate) async fn with_managed_reach(
    tx: &mut Tx<'_>,
    group: GroupId,
    limit: i64,
) -> Res<Vec<UserId>> {
    tx.all(
        "SELECT m.user_id FROM group_members m WHERE m.group_id = $1 AND (EXISTS (SELECT 1 FROM grants g JOIN roles r ON \
         r.id = g.role_id WHERE g.user_id = m.user_id AND r.lines LIKE '%managed_groups%') OR EXISTS (SELECT 1 FROM \
         group_members n JOIN group_roles gr ON gr.group_id = n.group_id JOIN roles r ON r.id = gr.role_id WHERE n.user_id = \
         m.user_id AND r.lines LIKE '%managed_groups%') OR EXISTS (SELECT 1 FROM memberships s WHERE s.user_id = m.user_id AND \
         s.administrator = 1)) ORDER BY m.user_id LIMIT $2",
        &[group.0.into(), limit.into()],
        |row| Ok(UserId(row.int(0)?)),
    )
    .await
}
