//! What hangs on people, for dialects that tell much of many at once: as many statements as there are
//! kinds of tie, whoever asks and however many people are asked about.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, GroupId, Kind, OrganisationId, Permission, Ref, Related, Scope, User, UserId,
    UserRef, Wanted, WithDocument,
};
use crate::operations::groups::visibility::load_seen;
use crate::operations::reach::reached;
use crate::operations::roles::granting;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::select::{Sql, push_scopes};
use crate::store::{extensions, groups, organisation_labels, organisations, related, roles};

impl Handle {
    /// One user the caller sees, with the dialect's own document and the related rows that are wanted.
    pub fn person(
        &self,
        which: impl Into<UserRef>,
        wanted: Wanted,
    ) -> Pending<'_, (WithDocument<User>, Related)> {
        fn inner(
            handle: &Handle,
            which: UserRef,
            wanted: Wanted,
        ) -> Pending<'_, (WithDocument<User>, Related)> {
            Box::pin(async move {
                handle
                    .read(Operation::ShowUser, async |work: &mut Work<'_>| {
                        let platform = work.caller.platform.word();
                        let person = match &which {
                            Ref::Uuid(uuid) => {
                                let found =
                                    related::user_by_uuid(&mut work.tx, platform, *uuid).await?;
                                let person = found.ok_or(Fault::NotFound(Kind::User))?;
                                if !work.sees_user(&person.row).await? {
                                    return Err(Fault::NotFound(Kind::User).into());
                                }
                                person
                            }
                            Ref::Id(_) | Ref::Name(_) => {
                                let row = work.visible_user(&which).await?;
                                let of = [row.id.0];
                                let found = extensions::documents(
                                    &mut work.tx,
                                    Extended::User,
                                    &of,
                                    platform,
                                )
                                .await?;
                                WithDocument {
                                    row,
                                    document: found
                                        .into_iter()
                                        .next()
                                        .map(|(_, document)| document),
                                }
                            }
                        };
                        let mut told = Related::default();
                        load_rows(work, &[person.row.id], wanted, &mut told).await?;
                        Ok((person, told))
                    })
                    .await
            })
        }
        inner(self, which.into(), wanted)
    }

    /// The rows related to those people, where the caller may see both.
    pub fn related<'a>(&'a self, of: &'a [UserId], wanted: Wanted) -> Pending<'a, Related> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                load_related(work, &of, wanted).await
            })
            .await
        })
    }
}

/// The rows related to those people, where the caller may see both. A write reads them in its own transaction: the answer shows what it did,
/// and cannot fail after it was done.
pub(crate) async fn load_related(
    work: &mut Work<'_>,
    of: &[UserId],
    wanted: Wanted,
) -> Outcome<Related> {
    let mut told = Related::default();
    if wanted == Wanted::default() {
        return Ok(told);
    }
    let people = work.seen_users(of).await?;
    if wanted.documents {
        let platform = work.caller.platform.word();
        let ids: Vec<i64> = people.iter().map(|id| id.0).collect();
        let documents = extensions::documents(&mut work.tx, Extended::User, &ids, platform).await?;
        told.documents = documents
            .into_iter()
            .map(|(id, document)| (UserId(id), document))
            .collect();
    }
    load_rows(work, &people, wanted, &mut told).await?;
    Ok(told)
}

/// Reads the rows related to people whom the caller sees.
async fn load_rows(
    work: &mut Work<'_>,
    people: &[UserId],
    wanted: Wanted,
    told: &mut Related,
) -> Outcome<()> {
    if people.is_empty() {
        return Ok(());
    }
    let (limit, platform) = (work.limit(), work.shown_platform());
    let (user, at) = (work.caller.user, work.caller.platform);
    let word = work.caller.platform.word();
    let everything = |scopes: &[Scope]| limit.is_none() && scopes.contains(&Scope::All);
    if wanted.groups || wanted.roles {
        let scopes = work.scopes_of(Permission::ReadGroups);
        let all = everything(&scopes);
        let narrow = |sql: &mut Sql| {
            groups::push_platform(sql, platform);
            if !all {
                groups::seen_or_own(sql, &scopes, limit, (user, at));
            }
        };
        (told.members, told.groups) =
            related::groups_of(&mut work.tx, word, people, narrow).await?;
    }
    if wanted.roles && !told.groups.is_empty() {
        let scopes = work.scopes_of(Permission::ReadRoles);
        let all = everything(&scopes);
        let narrow = |sql: &mut Sql| {
            crate::operations::roles::push_platform(sql, platform);
            if !all {
                roles::visible_or_assigned(sql, &scopes, limit, user);
            }
        };
        let of: Vec<_> = told.groups.iter().map(|group| group.row.id).collect();
        (told.brought, told.roles) = related::roles_of(&mut work.tx, word, &of, narrow).await?;
    }
    if wanted.labels || wanted.homes || wanted.primary_documents || wanted.builtin_group.is_some() {
        let (homes, primary_groups) = organisation_labels::homes(&mut work.tx, people).await?;
        if let Some(word) = wanted.builtin_group {
            let found = organisation_labels::builtin_groups(&mut work.tx, at, word, &homes);
            told.builtin_groups = found.await?;
        }
        if wanted.primary_documents {
            told.primary_documents = primary_documents(work, primary_groups, told).await?;
        }
        if wanted.homes {
            let scopes = seeing_organisations(work);
            let seen = organisations::seen_of(&mut work.tx, &homes, &scopes, limit);
            told.homes = seen.await?;
        }
        if wanted.labels {
            let of_groups = told.groups.iter().map(|group| group.row.organisation);
            let named: BTreeSet<OrganisationId> = homes.into_iter().chain(of_groups).collect();
            let named: Vec<OrganisationId> = named.into_iter().collect();
            told.labels = organisation_labels::load(&mut work.tx, &named).await?;
        }
    }
    if let Some(permission) = wanted.reached_by {
        told.reached = reached(work, permission, people).await?;
    }
    if wanted.held {
        told.held = granting::held_by(work, people, platform).await?;
    }
    if wanted.organisations {
        let scopes = seeing_organisations(work);
        let narrow =
            |sql: &mut Sql| push_scopes::<organisations::Organisations>(sql, &scopes, limit);
        (told.memberships, told.organisations) =
            related::organisations_of(&mut work.tx, word, people, narrow).await?;
    }
    Ok(())
}

/// Where the caller sees organisations: everybody sees those they belong to.
fn seeing_organisations(work: &Work<'_>) -> Vec<Scope> {
    let mut scopes = work.scopes_of(Permission::ReadOrganisations);
    scopes.push(Scope::Own(work.caller.user));
    scopes
}

/// The documents of primary groups, and of the built-in groups of homes, to which the people do not belong: those of their own
/// groups were read with these.
async fn primary_documents(
    work: &mut Work<'_>,
    primary_groups: Vec<GroupId>,
    told: &Related,
) -> Outcome<HashMap<GroupId, Value>> {
    let built_in = told.builtin_groups.iter().map(|(_, group)| *group);
    let mut others: BTreeSet<i64> = primary_groups
        .into_iter()
        .chain(built_in)
        .map(|group| group.0)
        .collect();
    for group in &told.groups {
        others.remove(&group.row.id.0);
    }
    if others.is_empty() {
        return Ok(HashMap::new());
    }
    let others: Vec<i64> = others.into_iter().collect();
    let seen: Vec<i64> = load_seen(work, &others)
        .await?
        .into_iter()
        .map(|group| group.id.0)
        .collect();
    let platform = work.caller.platform.word();
    let documents = extensions::documents(&mut work.tx, Extended::Group, &seen, platform).await?;
    Ok(documents
        .into_iter()
        .map(|(group, document)| (GroupId(group), document))
        .collect())
}
