//! What things are called by. A standard id (`user--…`) is taken wherever an internal one is.

use crate::core::ids::text_id;

text_id! {
    /// A user's id.
    UserId
}
text_id! {
    /// A group's id.
    GroupId
}
text_id! {
    /// A role's id.
    RoleId
}
text_id! {
    /// An organization's id.
    OrganizationId
}
text_id! {
    /// A token's id.
    TokenId
}
text_id! {
    /// A mail template's id.
    TemplateId
}
