//! Events that are no longer kept.

use directory::{Direction, EventField, Query, Retention};

use crate::support::{ROOT, World, both};

both![events_go_by_whole_days, nothing_goes_unless_set];

const DAY: i64 = 86_400_000;

async fn verbs(world: &World) -> Vec<String> {
    let query: Query<EventField> = Query {
        limit: 1_000,
        direction: Direction::Up,
        ..Query::default()
    };
    let events = world.system().events(&query).await.unwrap().items;
    events.into_iter().map(|event| event.verb).collect()
}

async fn events_go_by_whole_days(world: &World) {
    world.person("old@example.org", ROOT, &[]).await;
    let keep = Retention {
        events_days: Some(30),
    };
    world.system().change_setting(keep).await.unwrap();
    let before = verbs(world).await;
    assert_eq!(world.directory.apply_retention().await, Ok(0));
    world.clock.advance(30 * DAY + DAY / 2);
    let young = world.person("young@example.org", ROOT, &[]).await;
    // Half a day over: they go together with the rest of their day.
    assert_eq!(world.directory.apply_retention().await, Ok(0));
    world.clock.advance(DAY / 2);
    let removed = world.directory.apply_retention().await.unwrap();
    assert_eq!(removed, before.len() as u64);
    let left = verbs(world).await;
    assert!(left.contains(&"events.removed".to_owned()), "{left:?}");
    assert!(left.contains(&"user.created".to_owned()), "{left:?}");
    assert_eq!(world.directory.apply_retention().await, Ok(0));
    assert!(world.system().user(young.id).await.is_ok());
}

async fn nothing_goes_unless_set(world: &World) {
    world.clock.advance(10_000 * DAY);
    assert_eq!(world.directory.apply_retention().await, Ok(0));
    assert!(!verbs(world).await.is_empty());
}
