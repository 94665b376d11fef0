//! Rows declared once: what is read of them, and what is written.

use super::Res;
use super::value::Row;

/// Reads the columns of a row one after another.
pub(super) struct Cells<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Cells<'r> {
    pub const fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    const fn place(&mut self) -> usize {
        let place = self.next;
        self.next += 1;
        place
    }

    pub fn int(&mut self) -> Res<i64> {
        self.row.int(self.place())
    }

    pub fn opt_int(&mut self) -> Res<Option<i64>> {
        self.row.opt_int(self.place())
    }

    pub fn flag(&mut self) -> Res<bool> {
        self.row.flag(self.place())
    }

    pub fn opt_flag(&mut self) -> Res<Option<bool>> {
        self.row.opt_flag(self.place())
    }

    pub fn text(&mut self) -> Res<&'r str> {
        self.row.text(self.place())
    }

    pub fn string(&mut self) -> Res<String> {
        self.row.string(self.place())
    }

    pub fn opt_string(&mut self) -> Res<Option<String>> {
        self.row.opt_string(self.place())
    }
}

/// Declares what a statement reads of a row: each column with the name of its value and its type, and what is made of these
/// values. It makes the list of columns as text, their number, and the function that reads them.
macro_rules! columns {
    (
        $(#[$about:meta])*
        $visible:vis fn $read:ident($columns:ident, $after:ident) -> $made:ty {
            $first:ident: $first_table:ident.$first_column:ident $first_type:ident,
            $($name:ident: $table:ident.$column:ident $type:ident,)*
        } $build:expr
    ) => {
        /// What the statements read, in this order.
        pub(super) const $columns: &str = concat!(
            stringify!($first_table), ".", stringify!($first_column),
            $(", ", stringify!($table), ".", stringify!($column),)*
        );
        /// The place of the column after these.
        pub(super) const $after: usize = [stringify!($first), $(stringify!($name),)*].len();

        $(#[$about])*
        $visible fn $read(row: &$crate::store::Row<'_>) -> $crate::store::Res<$made> {
            let mut cells = $crate::store::columns::Cells::of(row);
            let $first = cells.$first_type()?;
            $(let $name = cells.$type()?;)*
            Ok($build)
        }
    };
}
pub(super) use columns;

/// Declares what is written of a row: each column with its value. It makes the list of columns, and the function that gives
/// their values in that order.
macro_rules! written {
    (
        $(#[$about:meta])*
        $visible:vis fn $values:ident<$life:lifetime>($columns:ident; $($given:ident: $type:ty,)*) {
            $($column:ident = $value:expr,)*
        }
    ) => {
        /// The columns that are written.
        pub(super) const $columns: &[&str] = &[$(stringify!($column),)*];

        $(#[$about])*
        $visible fn $values<$life>($($given: $type,)*) -> [$crate::store::Val<$life>; $columns.len()] {
            [$($crate::store::Val::from($value),)*]
        }
    };
}
pub(super) use written;
