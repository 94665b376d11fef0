//! Every statement is one that both databases understand: those that stand in the sources, and those
//! that lists are compiled to.

use std::path::Path;

use crate::filter::{FieldKind, USER_FIELDS};
use crate::model::{
    CollectionField, CollectionLinks, Cursor, CursorKey, Direction, EventField, Facet, Fault,
    GroupField, HeldRoleField, JobField, KeyField, MailField, OrganisationField, Platform,
    Position, Predicate, ProfileAttribute, Query, RecordField, RoleField, Scope, SessionField,
    Standing, Status, Test, Time, UserField, Value,
};
use crate::rules;

use super::super::paging::{cursor_column, paged};
use super::super::select::{Bound, Listed, STANDING, Sql, Visible, narrowed};
use super::super::user_lists::Plan;
use super::super::{
    collections, events, groups, held_roles, jobs, keys, links, organisations, outbox, pages,
    provisioning_defaults, records, roles, sessions, user_facets, user_row, users,
};
use super::*;

/// Which databases a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    Both,
    Sqlite,
    Postgres,
}

#[derive(Debug)]
struct Statement {
    place: String,
    text: String,
    on: For,
}

/// The engines speak their own SQL, and each of their tests runs it.
const ENGINES: &[&str] = &[
    "migrate.rs",
    "sqlite.rs",
    "postgres.rs",
    "writer.rs",
    "copies.rs",
    "load.rs",
    "schema.rs",
    "tests.rs",
];

fn statements_of_sources() -> Vec<Statement> {
    let mut found = Vec::new();
    visit(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"),
        &mut found,
    );
    found
}

fn visit(folder: &Path, found: &mut Vec<Statement>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "tests" {
            visit(&path, found);
        } else if name.ends_with(".rs") && !ENGINES.contains(&name.as_str()) {
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for (line, before, text) in literals(source) {
                if let Some(on) = whole(&before, &text) {
                    let place = format!("{name}:{line}");
                    found.push(Statement { place, text, on });
                }
            }
        }
    }
}

/// The string literals of a source: their line, the code before them in the same statement, their text.
fn literals(source: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut letters = source.chars().peekable();
    let (mut line, mut before) = (1, String::new());
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => line += 1,
            '/' if letters.peek() == Some(&'/') => {
                letters.by_ref().find(|letter| *letter == '\n');
                line += 1;
            }
            '\'' => {
                // A character's literal, or a lifetime, which takes nothing away.
                let mut ahead = letters.clone();
                let escaped = ahead.next() == Some('\\');
                let end = if escaped { ahead.nth(1) } else { ahead.next() };
                if end == Some('\'') {
                    letters.nth(if escaped { 2 } else { 1 });
                }
            }
            '"' => {
                let (begin, mut text) = (line, String::new());
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('\n') => {
                                line += 1;
                                while let Some(blank) =
                                    letters.next_if(|letter| letter.is_whitespace())
                                {
                                    line += usize::from(blank == '\n');
                                }
                            }
                            Some('n') => text.push('\n'),
                            Some(other) => text.push(other),
                            None => {}
                        },
                        other => {
                            line += usize::from(other == '\n');
                            text.push(other);
                        }
                    }
                }
                found.push((begin, before.trim().to_owned(), text));
                continue;
            }
            ';' | '{' | '}' => {
                before.clear();
                continue;
            }
            _ => {}
        }
        before.push(letter);
    }
    found
}

/// Whether a literal is a statement and not a piece of one, and for which database.
fn whole(before: &str, text: &str) -> Option<For> {
    let verb = text.split_whitespace().next()?;
    let statement = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb);
    let piece = text.len() == verb.len()
        || text.ends_with(char::is_whitespace)
        || [".push(", "concat!(", "format!("]
            .iter()
            .any(|call| before.ends_with(call));
    if !statement || piece {
        return None;
    }
    Some(match before {
        before if before.contains("const SQLITE_") => For::Sqlite,
        before if before.contains("const POSTGRES_") => For::Postgres,
        _ => For::Both,
    })
}

/// A store with Usher's own tables, on each database.
pub(super) async fn real_stores() -> [(Trial, For); 2] {
    let lite = Store::open(&Location::DerivedCache, Limits::default())
        .await
        .unwrap();
    let (url, server, name) = schema().await;
    let pg = Store::open(&Location::Postgres(url), Limits::default())
        .await
        .unwrap();
    lite.migrate(1).await.unwrap();
    pg.migrate(1).await.unwrap();
    let (lite, pg) = (Arc::new(lite), Arc::new(pg));
    [
        (
            Trial {
                store: lite,
                schema: None,
            },
            For::Sqlite,
        ),
        (
            Trial {
                store: pg,
                schema: Some((server, name)),
            },
            For::Postgres,
        ),
    ]
}

#[test]
fn literals_are_found_and_told_apart() {
    let source = "const SQLITE_X: &str = \"SELECT 1\"; // \"SELECT 9\"\nsql.push(\"SELECT 2\");\n\
                  let a: &'static str = \"UPDATE users \\\n   SET a = '\\\"'\"; let b = '\"'; let c = '\\'';\n\
                  tx.one(\n \"DELETE FROM x\", \"SELECT a FROM b WHERE \", \"SELECT\", \"selection\")";
    let found: Vec<_> = literals(source)
        .into_iter()
        .filter_map(|(line, before, text)| Some((line, whole(&before, &text)?, text)))
        .collect();
    let text = str::to_owned;
    assert_eq!(
        found,
        [
            (1, For::Sqlite, text("SELECT 1")),
            (3, For::Both, text("UPDATE users SET a = '\"'")),
            (6, For::Both, text("DELETE FROM x")),
        ]
    );
}

#[tokio::test]
async fn every_statement_in_the_sources_is_understood() {
    let mut statements = statements_of_sources();
    for (place, text) in [("INSERT", &user_row::INSERT), ("UPDATE", &user_row::UPDATE)] {
        statements.push(Statement {
            place: format!("user_row.rs:{place}"),
            text: text.to_string(),
            on: For::Both,
        });
    }
    assert!(
        statements.len() > 60,
        "only {} statements were found",
        statements.len()
    );
    let mut refused = Vec::new();
    for (trial, database) in real_stores().await {
        for statement in &statements {
            if statement.on != For::Both && statement.on != database {
                continue;
            }
            if let Err(error) = trial.store.prepare_check(&statement.text).await {
                refused.push(format!(
                    "{} on {database:?}: {error:?}\n  {}",
                    statement.place, statement.text
                ));
            }
        }
        trial.end().await;
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

fn user_fields() -> Vec<UserField> {
    use UserField as F;
    let attributes = ProfileAttribute::ALL.iter().copied().map(F::Profile);
    let mut fields = vec![
        F::Id,
        F::Uuid,
        F::Login,
        F::Email,
        F::ShownEmail {
            before: "made+",
            after: "@nowhere.invalid",
        },
        F::EmailOrMadeUp,
        F::MadeUpEmail,
        F::Name,
        F::Given,
        F::Family,
        F::Kind,
        F::Status,
        F::Standing,
        F::LockAfter,
        F::Home,
        F::HomeName,
        F::Organisation,
        F::HomeSubtree,
        F::Group,
        F::PrimaryGroup,
        F::Role,
        F::DirectRole,
        F::UsherRole,
        F::RoleOrganisation(Platform::USHER),
        F::DirectRoleOrganisation(Platform::USHER),
        F::ExpiringRoleOrganisation(Platform::USHER),
        F::SecondFactor,
        F::OwnGiven,
        F::OwnFamily,
        F::Locked,
        F::LockedOutUntil,
        F::SecondFactorRequired,
        F::HasPassword,
        F::MustChangePassword,
        F::PasswordChangedAt,
        F::SignInCount,
        F::PreviousSignInAt,
        F::CreatedBy,
        F::UpdatedBy,
        F::CreatedAt,
        F::UpdatedAt,
        F::LastSeenAt,
        F::SignedInAt,
        F::Term(Platform::USHER, "colour".to_owned()),
    ];
    fields.extend(attributes);
    fields
}

fn organisation_fields() -> Vec<OrganisationField> {
    use OrganisationField as F;
    vec![
        F::Id,
        F::Uuid,
        F::Name,
        F::Slug,
        F::Description,
        F::Kind,
        F::Sector,
        F::Nationality,
        F::Contacts,
        F::Domains,
        F::Local,
        F::Parent,
        F::Ancestor,
        F::CreatedAt,
        F::UpdatedAt,
        F::Term(Platform::USHER, "colour".to_owned()),
    ]
}

fn group_fields() -> Vec<GroupField> {
    use GroupField as F;
    vec![
        F::Id,
        F::Uuid,
        F::Name,
        F::Slug,
        F::Description,
        F::Organisation,
        F::Member,
        F::Newcomers,
        F::CreatedAt,
        F::UpdatedAt,
        F::Term(Platform::USHER, "colour".to_owned()),
    ]
}

fn role_fields() -> Vec<RoleField> {
    use RoleField as F;
    vec![
        F::Id,
        F::Uuid,
        F::Platform,
        F::Number,
        F::Word,
        F::Name,
        F::Organisation,
        F::Builtin,
        F::CreatedAt,
        F::UpdatedAt,
    ]
}

fn event_fields() -> Vec<EventField> {
    use EventField as F;
    vec![
        F::Id,
        F::At,
        F::Verb,
        F::Actor,
        F::ActorName,
        F::Platform,
        F::Entity,
        F::EntityId,
        F::EntityName,
        F::Organisation,
        F::Address,
        F::Key,
        F::Session,
        F::RequestId,
    ]
}

fn key_fields() -> Vec<KeyField> {
    use KeyField as F;
    vec![
        F::Id,
        F::Uuid,
        F::User,
        F::Name,
        F::HintStart,
        F::HintEnd,
        F::Origin,
        F::Platform,
        F::Organisation,
        F::Revoked,
        F::Active,
        F::ReadOnly,
        F::RevokedAt,
        F::CreatedBy,
        F::UserEmail,
        F::ExpiresAt,
        F::CreatedAt,
        F::LastUsedAt,
    ]
}

fn session_fields() -> Vec<SessionField> {
    use SessionField as F;
    vec![
        F::Id,
        F::Uuid,
        F::User,
        F::Platform,
        F::Kind,
        F::Key,
        F::Organisation,
        F::SecondFactor,
        F::Address,
        F::CreatedAt,
        F::LastSeenAt,
        F::EndsAt,
    ]
}

fn mail_fields() -> Vec<MailField> {
    use MailField as F;
    vec![
        F::Id,
        F::Uuid,
        F::Template,
        F::User,
        F::State,
        F::Attempts,
        F::CreatedAt,
        F::NextAt,
        F::EndedAt,
    ]
}

fn collection_fields() -> Vec<CollectionField> {
    use CollectionField as F;
    vec![
        F::Id,
        F::Uuid,
        F::Name,
        F::Organisation,
        F::CreatedAt,
        F::UpdatedAt,
    ]
}

fn record_fields() -> Vec<RecordField> {
    use RecordField as F;
    vec![
        F::Number,
        F::Uuid,
        F::Owner,
        F::Organisation,
        F::Position,
        F::CreatedAt,
        F::UpdatedAt,
        F::Term(Platform::USHER, "colour".to_owned()),
    ]
}

fn tests_of(value: &Value) -> Vec<Test> {
    let text = || "ab%c_".to_owned();
    vec![
        Test::Equals(value.clone()),
        Test::OneOf(vec![value.clone(), value.clone(), value.clone()]),
        Test::OneOf(Vec::new()),
        Test::Less(value.clone()),
        Test::AtMost(value.clone()),
        Test::Greater(value.clone()),
        Test::AtLeast(value.clone()),
        Test::Contains(text()),
        Test::StartsWith(text()),
        Test::EndsWith(text()),
        Test::Glob("a*b*".to_owned()),
        Test::Absent,
    ]
}

fn scopes() -> Vec<Vec<Scope>> {
    let each = [
        Scope::All,
        Scope::Own(3.into()),
        Scope::Users {
            users: vec![1.into(), 2.into()],
            within: 2.into(),
        },
        Scope::Groups {
            groups: vec![1.into()],
            within: 2.into(),
        },
        Scope::Organisation(2.into()),
        Scope::Subtree(2.into()),
    ];
    let mut scopes: Vec<_> = each.iter().map(|scope| vec![scope.clone()]).collect();
    scopes.push(each.to_vec());
    scopes.push(each[1..].to_vec());
    scopes.push(Vec::new());
    scopes
}

/// Every field under every test, then every order from every start, then every scope.
fn queries<F: Clone>(fields: &[F]) -> Vec<(Query<F>, Vec<Scope>, Option<i64>)> {
    let mut queries = Vec::new();
    let all = || vec![Scope::All];
    for field in fields {
        for value in [Value::Int(1), Value::Text("x".to_owned())] {
            for test in tests_of(&value) {
                let is = Predicate::Is(field.clone(), test);
                let query = Query {
                    predicate: Predicate::Not(Box::new(Predicate::Or(vec![is.clone(), is]))),
                    ..Query::default()
                };
                queries.push((query, all(), None));
            }
        }
        for direction in [Direction::Up, Direction::Down] {
            let after = |key| Position::After(Cursor { key, id: 5 });
            for from in [
                Position::Start,
                Position::Offset(7),
                after(CursorKey::Int(1)),
                after(CursorKey::Text("x".to_owned())),
                Position::Before(Cursor {
                    key: CursorKey::Int(1),
                    id: 5,
                }),
                Position::Before(Cursor {
                    key: CursorKey::Text("x".to_owned()),
                    id: 5,
                }),
            ] {
                let query = Query {
                    sort: Some(field.clone()),
                    direction,
                    from,
                    ..Query::default()
                };
                queries.push((query.clone(), all(), None));
                queries.push((query, vec![Scope::Subtree(2.into())], None));
            }
        }
    }
    for scopes in scopes() {
        for limit in [None, Some(2)] {
            let query = Query {
                search: Some("ada lo %".to_owned()),
                ..Query::default()
            };
            queries.push((query, scopes.clone(), limit));
        }
    }
    queries
}

/// The statements of a kind of list, as [`narrowed`] and [`paged`] make them.
fn compile<L: Listed + Visible>(
    tables: &str,
    query: &Query<L::Field>,
    scopes: &[Scope],
    limit: Option<i64>,
) -> Result<String, Fault> {
    let (key, _) = cursor_column::<L>(query);
    let mut sql = Sql::default();
    sql.push("SELECT ").push(&key).push(tables);
    narrowed::<L>(&mut sql, query, scopes, limit, Time(9))?;
    paged::<L>(&mut sql, query)?;
    Ok(sql.text)
}

/// The texts of every statement a list can be, and how many of the combinations were refused as unfitting.
fn list_statements() -> (std::collections::BTreeSet<String>, usize) {
    let mut texts = std::collections::BTreeSet::new();
    let mut unfitting = 0;
    let mut keep = |compiled: Result<Vec<String>, Fault>| match compiled {
        Ok(compiled) => texts.extend(compiled),
        Err(Fault::Invalid { .. }) => unfitting += 1,
        Err(other) => panic!("{other:?}"),
    };
    for (query, scopes, limit) in queries(&user_fields()) {
        keep((|| {
            let mut texts = Vec::new();
            for plan in Plan::every(&query, &scopes, limit, |top| vec![top, 7, 8]) {
                texts.push(plan.page_sql(Time(9))?.0.text);
                texts.push(plan.count_sql(Time(9))?.text);
                texts.push(plan.homes_sql(Time(9))?.text);
            }
            Ok(texts)
        })());
    }
    for (query, scopes, limit) in queries(&organisation_fields()) {
        keep(
            compile::<organisations::Organisations>(
                " FROM organisations o",
                &query,
                &scopes,
                limit,
            )
            .map(|bare| vec![bare]),
        );
    }
    for (query, scopes, limit) in queries(&[UserField::Name, UserField::Role]) {
        use crate::model::FacetField as F;
        let fields = [
            F::Kind,
            F::Status,
            F::Standing,
            F::SecondFactor,
            F::Home,
            F::Organisation,
            F::Group,
            F::Role,
        ];
        for plan in Plan::every(&query, &scopes, limit, |_| Vec::new()) {
            let facets = fields.map(|field| (field, plan.clone()));
            let compiled = user_facets::compile(&facets, Time(9));
            keep(compiled.map(|sql| vec![sql.text]));
        }
    }
    paged_lists::<organisations::Organisations>(&organisation_fields(), &mut keep);
    paged_lists::<keys::Keys>(&key_fields(), &mut keep);
    paged_lists::<sessions::Sessions>(&session_fields(), &mut keep);
    paged_lists::<outbox::Mails>(&mail_fields(), &mut keep);
    let of_jobs: Vec<JobField> = crate::filter::JOB_FIELDS
        .iter()
        .map(|one| one.field.clone())
        .collect();
    paged_lists::<jobs::Jobs>(&of_jobs, &mut keep);
    paged_lists::<collections::Collections>(&collection_fields(), &mut keep);
    keep(Ok([&[][..], &["first"], &["first", "second"]]
        .map(|usual| provisioning_defaults::statement(Platform::USHER, "x", usual, 1.into()).text)
        .to_vec()));
    paged_lists::<groups::Groups>(&group_fields(), &mut keep);
    paged_lists::<roles::Roles>(&role_fields(), &mut keep);
    paged_lists::<events::Events>(&event_fields(), &mut keep);
    paged_lists::<records::Records>(&record_fields(), &mut keep);
    for platform in [crate::catalogue::usher_platform(&[]), with_owner_role()] {
        let holder = held_roles::Holder {
            user: 1.into(),
            organisation: 2.into(),
            platform: &platform,
        };
        for (mut query, _, _) in queries(&held_role_fields()) {
            query.total = true;
            let compiled = held_roles::compile(&holder, &query, Time(9));
            keep(compiled.map(|(count, page, _)| {
                let count = count.map(|sql| sql.text);
                count.into_iter().chain([page.text]).collect()
            }));
        }
    }
    for (group, collection, role) in [(None, None, None), (Some(1), Some(2), Some(3))] {
        let query = CollectionLinks {
            organisation: 1.into(),
            group: group.map(Into::into),
            collection: collection.map(Into::into),
            role: role.map(Into::into),
            offset: 1,
            limit: 2,
        };
        for platform in [None, Some(Platform::USHER)] {
            let texts = [
                links::count_sql(&query, platform).text,
                links::page_sql(&query, platform).text,
            ];
            keep(Ok(texts.to_vec()));
        }
    }
    (texts, unfitting)
}

/// A platform whose administrator role owners are shown with.
fn with_owner_role() -> crate::model::PlatformSpec {
    crate::model::PlatformSpec {
        owner_role: Some("owner"),
        ..crate::catalogue::usher_platform(&[])
    }
}

fn held_role_fields() -> Vec<HeldRoleField> {
    use HeldRoleField as F;
    vec![
        F::Uuid,
        F::Word,
        F::Builtin,
        F::Name,
        F::Direct,
        F::ExpiresAt,
    ]
}

/// The statements of a kind of list that states its columns.
fn paged_lists<L: pages::Paged>(
    fields: &[L::Field],
    keep: &mut impl FnMut(Result<Vec<String>, Fault>),
) {
    for (index, (mut query, scopes, limit)) in queries(fields).into_iter().enumerate() {
        query.total = true;
        query.count_limit = (index % 2 == 1).then_some(10_000);
        if let Some(field) = fields.get(index % fields.len()) {
            let predicate = query.predicate.clone();
            let facet = Facet {
                field: field.clone(),
                predicate,
            };
            query.facets = vec![facet.clone(), facet];
        }
        let compiled = pages::compile::<L>(&query, |_| (), &scopes, limit, Time(9));
        keep(compiled.map(|statements| statements.texts()));
    }
}

#[tokio::test]
async fn every_list_is_understood() {
    let (texts, unfitting) = list_statements();
    assert!(
        texts.len() > 800 && unfitting > 100,
        "{} statements, {unfitting} unfitting",
        texts.len()
    );
    let mut refused = Vec::new();
    for (trial, database) in real_stores().await {
        for text in &texts {
            if let Err(error) = trial.store.prepare_check(text).await {
                refused.push(format!("{database:?}: {error:?}\n  {text}"));
            }
        }
        trial.end().await;
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

pub(super) const fn word_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Inactive => "inactive",
        Standing::Suspended => "suspended",
        Standing::Expired => "expired",
        Standing::Locked => "locked",
        Standing::LockedOut => "locked_out",
    }
}

#[tokio::test]
async fn standing_is_the_same_in_sql_as_by_the_rule() {
    let now = 20;
    let moments = [None, Some(10), Some(20), Some(30), Some(Time::NEVER.0)];
    let mut cases = Vec::new();
    for status in [
        Status::Active,
        Status::Inactive,
        Status::Suspended,
        Status::Expired,
    ] {
        for lock_after in moments {
            for locked in moments {
                for lockout in moments {
                    cases.push((status, lock_after, locked, lockout));
                }
            }
        }
    }
    let expression = ["$5", "$6", "$7"]
        .iter()
        .fold(STANDING.to_owned(), |text, number| {
            text.replacen('?', number, 1)
        });
    let sql = format!(
        "SELECT {expression} FROM (SELECT CAST($1 AS TEXT) AS status, CAST($2 AS BIGINT) AS lock_after, \
         CAST($3 AS BIGINT) AS locked_until, CAST($4 AS BIGINT) AS lockout_until) u"
    );
    for (trial, database) in real_stores().await {
        for (status, lock_after, locked, lockout) in &cases {
            let values = [
                users::status_word(*status).into(),
                (*lock_after).into(),
                (*locked).into(),
                (*lockout).into(),
                now.into(),
                now.into(),
                now.into(),
            ];
            let word: Res<_> = trial
                .store
                .read(async |tx: &mut Tx<'_>| tx.one(&sql, &values, |row| row.string(0)).await)
                .await;
            let rule = rules::standing(
                *status,
                lock_after.map(Time),
                locked.map(Time),
                lockout.map(Time),
                Time(now),
            );
            assert_eq!(
                word.unwrap().as_deref(),
                Some(word_of(rule)),
                "{database:?} {status:?} {lock_after:?} {locked:?} {lockout:?}"
            );
        }
        trial.end().await;
    }
}

/// The steps SQLite takes for a statement.
async fn steps(store: &Store, sql: &Sql) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {}", sql.text);
    let values = sql.values.clone();
    let steps: Res<Vec<String>> = store
        .write(async move |tx: &mut Tx<'_>| {
            let values: Vec<Val<'_>> = values.iter().map(Bound::val).collect();
            tx.all(&text, &values, |row| row.string(3)).await
        })
        .await;
    steps.unwrap()
}

/// Pages walk the index of their order, and nothing is sorted that has one.
#[tokio::test]
async fn pages_walk_the_index_of_their_order() {
    let [(lite, _), (pg, _)] = real_stores().await;
    pg.end().await;
    let branch = vec![Scope::Subtree(2.into())];
    let after = Position::After(Cursor {
        key: CursorKey::Text("x".to_owned()),
        id: 5,
    });
    for (sort, from, index, range) in [
        (
            Some(UserField::Name),
            after,
            "users_by_name",
            Some("users_by_home"),
        ),
        (
            None,
            Position::Start,
            "SCAN u",
            Some("memberships_organisation"),
        ),
        (
            Some(UserField::CreatedAt),
            Position::Start,
            "users_by_created",
            None,
        ),
        (
            Some(UserField::Login),
            Position::Start,
            "users_by_login",
            None,
        ),
    ] {
        let query = Query {
            sort,
            from,
            ..Query::default()
        };
        let whole = Plan::every(&query, &[Scope::All], None, |_| Vec::new());
        let walked = steps(&lite.store, &whole[0].page_sql(Time(9)).unwrap().0).await;
        assert!(
            walked.iter().any(|step| step.contains(index)),
            "{query:?} {walked:#?}"
        );
        assert!(
            !walked.iter().any(|step| step.contains("TEMP B-TREE")),
            "{query:?} {walked:#?}"
        );
        if let Some(range) = range {
            let plans = Plan::every(&query, &branch, None, |top| vec![top, 7]);
            let ranges = plans.last().unwrap().page_sql(Time(9)).unwrap().0;
            let merged = steps(&lite.store, &ranges).await;
            let searched = merged
                .iter()
                .filter(|step| step.contains("SEARCH") && step.contains(range))
                .count();
            assert!(searched >= 2, "{query:?} {merged:#?}");
            assert!(
                !merged.iter().any(|step| step.contains("SCAN u")),
                "{query:?} {merged:#?}"
            );
        }
    }
    lite.end().await;
}

/// Users are found by what names them through an index, whatever they are ordered by.
#[tokio::test]
async fn names_of_users_are_looked_up() {
    let [(lite, _), (pg, _)] = real_stores().await;
    pg.end().await;
    for (field, index) in [
        (UserField::Alias, "users_by_alias"),
        (UserField::Uuid, "sqlite_autoindex_users_1"),
        (UserField::Email, "users_by_email"),
    ] {
        for sort in [None, Some(UserField::Name)] {
            let query = Query {
                predicate: Predicate::Is(field.clone(), Test::OneOf(vec!["a".into(), "b".into()])),
                sort,
                ..Query::default()
            };
            let scopes = [Scope::Subtree(2.into())];
            let plan: Res<Plan> = lite
                .store
                .read(async |tx: &mut Tx<'_>| Plan::of(tx, &query, &scopes, None).await)
                .await;
            let found = steps(&lite.store, &plan.unwrap().page_sql(Time(9)).unwrap().0).await;
            assert!(found.iter().any(|step| step.contains(index)), "{found:#?}");
        }
    }
    lite.end().await;
}

/// What a filter of users is tried with.
fn trials_of(kind: FieldKind) -> Vec<Test> {
    use FieldKind as K;
    let text = |text: &str| Value::Text(text.to_owned());
    match kind {
        K::Number | K::User | K::Organisation | K::Group | K::Role => {
            vec![
                Test::Equals(Value::Int(7)),
                Test::OneOf(vec![Value::Int(7), Value::Int(8)]),
            ]
        }
        K::Flag => vec![
            Test::Equals(Value::Flag(true)),
            Test::Equals(Value::Flag(false)),
        ],
        K::Time => vec![
            Test::AtLeast(Value::Time(Time(7))),
            Test::Less(Value::Time(Time(7))),
        ],
        K::Word(words) => words.iter().map(|word| Test::Equals(text(word))).collect(),
        K::Uuid | K::Exact | K::Lower => vec![Test::Equals(text("wanted"))],
        _ => vec![
            Test::Equals(text("wanted")),
            Test::Contains("wanted".to_owned()),
            Test::StartsWith("wanted".to_owned()),
        ],
    }
}

/// Filters of users that look at each user, and why that is right.
const SCANNING: &[(&str, &str, &str)] = &[
    (
        "kind",
        "person",
        "nearly all are persons: a page is full at once",
    ),
    ("status", "(\"active\")", "nearly all are active"),
    ("standing", "(\"active\")", "nearly all are active"),
    ("locked", "false", "nearly all are not locked"),
    ("second_factor", "false", "many have none"),
    ("has_password", "", "most have one, and many have none"),
    ("must_change_password", "false", "nearly all need not"),
    (
        "department",
        "Contains",
        "a part of a department is no word of the search",
    ),
    (
        "department",
        "StartsWith",
        "a part of a department is no word of the search",
    ),
    (
        "title",
        "Contains",
        "a part of a title is no word of the search",
    ),
    (
        "title",
        "StartsWith",
        "a part of a title is no word of the search",
    ),
    (
        "sign_in_count",
        "",
        "every sign-in would write an index of it",
    ),
    ("created_by", "", "most were made by the few who administer"),
    ("updated_by", "", "every change would write an index of it"),
    (
        "password_changed_at",
        "",
        "who never signs in is looked for in a report, and not in a page",
    ),
    (
        "created_at",
        "Less",
        "nearly all are older than any date asked for",
    ),
    (
        "previous_sign_in_at",
        "",
        "every sign-in would write an index of it",
    ),
];

/// No filter of users looks at each of them, whatever they are ordered by, but for those listed with a reason.
#[tokio::test]
async fn filters_of_users_scan_nothing() {
    let [(lite, _), (pg, _)] = real_stores().await;
    pg.end().await;
    let mut wrong = Vec::new();
    for field in USER_FIELDS {
        for test in trials_of(field.kind) {
            let shown = format!("{test:?}");
            let allowed = SCANNING
                .iter()
                .any(|(name, part, _)| *name == field.name && shown.contains(part));
            let mut scans = 0;
            for sort in [None, Some(UserField::Name)] {
                let query = Query {
                    predicate: Predicate::Is(field.field.clone(), test.clone()),
                    sort,
                    total: true,
                    ..Query::default()
                };
                let plan: Res<Plan> = lite
                    .store
                    .read(async |tx: &mut Tx<'_>| Plan::of(tx, &query, &[Scope::All], None).await)
                    .await;
                let plan = plan.unwrap();
                for sql in [
                    plan.page_sql(Time(9)).unwrap().0,
                    plan.count_sql(Time(9)).unwrap(),
                ] {
                    let steps = steps(&lite.store, &sql).await;
                    let scan = |step: &&String| {
                        ["SCAN u", "SCAN h"].contains(&step.as_str())
                            || step.starts_with("SCAN u ")
                            || step.starts_with("SCAN h ")
                            || step.starts_with("SCAN few") && !step.contains("INDEX")
                    };
                    if let Some(step) = steps.iter().find(scan) {
                        scans += 1;
                        if !allowed {
                            wrong.push(format!("{} {shown}: {step}\n  {}", field.name, sql.text));
                        }
                    }
                }
            }
            if allowed && scans == 0 {
                wrong.push(format!(
                    "{} {shown} scans nothing: take it off the list",
                    field.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    lite.end().await;
}

/// A connection keeps the statement of each text, so a list of any length must make one of few.
#[test]
fn lists_of_all_lengths_make_few_texts() {
    let numbers = |length: i64| {
        let mut sql = Sql::default();
        sql.push("SELECT 1 WHERE 1 IN (").bind_all(0..length);
        sql
    };
    let words = |length: i64| {
        let mut sql = Sql::default();
        let words = (0..length).map(|number| Bound::Text(number.to_string()));
        sql.push("SELECT 1 WHERE 'a' IN (")
            .bind_list(words.collect());
        sql
    };
    let statements: [&dyn Fn(i64) -> Sql; 2] = [&numbers, &words];
    for statement in statements {
        let texts: std::collections::BTreeSet<String> =
            (0..=512).map(|length| statement(length).text).collect();
        // None, 1, 2, 4 … 512.
        assert_eq!(texts.len(), 11);
        for length in 1..=512_i64 {
            let sql = statement(length);
            let distinct: std::collections::HashSet<String> = sql
                .values
                .iter()
                .map(|value| format!("{value:?}"))
                .collect();
            assert_eq!(distinct.len() as i64, length);
            assert!(sql.values.len() as i64 <= 2 * length);
        }
    }
    // What is no list has as many values as it was given.
    let mut sql = Sql::default();
    sql.bind_each([1, 2, 3].map(Bound::Int));
    assert_eq!(sql.text, "$1, $2, $3");
}
