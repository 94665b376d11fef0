//! Who manages which group, in SQL.

use crate::model::{GroupId, GroupManager, Manager, ManagerLevel, Platform, UserId};

use super::select::Sql;
use super::{Res, Row, StoreError, Tx};

/// A group that is managed.
#[derive(Clone, Debug)]
pub(crate) struct Managed {
    pub group: GroupId,
    pub level: ManagerLevel,
    /// The platform at whose dialect alone it is; empty for every dialect.
    pub platform: String,
}

impl Managed {
    /// Whether it counts at a platform's dialect.
    pub fn counts_at(&self, platform: Platform) -> bool {
        self.platform.is_empty() || self.platform == platform.word()
    }
}

fn read_managed(row: &Row<'_>) -> Res<Managed> {
    Ok(Managed {
        group: GroupId(row.int(0)?),
        level: level(row.text(1)?)?,
        platform: row.string(2)?,
    })
}

/// What members of those groups manage.
pub(crate) async fn managed_by_groups(
    tx: &mut Tx<'_>,
    of: &[GroupId],
) -> Res<Vec<(GroupId, Managed)>> {
    let mut pairs = Vec::new();
    for chunk in of.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT group_id, level, platform, manager_id FROM group_managers WHERE manager_kind = 'group' AND manager_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY manager_id, group_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row: &Row<'_>| {
                Ok((GroupId(row.int(3)?), read_managed(row)?))
            })
            .await?,
        );
    }
    Ok(pairs)
}

fn level(text: &str) -> Res<ManagerLevel> {
    match text {
        "read" => Ok(ManagerLevel::Read),
        "write" => Ok(ManagerLevel::Write),
        "manage" => Ok(ManagerLevel::Manage),
        other => Err(StoreError::Bug(format!("stored level {other}"))),
    }
}

const fn level_word(level: ManagerLevel) -> &'static str {
    match level {
        ManagerLevel::Read => "read",
        ManagerLevel::Write => "write",
        ManagerLevel::Manage => "manage",
    }
}

const fn manager_parts(manager: Manager) -> (&'static str, i64) {
    match manager {
        Manager::User(user) => ("user", user.0),
        Manager::Group(group) => ("group", group.0),
    }
}

/// Who manages those groups.
pub(crate) async fn managers(tx: &mut Tx<'_>, groups: &[GroupId]) -> Res<Vec<GroupManager>> {
    let mut managers = Vec::new();
    for chunk in groups.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT group_id, manager_kind, manager_id, level, platform FROM group_managers WHERE group_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY group_id, manager_kind, manager_id");
        managers.extend(
            tx.all(&sql.text, &sql.vals(), |row: &Row<'_>| {
                let id = row.int(2)?;
                let manager = match row.text(1)? {
                    "user" => Manager::User(UserId(id)),
                    _ => Manager::Group(GroupId(id)),
                };
                Ok(GroupManager {
                    group: GroupId(row.int(0)?),
                    manager,
                    level: level(row.text(3)?)?,
                    platform: Some(row.string(4)?).filter(|platform| !platform.is_empty()),
                })
            })
            .await?,
        );
    }
    Ok(managers)
}

/// Makes a user or a group the manager of a group, or changes how far and at which dialects.
pub(crate) async fn put_manager(tx: &mut Tx<'_>, row: &GroupManager) -> Res<()> {
    let (kind, id) = manager_parts(row.manager);
    tx.exec(
        "INSERT INTO group_managers (group_id, manager_kind, manager_id, level, platform) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (group_id, manager_kind, manager_id) DO UPDATE SET level = excluded.level, platform = excluded.platform",
        &[
            row.group.0.into(), kind.into(), id.into(), level_word(row.level).into(),
            row.platform.as_deref().unwrap_or_default().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Ends a manager's part; false when there was none.
pub(crate) async fn delete_manager(tx: &mut Tx<'_>, group: GroupId, manager: Manager) -> Res<bool> {
    let (kind, id) = manager_parts(manager);
    let gone = tx
        .exec(
            "DELETE FROM group_managers WHERE group_id = $1 AND manager_kind = $2 AND manager_id = $3",
            &[group.0.into(), kind.into(), id.into()],
        )
        .await?;
    Ok(gone > 0)
}

pub(super) const MANAGED_BY: &str = "SELECT group_id, level, platform FROM group_managers WHERE (manager_kind = 'user' AND \
     manager_id = $1) OR (manager_kind = 'group' AND manager_id IN (SELECT group_id FROM group_members WHERE user_id = $1)) \
     ORDER BY group_id";

/// What a user manages, directly or through a group.
pub(crate) async fn managed_by(tx: &mut Tx<'_>, user: UserId) -> Res<Vec<Managed>> {
    tx.all(MANAGED_BY, &[user.0.into()], read_managed).await
}
