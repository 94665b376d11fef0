//! Groups and who is in them.

use crate::handle::{Outcome, Work};
use crate::model::{Fault, GroupId, Kind, OrganisationId, UserId};
use crate::store::Whom;

/// Puts somebody into a group without asking anything: the caller of this has. Twice is harmless.
pub(crate) async fn place(work: &mut Work<'_>, user: UserId, group: GroupId) -> Outcome<bool> {
    let now = work.now;
    let changed = work
        .tx
        .exec_for(
            Whom::User(user.0),
            "INSERT INTO group_members (group_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[group.0.into(), user.0.into(), now.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Takes somebody out of a group without asking anything.
pub(crate) async fn displace(work: &mut Work<'_>, user: UserId, group: GroupId) -> Outcome<bool> {
    let changed = work
        .tx
        .exec_for(
            Whom::User(user.0),
            "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2",
            &[group.0.into(), user.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Whether the caller may put people into this group, given what it brings; refuses otherwise. Also
/// checks that the user may belong to it: homed in, or a member of, its organisation's subtree.
pub(crate) async fn may_join(work: &mut Work<'_>, user: UserId, group: GroupId) -> Outcome<()> {
    let organisation = work
        .tx
        .one(
            "SELECT organisation_id FROM groups WHERE id = $1",
            &[group.0.into()],
            |row| Ok(OrganisationId(row.int(0)?)),
        )
        .await?
        .ok_or(Fault::UnknownReference(Kind::Group))?;
    let belongs = work
        .tx
        .one(
            "SELECT 1 FROM memberships m JOIN organisation_tree t ON t.descendant_id = m.organisation_id WHERE m.user_id = $1 AND t.ancestor_id = $2",
            &[user.0.into(), organisation.0.into()],
            |row| row.int(0),
        )
        .await?;
    if belongs.is_none() {
        return Err(Fault::invalid(
            "group",
            "takes only people of its organisation and those below",
        )
        .into());
    }
    Ok(())
}

/// The groups that newcomers at the caller's door join, seen from their home.
pub(crate) async fn door_groups(
    work: &mut Work<'_>,
    home: OrganisationId,
) -> Outcome<Vec<GroupId>> {
    let platform = work.caller.platform;
    Ok(work
        .tx
        .all(
            "SELECT g.id FROM groups g JOIN organisation_tree t ON t.ancestor_id = g.organisation_id WHERE g.newcomers_of = $1 AND t.descendant_id = $2 ORDER BY g.id",
            &[platform.word().into(), home.0.into()],
            |row| Ok(GroupId(row.int(0)?)),
        )
        .await?)
}

/// Whether the caller may change a group's members: by reach over its organisation, or as one of
/// its managers.
pub(crate) async fn manages(
    work: &mut Work<'_>,
    group: GroupId,
    organisation: OrganisationId,
) -> Outcome<bool> {
    let scopes = work.scopes_of(crate::model::Permission::ManageMembers);
    let managed = scopes.iter().any(
        |scope| matches!(scope, crate::model::Scope::Groups(groups) if groups.contains(&group)),
    );
    Ok(managed || work.scope_holds(&scopes, organisation).await?)
}
