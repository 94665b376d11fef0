//! What a body refers to, from the id, number or name it gives to the directory's own number. What
//! is missing and what is hidden are refused alike, under the field that named it.

use directory::{CollectionId, Fault, GroupId, Handle, Kind, OrganisationId, Role, RoleId};

use super::codes::Code;
use super::errors::Problem;
use super::fields::Named;
use super::lost::Lost;
use super::near_names;

/// Refuses a reference as the field's fault, and names what was sent.
fn unknown(field: &str, kind: Kind, sent: &Named, fault: Fault) -> Problem {
    match fault {
        Fault::NotFound(_) | Fault::Forbidden(_) => {
            let detail = format!(
                "The {} `{sent}` does not exist, or you may not see it. Check the id.",
                kind.word()
            );
            let mut problem = Problem::of(Code::UnknownReference, detail).at(field);
            let named = near_names::unknown(kind, sent).map(Lost::Named);
            problem.lost = named.map(Box::new);
            problem
        }
        fault => fault.into(),
    }
}

/// Finds a role by number, UUID or `platform:word`.
pub async fn named_role(handle: &Handle, named: Named) -> Result<Role, Fault> {
    match named {
        Named::Name(name) => handle.role_named(&name).await,
        named => handle.role(named.reference::<RoleId>()).await,
    }
}

macro_rules! references {
    ($($one:ident $(, $several:ident)?: $id:ident, $kind:ident, |$handle:ident, $named:ident| $look:expr;)*) => {$(
        /// The number of what a field names.
        pub async fn $one(
            $handle: &Handle,
            field: &str,
            named: Option<Named>,
        ) -> Result<Option<$id>, Problem> {
            match named {
                None => Ok(None),
                Some($named) => {
                    let sent = $named.clone();
                    match $look {
                        Ok(found) => Ok(Some(found.id)),
                        Err(fault) => Err(unknown(field, Kind::$kind, &sent, fault)),
                    }
                }
            }
        }

        $(/// The numbers of what a field names, in its order.
        pub async fn $several(
            handle: &Handle,
            field: &str,
            named: Option<Vec<Named>>,
        ) -> Result<Vec<$id>, Problem> {
            let mut found = Vec::new();
            for one in named.unwrap_or_default() {
                found.extend($one(handle, field, Some(one)).await?);
            }
            Ok(found)
        })?
    )*};
}

references! {
    organisation, organisations: OrganisationId, Organisation,
        |handle, named| handle.organisation(named.reference::<OrganisationId>()).await;
    group, groups: GroupId, Group, |handle, named| handle.group(named.reference::<GroupId>()).await;
    role, roles: RoleId, Role, |handle, named| named_role(handle, named).await;
    collection: CollectionId, Collection, |handle, named| handle.collection(named.reference::<CollectionId>()).await;
}
