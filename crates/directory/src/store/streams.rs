//! Orders of users as streams that are merged: each stream comes in order by an index of its own, and a page takes the first rows
//! of each. So an order that no single index has costs none that every write would keep; and a page behind a row is found in two
//! parts, those with the row's own sort value and those beyond it, because SQLite finds no place in an index of an expression by
//! comparing two values at once.

use crate::model::{
    AttributeKind, CursorKey, Direction, Fault, Platform, Position, Query, Time, UserField,
};

use super::paging::{self, Order};
use super::select::{Bound, Listed as _, STANDING, Sql};
use super::user_fields::{EMAIL_OR_MADE_UP, Users, expiring_order, shown_email};

/// Rows of a list that come in its order by themselves.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// What is read, `users u` last.
    tables: &'static str,
    /// ` AND …`: which rows the stream has. `?` stands for the time.
    condition: String,
    key: Key,
    /// The user's number where the order has it.
    id: &'static str,
    /// ` AND …` where the stream begins, which a place within it makes needless.
    lowest: &'static str,
    /// A column of one value only that the index has before the number.
    between: &'static str,
}

/// The sort value of a stream's rows, and what has them in its order.
#[derive(Clone, Debug)]
enum Key {
    /// All rows have this value, and an index has them by number.
    Word(&'static str),
    /// All rows have this value, and are a few that are sorted by number.
    FewWithWord(&'static str),
    /// An index has this expression with the number behind it, or a table that is read before the users has it.
    Indexed(String),
    /// The rows are a few that are sorted by this expression.
    Few(String),
    /// An address made of the UUID: an index has the UUIDs.
    MadeUp {
        /// The expression of the address.
        address: String,
        /// What stands before the UUID.
        before: String,
        /// Whether the UUID stands there with its dashes.
        dashes: bool,
    },
}

fn users(condition: impl Into<String>, key: Key) -> Stream {
    Stream {
        tables: "users u",
        condition: condition.into(),
        key,
        id: "u.id",
        lowest: "",
        between: "",
    }
}

/// Whether an order has an index or streams, so that a page along it costs no sort of everybody.
pub(crate) fn indexed(query: &Query<UserField>) -> bool {
    use UserField as F;
    match &query.sort {
        None | Some(F::Id | F::Uuid | F::Name | F::Login | F::Email | F::CreatedAt) => true,
        Some(field) => of(field).is_some(),
    }
}

/// The streams of an order; none where an index of columns has it, or nothing does.
pub(super) fn of(field: &UserField) -> Option<Vec<Stream>> {
    Some(match field {
        UserField::Status => vec![
            users(" AND u.status = 'active'", Key::Word("active")),
            users(
                " AND u.status <> 'active'",
                Key::Indexed("u.status".to_owned()),
            ),
        ],
        UserField::Kind => vec![
            users(" AND u.kind = 'person'", Key::Word("person")),
            users(" AND u.kind <> 'person'", Key::Indexed("u.kind".to_owned())),
        ],
        UserField::Standing => by_standing(),
        UserField::HomeName => vec![Stream {
            tables: "organisations b CROSS JOIN memberships s CROSS JOIN users u",
            condition: " AND s.organisation_id = b.id AND s.home = 1 AND u.id = s.user_id"
                .to_owned(),
            key: Key::Indexed("b.name_key".to_owned()),
            lowest: "",
            between: "",
            id: "s.user_id",
        }],
        UserField::EmailOrMadeUp => with_made_up(EMAIL_OR_MADE_UP.to_owned(), "", false),
        UserField::ShownEmail { before, after } => {
            with_made_up(shown_email(before, after), before, true)
        }
        UserField::Term(platform, name) => by_term(*platform, name)?,
        UserField::ExpiringRoleOrganisation(platform) => by_expiring_role(*platform)?,
        UserField::Given
        | UserField::Family
        | UserField::OwnGiven
        | UserField::OwnFamily
        | UserField::UpdatedAt
        | UserField::LastSeenAt
        | UserField::SignedInAt => by_expression(field),
        // Lists are sorted by texts, and not by codes.
        UserField::Profile(attribute) if attribute.kind() == AttributeKind::Text => {
            by_expression(field)
        }
        _ => return None,
    })
}

/// Everybody, by the expression that orders.
fn by_expression(field: &UserField) -> Vec<Stream> {
    let (key, _) = paging::sort_key(&Users::column(field));
    vec![users("", Key::Indexed(key))]
}

/// The words of the standing in their order; those who are not active are few.
fn by_standing() -> Vec<Stream> {
    let by_status = |word: &'static str| {
        let condition = format!(" AND u.status <> 'active' AND u.status = '{word}'");
        users(condition, Key::Word(word))
    };
    let by_time = |few: &str, word: &'static str| {
        let condition = format!(" AND u.status = 'active' AND {few} AND ({STANDING}) = '{word}'");
        users(condition, Key::FewWithWord(word))
    };
    vec![
        users(format!(" AND ({STANDING}) = 'active'"), Key::Word("active")),
        by_status("expired"),
        by_time("u.lock_after IS NOT NULL AND u.lock_after <= ?", "expired"),
        by_status("inactive"),
        by_time(
            "u.locked_until IS NOT NULL AND u.locked_until > ?",
            "locked",
        ),
        by_time(
            "u.lockout_until IS NOT NULL AND u.lockout_until > ?",
            "locked_out",
        ),
        by_status("suspended"),
    ]
}

/// Those with an address, and those for whom one is made up.
fn with_made_up(address: String, before: &str, dashes: bool) -> Vec<Stream> {
    let key = Key::MadeUp {
        address,
        before: before.to_owned(),
        dashes,
    };
    vec![
        Stream {
            lowest: " AND u.email_key > ''",
            ..users("", Key::Indexed("u.email_key".to_owned()))
        },
        users(" AND COALESCE(u.email_key, '') = ''", key),
    ]
}

/// Those without a term, and those with one by the first of theirs. Names stand in the statement itself, so only plain words do.
fn by_term(platform: Platform, name: &str) -> Option<Vec<Stream>> {
    let platform = platform.word();
    let plain = |word: &str| {
        word.bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter == b'_')
    };
    if !plain(platform) || !plain(name) {
        return None;
    }
    let without = format!(
        " AND NOT EXISTS (SELECT 1 FROM terms x WHERE x.entity = 'user' AND x.entity_id = u.id AND x.platform = '{platform}' \
         AND x.name = '{name}')"
    );
    let with = format!(
        " AND t.platform = '{platform}' AND t.name = '{name}' AND (t.entity || '') = 'user' AND u.id = t.entity_id AND NOT EXISTS \
         (SELECT 1 FROM terms x WHERE x.entity = 'user' AND x.entity_id = t.entity_id AND x.platform = '{platform}' \
         AND x.name = '{name}' AND x.value < t.value)"
    );
    Some(vec![
        users(without, Key::Word("")),
        Stream {
            tables: "terms t CROSS JOIN users u",
            condition: with,
            key: Key::Indexed("t.value".to_owned()),
            id: "t.entity_id",
            lowest: "",
            between: "t.entity",
        },
    ])
}

/// Those without a role that ends, and the few with one.
fn by_expiring_role(platform: Platform) -> Option<Vec<Stream>> {
    let value = expiring_order(platform)?;
    let held = format!(
        "x.expires_at IS NOT NULL AND r.platform = '{}'",
        platform.word()
    );
    Some(vec![
        users(
            format!(
                " AND NOT EXISTS (SELECT 1 FROM grants x JOIN roles r ON r.id = x.role_id WHERE x.user_id = u.id AND {held})"
            ),
            Key::Word(""),
        ),
        users(
            format!(
                " AND u.id IN (SELECT x.user_id FROM grants x JOIN roles r ON r.id = x.role_id WHERE {held})"
            ),
            Key::Few(format!("COALESCE({value}, '')")),
        ),
    ])
}

/// Selects number and sort value of a page's rows: the first so many of each stream, then of all. `condition` is the
/// ` WHERE …` that every row passes, with its values in `sql` already.
pub(super) fn push<F>(
    sql: &mut Sql,
    streams: Vec<Stream>,
    condition: &str,
    order: &Order,
    query: &Query<F>,
    now: Time,
) -> Result<(), Fault> {
    let cursor = match &query.from {
        Position::After(cursor) | Position::Before(cursor) => {
            Some(match (&cursor.key, order.text) {
                (CursorKey::Text(text), true) => (Bound::Text(text.clone()), cursor.id),
                (CursorKey::Int(number), false) => (Bound::Int(*number), cursor.id),
                _ => {
                    return Err(Fault::invalid(
                        "cursor",
                        "belongs to a list in another order",
                    ));
                }
            })
        }
        Position::Start | Position::Offset(_) => None,
    };
    let rows = paging::rows_of(query).saturating_add(paging::offset_of(query));
    let limit = {
        sql.values.push(Bound::Int(rows));
        format!(" LIMIT ${}", sql.values.len())
    };
    let mut texts = Vec::new();
    for stream in streams {
        let places = stream.after(sql, order.direction, cursor.as_ref());
        if places.is_empty() {
            continue;
        }
        let head = format!(
            "SELECT {} AS id, {} AS k FROM {}{condition}{}",
            stream.id,
            stream.value(),
            stream.tables,
            sql.with_time(&stream.condition, now),
        );
        texts.extend(places.iter().map(|place| format!("{head}{place}{limit}")));
    }
    if texts.is_empty() {
        let value = if order.text { "u.login_key" } else { "u.id" };
        texts.push(format!(
            "SELECT u.id AS id, {value} AS k FROM users u{condition} AND 1 = 0{limit}"
        ));
    }
    for (place, text) in texts.iter().enumerate() {
        sql.push(if place == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT y.id AS id, y.k AS k FROM (")
            .push(text)
            .push(") y");
    }
    let word = word_of(order.direction);
    sql.push(" ORDER BY k").push(word).push(", id").push(word);
    paging::push_limit(sql, query);
    Ok(())
}

const fn word_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => " ASC",
        Direction::Down => " DESC",
    }
}

impl Stream {
    /// The expression of the sort value.
    fn value(&self) -> String {
        match &self.key {
            Key::Word(word) | Key::FewWithWord(word) => format!("CAST('{word}' AS TEXT)"),
            Key::Indexed(expression) | Key::Few(expression) => expression.clone(),
            Key::MadeUp { address, .. } => address.clone(),
        }
    }

    /// `ORDER BY` in the words that its index has; in others where a few are sorted, so that no index of all users is walked for them.
    fn order(&self, direction: Direction) -> String {
        let word = word_of(direction);
        let id = self.id;
        match &self.key {
            Key::Word(_) => format!(" ORDER BY {id}{word}"),
            Key::FewWithWord(_) => format!(" ORDER BY ({id} + 0){word}"),
            Key::Indexed(expression) => {
                let rest = self.order_of_one(direction);
                format!(" ORDER BY {expression}{word}, {rest}")
            }
            Key::Few(expression) => format!(" ORDER BY ({expression} || ''){word}, {id}{word}"),
            Key::MadeUp { .. } => format!(" ORDER BY u.uuid{word}, {id}{word}"),
        }
    }

    /// The order of the rows that have one value.
    fn order_of_one(&self, direction: Direction) -> String {
        let (word, id) = (word_of(direction), self.id);
        match self.between {
            "" => format!("{id}{word}"),
            between => format!("{between}{word}, {id}{word}"),
        }
    }

    /// ` AND … ORDER BY …` for the rows behind a cursor, one for each statement that finds a part of them; none when there are no
    /// such rows.
    fn after(
        &self,
        sql: &mut Sql,
        direction: Direction,
        cursor: Option<&(Bound, i64)>,
    ) -> Vec<String> {
        let Some((key, number)) = cursor else {
            return vec![format!("{}{}", self.lowest, self.order(direction))];
        };
        let order = self.order(direction);
        let up = direction == Direction::Up;
        let beyond = if up { ">" } else { "<" };
        let lowest = if up { "" } else { self.lowest };
        let id = self.id;
        let text = match key {
            Bound::Text(text) => text.as_str(),
            _ => "",
        };
        let mut bind = |value: Bound| {
            sql.values.push(value);
            format!("${}", sql.values.len())
        };
        match &self.key {
            Key::Word(word) | Key::FewWithWord(word) => {
                if *word == text {
                    let number = bind(Bound::Int(*number));
                    vec![format!(" AND {id} {beyond} {number}{order}")]
                } else if (*word > text) == up {
                    vec![order]
                } else {
                    Vec::new()
                }
            }
            Key::Indexed(expression) => {
                let (key, number) = (bind(key.clone()), bind(Bound::Int(*number)));
                let rest = self.order_of_one(direction);
                // Of one value, the numbers alone are the order; SQLite would sort by both.
                vec![
                    format!(" AND {expression} = {key} AND {id} {beyond} {number} ORDER BY {rest}"),
                    format!("{lowest} AND {expression} {beyond} {key}{order}"),
                ]
            }
            Key::Few(expression) => {
                let (key, number) = (bind(key.clone()), bind(Bound::Int(*number)));
                vec![format!(
                    " AND ({expression}, {id}) {beyond} ({key}, {number}){order}"
                )]
            }
            Key::MadeUp {
                address,
                before,
                dashes,
            } => {
                let edge = match edge_of(text, before, *dashes) {
                    Edge::Below if up => String::new(),
                    Edge::Above if !up => String::new(),
                    Edge::Below | Edge::Above => return Vec::new(),
                    // No digit of a UUID comes behind this letter.
                    Edge::At(uuid) if !up => format!(" AND u.uuid < {}", bind(text_of(uuid + "g"))),
                    Edge::At(uuid) => format!(" AND u.uuid >= {}", bind(text_of(uuid))),
                };
                let (key, number) = (bind(key.clone()), bind(Bound::Int(*number)));
                vec![format!(
                    "{edge} AND ({address}, {id}) {beyond} ({key}, {number}){order}"
                )]
            }
        }
    }
}

const fn text_of(text: String) -> Bound {
    Bound::Text(text)
}

/// Where a text stands among made-up addresses.
#[derive(Debug, PartialEq, Eq)]
enum Edge {
    /// Before them all.
    Below,
    /// Behind them all.
    Above,
    /// Among those whose UUID begins so.
    At(String),
}

/// Where a text stands among the addresses that are made of `before` and a UUID.
fn edge_of(text: &str, before: &str, dashes: bool) -> Edge {
    let Some(rest) = text.strip_prefix(before) else {
        return if text < before {
            Edge::Below
        } else {
            Edge::Above
        };
    };
    let mut uuid = String::with_capacity(37);
    let digits = rest.chars().take(if dashes { 36 } else { 32 });
    for (place, letter) in digits.enumerate() {
        // Behind a letter that no UUID has, the text says no more of one.
        if !(letter.is_ascii_hexdigit() || dashes && letter == '-') {
            break;
        }
        if !dashes && matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(letter);
    }
    Edge::At(uuid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The edge leaves out no made-up address that lies beyond a text, whichever way.
        #[test]
        fn no_made_up_address_is_missed(
            number: u128,
            text in "(a\\+)?[0-9a-f@z.-]{0,40}",
            own: bool,
            before in "(a\\+)?",
            dashes: bool,
        ) {
            let uuid = uuid::Uuid::from_u128(number);
            let shown = if dashes { uuid.to_string() } else { uuid.simple().to_string() };
            let address = format!("{before}{shown}@example.org");
            let text = if own { address.chars().take(text.len()).collect() } else { text };
            let uuid = uuid.to_string();
            match edge_of(&text, &before, dashes) {
                Edge::Below => prop_assert!(address > text),
                Edge::Above => prop_assert!(address < text),
                Edge::At(edge) => {
                    prop_assert!(address <= text || uuid >= edge);
                    prop_assert!(address >= text || uuid < edge + "g");
                }
            }
        }
    }
}
