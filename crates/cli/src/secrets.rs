//! Secrets, which never stand on a command line: other people of the machine read those.

use std::io::Read as _;

use secrecy::SecretString;

use crate::environment::Environment;
use crate::failure::{Failure, Result};

/// The longest secret that is read.
const LONGEST: u64 = 64 * 1024;

/// Members that are secrets whichever noun they belong to.
pub const SECRET_MEMBERS: &[&str] = &["password", "current_password", "code", "secret", "token"];

/// Reads a secret as it was given: `@FILE`, `@-`, or not at all, which asks at the terminal. `flag` is how
/// the caller wrote it.
pub fn read(
    environment: &mut Environment,
    flag: &str,
    given: Option<&str>,
) -> Result<SecretString> {
    let text = match given {
        None => ask(environment, flag)?,
        Some("@-") => {
            let mut input = environment.take_stdin(flag)?;
            let mut bytes = Vec::new();
            (&mut input)
                .take(LONGEST + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| {
                    Failure::usage(format!("{flag}: standard input cannot be read: {error}."))
                })?;
            whole(flag, "standard input", bytes)?
        }
        Some(given) => match given.strip_prefix('@') {
            Some(path) if !path.is_empty() => {
                let cannot = |error: std::io::Error| {
                    Failure::usage(format!("{flag}: cannot read {path}: {error}."))
                };
                let file = std::fs::File::open(path).map_err(cannot)?;
                let mut bytes = Vec::new();
                file.take(LONGEST + 1)
                    .read_to_end(&mut bytes)
                    .map_err(cannot)?;
                whole(flag, path, bytes)?
            }
            // The text is not repeated: it may be the secret itself.
            _ => {
                return Err(Failure::usage(format!(
                    "{flag}: a secret never stands on the command line, where others see it. Give @FILE, or @- for standard input."
                )));
            }
        },
    };
    if text.is_empty() {
        return Err(Failure::usage(format!("{flag}: the secret is empty.")));
    }
    Ok(SecretString::from(text))
}

fn ask(environment: &mut Environment, flag: &str) -> Result<String> {
    if !environment.can_ask() {
        return Err(Failure::usage(format!(
            "{flag}: there is no terminal to ask at. Give @FILE, or @- for standard input."
        )));
    }
    let what = flag.trim_start_matches('-').replace(['-', '_'], " ");
    environment.ask_secret(&format!("{what}: "))
}

/// The text without the one line end at its end.
fn whole(flag: &str, source: &str, bytes: Vec<u8>) -> Result<String> {
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage(format!(
            "{flag}: {source} holds more than {LONGEST} bytes, which is no secret."
        )));
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{flag}: {source} is not UTF-8.")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
