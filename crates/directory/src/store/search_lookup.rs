//! What a list asks beforehand of the texts it looks for: who may hold each, where these are few.
//!
//! In another order than that of the numbers all matches may stand at the end, such as those of one name in the order of names.
//! There a search of up to [`SORTED`] matches reads these from the index and sorts them.
//!
//! A word of one or two letters has no piece, but every piece that begins with it is beside the others in SQLite's table; two line
//! breaks behind each text there make pieces of its last letters, too. PostgreSQL's numbers have no such order: there the
//! texts themselves are read up to the bound, unless the list is by number, which does so itself.

use crate::model::{Predicate, Query, UserField};
use crate::rules;

use super::rare::Rare;
use super::search::{Found, Known, Text, all_of, array, escape, number_of, pieces_of, words_for};
use super::select::successor;
use super::statement_text::Sql;
use super::value::Bound;
use super::{Database, Res, Tx};

/// Texts that more people hold are looked for along the list's order.
const FEW: i64 = if cfg!(test) { 40 } else { 8_000 };
/// Matches of a search that are sorted, in an order that may have them all at its end.
const SORTED: i64 = if cfg!(test) { 200 } else { 100_000 };
/// Words without a piece that are looked for in one text.
const SHORT_WORDS: usize = 4;
/// Texts of one filter that are looked for beforehand.
const TEXTS: usize = 8;

const SQLITE_FIND: &str = "SELECT rowid FROM user_search WHERE user_search MATCH $1 \
     UNION ALL SELECT p.user_id FROM user_search_pending p CROSS JOIN users u WHERE u.id = p.user_id AND u.search LIKE $2 ESCAPE '\\' LIMIT $3";
const SQLITE_COUNT: &str =
    "SELECT COUNT(*) FROM (SELECT rowid FROM user_search WHERE user_search MATCH $1 LIMIT $2) c";
const SQLITE_FIND_SHORT: &str = "SELECT DISTINCT t.doc FROM user_search_terms t WHERE t.term >= $1 AND t.term < $2 \
     UNION ALL SELECT p.user_id FROM user_search_pending p CROSS JOIN users u WHERE u.id = p.user_id AND u.search LIKE $3 ESCAPE '\\' LIMIT $4";
const POSTGRES_FIND: &str =
    "SELECT user_id FROM user_search WHERE pieces @> CAST(CAST($1 AS TEXT) AS INTEGER[]) LIMIT $2";
const POSTGRES_COUNT: &str = "SELECT COUNT(*) FROM (SELECT user_id FROM user_search \
     WHERE pieces @> CAST(CAST($1 AS TEXT) AS INTEGER[]) LIMIT $2) c";
const POSTGRES_FIND_SHORT: &str = "SELECT id FROM users WHERE search LIKE $1 ESCAPE '\\' LIMIT $2";

impl Found {
    /// Looks for every text of a query, and for the conditions that few meet.
    pub(crate) async fn look(tx: &mut Tx<'_>, query: &Query<UserField>) -> Res<Found> {
        // Who was made later has the higher number.
        let by_number = matches!(
            query.sort,
            None | Some(UserField::Id | UserField::CreatedAt)
        );
        let mut texts = Vec::new();
        if let Some(search) = &query.search {
            texts.push(rules::trigram_words(search));
        }
        collect(&query.predicate, &mut texts);
        let mut found = Found {
            texts: Vec::new(),
            rare: Rare::look(tx, query).await?,
        };
        for words in texts {
            if found.texts.len() < TEXTS && !found.texts.iter().any(|text| text.words == words) {
                let mut known = known(tx, &words, by_number).await?;
                let pieces = pieces_of(&words);
                let lite = tx.database() == Database::Sqlite && known.is_none();
                let searched = query.search.is_some() && found.texts.is_empty();
                if known.is_none() && searched && !by_number && !pieces.is_empty() {
                    known = sortable(tx, &pieces).await?;
                }
                let many = (lite && !pieces.is_empty()).then(|| all_of(&pieces));
                found.texts.push(Text { words, known, many });
            }
        }
        Ok(found)
    }
}

/// The texts looked for in covered columns that have a piece at all.
fn collect(predicate: &Predicate<UserField>, texts: &mut Vec<Vec<String>>) {
    match predicate {
        Predicate::All | Predicate::Nothing => {}
        Predicate::Not(inner) => collect(inner, texts),
        Predicate::And(several) | Predicate::Or(several) => {
            for one in several {
                collect(one, texts);
            }
        }
        Predicate::Is(field, test) => {
            let words = words_for(field, test);
            if !words.is_empty() {
                texts.push(words);
            }
        }
    }
}

/// The few who may hold these words; none where many may.
async fn known(tx: &mut Tx<'_>, words: &[String], by_number: bool) -> Res<Option<Known>> {
    let database = tx.database();
    if let Some(sql) = find_pieces(database, words)
        && let Some(numbers) = few(tx, &sql).await?
    {
        return Ok(Some(Known::of(database, numbers)));
    }
    if database == Database::Postgres && by_number {
        return Ok(None);
    }
    for word in short_words(words) {
        if let Some(numbers) = few(tx, &find_short(database, word)).await? {
            return Ok(Some(Known::of(database, numbers)));
        }
    }
    Ok(None)
}

/// What finds those who may hold every piece, where no more may than are sorted.
async fn sortable(tx: &mut Tx<'_>, pieces: &[String]) -> Res<Option<Known>> {
    let (sql, wanted, before, after) = match tx.database() {
        Database::Sqlite => (
            SQLITE_COUNT,
            all_of(pieces),
            "u.id IN (SELECT rowid FROM user_search WHERE user_search MATCH ",
            " UNION ALL SELECT user_id FROM user_search_pending)",
        ),
        Database::Postgres => (
            POSTGRES_COUNT,
            array_of(pieces),
            "u.id IN (SELECT user_id FROM user_search WHERE pieces @> CAST(CAST(",
            " AS TEXT) AS INTEGER[]))",
        ),
    };
    let values = [(&wanted).into(), (SORTED + 1).into()];
    let count = tx.one(sql, &values, |row| row.int(0)).await?;
    let known = count.is_some_and(|count| count <= SORTED);
    Ok(known.then_some(Known {
        before,
        wanted: Bound::Text(wanted),
        after,
        few: false,
    }))
}

/// The numbers that a statement with the bound finds; none where there are more.
async fn few(tx: &mut Tx<'_>, sql: &Sql) -> Res<Option<Vec<i64>>> {
    let numbers = tx.all(&sql.text, &sql.vals(), |row| row.int(0)).await?;
    let few = i64::try_from(numbers.len()).is_ok_and(|count| count <= FEW);
    Ok(few.then_some(numbers))
}

/// What finds those who may hold every piece of words; none where they have no piece.
fn find_pieces(database: Database, words: &[String]) -> Option<Sql> {
    let pieces = pieces_of(words);
    let longest = words.iter().max_by_key(|word| word.len())?;
    if pieces.is_empty() {
        return None;
    }
    Some(match database {
        Database::Sqlite => statement(
            SQLITE_FIND,
            [all_of(&pieces), format!("%{}%", escape(longest))],
        ),
        Database::Postgres => statement(POSTGRES_FIND, [array_of(&pieces)]),
    })
}

/// The words that have no piece, those of two letters first.
fn short_words(words: &[String]) -> Vec<&str> {
    let mut short: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| (1..3).contains(&word.chars().count()))
        .collect();
    short.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    short.dedup();
    short.truncate(SHORT_WORDS);
    short
}

/// What finds those who may hold a word of one or two letters.
pub(super) fn find_short(database: Database, word: &str) -> Sql {
    let part = format!("%{}%", escape(word));
    match database {
        Database::Sqlite => {
            // No text begins with the last character of all, which Unicode assigns to nothing.
            let end = successor(word).unwrap_or_else(|| char::MAX.to_string());
            statement(SQLITE_FIND_SHORT, [word.to_owned(), end, part])
        }
        Database::Postgres => statement(POSTGRES_FIND_SHORT, [part]),
    }
}

/// A statement with its texts, and the bound behind them.
fn statement<const TEXTS: usize>(text: &str, texts: [String; TEXTS]) -> Sql {
    let mut sql = Sql {
        text: text.to_owned(),
        ..Sql::default()
    };
    sql.values.extend(texts.map(Bound::Text));
    sql.values.push(Bound::Int(FEW + 1));
    sql
}

impl Known {
    fn of(database: Database, numbers: Vec<i64>) -> Known {
        match database {
            Database::Sqlite => Known {
                before: "u.id IN (SELECT value FROM json_each(",
                wanted: Bound::Text(serde_json::Value::from(numbers).to_string()),
                after: "))",
                few: true,
            },
            Database::Postgres => Known {
                before: "u.id = ANY(CAST(CAST(",
                wanted: Bound::Text(array(numbers)),
                after: " AS TEXT) AS BIGINT[]))",
                few: true,
            },
        }
    }
}

/// Pieces as PostgreSQL is asked for them.
fn array_of(pieces: &[String]) -> String {
    array(pieces.iter().map(|piece| i64::from(number_of(piece))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_are_few_and_the_longer_first() {
        let words = ["a", "xyz", "bc", "", "bc", "é", "각b", "d", "e"].map(str::to_owned);
        assert_eq!(short_words(&words), ["bc", "각b", "a", "é"]);
    }
}
