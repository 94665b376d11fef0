//! What a request names must be there: the owner's rights over everything hold nothing that is missing. Every
//! operation refuses it as an unknown reference, before the store does, and changes nothing.

use std::future::Future;

use directory::{
    CollectionId, Fault, GroupId, GroupRoleScope, Handle, Manager, ManagerLevel, NewCollection,
    NewExtension, NewGrant, NewGroup, NewKey, NewOrganisation, NewRecord, NewRole, NewUser,
    OrganisationChange, OrganisationId, Query, RoleId, UserChange, UserId,
};

use crate::support::{AUDITOR, OWNER, ROOT, World, both};

both!(
    missing_organisations_are_refused,
    missing_groups_roles_and_people_are_refused,
);

/// A number that nothing has.
const NOTHING: i64 = 999_999;

/// Checks one operation's answer, and that it wrote nothing.
async fn refused<T: std::fmt::Debug>(
    system: &Handle,
    what: &str,
    asked: impl Future<Output = Result<T, Fault>>,
) {
    let before = events(system).await;
    let fault = asked.await.expect_err(what);
    assert!(
        matches!(fault, Fault::UnknownReference(_) | Fault::NotFound(_)),
        "{what}: {fault:?}"
    );
    assert_eq!(events(system).await, before, "{what}");
}

async fn events(system: &Handle) -> usize {
    let query = Query {
        limit: 10_000,
        ..Query::default()
    };
    system.events(&query).await.unwrap().items.len()
}

async fn missing_organisations_are_refused(world: &World) {
    let tree = world.tree().await;
    let group = world.group("analysts", ROOT).await.id;
    let (system, owner) = (world.system(), world.as_user(OWNER).await);
    let nowhere = OrganisationId(NOTHING);
    for act in [&owner, &system] {
        let check = async |what: &str, asked: Result<(), Fault>| {
            refused(&system, what, std::future::ready(asked)).await;
        };
        let home = NewUser {
            email: Some("new@example.org".to_owned()),
            home: Some(nowhere),
            ..NewUser::default()
        };
        check("a home", act.create_user(home).await.map(drop)).await;
        let also = NewUser {
            email: Some("new@example.org".to_owned()),
            home: Some(ROOT),
            organisations: vec![nowhere],
            ..NewUser::default()
        };
        check(
            "an organisation of a user",
            act.create_user(also).await.map(drop),
        )
        .await;
        let moved = UserChange {
            home: Some(nowhere),
            ..UserChange::default()
        };
        check("a move", act.update_user(tree.nils, moved).await.map(drop)).await;
        let joined = act.add_membership(tree.nils, nowhere, None).await;
        check("a membership", joined.map(drop)).await;
        let left = act.remove_membership(tree.nils, nowhere).await;
        check("the end of a membership", left).await;
        let grant = NewGrant {
            organisation: Some(nowhere),
            ..NewGrant::from(AUDITOR)
        };
        check("a grant", act.grant_role(tree.nils, grant).await.map(drop)).await;
        let revoked = act.revoke_role(tree.nils, AUDITOR, Some(nowhere)).await;
        check("the end of a grant", revoked).await;
        let role = NewRole {
            name: "a role".to_owned(),
            organisation: Some(nowhere),
            ..NewRole::default()
        };
        check("a role", act.create_role(role).await.map(drop)).await;
        let circle = NewGroup {
            name: "a group".to_owned(),
            organisation: Some(nowhere),
            ..NewGroup::default()
        };
        check("a group", act.create_group(circle).await.map(drop)).await;
        let scope = GroupRoleScope::Organisation(nowhere);
        let brought = act.add_group_role(group, AUDITOR, scope).await;
        check("a role of a group", brought.map(drop)).await;
        let scope = GroupRoleScope::Collection(CollectionId(NOTHING));
        let brought = act.add_group_role(group, AUDITOR, scope).await;
        check("a role of a group in a collection", brought.map(drop)).await;
        let listed = act.set_grantable_groups(nowhere, &[group]).await;
        check("a list of groups", listed).await;
        let owned = NewCollection {
            name: "a collection".to_owned(),
            organisation: Some(nowhere),
            ..NewCollection::default()
        };
        check("a collection", act.create_collection(owned).await.map(drop)).await;
        let filled = NewCollection {
            name: "a collection".to_owned(),
            organisation: Some(ROOT),
            organisations: vec![nowhere],
            ..NewCollection::default()
        };
        let filled = act.create_collection(filled).await;
        check("an organisation of a collection", filled.map(drop)).await;
        let below = NewOrganisation {
            name: "a place".to_owned(),
            parent: Some(nowhere),
            ..NewOrganisation::default()
        };
        check("a parent", act.create_organisation(below).await.map(drop)).await;
        let rehung = OrganisationChange {
            parent: Some(nowhere),
            ..OrganisationChange::default()
        };
        let rehung = act.update_organisation(tree.branch, rehung).await;
        check("another parent", rehung.map(drop)).await;
        let key = NewKey {
            organisation: Some(nowhere),
            ..NewKey::default()
        };
        check(
            "a key's limit",
            act.create_key(tree.nils, key).await.map(drop),
        )
        .await;
        let record = NewRecord {
            uuid: None,
            kind: "note".to_owned(),
            owner: None,
            organisation: Some(nowhere),
            position: None,
            content: NewExtension::default(),
        };
        check("a record", act.create_record(record).await.map(drop)).await;
    }
}

async fn missing_groups_roles_and_people_are_refused(world: &World) {
    let tree = world.tree().await;
    let group = world.group("analysts", ROOT).await.id;
    let (system, owner) = (world.system(), world.as_user(OWNER).await);
    let (no_group, no_role, no_one) = (GroupId(NOTHING), RoleId(NOTHING), UserId(NOTHING));
    for act in [&owner, &system] {
        let check = async |what: &str, asked: Result<(), Fault>| {
            refused(&system, what, std::future::ready(asked)).await;
        };
        for (what, roles, groups) in [
            ("a role of a user", vec![no_role], vec![]),
            ("a group of a user", vec![], vec![no_group]),
        ] {
            let new = NewUser {
                email: Some("new@example.org".to_owned()),
                home: Some(ROOT),
                roles,
                groups,
                ..NewUser::default()
            };
            check(what, act.create_user(new).await.map(drop)).await;
        }
        let first = UserChange {
            primary_group: Some(Some(no_group)),
            ..UserChange::default()
        };
        let first = act.update_user(tree.nils, first).await;
        check("a primary group", first.map(drop)).await;
        let granted = act.grant_role(tree.nils, NewGrant::from(no_role)).await;
        check("a grant", granted.map(drop)).await;
        let granted = act.grant_role(no_one, NewGrant::from(AUDITOR)).await;
        check("nobody's grant", granted.map(drop)).await;
        check(
            "nobody in a group",
            act.add_member(group, no_one).await.map(drop),
        )
        .await;
        let joined = act.add_member(no_group, tree.nils).await;
        check("in no group", joined.map(drop)).await;
        for manager in [Manager::User(no_one), Manager::Group(no_group)] {
            let set = act.set_manager(group, manager, ManagerLevel::Manage).await;
            check("a manager", set).await;
        }
        let scope = GroupRoleScope::Organisation(ROOT);
        let brought = act.add_group_role(group, no_role, scope).await;
        check("a role of a group", brought.map(drop)).await;
        let listed = act.set_grantable_groups(tree.north, &[no_group]).await;
        check("a list of groups", listed).await;
        let joined = act.add_membership(no_one, tree.north, None).await;
        check("nobody's membership", joined.map(drop)).await;
        check(
            "nobody's key",
            act.create_key(no_one, NewKey::default()).await.map(drop),
        )
        .await;
    }
}
