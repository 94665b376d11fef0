//! Statements whose texts are put together once.

use super::select::Sql;

/// Builds a statement's text.
pub(crate) fn text(build: impl FnOnce(&mut Sql) -> &mut Sql) -> String {
    let mut sql = Sql::default();
    build(&mut sql);
    sql.text
}
