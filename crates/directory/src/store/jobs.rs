//! Long pieces of work in SQL.

use crate::model::{Job, JobField, JobId, OrganisationId, Ref, Scope, Time, UserId};

use super::pages::Paged;
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
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

/// The jobs as a list.
pub(crate) struct Jobs;

/// The state as lists show it: the words of the API, not those that are stored.
const SHOWN_STATE: &str =
    "(CASE j.state WHEN 'queued' THEN 'waiting' WHEN 'succeeded' THEN 'done' ELSE j.state END)";

impl Listed for Jobs {
    type Field = JobField;
    const ID: &'static str = "j.id";
    const SEARCH: &'static str =
        "LOWER(j.kind || ' ' || COALESCE(j.what, '') || ' ' || COALESCE(j.action, ''))";

    fn column(field: &JobField) -> Column {
        let word = |expression| Column::Text(expression, Folding::Exact);
        match field {
            JobField::Id => Column::Int("j.id"),
            JobField::Uuid => word("j.uuid"),
            JobField::Kind => word("j.kind"),
            JobField::What => word("j.what"),
            JobField::Action => word("j.action"),
            JobField::State => word(SHOWN_STATE),
            JobField::DryRun => Column::Flag("j.dry_run"),
            JobField::Mode => word("j.mode"),
            JobField::Owner => Column::Int("j.owner_id"),
            JobField::Total => Column::Int("j.total"),
            JobField::Done => Column::Int("j.done"),
            JobField::Created => Column::Int("j.created"),
            JobField::Updated => Column::Int("j.updated"),
            JobField::Unchanged => Column::Int("j.unchanged"),
            JobField::Skipped => Column::Int("j.skipped"),
            JobField::Failed => Column::Int("j.failed"),
            JobField::Undoes => Column::Int("j.undoes"),
            JobField::ResultBytes => Column::Int("j.result_bytes"),
            JobField::CreatedAt => Column::Int("j.created_at"),
            JobField::StartedAt => Column::Int("j.started_at"),
            JobField::EndedAt => Column::Int("j.ended_at"),
            JobField::ExpiresAt => Column::Int("t.expires_at"),
        }
    }
}

impl Visible for Jobs {
    /// Whose jobs are listed is decided before the list is read.
    fn scope(sql: &mut Sql, scope: &Scope) {
        sql.push(if *scope == Scope::All {
            "1 = 1"
        } else {
            "1 = 0"
        });
    }
}

impl Paged for Jobs {
    type Item = Job;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = 11;
    const TABLES: &'static str = " FROM jobs j LEFT JOIN job_tasks t ON t.job_id = j.id";

    fn read(row: &Row<'_>) -> Res<Job> {
        read(row)
    }

    fn id(job: &Job) -> i64 {
        job.id.0
    }
}

/// Narrows a list of jobs to those of one person.
pub(crate) fn only_of(owner: Option<UserId>) -> impl Fn(&mut Sql) {
    move |sql| {
        if let Some(owner) = owner {
            sql.push(" AND j.owner_id = ").bind(Bound::Int(owner.0));
        }
    }
}

/// What of a job's document stands in columns, for lists to be filtered by.
struct Facts<'j> {
    what: Option<&'j str>,
    action: Option<&'j str>,
    mode: Option<&'j str>,
    dry_run: bool,
    undoes: Option<i64>,
    /// Made, changed, unchanged, left out and refused items, and the bytes of the result.
    counts: [i64; 6],
}

impl<'j> Facts<'j> {
    fn of(detail: &'j serde_json::Value) -> Self {
        let word = |name: &str| detail[name].as_str();
        let count = |name: &str| detail[name].as_i64().unwrap_or(0);
        Self {
            what: word("what"),
            action: word("action"),
            mode: word("mode"),
            dry_run: detail["dry_run"].as_bool().unwrap_or(false),
            undoes: detail["undoes"].as_i64(),
            counts: [
                "created",
                "updated",
                "unchanged",
                "skipped",
                "failed",
                "result_bytes",
            ]
            .map(count),
        }
    }
}

/// Inserts a job; `None` when its UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    job: &Job,
    organisation: OrganisationId,
) -> Res<Option<JobId>> {
    let facts = Facts::of(&job.detail);
    tx.one(
        "INSERT INTO jobs (uuid, kind, owner_id, organisation_id, state, done, total, detail, created_at, what, action, mode, \
         dry_run, undoes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING \
         RETURNING id",
        &[
            (&job.uuid.to_string()).into(), (&job.kind).into(), job.owner.map(|user| user.0).into(),
            organisation.0.into(), (&job.state).into(), job.done.into(), job.total.into(),
            (&job.detail.to_string()).into(), job.created_at.0.into(), facts.what.into(), facts.action.into(),
            facts.mode.into(), facts.dry_run.into(), facts.undoes.into(),
        ],
        |row| Ok(JobId(row.int(0)?)),
    )
    .await
}

/// Writes how far a job is.
pub(crate) async fn update(tx: &mut Tx<'_>, job: &Job) -> Res<()> {
    let [created, updated, unchanged, skipped, failed, result_bytes] =
        Facts::of(&job.detail).counts;
    tx.exec(
        "UPDATE jobs SET state = $2, done = $3, total = $4, detail = $5, started_at = $6, ended_at = $7, created = $8, \
         updated = $9, unchanged = $10, skipped = $11, failed = $12, result_bytes = $13 WHERE id = $1",
        &[
            job.id.0.into(), (&job.state).into(), job.done.into(), job.total.into(), (&job.detail.to_string()).into(),
            job.started_at.map(|time| time.0).into(), job.ended_at.map(|time| time.0).into(), created.into(),
            updated.into(), unchanged.into(), skipped.into(), failed.into(), result_bytes.into(),
        ],
    )
    .await?;
    Ok(())
}
