//! The roles that one user holds in one organisation, a row for each path, as a list in SQL.

use crate::model::{
    CollectionId, Cursor, CursorKey, GrantId, GroupId, GroupRoleId, HeldRoleField, HeldRoleRow,
    OrganisationId, Page, Path, PlatformSpec, Query, RoleId, Scope, Time, UserId,
};

use super::paging;
use super::select::{self, Bound, Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, StoreError, Tx};

/// The rows as a list.
pub(crate) struct HeldRoles;

impl Listed for HeldRoles {
    type Field = HeldRoleField;
    const ID: &'static str = "h.id";
    const SEARCH: &'static str = "r.name_key";

    fn column(field: &HeldRoleField) -> Column {
        match field {
            HeldRoleField::Uuid => Column::Text("r.uuid", Folding::Exact),
            HeldRoleField::Builtin => Column::Flag("r.builtin"),
            HeldRoleField::Word => Column::Text("r.word", Folding::Exact),
            HeldRoleField::Name => Column::Text("r.name_key", Folding::Unique),
            HeldRoleField::Direct => Column::Flag("h.direct"),
            HeldRoleField::ExpiresAt => Column::Int("h.expires_at"),
        }
    }
}

impl Visible for HeldRoles {
    /// Whose roles, and where, is decided before the list is read.
    fn scope(sql: &mut Sql, _: &Scope) {
        sql.push("1 = 1");
    }
}

/// Whose roles, where and of which platform.
pub(crate) struct Holder<'a> {
    pub user: UserId,
    pub organisation: OrganisationId,
    pub platform: &'a PlatformSpec,
}

const COLUMNS: &str = "h.id, r.id, r.number, r.word, r.name, h.expires_at, h.grant_id, h.group_id, h.group_role_id, h.collection_id, r.uuid, r.builtin";
const AFTER: usize = 12;

/// `FROM` with every path by which the holder has a role of the platform there: granted directly, by
/// a group, by a group through a collection; and the platform's administrator role for owners and
/// administrators of `usher`, who count as that and do not hold it by a path of its own.
fn push_paths(sql: &mut Sql, holder: &Holder<'_>, now: Time) {
    let (user, place) = (holder.user.0, holder.organisation.0);
    let platform = holder.platform.platform.word().to_owned();
    sql.push(" FROM (SELECT 2 * g.id AS id, g.role_id, g.expires_at AS expires_at, 1 AS direct, g.id AS grant_id, \
              CAST(NULL AS BIGINT) AS group_id, CAST(NULL AS BIGINT) AS group_role_id, CAST(NULL AS BIGINT) AS collection_id \
              FROM grants g WHERE g.user_id = ");
    sql.bind(Bound::Int(user)).push(" AND g.organisation_id = ");
    sql.bind(Bound::Int(place))
        .push(" AND (g.expires_at IS NULL OR g.expires_at > ");
    sql.bind(Bound::Int(now.0));
    sql.push(") UNION ALL SELECT 2 * gr.id + 1, gr.role_id, NULL, 0, NULL, gr.group_id, gr.id, NULL FROM group_members m \
              JOIN group_roles gr ON gr.group_id = m.group_id AND gr.scope = 'organisation' WHERE m.user_id = ");
    sql.bind(Bound::Int(user)).push(" AND gr.scope_id = ");
    sql.bind(Bound::Int(place));
    sql.push(" UNION ALL SELECT 2 * gr.id + 1, gr.role_id, NULL, 0, NULL, gr.group_id, gr.id, gr.scope_id FROM group_members m \
              JOIN group_roles gr ON gr.group_id = m.group_id AND gr.scope = 'collection' \
              JOIN collection_organisations co ON co.collection_id = gr.scope_id WHERE m.user_id = ");
    sql.bind(Bound::Int(user))
        .push(" AND co.organisation_id = ");
    sql.bind(Bound::Int(place));
    if let Some(word) = holder.platform.owner_role {
        push_stand_in(sql, holder, word, now);
    }
    sql.push(") h JOIN roles r ON r.id = h.role_id AND r.platform = ");
    sql.bind(Bound::Text(platform));
}

/// The platform's administrator role, for the sake of a role of `usher` held there.
fn push_stand_in(sql: &mut Sql, holder: &Holder<'_>, word: &str, now: Time) {
    let (user, place) = (holder.user.0, holder.organisation.0);
    let never = Time::NEVER.0;
    sql.push(" UNION ALL SELECT 0, a.id, NULLIF(s.ends, ")
        .bind(Bound::Int(never));
    sql.push("), 1, NULL, NULL, NULL, NULL FROM roles a JOIN (SELECT MAX(x.ends) AS ends FROM (SELECT COALESCE(g.expires_at, ");
    sql.bind(Bound::Int(never));
    sql.push(") AS ends, g.role_id FROM grants g WHERE g.user_id = ");
    sql.bind(Bound::Int(user)).push(" AND g.organisation_id = ");
    sql.bind(Bound::Int(place))
        .push(" AND (g.expires_at IS NULL OR g.expires_at > ");
    sql.bind(Bound::Int(now.0)).push(") UNION ALL SELECT CAST(");
    sql.bind(Bound::Int(never));
    sql.push(" AS BIGINT), gr.role_id FROM group_members m JOIN group_roles gr ON gr.group_id = m.group_id WHERE m.user_id = ");
    sql.bind(Bound::Int(user))
        .push(" AND ((gr.scope = 'organisation' AND gr.scope_id = ");
    sql.bind(Bound::Int(place)).push(
        ") OR (gr.scope = 'collection' AND EXISTS (SELECT 1 FROM collection_organisations co WHERE co.collection_id = \
         gr.scope_id AND co.organisation_id = ",
    );
    sql.bind(Bound::Int(place)).push(
        ")))) x JOIN roles u ON u.id = x.role_id AND u.platform = 'usher' AND u.word IN ('owner', 'administrator')) s \
         ON s.ends IS NOT NULL WHERE a.platform = ",
    );
    sql.bind(Bound::Text(holder.platform.platform.word().to_owned()))
        .push(" AND a.word = ");
    sql.bind(Bound::Text(word.to_owned()))
        .push(" AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.role_id = a.id AND g.user_id = ");
    sql.bind(Bound::Int(user)).push(" AND g.organisation_id = ");
    sql.bind(Bound::Int(place))
        .push(" AND (g.expires_at IS NULL OR g.expires_at > ");
    sql.bind(Bound::Int(now.0)).push(
        ")) AND NOT EXISTS (SELECT 1 FROM group_members m JOIN group_roles gr ON gr.group_id = m.group_id WHERE gr.role_id = \
         a.id AND m.user_id = ",
    );
    sql.bind(Bound::Int(user))
        .push(" AND ((gr.scope = 'organisation' AND gr.scope_id = ");
    sql.bind(Bound::Int(place)).push(
        ") OR (gr.scope = 'collection' AND EXISTS (SELECT 1 FROM collection_organisations co WHERE co.collection_id = \
         gr.scope_id AND co.organisation_id = ",
    );
    sql.bind(Bound::Int(place)).push("))))");
}

/// The statement that counts, if asked for, and the one that reads the page.
pub(crate) fn compile(
    holder: &Holder<'_>,
    query: &Query<HeldRoleField>,
    now: Time,
) -> Result<(Option<Sql>, Sql, bool), crate::model::Fault> {
    let count = if query.total {
        let mut sql = Sql::default();
        let end = paging::push_count(&mut sql, query);
        push_paths(&mut sql, holder, now);
        select::narrowed::<HeldRoles>(&mut sql, query, &[Scope::All], None, now)?;
        sql.push(&end);
        Some(sql)
    } else {
        None
    };
    let (key, text) = paging::cursor_column::<HeldRoles>(query);
    let mut sql = Sql::default();
    sql.push("SELECT ").push(COLUMNS).push(", ").push(&key);
    push_paths(&mut sql, holder, now);
    select::narrowed::<HeldRoles>(&mut sql, query, &[Scope::All], None, now)?;
    paging::paged::<HeldRoles>(&mut sql, query)?;
    Ok((count, sql, text))
}

fn read(row: &Row<'_>) -> Res<(i64, HeldRoleRow)> {
    let path = match (row.opt_int(6)?, row.opt_int(7)?, row.opt_int(8)?) {
        (Some(grant), _, _) => Some(Path::Direct(GrantId(grant))),
        (None, Some(group), Some(group_role)) => Some(Path::Group {
            group: GroupId(group),
            group_role: GroupRoleId(group_role),
            collection: row.opt_int(9)?.map(CollectionId),
        }),
        (None, None, None) => None,
        _ => return Err(StoreError::Bug("a held role has no path".to_owned())),
    };
    Ok((
        row.int(0)?,
        HeldRoleRow {
            role: RoleId(row.int(1)?),
            uuid: super::users::uuid(row.text(10)?)?,
            builtin: row.flag(11)?,
            number: row.int(2)?,
            word: row.string(3)?,
            name: row.string(4)?,
            expires_at: row.opt_int(5)?.map(Time),
            path,
        },
    ))
}

/// One page.
pub(crate) async fn page(
    tx: &mut Tx<'_>,
    holder: &Holder<'_>,
    query: &Query<HeldRoleField>,
    now: Time,
) -> Result<Page<HeldRoleRow>, crate::outcome::Abort> {
    let (count, sql, text) = compile(holder, query, now)?;
    let total = match count {
        Some(sql) => tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?,
        None => None,
    };
    let rows = tx
        .all(&sql.text, &sql.vals(), |row| {
            let (id, item) = read(row)?;
            let key = if text {
                CursorKey::Text(row.string(AFTER)?)
            } else {
                CursorKey::Int(row.int(AFTER)?)
            };
            Ok((item, Cursor { key, id }))
        })
        .await?;
    let total = total.map(|total| u64::try_from(total).unwrap_or(0));
    Ok(paging::page(rows, query, total))
}
