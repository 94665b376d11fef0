//! Both databases understand the statements of all people's grants, of who may, and of the stream of events.

use crate::model::{
    Cursor, CursorKey, EventField, GrantField, Platform, Position, Predicate, Query, Scope, Test,
    Time, UserId, Value,
};

use super::super::grant_lists::{BranchPath, BranchPaths};
use super::super::{Database, events, grant_lists, holders};
use super::statements::{For, real_stores};

fn scopes() -> Vec<Vec<Scope>> {
    vec![
        vec![Scope::All],
        vec![],
        vec![Scope::Subtree(2.into()), Scope::Own(UserId(3))],
    ]
}

#[tokio::test]
async fn statements_of_access_reviews_and_streams_are_understood() {
    let mut texts: Vec<(String, Option<For>)> = Vec::new();
    for scopes in scopes() {
        for limit in [None, Some(2)] {
            let viewer = grant_lists::Viewer {
                scopes: &scopes,
                limit,
                own: UserId(3),
                now: Time(9),
            };
            for from in [
                Position::Start,
                Position::After(Cursor {
                    key: CursorKey::Text("1.2.3".to_owned()),
                    id: 4,
                }),
                Position::Before(Cursor {
                    key: CursorKey::Text("1.2.3".to_owned()),
                    id: 4,
                }),
            ] {
                for field in [
                    GrantField::User,
                    GrantField::Role,
                    GrantField::Platform,
                    GrantField::Organisation,
                    GrantField::Direct,
                    GrantField::ExpiresAt,
                ] {
                    let query = Query {
                        predicate: Predicate::Is(field, Test::Equals(Value::Int(1))),
                        from: from.clone(),
                        total: true,
                        ..Query::default()
                    };
                    let known = [Platform::USHER];
                    for branch in 0..3 {
                        let sql = grant_lists::look_sql(&query, branch, Time(9), &known);
                        texts.push((sql.unwrap().text, None));
                    }
                    for path in [BranchPath::Ordered, BranchPath::Few] {
                        let (page, count) =
                            grant_lists::compile(&query, &viewer, &known, [path; 3]).unwrap();
                        texts.extend([page, count.unwrap()].map(|sql| (sql.text, None)));
                    }
                }
            }
            for flag_above in [false, true] {
                let roles = holders::Roles {
                    anywhere: vec![1],
                    above: vec![2, 3],
                    flag_above,
                    flag_there: true,
                    ..holders::Roles::default()
                };
                let above = [1.into(), 2.into()];
                let five = Cursor {
                    key: CursorKey::Int(5),
                    id: 5,
                };
                for from in [Position::Start, Position::Before(five)] {
                    let place = Some(2.into());
                    for path in [BranchPath::Ordered, BranchPath::Few] {
                        let sql =
                            holders::holders_sql(&roles, place, &above, &viewer, &from, 10, path);
                        texts.push((sql.unwrap().text, None));
                    }
                    let sql = holders::holders_look_sql(&roles, place, &above, Time(9));
                    texts.push((sql.text, None));
                }
            }
            for (database, on) in [
                (Database::Sqlite, For::Sqlite),
                (Database::Postgres, For::Postgres),
            ] {
                for field in [EventField::Subject, EventField::RequestId, EventField::Key] {
                    let query = Query {
                        predicate: Predicate::Is(field, Test::Equals(Value::Int(1))),
                        ..Query::default()
                    };
                    let sql = events::stream_sql(database, &query, (1, 2), &scopes, limit, Time(9));
                    texts.push((sql.unwrap().text, Some(on)));
                }
            }
        }
    }
    let foreign = Query::<GrantField> {
        from: Position::Offset(3),
        ..Query::default()
    };
    let viewer = grant_lists::Viewer {
        scopes: &[Scope::All],
        limit: None,
        own: UserId(1),
        now: Time(1),
    };
    assert!(grant_lists::compile(&foreign, &viewer, &[], BranchPaths::default()).is_err());
    let mut refused = Vec::new();
    for (trial, database) in real_stores().await {
        for (text, on) in &texts {
            if on.is_some_and(|on| on != database) {
                continue;
            }
            if let Err(error) = trial.store.prepare_check(text).await {
                refused.push(format!("{database:?}: {error:?}\n  {text}"));
            }
        }
        trial.end().await;
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
