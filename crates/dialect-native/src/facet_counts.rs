//! `facets=status,group`: how many rows of a list have each value, under every parameter but those on the field itself.
//! The newest 10,000 rows that match are counted, so that a facet costs no more in a larger directory.

use std::collections::BTreeMap;

use directory::filter::FieldKind;
use directory::{FacetRow, GroupId, OrganisationId, RoleId, UserId};
use kit::Authenticated;
use schemars::JsonSchema;
use serde::Serialize;

use super::errors::Problem;
use super::parameters::Parameters;

/// The parameter.
pub const FACETS: &str = "facets";

/// How many people have a value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FacetCount")]
pub struct Count {
    /// The value.
    pub value: Value,
    /// The name of an organisation, group or role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub name: Option<String>,
    /// How many.
    pub count: u64,
}

/// A value as it is shown.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Value {
    /// A word.
    Word(String),
    /// Whether it is so.
    Flag(bool),
    /// The number of an organisation, group or role.
    Number(i64),
}

/// The counts of each facet.
pub type Facets = BTreeMap<&'static str, Vec<Count>>;

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
