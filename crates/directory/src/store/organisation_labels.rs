//! What organisations are called, in SQL.

use std::collections::BTreeSet;

use crate::model::{GroupId, OrganisationId, OrganisationLabel, Platform, RoleId, UserId};

use super::select::{Bound, Sql};
use super::{Res, Tx};

/// How many numbers a statement names at most.
const CHUNK: usize = 500;

/// The homes of those users, and their primary groups: each once.
pub(crate) async fn homes(
    tx: &mut Tx<'_>,
    people: &[UserId],
) -> Res<(Vec<OrganisationId>, Vec<GroupId>)> {
    let (mut homes, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for chunk in people.chunks(CHUNK) {
        let mut sql = Sql::default();
        sql.push("SELECT DISTINCT u.home_id, u.primary_group_id FROM users u WHERE u.id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0)).push(")");
        tx.each(&sql.text, &sql.vals(), |row| {
            homes.insert(OrganisationId(row.int(0)?));
            groups.extend(row.opt_int(1)?.map(GroupId));
            Ok(())
        })
        .await?;
    }
    Ok((homes.into_iter().collect(), groups.into_iter().collect()))
}

/// Number, name and slug of those organisations.
pub(crate) async fn load(
    tx: &mut Tx<'_>,
    organisations: &[OrganisationId],
) -> Res<Vec<OrganisationLabel>> {
    let mut labels = Vec::new();
    for chunk in organisations.chunks(CHUNK) {
        let mut sql = Sql::default();
        sql.push("SELECT o.id, o.name, o.slug FROM organisations o WHERE o.id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY o.id");
        labels.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok(OrganisationLabel {
                    id: OrganisationId(row.int(0)?),
                    name: row.string(1)?,
                    slug: row.string(2)?,
                })
            })
            .await?,
        );
    }
    Ok(labels)
}

/// The built-in group of that platform and word in each of those organisations.
pub(crate) async fn builtin_groups(
    tx: &mut Tx<'_>,
    platform: Platform,
    word: &str,
    organisations: &[OrganisationId],
) -> Res<Vec<(OrganisationId, GroupId)>> {
    let mut groups = Vec::new();
    for chunk in organisations.chunks(CHUNK) {
        let mut sql = Sql::default();
        sql.push("SELECT g.organisation_id, g.id FROM groups g WHERE g.platform = ")
            .bind(Bound::Text(platform.word().to_owned()));
        sql.push(" AND g.word = ")
            .bind(Bound::Text(word.to_owned()));
        sql.push(" AND g.organisation_id IN (")
            .bind_all(chunk.iter().map(|id| id.0))
            .push(")");
        groups.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((OrganisationId(row.int(0)?), GroupId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(groups)
}

/// The first thousand who hold a role in an organisation, or administer it by their membership.
pub(crate) async fn administrators(
    tx: &mut Tx<'_>,
    role: RoleId,
    organisation: OrganisationId,
) -> Res<Vec<UserId>> {
    tx.all(
        "SELECT m.user_id AS holder FROM group_members m JOIN group_roles r ON r.group_id = m.group_id WHERE r.role_id = $1 \
         AND r.scope = 'organisation' AND r.scope_id = $2 UNION SELECT g.user_id FROM grants g WHERE g.role_id = $1 AND \
         g.organisation_id = $2 UNION SELECT s.user_id FROM memberships s WHERE s.organisation_id = $2 AND \
         s.administrator = 1 ORDER BY holder LIMIT 1000",
        &[role.0.into(), organisation.0.into()],
        |row| Ok(UserId(row.int(0)?)),
    )
    .await
}
