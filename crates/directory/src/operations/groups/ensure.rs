//! Making sure that a group is there as a request or a row says: it is made, changed where it differs,
//! or left alone.

use uuid::Uuid;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    EnsureOutcome, EnsuredRecord, Group, GroupChange, NewGroup, OrganisationId, Platform,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules;
use crate::store::groups;

use super::visibility::load_seen;

impl Handle {
    /// Makes sure that a group of that name is there as `wanted` says, in one transaction: in the named
    /// organisation, else in the caller's own. What `wanted` does not say stays. `uuid` counts only when
    /// it is made.
    pub fn ensure_group(
        &self,
        name: String,
        organisation: Option<OrganisationId>,
        wanted: GroupChange,
        uuid: Option<Uuid>,
    ) -> Pending<'_, EnsuredRecord<Group>> {
        Box::pin(async move {
            let uuid = uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(Operation::EnsureOne, async move |work: &mut Work<'_>| {
                let place = organisation.unwrap_or_else(|| usual_place(work));
                match find(work, &name, place).await? {
                    Some(old) => change(work, old, &wanted).await,
                    None => {
                        let record = make(work, &name, place, &wanted, uuid).await?;
                        Ok(EnsuredRecord::created(record))
                    }
                }
            })
            .await
        })
    }
}

/// The organisation of a group when none is named.
pub(crate) fn usual_place(work: &Work<'_>) -> OrganisationId {
    work.caller.organisation.unwrap_or(work.caller.home)
}

/// The group of that name in an organisation, if the caller sees it. A vendor's built-in of that name is
/// another group.
pub(crate) async fn find(
    work: &mut Work<'_>,
    name: &str,
    organisation: OrganisationId,
) -> Outcome<Option<Group>> {
    work.switch(Operation::ShowGroup)?;
    let folded = rules::fold(name.trim());
    let ids = groups::find_by_name(&mut work.tx, &folded).await?;
    let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    let seen = load_seen(work, &ids).await?;
    Ok(seen.into_iter().find(|group| {
        group.organisation == organisation
            && group.platform.is_none()
            && rules::fold(&group.name) == folded
    }))
}

/// Makes the group.
pub(crate) async fn make(
    work: &mut Work<'_>,
    name: &str,
    organisation: OrganisationId,
    wanted: &GroupChange,
    uuid: Uuid,
) -> Outcome<Group> {
    work.switch(Operation::CreateGroup)?;
    let new = NewGroup {
        uuid: Some(uuid),
        name: name.to_owned(),
        slug: wanted.slug.clone(),
        description: wanted.description.clone().flatten(),
        newcomers: wanted.newcomers.unwrap_or(false),
        organisation: Some(organisation),
        ..NewGroup::default()
    };
    super::create(work, &new, uuid).await
}

/// Changes what differs of a group that is there. What is so already needs no permission.
pub(crate) async fn change(
    work: &mut Work<'_>,
    old: Group,
    wanted: &GroupChange,
) -> Outcome<EnsuredRecord<Group>> {
    let changed = differences(wanted, &old, work.caller.platform);
    if changed.is_empty() {
        return Ok(EnsuredRecord {
            outcome: EnsureOutcome::Unchanged,
            changed,
            record: old,
        });
    }
    work.switch(Operation::UpdateGroup)?;
    let record = super::update(work, &old.id.into(), wanted).await?;
    Ok(EnsuredRecord {
        outcome: EnsureOutcome::Updated,
        changed,
        record,
    })
}

/// The members that are stated and differ.
fn differences(wanted: &GroupChange, old: &Group, platform: Platform) -> Vec<&'static str> {
    let newcomers = old.newcomers_of.as_deref() == Some(platform.word());
    let members = [
        (
            "slug",
            wanted.slug.as_ref().is_some_and(|slug| *slug != old.slug),
        ),
        (
            "description",
            wanted
                .description
                .as_ref()
                .is_some_and(|text| *text != old.description),
        ),
        (
            "newcomers",
            wanted.newcomers.is_some_and(|wanted| wanted != newcomers),
        ),
    ];
    let differing = members.into_iter().filter(|(_, differs)| *differs);
    differing.map(|(name, _)| name).collect()
}
