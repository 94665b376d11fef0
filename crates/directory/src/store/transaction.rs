//! A transaction as the use-cases see it: statements with `$1 … $n`, rows handed to a callback.

mod savepoint;

use rusqlite::Connection;

use super::access::{AccessChange, AuthRevision, StatementKind, bump_for};
use super::error::{Res, StoreError};
use super::value::{Kept, Row, Val};
use super::{postgres, sqlite};

pub(crate) use savepoint::Savepoint;

/// A running transaction, or a part of one.
///
/// A statement that fails ends it: whatever comes after gets the same failure and nothing is committed, on both databases
/// alike. What may be refused is therefore asked with `ON CONFLICT DO NOTHING`.
pub(crate) struct Tx<'c> {
    arm: Arm<'c>,
    journal: &'c mut Journal,
}

/// What is done with each row of a statement; `false` ends it.
pub(super) type TakeRow<'a> = &'a mut (dyn FnMut(&Row<'_>) -> bool + Send);

/// The connection below a transaction.
pub(super) enum Arm<'c> {
    Lite(&'c mut Connection),
    Pg(postgres::Session<'c>),
    /// One reading statement on a connection that others use, too.
    PgPoint(postgres::shared::PointSession<'c>),
}

/// Which database a transaction runs on, for the few statements that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Bounds {
    /// Anything.
    #[default]
    Write,
    /// Reading only.
    Read,
    /// One reading statement: there is no transaction round it.
    Single,
}

/// What one transaction did so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Statements run, the store's own bumps among them.
    pub(super) statements: u32,
    /// Whether a statement that writes has been started.
    pub(super) wrote: bool,
    /// Statements that wrote to tables that the access of many rests on.
    shared: u32,
    /// Whether it changed anything that authentication reads.
    pub(super) decided: bool,
    /// The failure that ended the transaction.
    pub(super) broken: Option<StoreError>,
    /// Whether the database has not answered in time.
    silent: bool,
    /// How many changes there were before it; none where that is not known.
    since: Option<AuthRevision>,
    /// What may be done.
    bounds: Bounds,
    users: Vec<i64>,
    /// Whether it raised the epoch.
    pub(super) everyone: bool,
    /// Users that this transaction made: nobody else has seen them yet, so nobody remembers them.
    created_users: Vec<i64>,
    /// Statements that go to PostgreSQL along with the next one.
    later: Vec<Deferred>,
}

/// A statement whose outcome nobody waits for.
#[derive(Debug)]
pub(super) struct Deferred {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Kept>,
}

/// So many go along with one statement at most.
const TOGETHER: usize = 16;

impl<'c> Tx<'c> {
    pub(super) fn new(arm: Arm<'c>, journal: &'c mut Journal) -> Self {
        Self { arm, journal }
    }

    /// Hands every row to `take`.
    pub(crate) async fn each(
        &mut self,
        sql: &str,
        values: &[Val<'_>],
        mut take: impl FnMut(&Row<'_>) -> Res<()> + Send,
    ) -> Res<()> {
        self.rows(None, sql, values, false, &mut take).await
    }

    /// Collects what `take` makes of every row.
    pub(crate) async fn all<T: Send>(
        &mut self,
        sql: &str,
        values: &[Val<'_>],
        mut take: impl FnMut(&Row<'_>) -> Res<T> + Send,
    ) -> Res<Vec<T>> {
        let mut found = Vec::new();
        self.rows(None, sql, values, false, &mut |row| {
            found.push(take(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// What `take` makes of the first row.
    pub(crate) async fn one<T: Send>(
        &mut self,
        sql: &str,
        values: &[Val<'_>],
        take: impl FnOnce(&Row<'_>) -> Res<T> + Send,
    ) -> Res<Option<T>> {
        self.first(None, sql, values, take).await
    }

    #[cfg(test)]
    /// What `take` makes of the first row of a write that changes somebody's access.
    pub(crate) async fn one_for<T: Send>(
        &mut self,
        whom: AccessChange,
        sql: &str,
        values: &[Val<'_>],
        take: impl FnOnce(&Row<'_>) -> Res<T> + Send,
    ) -> Res<Option<T>> {
        self.first(Some(whom), sql, values, take).await
    }

    /// Runs a statement that gives no rows; tells how many it changed.
    pub(crate) async fn exec(&mut self, sql: &str, values: &[Val<'_>]) -> Res<u64> {
        self.change(None, sql, values).await
    }

    /// Runs a statement that changes somebody's access; tells how many rows it changed.
    pub(crate) async fn exec_for(
        &mut self,
        whom: AccessChange,
        sql: &str,
        values: &[Val<'_>],
    ) -> Res<u64> {
        self.change(Some(whom), sql, values).await
    }

    /// Runs a statement whose outcome nobody waits for. On PostgreSQL it goes along with the next one, or with the end of
    /// the transaction, so that both cost one round trip; its failure shows there.
    pub(crate) async fn exec_deferred(&mut self, sql: &'static str, values: &[Val<'_>]) -> Res<()> {
        self.later(None, sql, values).await
    }

    /// The same for a statement that changes somebody's access. It waits only for people that this transaction made.
    pub(crate) async fn exec_for_deferred(
        &mut self,
        whom: AccessChange,
        sql: &'static str,
        values: &[Val<'_>],
    ) -> Res<()> {
        self.later(Some(whom), sql, values).await
    }

    async fn later(
        &mut self,
        whom: Option<AccessChange>,
        sql: &'static str,
        values: &[Val<'_>],
    ) -> Res<()> {
        let (effect, bump) = bump_for(sql, whom)?;
        let raises = match bump {
            Some(AccessChange::User(id)) => !self.journal.created_users.contains(&id),
            Some(AccessChange::Everyone) => true,
            None => effect == StatementKind::Credential,
        };
        if raises || matches!(self.arm, Arm::Lite(_)) {
            return self.change(whom, sql, values).await.map(drop);
        }
        self.journal.admit(sql, whom, values)?;
        self.journal.later.push(Deferred {
            sql,
            values: values.iter().map(Kept::of).collect(),
        });
        if self.journal.later.len() >= TOGETHER {
            self.flush_deferred().await?;
        }
        Ok(())
    }

    /// Runs what was put off.
    pub(super) async fn flush_deferred(&mut self) -> Res<()> {
        let later = std::mem::take(&mut self.journal.later);
        if let (Arm::Pg(session), [_, ..]) = (&self.arm, later.as_slice()) {
            let outcome = Box::pin(postgres::together(*session, &later, async { Ok(()) })).await;
            self.journal.keep(outcome, "statements that were put off")?;
        }
        Ok(())
    }

    /// The same transaction, to hand on.
    pub(crate) fn reborrow(&mut self) -> Tx<'_> {
        let arm = match &mut self.arm {
            Arm::Lite(connection) => Arm::Lite(connection),
            Arm::Pg(session) => Arm::Pg(*session),
            Arm::PgPoint(session) => Arm::PgPoint(*session),
        };
        Tx {
            arm,
            journal: self.journal,
        }
    }

    /// Which database this is.
    pub(crate) fn database(&self) -> Database {
        match self.arm {
            Arm::Lite(_) => Database::Sqlite,
            Arm::Pg(_) | Arm::PgPoint(_) => Database::Postgres,
        }
    }

    /// Whether nothing that authentication reads has changed since, so that a caller found out then need not be looked at
    /// again. Only a write on SQLite can tell, where writes run one after the other.
    pub(crate) fn unchanged_since(&self, since: Option<AuthRevision>) -> bool {
        since.is_some() && self.since() == since
    }

    /// How many changes there had been before what this transaction sees; none where that is not known.
    pub(crate) fn since(&self) -> Option<AuthRevision> {
        self.journal.since.filter(|_| !self.journal.decided)
    }

    /// Notes that this transaction made a user, whose rights nobody can have remembered.
    /// How many statements of this transaction wrote to tables that the access of many rests on.
    pub(crate) fn shared_writes(&self) -> u32 {
        self.journal.shared
    }

    pub(super) fn note_created_user(&mut self, user: i64) {
        self.journal.created_users.push(user);
    }

    #[cfg(test)]
    /// How many statements ran in this transaction.
    pub(crate) fn statements(&self) -> u32 {
        self.journal.statements
    }

    async fn first<T: Send>(
        &mut self,
        whom: Option<AccessChange>,
        sql: &str,
        values: &[Val<'_>],
        take: impl FnOnce(&Row<'_>) -> Res<T> + Send,
    ) -> Res<Option<T>> {
        let mut take = Some(take);
        let mut found = None;
        self.rows(whom, sql, values, true, &mut |row| {
            if let Some(take) = take.take() {
                found = Some(take(row)?);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Takes its callback behind a pointer: the code below is then compiled once, not for each of some 400 statements.
    async fn rows(
        &mut self,
        whom: Option<AccessChange>,
        sql: &str,
        values: &[Val<'_>],
        first_only: bool,
        take: &mut (dyn FnMut(&Row<'_>) -> Res<()> + Send),
    ) -> Res<()> {
        let (effect, bump) = self.journal.admit(sql, whom, values)?;
        let mut rows = 0_u64;
        // A refusal by the callback is the caller's own and leaves the transaction usable.
        let mut refusal = None;
        let mut take = |row: &Row<'_>| {
            rows += 1;
            match take(row) {
                Ok(()) => true,
                Err(error) => {
                    refusal = Some(error);
                    false
                }
            }
        };
        let first_only = first_only && effect == StatementKind::Read;
        let outcome = match &mut self.arm {
            Arm::Lite(connection) => sqlite::rows(connection, sql, values, first_only, &mut take),
            Arm::Pg(session) => {
                let later = std::mem::take(&mut self.journal.later);
                let rows = postgres::rows(*session, sql, values, &mut take);
                // Boxed, so that a use-case on SQLite does not carry its size.
                Box::pin(postgres::together(*session, &later, rows)).await
            }
            Arm::PgPoint(session) => Box::pin(session.rows(sql, values, &mut take)).await,
        };
        self.journal.keep(outcome, sql)?;
        // Rows that were changed and not given back count too.
        self.journal.decided |= effect == StatementKind::Credential;
        if let Some(refusal) = refusal {
            return Err(refusal.in_statement(sql));
        }
        self.bump(bump, rows).await
    }

    async fn change(
        &mut self,
        whom: Option<AccessChange>,
        sql: &str,
        values: &[Val<'_>],
    ) -> Res<u64> {
        let (effect, bump) = self.journal.admit(sql, whom, values)?;
        let outcome = match &mut self.arm {
            Arm::Lite(connection) => sqlite::change(connection, sql, values),
            Arm::Pg(session) => {
                let later = std::mem::take(&mut self.journal.later);
                let change = postgres::change(*session, sql, values);
                Box::pin(postgres::together(*session, &later, change)).await
            }
            Arm::PgPoint(_) => Err(writes_nothing()),
        };
        let changed = self.journal.keep(outcome, sql)?;
        self.journal.decided |= effect == StatementKind::Credential && changed > 0;
        self.bump(bump, changed).await?;
        Ok(changed)
    }

    /// Raises a version or the epoch, each at most once in a transaction, and only when something changed.
    async fn bump(&mut self, whom: Option<AccessChange>, changed: u64) -> Res<()> {
        let (sql, id) = match whom {
            Some(AccessChange::User(id)) if self.journal.created_users.contains(&id) => {
                return Ok(());
            }
            Some(AccessChange::User(id)) if changed > 0 && !self.journal.users.contains(&id) => {
                self.journal.users.push(id);
                ("UPDATE users SET version = version + 1 WHERE id = $1", id)
            }
            Some(AccessChange::Everyone) if changed > 0 && !self.journal.everyone => {
                self.journal.everyone = true;
                ("UPDATE installation SET epoch = epoch + 1 WHERE id = $1", 1)
            }
            _ => return Ok(()),
        };
        self.journal.statements += 1;
        self.journal.decided = true;
        let values = [Val::Int(id)];
        let outcome = match &mut self.arm {
            Arm::Lite(connection) => sqlite::change(connection, sql, &values),
            Arm::Pg(session) => Box::pin(postgres::change(*session, sql, &values)).await,
            Arm::PgPoint(_) => Err(writes_nothing()),
        };
        self.journal.keep(outcome, sql)?;
        Ok(())
    }
}

/// A point read has no way to run what gives no rows.
fn writes_nothing() -> StoreError {
    StoreError::Bug("a write inside a read".to_owned())
}

impl Journal {
    pub(super) fn reading() -> Self {
        Self {
            bounds: Bounds::Read,
            ..Self::default()
        }
    }

    pub(super) fn writing(since: Option<AuthRevision>) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    pub(super) fn single() -> Self {
        Self {
            bounds: Bounds::Single,
            ..Self::default()
        }
    }

    /// Notes that the database has not answered, so that its connection is not used again.
    pub(super) fn note_silence(&mut self, error: &StoreError) {
        self.silent |= *error == StoreError::Silent;
    }

    /// Whether an answer of the database may still be under way.
    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// A use-case that overlooked a failed statement has failed all the same.
    pub(super) fn decide<T, E: From<StoreError>>(&mut self, result: Result<T, E>) -> Result<T, E> {
        match self.broken.take() {
            Some(broken) if result.is_ok() => Err(broken.into()),
            _ => result,
        }
    }

    fn admit(
        &mut self,
        sql: &str,
        whom: Option<AccessChange>,
        values: &[Val<'_>],
    ) -> Res<(StatementKind, Option<AccessChange>)> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let admitted = values
            .iter()
            .try_for_each(Val::check)
            .and_then(|()| bump_for(sql, whom))
            .and_then(|(effect, bump)| match self.bounds {
                Bounds::Read | Bounds::Single if effect != StatementKind::Read => {
                    Err(writes_nothing())
                }
                Bounds::Single if self.statements > 0 => Err(StoreError::Bug(
                    "a second statement without a transaction".to_owned(),
                )),
                _ => Ok((effect, bump)),
            });
        let (effect, bump) = self.keep(admitted, sql)?;
        self.statements += 1;
        self.wrote |= effect != StatementKind::Read;
        self.shared += u32::from(effect == StatementKind::Shared);
        Ok((effect, bump))
    }

    fn keep<T>(&mut self, outcome: Res<T>, sql: &str) -> Res<T> {
        outcome.map_err(|error| {
            let error = error.in_statement(sql);
            self.note_silence(&error);
            self.broken = Some(error.clone());
            error
        })
    }
}
