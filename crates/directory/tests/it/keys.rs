use directory::{
    Accepts, Constraint, ConstraintKind, Fault, Key, KeyChange, KeyField, KeyId, KeyInactive,
    KeyShape, Kind, NewKey, Permission, Platform, Predicate, ProfileChange, Query, Ref, Refusal,
    Status, Test, UserChange,
};

use crate::support::{ADMINISTRATOR, AUDITOR, OWNER, ROOT, START, TOY, World, both, from, world};

both![
    no_key_outlives_the_policy,
    made_and_used,
    reach_of_managing,
    limited_keys,
    renewed_within_limits,
    titles_are_told_apart,
    one_title_goes_to_one_of_many_at_once,
    replaced_by_another,
    listed_filtered_paged,
    revoked,
    uses_are_counted,
    accounts_that_are_not_active,
    why_and_since_when_a_key_opens_nothing,
];

fn get(path: &str) -> Constraint {
    Constraint {
        kind: ConstraintKind::Exact,
        pattern: path.to_owned(),
        methods: vec!["GET".to_owned()],
    }
}

fn refused() -> Fault {
    Fault::Unauthenticated(Refusal::Unknown)
}

async fn made_and_used(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let handle = world.as_user(ada.id).await;
    let new = NewKey {
        name: "laptop".to_owned(),
        expires_at: Some(START.plus(1_000)),
        ..NewKey::default()
    };
    let fresh = handle.create_key(ada.id, new).await.unwrap();
    assert_eq!(fresh.secret.len(), 40);
    assert!(fresh.secret.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert!(fresh.secret.starts_with(&fresh.key.hint_start));
    assert!(fresh.secret.ends_with(&fresh.key.hint_end));
    assert!(!format!("{fresh:?}").contains(&fresh.secret));
    assert_eq!(handle.key(fresh.key.id).await.unwrap(), fresh.key);
    assert_eq!(
        handle.key(Ref::Uuid(fresh.key.uuid)).await.unwrap(),
        fresh.key
    );
    let simple = Ref::Name(fresh.key.uuid.simple().to_string());
    assert_eq!(handle.key(simple).await.unwrap(), fresh.key);
    for platform in [Platform::USHER, TOY] {
        assert_eq!(
            world
                .caller_at(platform, &fresh.secret)
                .await
                .unwrap()
                .user(),
            ada.id
        );
    }
    let only_sessions = world
        .directory
        .authenticate(TOY, &fresh.secret, Accepts::Sessions, from("192.0.2.1"))
        .await;
    assert_eq!(only_sessions.unwrap_err(), refused());
    world.clock.advance(999);
    assert!(world.caller(&fresh.secret).await.is_ok());
    world.clock.advance(1);
    assert_eq!(world.caller(&fresh.secret).await.unwrap_err(), refused());
    let prefixed = NewKey {
        shape: KeyShape::Prefixed("toy_"),
        ..NewKey::default()
    };
    let prefixed = handle.create_key(ada.id, prefixed).await.unwrap();
    assert_eq!((prefixed.secret.len(), &prefixed.secret[..4]), (68, "toy_"));
    assert!(world.caller(&prefixed.secret).await.is_ok());
    let chosen = "a".repeat(40);
    let with = handle
        .create_key_with(ada.id, NewKey::default(), chosen.clone())
        .await;
    assert_eq!(with.unwrap_err(), Fault::Forbidden(Permission::ManageKeys));
    let system = world.system();
    let short = system.create_key_with(OWNER, NewKey::default(), "short".to_owned());
    assert!(matches!(
        short.await,
        Err(Fault::Invalid { field: "key", .. })
    ));
    system
        .create_key_with(OWNER, NewKey::default(), chosen.clone())
        .await
        .unwrap();
    assert_eq!(world.caller(&chosen).await.unwrap().user(), OWNER);
    let again = system
        .create_key_with(OWNER, NewKey::default(), chosen)
        .await;
    assert_eq!(again.unwrap_err(), Fault::Taken { field: "uuid" });
}

async fn reach_of_managing(world: &World) {
    let (north, south) = (
        world.organisation("North", ROOT).await.id,
        world.organisation("South", ROOT).await.id,
    );
    let boss = world
        .person("boss@example.org", north, &[ADMINISTRATOR])
        .await;
    let inside = world.person("inside@example.org", north, &[]).await;
    let outside = world.person("outside@example.org", south, &[]).await;
    let auditor = world.person("auditor@example.org", north, &[AUDITOR]).await;
    let foreign = world
        .system()
        .create_key(outside.id, NewKey::default())
        .await
        .unwrap()
        .key;
    let owners = world
        .system()
        .create_key(OWNER, NewKey::default())
        .await
        .unwrap()
        .key;
    let handle = world.as_user(boss.id).await;
    let made = handle
        .create_key(inside.id, NewKey::default())
        .await
        .unwrap()
        .key;
    assert_eq!((made.user, made.created_by), (inside.id, Some(boss.id)));
    let hidden = Fault::NotFound(Kind::Key);
    assert_eq!(
        handle
            .create_key(outside.id, NewKey::default())
            .await
            .unwrap_err(),
        Fault::NotFound(Kind::User)
    );
    for key in [&foreign, &owners] {
        assert_eq!(handle.key(key.id).await.unwrap_err(), hidden);
        assert_eq!(handle.revoke_key(key.id).await.unwrap_err(), hidden);
        let change = KeyChange::default();
        assert_eq!(handle.update_key(key.id, change).await.unwrap_err(), hidden);
    }
    assert_eq!(
        handle.key(directory::KeyId(i64::MAX)).await.unwrap_err(),
        hidden
    );
    // Whoever only reads sees people and not their keys.
    let reading = world.as_user(auditor.id).await;
    assert_eq!(reading.key(made.id).await.unwrap_err(), hidden);
    assert_eq!(
        reading
            .create_key(inside.id, NewKey::default())
            .await
            .unwrap_err(),
        Fault::Forbidden(Permission::ManageKeys)
    );
    assert!(
        reading
            .create_key(auditor.id, NewKey::default())
            .await
            .is_ok()
    );
    // An administrator of a subtree cannot take over one with more rights who lives there.
    let more = world.person("more@example.org", north, &[]).await;
    let grander = directory::NewUser {
        email: Some("grand@example.org".to_owned()),
        home: Some(north),
        roles: vec![ADMINISTRATOR],
        ..directory::NewUser::default()
    };
    let peer = handle.create_user(grander).await.unwrap();
    assert!(handle.create_key(peer.id, NewKey::default()).await.is_ok());
    assert!(handle.create_key(more.id, NewKey::default()).await.is_ok());
}

async fn limited_keys(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let toy = world.key_of(ada.id).await;
    let toy = world
        .directory
        .act(&world.caller_at(TOY, &toy).await.unwrap());
    let new = NewKey {
        constraints: vec![get("users")],
        ..NewKey::default()
    };
    let fresh = toy.create_key(ada.id, new).await.unwrap();
    assert_eq!(fresh.key.platform.as_deref(), Some("toy"));
    assert_eq!(fresh.key.origin, "toy");
    assert!(world.caller_at(TOY, &fresh.secret).await.is_ok());
    assert_eq!(world.caller(&fresh.secret).await.unwrap_err(), refused());
    let mut context = from("192.0.2.1");
    context.path = "groups".to_owned();
    let elsewhere = world
        .directory
        .authenticate(TOY, &fresh.secret, Accepts::Both, context)
        .await;
    assert_eq!(elsewhere.unwrap_err(), Fault::KeyLimit);
    // Lifting the limits elsewhere opens every door again; new limits belong to who sets them.
    let handle = world.as_user(ada.id).await;
    let free = KeyChange {
        constraints: Some(Vec::new()),
        ..KeyChange::default()
    };
    assert_eq!(
        handle
            .update_key(fresh.key.id, free)
            .await
            .unwrap()
            .platform,
        None
    );
    assert!(world.caller(&fresh.secret).await.is_ok());
    let scoped = KeyChange {
        scopes: Some(vec!["users:read".to_owned()]),
        ..KeyChange::default()
    };
    let scoped = handle.update_key(fresh.key.id, scoped).await.unwrap();
    assert_eq!(scoped.platform.as_deref(), Some("usher"));
    assert_eq!(
        world.caller(&fresh.secret).await.unwrap().limits().scopes,
        ["users:read"]
    );
    let addresses = KeyChange {
        scopes: Some(Vec::new()),
        addresses: Some(vec!["198.51.100.0/24".parse().unwrap()]),
        read_only: Some(true),
        ..KeyChange::default()
    };
    handle.update_key(fresh.key.id, addresses).await.unwrap();
    assert_eq!(
        world.caller(&fresh.secret).await.unwrap_err(),
        Fault::Unauthenticated(Refusal::Address)
    );
    let near = world
        .directory
        .authenticate(TOY, &fresh.secret, Accepts::Both, from("198.51.100.7"))
        .await
        .unwrap();
    let near = world.directory.act(&near);
    assert!(near.user(ada.id).await.is_ok());
    assert_eq!(
        near.create_key(ada.id, NewKey::default())
            .await
            .unwrap_err(),
        Fault::KeyLimit
    );
    let broken = NewKey {
        constraints: vec![Constraint {
            kind: ConstraintKind::Regex,
            ..get("users/(")
        }],
        ..NewKey::default()
    };
    assert!(matches!(
        handle.create_key(ada.id, broken).await,
        Err(Fault::Invalid {
            field: "constraints",
            ..
        })
    ));
    let unknown = NewKey {
        organisation: Some(directory::OrganisationId(99)),
        ..NewKey::default()
    };
    assert_eq!(
        handle.create_key(ada.id, unknown).await.unwrap_err(),
        Fault::UnknownReference(Kind::Organisation)
    );
}

async fn renewed_within_limits(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let limits = NewKey {
        scopes: vec!["keys".to_owned()],
        ..NewKey::default()
    };
    let handle = world.as_user(ada.id).await;
    let limited = handle.create_key(ada.id, limits.clone()).await.unwrap();
    let own = world
        .directory
        .act(&world.caller(&limited.secret).await.unwrap());
    assert_eq!(
        own.create_key(ada.id, NewKey::default()).await.unwrap_err(),
        Fault::ExceedsOwn
    );
    let more = KeyChange {
        scopes: Some(Vec::new()),
        ..KeyChange::default()
    };
    assert_eq!(
        own.update_key(limited.key.id, more).await.unwrap_err(),
        Fault::ExceedsOwn
    );
    assert!(own.create_key(ada.id, limits).await.is_ok());
}

/// A key that opens one platform alone in one organisation: what an API client is.
fn client(name: &str, organisation: directory::OrganisationId) -> NewKey {
    NewKey {
        name: name.to_owned(),
        scopes: vec!["users:read".to_owned()],
        organisation: Some(organisation),
        ..NewKey::default()
    }
}

async fn titles_are_told_apart(world: &World) {
    let ada = world
        .person("ada@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let ben = world
        .person("ben@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let north = world.organisation("North", ROOT).await.id;
    let taken = Err(Fault::Taken { field: "name" });
    let secret = world.key_of(ada.id).await;
    let toy = world
        .directory
        .act(&world.caller_at(TOY, &secret).await.unwrap());
    let (own, other) = (world.as_user(ada.id).await, world.as_user(ben.id).await);
    let first = own
        .create_key(ada.id, client("Report\nnightly", ROOT))
        .await
        .unwrap();
    let second = own
        .create_key(ada.id, client("Backup", ROOT))
        .await
        .unwrap();
    // Whose key it is, its case and the lines below make no difference.
    for name in ["Report", " rEPORT \nelsewhere", "Report\nnightly"] {
        let refused = other.create_key(ben.id, client(name, ROOT)).await;
        assert_eq!(refused.map(drop), taken, "{name:?}");
        let rename = KeyChange {
            name: Some(name.to_owned()),
            ..KeyChange::default()
        };
        let refused = own.update_key(second.key.id, rename).await;
        assert_eq!(refused.map(drop), taken, "{name:?}");
    }
    // Another organisation, another platform and keys that are no API clients have names of their own.
    let free = NewKey {
        name: "Report".to_owned(),
        ..NewKey::default()
    };
    other
        .create_key(ben.id, client("Report", north))
        .await
        .unwrap();
    toy.create_key(ada.id, client("Report", ROOT))
        .await
        .unwrap();
    for _ in 0..2 {
        other.create_key(ben.id, free.clone()).await.unwrap();
        own.create_key(ada.id, client("", ROOT)).await.unwrap();
    }
    // It keeps its own name, also with another text; a revoked one leaves it to others.
    let again = KeyChange {
        name: Some("REPORT".to_owned()),
        ..KeyChange::default()
    };
    own.update_key(first.key.id, again).await.unwrap();
    let renewed = own.renew_own_key(Some(first.key.id), "").await.unwrap();
    assert_eq!(renewed.key.name, "REPORT");
    own.revoke_key(renewed.key.id).await.unwrap();
    other
        .create_key(ben.id, client("Report", ROOT))
        .await
        .unwrap();
}

async fn one_title_goes_to_one_of_many_at_once(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    for round in 0..4 {
        let name = format!("Report {round}");
        let mut running = Vec::new();
        for _ in 0..6 {
            let handle = world.as_user(ada).await;
            let new = client(&name, ROOT);
            running.push(tokio::spawn(
                async move { handle.create_key(ada, new).await },
            ));
        }
        let mut made = 0;
        for one in running {
            match one.await.unwrap() {
                Ok(_) => made += 1,
                Err(fault) => assert!(
                    matches!(
                        fault,
                        Fault::Taken { field: "name" } | Fault::Unavailable("busy")
                    ),
                    "{fault:?}"
                ),
            }
        }
        assert_eq!(made, 1, "{name}");
    }
}

async fn listed_filtered_paged(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let bob = world.person("bob@example.org", ROOT, &[]).await;
    let handle = world.as_user(ada.id).await;
    for name in ["Alpha", "beta", "gamma"] {
        let new = NewKey {
            name: name.to_owned(),
            ..NewKey::default()
        };
        handle.create_key(ada.id, new).await.unwrap();
    }
    world.key_of(bob.id).await;
    let names = |keys: &[Key]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    let all = Query {
        total: true,
        sort: Some(KeyField::Name),
        ..Query::default()
    };
    let page = handle.keys(&all).await.unwrap();
    assert_eq!(
        (names(&page.items), page.total),
        (
            vec![
                "".to_owned(),
                "Alpha".to_owned(),
                "beta".to_owned(),
                "gamma".to_owned()
            ],
            Some(4)
        )
    );
    let by = |field, test| Query {
        predicate: Predicate::Is(field, test),
        ..Query::default()
    };
    let found = handle
        .keys(&by(KeyField::Name, Test::Equals("ALPHA".into())))
        .await
        .unwrap();
    assert_eq!(names(&found.items), ["Alpha"]);
    let system = world.system();
    for (query, count) in [
        (by(KeyField::User, Test::Equals(bob.id.0.into())), 1),
        (
            by(KeyField::UserEmail, Test::Equals("ADA@example.org".into())),
            4,
        ),
        (by(KeyField::Revoked, Test::Equals(true.into())), 0),
        (by(KeyField::ExpiresAt, Test::Absent), 5),
        (
            Query {
                search: Some("amm".to_owned()),
                ..Query::default()
            },
            1,
        ),
    ] {
        assert_eq!(
            system.keys(&query).await.unwrap().items.len(),
            count,
            "{query:?}"
        );
    }
    let first = Query {
        limit: 2,
        ..Query::default()
    };
    let page = handle.keys(&first).await.unwrap();
    let rest = Query {
        from: directory::Position::After(page.next.unwrap()),
        ..first
    };
    let rest = handle.keys(&rest).await.unwrap();
    assert_eq!(
        (names(&rest.items), rest.next),
        (vec!["beta".to_owned(), "gamma".to_owned()], None)
    );
}

async fn no_key_outlives_the_policy(world: &World) {
    let tree = world.tree().await;
    let nils = world.as_user(tree.nils).await;
    let policy = directory::KeyPolicy { longest_life: 60 };
    world.system().change_setting(policy).await.unwrap();
    let latest = nils.now().plus(60_000);
    let until = |expires_at| NewKey {
        expires_at,
        ..NewKey::default()
    };
    let key = nils.create_key(tree.nils, until(None)).await.unwrap().key;
    assert_eq!(key.expires_at, Some(latest));
    let late = Some(latest.plus(1));
    let refused = Fault::invalid("expires_at", "may be 60 seconds from now at most");
    let made = nils.create_key(tree.nils, until(late)).await;
    assert_eq!(made.err(), Some(refused.clone()));
    let change = |expires_at| KeyChange {
        expires_at: Some(expires_at),
        ..KeyChange::default()
    };
    let changed = nils.update_key(key.id, change(late)).await;
    assert_eq!(changed.err(), Some(refused));
    // Later, what is stored may be written back though it could not be asked for any more.
    let shorter = directory::KeyPolicy { longest_life: 1 };
    world.system().change_setting(shorter).await.unwrap();
    let same = nils.update_key(key.id, change(Some(latest))).await;
    assert_eq!(same.unwrap().expires_at, Some(latest));
}

async fn revoked(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let handle = world.as_user(ada.id).await;
    let fresh = handle.create_key(ada.id, NewKey::default()).await.unwrap();
    assert!(world.caller(&fresh.secret).await.is_ok());
    world.clock.advance(5);
    let gone = handle.revoke_key(fresh.key.id).await.unwrap();
    assert_eq!(gone.revoked_at, Some(START.plus(5)));
    world.clock.advance(5);
    let again = handle.revoke_key(fresh.key.id).await.unwrap();
    assert_eq!(again.revoked_at, Some(START.plus(5)));
    assert_eq!(world.caller(&fresh.secret).await.unwrap_err(), refused());
    // Revoked rows stay.
    assert_eq!(handle.key(fresh.key.id).await.unwrap(), again);
    let kept = handle.create_key(ada.id, NewKey::default()).await.unwrap();
    let other = handle.create_key(ada.id, NewKey::default()).await.unwrap();
    let count = world
        .system()
        .revoke_keys_of(ada.id, Some(kept.key.id))
        .await
        .unwrap();
    assert_eq!(count, 2);
    assert!(world.caller(&kept.secret).await.is_ok());
    assert_eq!(world.caller(&other.secret).await.unwrap_err(), refused());
    // The handle's own key is among them: its next write finds out.
    assert_eq!(
        handle
            .create_key(ada.id, NewKey::default())
            .await
            .unwrap_err(),
        refused()
    );
}

async fn uses_are_counted(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let handle = world.as_user(ada.id).await;
    let fresh = handle.create_key(ada.id, NewKey::default()).await.unwrap();
    let count = async || {
        let key = handle.key(fresh.key.id).await.unwrap();
        (key.use_count, key.last_used_at, key.seen_addresses)
    };
    assert_eq!(count().await, (0, None, Vec::new()));
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        world
            .directory
            .authenticate(TOY, &fresh.secret, Accepts::Keys, from(address))
            .await
            .unwrap();
    }
    let seen = || vec!["192.0.2.1".to_owned(), "192.0.2.2".to_owned()];
    assert_eq!(count().await, (3, Some(START), seen()));
    world.directory.flush_uses().await.unwrap();
    assert_eq!(count().await, (3, Some(START), seen()));
    world.clock.advance(10);
    world.caller(&fresh.secret).await.unwrap();
    assert_eq!(count().await, (4, Some(START.plus(10)), seen()));
    assert_eq!(
        world.system().user(ada.id).await.unwrap().last_seen_at,
        Some(START)
    );
}

async fn accounts_that_are_not_active(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let system = world.system();
    let set = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    system
        .update_user(ada.id, set(Status::Inactive))
        .await
        .unwrap();
    let fresh = system.create_key(ada.id, NewKey::default()).await.unwrap();
    assert_eq!(
        world.caller(&fresh.secret).await.unwrap_err(),
        Fault::Unauthenticated(Refusal::Standing(directory::Standing::Inactive))
    );
    system
        .update_user(ada.id, set(Status::Active))
        .await
        .unwrap();
    assert!(world.caller(&fresh.secret).await.is_ok());
}

/// What opens nothing says why, and since when: by whom it was revoked, when it expired, what became of its owner.
async fn why_and_since_when_a_key_opens_nothing(world: &World) {
    let system = world.system();
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let key = async |ends: Option<i64>| {
        let new = NewKey {
            expires_at: ends.map(|at| START.plus(at)),
            ..NewKey::default()
        };
        system.create_key(ada.id, new).await.unwrap().key.id
    };
    let (plain, short, revoked) = (key(None).await, key(Some(100)).await, key(None).await);
    let why = async |id: KeyId| {
        let key = system.key(id).await.unwrap();
        let now = world.directory.now();
        (key.inactive_because(now), key.inactive_since(now))
    };
    let change = async |change: UserChange| {
        system.update_user(ada.id, change).await.unwrap();
    };
    assert_eq!(why(plain).await, (None, None));
    world.clock.advance(10);
    let owner = world.as_user(OWNER).await;
    owner.revoke_key(revoked).await.unwrap();
    world.clock.advance(90);
    assert_eq!(
        why(revoked).await,
        (Some(KeyInactive::Revoked), Some(START.plus(10)))
    );
    assert_eq!(system.key(revoked).await.unwrap().revoked_by, Some(OWNER));
    assert_eq!(
        why(short).await,
        (Some(KeyInactive::Expired), Some(START.plus(100)))
    );
    let status = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    let locked = |locked| UserChange {
        locked: Some(locked),
        ..UserChange::default()
    };
    let ending = |at: i64| UserChange {
        lock_after: Some(Some(START.plus(at))),
        ..UserChange::default()
    };
    let because = |since: i64| (Some(KeyInactive::Owner), Some(START.plus(since)));
    change(status(Status::Suspended)).await;
    world.clock.advance(50);
    // What else is changed meanwhile is not when it stopped.
    let renamed = UserChange {
        profile: ProfileChange {
            title: Some(Some("Countess".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    change(renamed).await;
    assert_eq!(why(plain).await, because(100));
    // The key's own end comes first: it would open nothing for an active owner either.
    assert_eq!(why(short).await.0, Some(KeyInactive::Expired));
    change(status(Status::Active)).await;
    assert_eq!(why(plain).await, (None, None));
    change(locked(true)).await;
    world.clock.advance(50);
    assert_eq!(why(plain).await, because(150));
    change(locked(false)).await;
    change(ending(250)).await;
    assert_eq!(why(plain).await, (None, None));
    world.clock.advance(60);
    assert_eq!(why(plain).await, because(250));
}

#[tokio::test]
async fn a_text_is_found_only_as_it_was_shown() {
    let world = world().await;
    let secret = world.key_of(OWNER).await;
    for wrong in [
        String::new(),
        secret.to_lowercase(),
        format!("{secret} "),
        secret[..39].to_owned(),
    ] {
        assert_eq!(
            world.caller(&wrong).await.unwrap_err(),
            refused(),
            "{wrong}"
        );
    }
}

async fn replaced_by_another(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let old = NewKey {
        name: "script".to_owned(),
        expires_at: Some(START.plus(1_000_000)),
        addresses: vec!["192.0.2.0/24".parse().unwrap()],
        ..NewKey::default()
    };
    let old = world.system().create_key(ada.id, old).await.unwrap();
    let kept = world
        .system()
        .create_key(ada.id, NewKey::default())
        .await
        .unwrap();
    let caller = world.caller_at(TOY, &old.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    let new = handle
        .renew_own_key(Some(old.key.id), "unused")
        .await
        .unwrap();
    // The limits are the old one's, and only that one is dead.
    assert_eq!(
        (&new.key.name, new.key.expires_at, &new.key.addresses),
        (&old.key.name, old.key.expires_at, &old.key.addresses)
    );
    assert_eq!(world.caller(&old.secret).await.unwrap_err(), refused());
    assert!(world.caller(&kept.secret).await.is_ok());
    // Of none: those made through the same door go.
    let caller = world.caller_at(TOY, &kept.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    let again = handle.renew_own_key(None, "script").await.unwrap();
    assert_eq!(
        (again.key.name.as_str(), again.key.expires_at),
        ("script", None)
    );
    assert_eq!(world.caller(&new.secret).await.unwrap_err(), refused());
    assert!(world.caller(&kept.secret).await.is_ok());
    assert!(world.caller(&again.secret).await.is_ok());
    // Nobody else's, and none that is dead.
    let strangers = world
        .system()
        .create_key(OWNER, NewKey::default())
        .await
        .unwrap();
    for key in [strangers.key.id, old.key.id] {
        let refusal = handle.renew_own_key(Some(key), "x").await.unwrap_err();
        assert_eq!(refusal, Fault::NotFound(Kind::Key));
    }
    assert!(world.caller(&strangers.secret).await.is_ok());
}
