//! What the command line ends with, as scripts read it.

/// What a process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All of it was done.
    Done = 0,
    /// It failed in a way that nothing else names: a defect, the server's 500.
    Failed = 1,
    /// Arguments, configuration, or values that the server refuses.
    NotUnderstood = 2,
    /// What was named is not there.
    NotFound = 3,
    /// No credential, or no right.
    NotPermitted = 4,
    /// It conflicts with what is there.
    Conflict = 5,
    /// Some of many failed.
    InPart = 6,
    /// The server cannot be reached, took too long, or asked to come back.
    NotReached = 7,
    /// The caller broke it off.
    Interrupted = 130,
}

impl Exit {
    /// As the process says it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// For an HTTP status.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Exit::NotPermitted,
            404 => Exit::NotFound,
            409 | 412 => Exit::Conflict,
            429 | 502..=504 => Exit::NotReached,
            400..=499 => Exit::NotUnderstood,
            _ => Exit::Failed,
        }
    }
}
