//! A later version that brings more platforms finds its place in an installation that exists.

use std::path::PathBuf;

use directory::{
    Configuration, Directory, EventField, GroupField, Predicate, Query, StoreLocation, Test,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    OWNER, ROOT, START, World, configuration, postgres_location, statement, world_of,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platforms_are_added_on_sqlite() {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("usher-install-{}", std::process::id()));
    platforms_are_added(StoreLocation::Folder(folder.clone())).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platforms_are_added_on_postgres() {
    let (location, schema) = postgres_location().await;
    platforms_are_added(location).await;
    statement(&format!("DROP SCHEMA {schema} CASCADE")).await;
}

async fn platforms_are_added(location: StoreLocation) {
    let clock = directory::ManualClock::at(START);
    let all = configuration(location, clock.clone());
    let first = Configuration {
        platforms: all.platforms[..1].to_vec(),
        ..all.clone()
    };
    let before = world_of(first, clock.clone()).await;
    let north = before.organisation("North", ROOT).await.id;
    let ada = before.person("ada@example.org", north, &[]).await.id;
    before.directory.close().await.unwrap();
    drop(before);

    let directory = Directory::open(all).await.unwrap();
    let world = World {
        directory,
        clock,
        schema: None,
    };
    for _ in 0..2 {
        world.directory.install_builtins().await.unwrap();
        let by_name = Query {
            sort: Some(GroupField::Name),
            ..Query::default()
        };
        let groups = world.at(CLUB, OWNER).await.groups(&by_name).await.unwrap();
        let names: Vec<(&str, i64)> = groups
            .items
            .iter()
            .map(|group| (group.name.as_str(), group.organisation.0))
            .collect();
        assert_eq!(
            names,
            [
                ("Guests", ROOT.0),
                ("Hosts of Example", ROOT.0),
                ("Hosts of North", north.0)
            ]
        );
        // The owner administers the newcomers; others hold nothing there.
        let solo = world.at(SOLO, OWNER).await;
        let held = solo.grants_of(&[OWNER, ada]).await.unwrap();
        let held: Vec<(&str, &str)> = held
            .iter()
            .filter(|one| one.user == OWNER || one.platform == SOLO)
            .map(|one| (one.platform.word(), one.word.as_str()))
            .collect();
        assert_eq!(held, [("solo", "chief"), ("usher", "owner")]);
        let club = world.at(CLUB, OWNER).await;
        assert!(club.caller().holds("club:anything"));
        assert_eq!(club.groups_of(&[OWNER]).await.unwrap().len(), 1);
        // It is told once, and a second start changes nothing.
        let told = Query {
            predicate: Predicate::Is(EventField::Verb, Test::Equals("owner.completed".into())),
            ..Query::default()
        };
        let told = world.system().events(&told).await.unwrap().items;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].actor, told[0].entity_id), (None, Some(OWNER.0)));
    }
    world.directory.close().await.unwrap();
}
