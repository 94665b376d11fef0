//! How answers are shown: one document, one row after another, or a table for a person. Data goes to
//! standard output as it comes; only a table waits for its last row, since that decides its widths.

mod cells;
mod table;

use std::io::Write;

use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::text::{one_line, plain_json};

pub use cells::cell;

/// How to show what came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// One document.
    Json,
    /// One document on each line.
    JsonLines,
    /// One document.
    Yaml,
    /// The columns of the table, for a spreadsheet.
    Csv,
    /// The id of each, on a line of its own.
    Id,
}

/// The formats by their names.
pub const FORMATS: &[(&str, Format)] = &[
    ("table", Format::Table),
    ("json", Format::Json),
    ("jsonl", Format::JsonLines),
    ("yaml", Format::Yaml),
    ("csv", Format::Csv),
    ("id", Format::Id),
];

/// The member that holds what is shown once.
const SECRET: &str = "secret";

/// How rows are shown.
#[derive(Clone, Debug)]
pub struct View {
    /// As what.
    pub format: Format,
    /// The members of a table's row; none shows every member of the first.
    pub columns: Vec<String>,
    /// Whether the caller named them.
    pub columns_named: bool,
    /// The members that are known to exist without looking.
    pub known: &'static [&'static str],
    /// Whether a line with the names comes first.
    pub headers: bool,
    /// Whether there are borders, and content is cut to the width.
    pub framed: bool,
    /// The terminal's columns.
    pub width: Option<usize>,
    /// Whether there are colours.
    pub color: bool,
    /// The member that holds the id.
    pub id: &'static str,
}

impl View {
    /// Shows one thing. `upright` puts each member on a line of its own in a table.
    pub fn show_one(&self, out: &mut dyn Write, item: &Value, upright: bool) -> Result<()> {
        match self.format {
            Format::Json => writeln!(out, "{}", plain_json(format!("{item:#}")))?,
            Format::Yaml => write!(out, "{}", yaml(item)?)?,
            Format::Table if upright => {
                let view = self.upright(item)?;
                write!(out, "{}", table::upright(&view, item))?;
                print_secret(out, item)?;
            }
            Format::Table | Format::JsonLines | Format::Csv | Format::Id => {
                let mut rows = Rows::new(self);
                rows.push(out, item)?;
                rows.end(out)?;
            }
        }
        Ok(())
    }

    /// An upright table shows every member unless columns were named.
    fn upright(&self, item: &Value) -> Result<View> {
        let mut view = self.clone();
        if self.columns_named {
            view.check_columns(Some(item))?;
        } else {
            view.columns = members(item);
        }
        Ok(view)
    }

    /// Refuses columns that neither the table of members nor the first row knows.
    fn check_columns(&self, first: Option<&Value>) -> Result<()> {
        for column in &self.columns {
            let top = column.split('.').next().unwrap_or_default();
            let known = self.known.contains(&top)
                || first.is_some_and(|item| item.get(top).is_some() || item.get(column).is_some());
            if !known {
                let known = match first {
                    Some(item) => members(item).join(", "),
                    None => self.known.join(", "),
                };
                return Err(Failure::usage(format!(
                    "--columns: there is no member `{column}`. There are {known}."
                )));
            }
        }
        Ok(())
    }
}

fn members(item: &Value) -> Vec<String> {
    match item {
        Value::Object(members) => members
            .keys()
            .filter(|name| *name != SECRET)
            .cloned()
            .collect(),
        _ => Vec::new(),
    }
}

/// Rows as they come.
pub struct Rows<'v> {
    view: &'v View,
    columns: Vec<String>,
    count: usize,
    lines: Vec<Vec<String>>,
    secrets: Vec<Value>,
}

impl<'v> Rows<'v> {
    /// Nothing shown yet.
    pub fn new(view: &'v View) -> Self {
        Self {
            view,
            columns: view.columns.clone(),
            count: 0,
            lines: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// How many were shown.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Shows one more.
    pub fn push(&mut self, out: &mut dyn Write, item: &Value) -> Result<()> {
        let first = self.count == 0;
        if first && matches!(self.view.format, Format::Table | Format::Csv) {
            self.begin(item)?;
        }
        self.count += 1;
        match self.view.format {
            Format::Table => {
                let line = self.columns.iter().map(|name| one_line(&cell(item, name)));
                self.lines.push(line.collect());
                if item.get(SECRET).is_some() {
                    self.secrets.push(item.clone());
                }
            }
            Format::Csv => {
                if first && self.view.headers {
                    csv_line(out, self.columns.iter().map(String::as_str))?;
                }
                let cells: Vec<String> = self
                    .columns
                    .iter()
                    .map(|name| guarded(cell(item, name)))
                    .map(|text| {
                        if self.view.framed {
                            one_line(&text)
                        } else {
                            text
                        }
                    })
                    .collect();
                csv_line(out, cells.iter().map(String::as_str))?;
            }
            Format::Json => {
                let text = plain_json(format!("{item:#}")).replace('\n', "\n  ");
                let before = if first { "[\n" } else { ",\n" };
                write!(out, "{before}  {text}")?;
            }
            Format::JsonLines => writeln!(out, "{}", plain_json(item.to_string()))?,
            Format::Yaml => write!(out, "{}", yaml(&[item])?)?,
            Format::Id => {
                let id = cell(item, self.view.id);
                if id.is_empty() {
                    return Err(Failure::usage(
                        "-o id: what is shown has no id of its own. Choose another output.",
                    ));
                }
                writeln!(out, "{}", one_line(&id))?;
            }
        }
        Ok(())
    }

    /// Chooses the columns by the first row.
    fn begin(&mut self, item: &Value) -> Result<()> {
        if self.view.columns_named {
            self.view.check_columns(Some(item))?;
        }
        if self.columns.is_empty() {
            self.columns = members(item);
        }
        let shown_once = item.get(SECRET).is_some_and(Value::is_string);
        let asked = self.columns.iter().any(|name| name == SECRET);
        if shown_once && self.view.format == Format::Csv && !asked {
            self.columns.push(SECRET.to_owned());
        }
        Ok(())
    }

    /// Shows what waited for the last row.
    pub fn end(self, out: &mut dyn Write) -> Result<()> {
        if self.count == 0 {
            if self.view.columns_named {
                self.view.check_columns(None)?;
            }
            match self.view.format {
                Format::Json => writeln!(out, "[]")?,
                Format::Yaml => writeln!(out, "[]")?,
                Format::Csv if self.view.headers => {
                    csv_line(out, self.columns.iter().map(String::as_str))?;
                }
                Format::Table if self.view.headers && !self.columns.is_empty() => {
                    write!(out, "{}", table::rows(self.view, &self.columns, &[]))?;
                }
                _ => {}
            }
            return Ok(());
        }
        match self.view.format {
            Format::Json => writeln!(out, "\n]")?,
            Format::Table => {
                write!(
                    out,
                    "{}",
                    table::rows(self.view, &self.columns, &self.lines)
                )?;
                for item in &self.secrets {
                    print_secret(out, item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A secret that is shown once stands alone on the last line.
fn print_secret(out: &mut dyn Write, item: &Value) -> Result<()> {
    if let Some(secret) = item.get(SECRET).and_then(Value::as_str) {
        writeln!(out, "{}", one_line(secret))?;
    }
    Ok(())
}

fn yaml<T: serde::Serialize>(item: &T) -> Result<String> {
    serde_saphyr::to_string(item).map_err(|error| {
        Failure::new(
            crate::failure::Exit::Failed,
            format!("The answer cannot be written as YAML: {error}."),
        )
    })
}

fn csv_line<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(1024)
        .from_writer(Vec::with_capacity(256));
    let written = writer
        .write_record(cells)
        .map_err(std::io::Error::from)
        .and_then(|()| {
            writer
                .into_inner()
                .map_err(|error| std::io::Error::other(error.to_string()))
        })?;
    out.write_all(&written)?;
    Ok(())
}

/// A cell that a spreadsheet would run as a formula begins with a quotation mark, as in exports.
fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text
    }
}
