//! Whom a scope reaches.

use crate::model::{OrganisationId, Scope, User};

/// Whether a scope reaches a person whose home lies below these organisations (itself among them).
pub(crate) fn scope_reaches(scope: &Scope, user: &User, above: &[OrganisationId]) -> bool {
    match scope {
        Scope::All => true,
        Scope::Own(own) => *own == user.id,
        Scope::Users { users, within } => users.contains(&user.id) && above.contains(within),
        Scope::Groups { groups, within } => {
            above.contains(within)
                && user
                    .primary_group
                    .is_some_and(|group| groups.contains(&group))
        }
        Scope::Organisation(place) => *place == user.home,
        Scope::Subtree(top) => above.contains(top),
    }
}
