//! Exports: which people they hold is decided now, which other rows when they are written.

use directory::{FileFormat, Selection, TaskWhat};

use kit::Authenticated;

use super::actions;
use super::answers;
use super::bodies::{Sent, Word, Worded, body};
use super::events;
use super::grants;
use super::groups;
use super::jobs;
use super::keys;
use super::lists;
use super::organisations;
use super::reply::Answer;

impl Worded for TaskWhat {
    const WORDS: &'static [(&'static str, Self)] = TaskWhat::ALL;
}

impl Worded for FileFormat {
    const WORDS: &'static [(&'static str, Self)] =
        &[("csv", FileFormat::Csv), ("ndjson", FileFormat::Ndjson)];
}

body! {
    pub struct NewExportBody as "NewExport" {
        what: needed Word<TaskWhat>,
        format: optional Word<FileFormat>,
        columns: optional Vec<String>,
        filter: optional String,
        sort: optional String,
    }
}

/// `POST /exports`
pub async fn create(request: Authenticated, body: Sent<NewExportBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let Word(what) = sent.what;
    let Word(format) = sent.format.unwrap_or(Word(FileFormat::Csv));
    let columns = sent.columns.unwrap_or_default();
    let selection = Selection {
        filter: sent.filter,
        sort: sent.sort,
    };
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
