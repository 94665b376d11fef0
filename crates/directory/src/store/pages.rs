//! One page of a list: the count, the rows and where the next page begins, the same for every kind
//! of entity that states its columns.

use crate::model::{Cursor, CursorKey, Fault, Page, Query, Scope, Time};

use super::select::{self, Listed, Seen, Sql};
use super::{Res, Row, Tx, paging};

/// A kind of entity whose rows can be read as a list.
pub(crate) trait Paged: Listed + Seen {
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

/// The statements of one page.
pub(crate) struct Statements {
    count: Option<Sql>,
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
    Ok(Statements {
        count,
        rows,
        cut: Query {
            from: query.from.clone(),
            limit: query.limit,
            ..Query::default()
        },
    })
}

/// Runs them.
pub(crate) async fn run<L: Paged>(tx: &mut Tx<'_>, statements: &Statements) -> Res<Page<L::Item>> {
    let total = match &statements.count {
        Some(sql) => tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?,
        None => None,
    };
    let total = total.map(|total| u64::try_from(total).unwrap_or(0));
    let Some((sql, text)) = &statements.rows else {
        return Ok(Page::of_total(total));
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
    Ok(paging::page(rows, &statements.cut, total))
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
pub(crate) async fn seen_ids<L: Listed + Seen>(
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
        select::seen::<L>(&mut sql, scopes, limit);
        found.extend(tx.all(&sql.text, &sql.vals(), |row| row.int(0)).await?);
    }
    Ok(found)
}
