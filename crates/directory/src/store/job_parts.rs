//! The files of jobs in pieces, in SQL.

use crate::model::JobId;

use super::{Res, Row, Tx};

/// Which of a job's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// What is imported, or whom the job concerns.
    Body,
    /// What became of each item.
    Report,
    /// What was exported.
    Result,
}

impl File {
    const fn word(self) -> &'static str {
        match self {
            File::Body => "body",
            File::Report => "report",
            File::Result => "result",
        }
    }
}

/// One piece of a file.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// How many bytes of the file come before.
    pub begins: i64,
    pub bytes: Vec<u8>,
}

fn read(row: &Row<'_>) -> Res<Part> {
    Ok(Part {
        begins: row.int(0)?,
        bytes: row.bytes(1)?.to_vec(),
    })
}

/// Adds a piece.
pub(crate) async fn append(
    tx: &mut Tx<'_>,
    job: JobId,
    file: File,
    number: i64,
    begins: i64,
    bytes: &[u8],
) -> Res<()> {
    tx.exec(
        "INSERT INTO job_parts (job_id, kind, number, begins, bytes) VALUES ($1, $2, $3, $4, $5)",
        &[
            job.0.into(),
            file.word().into(),
            number.into(),
            begins.into(),
            bytes.into(),
        ],
    )
    .await?;
    Ok(())
}

/// One piece by its number.
pub(crate) async fn part(
    tx: &mut Tx<'_>,
    job: JobId,
    file: File,
    number: i64,
) -> Res<Option<Part>> {
    tx.one(
        "SELECT begins, bytes FROM job_parts WHERE job_id = $1 AND kind = $2 AND number = $3",
        &[job.0.into(), file.word().into(), number.into()],
        read,
    )
    .await
}

/// The piece that holds the byte at an offset.
pub(crate) async fn part_at(
    tx: &mut Tx<'_>,
    job: JobId,
    file: File,
    offset: i64,
) -> Res<Option<Part>> {
    tx.one(
        "SELECT begins, bytes FROM job_parts WHERE job_id = $1 AND kind = $2 AND begins <= $3 \
         ORDER BY number DESC LIMIT 1",
        &[job.0.into(), file.word().into(), offset.into()],
        read,
    )
    .await
}

/// How long a file is.
pub(crate) async fn length(tx: &mut Tx<'_>, job: JobId, file: File) -> Res<i64> {
    let found = tx
        .one(
            "SELECT begins + LENGTH(bytes) FROM job_parts WHERE job_id = $1 AND kind = $2 ORDER BY number DESC LIMIT 1",
            &[job.0.into(), file.word().into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.unwrap_or(0))
}
