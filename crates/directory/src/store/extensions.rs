//! Extensions and filter terms in SQL.

use serde_json::Value;

use crate::model::{Extended, NewExtension, Platform, Time};

use super::select::{Bound, Column, Folding, Sql};
use super::{AccessChange, Res, StoreError, Tx};

/// The column of a filter term.
pub(crate) fn term_column(
    id: &'static str,
    entity: &'static str,
    platform: Platform,
    name: &str,
) -> Column {
    Column::Related {
        id,
        selects: vec![
            "SELECT x.entity_id FROM terms x WHERE x.platform = ? AND x.entity = ? AND x.name = ? AND ",
        ],
        inner: Box::new(Column::Text("x.value", Folding::Exact)),
        bound: vec![
            Bound::Text(platform.word().to_owned()),
            Bound::Text(entity.to_owned()),
            Bound::Text(name.to_owned()),
        ],
        value: ordered_by(id, entity, platform, name),
    }
}

/// The text that rows are ordered by when they are ordered by a term: the first, where there are
/// several. Names stand in the statement itself, so only plain words order anything.
fn ordered_by(id: &str, entity: &str, platform: Platform, name: &str) -> Option<String> {
    let plain = |word: &str| {
        word.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    (plain(name) && plain(platform.word())).then(|| {
        format!(
            "(SELECT MIN(x.value) FROM terms x WHERE x.entity = '{entity}' AND x.entity_id = {id} \
             AND x.platform = '{platform}' AND x.name = '{name}')"
        )
    })
}

/// Stores a document and its terms whole.
pub(crate) async fn store_document(
    tx: &mut Tx<'_>,
    entity: Extended,
    id: i64,
    platform: &str,
    new: &NewExtension,
    now: Time,
) -> Res<()> {
    put_document(tx, entity, id, platform, &new.document, now).await?;
    put_terms(tx, entity, id, platform, &new.terms).await
}

const PUT: &str = "INSERT INTO extensions (entity, entity_id, platform, document, version, updated_at) VALUES ($1, $2, $3, $4, 1, $5) \
     ON CONFLICT (entity, entity_id, platform) DO UPDATE SET document = excluded.document, \
     version = extensions.version + 1, updated_at = excluded.updated_at";

/// Stores a document and leaves its terms.
pub(crate) async fn put_document(
    tx: &mut Tx<'_>,
    entity: Extended,
    id: i64,
    platform: &str,
    document: &Value,
    now: Time,
) -> Res<()> {
    let document = document.to_string();
    let values = [
        entity.word().into(),
        id.into(),
        platform.into(),
        (&document).into(),
        now.0.into(),
    ];
    // What dialects know of a role, a group or an organisation is remembered with it; of people and records it never is.
    match entity {
        Extended::User | Extended::Record => tx.exec(PUT, &values).await?,
        _ => tx.exec_for(AccessChange::Everyone, PUT, &values).await?,
    };
    Ok(())
}

/// Replaces the terms.
pub(crate) async fn put_terms(
    tx: &mut Tx<'_>,
    entity: Extended,
    id: i64,
    platform: &str,
    terms: &[(String, String)],
) -> Res<()> {
    tx.exec(
        "DELETE FROM terms WHERE entity = $1 AND entity_id = $2 AND platform = $3",
        &[entity.word().into(), id.into(), platform.into()],
    )
    .await?;
    for (name, value) in terms {
        tx.exec(
            "INSERT INTO terms (entity, entity_id, platform, name, value) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            &[entity.word().into(), id.into(), platform.into(), name.into(), value.into()],
        )
        .await?;
    }
    Ok(())
}

/// The documents of those entities on one platform.
pub(crate) async fn documents(
    tx: &mut Tx<'_>,
    entity: Extended,
    ids: &[i64],
    platform: &str,
) -> Res<Vec<(i64, Value)>> {
    let mut documents = Vec::new();
    for chunk in ids.chunks(5_000) {
        let mut sql = Sql::default();
        sql.push("SELECT entity_id, document FROM extensions WHERE entity = ")
            .bind(Bound::Text(entity.word().to_owned()));
        sql.push(" AND platform = ")
            .bind(Bound::Text(platform.to_owned()))
            .push(" AND entity_id IN (");
        sql.bind_all(chunk.iter().copied()).push(")");
        documents.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                let document = serde_json::from_str(row.text(1)?)
                    .map_err(|error| StoreError::Bug(format!("stored extension: {error}")))?;
                Ok((row.int(0)?, document))
            })
            .await?,
        );
    }
    Ok(documents)
}
