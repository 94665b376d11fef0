//! The library by way of lines: for tests that are written in other languages.
//!
//! Each line of the input is `{"platform": …, "url": …, "credential": …, "method": …, "args": {…}}`; for each one line of
//! output says `{"ok": …}`, `{"error": kind, "outcome": …, "message": …}`, or `{"unknown": …}` for a method that there is not.

mod civis;
mod falcon;
mod misp;
mod opencti;
mod tenable;

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use usher_platforms::{Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Value>(&line?) {
            Ok(call) => made(&call).await,
            Err(error) => json!({"unknown": error.to_string()}),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

async fn made(call: &Value) -> Value {
    let method = text(call, "method");
    let args = &call["args"];
    let url = text(call, "url");
    let credential = Secret::new(text(call, "credential"));
    let result = match text(call, "platform") {
        "civis" => civis::call(url, credential, method, args).await,
        "falcon" => falcon::call(url, credential, method, args).await,
        "misp" => misp::call(url, credential, method, args).await,
        "opencti" => opencti::call(url, credential, method, args).await,
        "tenable" => tenable::call(url, credential, method, args).await,
        _ => Ok(None),
    };
    match result {
        Ok(Some(value)) => json!({"ok": value}),
        Ok(None) => json!({"unknown": method}),
        Err(error) => json!({
            "error": error.kind(),
            "outcome": format!("{:?}", error.outcome()),
            "message": error.to_string(),
        }),
    }
}

/// A text among the arguments; absent ones are empty.
pub(crate) fn text<'a>(args: &'a Value, name: &str) -> &'a str {
    args[name].as_str().unwrap_or_default()
}

/// A text among the arguments, if it is there.
pub(crate) fn maybe<'a>(args: &'a Value, name: &str) -> Option<&'a str> {
    args[name].as_str()
}

/// A number among the arguments.
pub(crate) fn number(args: &Value, name: &str) -> Result<i64> {
    args[name]
        .as_i64()
        .ok_or_else(|| Error::Config(format!("{name} must be a number")))
}

/// The members of an argument that is an object.
pub(crate) fn members<'a>(
    args: &'a Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    args[name].as_object().into_iter().flatten()
}
