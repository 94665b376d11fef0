use std::sync::Arc;

use directory::{
    Extended, Fault, Kind, NewExtension, NewGrant, OrganisationId, Permission, Platform, Status,
    UserChange, UserId,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, BOSS, CHIEF, CLERK, GUEST, OWNER, OWNER_ROLE, ROOT, TOY, World, both,
};

both!(
    an_owner_administers_every_platform,
    what_comes_with_it_leaves_with_it,
    only_owners_make_owners,
    the_last_one_stays,
    two_who_demote_each_other_leave_one,
    sixty_four_demotions_leave_one,
);

async fn held(world: &World, user: UserId) -> Vec<(Platform, i64, OrganisationId)> {
    let held = world.system().grants_of(&[user]).await.unwrap();
    held.iter()
        .map(|one| (one.platform, one.number, one.organisation))
        .collect()
}

fn owner_everywhere() -> Vec<(Platform, i64, OrganisationId)> {
    vec![
        (CLUB, 2, ROOT),
        (SOLO, 1, ROOT),
        (TOY, 1, ROOT),
        (Platform::USHER, 1, ROOT),
    ]
}

async fn an_owner_administers_every_platform(world: &World) {
    assert_eq!(held(world, OWNER).await, owner_everywhere());
    // Becoming one replaces the one role of a platform with exactly one.
    let north = world.organisation("North", ROOT).await.id;
    let ada = world.person("ada@example.org", north, &[CLERK]).await.id;
    let handle = world.system();
    assert_eq!(handle.grant_role(ada, OWNER_ROLE.into()).await, Ok(true));
    assert_eq!(held(world, ada).await, owner_everywhere());
    let caller = world.as_user(ada).await.caller();
    assert!(caller.holds_everywhere("solo:anything") && caller.holds_everywhere("users.delete"));
}

async fn what_comes_with_it_leaves_with_it(world: &World) {
    let handle = world.system();
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    handle.grant_role(ada, OWNER_ROLE.into()).await.unwrap();
    let toy = world.at(TOY, OWNER).await;
    toy.grant_role(ada, NewGrant::from(GUEST)).await.unwrap();
    let club = world.at(CLUB, OWNER).await;
    let hosts = club.builtin_group("hosts", ROOT).await.unwrap().id;
    let solo = world.at(SOLO, OWNER).await;
    let protected = Fault::Protected(Kind::Grant);
    // Not singly, by whatever door.
    assert_eq!(
        toy.revoke_role(ada, BOSS, None).await,
        Err(protected.clone())
    );
    assert_eq!(
        toy.replace_direct_roles(ada, &[GUEST], None).await,
        Err(protected.clone())
    );
    assert_eq!(club.remove_member(hosts, ada).await, Err(protected.clone()));
    let without = UserChange {
        groups: Some(vec![]),
        ..UserChange::default()
    };
    assert_eq!(club.update_user(ada, without).await, Err(protected.clone()));
    let demoted = UserChange {
        role: Some(CLERK),
        ..UserChange::default()
    };
    assert_eq!(solo.update_user(ada, demoted).await, Err(protected));
    let same = UserChange {
        role: Some(CHIEF),
        ..UserChange::default()
    };
    assert!(solo.update_user(ada, same).await.is_ok());
    // All at once with the ownership; what was granted beside it stays.
    handle.revoke_role(ada, OWNER_ROLE, None).await.unwrap();
    assert_eq!(
        held(world, ada).await,
        vec![(TOY, 2, ROOT), (Platform::USHER, 5, ROOT)]
    );
    // Whoever is no owner may be given and lose the same singly.
    toy.grant_role(ada, BOSS.into()).await.unwrap();
    toy.revoke_role(ada, BOSS, None).await.unwrap();
}

async fn only_owners_make_owners(world: &World) {
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await
        .id;
    let boss = world.as_user(boss).await;
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    assert_eq!(
        boss.grant_role(ada, OWNER_ROLE.into()).await,
        Err(Fault::ExceedsOwn)
    );
    assert_eq!(
        boss.revoke_role(OWNER, OWNER_ROLE, None).await,
        Err(Fault::OutranksCaller)
    );
    let owner = world.as_user(OWNER).await;
    let until = NewGrant {
        expires_at: Some(directory::Time::NEVER),
        ..NewGrant::from(OWNER_ROLE)
    };
    let refused = owner.grant_role(ada, until).await;
    assert!(matches!(
        refused,
        Err(Fault::Invalid {
            field: "expires_at",
            ..
        })
    ));
    let north = world.organisation("North", ROOT).await.id;
    let there = NewGrant {
        organisation: Some(north),
        ..NewGrant::from(OWNER_ROLE)
    };
    let refused = owner.grant_role(ada, there).await;
    assert!(matches!(
        refused,
        Err(Fault::Invalid {
            field: "organisation",
            ..
        })
    ));
    assert_eq!(owner.grant_role(ada, OWNER_ROLE.into()).await, Ok(true));
    // Nor does anybody below an owner write their document.
    let document = boss
        .put_extension(Extended::User, OWNER.0, NewExtension::default())
        .await;
    assert_eq!(document, Ok(()));
    let edit = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    assert_eq!(
        boss.update_user(OWNER, edit).await,
        Err(Fault::OutranksCaller)
    );
}

async fn the_last_one_stays(world: &World) {
    let handle = world.system();
    let last = Fault::LastOwner;
    let owner = world.as_user(OWNER).await;
    assert_eq!(
        owner.revoke_role(OWNER, OWNER_ROLE, None).await,
        Err(last.clone())
    );
    assert_eq!(held(world, OWNER).await, owner_everywhere());
    // A second one who may not sign in does not count.
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    handle.grant_role(ada, OWNER_ROLE.into()).await.unwrap();
    let status = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    handle
        .update_user(ada, status(Status::Inactive))
        .await
        .unwrap();
    assert_eq!(
        owner.revoke_role(OWNER, OWNER_ROLE, None).await,
        Err(last.clone())
    );
    assert_eq!(
        handle.update_user(OWNER, status(Status::Inactive)).await,
        Err(last.clone())
    );
    assert_eq!(handle.delete_user(OWNER).await, Err(last));
    handle
        .update_user(ada, status(Status::Active))
        .await
        .unwrap();
    assert_eq!(owner.revoke_role(OWNER, OWNER_ROLE, None).await, Ok(()));
    assert_eq!(
        owner.revoke_role(ada, OWNER_ROLE, None).await,
        Err(Fault::Forbidden(Permission::GrantRoles))
    );
}

async fn owners_left(world: &World, among: &[UserId]) -> usize {
    let held = world.system().grants_of(among).await.unwrap();
    held.iter().filter(|one| one.word == "owner").count()
}

async fn two_who_demote_each_other_leave_one(world: &World) {
    let handle = world.system();
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    for round in 0..8 {
        for user in [OWNER, ada] {
            handle.grant_role(user, OWNER_ROLE.into()).await.unwrap();
        }
        let (first, second) = (world.as_user(OWNER).await, world.as_user(ada).await);
        let one = tokio::spawn(async move { first.revoke_role(ada, OWNER_ROLE, None).await });
        let other = tokio::spawn(async move { second.revoke_role(OWNER, OWNER_ROLE, None).await });
        let results = (one.await.unwrap(), other.await.unwrap());
        assert!(
            results.0.is_ok() != results.1.is_ok(),
            "{round} {results:?}"
        );
        assert_eq!(owners_left(world, &[OWNER, ada]).await, 1);
    }
}

async fn sixty_four_demotions_leave_one(world: &World) {
    let handle = world.system();
    let mut all = vec![OWNER];
    for number in 0..3 {
        let email = format!("owner{number}@example.org");
        let user = world.person(&email, ROOT, &[]).await.id;
        handle.grant_role(user, OWNER_ROLE.into()).await.unwrap();
        all.push(user);
    }
    let handle = Arc::new(handle);
    let mut running = Vec::new();
    for turn in 0..64_usize {
        let (handle, user) = (Arc::clone(&handle), all[turn % all.len()]);
        running.push(tokio::spawn(async move {
            // Three ways of taking an owner away, at once.
            match turn % 3 {
                0 => handle.revoke_role(user, OWNER_ROLE, None).await,
                1 => {
                    let change = UserChange {
                        status: Some(Status::Suspended),
                        ..UserChange::default()
                    };
                    handle.update_user(user, change).await.map(drop)
                }
                _ => handle.delete_user(user).await.map(drop),
            }
        }));
    }
    for one in running {
        let result = one.await.unwrap();
        let expected = matches!(
            result,
            Ok(()) | Err(Fault::LastOwner | Fault::NotFound(_) | Fault::Unavailable("busy"))
        );
        assert!(expected, "{result:?}");
    }
    let mut active = Vec::new();
    for user in all {
        if let Ok(user) = handle.user(user).await
            && user.status == Status::Active
        {
            active.push(user.id);
        }
    }
    assert!(owners_left(world, &active).await >= 1, "{active:?}");
}
