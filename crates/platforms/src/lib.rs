//! Administer the users of five platforms.

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
