//! What things are called by.

use crate::core::ids::number_id;

number_id! {
    /// A user's id.
    UserId
}
number_id! {
    /// A role's id.
    RoleId
}
