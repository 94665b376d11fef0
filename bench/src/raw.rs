//! The raw database: the same rows by hand, on the same machine, in the same run. What Usher does
//! more (rights, checks, HTTP) is the difference.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::load::Measured;
use crate::process::cpu_of;

fn measured(count: u64, start: Instant, cpu: f64) -> Measured {
    let (elapsed, used) = (start.elapsed().as_secs_f64(), cpu_of("self") - cpu);
    Measured {
        rate: count as f64 / elapsed,
        per_cpu: count as f64 / used.max(0.01),
        ..Measured::default()
    }
}

/// Pages of 100 by name from random places, written as JSON.
pub fn pages(folder: &Path, seconds: u64) -> Result<Measured> {
    let file = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| {
            path.extension().is_some_and(|extension| {
                extension == "db" || extension == "sqlite" || extension == "sqlite3"
            })
        })
        .ok_or_else(|| anyhow::anyhow!("no database in {}", folder.display()))?;
    let connection = Connection::open(file)?;
    let places: Vec<String> = connection
        .prepare("SELECT name_key FROM users ORDER BY id LIMIT 500")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare(
        "SELECT id, uuid, login, email, display, given, family, shown_name, kind, status, home_id, department, title, \
         time_zone, created_at, updated_at, last_seen_at FROM users WHERE (name_key, id) > (?1, 0) ORDER BY name_key, id LIMIT 100",
    )?;
    let (cpu, start) = (cpu_of("self"), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let mut count = 0;
    while Instant::now() < end {
        let place = &places[usize::try_from(count)? * 7 % places.len()];
        let mut rows = statement.query(params![place])?;
        let mut page = Vec::with_capacity(100);
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, Option<String>>(index);
            page.push(json!({
                "number": row.get::<_, i64>(0)?, "id": text(1)?, "login": text(2)?, "email": text(3)?,
                "display": text(4)?, "given": text(5)?, "family": text(6)?, "name": text(7)?, "kind": text(8)?,
                "status": text(9)?, "home": row.get::<_, i64>(10)?, "department": text(11)?, "title": text(12)?,
                "time_zone": text(13)?, "created_at": row.get::<_, i64>(14)?, "updated_at": row.get::<_, i64>(15)?,
                "last_seen_at": row.get::<_, Option<i64>>(16)?,
            }));
        }
        let body = serde_json::to_vec(&json!({ "items": page }))?;
        std::hint::black_box(body);
        count += 1;
    }
    Ok(measured(count, start, cpu))
}

/// Durable creates in groups as large as the number of clients: the rows a create writes, with the
/// same indexes.
pub fn creates(folder: &Path, group: u64, seconds: u64) -> Result<Measured> {
    let file = folder.join(format!("usher-bench-raw-{}.db", std::process::id()));
    let mut connection = Connection::open(&file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000;
         CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT UNIQUE, login TEXT, email TEXT, name TEXT,
           login_key TEXT, email_key TEXT, name_key TEXT, search TEXT, status TEXT, home BIGINT, created_at BIGINT);
         CREATE INDEX users_name ON users (name_key, id); CREATE INDEX users_login ON users (login_key, id);
         CREATE INDEX users_email ON users (email_key, id); CREATE INDEX users_created ON users (created_at, id);
         CREATE INDEX users_home ON users (home, id);
         CREATE TABLE names (folded TEXT PRIMARY KEY, user_id BIGINT); CREATE INDEX names_user ON names (user_id);
         CREATE TABLE memberships (user_id BIGINT, organisation_id BIGINT, home BIGINT, PRIMARY KEY (user_id, organisation_id));
         CREATE INDEX memberships_organisation ON memberships (organisation_id, user_id);
         CREATE TABLE population (id INTEGER PRIMARY KEY AUTOINCREMENT, organisation_id BIGINT, step BIGINT);
         CREATE INDEX population_organisation ON population (organisation_id, step);
         CREATE TABLE grants (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id BIGINT, role_id BIGINT, organisation_id BIGINT,
           created_at BIGINT, UNIQUE (user_id, role_id, organisation_id));
         CREATE INDEX grants_role ON grants (role_id, user_id); CREATE INDEX grants_organisation ON grants (organisation_id);
         CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, at BIGINT, verb TEXT, actor BIGINT, entity TEXT,
           entity_id BIGINT, organisation_id BIGINT, detail TEXT);
         CREATE INDEX events_at ON events (at, id); CREATE INDEX events_entity ON events (entity, entity_id, id);
         CREATE INDEX events_organisation ON events (organisation_id, id); CREATE INDEX events_actor ON events (actor, id);",
    )?;
    let (cpu, start) = (cpu_of("self"), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let mut count: u64 = 0;
    while Instant::now() < end {
        let transaction = connection.transaction()?;
        for _ in 0..group {
            count += 1;
            let (uuid, login) = (format!("{count:032x}"), format!("new{count}@example.org"));
            let name = format!("new person {count}");
            let home = i64::try_from(count % 310)?;
            transaction
                .prepare_cached("INSERT INTO users (uuid, login, email, name, login_key, email_key, name_key, search, status, home, created_at) VALUES (?1, ?2, ?2, ?3, ?2, ?2, ?3, ?3, 'active', ?4, ?5)")?
                .execute(params![uuid, login, name, home, 1_767_225_600_000_i64])?;
            let id = transaction.last_insert_rowid();
            transaction
                .prepare_cached("INSERT INTO names VALUES (?1, ?2)")?
                .execute(params![login, id])?;
            transaction
                .prepare_cached("INSERT INTO memberships VALUES (?1, ?2, 1)")?
                .execute(params![id, home])?;
            transaction
                .prepare_cached("INSERT INTO population (organisation_id, step) VALUES (?1, 1)")?
                .execute(params![home])?;
            transaction
                .prepare_cached("INSERT INTO grants (user_id, role_id, organisation_id, created_at) VALUES (?1, 5, ?2, 1)")?
                .execute(params![id, home])?;
            transaction
                .prepare_cached("INSERT INTO events (at, verb, actor, entity, entity_id, organisation_id, detail) VALUES (1, 'user.created', 1, 'user', ?1, ?2, ?3)")?
                .execute(params![id, home, format!(r#"{{"after":{{"login":"{login}","name":"{name}"}}}}"#)])?;
        }
        transaction.commit()?;
    }
    let result = measured(count, start, cpu);
    drop(connection);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    Ok(result)
}
