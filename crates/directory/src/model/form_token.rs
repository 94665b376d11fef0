//! Tokens of forms, each good for one sending.

use super::Time;

/// A token for one sending of one form.
#[derive(Clone, PartialEq, Eq)]
pub struct FormToken {
    /// What is sent along with the form.
    pub token: String,
    /// When it ends.
    pub expires_at: Time,
}

/// What a sent form uses its token up with.
#[derive(Clone, PartialEq, Eq)]
pub struct FormTicket {
    pub(crate) digest: Vec<u8>,
    /// Drawn for each request: its later writes find that it is theirs.
    pub(crate) used_by: Vec<u8>,
    pub(crate) expires_at: Time,
}

/// A token lets a form be sent.
impl std::fmt::Debug for FormToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FormTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormTicket")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
