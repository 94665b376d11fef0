//! The roles of one user in one organisation, by every path; links of groups and collections; what is
//! done to several people, roles or members at once.

use directory::{
    CollectionLinks, Direction, Fault, GroupRoleScope, HeldRoleField, HeldRoleRow, Kind,
    NewCollection, NewGrant, OrganisationId, Page, Path, Permission, Position, Predicate, Query,
    Ref, Refusal, RoleId, Test, UserField, UserId,
};

use crate::support::{
    ADMINISTRATOR, AUDITOR, BOSS, GUEST, HELPDESK, MEMBER, OWNER, ROOT, START, TOY, World, both,
};

both![
    every_path_is_a_row,
    rows_are_filtered_sorted_and_paged,
    administrators_of_usher_stand_in,
    rows_cost_the_same_however_many_there_are,
    strangers_answer_like_missing,
    links_are_listed,
    batches_are_atomic,
    users_are_ordered_by_expiring_roles_and_homes,
    key_texts_are_renewed,
    users_are_counted_by_home,
    what_may_be_granted,
    read_only_keys_sign_out,
];

fn all() -> Query<HeldRoleField> {
    Query {
        sort: Some(HeldRoleField::Name),
        total: true,
        ..Query::default()
    }
}

fn names(page: &Page<HeldRoleRow>) -> Vec<&str> {
    page.items.iter().map(|row| row.name.as_str()).collect()
}

fn at(role: RoleId, organisation: OrganisationId, expires_at: Option<directory::Time>) -> NewGrant {
    NewGrant {
        role,
        organisation: Some(organisation),
        expires_at,
    }
}

async fn collection(
    world: &World,
    name: &str,
    organisations: &[OrganisationId],
) -> directory::Collection {
    let new = NewCollection {
        name: name.to_owned(),
        organisations: organisations.to_vec(),
        ..NewCollection::default()
    };
    world.system().create_collection(new).await.unwrap()
}

async fn every_path_is_a_row(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let group = world.group("Blue", tree.north).await;
    system.add_member(group.id, tree.nils).await.unwrap();
    let both = collection(world, "Both", &[tree.north, tree.branch]).await;
    let here = GroupRoleScope::Organisation(tree.north);
    let there = GroupRoleScope::Collection(both.id);
    system
        .add_group_role(group.id, AUDITOR, here)
        .await
        .unwrap();
    system
        .add_group_role(group.id, AUDITOR, there)
        .await
        .unwrap();
    let end = START.plus(1_000);
    let grant = at(HELPDESK, tree.north, Some(end));
    system.grant_role(tree.nils, grant).await.unwrap();
    let nora = world.as_user(tree.nora).await;
    let page = nora
        .held_roles(tree.nils, tree.north, &all())
        .await
        .unwrap();
    assert_eq!(names(&page), ["Auditor", "Auditor", "Helpdesk", "Member"]);
    assert_eq!(page.total, Some(4));
    let collections: Vec<bool> = page.items[..2]
        .iter()
        .map(|row| match row.path {
            Some(Path::Group {
                group: by,
                collection,
                ..
            }) => {
                assert_eq!(by, group.id);
                collection == Some(both.id)
            }
            _ => panic!("{row:?}"),
        })
        .collect();
    assert!(collections.contains(&true) && collections.contains(&false));
    assert_eq!(page.items[2].expires_at, Some(end));
    assert!(matches!(page.items[2].path, Some(Path::Direct(_))));
    // In the branch only the collection reaches.
    let page = nora
        .held_roles(tree.nils, tree.branch, &all())
        .await
        .unwrap();
    assert_eq!(names(&page), ["Auditor"]);
    // What has ended is not held.
    world.clock.advance(1_000);
    let page = nora
        .held_roles(tree.nils, tree.north, &all())
        .await
        .unwrap();
    assert_eq!(names(&page), ["Auditor", "Auditor", "Member"]);
}

async fn rows_are_filtered_sorted_and_paged(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let group = world.group("Blue", tree.north).await;
    system.add_member(group.id, tree.nils).await.unwrap();
    let here = GroupRoleScope::Organisation(tree.north);
    system
        .add_group_role(group.id, AUDITOR, here)
        .await
        .unwrap();
    let (soon, late) = (START.plus(1_000), START.plus(9_000));
    let grants = vec![
        at(HELPDESK, tree.north, Some(late)),
        at(ADMINISTRATOR, tree.north, Some(soon)),
    ];
    system.grant_roles(tree.nils, grants).await.unwrap();
    use HeldRoleField as F;
    for (predicate, expected) in [
        (
            Predicate::All,
            vec!["Administrator", "Auditor", "Helpdesk", "Member"],
        ),
        (
            Predicate::Is(F::Word, Test::Equals("auditor".into())),
            vec!["Auditor"],
        ),
        (
            Predicate::Is(F::Name, Test::Glob("*a*or".to_owned())),
            vec!["Administrator", "Auditor"],
        ),
        (
            Predicate::Is(F::Direct, Test::Equals(true.into())),
            vec!["Administrator", "Helpdesk", "Member"],
        ),
        (
            Predicate::Is(F::ExpiresAt, Test::Absent),
            vec!["Auditor", "Member"],
        ),
        (
            Predicate::Is(F::ExpiresAt, Test::Greater(soon.into())),
            vec!["Helpdesk"],
        ),
    ] {
        let query = Query { predicate, ..all() };
        let page = system
            .held_roles(tree.nils, tree.north, &query)
            .await
            .unwrap();
        assert_eq!(names(&page), expected, "{query:?}");
        assert_eq!(page.total, Some(expected.len() as u64), "{query:?}");
    }
    let mut walked = Vec::new();
    for offset in 0..5 {
        let query = Query {
            from: Position::Offset(offset),
            direction: Direction::Down,
            limit: 1,
            ..all()
        };
        let page = system
            .held_roles(tree.nils, tree.north, &query)
            .await
            .unwrap();
        assert_eq!(page.total, Some(4));
        walked.extend(page.items.into_iter().map(|row| row.name));
    }
    assert_eq!(walked, ["Member", "Helpdesk", "Auditor", "Administrator"]);
    let query = Query {
        sort: Some(F::ExpiresAt),
        ..all()
    };
    let page = system
        .held_roles(tree.nils, tree.north, &query)
        .await
        .unwrap();
    assert_eq!(names(&page)[2..], ["Administrator", "Helpdesk"]);
}

async fn administrators_of_usher_stand_in(world: &World) {
    let tree = world.tree().await;
    let handle = world.at(TOY, OWNER).await;
    let shown = async |user: UserId, place: OrganisationId| {
        let page = handle.held_roles(user, place, &all()).await.unwrap();
        let rows = page.items.into_iter();
        rows.map(|row| (row.word, row.expires_at, row.path.is_some()))
            .collect::<Vec<_>>()
    };
    let boss = |expires_at, path| vec![("boss".to_owned(), expires_at, path)];
    assert_eq!(shown(tree.nora, tree.north).await, boss(None, false));
    assert_eq!(shown(tree.nora, ROOT).await, []);
    assert_eq!(shown(tree.nils, tree.north).await, []);
    // Owners hold the role itself, and show it once.
    assert_eq!(shown(OWNER, ROOT).await, boss(None, true));
    let system = world.system();
    let end = START.plus(5_000);
    system
        .grant_role(tree.nils, at(ADMINISTRATOR, tree.branch, Some(end)))
        .await
        .unwrap();
    assert_eq!(shown(tree.nils, tree.branch).await, boss(Some(end), false));
    let group = world.group("Heads", tree.north).await;
    system.add_member(group.id, tree.nils).await.unwrap();
    let there = collection(world, "There", &[tree.branch]).await;
    let scope = GroupRoleScope::Collection(there.id);
    system
        .add_group_role(group.id, ADMINISTRATOR, scope)
        .await
        .unwrap();
    assert_eq!(shown(tree.nils, tree.branch).await, boss(None, false));
    system
        .grant_role(tree.nils, at(BOSS, tree.branch, None))
        .await
        .unwrap();
    assert_eq!(shown(tree.nils, tree.branch).await, boss(None, true));
    // They agree with what people are shown with elsewhere.
    for user in [tree.nora, tree.nils, OWNER] {
        let held = handle.grants_of(&[user]).await.unwrap();
        let mut known: Vec<_> = handle.shown_roles(&held);
        known.retain(|one| one.organisation == tree.branch);
        assert_eq!(shown(user, tree.branch).await.len(), known.len(), "{user}");
    }
}

async fn rows_cost_the_same_however_many_there_are(world: &World) {
    let system = world.system();
    let handle = world.at(TOY, OWNER).await;
    let mut costs = Vec::new();
    for people in [10, 300] {
        let mut last = OWNER;
        for number in 0..people {
            last = world
                .bare_person(&format!("p{people}-{number}@example.org"), ROOT)
                .await
                .id;
            system
                .grant_role(last, at(GUEST, ROOT, None))
                .await
                .unwrap();
        }
        let group = world.group(&format!("Group of {people}"), ROOT).await;
        system.add_member(group.id, last).await.unwrap();
        for role in [AUDITOR, HELPDESK, MEMBER] {
            let scope = GroupRoleScope::Organisation(ROOT);
            system.add_group_role(group.id, role, scope).await.unwrap();
        }
        for offset in [0, 2] {
            let query = Query {
                from: Position::Offset(offset),
                limit: 1,
                ..all()
            };
            handle.held_roles(last, ROOT, &query).await.unwrap();
            let before = world.directory.statements();
            handle.held_roles(last, ROOT, &query).await.unwrap();
            costs.push(world.directory.statements() - before);
        }
    }
    costs.dedup();
    assert_eq!(costs.len(), 1, "{costs:?}");
    assert!(costs[0] <= 6, "{costs:?}");
}

async fn strangers_answer_like_missing(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let missing_user = Err(Fault::NotFound(Kind::User));
    let missing_place = Err(Fault::NotFound(Kind::Organisation));
    for (user, place, expected) in [
        (tree.sven, tree.north, missing_user.clone()),
        (UserId(99_999), tree.north, missing_user),
        (tree.nils, tree.south, missing_place.clone()),
        (tree.nils, ROOT, missing_place.clone()),
        (tree.nils, OrganisationId(99_999), missing_place),
        (tree.nils, tree.north, Ok(())),
    ] {
        let found = nora.held_roles(user, place, &all()).await.map(|_| ());
        assert_eq!(found, expected, "{user} {place}");
    }
    // One's own roles are one's own to see, at home.
    let nils = world.as_user(tree.nils).await;
    assert!(nils.held_roles(tree.nils, tree.north, &all()).await.is_ok());
    assert!(
        nils.held_roles(tree.nora, tree.north, &all())
            .await
            .is_err()
    );
}

async fn links_are_listed(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let (blue, red) = (
        world.group("Blue", tree.north).await,
        world.group("Red", tree.north).await,
    );
    let (one, two) = (
        collection(world, "One", &[tree.north]).await,
        collection(world, "Two", &[tree.branch]).await,
    );
    for (group, role, through) in [
        (blue.id, AUDITOR, one.id),
        (blue.id, HELPDESK, one.id),
        (red.id, AUDITOR, two.id),
    ] {
        let scope = GroupRoleScope::Collection(through);
        system.add_group_role(group, role, scope).await.unwrap();
    }
    let scope = GroupRoleScope::Organisation(tree.north);
    system.add_group_role(red.id, AUDITOR, scope).await.unwrap();
    let every = CollectionLinks {
        organisation: tree.north,
        group: None,
        collection: None,
        role: None,
        offset: 0,
        limit: 10,
    };
    let pairs = |links: Vec<directory::CollectionLink>| -> Vec<_> {
        links
            .into_iter()
            .map(|link| (link.group, link.collection))
            .collect()
    };
    let (first, second) = ((blue.id, one.id), (red.id, two.id));
    let nora = world.as_user(tree.nora).await;
    for (query, expected, total) in [
        (every.clone(), vec![first, second], 2),
        (
            CollectionLinks {
                group: Some(blue.id),
                ..every.clone()
            },
            vec![first],
            1,
        ),
        (
            CollectionLinks {
                collection: Some(two.id),
                ..every.clone()
            },
            vec![second],
            1,
        ),
        (
            CollectionLinks {
                role: Some(HELPDESK),
                ..every.clone()
            },
            vec![first],
            1,
        ),
        (
            CollectionLinks {
                role: Some(MEMBER),
                ..every.clone()
            },
            vec![],
            0,
        ),
        (
            CollectionLinks {
                offset: 1,
                ..every.clone()
            },
            vec![second],
            2,
        ),
        (
            CollectionLinks {
                offset: 5,
                ..every.clone()
            },
            vec![],
            2,
        ),
        (
            CollectionLinks {
                organisation: tree.branch,
                ..every.clone()
            },
            vec![],
            0,
        ),
    ] {
        let (links, count) = nora.collection_links(&query).await.unwrap();
        assert_eq!((pairs(links), count), (expected, total), "{query:?}");
    }
    // Elsewhere nobody sees them, and who may not read groups is refused.
    let sara = world.as_user(tree.sara).await;
    let hidden = sara.collection_links(&every).await;
    assert_eq!(hidden, Err(Fault::NotFound(Kind::Organisation)));
    let nils = world.as_user(tree.nils).await;
    let refused = nils.collection_links(&every).await;
    assert_eq!(refused, Err(Fault::Forbidden(Permission::ReadGroups)));
}

async fn batches_are_atomic(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let missing = Ref::Id(UserId(99_999));
    // Members.
    let group = world.group("Blue", tree.north).await;
    let outsider = nora
        .add_members(group.id, vec![tree.nils.into(), tree.sven.into()])
        .await;
    assert_eq!(outsider, Err(Fault::NotFound(Kind::User)));
    let gone = nora
        .add_members(group.id, vec![tree.nils.into(), missing.clone()])
        .await;
    assert_eq!(gone, Err(Fault::NotFound(Kind::User)));
    assert_eq!(nora.members_of(&[group.id]).await.unwrap(), []);
    let two = vec![tree.nils.into(), tree.bob.into(), tree.nils.into()];
    assert_eq!(nora.add_members(group.id, two).await, Ok(2));
    let refused = nora
        .remove_members(group.id, vec![tree.nils.into(), missing.clone()])
        .await;
    assert_eq!(refused, Err(Fault::NotFound(Kind::User)));
    assert_eq!(nora.members_of(&[group.id]).await.unwrap().len(), 2);
    let two = vec![tree.nils.into(), tree.nora.into()];
    assert_eq!(nora.remove_members(group.id, two).await, Ok(1));
    // Roles of groups.
    let scope = GroupRoleScope::Organisation(tree.north);
    let refused = nora
        .add_group_roles(group.id, vec![AUDITOR, RoleId(99_999)], scope)
        .await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Role)));
    assert_eq!(nora.group_roles(&[group.id]).await.unwrap(), []);
    assert_eq!(
        nora.add_group_roles(group.id, vec![AUDITOR, HELPDESK], scope)
            .await,
        Ok(2)
    );
    let refused = nora
        .remove_group_roles(group.id, vec![AUDITOR, RoleId(99_999)], scope)
        .await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Role)));
    assert_eq!(
        nora.remove_group_roles(group.id, vec![AUDITOR, MEMBER], scope)
            .await,
        Ok(1)
    );
    // Revoking what is not held is nothing; an unknown role undoes all.
    let refused = nora
        .revoke_held_roles(tree.nils, vec![MEMBER, RoleId(99_999)], tree.north)
        .await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Role)));
    let query = all();
    let held = nora
        .held_roles(tree.nils, tree.north, &query)
        .await
        .unwrap();
    assert_eq!(names(&held), ["Member"]);
    assert_eq!(
        nora.revoke_held_roles(tree.nils, vec![AUDITOR, MEMBER], tree.north)
            .await,
        Ok(1)
    );
    assert_eq!(
        nora.revoke_held_roles(tree.nils, vec![MEMBER], tree.north)
            .await,
        Ok(0)
    );
    let hidden = nora
        .revoke_held_roles(tree.sven, vec![MEMBER], tree.south)
        .await;
    assert_eq!(hidden, Err(Fault::NotFound(Kind::User)));
    let nils = world.as_user(tree.nils).await;
    let refused = nils
        .revoke_held_roles(tree.bob, vec![MEMBER], tree.branch)
        .await;
    assert_eq!(refused, Err(Fault::Forbidden(Permission::GrantRoles)));
    // Mails and second factors.
    world.mails().await;
    let mixed = vec![tree.nils.into(), missing.clone()];
    let refused = nora.send_password_resets(mixed.clone(), true).await;
    assert_eq!(refused, Err(Fault::NotFound(Kind::User)));
    assert_eq!(world.mails().await.len(), 0);
    let two = vec![tree.nils.into(), tree.bob.into()];
    nora.send_password_resets(two.clone(), true).await.unwrap();
    assert_eq!(world.mails().await.len(), 2);
    let refused = nora.remove_second_factors(mixed).await;
    assert_eq!(refused, Err(Fault::NotFound(Kind::User)));
    assert_eq!(nora.remove_second_factors(two).await, Ok(0));
    let refused = nils.remove_second_factors(vec![tree.bob.into()]).await;
    assert_eq!(refused, Err(Fault::Forbidden(Permission::ResetCredentials)));
}

async fn users_are_ordered_by_expiring_roles_and_homes(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let grant = at(AUDITOR, tree.north, Some(START.plus(9_000)));
    system.grant_role(tree.bob, grant).await.unwrap();
    let listed = async |sort: UserField, direction| {
        let query = Query {
            sort: Some(sort),
            direction,
            ..Query::default()
        };
        let page = system.users(&query).await.unwrap();
        page.items
            .into_iter()
            .map(|user| user.login)
            .collect::<Vec<_>>()
    };
    let expiring = UserField::ExpiringRoleOrganisation(directory::Platform::USHER);
    let up = listed(expiring.clone(), Direction::Up).await;
    assert_eq!(up.last().map(String::as_str), Some("bob@example.org"));
    let down = listed(expiring, Direction::Down).await;
    assert_eq!(down.first().map(String::as_str), Some("bob@example.org"));
    let homes = listed(UserField::HomeName, Direction::Up).await;
    let expected = [
        "owner@example.org",
        "nora@example.org",
        "nils@example.org",
        "bea@example.org",
        "bob@example.org",
        "sara@example.org",
        "sven@example.org",
    ];
    assert_eq!(homes, expected);
}

async fn key_texts_are_renewed(world: &World) {
    let tree = world.tree().await;
    let unknown = Fault::Unauthenticated(Refusal::Unknown);
    let nils = world.as_user(tree.nils).await;
    let new = directory::NewKey {
        name: "laptop".to_owned(),
        ..directory::NewKey::default()
    };
    let old = nils.create_key(tree.nils, new).await.unwrap();
    let caller = world.caller_at(TOY, &old.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    assert!(world.caller_at(TOY, &token.secret).await.is_ok());
    let nora = world.as_user(tree.nora).await;
    let fresh = nora.renew_key_text(old.key.id).await.unwrap();
    assert_eq!(
        (fresh.key.id, fresh.key.uuid, fresh.key.user),
        (old.key.id, old.key.uuid, tree.nils)
    );
    assert!(fresh.secret != old.secret && fresh.secret.starts_with(&fresh.key.hint_start));
    assert_eq!(
        nils.key(old.key.id).await.unwrap().hint_end,
        fresh.key.hint_end
    );
    for (text, expected) in [
        (&old.secret, false),
        (&token.secret, false),
        (&fresh.secret, true),
    ] {
        assert_eq!(world.caller_at(TOY, text).await.is_ok(), expected);
    }
    assert_eq!(world.caller(&old.secret).await.unwrap_err(), unknown);
    // Others' keys are not found, and a revoked one is not brought back.
    let sara = world.as_user(tree.sara).await;
    let refused = sara.renew_key_text(old.key.id).await.unwrap_err();
    assert_eq!(refused, Fault::NotFound(Kind::Key));
    nils.revoke_key(old.key.id).await.unwrap();
    let refused = nils.renew_key_text(old.key.id).await.unwrap_err();
    assert_eq!(refused, Fault::NotFound(Kind::Key));
    // A limited key does not free another.
    let limited = directory::NewKey {
        read_only: false,
        scopes: vec!["toy:play".to_owned()],
        ..directory::NewKey::default()
    };
    let other = nils
        .create_key(tree.nils, directory::NewKey::default())
        .await
        .unwrap();
    let limited = nils.create_key(tree.nils, limited).await.unwrap();
    let limited = world.caller(&limited.secret).await.unwrap();
    let refused = world
        .directory
        .act(&limited)
        .renew_key_text(other.key.id)
        .await;
    assert_eq!(refused.unwrap_err(), Fault::ExceedsOwn);
}

async fn users_are_counted_by_home(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let all = Query::default();
    let counts = system.count_users_by_home(&all).await.unwrap();
    let expected = vec![
        (ROOT, 1),
        (tree.north, 2),
        (tree.south, 2),
        (tree.branch, 2),
    ];
    assert_eq!(counts, expected);
    let bea = Predicate::Is(UserField::Login, Test::StartsWith("b".to_owned()));
    let named = Query {
        predicate: bea,
        ..Query::default()
    };
    let counts = system.count_users_by_home(&named).await.unwrap();
    assert_eq!(counts, [(tree.branch, 2)]);
    // Only who is seen is counted.
    let nora = world.as_user(tree.nora).await;
    let counts = nora.count_users_by_home(&all).await.unwrap();
    assert_eq!(counts, [(tree.north, 2), (tree.branch, 2)]);
    let below = Predicate::Is(
        UserField::HomeSubtree,
        Test::Equals(tree.branch.number().into()),
    );
    let below = Query {
        predicate: below,
        ..Query::default()
    };
    let counts = nora.count_users_by_home(&below).await.unwrap();
    assert_eq!(counts, [(tree.branch, 2)]);
    let nils = world.as_user(tree.nils).await;
    let counts = nils.count_users_by_home(&all).await.unwrap();
    assert_eq!(counts, [(tree.north, 1)]);
}

async fn what_may_be_granted(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let all = [
        ADMINISTRATOR,
        AUDITOR,
        HELPDESK,
        MEMBER,
        crate::support::OWNER_ROLE,
    ];
    let hers = vec![ADMINISTRATOR, HELPDESK, AUDITOR, MEMBER];
    for (place, user, expected) in [
        (tree.north, None, Ok(hers.clone())),
        (tree.north, Some(tree.nils), Ok(hers.clone())),
        (tree.branch, Some(tree.bob), Ok(hers)),
        (tree.south, None, Err(Fault::NotFound(Kind::Organisation))),
        (
            tree.north,
            Some(tree.sven),
            Err(Fault::NotFound(Kind::User)),
        ),
    ] {
        let found = nora
            .grantable_roles(&all, place, user.map(Into::into))
            .await;
        assert_eq!(found, expected, "{place} {user:?}");
    }
    let none = nora.grantable_roles(&[], tree.north, None).await;
    assert_eq!(none, Ok(vec![]));
    // Who grants nothing may grant nothing; what is told agrees with what is done.
    let hilda = world
        .person("hilda@example.org", tree.north, &[HELPDESK])
        .await;
    let hilda = world.as_user(hilda.id).await;
    let found = hilda
        .grantable_roles(&all, tree.north, Some(tree.nils.into()))
        .await;
    assert_eq!(found, Ok(vec![]));
    let told = nora
        .grantable_roles(&all, tree.north, Some(tree.nils.into()))
        .await
        .unwrap();
    for role in all {
        let done = nora.grant_role(tree.nils, at(role, tree.north, None)).await;
        assert_eq!(done.is_ok(), told.contains(&role), "{role}: {done:?}");
    }
}

async fn read_only_keys_sign_out(world: &World) {
    let tree = world.tree().await;
    let new = directory::NewKey {
        read_only: true,
        ..directory::NewKey::default()
    };
    let key = world.system().create_key(tree.nils, new).await.unwrap();
    let caller = world.caller_at(TOY, &key.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    assert!(world.caller_at(TOY, &token.secret).await.is_ok());
    assert_eq!(
        world
            .directory
            .act(&caller)
            .revoke_token(&token.secret)
            .await,
        Ok(true)
    );
    assert!(world.caller_at(TOY, &token.secret).await.is_err());
}
