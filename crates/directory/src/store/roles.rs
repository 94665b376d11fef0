//! Roles in SQL.

use crate::model::{
    BuiltinRole, Line, OrganisationId, Role, RoleField, RoleId, Scope, Time, UserId,
};

use super::columns::columns;
use super::pages::{self, Paged};
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{AccessChange, Res, Row, StoreError, Tx};

/// The roles as a list.
pub(crate) struct Roles;

impl Listed for Roles {
    type Field = RoleField;
    const ID: &'static str = "r.id";
    const SEARCH: &'static str = "r.name_key";

    fn column(field: &RoleField) -> Column {
        match field {
            RoleField::Id => Column::Int("r.id"),
            RoleField::Uuid => Column::Text("r.uuid", Folding::Exact),
            RoleField::Platform => Column::Text("r.platform", Folding::Exact),
            RoleField::Number => Column::Int("r.number"),
            RoleField::Word => Column::Text("r.word", Folding::Exact),
            RoleField::Name => Column::Text("r.name_key", Folding::Unique),
            RoleField::Organisation => Column::Int("r.organisation_id"),
            RoleField::Builtin => Column::Flag("r.builtin"),
            RoleField::CreatedAt => Column::Int("r.created_at"),
            RoleField::UpdatedAt => Column::Int("r.updated_at"),
        }
    }
}

impl Visible for Roles {
    /// Whoever may read roles anywhere reads those that belong to no organisation.
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            Scope::Own(_) | Scope::Users { .. } | Scope::Groups { .. } => {
                sql.push("r.organisation_id IS NULL");
            }
            Scope::Organisation(organisation) => {
                sql.push("(r.organisation_id IS NULL OR r.organisation_id = ");
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
            Scope::Subtree(organisation) => {
                sql.push(
                    "(r.organisation_id IS NULL OR r.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t \
                     WHERE t.ancestor_id = ",
                );
                sql.bind(Bound::Int(organisation.0)).push("))");
            }
        }
    }
}

columns! {
    fn read_role(COLUMNS, AFTER) -> Role {
        id: r.id int,
        uuid: r.uuid text,
        platform: r.platform string,
        number: r.number int,
        word: r.word string,
        organisation: r.organisation_id opt_int,
        builtin: r.builtin flag,
        name: r.name string,
        description: r.description string,
        stored_lines: r.lines text,
        version: r.version int,
        created_at: r.created_at int,
        updated_at: r.updated_at int,
    }
    Role {
        id: RoleId(id),
        uuid: super::users::uuid(uuid)?,
        platform,
        number,
        word,
        organisation: organisation.map(OrganisationId),
        builtin,
        name,
        description,
        lines: lines(stored_lines)?,
        version,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}

impl Paged for Roles {
    type Item = Role;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = AFTER;
    const TABLES: &'static str = " FROM roles r";

    fn read(row: &Row<'_>) -> Res<Role> {
        read_role(row)
    }

    fn id(role: &Role) -> i64 {
        role.id.0
    }
}

fn lines(text: &str) -> Res<Vec<Line>> {
    serde_json::from_str(text).map_err(|error| StoreError::Bug(format!("stored lines: {error}")))
}

fn lines_text(lines: &[Line]) -> Res<String> {
    serde_json::to_string(lines).map_err(|error| StoreError::Bug(format!("lines: {error}")))
}

/// Narrows to the roles of one platform; its word is bound behind.
pub(crate) const ON_PLATFORM: &str = " AND r.platform = ";

/// Narrows to what the scopes show, and what the person holds.
pub(crate) fn visible_or_assigned(
    sql: &mut Sql,
    scopes: &[Scope],
    limit: Option<i64>,
    own: UserId,
) {
    sql.push(" AND ((1 = 1");
    super::select::push_scopes::<Roles>(sql, scopes, limit);
    sql.push(") OR r.id IN (SELECT s.role_id FROM grants s WHERE s.user_id = ");
    sql.bind(Bound::Int(own.0));
    sql.push(") OR r.id IN (SELECT s.role_id FROM group_roles s JOIN group_members m ON m.group_id = s.group_id WHERE m.user_id = ");
    sql.bind(Bound::Int(own.0)).push("))");
}

/// The role of that number inside the directory.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: RoleId) -> Res<Option<Role>> {
    pages::one_where::<Roles>(tx, "r.id = $1", &[id.0.into()]).await
}

/// The role of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: uuid::Uuid) -> Res<Option<Role>> {
    pages::one_where::<Roles>(tx, "r.uuid = $1", &[(&uuid.to_string()).into()]).await
}

/// The role of that name, folded, on a platform.
pub(crate) async fn by_name(tx: &mut Tx<'_>, platform: &str, folded: &str) -> Res<Option<Role>> {
    pages::one_where::<Roles>(
        tx,
        "r.platform = $1 AND r.name_key = $2 ORDER BY r.id",
        &[platform.into(), folded.into()],
    )
    .await
}

/// The role of that number on a platform.
pub(crate) async fn by_number(tx: &mut Tx<'_>, platform: &str, number: i64) -> Res<Option<Role>> {
    pages::one_where::<Roles>(
        tx,
        "r.platform = $1 AND r.number = $2",
        &[platform.into(), number.into()],
    )
    .await
}

/// The role of that word on a platform.
pub(crate) async fn by_word(tx: &mut Tx<'_>, platform: &str, word: &str) -> Res<Option<Role>> {
    pages::one_where::<Roles>(
        tx,
        "r.platform = $1 AND r.word = $2",
        &[platform.into(), word.into()],
    )
    .await
}

/// Brings a built-in role up to date, or makes it. Where administrators may edit built-in roles,
/// what is stored stays.
pub(crate) async fn put_builtin(
    tx: &mut Tx<'_>,
    platform: &str,
    role: &BuiltinRole,
    keep: bool,
    uuid: uuid::Uuid,
    now: Time,
) -> Res<()> {
    let lines = lines_text(&role.lines)?;
    let made = tx
        .exec(
            "INSERT INTO roles (uuid, platform, number, word, builtin, name, name_key, description, lines, version, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, 1, $9, $9) ON CONFLICT DO NOTHING",
            &[
                (&uuid.to_string()).into(), platform.into(), role.number.into(), role.word.into(), role.name.into(),
                (&crate::rules::fold(role.name)).into(), role.description.into(), (&lines).into(), now.0.into(),
            ],
        )
        .await?;
    if made == 0 && !keep {
        tx.exec(
            "UPDATE roles SET lines = $3, version = version + 1, updated_at = $4 WHERE platform = $1 AND word = $2 AND \
             builtin = 1 AND lines <> $3",
            &[platform.into(), role.word.into(), (&lines).into(), now.0.into()],
        )
        .await?;
    }
    Ok(())
}

/// Inserts a role; `None` when its UUID, number or word is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    role: &Role,
    actor: Option<UserId>,
) -> Res<Option<RoleId>> {
    let (uuid, lines) = (role.uuid.to_string(), lines_text(&role.lines)?);
    tx.one(
        "INSERT INTO roles (uuid, platform, number, word, organisation_id, builtin, name, name_key, description, lines, \
         version, created_at, created_by, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, 1, $10, \
         $11, $10, $11) ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&uuid).into(), (&role.platform).into(), role.number.into(), (&role.word).into(),
            role.organisation.map(|one| one.0).into(), (&role.name).into(), (&crate::rules::fold(&role.name)).into(),
            (&role.description).into(), (&lines).into(), role.created_at.0.into(), actor.map(|user| user.0).into(),
        ],
        |row| Ok(RoleId(row.int(0)?)),
    )
    .await
}

/// Writes what a change may touch.
pub(crate) async fn update(tx: &mut Tx<'_>, role: &Role, actor: Option<UserId>) -> Res<()> {
    let lines = lines_text(&role.lines)?;
    tx.exec(
        "UPDATE roles SET name = $2, name_key = $3, description = $4, lines = $5, version = version + 1, updated_at = $6, \
         updated_by = $7 WHERE id = $1",
        &[
            role.id.0.into(), (&role.name).into(), (&crate::rules::fold(&role.name)).into(), (&role.description).into(),
            (&lines).into(), role.updated_at.0.into(), actor.map(|user| user.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// What every role brings.
pub(crate) async fn lines_of_all(tx: &mut Tx<'_>) -> Res<Vec<(RoleId, Vec<Line>)>> {
    tx.all("SELECT id, lines FROM roles ORDER BY id", &[], |row| {
        Ok((RoleId(row.int(0)?), lines(row.text(1)?)?))
    })
    .await
}

/// Whether somebody or some group carries the role.
pub(crate) async fn assigned(tx: &mut Tx<'_>, id: RoleId) -> Res<bool> {
    let assigned = tx
        .one(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM grants WHERE role_id = $1) OR EXISTS (SELECT 1 FROM group_roles WHERE \
             role_id = $1) THEN 1 ELSE 0 END",
            &[id.0.into()],
            |row| row.flag(0),
        )
        .await?;
    Ok(assigned.unwrap_or(false))
}

/// The first organisations, by number, where a role counts by a grant or through a group, and that do not lie below
/// the one that it belongs to.
pub(crate) async fn counting_outside(
    tx: &mut Tx<'_>,
    id: RoleId,
    owner: OrganisationId,
    limit: i64,
) -> Res<Vec<OrganisationId>> {
    tx.all(
        "SELECT w.organisation_id FROM (SELECT organisation_id FROM grants WHERE role_id = $1 \
         UNION SELECT scope_id FROM group_roles WHERE role_id = $1 AND scope = 'organisation' \
         UNION SELECT co.organisation_id FROM group_roles gr JOIN collection_organisations co ON co.collection_id = gr.scope_id \
         WHERE gr.role_id = $1 AND gr.scope = 'collection') w WHERE NOT EXISTS (SELECT 1 FROM organisation_tree t \
         WHERE t.descendant_id = w.organisation_id AND t.ancestor_id = $2) ORDER BY w.organisation_id LIMIT $3",
        &[id.0.into(), owner.0.into(), limit.into()],
        |row| Ok(OrganisationId(row.int(0)?)),
    )
    .await
}

/// How many people hold each of those roles directly or through a group.
pub(crate) async fn holder_counts(tx: &mut Tx<'_>, ids: &[RoleId]) -> Res<Vec<(RoleId, i64)>> {
    let mut counts = Vec::new();
    for chunk in ids.chunks(500) {
        let mut sql = Sql::default();
        sql.push(
            "SELECT h.role_id, COUNT(*) FROM (SELECT role_id, user_id FROM grants UNION SELECT gr.role_id, m.user_id FROM \
             group_roles gr JOIN group_members m ON m.group_id = gr.group_id) h WHERE h.role_id IN (",
        );
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") GROUP BY h.role_id");
        counts.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((RoleId(row.int(0)?), row.int(1)?))
            })
            .await?,
        );
    }
    Ok(counts)
}

/// Deletes a role and takes it from everybody.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: RoleId) -> Res<()> {
    tx.exec_for(
        AccessChange::Everyone,
        "DELETE FROM grants WHERE role_id = $1",
        &[id.0.into()],
    )
    .await?;
    for sql in [
        "DELETE FROM group_roles WHERE role_id = $1",
        "DELETE FROM terms WHERE entity = 'role' AND entity_id = $1",
        "DELETE FROM extensions WHERE entity = 'role' AND entity_id = $1",
        "DELETE FROM roles WHERE id = $1",
    ] {
        tx.exec(sql, &[id.0.into()]).await?;
    }
    Ok(())
}
