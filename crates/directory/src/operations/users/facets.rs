//! Lists of users counted by the values of their fields.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{FacetCount, FacetField, Fault, Permission, Query, UserField};
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::user_facets;

/// Facets that one request may ask for.
const MOST: usize = 8;

impl Handle {
    /// How many of the newest 10,000 users that the caller sees have each value of a field, the ten most frequent of each; every
    /// field has a query of its own, for a list is counted without the filter on the field itself.
    pub fn user_facets<'a>(
        &'a self,
        facets: &'a [(FacetField, Query<UserField>)],
    ) -> Pending<'a, Vec<FacetCount>> {
        Box::pin(async move {
            if facets.is_empty() {
                return Ok(Vec::new());
            }
            if facets.len() > MOST {
                return Err(Fault::invalid("facets", format!("names more than {MOST}")));
            }
            // Before the plans look for each text of the queries.
            for (_, query) in facets {
                limits::check_query(query)?;
            }
            let facets = facets.to_vec();
            self.read_slow(Operation::ListUsers, async move |work: &mut Work<'_>| {
                let scopes = work.scopes_of(Permission::ReadUsers);
                let limit = work.limit();
                let plans = user_facets::plans(&mut work.tx, &facets, &scopes, limit).await?;
                let sql = user_facets::compile(&plans, work.now)?;
                let values = sql.vals();
                let rows = work.tx.all(&sql.text, &values, |row| {
                    let people = u64::try_from(row.int(2)?).unwrap_or(0);
                    Ok((row.int(0)?, row.string(1)?, people))
                });
                let rows = rows.await?;
                let told = rows.into_iter().filter_map(|(place, value, people)| {
                    let (field, _) = facets.get(usize::try_from(place).ok()?)?;
                    Some(FacetCount {
                        field: *field,
                        value,
                        people,
                    })
                });
                Ok(told.collect())
            })
            .await
        })
    }
}
