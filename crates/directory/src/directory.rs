//! The directory itself: what it is opened with, and the ways in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::access::caller::Caller;
use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::caller::RequestContext;
use crate::model::{Held, KeyLimits, PasswordPolicy, Platform, PlatformSpec, Scope, Time};
use crate::outcome::Abort;
use crate::pending::Pending;
use crate::seams::Seams;
use crate::state::Inner;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// Embedded SQLite in this folder.
    Folder(PathBuf),
    /// `Directory::open` that also takes a file which was copied while a server had it open.
    AcceptedCopy(PathBuf),
    /// A folder of its own that goes away with the directory, for tests.
    Temporary,
    /// PostgreSQL at this address.
    Postgres(String),
}

/// What a directory is opened with.
#[derive(Clone)]
pub struct Configuration {
    /// Where the data is.
    pub location: StoreLocation,
    /// The platforms served, `usher` included.
    pub platforms: Vec<PlatformSpec>,
    /// Whose password rules hold.
    pub passwords: PasswordPolicy,
    /// The key that seals what must stay readable; kept outside the database.
    pub secret: [u8; 32],
    /// Connections to PostgreSQL.
    pub connections: usize,
    /// Clock, randomness, hashing cost.
    pub seams: Seams,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configuration")
            .field("location", &"…")
            .finish_non_exhaustive()
    }
}

/// The directory: cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Directory(pub(crate) Arc<Inner>);

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directory")
    }
}

impl Directory {
    /// The server itself, for first run, background work and offline recovery. It holds everything;
    /// nothing that a request brings may reach it.
    #[must_use]
    pub fn system(&self, platform: Platform) -> Caller {
        Caller(Arc::new(CallerState {
            user: crate::FIRST_OWNER,
            uuid: uuid::Uuid::nil(),
            login: "system".to_owned(),
            home: crate::ROOT,
            platform,
            credential: Credential::System,
            proof: false,
            delegated: false,
            proven: false,
            limits: KeyLimits::default(),
            organisation: None,
            held: Arc::new([Held {
                platform: Platform::USHER,
                word: "*".to_owned(),
                scope: Scope::All,
            }]),
            version: 0,
            epoch: 0,
            held_until: None,
            since: None,
            until: None,
            must_change_password: false,
            must_enrol_second_factor: false,
            context: RequestContext::default(),
            impersonator: None,
        }))
    }

    /// The time by the directory's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.0.now()
    }

    /// The time gone by since the process began; unlike the clock's time it is never set.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }

    /// The replaceable parts.
    #[must_use]
    pub fn seams(&self) -> &Seams {
        &self.0.seams
    }

    /// The platforms served.
    #[must_use]
    pub fn platforms(&self) -> &[PlatformSpec] {
        &self.0.platforms
    }

    /// Statements run since the directory was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.0.store.statements_total()
    }

    /// Password hashes made or compared since the directory was opened.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.0.hashing.hashes()
    }

    /// Tells what is kept open that the server ends.
    pub fn end_streams(&self) {
        self.0.ending.send_replace(true);
    }

    /// Whether a read hangs on the disk. The thread that reads is lost until the disk answers, and so is the
    /// request it reads for, which the code that waits for the answer learns by this.
    #[must_use]
    pub fn store_hangs(&self) -> bool {
        self.0.store.hangs()
    }

    /// Gives the store up where it could not be closed in time: it stays open until the process ends. Closing
    /// it waits for the writer, and that for a disk that hangs.
    pub fn give_up(&self) {
        std::mem::forget(Arc::clone(&self.0));
    }

    /// Lets writes finish and closes the store.
    pub fn close(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            self.0
                .store
                .close()
                .await
                .map_err(|error| Abort::Store(error).into_fault())
        })
    }
}
