//! A part of a transaction that can be undone alone, for use-cases of many items of which each is
//! whole or not at all. A statement that failed still ends the whole transaction.

use super::super::{Res, postgres, sqlite};
use super::{Arm, Tx};

/// What the transaction stood at when the part began.
pub(crate) struct Savepoint {
    users: Vec<i64>,
    everyone: bool,
    note_created_user: usize,
}

impl Tx<'_> {
    /// Begins a part. Parts may nest; the innermost ends first.
    pub(crate) async fn savepoint(&mut self) -> Res<Savepoint> {
        self.flush_deferred().await?;
        self.command("SAVEPOINT part").await?;
        Ok(Savepoint {
            users: self.journal.users.clone(),
            everyone: self.journal.everyone,
            note_created_user: self.journal.created_users.len(),
        })
    }

    /// Keeps what the part did.
    pub(crate) async fn keep_part(&mut self, _: Savepoint) -> Res<()> {
        self.flush_deferred().await?;
        self.command("RELEASE SAVEPOINT part").await
    }

    /// Undoes what the part did, the raising of versions among it.
    pub(crate) async fn undo_part(&mut self, point: Savepoint) -> Res<()> {
        self.journal.later.clear();
        self.command("ROLLBACK TO SAVEPOINT part").await?;
        self.command("RELEASE SAVEPOINT part").await?;
        self.journal.users = point.users;
        self.journal.everyone = point.everyone;
        self.journal.created_users.truncate(point.note_created_user);
        // What was looked up inside the part may be undone too.
        self.journal.shared += 1;
        Ok(())
    }

    async fn command(&mut self, command: &'static str) -> Res<()> {
        if let Some(broken) = &self.journal.broken {
            return Err(broken.clone());
        }
        let outcome = match &mut self.arm {
            Arm::Lite(connection) => sqlite::command(connection, command),
            Arm::Pg(session) => postgres::change(*session, command, &[]).await.map(drop),
            Arm::PgPoint(_) => Err(super::writes_nothing()),
        };
        self.journal.keep(outcome, command)
    }
}
