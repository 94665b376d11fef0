//! Which collections the caller sees.

use crate::access::work::Work;
use crate::model::{Collection, CollectionRef, Fault, Kind, Ref};
use crate::outcome::Outcome;
use crate::store::collections;

/// A collection of an organisation that the caller sees.
pub(crate) async fn visible(work: &mut Work<'_>, which: &CollectionRef) -> Outcome<Collection> {
    let found = match which {
        Ref::Id(id) => collections::by_id(&mut work.tx, *id).await?,
        Ref::Uuid(uuid) => collections::by_uuid(&mut work.tx, *uuid).await?,
        Ref::Name(_) => None,
    };
    match found {
        Some(collection) if work.sees_organisation(collection.organisation).await? => {
            Ok(collection)
        }
        _ => Err(Fault::NotFound(Kind::Collection).into()),
    }
}
