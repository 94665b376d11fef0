use directory::{
    Fault, GroupRoleScope, HeldRole, Kind, NewCollection, NewGrant, NewUser, OrganisationId, Path,
    Permission, Platform, RoleId, UserChange, UserId, shown_roles,
};

use crate::platforms::{CLUB, SOLO, solo_platform};
use crate::support::{
    ADMINISTRATOR, AUDITOR, BOSS, CHIEF, CLERK, GUEST, HELPDESK, HOST, MANAGER, MEMBER, OWNER,
    OWNER_ROLE, ROOT, START, TOY, World, both, toy_platform,
};

both!(
    every_path_is_told,
    dialects_see_their_own_and_ushers,
    nobody_grants_more_than_they_hold,
    granting_is_within_reach,
    revoking_is_guarded,
    exactly_one_role_at_home,
    groups_only,
    direct_roles_are_replaced,
    what_is_shown_is_not_granted_by_echo,
    grants_end,
    lists_are_all_or_nothing,
    group_roles_are_grants,
    a_demoted_caller_is_refused_at_once,
    strangers_answer_like_missing,
    newcomers_get_the_doors_roles,
    a_flag_is_a_grant,
    a_role_that_moves_is_a_grant,
    limited_keys_grant_within_their_limit,
    managed_groups_are_a_reach,
);

fn at(role: RoleId, organisation: OrganisationId) -> NewGrant {
    NewGrant {
        role,
        organisation: Some(organisation),
        expires_at: None,
    }
}

/// Platform, number and organisation of what somebody holds.
async fn held(world: &World, user: UserId) -> Vec<(Platform, i64, OrganisationId)> {
    let held = world.system().grants_of(&[user]).await.unwrap();
    held.iter()
        .map(|one| (one.platform, one.number, one.organisation))
        .collect()
}

async fn every_path_is_told(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Blue", ROOT).await;
    handle.add_member(group.id, tree.nils).await.unwrap();
    let new = NewCollection {
        name: "Both".to_owned(),
        organisations: vec![tree.north, tree.south],
        ..NewCollection::default()
    };
    let both = handle.create_collection(new).await.unwrap();
    for scope in [
        GroupRoleScope::Organisation(ROOT),
        GroupRoleScope::Collection(both.id),
    ] {
        let added = handle.add_group_role(group.id, AUDITOR, scope).await;
        assert_eq!(added, Ok(true));
        let again = handle.add_group_role(group.id, AUDITOR, scope).await;
        assert_eq!(again, Ok(false));
    }
    let all = handle.grants_of(&[tree.nils, tree.bob]).await.unwrap();
    let roles = handle.group_roles(&[group.id]).await.unwrap();
    let through = |index: usize, collection| Path::Group {
        group: group.id,
        group_role: roles[index].id,
        collection,
    };
    let paths: Vec<(UserId, RoleId, OrganisationId, Path)> = all
        .into_iter()
        .map(|one| (one.user, one.role, one.organisation, one.path))
        .collect();
    let direct = |index: usize| match &paths[index].3 {
        Path::Direct(id) => Path::Direct(*id),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        paths,
        vec![
            (tree.nils, AUDITOR, ROOT, through(0, None)),
            (tree.nils, AUDITOR, tree.north, through(1, Some(both.id))),
            (tree.nils, AUDITOR, tree.south, through(1, Some(both.id))),
            (tree.nils, MEMBER, tree.north, direct(3)),
            (tree.bob, MEMBER, tree.branch, direct(4)),
        ]
    );
    // The rights are there by each path, and gone with it.
    let nils = world.as_user(tree.nils).await;
    assert!(nils.caller().holds_everywhere("audit.read"));
    let scope = GroupRoleScope::Organisation(ROOT);
    handle
        .remove_group_role(group.id, AUDITOR, scope)
        .await
        .unwrap();
    let nils = world.as_user(tree.nils).await;
    assert!(nils.caller().holds("audit.read") && !nils.caller().holds_everywhere("audit.read"));
    handle.delete_collection(both.id).await.unwrap();
    let nils = world.as_user(tree.nils).await;
    assert!(!nils.caller().holds("audit.read"));
}

async fn dialects_see_their_own_and_ushers(world: &World) {
    for (platform, expected) in [
        (TOY, vec!["toy", "usher"]),
        (SOLO, vec!["solo", "usher"]),
        (CLUB, vec!["club", "usher"]),
        (Platform::USHER, vec!["club", "solo", "toy", "usher"]),
    ] {
        let handle = world.at(platform, OWNER).await;
        let held = handle.grants_of(&[OWNER]).await.unwrap();
        let mut seen: Vec<&str> = held.iter().map(|one| one.platform.word()).collect();
        seen.sort_unstable();
        assert_eq!(seen, expected);
    }
    // Another platform's role cannot be granted from here, nor be told from a missing one.
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    let handle = world.at(TOY, OWNER).await;
    for role in [CHIEF, HELPDESK, RoleId(999)] {
        let unknown = Fault::UnknownReference(Kind::Role);
        let granted = handle.grant_role(ada, at(role, ROOT)).await;
        assert_eq!(granted, Err(unknown.clone()));
        let gone = handle.revoke_role(ada, role, None).await;
        assert_eq!(gone, Err(unknown));
    }
}

async fn nobody_grants_more_than_they_hold(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let exceeds = Err(Fault::ExceedsOwn);
    for (what, grant, expected) in [
        ("own role at home", at(ADMINISTRATOR, tree.north), Ok(true)),
        ("own role below", at(ADMINISTRATOR, tree.branch), Ok(true)),
        ("less", at(HELPDESK, tree.north), Ok(true)),
        (
            "own role above",
            at(ADMINISTRATOR, ROOT),
            Err(Fault::UnknownReference(Kind::Organisation)),
        ),
        ("owner", at(OWNER_ROLE, ROOT), exceeds.clone()),
        (
            "a platform's everything",
            at(BOSS, tree.north),
            exceeds.clone(),
        ),
        ("a platform's little", at(GUEST, tree.north), Ok(true)),
    ] {
        for user in [tree.nora, tree.nils] {
            let granted = nora.grant_role(user, grant).await;
            // She holds the first already herself.
            let held = user == tree.nora && what == "own role at home";
            let expected = if held { Ok(false) } else { expected.clone() };
            assert_eq!(granted, expected, "{what} to {user}");
        }
    }
    // Somebody who may grant nothing does not give themselves anything.
    let sven = world.as_user(tree.sven).await;
    assert_eq!(
        sven.grant_role(tree.sven, at(MEMBER, tree.south)).await,
        Err(Fault::Forbidden(Permission::GrantRoles))
    );
    // Making somebody is no way round.
    let new = NewUser {
        email: Some("new@example.org".to_owned()),
        roles: vec![BOSS],
        ..NewUser::default()
    };
    assert_eq!(nora.create_user(new).await, Err(Fault::ExceedsOwn));
}

async fn granting_is_within_reach(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let nora = world.as_user(tree.nora).await;
    let forbidden = Err(Fault::Forbidden(Permission::GrantRoles));
    // A member from elsewhere is visible. They get roles here, where the caller reaches, and are not
    // changed anywhere else.
    handle
        .add_membership(tree.sven, tree.branch, None)
        .await
        .unwrap();
    assert_eq!(
        nora.grant_role(tree.sven, at(HELPDESK, tree.branch)).await,
        Ok(true)
    );
    assert_eq!(
        nora.grant_role(tree.sven, at(HELPDESK, tree.south)).await,
        Err(Fault::UnknownReference(Kind::Organisation))
    );
    assert_eq!(
        nora.grant_role(tree.sven, at(HELPDESK, tree.north)).await,
        Ok(true)
    );
    let bea = world.as_user(tree.bea).await;
    assert_eq!(
        bea.revoke_role(tree.sven, HELPDESK, Some(tree.north)).await,
        forbidden.map(|_: bool| ())
    );
    // What she reaches is not hers to take either while he has rights above.
    for (who, expected) in [(&bea, Err(Fault::OutranksCaller)), (&nora, Ok(()))] {
        let gone = who
            .revoke_role(tree.sven, HELPDESK, Some(tree.branch))
            .await;
        assert_eq!(gone, expected);
    }
    // Without a place, it is the highest the caller reaches.
    let granted = nora.grant_role(tree.bob, HELPDESK.into()).await;
    assert_eq!(granted, Ok(true));
    assert_eq!(
        held(world, tree.bob).await,
        vec![
            (Platform::USHER, 3, tree.north),
            (Platform::USHER, 5, tree.branch)
        ]
    );
}

async fn revoking_is_guarded(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    // An administrator of a branch does not strip the one above, even of what was granted here.
    handle
        .grant_role(tree.nora, at(HELPDESK, tree.branch))
        .await
        .unwrap();
    handle
        .add_membership(tree.nora, tree.branch, None)
        .await
        .unwrap();
    let bea = world.as_user(tree.bea).await;
    assert_eq!(
        bea.revoke_role(tree.nora, HELPDESK, None).await,
        Err(Fault::OutranksCaller)
    );
    assert_eq!(
        bea.revoke_role(tree.bob, HELPDESK, None).await,
        Err(Fault::NotFound(Kind::Grant))
    );
    // The other way round it is fine, and one may step down oneself.
    let nora = world.as_user(tree.nora).await;
    assert_eq!(
        nora.revoke_role(tree.bea, ADMINISTRATOR, None).await,
        Ok(())
    );
    assert_eq!(
        nora.revoke_role(tree.nora, ADMINISTRATOR, Some(tree.north))
            .await,
        Ok(())
    );
    assert_eq!(
        nora.revoke_role(tree.nora, HELPDESK, None).await,
        Err(Fault::Forbidden(Permission::GrantRoles))
    );
    assert_eq!(held(world, tree.bea).await, vec![]);
}

async fn exactly_one_role_at_home(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    handle.grant_role(tree.nils, CLERK.into()).await.unwrap();
    let solo = |number| (SOLO, number, tree.north);
    let member = (Platform::USHER, 5, tree.north);
    assert_eq!(held(world, tree.nils).await, vec![solo(3), member]);
    // A new one replaces it; the same again changes nothing; elsewhere than at home is refused.
    assert_eq!(handle.grant_role(tree.nils, MANAGER.into()).await, Ok(true));
    assert_eq!(
        handle.grant_role(tree.nils, MANAGER.into()).await,
        Ok(false)
    );
    assert_eq!(held(world, tree.nils).await, vec![solo(2), member]);
    let elsewhere = handle.grant_role(tree.nils, at(CLERK, ROOT)).await;
    assert!(
        matches!(
            elsewhere,
            Err(Fault::Invalid {
                field: "organisation",
                ..
            })
        ),
        "{elsewhere:?}"
    );
    // It goes along when the home moves.
    let change = UserChange {
        home: Some(tree.branch),
        ..UserChange::default()
    };
    handle.update_user(tree.nils, change).await.unwrap();
    assert_eq!(
        held(world, tree.nils).await,
        vec![(SOLO, 2, tree.branch), member]
    );
    // An administrator of the dialect replaces it with the person's other changes, within what they
    // hold: a manager makes clerks and managers, not chiefs.
    let manager = world
        .person("mo@example.org", tree.branch, &[MANAGER])
        .await
        .id;
    let mo = world.at(SOLO, manager).await;
    let role = |role| UserChange {
        role: Some(role),
        ..UserChange::default()
    };
    mo.update_user(tree.nils, role(CLERK)).await.unwrap();
    assert_eq!(
        mo.update_user(tree.nils, role(CHIEF)).await,
        Err(Fault::ExceedsOwn)
    );
    assert_eq!(
        mo.update_user(manager, role(CHIEF)).await,
        Err(Fault::ExceedsOwn)
    );
    assert_eq!(
        held(world, tree.nils).await,
        vec![(SOLO, 3, tree.branch), member]
    );
}

async fn groups_only(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let refused = handle.grant_role(tree.nils, at(HOST, tree.north)).await;
    assert!(
        matches!(refused, Err(Fault::Invalid { field: "role", .. })),
        "{refused:?}"
    );
    let new = NewUser {
        email: Some("new@example.org".to_owned()),
        roles: vec![HOST],
        ..NewUser::default()
    };
    let refused = handle.create_user(new).await;
    assert!(matches!(refused, Err(Fault::Invalid { field: "role", .. })));
    // And where roles are granted directly, groups bring none.
    let group = world.group("Blue", ROOT).await;
    for role in [BOSS, CHIEF, OWNER_ROLE] {
        let scope = GroupRoleScope::Organisation(ROOT);
        let refused = handle.add_group_role(group.id, role, scope).await;
        assert!(
            matches!(refused, Err(Fault::Invalid { field: "role", .. })),
            "{refused:?}"
        );
    }
}

async fn direct_roles_are_replaced(world: &World) {
    let tree = world.tree().await;
    let handle = world.at(TOY, OWNER).await;
    let member = (Platform::USHER, 5, tree.north);
    for (wanted, changed, expected) in [
        (vec![GUEST], true, vec![(TOY, 2, ROOT), member]),
        (vec![GUEST], false, vec![(TOY, 2, ROOT), member]),
        (
            vec![GUEST, BOSS],
            true,
            vec![(TOY, 1, ROOT), (TOY, 2, ROOT), member],
        ),
        (vec![BOSS], true, vec![(TOY, 1, ROOT), member]),
        (vec![], true, vec![member]),
    ] {
        let replaced = handle.replace_direct_roles(tree.nils, &wanted, None).await;
        assert_eq!(replaced, Ok(changed), "{wanted:?}");
        assert_eq!(held(world, tree.nils).await, expected, "{wanted:?}");
    }
    // An unknown one among them leaves everything as it was.
    let refused = handle
        .replace_direct_roles(tree.nils, &[GUEST, RoleId(999)], None)
        .await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Role)));
    assert_eq!(held(world, tree.nils).await, vec![member]);
}

async fn what_is_shown_is_not_granted_by_echo(world: &World) {
    let tree = world.tree().await;
    // An administrator of usher is shown as each platform's administrator, there.
    let shown = |held: &[HeldRole], spec| -> Vec<(i64, OrganisationId, bool)> {
        shown_roles(held, &spec)
            .iter()
            .map(|one| (one.number, one.organisation, one.path.is_some()))
            .collect()
    };
    let held_by = world.system().grants_of(&[tree.nora]).await.unwrap();
    assert_eq!(
        shown(&held_by, toy_platform()),
        vec![(1, tree.north, false)]
    );
    let handle = world.at(TOY, OWNER).await;
    assert_eq!(
        handle.replace_direct_roles(tree.nora, &[BOSS], None).await,
        Ok(false)
    );
    assert_eq!(
        handle
            .replace_direct_roles(tree.nora, &[BOSS, GUEST], None)
            .await,
        Ok(true)
    );
    let held_by = world.system().grants_of(&[tree.nora]).await.unwrap();
    assert_eq!(
        shown(&held_by, toy_platform()),
        vec![(2, ROOT, true), (1, tree.north, false)]
    );
    // Where there is one role, the administrator's stands for it, and the one below stays.
    let system = world.system();
    system.grant_role(tree.nora, CLERK.into()).await.unwrap();
    let held_by = system.grants_of(&[tree.nora]).await.unwrap();
    assert_eq!(
        shown(&held_by, solo_platform()),
        vec![(1, tree.north, false)]
    );
    let change = UserChange {
        role: Some(CHIEF),
        ..UserChange::default()
    };
    let solo = world.at(SOLO, OWNER).await;
    solo.update_user(tree.nora, change).await.unwrap();
    assert!(
        held(world, tree.nora)
            .await
            .contains(&(SOLO, 3, tree.north))
    );
    // The owner's own are stored, and shown once.
    let held_by = system.grants_of(&[OWNER]).await.unwrap();
    assert_eq!(shown(&held_by, toy_platform()), vec![(1, ROOT, true)]);
    assert_eq!(shown(&held_by, solo_platform()), vec![(1, ROOT, true)]);
}

async fn grants_end(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let until = |end| NewGrant {
        expires_at: end,
        ..at(HELPDESK, tree.north)
    };
    let past = handle.grant_role(tree.nils, until(Some(START))).await;
    assert!(matches!(
        past,
        Err(Fault::Invalid {
            field: "expires_at",
            ..
        })
    ));
    let end = START.plus(60_000);
    assert_eq!(
        handle.grant_role(tree.nils, until(Some(end))).await,
        Ok(true)
    );
    assert_eq!(
        handle.grant_role(tree.nils, until(Some(end))).await,
        Ok(false)
    );
    let secret = world.key_of(tree.nils).await;
    let warm = world.caller(&secret).await.unwrap();
    assert!(warm.holds("credentials.reset"));
    world.clock.advance(60_000);
    assert!(
        !world
            .caller(&secret)
            .await
            .unwrap()
            .holds("credentials.reset")
    );
    // The handle that was made before does not outlive it either.
    let held_before = world.directory.act(&warm);
    let refused = held_before.unlock_probe(tree.bob).await;
    assert_eq!(refused, Err(Fault::Forbidden(Permission::EditUsers)));
    assert_eq!(
        held(world, tree.nils).await,
        vec![(Platform::USHER, 5, tree.north)]
    );
}

/// A change that needs a right, for whether it is still there.
trait Probe {
    async fn unlock_probe(&self, user: UserId) -> Result<(), Fault>;
}

impl Probe for directory::Handle {
    async fn unlock_probe(&self, user: UserId) -> Result<(), Fault> {
        self.update_user(user, UserChange::default())
            .await
            .map(drop)
    }
}

async fn lists_are_all_or_nothing(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let before = held(world, tree.nils).await;
    let mixed = vec![at(HELPDESK, tree.north), at(OWNER_ROLE, ROOT)];
    let refused = nora.grant_roles(tree.nils, mixed).await;
    assert_eq!(refused, Err(Fault::ExceedsOwn));
    assert_eq!(held(world, tree.nils).await, before);
    let two = vec![at(HELPDESK, tree.north), at(AUDITOR, tree.north)];
    assert_eq!(nora.grant_roles(tree.nils, two).await, Ok(2));
    let gone = vec![(HELPDESK, None), (BOSS, None)];
    let refused = nora.revoke_roles(tree.nils, gone).await;
    assert_eq!(refused, Err(Fault::NotFound(Kind::Grant)));
    assert_eq!(held(world, tree.nils).await.len(), 3);
    let gone = vec![(HELPDESK, None), (AUDITOR, Some(tree.north))];
    assert_eq!(nora.revoke_roles(tree.nils, gone).await, Ok(()));
    assert_eq!(held(world, tree.nils).await, before);
}

async fn group_roles_are_grants(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let group = world.group("Blue", tree.north).await;
    let at = GroupRoleScope::Organisation;
    for (what, role, scope, expected) in [
        ("own", ADMINISTRATOR, at(tree.north), Ok(true)),
        ("below", HELPDESK, at(tree.branch), Ok(true)),
        (
            "above",
            HELPDESK,
            at(ROOT),
            Err(Fault::UnknownReference(Kind::Organisation)),
        ),
        (
            "elsewhere",
            HELPDESK,
            at(tree.south),
            Err(Fault::UnknownReference(Kind::Organisation)),
        ),
        (
            "no collection",
            HELPDESK,
            GroupRoleScope::Collection(directory::CollectionId(9)),
            Err(Fault::UnknownReference(Kind::Collection)),
        ),
        (
            "unknown",
            RoleId(999),
            at(tree.north),
            Err(Fault::UnknownReference(Kind::Role)),
        ),
    ] {
        let added = nora.add_group_role(group.id, role, scope).await;
        assert_eq!(added, expected, "{what}");
    }
    // A helpdesk of the organisation takes nothing from it that it could not give.
    let handle = world.system();
    handle
        .grant_role(tree.nils, NewGrant::from(HELPDESK))
        .await
        .unwrap();
    let nils = world.as_user(tree.nils).await;
    assert_eq!(
        nils.remove_group_role(group.id, ADMINISTRATOR, at(tree.north))
            .await,
        Err(Fault::Forbidden(Permission::GrantRoles))
    );
    assert_eq!(
        nora.remove_group_role(group.id, ADMINISTRATOR, at(tree.north))
            .await,
        Ok(true)
    );
    assert_eq!(
        nora.remove_group_role(group.id, ADMINISTRATOR, at(tree.north))
            .await,
        Ok(false)
    );
}

async fn a_demoted_caller_is_refused_at_once(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Blue", tree.north).await;
    let scope = GroupRoleScope::Organisation(tree.north);
    handle
        .add_group_role(group.id, ADMINISTRATOR, scope)
        .await
        .unwrap();
    // Each way of losing it, with a caller that has been remembered and a handle made before.
    for way in ["group role", "member", "grant", "group"] {
        handle
            .add_group_role(group.id, ADMINISTRATOR, scope)
            .await
            .unwrap();
        if way == "grant" {
            let grant = at(ADMINISTRATOR, tree.north);
            handle.grant_role(tree.nils, grant).await.unwrap();
        } else {
            handle.add_member(group.id, tree.nils).await.unwrap();
        }
        let secret = world.key_of(tree.nils).await;
        let nils = world.directory.act(&world.caller(&secret).await.unwrap());
        assert_eq!(nils.unlock_probe(tree.bob).await, Ok(()), "{way}");
        match way {
            "group role" => {
                let gone = handle.remove_group_role(group.id, ADMINISTRATOR, scope);
                assert_eq!(gone.await, Ok(true));
            }
            "member" => {
                let gone = handle.remove_member(group.id, tree.nils).await;
                assert_eq!(gone, Ok(true));
            }
            "grant" => {
                let gone = handle.revoke_role(tree.nils, ADMINISTRATOR, None).await;
                assert_eq!(gone, Ok(()));
            }
            _ => drop(handle.delete_group(group.id).await.unwrap()),
        }
        let forbidden = Err(Fault::Forbidden(Permission::EditUsers));
        assert_eq!(nils.unlock_probe(tree.bob).await, forbidden, "{way}");
        let again = world.caller(&secret).await.unwrap();
        assert!(!again.holds("users.edit"), "{way}");
    }
}

async fn strangers_answer_like_missing(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let nils = world.as_user(tree.nils).await;
    for handle in [&nora, &nils] {
        let mut answers = Vec::new();
        for user in [tree.sven, UserId(999)] {
            answers.push((
                handle.grant_role(user, at(MEMBER, tree.north)).await,
                handle.revoke_role(user, MEMBER, None).await,
                handle.replace_direct_roles(user, &[MEMBER], None).await,
            ));
            assert_eq!(handle.grants_of(&[user]).await, Ok(vec![]));
        }
        assert_eq!(answers[0], answers[1]);
        assert!(answers[0].0.is_err() && answers[0].1.is_err() && answers[0].2.is_err());
    }
    // One's own are always shown.
    assert_eq!(nils.grants_of(&[tree.nils]).await.unwrap().len(), 1);
}

async fn newcomers_get_the_doors_roles(world: &World) {
    let handle = world.at(SOLO, OWNER).await;
    let numbers = |roles: Vec<directory::Role>| -> Vec<i64> {
        roles.iter().map(|role| role.number).collect()
    };
    assert_eq!(numbers(handle.default_roles().await.unwrap()), vec![3]);
    let make = async |email: &str| {
        let new = NewUser {
            email: Some(email.to_owned()),
            ..NewUser::default()
        };
        handle.create_user(new).await.unwrap().id
    };
    let first = make("first@example.org").await;
    assert_eq!(held(world, first).await, vec![(SOLO, 3, ROOT)]);
    handle.set_default_roles(SOLO, &[MANAGER]).await.unwrap();
    assert_eq!(numbers(handle.default_roles().await.unwrap()), vec![2]);
    let second = make("second@example.org").await;
    assert_eq!(held(world, second).await, vec![(SOLO, 2, ROOT)]);
    handle.set_default_roles(SOLO, &[]).await.unwrap();
    let third = make("third@example.org").await;
    assert_eq!(held(world, third).await, vec![]);
    for (roles, refused) in [
        (
            vec![MANAGER, CLERK],
            Fault::invalid(
                "default_roles",
                "is not how this platform's roles reach people",
            ),
        ),
        (vec![BOSS], Fault::UnknownReference(Kind::Role)),
        (vec![RoleId(999)], Fault::UnknownReference(Kind::Role)),
    ] {
        let set = handle.set_default_roles(SOLO, &roles).await;
        assert_eq!(set, Err(refused));
    }
    let tree = world.tree().await;
    let nora = world.at(SOLO, tree.nora).await;
    assert_eq!(
        nora.set_default_roles(SOLO, &[CLERK]).await,
        Err(Fault::Forbidden(Permission::ManageRoles))
    );
}

async fn a_flag_is_a_grant(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    // Managing memberships alone does not suffice to make administrators, oneself least of all.
    let role = directory::NewRole {
        name: "Usher of members".to_owned(),
        lines: vec![directory::Line::may(
            Permission::ManageMemberships,
            directory::Reach::Subtree,
        )],
        ..directory::NewRole::default()
    };
    let role = handle.create_role(role).await.unwrap();
    let grant = at(role.id, tree.north);
    handle.grant_role(tree.nils, grant).await.unwrap();
    let nils = world.as_user(tree.nils).await;
    let flagged = nils.add_membership(tree.nils, tree.north, Some(true)).await;
    assert_eq!(flagged, Err(Fault::ExceedsOwn));
    let nora = world.as_user(tree.nora).await;
    let flagged = nora.add_membership(tree.nils, tree.north, Some(true)).await;
    assert!(flagged.unwrap().administrator);
    let club = world.at(CLUB, tree.nils).await;
    assert!(club.caller().holds("groups.read"));
    // Taking it from somebody is as guarded as giving it.
    let other = world.person("ole@example.org", tree.north, &[]).await.id;
    handle
        .grant_role(other, at(role.id, tree.north))
        .await
        .unwrap();
    let ole = world.as_user(other).await;
    let gone = ole.add_membership(tree.nils, tree.north, Some(false)).await;
    assert!(gone.is_err(), "{gone:?}");
}

async fn a_role_that_moves_is_a_grant(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    handle.grant_role(tree.nils, MANAGER.into()).await.unwrap();
    // Whoever edits people in both places but may not hand out the role cannot carry it over.
    let role = directory::NewRole {
        name: "Mover".to_owned(),
        lines: [
            Permission::ReadUsers,
            Permission::ReadOrganisations,
            Permission::EditUsers,
            Permission::CreateUsers,
            Permission::ReadRoles,
            Permission::GrantRoles,
        ]
        .map(|one| directory::Line::may(one, directory::Reach::Subtree))
        .to_vec(),
        ..directory::NewRole::default()
    };
    let mover = handle.create_role(role).await.unwrap().id;
    let moves = world.person("mo@example.org", tree.north, &[]).await.id;
    for place in [tree.north, tree.south] {
        handle.grant_role(moves, at(mover, place)).await.unwrap();
    }
    let change = UserChange {
        home: Some(tree.south),
        ..UserChange::default()
    };
    let moves = world.as_user(moves).await;
    assert_eq!(
        moves.update_user(tree.nils, change.clone()).await,
        Err(Fault::ExceedsOwn)
    );
    handle.update_user(tree.nils, change).await.unwrap();
    assert!(
        held(world, tree.nils)
            .await
            .contains(&(SOLO, 2, tree.south))
    );
    // Leaving the home moves it to the root, with the role.
    handle
        .remove_membership(tree.nils, tree.south)
        .await
        .unwrap();
    assert!(held(world, tree.nils).await.contains(&(SOLO, 2, ROOT)));
}

async fn limited_keys_grant_within_their_limit(world: &World) {
    let tree = world.tree().await;
    let limited = async |organisation| {
        let key = directory::NewKey {
            organisation: Some(organisation),
            ..directory::NewKey::default()
        };
        let fresh = world.system().create_key(OWNER, key).await.unwrap();
        let caller = world.caller_at(TOY, &fresh.secret).await.unwrap();
        world.directory.act(&caller)
    };
    let north = limited(tree.north).await;
    let unknown = Fault::UnknownReference(Kind::Organisation);
    for (what, user, grant, expected) in [
        ("inside", tree.bob, at(GUEST, tree.branch), Ok(true)),
        ("where it is limited to", tree.nils, GUEST.into(), Ok(true)),
        ("above", tree.nils, at(GUEST, ROOT), Err(unknown.clone())),
        (
            "everywhere",
            tree.nils,
            at(BOSS, tree.north),
            Err(Fault::ExceedsOwn),
        ),
        (
            "outside",
            tree.sven,
            at(GUEST, tree.north),
            Err(Fault::NotFound(Kind::User)),
        ),
    ] {
        let granted = north.grant_role(user, grant).await;
        assert_eq!(granted, expected, "{what}");
    }
    assert!(held(world, tree.nils).await.contains(&(TOY, 2, tree.north)));
    // Nor does such a key change the account of somebody who is more than the limit.
    let handle = world.system();
    handle.grant_role(tree.nils, at(BOSS, ROOT)).await.unwrap();
    let change = UserChange {
        status: Some(directory::Status::Suspended),
        ..UserChange::default()
    };
    assert_eq!(
        north.update_user(tree.nils, change).await,
        Err(Fault::OutranksCaller)
    );
    // The root is no limit.
    let root = limited(ROOT).await;
    let granted = root.grant_role(tree.bob, at(BOSS, ROOT)).await;
    assert_eq!(granted, Ok(true));
}

async fn managed_groups_are_a_reach(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    // Reading oneself does not cover reading the groups one manages.
    let role = |name: &str, reach: directory::Reach| directory::NewRole {
        name: name.to_owned(),
        lines: vec![directory::Line::may(Permission::ReadUsers, reach)],
        ..directory::NewRole::default()
    };
    let granter = directory::NewRole {
        lines: vec![directory::Line::may(
            Permission::GrantRoles,
            directory::Reach::Subtree,
        )],
        ..role("Granter", directory::Reach::Own)
    };
    let granter = handle.create_role(granter).await.unwrap().id;
    handle
        .grant_role(tree.nils, at(granter, tree.north))
        .await
        .unwrap();
    let teams = role("Teams", directory::Reach::ManagedGroups);
    let teams = handle.create_role(teams).await.unwrap().id;
    let nils = world.as_user(tree.nils).await;
    let granted = nils.grant_role(tree.nils, at(teams, tree.north)).await;
    assert_eq!(granted, Err(Fault::ExceedsOwn));
    let granted = nils.grant_role(tree.nils, at(MEMBER, tree.branch)).await;
    assert_eq!(granted, Ok(true));
    // Holding it makes it one's own to give.
    handle
        .grant_role(tree.nils, at(teams, tree.north))
        .await
        .unwrap();
    let granted = nils.grant_role(tree.nils, at(teams, tree.branch)).await;
    assert_eq!(granted, Ok(true));
}
