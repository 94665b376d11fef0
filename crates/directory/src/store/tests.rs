//! The store's contract, run on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::access::{PERSONAL, SHARED};
use super::*;

const TABLES: &[Migration] = &[
    Migration {
        number: 1,
        name: "start",
        sql: "CREATE TABLE users (id {SERIAL}, login {TEXT} NOT NULL, version BIGINT NOT NULL DEFAULT 0);
              CREATE UNIQUE INDEX users_login ON users (login);
              CREATE TABLE installation (id BIGINT PRIMARY KEY, epoch BIGINT NOT NULL);
              INSERT INTO installation (id, epoch) VALUES (1, 0);",
    },
    Migration {
        number: 2,
        name: "rights",
        sql: "CREATE TABLE roles (id {SERIAL}, name {TEXT} NOT NULL);
              CREATE TABLE grants (id {SERIAL}, user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
                                   role_id BIGINT NOT NULL REFERENCES roles (id) ON DELETE CASCADE);
              CREATE TABLE notes (id {SERIAL}, place BIGINT, said {TEXT}, raw {BYTES},
                                  CHECK (place IS NULL OR place < 1000));",
    },
];

/// A store of its own for one test.
struct Trial {
    store: Arc<Store>,
    schema: Option<(String, String)>,
}

fn server() -> String {
    std::env::var("USHER_TEST_POSTGRES")
        .expect("USHER_TEST_POSTGRES names no PostgreSQL server: run the tests by `cargo xtask test`, which starts one")
}

async fn admin(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .unwrap();
    let talk = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    talk.await.unwrap().unwrap();
}

/// The address of a schema of its own.
async fn schema() -> (String, String, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!(
        "store_test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    admin(
        &server,
        &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"),
    )
    .await;
    let joint = if server.contains('?') { '&' } else { '?' };
    (
        format!("{server}{joint}options=-c%20search_path%3D{name}"),
        server,
        name,
    )
}

impl Trial {
    async fn sqlite() -> Self {
        let store = Store::open(&Location::DerivedCache, Limits::default())
            .await
            .unwrap();
        store.migrate_by(TABLES, 7).await.unwrap();
        Self {
            store: Arc::new(store),
            schema: None,
        }
    }

    async fn postgres() -> Self {
        let (url, server, name) = schema().await;
        let store = Store::open(&Location::Postgres(url), Limits::default())
            .await
            .unwrap();
        store.migrate_by(TABLES, 7).await.unwrap();
        Self {
            store: Arc::new(store),
            schema: Some((server, name)),
        }
    }

    async fn end(self) {
        self.store.close().await.unwrap();
        if let Some((server, name)) = self.schema {
            admin(&server, &format!("DROP SCHEMA {name} CASCADE")).await;
        }
    }
}

/// Makes every named contract a test on each database.
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let trial = super::Trial::sqlite().await;
                super::$name(Arc::clone(&trial.store)).await;
                trial.end().await;
            })*
            use std::sync::Arc;
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let trial = super::Trial::postgres().await;
                super::$name(Arc::clone(&trial.store)).await;
                trial.end().await;
            })*
            use std::sync::Arc;
        }
    };
}

mod changes;
mod feature_lists;
mod list_costs;
mod point_reads;
mod statements;
mod user_lists;

contract!(
    handlers_can_be_spawned,
    parameters_go_by_number_not_by_order,
    statement_and_values_must_fit,
    every_kind_of_value_comes_back,
    getters_refuse_other_types,
    a_text_with_nul_is_refused,
    texts_compare_by_bytes,
    a_write_reads_its_own_rows,
    an_error_undoes_the_write,
    an_overlooked_failure_still_fails_the_write,
    a_refusing_callback_leaves_the_transaction_usable,
    a_panic_is_answered_and_undone,
    writers_fail_alone,
    increments_are_not_lost,
    clients_that_leave_do_no_harm,
    constraints_are_told_apart_from_mistakes,
    access_writes_raise_versions,
    personal_tables_demand_a_name,
    a_read_sees_one_snapshot,
    a_read_cannot_write,
    a_single_read_is_single,
    statements_are_counted,
    statements_can_be_checked,
    migrations_are_applied_once,
    foreign_tables_are_refused,
    a_failing_migration_leaves_nothing,
);

/// What a use-case would return.
#[derive(Debug, PartialEq)]
enum Fault {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn add_user(tx: &mut Tx<'_>, login: &str) -> Res<Option<i64>> {
    let sql = "INSERT INTO users (login) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id";
    tx.one(sql, &[login.into()], |row| row.int(0)).await
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    let found: Res<_> = store
        .read(async |tx: &mut Tx<'_>| tx.one(sql, &[], |row| row.int(0)).await)
        .await;
    found.unwrap().unwrap()
}

async fn user(store: &Store, login: &'static str) -> i64 {
    let made: Res<_> = store
        .write(async move |tx: &mut Tx<'_>| add_user(tx, login).await)
        .await;
    made.unwrap().unwrap()
}

/// Stands for a request's handler: what it calls must be `Send`, or it could not run on any server thread.
async fn handlers_can_be_spawned(store: Arc<Store>) {
    fn handler<T: Send>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        future
    }
    let login = String::from("ada");
    let served = Arc::clone(&store);
    let id = tokio::spawn(handler(async move {
        let wanted = login.clone();
        served
            .write(async move |tx: &mut Tx<'_>| {
                let mut inner = tx.reborrow();
                add_user(&mut inner, &wanted).await?.ok_or(Fault::Refused)
            })
            .await
    }))
    .await
    .unwrap()
    .unwrap();
    let served = Arc::clone(&store);
    let login = tokio::spawn(handler(async move {
        let key = [Val::Int(id)];
        let found: Result<_, Fault> = served
            .read(async |tx: &mut Tx<'_>| {
                let sql = "SELECT login FROM users WHERE id = $1";
                Ok(tx.one(sql, &key, |row| row.string(0)).await?)
            })
            .await;
        let slow: Res<_> = served
            .read_slow(async move |tx: &mut Tx<'_>| {
                tx.one("SELECT count(*) FROM users", &[], |row| row.int(0))
                    .await
            })
            .await;
        assert_eq!(slow, Ok(Some(1)));
        found
    }))
    .await
    .unwrap();
    assert_eq!(login, Ok(Some("ada".to_owned())));
}

async fn parameters_go_by_number_not_by_order(store: Arc<Store>) {
    let seen: Res<_> = store
        .read(async |tx: &mut Tx<'_>| {
            let sql = "SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS TEXT)";
            tx.one(sql, &[1.into(), 2.into(), "three".into()], |row| {
                Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.string(3)?))
            })
            .await
        })
        .await;
    assert_eq!(seen, Ok(Some((2, 1, 2, "three".to_owned()))));
}

async fn every_kind_of_value_comes_back(store: Arc<Store>) {
    let written: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            let sql = "INSERT INTO notes (place, said, raw) VALUES ($1, $2, $3)";
            let none = Option::<String>::None;
            tx.exec(
                sql,
                &[
                    (-5).into(),
                    "Zoë \u{1F511} 'x'".into(),
                    (&[0_u8, 255, 7]).into(),
                ],
            )
            .await?;
            tx.exec(
                sql,
                &[Option::<i64>::None.into(), (&none).into(), Val::Null],
            )
            .await?;
            tx.exec(sql, &[true.into(), "".into(), (&[0_u8; 0]).into()])
                .await
        })
        .await;
    assert_eq!(written, Ok(1));
    let seen: Res<_> = store
        .read(async |tx: &mut Tx<'_>| {
            tx.all(
                "SELECT place, said, raw FROM notes ORDER BY id",
                &[],
                |row| {
                    Ok((
                        row.opt_int(0)?,
                        row.opt_string(1)?,
                        row.opt_bytes(2)?.map(<[u8]>::to_vec),
                    ))
                },
            )
            .await
        })
        .await;
    let expected = vec![
        (
            Some(-5),
            Some("Zoë \u{1F511} 'x'".to_owned()),
            Some(vec![0, 255, 7]),
        ),
        (None, None, None),
        (Some(1), Some(String::new()), Some(vec![])),
    ];
    assert_eq!(seen, Ok(expected));
}

async fn statement_and_values_must_fit(store: Arc<Store>) {
    let cases: [(&'static str, &[Val<'static>]); 5] = [
        ("SELECT id FROM users WHERE id = $1", &[]),
        (
            "SELECT id FROM users WHERE id = $1",
            &[Val::Int(1), Val::Int(2)],
        ),
        (
            "SELECT id FROM users WHERE id = $2 AND version = $3",
            &[Val::Int(1), Val::Int(2)],
        ),
        ("SELECT id FROM nowhere", &[]),
        ("SELECT id FRM users", &[]),
    ];
    for (sql, values) in cases {
        let seen: Res<_> = store
            .read(async |tx: &mut Tx<'_>| tx.all(sql, values, |row| row.int(0)).await)
            .await;
        assert!(matches!(seen, Err(StoreError::Bug(_))), "{sql}: {seen:?}");
    }
    // The mistakes before left every connection usable.
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
}

async fn getters_refuse_other_types(store: Arc<Store>) {
    let seen: Res<_> = store
        .read(async |tx: &mut Tx<'_>| {
            let sql = "SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST(NULL AS BIGINT), 1 = 1, 7";
            tx.one(sql, &[0.into(), "x".into()], |row| {
                let wrong = [
                    row.text(0).err(),
                    row.bytes(0).err(),
                    row.int(1).err(),
                    row.bytes(1).err(),
                    row.int(2).err(),
                    row.int(9).err(),
                ];
                let right = (row.flag(0)?, row.opt_flag(2)?, row.flag(3)?, row.int(4)?);
                Ok((wrong, right, row.text(1)?.to_owned()))
            })
            .await
        })
        .await;
    let (wrong, right, text) = seen.unwrap().unwrap();
    for (case, error) in wrong.iter().enumerate() {
        assert!(
            matches!(error, Some(StoreError::Bug(_))),
            "case {case}: {error:?}"
        );
    }
    assert_eq!(right, (false, None, true, 7));
    assert_eq!(text, "x");
}

async fn a_text_with_nul_is_refused(store: Arc<Store>) {
    let made: Res<_> = store
        .write(async |tx: &mut Tx<'_>| add_user(tx, "a\0b").await)
        .await;
    assert_eq!(made, Err(StoreError::Nul));
}

async fn texts_compare_by_bytes(store: Arc<Store>) {
    for login in ["bob", "Zed", "ada", "émile", "Ada"] {
        user(&store, login).await;
    }
    let seen: Res<(Vec<String>, Vec<String>)> = store
        .read(async |tx: &mut Tx<'_>| {
            let order = "SELECT login FROM users ORDER BY login";
            let like = "SELECT login FROM users WHERE login LIKE $1 ESCAPE '\\'";
            Ok((
                tx.all(order, &[], |row| row.string(0)).await?,
                tx.all(like, &["a%".into()], |row| row.string(0)).await?,
            ))
        })
        .await;
    let (order, like) = seen.unwrap();
    assert_eq!(order, ["Ada", "Zed", "ada", "bob", "émile"]);
    assert_eq!(like, ["ada"]);
}

async fn a_write_reads_its_own_rows(store: Arc<Store>) {
    let seen: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            let first = add_user(tx, "ada").await?;
            let again = add_user(tx, "ada").await?;
            let known = tx
                .one("SELECT id FROM users", &[], |row| row.int(0))
                .await?;
            Ok((first.is_some() && first == known, again))
        })
        .await;
    assert_eq!(seen, Ok((true, None)));
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 1);
}

async fn an_error_undoes_the_write(store: Arc<Store>) {
    let refused: Result<(), _> = store
        .write(async |tx: &mut Tx<'_>| {
            add_user(tx, "ada").await?;
            Err(Fault::Refused)
        })
        .await;
    assert_eq!(refused, Err(Fault::Refused));
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
}

async fn an_overlooked_failure_still_fails_the_write(store: Arc<Store>) {
    let answer: Res<()> = store
        .write(async |tx: &mut Tx<'_>| {
            add_user(tx, "ada").await?;
            let failed = tx
                .exec("INSERT INTO users (login) VALUES ('ada')", &[])
                .await;
            let after = tx
                .exec("INSERT INTO users (login) VALUES ('bob')", &[])
                .await;
            assert_eq!(failed, after);
            Ok(())
        })
        .await;
    assert!(
        matches!(answer, Err(StoreError::Constraint(_))),
        "{answer:?}"
    );
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
}

async fn a_refusing_callback_leaves_the_transaction_usable(store: Arc<Store>) {
    for login in ["ada", "bob", "cid"] {
        user(&store, login).await;
    }
    let seen: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            let mut taken = 0;
            let refused = tx
                .each("SELECT login FROM users ORDER BY login", &[], |row| {
                    taken += 1;
                    if row.text(0)? == "bob" {
                        Err(StoreError::Full)
                    } else {
                        Ok(())
                    }
                })
                .await;
            let made = add_user(tx, "dan").await?;
            Ok((refused, taken, made.is_some()))
        })
        .await;
    assert_eq!(seen, Ok((Err(StoreError::Full), 2, true)));
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 4);
}

async fn a_panic_is_answered_and_undone(store: Arc<Store>) {
    let written: Res<()> = store
        .write(async |tx: &mut Tx<'_>| {
            add_user(tx, "ada").await?;
            panic!("a panic the test asked for")
        })
        .await;
    assert!(matches!(written, Err(StoreError::Bug(_))), "{written:?}");
    for _ in 0..8 {
        let read: Res<()> = store
            .read(async |tx: &mut Tx<'_>| {
                tx.one("SELECT count(*) FROM users", &[], |row| row.int(0))
                    .await?;
                panic!("a panic the test asked for")
            })
            .await;
        assert!(matches!(read, Err(StoreError::Bug(_))), "{read:?}");
    }
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
    user(&store, "ada").await;
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 1);
}

/// Many writes at once, some of which fail before, after or in the middle of writing, or panic: exactly the others stay.
async fn writers_fail_alone(store: Arc<Store>) {
    let mut tasks = Vec::new();
    for writer in 0..8_u32 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let mut kept = 0;
            for turn in 0..40_u32 {
                let kind = (writer + turn) % 8;
                let answer: Result<(), Fault> = store
                    .write(async move |tx: &mut Tx<'_>| {
                        if kind == 1 {
                            return Err(Fault::Refused);
                        }
                        add_user(tx, &format!("{writer}.{turn}")).await?;
                        match kind {
                            2 => Err(Fault::Refused),
                            3 => panic!("a panic the test asked for"),
                            4 => {
                                tx.exec("INSERT INTO notes (place) VALUES (5000)", &[])
                                    .await?;
                                Ok(())
                            }
                            _ => {
                                tx.exec("INSERT INTO notes (place) VALUES (1)", &[]).await?;
                                Ok(())
                            }
                        }
                    })
                    .await;
                match (kind, answer) {
                    (1 | 2, Err(Fault::Refused)) => {}
                    (3, Err(Fault::Store(StoreError::Bug(_)))) => {}
                    (4, Err(Fault::Store(StoreError::Constraint(_)))) => {}
                    (0 | 5..=7, Ok(())) => kept += 1,
                    (kind, other) => panic!("kind {kind} was answered {other:?}"),
                }
            }
            kept
        }));
    }
    let mut kept = 0;
    for task in tasks {
        kept += task.await.unwrap();
    }
    assert_eq!(kept, 8 * 20);
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, kept);
    assert_eq!(count(&store, "SELECT count(*) FROM notes").await, kept);
}

/// Reads and then writes the same row from several tasks: on PostgreSQL only a retry keeps every step.
async fn increments_are_not_lost(store: Arc<Store>) {
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                let answer: Res<()> = store
                    .write(async |tx: &mut Tx<'_>| {
                        let sql = "SELECT epoch FROM installation WHERE id = 1";
                        let epoch = tx.one(sql, &[], |row| row.int(0)).await?.unwrap_or(0);
                        let sql = "UPDATE installation SET epoch = $1 WHERE id = 1";
                        tx.exec(sql, &[(epoch + 1).into()]).await.map(drop)
                    })
                    .await;
                answer.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&store, "SELECT epoch FROM installation").await, 40);
}

async fn clients_that_leave_do_no_harm(store: Arc<Store>) {
    for turn in 0..60_u64 {
        let served = Arc::clone(&store);
        let task = tokio::spawn(async move {
            let answer: Res<()> = served
                .write(async move |tx: &mut Tx<'_>| {
                    add_user(tx, &format!("user {turn}")).await?;
                    tx.exec("INSERT INTO notes (place) VALUES (1)", &[])
                        .await
                        .map(drop)
                })
                .await;
            answer
        });
        tokio::time::sleep(Duration::from_micros(turn * 50)).await;
        task.abort();
    }
    user(&store, "the last").await;
    let users = count(&store, "SELECT count(*) FROM users").await;
    // Each write happened wholly or not at all.
    assert_eq!(count(&store, "SELECT count(*) FROM notes").await, users - 1);
}

async fn constraints_are_told_apart_from_mistakes(store: Arc<Store>) {
    user(&store, "ada").await;
    let cases = [
        ("unique", "INSERT INTO users (login) VALUES ('ada')"),
        ("not null", "INSERT INTO users (login) VALUES (NULL)"),
        ("check", "INSERT INTO notes (place) VALUES (5000)"),
    ];
    for (name, sql) in cases {
        let answer: Res<u64> = store
            .write(async move |tx: &mut Tx<'_>| tx.exec(sql, &[]).await)
            .await;
        assert!(
            matches!(answer, Err(StoreError::Constraint(_))),
            "{name}: {answer:?}"
        );
    }
    let foreign: Res<u64> = store
        .write(async |tx: &mut Tx<'_>| {
            let sql = "INSERT INTO grants (user_id, role_id) VALUES (900, 901)";
            tx.exec_for(AccessChange::User(900), sql, &[]).await
        })
        .await;
    assert!(
        matches!(foreign, Err(StoreError::Constraint(_))),
        "{foreign:?}"
    );
    let wrong: Res<u64> = store
        .write(async |tx: &mut Tx<'_>| tx.exec("INSERT INTO users (nothing) VALUES (1)", &[]).await)
        .await;
    assert!(matches!(wrong, Err(StoreError::Bug(_))), "{wrong:?}");
}

async fn versions(store: &Store) -> (Vec<i64>, i64) {
    let users: Res<_> = store
        .read(async |tx: &mut Tx<'_>| {
            tx.all("SELECT version FROM users ORDER BY id", &[], |row| {
                row.int(0)
            })
            .await
        })
        .await;
    (
        users.unwrap(),
        count(store, "SELECT epoch FROM installation").await,
    )
}

async fn access_writes_raise_versions(store: Arc<Store>) {
    let ada = user(&store, "ada").await;
    user(&store, "bob").await;
    assert_eq!(versions(&store).await, (vec![0, 0], 0));

    // A write to a shared table raises the epoch once in a transaction, and only when it changed something.
    let role: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec("UPDATE roles SET name = 'none'", &[]).await?;
            tx.exec("insert into roles (name) values ('first')", &[])
                .await?;
            let sql = "INSERT INTO roles (name) VALUES ('second') RETURNING id";
            tx.one(sql, &[], |row| row.int(0)).await
        })
        .await;
    let role = role.unwrap().unwrap();
    assert_eq!(versions(&store).await, (vec![0, 0], 1));
    let none: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec("UPDATE roles SET name = 'none' WHERE id = 999", &[])
                .await
        })
        .await;
    assert_eq!(none, Ok(0));
    assert_eq!(versions(&store).await, (vec![0, 0], 1));

    // A personal one raises its person's version, once.
    let granted: Res<_> = store
        .write(async move |tx: &mut Tx<'_>| {
            let whom = AccessChange::User(ada);
            let sql = "INSERT INTO grants (user_id, role_id) VALUES ($1, $2)";
            tx.exec_for(whom, sql, &[ada.into(), role.into()]).await?;
            let sql = "INSERT INTO grants (user_id, role_id) VALUES ($1, $2) RETURNING id";
            let id = tx
                .one_for(whom, sql, &[ada.into(), role.into()], |row| row.int(0))
                .await?;
            Ok((id.is_some(), tx.statements()))
        })
        .await;
    assert_eq!(granted, Ok((true, 3)));
    assert_eq!(versions(&store).await, (vec![1, 0], 1));

    // Many people at once raise the epoch.
    let everyone: Res<()> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec_for(AccessChange::Everyone, "DELETE FROM grants", &[])
                .await
                .map(drop)
        })
        .await;
    everyone.unwrap();
    assert_eq!(versions(&store).await, (vec![1, 0], 2));

    // What is undone raises nothing.
    let refused: Result<(), _> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec("INSERT INTO roles (name) VALUES ('third')", &[])
                .await?;
            Err(Fault::Refused)
        })
        .await;
    assert_eq!(refused, Err(Fault::Refused));
    assert_eq!(versions(&store).await, (vec![1, 0], 2));
}

async fn personal_tables_demand_a_name(store: Arc<Store>) {
    let silent = [
        "INSERT INTO grants (user_id, role_id) VALUES (1, 1)",
        "DELETE FROM grants",
        "UPDATE grants SET role_id = 1",
        "WITH old AS (SELECT id FROM grants) DELETE FROM grants WHERE id IN (SELECT id FROM old)",
    ];
    for sql in silent {
        let answer: Res<()> = store
            .write(async move |tx: &mut Tx<'_>| tx.exec(sql, &[]).await.map(drop))
            .await;
        assert!(
            matches!(answer, Err(StoreError::Bug(_))),
            "{sql}: {answer:?}"
        );
        let answer: Res<()> = store
            .write(async move |tx: &mut Tx<'_>| tx.all(sql, &[], |_| Ok(())).await.map(drop))
            .await;
        assert!(
            matches!(answer, Err(StoreError::Bug(_))),
            "{sql}: {answer:?}"
        );
    }
    let read: Res<u64> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec_for(AccessChange::User(1), "SELECT id FROM grants", &[])
                .await
        })
        .await;
    assert!(matches!(read, Err(StoreError::Bug(_))), "{read:?}");
}

async fn a_read_sees_one_snapshot(store: Arc<Store>) {
    user(&store, "ada").await;
    let (begun, when_begun) = std::sync::mpsc::channel();
    let (go_on, when_written) = std::sync::mpsc::channel::<()>();
    let served = Arc::clone(&store);
    let reading = tokio::spawn(async move {
        let seen: Res<_> = served
            .read_slow(async move |tx: &mut Tx<'_>| {
                let sql = "SELECT count(*) FROM users";
                let before = tx.one(sql, &[], |row| row.int(0)).await?;
                begun.send(()).unwrap();
                tokio::task::block_in_place(|| when_written.recv().unwrap());
                Ok((before, tx.one(sql, &[], |row| row.int(0)).await?))
            })
            .await;
        seen
    });
    tokio::task::block_in_place(|| when_begun.recv().unwrap());
    user(&store, "bob").await;
    go_on.send(()).unwrap();
    assert_eq!(reading.await.unwrap(), Ok((Some(1), Some(1))));
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 2);
}

async fn a_read_cannot_write(store: Arc<Store>) {
    let answer: Res<_> = store
        .read(async |tx: &mut Tx<'_>| add_user(tx, "ada").await)
        .await;
    assert!(matches!(answer, Err(StoreError::Bug(_))), "{answer:?}");
    let answer: Res<_> = store
        .read_single(async |tx: &mut Tx<'_>| add_user(tx, "ada").await)
        .await;
    assert!(matches!(answer, Err(StoreError::Bug(_))), "{answer:?}");
    let answer: Res<_> = store
        .read_slow(async |tx: &mut Tx<'_>| add_user(tx, "ada").await)
        .await;
    assert!(matches!(answer, Err(StoreError::Bug(_))), "{answer:?}");
    assert_eq!(count(&store, "SELECT count(*) FROM users").await, 0);
}

async fn a_single_read_is_single(store: Arc<Store>) {
    user(&store, "ada").await;
    let sql = "SELECT count(*) FROM users";
    let one: Res<_> = store
        .read_single(async |tx: &mut Tx<'_>| tx.one(sql, &[], |row| row.int(0)).await)
        .await;
    assert_eq!(one, Ok(Some(1)));
    let two: Res<()> = store
        .read_single(async |tx: &mut Tx<'_>| {
            tx.one(sql, &[], |row| row.int(0)).await?;
            tx.one(sql, &[], |row| row.int(0)).await.map(drop)
        })
        .await;
    assert!(matches!(two, Err(StoreError::Bug(_))), "{two:?}");
}

async fn statements_are_counted(store: Arc<Store>) {
    let before = store.statements_total();
    user(&store, "ada").await;
    store.ping().await.unwrap();
    let role: Res<_> = store
        .write(async |tx: &mut Tx<'_>| {
            tx.exec("INSERT INTO roles (name) VALUES ('one')", &[])
                .await
        })
        .await;
    assert_eq!(role, Ok(1));
    // One to make the person, one to ping, two for the role: the epoch's own counts too.
    assert_eq!(store.statements_total() - before, 4);
}

async fn statements_can_be_checked(store: Arc<Store>) {
    assert_eq!(
        store
            .prepare_check("SELECT id FROM users WHERE login = $1")
            .await,
        Ok(())
    );
    for sql in [
        "SELECT id FROM users WHERE login = $2",
        "SELECT nothing FROM users",
        "SELEC",
    ] {
        let answer = store.prepare_check(sql).await;
        assert!(
            matches!(answer, Err(StoreError::Bug(_))),
            "{sql}: {answer:?}"
        );
    }
}

async fn migrations_are_applied_once(store: Arc<Store>) {
    let again = store.migrate_by(TABLES, 8).await;
    assert_eq!(
        again,
        Ok(MigrationReport {
            applied: vec![],
            at: 2
        })
    );
    let times: Res<_> = store
        .read(async |tx: &mut Tx<'_>| {
            let sql = "SELECT number, applied_at FROM schema_migrations ORDER BY number";
            tx.all(sql, &[], |row| Ok((row.int(0)?, row.int(1)?))).await
        })
        .await;
    assert_eq!(times, Ok(vec![(1, 7), (2, 7)]));
}

const NEXT: Migration = Migration {
    number: 3,
    name: "next",
    sql: "CREATE TABLE next (id {SERIAL});",
};

async fn foreign_tables_are_refused(store: Arc<Store>) {
    const CHANGED: &[Migration] = &[
        TABLES[0],
        Migration {
            number: 2,
            name: "rights",
            sql: "CREATE TABLE other (id {SERIAL})",
        },
    ];
    const OLDER: &[Migration] = &[TABLES[0]];
    const NEWER: &[Migration] = &[TABLES[0], TABLES[1], NEXT];
    for (known, word) in [(CHANGED, "migration 2"), (OLDER, "newer usher")] {
        match store.migrate_by(known, 8).await {
            Err(StoreError::Foreign(message) | StoreError::Newer(message)) => {
                assert!(message.contains(word), "{message}")
            }
            other => panic!("{word}: {other:?}"),
        }
    }
    let next = store.migrate_by(NEWER, 8).await;
    assert_eq!(
        next,
        Ok(MigrationReport {
            applied: vec![3],
            at: 3
        })
    );
    assert_eq!(count(&store, "SELECT count(*) FROM next").await, 0);
}

async fn a_failing_migration_leaves_nothing(store: Arc<Store>) {
    const BROKEN: &[Migration] = &[
        TABLES[0],
        TABLES[1],
        NEXT,
        Migration {
            number: 4,
            name: "broken",
            sql: "CREATE TABLE half (id {SERIAL}); SELEC 1;",
        },
    ];
    const MENDED: &[Migration] = &[TABLES[0], TABLES[1], NEXT];
    match store.migrate_by(BROKEN, 8).await {
        Err(StoreError::Bug(message)) => assert!(message.contains("migration 4"), "{message}"),
        other => panic!("{other:?}"),
    }
    // The one before the broken one was undone with it, so it can be applied again.
    assert_eq!(
        store.migrate_by(MENDED, 8).await,
        Ok(MigrationReport {
            applied: vec![3],
            at: 3
        })
    );
}

/// What only one of the databases can show.
mod particular {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("usher-store-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        path
    }

    #[tokio::test]
    async fn a_folder_has_one_owner_and_keeps_its_rows() {
        let path = folder("owner");
        let place = Location::Sqlite(path.clone());
        let first = Store::open(&place, Limits::default()).await.unwrap();
        first.migrate_by(TABLES, 7).await.unwrap();
        user(&first, "ada").await;
        let second = Store::open(&place, Limits::default()).await;
        assert!(matches!(second, Err(StoreError::Owned(_))), "{second:?}");
        first.close().await.unwrap();
        let late: Res<_> = first
            .write(async |tx: &mut Tx<'_>| add_user(tx, "late").await)
            .await;
        assert!(matches!(late, Err(StoreError::Lost(_))), "{late:?}");
        drop(first);
        let next = Store::open(&place, Limits::default()).await.unwrap();
        assert_eq!(count(&next, "SELECT count(*) FROM users").await, 1);
        drop(next);
        std::fs::remove_dir_all(path).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn every_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder("private");
        let place = Location::Sqlite(path.clone());
        let modes = || {
            let mut modes: Vec<_> = std::fs::read_dir(&path)
                .unwrap()
                .map(|file| {
                    let file = file.unwrap();
                    let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                    (file.file_name().into_string().unwrap(), mode)
                })
                .collect();
            modes.sort();
            modes
        };
        let private = [
            ("usher.lock".to_owned(), 0o600),
            ("usher.sqlite3".to_owned(), 0o600),
            ("usher.sqlite3-shm".to_owned(), 0o600),
            ("usher.sqlite3-wal".to_owned(), 0o600),
        ];
        let store = Store::open(&place, Limits::default()).await.unwrap();
        store.migrate_by(TABLES, 7).await.unwrap();
        user(&store, "ada").await;
        assert_eq!(modes(), private);
        drop(store);
        // Files that an earlier version left readable to others are taken back.
        for name in ["usher.lock", "usher.sqlite3"] {
            let open = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(path.join(name), open).unwrap();
        }
        std::fs::write(path.join("usher.sqlite3-wal"), "").unwrap();
        let store = Store::open(&place, Limits::default()).await.unwrap();
        user(&store, "eva").await;
        assert_eq!(modes(), private);
        drop(store);
        std::fs::remove_dir_all(path).unwrap();
    }

    /// The last owner of the store may be a write that nobody waits for any more.
    #[tokio::test]
    async fn the_writer_ends_itself_without_waiting_for_itself() {
        let path = folder("last");
        let place = Location::Sqlite(path.clone());
        let store = Store::open(&place, Limits::default()).await.unwrap();
        store.migrate_by(TABLES, 7).await.unwrap();
        let Engine::Lite(lite) = &store.engine else {
            unreachable!("the place is SQLite's");
        };
        let writer = Arc::clone(&lite.writer);
        let stopped: Res<()> = store
            .write(async move |tx: &mut Tx<'_>| {
                add_user(tx, "ada").await?;
                writer.stop();
                Ok(())
            })
            .await;
        assert_eq!(stopped, Ok(()));
        let late: Res<_> = store
            .write(async |tx: &mut Tx<'_>| add_user(tx, "late").await)
            .await;
        assert!(matches!(late, Err(StoreError::Lost(_))), "{late:?}");
        drop(store);
        let next = Store::open(&place, Limits::default()).await.unwrap();
        assert_eq!(count(&next, "SELECT count(*) FROM users").await, 1);
        drop(next);
        std::fs::remove_dir_all(path).unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_no_folder_is_a_clear_error() {
        let path = folder("file");
        std::fs::write(&path, "not a folder").unwrap();
        let opened = Store::open(&Location::Sqlite(path.clone()), Limits::default()).await;
        assert!(matches!(opened, Err(StoreError::Lost(_))), "{opened:?}");
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_a_clear_error() {
        let path = folder("garbage");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(
            path.join("usher.sqlite3"),
            "no database at all, ".repeat(500),
        )
        .unwrap();
        let opened = Store::open(&Location::Sqlite(path.clone()), Limits::default()).await;
        assert!(matches!(opened, Err(StoreError::Lost(_))), "{opened:?}");
        std::fs::remove_dir_all(path).unwrap();
    }

    /// On SQLite use-cases run in one go, so whatever waits for anything else is told so.
    #[tokio::test]
    async fn waiting_inside_sqlite_is_a_mistake() {
        let trial = Trial::sqlite().await;
        let read: Res<()> = trial
            .store
            .read(async |_: &mut Tx<'_>| {
                tokio::task::yield_now().await;
                Ok(())
            })
            .await;
        assert!(matches!(read, Err(StoreError::Bug(_))), "{read:?}");
        let written: Res<()> = trial
            .store
            .write(async |tx: &mut Tx<'_>| {
                add_user(tx, "ada").await?;
                tokio::task::yield_now().await;
                Ok(())
            })
            .await;
        assert!(matches!(written, Err(StoreError::Bug(_))), "{written:?}");
        let nested: Res<()> = trial
            .store
            .read(async |_: &mut Tx<'_>| trial.store.ping().await)
            .await;
        assert!(matches!(nested, Err(StoreError::Bug(_))), "{nested:?}");
        trial.store.ping().await.unwrap();
        assert_eq!(count(&trial.store, "SELECT count(*) FROM users").await, 0);
        trial.end().await;
    }

    /// Every acknowledged write is there and no other, although the disk filled up in the middle of a group.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_disk_fails_only_what_is_not_acknowledged() {
        let trial = Trial::sqlite().await;
        let limit = async |pages: &'static str| {
            let set: Res<_> = trial
                .store
                .write(async move |tx: &mut Tx<'_>| tx.one(pages, &[], |row| row.int(0)).await)
                .await;
            set.unwrap();
        };
        limit("PRAGMA max_page_count = 120").await;
        let mut tasks = Vec::new();
        for _ in 0..60 {
            let store = Arc::clone(&trial.store);
            tasks.push(tokio::spawn(async move {
                let raw = vec![7_u8; 20_000];
                let answer: Res<u64> = store
                    .write(async move |tx: &mut Tx<'_>| {
                        let sql = "INSERT INTO notes (raw) VALUES ($1)";
                        tx.exec(sql, &[(&raw).into()]).await
                    })
                    .await;
                answer
            }));
        }
        let mut kept = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => kept += 1,
                Err(error) => assert_eq!(error, StoreError::Full),
            }
        }
        assert!(kept < 60, "the limit was never reached");
        assert_eq!(
            count(&trial.store, "SELECT count(*) FROM notes").await,
            kept
        );
        limit("PRAGMA max_page_count = 100000").await;
        user(&trial.store, "ada").await;
        trial.end().await;
    }

    /// The queue is bounded: what does not fit is refused at once, what fits is done.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_is_busy() {
        let trial = Trial::sqlite().await;
        let (begun, when_begun) = std::sync::mpsc::channel();
        let (go_on, when_full) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Mutex::new((begun, when_full));
        let store = Arc::clone(&trial.store);
        let blocker = tokio::spawn(async move {
            let answer: Res<()> = store
                .write(async move |_: &mut Tx<'_>| {
                    let gate = gate.lock().unwrap();
                    gate.0.send(()).unwrap();
                    gate.1.recv().unwrap();
                    Ok(())
                })
                .await;
            answer
        });
        tokio::task::block_in_place(|| when_begun.recv().unwrap());
        let store = &trial.store;
        let mut waiting = Vec::new();
        let mut answers: Vec<Res<Option<i64>>> = Vec::new();
        for turn in 0..1030 {
            let mut write =
                Box::pin(store.write(async move |tx: &mut Tx<'_>| {
                    add_user(tx, &format!("user {turn}")).await
                }));
            // The first poll puts it into the queue, if it fits.
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            match write.as_mut().poll(&mut context) {
                std::task::Poll::Ready(answer) => answers.push(answer),
                std::task::Poll::Pending => waiting.push(write),
            }
        }
        assert_eq!(answers, vec![Err(StoreError::Busy); 6]);
        go_on.send(()).unwrap();
        blocker.await.unwrap().unwrap();
        for write in waiting {
            answers.push(write.await);
        }
        let busy = answers
            .iter()
            .filter(|answer| **answer == Err(StoreError::Busy))
            .count();
        let done = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(Some(_))))
            .count();
        assert_eq!((done, busy), (1024, 6));
        assert_eq!(
            count(&trial.store, "SELECT count(*) FROM users").await,
            1024
        );
        trial.end().await;
    }

    /// Several nodes that start on an empty database at the same time all find it ready.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nodes_that_start_at_once_migrate_once() {
        let (url, server, name) = schema().await;
        let mut nodes = Vec::new();
        for _ in 0..4 {
            let place = Location::Postgres(url.clone());
            nodes.push(tokio::spawn(async move {
                let store = Store::open(&place, Limits::default()).await?;
                store.migrate_by(TABLES, 7).await
            }));
        }
        let mut applied = Vec::new();
        for node in nodes {
            let report = node.await.unwrap().unwrap();
            assert_eq!(report.at, 2);
            applied.extend(report.applied);
        }
        assert_eq!(applied, [1, 2]);
        admin(&server, &format!("DROP SCHEMA {name} CASCADE")).await;
    }

    #[tokio::test]
    async fn an_absent_server_is_lost_and_its_password_untold() {
        for url in [
            "postgresql://u:hush@127.0.0.1:1/none",
            "postgresql://u:hush@[nonsense",
        ] {
            match Store::open(&Location::Postgres(url.to_owned()), Limits::default()).await {
                Err(StoreError::Lost(message) | StoreError::Address(message)) => {
                    assert!(!message.contains("hush"), "{message}");
                }
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    /// A server that drops its connections costs at most the transactions that were running.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_dropped_connection_is_lost_and_replaced() {
        let trial = Trial::postgres().await;
        let cut: Res<()> = trial
            .store
            .write(async |tx: &mut Tx<'_>| {
                add_user(tx, "ada").await?;
                tx.one(
                    "SELECT 1 FROM pg_terminate_backend(pg_backend_pid())",
                    &[],
                    |row| row.int(0),
                )
                .await
                .map(drop)
            })
            .await;
        assert!(matches!(cut, Err(StoreError::Lost(_))), "{cut:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        for _ in 0..6 {
            assert_eq!(count(&trial.store, "SELECT count(*) FROM users").await, 0);
        }
        user(&trial.store, "ada").await;
        trial.end().await;
    }

    /// When every connection is taken for too long, the caller is told to come again, not kept for ever.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn conflicts_that_never_end_are_busy() {
        let trial = Trial::postgres().await;
        let answer: Res<()> = trial
            .store
            .write(async |tx: &mut Tx<'_>| {
                let sql = "DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '40001'; END $$";
                tx.exec(sql, &[]).await.map(drop)
            })
            .await;
        assert_eq!(answer, Err(StoreError::Busy));
        trial.end().await;
    }
}

/// The tables Usher really has.
mod real_tables {
    use super::*;

    /// The files say the same to both databases, and a second start finds nothing to do.
    async fn migrate_twice(store: &Store) {
        let numbers: Vec<i64> = MIGRATIONS
            .iter()
            .map(|migration| migration.number)
            .collect();
        let at = MIGRATIONS.len() as i64;
        assert_eq!(
            store.migrate(5).await,
            Ok(MigrationReport {
                applied: numbers,
                at
            })
        );
        assert_eq!(
            store.migrate(6).await,
            Ok(MigrationReport {
                applied: vec![],
                at
            })
        );
    }

    #[tokio::test]
    async fn migrations_apply_on_sqlite() {
        let store = Store::open(&Location::DerivedCache, Limits::default())
            .await
            .unwrap();
        migrate_twice(&store).await;
    }

    #[tokio::test]
    async fn migrations_apply_on_postgres() {
        let (url, server, name) = schema().await;
        let store = Store::open(&Location::Postgres(url), Limits::default())
            .await
            .unwrap();
        migrate_twice(&store).await;
        store.close().await.unwrap();
        admin(&server, &format!("DROP SCHEMA {name} CASCADE")).await;
    }

    #[test]
    fn migrations_are_numbered_without_gaps() {
        let numbers: Vec<i64> = MIGRATIONS
            .iter()
            .map(|migration| migration.number)
            .collect();
        let expected: Vec<i64> = (1..).take(MIGRATIONS.len()).collect();
        assert_eq!(numbers, expected);
    }

    /// A row of the access tables must not vanish behind the store's back: no table but `users`, whose rows are the callers
    /// themselves, takes them along.
    #[test]
    fn access_tables_exist_and_are_written_only_by_name() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrate::lite(&mut connection, MIGRATIONS, 0).unwrap();
        for table in PERSONAL.iter().chain(SHARED) {
            let known = connection.table_exists(None, *table).unwrap();
            assert!(known, "{table} is not one of Usher's tables");
            let sql = "SELECT \"table\" FROM pragma_foreign_key_list($1) \
                       WHERE on_delete NOT IN ('NO ACTION', 'RESTRICT') AND \"table\" <> 'users'";
            let mut statement = connection.prepare(sql).unwrap();
            let parents = statement
                .query_map([table], |row| row.get::<_, String>(0))
                .unwrap();
            let parents: Vec<String> = parents.map(Result::unwrap).collect();
            assert_eq!(parents, [""; 0], "deleting from these changes {table} too");
        }
    }
}
