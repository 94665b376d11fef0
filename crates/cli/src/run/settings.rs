//! All settings, a line for each member.

use serde_json::{Value, json};

use super::Run;
use crate::connection::Request;
use crate::failure::{Exit, Result};
use crate::output::{Format, Rows};

impl Run<'_> {
    /// Shows all settings: as the server's document, or member by member in rows.
    pub(super) async fn list_settings(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let answer = connection.send(Request::get("/settings")).await?;
        let whole = answer.body.unwrap_or(Value::Null);
        let view = self.view();
        let out = &mut self.environment.stdout;
        if matches!(view.format, Format::Json | Format::Yaml | Format::JsonLines) {
            view.show_one(out, &whole, true)?;
            return Ok(Exit::Done);
        }
        let mut rows = Rows::new(&view);
        let mut names: Vec<&String> = Vec::new();
        for (name, document) in whole.as_object().into_iter().flatten() {
            if view.format == Format::Id {
                names.push(name);
                continue;
            }
            for (member, value) in document.as_object().into_iter().flatten() {
                let value = match value {
                    Value::Object(_) => Value::from(value.to_string()),
                    other => other.clone(),
                };
                let row = json!({"setting": name, "member": member, "value": value});
                rows.push(out, &row)?;
            }
        }
        for name in names {
            rows.push(out, &json!({"setting": name}))?;
        }
        rows.end(out)?;
        Ok(Exit::Done)
    }
}
