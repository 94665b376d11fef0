//! What hangs on people, in SQL: one statement for each kind of tie, rows with the documents of one
//! platform.

use std::sync::LazyLock;

use serde_json::Value;
use uuid::Uuid;

use crate::model::{
    Group, GroupId, Membership, Organisation, OrganisationId, Role, RoleId, User, UserId,
    WithDocument,
};

use super::pages::Paged;
use super::select::{Bound, Sql};
use super::user_row::{AFTER, COLUMNS, TABLES, read_user};
use super::{Res, Row, StoreError, Tx, groups, organisations, roles};

/// People of one statement. A page of a dialect holds no more, so a page costs one statement for each
/// kind of tie.
const CHUNK: usize = 5_000;

/// Selects rows of `L` with their documents, and after those `more`; ends inside `WHERE … IN (`.
fn select<L: Paged>(entity: &str, platform: &str, more: &str, from: &str, of: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(L::COLUMNS).push(", d.document, ");
    sql.push(more).push(" FROM ").push(from);
    sql.push(" LEFT JOIN extensions d ON d.entity = '")
        .push(entity);
    sql.push("' AND d.entity_id = ").push(L::ID);
    sql.push(" AND d.platform = ")
        .bind(Bound::Text(platform.to_owned()));
    sql.push(" WHERE ").push(of).push(" IN (");
    sql
}

/// Rows that stand beside what they are tied to, each row once and in order of their numbers.
async fn read_related<L: Paged, T: Send>(
    tx: &mut Tx<'_>,
    mut sql: Sql,
    tie: impl Fn(&Row<'_>, usize, i64) -> Res<T> + Send + Sync,
) -> Res<(Vec<T>, Vec<WithDocument<L::Item>>)> {
    sql.push(" ORDER BY ").push(L::ID);
    let mut items: Vec<WithDocument<L::Item>> = Vec::new();
    let mut last = None;
    let related = tx
        .all(&sql.text, &sql.vals(), |row| {
            // A row's number stands first among its columns.
            let id = row.int(0)?;
            if last.replace(id) != Some(id) {
                items.push(WithDocument {
                    row: L::read(row)?,
                    document: document(row.opt_text(L::AFTER)?)?,
                });
            }
            tie(row, L::AFTER + 1, id)
        })
        .await?;
    Ok((related, items))
}

fn document(text: Option<&str>) -> Res<Option<Value>> {
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| StoreError::Bug(format!("stored extension: {error}")))
}

/// The groups of those people; `narrow` says which are shown.
pub(crate) async fn groups_of(
    tx: &mut Tx<'_>,
    platform: &str,
    people: &[UserId],
    narrow: impl Fn(&mut Sql),
) -> Res<(Vec<(UserId, GroupId)>, Vec<WithDocument<Group>>)> {
    let (mut members, mut found) = (Vec::new(), Vec::new());
    for chunk in people.chunks(CHUNK) {
        let from = "group_members m JOIN groups g ON g.id = m.group_id";
        let mut sql = select::<groups::Groups>("group", platform, "m.user_id", from, "m.user_id");
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        narrow(&mut sql);
        let (related, rows) = read_related::<groups::Groups, _>(tx, sql, |row, at, group| {
            Ok((UserId(row.int(at)?), GroupId(group)))
        })
        .await?;
        members.extend(related);
        found.extend(rows);
    }
    Ok((members, found))
}

/// The roles that those groups bring; `narrow` says which are shown.
pub(crate) async fn roles_of(
    tx: &mut Tx<'_>,
    platform: &str,
    of: &[GroupId],
    narrow: impl Fn(&mut Sql),
) -> Res<(Vec<(GroupId, RoleId)>, Vec<WithDocument<Role>>)> {
    let (mut brought, mut found) = (Vec::new(), Vec::new());
    for chunk in of.chunks(CHUNK) {
        let from = "group_roles b JOIN roles r ON r.id = b.role_id";
        let mut sql = select::<roles::Roles>("role", platform, "b.group_id", from, "b.group_id");
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        narrow(&mut sql);
        let (related, rows) = read_related::<roles::Roles, _>(tx, sql, |row, at, role| {
            Ok((GroupId(row.int(at)?), RoleId(role)))
        })
        .await?;
        brought.extend(related);
        found.extend(rows);
    }
    Ok((brought, found))
}

/// The organisations of those people; `narrow` says which are shown.
pub(crate) async fn organisations_of(
    tx: &mut Tx<'_>,
    platform: &str,
    people: &[UserId],
    narrow: impl Fn(&mut Sql),
) -> Res<(Vec<Membership>, Vec<WithDocument<Organisation>>)> {
    let (mut memberships, mut found) = (Vec::new(), Vec::new());
    for chunk in people.chunks(CHUNK) {
        let from = "memberships m JOIN organisations o ON o.id = m.organisation_id";
        let more = "m.user_id, m.home, m.administrator";
        let mut sql = select::<organisations::Organisations>(
            "organisation",
            platform,
            more,
            from,
            "m.user_id",
        );
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        narrow(&mut sql);
        let (related, rows) =
            read_related::<organisations::Organisations, _>(tx, sql, |row, at, organisation| {
                Ok(Membership {
                    user: UserId(row.int(at)?),
                    organisation: OrganisationId(organisation),
                    home: row.flag(at + 1)?,
                    administrator: row.flag(at + 2)?,
                })
            })
            .await?;
        memberships.extend(related);
        found.extend(rows);
    }
    Ok((memberships, found))
}

/// The user of that UUID with the document of a platform.
pub(crate) async fn user_by_uuid(
    tx: &mut Tx<'_>,
    platform: &str,
    uuid: Uuid,
) -> Res<Option<WithDocument<User>>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ").push(COLUMNS);
            sql.push(", d.document FROM ").push(TABLES);
            sql.push(" LEFT JOIN extensions d ON d.entity = 'user' AND d.entity_id = u.id AND d.platform = $2");
            sql.push(" WHERE u.uuid = $1")
        })
    });
    tx.one(
        &SQL,
        &[(&uuid.to_string()).into(), platform.into()],
        |row| {
            Ok(WithDocument {
                row: read_user(row)?,
                document: document(row.opt_text(AFTER)?)?,
            })
        },
    )
    .await
}
