//! What mailed single-use tokens are for.

/// What a mailed single-use token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenPurpose {
    /// Setting a new password in the place of a forgotten one.
    Reset,
    /// Setting the first password.
    Activate,
    /// Confirming an e-mail address.
    ConfirmEmail,
}

impl TokenPurpose {
    /// Every purpose.
    pub const ALL: &'static [TokenPurpose] = &[
        TokenPurpose::Reset,
        TokenPurpose::Activate,
        TokenPurpose::ConfirmEmail,
    ];

    /// The word stored for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            TokenPurpose::Reset => "reset",
            TokenPurpose::Activate => "activate",
            TokenPurpose::ConfirmEmail => "confirm_email",
        }
    }
}
