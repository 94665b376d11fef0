//! What only one dialect knows of an entity: documents that the directory keeps and does not look
//! into.

pub(crate) mod documents;

use serde_json::Value;

use crate::access::work::Work;
use crate::model::{Extended, Fault, NewExtension, OrganisationId, Permission, Scope};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{extensions, organisations, pages};

/// The longest document, in bytes.
const MAXIMUM_DOCUMENT: usize = 1_000_000;
/// The most filter terms of one entity.
const MAXIMUM_TERMS: usize = 1_000;

/// Bounds a document.
pub(crate) fn check_document(document: &Value) -> Result<(), Fault> {
    if document.to_string().len() > MAXIMUM_DOCUMENT {
        let why = format!("is longer than {MAXIMUM_DOCUMENT} bytes");
        return Err(Fault::invalid("document", why));
    }
    Ok(())
}

/// Bounds a document and its terms.
pub(crate) fn check(extension: &NewExtension) -> Result<(), Fault> {
    check_document(&extension.document)?;
    if extension.terms.len() > MAXIMUM_TERMS {
        let why = format!("are more than {MAXIMUM_TERMS}");
        return Err(Fault::invalid("terms", why));
    }
    for (name, value) in &extension.terms {
        rules::check_text("terms", name, 100, false)?;
        rules::check_text("terms", value, 2_000, true)?;
    }
    Ok(())
}

/// Stores the document that came with a new or changed entity, as the caller's dialect's.
pub(crate) async fn store_document(
    work: &mut Work<'_>,
    kind: Extended,
    of: i64,
    extension: &NewExtension,
) -> Outcome<()> {
    check(extension)?;
    let (now, platform) = (work.now, work.caller.platform.word());
    extensions::store_document(&mut work.tx, kind, of, platform, extension, now).await?;
    Ok(())
}

/// Stores the document that came with a change, and tells whether it is another than before.
pub(crate) async fn replace(
    work: &mut Work<'_>,
    kind: Extended,
    of: i64,
    extension: &NewExtension,
) -> Outcome<bool> {
    let platform = work.caller.platform.word();
    let before = extensions::documents(&mut work.tx, kind, &[of], platform).await?;
    store_document(work, kind, of, extension).await?;
    Ok(before.first().map(|(_, document)| document) != Some(&extension.document))
}

/// Those of the organisations that the caller sees or belongs to.
pub(crate) async fn seen_organisations(
    work: &mut Work<'_>,
    of: &[OrganisationId],
) -> Outcome<Vec<OrganisationId>> {
    let ids: Vec<i64> = of.iter().map(|id| id.0).collect();
    let scopes = work.reading(Permission::ReadOrganisations);
    let limit = work.limit();
    if limit.is_none() && scopes.contains(&Scope::All) {
        return Ok(of.to_vec());
    }
    let found = pages::seen_ids::<organisations::Organisations>(
        &mut work.tx,
        organisations::TABLES,
        &ids,
        &scopes,
        limit,
    )
    .await?;
    Ok(found.into_iter().map(OrganisationId).collect())
}
