//! Tables: framed and cut to the width on a terminal, columns of plain text elsewhere.

use comfy_table::{ContentArrangement, Row, Table, presets};
use serde_json::Value;

use super::{View, cell};
use crate::text::one_line;

/// Bold, and its end.
const BOLD: (&str, &str) = ("\u{1b}[1m", "\u{1b}[0m");
/// What stands for nothing.
const NOTHING: &str = "-";

/// Rows below the names of their columns.
pub fn rows(view: &View, columns: &[String], lines: &[Vec<String>]) -> String {
    let mut table = new_table(view);
    if view.headers {
        table.set_header(row(columns.iter().map(String::as_str)));
    }
    for line in lines {
        table.add_row(row(line.iter().map(String::as_str)));
    }
    finished(view, table, view.headers)
}

/// A member on each line.
pub fn upright(view: &View, item: &Value) -> String {
    let mut table = new_table(view);
    for column in &view.columns {
        let text = one_line(&cell(item, column));
        table.add_row(row([column.as_str(), text.as_str()].into_iter()));
    }
    finished(view, table, false)
}

fn new_table(view: &View) -> Table {
    let mut table = Table::new();
    if view.framed {
        table.load_style(presets::UTF8_FULL_CONDENSED);
        if let Some(width) = view.width.and_then(|width| u16::try_from(width).ok()) {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
    } else {
        table.load_style(presets::NOTHING);
    }
    table
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> Row {
    let mut row = Row::from(
        cells
            .map(|text| if text.is_empty() { NOTHING } else { text })
            .collect::<Vec<_>>(),
    );
    // What is longer is cut: a row stays a line.
    row.max_height(1);
    row
}

fn finished(view: &View, mut table: Table, headed: bool) -> String {
    if !view.framed {
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
    }
    let mut text = table.trim_fmt();
    if text.is_empty() {
        return text;
    }
    text.push('\n');
    if !(view.color && headed) {
        return text;
    }
    // The head stands below the upper border.
    let at = usize::from(view.framed);
    let mut colored = String::with_capacity(text.len() + 16);
    for (position, line) in text.lines().enumerate() {
        if position == at {
            colored.push_str(BOLD.0);
            colored.push_str(line);
            colored.push_str(BOLD.1);
        } else {
            colored.push_str(line);
        }
        colored.push('\n');
    }
    colored
}
