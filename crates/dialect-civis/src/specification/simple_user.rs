//! A user as other objects show one (civis.md §5).

use super::{Object, flag, integer, text};

/// A user as others are shown.
pub static SIMPLE_USER: Object = Object {
    name: "SimpleUser",
    fields: &[
        integer("id", "The user's number."),
        text("name", "The name."),
        text("username", "The login name."),
        text("initials", "The initials."),
        flag("online", "Whether the user is online.").nullable(),
    ],
};
