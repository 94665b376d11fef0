//! The list of every kind of problem that this API answers.

use kit::Anonymous;
use schemars::JsonSchema;
use serde::Serialize;

use super::codes::{ALL, Facts};
use super::lists;
use super::reply::{Answer, Reply};

/// All codes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProblemCodes")]
pub struct Table {
    items: Vec<&'static Facts>,
}

/// `GET /problems`: what each code means and what to do.
pub async fn list(request: Anonymous) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    Reply::shown(&Table {
        items: ALL.iter().map(|code| code.facts()).collect(),
    })
}
