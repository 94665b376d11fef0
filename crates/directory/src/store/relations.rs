//! Which relations of a query many users have: a role, a group, a term.

use crate::model::{Query, Test, UserField};

use super::rare::{FEW, conditions};
use super::search::Found;
use super::select::related_count;
use super::user_fields::Users;
use super::{Res, Tx};

/// Notes the relations that many have. Where the list is led by those whom something else finds, each of them is asked, and
/// nothing need be counted.
pub(super) async fn look(
    tx: &mut Tx<'_>,
    query: &Query<UserField>,
    is_led: bool,
    found: &mut Found,
) -> Res<()> {
    for (field, test) in conditions(query) {
        // A part of a text has no index: counting those who have it would read all of them.
        if !matches!(test, Test::Equals(_) | Test::OneOf(_)) {
            continue;
        }
        // What the list itself refuses is refused there.
        if let Some(Ok(sql)) = related_count::<Users>(field, test, FEW + 1) {
            let is_common = is_led || {
                let count = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
                count.is_some_and(|count| count > FEW)
            };
            if is_common {
                found.rare.note_common(field, test);
            }
        }
    }
    Ok(())
}
