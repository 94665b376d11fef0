//! Searches: what a list looks for in its rows, and which rows answer best (opencti.md §4).

use directory::{Page, Position, Predicate, Query, UserField, fold_search};

use super::super::account_address::account_of_address;
use super::super::columns;
use super::super::errors::OrRefuse as _;
use super::super::filter;
use super::super::ids::Given;
use super::super::static_list;
use super::Session;
use super::lists::{self, Frame};
use graphql::{Call, Refusal};

/// Descriptions found by a search are named one by one up to this many; of more, all are looked through.
const NAMED: u32 = 1_000;

/// What a call searches.
pub(super) fn terms(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    filter::search_terms(call.text("search"))
}

/// The terms of a search whose rows come in the order of how well they answer it: the vendor ranks
/// them when nobody asks for another order.
pub(super) fn ranking(call: &Call<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let terms = terms(call)?;
    let ranks = !terms.is_empty() && matches!(call.text("orderBy"), "" | "_score");
    Ok(ranks.then(|| terms.iter().map(|term| fold_search(term)).collect()))
}

/// The query that gives every row of a search, as far as a list goes.
pub(super) fn whole<F: Clone>(query: &Query<F>) -> Query<F> {
    Query {
        from: Position::Start,
        limit: lists::MOST,
        total: false,
        ..query.clone()
    }
}

/// The page of a ranked search; nothing when more rows were found than a list goes through, which are
/// then given in the order they were made in.
pub(super) async fn best<T>(
    call: &Call<'_>,
    terms: &[String],
    all: Page<T>,
    texts: impl Fn(&T) -> Vec<String>,
    is_it: impl Fn(&T, &str) -> bool,
) -> Result<Option<(Vec<T>, Frame)>, Refusal> {
    if all.next.is_some() {
        return Ok(None);
    }
    let mut rows = all.items;
    rank(call, terms, &mut rows, texts).await;
    page_of(call, rows, is_it).map(Some)
}

/// The page that a call asks for of rows that are all at hand and in order.
pub(super) fn page_of<T>(
    call: &Call<'_>,
    rows: Vec<T>,
    is_it: impl Fn(&T, &str) -> bool,
) -> Result<(Vec<T>, Frame), Refusal> {
    let cut = static_list::cut(
        rows,
        lists::first(call) as usize,
        Some(call.text("after")),
        is_it,
    );
    let cut = cut.ok_or_else(lists::none_of_ours)?;
    let (rows, cursors) = cut.items.into_iter().unzip();
    let frame = Frame {
        cursors,
        more: cut.more,
        total: cut.total,
    };
    Ok((rows, frame))
}

/// Rows ranked before other requests of the thread have their turn.
const TURN: usize = 250;

/// Orders rows by how well they answer; those that answer alike stay as they are.
pub(super) async fn rank<T>(
    call: &Call<'_>,
    terms: &[String],
    rows: &mut Vec<T>,
    texts: impl Fn(&T) -> Vec<String>,
) {
    let mut ranked = Vec::with_capacity(rows.len());
    for (place, row) in std::mem::take(rows).into_iter().enumerate() {
        if place % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        let texts: Vec<String> = texts(&row).iter().map(|text| fold_search(text)).collect();
        ranked.push((std::cmp::Reverse(score(terms, &texts)), row));
    }
    ranked.sort_by_key(|(score, _)| *score);
    rows.extend(ranked.into_iter().map(|(_, row)| row));
    if call.text("orderBy") == "_score" && call.text("orderMode") == "asc" {
        rows.reverse();
    }
}

/// How well texts answer terms: each term counts by the best place it has in any of them.
fn score(terms: &[String], texts: &[String]) -> usize {
    let place = |term: &String, text: &String| {
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        if text == term {
            4
        } else if words.clone().any(|word| word == term) {
            3
        } else if words.any(|word| word.starts_with(term.as_str())) {
            2
        } else {
            usize::from(text.contains(term.as_str()))
        }
    };
    let best = |term| texts.iter().map(|text| place(term, text)).max();
    terms.iter().filter_map(best).sum()
}

impl Session {
    /// The people whose descriptions hold something of what a call searches. They are asked for
    /// beforehand, so that the index of names still leads a search no description answers.
    pub(super) async fn described(&self, call: &Call<'_>) -> Result<Predicate<UserField>, Refusal> {
        let predicate = columns::description_search(&terms(call)?);
        if predicate == Predicate::Nothing {
            return Ok(predicate);
        }
        self.spend(&predicate)?;
        let query = Query {
            predicate: predicate.clone(),
            limit: NAMED,
            ..Query::default()
        };
        let page = self.handle.users(&query).await;
        let page = page.or_refuse()?;
        if page.next.is_some() {
            return Ok(predicate);
        }
        let ids = page.items.iter().map(|user| user.id.0.into());
        Ok(match ids.len() {
            0 => Predicate::Nothing,
            _ => Predicate::Is(UserField::Id, directory::Test::OneOf(ids.collect())),
        })
    }
}

/// Whether a search is one plain word, which the directory's own index is for.
pub(super) fn plain(terms: &[String]) -> Option<&String> {
    match terms {
        // A made-up address stands in no index.
        [word]
            if !word.contains(' ')
                && Given::read(word) == Given::Nonsense
                && account_of_address(word).is_none() =>
        {
            Some(word)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn whole_texts_count_more_than_words_and_words_more_than_pieces() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let of = |terms: &[&str], list: &[&str]| {
            let (terms, texts): (Vec<String>, Vec<String>) = (texts(terms), texts(list));
            score(&terms, &texts)
        };
        for (terms, list, expected) in [
            (&["analyst"][..], &["analyst", "x"][..], 4),
            (&["analyst"], &["senior analyst"], 3),
            (&["ana"], &["senior analyst"], 2),
            (&["lyst"], &["senior analyst"], 1),
            (&["nobody"], &["senior analyst"], 0),
            (
                &["ada", "lovelace"],
                &["ada lovelace", "ada@example.org"],
                6,
            ),
            (&["ada", "lovelace"], &["ada byron"], 3),
        ] {
            assert_eq!(of(terms, list), expected, "{terms:?} in {list:?}");
        }
    }
}
