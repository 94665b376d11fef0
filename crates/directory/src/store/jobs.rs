//! Long pieces of work in SQL.

use crate::model::{Job, JobId, JobQuery, OrganisationId, Ref, Time, UserId};

use super::select::{Bound, Sql};
use super::{Res, Row, StoreError, Tx};

const COLUMNS: &str = "j.id, j.uuid, j.kind, j.owner_id, j.state, j.done, j.total, j.detail, j.created_at, j.started_at, j.ended_at";

fn read(row: &Row<'_>) -> Res<Job> {
    Ok(Job {
        id: JobId(row.int(0)?),
        uuid: super::users::uuid(row.text(1)?)?,
        kind: row.string(2)?,
        owner: row.opt_int(3)?.map(UserId),
        state: row.string(4)?,
        done: row.int(5)?,
        total: row.opt_int(6)?,
        detail: serde_json::from_str(row.text(7)?)
            .map_err(|error| StoreError::Bug(format!("stored job: {error}")))?,
        created_at: Time(row.int(8)?),
        started_at: row.opt_int(9)?.map(Time),
        ended_at: row.opt_int(10)?.map(Time),
    })
}

/// The job of that number or UUID; only if it is the owner's, where one is given.
pub(crate) async fn find(
    tx: &mut Tx<'_>,
    which: &Ref<JobId>,
    owner: Option<UserId>,
) -> Res<Option<Job>> {
    let mut sql = Sql::default();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(" FROM jobs j WHERE 1 = 1");
    if let Some(owner) = owner {
        sql.push(" AND j.owner_id = ").bind(Bound::Int(owner.0));
    }
    match which {
        Ref::Id(id) => sql.push(" AND j.id = ").bind(Bound::Int(id.0)),
        Ref::Uuid(uuid) => sql
            .push(" AND j.uuid = ")
            .bind(Bound::Text(uuid.to_string())),
        Ref::Name(_) => sql.push(" AND 1 = 0"),
    };
    tx.one(&sql.text, &sql.vals(), read).await
}

/// Somebody's jobs, the newest first.
pub(crate) async fn list(
    tx: &mut Tx<'_>,
    owner: UserId,
    kind: Option<&str>,
    limit: u32,
) -> Res<Vec<Job>> {
    let mut sql = Sql::default();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(" FROM jobs j WHERE j.owner_id = ")
        .bind(Bound::Int(owner.0));
    if let Some(kind) = kind {
        sql.push(" AND j.kind = ")
            .bind(Bound::Text(kind.to_owned()));
    }
    sql.push(" ORDER BY j.id DESC LIMIT ")
        .bind(Bound::Int(i64::from(limit)));
    tx.all(&sql.text, &sql.vals(), read).await
}

/// How many of a person's jobs have not ended.
pub(crate) async fn unended(tx: &mut Tx<'_>, owner: UserId) -> Res<i64> {
    let count = tx
        .one(
            "SELECT COUNT(*) FROM jobs WHERE owner_id = $1 AND ended_at IS NULL",
            &[owner.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Jobs, the newest first, with one more than asked for; only the owner's, where one is given.
pub(crate) async fn page(tx: &mut Tx<'_>, only: Option<UserId>, query: &JobQuery) -> Res<Vec<Job>> {
    let mut sql = Sql::default();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(" FROM jobs j WHERE 1 = 1");
    for owner in only.iter().chain(&query.owner) {
        sql.push(" AND j.owner_id = ").bind(Bound::Int(owner.0));
    }
    for (column, wanted) in [
        (" AND j.kind = ", &query.kind),
        (" AND j.state = ", &query.state),
    ] {
        if let Some(wanted) = wanted {
            sql.push(column).bind(Bound::Text(wanted.clone()));
        }
    }
    if let Some(before) = query.before {
        sql.push(" AND j.id < ").bind(Bound::Int(before.0));
    }
    if let Some(after) = query.after {
        sql.push(" AND j.id > ").bind(Bound::Int(after.0));
    }
    let order = match query.after {
        None => " ORDER BY j.id DESC LIMIT ",
        Some(_) => " ORDER BY j.id LIMIT ",
    };
    sql.push(order).bind(Bound::Int(i64::from(query.limit) + 1));
    tx.all(&sql.text, &sql.vals(), read).await
}

/// Inserts a job; `None` when its UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    job: &Job,
    organisation: OrganisationId,
) -> Res<Option<JobId>> {
    tx.one(
        "INSERT INTO jobs (uuid, kind, owner_id, organisation_id, state, done, total, detail, created_at) VALUES ($1, $2, $3, \
         $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&job.uuid.to_string()).into(), (&job.kind).into(), job.owner.map(|user| user.0).into(),
            organisation.0.into(), (&job.state).into(), job.done.into(), job.total.into(),
            (&job.detail.to_string()).into(), job.created_at.0.into(),
        ],
        |row| Ok(JobId(row.int(0)?)),
    )
    .await
}

/// Writes how far a job is.
pub(crate) async fn update(tx: &mut Tx<'_>, job: &Job) -> Res<()> {
    tx.exec(
        "UPDATE jobs SET state = $2, done = $3, total = $4, detail = $5, started_at = $6, ended_at = $7 WHERE id = $1",
        &[
            job.id.0.into(), (&job.state).into(), job.done.into(), job.total.into(), (&job.detail.to_string()).into(),
            job.started_at.map(|time| time.0).into(), job.ended_at.map(|time| time.0).into(),
        ],
    )
    .await?;
    Ok(())
}
