//! The raw database: the same rows by hand in the same tables, on the same machine, in the same run.
//! What Usher does more (rights, checks, HTTP) is the difference.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rusqlite::{Connection, Row, params};

use crate::load::Measured;
use crate::moment;
use crate::process::cpu_of;

/// The database's file in a data folder.
pub const FILE: &str = "usher.sqlite3";

/// What a user's row is shown from.
const COLUMNS: &str = "u.id, u.uuid, u.login, u.email, u.pending_email, u.display, u.given, u.family, u.shown_name, u.kind, \
     u.status, u.lock_after, u.locked_until, u.lockout_until, u.home_id, u.primary_group_id, u.department, u.title, u.time_zone, \
     u.second_factor_required, f.confirmed_at, p.changed_at, p.must_change, u.revision, u.created_at, u.created_by, u.updated_at, \
     u.updated_by, u.last_seen_at, u.signed_in_at, u.previous_sign_in_at, u.sign_in_count \
     FROM users u LEFT JOIN passwords p ON p.user_id = u.id LEFT JOIN second_factors f ON f.user_id = u.id";

fn measured(count: u64, start: Instant, cpu: f64) -> Measured {
    let (elapsed, used) = (start.elapsed().as_secs_f64(), cpu_of("self") - cpu);
    Measured {
        rate: count as f64 / elapsed,
        per_cpu: count as f64 / used.max(0.01),
        ..Measured::default()
    }
}

/// Opens the database with the settings that Usher uses.
fn open(folder: &Path) -> Result<Connection> {
    let connection = Connection::open(folder.join(FILE))
        .with_context(|| format!("no database in {}", folder.display()))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -8000;",
    )?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Pages of 100 by name from random places, written as the JSON that Usher answers with.
pub fn pages(folder: &Path, seconds: u64) -> Result<Measured> {
    let connection = open(folder)?;
    let places: Vec<String> = connection
        .prepare("SELECT name_key FROM users ORDER BY id LIMIT 500")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} WHERE (u.name_key, u.id) > (?1, 0) ORDER BY u.name_key, u.id LIMIT 100"
    ))?;
    let (cpu, start) = (cpu_of("self"), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let mut count = 0;
    while Instant::now() < end {
        let place = &places[usize::try_from(count)? * 7 % places.len()];
        let mut rows = statement.query(params![place])?;
        let mut body = Vec::with_capacity(100 << 10);
        body.extend_from_slice(b"{\"items\":[");
        while let Some(row) = rows.next()? {
            if body.last() == Some(&b'}') {
                body.push(b',');
            }
            shown(row, &mut body)?;
        }
        body.extend_from_slice(b"]}");
        std::hint::black_box(body);
        count += 1;
    }
    Ok(measured(count, start, cpu))
}

/// Writes a user straight from the row's own bytes.
fn shown(row: &Row<'_>, body: &mut Vec<u8>) -> Result<()> {
    let mut first = true;
    let mut name = |body: &mut Vec<u8>, name: &str| {
        body.push(if std::mem::take(&mut first) {
            b'{'
        } else {
            b','
        });
        body.push(b'"');
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
    };
    for (index, label) in [
        (0, "number"),
        (14, "home"),
        (15, "primary_group"),
        (23, "revision"),
        (25, "created_by"),
        (27, "updated_by"),
        (31, "sign_in_count"),
    ] {
        name(body, label);
        serde_json::to_writer(&mut *body, &row.get::<_, Option<i64>>(index)?)?;
    }
    for (index, label) in [
        (1, "id"),
        (2, "login"),
        (3, "email"),
        (4, "pending_email"),
        (5, "display_name"),
        (6, "given_name"),
        (7, "family_name"),
        (8, "name"),
        (9, "kind"),
        (10, "status"),
        (10, "standing"),
        (16, "department"),
        (17, "title"),
        (18, "time_zone"),
    ] {
        name(body, label);
        serde_json::to_writer(&mut *body, &row.get_ref(index)?.as_str_or_null()?)?;
    }
    for (index, label) in [
        (12, "locked"),
        (19, "second_factor_required"),
        (20, "second_factor"),
        (21, "has_password"),
        (22, "must_change_password"),
    ] {
        name(body, label);
        serde_json::to_writer(&mut *body, &row.get::<_, Option<i64>>(index)?.is_some())?;
    }
    for (index, label) in [
        (11, "lock_after"),
        (13, "locked_out_until"),
        (21, "password_changed_at"),
        (24, "created_at"),
        (26, "updated_at"),
        (28, "last_seen_at"),
        (29, "signed_in_at"),
        (30, "previous_sign_in_at"),
    ] {
        name(body, label);
        match row.get::<_, Option<i64>>(index)? {
            Some(time) => moment::write(time, body),
            None => body.extend_from_slice(b"null"),
        }
    }
    body.push(b'}');
    Ok(())
}

/// A new person as both raw databases write them.
pub struct Person {
    /// A random-looking UUID.
    pub uuid: String,
    /// The login and the e-mail address.
    pub login: String,
    /// The name, as shown and folded.
    pub name: String,
    /// The name in small letters.
    pub folded: String,
    /// What a search looks through.
    pub search: String,
    /// The number of the home organisation.
    pub home: i64,
    /// What the audit event tells.
    pub detail: String,
}

impl Person {
    /// The person of that number; `run` keeps the runs apart.
    pub fn of(run: u64, number: u64) -> Person {
        let scattered = |seed: u64| {
            let mixed = (number + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
        };
        let (high, low) = (scattered(run << 40), scattered((run << 40) + 77));
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high & 0xFFFF,
            (high >> 16) & 0xFFF,
            low & 0xFFF,
            low >> 16
        );
        let login = format!("raw{run}x{number}@example.org");
        let name = format!("New Person {number}");
        let folded = name.to_lowercase();
        // The filled directory has 311 organisations below the root.
        let home = 2 + i64::try_from(low % 310).unwrap_or(0);
        let detail = format!(
            r#"{{"after":{{"login":"{login}","email":"{login}","name":"{name}","kind":"person","status":"active","home":{home}}}}}"#
        );
        Person {
            search: format!("{folded}\n{login}"),
            uuid,
            login,
            name,
            folded,
            home,
            detail,
        }
    }
}

/// The time that raw rows carry.
pub const NOW: i64 = 1_767_225_600_000;

/// Durable creates in groups as large as the number of clients: every row that Usher's create
/// writes, in a copy of the same directory, and nothing else.
pub fn creates(folder: &Path, run: u64, group: u64, seconds: u64) -> Result<Measured> {
    let mut connection = open(folder)?;
    let role: i64 = connection.query_row(
        "SELECT role_id FROM grants GROUP BY role_id ORDER BY COUNT(*) DESC LIMIT 1",
        [],
        |row| row.get(0),
    )?;
    let (cpu, start) = (cpu_of("self"), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let mut count: u64 = 0;
    while Instant::now() < end {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for _ in 0..group {
            count += 1;
            let new = Person::of(run, count);
            transaction
                .prepare_cached(
                    "INSERT INTO users (uuid, login, email, given, family, shown_name, shown_given, shown_family, login_key, \
                     email_key, name_key, given_key, family_key, search, kind, status, home_id, version, revision, created_at, \
                     created_by, updated_at, updated_by, sign_in_count) VALUES (?1, ?2, ?2, ?3, ?3, ?3, ?3, ?3, ?2, ?2, ?4, ?4, \
                     ?4, ?5, 'person', 'active', ?6, 1, 1, ?7, 1, ?7, 1, 0)",
                )?
                .execute(params![new.uuid, new.login, new.name, new.folded, new.search, new.home, NOW])?;
            let id = transaction.last_insert_rowid();
            transaction
                .prepare_cached("INSERT INTO user_search_pending (user_id) VALUES (?1)")?
                .execute(params![id])?;
            if id % 512 == 0 {
                transaction.execute_batch(
                    "INSERT OR REPLACE INTO user_search (rowid, search) SELECT u.id, u.search FROM user_search_pending p \
                     CROSS JOIN users u WHERE u.id = p.user_id; DELETE FROM user_search_pending;",
                )?;
            }
            transaction
                .prepare_cached("INSERT INTO sign_in_names (folded, user_id) VALUES (?1, ?2)")?
                .execute(params![new.login, id])?;
            transaction
                .prepare_cached("INSERT INTO memberships (user_id, organisation_id, home, administrator, created_at) VALUES (?1, ?2, 1, 0, ?3)")?
                .execute(params![id, new.home, NOW])?;
            transaction
                .prepare_cached("INSERT INTO population (organisation_id, step) VALUES (?1, 1)")?
                .execute(params![new.home])?;
            transaction
                .prepare_cached("INSERT INTO grants (user_id, role_id, organisation_id, created_at, created_by) VALUES (?1, ?2, ?3, ?4, 1)")?
                .execute(params![id, role, new.home, NOW])?;
            transaction
                .prepare_cached(
                    "INSERT INTO events (at, verb, actor_id, actor_name, platform, key_id, entity, entity_id, entity_name, \
                     organisation_id, detail, address, request_id) VALUES (?1, 'user.created', 1, 'owner@example.org', 'usher', 1, \
                     'user', ?2, ?3, ?4, ?5, '127.0.0.1', 'a1b2c3d4-00000001')",
                )?
                .execute(params![NOW, id, new.login, new.home, new.detail])?;
        }
        transaction.commit()?;
    }
    Ok(measured(count, start, cpu))
}
