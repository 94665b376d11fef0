//! One page of a list: the count, the rows and where the next page begins, the same for every kind
//! of entity that states its columns.

use crate::model::{Cursor, CursorKey, FacetRow, Fault, Page, Query, Scope, Time};

use super::select::{self, Column, Folding, Listed, STANDING, Sql, Visible};
use super::{Res, Row, Tx, paging};

/// A kind of entity whose rows can be read as a list.
pub(crate) trait Paged: Listed + Visible {
    /// What a row becomes.
    type Item: Send;
    /// The columns that [`Paged::read`] reads, in its order.
    const COLUMNS: &'static str;
    /// How many they are.
    const AFTER: usize;
    /// ` FROM …` with the joins the columns need.
    const TABLES: &'static str;
    /// Reads a row.
    fn read(row: &Row<'_>) -> Res<Self::Item>;
    /// The row's number, which breaks ties.
    fn id(item: &Self::Item) -> i64;
}

/// Rows of a list that its facets count at most, the newest first.
const FACET_ROWS: &str = "10000";
/// Values of a facet that are shown, the most frequent first.
const FACET_VALUES: &str = "10";

/// The statements of one page.
pub(crate) struct Statements {
    count: Option<Sql>,
    facets: Option<Sql>,
    rows: Option<(Sql, bool)>,
    cut: Query<()>,
}

#[cfg(test)]
impl Statements {
    /// The texts, for the test that prepares every one.
    pub(crate) fn texts(&self) -> Vec<String> {
        let rows = self.rows.iter().map(|(sql, _)| sql.text.clone());
        self.count
            .iter()
            .chain(&self.facets)
            .map(|sql| sql.text.clone())
            .chain(rows)
            .collect()
    }
}

/// Compiles a page's statements. `narrow` adds what the list shows beside what the scopes do, as
/// ` AND …`.
pub(crate) fn compile<L: Paged>(
    query: &Query<L::Field>,
    narrow: impl Fn(&mut Sql),
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Result<Statements, Fault> {
    let count = if query.total {
        let mut sql = Sql::default();
        let end = paging::push_count(&mut sql, query);
        sql.push(L::TABLES);
        select::narrowed::<L>(&mut sql, query, scopes, limit, now)?;
        narrow(&mut sql);
        sql.push(&end);
        Some(sql)
    } else {
        None
    };
    let rows = if query.limit == 0 {
        None
    } else {
        let (key, text) = paging::cursor_column::<L>(query);
        let mut sql = Sql::default();
        sql.push("SELECT ").push(L::COLUMNS).push(", ").push(&key);
        sql.push(L::TABLES);
        select::narrowed::<L>(&mut sql, query, scopes, limit, now)?;
        narrow(&mut sql);
        paging::paged::<L>(&mut sql, query)?;
        Some((sql, text))
    };
    let mut facets = Sql::default();
    for place in 0..query.facets.len() {
        push_facet::<L>(&mut facets, query, place, &narrow, scopes, limit, now)?;
    }
    Ok(Statements {
        count,
        facets: Some(facets).filter(|sql| !sql.text.is_empty()),
        rows,
        cut: Query {
            from: query.from.clone(),
            limit: query.limit,
            ..Query::default()
        },
    })
}

/// Adds the statement that counts a list by one field.
fn push_facet<L: Paged>(
    sql: &mut Sql,
    query: &Query<L::Field>,
    place: usize,
    narrow: &impl Fn(&mut Sql),
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Result<(), Fault> {
    let Some(facet) = query.facets.get(place) else {
        return Ok(());
    };
    let counted = Query {
        predicate: facet.predicate.clone(),
        search: query.search.clone(),
        ..Query::default()
    };
    let place = place.to_string();
    sql.push(if place == "0" { "" } else { " UNION ALL " });
    sql.push("SELECT * FROM (SELECT CAST(").push(&place).push(
        " AS BIGINT) AS place, CAST(v.value AS TEXT) AS value, COUNT(*) AS found FROM (SELECT ",
    );
    let value = facet_value(sql, &L::column(&facet.field), now)?;
    sql.push(&value).push(" AS value").push(L::TABLES);
    select::narrowed::<L>(sql, &counted, scopes, limit, now)?;
    narrow(sql);
    sql.push(" ORDER BY ").push(L::ID).push(" DESC LIMIT ");
    sql.push(FACET_ROWS)
        .push(") v WHERE v.value IS NOT NULL GROUP BY v.value ORDER BY 3 DESC, 2 LIMIT ")
        .push(FACET_VALUES)
        .push(") f")
        .push(&place);
    Ok(())
}

/// The expression of the value that a row is counted under.
fn facet_value(sql: &mut Sql, column: &Column, now: Time) -> Result<String, Fault> {
    Ok(match column {
        Column::Text(expression, Folding::Lower) => format!("LOWER({expression})"),
        Column::Text(expression, _) => (*expression).to_owned(),
        Column::Int(expression) | Column::Flag(expression) => sql.with_time(expression, now),
        Column::Computed(expression, _) => expression.clone(),
        Column::Standing => sql.with_time(STANDING, now),
        Column::Related { .. } => {
            return Err(Fault::invalid(
                "facets",
                "names a field that is not counted",
            ));
        }
    })
}

/// Runs them.
pub(crate) async fn run<L: Paged>(tx: &mut Tx<'_>, statements: &Statements) -> Res<Page<L::Item>> {
    let total = match &statements.count {
        Some(sql) => tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?,
        None => None,
    };
    let total = total.map(|total| u64::try_from(total).unwrap_or(0));
    let facets = match &statements.facets {
        Some(sql) => tx.all(&sql.text, &sql.vals(), read_facet).await?,
        None => Vec::new(),
    };
    let Some((sql, text)) = &statements.rows else {
        return Ok(Page {
            facets,
            ..Page::of_total(total)
        });
    };
    let rows = tx
        .all(&sql.text, &sql.vals(), |row| {
            let item = L::read(row)?;
            let key = if *text {
                CursorKey::Text(row.string(L::AFTER)?)
            } else {
                CursorKey::Int(row.int(L::AFTER)?)
            };
            let id = L::id(&item);
            Ok((item, Cursor { key, id }))
        })
        .await?;
    Ok(Page {
        facets,
        ..paging::page(rows, &statements.cut, total)
    })
}

/// A row of a statement that counts: the facet's place, the value and how many rows have it.
pub(crate) fn read_facet(row: &Row<'_>) -> Res<FacetRow> {
    Ok(FacetRow {
        facet: usize::try_from(row.int(0)?).unwrap_or(usize::MAX),
        value: row.string(1)?,
        rows: u64::try_from(row.int(2)?).unwrap_or(0),
    })
}

/// The one row that a condition on a single value names.
pub(crate) async fn one_where<L: Paged>(
    tx: &mut Tx<'_>,
    condition: &str,
    values: &[super::Val<'_>],
) -> Res<Option<L::Item>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(L::COLUMNS)
            .push(L::TABLES)
            .push(" WHERE ")
            .push(condition)
    });
    tx.one(&sql, values, L::read).await
}

/// The rows of those numbers that the scopes show, by number.
pub(crate) async fn by_ids<L: Paged>(
    tx: &mut Tx<'_>,
    ids: &[i64],
    narrow: impl Fn(&mut Sql),
) -> Res<Vec<L::Item>> {
    let mut items = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT ").push(L::COLUMNS).push(L::TABLES);
        sql.push(" WHERE ").push(L::ID).push(" IN (");
        sql.bind_all(chunk.iter().copied()).push(")");
        narrow(&mut sql);
        sql.push(" ORDER BY ").push(L::ID);
        items.extend(tx.all(&sql.text, &sql.vals(), L::read).await?);
    }
    Ok(items)
}

/// Those of the numbers that the scopes show; `tables` is the entity's ` FROM …`.
pub(crate) async fn seen_ids<L: Listed + Visible>(
    tx: &mut Tx<'_>,
    tables: &str,
    ids: &[i64],
    scopes: &[Scope],
    limit: Option<i64>,
) -> Res<Vec<i64>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT ").push(L::ID).push(tables);
        sql.push(" WHERE ").push(L::ID).push(" IN (");
        sql.bind_all(chunk.iter().copied()).push(")");
        select::push_scopes::<L>(&mut sql, scopes, limit);
        found.extend(tx.all(&sql.text, &sql.vals(), |row| row.int(0)).await?);
    }
    Ok(found)
}
