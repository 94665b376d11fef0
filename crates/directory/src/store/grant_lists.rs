//! All people's grants as a list, in SQL.

use crate::model::{
    Cursor, CursorKey, Direction, Fault, GrantField, HeldRole, Page, Platform, Position, Predicate,
    Query, Scope, Test, Time, UserId,
};
use crate::outcome::Abort;

use super::grants::read_held;
use super::select::{self, Bound, Column, Folding, Listed, Sql, Visible};
use super::user_fields::Users;
use super::{Tx, paging};

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
pub(super) const BRANCHES: [&str; 3] = [
    "SELECT g.user_id, g.role_id, g.organisation_id, g.expires_at, CAST(1 AS BIGINT) AS direct, g.id AS grant_id, \
     CAST(NULL AS BIGINT) AS group_id, CAST(NULL AS BIGINT) AS group_role_id, CAST(NULL AS BIGINT) AS collection_id, \
     CAST(0 AS BIGINT) AS kind, g.role_id AS a, g.organisation_id AS b FROM grants g",
    "SELECT m.user_id, gr.role_id, gr.scope_id AS organisation_id, CAST(NULL AS BIGINT) AS expires_at, CAST(0 AS BIGINT) AS direct, \
     CAST(NULL AS BIGINT) AS grant_id, gr.group_id, gr.id AS group_role_id, CAST(NULL AS BIGINT) AS collection_id, \
     CAST(1 AS BIGINT) AS kind, gr.id AS a, gr.scope_id AS b FROM group_members m, group_roles gr \
     WHERE gr.group_id = m.group_id AND gr.scope = 'organisation'",
    "SELECT m.user_id, gr.role_id, co.organisation_id, CAST(NULL AS BIGINT) AS expires_at, CAST(0 AS BIGINT) AS direct, \
     CAST(NULL AS BIGINT) AS grant_id, gr.group_id, gr.id AS group_role_id, gr.scope_id AS collection_id, \
     CAST(2 AS BIGINT) AS kind, gr.id AS a, co.organisation_id AS b FROM group_members m, group_roles gr, \
     collection_organisations co WHERE gr.group_id = m.group_id AND gr.scope = 'collection' AND co.collection_id = gr.scope_id",
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
    pub(super) fn push(&self, sql: &mut Sql) {
        if self.limit.is_none() && self.scopes.contains(&Scope::All) {
            return;
        }
        sql.push(" AND (u.id = ").bind(Bound::Int(self.own.0));
        sql.push(" OR (1 = 1");
        select::push_scopes::<Users>(sql, self.scopes, self.limit);
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

/// How one way to hold a role is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BranchPath {
    /// Along the people, for what many hold: no set is made of all who do.
    #[default]
    Ordered,
    /// What a condition finds, sorted.
    Few,
}

impl BranchPath {
    /// A cross join keeps SQLite to the order of the tables: people first.
    const fn join(self) -> &'static str {
        match self {
            BranchPath::Ordered => " CROSS JOIN ",
            BranchPath::Few => ", ",
        }
    }
}

/// The rows of one way to hold a role.
pub(super) fn branch_text(branch: usize, path: BranchPath) -> String {
    let text = BRANCHES.get(branch).copied().unwrap_or_default();
    let (members, roles) = (format!(" m{}", path.join()), format!(" gr{}", path.join()));
    text.replace(" m, ", &members).replace(" gr, ", &roles)
}

/// Beyond so many rows a list goes along the people.
pub(super) const FEW: i64 = if cfg!(test) { 40 } else { 8_000 };

/// The ways as they are best read for a query.
pub(crate) type BranchPaths = [BranchPath; 3];

/// Counts the rows of one way up to a bound, those that the caller may not see among them: the number only chooses the plan.
pub(crate) fn look_sql(
    query: &Query<GrantField>,
    branch: usize,
    now: Time,
    known: &[Platform],
) -> Result<Sql, Fault> {
    let mut sql = Sql::default();
    sql.push("SELECT COUNT(*) FROM (SELECT 1 AS one");
    let viewer = Viewer {
        scopes: &[Scope::All],
        limit: None,
        own: UserId(0),
        now,
    };
    push_branch(&mut sql, branch, BranchPath::Few, query, &viewer, known)?;
    sql.push(" LIMIT ").bind(Bound::Int(FEW + 1)).push(") c");
    Ok(sql)
}

/// Finds out how each way is best read.
async fn look(
    tx: &mut Tx<'_>,
    query: &Query<GrantField>,
    now: Time,
    known: &[Platform],
) -> Result<BranchPaths, Abort> {
    if is_of_one_user(&query.predicate) {
        return Ok([BranchPath::Few; 3]);
    }
    let mut paths = BranchPaths::default();
    for (branch, path) in paths.iter_mut().enumerate() {
        let sql = look_sql(query, branch, now, known)?;
        let count = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
        if count.unwrap_or(0) <= FEW {
            *path = BranchPath::Few;
        }
    }
    Ok(paths)
}

/// One person's grants are few, and found by the person: nothing need be counted.
fn is_of_one_user(predicate: &Predicate<GrantField>) -> bool {
    match predicate {
        Predicate::Is(GrantField::User, Test::Equals(_)) => true,
        Predicate::And(several) => several.iter().any(is_of_one_user),
        _ => false,
    }
}

fn push_branch(
    sql: &mut Sql,
    branch: usize,
    path: BranchPath,
    query: &Query<GrantField>,
    viewer: &Viewer<'_>,
    known: &[Platform],
) -> Result<(), Fault> {
    sql.push(" FROM (")
        .push(&branch_text(branch, path))
        .push(") h");
    sql.push(path.join()).push("roles r");
    sql.push(path.join()).push("users u");
    select::narrowed::<Grants>(sql, query, &[Scope::All], None, viewer.now)?;
    sql.push(" AND r.id = h.role_id AND u.id = h.user_id AND r.platform IN (");
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
    paths: BranchPaths,
) -> Result<(Sql, Option<Sql>), Fault> {
    if query.sort.is_some() || query.direction != Direction::Up {
        return Err(Fault::invalid("sort", "is fixed for grants: by person"));
    }
    let place = Place::of(&query.from)?;
    let back = is_back(&query.from);
    let (edge, beyond, word) = match back {
        true => (" AND h.user_id <= ", " < (", " DESC"),
        false => (" AND h.user_id >= ", " > (", ""),
    };
    let most = i64::from(query.limit) + 1;
    let mut sql = Sql::default();
    for (index, path) in paths.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT * FROM (SELECT ").push(COLUMNS);
        push_branch(&mut sql, index, *path, query, viewer, known)?;
        if let Some(place) = &place {
            // The first condition says by itself what an index can answer.
            sql.push(edge).bind(Bound::Int(place.user));
            sql.push(" AND (h.user_id, h.kind, h.a, h.b)").push(beyond);
            sql.bind_each([place.user, place.kind, place.a, place.b].map(Bound::Int))
                .push(")");
        }
        // Rows of one way are all of one kind. A few are sorted by what no index has, so that none is walked past all others.
        sql.push(match path {
            BranchPath::Ordered => " ORDER BY h.user_id",
            BranchPath::Few => " ORDER BY (h.user_id + 0)",
        });
        sql.push(word)
            .push(", h.a")
            .push(word)
            .push(", h.b")
            .push(word);
        sql.push(" LIMIT ").bind(Bound::Int(most));
        sql.push(") p")
            .push(["0", "1", "2"].get(index).copied().unwrap_or_default());
    }
    sql.push(" ORDER BY user_id").push(word);
    for column in [", kind", ", a", ", b"] {
        sql.push(column).push(word);
    }
    sql.push(" LIMIT ").bind(Bound::Int(most));
    let count = if query.total {
        let mut count = Sql::default();
        count.push("SELECT (");
        for (index, path) in paths.iter().enumerate() {
            count.push(if index == 0 { "" } else { ") + (" });
            // Each way up to the bound: the sum is beyond it, too, when one of them is.
            let end = paging::push_count(&mut count, query);
            push_branch(&mut count, index, *path, query, viewer, known)?;
            count.push(&end);
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
    paths: BranchPaths,
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
        for (index, path) in paths.iter().enumerate() {
            sql.push(if index == 0 { "" } else { " UNION ALL " });
            sql.push("SELECT * FROM (SELECT ")
                .push(value)
                .push(" AS value");
            push_branch(&mut sql, index, *path, &counted, viewer, known)?;
            sql.push(" ORDER BY h.user_id DESC LIMIT 10000) b");
            sql.push(["0", "1", "2"].get(index).copied().unwrap_or_default());
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
    let paths = look(tx, query, viewer.now, known).await?;
    let (sql, count) = compile(query, viewer, known, paths)?;
    let total = match count {
        Some(sql) => tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?,
        None => None,
    };
    let facets = match query.facets.is_empty() {
        true => Vec::new(),
        false => {
            let sql = facets_sql(query, viewer, known, paths)?;
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
