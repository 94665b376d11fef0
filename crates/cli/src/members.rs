//! The body of a change, from flags, `member=value` and `--from`.

use clap::ArgMatches;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use crate::catalogue::{Body, Call, Kind, Member, Names, To, Verb};
use crate::environment::Environment;
use crate::failure::{Failure, Result};
use crate::parser::{self, id};
use crate::secrets::{self, SECRET_MEMBERS};

/// The longest body that `--from` reads.
const LONGEST_BODY: u64 = 16 * 1024 * 1024;

/// The body of a change; none where the command has none.
pub fn body(
    environment: &mut Environment,
    verb: &Verb,
    matches: &ArgMatches,
) -> Result<Option<Map<String, Value>>> {
    let Call::Change(_, _, kind) = verb.call else {
        return Ok(None);
    };
    let mut body = Map::new();
    let mut given = Given::default();
    let mut stray = Vec::new();
    if let Body::Members(_) = kind
        && let Some(path) = parser::value(matches, id::FROM)
    {
        body = read_file(environment, &path)?;
    }
    if let Body::Fixed(members) = kind {
        for (name, value) in members {
            body.insert((*name).to_owned(), Value::from(*value));
        }
    }
    for argument in verb.arguments {
        let Some(member) = argument.body else {
            continue;
        };
        for text in parser::values(matches, &parser::argument_id(argument.name)) {
            // Where the thing may be left out, a member may stand in its place.
            if matches!(kind, Body::Members(_)) && names_member(&text).is_some() {
                stray.push(text);
            } else {
                // A value that names a thing of the server is a reference; a new name is text, even if it looks like a number.
                let value = match argument.names {
                    Names::None => Value::from(text),
                    _ => reference(&text),
                };
                given.put(&mut body, member, value)?;
            }
        }
    }
    for option in verb.options {
        if let To::Body(member) = option.to
            && let Some(text) = parser::value(matches, &parser::option_id(option.name))
        {
            let value = read_value(member, Kind::Reference, &text)?;
            given.put(&mut body, member, value)?;
        }
    }
    if let Body::Members(members) = kind {
        for member in members {
            by_flag(environment, &mut body, &mut given, member, matches)?;
        }
        stray.extend(parser::values(matches, id::MEMBERS));
        for text in stray {
            by_equation(environment, &mut body, &mut given, members, &text)?;
        }
    }
    let nothing = body.is_empty() && !matches!(kind, Body::Members(_));
    Ok((!nothing).then_some(body))
}

/// Whether a text is `member=value`, and of which member.
fn names_member(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some((name, value))
}

/// Whether the argument in place of a thing is a member after all.
pub fn is_member(text: &str) -> bool {
    names_member(text).is_some()
}

/// Members that were given on the command line.
#[derive(Default)]
struct Given(Vec<String>);

impl Given {
    /// Keeps a member: over what a file says, but not twice; several of a list come together.
    fn put(&mut self, body: &mut Map<String, Value>, name: &str, value: Value) -> Result<()> {
        let again = self.0.iter().any(|known| known == name);
        match (body.get_mut(name), value) {
            (Some(Value::Array(there)), Value::Array(more)) if again => there.extend(more),
            (Some(_), _) if again => {
                return Err(Failure::usage(format!("`{name}` is given twice.")));
            }
            (_, value) => {
                body.insert(name.to_owned(), value);
            }
        }
        self.0.push(name.to_owned());
        Ok(())
    }
}

fn by_flag(
    environment: &mut Environment,
    body: &mut Map<String, Value>,
    given: &mut Given,
    member: &Member,
    matches: &ArgMatches,
) -> Result<()> {
    let id = parser::member_id(member.name);
    if !parser::stands(matches, &id) {
        return Ok(());
    }
    if member.kind == Kind::Secret {
        let flag = format!("--{}", member.flag());
        let value = parser::value(matches, &id);
        let secret = secrets::read(environment, &flag, value.as_deref())?;
        return given.put(body, member.name, Value::from(secret.expose_secret()));
    }
    for text in parser::values(matches, &id) {
        given.put(
            body,
            member.name,
            read_value(member.name, member.kind, &text)?,
        )?;
    }
    Ok(())
}

fn by_equation(
    environment: &mut Environment,
    body: &mut Map<String, Value>,
    given: &mut Given,
    members: &[Member],
    text: &str,
) -> Result<()> {
    let Some((name, value)) = names_member(text) else {
        // Not repeated: it may be a secret in the wrong place.
        return Err(Failure::usage(
            "An argument is neither a thing nor member=value. Members are letters, digits and _, before a `=`.",
        ));
    };
    let known = members.iter().find(|member| member.name == name);
    let secret = known.is_some_and(|member| member.kind == Kind::Secret);
    if (secret || SECRET_MEMBERS.contains(&name)) && value != "null" {
        let secret = secrets::read(environment, name, Some(value))?;
        return given.put(body, name, Value::from(secret.expose_secret()));
    }
    let value = match known {
        Some(member) => read_value(name, member.kind, value)?,
        None => any_value(value),
    };
    given.put(body, name, value)
}

/// JSON if it is any, else the text.
fn any_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A value of a known member.
fn read_value(name: &str, kind: Kind, text: &str) -> Result<Value> {
    if text == "null" {
        return Ok(Value::Null);
    }
    let refused = |wanted: &str| Failure::usage(format!("`{name}` must be {wanted}."));
    Ok(match kind {
        Kind::Text | Kind::Secret => plain(text),
        Kind::Reference => reference(text),
        Kind::Flag => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(refused("true, false or null")),
        },
        Kind::Json => serde_json::from_str(text)
            .map_err(|error| Failure::usage(format!("`{name}` must be JSON: {error}.")))?,
        Kind::References | Kind::Texts => {
            if text.starts_with('[') {
                return serde_json::from_str::<Vec<Value>>(text)
                    .map(Value::Array)
                    .map_err(|error| {
                        Failure::usage(format!("`{name}` must be a JSON array: {error}."))
                    });
            }
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            let one = if kind == Kind::References {
                reference
            } else {
                plain
            };
            Value::Array(parts.map(one).collect())
        }
    })
}

/// Text; in JSON's quotation marks it is what stands between them.
fn plain(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::String(inside)) => Value::String(inside),
        _ => Value::from(text),
    }
}

/// A number if it is one, else a name or id.
fn reference(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| plain(text), Value::from)
}

fn read_file(environment: &mut Environment, path: &str) -> Result<Map<String, Value>> {
    use std::io::Read as _;
    let cannot =
        |error: std::io::Error| Failure::usage(format!("--from: cannot read {path}: {error}."));
    let reader: Box<dyn std::io::Read> = if path == "-" {
        environment.take_stdin("--from")?
    } else {
        Box::new(std::fs::File::open(path).map_err(cannot)?)
    };
    let mut text = String::new();
    reader
        .take(LONGEST_BODY + 1)
        .read_to_string(&mut text)
        .map_err(cannot)?;
    if text.len() as u64 > LONGEST_BODY {
        return Err(Failure::usage(format!(
            "--from: {path} is longer than {} MiB.",
            LONGEST_BODY >> 20
        )));
    }
    let begins_as_json = text.trim_start().starts_with('{');
    let read: Result<Value, String> = if begins_as_json {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_str(&text).map_err(|error| {
            // The first line says what; the others show the place.
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        })
    };
    match read {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Failure::usage(format!(
            "--from: {path} must hold one object: members and their values."
        ))),
        Err(error) => Err(Failure::usage(format!(
            "--from: {path} is neither JSON nor YAML: {error}."
        ))),
    }
}
