//! PostgreSQL: the pool, transactions, running statements. `shared` has the connections of point reads.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{
    Hook, Manager, ManagerConfig, Object, Pool, RecyclingMethod, StatementCache, Transaction,
};
use futures_util::future::join;
use futures_util::{FutureExt, TryStreamExt};
use tokio_postgres::{Client, IsolationLevel, Statement};

use super::access::AuthRevisionCounter;
use super::error::{Res, StoreError};
use super::statement_text::LONGEST_KEPT;
use super::transaction::{Arm, Deferred, Journal, TakeRow, Tx};
use super::value::{Kept, Row, Val};

pub(super) mod advice;
pub(super) mod shared;
pub(super) mod tls;

/// How often a write is run again because another one came first.
const ATTEMPTS: u32 = 20;
/// Statements with filters are made at run time; the memory of prepared ones must not grow for ever.
const PREPARED: usize = 1000;
/// How long a connection, the beginning of a transaction, one row, or a commit is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the server goes on with a statement that nobody waits for any more, in milliseconds. Beyond
/// every limit of this side, so that it only clears away.
pub(super) const ABANDONED: &str = "SET statement_timeout = 60000";

/// How long a statement may take until its first row, and between two.
#[derive(Clone, Copy)]
pub(super) struct Patience(Duration);

impl Patience {
    /// For what a request waits for.
    pub(super) const SHORT: Self = Self(Duration::from_secs(4));
    /// For searches, counts and exports.
    pub(super) const LONG: Self = Self(Duration::from_secs(30));
    /// For an operator's own commands, which read whole tables.
    pub(super) const OFFLINE: Self = Self(Duration::from_secs(3_600));

    async fn wait<T, E>(self, work: impl Future<Output = Result<T, E>>) -> Res<T>
    where
        StoreError: From<E>,
    {
        match tokio::time::timeout(self.0, work).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(StoreError::Silent),
        }
    }
}

/// Gives a connection back, or up: one that still owes an answer would keep the next one waiting.
fn give_back(object: Object, journal: &Journal) {
    if journal.is_silent() {
        drop(Object::take(object));
    }
}

/// The connection a transaction runs on.
#[derive(Clone, Copy)]
pub(super) struct Session<'c> {
    client: &'c Client,
    prepared: &'c StatementCache,
    patience: Patience,
}

/// Makes the pool; connects to nothing yet.
pub(super) fn pool(url: &str, size: usize) -> Res<Pool> {
    let (mut config, encryption) = tls::configured(url)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("usher");
    }
    let manager = Manager::from_config(
        config,
        encryption,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    Pool::builder(manager)
        .max_size(size.max(1))
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .recycle_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                // Other engines that speak the protocol may not know it.
                if let Err(error) = client.batch_execute(ABANDONED).await {
                    tracing::debug!(%error, "no time limit for statements on the server's side");
                }
                Ok(())
            })
        }))
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Bug(error.to_string()))
}

async fn prepared(session: Session<'_>, sql: &str) -> Res<Statement> {
    if sql.len() > LONGEST_KEPT {
        return session.patience.wait(session.client.prepare(sql)).await;
    }
    if session.prepared.size() >= PREPARED {
        session.prepared.clear();
    }
    let prepare = session.prepared.prepare(session.client, sql);
    session.patience.wait(prepare).await
}

fn fitting(statement: &Statement, values: &[Val<'_>]) -> Res<()> {
    if statement.params().len() == values.len() {
        return Ok(());
    }
    Err(StoreError::Bug(format!(
        "{} parameters and {} values",
        statement.params().len(),
        values.len()
    )))
}

/// Runs a statement and hands over its rows until `take` says no.
pub(super) async fn rows(
    session: Session<'_>,
    sql: &str,
    values: &[Val<'_>],
    take: TakeRow<'_>,
) -> Res<()> {
    let statement = prepared(session, sql).await?;
    fitting(&statement, values)?;
    let query = session.client.query_raw(&statement, values);
    let mut stream = pin!(session.patience.wait(query).await?);
    let mut wanted = true;
    // The rows nobody wants are read too: the server may fail after the last of them.
    while let Some(row) = session.patience.wait(stream.try_next()).await? {
        wanted = wanted && take(&Row::Pg(&row));
    }
    Ok(())
}

/// Runs a statement that gives no rows; tells how many it changed.
pub(super) async fn change(session: Session<'_>, sql: &str, values: &[Val<'_>]) -> Res<u64> {
    let statement = prepared(session, sql).await?;
    fitting(&statement, values)?;
    let execute = session.client.execute_raw(&statement, values);
    session.patience.wait(execute).await
}

/// Runs a statement with what was put off before it: all are sent at once, in their order, and then waited for. The first
/// failure ends the transaction on the server, so it is the one that tells why.
pub(super) async fn together<T>(
    session: Session<'_>,
    later: &[Deferred],
    last: impl Future<Output = Res<T>>,
) -> Res<T> {
    if later.is_empty() {
        return last.await;
    }
    let mut before = Vec::with_capacity(later.len());
    for one in later {
        // Prepared beforehand: waiting for that in between would change the order.
        let statement = prepared(session, one.sql).await?;
        before.push(Box::pin(async move {
            let values: Vec<Val<'_>> = one.values.iter().map(Kept::value).collect();
            fitting(&statement, &values)?;
            let execute = session.client.execute_raw(&statement, values);
            let changed = session.patience.wait(execute).await;
            changed
                .map(drop)
                .map_err(|error| error.in_statement(one.sql))
        }));
    }
    let mut failure = None;
    let mut last = pin!(last);
    let mut answer = None;
    std::future::poll_fn(|context| {
        before.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(outcome) => {
                failure = failure.take().or(outcome.err());
                false
            }
        });
        if answer.is_none()
            && let Poll::Ready(outcome) = last.as_mut().poll(context)
        {
            answer = Some(outcome);
        }
        if before.is_empty() && answer.is_some() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    match (failure, answer) {
        (Some(error), _) => Err(error),
        (None, Some(outcome)) => outcome,
        (None, None) => Err(StoreError::Bug("a statement was not run".to_owned())),
    }
}

#[cfg(test)]
/// Checks that the server understands a statement.
pub(super) async fn check(pool: &Pool, sql: &str) -> Res<()> {
    let client = pool.get().await?;
    client
        .prepare(sql)
        .await
        .map_err(|error| StoreError::from(error).in_statement(sql))?;
    Ok(())
}

/// A transaction that only reads. Its beginning is sent with its first statement and its end without waiting, so that it
/// costs no round trips of its own.
struct Snapshot<'c>(&'c Client, Patience);

impl Snapshot<'_> {
    async fn begin(&self) -> Res<()> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        self.1.wait(self.0.batch_execute(begin)).await
    }
}

impl Drop for Snapshot<'_> {
    /// Whatever became of the use-case, the connection is given back outside a transaction: the first look at the statement
    /// sends it, and its answer is read before that of the connection's next one.
    fn drop(&mut self) {
        drop(self.0.batch_execute("ROLLBACK").now_or_never());
    }
}

/// Reads in one snapshot.
pub(super) async fn read<T, E, F>(pool: &Pool, patience: Patience, work: F) -> (Result<T, E>, u32)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    let mut journal = Journal::reading();
    let result = async {
        let client = pool.get().await.map_err(StoreError::from)?;
        let snapshot = Snapshot(&client, patience);
        let session = Session {
            client: &client,
            prepared: &client.statement_cache,
            patience,
        };
        let mut tx = Tx::new(Arm::Pg(session), &mut journal);
        // Polled in this order, so they are sent in this order; a read without its snapshot is thrown away.
        let (begun, done) = join(snapshot.begin(), caught(work(&mut tx))).await;
        drop(snapshot);
        if let Err(error) = &begun {
            journal.note_silence(error);
        }
        give_back(client, &journal);
        begun?;
        done?
    }
    .await;
    (journal.decide(result), journal.statements)
}

/// Reads by a single statement, which needs no transaction to see one snapshot.
pub(super) async fn read_single<T, E, F>(pool: &Pool, work: F) -> (Result<T, E>, u32)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    let mut journal = Journal::single();
    let result = async {
        let client = pool.get().await.map_err(StoreError::from)?;
        let session = Session {
            client: &client,
            prepared: &client.statement_cache,
            patience: Patience::SHORT,
        };
        let mut tx = Tx::new(Arm::Pg(session), &mut journal);
        let done = caught(work(&mut tx)).await;
        give_back(client, &journal);
        done?
    }
    .await;
    (result, journal.statements)
}

async fn begin(client: &mut Object) -> Res<Transaction<'_>> {
    let builder = client.build_transaction();
    let start = builder
        .isolation_level(IsolationLevel::Serializable)
        .start();
    Patience(PATIENCE).wait(start).await
}

/// Writes in a transaction that behaves as if it were alone, again and again while others come first.
pub(super) async fn write<T, E, F>(
    pool: &Pool,
    changes: &AuthRevisionCounter,
    work: &F,
) -> (Result<T, E>, u32)
where
    E: From<StoreError>,
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
{
    let mut statements = 0;
    for attempt in 0..ATTEMPTS {
        let mut journal = Journal::default();
        let outcome = attempt_write(pool, changes, work, &mut journal).await;
        statements += journal.statements;
        match outcome {
            // Whatever the use-case made of a conflict, it was the conflict that decided.
            Err(Failed::Conflict) => tokio::time::sleep(pause(attempt)).await,
            Err(Failed::Final(error)) => return (Err(error), statements),
            Ok(value) => return (Ok(value), statements),
        }
    }
    tracing::warn!(
        attempts = ATTEMPTS,
        "a write gave up because others kept coming first"
    );
    (Err(StoreError::Busy.into()), statements)
}

enum Failed<E> {
    Conflict,
    Final(E),
}

impl<E: From<StoreError>> Failed<E> {
    fn of(error: StoreError) -> Self {
        if error == StoreError::Conflict {
            Self::Conflict
        } else {
            Self::Final(error.into())
        }
    }
}

async fn attempt_write<T, E, F>(
    pool: &Pool,
    changes: &AuthRevisionCounter,
    work: &F,
    journal: &mut Journal,
) -> Result<T, Failed<E>>
where
    E: From<StoreError>,
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
{
    let mut client = pool.get().await.map_err(|error| Failed::of(error.into()))?;
    let outcome = attempt_on(&mut client, changes, work, journal).await;
    give_back(client, journal);
    outcome
}

async fn attempt_on<T, E, F>(
    client: &mut Object,
    changes: &AuthRevisionCounter,
    work: &F,
    journal: &mut Journal,
) -> Result<T, Failed<E>>
where
    E: From<StoreError>,
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
{
    let transaction = match begin(client).await {
        Ok(transaction) => transaction,
        Err(error) => {
            journal.note_silence(&error);
            return Err(Failed::of(error));
        }
    };
    let session = Session {
        client: transaction.client(),
        prepared: &transaction.statement_cache,
        patience: Patience::SHORT,
    };
    let mut tx = Tx::new(Arm::Pg(session), journal);
    let result = caught(async {
        let value = work(&mut tx).await?;
        // A failure among what was put off is kept in the book, which decides below.
        drop(tx.flush_deferred().await);
        Ok(value)
    })
    .await;
    // A transaction that is dropped here is rolled back before its connection is used again.
    match (result, journal.broken.take()) {
        (_, Some(StoreError::Conflict)) => Err(Failed::Conflict),
        (Err(panicked), _) => Err(Failed::of(panicked)),
        (Ok(Ok(_)), Some(broken)) => Err(Failed::of(broken)),
        (Ok(Ok(value)), None) => {
            let committed = Patience(PATIENCE).wait(transaction.commit()).await;
            // An answer that is lost on the way may have been a commit.
            if journal.everyone {
                changes.raise();
            }
            committed.map_err(|error| {
                journal.note_silence(&error);
                Failed::of(error)
            })?;
            Ok(value)
        }
        (Ok(Err(error)), _) => Err(Failed::Final(error)),
    }
}

/// Waits for a use-case, turning a panic in it into an error.
async fn caught<T>(work: impl Future<Output = T>) -> Res<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(StoreError::Bug("a use-case panicked".to_owned()))),
        }
    })
    .await
}

/// A pause that grows with the attempts, and differs between writers so that they do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = 1_000_u64 << attempt.min(6);
    Duration::from_micros(RandomState::new().build_hasher().finish() % longest)
}
