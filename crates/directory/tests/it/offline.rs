//! Backups, restores and the check of everything that always holds, on both databases.

use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use directory::{
    CheckReport, Directory, ManualClock, Moved, NewGroup, NewKey, NewPassword, NewUser,
    OfflineError, SettingsChange, StoreLocation, check_directory, restore_backup, verify_backup,
    write_backup,
};

use crate::support::{
    HELPDESK, MEMBER, ROOT, START, TOY, World, configuration, postgres_location, statement,
    world_at,
};

const SECRET: [u8; 32] = [7; 32];

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("usher-offline-{}-{number}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn place(&self) -> StoreLocation {
        StoreLocation::Folder(self.0.join("data"))
    }

    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.0.join("data/usher.sqlite3")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A directory with something of everything, and the text of a key.
async fn filled(place: StoreLocation) -> (World, String) {
    let world = world_at(place).await;
    // The child has the smaller number: rows name others that come later.
    let child = world.organisation("Child", ROOT).await;
    let parent = world.organisation("Ümlaut & \"Co\"", ROOT).await;
    let moved = directory::OrganisationChange {
        parent: Some(parent.id),
        ..directory::OrganisationChange::default()
    };
    world
        .system()
        .update_organisation(child.id, moved)
        .await
        .unwrap();
    let password = NewPassword::Chosen("tangerine umbrella 42".to_owned());
    let ada = NewUser {
        email: Some("ada@example.org".to_owned()),
        names: directory::Names {
            given: Some("Ada \u{1F9A6} \"x\"".to_owned()),
            ..directory::Names::default()
        },
        home: Some(child.id),
        password,
        ..NewUser::default()
    };
    let ada = world.system().create_user(ada).await.unwrap();
    let bob = world
        .person("bob@example.org", parent.id, &[HELPDESK, MEMBER])
        .await;
    let group = NewGroup {
        name: "Readers".to_owned(),
        organisation: Some(parent.id),
        ..NewGroup::default()
    };
    let group = world.system().create_group(group).await.unwrap();
    world.system().add_member(group.id, ada.id).await.unwrap();
    let key = NewKey {
        name: "job".to_owned(),
        ..NewKey::default()
    };
    let key = world.system().create_key(bob.id, key).await.unwrap().secret;
    let session = world
        .sign_in("ada@example.org", "tangerine umbrella 42")
        .await
        .unwrap();
    let handle = world
        .directory
        .act(&world.caller_at(TOY, &session.secret).await.unwrap());
    let begun = handle.begin_second_factor(None).await;
    begun.unwrap();
    let gone = world.person("gone@example.org", ROOT, &[]).await;
    world.system().delete_user(gone.id).await.unwrap();
    let password = SettingsChange::default().mail_password(Some("mail secret".to_owned()));
    world.system().change_settings(password).await.unwrap();
    world.directory.check_secret(false).await.unwrap();
    world.directory.flush_uses().await.unwrap();
    (world, key)
}

async fn backup(place: &StoreLocation) -> Vec<u8> {
    let done = write_backup(place.clone(), Vec::new(), "1.2.3".to_owned(), START, None).await;
    done.unwrap().0
}

/// The rows of a backup without the lines that say where it comes from.
fn rows(backup: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(backup).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    lines[1..lines.len() - 1].to_vec()
}

fn file_of(bytes: &[u8]) -> std::fs::File {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let path = std::env::temp_dir().join(format!(
        "usher-backup-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    ));
    let mut file = std::fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

async fn restored(place: &StoreLocation, backup: &[u8]) -> Result<Moved, OfflineError> {
    restore_backup(place.clone(), verify_backup(file_of(backup))?, START).await
}

async fn check(place: &StoreLocation) -> CheckReport {
    check_directory(place.clone(), Some(SECRET)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_and_back_everything_is_equal() {
    let (first, last) = (Folder::new(), Folder::new());
    let (world, key) = filled(first.place()).await;
    let original = backup(&first.place()).await;
    let (between, schema) = postgres_location().await;
    restored(&between, &original).await.unwrap();
    let on_postgres = backup(&between).await;
    assert_eq!(rows(&original), rows(&on_postgres));
    restored(&last.place(), &on_postgres).await.unwrap();
    assert_eq!(rows(&original), rows(&backup(&last.place()).await));
    assert!(rows(&original).len() > 80, "{}", rows(&original).len());
    // Sealed values, keys, sessions and numbers work on as they did, and what is worked out from rows was built again.
    let expected = world.person("next@example.org", ROOT, &[]).await.id;
    world.end().await;
    for place in [between, last.place()] {
        assert_eq!(check(&place).await.findings, []);
        let clock = ManualClock::at(START);
        let directory = Directory::open(configuration(place, clock.clone()))
            .await
            .unwrap();
        assert_eq!(directory.check_secret(false).await, Ok(true));
        let mail = directory.mail_password().await;
        assert_eq!(mail, Ok(Some("mail secret".to_owned())));
        let world = World {
            directory,
            clock,
            schema: None,
        };
        let caller = world.caller(&key).await.unwrap();
        let handle = world.directory.act(&caller);
        assert_eq!(
            handle.user(directory::UserId(3)).await.unwrap().login,
            "bob@example.org"
        );
        let query = directory::Query {
            search: Some("ada@exam".to_owned()),
            limit: 10,
            ..directory::Query::default()
        };
        let found = world.system().users(&query).await.unwrap().items;
        assert!(
            found.iter().any(|user| user.login == "ada@example.org"),
            "{found:?}"
        );
        let next = world.person("next@example.org", ROOT, &[]).await.id;
        assert_eq!(next, expected);
        world.end().await;
    }
    statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
}

/// Writers go on while the backup is taken; everything acknowledged before it began is in it, and nothing is half.
async fn under_load(place: StoreLocation) {
    let (world, _) = filled(place.clone()).await;
    let world = Arc::new(world);
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU32::new(0));
    let mut writers = Vec::new();
    for writer in 0..3 {
        let (world, stop, done) = (Arc::clone(&world), Arc::clone(&stop), Arc::clone(&done));
        writers.push(tokio::spawn(async move {
            let mut made = Vec::new();
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let email = format!("w{writer}-{number}@example.org");
                let user = world.person(&email, ROOT, &[MEMBER]).await;
                world.key_of(user.id).await;
                made.push(email);
                done.fetch_add(1, Ordering::SeqCst);
            }
            made
        }));
    }
    while done.load(Ordering::SeqCst) < 10 {
        tokio::task::yield_now().await;
    }
    let before = world.person("before@example.org", ROOT, &[]).await;
    let taken = backup(&place).await;
    let during = done.load(Ordering::SeqCst);
    while done.load(Ordering::SeqCst) < during + 5 {
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let target = Folder::new();
    restored(&target.place(), &taken).await.unwrap();
    assert_eq!(check(&target.place()).await.findings, []);
    let clock = ManualClock::at(START);
    let directory = Directory::open(configuration(target.place(), clock.clone()))
        .await
        .unwrap();
    let copy = World {
        directory,
        clock,
        schema: None,
    };
    let found = copy.system().user(before.id).await.unwrap();
    assert_eq!(found.uuid, before.uuid);
    copy.end().await;
    let world = Arc::into_inner(world).unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_on_sqlite() {
    let folder = Folder::new();
    under_load(folder.place()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_on_postgres() {
    let (place, schema) = postgres_location().await;
    under_load(place).await;
    statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_whole_is_refused_and_leaves_nothing() {
    let (folder, target) = (Folder::new(), Folder::new());
    let (world, _) = filled(folder.place()).await;
    let whole = backup(&folder.place()).await;
    world.end().await;
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut damaged: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "the file is empty"),
        (
            b"SQLite format 3\0 and so on\n".to_vec(),
            "this is no backup of usher",
        ),
        (whole[..whole.len() - 1].to_vec(), "it ends within a line"),
        (whole[..whole.len() / 2].to_vec(), "the backup is not whole"),
        (
            [&whole[..], b"x\n"].concat(),
            "something follows its last line",
        ),
        (
            text.replace("bob@example.org", "bib@example.org")
                .into_bytes(),
            "its checksum differs",
        ),
        (
            (lines[..lines.len() - 1].join("\n") + "\n").into_bytes(),
            "it has no last line",
        ),
        (
            text.replacen("\"format\":1", "\"format\":2", 1)
                .into_bytes(),
            "this usher reads format 1",
        ),
    ];
    // A row less, wherever it stood.
    for line in (1..lines.len() - 1).step_by(lines.len() / 20) {
        let mut less = lines.clone();
        less.remove(line);
        damaged.push((
            (less.join("\n") + "\n").into_bytes(),
            "its checksum differs",
        ));
    }
    for (bytes, wanted) in damaged {
        match restored(&target.place(), &bytes).await {
            Err(OfflineError::Refused(why)) => assert!(why.contains(wanted), "{wanted}: {why}"),
            other => panic!("{wanted}: {other:?}"),
        }
        assert!(!target.0.join("data").exists(), "{wanted}");
    }
    // A second restore, and one into a folder that a server has open.
    restored(&target.place(), &whole).await.unwrap();
    let again = restored(&target.place(), &whole).await;
    assert!(matches!(again, Err(OfflineError::Occupied(_))), "{again:?}");
    let clock = ManualClock::at(START);
    let open = Directory::open(configuration(target.place(), clock))
        .await
        .unwrap();
    let again = restored(&target.place(), &whole).await;
    assert!(
        matches!(&again, Err(OfflineError::Occupied(why)) if why.contains("stop it")),
        "{again:?}"
    );
    open.close().await.unwrap();
    let nothing = write_backup(
        Folder::new().place(),
        Vec::new(),
        String::new(),
        START,
        None,
    )
    .await;
    assert!(matches!(nothing, Err(OfflineError::Absent(_))));
}

/// Breaks one invariant by hand.
struct Break {
    invariant: &'static str,
    /// The constraint that PostgreSQL would hold it by: a table and the constraint's name.
    constraint: Option<(&'static str, &'static str)>,
    sql: &'static str,
}

const BREAKS: &[Break] = &[
    Break {
        invariant: "one-home",
        constraint: None,
        sql: "UPDATE memberships SET home = 0 WHERE user_id = 1",
    },
    Break {
        invariant: "one-home",
        constraint: None,
        sql: "UPDATE users SET home_id = 2 WHERE id = 1",
    },
    Break {
        invariant: "active-owner",
        constraint: None,
        sql: "UPDATE users SET status = 'inactive' WHERE id = 1",
    },
    Break {
        invariant: "sign-in-names",
        constraint: None,
        sql: "DELETE FROM sign_in_names WHERE user_id = 1",
    },
    Break {
        invariant: "sign-in-names",
        constraint: None,
        sql: "INSERT INTO sign_in_names (folded, user_id) VALUES ('other', 1)",
    },
    Break {
        invariant: "organisation-tree",
        constraint: None,
        sql: "DELETE FROM organisation_tree WHERE depth = 2",
    },
    Break {
        invariant: "organisation-tree",
        constraint: None,
        sql: "DELETE FROM organisation_tree WHERE depth = 0 AND ancestor_id = 2",
    },
    Break {
        invariant: "organisation-tree",
        constraint: None,
        sql: "INSERT INTO organisation_tree (ancestor_id, descendant_id, depth) VALUES (2, 3, 1)",
    },
    Break {
        invariant: "organisation-tree",
        constraint: None,
        sql: "UPDATE organisations SET parent_id = NULL WHERE id = 3",
    },
    Break {
        invariant: "group-members",
        constraint: None,
        sql: "INSERT INTO group_members (group_id, user_id, created_at) SELECT MAX(id), 1, 0 FROM groups",
    },
    Break {
        invariant: "primary-groups",
        constraint: None,
        sql: "UPDATE users SET primary_group_id = 999999 WHERE id = 1",
    },
    Break {
        invariant: "population",
        constraint: None,
        sql: "INSERT INTO population (organisation_id, step) VALUES (1, 1)",
    },
    Break {
        invariant: "counters",
        constraint: None,
        sql: "UPDATE counters SET value = 1 WHERE name = 'records.toy.thing'",
    },
    Break {
        invariant: "managers-exist",
        constraint: None,
        sql: "INSERT INTO group_managers (group_id, manager_kind, manager_id, level) SELECT MAX(id), 'user', 999999, 'read' FROM groups",
    },
    Break {
        invariant: "group-roles",
        constraint: None,
        sql: "INSERT INTO group_roles (group_id, role_id, scope, scope_id, created_at) SELECT MAX(id), 5, 'collection', 999999, 0 FROM groups",
    },
    Break {
        invariant: "extensions",
        constraint: None,
        sql: "INSERT INTO extensions (entity, entity_id, platform, document, version, updated_at) VALUES ('user', 999999, 'toy', '{}', 1, 0)",
    },
    Break {
        invariant: "service-accounts",
        constraint: None,
        sql: "UPDATE users SET kind = 'service' WHERE id = 1",
    },
    Break {
        invariant: "states",
        constraint: None,
        sql: "UPDATE users SET status = 'odd' WHERE id = 3",
    },
    Break {
        invariant: "one-installation",
        constraint: None,
        sql: "UPDATE installation SET id = 2",
    },
    Break {
        invariant: "documents",
        constraint: None,
        sql: "UPDATE settings SET document = '{' WHERE name = 'sealing_check'",
    },
    Break {
        invariant: "documents",
        constraint: None,
        sql: "UPDATE roles SET lines = 'none' WHERE id = 5",
    },
    Break {
        invariant: "sealed",
        constraint: None,
        sql: "UPDATE second_factors SET sealed_seed = (SELECT digest FROM api_keys ORDER BY id LIMIT 1)",
    },
    Break {
        invariant: "sealed",
        constraint: None,
        sql: "UPDATE settings SET document = (SELECT document FROM settings WHERE name = 'sealing_check') WHERE name = 'mail_password'",
    },
    Break {
        invariant: "no-orphans",
        constraint: Some(("sessions", "sessions_user_id_fkey")),
        sql: "UPDATE sessions SET user_id = 999999",
    },
    Break {
        invariant: "no-orphans",
        constraint: Some(("api_keys", "api_keys_user_id_fkey")),
        sql: "UPDATE api_keys SET user_id = 999999",
    },
    Break {
        invariant: "no-orphans",
        constraint: Some(("grants", "grants_role_id_fkey")),
        sql: "UPDATE grants SET role_id = 999999 WHERE id = (SELECT MAX(id) FROM grants)",
    },
];

/// What only one of the databases can be broken in, with the invariant.
const ON_SQLITE: &[(&str, &str)] = &[
    (
        "database",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'users_by_login') WHERE name = 'users_by_created'",
    ),
    (
        "numbers-unused",
        "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'users'",
    ),
    (
        "names-unique",
        "CREATE TABLE other AS SELECT * FROM organisations; DROP TABLE organisations; ALTER TABLE other RENAME TO organisations; UPDATE organisations SET name_key = 'child'",
    ),
];
const ON_POSTGRES: &[(&str, &str)] = &[
    (
        "database",
        "ALTER TABLE users ADD CONSTRAINT odd CHECK (id > 0) NOT VALID",
    ),
    (
        "numbers-unused",
        "SELECT setval(pg_get_serial_sequence('users', 'id'), 1, false)",
    ),
    (
        "names-unique",
        "ALTER TABLE organisations DROP CONSTRAINT organisations_name_key_key; UPDATE organisations SET name_key = 'child'",
    ),
];

fn names(report: &CheckReport) -> Vec<&str> {
    report
        .findings
        .iter()
        .map(|finding| finding.invariant.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_invariant_is_missed_when_it_is_broken() {
    let source = Folder::new();
    let (world, _) = filled(source.place()).await;
    record(&world).await;
    let sound = backup(&source.place()).await;
    world.end().await;
    let checked = check(&source.place()).await;
    assert_eq!(checked.findings, []);
    // Every invariant has something here that breaks it.
    let mut broken: Vec<&str> = BREAKS.iter().map(|one| one.invariant).collect();
    broken.extend(ON_SQLITE.iter().map(|(invariant, _)| invariant));
    for name in &checked.checked {
        assert!(broken.contains(&name.as_str()), "nothing breaks {name}");
    }
    let data = source.0.join("data/usher.sqlite3");
    let all = BREAKS
        .iter()
        .map(|one| (one.invariant, one.sql))
        .chain(ON_SQLITE.iter().copied());
    for (invariant, sql) in all {
        let copy = Folder::new();
        std::fs::create_dir(copy.0.join("data")).unwrap();
        std::fs::copy(&data, copy.0.join("data/usher.sqlite3")).unwrap();
        let sql = format!("PRAGMA foreign_keys = OFF; {sql}");
        copy.sqlite().execute_batch(&sql).unwrap();
        let report = check(&copy.place()).await;
        assert!(
            names(&report).contains(&invariant),
            "{invariant}: {sql}: {report:?}"
        );
    }
    let (place, schema) = postgres_location().await;
    restored(&place, &sound).await.unwrap();
    assert_eq!(check(&place).await.findings, []);
    for one in BREAKS {
        let drop = one.constraint.map_or(String::new(), |(table, name)| {
            format!("ALTER TABLE {table} DROP CONSTRAINT {name};")
        });
        broken_on_postgres(&sound, one.invariant, &format!("{drop} {}", one.sql)).await;
    }
    for (invariant, sql) in ON_POSTGRES {
        broken_on_postgres(&sound, invariant, sql).await;
    }
    statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn broken_on_postgres(sound: &[u8], invariant: &str, sql: &str) {
    let (place, schema) = postgres_location().await;
    restored(&place, sound).await.unwrap();
    statement(&format!("SET search_path TO {schema}; {sql}")).await;
    let report = check(&place).await;
    assert!(
        names(&report).contains(&invariant),
        "{invariant}: {sql}: {report:?}"
    );
    statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
}

/// A thing of the toy's, numbered.
async fn record(world: &World) {
    let handle = world.directory.act(&world.directory.system(TOY));
    for _ in 0..2 {
        let new = directory::NewRecord {
            kind: "thing".to_owned(),
            ..directory::NewRecord::default()
        };
        handle.create_record(new).await.unwrap();
    }
}
