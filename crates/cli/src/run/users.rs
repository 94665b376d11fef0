//! What is particular about people: switching off, new passwords, and why.

use std::io::Write as _;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Run, items};
use crate::catalogue::Method;
use crate::connection::{Request, segment};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Format, Rows, cell};
use crate::parser;
use crate::secrets;
use crate::text::{one_line, plain_json};

impl Run<'_> {
    /// Switches accounts off, and revokes their keys where that is asked for. Off first: from then on keys
    /// are refused, so none can be made between the two.
    pub(super) async fn disable_users(&mut self) -> Result<Exit> {
        let body = json!({"status": "inactive"}).as_object().cloned();
        let mut all = self.requests(Method::Patch, &["/users/{user}"], body)?;
        if self.switch("revoke-keys") {
            for steps in &mut all {
                let keys = match steps.requests.first() {
                    Some(request) => format!("{}/keys", request.path),
                    None => continue,
                };
                steps.requests.push(Request::new("DELETE", keys));
            }
        }
        self.send_all(all).await
    }

    /// Mails a link, shows one, or sets a password.
    pub(super) async fn reset_password(&mut self) -> Result<Exit> {
        let id = parser::option_id("password");
        let sets = parser::stands(self.matches, &id);
        let link = self.switch("link");
        if sets && link {
            return Err(Failure::usage(
                "--link and --password are two ways: choose one.",
            ));
        }
        if self.switch("keep") && !sets {
            return Err(Failure::usage(
                "--keep says something about --password, which is missing.",
            ));
        }
        let all = if sets {
            let given = parser::value(self.matches, &id);
            let secret = secrets::read(self.environment, "--password", given.as_deref())?;
            let body = json!({
                "password": secret.expose_secret(),
                "must_change_password": !self.switch("keep"),
            });
            let body = body.as_object().cloned();
            self.requests(Method::Put, &["/users/{user}/password"], body)?
        } else if link {
            self.requests(Method::Post, &["/users/{user}/access-link"], None)?
        } else {
            self.requests(Method::Post, &["/users/{user}/password-reset"], None)?
        };
        self.send_all(all).await
    }

    /// Says yes or no, and the lines that say so. Without a place, yes means somewhere.
    pub(super) async fn say_why(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let user = self.argument("user").unwrap_or_default();
        let permission = self.argument("permission").unwrap_or_default();
        let mut request = Request::get(format!("/users/{}/access", segment(&user)?));
        request.query = self.query();
        request = request.with("permission", permission);
        let mut answer = connection.send(request).await?;
        let stated = answer
            .body
            .as_ref()
            .and_then(|body| body.get("allowed")?.as_bool());
        let whole = answer.body.clone().unwrap_or(Value::Null);
        let lines = items(&mut answer)?;
        let allowed = stated.unwrap_or(!lines.is_empty());
        let view = self.view();
        let out = &mut self.environment.stdout;
        match view.format {
            Format::Json => {
                // The answer says whether; with no place named, the command line does.
                let mut whole = whole;
                if let Value::Object(members) = &mut whole {
                    members.insert("allowed".to_owned(), Value::Bool(allowed));
                }
                writeln!(out, "{}", plain_json(format!("{whole:#}")))?;
            }
            Format::Table => {
                writeln!(out, "{}", if allowed { "yes" } else { "no" })?;
                for line in &lines {
                    writeln!(out, "  {}", sentence(line))?;
                }
            }
            _ => {
                let mut rows = Rows::new(&view);
                for line in &lines {
                    rows.push(out, line)?;
                }
                rows.end(out)?;
            }
        }
        Ok(if allowed { Exit::Done } else { Exit::Failed })
    }
}

/// One line that a person holds, in words.
fn sentence(line: &Value) -> String {
    let mut text = format!("{} ({})", cell(line, "word"), cell(line, "reach"));
    for (member, before) in [
        ("organisation", " in "),
        ("role", " by the role "),
        ("path", ", "),
        ("expires_at", ", until "),
    ] {
        let value = cell(line, member);
        if !value.is_empty() {
            text.push_str(before);
            text.push_str(&value);
        }
    }
    one_line(&text)
}

/// The request that makes a person an administrator of an organisation, beside being a member.
pub fn administrator(user: &str, organisation: &str) -> Result<Request> {
    let path = format!("/users/{}/grants", segment(user)?);
    let organisation = organisation
        .parse::<u64>()
        .map_or_else(|_| Value::from(organisation), Value::from);
    let body = json!({"role": "usher:administrator", "organisation": organisation});
    Ok(Request::new("POST", path).sending(body))
}
