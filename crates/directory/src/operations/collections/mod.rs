//! Collections: named sets of organisations that groups' roles may reach through.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::{About, difference};
use crate::handle::Handle;
use crate::model::{
    Collection, CollectionChange, CollectionField, CollectionId, CollectionRef, Fault, Kind,
    NewCollection, OrganisationId, Page, Permission, Place, Query, Scope,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{collections, pages};

use super::extensions::seen_organisations;
use crate::operations::roles::covering::{self, Holder};
use crate::operations::roles::granting;
use crate::pending::Pending;

pub(crate) mod visibility;

use visibility::visible;

/// How many organisations one request may name.
const MOST_NAMED: usize = 5_000;

impl Handle {
    /// One page of the collections of the organisations the caller sees.
    pub fn collection_page<'a>(
        &'a self,
        query: &'a Query<CollectionField>,
    ) -> Pending<'a, Page<Collection>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(
                Operation::ListCollections,
                async move |work: &mut Work<'_>| {
                    let scopes = work.reading(Permission::ReadOrganisations);
                    let (limit, now) = (work.limit(), work.now);
                    let statements = pages::compile::<collections::Collections>(
                        &query,
                        |_| {},
                        &scopes,
                        limit,
                        now,
                    )?;
                    Ok(pages::run::<collections::Collections>(&mut work.tx, &statements).await?)
                },
            )
            .await
        })
    }

    /// The collections of the organisations the caller sees, by name.
    pub fn collections(&self) -> Pending<'_, Vec<Collection>> {
        Box::pin(async move {
            self.read(Operation::ListCollections, async |work: &mut Work<'_>| {
                let scopes = work.scopes();
                let everything = work.limit().is_none() && scopes.contains(&Scope::All);
                let all = collections::list(&mut work.tx).await?;
                if everything {
                    return Ok(all);
                }
                let mut places: Vec<OrganisationId> =
                    all.iter().map(|one| one.organisation).collect();
                places.sort_unstable();
                places.dedup();
                let seen = seen_organisations(work, &places).await?;
                Ok(all
                    .into_iter()
                    .filter(|one| seen.contains(&one.organisation))
                    .collect())
            })
            .await
        })
    }

    /// One collection the caller sees.
    pub fn collection(&self, which: impl Into<CollectionRef>) -> Pending<'_, Collection> {
        fn inner(handle: &Handle, which: CollectionRef) -> Pending<'_, Collection> {
            Box::pin(async move {
                handle
                    .read(Operation::ListCollections, async |work: &mut Work<'_>| {
                        visible(work, &which).await
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// The organisations in those collections, as far as the caller sees both.
    pub fn collection_organisations<'a>(
        &'a self,
        of: &'a [CollectionId],
    ) -> Pending<'a, Vec<(CollectionId, OrganisationId)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ListCollections, async |work: &mut Work<'_>| {
                let mut shown = Vec::new();
                for id in of {
                    match visible(work, &id.into()).await {
                        Ok(collection) => shown.push(collection.id),
                        Err(crate::outcome::Abort::Fault(Fault::NotFound(_))) => {}
                        Err(stop) => return Err(stop),
                    }
                }
                let pairs = collections::organisations(&mut work.tx, &shown).await?;
                let mut places: Vec<OrganisationId> = pairs.iter().map(|(_, one)| *one).collect();
                places.sort_unstable();
                places.dedup();
                let seen = seen_organisations(work, &places).await?;
                Ok(pairs
                    .into_iter()
                    .filter(|(_, organisation)| seen.contains(organisation))
                    .collect())
            })
            .await
        })
    }

    /// Makes a collection.
    pub fn create_collection(&self, new: NewCollection) -> Pending<'_, Collection> {
        Box::pin(async move {
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(
                Operation::ManageCollections,
                async move |work: &mut Work<'_>| create(work, &new, uuid).await,
            )
            .await
        })
    }

    /// Renames or redescribes a collection.
    pub fn update_collection(
        &self,
        which: impl Into<CollectionRef>,
        change: CollectionChange,
    ) -> Pending<'_, Collection> {
        fn inner(
            handle: &Handle,
            which: CollectionRef,
            change: CollectionChange,
        ) -> Pending<'_, Collection> {
            Box::pin(async move {
                handle
                    .write(
                        Operation::ManageCollections,
                        async move |work: &mut Work<'_>| update(work, &which, &change).await,
                    )
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Deletes a collection; roles that groups bring through it go with it.
    pub fn delete_collection(&self, which: impl Into<CollectionRef>) -> Pending<'_, Collection> {
        fn inner(handle: &Handle, which: CollectionRef) -> Pending<'_, Collection> {
            Box::pin(async move {
                handle
                    .write(
                        Operation::ManageCollections,
                        async move |work: &mut Work<'_>| {
                            let collection = target(work, &which).await?;
                            let inside = inside(work, collection.id).await?;
                            check_roles(work, collection.id, &inside, false).await?;
                            collections::delete(&mut work.tx, collection.id).await?;
                            let detail = json!({ "before": { "name": collection.name } });
                            work.event("collection.deleted", about(&collection), Some(detail))
                                .await?;
                            Ok(collection)
                        },
                    )
                    .await
            })
        }
        inner(self, which.into())
    }

    /// Puts organisations into a collection, all or none; those in it already stay.
    pub fn add_to_collection<'a>(
        &'a self,
        which: impl Into<CollectionRef>,
        organisations: &'a [OrganisationId],
    ) -> Pending<'a, ()> {
        fn inner<'a>(
            handle: &'a Handle,
            which: CollectionRef,
            organisations: &'a [OrganisationId],
        ) -> Pending<'a, ()> {
            Box::pin(async move {
                let (which, wanted) = (which, organisations.to_vec());
                handle
                    .write(
                        Operation::ManageCollections,
                        async move |work: &mut Work<'_>| {
                            let collection = target(work, &which).await?;
                            fill(work, &collection, &wanted).await
                        },
                    )
                    .await
            })
        }
        inner(self, which.into(), organisations)
    }

    /// Takes organisations out of a collection, all or none; those not in it are left alone.
    pub fn remove_from_collection<'a>(
        &'a self,
        which: impl Into<CollectionRef>,
        organisations: &'a [OrganisationId],
    ) -> Pending<'a, ()> {
        fn inner<'a>(
            handle: &'a Handle,
            which: CollectionRef,
            organisations: &'a [OrganisationId],
        ) -> Pending<'a, ()> {
            Box::pin(async move {
                let (which, gone) = (which, organisations.to_vec());
                handle
                    .write(
                        Operation::ManageCollections,
                        async move |work: &mut Work<'_>| {
                            let collection = target(work, &which).await?;
                            let inside = inside(work, collection.id).await?;
                            let gone: Vec<OrganisationId> = inside
                                .into_iter()
                                .filter(|one| gone.contains(one))
                                .collect();
                            check_roles(work, collection.id, &gone, false).await?;
                            for organisation in &gone {
                                collections::delete_organisation(
                                    &mut work.tx,
                                    collection.id,
                                    *organisation,
                                )
                                .await?;
                            }
                            if !gone.is_empty() {
                                let detail = json!({ "before": { "organisations": gone } });
                                work.event("collection.changed", about(&collection), Some(detail))
                                    .await?;
                            }
                            Ok(())
                        },
                    )
                    .await
            })
        }
        inner(self, which.into(), organisations)
    }
}

fn about(collection: &Collection) -> About<'_> {
    About {
        entity: Kind::Collection.word(),
        id: Some(collection.id.0),
        name: Some(&collection.name),
        organisation: Some(collection.organisation),
        subject: None,
    }
}

async fn target(work: &mut Work<'_>, which: &CollectionRef) -> Outcome<Collection> {
    let collection = visible(work, which).await?;
    work.require_organisation(collection.organisation).await?;
    Ok(collection)
}

async fn inside(work: &mut Work<'_>, collection: CollectionId) -> Outcome<Vec<OrganisationId>> {
    Ok(collections::organisations(&mut work.tx, &[collection])
        .await?
        .into_iter()
        .map(|(_, organisation)| organisation)
        .collect())
}

/// A collection that groups' roles reach through is a way of granting: whoever widens or narrows it
/// must hold what those roles bring there.
async fn check_roles(
    work: &mut Work<'_>,
    collection: CollectionId,
    organisations: &[OrganisationId],
    added: bool,
) -> Outcome<()> {
    let through = collections::roles_through(&mut work.tx, collection).await?;
    work.look_up_roles(&through).await?;
    work.look_up_organisations(organisations).await?;
    for id in through {
        let role = work.role(id).await?.ok_or(Fault::ExceedsOwn)?;
        for organisation in organisations {
            if added {
                granting::check_custom(work, &role, None, *organisation).await?;
            }
            covering::may_grant(work, &role, Place::In(*organisation), Holder::Anybody).await?;
        }
    }
    Ok(())
}

async fn fill(
    work: &mut Work<'_>,
    collection: &Collection,
    wanted: &[OrganisationId],
) -> Outcome<()> {
    if wanted.len() > MOST_NAMED {
        let why = format!("are more than {MOST_NAMED}");
        return Err(Fault::invalid("organisations", why).into());
    }
    work.look_up_organisations(wanted).await?;
    for organisation in wanted {
        work.require_named_organisation(*organisation).await?;
        work.require_organisation(*organisation).await?;
    }
    let mut added = Vec::new();
    for organisation in wanted {
        if collections::put_organisation(&mut work.tx, collection.id, *organisation).await? {
            added.push(*organisation);
        }
    }
    check_roles(work, collection.id, &added, true).await?;
    if !added.is_empty() {
        let detail = json!({ "after": { "organisations": added } });
        work.event("collection.changed", about(collection), Some(detail))
            .await?;
    }
    Ok(())
}

fn check(collection: &Collection) -> Result<(), Fault> {
    if collection.name.trim().is_empty() {
        return Err(Fault::invalid("name", "must not be empty"));
    }
    rules::check_text("name", &collection.name, 255, false)?;
    if let Some(description) = &collection.description {
        rules::check_text("description", description, 10_000, true)?;
    }
    Ok(())
}

async fn create(work: &mut Work<'_>, new: &NewCollection, uuid: uuid::Uuid) -> Outcome<Collection> {
    let organisation = new
        .organisation
        .or(work.caller.organisation)
        .unwrap_or(work.caller.home);
    work.require_named_organisation(organisation).await?;
    work.require_organisation(organisation).await?;
    let (now, actor) = (work.now, work.actor());
    let mut collection = Collection {
        id: CollectionId(0),
        uuid,
        organisation,
        name: new.name.trim().to_owned(),
        description: new.description.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    check(&collection)?;
    collection.id = collections::insert(&mut work.tx, &collection, actor)
        .await?
        .ok_or(Fault::Taken { field: "name" })?;
    let detail = json!({ "after": { "name": collection.name } });
    work.event("collection.created", about(&collection), Some(detail))
        .await?;
    fill(work, &collection, &new.organisations).await?;
    Ok(collection)
}

async fn update(
    work: &mut Work<'_>,
    which: &CollectionRef,
    change: &CollectionChange,
) -> Outcome<Collection> {
    let old = target(work, which).await?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        name.trim().clone_into(&mut new.name);
    }
    if let Some(description) = &change.description {
        new.description.clone_from(description);
    }
    check(&new)?;
    if new == old {
        return Ok(old);
    }
    new.updated_at = work.now;
    let actor = work.actor();
    if !collections::update(&mut work.tx, &new, actor).await? {
        return Err(Fault::Taken { field: "name" }.into());
    }
    new.version += 1;
    let fields = |one: &Collection| json!({ "name": one.name, "description": one.description });
    let detail = difference(&fields(&old), &fields(&new));
    work.event("collection.changed", about(&new), Some(detail))
        .await?;
    Ok(new)
}
