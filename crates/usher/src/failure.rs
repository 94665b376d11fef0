//! How a command ends that was not done: the exit code says of what kind it was, one line says what to do.

use std::fmt;

/// The kinds, as the exit codes of the command line know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A port, a folder, the database, or a defect.
    Failed = 1,
    /// Not understood: arguments, configuration, files of another version.
    Misconfigured = 2,
    /// What was named does not exist.
    Missing = 3,
    /// Something is there already, or in use.
    Conflict = 5,
    /// Done in part: something was found that is wrong.
    Partly = 6,
}

/// An error with its kind.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    source: anyhow::Error,
}

impl Failure {
    pub fn new(kind: Kind, source: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }
}

impl Failure {
    /// Adds during what the command failed.
    pub fn within(self, what: &str) -> Self {
        let source = anyhow::anyhow!("{what}: {:#}", self.source);
        Self { source, ..self }
    }

    /// Adds the file that the failure is about.
    pub fn about(self, file: &std::path::Path) -> Self {
        let source = anyhow::anyhow!("{}: {:#}", file.display(), self.source);
        Self { source, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}

impl std::error::Error for Failure {}

/// The exit code of an error: that of its kind, 1 for one that says none.
pub fn code(error: &anyhow::Error) -> u8 {
    let kind = error
        .downcast_ref::<Failure>()
        .map_or(Kind::Failed, |failure| failure.kind);
    kind as u8
}

/// What is wrong in the configuration, or in a file that is named there.
pub fn misconfigured(error: impl Into<anyhow::Error>) -> anyhow::Error {
    Failure::new(Kind::Misconfigured, error).into()
}

/// Says of what kind a refusal of the directory is.
pub fn of_directory(error: directory::OfflineError, occupied: Kind) -> anyhow::Error {
    use directory::OfflineError;
    let kind = match &error {
        OfflineError::Absent(_) => Kind::Missing,
        OfflineError::Occupied(_) => occupied,
        OfflineError::Refused(_) => Kind::Misconfigured,
        OfflineError::Failed(_) => Kind::Failed,
    };
    Failure::new(kind, anyhow::anyhow!("{error}")).into()
}
