//! Making sure that an organisation is there as a request or a row says: it is made, changed where it
//! differs, or left alone.

use uuid::Uuid;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    EnsureOutcome, EnsuredRecord, Fault, NewOrganisation, Organisation, OrganisationChange, Ref,
};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;

impl Handle {
    /// Makes sure that an organisation of that name is there as `wanted` says, in one transaction. What
    /// `wanted` does not say stays. `uuid` counts only when it is made.
    pub fn ensure_organisation(
        &self,
        name: String,
        wanted: OrganisationChange,
        uuid: Option<Uuid>,
    ) -> Pending<'_, EnsuredRecord<Organisation>> {
        Box::pin(async move {
            let uuid = uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(
                Operation::EnsureOne,
                async move |work: &mut Work<'_>| match find(work, &name).await? {
                    Some(old) => change(work, old, &wanted).await,
                    None => {
                        let record = make(work, &name, &wanted, uuid).await?;
                        Ok(EnsuredRecord::created(record))
                    }
                },
            )
            .await
        })
    }
}

/// The organisation of that name, if the caller sees it.
pub(crate) async fn find(work: &mut Work<'_>, name: &str) -> Outcome<Option<Organisation>> {
    work.switch(Operation::ShowOrganisation)?;
    let which = Ref::Name(name.trim().to_owned());
    match work.visible_organisation(&which).await {
        Ok(found) => Ok(Some(found)),
        // Making it will say that a hidden one has the name.
        Err(Abort::Fault(Fault::NotFound(_))) => Ok(None),
        Err(abort) => Err(abort),
    }
}

/// Makes the organisation.
pub(crate) async fn make(
    work: &mut Work<'_>,
    name: &str,
    wanted: &OrganisationChange,
    uuid: Uuid,
) -> Outcome<Organisation> {
    work.switch(Operation::CreateOrganisation)?;
    let wanted = wanted.clone();
    let new = NewOrganisation {
        uuid: Some(uuid),
        name: name.to_owned(),
        slug: wanted.slug,
        description: wanted.description.flatten(),
        kind: wanted.kind.flatten(),
        sector: wanted.sector.flatten(),
        nationality: wanted.nationality.flatten(),
        contacts: wanted.contacts.flatten(),
        external: !wanted.local.unwrap_or(true),
        domains: wanted.domains.unwrap_or_default(),
        parent: wanted.parent,
        second_factor_required: wanted.second_factor_required.unwrap_or(false),
        ..NewOrganisation::default()
    };
    super::create(work, &new, uuid).await
}

/// Changes what differs of an organisation that is there. What is so already needs no permission.
pub(crate) async fn change(
    work: &mut Work<'_>,
    old: Organisation,
    wanted: &OrganisationChange,
) -> Outcome<EnsuredRecord<Organisation>> {
    let changed = differences(wanted, &old);
    if changed.is_empty() {
        return Ok(EnsuredRecord {
            outcome: EnsureOutcome::Unchanged,
            changed,
            record: old,
        });
    }
    work.switch(Operation::UpdateOrganisation)?;
    let record = super::update(work, &old.id.into(), wanted).await?;
    Ok(EnsuredRecord {
        outcome: EnsureOutcome::Updated,
        changed,
        record,
    })
}

/// The members that are stated and differ.
fn differences(wanted: &OrganisationChange, old: &Organisation) -> Vec<&'static str> {
    fn differs<T: PartialEq>(wanted: &Option<T>, old: &T) -> bool {
        wanted.as_ref().is_some_and(|wanted| wanted != old)
    }
    let members = [
        ("slug", differs(&wanted.slug, &old.slug)),
        (
            "description",
            differs(&wanted.description, &old.description),
        ),
        ("kind", differs(&wanted.kind, &old.kind)),
        ("sector", differs(&wanted.sector, &old.sector)),
        (
            "nationality",
            differs(&wanted.nationality, &old.nationality),
        ),
        ("contacts", differs(&wanted.contacts, &old.contacts)),
        ("local", differs(&wanted.local, &old.local)),
        ("domains", differs(&wanted.domains, &old.domains)),
        ("parent", differs(&wanted.parent.map(Some), &old.parent)),
        (
            "second_factor_required",
            differs(&wanted.second_factor_required, &old.second_factor_required),
        ),
    ];
    let differing = members.into_iter().filter(|(_, differs)| *differs);
    differing.map(|(name, _)| name).collect()
}
