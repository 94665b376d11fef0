use directory::{
    Extended, Fault, Group, GroupChange, GroupCount, GroupField, GroupRoleScope, Kind, Manager,
    ManagerLevel, NewExtension, NewGroup, NewUser, OrganisationChange, Page, Permission, Predicate,
    Query, Ref, Status, Test, UserChange, UserId,
};
use serde_json::json;

use crate::platforms::{CLUB, SOLO};
use crate::support::{ADMINISTRATOR, AUDITOR, HELPDESK, OWNER, ROOT, TOY, World, both};

both!(
    made_changed_listed_deleted,
    a_change_of_the_document_alone_counts,
    names_are_unique_where_they_show,
    dialects_show_their_own,
    built_ins_stay,
    built_ins_follow_their_organisation,
    members_come_from_the_subtree,
    joining_twice_is_harmless,
    nobody_hands_out_what_they_do_not_hold,
    organisations_delegate_groups,
    managers_change_members,
    strangers_answer_like_missing,
    a_user_keeps_groups_the_caller_may_not_change,
    counts_count_whom_one_sees,
    newcomers_join_at_their_door,
    team_administrators_see_their_team,
);

fn names(page: &Page<Group>) -> Vec<&str> {
    page.items.iter().map(|group| group.name.as_str()).collect()
}

fn new(name: &str) -> NewGroup {
    NewGroup {
        name: name.to_owned(),
        ..NewGroup::default()
    }
}

fn named(name: &str) -> GroupChange {
    GroupChange {
        name: Some(name.to_owned()),
        ..GroupChange::default()
    }
}

async fn made_changed_listed_deleted(world: &World) {
    let handle = world.system();
    let group = tokio::spawn(async move {
        let new = NewGroup {
            description: Some("Looks after things".to_owned()),
            extension: Some(NewExtension {
                document: json!({ "shape": "round" }),
                terms: vec![("shape".to_owned(), "round".to_owned())],
            }),
            ..new(" Über Team ")
        };
        handle.create_group(new).await
    })
    .await
    .unwrap()
    .unwrap();
    assert_eq!(
        (group.name.as_str(), group.slug.as_str(), group.organisation),
        ("Über Team", "uber-team", ROOT)
    );
    let handle = world.system();
    let second = handle.create_group(new("uber team")).await.unwrap();
    assert_eq!(second.slug, "uber-team-2");

    let term = GroupField::Term(handle.caller().platform(), "shape".to_owned());
    for (predicate, search, expected) in [
        (
            Predicate::Is(term, Test::Equals("round".into())),
            None,
            vec!["Über Team"],
        ),
        (
            Predicate::Is(GroupField::Name, Test::Equals("ÜBER team".into())),
            None,
            vec!["Über Team"],
        ),
        (Predicate::All, Some("uber look"), vec!["Über Team"]),
        (
            Predicate::Is(GroupField::Slug, Test::StartsWith("uber".to_owned())),
            None,
            vec!["Über Team", "uber team"],
        ),
        (Predicate::Nothing, None, vec![]),
    ] {
        let query = Query {
            predicate,
            search: search.map(str::to_owned),
            total: true,
            ..Query::default()
        };
        let page = handle.groups(&query).await.unwrap();
        assert_eq!(names(&page), expected);
        assert_eq!(page.total, Some(expected.len() as u64));
    }

    let change = GroupChange {
        if_version: Some(group.version),
        ..named("Team")
    };
    let changed = handle.update_group(group.id, change.clone()).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("Team", 2));
    assert_eq!(
        handle.update_group(group.id, change).await,
        Err(Fault::Stale)
    );
    assert_eq!(
        handle.group(Ref::Name("TEAM".to_owned())).await,
        Ok(changed.clone())
    );
    assert_eq!(handle.group(Ref::Uuid(group.uuid)).await, Ok(changed));

    let ada = world.person("ada@example.org", ROOT, &[]).await;
    handle.add_member(group.id, ada.id).await.unwrap();
    let change = UserChange {
        primary_group: Some(Some(group.id)),
        ..UserChange::default()
    };
    handle.update_user(ada.id, change).await.unwrap();
    handle.delete_group(group.id).await.unwrap();
    assert_eq!(
        handle.group(group.id).await,
        Err(Fault::NotFound(Kind::Group))
    );
    assert_eq!(handle.user(ada.id).await.unwrap().primary_group, None);
    assert_eq!(handle.groups_of(&[ada.id]).await, Ok(vec![]));
    let left = handle.extensions(Extended::Group, &[group.id.0]).await;
    assert_eq!(left.unwrap().len(), 0);
}

async fn names_are_unique_where_they_show(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let taken = Err(Fault::Taken { field: "name" });
    world.group("Blue", tree.north).await;
    let at = |name: &str, organisation| NewGroup {
        organisation: Some(organisation),
        ..new(name)
    };
    assert_eq!(handle.create_group(at(" bLUE ", tree.north)).await, taken);
    // A built-in's name is taken in its own organisation only, in every dialect.
    assert_eq!(
        handle.create_group(at("hosts of north", tree.north)).await,
        taken
    );
    assert_eq!(handle.create_group(at("Guests", ROOT)).await, taken);
    let free = handle.create_group(at("Guests", tree.north)).await.unwrap();
    handle.create_group(at("Blue", tree.south)).await.unwrap();
    assert_eq!(handle.update_group(free.id, named("blue")).await, taken);
    // Its own name in other letters is no clash.
    let renamed = handle.update_group(free.id, named("GUESTS")).await.unwrap();
    assert_eq!(renamed.name, "GUESTS");
    for bad in ["", "  ", "a\u{7}b"] {
        let refused = handle.create_group(new(bad)).await;
        assert!(
            matches!(refused, Err(Fault::Invalid { field: "name", .. })),
            "{bad:?} {refused:?}"
        );
    }
}

async fn dialects_show_their_own(world: &World) {
    let shared = world.group("Blue", ROOT).await;
    let all = Query {
        sort: Some(GroupField::Name),
        ..Query::default()
    };
    for (platform, expected) in [
        (CLUB, vec!["Blue", "Guests", "Hosts of Example"]),
        (SOLO, vec!["Blue"]),
        (TOY, vec!["Blue"]),
        (
            directory::Platform::USHER,
            vec!["Blue", "Guests", "Hosts of Example"],
        ),
    ] {
        let handle = world.at(platform, OWNER).await;
        assert_eq!(names(&handle.groups(&all).await.unwrap()), expected);
        let built_in = world
            .system()
            .group(Ref::Name("Guests".to_owned()))
            .await
            .unwrap();
        let seen = handle.group(built_in.id).await;
        assert_eq!(seen.is_ok(), expected.len() == 3, "{platform}");
        assert_eq!(
            handle
                .groups_by_id(&[shared.id, built_in.id])
                .await
                .unwrap(),
            if expected.len() == 3 {
                // By number: the built-in came first.
                vec![built_in.clone(), shared.clone()]
            } else {
                vec![shared.clone()]
            }
        );
        let mine = handle.groups_of(&[OWNER]).await.unwrap();
        // The owner is a host of the root.
        assert_eq!(mine.len(), usize::from(expected.len() == 3), "{platform}");
    }
}

async fn built_ins_stay(world: &World) {
    let handle = world.at(CLUB, OWNER).await;
    let guests = handle.builtin_group("guests", ROOT).await.unwrap();
    assert_eq!(guests.newcomers_of.as_deref(), Some("club"));
    let document = handle.extensions(Extended::Group, &[guests.id.0]).await;
    assert_eq!(
        document.unwrap().get(&guests.id.0),
        Some(&json!({ "colour": "green" }))
    );
    let protected = Err(Fault::Protected(Kind::Group));
    assert_eq!(handle.delete_group(guests.id).await, protected);
    assert_eq!(
        handle.update_group(guests.id, named("Others")).await,
        protected
    );
    // Writing back the name that is shown changes nothing; a description may change.
    let change = GroupChange {
        description: Some(Some("Whoever comes".to_owned())),
        ..named("Guests")
    };
    let changed = handle.update_group(guests.id, change).await.unwrap();
    assert_eq!(changed.description.as_deref(), Some("Whoever comes"));
    assert_eq!(
        handle.builtin_group("nothing", ROOT).await,
        Err(Fault::NotFound(Kind::Group))
    );
}

async fn built_ins_follow_their_organisation(world: &World) {
    let north = world.organisation("North", ROOT).await;
    let handle = world.at(CLUB, OWNER).await;
    let hosts = handle.builtin_group("hosts", north.id).await.unwrap();
    assert_eq!(
        (hosts.name.as_str(), hosts.slug.as_str()),
        ("Hosts of North", "hosts-north")
    );
    let change = OrganisationChange {
        name: Some("Arctic".to_owned()),
        ..OrganisationChange::default()
    };
    let handle = world.system();
    handle.update_organisation(north.id, change).await.unwrap();
    assert_eq!(
        handle.group(hosts.id).await.unwrap().name,
        "Hosts of Arctic"
    );
    // Installing again adds nothing that is there.
    let before = handle.groups(&Query::default()).await.unwrap().items;
    world.directory.install_builtins().await.unwrap();
    let after = handle.groups(&Query::default()).await.unwrap().items;
    assert_eq!(before, after);
}

async fn members_come_from_the_subtree(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Blue", tree.north).await;
    for (user, fits) in [
        (tree.nils, true),
        (tree.bob, true),
        (tree.sven, false),
        (OWNER, false),
    ] {
        let joined = handle.add_member(group.id, user).await;
        match fits {
            true => assert_eq!(joined, Ok(true)),
            false => assert!(matches!(joined, Err(Fault::Invalid { .. })), "{joined:?}"),
        }
    }
    // A membership lets in, and its end puts out again.
    handle
        .add_membership(tree.sven, tree.branch, None)
        .await
        .unwrap();
    assert_eq!(handle.add_member(group.id, tree.sven).await, Ok(true));
    handle
        .remove_membership(tree.sven, tree.branch)
        .await
        .unwrap();
    assert_eq!(
        handle.members_of(&[group.id]).await,
        Ok(vec![(group.id, tree.nils), (group.id, tree.bob)])
    );
    // Moving a branch away puts its people out.
    let change = OrganisationChange {
        parent: Some(tree.south),
        ..OrganisationChange::default()
    };
    handle
        .update_organisation(tree.branch, change)
        .await
        .unwrap();
    assert_eq!(
        handle.members_of(&[group.id]).await,
        Ok(vec![(group.id, tree.nils)])
    );
}

async fn joining_twice_is_harmless(world: &World) {
    let handle = world.system();
    let group = world.group("Blue", ROOT).await;
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    for (joins, expected) in [(true, true), (true, false), (false, true), (false, false)] {
        let changed = match joins {
            true => handle.add_member(group.id, ada).await,
            false => handle.remove_member(group.id, ada).await,
        };
        assert_eq!(changed, Ok(expected));
    }
    let page = handle.members(group.id, &Query::default()).await.unwrap();
    assert_eq!(page.items, vec![]);
}

async fn nobody_hands_out_what_they_do_not_hold(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Power", tree.north).await;
    let scope = GroupRoleScope::Organisation(tree.north);
    handle
        .add_group_role(group.id, ADMINISTRATOR, scope)
        .await
        .unwrap();
    // Whoever administers the organisation holds what the group brings there.
    let nora = world.as_user(tree.nora).await;
    assert_eq!(nora.add_member(group.id, tree.nils).await, Ok(true));
    assert_eq!(nora.remove_member(group.id, tree.nils).await, Ok(true));
    // Once it reaches further, she may neither put in nor take out, nor delete or widen it.
    let everywhere = GroupRoleScope::Organisation(ROOT);
    handle
        .add_group_role(group.id, AUDITOR, everywhere)
        .await
        .unwrap();
    handle.add_member(group.id, tree.nils).await.unwrap();
    let exceeds = Fault::ExceedsOwn;
    for (what, refused) in [
        ("join", nora.add_member(group.id, tree.nora).await.err()),
        ("leave", nora.remove_member(group.id, tree.nils).await.err()),
        ("delete", nora.delete_group(group.id).await.err()),
        ("oneself by an edit", {
            let change = UserChange {
                groups: Some(vec![group.id]),
                ..UserChange::default()
            };
            nora.update_user(tree.nora, change).await.err()
        }),
        ("somebody new", {
            let new = NewUser {
                email: Some("new@example.org".to_owned()),
                groups: vec![group.id],
                ..NewUser::default()
            };
            nora.create_user(new).await.err()
        }),
        ("newcomers", {
            let change = GroupChange {
                newcomers: Some(true),
                ..GroupChange::default()
            };
            nora.update_group(group.id, change).await.err()
        }),
        ("delegate", {
            nora.set_grantable_groups(tree.north, &[group.id])
                .await
                .err()
        }),
    ] {
        assert_eq!(refused, Some(exceeds.clone()), "{what}");
    }
    let none = nora.user(Ref::Name("new@example.org".to_owned())).await;
    assert_eq!(none, Err(Fault::NotFound(Kind::User)));
}

async fn organisations_delegate_groups(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Readers", ROOT).await;
    let scope = GroupRoleScope::Organisation(ROOT);
    handle
        .add_group_role(group.id, AUDITOR, scope)
        .await
        .unwrap();
    let nora = world.as_user(tree.nora).await;
    let missing = Err(Fault::NotFound(Kind::Group));
    assert_eq!(nora.add_member(group.id, tree.nils).await, missing);
    handle
        .set_grantable_groups(tree.north, &[group.id])
        .await
        .unwrap();
    assert_eq!(
        nora.grantable_groups(&[tree.north, tree.south]).await,
        Ok(vec![(tree.north, group.id)])
    );
    // Now she sees it and hands it out to the organisation's own people, and to nobody else.
    assert_eq!(nora.group(group.id).await.unwrap().id, group.id);
    assert_eq!(nora.add_member(group.id, tree.nils).await, Ok(true));
    assert_eq!(
        nora.add_member(group.id, tree.bob).await,
        Err(Fault::Forbidden(Permission::ManageMembers))
    );
    assert_eq!(
        nora.add_member(group.id, tree.sven).await,
        Err(Fault::NotFound(Kind::User))
    );
    // The flag of a membership makes an administrator of this sort too.
    handle
        .add_membership(tree.nils, tree.north, Some(true))
        .await
        .unwrap();
    let nils = world.as_user(tree.nils).await;
    assert_eq!(nils.remove_member(group.id, tree.nils).await, Ok(true));
    assert_eq!(nora.remove_member(group.id, tree.nils).await, Ok(false));
    // The right ends with the list.
    handle.set_grantable_groups(tree.north, &[]).await.unwrap();
    assert_eq!(nora.add_member(group.id, tree.nils).await, missing);
}

async fn managers_change_members(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("Blue", tree.north).await;
    let other = world.group("Red", tree.north).await;
    for (level, may_change, may_staff) in [
        (ManagerLevel::Read, false, false),
        (ManagerLevel::Write, true, false),
        (ManagerLevel::Manage, true, true),
    ] {
        let manager = Manager::User(tree.nils);
        handle.set_manager(group.id, manager, level).await.unwrap();
        let nils = world.as_user(tree.nils).await;
        assert_eq!(nils.group(group.id).await.unwrap().id, group.id);
        assert_eq!(
            nils.managers(&[group.id]).await,
            Ok(vec![directory::GroupManager {
                group: group.id,
                manager,
                level,
                platform: None,
            }])
        );
        let changed = nils.update_group(group.id, named("Blue")).await;
        assert_eq!(changed.is_ok(), may_change, "{level:?} {changed:?}");
        let staffed = nils.add_member(group.id, tree.nils).await;
        let forbidden = Err(Fault::Forbidden(Permission::ManageMembers));
        assert_eq!(staffed, if may_staff { Ok(true) } else { forbidden });
        let appointed = nils
            .set_manager(group.id, Manager::Group(group.id), ManagerLevel::Read)
            .await;
        assert_eq!(appointed.is_ok(), may_staff, "{level:?} {appointed:?}");
        // What one does not manage stays hidden.
        assert_eq!(
            nils.add_member(other.id, tree.nils).await,
            Err(Fault::NotFound(Kind::Group))
        );
    }
    // A group manages by its members.
    let manager = Manager::User(tree.nils);
    assert_eq!(handle.remove_manager(group.id, manager).await, Ok(true));
    assert_eq!(handle.remove_manager(group.id, manager).await, Ok(false));
    let crowd = Manager::Group(group.id);
    handle
        .set_manager(group.id, crowd, ManagerLevel::Manage)
        .await
        .unwrap();
    let nils = world.as_user(tree.nils).await;
    assert_eq!(nils.remove_member(group.id, tree.nils).await, Ok(true));
    // With the membership went the right, at once.
    assert_eq!(
        nils.add_member(group.id, tree.nils).await,
        Err(Fault::Forbidden(Permission::ManageMembers))
    );
    for bad in [
        Manager::User(UserId(999)),
        Manager::Group(directory::GroupId(999)),
    ] {
        let refused = handle.set_manager(group.id, bad, ManagerLevel::Read).await;
        assert!(
            matches!(refused, Err(Fault::UnknownReference(_))),
            "{refused:?}"
        );
    }
}

async fn strangers_answer_like_missing(world: &World) {
    let tree = world.tree().await;
    let group = world.group("Blue", tree.north).await;
    let nobody = directory::GroupId(999);
    let sara = world.as_user(tree.sara).await;
    let sven = world.as_user(tree.sven).await;
    for (who, handle) in [("administrator elsewhere", &sara), ("member", &sven)] {
        let mut answers = Vec::new();
        for id in [group.id, nobody] {
            let change = named("Mine");
            answers.push(vec![
                handle.group(id).await.err(),
                handle.update_group(id, change).await.err(),
                handle.delete_group(id).await.err(),
                handle.add_member(id, tree.sven).await.err(),
                handle.remove_member(id, tree.sven).await.err(),
                handle.members(id, &Query::default()).await.err(),
                handle
                    .set_manager(id, Manager::User(tree.sven), ManagerLevel::Manage)
                    .await
                    .err(),
                handle
                    .remove_manager(id, Manager::User(tree.sven))
                    .await
                    .err(),
                handle
                    .add_group_role(id, HELPDESK, GroupRoleScope::Organisation(tree.south))
                    .await
                    .err(),
            ]);
            assert_eq!(handle.groups_by_id(&[id]).await, Ok(vec![]));
            assert_eq!(handle.members_of(&[id]).await, Ok(vec![]));
            assert_eq!(handle.managers(&[id]).await, Ok(vec![]));
            assert_eq!(handle.group_roles(&[id]).await, Ok(vec![]));
            assert_eq!(handle.member_counts(&[id]).await, Ok(vec![]));
        }
        assert_eq!(answers[0], answers[1], "{who}");
        assert!(answers[0].iter().all(Option::is_some), "{who} {answers:?}");
    }
    let seen = sara.groups(&Query::default()).await.unwrap();
    assert_eq!(names(&seen), vec!["Hosts of South"]);
    assert!(matches!(
        sven.groups(&Query::default()).await,
        Err(Fault::Forbidden(Permission::ReadGroups))
    ));
}

async fn a_user_keeps_groups_the_caller_may_not_change(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let high = world.group("High", ROOT).await;
    let low = world.group("Low", tree.north).await;
    let own = world.group("Own", tree.north).await;
    for group in [&high, &low] {
        handle.add_member(group.id, tree.nils).await.unwrap();
    }
    let nora = world.as_user(tree.nora).await;
    let change = UserChange {
        groups: Some(vec![own.id]),
        ..UserChange::default()
    };
    nora.update_user(tree.nils, change).await.unwrap();
    assert_eq!(
        handle.groups_of(&[tree.nils]).await,
        Ok(vec![(tree.nils, high.id), (tree.nils, own.id)])
    );
    // She does not see the higher one at all.
    assert_eq!(
        nora.groups_of(&[tree.nils, tree.sven]).await,
        Ok(vec![(tree.nils, own.id)])
    );
}

async fn counts_count_whom_one_sees(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let group = world.group("All", ROOT).await;
    for user in [tree.nils, tree.bob, tree.sven] {
        handle.add_member(group.id, user).await.unwrap();
    }
    let change = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    handle.update_user(tree.bob, change).await.unwrap();
    handle
        .set_grantable_groups(tree.north, &[group.id])
        .await
        .unwrap();
    let nora = world.as_user(tree.nora).await;
    let count = |total, active| {
        Ok(vec![GroupCount {
            group: group.id,
            total,
            active,
        }])
    };
    assert_eq!(handle.member_counts(&[group.id]).await, count(3, 2));
    assert_eq!(nora.member_counts(&[group.id]).await, count(2, 1));
    let page = nora.members(group.id, &Query::default()).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

async fn newcomers_join_at_their_door(world: &World) {
    let north = world.organisation("North", ROOT).await;
    let guests = world
        .at(CLUB, OWNER)
        .await
        .builtin_group("guests", ROOT)
        .await
        .unwrap();
    for (platform, without_defaults, expected) in [
        (CLUB, false, vec![guests.id]),
        (CLUB, true, vec![]),
        (SOLO, false, vec![]),
    ] {
        let handle = world.at(platform, OWNER).await;
        let mut new = NewUser {
            email: Some(format!("{platform}-{without_defaults}@example.org")),
            home: Some(north.id),
            ..NewUser::default()
        };
        new.door.without_defaults = without_defaults;
        let user = handle.create_user(new).await.unwrap();
        let joined = world.system().groups_of(&[user.id]).await.unwrap();
        let joined: Vec<_> = joined.into_iter().map(|(_, group)| group).collect();
        assert_eq!(joined, expected, "{platform} {without_defaults}");
    }
}

async fn team_administrators_see_their_team(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let leads = world.group("Leads", tree.north).await;
    let team = world.group("Team", tree.north).await;
    let scope = GroupRoleScope::Organisation(tree.north);
    handle
        .add_group_role(leads.id, crate::support::TEAM, scope)
        .await
        .unwrap();
    handle.add_member(leads.id, tree.nils).await.unwrap();
    let manager = Manager::User(tree.nils);
    handle
        .set_manager(team.id, manager, ManagerLevel::Manage)
        .await
        .unwrap();
    let nils = world.at(CLUB, tree.nils).await;
    let mut listed = names(&nils.groups(&Query::default()).await.unwrap())
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    listed.sort();
    assert_eq!(listed, ["Team"]);
    // Whom he makes lands in his team, and there he sees them; elsewhere he makes nobody.
    let person = |group| NewUser {
        email: Some("tim@example.org".to_owned()),
        primary_group: Some(group),
        ..NewUser::default()
    };
    assert_eq!(
        nils.create_user(person(leads.id)).await,
        Err(Fault::Forbidden(Permission::CreateUsers))
    );
    let tim = nils.create_user(person(team.id)).await.unwrap();
    assert_eq!((tim.primary_group, tim.home), (Some(team.id), tree.north));
    let seen = nils.users(&Query::default()).await.unwrap();
    assert_eq!(
        seen.items.iter().map(|user| user.id).collect::<Vec<_>>(),
        vec![tree.nils, tim.id]
    );
}

async fn a_change_of_the_document_alone_counts(world: &World) {
    let handle = world.as_user(OWNER).await;
    let group = handle.create_group(new("Team")).await.unwrap();
    let with = |document: serde_json::Value, version: i64| GroupChange {
        extension: Some(NewExtension {
            document,
            ..NewExtension::default()
        }),
        if_version: Some(version),
        ..GroupChange::default()
    };
    world.clock.advance(60_000);
    let changed = handle
        .update_group(group.id, with(json!({"colour": "red"}), 1))
        .await
        .unwrap();
    assert_eq!(changed.version, 2);
    assert_eq!(changed.updated_at, group.updated_at.plus(60_000));
    // Who read before that is told; the same again changes nothing.
    let late = handle
        .update_group(group.id, with(json!({"colour": "blue"}), 1))
        .await;
    assert_eq!(late, Err(Fault::Stale));
    let same = handle
        .update_group(group.id, with(json!({"colour": "red"}), 2))
        .await;
    assert_eq!(same, Ok(changed));
    let told = handle.events(&Query::default()).await.unwrap().items;
    let told: Vec<_> = told
        .iter()
        .filter(|event| event.verb == "group.changed")
        .collect();
    assert_eq!(told.len(), 1);
    assert!(!format!("{told:?}").contains("red"));
}
