//! Why a person holds a permission, who holds it, and all people's grants: what an access review needs.

use std::collections::HashMap;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    AccessLine, AccessPath, AccessQuestion, Cursor, CursorKey, GrantField, HeldRole, Line,
    OrganisationId, Page, Path, Permission, Platform, Position, Query, Reach, RoleId, Scope,
    Standing, User, UserAccess, UserId, UserRef, word_covers,
};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::{grant_lists, holders, organisations, pages, roles, users};

use super::{granting, owners};

impl Handle {
    /// Every line that a person holds, of every role by every path, with what gives it; or only those
    /// that answer a question.
    pub fn access_of(
        &self,
        user: impl Into<UserRef>,
        question: AccessQuestion,
    ) -> Pending<'_, UserAccess> {
        fn inner(
            handle: &Handle,
            which: UserRef,
            question: AccessQuestion,
        ) -> Pending<'_, UserAccess> {
            Box::pin(async move {
                handle
                    .read(Operation::ListGrants, async |work: &mut Work<'_>| {
                        let user = work.visible_user(&which).await?;
                        let place = place_of(work, &question).await?;
                        let mut lines = lines_of(work, &[user.id]).await?;
                        lines.retain(|line| answers(line, &question, place.as_ref()));
                        let asked = question.permission.is_some() && place.is_some();
                        let active = user.standing(work.now) == Standing::Active;
                        Ok(UserAccess {
                            allowed: asked.then_some(active && !lines.is_empty()),
                            user,
                            lines,
                        })
                    })
                    .await
            })
        }
        inner(self, user.into(), question)
    }

    /// One page of the people who hold a permission (in an organisation, where one is named), as far as
    /// the caller sees them, each with the lines that say so. `allowed` is false for accounts that may
    /// not act at all at present.
    pub fn holders_of(
        &self,
        question: AccessQuestion,
        from: Position,
        limit: u32,
    ) -> Pending<'_, Page<UserAccess>> {
        Box::pin(async move {
            let read = async move |work: &mut Work<'_>| {
                let place = place_of(work, &question).await?;
                let (ids, found) = holders(work, &question, place.as_ref(), &from, limit).await?;
                // In the order in which they were read, which may be backwards.
                let mut known: HashMap<UserId, User> =
                    found.into_iter().map(|user| (user.id, user)).collect();
                let found: Vec<User> = ids.iter().filter_map(|id| known.remove(id)).collect();
                let mut lines = lines_of(work, &ids).await?;
                lines.retain(|line| answers(line, &question, place.as_ref()));
                let now = work.now;
                let rows = found.into_iter().map(|user| {
                    let cursor = Cursor {
                        key: CursorKey::Int(user.id.0),
                        id: user.id.0,
                    };
                    let own = lines.iter().filter(|line| line.user == user.id);
                    let access = UserAccess {
                        allowed: Some(user.standing(now) == Standing::Active),
                        lines: own.cloned().collect(),
                        user,
                    };
                    (access, cursor)
                });
                Ok(grant_lists::page_of(rows.collect(), &from, limit, None))
            };
            self.read_slow(Operation::ListGrants, read).await
        })
    }

    /// One page of the roles that people hold, by person, with every path, as far as the caller sees
    /// the people: of the dialect's platform and of `usher`; natively of all.
    pub fn all_grants<'a>(&'a self, query: &'a Query<GrantField>) -> Pending<'a, Page<HeldRole>> {
        Box::pin(async move {
            limits::check_query(query)?;
            let query = query.clone();
            let read = async move |work: &mut Work<'_>| {
                let scopes = work.scopes_of(Permission::ReadUsers);
                let viewer = grant_lists::Viewer {
                    scopes: &scopes,
                    limit: work.limit(),
                    own: work.caller.user,
                    now: work.now,
                };
                let shown = work.shown_platform();
                let platforms = work.inner.platforms.iter().map(|spec| spec.platform);
                let known: Vec<Platform> = platforms
                    .filter(|one| {
                        shown.is_none_or(|shown| shown == *one || *one == Platform::USHER)
                    })
                    .collect();
                grant_lists::page(&mut work.tx, &query, &viewer, &known).await
            };
            self.read_slow(Operation::ListGrants, read).await
        })
    }
}

/// The organisation that a question names, and those above it, itself included.
struct Place {
    id: OrganisationId,
    above: Vec<OrganisationId>,
}

async fn place_of(work: &mut Work<'_>, question: &AccessQuestion) -> Outcome<Option<Place>> {
    let Some(which) = &question.organisation else {
        return Ok(None);
    };
    let id = work.visible_organisation(which).await?.id;
    let above = work.ancestors(id).await?.to_vec();
    Ok(Some(Place { id, above }))
}

/// Whether a line reaches the whole of one organisation. What reaches only oneself, a list of people
/// or managed groups does not.
fn reaches(reach: &Reach, held_in: OrganisationId, place: &Place) -> bool {
    match reach {
        Reach::All => true,
        Reach::Subtree => held_in == crate::ROOT || place.above.contains(&held_in),
        Reach::Organisation => held_in == place.id,
        Reach::Own | Reach::Listed(_) | Reach::ManagedGroups => false,
    }
}

fn answers(line: &AccessLine, question: &AccessQuestion, place: Option<&Place>) -> bool {
    let permission = question.permission.as_deref();
    permission.is_none_or(|wanted| word_covers(&line.word, wanted))
        && place.is_none_or(|place| reaches(&line.reach, line.organisation, place))
}

/// Every line that those people hold, by person.
async fn lines_of(work: &mut Work<'_>, people: &[UserId]) -> Outcome<Vec<AccessLine>> {
    let held = granting::held_by(work, people, None).await?;
    let mut ids: Vec<i64> = held.iter().map(|one| one.role.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = pages::by_ids::<roles::Roles>(&mut work.tx, &ids, |_| ()).await?;
    let mut lines = Vec::new();
    for one in &held {
        let role = known.iter().find(|role| role.id == one.role);
        for line in role.map_or(&[][..], |role| &role.lines) {
            lines.push(line_of(one, line));
        }
    }
    let inner = std::sync::Arc::clone(&work.inner);
    for membership in organisations::memberships(&mut work.tx, people).await? {
        if !membership.administrator {
            continue;
        }
        for (platform, brought) in &inner.platform_lines {
            lines.extend(brought.iter().map(|line| AccessLine {
                user: membership.user,
                word: line.word.clone(),
                reach: line.reach.clone(),
                organisation: membership.organisation,
                platform: *platform,
                role: None,
                path: AccessPath::Administrator,
                expires_at: None,
            }));
        }
    }
    Ok(lines)
}

fn line_of(held: &HeldRole, line: &Line) -> AccessLine {
    let owner = held.platform == Platform::USHER && held.word == owners::OWNER;
    let path = match held.path {
        Path::Direct(grant) if owner => AccessPath::Owner(grant),
        Path::Direct(grant) => AccessPath::Direct(grant),
        Path::Group {
            group,
            group_role,
            collection,
        } => AccessPath::Group {
            group,
            group_role,
            collection,
        },
    };
    AccessLine {
        user: held.user,
        word: line.word.clone(),
        reach: line.reach.clone(),
        organisation: held.organisation,
        platform: held.platform,
        role: Some(held.word.clone()),
        path,
        expires_at: held.expires_at,
    }
}

/// The people who hold what is asked about, one more than `limit` where there are more.
async fn holders(
    work: &mut Work<'_>,
    question: &AccessQuestion,
    place: Option<&Place>,
    from: &Position,
    limit: u32,
) -> Outcome<(Vec<UserId>, Vec<User>)> {
    let brings = |line: &Line| {
        question
            .permission
            .as_deref()
            .is_none_or(|wanted| word_covers(&line.word, wanted))
    };
    let mut found = holders::Roles::default();
    for (id, lines) in roles::lines_of_all(&mut work.tx).await? {
        let RoleId(id) = id;
        for line in lines.iter().filter(|line| brings(line)) {
            match (place, &line.reach) {
                (None, _) | (_, Reach::All) => found.anywhere.push(id),
                (Some(_), Reach::Subtree) => found.above.push(id),
                (Some(_), Reach::Organisation) => found.there.push(id),
                (Some(_), Reach::Own | Reach::Listed(_) | Reach::ManagedGroups) => {}
            }
        }
    }
    let inner = std::sync::Arc::clone(&work.inner);
    for (_, lines) in &inner.platform_lines {
        for line in lines.iter().filter(|line| brings(line)) {
            match (place, &line.reach) {
                (None, _) | (_, Reach::All) => found.flag_anywhere = true,
                (Some(_), Reach::Subtree) => found.flag_above = true,
                (Some(_), Reach::Organisation) => found.flag_there = true,
                (Some(_), Reach::Own | Reach::Listed(_) | Reach::ManagedGroups) => {}
            }
        }
    }
    for list in [&mut found.anywhere, &mut found.above, &mut found.there] {
        list.dedup();
    }
    let mut above: Vec<OrganisationId> = place.map_or_else(Vec::new, |place| place.above.clone());
    // The root's subtree is everything, without a look at the table of the tree.
    above.push(crate::ROOT);
    let scopes: Vec<Scope> = work.scopes_of(Permission::ReadUsers);
    let viewer = grant_lists::Viewer {
        scopes: &scopes,
        limit: work.limit(),
        own: work.caller.user,
        now: work.now,
    };
    let target = place.map(|place| place.id);
    let most = i64::from(limit) + 1;
    let page = (from, most);
    let ids = holders::holders(&mut work.tx, &found, target, &above, &viewer, page).await?;
    let found = users::by_ids(&mut work.tx, &ids).await?;
    Ok((ids, found))
}
