//! What the server needs to do jobs by itself, in SQL.

use std::collections::HashMap;

use crate::model::{JobId, KeyId, Platform, Time, UserId};

use super::select::Sql;
use super::{Res, Row, Tx};

/// A job as the process that works on it needs it. Documents are as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredTask {
    pub job: JobId,
    pub owner: Option<UserId>,
    pub task: String,
    pub platform: String,
    pub key: Option<KeyId>,
    pub context: String,
    pub position: String,
    pub cancelled: bool,
}

fn read(row: &Row<'_>) -> Res<StoredTask> {
    Ok(StoredTask {
        job: JobId(row.int(0)?),
        owner: row.opt_int(1)?.map(UserId),
        task: row.string(2)?,
        platform: row.string(3)?,
        key: row.opt_int(4)?.map(KeyId),
        context: row.string(5)?,
        position: row.string(6)?,
        cancelled: row.flag(7)?,
    })
}

/// Stores a job's task, not to be begun yet.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    job: JobId,
    task: &str,
    platform: Platform,
    key: Option<KeyId>,
    context: &str,
) -> Res<()> {
    tx.exec(
        "INSERT INTO job_tasks (job_id, task, platform, key_id, context, position, ready, cancelled, claimed_until, ran_at) \
         VALUES ($1, $2, $3, $4, $5, '{}', 0, 0, 0, 0)",
        &[
            job.0.into(), task.into(), platform.word().into(), key.map(|key| key.0).into(), context.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Lets a job begin.
pub(crate) async fn make_ready(tx: &mut Tx<'_>, job: JobId) -> Res<()> {
    tx.exec(
        "UPDATE job_tasks SET ready = 1 WHERE job_id = $1",
        &[job.0.into()],
    )
    .await?;
    Ok(())
}

/// Whether a job waits that no worker has taken.
pub(crate) async fn waiting(tx: &mut Tx<'_>, worker: &str, now: Time) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM job_tasks WHERE ready = 1 AND (claimed_until <= $1 OR worker = $2) LIMIT 1",
            &[now.0.into(), worker.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Takes every job from the processes that worked on it: for a store that one process alone writes, so
/// that they are gone.
pub(crate) async fn release(tx: &mut Tx<'_>) -> Res<()> {
    tx.exec(
        "UPDATE job_tasks SET worker = NULL, claimed_until = 0 WHERE ready = 1 AND worker IS NOT NULL",
        &[],
    )
    .await?;
    Ok(())
}

/// Takes the job whose turn it is, until then; `None` when there is nothing to do.
pub(crate) async fn claim(
    tx: &mut Tx<'_>,
    worker: &str,
    now: Time,
    until: Time,
) -> Res<Option<StoredTask>> {
    let found = tx
        .one(
            "SELECT t.job_id, j.owner_id, t.task, t.platform, t.key_id, t.context, t.position, t.cancelled FROM job_tasks t \
             JOIN jobs j ON j.id = t.job_id WHERE t.ready = 1 AND (t.claimed_until <= $1 OR t.worker = $2) \
             ORDER BY t.ran_at, t.job_id LIMIT 1",
            &[now.0.into(), worker.into()],
            read,
        )
        .await?;
    if let Some(task) = &found {
        tx.exec(
            "UPDATE job_tasks SET worker = $2, claimed_until = $3, ran_at = $4 WHERE job_id = $1",
            &[
                task.job.0.into(),
                worker.into(),
                until.0.into(),
                now.0.into(),
            ],
        )
        .await?;
    }
    Ok(found)
}

/// Moves a job on in the transaction of its work; false when it is not this process's any more, or
/// stands somewhere else.
pub(crate) async fn advance(
    tx: &mut Tx<'_>,
    job: JobId,
    worker: &str,
    from: &str,
    to: &str,
    until: Time,
) -> Res<bool> {
    let moved = tx
        .exec(
            "UPDATE job_tasks SET position = $4, claimed_until = $5 WHERE job_id = $1 AND worker = $2 AND position = $3 AND \
             ready = 1",
            &[job.0.into(), worker.into(), from.into(), to.into(), until.0.into()],
        )
        .await?;
    Ok(moved > 0)
}

/// A job has ended: it waits no more, and goes at that time.
pub(crate) async fn end(tx: &mut Tx<'_>, job: JobId, expires_at: Time) -> Res<()> {
    tx.exec(
        "UPDATE job_tasks SET ready = 2, claimed_until = 0, worker = NULL, expires_at = $2 WHERE job_id = $1",
        &[job.0.into(), expires_at.0.into()],
    )
    .await?;
    Ok(())
}

/// Asks for a job to stop.
pub(crate) async fn cancel(tx: &mut Tx<'_>, job: JobId) -> Res<()> {
    tx.exec(
        "UPDATE job_tasks SET cancelled = 1 WHERE job_id = $1",
        &[job.0.into()],
    )
    .await?;
    Ok(())
}

/// Whether a job was asked to stop.
pub(crate) async fn is_cancelled(tx: &mut Tx<'_>, job: JobId) -> Res<bool> {
    let found = tx
        .one(
            "SELECT cancelled FROM job_tasks WHERE job_id = $1",
            &[job.0.into()],
            |row| row.flag(0),
        )
        .await?;
    // A job that was forgotten goes on no more.
    Ok(found.unwrap_or(true))
}

/// The stored tasks of jobs, and when these go.
pub(crate) async fn load(
    tx: &mut Tx<'_>,
    jobs: &[JobId],
) -> Res<HashMap<JobId, (String, Option<Time>)>> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::default();
    sql.push("SELECT job_id, task, expires_at FROM job_tasks WHERE job_id IN (")
        .bind_all(jobs.iter().map(|job| job.0))
        .push(")");
    let read = |row: &Row<'_>| {
        let task = (row.string(1)?, row.opt_int(2)?.map(Time));
        Ok((JobId(row.int(0)?), task))
    };
    Ok(tx
        .all(&sql.text, &sql.vals(), read)
        .await?
        .into_iter()
        .collect())
}

/// Forgets a job and its files.
pub(crate) async fn delete(tx: &mut Tx<'_>, job: JobId) -> Res<()> {
    for sql in [
        "DELETE FROM job_parts WHERE job_id = $1",
        "DELETE FROM job_tasks WHERE job_id = $1",
        "DELETE FROM jobs WHERE id = $1",
    ] {
        tx.exec(sql, &[job.0.into()]).await?;
    }
    Ok(())
}

/// Jobs whose time is over, and those whose body never came whole.
pub(crate) async fn over(tx: &mut Tx<'_>, now: Time, begun_before: Time) -> Res<Vec<JobId>> {
    tx.all(
        "SELECT t.job_id FROM job_tasks t JOIN jobs j ON j.id = t.job_id WHERE t.expires_at <= $1 OR (t.ready = 0 AND \
         j.created_at <= $2) ORDER BY t.job_id LIMIT 20",
        &[now.0.into(), begun_before.0.into()],
        |row| Ok(JobId(row.int(0)?)),
    )
    .await
}

/// A person's latest jobs, each with the request that it came with.
pub(crate) async fn latest_of(
    tx: &mut Tx<'_>,
    owner: UserId,
    most: u32,
) -> Res<Vec<(JobId, String)>> {
    tx.all(
        "SELECT j.id, t.context FROM jobs j JOIN job_tasks t ON t.job_id = j.id WHERE j.owner_id = $1 \
         ORDER BY j.id DESC LIMIT $2",
        &[owner.0.into(), i64::from(most).into()],
        |row| Ok((JobId(row.int(0)?), row.string(1)?)),
    )
    .await
}
