//! Who holds one of some roles somewhere, in SQL.

use crate::model::{Cursor, CursorKey, Fault, OrganisationId, Position, Time, UserId};
use crate::outcome::Abort;

use super::grant_lists::{BRANCHES, BranchPath, FEW, Viewer, branch_text};
use super::select::{Bound, Sql};
use super::{Row, Tx};

/// Roles whose holders are looked for, by how far the line goes that is asked about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    /// Wherever they are held.
    pub anywhere: Vec<i64>,
    /// Held in the organisation asked about or above it.
    pub above: Vec<i64>,
    /// Held in the organisation itself.
    pub there: Vec<i64>,
    /// Whether the administrator flag of a membership anywhere, above or there brings it too.
    pub flag_anywhere: bool,
    pub flag_above: bool,
    pub flag_there: bool,
}

/// Asked of each person. The bound keeps PostgreSQL from making a set of all who hold a role, and changes nothing else.
const OF_EACH: &str = " AND h.user_id = u.id LIMIT 1 OFFSET 0";
const FLAGGED_OF_EACH: &str = " AND f.user_id = u.id LIMIT 1 OFFSET 0";

/// The statement for the people who hold one of the roles where it reaches, by number.
pub(crate) fn holders_sql(
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
    viewer: &Viewer<'_>,
    from: &Position,
    most: i64,
    path: BranchPath,
) -> Result<Sql, Fault> {
    let (beyond, place, order) = match from {
        Position::Start => (" u.id > ", 0, ") ORDER BY u.id LIMIT "),
        Position::After(Cursor {
            key: CursorKey::Int(number),
            ..
        }) => (" u.id > ", *number, ") ORDER BY u.id LIMIT "),
        Position::Before(Cursor {
            key: CursorKey::Int(number),
            ..
        }) => (" u.id < ", *number, ") ORDER BY u.id DESC LIMIT "),
        _ => return Err(Fault::invalid("after", "is not a place in this list")),
    };
    let mut sql = Sql::default();
    sql.push("SELECT u.id FROM users u WHERE")
        .push(beyond)
        .bind(Bound::Int(place));
    viewer.push(&mut sql);
    let each = path == BranchPath::Ordered;
    sql.push(if each {
        " AND (EXISTS ("
    } else {
        " AND u.id IN ("
    });
    for index in 0..BRANCHES.len() {
        sql.push(match (index, each) {
            (0, _) => "",
            (_, true) => ") OR EXISTS (",
            (_, false) => " UNION ",
        });
        push_holders(&mut sql, index, roles, target, above, viewer.now);
        sql.push(if each { OF_EACH } else { "" });
    }
    if roles.flag_anywhere || roles.flag_above || roles.flag_there {
        sql.push(if each { ") OR EXISTS (" } else { " UNION " });
        push_flagged(&mut sql, roles, target, above);
        sql.push(if each { FLAGGED_OF_EACH } else { "" });
    }
    sql.push(if each { ")" } else { "" });
    sql.push(order).bind(Bound::Int(most));
    Ok(sql)
}

/// Counts those people up to a bound, each as often as they hold such a role.
pub(crate) fn holders_look_sql(
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
    now: Time,
) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT COUNT(*) FROM (");
    for index in 0..BRANCHES.len() {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        push_holders(&mut sql, index, roles, target, above, now);
    }
    if roles.flag_anywhere || roles.flag_above || roles.flag_there {
        sql.push(" UNION ALL ");
        push_flagged(&mut sql, roles, target, above);
    }
    sql.push(" LIMIT ").bind(Bound::Int(FEW + 1)).push(") c");
    sql
}

/// Selects who holds one of the roles in one way.
fn push_holders(
    sql: &mut Sql,
    branch: usize,
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
    now: Time,
) {
    let text = branch_text(branch, BranchPath::Few);
    sql.push("SELECT h.user_id FROM (").push(&text);
    sql.push(") h WHERE (h.expires_at IS NULL OR h.expires_at > ")
        .bind(Bound::Int(now.0));
    sql.push(") AND (h.role_id IN (")
        .bind_all(roles.anywhere.iter().copied());
    sql.push(") OR (h.role_id IN (")
        .bind_all(roles.above.iter().copied());
    sql.push(") AND h.organisation_id IN (")
        .bind_all(above.iter().map(|organisation| organisation.0));
    sql.push(")) OR (h.role_id IN (")
        .bind_all(roles.there.iter().copied());
    sql.push(") AND h.organisation_id = ")
        .bind(Bound::Int(target.map_or(0, |organisation| organisation.0)))
        .push("))");
}

/// Selects who has it by the administrator flag of a membership.
fn push_flagged(
    sql: &mut Sql,
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
) {
    sql.push("SELECT f.user_id FROM memberships f WHERE f.administrator = 1");
    if !roles.flag_anywhere {
        sql.push(" AND f.organisation_id IN (");
        match roles.flag_above {
            true => sql.bind_all(above.iter().map(|organisation| organisation.0)),
            false => sql.bind_all([target.map_or(0, |organisation| organisation.0)]),
        };
        sql.push(")");
    }
}

/// Those people.
pub(crate) async fn holders(
    tx: &mut Tx<'_>,
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
    viewer: &Viewer<'_>,
    (from, most): (&Position, i64),
) -> Result<Vec<UserId>, Abort> {
    let look = holders_look_sql(roles, target, above, viewer.now);
    let count = tx.one(&look.text, &look.vals(), |row| row.int(0)).await?;
    let path = match count.unwrap_or(0) {
        0..=FEW => BranchPath::Few,
        _ => BranchPath::Ordered,
    };
    let sql = holders_sql(roles, target, above, viewer, from, most, path)?;
    let read = |row: &Row<'_>| Ok(UserId(row.int(0)?));
    Ok(tx.all(&sql.text, &sql.vals(), read).await?)
}
