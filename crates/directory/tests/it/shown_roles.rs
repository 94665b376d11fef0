//! The people whom a filter by shown roles finds are those whom the roles they hold are shown as.

use directory::{Credential, Fault, NewGrant, Operation, Platform, Query, Refusal, RoleId, UserId};

use crate::support::{ADMINISTRATOR, BOSS, CHIEF, CLERK, GUEST, MANAGER, OWNER, TOY, World, both};

both![
    filters_find_what_is_shown,
    renewed_handles_have_the_rights_of_now,
    replaced_keys_are_told_from_revoked_ones,
];

/// Every role of a platform with its number there.
async fn roles_of(world: &World, platform: Platform) -> Vec<(RoleId, i64)> {
    let handle = world.at(platform, OWNER).await;
    let roles = handle.roles(&Query::default()).await.unwrap().items;
    let own = roles.iter().filter(|role| role.platform == platform.word());
    own.map(|role| (role.id, role.number)).collect()
}

async fn filters_find_what_is_shown(world: &World) {
    let tree = world.tree().await;
    for (number, roles) in [
        vec![],
        vec![BOSS],
        vec![GUEST],
        vec![BOSS, GUEST],
        vec![CHIEF],
        vec![MANAGER],
        vec![CLERK, GUEST],
    ]
    .into_iter()
    .enumerate()
    {
        world
            .person(&format!("p{number}@example.org"), tree.branch, &roles)
            .await;
        let deputy = world
            .person(&format!("d{number}@example.org"), tree.branch, &roles)
            .await;
        let grant = NewGrant {
            organisation: Some(tree.branch),
            ..NewGrant::from(ADMINISTRATOR)
        };
        world.system().grant_role(deputy.id, grant).await.unwrap();
    }
    let platforms: Vec<Platform> = world
        .system()
        .platforms()
        .iter()
        .map(|spec| spec.platform)
        .collect();
    for platform in platforms {
        let handle = world.at(platform, OWNER).await;
        let everybody = handle.users(&Query::default()).await.unwrap().items;
        let ids: Vec<UserId> = everybody.iter().map(|user| user.id).collect();
        let shown = handle.shown_roles(&handle.grants_of(&ids).await.unwrap());
        let roles = roles_of(world, platform).await;
        let mut wanted: Vec<Vec<(RoleId, i64)>> = roles.iter().map(|role| vec![*role]).collect();
        wanted.push(roles.clone());
        wanted.push(Vec::new());
        for wanted in wanted {
            for without in [false, true] {
                let query = Query {
                    predicate: handle.shown_with_roles(&wanted, without),
                    ..Query::default()
                };
                let found = handle.users(&query).await.unwrap().items;
                let found: Vec<UserId> = found.iter().map(|user| user.id).collect();
                let expected: Vec<UserId> = ids
                    .iter()
                    .copied()
                    .filter(|id| {
                        let mut held = shown.iter().filter(|one| one.user == *id).peekable();
                        let none = held.peek().is_none();
                        (without && none)
                            || held
                                .any(|one| wanted.iter().any(|(_, number)| *number == one.number))
                    })
                    .collect();
                assert_eq!(found, expected, "{platform} {wanted:?} {without}");
            }
        }
    }
}

async fn renewed_handles_have_the_rights_of_now(world: &World) {
    let tree = world.tree().await;
    let boss = world.person("boss@example.org", tree.branch, &[BOSS]).await;
    let secret = world.key_of(boss.id).await;
    let caller = world.caller_at(TOY, &secret).await.unwrap();
    let Credential::Key(key) = caller.credential() else {
        panic!("{caller:?}")
    };
    let handle = world.directory.act(&caller);
    let handle = handle.renewed(Operation::ListUsers).await.unwrap();
    assert!(handle.users(&Query::default()).await.is_ok());
    world
        .system()
        .revoke_role(boss.id, BOSS, Some(tree.branch))
        .await
        .unwrap();
    let refused = handle.renewed(Operation::ListUsers).await.unwrap_err();
    assert!(matches!(refused, Fault::Forbidden(_)), "{refused:?}");
    // What one may do to oneself is still allowed.
    assert!(handle.renewed(Operation::ShowUser).await.is_ok());
    world.system().revoke_key(key).await.unwrap();
    let refused = handle.renewed(Operation::ShowUser).await.unwrap_err();
    assert_eq!(refused, Fault::Unauthenticated(Refusal::Unknown));
}

async fn replaced_keys_are_told_from_revoked_ones(world: &World) {
    let tree = world.tree().await;
    let ada = world.bare_person("ada@example.org", tree.branch).await;
    world.key_of(ada.id).await;
    world.key_of(ada.id).await;
    let state = async || {
        let query = Query {
            predicate: directory::Predicate::equals(directory::KeyField::User, ada.id.0),
            ..Query::default()
        };
        let keys = world.system().keys(&query).await.unwrap().items;
        let keys = keys
            .into_iter()
            .map(|key| (key.id, key.revoked_at.is_some(), key.replaced));
        keys.collect::<Vec<_>>()
    };
    let before = state().await;
    let [first, second] = [before[0].0, before[1].0];
    world.system().revoke_key(first).await.unwrap();
    let fresh = world.system().replace_keys_of(ada.id).await.unwrap().key.id;
    let expected = [
        (first, true, false),
        (second, true, true),
        (fresh, false, false),
    ];
    assert_eq!(state().await, expected);
    // Revoked once more, it is one like any other, and stays revoked.
    world.system().revoke_key(second).await.unwrap();
    let expected = [
        (first, true, false),
        (second, true, false),
        (fresh, false, false),
    ];
    assert_eq!(state().await, expected);
}
