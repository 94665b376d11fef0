//! Known and unknown names take the same time to be refused: Welch's t-test over sign-ins of both, on the
//! real binary with the real cost of hashing.
//!
//! The threshold is generous, so that a busy machine does not fail it: noise makes the statistic smaller. What it
//! finds is work that is done for one sort of name alone, such as a hash, which is a hundred times as large.

use std::time::Instant;

use serde_json::json;

use crate::http::exchange;
use crate::server::{Folder, Server};

const PAIRS: usize = 24;
const PASSWORD: &str = "Cobalt-Lantern-73!";

/// Mean and variance.
fn moments(samples: &[f64]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let squares = samples.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
    (mean, squares / (count - 1.0))
}

/// Welch's statistic: how far two means are apart, in units of what chance would explain.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((mean, variance), (other_mean, other_variance)) = (moments(one), moments(other));
    let spread = variance / one.len() as f64 + other_variance / other.len() as f64;
    (mean - other_mean) / spread.sqrt()
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
fn the_statistic_tells_what_it_should() {
    let noisy = |base: f64| -> Vec<f64> {
        (0..24)
            .map(|number| base + f64::from(number % 7) * 0.01)
            .collect()
    };
    assert!(welch(&noisy(1.0), &noisy(1.0)).abs() < 0.1);
    assert!(welch(&noisy(1.0), &noisy(0.5)) > 30.0);
    assert!((median(&noisy(1.0)) - 1.03).abs() < 1e-9);
}

#[test]
fn known_and_unknown_names_take_the_same_time() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    // Each known name is guessed once, so that none is locked.
    for number in 0..PAIRS + 2 {
        let new = json!({
            "email": format!("known-{number:02}@example.org"), "password": PASSWORD, "must_change_password": false,
        });
        assert_eq!(
            server.native("POST", "/users", &new.to_string()).status,
            201
        );
    }
    let timed = |name: &str| {
        let headers = [("Content-Type", "application/json")];
        let body = json!({ "login": name, "password": "a wrong guess" }).to_string();
        let begun = Instant::now();
        let reply = exchange(&server.address, "POST", "/api/v1/sign-in", &headers, &body).unwrap();
        assert_eq!(reply.status, 401, "{name}: {reply:?}");
        begun.elapsed().as_secs_f64() * 1_000.0
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS + 2 {
        let names = ["known", "never"].map(|name| format!("{name}-{number:02}@example.org"));
        // Now the one first and now the other.
        let (first, second) = (number % 2, 1 - number % 2);
        let mut times = [0.0; 2];
        times[first] = timed(&names[first]);
        times[second] = timed(&names[second]);
        // The first answers warm caches up.
        if number >= 2 {
            known.push(times[0]);
            unknown.push(times[1]);
        }
    }
    let (statistic, medians) = (welch(&known, &unknown), (median(&known), median(&unknown)));
    println!(
        "t = {statistic:.2}, medians {:.1} ms and {:.1} ms",
        medians.0, medians.1
    );
    let apart = (medians.0 - medians.1).abs() / medians.0.max(medians.1);
    assert!(
        statistic.abs() < 6.0 || apart < 0.2,
        "t = {statistic}, medians {medians:?}"
    );
}
