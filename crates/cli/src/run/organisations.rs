//! Organisations below each other, and their members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Run;
use super::lists::Pages;
use super::users::administrator;
use crate::catalogue::Method;
use crate::connection::{Connection, Request, segment};
use crate::failure::{Exit, Result};
use crate::output::{Format, Rows};

impl Run<'_> {
    /// Shows organisations below each other: the one that was named, or all.
    pub(super) async fn show_tree(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let rows = match self.argument("org") {
            Some(top) => {
                let shown = connection
                    .send(Request::get(format!("/organisations/{}", segment(&top)?)))
                    .await?;
                let mut rows: Vec<Value> = shown.body.into_iter().collect();
                let below = Request::get("/organisations").with("below", top);
                rows.extend(all_of(&connection, below).await?);
                rows
            }
            None => all_of(&connection, Request::get("/organisations")).await?,
        };
        let mut view = self.view();
        if !view.columns_named && view.format == Format::Csv {
            view.columns.insert(0, "depth".to_owned());
        }
        view.known = self.noun.shown;
        let mut shown = Rows::new(&view);
        for (depth, mut row) in below_each_other(rows) {
            if let Value::Object(members) = &mut row {
                if view.format == Format::Table {
                    let name = members
                        .get("name")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    let indented = format!("{}{name}", "  ".repeat(depth));
                    members.insert("name".to_owned(), Value::from(indented));
                }
                members.insert("depth".to_owned(), Value::from(depth));
            }
            shown.push(&mut self.environment.stdout, &row)?;
        }
        shown.end(&mut self.environment.stdout)?;
        Ok(Exit::Done)
    }

    /// Puts people into an organisation; administrators get the role, too.
    pub(super) async fn add_member(&mut self) -> Result<Exit> {
        let administrators = self.switch("administrator");
        let body = administrators
            .then(|| json!({"administrator": true}).as_object().cloned())
            .flatten();
        let organisation = self.argument("org").unwrap_or_default();
        let mut all = self.requests(Method::Put, &["/organisations/{org}/members/{user}"], body)?;
        if administrators {
            for steps in &mut all {
                let user = steps.name.clone();
                steps.requests.push(administrator(&user, &organisation)?);
            }
        }
        self.send_all(all).await
    }
}

/// Every row of a list.
async fn all_of(connection: &Connection, request: Request) -> Result<Vec<Value>> {
    let mut pages = Pages::new(connection, request, u64::MAX);
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await? {
        rows.extend(page);
    }
    Ok(rows)
}

/// Each after the one above it, by name, with how deep it stands. One whose parent is not shown stands at
/// the top.
fn below_each_other(rows: Vec<Value>) -> Vec<(usize, Value)> {
    let number = |row: &Value, member: &str| row.get(member).and_then(Value::as_i64);
    let name = |row: &Value| {
        let text = row.get("name").and_then(Value::as_str).unwrap_or_default();
        text.to_lowercase()
    };
    let shown: BTreeSet<i64> = rows
        .iter()
        .filter_map(|row| number(row, "number"))
        .collect();
    let mut below: BTreeMap<Option<i64>, Vec<Value>> = BTreeMap::new();
    for row in rows {
        let parent = number(&row, "parent").filter(|parent| shown.contains(parent));
        below.entry(parent).or_default().push(row);
    }
    for rows in below.values_mut() {
        rows.sort_by_key(name);
        rows.reverse();
    }
    let mut ordered = Vec::new();
    let mut open: Vec<(usize, Value)> = Vec::new();
    let top = below.remove(&None).unwrap_or_default();
    open.extend(top.into_iter().map(|row| (0, row)));
    while let Some((depth, row)) = open.pop() {
        let children = below.remove(&number(&row, "number")).unwrap_or_default();
        open.extend(children.into_iter().map(|child| (depth + 1, child)));
        ordered.push((depth, row));
    }
    ordered
}
