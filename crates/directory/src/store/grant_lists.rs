//! All people's grants as a list, and who holds one of some roles somewhere, in SQL.

use crate::model::{
    Cursor, CursorKey, Direction, Fault, GrantField, HeldRole, OrganisationId, Page, Platform,
    Position, Query, Scope, Time, UserId,
};
use crate::outcome::Abort;

use super::grants::read_held;
use super::select::{self, Bound, Column, Folding, Listed, Sql, Visible};
use super::user_fields::Users;
use super::{Res, Row, Tx};

/// The grants as a list: a row for each path by which a person holds a role somewhere.
pub(crate) struct Grants;

impl Listed for Grants {
    type Field = GrantField;
    const ID: &'static str = "h.user_id";
    const SEARCH: &'static str = "r.name_key";

    fn column(field: &GrantField) -> Column {
        match field {
            GrantField::User => Column::Int("h.user_id"),
            GrantField::Role => Column::Int("h.role_id"),
            GrantField::Platform => Column::Text("r.platform", Folding::Exact),
            GrantField::Organisation => Column::Int("h.organisation_id"),
            GrantField::Direct => Column::Flag("h.direct"),
            GrantField::ExpiresAt => Column::Int("h.expires_at"),
        }
    }
}

impl Visible for Grants {
    /// Grants are seen with the person who holds them.
    fn scope(sql: &mut Sql, scope: &Scope) {
        Users::scope(sql, scope);
    }
}

/// The three ways to hold a role. `kind`, `a` and `b` order the rows of one person: nothing else is
/// distinct among the rows that one group's role makes through a collection.
const BRANCHES: [&str; 3] = [
    "SELECT g.user_id, g.role_id, g.organisation_id, g.expires_at, CAST(1 AS BIGINT) AS direct, g.id AS grant_id, \
     CAST(NULL AS BIGINT) AS group_id, CAST(NULL AS BIGINT) AS group_role_id, CAST(NULL AS BIGINT) AS collection_id, \
     CAST(0 AS BIGINT) AS kind, g.role_id AS a, g.organisation_id AS b FROM grants g",
    "SELECT m.user_id, gr.role_id, gr.scope_id AS organisation_id, CAST(NULL AS BIGINT) AS expires_at, CAST(0 AS BIGINT) AS direct, \
     CAST(NULL AS BIGINT) AS grant_id, gr.group_id, gr.id AS group_role_id, CAST(NULL AS BIGINT) AS collection_id, \
     CAST(1 AS BIGINT) AS kind, gr.id AS a, gr.scope_id AS b FROM group_members m JOIN group_roles gr ON \
     gr.group_id = m.group_id AND gr.scope = 'organisation'",
    "SELECT m.user_id, gr.role_id, co.organisation_id, CAST(NULL AS BIGINT) AS expires_at, CAST(0 AS BIGINT) AS direct, \
     CAST(NULL AS BIGINT) AS grant_id, gr.group_id, gr.id AS group_role_id, gr.scope_id AS collection_id, \
     CAST(2 AS BIGINT) AS kind, gr.id AS a, co.organisation_id AS b FROM group_members m JOIN group_roles gr ON \
     gr.group_id = m.group_id AND gr.scope = 'collection' JOIN collection_organisations co ON co.collection_id = gr.scope_id",
];

const COLUMNS: &str = "h.user_id AS user_id, r.id AS role_id, r.platform AS platform, r.number AS number, r.word AS word, \
     h.organisation_id AS organisation_id, h.expires_at AS expires_at, h.grant_id AS grant_id, h.group_id AS group_id, \
     h.group_role_id AS group_role_id, h.collection_id AS collection_id, h.kind AS kind, h.a AS a, h.b AS b";

/// Who looks at the list: what they see of people, the organisation a token is limited to, and
/// themselves.
#[derive(Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub scopes: &'a [Scope],
    pub limit: Option<i64>,
    pub own: UserId,
    pub now: Time,
}

impl Viewer<'_> {
    /// Narrows to the people whom the caller sees, oneself included.
    fn push(&self, sql: &mut Sql) {
        if self.limit.is_none() && self.scopes.contains(&Scope::All) {
            return;
        }
        sql.push(" AND (u.id = ").bind(Bound::Int(self.own.0));
        sql.push(" OR (1 = 1");
        select::seen::<Users>(sql, self.scopes, self.limit);
        sql.push("))");
    }
}

/// Where a page begins, within the order by person, kind of path and its numbers.
struct Place {
    user: i64,
    kind: i64,
    a: i64,
    b: i64,
}

impl Place {
    fn of(from: &Position) -> Result<Option<Place>, Fault> {
        let foreign = || Fault::invalid("after", "is not a place in this list");
        match from {
            Position::Start => Ok(None),
            Position::After(Cursor {
                key: CursorKey::Text(text),
                id,
            })
            | Position::Before(Cursor {
                key: CursorKey::Text(text),
                id,
            }) => {
                let mut parts = text.split('.').map(str::parse::<i64>);
                let mut next = || parts.next().and_then(Result::ok).ok_or_else(foreign);
                Ok(Some(Place {
                    user: *id,
                    kind: next()?,
                    a: next()?,
                    b: next()?,
                }))
            }
            _ => Err(foreign()),
        }
    }
}

fn push_branch(
    sql: &mut Sql,
    branch: &str,
    query: &Query<GrantField>,
    viewer: &Viewer<'_>,
    known: &[Platform],
) -> Result<(), Fault> {
    sql.push(" FROM (").push(branch);
    sql.push(") h JOIN roles r ON r.id = h.role_id JOIN users u ON u.id = h.user_id");
    select::narrowed::<Grants>(sql, query, &[Scope::All], None, viewer.now)?;
    sql.push(" AND r.platform IN (");
    for (index, platform) in known.iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " });
        sql.bind(Bound::Text(platform.word().to_owned()));
    }
    sql.push(if known.is_empty() { "NULL)" } else { ")" });
    sql.push(" AND (h.expires_at IS NULL OR h.expires_at > ")
        .bind(Bound::Int(viewer.now.0))
        .push(")");
    viewer.push(sql);
    Ok(())
}

/// The statement that reads a page and, if asked for, the one that counts.
pub(crate) fn compile(
    query: &Query<GrantField>,
    viewer: &Viewer<'_>,
    known: &[Platform],
) -> Result<(Sql, Option<Sql>), Fault> {
    if query.sort.is_some() || query.direction != Direction::Up {
        return Err(Fault::invalid("sort", "is fixed for grants: by person"));
    }
    let place = Place::of(&query.from)?;
    let back = is_back(&query.from);
    let (edge, beyond, order) = if back {
        (
            " AND h.user_id <= ",
            " AND (h.user_id, h.kind, h.a, h.b) < (",
            " ORDER BY user_id DESC, kind DESC, a DESC, b DESC LIMIT ",
        )
    } else {
        (
            " AND h.user_id >= ",
            " AND (h.user_id, h.kind, h.a, h.b) > (",
            " ORDER BY user_id, kind, a, b LIMIT ",
        )
    };
    let most = i64::from(query.limit) + 1;
    let mut sql = Sql::default();
    for (index, branch) in BRANCHES.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT * FROM (SELECT ").push(COLUMNS);
        push_branch(&mut sql, branch, query, viewer, known)?;
        if let Some(place) = &place {
            // The first condition says by itself what an index can answer.
            sql.push(edge).bind(Bound::Int(place.user));
            sql.push(beyond)
                .bind_each([place.user, place.kind, place.a, place.b].map(Bound::Int))
                .push(")");
        }
        sql.push(order).bind(Bound::Int(most));
        sql.push(") p").push(["0", "1", "2"][index]);
    }
    sql.push(order).bind(Bound::Int(most));
    let count = if query.total {
        let mut count = Sql::default();
        for (index, branch) in BRANCHES.iter().enumerate() {
            match index {
                0 => count.push("SELECT (SELECT COUNT(*)"),
                _ => count.push(") + (SELECT COUNT(*)"),
            };
            push_branch(&mut count, branch, query, viewer, known)?;
        }
        count.push(")");
        Some(count)
    } else {
        None
    };
    Ok((sql, count))
}

/// The statement that counts the list by the fields asked for.
pub(crate) fn facets_sql(
    query: &Query<GrantField>,
    viewer: &Viewer<'_>,
    known: &[Platform],
) -> Result<Sql, Fault> {
    let mut sql = Sql::default();
    for (place, facet) in query.facets.iter().enumerate() {
        let counted = Query {
            predicate: facet.predicate.clone(),
            search: query.search.clone(),
            ..Query::default()
        };
        let value = match Grants::column(&facet.field) {
            Column::Text(value, _) | Column::Int(value) | Column::Flag(value) => value,
            _ => {
                return Err(Fault::invalid(
                    "facets",
                    "names a field that is not counted",
                ));
            }
        };
        let place = place.to_string();
        sql.push(if place == "0" { "" } else { " UNION ALL " });
        sql.push("SELECT * FROM (SELECT CAST(").push(&place);
        sql.push(" AS BIGINT) AS place, CAST(v.value AS TEXT) AS value, COUNT(*) AS found FROM (");
        for (index, branch) in BRANCHES.iter().enumerate() {
            sql.push(if index == 0 { "" } else { " UNION ALL " });
            sql.push("SELECT * FROM (SELECT ")
                .push(value)
                .push(" AS value");
            push_branch(&mut sql, branch, &counted, viewer, known)?;
            sql.push(" ORDER BY h.user_id DESC LIMIT 10000) b");
            sql.push(["0", "1", "2"][index]);
        }
        sql.push(") v WHERE v.value IS NOT NULL GROUP BY v.value ORDER BY 3 DESC, 2 LIMIT 10) f")
            .push(&place);
    }
    Ok(sql)
}

/// One page, by person.
pub(crate) async fn page(
    tx: &mut Tx<'_>,
    query: &Query<GrantField>,
    viewer: &Viewer<'_>,
    known: &[Platform],
) -> Result<Page<HeldRole>, Abort> {
    let (sql, count) = compile(query, viewer, known)?;
    let total = match count {
        Some(sql) => tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?,
        None => None,
    };
    let facets = match query.facets.is_empty() {
        true => Vec::new(),
        false => {
            let sql = facets_sql(query, viewer, known)?;
            tx.all(&sql.text, &sql.vals(), super::pages::read_facet)
                .await?
        }
    };
    let rows = tx
        .all(&sql.text, &sql.vals(), |row| {
            let place = format!("{}.{}.{}", row.int(11)?, row.int(12)?, row.int(13)?);
            let cursor = Cursor {
                key: CursorKey::Text(place),
                id: row.int(0)?,
            };
            Ok(read_held(row, known)?.map(|held| (held, cursor)))
        })
        .await?;
    let total = total.map(|total| u64::try_from(total).unwrap_or(0));
    let rows = rows.into_iter().flatten().collect();
    Ok(Page {
        facets,
        ..page_of(rows, &query.from, query.limit, total)
    })
}

/// Whether a page is read backwards from its place.
fn is_back(from: &Position) -> bool {
    matches!(from, Position::Before(_))
}

/// A page of rows as they were read, away from its place, with the extra row cut off.
pub(crate) fn page_of<T>(
    mut rows: Vec<(T, Cursor)>,
    from: &Position,
    limit: u32,
    total: Option<u64>,
) -> Page<T> {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let back = is_back(from);
    if back {
        rows.reverse();
    }
    // The row that a cursor was made of lies on the side where the page comes from.
    let (after, before) = match back {
        true => (true, more),
        false => (more, matches!(from, Position::After(_))),
    };
    let (items, cursors): (Vec<T>, Vec<Cursor>) = rows.into_iter().unzip();
    Page {
        next: cursors.last().filter(|_| after).cloned(),
        previous: cursors.first().filter(|_| before).cloned(),
        items,
        cursors,
        total,
        facets: Vec::new(),
    }
}

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

/// The statement for the people who hold one of the roles where it reaches, by number.
pub(crate) fn holders_sql(
    roles: &Roles,
    target: Option<OrganisationId>,
    above: &[OrganisationId],
    viewer: &Viewer<'_>,
    from: &Position,
    most: i64,
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
    let (target, above) = (
        target.map_or(0, |organisation| organisation.0),
        above.iter().map(|organisation| organisation.0),
    );
    let mut sql = Sql::default();
    sql.push("SELECT u.id FROM users u WHERE")
        .push(beyond)
        .bind(Bound::Int(place));
    viewer.push(&mut sql);
    sql.push(" AND u.id IN (");
    for (index, branch) in BRANCHES.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION " });
        sql.push("SELECT h.user_id FROM (").push(branch);
        sql.push(") h WHERE (h.expires_at IS NULL OR h.expires_at > ")
            .bind(Bound::Int(viewer.now.0));
        sql.push(") AND (h.role_id IN (")
            .bind_all(roles.anywhere.iter().copied());
        sql.push(") OR (h.role_id IN (")
            .bind_all(roles.above.iter().copied());
        sql.push(") AND h.organisation_id IN (")
            .bind_all(above.clone());
        sql.push(")) OR (h.role_id IN (")
            .bind_all(roles.there.iter().copied());
        sql.push(") AND h.organisation_id = ")
            .bind(Bound::Int(target))
            .push("))");
    }
    let flags = roles.flag_anywhere || roles.flag_above || roles.flag_there;
    if flags {
        sql.push(" UNION SELECT f.user_id FROM memberships f WHERE f.administrator = 1");
        if !roles.flag_anywhere {
            sql.push(" AND f.organisation_id IN (");
            match roles.flag_above {
                true => sql.bind_all(above),
                false => sql.bind_all([target]),
            };
            sql.push(")");
        }
    }
    sql.push(order).bind(Bound::Int(most));
    Ok(sql)
}

/// Those people.
pub(crate) async fn holders(tx: &mut Tx<'_>, sql: &Sql) -> Res<Vec<UserId>> {
    let read = |row: &Row<'_>| Ok(UserId(row.int(0)?));
    tx.all(&sql.text, &sql.vals(), read).await
}
