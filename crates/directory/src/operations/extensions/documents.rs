//! Reading and storing the documents that a dialect keeps beside entities.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, GroupId, Kind, ManagerLevel, NewExtension, OrganisationId, Ref, RoleId, UserId,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::extensions;

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
                let seen = visible_ids(work, kind, &of).await?;
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
            super::check(&new)?;
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
                extensions::store_document(&mut work.tx, kind, of, platform, &new, now).await?;
                if before.first().map(|(_, document)| document) != Some(&new.document) {
                    let verb = format!("{}.changed", kind.word());
                    let about = About {
                        entity: kind.word(),
                        id: Some(of),
                        name: Some(&name.0),
                        organisation: name.1,
                        subject: (kind == Extended::User).then_some(of),
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

/// The numbers of those of the entities that the caller sees.
async fn visible_ids(work: &mut Work<'_>, kind: Extended, of: &[i64]) -> Outcome<Vec<i64>> {
    Ok(match kind {
        Extended::User => {
            let ids: Vec<UserId> = of.iter().copied().map(UserId).collect();
            let seen = work.seen_users(&ids).await?;
            seen.into_iter().map(|id| id.0).collect()
        }
        Extended::Organisation => {
            let ids: Vec<OrganisationId> = of.iter().copied().map(OrganisationId).collect();
            let seen = super::seen_organisations(work, &ids).await?;
            seen.into_iter().map(|id| id.0).collect()
        }
        Extended::Group => crate::operations::groups::visibility::load_seen(work, of)
            .await?
            .into_iter()
            .map(|group| group.id.0)
            .collect(),
        Extended::Role => {
            let ids: Vec<RoleId> = of.iter().copied().map(RoleId).collect();
            let seen = crate::operations::roles::visible_roles(work, &ids).await?;
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
            let group = crate::operations::groups::visibility::changeable(
                work,
                &which,
                ManagerLevel::Write,
            )
            .await?;
            (group.name, Some(group.organisation))
        }
        Extended::Role => {
            let role = crate::operations::roles::target(work, &Ref::Id(RoleId(of))).await?;
            (role.name, role.organisation)
        }
        Extended::Record => return Err(Fault::NotFound(Kind::Record).into()),
    })
}
