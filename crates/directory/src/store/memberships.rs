//! Who belongs to which organisations, in SQL.

use crate::model::{Membership, OrganisationId, Time, UserId};

use super::select::Sql;
use super::{AccessChange, Res, Row, Tx};

fn read_membership(row: &Row<'_>) -> Res<Membership> {
    Ok(Membership {
        user: UserId(row.int(0)?),
        organisation: OrganisationId(row.int(1)?),
        home: row.flag(2)?,
        administrator: row.flag(3)?,
    })
}

/// The memberships of those users, the home first.
pub(crate) async fn memberships(tx: &mut Tx<'_>, users: &[UserId]) -> Res<Vec<Membership>> {
    let mut memberships = Vec::new();
    for chunk in users.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT user_id, organisation_id, home, administrator FROM memberships WHERE user_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY user_id, home DESC, organisation_id");
        memberships.extend(tx.all(&sql.text, &sql.vals(), read_membership).await?);
    }
    Ok(memberships)
}

/// The administrators of those organisations.
pub(crate) async fn administrators(
    tx: &mut Tx<'_>,
    organisations: &[OrganisationId],
) -> Res<Vec<Membership>> {
    let mut memberships = Vec::new();
    for chunk in organisations.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT user_id, organisation_id, home, administrator FROM memberships WHERE administrator = 1 AND organisation_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY organisation_id, user_id");
        memberships.extend(tx.all(&sql.text, &sql.vals(), read_membership).await?);
    }
    Ok(memberships)
}

/// Makes somebody a member, or changes how; the home flag is as given.
pub(crate) async fn put_membership(tx: &mut Tx<'_>, membership: Membership, now: Time) -> Res<()> {
    tx.exec_for_deferred(
        AccessChange::User(membership.user.0),
        "INSERT INTO memberships (user_id, organisation_id, home, administrator, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id, organisation_id) DO UPDATE SET home = excluded.home, administrator = excluded.administrator",
        &[
            membership.user.0.into(), membership.organisation.0.into(), membership.home.into(),
            membership.administrator.into(), now.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Ends a membership; false when there was none.
pub(crate) async fn delete_membership(
    tx: &mut Tx<'_>,
    user: UserId,
    organisation: OrganisationId,
) -> Res<bool> {
    let gone = tx
        .exec_for(
            AccessChange::User(user.0),
            "DELETE FROM memberships WHERE user_id = $1 AND organisation_id = $2",
            &[user.0.into(), organisation.0.into()],
        )
        .await?;
    Ok(gone > 0)
}
