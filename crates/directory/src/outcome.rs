//! How a use-case ends inside its transaction.

use crate::model::Fault;
use crate::store::StoreError;

/// Why a use-case stopped: a fault for the caller, or the store's own failure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Abort {
    Fault(Fault),
    Store(StoreError),
    /// All went well, and everything is to be undone: a trial run.
    Undo,
}

impl From<Fault> for Abort {
    fn from(fault: Fault) -> Self {
        Abort::Fault(fault)
    }
}

impl From<StoreError> for Abort {
    fn from(error: StoreError) -> Self {
        Abort::Store(error)
    }
}

impl Abort {
    /// What the caller of the use-case is told; the store's failures go to the log.
    pub fn into_fault(self) -> Fault {
        match self {
            Abort::Fault(fault) => fault,
            Abort::Store(StoreError::Busy) => Fault::Unavailable("busy"),
            Abort::Store(StoreError::Conflict) => Fault::Unavailable("busy"),
            Abort::Store(StoreError::Silent) => {
                tracing::error!("the store does not answer");
                Fault::Unavailable("silent")
            }
            Abort::Store(StoreError::Full) => Fault::Unavailable("full"),
            // Whoever sent it gets their own dialect's answer to a bad value, from whichever field it came.
            Abort::Store(StoreError::Nul) => Fault::invalid("text", "holds the character NUL"),
            Abort::Store(StoreError::Lost(why)) => {
                tracing::error!(why, "the store is lost");
                Fault::Unavailable("lost")
            }
            Abort::Store(error) => Fault::Internal(error.to_string()),
            Abort::Undo => Fault::Internal("a trial run ended outside".to_owned()),
        }
    }
}

/// What a use-case returns inside a transaction.
pub(crate) type Outcome<T> = Result<T, Abort>;
