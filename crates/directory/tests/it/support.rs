//! A fresh directory per test, with a clock that stands still and cheap hashes.

use std::sync::Arc;

use directory::{
    Configuration, CountingEntropy, Directory, FirstRun, HashingCost, ManualClock, PasswordPolicy,
    Platform, Seams, StoreLocation, Time, usher_platform,
};

/// 2026-01-01T00:00:00Z.
pub const START: Time = Time(1_767_225_600_000);

pub struct World {
    pub directory: Directory,
    pub clock: Arc<ManualClock>,
}

pub async fn world() -> World {
    world_at(StoreLocation::Temporary).await
}

pub async fn world_at(location: StoreLocation) -> World {
    let clock = ManualClock::at(START);
    let configuration = Configuration {
        location,
        platforms: vec![usher_platform(&[])],
        passwords: PasswordPolicy::Default,
        secret: [7; 32],
        connections: 4,
        seams: Seams {
            clock: clock.clone(),
            entropy: CountingEntropy::seeded(1),
            hashing: HashingCost::cheap(),
        },
    };
    let directory = Directory::open(configuration).await.unwrap();
    let first = FirstRun {
        email: "owner@example.org".to_owned(),
        given: "Olga".to_owned(),
        family: "Owner".to_owned(),
        password: "correct horse battery staple".to_owned(),
        organisation: "Example".to_owned(),
    };
    directory.first_run(first).await.unwrap();
    World { directory, clock }
}

impl World {
    pub fn system(&self) -> directory::Handle {
        self.directory.act(&self.directory.system(Platform::USHER))
    }
}
