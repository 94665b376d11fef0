//! `first-run.env`: shell lines that set the variables of every vendor's client for the owner.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::dialects::DIALECTS;
use anyhow::{Context as _, Result};
use kit::FirstRunFacts;

use crate::secret::write_private;

/// The file's place.
pub fn path(data: &Path) -> PathBuf {
    data.join("first-run.env")
}

/// The place where it waits until the first run is done: what a crash in between leaves behind
/// still tells the owner's key.
pub fn pending_path(data: &Path) -> PathBuf {
    data.join("first-run.env.pending")
}

/// Writes the lines of every dialect.
pub fn write(path: &Path, facts: &FirstRunFacts) -> Result<()> {
    let mut text = String::from(
        "# What the clients of every language need to act as the owner. Keep it secret: whoever\n\
         # reads it owns the directory. Read it with:  . first-run.env\n",
    );
    for dialect in DIALECTS {
        for (name, value) in (dialect.environment)(facts) {
            let quoted = value.replace('\'', r"'\''");
            writeln!(text, "export {name}='{quoted}'")?;
        }
    }
    write_private(path, &text).with_context(|| path.display().to_string())
}

/// The value of a variable in the file's text.
pub fn value(text: &str, name: &str) -> Option<String> {
    let start = format!("export {name}='");
    let line = text.lines().find(|line| line.starts_with(&start))?;
    let value = line.strip_prefix(&start)?.strip_suffix('\'')?;
    Some(value.replace(r"'\''", "'"))
}

/// Makes the file speak of the present address, and leaves all else as it is. A file that is gone
/// stays gone.
pub fn refresh(path: &Path, base_url: &str) -> Result<()> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let Some(refreshed) = refreshed(&text, base_url) else {
        return Ok(());
    };
    write_private(path, &refreshed).with_context(|| path.display().to_string())
}

fn refreshed(text: &str, base_url: &str) -> Option<String> {
    let old = value(text, "USHER_URL").filter(|old| !old.is_empty() && old != base_url)?;
    let moved = |line: &str| {
        let (start, rest) = line.split_once("='")?;
        let rest = rest.strip_prefix(old.as_str())?;
        rest.starts_with(['/', '\''])
            .then(|| format!("{start}='{base_url}{rest}"))
    };
    let lines = text
        .lines()
        .map(|line| moved(line).unwrap_or_else(|| line.to_owned()) + "\n");
    Some(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_move_and_nothing_else() {
        let text = "# a\nexport A='http://h:1/a/'\nexport USHER_URL='http://h:1'\nexport B='http://h:10'\n\
                    export USHER_TOKEN='http'\n";
        assert_eq!(
            refreshed(text, "https://u.example").unwrap(),
            "# a\nexport A='https://u.example/a/'\nexport USHER_URL='https://u.example'\nexport B='http://h:10'\n\
             export USHER_TOKEN='http'\n"
        );
        assert_eq!(refreshed(text, "http://h:1"), None);
        assert_eq!(refreshed("# empty\n", "http://h:1"), None);
    }

    #[test]
    fn values_survive_quoting() {
        let text = r"export USHER_PASSWORD='it'\''s fine'";
        assert_eq!(value(text, "USHER_PASSWORD").as_deref(), Some("it's fine"));
        assert_eq!(value(text, "USHER_TOKEN"), None);
    }
}
