//! What is wrong with one item of several, as a problem document without what belongs to a request.

use schemars::JsonSchema;
use serde::Serialize;

use super::codes::CodeWord;
use super::errors::Problem;

/// A problem of one item.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ItemProblem")]
pub struct ItemProblem {
    r#type: String,
    #[schemars(with = "CodeWord")]
    code: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    field: Option<String>,
}

impl ItemProblem {
    /// Shows a problem; its cause goes to the log alone.
    pub fn of(problem: Problem) -> Self {
        if let Some(why) = &problem.cause {
            tracing::error!(why, "internal error");
        }
        let facts = problem.code.facts();
        Self {
            r#type: format!("urn:usher:problem:{}", facts.code),
            code: facts.code,
            title: facts.title,
            status: problem.status,
            detail: problem.detail,
            field: problem.field,
        }
    }
}
