//! Lists: the one place that turns a predicate, a search, an order and a page into SQL. Every value
//! is bound; what the caller may see is ANDed in here, so no list can forget it.

use crate::model::{Fault, Predicate, Query, Scope, Test, Time, Value};
use crate::rules;

use super::rare::Arm;
use super::search::{Found, escape};
pub(crate) use super::statement_text::Sql;
pub(crate) use super::value::Bound;

/// How a text column was folded when it was written, so that values are folded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folding {
    /// As it is: words, UUIDs, terms.
    Exact,
    /// [`rules::fold`].
    Unique,
    /// [`rules::fold_search`].
    Search,
    /// Not folded in the column: lower-cased on both sides (ASCII).
    Lower,
}

impl Folding {
    fn fold(self, text: &str) -> String {
        match self {
            Folding::Exact => text.to_owned(),
            Folding::Unique => rules::fold(text),
            Folding::Search => rules::fold_search(text),
            Folding::Lower => text.to_ascii_lowercase(),
        }
    }
}

/// What a field is in SQL.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// A text expression.
    Text(&'static str, Folding),
    /// A text that the statement computes of other columns; never NULL.
    Computed(String, Folding),
    /// A number, id or time.
    Int(&'static str),
    /// 0 or 1.
    Flag(&'static str),
    /// The standing, which needs the time.
    Standing,
    /// `{id} IN (SELECT … WHERE {test})`: the id tested, the sub-selects (each ends where its test
    /// goes) and what is tested. `bound` values go into the sub-selects' `?` marks.
    Related {
        id: &'static str,
        selects: Vec<&'static str>,
        inner: Box<Column>,
        bound: Vec<Bound>,
        /// The one text that lists are ordered by, where what is related has an order.
        value: Option<String>,
    },
}

/// The standing as SQL: the same as [`rules::standing`]. `?` stands for the time.
pub(crate) const STANDING: &str = "CASE WHEN u.status <> 'active' THEN u.status \
     WHEN u.locked_until > ? THEN 'locked' WHEN u.lock_after <= ? THEN 'expired' \
     WHEN u.lockout_until > ? THEN 'locked_out' ELSE 'active' END";

/// A kind of entity that can be listed.
pub(crate) trait Listed {
    /// Its fields.
    type Field: Clone + std::fmt::Debug;
    /// What a field is in SQL.
    fn column(field: &Self::Field) -> Column;
    /// The id column that breaks ties.
    const ID: &'static str;
    /// The folded text that searches look into.
    const SEARCH: &'static str;
    /// The sub-selects that find the few who pass a test, where it was found beforehand that they are few.
    fn rare(found: &Found, field: &Self::Field, test: &Test) -> Option<Vec<Arm>> {
        let _ = (found, field, test);
        None
    }
    /// Whether so many rows have a relation, as was found beforehand, that it is asked of each row.
    fn common(found: &Found, field: &Self::Field, test: &Test) -> bool {
        let _ = (found, field, test);
        false
    }
}

/// Conditions with a word between them. Long lists are halved, because a database counts a chain of a
/// thousand as nested a thousand deep, and refuses it.
fn joined<L: Listed>(
    sql: &mut Sql,
    several: &[Predicate<L::Field>],
    word: &'static str,
    now: Time,
) -> Result<(), Fault> {
    sql.push("(");
    if several.len() > 4 {
        let (one, other) = several.split_at(several.len() / 2);
        joined::<L>(sql, one, word, now)?;
        sql.push(word);
        joined::<L>(sql, other, word, now)?;
    } else {
        for (index, one) in several.iter().enumerate() {
            if index > 0 {
                sql.push(word);
            }
            compile::<L>(sql, one, now)?;
        }
    }
    sql.push(")");
    Ok(())
}

/// Compiles a predicate that [`rules::limits::check_query`] has looked at.
fn compile<L: Listed>(
    sql: &mut Sql,
    predicate: &Predicate<L::Field>,
    now: Time,
) -> Result<(), Fault> {
    match predicate {
        Predicate::All => drop(sql.push("1 = 1")),
        Predicate::Nothing => drop(sql.push("1 = 0")),
        Predicate::Not(inner) => {
            sql.push("NOT COALESCE((");
            compile::<L>(sql, inner, now)?;
            sql.push("), FALSE)");
        }
        Predicate::And(all) if all.is_empty() => drop(sql.push("1 = 1")),
        Predicate::Or(any) if any.is_empty() => drop(sql.push("1 = 0")),
        Predicate::And(several) | Predicate::Or(several) => {
            let word = if matches!(predicate, Predicate::And(_)) {
                " AND "
            } else {
                " OR "
            };
            joined::<L>(sql, several, word, now)?;
        }
        Predicate::Is(field, test) => {
            if L::common(&sql.found, field, test) {
                return push_related_of_each(sql, &L::column(field), test, now);
            }
            let arms = L::rare(&sql.found, field, test);
            if let Some(arms) = &arms {
                sql.push("(").push(L::ID).push(" IN (");
                push_arms(sql, arms);
                sql.push(") AND ");
            }
            column_test(sql, &L::column(field), test, now)?;
            if arms.is_some() {
                sql.push(")");
            }
        }
    }
    Ok(())
}

/// The sub-selects of a condition that few rows meet.
fn push_arms(sql: &mut Sql, arms: &[Arm]) {
    for (index, arm) in arms.iter().enumerate() {
        sql.push(if index == 0 { "" } else { " UNION ALL " })
            .push(arm.select);
        for (place, value) in arm.values.iter().enumerate() {
            sql.push(if place == 0 { "(" } else { ", " })
                .bind(value.clone());
        }
        sql.push(if arm.values.is_empty() { "" } else { ")" });
    }
}

fn column_test(sql: &mut Sql, column: &Column, test: &Test, now: Time) -> Result<(), Fault> {
    match column {
        Column::Text(expression, folding) => {
            let counted = sql.counted_by(expression, test);
            text_test(
                sql,
                counted.as_deref().unwrap_or(expression),
                *folding,
                test,
            )
        }
        Column::Computed(expression, folding) => text_test(sql, expression, *folding, test),
        // What depends on the time of the request holds `?` in its place.
        Column::Int(expression) if expression.contains('?') => {
            let expression = sql.with_time(expression, now);
            number_test(sql, &expression, test, read_number)
        }
        Column::Flag(expression) if expression.contains('?') => {
            let expression = sql.with_time(expression, now);
            number_test(sql, &expression, test, read_flag)
        }
        Column::Int(expression) => {
            let counted = sql.counted_by(expression, test);
            let expression = counted.as_deref().unwrap_or(expression);
            number_test(sql, expression, test, read_number)
        }
        Column::Flag(expression) => number_test(sql, expression, test, read_flag),
        Column::Standing => {
            let expression = sql.with_time(STANDING, now);
            text_test(sql, &format!("({expression})"), Folding::Exact, test)
        }
        Column::Related { id, .. } => {
            let absent = matches!(test, Test::Absent);
            sql.push(id)
                .push(if absent { " NOT IN (" } else { " IN (" });
            push_related(sql, column, test, now, " UNION ", "")?;
            sql.push(")");
            Ok(())
        }
    }
}

/// The sub-selects of a relation, with the test in each, `between` them and `end` behind each.
fn push_related(
    sql: &mut Sql,
    column: &Column,
    test: &Test,
    now: Time,
    between: &str,
    end: &str,
) -> Result<(), Fault> {
    let Column::Related {
        id,
        selects,
        inner,
        bound,
        value: _,
    } = column
    else {
        return Ok(());
    };
    for (index, select) in selects.iter().enumerate() {
        if index > 0 {
            sql.push(between);
        }
        let mut values = bound.iter();
        for piece in select.split_inclusive('?') {
            match piece.strip_suffix('?') {
                Some(text) => {
                    let value = values.next().cloned().unwrap_or(Bound::Int(now.0));
                    sql.push(text).bind(value);
                }
                None => drop(sql.push(piece)),
            }
        }
        if matches!(test, Test::Absent) {
            sql.push("1 = 1");
        } else {
            column_test(sql, inner, test, now)?;
        }
        if !end.is_empty() {
            let related = select.split_whitespace().nth(1).unwrap_or(id);
            sql.push(" AND ").push(related).push(" = ").push(id);
            sql.push(end);
        }
    }
    Ok(())
}

/// A relation asked of each row by itself. The bound keeps PostgreSQL from making a set of all who have it, and changes nothing else.
fn push_related_of_each(
    sql: &mut Sql,
    column: &Column,
    test: &Test,
    now: Time,
) -> Result<(), Fault> {
    sql.push("(EXISTS (");
    push_related(sql, column, test, now, " OR EXISTS (", " LIMIT 1 OFFSET 0)")?;
    sql.push(")");
    Ok(())
}

/// Counts the rows that have a relation, up to a bound, with those counted twice that have it twice; none for other columns.
pub(crate) fn related_count<L: Listed>(
    field: &L::Field,
    test: &Test,
    most: i64,
) -> Option<Result<Sql, Fault>> {
    let column = L::column(field);
    let counted = matches!(&column, Column::Related { id, .. } if *id == L::ID);
    if !counted || matches!(test, Test::Absent) {
        return None;
    }
    let mut sql = Sql::default();
    sql.push("SELECT COUNT(*) FROM (");
    // What has ended counts too: the number only decides how the list is read.
    let pushed = push_related(&mut sql, &column, test, Time(0), " UNION ALL ", "");
    sql.push(" LIMIT ").bind(Bound::Int(most)).push(") c");
    Some(pushed.map(|()| sql))
}

fn read_number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Time(time) => Some(time.0),
        Value::Flag(flag) => Some(i64::from(*flag)),
        Value::Text(text) => text
            .trim()
            .parse()
            .ok()
            .or_else(|| Time::parse(text).map(|time| time.0)),
    }
}

fn read_flag(value: &Value) -> Option<i64> {
    match value {
        Value::Flag(flag) => Some(i64::from(*flag)),
        Value::Int(number) => Some(*number),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(1),
            "false" | "0" | "no" => Some(0),
            _ => None,
        },
        Value::Time(_) => None,
    }
}

fn number_test(
    sql: &mut Sql,
    expression: &str,
    test: &Test,
    read: impl Fn(&Value) -> Option<i64>,
) -> Result<(), Fault> {
    let number = |value: &Value| {
        read(value).ok_or_else(|| {
            Fault::invalid(
                "filter",
                "compares a number, date or flag with something else",
            )
        })
    };
    let mut compare = |operator: &str, value: &Value| -> Result<(), Fault> {
        let value = number(value)?;
        sql.push(expression).push(operator).bind(Bound::Int(value));
        Ok(())
    };
    match test {
        Test::Equals(value) => compare(" = ", value),
        Test::Less(value) => compare(" < ", value),
        Test::AtMost(value) => compare(" <= ", value),
        Test::Greater(value) => compare(" > ", value),
        Test::AtLeast(value) => compare(" >= ", value),
        Test::OneOf(values) => {
            let values = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
            sql.push(expression)
                .push(" IN (")
                .bind_all(values)
                .push(")");
            Ok(())
        }
        Test::Absent => {
            sql.push(expression).push(" IS NULL");
            Ok(())
        }
        Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) | Test::Glob(_) => Err(
            Fault::invalid("filter", "looks for text in a number, date or flag"),
        ),
    }
}

fn text_test(sql: &mut Sql, expression: &str, folding: Folding, test: &Test) -> Result<(), Fault> {
    let lowered;
    let expression = if folding == Folding::Lower {
        lowered = format!("LOWER({expression})");
        &lowered
    } else {
        expression
    };
    let text = |value: &Value| match value {
        Value::Text(text) => folding.fold(text),
        Value::Int(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Time(time) => time.rfc3339(),
    };
    sql.push_found(&super::search::words_in(expression, test));
    let mut compare = |operator: &str, value: String| {
        sql.push(expression).push(operator).bind(Bound::Text(value));
    };
    match test {
        Test::Equals(value) => compare(" = ", text(value)),
        Test::Less(value) => compare(" < ", text(value)),
        Test::AtMost(value) => compare(" <= ", text(value)),
        Test::Greater(value) => compare(" > ", text(value)),
        Test::AtLeast(value) => compare(" >= ", text(value)),
        Test::OneOf(values) => {
            let values = values.iter().map(|value| Bound::Text(text(value)));
            sql.push(expression)
                .push(" IN (")
                .bind_list(values.collect())
                .push(")");
        }
        Test::Contains(part) => like(
            sql,
            expression,
            &format!("%{}%", escape(&folding.fold(part))),
        ),
        Test::StartsWith(part) => starts_with(sql, expression, folding.fold(part)),
        Test::EndsWith(part) => like(
            sql,
            expression,
            &format!("%{}", escape(&folding.fold(part))),
        ),
        Test::Glob(pattern) => {
            let pieces: Vec<String> = pattern
                .split('*')
                .map(|p| escape(&folding.fold(p)))
                .collect();
            like(sql, expression, &pieces.join("%"));
        }
        Test::Absent => {
            sql.push("COALESCE(").push(expression).push(", '') = ''");
        }
    }
    Ok(())
}

/// A prefix is a range, which an index in the column's order answers; a bound `LIKE` pattern is not.
fn starts_with(sql: &mut Sql, expression: &str, prefix: String) {
    sql.push("(").push(expression).push(" >= ");
    let end = successor(&prefix);
    sql.bind(Bound::Text(prefix));
    if let Some(end) = end {
        sql.push(" AND ").push(expression).push(" < ");
        sql.bind(Bound::Text(end));
    }
    sql.push(")");
}

/// The first text, by bytes, after all that begin with `prefix`.
pub(super) fn successor(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

/// `LIKE` with `\` as the escape, on both databases.
pub(crate) fn like(sql: &mut Sql, expression: &str, pattern: &str) {
    sql.push(expression)
        .push(" LIKE ")
        .bind(Bound::Text(pattern.to_owned()))
        .push(" ESCAPE '\\'");
}

/// How an entity is seen through a scope, as SQL; see [`push_scopes`].
pub(crate) trait Visible {
    /// Users: seen in homes and memberships; other entities by their organisation.
    fn scope(sql: &mut Sql, scope: &Scope);
}

/// ANDs in what the scopes show, within the organisation a token is limited to.
pub(crate) fn push_scopes<S: Visible>(sql: &mut Sql, scopes: &[Scope], limit: Option<i64>) {
    if let Some(limit) = limit {
        sql.push(" AND (");
        S::scope(sql, &Scope::Subtree(limit.into()));
        sql.push(")");
    }
    if scopes.contains(&Scope::All) {
        return;
    }
    sql.push(" AND (1 = 0");
    for scope in scopes {
        sql.push(" OR ");
        S::scope(sql, scope);
    }
    sql.push(")");
}

/// `FROM … WHERE` after `from`, with the predicate, the search and the scopes.
pub(crate) fn narrowed<L: Listed + Visible>(
    sql: &mut Sql,
    query: &Query<L::Field>,
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Result<(), Fault> {
    rules::limits::check_query(query)?;
    sql.push(" WHERE ");
    compile::<L>(sql, &query.predicate, now)?;
    if let Some(search) = &query.search {
        let words = rules::trigram_words(search);
        if super::search::covers(L::SEARCH) {
            sql.push(" AND ").push_found(&words).push("1 = 1");
        }
        for word in words {
            sql.push(" AND ");
            like(sql, L::SEARCH, &format!("%{}%", escape(&word)));
        }
    }
    push_scopes::<L>(sql, scopes, limit);
    Ok(())
}
