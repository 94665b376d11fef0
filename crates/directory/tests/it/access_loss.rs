//! Every way of losing access, with the caller remembered: the very next request is refused.

use directory::{
    Fault, GroupRoleScope, KeyChange, Line, NewCollection, NewGrant, NewKey, NewRole,
    OrganisationChange, OrganisationId, Permission, Query, Reach, Refusal, RoleChange, RoleId,
    Session, SessionKind, SessionRequest, Standing, Status, Time, User, UserChange, UserId,
};

use crate::support::{AUDITOR, OWNER, ROOT, START, TOY, World, both, from};

both![
    by_roles,
    by_groups,
    by_the_tree,
    by_the_account,
    by_keys,
    by_sessions,
    by_the_clock,
];

const PASSWORD: &str = "tangerine umbrella 42";

/// How many people somebody sees, asked twice so that the second answer is from memory.
async fn sees(world: &World, secret: &str) -> Result<usize, Fault> {
    let mut seen = Err(Fault::Unavailable("nothing asked"));
    for _ in 0..2 {
        let caller = world.caller(secret).await?;
        let handle = world.directory.act(&caller);
        seen = handle
            .users(&Query::default())
            .await
            .map(|page| page.items.len());
    }
    seen
}

fn forbidden() -> Result<usize, Fault> {
    Err(Fault::Forbidden(Permission::ReadUsers))
}

fn refused(refusal: Refusal) -> Result<usize, Fault> {
    Err(Fault::Unauthenticated(refusal))
}

/// Somebody without roles in an organisation of three, with a key.
async fn newcomer(world: &World, home: OrganisationId) -> (User, String) {
    let user = world.bare_person("vera@example.org", home).await;
    for email in ["ann@example.org", "ben@example.org"] {
        world.bare_person(email, home).await;
    }
    let secret = world.key_of(user.id).await;
    assert_eq!(sees(world, &secret).await, forbidden());
    (user, secret)
}

fn at(role: RoleId, organisation: OrganisationId) -> NewGrant {
    NewGrant {
        role,
        organisation: Some(organisation),
        expires_at: None,
    }
}

async fn by_roles(world: &World) {
    let system = world.system();
    let part = world.organisation("Part", ROOT).await.id;
    let (vera, secret) = newcomer(world, part).await;
    system.grant_role(vera.id, at(AUDITOR, part)).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system
        .revoke_role(vera.id, AUDITOR, Some(part))
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
    // A wider grant is taken away, a narrower one stays.
    system.grant_role(vera.id, at(AUDITOR, ROOT)).await.unwrap();
    system.grant_role(vera.id, at(AUDITOR, part)).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(4));
    system
        .revoke_role(vera.id, AUDITOR, Some(ROOT))
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system
        .revoke_role(vera.id, AUDITOR, Some(part))
        .await
        .unwrap();
    // The role itself changes, and goes.
    let reader = NewRole {
        name: "Reader".to_owned(),
        lines: vec![Line::may(Permission::ReadUsers, Reach::Subtree)],
        ..NewRole::default()
    };
    let reader = system.create_role(reader).await.unwrap().id;
    system.grant_role(vera.id, at(reader, part)).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    let lines = |lines: Vec<Line>| RoleChange {
        lines: Some(lines),
        ..RoleChange::default()
    };
    let less = lines(vec![Line::may(Permission::ReadRoles, Reach::Subtree)]);
    system.update_role(reader, less).await.unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
    let more = lines(vec![Line::may(Permission::ReadUsers, Reach::Subtree)]);
    system.update_role(reader, more).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system
        .delete_role(reader, directory::RoleInUse::TakeAway)
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
}

async fn by_groups(world: &World) {
    let system = world.system();
    let part = world.organisation("Part", ROOT).await.id;
    let other = world.organisation("Other", ROOT).await.id;
    let (vera, secret) = newcomer(world, part).await;
    world.bare_person("zoe@example.org", other).await;
    let group = world.group("Readers", part).await.id;
    let here = GroupRoleScope::Organisation(part);
    system.add_group_role(group, AUDITOR, here).await.unwrap();
    system.add_member(group, vera.id).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system.remove_member(group, vera.id).await.unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
    system.add_member(group, vera.id).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system
        .remove_group_role(group, AUDITOR, here)
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
    // Through a collection of organisations, whose contents change.
    let collection = NewCollection {
        name: "Both".to_owned(),
        organisations: vec![part, other],
        ..NewCollection::default()
    };
    let collection = system.create_collection(collection).await.unwrap().id;
    let there = GroupRoleScope::Collection(collection);
    system.add_group_role(group, AUDITOR, there).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(4));
    system
        .remove_from_collection(collection, &[other])
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, Ok(3));
    system.delete_group(group).await.unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
}

async fn by_the_tree(world: &World) {
    let system = world.system();
    let north = world.organisation("North", ROOT).await.id;
    let south = world.organisation("South", ROOT).await.id;
    let branch = world.organisation("Branch", north).await.id;
    let (_, _) = newcomer(world, branch).await;
    let nora = world.bare_person("nora@example.org", north).await;
    system
        .grant_role(nora.id, at(AUDITOR, north))
        .await
        .unwrap();
    let secret = world.key_of(nora.id).await;
    assert_eq!(sees(world, &secret).await, Ok(4));
    let away = OrganisationChange {
        parent: Some(south),
        ..OrganisationChange::default()
    };
    system.update_organisation(branch, away).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(1));
    // The holder of a role on a platform with one role at home moves, and the role with them.
    let solo = world.at(crate::platforms::SOLO, OWNER).await;
    let chief = solo
        .role_by_number(crate::platforms::SOLO, 1)
        .await
        .unwrap();
    let organisational = system.grants_of(&[nora.id]).await.unwrap();
    assert!(organisational.iter().all(|held| held.role != chief.id));
    let moved = UserChange {
        home: Some(south),
        ..UserChange::default()
    };
    system.update_user(nora.id, moved).await.unwrap();
    system
        .revoke_role(nora.id, AUDITOR, Some(north))
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
    // An administrator's flag of a membership counts on its platform, until it is taken away.
    let group = world.group("Movers", north).await.id;
    let scope = GroupRoleScope::Organisation(north);
    system.add_group_role(group, AUDITOR, scope).await.unwrap();
    let back = UserChange {
        home: Some(north),
        ..UserChange::default()
    };
    system.update_user(nora.id, back).await.unwrap();
    system.add_member(group, nora.id).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(1));
    // Leaving for another home ends the membership of groups that are not for its people.
    let gone = UserChange {
        home: Some(south),
        ..UserChange::default()
    };
    system.update_user(nora.id, gone).await.unwrap();
    assert_eq!(sees(world, &secret).await, forbidden());
}

async fn by_the_account(world: &World) {
    let system = world.system();
    let (vera, secret) = newcomer(world, ROOT).await;
    system.grant_role(vera.id, at(AUDITOR, ROOT)).await.unwrap();
    let change = async |change: UserChange| {
        system.update_user(vera.id, change).await.unwrap();
    };
    let standing = |standing| refused(Refusal::Standing(standing));
    for (status, verdict) in [
        (Status::Suspended, standing(Standing::Suspended)),
        (Status::Inactive, standing(Standing::Inactive)),
        (Status::Expired, standing(Standing::Expired)),
    ] {
        assert_eq!(sees(world, &secret).await, Ok(4), "{status:?}");
        change(UserChange {
            status: Some(status),
            ..UserChange::default()
        })
        .await;
        assert_eq!(sees(world, &secret).await, verdict);
        change(UserChange {
            status: Some(Status::Active),
            ..UserChange::default()
        })
        .await;
    }
    assert_eq!(sees(world, &secret).await, Ok(4));
    let lock = |locked| UserChange {
        locked: Some(locked),
        ..UserChange::default()
    };
    change(lock(true)).await;
    assert_eq!(sees(world, &secret).await, standing(Standing::Locked));
    change(lock(false)).await;
    assert_eq!(sees(world, &secret).await, Ok(4));
    system.delete_user(vera.id).await.unwrap();
    assert_eq!(sees(world, &secret).await, refused(Refusal::Unknown));
}

async fn by_keys(world: &World) {
    let system = world.system();
    let (vera, _) = newcomer(world, ROOT).await;
    system.grant_role(vera.id, at(AUDITOR, ROOT)).await.unwrap();
    let fresh = system.create_key(vera.id, NewKey::default()).await.unwrap();
    assert_eq!(sees(world, &fresh.secret).await, Ok(4));
    let elsewhere = KeyChange {
        addresses: Some(vec!["198.51.100.0/24".parse().unwrap()]),
        ..KeyChange::default()
    };
    system.update_key(fresh.key.id, elsewhere).await.unwrap();
    assert_eq!(sees(world, &fresh.secret).await, refused(Refusal::Address));
    let anywhere = KeyChange {
        addresses: Some(Vec::new()),
        ..KeyChange::default()
    };
    system.update_key(fresh.key.id, anywhere).await.unwrap();
    assert_eq!(sees(world, &fresh.secret).await, Ok(4));
    let ended = KeyChange {
        expires_at: Some(Some(START)),
        ..KeyChange::default()
    };
    system.update_key(fresh.key.id, ended).await.unwrap();
    assert_eq!(sees(world, &fresh.secret).await, refused(Refusal::Unknown));
    let again = system.create_key(vera.id, NewKey::default()).await.unwrap();
    // A token bound to the key ends with it.
    let caller = world.caller(&again.secret).await.unwrap();
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    assert_eq!(sees(world, &token.secret).await, Ok(4));
    assert_eq!(sees(world, &again.secret).await, Ok(4));
    system.revoke_key(again.key.id).await.unwrap();
    assert_eq!(sees(world, &again.secret).await, refused(Refusal::Unknown));
    assert_eq!(sees(world, &token.secret).await, refused(Refusal::Unknown));
}

async fn by_sessions(world: &World) {
    let system = world.system();
    let vera = world
        .person_with_password("vera@example.org", PASSWORD)
        .await;
    system.grant_role(vera.id, at(AUDITOR, ROOT)).await.unwrap();
    let begin = async || {
        let request = SessionRequest::of(SessionKind::Browser);
        let begun = world.directory.sign_in(
            directory::Platform::USHER,
            "vera@example.org",
            PASSWORD,
            None,
            request,
            from("192.0.2.1"),
        );
        let fresh = begun.await.unwrap();
        assert_eq!(sees(world, &fresh.secret).await, Ok(2));
        fresh
    };
    let ended = refused(Refusal::Unknown);
    let one = begin().await;
    system.revoke_session(one.session.id).await.unwrap();
    assert_eq!(sees(world, &one.secret).await, ended);
    let (one, two) = (begin().await, begin().await);
    let count = system
        .revoke_sessions_of(vera.id, Some(two.session.id))
        .await;
    assert_eq!(count, Ok(1));
    assert_eq!(sees(world, &one.secret).await, ended);
    assert_eq!(sees(world, &two.secret).await, Ok(2));
    let handle = world
        .directory
        .act(&world.caller(&two.secret).await.unwrap());
    handle.sign_out().await.unwrap();
    assert_eq!(sees(world, &two.secret).await, ended);
    // Leaving active ends sessions for good; becoming active again does not bring them back.
    let three = begin().await;
    for status in [Status::Suspended, Status::Active] {
        let change = UserChange {
            status: Some(status),
            ..UserChange::default()
        };
        system.update_user(vera.id, change).await.unwrap();
        assert_eq!(sees(world, &three.secret).await, ended, "{status:?}");
    }
    let four = begin().await;
    let none: Vec<Session> = system.sessions(&[UserId(99)]).await.unwrap();
    assert!(none.is_empty());
    system.delete_user(vera.id).await.unwrap();
    assert_eq!(sees(world, &four.secret).await, ended);
}

async fn by_the_clock(world: &World) {
    let system = world.system();
    let (vera, secret) = newcomer(world, ROOT).await;
    let until = |end: Time| NewGrant {
        role: AUDITOR,
        organisation: Some(ROOT),
        expires_at: Some(end),
    };
    system
        .grant_role(vera.id, until(START.plus(1_000)))
        .await
        .unwrap();
    assert_eq!(sees(world, &secret).await, Ok(4));
    world.clock.advance(999);
    assert_eq!(sees(world, &secret).await, Ok(4));
    world.clock.advance(1);
    assert_eq!(sees(world, &secret).await, forbidden());
    let swept = world.directory.sweep().await.unwrap();
    assert_eq!(swept.grants, 1);
    system.grant_role(vera.id, at(AUDITOR, ROOT)).await.unwrap();
    let limit = UserChange {
        lock_after: Some(Some(START.plus(2_000))),
        ..UserChange::default()
    };
    system.update_user(vera.id, limit).await.unwrap();
    assert_eq!(sees(world, &secret).await, Ok(4));
    world.clock.advance(1_000);
    assert_eq!(
        sees(world, &secret).await,
        refused(Refusal::Standing(Standing::Expired))
    );
    // A key with an end.
    let owner = NewKey {
        expires_at: Some(START.plus(3_000)),
        ..NewKey::default()
    };
    let owner = system.create_key(OWNER, owner).await.unwrap().secret;
    assert_eq!(sees(world, &owner).await, Ok(4));
    world.clock.advance(1_000);
    assert_eq!(sees(world, &owner).await, refused(Refusal::Unknown));
    assert_eq!(
        world.caller_at(TOY, &owner).await.unwrap_err(),
        Fault::Unauthenticated(Refusal::Unknown)
    );
}
