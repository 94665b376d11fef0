//! What is remembered outside the database: when a change is noticed, and statements that are put off.

use std::sync::mpsc;

use super::*;
use crate::store::access::{AuthRevision, CREDENTIALS, SHARED};

contract!(what_is_put_off_is_done, what_was_put_off_fails_the_write);

async fn write(store: &Store, sql: &'static str) {
    let done: Res<()> = store
        .write(async move |tx: &mut Tx<'_>| {
            if sql.contains("grants") {
                tx.exec_for(AccessChange::User(1), sql, &[]).await.map(drop)
            } else {
                tx.exec(sql, &[]).await.map(drop)
            }
        })
        .await;
    done.unwrap();
}

/// On SQLite the count moves with every commit that changes what authentication reads, and with no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_counted() {
    let trial = Trial::sqlite().await;
    for (sql, counts) in [
        ("INSERT INTO users (login) VALUES ('ada'), ('bob')", false),
        ("INSERT INTO notes (place) VALUES (1)", false),
        ("UPDATE users SET login = 'eve' WHERE id = 1", true),
        ("UPDATE users SET login = 'eve' WHERE id = 99", false),
        ("INSERT INTO roles (name) VALUES ('first')", true),
        ("INSERT INTO grants (user_id, role_id) VALUES (1, 1)", true),
        ("DELETE FROM grants", true),
        ("DELETE FROM grants", false),
        ("UPDATE installation SET epoch = 9", true),
        ("DELETE FROM users WHERE id = 2", true),
    ] {
        let before = trial.store.changes();
        write(&trial.store, sql).await;
        assert_eq!(trial.store.changes() != before, counts, "{sql}");
    }
    // What is undone may count, for nobody is harmed; what is refused before it changed anything does not.
    let before = trial.store.changes();
    let refused: Result<(), _> = trial
        .store
        .write(async |_: &mut Tx<'_>| Err(Fault::Refused))
        .await;
    assert_eq!(refused, Err(Fault::Refused));
    assert_eq!(trial.store.changes(), before);
    trial.end().await;
}

/// Another node may write to a PostgreSQL, so nothing in this process can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_counted_where_others_write() {
    let trial = Trial::postgres().await;
    assert_eq!(trial.store.changes(), None);
    let seen: Res<bool> = trial
        .store
        .write(async |tx: &mut Tx<'_>| Ok(tx.unchanged_since(None)))
        .await;
    assert_eq!(seen, Ok(false));
    trial.end().await;
}

/// A write sees that one before it in its own group changed something, although that is not committed yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_within_a_group_are_noticed() {
    let trial = Trial::sqlite().await;
    user(&trial.store, "ada").await;
    let since = trial.store.changes();
    let (begun, when_begun) = mpsc::channel();
    let (go_on, when_queued) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new((begun, when_queued));
    let store = Arc::clone(&trial.store);
    let first = tokio::spawn(async move {
        let answer: Res<bool> = store
            .write(async move |tx: &mut Tx<'_>| {
                let gate = gate.lock().unwrap();
                gate.0.send(()).unwrap();
                gate.1.recv().unwrap();
                Ok(tx.unchanged_since(since))
            })
            .await;
        answer
    });
    tokio::task::block_in_place(|| when_begun.recv().unwrap());
    let store = &trial.store;
    let asks = || store.write(async move |tx: &mut Tx<'_>| Res::Ok(tx.unchanged_since(since)));
    let changes = store.write(async move |tx: &mut Tx<'_>| {
        tx.exec("UPDATE users SET login = 'eve'", &[]).await?;
        Res::Ok(tx.unchanged_since(since))
    });
    let mut queued: [std::pin::Pin<Box<dyn Future<Output = Res<bool>>>>; 3] =
        [Box::pin(asks()), Box::pin(changes), Box::pin(asks())];
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for write in &mut queued {
        assert!(write.as_mut().poll(&mut context).is_pending());
    }
    go_on.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(true));
    let mut told = Vec::new();
    for write in queued {
        told.push(write.await.unwrap());
    }
    assert_eq!(told, [true, false, false]);
    assert_ne!(store.changes(), since);
    // What is taken afterwards holds again.
    let now: Option<AuthRevision> = store.changes();
    let again: Res<bool> = store
        .write(async move |tx: &mut Tx<'_>| Ok(tx.unchanged_since(now)))
        .await;
    assert_eq!(again, Ok(true));
    drop(trial);
}

#[test]
fn watched_tables_exist() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    migrate::lite(&mut connection, MIGRATIONS, 0).unwrap();
    for table in CREDENTIALS.iter().chain(SHARED) {
        assert!(connection.table_exists(None, *table).unwrap(), "{table}");
    }
}

/// Statements that are put off happen in their order, before whatever comes after them.
async fn what_is_put_off_is_done(store: Arc<Store>) {
    let seen: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            let mut seen = Vec::new();
            for round in 0..3 {
                for number in 0..20_i64 {
                    let values = [number.into(), "later".into(), Val::Bytes(&[7])];
                    let sql = "INSERT INTO notes (place, said, raw) VALUES ($1, $2, $3)";
                    tx.exec_deferred(sql, &values).await?;
                    let null = "INSERT INTO notes (place) VALUES ($1)";
                    tx.exec_deferred(null, &[Val::Null]).await?;
                }
                let counted = tx.one("SELECT count(*) FROM notes", &[], |row| row.int(0));
                seen.push((round, counted.await?));
            }
            let last = "UPDATE notes SET said = 'last' WHERE place = $1";
            tx.exec_deferred(last, &[7.into()]).await?;
            Ok(seen)
        })
        .await;
    let expected = vec![(0, Some(40)), (1, Some(80)), (2, Some(120))];
    assert_eq!(seen, Ok(expected));
    assert_eq!(count(&store, "SELECT count(*) FROM notes").await, 120);
    let last = "SELECT count(*) FROM notes WHERE said = 'last'";
    assert_eq!(count(&store, last).await, 3);
}

/// A statement that was put off and fails undoes the write, whether or not anything comes after it.
async fn what_was_put_off_fails_the_write(store: Arc<Store>) {
    for more in [false, true] {
        let answer: Res<()> = store
            .write(async move |tx: &mut Tx<'_>| {
                add_user(tx, "ada").await?;
                let sql = "INSERT INTO notes (place) VALUES ($1)";
                // On SQLite it fails at once; that the use-case overlooks it changes nothing.
                drop(tx.exec_deferred(sql, &[5000.into()]).await);
                if more {
                    let after = add_user(tx, "bob").await;
                    assert!(matches!(after, Err(StoreError::Constraint(_))), "{after:?}");
                }
                Ok(())
            })
            .await;
        assert!(
            matches!(answer, Err(StoreError::Constraint(_))),
            "{answer:?}"
        );
        assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
    }
}
