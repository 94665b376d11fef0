//! Why a person may, who may, and the grants of everybody.

use directory::{
    AccessPath, AccessQuestion, Fault, GrantField, GroupRoleScope, Kind, NewCollection, NewGrant,
    OrganisationId, Platform, Position, Predicate, Query, Reach, Ref, RoleId, Test, UserId,
};

use crate::support::{AUDITOR, HELPDESK, OWNER, ROOT, START, World, both};

both![
    every_line_says_what_gives_it,
    questions_are_answered_as_rights_are,
    holders_are_those_whose_access_says_so,
    all_grants_are_paged_without_gap_or_double,
    hidden_people_stay_hidden,
];

fn asked(permission: &str, organisation: OrganisationId) -> AccessQuestion {
    AccessQuestion {
        permission: Some(permission.to_owned()),
        organisation: Some(Ref::Id(organisation)),
    }
}

async fn grant(world: &World, user: UserId, role: RoleId, organisation: OrganisationId) {
    let new = NewGrant {
        role,
        organisation: Some(organisation),
        expires_at: None,
    };
    world.system().grant_role(user, new).await.unwrap();
}

async fn every_line_says_what_gives_it(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let group = world.group("Blue", tree.north).await;
    system.add_member(group.id, tree.nils).await.unwrap();
    let collection = system
        .create_collection(NewCollection {
            name: "Both".to_owned(),
            organisations: vec![tree.north, tree.branch],
            ..NewCollection::default()
        })
        .await
        .unwrap();
    for scope in [
        GroupRoleScope::Organisation(tree.north),
        GroupRoleScope::Collection(collection.id),
    ] {
        system
            .add_group_role(group.id, AUDITOR, scope)
            .await
            .unwrap();
    }
    grant(world, tree.nils, HELPDESK, tree.north).await;
    let access = system
        .access_of(tree.nils, AccessQuestion::default())
        .await
        .unwrap();
    assert_eq!(access.allowed, None);
    let paths = |wanted: fn(&AccessPath) -> bool| {
        let mut found: Vec<_> = access
            .lines
            .iter()
            .filter(|line| wanted(&line.path))
            .map(|line| (line.role.clone().unwrap_or_default(), line.organisation))
            .collect();
        found.dedup();
        found
    };
    let direct = paths(|path| matches!(path, AccessPath::Direct(_)));
    assert!(
        direct.contains(&("helpdesk".to_owned(), tree.north)),
        "{direct:?}"
    );
    let by_group = paths(|path| {
        matches!(
            path,
            AccessPath::Group {
                collection: None,
                ..
            }
        )
    });
    assert_eq!(by_group, [("auditor".to_owned(), tree.north)]);
    let collected = paths(|path| {
        matches!(
            path,
            AccessPath::Group {
                collection: Some(_),
                ..
            }
        )
    });
    assert_eq!(
        collected,
        [
            ("auditor".to_owned(), tree.north),
            ("auditor".to_owned(), tree.branch)
        ]
    );
    let owner = system
        .access_of(OWNER, AccessQuestion::default())
        .await
        .unwrap();
    let everything = owner.lines.iter().find(|line| line.word == "*").unwrap();
    assert!(matches!(everything.path, AccessPath::Owner(_)));
    assert_eq!(everything.platform, Platform::USHER);
}

async fn questions_are_answered_as_rights_are(world: &World) {
    let tree = world.tree().await;
    grant(world, tree.nils, HELPDESK, tree.north).await;
    let system = world.system();
    for (organisation, expected) in [
        (tree.north, true),
        (tree.branch, true),
        (tree.south, false),
        (ROOT, false),
    ] {
        let question = asked("credentials.reset", organisation);
        let access = system.access_of(tree.nils, question).await.unwrap();
        assert_eq!(access.allowed, Some(expected), "{organisation:?}");
        assert_eq!(!access.lines.is_empty(), expected, "{organisation:?}");
    }
    let nothing = system
        .access_of(tree.nils, asked("settings.manage", tree.north))
        .await
        .unwrap();
    assert_eq!(nothing.allowed, Some(false));
    // An account that may not act may not do this either, whatever it holds.
    let change = directory::UserChange {
        status: Some(directory::Status::Suspended),
        ..directory::UserChange::default()
    };
    system.update_user(tree.nils, change).await.unwrap();
    let suspended = system
        .access_of(tree.nils, asked("credentials.reset", tree.north))
        .await
        .unwrap();
    assert_eq!(
        (suspended.allowed, suspended.lines.is_empty()),
        (Some(false), false)
    );
}

/// A person who is listed as a holder is one by their own access, and nobody else is.
async fn holders_are_those_whose_access_says_so(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    grant(world, tree.nils, HELPDESK, tree.north).await;
    let group = world.group("Blue", tree.north).await;
    let member = world
        .person("member@example.org", tree.branch, &[])
        .await
        .id;
    system.add_member(group.id, member).await.unwrap();
    system
        .add_group_role(
            group.id,
            HELPDESK,
            GroupRoleScope::Organisation(tree.branch),
        )
        .await
        .unwrap();
    let everybody = system.users(&Query::default()).await.unwrap().items;
    for permission in ["credentials.reset", "users.read", "toy:play", "*"] {
        for organisation in [ROOT, tree.north, tree.branch, tree.south] {
            let mut expected = Vec::new();
            for user in &everybody {
                let access = system
                    .access_of(user.id, asked(permission, organisation))
                    .await
                    .unwrap();
                if !access.lines.is_empty() {
                    expected.push(user.id);
                }
            }
            expected.sort_unstable();
            // Page by page, one person each.
            let (mut found, mut from) = (Vec::new(), Position::Start);
            loop {
                let question = asked(permission, organisation);
                let page = system.holders_of(question, from, 1).await.unwrap();
                for access in &page.items {
                    assert!(!access.lines.is_empty());
                    assert!(access.lines.iter().all(|line| line.user == access.user.id));
                    found.push(access.user.id);
                }
                match page.next {
                    Some(cursor) => from = Position::After(cursor),
                    None => break,
                }
            }
            assert_eq!(found, expected, "{permission} {organisation:?}");
        }
    }
}

async fn all_grants_are_paged_without_gap_or_double(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let group = world.group("Blue", tree.north).await;
    for user in [
        tree.nils,
        world.person("b@example.org", tree.north, &[]).await.id,
    ] {
        system.add_member(group.id, user).await.unwrap();
        grant(world, user, HELPDESK, tree.north).await;
        grant(world, user, HELPDESK, tree.branch).await;
    }
    for organisation in [tree.north, tree.branch] {
        let scope = GroupRoleScope::Organisation(organisation);
        system
            .add_group_role(group.id, AUDITOR, scope)
            .await
            .unwrap();
    }
    let ended = NewGrant {
        role: AUDITOR,
        organisation: Some(tree.south),
        expires_at: Some(START.plus(1_000)),
    };
    system.grant_role(tree.nils, ended).await.unwrap();
    let whole = Query {
        limit: 1_000,
        total: true,
        ..Query::default()
    };
    let all = system.all_grants(&whole).await.unwrap();
    let everybody: Vec<UserId> = system
        .users(&Query::default())
        .await
        .unwrap()
        .items
        .iter()
        .map(|user| user.id)
        .collect();
    let mut held = system.grants_of(&everybody).await.unwrap();
    assert_eq!(all.total, Some(held.len() as u64));
    let key = |one: &directory::HeldRole| format!("{one:?}");
    let mut rows: Vec<String> = all.items.iter().map(key).collect();
    let mut expected: Vec<String> = held.drain(..).map(|one| key(&one)).collect();
    let in_order = rows.clone();
    rows.sort_unstable();
    expected.sort_unstable();
    assert_eq!(rows, expected);
    for limit in [1, 2, 3] {
        let (mut found, mut from) = (Vec::new(), Position::Start);
        loop {
            let query = Query {
                limit,
                from,
                ..Query::default()
            };
            let page = system.all_grants(&query).await.unwrap();
            found.extend(page.items.iter().map(key));
            match page.next {
                Some(cursor) => from = Position::After(cursor),
                None => break,
            }
        }
        assert_eq!(found, in_order, "{limit}");
    }
    for (field, value, expected) in [
        (GrantField::User, directory::Value::Int(tree.nils.0), 5),
        (GrantField::Direct, directory::Value::Flag(false), 4),
        (GrantField::Role, directory::Value::Int(HELPDESK.0), 4),
    ] {
        let query = Query {
            predicate: Predicate::Is(field.clone(), Test::Equals(value)),
            ..Query::default()
        };
        let found = system.all_grants(&query).await.unwrap().items;
        let least = found.len() >= expected;
        assert!(
            least && found.len() < rows.len(),
            "{field:?} {}",
            found.len()
        );
    }
    world.clock.advance(2_000);
    let later = system.all_grants(&whole).await.unwrap();
    assert_eq!(later.items.len() + 1, rows.len());
}

async fn hidden_people_stay_hidden(world: &World) {
    let tree = world.tree().await;
    let reader = world.person("reader@example.org", tree.north, &[]).await.id;
    grant(world, reader, HELPDESK, tree.north).await;
    grant(world, OWNER, AUDITOR, tree.south).await;
    let handle = world.as_user(reader).await;
    let hidden = handle.access_of(OWNER, AccessQuestion::default()).await;
    assert!(matches!(hidden, Err(Fault::NotFound(Kind::User))));
    let missing = handle
        .access_of(UserId(9_999), AccessQuestion::default())
        .await;
    assert!(matches!(missing, Err(Fault::NotFound(Kind::User))));
    let page = handle.all_grants(&Query::default()).await.unwrap();
    assert!(page.items.iter().all(|one| one.user != OWNER));
    assert!(page.items.iter().any(|one| one.user == reader));
    let question = AccessQuestion {
        permission: Some("users.read".to_owned()),
        organisation: None,
    };
    let holders = handle
        .holders_of(question, Position::Start, 100)
        .await
        .unwrap();
    assert!(holders.items.iter().all(|access| access.user.id != OWNER));
    // A person without any right sees what they hold themselves.
    let alone = world.person("alone@example.org", ROOT, &[]).await.id;
    grant(world, alone, AUDITOR, tree.branch).await;
    let handle = world.as_user(alone).await;
    let access = handle
        .access_of(alone, AccessQuestion::default())
        .await
        .unwrap();
    assert!(access.lines.iter().all(|line| line.reach != Reach::All));
    assert!(!access.lines.is_empty());
}
