//! Days without a request: what runs in the background changes nothing, and costs few statements a turn.

use directory::{Branding, Fault, JobWorker, UnknownName};
use serde_json::{Value, json};

use crate::support::{OWNER_EMAIL, World, both};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// Statements that a sweep of everything may cost when nothing is over.
const SWEEP: u64 = 24;

fn describe(fault: &Fault, _: Option<&UnknownName>) -> Value {
    json!({ "detail": fault.to_string() })
}

/// What is done each second: nothing is written where nothing was used.
async fn second(world: &World, worker: &mut JobWorker) -> [u64; 3] {
    let before = world.directory.statements();
    world.directory.flush_uses().await.unwrap();
    world.directory.flush_refusals().await.unwrap();
    let flushed = world.directory.statements();
    assert!(world.directory.due_mail(8).await.unwrap().is_empty());
    let mailed = world.directory.statements();
    assert!(!worker.turn().await.unwrap());
    let worked = world.directory.statements();
    [flushed - before, mailed - flushed, worked - mailed]
}

/// What is done each minute, and by the hour.
async fn sweep(world: &World, worker: &JobWorker) -> u64 {
    let before = world.directory.statements();
    world.directory.notify_expiring_keys().await.unwrap();
    let swept = world.directory.sweep().await.unwrap();
    assert_eq!(swept, directory::Swept::default());
    assert_eq!(world.directory.apply_retention().await, Ok(0));
    assert_eq!(world.directory.suspend_inactive().await, Ok(0));
    world.directory.setting::<Branding>().await.unwrap();
    assert_eq!(worker.sweep().await, Ok(0));
    world.directory.statements() - before
}

/// Every row of every table, where another connection can read them.
async fn rows(world: &World) -> Option<String> {
    match world.schema {
        Some(_) => Some(world.dump().await),
        None => None,
    }
}

/// Some use, whose traces are written down and whose rests are cleared away.
async fn settle(world: &World, worker: &mut JobWorker) {
    for number in 0..5 {
        let email = format!("p{number}@example.org");
        let new = directory::NewUser {
            email: Some(email),
            ..directory::NewUser::default()
        };
        let system = world.system();
        let user = system.create_user(new).await.unwrap();
        system
            .create_key(user.id, directory::NewKey::default())
            .await
            .unwrap();
    }
    // A wrong password and its lock-out are things that end.
    let wrong = world.sign_in(OWNER_EMAIL, "wrong").await;
    assert!(wrong.is_err());
    for _ in 0..2 {
        world.clock.advance(40 * DAY);
        world.directory.flush_uses().await.unwrap();
        world.directory.flush_last_refusals().await.unwrap();
        for _ in 0..3 {
            while worker.turn().await.unwrap() {}
            world.directory.notify_expiring_keys().await.unwrap();
            world.directory.sweep().await.unwrap();
            worker.sweep().await.unwrap();
        }
    }
}

async fn idle_days_change_nothing_and_cost_little(world: &World) {
    let mut worker = JobWorker::new(&world.directory, describe);
    settle(world, &mut worker).await;
    let before = rows(world).await;
    // By the minute for an hour, then by the hour for three days.
    for step in 0..132 {
        world
            .clock
            .advance(if step < 60 { MINUTE } else { 60 * MINUTE });
        let [flushing, mailing, working] = second(world, &mut worker).await;
        assert_eq!(flushing, 0, "nothing was used");
        assert!(mailing <= 1 && working <= 1, "{mailing} {working}");
        let swept = sweep(world, &worker).await;
        assert!(swept <= SWEEP, "{swept} statements");
    }
    assert_eq!(rows(world).await, before);
}

both!(idle_days_change_nothing_and_cost_little);
