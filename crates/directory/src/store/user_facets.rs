//! How many people of a list have each value of a field, in one statement for all fields that are asked for.

use crate::model::{FacetField, Fault, Query, Scope, Time, UserField};

use super::select::{self, Bound, STANDING, Sql};
use super::user_fields::Users;

/// Values of a field that are counted apart at most, the most frequent first.
const MOST: usize = 10;

/// The statement: a row is the place of the facet, a value and how many people have it.
pub(crate) fn compile(
    facets: &[(FacetField, Query<UserField>)],
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Result<Sql, Fault> {
    let mut sql = Sql::default();
    for (place, (field, query)) in facets.iter().enumerate() {
        if place > 0 {
            sql.push(" UNION ALL ");
        }
        let (value, tables) = parts(*field, &mut sql, now);
        sql.push("SELECT * FROM (SELECT CAST(");
        sql.push(&place.to_string());
        sql.push(" AS BIGINT) AS place, CAST(").push(&value);
        sql.push(" AS TEXT) AS value, COUNT(*) AS people FROM users u")
            .push(&tables);
        select::narrowed::<Users>(&mut sql, query, scopes, limit, now)?;
        sql.push(" AND ").push(&value).push(" IS NOT NULL");
        sql.push(" GROUP BY ").push(&value);
        sql.push(" ORDER BY 3 DESC, 2 LIMIT ")
            .push(&MOST.to_string());
        sql.push(") f").push(&place.to_string());
    }
    Ok(sql)
}

/// The expression of a field's value, and the tables it needs beside the users.
fn parts(field: FacetField, sql: &mut Sql, now: Time) -> (String, String) {
    let plain = |value: &str| (value.to_owned(), String::new());
    let joined = |value: &str, tables: &str| (value.to_owned(), tables.to_owned());
    match field {
        FacetField::Kind => plain("u.kind"),
        FacetField::Status => plain("u.status"),
        FacetField::Standing => (format!("({})", sql.with_time(STANDING, now)), String::new()),
        FacetField::SecondFactor => plain(
            "(CASE WHEN EXISTS (SELECT 1 FROM second_factors w WHERE w.user_id = u.id AND w.confirmed_at IS NOT NULL) THEN \
             'true' ELSE 'false' END)",
        ),
        FacetField::Home => plain("u.home_id"),
        FacetField::Organisation => joined(
            "x.organisation_id",
            " JOIN memberships x ON x.user_id = u.id",
        ),
        FacetField::Group => joined("x.group_id", " JOIN group_members x ON x.user_id = u.id"),
        FacetField::Role => {
            let mut tables = Sql {
                values: std::mem::take(&mut sql.values),
                ..Sql::default()
            };
            tables.push(
                " JOIN (SELECT g.user_id, g.role_id FROM grants g WHERE g.expires_at IS NULL OR g.expires_at > ",
            );
            tables.bind(Bound::Int(now.0)).push(
                " UNION SELECT m.user_id, w.role_id FROM group_roles w JOIN group_members m ON m.group_id = w.group_id) x \
                 ON x.user_id = u.id",
            );
            sql.values = tables.values;
            ("x.role_id".to_owned(), tables.text)
        }
    }
}
