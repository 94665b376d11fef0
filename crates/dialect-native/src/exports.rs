//! Exports: which people they hold is decided now, which other rows when they are written.

use directory::{FileFormat, Selection, TaskWhat};

use kit::{Authenticated, JsonBody};

use super::actions;
use super::answers;
use super::events;
use super::fields::words;
use super::grants;
use super::groups;
use super::jobs;
use super::keys;
use super::lists;
use super::organisations;
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
    let selection = Selection { filter, sort };
    let people = match what {
        TaskWhat::Users | TaskWhat::Memberships => {
            let (filter, sort) = (selection.filter.as_deref(), selection.sort.as_deref());
            Some(actions::selected(&request, filter, sort).await?)
        }
        TaskWhat::Organisations => organisations::LISTING.check(&request, &selection).await?,
        TaskWhat::Groups => groups::LISTING.check(&request, &selection).await?,
        TaskWhat::Grants => grants::LISTING.check(&request, &selection).await?,
        TaskWhat::Keys => keys::LISTING.check(&request, &selection).await?,
        TaskWhat::Events => events::LISTING.check(&request, &selection).await?,
    };
    answers::once(
        &request,
        &request,
        jobs::accepting(&request.info),
        |handle| handle.begin_export(what, format, columns, people, selection),
    )
    .await
}
