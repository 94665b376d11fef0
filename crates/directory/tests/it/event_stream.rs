//! The stream of events: each exactly once, in one order, for a reader who goes on from the last place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use directory::{
    Directory, EventField, Fault, ManualClock, Predicate, ProfileChange, Query, StreamPlace, Test,
    UserChange, UserId, Value,
};

use crate::support::{OWNER, ROOT, START, World, both, configuration, postgres_location, world_of};

both![
    everything_comes_once_and_in_order,
    readers_see_what_the_list_shows_them,
    the_subject_is_who_it_concerns,
];

fn chunk(limit: u32) -> Query<EventField> {
    Query {
        limit,
        ..Query::default()
    }
}

/// Everything up to so many events. On a server that others write to as well, events are held back
/// until nothing of theirs can come before.
async fn read_all(handle: &directory::Handle, limit: u32, expected: usize) -> Vec<i64> {
    let (mut found, mut after) = (Vec::new(), StreamPlace::START);
    for _ in 0..3_000 {
        // As text, as it goes over the wire.
        let place = StreamPlace::decode(&after.encode()).unwrap();
        let events = handle.event_stream(&chunk(limit), place).await.unwrap();
        let Some((_, last)) = events.last() else {
            if found.len() >= expected {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        after = *last;
        found.extend(events.iter().map(|(event, _)| event.id.0));
    }
    panic!("{} of {expected} events came", found.len());
}

async fn everything_comes_once_and_in_order(world: &World) {
    world.tree().await;
    let handle = world.as_user(OWNER).await;
    let listed = Query {
        limit: 1_000,
        ..Query::default()
    };
    let events = handle.events(&listed).await.unwrap().items;
    let expected: Vec<i64> = events.iter().map(|event| event.id.0).collect();
    assert!(expected.len() > 10);
    for limit in [1, 3, 500] {
        assert_eq!(
            read_all(&handle, limit, expected.len()).await,
            expected,
            "{limit}"
        );
    }
    let now = handle.event_stream_end().await.unwrap();
    assert!(
        handle
            .event_stream(&chunk(10), now)
            .await
            .unwrap()
            .is_empty()
    );
    world.person("late@example.org", ROOT, &[]).await;
    for turn in 0.. {
        let late = handle.event_stream(&chunk(10), now).await.unwrap();
        let verbs: Vec<&str> = late.iter().map(|(event, _)| event.verb.as_str()).collect();
        if verbs.contains(&"user.created") {
            break;
        }
        assert!(turn < 3_000, "{verbs:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(StreamPlace::decode("nonsense"), None);
}

async fn readers_see_what_the_list_shows_them(world: &World) {
    let tree = world.tree().await;
    for user in [tree.nora, tree.nils, OWNER] {
        let handle = world.as_user(user).await;
        let listed = Query {
            limit: 1_000,
            ..Query::default()
        };
        let events = handle.events(&listed).await.unwrap().items;
        let expected: Vec<i64> = events.iter().map(|event| event.id.0).collect();
        assert_eq!(read_all(&handle, 7, expected.len()).await, expected);
    }
    // A person who is switched off while reading gets no more.
    let handle = world.as_user(tree.nora).await;
    let change = UserChange {
        status: Some(directory::Status::Inactive),
        ..UserChange::default()
    };
    world.system().update_user(tree.nora, change).await.unwrap();
    let refused = handle.event_stream(&chunk(1), StreamPlace::START).await;
    assert!(
        matches!(refused, Err(Fault::Unauthenticated(_))),
        "{refused:?}"
    );
}

async fn the_subject_is_who_it_concerns(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[]).await.id;
    let handle = world.as_user(OWNER).await;
    let key = handle.create_key(ada, directory::NewKey::default()).await;
    handle.revoke_key(key.unwrap().key.id).await.unwrap();
    let concerns = |user: UserId| Query {
        predicate: Predicate::Is(EventField::Subject, Test::Equals(Value::Int(user.0))),
        limit: 100,
        ..Query::default()
    };
    let found = handle.events(&concerns(ada)).await.unwrap().items;
    let verbs: Vec<&str> = found.iter().map(|event| event.verb.as_str()).collect();
    for verb in ["user.created", "key.created", "key.revoked"] {
        assert!(verbs.contains(&verb), "{verbs:?}");
    }
    let other = world.person("bob@example.org", ROOT, &[]).await.id;
    let found = handle.events(&concerns(other)).await.unwrap().items;
    assert!(found.iter().all(|event| event.entity_id == Some(other.0)));
}

/// Two servers write to one PostgreSQL while a reader goes on from the last place it has seen, again and
/// again from a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_write_while_a_reader_reconnects() {
    let rounds: usize = std::env::var("USHER_STREAM_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(40);
    let (location, schema) = postgres_location().await;
    let clock = ManualClock::at(START);
    let mut world = world_of(
        configuration(location.clone(), clock.clone()),
        clock.clone(),
    )
    .await;
    world.schema = Some(schema);
    let mut second = configuration(location, clock);
    second.seams.entropy = directory::CountingEntropy::seeded(1_000_000_000);
    let other = Directory::open(second).await.unwrap();
    let writing = Arc::new(AtomicBool::new(true));
    let mut writers = Vec::new();
    for (number, directory) in [&world.directory, &other, &world.directory, &other]
        .into_iter()
        .enumerate()
    {
        let directory = directory.clone();
        writers.push(tokio::spawn(async move {
            let handle = directory.act(&directory.system(directory::Platform::USHER));
            for round in 0..rounds {
                let new = directory::NewUser {
                    email: Some(format!("w{number}-{round}@example.org")),
                    home: Some(ROOT),
                    ..directory::NewUser::default()
                };
                let user = handle.create_user(new).await.unwrap();
                let change = UserChange {
                    profile: ProfileChange {
                        title: Some(Some(format!("T{round}"))),
                        ..ProfileChange::default()
                    },
                    ..UserChange::default()
                };
                handle.update_user(user.id, change).await.unwrap();
            }
        }));
    }
    let reader = {
        let (directories, writing) = ([world.directory.clone(), other.clone()], writing.clone());
        tokio::spawn(async move {
            let (mut found, mut after, mut turn) = (Vec::new(), StreamPlace::START, 0_usize);
            let mut idle = 0;
            loop {
                let ended = !writing.load(Ordering::SeqCst);
                let directory = &directories[turn % 2];
                let handle = directory.act(&directory.system(directory::Platform::USHER));
                let limit = 1 + u32::try_from(turn % 7).unwrap();
                let events = handle.event_stream(&chunk(limit), after).await.unwrap();
                turn += 1;
                // Some of what came is lost with the connection, and asked for again.
                let kept = if turn.is_multiple_of(3) {
                    events.len().div_ceil(2)
                } else {
                    events.len()
                };
                let empty = events.is_empty();
                for (event, place) in events.into_iter().take(kept) {
                    after = place;
                    found.push(event.id.0);
                }
                // What is held back for others' sake on a shared server comes later.
                idle = if empty && ended { idle + 1 } else { 0 };
                if idle > 250 {
                    return found;
                }
                if empty {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
        })
    };
    for writer in writers {
        writer.await.unwrap();
    }
    writing.store(false, Ordering::SeqCst);
    let found = reader.await.unwrap();
    let listed = Query {
        limit: u32::MAX,
        ..Query::default()
    };
    let all = world.system().events(&listed).await.unwrap().items;
    let mut expected: Vec<i64> = all.iter().map(|event| event.id.0).collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    // A person who reads from the beginning sees the one order.
    assert_eq!(read_all(&world.system(), 50, found.len()).await, found);
    other.close().await.unwrap();
    world.end().await;
}
