//! Notices before keys end: to whom, when, and once.

use directory::{
    Direction, EventField, KeyChange, NewKey, NewUser, Notices, Query, Status, Time, UserChange,
    UserId, UserKind,
};

use crate::support::{OWNER_EMAIL, ROOT, START, World, both};

both![
    each_span_is_told_once,
    only_keys_that_will_be_missed_are_told_of,
    service_accounts_are_told_of_to_their_maker,
    nothing_is_told_where_nothing_is_set,
];

const DAY: i64 = 86_400_000;

async fn key_that_ends(world: &World, user: UserId, name: &str, end: Time) -> directory::KeyId {
    let new = NewKey {
        name: name.to_owned(),
        expires_at: Some(end),
        ..NewKey::default()
    };
    world.system().create_key(user, new).await.unwrap().key.id
}

async fn mailed(world: &World) -> Vec<(String, String)> {
    let mails = world.mails().await;
    let told = mails
        .into_iter()
        .filter(|mail| mail.template == "notice_key_expiry");
    told.map(|mail| (mail.to, mail.values["key"].as_str().unwrap().to_owned()))
        .collect()
}

async fn run(world: &World, expected: u64) {
    assert_eq!(world.directory.notify_expiring_keys().await, Ok(expected));
}

async fn each_span_is_told_once(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let end = START.plus(100 * DAY);
    let key = key_that_ends(world, ada.id, "notebook", end).await;
    let told = vec![("ada@example.org".to_owned(), "notebook".to_owned())];
    world.mails().await;
    run(world, 0).await;
    world.clock.advance(86 * DAY - 1);
    run(world, 0).await;
    world.clock.advance(1);
    run(world, 1).await;
    assert_eq!(mailed(world).await, told);
    // The second look, as another node or a restart has it, finds nothing.
    run(world, 0).await;
    world.clock.advance(11 * DAY);
    run(world, 1).await;
    assert_eq!(mailed(world).await, told);
    run(world, 0).await;
    world.clock.advance(3 * DAY);
    run(world, 0).await;
    let query: Query<EventField> = Query {
        limit: 1_000,
        direction: Direction::Up,
        ..Query::default()
    };
    let events = world.system().events(&query).await.unwrap().items;
    let expiring: Vec<_> = events
        .iter()
        .filter(|event| event.verb == "key.expiring")
        .collect();
    assert_eq!(expiring.len(), 2);
    assert_eq!(expiring[0].entity_id, Some(key.0));
    // A new end begins anew; of several spans that are passed at once the shortest is told.
    let later = KeyChange {
        expires_at: Some(Some(end.plus(2 * DAY))),
        ..KeyChange::default()
    };
    world.system().update_key(key, later).await.unwrap();
    run(world, 1).await;
    run(world, 0).await;
    assert_eq!(mailed(world).await, told);
}

async fn only_keys_that_will_be_missed_are_told_of(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let bob = world.person("bob@example.org", ROOT, &[]).await;
    let end = START.plus(30 * DAY);
    key_that_ends(world, bob.id, "of the suspended", end).await;
    let revoked = key_that_ends(world, ada.id, "revoked", end).await;
    // Made for less than the span: that it ends soon was known when it was made.
    key_that_ends(world, ada.id, "for an hour", START.plus(3_600_000)).await;
    key_that_ends(world, ada.id, "for ten days", START.plus(10 * DAY)).await;
    world.system().revoke_key(revoked).await.unwrap();
    let suspended = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    world.system().update_user(bob.id, suspended).await.unwrap();
    world.mails().await;
    run(world, 0).await;
    world.clock.advance(7 * DAY);
    run(world, 1).await;
    assert_eq!(
        mailed(world).await,
        [("ada@example.org".to_owned(), "for ten days".to_owned())]
    );
    world.clock.advance(20 * DAY);
    run(world, 0).await;
    // The account can be used again in time, and its owner gets the notice.
    let active = UserChange {
        status: Some(Status::Active),
        ..UserChange::default()
    };
    world.system().update_user(bob.id, active).await.unwrap();
    run(world, 1).await;
    assert_eq!(mailed(world).await.len(), 1);
}

async fn service_accounts_are_told_of_to_their_maker(world: &World) {
    let owner = world.as_user(directory::FIRST_OWNER).await;
    let robot = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    let robot = owner.create_user(robot).await.unwrap();
    let orphan = NewUser {
        login: Some("orphan".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    let orphan = world.system().create_user(orphan).await.unwrap();
    for (user, name) in [(robot.id, "robot's"), (orphan.id, "orphan's")] {
        key_that_ends(world, user, name, START.plus(20 * DAY)).await;
    }
    world.mails().await;
    world.clock.advance(18 * DAY);
    // The notice of a key without an owner to mail to is recorded as an event, and no mail is sent.
    run(world, 2).await;
    run(world, 0).await;
    assert_eq!(
        mailed(world).await,
        [(OWNER_EMAIL.to_owned(), "robot's".to_owned())]
    );
}

async fn nothing_is_told_where_nothing_is_set(world: &World) {
    let none = Notices {
        key_expiry_days: Vec::new(),
    };
    world.system().change_setting(none).await.unwrap();
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    key_that_ends(world, ada.id, "notebook", START.plus(20 * DAY)).await;
    world.clock.advance(19 * DAY);
    run(world, 0).await;
    // More than one transaction holds.
    let one = Notices {
        key_expiry_days: vec![1],
    };
    world.system().change_setting(one).await.unwrap();
    for number in 0..150 {
        key_that_ends(
            world,
            ada.id,
            &format!("key {number}"),
            START.plus(21 * DAY),
        )
        .await;
    }
    world.clock.advance(DAY + 1);
    run(world, 150).await;
    run(world, 0).await;
}
