//! Refusals in the audit trail: told without a durable write per refused request.

use directory::{
    Accepts, Event, EventField, Fault, NewKey, Permission, Predicate, Query, Refusal, Standing,
    Status, Test, UserChange,
};
use serde_json::json;

use crate::support::{OWNER, START, World, both, from};

both!(
    a_refusal_tells_who_tried_what,
    a_flood_is_counted_and_not_written_down,
    refused_credentials_are_told,
    what_is_hidden_or_wrong_is_no_refusal,
    the_last_ones_are_written_when_it_closes,
    auditors_see_those_of_their_reach,
);

async fn refusals(world: &World) -> Vec<Event> {
    let query = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("access.refused".into())),
        limit: 1_000,
        ..Query::default()
    };
    world.system().events(&query).await.unwrap().items
}

fn detail<'a>(event: &'a Event, field: &str) -> &'a serde_json::Value {
    &event.detail.as_ref().unwrap()[field]
}

async fn a_refusal_tells_who_tried_what(world: &World) {
    let tree = world.tree().await;
    let nils = world.as_user(tree.nils).await;
    let refused = nils.delete_user(tree.nora).await;
    assert_eq!(refused, Err(Fault::Forbidden(Permission::DeleteUsers)));
    let nora = world.as_user(tree.nora).await;
    let grant = nora.grant_role(tree.nils, crate::support::OWNER_ROLE.into());
    assert_eq!(grant.await, Err(Fault::ExceedsOwn));
    let last = world.as_user(OWNER).await;
    let last = last.revoke_role(OWNER, crate::support::OWNER_ROLE, None);
    assert_eq!(last.await, Err(Fault::LastOwner));
    assert_eq!(refusals(world).await, vec![], "written with the next flush");
    world.directory.flush_refusals().await.unwrap();
    let told = refusals(world).await;
    let mut told: Vec<_> = told
        .iter()
        .map(|event| {
            assert_eq!((event.at, event.entity.as_str()), (START, "request"));
            assert_eq!(event.address.as_deref(), Some("192.0.2.1"));
            assert_eq!(event.request_id.as_deref(), Some("request-1"));
            assert!(event.key.is_some() && event.session.is_none());
            let operation = event.entity_name.as_deref().unwrap();
            assert_eq!(detail(event, "operation"), operation);
            assert_eq!(detail(event, "count"), 1);
            assert_eq!(
                (detail(event, "method"), detail(event, "path")),
                (&json!("GET"), &json!("users"))
            );
            let reason = detail(event, "reason").as_str().unwrap();
            let permission = detail(event, "permission").as_str().unwrap();
            (event.actor, operation, reason, permission)
        })
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            (Some(OWNER), "RevokeRole", "last_owner", "roles.grant"),
            (Some(tree.nora), "GrantRole", "exceeds_own", "roles.grant"),
            (Some(tree.nils), "DeleteUser", "permission", "users.delete"),
        ]
    );
}

async fn a_flood_is_counted_and_not_written_down(world: &World) {
    let tree = world.tree().await;
    let nils = world.as_user(tree.nils).await;
    let before = world.directory.statements();
    for _ in 0..500 {
        assert!(nils.events_of_all().await);
    }
    assert_eq!(
        world.directory.statements(),
        before,
        "a refusal costs no statement"
    );
    for _ in 0..5 {
        world.directory.flush_refusals().await.unwrap();
        assert!(nils.events_of_all().await);
        world.clock.advance(1_000);
    }
    let told = refusals(world).await;
    assert_eq!(told.len(), 1);
    assert_eq!(detail(&told[0], "count"), 500);
    // What went on meanwhile is told when a minute is over, as one.
    world.clock.advance(60_000);
    world.directory.flush_refusals().await.unwrap();
    let told = refusals(world).await;
    assert_eq!(told.len(), 2);
    assert_eq!(detail(&told[1], "count"), 5);
    assert_eq!(
        detail(&told[1], "last_at"),
        START.plus(4_000).rfc3339().as_str()
    );
    // And when nothing went on, nothing is.
    world.clock.advance(60_000);
    world.directory.flush_refusals().await.unwrap();
    assert_eq!(refusals(world).await.len(), 2);
    // Many different ones are bounded too.
    let key = world.key_of(tree.nils).await;
    for number in 0..3_000_u32 {
        let address = format!("10.0.{}.{}", number / 256, number % 256);
        let caller = world
            .directory
            .authenticate(crate::support::TOY, &key, Accepts::Both, from(&address))
            .await
            .unwrap();
        assert!(world.directory.act(&caller).events_of_all().await);
    }
    world.directory.flush_refusals().await.unwrap();
    let query = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("access.refused".into())),
        limit: 0,
        total: true,
        ..Query::default()
    };
    let page = world.system().events(&query).await.unwrap();
    assert_eq!(page.total, Some(2 + 2_001));
    let query = Query {
        predicate: Predicate::And(vec![
            query.predicate,
            Predicate::Is(EventField::Actor, Test::Absent),
        ]),
        ..Query::default()
    };
    let rest = &world.system().events(&query).await.unwrap().items;
    assert_eq!(rest.len(), 1);
    assert_eq!(detail(&rest[0], "reason"), "many");
    assert_eq!(detail(&rest[0], "count"), 1_000);
}

/// Something a member may do nowhere, refused without a look at the store.
trait Refused {
    async fn events_of_all(&self) -> bool;
}

impl Refused for directory::Handle {
    async fn events_of_all(&self) -> bool {
        self.setting::<directory::LockoutPolicy>().await
            == Err(Fault::Forbidden(Permission::ReadSettings))
    }
}

async fn refused_credentials_are_told(world: &World) {
    let tree = world.tree().await;
    let system = world.system();
    let new = NewKey {
        addresses: vec!["198.51.100.0/24".parse().unwrap()],
        ..NewKey::default()
    };
    let bound = system.create_key(tree.nils, new).await.unwrap();
    let suspended = world.key_of(tree.sven).await;
    let revoked = system
        .create_key(tree.bob, NewKey::default())
        .await
        .unwrap();
    system.revoke_key(revoked.key.id).await.unwrap();
    let change = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    system.update_user(tree.sven, change).await.unwrap();
    let unknown = Refusal::Unknown;
    for (secret, refusal) in [
        (bound.secret.as_str(), Refusal::Address),
        (&suspended, Refusal::Standing(Standing::Suspended)),
        (&revoked.secret, unknown),
        ("no key at all", unknown),
        ("another that is none", unknown),
    ] {
        let refused = world.caller(secret).await.map(drop);
        assert_eq!(refused, Err(Fault::Unauthenticated(refusal)));
    }
    world.directory.flush_refusals().await.unwrap();
    let told = refusals(world).await;
    let mut told: Vec<_> = told
        .iter()
        .map(|event| {
            let text = format!("{event:?}");
            assert!(!text.contains("no key at all") && !text.contains(&suspended));
            let reason = detail(event, "reason").as_str().unwrap();
            let count = detail(event, "count").as_i64().unwrap();
            (event.actor, event.key.is_some(), reason, count)
        })
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            (None, false, "credential", 2),
            (Some(tree.nils), true, "address", 1),
            (Some(tree.sven), true, "suspended", 1),
            (Some(tree.bob), true, "credential", 1),
        ]
    );
}

async fn what_is_hidden_or_wrong_is_no_refusal(world: &World) {
    let tree = world.tree().await;
    let nora = world.as_user(tree.nora).await;
    assert!(matches!(
        nora.user(tree.sven).await,
        Err(Fault::NotFound(_))
    ));
    let change = UserChange {
        login: Some("\u{7}".to_owned()),
        ..UserChange::default()
    };
    let refused = nora.update_user(tree.nils, change).await;
    assert!(matches!(refused, Err(Fault::Invalid { .. })), "{refused:?}");
    world.directory.flush_refusals().await.unwrap();
    assert_eq!(refusals(world).await, vec![]);
}

async fn the_last_ones_are_written_when_it_closes(world: &World) {
    let tree = world.tree().await;
    let nils = world.as_user(tree.nils).await;
    assert!(nils.events_of_all().await);
    world.directory.flush_refusals().await.unwrap();
    assert!(nils.events_of_all().await);
    world.directory.flush_last_refusals().await.unwrap();
    assert_eq!(refusals(world).await.len(), 2);
}

async fn auditors_see_those_of_their_reach(world: &World) {
    let tree = world.tree().await;
    for user in [tree.nils, tree.sven] {
        assert!(world.as_user(user).await.events_of_all().await);
    }
    world.directory.flush_refusals().await.unwrap();
    let query = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("access.refused".into())),
        ..Query::default()
    };
    for (who, expected) in [
        (tree.nora, vec![tree.nils]),
        (tree.nils, vec![tree.nils]),
        (tree.bob, vec![]),
        (OWNER, vec![tree.nils, tree.sven]),
    ] {
        let seen = world.as_user(who).await.events(&query).await.unwrap().items;
        let seen: Vec<_> = seen.iter().filter_map(|event| event.actor).collect();
        assert_eq!(seen, expected, "{who:?}");
    }
}
