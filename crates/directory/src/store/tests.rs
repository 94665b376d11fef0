//! The store's contract, run on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::access::{PERSONAL, SHARED, SHARED_ON_DELETE};
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
              CREATE TABLE groups (id {SERIAL}, name {TEXT} NOT NULL);
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
        let store = Store::open(&Location::Memory, Limits::default())
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

contract!(
    handlers_can_be_spawned,
    parameters_go_by_number_not_by_order,
    every_kind_of_value_comes_back,
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
