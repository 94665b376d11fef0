//! What a mailed token says before it is used.

use super::{Time, TokenPurpose};

/// What a token still to be used says to a page that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenState {
    /// What it is for.
    pub purpose: TokenPurpose,
    /// Whose it is.
    pub login: String,
    /// When it ends.
    pub expires_at: Time,
}
