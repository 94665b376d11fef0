//! What always holds in a sound database, and the statements that find where it does not. Each statement gives one text for each row
//! that breaks its invariant, and nothing in a sound database.

use super::migrate::{self, MIGRATIONS};
use super::portable::schema::{self, quoted};
use super::transaction::{Database, Tx};
use super::{Res, StoreError};

/// Findings of one invariant that are shown at most; more of them say nothing new.
const MOST: usize = 100;

/// Where an invariant is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) invariant: &'static str,
    pub(crate) detail: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) checked: Vec<&'static str>,
    pub(crate) broken: Vec<Broken>,
}

impl Looked {
    fn note(&mut self, invariant: &'static str, details: impl IntoIterator<Item = String>) {
        if !self.checked.contains(&invariant) {
            self.checked.push(invariant);
        }
        let details = details.into_iter().take(MOST);
        self.broken
            .extend(details.map(|detail| Broken { invariant, detail }));
    }
}

/// Invariants that one statement decides.
const INVARIANTS: &[(&str, &str)] = &[
    (
        "one-home",
        "SELECT 'user ' || CAST(u.id AS TEXT) || ' has no single membership at the home ' || CAST(u.home_id AS TEXT) FROM users u \
         WHERE (SELECT COUNT(*) FROM memberships m WHERE m.user_id = u.id AND m.home = 1) <> 1 \
         OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id AND m.home = 1 AND m.organisation_id = u.home_id)",
    ),
    (
        "active-owner",
        "SELECT 'no owner may sign in: see usher recover' FROM installation i WHERE NOT EXISTS \
         (SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
         WHERE r.platform = 'usher' AND r.word = 'owner' AND u.status = 'active')",
    ),
    (
        "one-installation",
        "SELECT 'there is no installation' FROM (SELECT COUNT(*) AS n FROM installation WHERE id = 1) i WHERE i.n <> 1",
    ),
    (
        "sign-in-names",
        "SELECT 'user ' || CAST(u.id AS TEXT) || ' is not found by the login' FROM users u WHERE NOT EXISTS \
         (SELECT 1 FROM sign_in_names n WHERE n.user_id = u.id AND n.folded = u.login_key) \
         UNION ALL SELECT 'user ' || CAST(u.id AS TEXT) || ' is not found by the address' FROM users u WHERE u.email_key <> '' \
         AND NOT EXISTS (SELECT 1 FROM sign_in_names n WHERE n.user_id = u.id AND n.folded = u.email_key) \
         UNION ALL SELECT 'a sign-in name of user ' || CAST(u.id AS TEXT) || ' is neither login nor address' FROM sign_in_names n \
         JOIN users u ON u.id = n.user_id WHERE n.folded <> u.login_key AND n.folded <> u.email_key",
    ),
    (
        "names-unique",
        "SELECT 'organisation name ' || o.name_key || ' stands ' || CAST(COUNT(*) AS TEXT) || ' times' FROM organisations o \
         GROUP BY o.name_key HAVING COUNT(*) > 1 \
         UNION ALL SELECT 'group name ' || g.name_key || ' stands ' || CAST(COUNT(*) AS TEXT) || ' times in organisation ' \
         || CAST(g.organisation_id AS TEXT) FROM groups g GROUP BY g.organisation_id, g.platform, g.name_key HAVING COUNT(*) > 1 \
         UNION ALL SELECT 'role ' || r.platform || ':' || r.word || ' stands ' || CAST(COUNT(*) AS TEXT) || ' times' FROM roles r \
         GROUP BY r.platform, r.word HAVING COUNT(*) > 1",
    ),
    (
        "organisation-tree",
        "SELECT 'organisation ' || CAST(o.id AS TEXT) || ' is not its own ancestor at depth 0' FROM organisations o WHERE NOT EXISTS \
         (SELECT 1 FROM organisation_tree t WHERE t.ancestor_id = o.id AND t.descendant_id = o.id AND t.depth = 0) \
         UNION ALL SELECT 'organisation ' || CAST(o.id AS TEXT) || ' lacks the ancestor ' || CAST(t.ancestor_id AS TEXT) \
         FROM organisations o JOIN organisation_tree t ON t.descendant_id = o.parent_id WHERE NOT EXISTS \
         (SELECT 1 FROM organisation_tree x WHERE x.ancestor_id = t.ancestor_id AND x.descendant_id = o.id AND x.depth = t.depth + 1) \
         UNION ALL SELECT 'organisation ' || CAST(t.descendant_id AS TEXT) || ' has the ancestor ' || CAST(t.ancestor_id AS TEXT) || \
         ', which it is not below' FROM organisation_tree t JOIN organisations o ON o.id = t.descendant_id WHERE (t.depth = 0 \
         AND t.ancestor_id <> t.descendant_id) OR (t.depth > 0 AND NOT EXISTS (SELECT 1 FROM organisation_tree x \
         WHERE x.ancestor_id = t.ancestor_id AND x.descendant_id = o.parent_id AND x.depth = t.depth - 1)) \
         UNION ALL SELECT 'organisation ' || CAST(o.id AS TEXT) || ' is not below the root' FROM organisations o \
         WHERE (o.parent_id IS NULL) <> (o.id = 1)",
    ),
    (
        "group-members",
        "SELECT 'user ' || CAST(m.user_id AS TEXT) || ' is in group ' || CAST(m.group_id AS TEXT) || ' and in no organisation of it' \
         FROM group_members m JOIN groups g ON g.id = m.group_id WHERE NOT EXISTS (SELECT 1 FROM memberships s JOIN organisation_tree t \
         ON t.descendant_id = s.organisation_id WHERE s.user_id = m.user_id AND t.ancestor_id = g.organisation_id)",
    ),
    (
        "primary-groups",
        "SELECT 'user ' || CAST(u.id AS TEXT) || ' has a primary group and is not in it' FROM users u WHERE u.primary_group_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM group_members m WHERE m.user_id = u.id AND m.group_id = u.primary_group_id)",
    ),
    (
        "population",
        "SELECT 'organisation ' || CAST(o.id AS TEXT) || ' counts other people than are homed there' FROM organisations o WHERE \
         (SELECT COALESCE(SUM(p.step), 0) FROM population p WHERE p.organisation_id = o.id) <> \
         (SELECT COUNT(*) FROM users u WHERE u.home_id = o.id)",
    ),
    (
        "counters",
        "SELECT 'the counter ' || c.name || ' is behind the numbers in use' FROM counters c JOIN (SELECT 'roles.' || platform AS name, \
         MAX(number) AS most FROM roles WHERE builtin = 0 GROUP BY platform UNION ALL SELECT 'records.' || platform || '.' || kind, \
         MAX(number) FROM records GROUP BY platform, kind) n ON n.name = c.name WHERE c.value < n.most",
    ),
    (
        "managers-exist",
        "SELECT 'group ' || CAST(g.group_id AS TEXT) || ' is managed by a ' || g.manager_kind || ' that does not exist' FROM group_managers g \
         WHERE NOT EXISTS (SELECT 1 FROM users u WHERE g.manager_kind = 'user' AND u.id = g.manager_id) \
         AND NOT EXISTS (SELECT 1 FROM groups o WHERE g.manager_kind = 'group' AND o.id = g.manager_id)",
    ),
    (
        "group-roles",
        "SELECT 'group ' || CAST(g.group_id AS TEXT) || ' brings a role to a ' || g.scope || ' that does not exist' FROM group_roles g \
         WHERE NOT EXISTS (SELECT 1 FROM organisations o WHERE g.scope = 'organisation' AND o.id = g.scope_id) \
         AND NOT EXISTS (SELECT 1 FROM collections c WHERE g.scope = 'collection' AND c.id = g.scope_id)",
    ),
    (
        "extensions",
        "SELECT 'a document of ' || x.platform || ' is of ' || x.entity || ' ' || CAST(x.entity_id AS TEXT) || ', which does not exist' \
         FROM extensions x WHERE (x.entity = 'user' AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = x.entity_id)) \
         OR (x.entity = 'group' AND NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = x.entity_id)) \
         OR (x.entity = 'organisation' AND NOT EXISTS (SELECT 1 FROM organisations o WHERE o.id = x.entity_id)) \
         OR (x.entity = 'role' AND NOT EXISTS (SELECT 1 FROM roles r WHERE r.id = x.entity_id))",
    ),
    (
        "service-accounts",
        "SELECT 'the service account ' || CAST(u.id AS TEXT) || ' has a password or a second factor' FROM users u WHERE u.kind = 'service' \
         AND (EXISTS (SELECT 1 FROM passwords p WHERE p.user_id = u.id) OR EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id))",
    ),
    (
        "states",
        "SELECT 'user ' || CAST(u.id AS TEXT) || ' has the unknown status ' || u.status FROM users u \
         WHERE u.status NOT IN ('active', 'inactive', 'suspended', 'expired')",
    ),
];

/// What SQLite says of its own file.
const SQLITE_INTEGRITY: &str =
    "SELECT c.integrity_check FROM pragma_integrity_check c WHERE c.integrity_check <> 'ok'";
/// What PostgreSQL says of its indexes and constraints.
const POSTGRES_INTEGRITY: &str = "SELECT 'the index ' || c.relname || ' is not valid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT i.indisvalid \
     UNION ALL SELECT 'the constraint ' || c.conname || ' was never checked' FROM pg_constraint c \
     WHERE c.connamespace = current_schema()::regnamespace AND NOT c.convalidated";

/// Looks at every invariant that the database itself can decide.
pub(crate) async fn check_invariants(tx: &mut Tx<'_>) -> Res<Looked> {
    let applied = migrate::applied(tx).await?;
    if migrate::installation_missing(tx).await? {
        return Err(StoreError::Absent(
            "there is no directory in it yet".to_owned(),
        ));
    }
    let known = migrate::those_applied(MIGRATIONS, &applied)?;
    if known.len() < MIGRATIONS.len() {
        return Err(StoreError::Foreign(
            "the tables are older than this usher: run `usher migrate`, or start the server once"
                .to_owned(),
        ));
    }
    let mut looked = Looked::default();
    let integrity = match tx.database() {
        Database::Sqlite => SQLITE_INTEGRITY,
        Database::Postgres => POSTGRES_INTEGRITY,
    };
    let found = tx.all(integrity, &[], |row| row.string(0)).await?;
    looked.note("database", found);
    for (invariant, sql) in INVARIANTS {
        let found = tx.all(sql, &[], |row| row.string(0)).await?;
        looked.note(invariant, found);
    }
    for table in schema::tables(known)? {
        for reference in &table.references {
            // What SQLite holds by its constraints when they are on, and PostgreSQL always: a file that was edited or
            // damaged may break it even so.
            let sql = format!(
                "SELECT COUNT(*) FROM {} x WHERE x.{column} IS NOT NULL AND NOT EXISTS \
                 (SELECT 1 FROM {} y WHERE y.{} = x.{column})",
                quoted(&table.name),
                quoted(&reference.table),
                quoted(&reference.target),
                column = quoted(&reference.column),
            );
            let orphans = tx.one(&sql, &[], |row| row.int(0)).await?.unwrap_or(0);
            let detail = (orphans > 0).then(|| {
                format!(
                    "{orphans} rows of {} name a row of {} by {} that does not exist",
                    table.name, reference.table, reference.column
                )
            });
            looked.note("no-orphans", detail);
        }
        if table.serial {
            let sql = format!("SELECT COALESCE(MAX(id), 0) FROM {}", quoted(&table.name));
            let most = tx.one(&sql, &[], |row| row.int(0)).await?.unwrap_or(0);
            let next = super::portable::next_number(tx, &table.name).await?;
            let detail =
                (most >= next).then(|| format!("{} would give a number again: {next}", table.name));
            looked.note("numbers-unused", detail);
        }
    }
    Ok(looked)
}

/// What is sealed, by the purpose it is sealed for, with what to call it.
pub(crate) struct Sealed {
    pub(crate) purpose: &'static str,
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

/// Hands over everything that is sealed in rows of its own.
pub(crate) async fn each_sealed(tx: &mut Tx<'_>, mut take: impl FnMut(Sealed) + Send) -> Res<()> {
    tx.each(
        "SELECT user_id, sealed_seed FROM second_factors ORDER BY user_id",
        &[],
        |row| {
            take(Sealed {
                purpose: "second factor",
                what: format!("the second factor of user {}", row.int(0)?),
                bytes: row.bytes(1)?.to_vec(),
            });
            Ok(())
        },
    )
    .await?;
    tx.each(
        "SELECT id, sealed FROM outbox WHERE state = 'waiting' ORDER BY id",
        &[],
        |row| {
            take(Sealed {
                purpose: "mail",
                what: format!("the waiting mail {}", row.int(0)?),
                bytes: row.bytes(1)?.to_vec(),
            });
            Ok(())
        },
    )
    .await
}

/// Every document that must be JSON: settings and the lines of roles.
pub(crate) async fn each_document(
    tx: &mut Tx<'_>,
    mut take: impl FnMut(String, &str) + Send,
) -> Res<()> {
    tx.each(
        "SELECT name, document FROM settings ORDER BY name",
        &[],
        |row| {
            take(format!("the setting {}", row.text(0)?), row.text(1)?);
            Ok(())
        },
    )
    .await?;
    tx.each("SELECT id, lines FROM roles ORDER BY id", &[], |row| {
        take(format!("role {}", row.int(0)?), row.text(1)?);
        Ok(())
    })
    .await
}
