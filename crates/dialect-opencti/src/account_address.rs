//! The address that a user shows, and the standard id made of it.

use directory::User;

use super::ids;

/// What stands before the UUID in the address of an account that has none.
pub const MADE_UP_BEFORE: &str = "automatic+";
/// What stands behind it.
pub const MADE_UP_AFTER: &str = "@opencti.invalid";

/// The account whose made-up address a text is.
pub fn account_of_address(text: &str) -> Option<uuid::Uuid> {
    let text = text.trim().to_lowercase();
    let uuid = text
        .strip_prefix(MADE_UP_BEFORE)?
        .strip_suffix(MADE_UP_AFTER)?;
    match ids::Given::read(uuid) {
        ids::Given::Uuid(uuid) => Some(uuid),
        ids::Given::Standard(_) | ids::Given::Nonsense => None,
    }
}

/// The address a user shows: accounts without one show one that leads nowhere.
pub fn email(user: &User) -> String {
    match &user.email {
        Some(email) => email.to_lowercase(),
        // Quirk: the vendor gives service accounts such an address (opencti.md §5).
        None => format!("{MADE_UP_BEFORE}{}{MADE_UP_AFTER}", user.uuid),
    }
}

/// A user's standard id.
pub fn standard_id(user: &User) -> String {
    ids::user(&email(user))
}
