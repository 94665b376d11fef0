//! Groups made with roles and a manager, who may change which, and what users and groups tell of their
//! organisations.

use directory::{
    Fault, GroupChange, GroupManager, Handle, Kind, Manager, ManagerLevel, NewGroup,
    OrganisationLabel, Permission, Platform, Query, RoleId, Status, UserChange,
};

use crate::platforms::CLUB;
use crate::support::{OWNER, ROOT, World, both};

both!(
    groups_are_made_with_roles_and_a_manager,
    several_managers_come_together_or_not_at_all,
    groups_are_listed_by_what_the_caller_may_do,
    administrators_are_known_to_their_people,
    permissions_say_whom_they_reach,
    organisations_are_named_by_those_in_them,
);

async fn role_at(handle: &Handle, platform: Platform, word: &str) -> RoleId {
    handle.role_by_word(platform, word).await.unwrap().id
}

async fn groups_are_made_with_roles_and_a_manager(world: &World) {
    let tree = world.tree().await;
    let owner = world.at(CLUB, OWNER).await;
    let (guest, host) = (
        role_at(&owner, CLUB, "guest").await,
        role_at(&owner, CLUB, "host").await,
    );
    let new = |name: &str, roles: &[RoleId]| NewGroup {
        name: name.to_owned(),
        organisation: Some(tree.north),
        roles: roles.to_vec(),
        managed_by_creator: true,
        ..NewGroup::default()
    };
    let group = owner
        .create_group(new("Door", &[guest, host]))
        .await
        .unwrap();
    let brought = async || -> Vec<RoleId> {
        let roles = owner.group_roles(&[group.id]).await.unwrap();
        roles.iter().map(|role| role.role).collect()
    };
    assert_eq!(brought().await, [guest, host]);
    assert_eq!(
        owner.managers(&[group.id]).await.unwrap(),
        [GroupManager {
            group: group.id,
            manager: Manager::User(OWNER),
            level: ManagerLevel::Manage,
            platform: None,
        }]
    );
    let roles = |roles: &[RoleId]| GroupChange {
        roles: Some(roles.to_vec()),
        ..GroupChange::default()
    };
    owner.update_group(group.id, roles(&[host])).await.unwrap();
    assert_eq!(brought().await, [host]);
    owner.update_group(group.id, roles(&[host])).await.unwrap();
    assert_eq!(brought().await, [host]);
    // Another platform's role is unknown here, and then nothing of the change is made.
    let usher = world.as_user(OWNER).await;
    let member = role_at(&usher, Platform::USHER, "member").await;
    let change = GroupChange {
        name: Some("Gate".to_owned()),
        ..roles(&[guest, member])
    };
    assert_eq!(
        owner.update_group(group.id, change).await,
        Err(Fault::UnknownReference(Kind::Role))
    );
    assert_eq!(owner.group(group.id).await.unwrap().name, "Door");
    assert_eq!(brought().await, [host]);
    // A group with a role that the caller could not grant is not made.
    let hosts = owner.builtin_group("hosts", tree.south).await.unwrap();
    owner.add_member(hosts.id, tree.sven).await.unwrap();
    let sven = world.at(CLUB, tree.sven).await;
    let new = NewGroup {
        organisation: Some(tree.south),
        ..new("Side door", &[host])
    };
    assert_eq!(
        sven.create_group(new).await,
        Err(Fault::Forbidden(Permission::GrantRoles))
    );
    let named = owner.group(directory::Ref::Name("Side door".to_owned()));
    assert_eq!(named.await, Err(Fault::NotFound(Kind::Group)));
}

async fn several_managers_come_together_or_not_at_all(world: &World) {
    let tree = world.tree().await;
    let group = world.group("Team", tree.north).await;
    let nora = world.as_user(tree.nora).await;
    let managers = [Manager::User(tree.nils), Manager::User(tree.sven)];
    let set = nora.set_managers(group.id, managers.to_vec(), ManagerLevel::Write);
    assert_eq!(set.await, Err(Fault::UnknownReference(Kind::User)));
    assert_eq!(nora.managers(&[group.id]).await.unwrap(), []);
    let managers = [Manager::User(tree.nils), Manager::User(tree.bob)];
    nora.set_managers(group.id, managers.to_vec(), ManagerLevel::Read)
        .await
        .unwrap();
    assert_eq!(nora.managers(&[group.id]).await.unwrap().len(), 2);
    // What a group's members manage is told as far as the caller sees it.
    let other = world.group("Others", tree.north).await;
    let far = world.group("Far", tree.south).await;
    for managed in [group.id, far.id] {
        let manager = Manager::Group(other.id);
        let system = world.system();
        let set = system.set_manager(managed, manager, ManagerLevel::Write);
        set.await.unwrap();
    }
    let managed = nora.groups_managed_by(other.id).await.unwrap();
    let managed: Vec<_> = managed
        .iter()
        .map(|(group, level)| (group.id, *level))
        .collect();
    assert_eq!(managed, [(group.id, ManagerLevel::Write)]);
}

async fn groups_are_listed_by_what_the_caller_may_do(world: &World) {
    let tree = world.tree().await;
    let owner = world.at(CLUB, OWNER).await;
    let guests = owner.builtin_group("hosts", tree.north).await.unwrap();
    owner.add_member(guests.id, tree.nils).await.unwrap();
    let mut groups = Vec::new();
    for (name, organisation, level) in [
        ("Own", tree.north, None),
        ("Read", tree.south, Some(ManagerLevel::Read)),
        ("Write", tree.south, Some(ManagerLevel::Write)),
        ("Manage", tree.south, Some(ManagerLevel::Manage)),
    ] {
        let group = world.group(name, organisation).await;
        if let Some(level) = level {
            let manager = Manager::User(tree.nils);
            let system = world.system();
            system.set_manager(group.id, manager, level).await.unwrap();
        }
        groups.push(group.id);
    }
    // Nils hosts the north, so manages its groups by reach and the others as far as he was let.
    let nils = world.at(CLUB, tree.nils).await;
    for (level, expected) in [
        (ManagerLevel::Read, &groups[..]),
        (ManagerLevel::Write, &[groups[0], groups[2], groups[3]]),
        (ManagerLevel::Manage, &[groups[0], groups[3]]),
    ] {
        let page = nils.groups_managed_at(level, &Query::default()).await;
        let mut found: Vec<_> = page.unwrap().items.iter().map(|group| group.id).collect();
        found.retain(|id| groups.contains(id));
        assert_eq!(found, expected, "{level:?}");
    }
}

async fn administrators_are_known_to_their_people(world: &World) {
    let tree = world.tree().await;
    let owner = world.at(CLUB, OWNER).await;
    let hosts = owner.builtin_group("hosts", tree.north).await.unwrap();
    let elsewhere = owner.builtin_group("hosts", tree.south).await.unwrap();
    owner.add_member(hosts.id, tree.nora).await.unwrap();
    owner.add_member(elsewhere.id, tree.sara).await.unwrap();
    let system = world.system();
    let flagged = system.add_membership(tree.bob, tree.north, Some(true));
    flagged.await.unwrap();
    let poor = world.bare_person("poor@example.org", tree.north).await.id;
    let poor = world.at(CLUB, poor).await;
    let known = async || -> Vec<_> {
        let found = poor.administrators_of_home("host").await.unwrap();
        found.iter().map(|user| user.id).collect()
    };
    assert_eq!(known().await, [tree.nora, tree.bob]);
    let suspended = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    system.update_user(tree.nora, suspended).await.unwrap();
    assert_eq!(known().await, [tree.bob]);
    // The number of a group of one's home is known without seeing the group.
    let people = [poor.caller().user(), tree.sven];
    let wanted = directory::Wanted {
        builtin_group: Some("hosts"),
        ..directory::Wanted::default()
    };
    let related = poor.related(&people, wanted).await.unwrap();
    assert_eq!(related.builtin_groups, [(tree.north, hosts.id)]);
}

async fn permissions_say_whom_they_reach(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let all = [tree.nora, tree.nils, tree.bob, tree.sven];
    for (permission, expected) in [
        (Permission::EditUsers, vec![tree.nora, tree.nils, tree.bob]),
        (Permission::ReadUsers, vec![tree.nora, tree.nils, tree.bob]),
    ] {
        let mut reached = nora.reached_users(permission, &all).await.unwrap();
        reached.sort_unstable();
        assert_eq!(reached, expected, "{permission:?}");
    }
    let nils = world.as_user(tree.nils).await;
    let reached = nils.reached_users(Permission::EditUsers, &all).await;
    assert_eq!(reached, Ok(vec![]));
}

async fn organisations_are_named_by_those_in_them(world: &World) {
    let tree = world.tree().await;
    // A member of a group of the parent knows what the parent is called, and of nothing else.
    let group = world.group("Everybody", ROOT).await;
    world
        .system()
        .add_member(group.id, tree.nils)
        .await
        .unwrap();
    let far = world.group("Far", tree.south).await;
    let nils = world.as_user(tree.nils).await;
    let labels = nils
        .organisation_labels(&[tree.nils, tree.sven], &[group.id, far.id])
        .await
        .unwrap();
    let names: Vec<_> = labels
        .iter()
        .map(|OrganisationLabel { id, name, slug }| (*id, name.as_str(), slug.as_str()))
        .collect();
    let root = world.system().organisation(ROOT).await.unwrap();
    assert_eq!(
        names,
        [
            (ROOT, root.name.as_str(), root.slug.as_str()),
            (tree.north, "North", "north")
        ]
    );
}
