//! Who has power over whose account: all that the other may do must be covered, reading included.

use std::sync::atomic::{AtomicUsize, Ordering};

use directory::{
    Fault, GroupRoleScope, Handle, Line, Manager, ManagerLevel, NewCollection, NewGrant, NewKey,
    NewPassword, NewRole, OrganisationChange, OrganisationId, Permission, Platform, ProfileChange,
    Reach, RoleChange, RoleId, Status, UserChange, UserId,
};

use crate::platforms::CLUB;
use crate::support::{ADMINISTRATOR, AUDITOR, HELPDESK, MEMBER, OWNER, ROOT, TOY, World, both};

both![
    reading_counts,
    every_power_asks_the_guard,
    a_key_for_another_opens_where_it_was_minted,
    who_moves_away_is_no_longer_reached,
    nobody_is_listed_in_advance,
    managing_a_group_is_a_grant,
    a_manager_made_at_one_door_counts_there_alone,
    who_joins_a_managing_group_is_let_manage,
    a_key_of_one_place_manages_no_group_elsewhere,
    moving_an_organisation_takes_both,
    one_organisation_is_all_of_a_place_without_others_below,
    a_role_of_an_organisation_counts_there_alone,
];

const PASSWORD: &str = "Walnut compass 58";

fn at(role: RoleId, organisation: OrganisationId) -> NewGrant {
    NewGrant {
        organisation: Some(organisation),
        ..NewGrant::from(role)
    }
}

async fn role(world: &World, platform: Platform, name: &str, lines: Vec<Line>) -> RoleId {
    let new = NewRole {
        platform: Some(platform),
        name: name.to_owned(),
        lines,
        ..NewRole::default()
    };
    world.system().create_role(new).await.unwrap().id
}

fn may(permissions: &[Permission], reach: &Reach) -> Vec<Line> {
    permissions
        .iter()
        .map(|permission| Line::may(*permission, reach.clone()))
        .collect()
}

/// Sets another password each time: the present one would be refused.
async fn reset(handle: &Handle, user: UserId) -> Result<(), Fault> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let new = NewPassword::MustChange(format!("{PASSWORD} {count}"));
    handle.set_password(user, new).await
}

async fn reading_counts(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let desk = world
        .person("desk@example.org", tree.north, &[HELPDESK])
        .await;
    let desk = world.as_user(desk.id).await;
    let word = |word: &'static str| vec![Line::word(word, Reach::Subtree)];
    let one = |permission| may(&[permission], &Reach::Subtree);
    let cases = [
        ("nothing", None, true),
        ("member", Some(MEMBER), true),
        ("a peer", Some(HELPDESK), true),
        ("auditor", Some(AUDITOR), false),
        ("administrator", Some(ADMINISTRATOR), false),
    ];
    for (what, granted, fits) in cases {
        let email = format!("{}@example.org", what.replace(' ', "-"));
        let user = world.bare_person(&email, tree.north).await.id;
        if let Some(role) = granted {
            system.grant_role(user, at(role, tree.north)).await.unwrap();
        }
        let expected = if fits {
            Ok(())
        } else {
            Err(Fault::OutranksCaller)
        };
        assert_eq!(reset(&desk, user).await, expected, "{what}");
    }
    for (number, (platform, lines, fits)) in [
        (Platform::USHER, one(Permission::ReadAudit), false),
        (Platform::USHER, one(Permission::ReadSettings), false),
        (Platform::USHER, one(Permission::ReadUsers), true),
        (
            Platform::USHER,
            may(&[Permission::ReadUsers], &Reach::All),
            false,
        ),
        (
            Platform::USHER,
            may(&[Permission::ReadAudit], &Reach::Own),
            true,
        ),
        (TOY, word("toy:play"), true),
        (TOY, word("toy:command"), false),
        (TOY, word("toy:*"), false),
        (TOY, one(Permission::ReadAudit), false),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("role {number}");
        let shown = format!("{platform} {lines:?}");
        let role = role(world, platform, &name, lines).await;
        let email = format!("holder-{number}@example.org");
        let user = world.bare_person(&email, tree.north).await.id;
        system.grant_role(user, at(role, tree.north)).await.unwrap();
        let expected = if fits {
            Ok(())
        } else {
            Err(Fault::OutranksCaller)
        };
        assert_eq!(reset(&desk, user).await, expected, "{shown}");
    }
    // Power without a role counts too: managing a group, and handing out what an organisation lists.
    let group = world.group("Crew", tree.north).await.id;
    let managing = world
        .bare_person("managing@example.org", tree.north)
        .await
        .id;
    let manager = Manager::User(managing);
    system
        .set_manager(group, manager, ManagerLevel::Manage)
        .await
        .unwrap();
    assert_eq!(reset(&desk, managing).await, Err(Fault::OutranksCaller));
    let scope = GroupRoleScope::Organisation(tree.north);
    system
        .add_group_role(group, ADMINISTRATOR, scope)
        .await
        .unwrap();
    system
        .set_grantable_groups(tree.north, &[group])
        .await
        .unwrap();
    let flagged = world
        .bare_person("flagged@example.org", tree.north)
        .await
        .id;
    system
        .add_membership(flagged, tree.north, Some(true))
        .await
        .unwrap();
    assert_eq!(reset(&desk, flagged).await, Err(Fault::OutranksCaller));
}

async fn every_power_asks_the_guard(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let powers = [
        Permission::ReadUsers,
        Permission::EditUsers,
        Permission::DeleteUsers,
        Permission::ResetCredentials,
        Permission::ManageKeys,
        Permission::ReadOrganisations,
        Permission::ReadGroups,
        Permission::ManageMembers,
    ];
    let desk = role(
        world,
        Platform::USHER,
        "Desk",
        may(&powers, &Reach::Subtree),
    )
    .await;
    let user = world.person("desk@example.org", tree.north, &[]).await.id;
    system.grant_role(user, at(desk, tree.north)).await.unwrap();
    let desk = world.as_user(user).await;
    let auditor = world
        .person("audit@example.org", tree.north, &[AUDITOR])
        .await
        .id;
    let change = UserChange::default;
    let text = || Some(Some("Another".to_owned()));
    let guarded: [(&str, UserChange); 13] = [
        (
            "login",
            UserChange {
                login: Some("another".to_owned()),
                ..change()
            },
        ),
        (
            "email",
            UserChange {
                email: Some(Some("x@example.org".to_owned())),
                ..change()
            },
        ),
        (
            "pending",
            UserChange {
                request_email: Some("x@example.org".to_owned()),
                ..change()
            },
        ),
        (
            "display",
            UserChange {
                display: text(),
                ..change()
            },
        ),
        (
            "given",
            UserChange {
                given: text(),
                ..change()
            },
        ),
        (
            "family",
            UserChange {
                family: text(),
                ..change()
            },
        ),
        (
            "status",
            UserChange {
                status: Some(Status::Suspended),
                ..change()
            },
        ),
        (
            "locked",
            UserChange {
                locked: Some(true),
                ..change()
            },
        ),
        (
            "lock_after",
            UserChange {
                lock_after: Some(Some(crate::support::START.plus(1_000))),
                ..change()
            },
        ),
        (
            "kind",
            UserChange {
                kind: Some(directory::UserKind::Service),
                ..change()
            },
        ),
        (
            "home",
            UserChange {
                home: Some(tree.branch),
                ..change()
            },
        ),
        (
            "must change",
            UserChange {
                must_change_password: Some(true),
                ..change()
            },
        ),
        (
            "factor",
            UserChange {
                second_factor_required: Some(Some(true)),
                ..change()
            },
        ),
    ];
    for (what, change) in guarded {
        let changed = desk.update_user(auditor, change.clone()).await;
        if what == "must change" {
            // There is no password to be changed, so the flag stays as it is.
            assert!(
                changed.is_err() || !changed.unwrap().must_change_password,
                "{what}"
            );
            continue;
        }
        assert_eq!(changed.map(|_| ()), Err(Fault::OutranksCaller), "{what}");
    }
    let free = UserChange {
        profile: ProfileChange::read_each(|attribute| {
            Ok::<_, Fault>(Some(Some(attribute.example().to_owned())))
        })
        .unwrap(),
        ..change()
    };
    desk.update_user(auditor, free).await.unwrap();
    assert_eq!(reset(&desk, auditor).await, Err(Fault::OutranksCaller));
    let outranked = Fault::OutranksCaller;
    let made = desk.create_key(auditor, NewKey::default()).await;
    assert_eq!(made.map(|_| ()), Err(outranked.clone()));
    let named = desk.impersonate(auditor).await;
    assert_eq!(named.map(|_| ()), Err(outranked.clone()));
    let removed = desk.remove_second_factor(auditor, None).await;
    assert_eq!(removed, Err(outranked.clone()));
    let sent = desk.send_password_reset(auditor, true).await;
    assert_eq!(sent, Err(outranked.clone()));
    let gone = desk.delete_user(auditor).await;
    assert_eq!(gone.map(|_| ()), Err(outranked));
}

async fn a_key_for_another_opens_where_it_was_minted(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let powers = [
        Permission::ReadUsers,
        Permission::ManageKeys,
        Permission::ResetCredentials,
    ];
    for (platform, everywhere) in [(TOY, false), (Platform::USHER, true)] {
        let name = format!("minter of {platform}");
        let minter = role(world, platform, &name, may(&powers, &Reach::Subtree)).await;
        let email = format!("minter-{platform}@example.org");
        let user = world.bare_person(&email, tree.north).await.id;
        system
            .grant_role(user, at(minter, tree.north))
            .await
            .unwrap();
        let handle = world.at(TOY, user).await;
        let fresh = handle
            .create_key(tree.nils, NewKey::default())
            .await
            .unwrap();
        assert!(world.caller_at(TOY, &fresh.secret).await.is_ok());
        let native = world.caller(&fresh.secret).await;
        assert_eq!(native.is_ok(), everywhere, "{platform}");
        // Nor does it make itself a freer one, or a password.
        let own = world.caller_at(TOY, &fresh.secret).await.unwrap();
        let own = world.directory.act(&own);
        let again = own.create_key(tree.nils, NewKey::default()).await.unwrap();
        assert_eq!(world.caller(&again.secret).await.is_ok(), everywhere);
        let set = own.change_own_password(None, PASSWORD).await;
        assert_eq!(set == Err(Fault::KeyLimit), !everywhere, "{set:?}");
        let renewed = own
            .renew_own_key(Some(fresh.key.id), "again")
            .await
            .unwrap();
        assert_eq!(world.caller(&renewed.secret).await.is_ok(), everywhere);
        // Whoever acts in another's name makes keys for this dialect alone.
        let named = world
            .directory
            .act(&handle.impersonate(tree.bob).await.unwrap());
        let fresh = named.create_key(tree.bob, NewKey::default()).await.unwrap();
        assert!(world.caller(&fresh.secret).await.is_err(), "{platform}");
    }
}

async fn who_moves_away_is_no_longer_reached(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let powers = [Permission::ReadUsers, Permission::ResetCredentials];
    let listed = Reach::Listed(vec![tree.nils.0, tree.sven.0]);
    let lister = role(world, Platform::USHER, "Lister", may(&powers, &listed)).await;
    let teams = may(&powers, &Reach::ManagedGroups);
    let teams = role(world, Platform::USHER, "Teams", teams).await;
    let group = world.group("Crew", tree.north).await.id;
    let change = UserChange {
        primary_group: Some(Some(group)),
        ..UserChange::default()
    };
    system.update_user(tree.nils, change).await.unwrap();
    for (name, role) in [("lister", lister), ("teams", teams)] {
        let email = format!("{name}@example.org");
        let user = world.bare_person(&email, tree.north).await.id;
        system.grant_role(user, at(role, tree.north)).await.unwrap();
        let manager = Manager::User(user);
        system
            .set_manager(group, manager, ManagerLevel::Manage)
            .await
            .unwrap();
        let handle = world.as_user(user).await;
        let missing = Err(Fault::NotFound(directory::Kind::User));
        for (home, reached) in [
            (tree.north, true),
            (tree.branch, true),
            (tree.south, false),
            (tree.north, true),
        ] {
            let change = UserChange {
                home: Some(home),
                ..UserChange::default()
            };
            system.update_user(tree.nils, change).await.unwrap();
            // Leaving for the south ends the membership of the group.
            let change = UserChange {
                primary_group: Some((home != tree.south).then_some(group)),
                ..UserChange::default()
            };
            system.update_user(tree.nils, change).await.unwrap();
            let expected = if reached { Ok(()) } else { missing.clone() };
            assert_eq!(reset(&handle, tree.nils).await, expected, "{name} {home:?}");
            let seen = handle.users(&directory::Query::default()).await.unwrap();
            let seen = seen.items.iter().any(|user| user.id == tree.nils);
            assert_eq!(seen, reached, "{name} {home:?}");
        }
        // Listed, but never where the role was granted.
        assert_eq!(reset(&handle, tree.sven).await, missing, "{name}");
    }
}

async fn nobody_is_listed_in_advance(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let nora = world.as_user(tree.nora).await;
    let gone = world.bare_person("gone@example.org", tree.north).await.id;
    system.delete_user(gone).await.unwrap();
    let new = |listed: Vec<i64>| NewRole {
        name: "Later".to_owned(),
        organisation: Some(tree.north),
        lines: may(&[Permission::ResetCredentials], &Reach::Listed(listed)),
        ..NewRole::default()
    };
    let refused = Err(Fault::ExceedsOwn);
    for (what, listed) in [
        ("not yet there", vec![tree.nils.0, 9_999]),
        ("gone", vec![gone.0]),
        ("none", vec![0, -1]),
        ("elsewhere", vec![tree.nils.0, tree.sven.0]),
        ("above", vec![directory::FIRST_OWNER.0]),
    ] {
        let made = nora.create_role(new(listed.clone())).await;
        assert_eq!(made.map(|_| ()), refused, "{what}");
        if what != "elsewhere" && what != "above" {
            // Not even the server itself decides over people who are not there.
            let made = system.create_role(new(listed)).await;
            assert_eq!(made.map(|_| ()), refused, "{what}");
        }
    }
    let made = nora.create_role(new(vec![tree.nils.0, tree.bob.0])).await;
    let made = made.unwrap();
    let change = directory::RoleChange {
        lines: Some(new(vec![tree.nils.0, 9_999]).lines),
        ..directory::RoleChange::default()
    };
    let changed = nora.update_role(made.id, change).await;
    assert_eq!(changed.map(|_| ()), refused);
    // A list may be taken away whoever of it is left.
    system.delete_user(tree.bob).await.unwrap();
    let change = directory::RoleChange {
        lines: Some(vec![]),
        ..directory::RoleChange::default()
    };
    nora.update_role(made.id, change).await.unwrap();
}

async fn managing_a_group_is_a_grant(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let powers = [Permission::ReadUsers, Permission::ResetCredentials];
    let teams = may(&powers, &Reach::ManagedGroups);
    let teams = role(world, Platform::USHER, "Teams", teams).await;
    let groups = [
        Permission::ReadGroups,
        Permission::ManageGroups,
        Permission::ManageMembers,
    ];
    let keeper = role(
        world,
        Platform::USHER,
        "Keeper",
        may(&groups, &Reach::Subtree),
    )
    .await;
    let user = world.person("keeper@example.org", tree.north, &[]).await.id;
    system
        .grant_role(user, at(teams, tree.north))
        .await
        .unwrap();
    system
        .grant_role(user, at(keeper, tree.north))
        .await
        .unwrap();
    let crew = world.group("Crew", tree.north).await.id;
    let change = UserChange {
        primary_group: Some(Some(crew)),
        ..UserChange::default()
    };
    system.update_user(tree.nils, change).await.unwrap();
    let handle = world.as_user(user).await;
    let level = ManagerLevel::Manage;
    let refused = handle.set_manager(crew, Manager::User(user), level).await;
    assert_eq!(refused, Err(Fault::ExceedsOwn));
    // Nor by way of a group that they are in, or that manages already.
    let leads = world.group("Leads", tree.north).await.id;
    system.add_member(leads, user).await.unwrap();
    let refused = handle.set_manager(crew, Manager::Group(leads), level).await;
    assert_eq!(refused, Err(Fault::ExceedsOwn));
    system.remove_member(leads, user).await.unwrap();
    system
        .set_manager(crew, Manager::Group(leads), level)
        .await
        .unwrap();
    let refused = handle.add_member(leads, user).await;
    assert_eq!(refused, Err(Fault::ExceedsOwn));
    assert!(reset(&handle, tree.nils).await.is_err());
    // Whoever holds no such right may be let in.
    let joined = handle.add_member(leads, tree.bob).await;
    assert_eq!(joined, Ok(true));
    let set = handle
        .set_manager(crew, Manager::User(tree.bob), level)
        .await;
    assert_eq!(set, Ok(()));
}

/// A person who may change groups only at one door makes nobody, themselves included, their manager at others.
async fn a_manager_made_at_one_door_counts_there_alone(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let hosts = world.at(CLUB, OWNER).await;
    let hosts = hosts.builtin_group("hosts", tree.north).await.unwrap();
    system.add_member(hosts.id, tree.nils).await.unwrap();
    let group = world.group("Crew", tree.north).await.id;
    let renamed = |name: &str| directory::GroupChange {
        name: Some(name.to_owned()),
        ..directory::GroupChange::default()
    };
    let level = ManagerLevel::Manage;
    for manager in [tree.nils, tree.bob] {
        let nils = world.at(CLUB, tree.nils).await;
        let set = nils.set_manager(group, Manager::User(manager), level);
        set.await.unwrap();
        for (door, expected) in [(CLUB, true), (TOY, false), (Platform::USHER, false)] {
            let handle = world.at(door, manager).await;
            let name = format!("Crew {manager:?} {door}");
            let changed = handle.update_group(group, renamed(&name)).await;
            assert_eq!(
                changed.is_ok(),
                expected,
                "{manager:?} at {door}: {changed:?}"
            );
            assert_eq!(
                handle.group(group).await.is_ok(),
                expected,
                "{manager:?} at {door}"
            );
        }
    }
    // A person who may do so everywhere makes them managers everywhere, at whichever door.
    for door in [Platform::USHER, CLUB] {
        let nora = world.at(door, tree.nora).await;
        let crew = world.group(&format!("Crew of {door}"), tree.north).await.id;
        let set = nora.set_manager(crew, Manager::User(tree.nils), level);
        set.await.unwrap();
        let toy = world.at(TOY, tree.nils).await;
        toy.update_group(crew, renamed(&format!("Team of {door}")))
            .await
            .unwrap();
        // What holds everywhere is not narrowed by writing it back where one may do less.
        let club = world.at(CLUB, tree.nils).await;
        let set = club.set_manager(crew, Manager::User(tree.nils), level);
        set.await.unwrap();
        let again = renamed(&format!("Again of {door}"));
        toy.update_group(crew, again).await.unwrap();
    }
    // At one door a manager makes managers of that door.
    let bob = world.at(CLUB, tree.bob).await;
    let set = bob.set_manager(group, Manager::User(tree.bea), level);
    assert_eq!(
        set.await,
        Err(Fault::UnknownReference(directory::Kind::User))
    );
    let managers = system.managers(&[group]).await.unwrap();
    assert!(
        managers
            .iter()
            .all(|one| one.platform.as_deref() == Some("club"))
    );
}

/// The members of a group that manages another may do what its managers may, so only who may do as much
/// lets people in.
async fn who_joins_a_managing_group_is_let_manage(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let (leads, crew) = (
        world.group("Leads", tree.north).await.id,
        world.group("Crew", tree.south).await.id,
    );
    let level = ManagerLevel::Manage;
    let set = system.set_manager(crew, Manager::Group(leads), level);
    set.await.unwrap();
    // Nora administers the north alone, where the leads are.
    let nora = world.as_user(tree.nora).await;
    for user in [tree.nora, tree.nils] {
        let joined = nora.add_member(leads, user).await;
        assert_eq!(joined, Err(Fault::ExceedsOwn), "{user:?}");
    }
    let newcomers = directory::GroupChange {
        newcomers: Some(true),
        ..directory::GroupChange::default()
    };
    let refused = nora.update_group(leads, newcomers).await.map(|_| ());
    assert_eq!(refused, Err(Fault::ExceedsOwn));
    let listed = nora.set_grantable_groups(tree.north, &[leads]).await;
    assert_eq!(listed, Err(Fault::ExceedsOwn));
    system
        .grant_role(tree.nora, at(ADMINISTRATOR, tree.south))
        .await
        .unwrap();
    let nora = world.as_user(tree.nora).await;
    assert_eq!(nora.add_member(leads, tree.nils).await, Ok(true));
}

async fn a_key_of_one_place_manages_no_group_elsewhere(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let level = ManagerLevel::Manage;
    for (place, expected) in [(tree.north, true), (tree.south, false)] {
        let group = world.group("Crew", place).await.id;
        let set = system.set_manager(group, Manager::User(tree.nils), level);
        set.await.unwrap();
        let listed = world.group("Listed", place).await.id;
        let flagged = system.add_membership(tree.nils, place, Some(true));
        flagged.await.unwrap();
        system.set_grantable_groups(place, &[listed]).await.unwrap();
        let new = NewKey {
            organisation: Some(tree.north),
            ..NewKey::default()
        };
        let fresh = system.create_key(tree.nils, new).await.unwrap();
        let handle = world
            .directory
            .act(&world.caller(&fresh.secret).await.unwrap());
        let change = directory::GroupChange {
            description: Some(Some("ours".to_owned())),
            ..directory::GroupChange::default()
        };
        let results = [
            handle.update_group(group, change).await.is_ok(),
            handle
                .set_manager(group, Manager::User(tree.nils), level)
                .await
                .is_ok(),
            handle.add_member(listed, tree.nils).await.is_ok(),
        ];
        assert_eq!(results, [expected; 3], "{place}");
    }
}

async fn moving_an_organisation_takes_both(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let places = [
        Permission::ReadUsers,
        Permission::ReadOrganisations,
        Permission::ManageOrganisations,
    ];
    let keeper = role(
        world,
        Platform::USHER,
        "Keeper",
        may(&places, &Reach::Subtree),
    )
    .await;
    let user = world
        .person("keeper@example.org", tree.south, &[ADMINISTRATOR])
        .await
        .id;
    system.grant_role(user, at(keeper, ROOT)).await.unwrap();
    let change = || directory::OrganisationChange {
        parent: Some(tree.south),
        ..directory::OrganisationChange::default()
    };
    let keeper = world.as_user(user).await;
    // They administer the south, and would come to administer what is moved there.
    let moved = keeper.update_organisation(tree.branch, change()).await;
    assert_eq!(moved.map(|_| ()), Err(Fault::ExceedsOwn));
    system
        .grant_role(user, at(ADMINISTRATOR, tree.north))
        .await
        .unwrap();
    let keeper = world.as_user(user).await;
    keeper
        .update_organisation(tree.branch, change())
        .await
        .unwrap();
}

/// Rights over managed groups reach people in the place and below it. Who holds the same over the place
/// alone has power over a team's administrator only while there is nothing below.
async fn one_organisation_is_all_of_a_place_without_others_below(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let powers = [Permission::ReadUsers, Permission::ResetCredentials];
    let whole = role(world, TOY, "Whole", may(&powers, &Reach::Organisation)).await;
    let team = role(world, TOY, "Team", may(&powers, &Reach::ManagedGroups)).await;
    for (place, expected) in [
        (tree.south, Ok(())),
        (tree.north, Err(Fault::OutranksCaller)),
    ] {
        let mut people = Vec::new();
        for (name, role) in [("chief", whole), ("lead", team)] {
            let email = format!("{name}{place}@example.org");
            let user = world.bare_person(&email, place).await.id;
            system.grant_role(user, at(role, place)).await.unwrap();
            people.push(user);
        }
        let group = world.group("Team", place).await.id;
        // Both manage the group, so that only the reach of their roles differs.
        for person in &people {
            let manager = Manager::User(*person);
            let set = system.set_manager(group, manager, ManagerLevel::Manage);
            set.await.unwrap();
        }
        let chief = world.at(TOY, people[0]).await;
        assert_eq!(reset(&chief, people[1]).await, expected, "{place}");
    }
}

/// A role that belongs to an organisation counts there and below, also through a group; and where it still counts
/// after an organisation was moved away, those who are left behind change nothing of it.
async fn a_role_of_an_organisation_counts_there_alone(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let new = NewRole {
        platform: Some(CLUB),
        name: "own".to_owned(),
        organisation: Some(tree.north),
        lines: may(&[Permission::ReadUsers], &Reach::Subtree),
        ..NewRole::default()
    };
    let role = system.create_role(new).await.unwrap().id;
    let group = world.group("circle", tree.north).await.id;
    let collection = NewCollection {
        name: "places".to_owned(),
        organisation: Some(ROOT),
        organisations: vec![tree.branch],
        ..NewCollection::default()
    };
    let collection = system.create_collection(collection).await.unwrap().id;
    for scope in [
        GroupRoleScope::Organisation(tree.branch),
        GroupRoleScope::Collection(collection),
    ] {
        assert_eq!(system.add_group_role(group, role, scope).await, Ok(true));
    }
    let elsewhere = GroupRoleScope::Organisation(tree.south);
    let refused = |fault: Fault| matches!(fault, Fault::Invalid { field: "role", .. });
    let added = system.add_group_role(group, role, elsewhere).await;
    assert!(refused(added.unwrap_err()));
    let filled = system.add_to_collection(collection, &[tree.south]).await;
    assert!(refused(filled.unwrap_err()));

    let administrator = world
        .person("north@example.org", tree.north, &[ADMINISTRATOR])
        .await;
    let administrator = world.as_user(administrator.id).await;
    let lines = |permissions: &[Permission]| RoleChange {
        lines: Some(may(permissions, &Reach::Subtree)),
        ..RoleChange::default()
    };
    let both = lines(&[Permission::ReadUsers, Permission::EditUsers]);
    administrator.update_role(role, both).await.unwrap();
    let moved = OrganisationChange {
        parent: Some(tree.south),
        ..OrganisationChange::default()
    };
    system
        .update_organisation(tree.branch, moved)
        .await
        .unwrap();
    for permissions in [
        &[Permission::ReadUsers][..],
        &[
            Permission::ReadUsers,
            Permission::EditUsers,
            Permission::DeleteUsers,
        ],
    ] {
        let changed = administrator.update_role(role, lines(permissions)).await;
        assert_eq!(changed.map(|_| ()), Err(Fault::ExceedsOwn));
    }
    let owner = world.as_user(OWNER).await;
    owner
        .update_role(role, lines(&[Permission::ReadUsers]))
        .await
        .unwrap();
}
