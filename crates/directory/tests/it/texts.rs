//! Texts that no database takes are refused by a clear fault, wherever they come in.

use directory::{
    Accepts, EventField, Extended, Fault, GroupChange, KeyField, NewExtension, NewGroup, NewKey,
    NewOrganisation, NewRecord, NewRole, NewUser, OrganisationField, Predicate, Profile,
    ProfileChange, Query, Ref, SessionKind, SessionRequest, Test, UserChange, UserField,
};

use crate::support::{OWNER, OWNER_PASSWORD, ROOT, TOY, World, both, from};

both!(
    nul_is_refused_everywhere,
    a_cursor_from_outside_may_hold_anything,
    a_filter_may_hold_as_many_tests_as_are_allowed
);

const NUL: &str = "a\0b";

fn bad<T>(what: &str, result: Result<T, Fault>) {
    match result.map(drop) {
        // What nothing can be called is as good as unknown.
        Err(Fault::Invalid { .. } | Fault::NotFound(_) | Fault::UnknownReference(_)) => {}
        other => panic!("{what}: {other:?}"),
    }
}

async fn nul_is_refused_everywhere(world: &World) {
    let owner = world.as_user(OWNER).await;
    let toy = world.at(TOY, OWNER).await;
    let group = world.group("Blue", ROOT).await.id;
    let nul = || NUL.to_owned();
    let events = async || {
        let query = Query {
            limit: 0,
            total: true,
            ..Query::<EventField>::default()
        };
        world.system().events(&query).await.unwrap().total
    };
    let before = events().await;
    for (field, new) in [
        (
            "login",
            NewUser {
                login: Some(nul()),
                ..NewUser::default()
            },
        ),
        (
            "email",
            NewUser {
                email: Some(format!("{NUL}@example.org")),
                ..NewUser::default()
            },
        ),
        (
            "title",
            NewUser {
                login: Some("ada".to_owned()),
                profile: Profile {
                    title: Some(nul()),
                    ..Profile::default()
                },
                ..NewUser::default()
            },
        ),
    ] {
        bad(field, owner.create_user(new).await);
    }
    let change = UserChange {
        display: Some(Some(nul())),
        ..UserChange::default()
    };
    bad("display", owner.update_user(OWNER, change).await);
    let change = UserChange {
        profile: ProfileChange {
            department: Some(Some(nul())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    bad("department", owner.update_own_profile(change).await);
    let new = NewOrganisation {
        name: nul(),
        ..NewOrganisation::default()
    };
    bad("organisation", owner.create_organisation(new).await);
    let new = NewGroup {
        name: nul(),
        ..NewGroup::default()
    };
    bad("group", owner.create_group(new).await);
    let change = GroupChange {
        description: Some(Some(nul())),
        ..GroupChange::default()
    };
    bad("description", owner.update_group(group, change).await);
    let new = NewRole {
        platform: Some(TOY),
        word: None,
        organisation: None,
        name: nul(),
        description: String::new(),
        lines: Vec::new(),
        extension: None,
    };
    bad("role", toy.create_role(new).await);
    let new = NewKey {
        name: nul(),
        ..NewKey::default()
    };
    bad("key", owner.create_key(OWNER, new).await);
    bad(
        "setting",
        owner
            .change_dialect_setting(NUL, serde_json::json!(1))
            .await,
    );
    let new = NewRecord {
        kind: nul(),
        ..NewRecord::default()
    };
    bad("record", toy.create_record(new).await);
    let new = NewExtension {
        document: serde_json::json!({}),
        terms: vec![("k".to_owned(), nul())],
    };
    bad(
        "term",
        toy.put_extension(Extended::User, OWNER.0, new).await,
    );
    assert_eq!(events().await, before);

    // Looked for, and named.
    bad("user", owner.user(Ref::Name(nul())).await);
    bad("organisation", owner.organisation(Ref::Name(nul())).await);
    bad("session", owner.revoke_session(Ref::Name(nul())).await);
    let is = |text: &str| Test::Equals(text.into());
    for test in [
        is(NUL),
        Test::Contains(nul()),
        Test::StartsWith(nul()),
        Test::Glob(format!("{NUL}*")),
        Test::OneOf(vec![NUL.into()]),
        Test::Less(NUL.into()),
    ] {
        let users = Query {
            predicate: Predicate::Is(UserField::Login, test.clone()),
            ..Query::default()
        };
        bad("users", owner.users(&users).await);
        let organisations = Query {
            predicate: Predicate::Is(OrganisationField::Name, test.clone()),
            ..Query::default()
        };
        bad("organisations", owner.organisations(&organisations).await);
        let keys = Query {
            predicate: Predicate::Is(KeyField::Name, test),
            ..Query::default()
        };
        bad("keys", owner.keys(&keys).await);
    }
    let search = Query::<UserField> {
        search: Some(nul()),
        ..Query::default()
    };
    bad("search", owner.users(&search).await);
    // At the doors: as unknown as any other.
    let request = SessionRequest::of(SessionKind::Browser);
    for (name, password) in [(NUL, OWNER_PASSWORD), ("owner@example.org", NUL)] {
        let refused = world
            .directory
            .sign_in(TOY, name, password, None, request, from("192.0.2.1"))
            .await
            .map(drop);
        assert!(
            matches!(
                refused,
                Err(Fault::Unauthenticated(_) | Fault::Invalid { .. })
            ),
            "{refused:?}"
        );
    }
    let refused = world
        .directory
        .authenticate(TOY, NUL, Accepts::Both, from("192.0.2.1"))
        .await
        .map(drop);
    assert!(matches!(refused, Err(Fault::Unauthenticated(_))));
    let asked = world
        .directory
        .request_password_reset(NUL, TOY, from("192.0.2.1"));
    assert!(matches!(asked.await, Ok(()) | Err(Fault::Invalid { .. })));
}

async fn a_cursor_from_outside_may_hold_anything(world: &World) {
    let owner = world.as_user(OWNER).await;
    let query = Query::<UserField> {
        sort: Some(UserField::Login),
        from: directory::Position::After(directory::Cursor {
            key: directory::CursorKey::Text(NUL.to_owned()),
            id: 1,
        }),
        ..Query::default()
    };
    bad("cursor", owner.users(&query).await);
}

async fn a_filter_may_hold_as_many_tests_as_are_allowed(world: &World) {
    let owner = world.as_user(OWNER).await;
    let everybody = owner.users(&Query::default()).await.unwrap().items.len();
    let tests = |count: usize| -> Vec<Predicate<UserField>> {
        let one = |number: usize| {
            // Patterns have a bound of their own.
            let test = match number % 40 {
                0 => Test::Contains(format!("nobody {number}")),
                _ => Test::Equals(format!("nobody {number}").into()),
            };
            Predicate::Is(UserField::Name, test)
        };
        (0..count).map(one).collect()
    };
    let asked = async |predicate| {
        let query = Query {
            predicate,
            ..Query::default()
        };
        owner.users(&query).await.map(|page| page.items.len())
    };
    let nots = |tests: Vec<Predicate<UserField>>| -> Vec<Predicate<UserField>> {
        let not = |test| Predicate::Not(Box::new(test));
        tests.into_iter().map(not).collect()
    };
    assert_eq!(asked(Predicate::Or(tests(4_990))).await, Ok(0));
    assert_eq!(
        asked(Predicate::And(nots(tests(2_400)))).await,
        Ok(everybody)
    );
    let mut deep = Predicate::Or(tests(70));
    for _ in 0..25 {
        let mut all = nots(tests(70));
        all.push(Predicate::Not(Box::new(deep)));
        deep = Predicate::And(all);
    }
    assert!(asked(deep).await.is_ok());
    let more = asked(Predicate::Or(tests(5_001))).await;
    assert!(matches!(
        more,
        Err(Fault::Invalid {
            field: "filter",
            ..
        })
    ));
}
