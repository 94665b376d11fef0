//! What the caller's own rights cover of the lines of roles: nobody grants more than they hold.

use std::sync::Arc;

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, GroupManager, GroupRoleScope, Kind, Line, Manager, ManagerLevel,
    OrganisationId, Permission, Place, Platform, PlatformSpec, Reach, Role, Scope, User, UserId,
    word_covers,
};
use crate::outcome::Outcome;
use crate::state::Inner;
use crate::store::{credentials, members, users};

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
    // The flag is a power that the take-over guard counts, even if it brings nothing today.
    let oneself = user.id == work.caller.user;
    let limits = &work.caller.limits;
    if !oneself && (limits.binds_grants() || limits.platform.is_some()) {
        return Err(Fault::ExceedsOwn.into());
    }
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
            groups: credentials::managed_groups(&mut work.tx, user.id, platform).await?,
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
/// without the key's limits. Nor does a key that opens one dialect hand on what counts at others.
fn hands_on(work: &Work<'_>, platform: Platform, line: &Line) -> bool {
    line.reach == Reach::Own
        || hands_on_power(work, platform)
        || !work.inner.counts_in_guard(platform, &line.word)
}

/// Whether the caller's key lets power be handed on that counts at a platform's dialect (`usher`: at every one).
fn hands_on_power(work: &Work<'_>, at: Platform) -> bool {
    let limits = &work.caller.limits;
    let elsewhere = limits
        .platform
        .as_deref()
        .is_some_and(|opened| opened != at.word());
    !limits.binds_grants() && !elsewhere
}

/// Whether the caller's key lets everything be handed on that a group brings.
pub(crate) async fn hands_on_group(work: &mut Work<'_>, group: GroupId) -> Outcome<bool> {
    if !work.caller.limits.limited() {
        return Ok(true);
    }
    let inner = Arc::clone(&work.inner);
    for brought in work.brought_by(group).await? {
        let Some(role) = work.role(brought.role).await? else {
            return Ok(false);
        };
        let platform = spec_of(&inner, &role)?.platform;
        if !role.lines.iter().all(|line| hands_on(work, platform, line)) {
            return Ok(false);
        }
    }
    let managed = work.managed_by_group(group).await?;
    Ok(managed
        .iter()
        .all(|managed| hands_on_power(work, work.platform_of(managed))))
}

/// Whether the caller's own rights cover everything a group brings its members, wherever it brings it:
/// roles, and the groups that its members manage.
pub(crate) async fn covers_group(
    work: &mut Work<'_>,
    group: GroupId,
    holder: Holder<'_>,
) -> Outcome<bool> {
    for brought in work.brought_by(group).await? {
        let Some(role) = work.role(brought.role).await? else {
            return Ok(false);
        };
        for organisation in organisations_of(work, brought.scope).await? {
            let place = Place::In(organisation);
            if !covers_lines(work, &role, &role.lines, place, holder).await? {
                return Ok(false);
            }
        }
    }
    for managed in work.managed_by_group(group).await? {
        let at = work.platform_of(&managed);
        if !hands_on_power(work, at)
            || !work
                .covers_managing(managed.group, managed.level, at)
                .await?
        {
            return Ok(false);
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
        GroupRoleScope::Collection(collection) => work.organisations_in(collection).await?,
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
    work.look_up_organisations(&homes).await?;
    for home in homes {
        let above = work.ancestors(home).await?;
        if !above.contains(&top) {
            return Err(Fault::ExceedsOwn.into());
        }
    }
    Ok(())
}

/// Refuses to let people manage groups when their rights over managed groups would then reach people
/// that the caller's own do not reach: that is a grant too. `at` is the platform at whose dialect they
/// manage them, `usher` for every one.
async fn may_let_manage(
    work: &mut Work<'_>,
    managers: &[UserId],
    managed: &[GroupId],
    at: Platform,
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
            if at != Platform::USHER && at != held.platform {
                continue;
            }
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
    wanted: &GroupManager,
    at: Platform,
) -> Outcome<()> {
    // What managers may do is a right like others: a caller who has it only by a limited key does not hand it on.
    let oneself = wanted.manager == Manager::User(work.caller.user);
    let bound = !oneself && !hands_on_power(work, at);
    if bound || !work.covers_managing(wanted.group, wanted.level, at).await? {
        return Err(Fault::ExceedsOwn.into());
    }
    if wanted.level < ManagerLevel::Manage {
        return Ok(());
    }
    let group = match wanted.manager {
        Manager::User(user) => return may_let_manage(work, &[user], &[wanted.group], at).await,
        Manager::Group(group) => group,
    };
    let people = members::with_managed_reach(&mut work.tx, group, MOST_MANAGERS + 1).await?;
    if i64::try_from(people.len()).is_ok_and(|count| count > MOST_MANAGERS) {
        return Err(Fault::ExceedsOwn.into());
    }
    may_let_manage(work, &people, &[wanted.group], at).await
}

/// A person who joins a group manages what the group manages, so the caller who lets them in must cover that.
pub(crate) async fn may_manage_by_joining(
    work: &mut Work<'_>,
    user: &User,
    group: GroupId,
) -> Outcome<()> {
    for managed in work.managed_by_group(group).await? {
        let at = work.platform_of(&managed);
        let wanted = GroupManager {
            group: managed.group,
            manager: Manager::User(user.id),
            level: managed.level,
            platform: None,
        };
        may_make_manager(work, &wanted, at).await?;
    }
    Ok(())
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
