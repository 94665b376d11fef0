use directory::{
    Direction, EventField, Fault, GroupRoleScope, NewGrant, NewPassword, Page, Permission,
    Predicate, ProfileChange, Query, Test, UserChange, UserId,
};
use serde_json::json;

use crate::support::{AUDITOR, HELPDESK, OWNER, ROOT, START, World, both};

both!(
    a_change_tells_who_what_whom_where,
    reading_is_within_reach,
    searches_find_names,
    refused_changes_leave_nothing,
    echoes_leave_nothing,
    no_secret_is_told,
);

fn newest(verb: &str) -> Query<EventField> {
    Query {
        predicate: Predicate::Is(EventField::Verb, Test::StartsWith(verb.to_owned())),
        direction: Direction::Down,
        ..Query::default()
    }
}

fn verbs(page: &Page<directory::Event>) -> Vec<&str> {
    page.items.iter().map(|event| event.verb.as_str()).collect()
}

async fn a_change_tells_who_what_whom_where(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    let grant = NewGrant {
        organisation: Some(tree.north),
        ..NewGrant::from(HELPDESK)
    };
    nora.grant_role(tree.nils, grant).await.unwrap();
    let page = nora.events(&newest("role.")).await.unwrap();
    let event = &page.items[0];
    assert_eq!(event.at, START);
    assert_eq!(event.verb, "role.granted");
    assert_eq!(event.actor, Some(tree.nora));
    assert_eq!(event.actor_name.as_deref(), Some("nora@example.org"));
    assert_eq!(event.platform, "usher");
    assert!(event.key.is_some() && event.session.is_none());
    assert_eq!(
        (event.entity.as_str(), event.entity_id),
        ("user", Some(tree.nils.0))
    );
    assert_eq!(event.entity_name.as_deref(), Some("nils@example.org"));
    assert_eq!(event.organisation, Some(tree.north));
    assert_eq!(
        event.detail,
        Some(json!({ "after": {
            "platform": "usher", "role": "Helpdesk", "role_number": 3,
            "organisation": tree.north.0, "expires_at": null,
        } }))
    );
    assert_eq!(event.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(event.request_id.as_deref(), Some("request-1"));

    // Every change of groups, roles and grants has its verb.
    let group = world.group("Blue", tree.north).await.id;
    let scope = GroupRoleScope::Organisation(tree.north);
    nora.add_group_role(group, AUDITOR, scope).await.unwrap();
    nora.add_member(group, tree.nils).await.unwrap();
    nora.remove_member(group, tree.nils).await.unwrap();
    nora.remove_group_role(group, AUDITOR, scope).await.unwrap();
    nora.delete_group(group).await.unwrap();
    nora.revoke_role(tree.nils, HELPDESK, None).await.unwrap();
    let query = Query {
        predicate: Predicate::Is(EventField::Actor, Test::Equals(tree.nora.0.into())),
        ..Query::default()
    };
    assert_eq!(
        verbs(&nora.events(&query).await.unwrap()),
        [
            "role.granted",
            "group.role_added",
            "member.added",
            "member.removed",
            "group.role_removed",
            "group.deleted",
            "role.revoked",
        ]
    );
}

async fn reading_is_within_reach(world: &World) {
    let tree = world.tree().await;
    let auditor = world
        .person("audit@example.org", tree.north, &[AUDITOR])
        .await
        .id;
    let all = Query {
        limit: 1_000,
        total: true,
        ..Query::default()
    };
    let places = async |user: UserId| {
        let page = world.as_user(user).await.events(&all).await.unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        let mut places: Vec<_> = page.items.iter().map(|event| event.organisation).collect();
        places.sort();
        places.dedup();
        places
    };
    assert_eq!(places(auditor).await, [Some(tree.north), Some(tree.branch)]);
    assert_eq!(places(tree.bea).await, [Some(tree.branch)]);
    assert!(places(OWNER).await.contains(&Some(tree.south)));
    // A member reads their own doings, and what the server itself did to their account.
    let sven = world.as_user(tree.sven).await;
    let page = sven.events(&all).await.unwrap();
    assert_eq!(verbs(&page), ["user.created"]);
    let change = UserChange {
        profile: ProfileChange {
            title: Some(Some("Sailor".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    sven.update_own_profile(change).await.unwrap();
    let page = sven.events(&all).await.unwrap();
    assert_eq!(verbs(&page), ["user.created", "user.changed"]);
    let change = UserChange {
        profile: ProfileChange {
            title: Some(Some("Captain".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    let sara = world.as_user(tree.sara).await;
    sara.update_user(tree.sven, change).await.unwrap();
    assert_eq!(sven.events(&all).await.unwrap().items, page.items);
}

async fn searches_find_names(world: &World) {
    let tree = world.tree().await;
    let owner = world.as_user(OWNER).await;
    for (search, count) in [
        ("sven", 1),
        ("SVEN example", 1),
        ("sven absent", 0),
        ("100%", 0),
    ] {
        let query = Query {
            search: Some(search.to_owned()),
            predicate: Predicate::Is(EventField::Verb, Test::Equals("user.created".into())),
            ..Query::default()
        };
        let page = owner.events(&query).await.unwrap();
        assert_eq!(page.items.len(), count, "{search}");
    }
    let sara = world.as_user(tree.sara).await;
    let query = Query {
        search: Some("nils".to_owned()),
        ..Query::default()
    };
    assert_eq!(sara.events(&query).await.unwrap().items, vec![]);
}

async fn refused_changes_leave_nothing(world: &World) {
    let tree = world.tree().await;
    let owner = world.as_user(OWNER).await;
    let count = async || {
        let query = Query {
            limit: 0,
            total: true,
            ..Query::default()
        };
        owner.events(&query).await.unwrap().total
    };
    let nora = world.as_user(tree.nora).await;
    let before = count().await;
    let refused = nora.grant_role(tree.nils, crate::support::OWNER_ROLE.into());
    assert_eq!(refused.await, Err(Fault::ExceedsOwn));
    let last = owner.revoke_role(OWNER, crate::support::OWNER_ROLE, None);
    assert_eq!(last.await, Err(Fault::LastOwner));
    let new = directory::NewGroup {
        name: "Hosts of North".to_owned(),
        ..directory::NewGroup::default()
    };
    assert!(nora.create_group(new).await.is_err());
    assert_eq!(count().await, before);
}

async fn echoes_leave_nothing(world: &World) {
    let tree = world.tree().await;
    let group = world.group("Blue", tree.north).await;
    let owner = world.as_user(OWNER).await;
    owner.add_member(group.id, tree.nils).await.unwrap();
    let all = Query {
        limit: 1_000,
        ..Query::default()
    };
    let before = owner.events(&all).await.unwrap().items.len();
    owner.add_member(group.id, tree.nils).await.unwrap();
    let change = directory::GroupChange {
        name: Some(group.name.clone()),
        description: Some(group.description.clone()),
        ..directory::GroupChange::default()
    };
    owner.update_group(group.id, change).await.unwrap();
    let groups = UserChange {
        groups: Some(vec![group.id]),
        ..UserChange::default()
    };
    owner.update_user(tree.nils, groups).await.unwrap();
    assert_eq!(owner.events(&all).await.unwrap().items.len(), before);
}

async fn no_secret_is_told(world: &World) {
    let ada = world
        .person_with_password("ada@example.org", "canary in a coal mine")
        .await
        .id;
    let secret = world.key_of(ada).await;
    let change = UserChange {
        password: Some(NewPassword::Chosen(
            "another canary, another mine".to_owned(),
        )),
        ..UserChange::default()
    };
    world.system().update_user(ada, change).await.unwrap();
    let all = Query {
        limit: 1_000,
        ..Query::default()
    };
    let page = world.as_user(OWNER).await.events(&all).await.unwrap();
    let told = format!("{:?}", page.items);
    assert!(told.contains("ada@example.org"));
    for word in ["canary", &secret, "argon2"] {
        assert!(!told.contains(word), "{word}");
    }
    let auditor = world.person("audit@example.org", ROOT, &[AUDITOR]).await.id;
    let caller = world.as_user(auditor).await.caller();
    assert!(caller.may(Permission::ReadAudit));
}
