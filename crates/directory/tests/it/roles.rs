use directory::{
    Fault, GroupRoleScope, Kind, Line, NewGrant, NewRole, OrganisationId, Permission, Platform,
    Predicate, Query, Reach, Ref, Role, RoleChange, RoleField, RoleId, RoleInUse, Test, UserChange,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, BOSS, CHIEF, CLERK, MANAGER, MEMBER, OWNER, ROOT, TOY, World, both,
};

both!(
    platforms_list_their_own,
    made_changed_deleted,
    several_or_none,
    numbers_are_never_reused,
    nobody_puts_more_into_a_role_than_they_hold,
    built_ins_change_only_where_the_platform_says,
    worn_roles,
    roles_in_use_stay,
    custom_roles_stay_at_home,
    strangers_answer_like_missing,
    what_one_holds_one_sees,
);

fn new(name: &str, lines: Vec<Line>) -> NewRole {
    NewRole {
        name: name.to_owned(),
        lines,
        ..NewRole::default()
    }
}

fn reading() -> Vec<Line> {
    vec![Line::may(Permission::ReadUsers, Reach::Subtree)]
}

fn named(name: &str) -> RoleChange {
    RoleChange {
        name: Some(name.to_owned()),
        ..RoleChange::default()
    }
}

async fn platforms_list_their_own(world: &World) {
    let all = Query {
        sort: Some(RoleField::Number),
        total: true,
        ..Query::default()
    };
    for (platform, expected) in [
        (SOLO, vec!["Chief", "Manager", "Clerk"]),
        (CLUB, vec!["Guest", "Host", "Team"]),
        (TOY, vec!["Boss", "Guest"]),
    ] {
        let handle = world.at(platform, OWNER).await;
        let page = handle.roles(&all).await.unwrap();
        let names: Vec<&str> = page.items.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(
            (names, page.total),
            (expected.clone(), Some(expected.len() as u64))
        );
        // By number, word, name and UUID it is the same role; another platform's are missing.
        let first = page.items[0].clone();
        assert_eq!(handle.role_by_number(platform, 1).await, Ok(first.clone()));
        assert_eq!(
            handle.role_by_word(platform, &first.word).await,
            Ok(first.clone())
        );
        assert_eq!(handle.role(Ref::Uuid(first.uuid)).await, Ok(first.clone()));
        assert_eq!(
            handle.role(Ref::Name(first.name.to_uppercase())).await,
            Ok(first.clone())
        );
        assert_eq!(
            handle.roles_by_id(&[first.id, ADMINISTRATOR]).await,
            Ok(vec![first])
        );
        assert_eq!(
            handle.role_by_number(Platform::USHER, 1).await,
            Err(Fault::NotFound(Kind::Role))
        );
    }
    let page = world.system().roles(&all).await.unwrap();
    assert_eq!(page.total, Some(13));
    let query = Query {
        predicate: Predicate::Is(RoleField::Platform, Test::Equals("solo".into())),
        ..all
    };
    let page = world.system().roles(&query).await.unwrap();
    assert_eq!(page.items.len(), 3);
}

async fn made_changed_deleted(world: &World) {
    let handle = world.at(SOLO, OWNER).await;
    let made = handle
        .create_role(new(" Night Watch ", reading()))
        .await
        .unwrap();
    assert_eq!(
        (
            made.number,
            made.word.as_str(),
            made.name.as_str(),
            made.builtin,
            made.organisation
        ),
        (4, "night-watch", "Night Watch", false, None)
    );
    for taken in ["night watch", "CLERK"] {
        let again = handle.create_role(new(taken, vec![])).await;
        assert_eq!(again, Err(Fault::Taken { field: "name" }));
        let renamed = handle.update_role(MANAGER, named(taken)).await;
        let clash = if taken == "CLERK" || taken == "night watch" {
            Err(Fault::Taken { field: "name" })
        } else {
            Ok(made.clone())
        };
        assert_eq!(renamed, clash);
    }
    let other = world.at(TOY, OWNER).await;
    let same = other.create_role(new("Night Watch", vec![])).await.unwrap();
    assert_eq!(same.number, 100);
    let change = RoleChange {
        description: Some("Looks after the house".to_owned()),
        lines: Some(vec![Line::word("solo:write", Reach::Own)]),
        if_version: Some(1),
        ..named("Night watch")
    };
    let changed = handle.update_role(made.id, change.clone()).await.unwrap();
    assert_eq!((changed.version, changed.lines.len()), (2, 1));
    assert_eq!(handle.update_role(made.id, change).await, Err(Fault::Stale));
    assert_eq!(handle.role(made.id).await, Ok(changed.clone()));
    assert_eq!(
        handle.delete_role(made.id, RoleInUse::Refuse).await,
        Ok(changed)
    );
    assert_eq!(handle.role(made.id).await, Err(Fault::NotFound(Kind::Role)));
    for bad in ["", " ", "a\u{0}b"] {
        let refused = handle.create_role(new(bad, vec![])).await;
        assert!(
            matches!(refused, Err(Fault::Invalid { field: "name", .. })),
            "{bad:?}"
        );
    }
}

async fn numbers_are_never_reused(world: &World) {
    let handle = world.at(SOLO, OWNER).await;
    let mut numbers = Vec::new();
    for turn in 0..3 {
        let role = handle.create_role(new("Passing", vec![])).await.unwrap();
        numbers.push((role.number, role.id));
        handle
            .delete_role(role.id, RoleInUse::Refuse)
            .await
            .unwrap();
        assert_eq!(numbers.len(), turn + 1);
    }
    assert_eq!(
        numbers,
        vec![(4, RoleId(14)), (5, RoleId(15)), (6, RoleId(16))]
    );
}

async fn nobody_puts_more_into_a_role_than_they_hold(world: &World) {
    let tree = world.tree().await;
    let nora = world.at(SOLO, tree.nora).await;
    let line = |permission, reach| vec![Line::may(permission, reach)];
    for (what, lines, fits) in [
        ("own", line(Permission::EditUsers, Reach::Subtree), true),
        ("less", line(Permission::EditUsers, Reach::Own), true),
        ("everywhere", line(Permission::EditUsers, Reach::All), false),
        ("anything", vec![Line::word("*", Reach::Subtree)], false),
        (
            "the platform's",
            vec![Line::word("solo:x", Reach::Subtree)],
            true,
        ),
        ("another's", vec![Line::word("other:x", Reach::Own)], false),
        (
            "strangers",
            line(Permission::EditUsers, Reach::Listed(vec![tree.sven.0])),
            false,
        ),
        (
            "its own people",
            line(Permission::EditUsers, Reach::Listed(vec![tree.bob.0])),
            true,
        ),
    ] {
        let made = nora.create_role(new(what, lines)).await;
        match fits {
            // It is her organisation's, for she reaches no further.
            true => assert_eq!(made.unwrap().organisation, Some(tree.north), "{what}"),
            false => assert_eq!(made, Err(Fault::ExceedsOwn), "{what}"),
        }
    }
    // A role with more in it is neither widened, narrowed nor deleted by somebody below.
    let strong = NewRole {
        organisation: Some(tree.north),
        ..new("Strong", vec![Line::may(Permission::ReadAudit, Reach::All)])
    };
    let owner = world.at(SOLO, OWNER).await;
    let strong = owner.create_role(strong).await.unwrap();
    let lines = |lines| RoleChange {
        lines: Some(lines),
        ..RoleChange::default()
    };
    let more = Line::may(Permission::ReadUsers, Reach::All);
    for (what, change) in [
        ("emptied", lines(vec![])),
        ("widened", lines(vec![strong.lines[0].clone(), more])),
    ] {
        let changed = nora.update_role(strong.id, change).await;
        assert_eq!(changed, Err(Fault::ExceedsOwn), "{what}");
    }
    assert_eq!(
        nora.delete_role(strong.id, RoleInUse::TakeAway).await,
        Err(Fault::ExceedsOwn)
    );
    // Its name is hers to change, for she manages the organisation's roles.
    assert!(nora.update_role(strong.id, named("Stronger")).await.is_ok());
    // Installation-wide roles are out of her reach altogether.
    assert_eq!(
        nora.update_role(CLERK, named("Scribe")).await,
        Err(Fault::Forbidden(Permission::ManageRoles))
    );
}

async fn built_ins_change_only_where_the_platform_says(world: &World) {
    let change = named("Other");
    let solo = world.at(SOLO, OWNER).await;
    let toy = world.at(TOY, OWNER).await;
    let system = world.system();
    assert_eq!(
        solo.update_role(CLERK, change.clone()).await.unwrap().name,
        "Other"
    );
    let protected = Err(Fault::Protected(Kind::Role));
    assert_eq!(toy.update_role(BOSS, change.clone()).await, protected);
    assert_eq!(system.update_role(MEMBER, change).await, protected);
    // Echo changes nothing.
    assert!(toy.update_role(BOSS, named("Boss")).await.is_ok());
    for (handle, role) in [(&solo, CHIEF), (&toy, BOSS), (&system, MEMBER)] {
        assert_eq!(
            handle.delete_role(role, RoleInUse::TakeAway).await,
            protected
        );
    }
    // What was edited survives the next start.
    let lines = RoleChange {
        lines: Some(reading()),
        ..RoleChange::default()
    };
    solo.update_role(CLERK, lines).await.unwrap();
    world.directory.install_builtins().await.unwrap();
    let clerk: Role = solo.role(CLERK).await.unwrap();
    assert_eq!((clerk.name.as_str(), clerk.lines), ("Other", reading()));
}

async fn worn_roles(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let role = handle.create_role(new("Worn", reading())).await.unwrap();
    let grant = NewGrant {
        organisation: Some(tree.north),
        ..NewGrant::from(role.id)
    };
    handle.grant_role(tree.nils, grant).await.unwrap();
    let group = world.group("Blue", tree.north).await;
    handle.add_member(group.id, tree.bob).await.unwrap();
    let scope = GroupRoleScope::Organisation(tree.north);
    handle
        .add_group_role(group.id, role.id, scope)
        .await
        .unwrap();
    assert_eq!(
        handle.role_holder_counts(&[role.id]).await,
        Ok(vec![(role.id, 2)])
    );
    assert_eq!(
        handle.delete_role(role.id, RoleInUse::Refuse).await,
        Err(Fault::InUse(Kind::Role))
    );
    let bob = world.key_of(tree.bob).await;
    assert!(world.caller(&bob).await.unwrap().holds("users.read"));
    handle
        .delete_role(role.id, RoleInUse::TakeAway)
        .await
        .unwrap();
    assert_eq!(handle.grants_of(&[tree.nils]).await.unwrap().len(), 1);
    assert_eq!(handle.group_roles(&[group.id]).await, Ok(vec![]));
    let caller = world.caller(&bob).await.unwrap();
    assert_eq!(caller.words(), vec!["users.read"]);
    let listed = world.directory.act(&caller).users(&Query::default()).await;
    assert_eq!(listed.unwrap().items.len(), 1);
}

/// What newcomers get is in use although nobody wears it yet; built-in roles stay in any case.
async fn roles_in_use_stay(world: &World) {
    let handle = world.at(SOLO, OWNER).await;
    let role = handle.create_role(new("Next", vec![])).await.unwrap();
    let before = handle.default_roles().await.unwrap();
    handle.set_default_roles(SOLO, &[role.id]).await.unwrap();
    let delete = |id: RoleId| handle.delete_role(id, RoleInUse::Refuse);
    assert_eq!(delete(role.id).await, Err(Fault::InUse(Kind::Role)));
    let before: Vec<RoleId> = before.iter().map(|role| role.id).collect();
    handle.set_default_roles(SOLO, &before).await.unwrap();
    assert_eq!(delete(role.id).await, Ok(role));
    for builtin in [CHIEF, MANAGER, CLERK] {
        assert_eq!(delete(builtin).await, Err(Fault::Protected(Kind::Role)));
    }
}

async fn custom_roles_stay_at_home(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let custom = NewRole {
        organisation: Some(tree.north),
        ..new("Northern", reading())
    };
    let role = handle.create_role(custom).await.unwrap();
    let at = |organisation: Option<OrganisationId>| NewGrant {
        organisation,
        ..NewGrant::from(role.id)
    };
    for (user, organisation, fits) in [
        (tree.nils, None, true),
        (tree.bob, Some(tree.branch), true),
        (tree.nils, Some(ROOT), false),
        (tree.sven, Some(tree.north), false),
        (tree.sven, Some(tree.south), false),
    ] {
        let granted = handle.grant_role(user, at(organisation)).await;
        match fits {
            true => assert_eq!(granted, Ok(true)),
            false => assert!(
                matches!(granted, Err(Fault::Invalid { field: "role", .. })),
                "{user} {granted:?}"
            ),
        }
    }
    let group = world.group("Blue", ROOT).await;
    let scope = GroupRoleScope::Organisation(tree.north);
    let refused = handle.add_group_role(group.id, role.id, scope).await;
    assert!(matches!(refused, Err(Fault::Invalid { field: "role", .. })));
    // It ends when the home moves away, not when it moves within.
    for (home, left) in [(tree.branch, 2), (tree.south, 1)] {
        let change = UserChange {
            home: Some(home),
            ..UserChange::default()
        };
        handle.update_user(tree.nils, change).await.unwrap();
        assert_eq!(handle.grants_of(&[tree.nils]).await.unwrap().len(), left);
    }
}

async fn strangers_answer_like_missing(world: &World) {
    let tree = world.tree().await;
    let custom = NewRole {
        organisation: Some(tree.north),
        ..new("Northern", reading())
    };
    let role = world.system().create_role(custom).await.unwrap();
    let sara = world.as_user(tree.sara).await;
    let sven = world.as_user(tree.sven).await;
    for handle in [&sara, &sven] {
        let mut answers = Vec::new();
        for id in [role.id, RoleId(999)] {
            answers.push((
                handle.role(id).await,
                handle.update_role(id, named("Mine")).await,
                handle.delete_role(id, RoleInUse::TakeAway).await,
                handle.grant_role(tree.sven, id.into()).await,
                handle.revoke_role(tree.sven, id, None).await,
            ));
            assert_eq!(handle.roles_by_id(&[id]).await, Ok(vec![]));
        }
        assert_eq!(answers[0], answers[1]);
    }
    let seen = sara.roles(&Query::default()).await.unwrap();
    assert!(!seen.items.contains(&role) && seen.items.len() == 13);
}

async fn what_one_holds_one_sees(world: &World) {
    let tree = world.tree().await;
    let sven = world.as_user(tree.sven).await;
    assert!(matches!(
        sven.roles(&Query::default()).await,
        Err(Fault::Forbidden(Permission::ReadRoles))
    ));
    assert_eq!(sven.role(MEMBER).await.unwrap().name, "Member");
    assert_eq!(
        sven.role(ADMINISTRATOR).await,
        Err(Fault::NotFound(Kind::Role))
    );
}

async fn several_or_none(world: &World) {
    let handle = world.at(TOY, OWNER).await;
    let both = vec![new("One", reading()), new("Two", vec![])];
    let made = handle.create_roles(both).await.unwrap();
    let names: Vec<&str> = made.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["One", "Two"]);
    assert_eq!(made[1].number, made[0].number + 1);
    let before = handle.roles(&Query::default()).await.unwrap().items;
    let bad = vec![new("Three", vec![]), new("ONE", vec![])];
    let refusal = handle.create_roles(bad).await.unwrap_err();
    assert_eq!(refusal, Fault::Taken { field: "name" });
    assert_eq!(handle.roles(&Query::default()).await.unwrap().items, before);
}
