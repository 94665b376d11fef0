//! What only one dialect knows of an entity: documents that the directory keeps and does not look
//! into.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, GroupId, Kind, ManagerLevel, NewExtension, OrganisationId, Permission, Ref,
    RoleId, Scope, UserId,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules;
use crate::store::{extensions, organisations, pages};

/// The longest document, in bytes.
const MAXIMUM_DOCUMENT: usize = 1_000_000;
/// The most filter terms of one entity.
const MAXIMUM_TERMS: usize = 1_000;

impl Handle {
    /// The dialect's own documents of those entities, as far as the caller sees the entities.
    pub fn extensions<'a>(
        &'a self,
        kind: Extended,
        of: &'a [i64],
    ) -> Pending<'a, HashMap<i64, Value>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ReadExtension, async |work: &mut Work<'_>| {
                let platform = work.caller.platform.word();
                let seen = seen(work, kind, &of).await?;
                let documents = extensions::documents(&mut work.tx, kind, &seen, platform).await?;
                Ok(documents.into_iter().collect())
            })
            .await
        })
    }

    /// Stores the dialect's own document of an entity whole, for whoever may change the entity; of
    /// oneself, for everybody.
    pub fn put_extension(&self, kind: Extended, of: i64, new: NewExtension) -> Pending<'_, ()> {
        Box::pin(async move {
            check(&new)?;
            let operation = match kind {
                Extended::User if of == self.caller.user.0 => Operation::UpdateOwnProfile,
                Extended::User => Operation::UpdateUser,
                Extended::Organisation => Operation::UpdateOrganisation,
                Extended::Group => Operation::UpdateGroup,
                Extended::Role => Operation::UpdateRole,
                Extended::Record => {
                    return Err(Fault::invalid("entity", "carries its document itself"));
                }
            };
            self.write(operation, async move |work: &mut Work<'_>| {
                let name = target(work, kind, of).await?;
                let (now, platform) = (work.now, work.caller.platform.word());
                let before = extensions::documents(&mut work.tx, kind, &[of], platform).await?;
                extensions::put(&mut work.tx, kind, of, platform, &new, now).await?;
                if before.first().map(|(_, document)| document) != Some(&new.document) {
                    let verb = format!("{}.changed", kind.word());
                    let about = About {
                        entity: kind.word(),
                        id: Some(of),
                        name: Some(&name.0),
                        organisation: name.1,
                    };
                    // The document may hold what no trail should: only that it changed is told.
                    let detail = json!({ "after": { "extension": platform } });
                    work.event(&verb, about, Some(detail)).await?;
                }
                Ok(())
            })
            .await
        })
    }
}

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
pub(crate) async fn put(
    work: &mut Work<'_>,
    kind: Extended,
    of: i64,
    extension: &NewExtension,
) -> Outcome<()> {
    check(extension)?;
    let (now, platform) = (work.now, work.caller.platform.word());
    extensions::put(&mut work.tx, kind, of, platform, extension, now).await?;
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
    put(work, kind, of, extension).await?;
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

/// The numbers of those of the entities that the caller sees.
async fn seen(work: &mut Work<'_>, kind: Extended, of: &[i64]) -> Outcome<Vec<i64>> {
    Ok(match kind {
        Extended::User => {
            let ids: Vec<UserId> = of.iter().copied().map(UserId).collect();
            let seen = work.seen_users(&ids).await?;
            seen.into_iter().map(|id| id.0).collect()
        }
        Extended::Organisation => {
            let ids: Vec<OrganisationId> = of.iter().copied().map(OrganisationId).collect();
            let seen = seen_organisations(work, &ids).await?;
            seen.into_iter().map(|id| id.0).collect()
        }
        Extended::Group => super::groups::seen(work, of)
            .await?
            .into_iter()
            .map(|group| group.id.0)
            .collect(),
        Extended::Role => {
            let ids: Vec<RoleId> = of.iter().copied().map(RoleId).collect();
            let seen = super::roles::seen(work, &ids).await?;
            seen.into_iter().map(|role| role.id.0).collect()
        }
        Extended::Record => Vec::new(),
    })
}

/// Checks that the caller may change the entity; tells its name and organisation for the trail.
async fn target(
    work: &mut Work<'_>,
    kind: Extended,
    of: i64,
) -> Outcome<(String, Option<OrganisationId>)> {
    Ok(match kind {
        Extended::User => {
            let user = work.target_user(&UserId(of).into()).await?;
            (user.login, Some(user.home))
        }
        Extended::Organisation => {
            let organisation = work.target_organisation(&OrganisationId(of).into()).await?;
            (organisation.name, Some(organisation.id))
        }
        Extended::Group => {
            let which = GroupId(of).into();
            let group = super::groups::changeable(work, &which, ManagerLevel::Write).await?;
            (group.name, Some(group.organisation))
        }
        Extended::Role => {
            let role = super::roles::target(work, &Ref::Id(RoleId(of))).await?;
            (role.name, role.organisation)
        }
        Extended::Record => return Err(Fault::NotFound(Kind::Record).into()),
    })
}
