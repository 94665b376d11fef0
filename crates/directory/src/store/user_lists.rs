//! How a page of users is best read.
//!
//! Three ways lead to a page ([`ScanPath`]), and all of them give the same rows. Along the order's own index,
//! asking of each user whether they are seen, is right for those who see nearly everybody. Whoever sees
//! some organisations gets one ordered range per organisation, merged; so a page costs the same whatever
//! share of the directory these hold. Where no such range has the order, a small number is sorted.

use crate::model::{
    Cursor, CursorKey, Fault, Predicate, Query, Scope, Test, Time, User, UserField,
};
use crate::rules;

use super::paging;
use super::search::Found;
use super::select::{self, Bound, Sql};
pub(crate) use super::streams::indexed;
use super::streams::{self, Stream};
use super::user_fields::Users;
use super::user_row::{AFTER, COLUMNS, TABLES, read_user};
pub(crate) use super::within::ranged;
use super::within::{OrgFilter, ScanPath, named};
use super::{Res, Tx, relations};

mod counts;

/// How a list of users is read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What is asked for, without what `within` stands for.
    query: Query<UserField>,
    found: Found,
    /// Every one of these must show a user.
    asked: Vec<Vec<Scope>>,
    /// Where all of those listed are, when not anywhere.
    within: Option<OrgFilter>,
    lead: ScanPath,
}

impl Plan {
    /// Finds out how a list is best read.
    pub(crate) async fn of(
        tx: &mut Tx<'_>,
        query: &Query<UserField>,
        scopes: &[Scope],
        limit: Option<i64>,
    ) -> Res<Plan> {
        let mut plan = Plan {
            query: query.clone(),
            found: Found::look(tx, query).await?,
            asked: Vec::new(),
            within: None,
            lead: ScanPath::Order,
        };
        let is_led = plan.is_selective();
        relations::look(tx, query, is_led, &mut plan.found).await?;
        plan.ask(scopes.to_vec());
        if let Some(limit) = limit {
            plan.ask(vec![Scope::Subtree(limit.into())]);
        }
        if plan.is_selective() {
            plan.lead = ScanPath::Sort;
        } else if !plan.narrow(&query.predicate) {
            plan.take_within();
            if let Some(within) = plan.within.clone() {
                plan.lead = within.lead(tx, query).await?;
            }
        }
        Ok(plan)
    }

    /// Every way to read a list, whether or not it would be chosen, given the organisations below one.
    #[cfg(test)]
    pub(crate) fn every(
        query: &Query<UserField>,
        scopes: &[Scope],
        limit: Option<i64>,
        below: impl Fn(i64) -> Vec<i64>,
    ) -> Vec<Plan> {
        let mut plain = Plan {
            query: query.clone(),
            found: Found::default(),
            asked: Vec::new(),
            within: None,
            lead: ScanPath::Order,
        };
        plain.ask(scopes.to_vec());
        if let Some(limit) = limit {
            plain.ask(vec![Scope::Subtree(limit.into())]);
        }
        let mut within = plain.clone();
        within.take_within();
        let mut plans = Vec::new();
        for plan in [plain, within] {
            let ranged = plan.within.as_ref().filter(|_| ranged(&plan.query));
            let ranges = ranged.map(|within| {
                let mut homes = within.singles.clone();
                homes.extend(within.tops.iter().flat_map(|top| below(*top)));
                homes.sort_unstable();
                homes.dedup();
                ScanPath::Ranges(homes)
            });
            for lead in [ScanPath::Order, ScanPath::Sort].into_iter().chain(ranges) {
                plans.push(Plan {
                    lead,
                    ..plan.clone()
                });
            }
        }
        plans
    }

    /// The same list from elsewhere.
    #[cfg(test)]
    pub(crate) fn at(&self, from: crate::model::Position, limit: u32) -> Plan {
        let mut plan = self.clone();
        plan.query.from = from;
        plan.query.limit = limit;
        plan
    }

    /// Whether nobody is left out, so that the total is the population.
    pub(crate) fn everybody(&self) -> bool {
        self.unfiltered() && self.within.is_none() && self.asked.is_empty()
    }

    fn unfiltered(&self) -> bool {
        self.query.predicate == Predicate::All && self.query.search.is_none()
    }

    fn ask(&mut self, scopes: Vec<Scope>) {
        if !scopes.iter().any(everything) {
            self.asked.push(scopes);
        }
    }

    /// Whether a condition that every row must pass leaves but few, found by an index of its own.
    fn is_selective(&self) -> bool {
        let search = self.query.search.as_deref();
        let words = search.map(rules::trigram_words);
        words.is_some_and(|words| self.found.known(&words).is_some())
            || self.pins(&self.query.predicate)
    }

    /// Whether the matches of a search are sorted, and are not few.
    fn sorts_many(&self) -> bool {
        let search = self.query.search.as_deref();
        let known = search.and_then(|search| self.found.known(&rules::trigram_words(search)));
        self.lead == ScanPath::Sort && known.is_some_and(|known| !known.few)
    }

    fn pins(&self, predicate: &Predicate<UserField>) -> bool {
        match predicate {
            Predicate::And(all) => all.iter().any(|one| self.pins(one)),
            Predicate::Or(any) => !any.is_empty() && any.iter().all(|one| self.pins(one)),
            Predicate::Is(field, Test::Equals(_) | Test::OneOf(_)) => matches!(
                field,
                UserField::Id
                    | UserField::Uuid
                    | UserField::Alias
                    | UserField::Email
                    | UserField::Login
            ),
            Predicate::Is(field, test) => {
                let words = super::search::words_for(field, test);
                self.found.known(&words).is_some() || self.found.rare.holds(field, test)
            }
            Predicate::All | Predicate::Nothing | Predicate::Not(_) => false,
        }
    }

    /// Takes one condition that names organisations to lead the list: the predicate's, else the scopes'.
    fn take_within(&mut self) {
        let taken = match std::mem::replace(&mut self.query.predicate, Predicate::All) {
            Predicate::And(mut all) => {
                let place = all.iter().position(|one| named(one).is_some());
                let taken = place.and_then(|place| named(&all.remove(place)));
                self.query.predicate = match all.len() {
                    0 => Predicate::All,
                    _ => Predicate::And(all),
                };
                taken
            }
            one => named(&one).or_else(|| {
                self.query.predicate = one;
                None
            }),
        };
        self.within = taken;
        if self.within.is_none() && !self.asked.is_empty() {
            self.within = Some(OrgFilter::seen(&self.asked.remove(0)));
        }
    }
}

/// Whether a scope shows everybody: all organisations hang below the root.
fn everything(scope: &Scope) -> bool {
    *scope == Scope::All || *scope == Scope::Subtree(crate::ROOT)
}

impl Plan {
    /// Whether a condition that every row must pass likely leaves few: the database then decides.
    fn narrow(&self, predicate: &Predicate<UserField>) -> bool {
        match predicate {
            Predicate::And(all) => all.iter().any(|one| self.narrow(one)),
            Predicate::Or(any) => !any.is_empty() && any.iter().all(|one| self.narrow(one)),
            Predicate::Is(field, test @ (Test::Equals(_) | Test::OneOf(_))) => {
                !self.found.rare.is_common(field, test)
                    && matches!(
                        field,
                        UserField::Group
                            | UserField::PrimaryGroup
                            | UserField::Role
                            | UserField::DirectRole
                            | UserField::UsherRole
                            | UserField::RoleOrganisation(_)
                            | UserField::DirectRoleOrganisation(_)
                            | UserField::ExpiringRoleOrganisation(_)
                            | UserField::Term(..)
                            | UserField::Home
                    )
            }
            Predicate::Nothing => true,
            Predicate::All | Predicate::Not(_) | Predicate::Is(..) => false,
        }
    }

    /// `WHERE` with everything asked of each user.
    fn push_where(&self, sql: &mut Sql, now: Time) -> Result<(), Fault> {
        select::narrowed::<Users>(sql, &self.query, &[Scope::All], None, now)?;
        for scopes in &self.asked {
            select::push_scopes::<Users>(sql, scopes, None);
        }
        Ok(())
    }

    /// One page, with one row more than asked for; and whether its cursors hold texts.
    pub(crate) fn page_sql(&self, now: Time) -> Result<(Sql, bool), Fault> {
        let mut order = paging::Order::of::<Users>(&self.query);
        let text = order.text;
        let mut sql = Sql {
            found: self.found.clone(),
            ..Sql::default()
        };
        let merged = self.lead == ScanPath::Order && self.streams().is_some();
        if !merged {
            order.bind_time(&mut sql, now);
        }
        if self.lead == ScanPath::Sort {
            order = order.unindexed();
        }
        let numbers_first = paging::offset_of(&self.query) > 0 || self.sorts_many();
        match &self.lead {
            ScanPath::Ranges(homes) => {
                sql.push("SELECT ").push(COLUMNS).push(", x.k FROM (");
                self.push_ranges(&mut sql, &order, homes, now)?;
                push_rows_of(&mut sql, &order);
            }
            ScanPath::Order if merged => {
                sql.push("SELECT ").push(COLUMNS).push(", x.k FROM (");
                self.push_streams(&mut sql, &order, now)?;
                push_rows_of(&mut sql, &order);
            }
            // Skipped rows are read from the order's index alone, and many are sorted, not each with all its columns.
            ScanPath::Order | ScanPath::Sort if numbers_first => {
                sql.push("SELECT ").push(COLUMNS).push(", x.k FROM (");
                sql.push("SELECT u.id AS id, ")
                    .push(&order.key)
                    .push(" AS k FROM users u");
                self.push_rest(&mut sql, &order, now)?;
                push_rows_of(&mut sql, &order);
            }
            ScanPath::Order | ScanPath::Sort => {
                sql.push("SELECT ")
                    .push(COLUMNS)
                    .push(", ")
                    .push(&order.key);
                sql.push(" FROM ").push(TABLES);
                self.push_rest(&mut sql, &order, now)?;
            }
        }
        Ok((sql, text))
    }

    fn push_rest(&self, sql: &mut Sql, order: &paging::Order, now: Time) -> Result<(), Fault> {
        self.push_where(sql, now)?;
        match (&self.within, &self.lead) {
            (Some(within), ScanPath::Sort) => within.push_set(sql),
            (Some(within), _) => within.push_asked(sql),
            (None, _) => {}
        }
        order.push_after(sql, &self.query.from)?;
        order.push_order(sql);
        paging::push_limit(sql, &self.query);
        Ok(())
    }

    fn streams(&self) -> Option<Vec<Stream>> {
        streams::of(self.query.sort.as_ref()?)
    }

    /// Selects id and sort value of one page: the first so many of each stream, then of them all.
    fn push_streams(&self, sql: &mut Sql, order: &paging::Order, now: Time) -> Result<(), Fault> {
        // The conditions are compiled once; every stream repeats them with the same values.
        let mut condition = Sql {
            found: self.found.clone(),
            values: std::mem::take(&mut sql.values),
            ..Sql::default()
        };
        self.push_where(&mut condition, now)?;
        if let Some(within) = &self.within {
            within.push_asked(&mut condition);
        }
        sql.values = condition.values;
        let streams = self.streams().unwrap_or_default();
        streams::push(sql, streams, &condition.text, order, &self.query, now)
    }

    /// Selects id and sort value of one page: the first so many of each organisation, then of them all.
    fn push_ranges(
        &self,
        sql: &mut Sql,
        order: &paging::Order,
        homes: &[i64],
        now: Time,
    ) -> Result<(), Fault> {
        // The conditions are compiled once; every range repeats them with the same values.
        let mut condition = Sql {
            found: self.found.clone(),
            values: std::mem::take(&mut sql.values),
            ..Sql::default()
        };
        self.push_where(&mut condition, now)?;
        let start = condition.text.len();
        // By number, a range is one of memberships, whose index has the users' numbers in order.
        let ranged = if order.by_id() {
            paging::Order {
                key: "s.user_id".to_owned(),
                id: "s.user_id",
                ..order.clone()
            }
        } else {
            order.clone()
        };
        ranged.push_after(&mut condition, &self.query.from)?;
        let ranged_after = condition.text.split_off(start);
        let after = ranged_after.replace(ranged.id, order.id);
        sql.values = condition.values;
        let condition = condition.text;
        let trivial = self.unfiltered() && self.asked.is_empty();

        sql.push("SELECT y.id AS id, y.k AS k FROM (");
        let rows = paging::rows_of(&self.query).saturating_add(paging::offset_of(&self.query));
        let rows = {
            sql.values.push(Bound::Int(rows));
            format!(" LIMIT ${}", sql.values.len())
        };
        // So many ranges that few texts are made; no organisation has the number 0.
        let ranges = homes.iter().copied().chain(std::iter::repeat(0));
        for (index, home) in ranges.take(homes.len().next_power_of_two()).enumerate() {
            if index > 0 {
                sql.push(" UNION ALL ");
            }
            sql.push("SELECT b.id, b.k FROM (SELECT ").push(ranged.id);
            sql.push(" AS id, ").push(&ranged.key).push(" AS k FROM ");
            if !order.by_id() {
                sql.push("users u")
                    .push(&condition)
                    .push(" AND u.home_id = ");
            } else if trivial {
                sql.push("memberships s WHERE s.home = 1 AND s.organisation_id = ");
            } else {
                sql.push("memberships s CROSS JOIN users u")
                    .push(&condition);
                sql.push(" AND u.id = s.user_id AND s.home = 1 AND s.organisation_id = ");
            }
            sql.bind(Bound::Int(home)).push(&ranged_after);
            ranged.push_order(sql);
            sql.push(&rows).push(") b");
        }
        if let Some(within) = &self.within {
            let mut others = Sql {
                values: std::mem::take(&mut sql.values),
                ..Sql::default()
            };
            let any = within.push_others(&mut others);
            sql.values = others.values;
            if any {
                sql.push(" UNION ALL SELECT u.id, ")
                    .push(&order.key)
                    .push(" FROM users u");
                sql.push(&condition)
                    .push(" AND u.id IN (")
                    .push(&others.text)
                    .push(")")
                    .push(&after);
                sql.push(" AND NOT ");
                within.push_home(sql, "u.home_id");
            }
        }
        sql.push(") y");
        let outer = paging::Order {
            key: if order.by_id() { "y.id" } else { "y.k" }.to_owned(),
            id: "y.id",
            ..order.clone()
        };
        outer.push_order(sql);
        paging::push_limit(sql, &self.query);
        Ok(())
    }
}

/// Ends a select list from `(SELECT id, k …`: the rows of these users in the same order.
fn push_rows_of(sql: &mut Sql, order: &paging::Order) {
    sql.push(") x CROSS JOIN ")
        .push(TABLES)
        .push(" WHERE u.id = x.id");
    let outer = paging::Order {
        key: if order.by_id() { "x.id" } else { "x.k" }.to_owned(),
        id: "x.id",
        ..order.clone()
    };
    outer.push_order(sql);
}

/// Runs a page's statement.
pub(crate) async fn page(tx: &mut Tx<'_>, sql: &Sql, text: bool) -> Res<Vec<(User, Cursor)>> {
    tx.all(&sql.text, &sql.vals(), |row| {
        let user = read_user(row)?;
        let key = if text {
            CursorKey::Text(row.string(AFTER)?)
        } else {
            CursorKey::Int(row.int(AFTER)?)
        };
        let id = user.id.0;
        Ok((user, Cursor { key, id }))
    })
    .await
}
