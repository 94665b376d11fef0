//! Turns and places.

use std::time::Duration;

use crate::core::limits::{Account, Limits, Refused};
use crate::core::pace::Advice;
use crate::testing::FixedEnvironment;

const LONG: Duration = Duration::from_secs(1000);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_burst_goes_out_and_the_rest_at_the_rate() {
    let account = Account::new(Limits::at_once(9).rate(2.0, 3));
    let waits: Vec<u128> = (0..6)
        .map(|_| account.turn(seconds(0), LONG).unwrap().as_millis())
        .collect();
    assert_eq!(waits, [0, 0, 0, 500, 1000, 1500]);
    // Ten seconds later all are paid off, and no more than a burst has been saved up.
    let waits: Vec<u128> = (0..4)
        .map(|_| account.turn(seconds(10), LONG).unwrap().as_millis())
        .collect();
    assert_eq!(waits, [0, 0, 0, 500]);
}

#[test]
fn a_turn_that_comes_too_late_is_not_taken() {
    let account = Account::new(Limits::at_once(1).rate(1.0, 1));
    assert_eq!(account.turn(seconds(0), LONG), Ok(seconds(0)));
    assert_eq!(
        account.turn(seconds(0), Duration::from_millis(10)),
        Err(seconds(1))
    );
    assert_eq!(
        account.turn(seconds(0), LONG),
        Ok(seconds(1)),
        "it was not counted"
    );
}

#[test]
fn what_the_platform_asks_for_stops_everybody() {
    let account = Account::new(Limits::at_once(4));
    account.block(seconds(100), seconds(20));
    account.block(seconds(101), seconds(1));
    assert_eq!(account.turn(seconds(105), LONG), Ok(seconds(15)));
    assert_eq!(account.turn(seconds(105), seconds(5)), Err(seconds(15)));
    assert_eq!(account.turn(seconds(120), LONG), Ok(seconds(0)));
}

#[test]
fn the_end_of_a_window_is_spread() {
    let account = Account::new(Limits::at_once(4));
    let advice = |remaining| Advice {
        limit: Some(100),
        remaining: Some(remaining),
        reset: Some(seconds(60)),
        wait: None,
    };
    account.learn(seconds(0), &advice(10));
    assert_eq!(
        account.turn(seconds(0), LONG),
        Ok(seconds(0)),
        "a tenth is enough"
    );
    account.learn(seconds(0), &advice(5));
    let waits: Vec<u64> = (0..3)
        .map(|_| account.turn(seconds(0), LONG).unwrap().as_secs())
        .collect();
    assert_eq!(waits, [10, 20, 30], "five requests for sixty seconds");
    account.learn(seconds(61), &advice(99));
    assert_eq!(
        account.turn(seconds(61), LONG),
        Ok(seconds(0)),
        "a new window"
    );
}

#[tokio::test]
async fn no_place_is_waited_for_past_the_deadline() {
    let account = Account::new(Limits::at_once(1));
    let environment = FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH);
    let held = account.admit(&environment, seconds(5)).await.unwrap();
    let refused = account.admit(&environment, seconds(5)).await;
    assert_eq!(refused.unwrap_err(), Refused::Place);
    drop(held);
    account.admit(&environment, seconds(20)).await.unwrap();
}
