//! What hangs on people, for dialects that tell much of many at once: as many statements as there are
//! kinds of tie, whoever asks and however many people are asked about.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, Kind, Permission, Ref, Scope, Ties, Told, User, UserId, UserRef, Wanted,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::select::{Sql, seen};
use crate::store::{extensions, groups, organisations, roles, ties};

impl Handle {
    /// One user the caller sees, with the dialect's own document and the ties that are wanted.
    pub fn person(
        &self,
        which: impl Into<UserRef>,
        wanted: Wanted,
    ) -> Pending<'_, (Told<User>, Ties)> {
        fn inner(
            handle: &Handle,
            which: UserRef,
            wanted: Wanted,
        ) -> Pending<'_, (Told<User>, Ties)> {
            Box::pin(async move {
                handle
                    .read(Operation::ShowUser, async |work: &mut Work<'_>| {
                        let platform = work.caller.platform.word();
                        let person = match &which {
                            Ref::Uuid(uuid) => {
                                let found =
                                    ties::user_by_uuid(&mut work.tx, platform, *uuid).await?;
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
                                Told {
                                    row,
                                    document: found
                                        .into_iter()
                                        .next()
                                        .map(|(_, document)| document),
                                }
                            }
                        };
                        let mut told = Ties::default();
                        gather(work, &[person.row.id], wanted, &mut told).await?;
                        Ok((person, told))
                    })
                    .await
            })
        }
        inner(self, which.into(), wanted)
    }

    /// The ties of those people that the caller sees.
    pub fn ties<'a>(&'a self, of: &'a [UserId], wanted: Wanted) -> Pending<'a, Ties> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let mut told = Ties::default();
                let people = work.seen_users(&of).await?;
                if wanted.documents {
                    let platform = work.caller.platform.word();
                    let ids: Vec<i64> = people.iter().map(|id| id.0).collect();
                    let documents =
                        extensions::documents(&mut work.tx, Extended::User, &ids, platform).await?;
                    told.documents = documents
                        .into_iter()
                        .map(|(id, document)| (UserId(id), document))
                        .collect();
                }
                gather(work, &people, wanted, &mut told).await?;
                Ok(told)
            })
            .await
        })
    }
}

/// Reads the ties of people whom the caller sees.
async fn gather(
    work: &mut Work<'_>,
    people: &[UserId],
    wanted: Wanted,
    told: &mut Ties,
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
            groups::shown(sql, platform);
            if !all {
                groups::seen_or_own(sql, &scopes, limit, (user, at));
            }
        };
        (told.members, told.groups) = ties::groups_of(&mut work.tx, word, people, narrow).await?;
    }
    if wanted.roles && !told.groups.is_empty() {
        let scopes = work.scopes_of(Permission::ReadRoles);
        let all = everything(&scopes);
        let narrow = |sql: &mut Sql| {
            crate::operations::roles::shown(sql, platform);
            if !all {
                roles::seen_or_worn(sql, &scopes, limit, user);
            }
        };
        let of: Vec<_> = told.groups.iter().map(|group| group.row.id).collect();
        (told.brought, told.roles) = ties::roles_of(&mut work.tx, word, &of, narrow).await?;
    }
    if wanted.organisations {
        let mut scopes = work.scopes_of(Permission::ReadOrganisations);
        // Everybody sees the organisations they belong to.
        scopes.push(Scope::Own(user));
        let narrow = |sql: &mut Sql| seen::<organisations::Organisations>(sql, &scopes, limit);
        (told.memberships, told.organisations) =
            ties::organisations_of(&mut work.tx, word, people, narrow).await?;
    }
    Ok(())
}
