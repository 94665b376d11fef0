//! What needs no server: profiles, codes, completions, man pages.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Run;
use crate::codes::{self, CODES};
use crate::completion::COMPLETE;
use crate::failure::{Exit, Failure, Result};
use crate::manual;
use crate::output::{Format, Rows};
use crate::parser;
use crate::profiles::Profiles;
use crate::secrets;

impl Run<'_> {
    /// Says what a code means; without one, lists them all.
    pub(super) fn explain(&mut self) -> Result<Exit> {
        let view = self.view();
        let row = |code: &codes::Code| {
            json!({
                "code": code.code,
                "status": code.status,
                "exit": code.exit.code(),
                "title": code.title,
                "text": code.text,
            })
        };
        let Some(wanted) = self.argument("code") else {
            let mut rows = Rows::new(&view);
            for code in CODES {
                rows.push(&mut self.environment.stdout, &row(code))?;
            }
            rows.end(&mut self.environment.stdout)?;
            return Ok(Exit::Done);
        };
        let word = wanted.rsplit(':').next().unwrap_or_default();
        let Some(code) = codes::find(word) else {
            return Err(Failure::new(
                Exit::NotFound,
                format!("There is no code `{wanted}`. usher explain lists them."),
            ));
        };
        let out = &mut self.environment.stdout;
        if view.format == Format::Table {
            writeln!(
                out,
                "{}: {}\n\n{}\n\nHTTP status {}, exit {}.",
                code.code,
                code.title,
                code.text,
                code.status,
                code.exit.code()
            )?;
        } else {
            view.show_one(out, &row(code), true)?;
        }
        Ok(Exit::Done)
    }

    /// Prints the script that makes a shell ask this command for completions.
    pub(super) fn print_completions(&mut self) -> Result<Exit> {
        let shell = self.argument("shell").unwrap_or_default();
        let shells = clap_complete::env::Shells::builtins();
        let Some(shell) = shells.completer(&shell) else {
            return Err(Failure::usage("This shell is not known."));
        };
        shell.write_registration(
            COMPLETE,
            "usher",
            "usher",
            "usher",
            &mut self.environment.stdout,
        )?;
        Ok(Exit::Done)
    }

    /// Prints the manual page, or writes one for each command.
    pub(super) fn print_manual(&mut self) -> Result<Exit> {
        let tree = (self.tree)();
        let Some(folder) = self.option("dir") else {
            manual::write_page(tree, &mut self.environment.stdout)?;
            return Ok(Exit::Done);
        };
        let written = manual::write_pages(tree, &PathBuf::from(&folder))?;
        self.environment
            .stderr
            .note(&format!("usher: {written} pages in {folder}"));
        Ok(Exit::Done)
    }

    /// Lists the profiles.
    pub(super) fn list_profiles(&mut self) -> Result<Exit> {
        let profiles = Profiles::read(self.environment)?;
        let view = self.view();
        let mut rows = Rows::new(&view);
        for name in profiles.names() {
            let row = shown(&profiles, name)?;
            rows.push(&mut self.environment.stdout, &row)?;
        }
        rows.end(&mut self.environment.stdout)?;
        Ok(Exit::Done)
    }

    /// Makes a profile, or changes one.
    pub(super) fn set_profile(&mut self) -> Result<Exit> {
        let name = self.argument("name").unwrap_or_default();
        let mut profiles = Profiles::read(self.environment)?;
        // The name is checked before a file is named after it.
        profiles.set(&name, self.options.url.clone(), None)?;
        let id = parser::option_id("token");
        if parser::stands(self.matches, &id) {
            let given = parser::value(self.matches, &id);
            let token = secrets::read(self.environment, "--token", given.as_deref())?;
            let file = match given.as_deref().and_then(|given| given.strip_prefix('@')) {
                Some(path) if path != "-" => std::path::absolute(path)?,
                _ => profiles.keep_token(&name, &token)?,
            };
            profiles.set(&name, None, Some(file))?;
        }
        profiles.write()?;
        self.say_done(&name, false);
        Ok(Exit::Done)
    }

    /// Uses a profile from now on.
    pub(super) fn use_profile(&mut self) -> Result<Exit> {
        let name = self.argument("name").unwrap_or_default();
        let mut profiles = Profiles::read(self.environment)?;
        profiles.choose(&name)?;
        profiles.write()?;
        Ok(Exit::Done)
    }

    /// Forgets a profile.
    pub(super) fn delete_profile(&mut self) -> Result<Exit> {
        let name = self.argument("name").unwrap_or_default();
        let mut profiles = Profiles::read(self.environment)?;
        profiles.delete(&name)?;
        profiles.write()?;
        Ok(Exit::Done)
    }
}

fn shown(profiles: &Profiles, name: &str) -> Result<Value> {
    let profile = profiles.find(name)?;
    Ok(json!({
        "name": name,
        "current": profiles.current() == Some(name),
        "url": profile.url,
        "token_file": profile.token_file,
    }))
}
