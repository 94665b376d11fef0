//! `facets=status,group`: how many rows of a list have each value, under every parameter but those on the field itself.
//! The newest 10,000 rows that match are counted, so that a facet costs no more in a larger directory.

use directory::filter::FieldKind;
use directory::{
    FacetField, FacetRow, GroupId, OrganisationId, Predicate, RoleId, UserField, UserId,
};
use kit::Authenticated;

use super::errors::Problem;
use super::facet_counts::{Count, Facets, Value};
use super::lists::{Listing, Parameters, without};

/// The parameter.
pub const FACETS: &str = "facets";

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

/// The fields that the parameter names, each once.
pub fn asked<'w>(given: &Parameters, known: &[&'w str]) -> Result<Vec<&'w str>, Problem> {
    let mut asked: Vec<&str> = Vec::new();
    let values = given.iter().filter(|(name, _)| name == FACETS);
    for word in values.flat_map(|(_, value)| value.split(',')) {
        match known.iter().find(|known| **known == word) {
            Some(one) if !asked.contains(one) => asked.push(one),
            Some(_) => {}
            None => {
                let why = format!("must name some of {}, with commas", known.join(", "));
                return Err(Problem::parameter(FACETS, why));
            }
        }
    }
    Ok(asked)
}

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

/// What a list was counted by, as a page shows it; nothing where the parameter is not given.
pub async fn of_page(
    request: &Authenticated,
    counted: &[(&'static str, FieldKind)],
    rows: &[FacetRow],
) -> Result<Option<Facets>, Problem> {
    if counted.is_empty() {
        return Ok(None);
    }
    let names = names(request, counted, rows).await?;
    let mut facets: Facets = counted
        .iter()
        .map(|(name, _)| (*name, Vec::new()))
        .collect();
    for row in rows {
        let Some((name, kind)) = counted.get(row.facet) else {
            continue;
        };
        if let (Some(shown), Some(facet)) = (shown(*kind, row, &names), facets.get_mut(name)) {
            facet.push(shown);
        }
    }
    Ok(Some(facets))
}

/// A count as it is shown; what the caller may not see is left out.
fn shown(kind: FieldKind, row: &FacetRow, names: &Names) -> Option<Count> {
    let (value, name) = match kind {
        FieldKind::Flag => {
            let holds = matches!(row.value.as_str(), "1" | "true");
            (Value::Flag(holds), None)
        }
        FieldKind::Number => (Value::Number(row.value.parse().ok()?), None),
        kind if kind.is_reference() => {
            let number: i64 = row.value.parse().ok()?;
            let mut known = names.iter();
            let (.., name) = known.find(|(of, known, _)| *of == kind && *known == number)?;
            (Value::Number(number), Some(name.clone()))
        }
        _ => (Value::Word(row.value.clone()), None),
    };
    Some(Count {
        value,
        name,
        count: row.rows,
    })
}

type Names = Vec<(FieldKind, i64, String)>;

/// The names of the people, organisations, groups and roles among the values that the caller sees.
async fn names(
    request: &Authenticated,
    counted: &[(&'static str, FieldKind)],
    rows: &[FacetRow],
) -> Result<Names, Problem> {
    let numbers = |kind: FieldKind| -> Vec<i64> {
        let of_kind = |row: &&FacetRow| counted.get(row.facet).is_some_and(|(_, of)| *of == kind);
        let of_these = rows.iter().filter(of_kind);
        let mut numbers: Vec<i64> = of_these.filter_map(|row| row.value.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let mut names = Names::new();
    let kind = FieldKind::Organisation;
    let ids: Vec<_> = numbers(kind).into_iter().map(OrganisationId).collect();
    if !ids.is_empty() {
        let seen = request.organisations_by_id(&ids).await?.into_iter();
        names.extend(seen.map(|one| (kind, one.id.0, one.name)));
    }
    let kind = FieldKind::Group;
    let ids: Vec<_> = numbers(kind).into_iter().map(GroupId).collect();
    if !ids.is_empty() {
        let seen = request.groups_by_id(&ids).await?.into_iter();
        names.extend(seen.map(|one| (kind, one.id.0, one.name)));
    }
    let kind = FieldKind::Role;
    let ids: Vec<_> = numbers(kind).into_iter().map(RoleId).collect();
    if !ids.is_empty() {
        let seen = request.roles_by_id(&ids).await?.into_iter();
        names.extend(seen.map(|one| (kind, one.id.0, one.name)));
    }
    let kind = FieldKind::User;
    let ids: Vec<_> = numbers(kind).into_iter().map(UserId).collect();
    if !ids.is_empty() {
        let seen = request.users_by_id(&ids).await?.into_iter();
        names.extend(seen.map(|one| (kind, one.id.0, one.login)));
    }
    Ok(names)
}
