//! What the caller's roles permit, and what is said of writes that could not be read back.

use directory::{Caller, Fault, Permission, Platform};

use super::catalogue::{self, Action};

/// Whether the caller's roles name an action on an entity, or a stronger one. The directory's own
/// permissions behind it are looked at by the directory.
pub fn permitted(caller: &Caller, entity: &str, action: Action) -> Result<(), Fault> {
    let named = Action::ALL
        .into_iter()
        .filter(|stronger| *stronger >= action)
        .any(|stronger| caller.holds(&catalogue::word(entity, stronger)));
    let meaning = catalogue::meaning(entity, action, false);
    let strongest = meaning.last().copied().unwrap_or(Permission::SignedIn);
    // The directory's own roles know no entities: what they permit, they permit on all.
    if named || caller.holds_by(Platform::USHER, strongest.word()) {
        Ok(())
    } else {
        Err(Fault::Forbidden(strongest))
    }
}
