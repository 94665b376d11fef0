//! Administer the users of five platforms: [OpenCTI](opencti), [MISP](misp), [Tenable Identity Exposure](tenable),
//! [CrowdStrike Falcon](falcon) and [Civis Platform](civis).
//!
//! Each platform is one struct with flat asynchronous methods: cheap to clone, the clones sharing connections and limits. The names of the
//! vendors' own clients and their operation ids are aliases, so searching this documentation for `userRolesActionV1` or `update_field`
//! finds the method. Each platform's page says which credential it wants, what its limits and its traps are, and shows every operation.
//!
//! ```
//! use usher_platforms::{Error, Secret, misp::{Misp, NewUser}};
//! # use usher_platforms::testing::{self, Script};
//!
//! # testing::run(async {
//! # let script = Script::new().json(200, r#"{"User": {"id": "9", "authkey": "0123456789"}}"#);
//! # let (url, key) = ("https://misp.example.org/", Secret::new("0123456789"));
//! let misp = Misp::builder(url).key(key)                      // sends nothing
//! #   .transport(script)
//!     .build()?;
//! match misp.add_user(&NewUser::new("ana@corp.example").role(3)).await {
//!     Ok(added) => println!("{} with {:?}", added.user.id, added.authkey),    // 9 with Some(Secret(…))
//!     Err(Error::Conflict(_)) => println!("there is one already"),
//!     Err(error) => println!("{error}: {:?}", error.outcome()),               // NotDone, or Unknown: look first
//! }
//! # Ok(()) });
//! ```
//!
//! # What is the same everywhere
//! - **Errors**: one [`Error`] for all, whatever status a platform says no with. [`Error::outcome`] is `NotDone` or `Unknown`, which is what
//!   code that changes something decides by.
//! - **Repeating**: an operation reads, is idempotent, or is to be done [once](Repeat). What reads or is idempotent is tried again after a
//!   lost connection, 429, 502, 503 and 504; the rest only when surely nothing was done. [`Retry`] sets how long.
//! - **Limits**: so many requests [at once](Limits) and so fast, corrected by what answers say; a 429 stops all clones until its end.
//! - **Lists** that come in pages are [`Paged`]: a page, a stream, or all. A list that never ends is an error.
//! - **Values**: requests have setters, three-state fields are a [`Change`], answers keep members that this library does not know in
//!   `other`, and ids are types of their own.
//! - **Operations** are [values](Operation) before they are calls, made by the pure functions of each platform's `operations` module.
//! - **The way out** is each client's `raw`: any other request, with its credential, limits, tries and errors.
//! - **Secrets** are [`Secret`]s: no `Display`, no `Serialize`, and `Debug` says `Secret(…)`.
//! - **The network**: TLS by rustls with ring and the system's roots, [pinning](Builder::pin), client certificates, proxies; no
//!   redirect is followed and no cookie kept. A [`Transport`] of one's own replaces all of it.
//! - **Watching**: `tracing` spans with operation, path template, status, attempt and time, and an [`Observer`] for metrics. Neither sees
//!   queries, bodies or the values in paths.
//!
//! Programs that are not asynchronous use [`block_on`]; tests use [`testing`].
//!
//! # Features
//! A feature for each platform, `http` (the transport over the network), `gzip` (answers may come compressed), `blocking` and
//! `testing`; all are on by default.

#[cfg(feature = "civis")]
pub mod civis;
#[cfg_attr(
    not(all(
        feature = "http",
        feature = "opencti",
        feature = "misp",
        feature = "tenable",
        feature = "falcon",
        feature = "civis"
    )),
    expect(
        dead_code,
        unused_macros,
        unused_imports,
        reason = "each platform uses a part of it"
    )
)]
mod core;
#[cfg(feature = "falcon")]
pub mod falcon;
#[cfg(feature = "misp")]
pub mod misp;
#[cfg(feature = "opencti")]
pub mod opencti;
#[cfg(feature = "tenable")]
pub mod tenable;
#[cfg(feature = "testing")]
pub mod testing;

pub use crate::core::builder::{Builder, Client};
pub use crate::core::change::Change;
pub use crate::core::environment::{Environment, System};
pub use crate::core::error::{Error, Lost, Outcome, Result, Vendor};
pub use crate::core::lenient::Other;
pub use crate::core::limits::Limits;
pub use crate::core::observe::{Observation, Observer};
pub use crate::core::operation::{Answer, Facts, Operation, Repeat};
pub use crate::core::paging::Paged;
pub use crate::core::retry::Retry;
pub use crate::core::secret::Secret;
pub use crate::core::transport::{BoxFuture, Broken, Sent, Transport};

/// Runs a call to its end in a program that is not asynchronous.
///
/// Inside an asynchronous runtime it is an [`Error::Config`]: there `.await` is the way.
///
/// ```
/// # use usher_platforms::misp::Misp;
/// # use usher_platforms::testing::Script;
/// # let misp = Misp::builder("https://misp.example.org/").key("k").transport(Script::new().json(200, "[]")).build()?;
/// let roles = usher_platforms::block_on(misp.roles())?;
/// # assert!(roles.is_empty());
/// # Ok::<(), usher_platforms::Error>(())
/// ```
#[cfg(feature = "blocking")]
pub fn block_on<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    use std::sync::OnceLock;
    use tokio::runtime::{Builder, Handle, Runtime};

    // One for all calls: connections that are kept open belong to the runtime that opened them.
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();

    if Handle::try_current().is_ok() {
        return Err(Error::config(
            "`block_on` was called inside an asynchronous runtime: use `.await` there",
        ));
    }
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let made = Builder::new_current_thread().enable_all().build();
            let made =
                made.map_err(|error| Error::config(format!("no runtime can be started: {error}")))?;
            RUNTIME.get_or_init(|| made)
        }
    };
    runtime.block_on(call)
}
