//! What a page costs does not grow with the directory: the steps that SQLite takes for each list are counted among a few hundred
//! people and among ten times as many.

use std::path::PathBuf;

use rusqlite::StatementStatus;

use crate::filter::USER_SORTS;
use crate::model::{
    Cursor, CursorKey, Direction, FacetField, GrantField, Platform, Position, Predicate, Query,
    Scope, Test, Time, User, UserField, UserId, Value,
};

use super::super::grant_lists::{self, Viewer};
use super::super::select::{Bound, Sql};
use super::super::user_lists::{self, Plan};
use super::super::{holders, paging, search_lookup, user_facets};
use super::*;

/// When the lists are read.
const NOW: Time = Time(50_000);

/// What users are counted by.
const FACETS: [FacetField; 8] = [
    FacetField::Kind,
    FacetField::Status,
    FacetField::Standing,
    FacetField::SecondFactor,
    FacetField::Home,
    FacetField::Organisation,
    FacetField::Group,
    FacetField::Role,
];

/// People of every kind in turn: the rows of a directory of any size are alike.
const PEOPLE: &str = "
    PRAGMA foreign_keys = OFF;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})
    INSERT INTO users (id, uuid, login, email, given, family, shown_name, shown_given, shown_family, login_key, email_key,
        name_key, given_key, family_key, search, kind, status, lock_after, locked_until, lockout_until, home_id, department,
        title, version, revision, created_at, updated_at, last_seen_at, signed_in_at, sign_in_count)
    SELECT i, printf('%08x-0000-4000-8000-%012x', i * 7919 % 99991, i), 'p' || i, NULL, 'g', 'f', 'n', 'g', 'f',
        printf('%05d', i * 7919 % 99991), iif(i % 9 = 0, '', printf('%05d@example.org', i * 7919 % 99991)),
        printf('name %05d', i * 31 % 99991), 'given' || i % 5, 'family' || i % 50, printf('p%05d example', i) || iif(i IN (7, 107), 'qz', '') || iif(i <= 100, ' early', ''),
        iif(i % 70 = 0, 'service', 'person'), CASE i % 60 WHEN 0 THEN 'suspended' WHEN 1 THEN 'expired' ELSE 'active' END,
        iif(i IN (2, 102), 40000, NULL), iif(i IN (3, 103), 60000, NULL), iif(i IN (4, 104), 60000, NULL), 2 + i % 3,
        'department ' || i % 4, iif(i % 3 = 0, NULL, 'title ' || i % 4), 1, 1, i, i, iif(i % 4 = 0, NULL, i * 31 % 9973),
        iif(i % 4 = 0, NULL, i * 37 % 9973), 0 FROM n;
    INSERT INTO user_search (rowid, search) SELECT id, search || char(10, 10) FROM users;
    INSERT INTO organisations (id, uuid, parent_id, name, name_key, slug, local, domains, search, version, created_at, updated_at)
        SELECT i, 'o' || i, iif(i = 1, NULL, 1), i, 'z' || (9 - i), i, 1, '[]', '', 1, 1, 1
        FROM (SELECT 1 AS i UNION SELECT 2 UNION SELECT 3 UNION SELECT 4);
    INSERT INTO organisation_tree SELECT 1, id, iif(id = 1, 0, 1) FROM organisations;
    INSERT INTO organisation_tree SELECT id, id, 0 FROM organisations WHERE id > 1;
    INSERT INTO memberships SELECT id, home_id, 1, 0, 1 FROM users;
    INSERT INTO roles (id, uuid, platform, number, word, builtin, name, name_key, description, lines, version, created_at, updated_at)
        VALUES (1, 'r1', 'usher', 1, 'owner', 1, 'Owner', 'owner', '', '[]', 1, 1, 1),
        (2, 'r2', 'falcon', 2, 'few', 1, 'Few', 'few', '', '[]', 1, 1, 1);
    INSERT INTO grants (user_id, role_id, organisation_id, created_at) SELECT id, 1, 1, 1 FROM users;
    INSERT INTO grants (user_id, role_id, organisation_id, expires_at, created_at) SELECT id, 2, 2, 90000, 1 FROM users WHERE id IN (5, 105, 205);
    INSERT INTO groups (id, uuid, organisation_id, platform, name, name_key, slug, search, version, created_at, updated_at)
        VALUES (1, 'g1', 1, '', 'All', 'all', 'all', 'all', 1, 1, 1);
    INSERT INTO group_members SELECT 1, id, 1 FROM users;
    INSERT INTO group_roles (group_id, role_id, scope, scope_id, created_at) VALUES (1, 1, 'organisation', 1, 1);
    INSERT INTO terms SELECT 'user', id, 'opencti', 'language', 'l' || id % 7 FROM users WHERE id % 20 = 0;
";

/// A directory of some size.
struct Directory {
    store: Store,
    people: i64,
    connection: rusqlite::Connection,
    folder: PathBuf,
}

impl Directory {
    async fn of(people: i64) -> Directory {
        let name = format!("usher-list-costs-{}-{people}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let store = Store::open(&Location::Sqlite(folder.clone()), Limits::default())
            .await
            .unwrap();
        store.migrate(1).await.unwrap();
        let connection = rusqlite::Connection::open(folder.join("usher.sqlite3")).unwrap();
        connection
            .execute_batch(&PEOPLE.replace("{PEOPLE}", &people.to_string()))
            .unwrap();
        connection
            .execute_batch("PRAGMA case_sensitive_like = ON")
            .unwrap();
        Directory {
            store,
            people,
            connection,
            folder,
        }
    }

    fn end(self) {
        drop((self.store, self.connection));
        std::fs::remove_dir_all(self.folder).unwrap();
    }

    /// The steps that SQLite takes to read a statement to its end, and how many rows it has.
    fn steps(&self, sql: &Sql) -> (i32, usize) {
        let mut statement = self.connection.prepare(&sql.text).unwrap();
        for (place, value) in sql.values.iter().enumerate() {
            let name = format!("${}", place + 1);
            let Some(index) = statement.parameter_index(&name).unwrap() else {
                panic!("{name} is not used: {}", sql.text);
            };
            match value {
                Bound::Int(number) => statement.raw_bind_parameter(index, number),
                Bound::Text(text) => statement.raw_bind_parameter(index, text),
            }
            .unwrap();
        }
        let mut count = 0;
        {
            let mut rows = statement.raw_query();
            while rows.next().unwrap().is_some() {
                count += 1;
            }
        }
        (statement.get_status(StatementStatus::VmStep), count)
    }

    async fn plan(&self, query: &Query<UserField>) -> Plan {
        let plan: Res<Plan> = self
            .store
            .read(async |tx: &mut Tx<'_>| Plan::of(tx, query, &[Scope::All], None).await)
            .await;
        plan.unwrap()
    }

    /// The places where pages are read from: the start, and both ways from the middle.
    async fn places(&self, query: &Query<UserField>) -> Vec<Position> {
        let half = Query {
            from: Position::Offset(self.people.cast_unsigned() / 2),
            ..query.clone()
        };
        let (sql, text) = self.plan(&half).await.page_sql(NOW).unwrap();
        let rows: Res<Vec<(User, Cursor)>> = self
            .store
            .read(async |tx: &mut Tx<'_>| user_lists::page(tx, &sql, text).await)
            .await;
        let page = paging::page(rows.unwrap(), &half, None);
        let middle = page.cursors.first().unwrap().clone();
        vec![
            Position::Start,
            Position::After(middle.clone()),
            Position::Before(middle),
        ]
    }

    async fn lists(&self) -> Vec<(String, Sql)> {
        let mut lists = Vec::new();
        self.sorts(&mut lists).await;
        self.relations(&mut lists).await;
        self.short_searches(&mut lists).await;
        self.counts(&mut lists).await;
        self.facets(&mut lists).await;
        self.grants(&mut lists);
        lists
    }

    /// Everybody in every order that is offered.
    async fn sorts(&self, lists: &mut Vec<(String, Sql)>) {
        let native = USER_SORTS.iter().map(|(_, field)| field.clone());
        for field in native.chain(sorts_of_dialects()) {
            for direction in [Direction::Up, Direction::Down] {
                let query = Query {
                    sort: Some(field.clone()),
                    direction,
                    limit: 10,
                    ..Query::default()
                };
                for from in self.places(&query).await {
                    let place = format!("{field:?} {direction:?} {}", word_of(&from));
                    let query = Query {
                        from,
                        ..query.clone()
                    };
                    let (sql, _) = self.plan(&query).await.page_sql(NOW).unwrap();
                    lists.push((place, sql));
                }
            }
        }
    }

    /// What all have: no set is made of them.
    async fn relations(&self, lists: &mut Vec<(String, Sql)>) {
        for field in [
            UserField::Role,
            UserField::DirectRole,
            UserField::Group,
            UserField::Organisation,
        ] {
            for sort in [None, Some(UserField::Name), Some(UserField::Status)] {
                let query = Query {
                    predicate: Predicate::Is(field.clone(), Test::Equals(Value::Int(1))),
                    sort,
                    limit: 10,
                    total: true,
                    count_limit: Some(20),
                    ..Query::default()
                };
                let query = match field {
                    UserField::Organisation => Query {
                        predicate: Predicate::Is(field.clone(), Test::Equals(Value::Int(2))),
                        ..query
                    },
                    _ => query,
                };
                let plan = self.plan(&query).await;
                let shown = format!("{field:?} {:?}", query.sort);
                lists.push((shown.clone(), plan.page_sql(NOW).unwrap().0));
                lists.push((format!("{shown} counted"), plan.count_sql(NOW).unwrap()));
            }
        }
    }

    /// Words of one or two letters that few have, at the end of their text alone.
    async fn short_searches(&self, lists: &mut Vec<(String, Sql)>) {
        for search in ["q", "qz", "qz e", "example qz", "z"] {
            for sort in [None, Some(UserField::Name), Some(UserField::LastSeenAt)] {
                let query = Query {
                    search: Some(search.to_owned()),
                    sort,
                    limit: 10,
                    ..Query::default()
                };
                let sql = self.plan(&query).await.page_sql(NOW).unwrap().0;
                lists.push((format!("search for {search} by {:?}", query.sort), sql));
            }
        }
        // Those of the first hundred stand at the end of the names: more than are looked for one by one, and no more than are sorted.
        let query = Query {
            search: Some("early".to_owned()),
            sort: Some(UserField::Name),
            direction: Direction::Down,
            limit: 10,
            ..Query::default()
        };
        let sql = self.plan(&query).await.page_sql(NOW).unwrap().0;
        lists.push(("search for early by name".to_owned(), sql));
        for word in ["q", "qz", "z", "e", "ex"] {
            let sql = search_lookup::find_short(Database::Sqlite, word);
            lists.push((format!("look for {word}"), sql));
        }
    }

    /// Counts up to a bound.
    async fn counts(&self, lists: &mut Vec<(String, Sql)>) {
        let is = |field, test| Query {
            predicate: Predicate::Is(field, test),
            ..Query::default()
        };
        let searched = Query {
            search: Some("example".to_owned()),
            ..Query::default()
        };
        for query in [
            searched,
            is(UserField::Status, Test::Equals("active".into())),
            is(
                UserField::LastSeenAt,
                Test::AtLeast(Value::Time(Time(5_000))),
            ),
        ] {
            let query = Query {
                limit: 0,
                total: true,
                count_limit: Some(20),
                ..query
            };
            let shown = format!("count {:?} {:?}", query.predicate, query.search);
            lists.push((shown, self.plan(&query).await.count_sql(NOW).unwrap()));
        }
    }

    /// The newest of a list by the values of every field.
    async fn facets(&self, lists: &mut Vec<(String, Sql)>) {
        let search = |text: &str| Query {
            search: Some(text.to_owned()),
            ..Query::default()
        };
        let queries = [Query::default(), search("example"), search("p00007")];
        for query in queries {
            let facets = FACETS.map(|field| (field, query.clone()));
            let plans = self
                .store
                .read(async |tx: &mut Tx<'_>| {
                    user_facets::plans(tx, &facets, &[Scope::All], None).await
                })
                .await;
            let plans: Res<Vec<(FacetField, Plan)>> = plans;
            let sql = user_facets::compile(&plans.unwrap(), NOW).unwrap();
            lists.push((format!("facets {:?}", query.search), sql));
        }
    }

    fn grants(&self, lists: &mut Vec<(String, Sql)>) {
        let viewer = Viewer {
            scopes: &[Scope::All],
            limit: None,
            own: UserId(1),
            now: NOW,
        };
        let known = [Platform::USHER];
        let half = Cursor {
            key: CursorKey::Text("0.1.1".to_owned()),
            id: self.people / 2,
        };
        for from in [
            Position::Start,
            Position::After(half.clone()),
            Position::Before(half),
        ] {
            let query = Query::<GrantField> {
                from,
                limit: 10,
                total: true,
                count_limit: Some(20),
                ..Query::default()
            };
            for branch in 0..3 {
                let sql = grant_lists::look_sql(&query, branch, NOW, &known).unwrap();
                lists.push((format!("look for grants {branch}"), sql));
            }
            // All hold the role directly and through a group, and none through a collection.
            let paths = [
                grant_lists::BranchPath::Ordered,
                grant_lists::BranchPath::Ordered,
                grant_lists::BranchPath::Few,
            ];
            let (page, count) = grant_lists::compile(&query, &viewer, &known, paths).unwrap();
            lists.push((format!("grants {}", word_of(&query.from)), page));
            lists.push(("count of grants".to_owned(), count.unwrap()));
        }
        let roles = holders::Roles {
            anywhere: vec![1],
            flag_anywhere: true,
            ..holders::Roles::default()
        };
        let look = holders::holders_look_sql(&roles, None, &[crate::ROOT], NOW);
        lists.push(("look for holders".to_owned(), look));
        let path = grant_lists::BranchPath::Ordered;
        let start = Position::Start;
        let page =
            holders::holders_sql(&roles, None, &[crate::ROOT], &viewer, &start, 10, path).unwrap();
        lists.push(("holders".to_owned(), page));
    }
}

fn word_of(from: &Position) -> &'static str {
    match from {
        Position::Start => "from the start",
        Position::After(_) => "after the middle",
        Position::Before(_) => "before the middle",
        Position::Offset(_) => "by offset",
    }
}

/// What dialects sort users by beside what the native API does.
fn sorts_of_dialects() -> Vec<UserField> {
    vec![
        UserField::Id,
        UserField::EmailOrMadeUp,
        UserField::Standing,
        UserField::ExpiringRoleOrganisation(Platform::new("falcon")),
        UserField::ShownEmail {
            before: "automatic+",
            after: "@example.org",
        },
        UserField::Term(Platform::new("opencti"), "language".to_owned()),
    ]
}

#[tokio::test]
async fn lists_cost_no_more_in_a_larger_directory() {
    let (small, large) = (Directory::of(400).await, Directory::of(4_000).await);
    let mut dear = Vec::new();
    let (few, many) = (small.lists().await, large.lists().await);
    assert!(few.len() == many.len() && few.len() > 120, "{}", few.len());
    for ((name, one), (_, other)) in few.iter().zip(&many) {
        let ((less, rows), (more, found)) = (small.steps(one), large.steps(other));
        assert!(rows > 0 && found > 0, "{name} finds nothing");
        if more > 2 * less + 1_000 {
            dear.push(format!(
                "{name}: {less} steps, {more} in ten times as many\n  {}",
                other.text
            ));
        }
    }
    small.end();
    large.end();
    assert!(dear.is_empty(), "{}", dear.join("\n"));
}

/// An order of users is offered with what reads it in order, or not at all.
#[test]
fn every_offered_sort_has_an_index() {
    let native = USER_SORTS.iter().map(|(_, field)| field.clone());
    for field in native.chain(sorts_of_dialects()) {
        let query = Query {
            sort: Some(field.clone()),
            ..Query::default()
        };
        assert!(user_lists::indexed(&query), "{field:?}");
    }
}

/// A count of all that is before or after a time reads the time's index and no row.
#[tokio::test]
async fn counts_by_a_time_read_an_index_alone() {
    let directory = Directory::of(300).await;
    for (field, index, time) in [
        (UserField::LastSeenAt, "users_by_last_seen", Time(5_000)),
        (UserField::SignedInAt, "users_by_signed_in", Time(5_000)),
        (UserField::UpdatedAt, "users_by_updated", Time(200)),
    ] {
        for test in [Test::Less, Test::AtMost, Test::Greater, Test::AtLeast] {
            let test = test(Value::Time(time));
            let query = Query {
                predicate: Predicate::Is(field.clone(), test.clone()),
                limit: 0,
                total: true,
                ..Query::default()
            };
            let sql = directory.plan(&query).await.count_sql(NOW).unwrap();
            let plan: String = directory
                .connection
                .query_row(
                    &format!("EXPLAIN QUERY PLAN {}", sql.text),
                    [time.0],
                    |row| row.get(3),
                )
                .unwrap();
            let expected = format!("SEARCH u USING COVERING INDEX {index} ");
            assert!(plan.starts_with(&expected), "{field:?} {test:?}: {plan}");
        }
    }
    directory.end();
}
