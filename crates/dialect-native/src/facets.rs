//! `facets=status,group` of lists of people, which the directory counts by statements of their own.

use directory::filter::FieldKind;
use directory::{FacetField, FacetRow, Predicate, UserField};
use kit::Authenticated;

use super::errors::Problem;
use super::facet_counts::{Facets, asked, of_page};
use super::lists::{Listing, without};
use super::parameters::Parameters;

/// What lists of people are counted by.
pub const OF_USERS: [(&str, FacetField, FieldKind); 8] = [
    ("kind", FacetField::Kind, FieldKind::Lower),
    ("status", FacetField::Status, FieldKind::Lower),
    ("standing", FacetField::Standing, FieldKind::Lower),
    ("second_factor", FacetField::SecondFactor, FieldKind::Flag),
    ("home", FacetField::Home, FieldKind::Organisation),
    (
        "organisation",
        FacetField::Organisation,
        FieldKind::Organisation,
    ),
    ("group", FacetField::Group, FieldKind::Group),
    ("role", FacetField::Role, FieldKind::Role),
];

/// Counts a list of people; nothing where the parameter is not given. `inside` is what the list is narrowed to by its
/// path.
pub async fn load(
    request: &Authenticated,
    given: &Parameters,
    listing: &Listing<UserField>,
    own: &[&str],
    inside: Predicate<UserField>,
) -> Result<Option<Facets>, Problem> {
    let mut asked_for = Vec::new();
    for word in asked(given, &OF_USERS.map(|(word, ..)| word))? {
        asked_for.extend(OF_USERS.iter().find(|(known, ..)| *known == word));
    }
    if asked_for.is_empty() {
        return Ok(None);
    }
    let mut queries = Vec::with_capacity(asked_for.len());
    for (name, field, _) in &asked_for {
        let others = without(given, name);
        let mut query = listing.query_with(request, &others, own).await?;
        query.predicate = query.predicate.and(inside.clone());
        queries.push((*field, query));
    }
    let counts = request.user_facets(&queries).await?;
    let rows: Vec<FacetRow> = counts
        .into_iter()
        .filter_map(|count| {
            let facet = asked_for
                .iter()
                .position(|(_, field, _)| *field == count.field)?;
            Some(FacetRow {
                facet,
                value: count.value,
                rows: count.people,
            })
        })
        .collect();
    let counted: Vec<(&'static str, FieldKind)> = asked_for
        .iter()
        .map(|(word, _, kind)| (*word, *kind))
        .collect();
    of_page(request, &counted, &rows).await
}
