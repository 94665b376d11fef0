//! Groups, their members and managers in SQL.

use crate::model::{
    Group, GroupField, GroupId, ManagerLevel, OrganisationId, Platform, Scope, Time, UserId,
};

use super::columns::columns;
use super::pages::{self, Paged};
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{AccessChange, Res, Row, Tx};

/// The groups as a list.
pub(crate) struct Groups;

impl Listed for Groups {
    type Field = GroupField;
    const ID: &'static str = "g.id";
    const SEARCH: &'static str = "g.search";

    fn column(field: &GroupField) -> Column {
        match field {
            GroupField::Id => Column::Int("g.id"),
            GroupField::Uuid => Column::Text("g.uuid", Folding::Exact),
            GroupField::Name => Column::Text("g.name_key", Folding::Unique),
            GroupField::Slug => Column::Text("g.slug", Folding::Exact),
            GroupField::Description => Column::Text("g.description", Folding::Lower),
            GroupField::Organisation => Column::Int("g.organisation_id"),
            GroupField::Member => Column::Related {
                id: "g.id",
                selects: vec!["SELECT x.group_id FROM group_members x WHERE "],
                inner: Box::new(Column::Int("x.user_id")),
                bound: Vec::new(),
                value: None,
            },
            GroupField::Newcomers => {
                Column::Flag("(CASE WHEN g.newcomers_of IS NULL THEN 0 ELSE 1 END)")
            }
            GroupField::CreatedAt => Column::Int("g.created_at"),
            GroupField::UpdatedAt => Column::Int("g.updated_at"),
            GroupField::Term(platform, name) => {
                super::extensions::term_column("g.id", "group", *platform, name)
            }
        }
    }
}

impl Visible for Groups {
    /// A group is seen in its organisation, and where an organisation lists it to be handed out.
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            Scope::Own(user) => {
                sql.push("g.id IN (SELECT s.group_id FROM group_members s WHERE s.user_id = ");
                sql.bind(Bound::Int(user.0)).push(")");
            }
            Scope::Users { .. } => drop(sql.push("1 = 0")),
            Scope::Groups { groups, within } => {
                sql.push("(g.id IN (")
                    .bind_all(groups.iter().map(|group| group.0))
                    .push(") AND g.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ");
                sql.bind(Bound::Int(within.0)).push("))");
            }
            Scope::Organisation(organisation) => {
                sql.push("(g.organisation_id = ")
                    .bind(Bound::Int(organisation.0));
                sql.push(" OR g.id IN (SELECT s.group_id FROM grantable_groups s WHERE s.organisation_id = ");
                sql.bind(Bound::Int(organisation.0)).push("))");
            }
            Scope::Subtree(organisation) => {
                sql.push(
                    "(g.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ",
                );
                sql.bind(Bound::Int(organisation.0));
                sql.push(
                    ") OR g.id IN (SELECT s.group_id FROM grantable_groups s JOIN organisation_tree t ON t.descendant_id = \
                     s.organisation_id WHERE t.ancestor_id = ",
                );
                sql.bind(Bound::Int(organisation.0)).push("))");
            }
        }
    }
}

columns! {
    fn read_group(COLUMNS, AFTER) -> Group {
        id: g.id int,
        uuid: g.uuid text,
        organisation: g.organisation_id int,
        platform: g.platform string,
        word: g.word opt_string,
        name: g.name string,
        slug: g.slug string,
        description: g.description opt_string,
        newcomers_of: g.newcomers_of opt_string,
        version: g.version int,
        created_at: g.created_at int,
        created_by: g.created_by opt_int,
        updated_at: g.updated_at int,
        updated_by: g.updated_by opt_int,
    }
    Group {
        id: GroupId(id),
        uuid: super::users::uuid(uuid)?,
        organisation: OrganisationId(organisation),
        platform: Some(platform).filter(|tag| !tag.is_empty()),
        word,
        name,
        slug,
        description,
        newcomers_of,
        version,
        created_at: Time(created_at),
        created_by: created_by.map(UserId),
        updated_at: Time(updated_at),
        updated_by: updated_by.map(UserId),
    }
}

impl Paged for Groups {
    type Item = Group;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = AFTER;
    const TABLES: &'static str = " FROM groups g";

    fn read(row: &Row<'_>) -> Res<Group> {
        read_group(row)
    }

    fn id(group: &Group) -> i64 {
        group.id.0
    }
}

/// Narrows to shared groups and a platform's own; `None` shows all.
pub(crate) fn push_platform(sql: &mut Sql, platform: Option<Platform>) {
    if let Some(platform) = platform {
        sql.push(" AND g.platform IN ('', ")
            .bind(Bound::Text(platform.word().to_owned()))
            .push(")");
    }
}

/// Narrows to what the scopes show, what the person belongs to or manages at any level, and what an
/// organisation they administer lets them hand out.
pub(crate) fn seen_or_own(
    sql: &mut Sql,
    scopes: &[Scope],
    limit: Option<i64>,
    (own, at): (UserId, Platform),
) {
    sql.push(" AND ((1 = 1");
    super::select::push_scopes::<Groups>(sql, scopes, limit);
    sql.push(") OR g.id IN (SELECT s.group_id FROM group_members s WHERE s.user_id = ");
    sql.bind(Bound::Int(own.0));
    sql.push(") OR g.id IN (SELECT s.group_id FROM group_managers s WHERE s.platform IN ('', ");
    sql.bind(Bound::Text(at.word().to_owned()));
    sql.push(") AND ((s.manager_kind = 'user' AND s.manager_id = ");
    sql.bind(Bound::Int(own.0));
    sql.push(") OR (s.manager_kind = 'group' AND s.manager_id IN (SELECT m.group_id FROM group_members m WHERE m.user_id = ");
    sql.bind(Bound::Int(own.0)).push("))))");
    sql.push(
        " OR g.id IN (SELECT s.group_id FROM grantable_groups s JOIN memberships m ON m.organisation_id = s.organisation_id \
         WHERE m.administrator = 1 AND m.user_id = ",
    );
    sql.bind(Bound::Int(own.0)).push("))");
}

/// Narrows to what the scopes reach, and what the person manages at least so far.
pub(crate) fn managed_at(
    sql: &mut Sql,
    scopes: &[Scope],
    limit: Option<i64>,
    (user, at): (UserId, Platform),
    level: ManagerLevel,
) {
    let levels = match level {
        ManagerLevel::Read => "'read', 'write', 'manage'",
        ManagerLevel::Write => "'write', 'manage'",
        ManagerLevel::Manage => "'manage'",
    };
    sql.push(" AND ((1 = 1");
    super::select::push_scopes::<Groups>(sql, scopes, limit);
    sql.push(") OR g.id IN (SELECT s.group_id FROM group_managers s WHERE s.level IN (");
    sql.push(levels)
        .push(") AND s.platform IN ('', ")
        .bind(Bound::Text(at.word().to_owned()));
    sql.push(") AND ((s.manager_kind = 'user' AND s.manager_id = ")
        .bind(Bound::Int(user.0));
    sql.push(") OR (s.manager_kind = 'group' AND s.manager_id IN (SELECT m.group_id FROM group_members m WHERE m.user_id = ");
    sql.bind(Bound::Int(user.0)).push(")))))");
}

/// The group of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: GroupId) -> Res<Option<Group>> {
    pages::one_where::<Groups>(tx, "g.id = $1", &[id.0.into()]).await
}

/// The group of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: uuid::Uuid) -> Res<Option<Group>> {
    pages::one_where::<Groups>(tx, "g.uuid = $1", &[(&uuid.to_string()).into()]).await
}

/// The groups of that name, folded, wherever they are.
pub(crate) async fn find_by_name(tx: &mut Tx<'_>, folded: &str) -> Res<Vec<GroupId>> {
    tx.all(
        "SELECT id FROM groups WHERE name_key = $1 ORDER BY id",
        &[folded.into()],
        |row| Ok(GroupId(row.int(0)?)),
    )
    .await
}

/// The built-in group of that word in an organisation.
pub(crate) async fn builtin(
    tx: &mut Tx<'_>,
    platform: Platform,
    word: &str,
    organisation: OrganisationId,
) -> Res<Option<GroupId>> {
    tx.one(
        "SELECT id FROM groups WHERE organisation_id = $1 AND platform = $2 AND word = $3",
        &[organisation.0.into(), platform.word().into(), word.into()],
        |row| Ok(GroupId(row.int(0)?)),
    )
    .await
}

fn search_text(group: &Group) -> String {
    let description = group.description.as_deref().unwrap_or_default();
    crate::rules::fold_search(&format!("{} {description}", group.name))
}

/// Inserts a group; `None` when its UUID, or its name among those with the same tag, is taken.
pub(crate) async fn insert(tx: &mut Tx<'_>, group: &Group) -> Res<Option<GroupId>> {
    let uuid = group.uuid.to_string();
    let tag = group.platform.as_deref().unwrap_or_default();
    tx.one(
        "INSERT INTO groups (uuid, organisation_id, platform, word, name, name_key, slug, description, newcomers_of, search, \
         version, created_at, created_by, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, \
         $12, $11, $12) ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&uuid).into(), group.organisation.0.into(), tag.into(), (&group.word).into(), (&group.name).into(),
            (&crate::rules::fold(&group.name)).into(), (&group.slug).into(), (&group.description).into(),
            (&group.newcomers_of).into(), (&search_text(group)).into(), group.created_at.0.into(),
            group.created_by.map(|user| user.0).into(),
        ],
        |row| Ok(GroupId(row.int(0)?)),
    )
    .await
}

/// Writes what a change may touch.
pub(crate) async fn update(tx: &mut Tx<'_>, group: &Group) -> Res<()> {
    tx.exec(
        "UPDATE groups SET name = $2, name_key = $3, slug = $4, description = $5, newcomers_of = $6, search = $7, \
         version = version + 1, updated_at = $8, updated_by = $9 WHERE id = $1",
        &[
            group.id.0.into(), (&group.name).into(), (&crate::rules::fold(&group.name)).into(), (&group.slug).into(),
            (&group.description).into(), (&group.newcomers_of).into(), (&search_text(group)).into(),
            group.updated_at.0.into(), group.updated_by.map(|user| user.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Whether another group of the organisation has the name: among shared ones and built-ins for a
/// shared group, among those with the same tag for a built-in.
pub(crate) async fn name_taken(tx: &mut Tx<'_>, group: &Group) -> Res<bool> {
    let tag = group.platform.as_deref().unwrap_or_default();
    let taken = tx
        .one(
            "SELECT 1 FROM groups WHERE organisation_id = $1 AND name_key = $2 AND id <> $3 AND ($4 = '' OR platform = $4)",
            &[
                group.organisation.0.into(), (&crate::rules::fold(&group.name)).into(), group.id.0.into(), tag.into(),
            ],
            |row| row.int(0),
        )
        .await?;
    Ok(taken.is_some())
}

/// Whether another group of the organisation has the slug.
pub(crate) async fn slug_taken(tx: &mut Tx<'_>, group: &Group, slug: &str) -> Res<bool> {
    let taken = tx
        .one(
            "SELECT 1 FROM groups WHERE organisation_id = $1 AND slug = $2 AND id <> $3",
            &[group.organisation.0.into(), slug.into(), group.id.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(taken.is_some())
}

/// Deletes a group with everything that hangs on it.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: GroupId) -> Res<()> {
    tx.exec_for(
        AccessChange::Everyone,
        "DELETE FROM group_members WHERE group_id = $1",
        &[id.0.into()],
    )
    .await?;
    for sql in [
        "UPDATE users SET primary_group_id = NULL WHERE primary_group_id = $1",
        "DELETE FROM grantable_groups WHERE group_id = $1",
        "DELETE FROM group_managers WHERE group_id = $1 OR (manager_kind = 'group' AND manager_id = $1)",
        "DELETE FROM group_roles WHERE group_id = $1",
        "DELETE FROM terms WHERE entity = 'group' AND entity_id = $1",
        "DELETE FROM extensions WHERE entity = 'group' AND entity_id = $1",
        "DELETE FROM groups WHERE id = $1",
    ] {
        tx.exec(sql, &[id.0.into()]).await?;
    }
    Ok(())
}

/// Renames a built-in that carries its organisation's name.
pub(crate) async fn rename_builtin(
    tx: &mut Tx<'_>,
    group: &Group,
    organisation: OrganisationId,
    now: Time,
) -> Res<()> {
    let tag = group.platform.as_deref().unwrap_or_default();
    tx.exec(
        "UPDATE groups SET name = $4, name_key = $5, slug = $6, search = $7, version = version + 1, updated_at = $8 \
         WHERE organisation_id = $1 AND platform = $2 AND word = $3",
        &[
            organisation.0.into(), tag.into(), (&group.word).into(), (&group.name).into(),
            (&crate::rules::fold(&group.name)).into(), (&group.slug).into(), (&search_text(group)).into(), now.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// The groups those organisations let their administrators hand out.
pub(crate) async fn grantable(
    tx: &mut Tx<'_>,
    organisations: &[OrganisationId],
) -> Res<Vec<(OrganisationId, GroupId)>> {
    let mut pairs = Vec::new();
    for chunk in organisations.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT organisation_id, group_id FROM grantable_groups WHERE organisation_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY organisation_id, group_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((OrganisationId(row.int(0)?), GroupId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(pairs)
}

/// Replaces the groups an organisation lets its administrators hand out.
pub(crate) async fn put_grantable(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    groups: &[GroupId],
) -> Res<()> {
    tx.exec(
        "DELETE FROM grantable_groups WHERE organisation_id = $1",
        &[organisation.0.into()],
    )
    .await?;
    for group in groups {
        tx.exec(
            "INSERT INTO grantable_groups (organisation_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[organisation.0.into(), group.0.into()],
        )
        .await?;
    }
    Ok(())
}

/// The organisations that list those groups to be handed out by their administrators.
pub(crate) async fn listed_by(
    tx: &mut Tx<'_>,
    of: &[GroupId],
) -> Res<Vec<(GroupId, OrganisationId)>> {
    let mut pairs = Vec::new();
    for chunk in of.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT group_id, organisation_id FROM grantable_groups WHERE group_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY group_id, organisation_id");
        pairs.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((GroupId(row.int(0)?), OrganisationId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(pairs)
}
