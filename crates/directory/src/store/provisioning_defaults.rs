//! What newcomers get, in SQL.

use crate::model::{GroupId, OrganisationId, Platform, RoleId};

use super::select::{Bound, Sql};
use super::{Res, StoreError, Tx};

/// What is stored about a door: whether the home exists, which roles administrators chose for newcomers, which roles the
/// platform chose, and the groups that newcomers of the home join.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub home: bool,
    pub chosen: Option<String>,
    pub usual: Vec<RoleId>,
    pub groups: Vec<GroupId>,
}

/// Reads all of it in one statement.
pub(crate) async fn stored(
    tx: &mut Tx<'_>,
    platform: Platform,
    setting: &str,
    usual: &[&str],
    home: OrganisationId,
) -> Res<Stored> {
    let sql = statement(platform, setting, usual, home);
    let mut stored = Stored::default();
    let rows = tx
        .all(&sql.text, &sql.vals(), |row| {
            Ok((row.int(0)?, row.int(1)?, row.string(2)?))
        })
        .await?;
    let mut found = Vec::new();
    for (what, id, text) in rows {
        match what {
            0 => stored.home = true,
            1 => stored.chosen = Some(text),
            2 => found.push((RoleId(id), text)),
            3 => stored.groups.push(GroupId(id)),
            other => return Err(StoreError::Bug(format!("part {other} of a door"))),
        }
    }
    // In the platform's own order.
    for word in usual {
        stored.usual.extend(
            found
                .iter()
                .filter(|(_, text)| text == word)
                .map(|(id, _)| *id),
        );
    }
    Ok(stored)
}

/// The statement, for the test that prepares every one as well.
pub(super) fn statement(
    platform: Platform,
    setting: &str,
    usual: &[&str],
    home: OrganisationId,
) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT 0, o.id, '' FROM organisations o WHERE o.id = ");
    sql.bind(Bound::Int(home.0));
    sql.push(" UNION ALL SELECT 1, 0, s.document FROM settings s WHERE s.name = ");
    sql.bind(Bound::Text(setting.to_owned()));
    for word in usual {
        sql.push(" UNION ALL SELECT 2, r.id, r.word FROM roles r WHERE r.platform = ");
        sql.bind(Bound::Text(platform.word().to_owned()));
        sql.push(" AND r.word = ");
        sql.bind(Bound::Text((*word).to_owned()));
    }
    sql.push(
        " UNION ALL SELECT 3, g.id, '' FROM groups g JOIN organisation_tree t ON t.ancestor_id = g.organisation_id \
         WHERE g.newcomers_of = ",
    );
    sql.bind(Bound::Text(platform.word().to_owned()));
    sql.push(" AND t.descendant_id = ");
    sql.bind(Bound::Int(home.0));
    sql.push(" ORDER BY 1, 2");
    sql
}
