//! The links by which groups bring roles through collections, in SQL.

use crate::model::{CollectionId, CollectionLink, CollectionLinks, GroupId, Platform};

use super::select::{Bound, Sql};
use super::{Res, Tx};

/// ` FROM … WHERE` with what a list of links is narrowed by.
fn push_narrowed(sql: &mut Sql, query: &CollectionLinks, platform: Option<Platform>) {
    sql.push(
        " FROM group_roles gr JOIN groups g ON g.id = gr.group_id JOIN roles r ON r.id = gr.role_id \
         WHERE gr.scope = 'collection' AND g.organisation_id = ",
    );
    sql.bind(Bound::Int(query.organisation.0));
    if let Some(platform) = platform {
        sql.push(" AND r.platform = ")
            .bind(Bound::Text(platform.word().to_owned()));
    }
    for (column, value) in [
        (" AND gr.group_id = ", query.group.map(|id| id.0)),
        (" AND gr.scope_id = ", query.collection.map(|id| id.0)),
        (" AND gr.role_id = ", query.role.map(|id| id.0)),
    ] {
        if let Some(value) = value {
            sql.push(column).bind(Bound::Int(value));
        }
    }
}

pub(crate) fn count_sql(query: &CollectionLinks, platform: Option<Platform>) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT COUNT(*) FROM (SELECT DISTINCT gr.group_id, gr.scope_id");
    push_narrowed(&mut sql, query, platform);
    sql.push(") x");
    sql
}

pub(crate) fn page_sql(query: &CollectionLinks, platform: Option<Platform>) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT DISTINCT gr.group_id, gr.scope_id");
    push_narrowed(&mut sql, query, platform);
    sql.push(" ORDER BY gr.group_id, gr.scope_id LIMIT ")
        .bind(Bound::Int(i64::from(query.limit)))
        .push(" OFFSET ")
        .bind(Bound::Int(i64::try_from(query.offset).unwrap_or(i64::MAX)));
    sql
}

/// How many links there are.
pub(crate) async fn count(
    tx: &mut Tx<'_>,
    query: &CollectionLinks,
    platform: Option<Platform>,
) -> Res<i64> {
    let sql = count_sql(query, platform);
    let count = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
    Ok(count.unwrap_or(0))
}

/// One page of links.
pub(crate) async fn page(
    tx: &mut Tx<'_>,
    query: &CollectionLinks,
    platform: Option<Platform>,
) -> Res<Vec<CollectionLink>> {
    let sql = page_sql(query, platform);
    tx.all(&sql.text, &sql.vals(), |row| {
        Ok(CollectionLink {
            group: GroupId(row.int(0)?),
            collection: CollectionId(row.int(1)?),
        })
    })
    .await
}
