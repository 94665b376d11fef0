//! What a refusal could not find, on its way to the answer.

use directory::Kind;

/// A name by which nothing was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What kind of thing it was to be.
    pub kind: Kind,
    /// The name, as it was sent.
    pub name: String,
}

/// What was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// What the body names.
    Named(Unknown),
    /// Something of that kind, which the path may name.
    OnPath(Kind),
}
