//! `facets=status,group` of users: how many of the list have each value, under every filter but the one on the field
//! itself.

use directory::{FacetCount, FacetField, GroupId, OrganisationId, RoleId, UserField};
use kit::Authenticated;

use super::errors::Problem;
use super::facet_counts::{Count, Facets, Value};
use super::lists::{Listing, Parameters};

/// The words of the parameter.
pub const WORDS: [(&str, FacetField); 8] = [
    ("kind", FacetField::Kind),
    ("status", FacetField::Status),
    ("standing", FacetField::Standing),
    ("second_factor", FacetField::SecondFactor),
    ("home", FacetField::Home),
    ("organisation", FacetField::Organisation),
    ("group", FacetField::Group),
    ("role", FacetField::Role),
];

/// Reads the parameter and counts; nothing where it is not given.
pub async fn load(
    request: &Authenticated,
    given: &Parameters,
    listing: &Listing<UserField>,
    own: &[&str],
) -> Result<Option<Facets>, Problem> {
    let mut asked: Vec<(&'static str, FacetField)> = Vec::new();
    let values = given.iter().filter(|(name, _)| name == "facets");
    for word in values.flat_map(|(_, value)| value.split(',')) {
        match WORDS.iter().find(|(known, _)| *known == word) {
            Some(one) if !asked.contains(one) => asked.push(*one),
            Some(_) => {}
            None => {
                let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
                let why = format!("must name some of {}, with commas", words.join(", "));
                return Err(Problem::parameter("facets", why));
            }
        }
    }
    if asked.is_empty() {
        return Ok(None);
    }
    let mut queries = Vec::with_capacity(asked.len());
    for (name, field) in &asked {
        let others: Vec<(String, String)> = given
            .iter()
            .filter(|(known, _)| known.trim_end_matches('!') != *name && known != "cursor")
            .cloned()
            .collect();
        let query = listing.query_with(request, &others, own).await?;
        queries.push((*field, query));
    }
    let counts = request.user_facets(&queries).await?;
    let names = names(request, &counts).await?;
    let mut facets: Facets = asked.iter().map(|(name, _)| (*name, Vec::new())).collect();
    for count in counts {
        let Some((name, field)) = asked.iter().find(|(_, field)| *field == count.field) else {
            continue;
        };
        if let (Some(shown), Some(facet)) = (shown(*field, &count, &names), facets.get_mut(name)) {
            facet.push(shown);
        }
    }
    Ok(Some(facets))
}

/// A count as it is shown; what the caller may not see is left out.
fn shown(field: FacetField, count: &FacetCount, names: &Names) -> Option<Count> {
    let (value, name) = match field {
        FacetField::Kind | FacetField::Status | FacetField::Standing => {
            (Value::Word(count.value.clone()), None)
        }
        FacetField::SecondFactor => (Value::Flag(count.value == "true"), None),
        FacetField::Home | FacetField::Organisation | FacetField::Group | FacetField::Role => {
            let number: i64 = count.value.parse().ok()?;
            let kind = if field == FacetField::Home {
                FacetField::Organisation
            } else {
                field
            };
            let known = names
                .iter()
                .find(|(of, known, _)| *of == kind && *known == number)?;
            (Value::Number(number), Some(known.2.clone()))
        }
    };
    Some(Count {
        value,
        name,
        count: count.people,
    })
}

type Names = Vec<(FacetField, i64, String)>;

/// The names of the organisations, groups and roles among the values that the caller sees.
async fn names(request: &Authenticated, counts: &[FacetCount]) -> Result<Names, Problem> {
    let numbers = |fields: &[FacetField]| -> Vec<i64> {
        let of_these = counts.iter().filter(|count| fields.contains(&count.field));
        let mut numbers: Vec<i64> = of_these
            .filter_map(|count| count.value.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let mut names = Names::new();
    let organisations = numbers(&[FacetField::Home, FacetField::Organisation]);
    if !organisations.is_empty() {
        let ids: Vec<_> = organisations.into_iter().map(OrganisationId).collect();
        let seen = request.organisations_by_id(&ids).await?;
        names.extend(
            seen.into_iter()
                .map(|one| (FacetField::Organisation, one.id.0, one.name)),
        );
    }
    let groups = numbers(&[FacetField::Group]);
    if !groups.is_empty() {
        let ids: Vec<_> = groups.into_iter().map(GroupId).collect();
        let seen = request.groups_by_id(&ids).await?;
        names.extend(
            seen.into_iter()
                .map(|one| (FacetField::Group, one.id.0, one.name)),
        );
    }
    let roles = numbers(&[FacetField::Role]);
    if !roles.is_empty() {
        let ids: Vec<_> = roles.into_iter().map(RoleId).collect();
        let seen = request.roles_by_id(&ids).await?;
        names.extend(
            seen.into_iter()
                .map(|one| (FacetField::Role, one.id.0, one.name)),
        );
    }
    Ok(names)
}
