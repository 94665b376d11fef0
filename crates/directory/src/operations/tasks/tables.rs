//! Cells of tables: how values stand in them, and how lines are cut from a file that is read piece by
//! piece.

use csv::ReaderBuilder;
use serde_json::{Map, Value};

use crate::model::{Fault, FileFormat};
use crate::operations::rows::columns::Columns;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// The cell that clears a value.
const CLEAR: &str = "\\N";

/// Whether a text, without the quotation marks at its beginning, would be taken for a formula or for
/// the word that clears.
fn is_guarded(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    bare.starts_with(FORMULA) || bare == CLEAR
}

/// A text as a cell holds it: no spreadsheet takes it for a formula, and reading it gives the text back.
pub(crate) fn cell_of(text: &str) -> String {
    if is_guarded(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// What a cell says: nothing when it is empty, a value, or that the value is cleared.
pub(crate) fn value_of(cell: &str) -> Option<Value> {
    if cell.is_empty() {
        return None;
    }
    if cell == CLEAR {
        return Some(Value::Null);
    }
    let text = match cell.strip_prefix('\'') {
        Some(rest) if is_guarded(rest) => rest,
        _ => cell,
    };
    Some(Value::from(text))
}

/// A column that a table cannot have, or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongColumn {
    /// Its name.
    pub column: String,
    /// What is wrong.
    pub why: String,
}

impl WrongColumn {
    /// The columns are not named at all.
    pub(crate) fn no_header() -> Self {
        Self {
            column: "line".to_owned(),
            why: "is not there: the first line must name the columns".to_owned(),
        }
    }
}

/// Looks at the columns of a table: known ones alone, each at most once, and those that are needed.
pub(crate) fn check_header(known: &Columns, columns: &[String]) -> Result<(), WrongColumn> {
    for (place, column) in columns.iter().enumerate() {
        if !known.has(column) || columns[..place].contains(column) {
            return Err(WrongColumn {
                column: column.chars().take(60).collect(),
                why: format!(
                    "is no column, or stands twice; known are {}",
                    known.read.join(", ")
                ),
            });
        }
    }
    for one_of in known.needed {
        if !columns
            .iter()
            .any(|column| one_of.contains(&column.as_str()))
        {
            return Err(WrongColumn {
                column: one_of.first().copied().unwrap_or_default().to_owned(),
                why: format!("is needed: rows are known by {}", one_of.join(" or ")),
            });
        }
    }
    Ok(())
}

/// One line cut from a file.
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub number: i64,
    /// What it says, or why it cannot be read.
    pub row: Result<Map<String, Value>, Fault>,
}

/// Lines cut from a piece of a file, and where the next piece begins.
pub(crate) struct Cut {
    pub lines: Vec<Line>,
    /// How many bytes of the piece were used up.
    pub used: usize,
    /// The number of the line behind them.
    pub next_line: i64,
}

/// Cuts lines from a piece of a table that begins at a line of that number: so many at most, whole ones
/// alone unless the piece is the last.
pub(crate) fn cut_table(
    known: &Columns,
    piece: &[u8],
    last: bool,
    columns: &[String],
    first_line: i64,
    most: usize,
) -> Cut {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(piece);
    let mut cut = Cut {
        lines: Vec::new(),
        used: 0,
        next_line: first_line,
    };
    let mut record = csv::ByteRecord::new();
    while cut.lines.len() < most {
        // What is read from memory cannot fail, and a flexible reader takes any number of cells.
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            if last {
                cut.used = piece.len();
            }
            break;
        }
        let after = usize::try_from(reader.position().byte()).unwrap_or(piece.len());
        if after >= piece.len() && !last {
            // It may go on in the next piece.
            break;
        }
        // The end of the line before, and empty lines, stand before the record.
        let before = piece.get(cut.used..after).unwrap_or_default();
        let blank = before
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        cut.lines.push(Line {
            number: cut.next_line + line_ends(&before[..blank]),
            row: row_of(known, &record, columns),
        });
        cut.next_line += line_ends(before);
        cut.used = after;
    }
    cut
}

fn line_ends(bytes: &[u8]) -> i64 {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    i64::try_from(ends).unwrap_or(i64::MAX)
}

fn row_of(
    known: &Columns,
    record: &csv::ByteRecord,
    columns: &[String],
) -> Result<Map<String, Value>, Fault> {
    if record.len() != columns.len() {
        let why = format!(
            "has {} cells where the first line has {}",
            record.len(),
            columns.len()
        );
        return Err(Fault::invalid("line", why));
    }
    let mut row = Map::new();
    for (cell, column) in record.iter().zip(columns) {
        let cell = std::str::from_utf8(cell).map_err(|_| Fault::invalid("line", "is not UTF-8"))?;
        if known.is_shown(column) {
            continue;
        }
        if let Some(value) = value_of(cell) {
            row.insert(column.clone(), value);
        }
    }
    Ok(row)
}

/// The names of columns, and how many bytes and lines they take up.
pub(crate) type Header = (Vec<String>, usize, i64);

/// The beginning of a table; `None` while the line has not come whole.
pub(crate) fn header_of(piece: &[u8], last: bool) -> Option<Result<Header, Fault>> {
    let mark = if piece.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let bare = piece.get(mark..).unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bare);
    let mut record = csv::ByteRecord::new();
    let missing = || Fault::invalid("line", "must name the columns");
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        return last.then(|| Err(missing()));
    }
    let after = usize::try_from(reader.position().byte()).unwrap_or(bare.len());
    if after >= bare.len() && !last {
        return None;
    }
    let next_line = 1 + line_ends(&bare[..after]);
    let names = record
        .iter()
        .map(|cell| std::str::from_utf8(cell).map(|name| name.trim().to_owned()))
        .collect::<Result<Vec<String>, _>>();
    Some(match names {
        Ok(names) => Ok((names, after + mark, next_line)),
        Err(_) => Err(missing()),
    })
}

/// Cuts lines of JSON from a piece of a file, as [`cut_table`] does from a table.
pub(crate) fn cut_json(
    known: &Columns,
    piece: &[u8],
    last: bool,
    first_line: i64,
    most: usize,
) -> Cut {
    let mut cut = Cut {
        lines: Vec::new(),
        used: 0,
        next_line: first_line,
    };
    while cut.lines.len() < most && cut.used < piece.len() {
        let rest = &piece[cut.used..];
        let (line, taken) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None if last => (rest, rest.len()),
            None => break,
        };
        if !line.iter().all(u8::is_ascii_whitespace) {
            cut.lines.push(Line {
                number: cut.next_line,
                row: object_of(known, line),
            });
        }
        cut.used += taken;
        cut.next_line += 1;
    }
    cut
}

fn object_of(known: &Columns, line: &[u8]) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(mut row)) => {
            row.retain(|name, _| !known.is_shown(name));
            Ok(row)
        }
        Ok(_) => Err(Fault::invalid("line", "must be a JSON object")),
        Err(error) => Err(Fault::invalid("line", format!("cannot be read: {error}"))),
    }
}

/// A row of a file.
pub(crate) type Row = Map<String, Value>;

/// Rows as bytes of the file; a table begins with the names of its columns.
pub(crate) fn written(
    rows: &[Row],
    columns: &[&str],
    format: FileFormat,
    first: bool,
) -> Result<Vec<u8>, Fault> {
    if format == FileFormat::Ndjson {
        let mut bytes = Vec::new();
        for row in rows {
            let shown: Row = columns
                .iter()
                .map(|name| {
                    let value = row.get(*name).cloned().unwrap_or(Value::Null);
                    ((*name).to_owned(), value)
                })
                .collect();
            bytes.extend_from_slice(super::store_access::written(&shown)?.as_bytes());
            bytes.push(b'\n');
        }
        return Ok(bytes);
    }
    let failed = |error: csv::Error| Fault::Internal(format!("writing a table: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    if first {
        writer.write_record(columns).map_err(failed)?;
    }
    for row in rows {
        let cells = columns.iter().map(|name| cell(row.get(*name)));
        writer.write_record(cells).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| Fault::Internal(format!("writing a table: {error}")))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => cell_of(text),
        Some(Value::Array(values)) => {
            let parts: Vec<String> = values
                .iter()
                .map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect();
            cell_of(&parts.join(";"))
        }
        Some(Value::Object(_)) => cell_of(&value.map(Value::to_string).unwrap_or_default()),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::model::TaskWhat;
    use crate::operations::rows::columns::columns_of;

    use super::*;

    fn known(what: TaskWhat) -> &'static Columns {
        columns_of(what).unwrap()
    }

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn cells_say_what_they_hold() {
        for (cell, value) in [
            ("", None),
            ("\\N", Some(Value::Null)),
            ("Ada", Some("Ada".into())),
            ("'=1+1", Some("=1+1".into())),
            ("''=1+1", Some("'=1+1".into())),
            ("'Ada", Some("'Ada".into())),
            ("'\\N", Some("\\N".into())),
            ("'-", Some("-".into())),
            ("O'Hara", Some("O'Hara".into())),
        ] {
            assert_eq!(value_of(cell), value, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "['=+@\\\\N\\t\\r-]{0,4}[a-z;,\"\n ]{0,6}") {
            let cell = cell_of(&text);
            prop_assert!(!cell.starts_with(FORMULA), "{cell}");
            let read = value_of(&cell);
            prop_assert_eq!(read, (!text.is_empty()).then(|| Value::from(text)));
        }

        /// A table gives equal lines however it is cut into pieces.
        #[test]
        fn pieces_do_not_matter(
            names in prop::collection::vec("[a-z\"\n,;é ]{0,9}", 1..12),
            size in 1_usize..60,
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for (place, name) in names.iter().enumerate() {
                writer.write_record([format!("{place}@example.org"), name.clone()]).unwrap();
            }
            let table = writer.into_inner().unwrap();
            let columns = columns(&["email", "title"]);
            let whole = cut_table(known(TaskWhat::Users), &table, true, &columns, 2, usize::MAX);
            prop_assert_eq!(whole.lines.len(), names.len());
            let (mut offset, mut line, mut found) = (0, 2, Vec::new());
            while offset < table.len() {
                let mut wide = size;
                let cut = loop {
                    let end = (offset + wide).min(table.len());
                    let last = end == table.len();
                    let cut = cut_table(known(TaskWhat::Users), &table[offset..end], last, &columns, line, 3);
                    if cut.used > 0 || last {
                        break cut;
                    }
                    wide *= 2;
                };
                offset += cut.used;
                line = cut.next_line;
                found.extend(cut.lines.into_iter().map(|line| (line.number, line.row)));
                if cut.used == 0 {
                    break;
                }
            }
            let expected: Vec<_> =
                whole.lines.into_iter().map(|line| (line.number, line.row)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn headers_are_known_columns() {
        use TaskWhat::{Grants, Groups, Memberships, Organisations, Users};
        for (what, names, wrong) in [
            (Users, &["email"][..], None),
            (Users, &["number", "email", "groups"], None),
            (Users, &["login", "title"], None),
            (Users, &["title"], Some("email")),
            (Users, &["email", "emial"], Some("emial")),
            (Users, &["email", "title", "title"], Some("title")),
            (Users, &["email", "password"], Some("password")),
            (Organisations, &["name", "parent", "domains"], None),
            (Organisations, &["slug"], Some("name")),
            (Groups, &["organisation", "name", "number"], None),
            (Groups, &["name", "email"], Some("email")),
            (Memberships, &["user", "organisation", "home"], None),
            (Memberships, &["user"], Some("organisation")),
            (Grants, &["user", "role", "path", "group"], None),
            (Grants, &["role"], Some("user")),
        ] {
            let found = check_header(known(what), &columns(names)).err();
            let found = found.as_ref().map(|wrong| wrong.column.as_str());
            assert_eq!(found, wrong, "{names:?}");
        }
    }
}
