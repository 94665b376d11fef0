//! The columns of what is exported.

use crate::model::TaskWhat;
use crate::operations::rows::columns::{SHOWN_COLUMNS, USER_COLUMNS};

/// The columns of a kind's table, in order.
#[must_use]
pub fn export_columns(what: TaskWhat) -> Vec<&'static str> {
    match what {
        TaskWhat::Users => {
            let mut columns = vec!["number", "id"];
            columns.extend(USER_COLUMNS);
            columns.extend(
                SHOWN_COLUMNS
                    .iter()
                    .filter(|name| !["id", "number", "name"].contains(name)),
            );
            columns
        }
        TaskWhat::Organisations => vec![
            "number",
            "id",
            "name",
            "slug",
            "parent",
            "description",
            "kind",
            "sector",
            "nationality",
            "contacts",
            "local",
            "domains",
            "second_factor_required",
            "created_at",
            "updated_at",
        ],
        TaskWhat::Groups => vec![
            "number",
            "id",
            "name",
            "slug",
            "organisation",
            "platform",
            "description",
            "newcomers",
            "created_at",
            "updated_at",
        ],
        TaskWhat::Memberships => vec!["user", "organisation", "home", "administrator"],
        TaskWhat::Grants => vec![
            "number",
            "user",
            "role",
            "organisation",
            "expires_at",
            "path",
            "group",
        ],
        TaskWhat::Keys => vec![
            "number",
            "id",
            "user",
            "name",
            "read_only",
            "organisation",
            "expires_at",
            "revoked_at",
            "created_at",
            "last_used_at",
        ],
        TaskWhat::Events => vec![
            "number",
            "at",
            "verb",
            "actor",
            "actor_name",
            "platform",
            "entity",
            "entity_number",
            "entity_name",
            "organisation",
            "address",
            "request_id",
            "detail",
        ],
    }
}
