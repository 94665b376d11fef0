//! What the caller's own rights cover of the lines of roles: nobody grants more than they hold.

use std::sync::Arc;

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, GroupRoleScope, Kind, Line, Manager, ManagerLevel, OrganisationId, Permission,
    Place, Platform, PlatformSpec, Reach, Role, Scope, User, UserId, word_covers,
};
use crate::outcome::Outcome;
use crate::state::Inner;
use crate::store::{
    collections, credentials, grants, groups, members, organisations, roles, users,
};

/// What the directory knows of a role's platform.
pub(crate) fn spec_of<'a>(inner: &'a Inner, role: &Role) -> Result<&'a PlatformSpec, Fault> {
    inner
        .platform_named(&role.platform)
        .ok_or(Fault::UnknownReference(Kind::Role))
}

/// People that the lists of one role name at most.
const MOST_LISTED: usize = 10_000;
/// Members of a group whose rights are looked at when the group is to manage another.
const MOST_MANAGERS: i64 = 100;

/// Whose hands rights come into.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'u> {
    /// This person's.
    Person(&'u User),
    /// Those of whoever holds a role or is in a group, now or later.
    Anybody,
}

/// Nobody grants more than they hold: every word the role brings, at its reach in that
/// organisation, must be covered by the caller's own.
pub(crate) async fn may_grant(
    work: &mut Work<'_>,
    role: &Role,
    place: Place,
    holder: Holder<'_>,
) -> Outcome<()> {
    if covers_lines(work, role, &role.lines, place, holder).await? {
        Ok(())
    } else {
        Err(Fault::ExceedsOwn.into())
    }
}

/// Whether the caller's own rights cover lines of a role's platform where they count.
pub(crate) async fn covers_lines(
    work: &mut Work<'_>,
    role: &Role,
    lines: &[Line],
    place: Place,
    holder: Holder<'_>,
) -> Outcome<bool> {
    let inner = Arc::clone(&work.inner);
    let platform = spec_of(&inner, role)?.platform;
    for line in lines {
        if !covers_line(work, platform, line, place, holder).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The administrator flag of a membership is a grant of what it brings on every platform, and of the
/// groups that the organisation lists.
pub(crate) async fn may_flag(
    work: &mut Work<'_>,
    user: &User,
    organisation: OrganisationId,
) -> Outcome<()> {
    if !work.hands_out_for(organisation).await? {
        return Err(Fault::ExceedsOwn.into());
    }
    let inner = Arc::clone(&work.inner);
    let place = Place::In(organisation);
    for (platform, lines) in &inner.platform_lines {
        for line in lines {
            if !covers_line(work, *platform, line, place, Holder::Person(user)).await? {
                return Err(Fault::ExceedsOwn.into());
            }
        }
    }
    Ok(())
}

pub(super) async fn covers_line(
    work: &mut Work<'_>,
    platform: Platform,
    line: &Line,
    place: Place,
    holder: Holder<'_>,
) -> Outcome<bool> {
    if !hands_on(work, platform, line) {
        return Ok(false);
    }
    let whole = match place {
        Place::Everywhere | Place::Below(crate::ROOT) | Place::In(crate::ROOT) => Scope::All,
        Place::Below(top) | Place::In(top) => Scope::Subtree(top),
    };
    let scope = match (&line.reach, place, holder) {
        (Reach::All, ..) => Scope::All,
        (Reach::Own, _, Holder::Person(user)) => Scope::Own(user.id),
        (Reach::Organisation, Place::In(organisation), _) => Scope::Organisation(organisation),
        (Reach::Listed(listed), Place::In(within), _) => Scope::Users {
            users: listed.iter().copied().map(UserId).collect(),
            within,
        },
        (Reach::ManagedGroups, Place::In(within), Holder::Person(user)) => Scope::Groups {
            groups: credentials::managed_groups(&mut work.tx, user.id).await?,
            within,
        },
        // Whoever holds the role may be somebody else, or manage other groups.
        (
            Reach::Own
            | Reach::Organisation
            | Reach::Listed(_)
            | Reach::ManagedGroups
            | Reach::Subtree,
            ..,
        ) => whole,
    };
    work.covers(platform, &line.word, &scope).await
}

/// A key with limits hands on nothing that the take-over guard counts: what another holds is used
/// without the key's limits.
fn hands_on(work: &Work<'_>, platform: Platform, line: &Line) -> bool {
    line.reach == Reach::Own
        || !work.caller.limits.binds_grants()
        || !work.inner.counts_in_guard(platform, &line.word)
}

/// Whether the caller's own rights cover everything a group brings its members, wherever it brings it.
pub(crate) async fn covers_group(
    work: &mut Work<'_>,
    group: GroupId,
    holder: Holder<'_>,
) -> Outcome<bool> {
    for brought in grants::group_roles(&mut work.tx, &[group]).await? {
        let Some(role) = roles::by_id(&mut work.tx, brought.role).await? else {
            return Ok(false);
        };
        for organisation in organisations_of(work, brought.scope).await? {
            let place = Place::In(organisation);
            if !covers_lines(work, &role, &role.lines, place, holder).await? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The organisations a group's role counts in.
pub(crate) async fn organisations_of(
    work: &mut Work<'_>,
    scope: GroupRoleScope,
) -> Outcome<Vec<OrganisationId>> {
    Ok(match scope {
        GroupRoleScope::Organisation(organisation) => vec![organisation],
        GroupRoleScope::Collection(collection) => {
            collections::organisations(&mut work.tx, &[collection])
                .await?
                .into_iter()
                .map(|(_, organisation)| organisation)
                .collect()
        }
    })
}

/// Whether a list in a line of this word is one of people: a vendor's own word may list other things,
/// and opens nothing here.
fn names_people(word: &str) -> bool {
    Permission::ALL
        .iter()
        .any(|permission| word_covers(word, permission.word()))
}

/// Refuses lists of people who do not exist, or are not where the role counts: nobody decides over them
/// in advance. What is missing is refused like what is out of reach.
pub(crate) async fn check_listed(work: &mut Work<'_>, place: Place, added: &[Line]) -> Outcome<()> {
    let mut listed: Vec<UserId> = added
        .iter()
        .filter(|line| names_people(&line.word))
        .filter_map(|line| match &line.reach {
            Reach::Listed(listed) => Some(listed.iter().copied().map(UserId)),
            _ => None,
        })
        .flatten()
        .collect();
    listed.sort_unstable();
    listed.dedup();
    if listed.len() > MOST_LISTED {
        let why = format!("list more than {MOST_LISTED} people");
        return Err(Fault::invalid("lines", why).into());
    }
    let homes = users::homes(&mut work.tx, &listed).await?;
    if homes.len() != listed.len() {
        return Err(Fault::ExceedsOwn.into());
    }
    let top = match place {
        Place::Everywhere => return Ok(()),
        Place::Below(top) | Place::In(top) => top,
    };
    let mut homes: Vec<OrganisationId> = homes.into_iter().map(|(_, home)| home).collect();
    homes.sort_unstable();
    homes.dedup();
    for home in homes {
        let above = organisations::ancestors(&mut work.tx, home).await?;
        if !above.contains(&top) {
            return Err(Fault::ExceedsOwn.into());
        }
    }
    Ok(())
}

/// Refuses to let a person manage groups when their rights over managed groups would then reach people
/// that the caller's own do not reach: that is a grant too.
async fn may_let_manage(
    work: &mut Work<'_>,
    managers: &[UserId],
    managed: &[GroupId],
) -> Outcome<()> {
    if managed.is_empty() {
        return Ok(());
    }
    let inner = Arc::clone(&work.inner);
    for manager in managers {
        let lines = &inner.platform_lines;
        let now = work.now;
        let holding = credentials::holding(&mut work.tx, *manager, lines, now).await?;
        for held in &holding.held {
            let Scope::Groups { within, .. } = &held.scope else {
                continue;
            };
            let scope = Scope::Groups {
                groups: managed.to_vec(),
                within: *within,
            };
            if !work.covers(held.platform, &held.word, &scope).await? {
                return Err(Fault::ExceedsOwn.into());
            }
        }
    }
    Ok(())
}

/// Refuses to make a person, or everybody in a group, the manager of a group when that would give them
/// more than the caller has. Of a large group no more than so many are looked at, and none let in.
pub(crate) async fn may_make_manager(
    work: &mut Work<'_>,
    manager: Manager,
    managed: GroupId,
) -> Outcome<()> {
    let group = match manager {
        Manager::User(user) => return may_let_manage(work, &[user], &[managed]).await,
        Manager::Group(group) => group,
    };
    let people = members::with_managed_reach(&mut work.tx, group, MOST_MANAGERS + 1).await?;
    if i64::try_from(people.len()).is_ok_and(|count| count > MOST_MANAGERS) {
        return Err(Fault::ExceedsOwn.into());
    }
    may_let_manage(work, &people, &[managed]).await
}

/// Whoever joins a group manages what the group manages.
pub(crate) async fn may_manage_by_joining(
    work: &mut Work<'_>,
    user: &User,
    group: GroupId,
) -> Outcome<()> {
    let managed: Vec<GroupId> = groups::managed_by_group(&mut work.tx, group)
        .await?
        .into_iter()
        .filter(|(_, level)| *level == ManagerLevel::Manage)
        .map(|(group, _)| group)
        .collect();
    may_let_manage(work, &[user.id], &managed).await
}

/// Refuses to put a person under the managers of a group when the caller is one of them, and would have
/// more power over the person by that than before.
pub(crate) async fn may_come_under(
    work: &mut Work<'_>,
    user: &User,
    group: GroupId,
) -> Outcome<()> {
    let caller = Arc::clone(&work.caller);
    for held in caller.held.iter() {
        let manages =
            matches!(&held.scope, Scope::Groups { groups, .. } if groups.contains(&group));
        let own = Scope::Own(user.id);
        if manages && !work.covers(held.platform, &held.word, &own).await? {
            return Err(Fault::ExceedsOwn.into());
        }
    }
    Ok(())
}

/// Everything that administering a place may bring, for what hands a whole place over.
pub(crate) fn whole_of(inner: &Inner) -> Vec<(Platform, String)> {
    let own = Permission::ALL
        .iter()
        .filter(|permission| !matches!(permission, Permission::SignedIn | Permission::ManageMail))
        .map(|permission| (Platform::USHER, permission.word().to_owned()));
    let vendors = inner
        .platforms
        .iter()
        .filter(|spec| spec.platform != Platform::USHER)
        .map(|spec| (spec.platform, format!("{}:*", spec.platform)));
    own.chain(vendors).collect()
}
