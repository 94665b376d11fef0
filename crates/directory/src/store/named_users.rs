//! The users that one request names, read together.

use uuid::Uuid;

use crate::model::{User, UserId};

use super::select::{Bound, Sql};
use super::user_row::{COLUMNS, TABLES, read_user};
use super::{Res, Tx};

/// The users with these values in a column, in one statement for each 500.
async fn several(tx: &mut Tx<'_>, column: &str, values: Vec<Bound>) -> Res<Vec<User>> {
    let mut found = Vec::with_capacity(values.len());
    for chunk in values.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(" FROM ")
            .push(TABLES);
        sql.push(" WHERE ").push(column).push(" IN (");
        sql.bind_list(chunk.to_vec()).push(")");
        found.extend(tx.all(&sql.text, &sql.vals(), read_user).await?);
    }
    Ok(found)
}

/// Those users.
pub(crate) async fn by_ids(tx: &mut Tx<'_>, ids: &[UserId]) -> Res<Vec<User>> {
    let values = ids.iter().map(|id| Bound::Int(id.0)).collect();
    several(tx, "u.id", values).await
}

/// The users of those UUIDs.
pub(crate) async fn by_uuids(tx: &mut Tx<'_>, uuids: &[Uuid]) -> Res<Vec<User>> {
    let texts = uuids.iter().map(|uuid| Bound::Text(uuid.to_string()));
    several(tx, "u.uuid", texts.collect()).await
}
