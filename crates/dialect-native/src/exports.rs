//! Exports: whom or what they hold is decided now, and written afterwards.

use directory::{FileFormat, TaskWhat};

use kit::{Authenticated, JsonBody};

use super::actions;
use super::errors::Problem;
use super::fields::words;
use super::jobs;
use super::lists;
use super::reply::Answer;

/// What is exported, as sent.
#[derive(Clone, Copy)]
struct What(TaskWhat);

words! { What:
    "users" = What(TaskWhat::Users), "organisations" = What(TaskWhat::Organisations),
    "groups" = What(TaskWhat::Groups), "memberships" = What(TaskWhat::Memberships),
    "grants" = What(TaskWhat::Grants), "keys" = What(TaskWhat::Keys),
    "events" = What(TaskWhat::Events)
}

/// How, as sent.
#[derive(Clone, Copy)]
struct Format(FileFormat);

words! { Format: "csv" = Format(FileFormat::Csv), "ndjson" = Format(FileFormat::Ndjson) }

/// `POST /exports`
pub async fn create(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let What(what) = fields.need("what")?;
    let Format(format) = fields.value("format")?.unwrap_or(Format(FileFormat::Csv));
    let columns: Vec<String> = fields.value("columns")?.unwrap_or_default();
    let filter: Option<String> = fields.value("filter")?;
    let sort: Option<String> = fields.value("sort")?;
    fields.end()?;
    let by_person = matches!(what, TaskWhat::Users | TaskWhat::Memberships);
    if !by_person && (filter.is_some() || sort.is_some()) {
        let why = "can be given for users and memberships only";
        return Err(Problem::invalid("filter", why));
    }
    let people = if by_person {
        Some(actions::selected(&request, filter.as_deref(), sort.as_deref()).await?)
    } else {
        None
    };
    let job = request.begin_export(what, format, columns, people).await?;
    jobs::accepted(&request, &job).await
}
