//! Which tables decide who may do what, and how a change of them is made known.
//!
//! A caller that was worked out once stays valid while its person's `users.version` and the installation's `epoch` stand
//! still. Raising them is the store's own act, derived from the table a statement writes, so that no use-case can forget it.
//!
//! On SQLite, whose only writer is this process, whole credentials are remembered as well: [`AuthRevision`] counts the commits
//! that changed anything an authentication reads, so that one look at a number in memory takes the place of a statement.
//! What is worked out from roles, groups, organisations and settings is remembered on both, for a [`CacheStamp`].

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Res, StoreError};

/// Tables whose rows concern one person's access: a write must say whose, by `exec_for`.
pub(crate) const PERSONAL: &[&str] = &["grants", "memberships", "group_members"];

/// Tables whose rows concern the access of many, or from which more is worked out that is remembered (what newcomers get,
/// how roles are shown): any write raises the epoch.
pub(crate) const SHARED: &[&str] = &[
    "roles",
    "group_roles",
    "group_managers",
    "grantable_groups",
    "organisation_tree",
    "collection_organisations",
    "settings",
    "organisations",
    "groups",
];

/// Tables that authentication reads beside those above: a credential's own row and its owner's state. A new row of theirs
/// takes nothing from anybody and leaves every credential that is remembered as it was; any other write does not.
pub(crate) const CREDENTIALS: &[&str] =
    &["users", "passwords", "api_keys", "sessions", "installation"];

/// Columns that tell when and from where something was last used. Authentication reads none of them, so writing them
/// down once a second takes nothing from what is remembered.
const USAGE: &[(&str, &[&str])] = &[
    ("users", &["last_seen_at"]),
    (
        "api_keys",
        &[
            "use_count",
            "last_used_at",
            "last_address",
            "seen_addresses",
        ],
    ),
];

/// How many commits changed what authentication reads.
#[derive(Debug, Default)]
pub(super) struct AuthRevisionCounter(AtomicU64);

/// The reading of a [`AuthRevisionCounter`]: what was read after it was taken holds while the counter stands at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuthRevision(u64);

/// What was worked out from roles, groups, organisations and settings holds as long as the moment in which it was read:
/// nothing of them has changed between two readings that are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheStamp {
    /// SQLite, written by this process alone.
    Counted(AuthRevision),
    /// PostgreSQL: the epoch that this request's authentication read, which tells what other nodes changed before it; and
    /// what this process changed, for requests that look at what they have just written.
    Read { epoch: i64, own: AuthRevision },
}

impl AuthRevisionCounter {
    /// Raised after the commit and before its answer, so that whoever was answered finds nothing older.
    pub(super) fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn now(&self) -> AuthRevision {
        AuthRevision(self.0.load(Ordering::SeqCst))
    }
}

/// Whose access a write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessChange {
    /// One person, by number.
    User(i64),
    /// Any number of people.
    Everyone,
}

/// What a statement does to the tables above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StatementKind {
    /// It changes nothing.
    Read,
    /// It changes nobody's access.
    Plain,
    /// It changes what authentication reads of a credential or its owner.
    Credential,
    /// It changes one person's access.
    Personal,
    /// It changes the access of many.
    Shared,
}

/// What must be raised after a statement that changed rows.
pub(super) fn bump_for(
    sql: &str,
    whom: Option<AccessChange>,
) -> Res<(StatementKind, Option<AccessChange>)> {
    let effect = effect(sql);
    let bump = match (effect, whom) {
        (StatementKind::Personal, None) => {
            return Err(StoreError::Bug(
                "a write to a personal access table does not say whose".to_owned(),
            ));
        }
        (StatementKind::Read, Some(_)) => {
            return Err(StoreError::Bug(
                "a read was passed off as a change of access".to_owned(),
            ));
        }
        (StatementKind::Shared, _) => Some(AccessChange::Everyone),
        (_, whom) => whom,
    };
    Ok((effect, bump))
}

/// Reads the leading words of a statement. A statement that begins with `WITH` is searched for the writes behind it.
fn effect(sql: &str) -> StatementKind {
    let mut words = words(sql);
    match words.next() {
        Some(first) if is(first, "WITH") => {
            let mut found = StatementKind::Read;
            while let Some(word) = words.next() {
                found = found.max(write(word, &mut words).unwrap_or(StatementKind::Read));
            }
            found
        }
        Some(first) if is(first, "SELECT") => StatementKind::Read,
        Some(first) if is(first, "UPDATE") && writes_usage_only(sql) => StatementKind::Plain,
        // What is not known to read only is taken for a write.
        Some(first) => write(first, &mut words).unwrap_or(StatementKind::Plain),
        None => StatementKind::Read,
    }
}

/// Whether an `UPDATE` sets only columns of [`USAGE`].
fn writes_usage_only(sql: &str) -> bool {
    let table = words(sql).nth(1).unwrap_or_default();
    let Some((_, usage)) = USAGE.iter().find(|(name, _)| *name == table) else {
        return false;
    };
    let set = sql.split_once(" SET ").map(|(_, rest)| rest);
    let Some((assignments, _)) = set.and_then(|rest| rest.split_once(" WHERE ")) else {
        return false;
    };
    let mut depth = 0_i32;
    assignments
        .split(|letter: char| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            letter == ',' && depth == 0
        })
        .all(|assignment| {
            let column = assignment.split('=').next().unwrap_or_default();
            usage.contains(&column.trim())
        })
}

fn write<'s>(
    verb: &str,
    rest: &mut (impl Iterator<Item = &'s str> + Clone),
) -> Option<StatementKind> {
    let mut adds = is(verb, "INSERT");
    let table = if adds || is(verb, "REPLACE") || is(verb, "DELETE") {
        // Whatever stands between the verb and the table, such as SQLite's `OR IGNORE`, is stepped over.
        rest.find(|word| {
            adds &= !is(word, "REPLACE");
            is(word, "INTO") || is(word, "FROM")
        })?;
        rest.next()?
    } else if is(verb, "UPDATE") {
        rest.next()?
    } else {
        return None;
    };
    Some(if PERSONAL.contains(&table) {
        StatementKind::Personal
    } else if SHARED.contains(&table) {
        StatementKind::Shared
    } else if CREDENTIALS.contains(&table)
        && !(adds && rest.clone().all(|word| !is(word, "UPDATE")))
    {
        StatementKind::Credential
    } else {
        StatementKind::Plain
    })
}

fn words(sql: &str) -> impl Iterator<Item = &str> + Clone {
    sql.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_authentication_reads_is_watched() {
        for sql in super::super::credentials::TEXTS {
            let mut words = words(sql);
            while let Some(word) = words.next() {
                if is(word, "FROM") || is(word, "JOIN") {
                    let table = words.next().unwrap();
                    let watched = [PERSONAL, SHARED, CREDENTIALS];
                    assert!(watched.iter().any(|list| list.contains(&table)), "{table}");
                }
            }
        }
    }

    /// Authentication would rest on what it remembers of these columns.
    #[test]
    fn authentication_reads_no_column_of_usage() {
        for sql in super::super::credentials::TEXTS {
            for column in USAGE.iter().flat_map(|(_, columns)| columns.iter()) {
                // A session's own `last_seen_at` is no column of usage: idle sessions end by it.
                let read = words(sql).any(|word| word == *column);
                assert!(!read || sql.contains("sessions s"), "{column}: {sql}");
            }
        }
    }

    #[test]
    fn effects_of_statements() {
        let table = [
            ("SELECT id FROM grants WHERE id = $1", StatementKind::Read),
            ("  select login from users for update", StatementKind::Read),
            ("WITH x AS (SELECT 1) SELECT * FROM x", StatementKind::Read),
            ("PRAGMA page_count", StatementKind::Plain),
            ("", StatementKind::Read),
            ("INSERT", StatementKind::Plain),
            (
                "INSERT INTO users (login) VALUES ($1)",
                StatementKind::Plain,
            ),
            (
                "INSERT INTO users(login) SELECT name FROM roles",
                StatementKind::Plain,
            ),
            ("UPDATE users SET version = 1", StatementKind::Credential),
            (
                "DELETE FROM api_keys WHERE id = $1",
                StatementKind::Credential,
            ),
            (
                "UPDATE users SET last_seen_at = $2 WHERE id = $1",
                StatementKind::Plain,
            ),
            (
                "UPDATE users SET last_seen_at = $2, status = $3 WHERE id = $1",
                StatementKind::Credential,
            ),
            (
                "UPDATE users SET last_seen_at = $2",
                StatementKind::Credential,
            ),
            (
                "UPDATE api_keys SET use_count = use_count + $2, last_address = COALESCE($4, last_address) WHERE id = $1",
                StatementKind::Plain,
            ),
            (
                "UPDATE api_keys SET last_address = COALESCE($4, x), expires_at = $2 WHERE id = $1",
                StatementKind::Credential,
            ),
            (
                "UPDATE sessions SET last_seen_at = $2 WHERE id = $1",
                StatementKind::Credential,
            ),
            (
                "INSERT INTO passwords (hash) VALUES ($1) ON CONFLICT DO UPDATE SET hash = $1",
                StatementKind::Credential,
            ),
            (
                "INSERT INTO sessions (id) VALUES ($1) ON CONFLICT DO NOTHING",
                StatementKind::Plain,
            ),
            (
                "INSERT OR REPLACE INTO users (id) VALUES (1)",
                StatementKind::Credential,
            ),
            (
                "REPLACE INTO users (id) VALUES (1)",
                StatementKind::Credential,
            ),
            (
                "WITH x AS (INSERT INTO users (id) VALUES (1)) DELETE FROM sessions",
                StatementKind::Credential,
            ),
            ("INSERT INTO groups (id) VALUES ($1)", StatementKind::Shared),
            ("DELETE FROM events WHERE id = $1", StatementKind::Plain),
            ("CREATE TABLE roles (id BIGINT)", StatementKind::Plain),
            (
                "INSERT INTO grants (id) VALUES ($1) RETURNING id",
                StatementKind::Personal,
            ),
            (
                "insert or ignore into group_members (id) values (1)",
                StatementKind::Personal,
            ),
            (
                "UPDATE memberships SET administrator = 1",
                StatementKind::Personal,
            ),
            ("\n  DELETE\n FROM\tgrants", StatementKind::Personal),
            (
                "WITH x AS (SELECT 1) INSERT INTO grants SELECT * FROM x",
                StatementKind::Personal,
            ),
            (
                "WITH RECURSIVE t AS (SELECT 1) DELETE FROM organisation_tree",
                StatementKind::Shared,
            ),
            (
                "INSERT INTO roles (id) VALUES (1) ON CONFLICT DO UPDATE SET id = 2",
                StatementKind::Shared,
            ),
            ("DELETE FROM roles", StatementKind::Shared),
            ("UPDATE settings SET document = $1", StatementKind::Shared),
        ];
        for (sql, expected) in table {
            assert_eq!(effect(sql), expected, "{sql}");
        }
    }
}
