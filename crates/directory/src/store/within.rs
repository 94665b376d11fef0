//! The people of some organisations: how a list finds them, and how it asks of each whether they are one.

use crate::model::{Predicate, Query, Scope, Test, UserField, Value};

use super::select::{Bound, Sql, Visible};
use super::user_fields::{Users, push_home_below};
use super::{Res, Tx};

/// Organisations beyond which ranges are not merged.
const RANGES: usize = if cfg!(test) { 5 } else { 64 };
/// People that are sorted rather than walked past.
const FEW: i64 = if cfg!(test) { 30 } else { 5_000 };

/// The people of some organisations, and some by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OrgFilter {
    /// Organisations with all below them.
    pub tops: Vec<i64>,
    /// Organisations alone.
    pub singles: Vec<i64>,
    /// Whether members count, and not only those at home there.
    pub members: bool,
    /// This user too.
    pub users: Vec<i64>,
    /// These users too, while their home is an organisation or below it.
    pub listed: Vec<(i64, Vec<i64>)>,
    /// Those whose primary group this is too, while their home is an organisation or below it.
    pub groups: Vec<(i64, Vec<i64>)>,
}

/// Which way leads to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScanPath {
    /// Along the order.
    Order,
    /// The few that a condition finds, sorted.
    Sort,
    /// One ordered range for each of these organisations, merged.
    Ranges(Vec<i64>),
}

/// Whether each organisation's people have an index in this order.
pub(crate) fn ranged(query: &Query<UserField>) -> bool {
    matches!(
        query.sort,
        None | Some(UserField::Id) | Some(UserField::Name)
    )
}

/// The organisations that a condition names.
pub(super) fn named(predicate: &Predicate<UserField>) -> Option<OrgFilter> {
    let numbers = |test: &Test| -> Option<Vec<i64>> {
        let number = |value: &Value| match value {
            Value::Int(number) => Some(*number),
            Value::Text(_) | Value::Flag(_) | Value::Time(_) => None,
        };
        match test {
            Test::Equals(value) => number(value).map(|number| vec![number]),
            Test::OneOf(values) => values.iter().map(number).collect(),
            _ => None,
        }
    };
    match predicate {
        Predicate::Is(UserField::Organisation, test) => Some(OrgFilter {
            singles: numbers(test)?,
            members: true,
            ..OrgFilter::default()
        }),
        Predicate::Is(UserField::HomeSubtree, test) => Some(OrgFilter {
            tops: numbers(test)?,
            ..OrgFilter::default()
        }),
        Predicate::Or(any) if !any.is_empty() => {
            let mut whole = OrgFilter {
                members: true,
                ..OrgFilter::default()
            };
            for one in any {
                match named(one) {
                    Some(one) if one.members => whole.singles.extend(one.singles),
                    _ => return None,
                }
            }
            Some(whole)
        }
        _ => None,
    }
}

impl OrgFilter {
    /// Whom the scopes show.
    pub fn seen(scopes: &[Scope]) -> OrgFilter {
        let mut within = OrgFilter {
            members: true,
            ..OrgFilter::default()
        };
        for scope in scopes {
            match scope {
                Scope::All => {}
                Scope::Subtree(top) => within.tops.push(top.0),
                Scope::Organisation(organisation) => within.singles.push(organisation.0),
                Scope::Own(user) => within.users.push(user.0),
                Scope::Users { users, within: top } => {
                    let users = users.iter().map(|user| user.0).collect();
                    within.listed.push((top.0, users));
                }
                Scope::Groups {
                    groups,
                    within: top,
                } => {
                    let groups = groups.iter().map(|group| group.0).collect();
                    within.groups.push((top.0, groups));
                }
            }
        }
        within
    }

    /// Finds out which way leads to their list.
    pub async fn lead(&self, tx: &mut Tx<'_>, query: &Query<UserField>) -> Res<ScanPath> {
        if ranged(query) {
            let homes = self.homes(tx).await?;
            if homes.len() <= RANGES && self.others(tx).await? <= FEW {
                return Ok(ScanPath::Ranges(homes));
            }
        }
        let mut sql = Sql::default();
        sql.push("SELECT COUNT(*) FROM (SELECT h.id FROM users h WHERE ");
        self.push_home(&mut sql, "h.home_id");
        sql.push(" LIMIT ").bind(Bound::Int(FEW + 1)).push(") c");
        let at_home = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
        if at_home.unwrap_or(0) <= FEW && self.others(tx).await? <= FEW {
            Ok(ScanPath::Sort)
        } else {
            Ok(ScanPath::Order)
        }
    }

    /// The organisations in which anybody is at home; one more than can be merged when there are too many.
    async fn homes(&self, tx: &mut Tx<'_>) -> Res<Vec<i64>> {
        let mut homes = self.singles.clone();
        if !self.tops.is_empty() {
            let mut sql = Sql::default();
            sql.push(
                "SELECT DISTINCT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id IN (",
            );
            sql.bind_all(self.tops.iter().copied());
            sql.push(
                ") AND EXISTS (SELECT 1 FROM users h WHERE h.home_id = t.descendant_id) LIMIT ",
            );
            sql.bind(Bound::Int(RANGES as i64 + 1));
            homes.extend(tx.all(&sql.text, &sql.vals(), |row| row.int(0)).await?);
        }
        homes.sort_unstable();
        homes.dedup();
        Ok(homes)
    }

    /// How many are here otherwise than by their home, up to a bound.
    async fn others(&self, tx: &mut Tx<'_>) -> Res<i64> {
        let mut sql = Sql::default();
        sql.push("SELECT COUNT(*) FROM (");
        if !self.push_others(&mut sql) {
            return Ok(0);
        }
        sql.push(" LIMIT ").bind(Bound::Int(FEW + 1)).push(") c");
        let others = tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await?;
        Ok(others.unwrap_or(0))
    }

    /// The condition that an organisation is one of these.
    pub fn push_home(&self, sql: &mut Sql, column: &str) {
        sql.push("(");
        if !self.tops.is_empty() {
            sql.push(column);
            sql.push(
                " IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id IN (",
            );
            sql.bind_all(self.tops.iter().copied()).push("))");
        }
        if !self.singles.is_empty() {
            if !self.tops.is_empty() {
                sql.push(" OR ");
            }
            sql.push(column).push(" IN (");
            sql.bind_all(self.singles.iter().copied()).push(")");
        }
        if self.tops.is_empty() && self.singles.is_empty() {
            sql.push("1 = 0");
        }
        sql.push(")");
    }

    /// Selects those who are here otherwise than by their home; false when there can be none.
    pub fn push_others(&self, sql: &mut Sql) -> bool {
        let mut any = false;
        let mut next = |sql: &mut Sql| {
            if std::mem::replace(&mut any, true) {
                sql.push(" UNION ");
            }
        };
        if self.members && !self.tops.is_empty() {
            next(sql);
            sql.push(
                "SELECT s.user_id FROM organisation_tree t CROSS JOIN memberships s WHERE s.organisation_id = t.descendant_id AND s.home = 0 \
                 AND t.ancestor_id IN (",
            );
            sql.bind_all(self.tops.iter().copied()).push(")");
        }
        if self.members && !self.singles.is_empty() {
            next(sql);
            sql.push(
                "SELECT s.user_id FROM memberships s WHERE s.home = 0 AND s.organisation_id IN (",
            );
            sql.bind_all(self.singles.iter().copied()).push(")");
        }
        if !self.users.is_empty() {
            next(sql);
            sql.push("SELECT o.id FROM users o WHERE o.id IN (");
            sql.bind_all(self.users.iter().copied()).push(")");
        }
        for (column, named) in [("id", &self.listed), ("primary_group_id", &self.groups)] {
            for (top, numbers) in named.iter().filter(|(_, numbers)| !numbers.is_empty()) {
                next(sql);
                sql.push("SELECT o.id FROM users o WHERE o.").push(column);
                sql.push(" IN (").bind_all(numbers.iter().copied());
                sql.push(") AND EXISTS (SELECT 1 FROM organisation_tree t WHERE t.descendant_id = o.home_id AND t.ancestor_id = ");
                sql.bind(Bound::Int(*top)).push(")");
            }
        }
        any
    }

    /// The condition that a user is one of these, asked of each.
    pub fn push_asked(&self, sql: &mut Sql) {
        sql.push(" AND (1 = 0");
        for top in &self.tops {
            sql.push(" OR ");
            if self.members {
                Users::scope(sql, &Scope::Subtree((*top).into()));
            } else {
                push_home_below(sql, *top);
            }
        }
        for single in &self.singles {
            sql.push(" OR ");
            Users::scope(sql, &Scope::Organisation((*single).into()));
        }
        if !self.users.is_empty() {
            sql.push(" OR u.id IN (");
            sql.bind_all(self.users.iter().copied()).push(")");
        }
        for (column, named) in [("id", &self.listed), ("primary_group_id", &self.groups)] {
            for (top, numbers) in named.iter().filter(|(_, numbers)| !numbers.is_empty()) {
                sql.push(" OR (u.").push(column).push(" IN (");
                sql.bind_all(numbers.iter().copied()).push(") AND ");
                push_home_below(sql, *top);
                sql.push(")");
            }
        }
        sql.push(")");
    }

    /// The condition that a user is one of these, which finds them.
    pub fn push_set(&self, sql: &mut Sql) {
        sql.push(" AND u.id IN (SELECT h.id FROM users h WHERE ");
        self.push_home(sql, "h.home_id");
        let mut others = Sql {
            values: std::mem::take(&mut sql.values),
            ..Sql::default()
        };
        let any = self.push_others(&mut others);
        sql.values = others.values;
        if any {
            sql.push(" UNION ").push(&others.text);
        }
        sql.push(")");
    }
}
