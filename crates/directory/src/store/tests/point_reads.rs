//! Point reads: on PostgreSQL they share connections, and outlive them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::*;

type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

contract!(a_point_read_is_a_single_read);

async fn a_point_read_is_a_single_read(store: Arc<Store>) {
    let ada = user(&store, "ada").await;
    assert_eq!(id_of(&store, "ada").await, Ok(Some(ada)));
    assert_eq!(id_of(&store, "eve").await, Ok(None));
    let write: Res<_> = store
        .read_point(async |tx: &mut Tx<'_>| add_user(tx, "eve").await)
        .await;
    assert!(matches!(write, Err(StoreError::Bug(_))), "{write:?}");
    let two: Res<()> = store
        .read_point(async |tx: &mut Tx<'_>| {
            tx.one("SELECT 1", &[], |row| row.int(0)).await?;
            tx.one("SELECT 1", &[], |row| row.int(0)).await.map(drop)
        })
        .await;
    assert!(matches!(two, Err(StoreError::Bug(_))), "{two:?}");
    // A panic in one use-case fails no other read on the connection.
    let panic: Res<()> = store
        .read_point(async |_: &mut Tx<'_>| panic!("on purpose"))
        .await;
    assert!(matches!(panic, Err(StoreError::Bug(_))), "{panic:?}");
    for _ in 0..4 {
        assert_eq!(id_of(&store, "ada").await, Ok(Some(ada)));
    }
}

/// Boxed, as requests do it, so that a task may run it.
fn id_of<'a>(store: &'a Store, login: &'a str) -> Boxed<'a, Res<Option<i64>>> {
    Box::pin(async move {
        let sql = "SELECT id FROM users WHERE login = $1";
        let find = async |tx: &mut Tx<'_>| tx.one(sql, &[login.into()], |row| row.int(0)).await;
        store.read_point(find).await
    })
}

fn read_int<'a>(store: &'a Store, sql: &'a str) -> Boxed<'a, Res<i64>> {
    Box::pin(async move {
        let read = async |tx: &mut Tx<'_>| tx.one(sql, &[], |row| row.int(0)).await;
        Ok(store.read_point(read).await?.unwrap_or(0))
    })
}

/// The processes of the server that answer point reads, of many at once.
async fn backends(store: &Arc<Store>) -> HashSet<i64> {
    let reads = (0..64).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(
            async move { read_int(&store, "SELECT CAST(pg_backend_pid() AS BIGINT)").await },
        )
    });
    let mut found = HashSet::new();
    for read in reads.collect::<Vec<_>>() {
        found.insert(read.await.unwrap().unwrap());
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn point_reads_share_two_connections() {
    let trial = Trial::postgres().await;
    let before = trial.store.statements_total();
    let first = backends(&trial.store).await;
    assert_eq!(first.len(), 2);
    // Nothing is sent beside the reads themselves.
    assert_eq!(trial.store.statements_total() - before, 64);
    assert_eq!(backends(&trial.store).await, first);
    let prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT CAST(pg_backend%'";
    for _ in 0..2 {
        assert_eq!(read_int(&trial.store, prepared).await, Ok(1));
    }
    // Transactions go on connections of their own.
    let sql = "SELECT CAST(pg_backend_pid() AS BIGINT)";
    let transaction: Res<_> = trial
        .store
        .read(async |tx: &mut Tx<'_>| tx.one(sql, &[], |row| row.int(0)).await)
        .await;
    assert!(!first.contains(&transaction.unwrap().unwrap()));
    trial.end().await;
}

/// Readers read their own person without pause while both connections are ended, again and again: every read gives its person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn point_reads_outlive_their_connections() {
    let trial = Trial::postgres().await;
    let server = server();
    let stop = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for number in 0..16 {
        let login: &'static str = format!("person{number}").leak();
        let id = user(&trial.store, login).await;
        let (store, stop) = (Arc::clone(&trial.store), Arc::clone(&stop));
        readers.push(tokio::spawn(async move {
            let mut reads = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(id_of(&store, login).await, Ok(Some(id)));
                reads += 1;
            }
            reads
        }));
    }
    let mut seen = HashSet::new();
    for _ in 0..5 {
        let now = backends(&trial.store).await;
        assert!(now.is_disjoint(&seen), "{now:?} {seen:?}");
        for pid in &now {
            admin(&server, &format!("SELECT pg_terminate_backend({pid})")).await;
        }
        seen.extend(now);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 5);
    }
    trial.end().await;
}

/// A connection that owes an answer for too long is replaced. The read that it owes it to is not tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_connection_is_replaced() {
    let trial = Trial::postgres().await;
    let before = backends(&trial.store).await;
    let begun = Instant::now();
    let (one, other) = tokio::join!(
        read_int(&trial.store, "SELECT CAST(1 AS BIGINT) FROM pg_sleep(30)"),
        read_int(&trial.store, "SELECT CAST(2 AS BIGINT) FROM pg_sleep(30)"),
    );
    assert_eq!(
        (one, other),
        (Err(StoreError::Silent), Err(StoreError::Silent))
    );
    assert!(begun.elapsed() < Duration::from_secs(8));
    assert!(backends(&trial.store).await.is_disjoint(&before));
    trial.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_reads_nothing() {
    let trial = Trial::postgres().await;
    assert_eq!(
        read_int(&trial.store, "SELECT CAST(1 AS BIGINT)").await,
        Ok(1)
    );
    trial.store.close().await.unwrap();
    let closed = read_int(&trial.store, "SELECT CAST(1 AS BIGINT)").await;
    assert!(matches!(closed, Err(StoreError::Lost(_))), "{closed:?}");
    trial.end().await;
}
