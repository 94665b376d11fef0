//! Which relations of a query many users have: a role, a group, a term.

use crate::model::{Query, UserField};

use super::rare::{FEW, conditions};
use super::search::Found;
use super::select::related_count;
use super::user_fields::Users;
use super::{Res, Tx};

/// Notes the relations that many have.
pub(super) async fn look(tx: &mut Tx<'_>, query: &Query<UserField>, found: &mut Found) -> Res<()> {
    for (field, test) in conditions(query) {
        // What the list itself refuses is refused there.
        if let Some(Ok(sql)) = related_count::<Users>(field, test, FEW + 1) {
            let count = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
            if count.is_some_and(|count| count > FEW) {
                found.rare.note_common(field, test);
            }
        }
    }
    Ok(())
}
