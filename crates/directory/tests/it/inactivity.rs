//! Suspension of accounts that nobody uses.

use directory::{Fault, InactivityPolicy, Refusal, Standing, Status, UserChange, UserId, UserKind};

use crate::support::{OWNER, World, both};

both!(
    only_what_is_unused_is_suspended,
    nothing_is_suspended_unless_set,
    what_was_unsuspended_counts_anew,
    more_than_a_batch_at_once,
);

const DAY: i64 = 86_400_000;

async fn set(world: &World, suspend_after_days: i64) {
    let policy = InactivityPolicy { suspend_after_days };
    world.system().change_setting(policy).await.unwrap();
}

async fn status(world: &World, user: UserId) -> Status {
    world.system().user(user).await.unwrap().status
}

async fn only_what_is_unused_is_suspended(world: &World) {
    let tree = world.tree().await;
    set(world, 30).await;
    let robot = UserChange {
        kind: Some(UserKind::Service),
        ..UserChange::default()
    };
    world.system().update_user(tree.bob, robot).await.unwrap();
    let key = world.key_of(tree.nils).await;
    let idle = world.key_of(tree.sven).await;
    world.clock.advance(20 * DAY);
    world.caller(&key).await.unwrap();
    world.clock.advance(10 * DAY);
    assert_eq!(world.directory.suspend_inactive().await, Ok(0));
    world.clock.advance(1);
    // Nora, Sara, Sven and Bea were never seen; Nils was, Bob is a service account, the owner stays.
    assert_eq!(world.directory.suspend_inactive().await, Ok(4));
    for (user, expected) in [
        (tree.nora, Status::Suspended),
        (tree.nils, Status::Active),
        (tree.sara, Status::Suspended),
        (tree.sven, Status::Suspended),
        (tree.bea, Status::Suspended),
        (tree.bob, Status::Active),
        (OWNER, Status::Active),
    ] {
        assert_eq!(status(world, user).await, expected, "{user}");
    }
    assert_eq!(
        world.caller(&idle).await.err(),
        Some(Fault::Unauthenticated(Refusal::Standing(
            Standing::Suspended
        )))
    );
    assert_eq!(world.directory.suspend_inactive().await, Ok(0));
}

async fn nothing_is_suspended_unless_set(world: &World) {
    let tree = world.tree().await;
    world.clock.advance(5_000 * DAY);
    assert_eq!(world.directory.suspend_inactive().await, Ok(0));
    assert_eq!(status(world, tree.nils).await, Status::Active);
}

async fn what_was_unsuspended_counts_anew(world: &World) {
    let user = world.bare_person("idle@example.org", directory::ROOT).await;
    set(world, 1).await;
    world.clock.advance(DAY + 1);
    assert_eq!(world.directory.suspend_inactive().await, Ok(1));
    let active = UserChange {
        status: Some(Status::Active),
        ..UserChange::default()
    };
    world.system().update_user(user.id, active).await.unwrap();
    assert_eq!(world.directory.suspend_inactive().await, Ok(0));
    world.clock.advance(DAY + 1);
    assert_eq!(world.directory.suspend_inactive().await, Ok(1));
}

async fn more_than_a_batch_at_once(world: &World) {
    for number in 0..120 {
        let email = format!("idle{number}@example.org");
        world.bare_person(&email, directory::ROOT).await;
    }
    set(world, 1).await;
    world.clock.advance(DAY + 1);
    assert_eq!(world.directory.suspend_inactive().await, Ok(120));
}
