//! What a list of users holds, counted: all of it, by home, and the newest of it by the values of a field.

use crate::model::{Fault, Time};
use crate::rules;

use super::super::paging;
use super::super::select::{Bound, Sql};
use super::{Plan, ScanPath};

impl Plan {
    /// Counts what the list holds, by home.
    pub(crate) fn homes_sql(&self, now: Time) -> Result<Sql, Fault> {
        let mut sql = Sql {
            found: self.found.clone(),
            ..Sql::default()
        };
        sql.push("SELECT u.home_id, COUNT(*) FROM users u");
        self.push_where(&mut sql, now)?;
        if let Some(within) = &self.within {
            within.push_asked(&mut sql);
        }
        sql.push(" GROUP BY u.home_id ORDER BY u.home_id");
        Ok(sql)
    }

    /// Counts what the list holds.
    pub(crate) fn count_sql(&self, now: Time) -> Result<Sql, Fault> {
        let mut sql = Sql {
            found: self.found.clone(),
            counting: true,
            ..Sql::default()
        };
        let trivial = self.unfiltered() && self.asked.is_empty();
        let within = match &self.within {
            // Rows that must be counted one by one are counted up to the bound.
            within if within.is_none() || self.query.count_limit.is_some() && !trivial => {
                let end = paging::push_count(&mut sql, &self.query);
                // Up to a bound those who hold a text are counted in its index. All who do are read as fast from their rows.
                let words = self.query.search.as_deref().map(rules::trigram_words);
                let words = words.filter(|_| self.query.count_limit.is_some());
                let many = words.and_then(|words| self.found.many(&words));
                sql.push(" FROM ");
                match many {
                    Some(wanted) => push_holders_of(&mut sql, wanted),
                    None => drop(sql.push("users u")),
                }
                self.push_where(&mut sql, now)?;
                sql.push(if many.is_some() {
                    " AND u.id = e.id"
                } else {
                    ""
                });
                if let Some(within) = within {
                    within.push_asked(&mut sql);
                }
                sql.push(&end);
                return Ok(sql);
            }
            within => within,
        };
        let Some(within) = within else {
            return Ok(sql);
        };
        sql.push("SELECT (");
        if trivial {
            sql.push("SELECT CAST(COALESCE(SUM(h.step), 0) AS BIGINT) FROM population h WHERE ");
            within.push_home(&mut sql, "h.organisation_id");
        } else {
            sql.push("SELECT COUNT(*) FROM users u");
            self.push_where(&mut sql, now)?;
            sql.push(" AND ");
            within.push_home(&mut sql, "u.home_id");
        }
        sql.push(") + (SELECT COUNT(*) FROM users u");
        self.push_where(&mut sql, now)?;
        sql.push(" AND NOT ");
        within.push_home(&mut sql, "u.home_id");
        sql.push(" AND u.id IN (");
        if !within.push_others(&mut sql) {
            sql.push("NULL");
        }
        sql.push("))");
        Ok(sql)
    }

    /// Selects columns of the newest of the list.
    pub(crate) fn push_newest(
        &self,
        sql: &mut Sql,
        columns: &str,
        most: usize,
        now: Time,
    ) -> Result<(), Fault> {
        let others = std::mem::replace(&mut sql.found, self.found.clone());
        sql.push("SELECT ").push(columns).push(" FROM users u");
        self.push_where(sql, now)?;
        sql.found = others;
        match (&self.within, &self.lead) {
            (Some(within), ScanPath::Sort) => within.push_set(sql),
            (Some(within), _) => within.push_asked(sql),
            (None, _) => {}
        }
        // A few are sorted by what no index has, so that nothing walks past all others for them.
        sql.push(match self.lead {
            ScanPath::Sort => " ORDER BY (u.id + 0) DESC LIMIT ",
            ScanPath::Order | ScanPath::Ranges(_) => " ORDER BY u.id DESC LIMIT ",
        });
        sql.push(&most.to_string());
        Ok(())
    }
}

/// Begins a count of those who may hold words, after `FROM`; the rows of `users u` come by their numbers, and none twice.
fn push_holders_of(sql: &mut Sql, wanted: &str) {
    sql.push("(SELECT f.rowid AS id FROM user_search f WHERE f.user_search MATCH ");
    sql.bind(Bound::Text(wanted.to_owned()));
    sql.push(" UNION SELECT p.user_id FROM user_search_pending p ORDER BY 1) e CROSS JOIN users u");
}
