//! Organisations: list, make, change, delete.

pub(crate) mod builtin_groups;
pub(crate) mod ensure;
pub(crate) mod memberships;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, Kind, NewOrganisation, Organisation, OrganisationChange, OrganisationField,
    OrganisationId, OrganisationRef, Page, Permission, Query, Scope,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{members, organisations, pages, users};

use super::{extensions, second_factors};
use crate::pending::Pending;

impl Handle {
    /// One page of the organisations the caller sees.
    pub fn organisations<'a>(
        &'a self,
        query: &'a Query<OrganisationField>,
    ) -> Pending<'a, Page<Organisation>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(
                Operation::ListOrganisations,
                async move |work: &mut Work<'_>| {
                    let permission = query.seen_by.unwrap_or(Permission::ReadOrganisations);
                    let (scopes, limit, now) = (work.scopes_of(permission), work.limit(), work.now);
                    let statements = pages::compile::<organisations::Organisations>(
                        &query,
                        |_| {},
                        &scopes,
                        limit,
                        now,
                    )?;
                    Ok(
                        pages::run::<organisations::Organisations>(&mut work.tx, &statements)
                            .await?,
                    )
                },
            )
            .await
        })
    }

    /// How many people are homed in each of those organisations.
    pub fn population<'a>(
        &'a self,
        of: &'a [OrganisationId],
    ) -> Pending<'a, Vec<(OrganisationId, i64)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                Ok(users::homed(&mut work.tx, &of).await?)
            })
            .await
        })
    }

    /// Makes an organisation, with the groups that each platform installs in every one.
    pub fn create_organisation(&self, new: NewOrganisation) -> Pending<'_, Organisation> {
        Box::pin(async move {
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(
                Operation::CreateOrganisation,
                async move |work: &mut Work<'_>| create(work, &new, uuid).await,
            )
            .await
        })
    }

    /// Changes an organisation.
    pub fn update_organisation(
        &self,
        which: impl Into<OrganisationRef>,
        change: OrganisationChange,
    ) -> Pending<'_, Organisation> {
        fn inner(
            handle: &Handle,
            which: OrganisationRef,
            change: OrganisationChange,
        ) -> Pending<'_, Organisation> {
            Box::pin(async move {
                handle
                    .write(
                        Operation::UpdateOrganisation,
                        async move |work: &mut Work<'_>| update(work, &which, &change).await,
                    )
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Deletes an organisation that nobody is homed in and nothing hangs below; its groups,
    /// memberships, grants and records go with it.
    pub fn delete_organisation(
        &self,
        which: impl Into<OrganisationRef>,
    ) -> Pending<'_, Organisation> {
        fn inner(handle: &Handle, which: OrganisationRef) -> Pending<'_, Organisation> {
            Box::pin(async move {
                handle.write(
            Operation::DeleteOrganisation,
            async move |work: &mut Work<'_>| {
                let organisation = work.target_organisation(&which).await?;
                if organisation.id == crate::ROOT {
                    return Err(Fault::Protected(Kind::Organisation).into());
                }
                if organisations::in_use(&mut work.tx, organisation.id).await? {
                    return Err(Fault::InUse(Kind::Organisation).into());
                }
                organisations::delete(&mut work.tx, organisation.id).await?;
                let detail =
                    json!({ "before": { "name": organisation.name, "uuid": organisation.uuid } });
                work.event(
                    "organisation.deleted",
                    About::organisation(&organisation),
                    Some(detail),
                )
                .await?;
                Ok(organisation)
            },
        )
        .await
            })
        }
        inner(self, which.into())
    }
}

fn check(organisation: &Organisation) -> Result<(), Fault> {
    if organisation.name.trim().is_empty() {
        return Err(Fault::invalid("name", "must not be empty"));
    }
    rules::check_text("name", &organisation.name, 255, false)?;
    for (field, text) in [
        ("description", &organisation.description),
        ("kind", &organisation.kind),
        ("sector", &organisation.sector),
        ("nationality", &organisation.nationality),
        ("contacts", &organisation.contacts),
    ] {
        if let Some(text) = text {
            rules::check_text(field, text, 10_000, true)?;
        }
    }
    if organisation.domains.len() > 1_000 {
        return Err(Fault::invalid("domains", "holds more than 1000 domains"));
    }
    for domain in &organisation.domains {
        rules::check_allowed_domain(domain)?;
    }
    Ok(())
}

/// A slug that nobody has: the wanted one, or with the next free number behind it.
async fn free_slug(work: &mut Work<'_>, wanted: &str, own: i64) -> Outcome<String> {
    let mut slug = wanted.to_owned();
    for suffix in 2..10_000 {
        let taken = organisations::slug_taken(&mut work.tx, &slug, own).await?;
        if !taken {
            return Ok(slug);
        }
        slug = format!("{wanted}-{suffix}");
    }
    Err(Fault::Taken { field: "slug" }.into())
}

/// Makes an organisation in a transaction.
pub(crate) async fn create(
    work: &mut Work<'_>,
    new: &NewOrganisation,
    uuid: uuid::Uuid,
) -> Outcome<Organisation> {
    let parent = match new.parent {
        Some(parent) => {
            work.require_named_organisation(parent).await?;
            work.require_organisation(parent).await?;
            parent
        }
        None => work.highest_reach(Permission::ManageOrganisations).await?,
    };
    let slug = match &new.slug {
        Some(slug) => slug.clone(),
        None => free_slug(work, &rules::slug(&new.name), 0).await?,
    };
    let (now, actor) = (work.now, work.actor());
    let mut organisation = Organisation {
        id: OrganisationId(0),
        uuid,
        parent: Some(parent),
        name: new.name.trim().to_owned(),
        slug,
        description: new.description.clone(),
        kind: new.kind.clone(),
        sector: new.sector.clone(),
        nationality: new.nationality.clone(),
        contacts: new.contacts.clone(),
        local: !new.external,
        domains: new.domains.clone(),
        second_factor_required: new.second_factor_required,
        version: 1,
        created_at: now,
        created_by: actor,
        updated_at: now,
        updated_by: actor,
    };
    check(&organisation)?;
    let Some(id) = organisations::insert(&mut work.tx, &organisation).await? else {
        let field = organisations::clash(
            &mut work.tx,
            0,
            &organisation.name,
            &organisation.slug,
            uuid,
        )
        .await?;
        return Err(Fault::Taken {
            field: field.unwrap_or("name"),
        }
        .into());
    };
    organisation.id = id;
    builtin_groups::groups_of_organisation(work, &organisation).await?;
    if let Some(extension) = &new.extension {
        extensions::store_document(work, Extended::Organisation, id.0, extension).await?;
    }
    let detail = json!({ "after": { "name": organisation.name, "uuid": organisation.uuid, "parent": parent } });
    work.event(
        "organisation.created",
        About::organisation(&organisation),
        Some(detail),
    )
    .await?;
    Ok(organisation)
}

async fn update(
    work: &mut Work<'_>,
    which: &OrganisationRef,
    change: &OrganisationChange,
) -> Outcome<Organisation> {
    let old = work.target_organisation(which).await?;
    if change
        .if_version
        .is_some_and(|version| version != old.version)
    {
        return Err(Fault::Stale.into());
    }
    let mut new = old.clone();
    if let Some(uuid) = change.uuid {
        new.uuid = uuid;
    }
    if let Some(name) = &change.name {
        name.trim().clone_into(&mut new.name);
    }
    if let Some(slug) = &change.slug {
        new.slug.clone_from(slug);
    }
    for (slot, wanted) in [
        (&mut new.description, &change.description),
        (&mut new.kind, &change.kind),
        (&mut new.sector, &change.sector),
        (&mut new.nationality, &change.nationality),
        (&mut new.contacts, &change.contacts),
    ] {
        if let Some(wanted) = wanted {
            slot.clone_from(wanted);
        }
    }
    if let Some(local) = change.local {
        new.local = local;
    }
    if let Some(domains) = &change.domains {
        new.domains.clone_from(domains);
    }
    if let Some(required) = change.second_factor_required {
        new.second_factor_required = required;
        if old.second_factor_required && !required {
            // Its people sign in without a second factor from then on.
            work.caller.check_unlimited()?;
        }
    }
    if let Some(parent) = change.parent.filter(|parent| Some(*parent) != old.parent) {
        move_subtree(work, &old, parent).await?;
        new.parent = Some(parent);
    }
    check(&new)?;
    let now = work.now;
    let documented = match &change.extension {
        Some(extension) => {
            extensions::replace(work, Extended::Organisation, old.id.0, extension).await?
        }
        None => false,
    };
    if new != old || documented {
        new.updated_at = now;
        new.updated_by = work.actor();
        if !organisations::update(&mut work.tx, &new).await? {
            let field =
                organisations::clash(&mut work.tx, old.id.0, &new.name, &new.slug, new.uuid)
                    .await?;
            return Err(Fault::Taken {
                field: field.unwrap_or("name"),
            }
            .into());
        }
        new.version += 1;
        if new.name != old.name || new.slug != old.slug {
            builtin_groups::rename_groups_of_organisation(work, &new).await?;
        }
        let moved = new.parent != old.parent;
        if moved || new.second_factor_required && !old.second_factor_required {
            second_factors::require_in_sessions(work, None).await?;
        }
        let mut detail = json!({ "before": described(&old, &new), "after": described(&new, &old) });
        if documented {
            detail = crate::audit::with_document(detail, work.caller.platform);
        }
        work.event(
            "organisation.changed",
            About::organisation(&new),
            Some(detail),
        )
        .await?;
    }
    Ok(new)
}

/// The fields in which one differs from the other.
fn described(one: &Organisation, other: &Organisation) -> serde_json::Value {
    let fields = |organisation: &Organisation| {
        json!({
            "name": organisation.name, "slug": organisation.slug, "uuid": organisation.uuid,
            "description": organisation.description, "kind": organisation.kind, "sector": organisation.sector,
            "nationality": organisation.nationality, "contacts": organisation.contacts, "local": organisation.local,
            "domains": organisation.domains, "parent": organisation.parent,
            "second_factor_required": organisation.second_factor_required,
        })
    };
    let (one, other) = (fields(one), fields(other));
    one.as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| other.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Moves a subtree: reach over the new parent is needed, and no circle may come of it. People below
/// leave groups they were allowed in only for the old place's sake.
async fn move_subtree(
    work: &mut Work<'_>,
    organisation: &Organisation,
    parent: OrganisationId,
) -> Outcome<()> {
    if organisation.id == crate::ROOT {
        return Err(Fault::Protected(Kind::Organisation).into());
    }
    work.require_named_organisation(parent).await?;
    work.require_organisation(parent).await?;
    if work.caller.limits.binds_moves() {
        return Err(Fault::ExceedsOwn.into());
    }
    // Whoever reaches the new place reaches everybody in what comes there, and nobody of the old place
    // does any more: only who administers both decides that.
    let inner = std::sync::Arc::clone(&work.inner);
    for (platform, word) in crate::operations::roles::covering::whole_of(&inner) {
        for place in [organisation.id, parent] {
            if !work.covers(platform, &word, &Scope::Subtree(place)).await? {
                return Err(Fault::ExceedsOwn.into());
            }
        }
    }
    if work.ancestors(parent).await?.contains(&organisation.id) {
        return Err(Fault::invalid("parent", "lies below the organisation itself").into());
    }
    organisations::detach_subtree(&mut work.tx, organisation.id).await?;
    organisations::attach_subtree(&mut work.tx, organisation.id, parent).await?;
    members::leave_foreign_of(&mut work.tx, organisation.id).await?;
    Ok(())
}
