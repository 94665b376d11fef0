//! How many people of a list have each value of a field, in one statement for all fields that are asked for.

use crate::model::{FacetField, Fault, Query, Scope, Time, UserField};

use super::select::{STANDING, Sql};
use super::user_lists::Plan;
use super::{Res, Tx};

/// Values of a field that are counted apart at most, the most frequent first.
const MOST: usize = 10;
/// People of a list that its facets count at most, the newest first: a facet costs no more in a larger directory.
const COUNTED: usize = if cfg!(test) { 100 } else { 10_000 };

/// What values are made of.
const COLUMNS: &str =
    "u.id, u.kind, u.status, u.home_id, u.locked_until, u.lock_after, u.lockout_until";

/// How the people of each facet are best read.
pub(crate) async fn plans(
    tx: &mut Tx<'_>,
    facets: &[(FacetField, Query<UserField>)],
    scopes: &[Scope],
    limit: Option<i64>,
) -> Res<Vec<(FacetField, Plan)>> {
    let mut plans: Vec<(FacetField, Plan)> = Vec::with_capacity(facets.len());
    let mut last: Option<(&Query<UserField>, Plan)> = None;
    for (field, query) in facets {
        let alike = |other: &Query<UserField>| {
            other.predicate == query.predicate && other.search == query.search
        };
        let plan = match &last {
            Some((other, plan)) if alike(other) => plan.clone(),
            _ => {
                // In the order of creation no ranges are merged, which the newest of all would not be found by.
                let query = Query {
                    predicate: query.predicate.clone(),
                    search: query.search.clone(),
                    sort: Some(UserField::CreatedAt),
                    ..Query::default()
                };
                Plan::of(tx, &query, scopes, limit).await?
            }
        };
        last = Some((query, plan.clone()));
        plans.push((*field, plan));
    }
    Ok(plans)
}

/// The statement: a row is the place of the facet, a value and how many people have it.
pub(crate) fn compile(facets: &[(FacetField, Plan)], now: Time) -> Result<Sql, Fault> {
    let mut sql = Sql::default();
    for (place, (field, plan)) in facets.iter().enumerate() {
        if place > 0 {
            sql.push(" UNION ALL ");
        }
        sql.push("SELECT * FROM (SELECT CAST(");
        sql.push(&place.to_string());
        sql.push(" AS BIGINT) AS place, CAST(v.value AS TEXT) AS value, COUNT(*) AS people FROM (");
        for (index, (value, tables)) in branches(*field).iter().enumerate() {
            // A role that is held in several ways is held once.
            sql.push(if index > 0 { " UNION " } else { "" });
            let value = sql.with_time(value, now);
            sql.push("SELECT u.id AS id, ").push(&value);
            sql.push(" AS value FROM (");
            plan.push_newest(&mut sql, COLUMNS, COUNTED, now)?;
            let tables = sql.with_time(tables, now);
            sql.push(") u").push(&tables);
        }
        sql.push(") v WHERE v.value IS NOT NULL GROUP BY v.value ORDER BY 3 DESC, 2 LIMIT ")
            .push(&MOST.to_string());
        sql.push(") f").push(&place.to_string());
    }
    Ok(sql)
}

/// The expressions of a field's value, each with the tables that it needs beside the people. `?` stands for the time.
fn branches(field: FacetField) -> Vec<(&'static str, &'static str)> {
    match field {
        FacetField::Kind => vec![("u.kind", "")],
        FacetField::Status => vec![("u.status", "")],
        FacetField::Standing => vec![(STANDING, "")],
        FacetField::SecondFactor => vec![(
            "(CASE WHEN EXISTS (SELECT 1 FROM second_factors w WHERE w.user_id = u.id AND w.confirmed_at IS NOT NULL) THEN \
             'true' ELSE 'false' END)",
            "",
        )],
        FacetField::Home => vec![("u.home_id", "")],
        FacetField::Organisation => vec![(
            "x.organisation_id",
            " JOIN memberships x ON x.user_id = u.id",
        )],
        FacetField::Group => vec![("x.group_id", " JOIN group_members x ON x.user_id = u.id")],
        FacetField::Role => vec![
            (
                "x.role_id",
                " JOIN grants x ON x.user_id = u.id AND (x.expires_at IS NULL OR x.expires_at > ?)",
            ),
            (
                "x.role_id",
                " JOIN group_members m ON m.user_id = u.id JOIN group_roles x ON x.group_id = m.group_id",
            ),
        ],
    }
}
