//! Text search among users: which of them may hold a text, by the pieces of three letters it is made of.
//!
//! A list asks beforehand (`store/search_lookup.rs`) for the numbers of those who hold every piece. Few of them
//! become a condition beside the `LIKE` that verifies each; a text that many hold needs no index, since a
//! list of its matches fills soon. So what is found here is a hint that may name too many, never too few.
//!
//! SQLite keeps the pieces in a full-text table. What is written waits in `user_search_pending`, which
//! searches look through as well, and goes into the table by hundreds, because adding one by one costs a
//! third of a create. PostgreSQL keeps them as numbers in an array, whose index has such a list of its own.

use crate::model::{Test, UserField, UserId, Value};
use crate::rules;

use super::rare::Rare;
use super::value::Bound;
use super::{Database, Res, Tx};

/// Users that may wait before they are taken into SQLite's table.
const PENDING: i64 = if cfg!(test) { 16 } else { 512 };
/// Pieces of a text that are looked for; more hardly narrow it further.
const PIECES: usize = 12;

/// Columns whose text is part of `users.search`, there folded by [`rules::fold_search`].
const COVERED: &[&str] = &[
    "u.search",
    "u.name_key",
    "u.login_key",
    "u.email_key",
    "u.given_key",
    "u.family_key",
    OWN_GIVEN,
    OWN_FAMILY,
];

/// Those of them without an index, in which whole texts are looked for by their pieces, too.
const UNINDEXED: &[&str] = &["u.given_key", "u.family_key", OWN_GIVEN, OWN_FAMILY];

/// The given name where one was entered; it is then the one that is shown.
pub(super) const OWN_GIVEN: &str = "(CASE WHEN u.given IS NULL THEN NULL ELSE u.given_key END)";
/// The family name where one was entered.
pub(super) const OWN_FAMILY: &str = "(CASE WHEN u.family IS NULL THEN NULL ELSE u.family_key END)";

const SQLITE_WAIT: &str =
    "INSERT INTO user_search_pending (user_id) VALUES ($1) ON CONFLICT DO NOTHING";
const SQLITE_WAIT_IF_CHANGED: &str = "INSERT INTO user_search_pending (user_id) SELECT id FROM users WHERE id = $1 AND search <> $2 \
     ON CONFLICT DO NOTHING";
const SQLITE_WAITING: &str = "SELECT COUNT(*) FROM user_search_pending";
const SQLITE_TAKE_IN: &str = "INSERT OR REPLACE INTO user_search (rowid, search) SELECT u.id, u.search || char(10, 10) FROM user_search_pending p \
     CROSS JOIN users u WHERE u.id = p.user_id AND p.user_id <> $1";
const SQLITE_TAKEN: &str = "DELETE FROM user_search_pending WHERE user_id <> $1";
const SQLITE_FORGET_WAITING: &str = "DELETE FROM user_search_pending WHERE user_id = $1";
const SQLITE_FORGET: &str = "DELETE FROM user_search WHERE rowid = $1";
const SQLITE_EMPTY_WAITING: &str = "DELETE FROM user_search_pending";
const SQLITE_EMPTY: &str = "INSERT INTO user_search (user_search) VALUES ('delete-all')";
const SQLITE_REBUILD: &str =
    "INSERT INTO user_search (rowid, search) SELECT id, search || char(10, 10) FROM users";
const POSTGRES_PUT: &str = "INSERT INTO user_search (user_id, pieces) VALUES ($1, CAST(CAST($2 AS TEXT) AS INTEGER[])) \
     ON CONFLICT (user_id) DO UPDATE SET pieces = excluded.pieces WHERE user_search.pieces <> excluded.pieces";
const POSTGRES_FORGET: &str = "DELETE FROM user_search WHERE user_id = $1";

/// What is known of the texts a list looks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(super) texts: Vec<Text>,
    /// Conditions that few users meet.
    pub rare: Rare,
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    pub words: Vec<String>,
    /// None when more hold it than are sorted.
    pub known: Option<Known>,
    /// What SQLite's table is asked for them when they are counted, where many hold it.
    pub many: Option<String>,
}

/// Those who hold a text, as a condition with one value.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub before: &'static str,
    /// The numbers of the few, or what the index is asked for.
    pub wanted: Bound,
    pub after: &'static str,
    /// Whether they are so few that a count of them begins with them, too.
    pub few: bool,
}

/// Whether a column's text is among what is searched.
pub(crate) fn covers(expression: &str) -> bool {
    COVERED.contains(&expression)
}

/// The words that a text must hold to pass a test; none when the test does not look for a part.
fn words_of(test: &Test) -> Vec<String> {
    match test {
        Test::Contains(part) | Test::StartsWith(part) | Test::EndsWith(part) => {
            vec![rules::fold_search(part)]
        }
        Test::Glob(pattern) => pattern.split('*').map(rules::fold_search).collect(),
        _ => Vec::new(),
    }
}

/// The words that a column's text must hold to pass a test; none when its pieces are not kept.
pub(crate) fn words_in(expression: &str, test: &Test) -> Vec<String> {
    match test {
        Test::Equals(Value::Text(text)) if UNINDEXED.contains(&expression) => {
            vec![rules::fold_search(text)]
        }
        test if covers(expression) => words_of(test),
        _ => Vec::new(),
    }
}

/// The words that a field's text must hold to pass a test.
pub(super) fn words_for(field: &UserField, test: &Test) -> Vec<String> {
    let column = match field {
        UserField::Name => "u.name_key",
        UserField::Login => "u.login_key",
        UserField::Email => "u.email_key",
        UserField::Given => "u.given_key",
        UserField::Family => "u.family_key",
        UserField::OwnGiven => OWN_GIVEN,
        UserField::OwnFamily => OWN_FAMILY,
        _ => return Vec::new(),
    };
    words_in(column, test)
}

impl Found {
    /// Those who hold these words, if they were looked for and are no more than are sorted.
    pub(crate) fn known(&self, words: &[String]) -> Option<Known> {
        let text = self.texts.iter().find(|text| text.words == words)?;
        text.known.clone()
    }

    /// What SQLite's table is asked for many who hold these words.
    pub(crate) fn many(&self, words: &[String]) -> Option<&str> {
        let text = self.texts.iter().find(|text| text.words == words)?;
        text.many.as_deref()
    }
}

/// What SQLite's table is asked for those who hold every piece.
pub(super) fn all_of(pieces: &[String]) -> String {
    let quoted: Vec<String> = pieces
        .iter()
        .map(|piece| format!("\"{}\"", piece.replace('"', "\"\"")))
        .collect();
    quoted.join(" AND ")
}

/// Takes a new user's search text into the index, within the write that makes them.
pub(crate) async fn index_user(tx: &mut Tx<'_>, user: UserId, search: &str) -> Res<()> {
    match tx.database() {
        Database::Sqlite => {
            tx.exec(SQLITE_WAIT, &[user.0.into()]).await?;
            // Numbers are never reused, so every so many new users one finds about as many waiting.
            if user.0 % PENDING == 0 {
                take_in(tx, 0).await?;
            }
            Ok(())
        }
        Database::Postgres => put_pieces(tx, user, search).await,
    }
}

/// Brings the index in step with a changed search text, within the write and before the user's row changes.
pub(crate) async fn reindex_user(tx: &mut Tx<'_>, user: UserId, search: &str) -> Res<()> {
    match tx.database() {
        Database::Sqlite => {
            let values = [user.0.into(), search.into()];
            if tx.exec(SQLITE_WAIT_IF_CHANGED, &values).await? > 0 {
                let waiting = tx.one(SQLITE_WAITING, &[], |row| row.int(0)).await?;
                if waiting.is_some_and(|waiting| waiting > PENDING) {
                    take_in(tx, user.0).await?;
                }
            }
            Ok(())
        }
        Database::Postgres => put_pieces(tx, user, search).await,
    }
}

/// Moves those who wait into SQLite's table, but for one whose text is about to change.
async fn take_in(tx: &mut Tx<'_>, but: i64) -> Res<()> {
    tx.exec(SQLITE_TAKE_IN, &[but.into()]).await?;
    tx.exec(SQLITE_TAKEN, &[but.into()]).await?;
    Ok(())
}

/// Makes SQLite's index anew from the users' rows.
pub(super) fn rebuild_lite(connection: &rusqlite::Connection) -> Res<()> {
    for sql in [SQLITE_EMPTY_WAITING, SQLITE_EMPTY, SQLITE_REBUILD] {
        connection.execute(sql, [])?;
    }
    Ok(())
}

/// The pieces of a search text as PostgreSQL keeps them.
pub(super) fn numbers_of(search: &str) -> Vec<i32> {
    let mut numbers: Vec<i32> = windows(search)
        .iter()
        .map(|piece| number_of(piece))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

async fn put_pieces(tx: &mut Tx<'_>, user: UserId, search: &str) -> Res<()> {
    let pieces = array(numbers_of(search).into_iter().map(i64::from));
    tx.exec_deferred(POSTGRES_PUT, &[user.0.into(), (&pieces).into()])
        .await
}

/// Takes a user out of the index.
pub(crate) async fn forget(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    let statements: &[&str] = match tx.database() {
        Database::Sqlite => &[SQLITE_FORGET_WAITING, SQLITE_FORGET],
        Database::Postgres => &[POSTGRES_FORGET],
    };
    for sql in statements {
        tx.exec(sql, &[user.0.into()]).await?;
    }
    Ok(())
}

/// Takes the meaning from `%`, `_` and `\`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Every run of three letters.
fn windows(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(3)
        .map(|window| window.iter().collect())
        .collect()
}

/// The pieces looked for: of long words some that are spread evenly.
pub(super) fn pieces_of(words: &[String]) -> Vec<String> {
    let mut pieces: Vec<String> = words.iter().flat_map(|word| windows(word)).collect();
    pieces.sort_unstable();
    pieces.dedup();
    let count = pieces.len();
    if count > PIECES {
        let step = |index: usize| index * (count - 1) / (PIECES - 1);
        pieces = (0..PIECES)
            .map(|index| pieces[step(index)].clone())
            .collect();
    }
    pieces
}

/// A piece as a number (FNV-1a). Two pieces of one number only make a hint wider.
pub(super) fn number_of(piece: &str) -> i32 {
    let hash = piece.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.cast_signed()
}

/// PostgreSQL's spelling of an array.
pub(super) fn array(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("{");
    for number in numbers {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_are_runs_of_three_letters() {
        let table: [(&[&str], &[&str]); 6] = [
            (&["ada"], &["ada"]),
            (&["ad", "x"], &[]),
            (&["zoë1", "abc"], &["abc", "oë1", "zoë"]),
            (&["aaaaa"], &["aaa"]),
            (&["a b"], &["a b"]),
            (&[], &[]),
        ];
        for (words, expected) in table {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(pieces_of(&words), expected, "{words:?}");
        }
        let long: String = ('a'..='z').collect();
        assert_eq!(pieces_of(&[long]).len(), PIECES);
    }

    #[test]
    fn arrays_are_spelled() {
        assert_eq!(array([]), "{}");
        assert_eq!(array([-1, 2, 30]), "{-1,2,30}");
    }

    proptest! {
        /// A column that holds a part, folded for uniqueness or for search, has its pieces in the search text.
        #[test]
        fn no_holder_is_missed(
            text in "[aAeÉİßΣσς가각¨ \u{a0}´ﬁǅe\u{301}-]{0,12}",
            begin in 0_usize..12,
            length in 0_usize..12,
        ) {
            let part: String = text.chars().skip(begin).take(length).collect();
            let search = rules::fold_search(&text);
            for (column, folded) in [
                (rules::fold(&text), rules::fold(&part)),
                (rules::fold_search(&text), rules::fold_search(&part)),
            ] {
                if column.contains(&folded) {
                    let part = rules::fold_search(&part);
                    for piece in windows(&part) {
                        prop_assert!(search.contains(&piece), "{text:?} {part:?} {piece:?}");
                    }
                    if part.chars().count() < 3 {
                        prop_assert!(search.contains(&part), "{text:?} {part:?}");
                    }
                }
            }
        }
    }
}
